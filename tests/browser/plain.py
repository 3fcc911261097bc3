"""A plain server of files, and how a page of text is measured."""

from http.server import SimpleHTTPRequestHandler
from typing import Any

# The characters of each line that is full: the last of a paragraph is as long as it happens to be.
LINES = """() => [...document.querySelectorAll(".prose > p")].flatMap((p) => {
  const walker = document.createTreeWalker(p, NodeFilter.SHOW_TEXT);
  const lines = new Map();
  for (let node; (node = walker.nextNode()); ) {
    for (let at = 0; at < node.length; at += 1) {
      const range = document.createRange();
      range.setStart(node, at);
      range.setEnd(node, at + 1);
      const box = range.getBoundingClientRect();
      if (node.parentElement.closest("sup, code, kbd, math")) continue;
      const line = Math.round(box.bottom / 12);
      lines.set(line, (lines.get(line) ?? 0) + 1);
    }
  }
  return [...lines.values()].slice(0, -1);
})"""

# Whether there is a font for it: a sign is as wide as it is high, the box for a missing one is not.
# Whether text is set in one of the theme's own fonts, rather than in whatever this machine has.
HAS_TEXT_FONT = """() => {
  const context = document.createElement("canvas").getContext("2d");
  const named = getComputedStyle(document.body).fontFamily.split(",").slice(0, -1);
  const width = (font) => {
    context.font = `100px ${font}`;
    return context.measureText("Handgloves").width;
  };
  return named.some((font) => width(`${font}, monospace`) !== width("monospace"));
}"""

HAS_CHINESE = """() => {
  const context = document.createElement("canvas").getContext("2d");
  context.font = "100px serif";
  return context.measureText("字").width === 100;
}"""

# How far the first line of each note stands from the line of its sign.
OFFSETS = """() => [...document.querySelectorAll(".footnote li")].map((note) => {
  const level = (node, where) => {
    const box = document.createElement("span");
    box.style.display = "inline-block";
    node.insertAdjacentElement(where, box);
    const { bottom } = box.getBoundingClientRect();
    box.remove();
    return bottom;
  };
  const sign = document.getElementById(note.id.replace("fn", "fnref"));
  return level(note.querySelector("p"), "afterbegin") - level(sign, "beforebegin");
})"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass
