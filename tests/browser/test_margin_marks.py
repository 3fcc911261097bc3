"""What readers have noted, as a page shows it: it moves no line, and its numbers are large enough to hit."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.sites import ROOT

CSS = ROOT / "theme" / "static" / "css"
STYLES = [CSS / f"{name}.css" for name in ("tokens", "base", "layout", "article", "code", "notes")]
STYLES.append(CSS / "print.css")
NUMBER = '<a class="postil-at" href="#comment-1" aria-label="Note by Pia on “x”">1</a>'
MARK = '<mark class="postil-mark" id="at-1">'
PLAIN = (
    "<p>Pelicans fish.</p><h2>How they do it</h2><ul><li>One bird</li></ul>"
    "<pre><code>def fish</code></pre><p>鹈鹕捕鱼。</p><p>طيور البجع</p>"
)
NOTED = (
    f"<p>{MARK}Pelicans</mark>{NUMBER} fish.</p><h2>{MARK}How they do it</mark>{NUMBER}</h2>"
    f"<ul><li>One {MARK}bird</mark>{NUMBER}</li></ul><pre><code>{MARK}def</mark>{NUMBER} fish</code></pre>"
    f"<p>{MARK}鹈鹕</mark>{NUMBER}捕鱼。</p><p>{MARK}طيور</mark>{NUMBER} البجع</p>"
)
HEIGHTS = """() => [...document.querySelectorAll(".prose > *, .prose li")].map((one) => {
  const { top, height } = one.getBoundingClientRect();
  return [one.tagName, Math.round(top * 4), Math.round(height * 4)];
})"""
# The widths at which a number stands on another line than what it is behind.
ALONE = """async () => {
  const found = [];
  for (let width = 160; width < 400; width += 2) {
    document.querySelector(".prose").style.inlineSize = `${width}px`;
    for (const one of document.querySelectorAll(".postil-at")) {
      const words = [...one.previousElementSibling.getClientRects()].at(-1);
      if (one.getBoundingClientRect().top > words.bottom) found.push([width, one.previousSibling.textContent]);
    }
  }
  return found;
}"""
# Whether each number is what a finger meets, twelve pixels around its middle.
HIT = """() => [...document.querySelectorAll(".postil-at")].map((one) => {
  one.scrollIntoView({ block: "center" });
  const { left, top, width, height } = one.getBoundingClientRect();
  const [x, y] = [left + width / 2, top + height / 2];
  return [[-11, 0], [11, 0], [0, -11], [0, 11], [-11, -11], [11, 11]].every(
    ([dx, dy]) => document.elementFromPoint(x + dx, y + dy) === one,
  );
})"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """An empty page: style sheets need no service."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    yield page
    page.close()


def show(page: Page, html: str, direction: str = "ltr") -> None:
    page.set_content(
        f'<!doctype html><html lang="en" dir="{direction}"><body><main><div class="prose">{html}</div></main>'
    )
    for path in STYLES:
        page.evaluate(
            "css => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css);"
            "document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet] }",
            path.read_text(encoding="utf-8").replace("@page {\n  margin: 2cm;\n}", ""),
        )


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@pytest.mark.parametrize("media", ["screen", "print"])
def test_marks_and_numbers_move_no_line(page: Page, direction: str, media: Any) -> None:
    page.emulate_media(media=media)
    show(page, PLAIN, direction)
    plain = page.evaluate(HEIGHTS)
    show(page, NOTED, direction)
    assert page.evaluate(HEIGHTS) == plain
    assert len(plain) == 7


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_a_number_is_hit_within_twenty_four_pixels(page: Page, direction: str) -> None:
    show(page, f"<p>Before.</p>{NOTED}<p>After.</p>", direction)
    assert page.evaluate(HIT) == [True] * 6


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_a_number_stands_on_the_line_of_its_words(page: Page, direction: str) -> None:
    formula = "<math><mi>V</mi><mo>=</mo><msup><mi>r</mi><mn>3</mn></msup></math>"
    show(
        page,
        f"<p>The volume of a pouch is about {MARK}{formula}</mark>{NUMBER} in the best of cases.</p>"
        f"<p>鹈鹕是一种有耐心的鸟。一个群体需要浅水湖，{MARK}湖里要有许多小鱼</mark>{NUMBER}没有谁带头。</p>"
        f"<p>A colony needs {MARK}a shallow lake</mark>{NUMBER}, with fish.</p>",
        direction,
    )
    assert page.evaluate(ALONE) == []


@pytest.mark.parametrize("colours", ["none", "active"])
def test_a_mark_is_known_by_more_than_its_colour(page: Page, colours: Any) -> None:
    page.emulate_media(forced_colors=colours)
    show(page, NOTED)
    look = """() => {
      const mark = getComputedStyle(document.querySelector(".postil-mark"));
      const number = getComputedStyle(document.querySelector(".postil-at"));
      return [mark.textDecorationLine, mark.textDecorationStyle, number.borderTopStyle];
    }"""
    assert page.evaluate(look) == ["underline", "dotted", "solid"]
