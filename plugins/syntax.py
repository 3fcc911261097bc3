"""Syntax: what an author may type beyond Markdown Extra, as an extension of Python-Markdown.

Fenced code with a file name and highlighted lines, also inside lists, quotations and notes; notes
(`> [!NOTE]` and `!!! note`); task lists; formulas (`$…$`, `$$…$$`). The extension only recognises
them. It writes the neutral HTML that other Markdown parsers write for the same syntax (comrak's
`data-meta`, `data-math-style` and task boxes), and `plugins/markdown/postprocess.py` finishes that: whoever puts
another parser in this one's place changes this file and no other.

    MARKDOWN = {"extension_configs": {…, "markdown.extensions.extra": {}, "plugins.syntax": {}}}
"""

import re
import xml.etree.ElementTree as ET
from html import escape

from markdown import Markdown
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor
from markdown.preprocessors import Preprocessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString

from plugins.markdown.commonmark.finish import language_and_facts

FENCE = re.compile(r"(?P<prefix>[ >]*)(?P<fence>`{3,}|~{3,}) *(?P<info>[^`]*)$")
FORMULA = re.compile(r"(?P<prefix>[ >]*)\$\$(?P<rest>.*)$")
# What may have indented lines below it; elsewhere four spaces mean that the text is code as it is.
CONTAINER = re.compile(r"\s*([-*+]|\d+[.)]|!!!|:|\[\^[^\]]+\]:)\s")
WORDS = re.compile(r"\s[^\W\d_]{2,}")
OPERATORS = re.compile(r"[\\^_={}<>+*/|]")
CALLOUT = re.compile(r"\[!(?P<kind>\w+)\][ \t]*(?P<title>[^\n]*)(\n|\Z)")
OPENS_NOTE = re.compile(r"(?P<prefix> *>[ >]*)\[!\w+\]")
TASK = re.compile(r"\[(?P<done>[ xX])\]\s+")


def place(lines: list[str], number: int, prefix: str) -> str | None:
    """The prefix under which a block that opens on this line belongs; None where it opens none."""
    indent = len(prefix)
    if ">" in prefix or not indent:
        return prefix
    for line in reversed(lines[:number]):
        if line.strip() and len(line) - len(line.lstrip()) < indent:
            if CONTAINER.match(line):
                # Python-Markdown looks for the rest of a list's item in steps of four.
                return " " * (-(-indent // 4) * 4)
            break
    return prefix if indent < 4 else None


def inside(line: str, prefix: str) -> str | None:
    """A line without what its container puts before it; None where the container has ended."""
    if line.startswith(prefix):
        return line[len(prefix) :]
    if line.strip() in ("", prefix.strip()):
        return ""
    if ">" in prefix:
        return None
    return line[min(len(prefix), len(line) - len(line.lstrip())) :]


class Blocks(Preprocessor):
    """Take whole blocks out of the text before anything else looks into it."""

    def run(self, lines: list[str]) -> list[str]:
        out: list[str] = []
        number = 0
        while number < len(lines):
            taken = self.code(lines, number) or self.formula(lines, number)
            if taken is None:
                out.append(lines[number])
                # What follows a note's first line may be a list, which needs an empty line here.
                if opened := OPENS_NOTE.match(lines[number]):
                    out.append(opened["prefix"])
                number += 1
                continue
            prefix, html, number = taken
            empty = prefix.rstrip()
            out += [empty, prefix + self.md.htmlStash.store(html), empty]
        return out

    def code(self, lines: list[str], number: int) -> tuple[str, str, int] | None:
        opened = FENCE.match(lines[number])
        prefix = place(lines, number, opened["prefix"]) if opened else None
        if opened is None or prefix is None:
            return None
        closing = re.compile(rf" {{0,3}}{re.escape(opened['fence'])}{opened['fence'][0]}* *")
        code: list[str] = []
        for end in range(number + 1, len(lines)):
            line = inside(lines[end], opened["prefix"])
            if line is None:
                return None
            if closing.fullmatch(line):
                return prefix, fenced(opened["info"].strip(), "\n".join(code)), end + 1
            code.append(line)
        return None

    def formula(self, lines: list[str], number: int) -> tuple[str, str, int] | None:
        opened = FORMULA.match(lines[number])
        prefix = place(lines, number, opened["prefix"]) if opened else None
        if opened is None or prefix is None:
            return None
        tex = [opened["rest"]]
        end = number
        while "$$" not in tex[-1]:
            end += 1
            line = inside(lines[end], opened["prefix"]) if end < len(lines) else None
            if not line or not line.strip():
                return None
            tex.append(line)
        text, _, after = "\n".join(tex).partition("$$")
        if after.strip() or not text.strip():
            return None
        shown = escape(text.strip(), quote=False)
        return prefix, f'<p><span data-math-style="display">{shown}</span></p>', end + 1


def fenced(info: str, code: str) -> str:
    """Code as CommonMark's parsers write it: the language as a class, the rest of the line beside it."""
    language, facts = language_and_facts(info)
    named = f' class="language-{escape(language)}"' if language else ""
    more = f' data-meta="{escape(facts)}"' if facts else ""
    return f"<pre><code{named}{more}>{escape(code, quote=False)}\n</code></pre>"


class Formula(InlineProcessor):
    """A formula within a line; prices stay prices."""

    def handleMatch(  # type: ignore[override] # noqa: N802 - the name that Python-Markdown calls
        self, match: re.Match[str], data: str
    ) -> tuple[ET.Element | None, int | None, int | None]:
        display, tex = match["display"], match["inline"] or match["display"]
        if not display and WORDS.search(tex) and not OPERATORS.search(tex):
            return None, None, None
        formula = ET.Element("span", {"data-math-style": "display" if display else "inline"})
        formula.text = AtomicString(tex.strip())
        return formula, match.start(), match.end()


# The rules of Pandoc: no space within the signs, no digit after the second. And none before it.
INLINE = (
    r"(?<![\\$A-Za-z0-9])(?:\$\$(?P<display>(?:\\.|[^\\$])+)\$\$"
    r"|\$(?![\s$])(?P<inline>(?:\\.|[^\\$])+?)(?<!\s)\$(?![\d$]))"
)


class Notes(Treeprocessor):
    """`> [!NOTE]` and `!!! note` become one thing; a task's box becomes a checkbox."""

    def run(self, root: ET.Element) -> None:
        for parent in list(root.iter()):
            for child in list(parent):
                classes = child.get("class", "").split()
                if child.tag == "blockquote":
                    self.callouts(parent, child)
                elif child.tag == "div" and classes[:1] == ["admonition"] and len(classes) > 1:
                    self.admonition(child, classes[1])
                elif child.tag == "li":
                    self.task(child)

    def callouts(self, parent: ET.Element, quote: ET.Element) -> None:
        """Each paragraph that begins with `[!KIND]` begins a note of its own: quotations with only
        an empty line between them are one to Python-Markdown.
        """
        note, made = None, 0
        for child in list(quote):
            found = CALLOUT.match(child.text or "") if child.tag == "p" else None
            if found:
                note = ET.Element("aside")
                turn_into_note(note, found["kind"].lower())
                ET.SubElement(note, "p", {"class": "note-title"}).text = found["title"].strip()
                parent.insert(list(parent).index(quote) + 1 + made, note)
                made += 1
                child.text = (child.text or "")[found.end() :]
            if note is not None:
                quote.remove(child)
                if (child.text or "").strip() or len(child) or not found:
                    note.append(child)
        if not len(quote):
            parent.remove(quote)

    def admonition(self, box: ET.Element, kind: str) -> None:
        turn_into_note(box, kind)
        title = box[0] if len(box) and box[0].get("class") == "admonition-title" else None
        if title is not None:
            title.set("class", "note-title")
            if (
                title.text == kind.capitalize()
            ):  # What the extension writes where no title is given.
                title.text = ""

    def task(self, item: ET.Element) -> None:
        holder = item[0] if len(item) and item[0].tag == "p" and not item.text else item
        found = TASK.match(holder.text or "")
        if found:
            box = ET.Element("input", {"type": "checkbox", "disabled": ""})
            if found["done"] != " ":
                box.set("checked", "")
            box.tail = " " + (holder.text or "")[found.end() :]
            holder.text = ""
            holder.insert(0, box)


def turn_into_note(element: ET.Element, kind: str) -> None:
    element.tag = "aside"
    element.attrib.clear()
    element.attrib.update({"class": f"note note-{kind}", "role": "note"})


class Syntax(Extension):
    """All of it; stands after `markdown.extensions.extra`, whose own fences it comes before."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - the name that Python-Markdown calls
        md.registerExtension(self)
        md.registerExtensions(["markdown.extensions.admonition"], {})
        md.ESCAPED_CHARS.append("$")
        md.preprocessors.register(Blocks(md), "postil_blocks", 26)
        md.inlinePatterns.register(Formula(INLINE, md), "postil_formula", 185)
        md.treeprocessors.register(Notes(md), "postil_notes", 25)


def makeExtension(**_: object) -> Syntax:  # noqa: N802 - the name that Python-Markdown calls
    return Syntax()
