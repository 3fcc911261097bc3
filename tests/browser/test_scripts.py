"""How each script is set: what leans, what is spaced, what runs from the left, on blog, service and elsewhere."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from playwright.sync_api import Page

from tests.sites import ROOT

Visit = Callable[..., Page]

THEME = ROOT / "theme" / "static" / "css"
SERVICE = ROOT / "comments_service" / "static"
STYLES = {
    "theme": [THEME / name for name in ("tokens.css", "base.css", "article.css", "code.css")],
    "service": [SERVICE / name for name in ("tokens.css", "base.css", "service.css")],
}
LATIN, OTHERS = (
    ("en", "de", "vi", "el", "ru"),
    ("ar", "he", "fa", "ur", "ja", "ko", "zh-cn", "th", "hi"),
)
RIGHT = ("ar", "he", "fa", "ur")
LOOK = """() => {
  const style = (selector) => getComputedStyle(document.querySelector(selector));
  return {
    spaced: style("h1").letterSpacing, leans: style("em").fontStyle, quoted: style("cite").fontStyle,
    code: style("p code").direction, block: style("pre").direction, isolated: style("p code").unicodeBidi,
    dots: style("em").textEmphasisStyle, breaks: style("p").lineBreak, words: style("p").wordBreak,
    bold: style("em").fontWeight,
  };
}"""


@pytest.mark.parametrize("where", STYLES)
@pytest.mark.parametrize("lang", [*LATIN, *OTHERS])
def test_each_script_is_set_as_it_is_written(visit: Visit, where: str, lang: str) -> None:
    page = visit("/about/")
    direction = "rtl" if lang in RIGHT else "ltr"
    page.set_content(
        f'<!doctype html><html lang="{lang}" dir="{direction}"><body><main class="prose"><h1>x</h1>'
        "<p><em>x</em> <cite>x</cite> <code>f(x: int)</code></p><pre><code>f(x)</code></pre>"
    )
    for path in STYLES[where]:
        page.evaluate(
            "css => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css);"
            "document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet] }",
            path.read_text(encoding="utf-8"),
        )
    look = page.evaluate(LOOK)
    assert (look["code"], look["block"], look["isolated"]) == ("ltr", "ltr", "isolate")
    latin = lang in LATIN
    assert (look["spaced"] in ("normal", "0px")) is not latin
    assert (look["leans"], look["quoted"]) == (
        ("italic", "italic") if latin else ("normal", "normal")
    )
    # What does not lean is stressed otherwise.
    stressed = look["dots"] != "none" or int(look["bold"]) >= 600
    assert stressed is not latin
    assert (look["dots"] != "none") is (lang in ("ja", "zh-cn"))
    assert (look["breaks"] == "strict") is (lang == "ja")
    assert (look["words"] == "keep-all") is (lang == "ko")


# The words of an article's header and of a list's entry, by where each begins, ends and has its upper edge.
EDGES = """(words) => {
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const at = node.data.indexOf(words);
    if (at < 0) continue;
    const range = new Range();
    range.setStart(node, at);
    range.setEnd(node, at + words.length);
    const { left, right, top } = range.getBoundingClientRect();
    return [left, right, top];
  }
}"""
TITLE = {"ltr": "How pelicans fish", "rtl": "كيف يصطاد البجع"}
DATE = {"ltr": "21 November 2026", "rtl": "21 نوفمبر 2026"}


def show(page: Page, direction: str, html: str) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    page.set_content(
        f'<!doctype html><html dir="{direction}"><body><header class="site-header"></header><main>{html}</main>'
    )
    for name in ("tokens", "base", "layout", "components", "article", "notes", "margin"):
        page.evaluate(
            "css => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css);"
            "document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet] }",
            (THEME / f"{name}.css").read_text(encoding="utf-8"),
        )


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_words_of_another_language_above_an_article_keep_their_order(
    visit: Visit, direction: str
) -> None:
    page = visit("/about/")
    show(
        page,
        direction,
        f'<article class="article"><header class="article-header"><h1>{TITLE[direction]}</h1><p class="meta">'
        '<a href="#comments">1 comment</a> <a href="#more">3 تعليقات</a> <button class="notes-switch">'
        "Readers’ notes</button></p></header></article>",
    )
    number, words = (page.evaluate(EDGES, text) for text in ("1", "comment"))
    assert number[1] <= words[0]
    number, words = (page.evaluate(EDGES, text) for text in ("3", "تعليقات"))
    assert words[1] <= number[0]
    # Whatever their direction, they begin where the page's lines do; the switch has its sign there.
    side = 0 if direction == "ltr" else 1
    first, other, switch = (
        page.evaluate(EDGES, text)[side] for text in ("1 comment", "3 تعليقات", "Readers’ notes")
    )
    assert abs(first - other) < 1
    assert 8 < (switch - first if direction == "ltr" else first - switch) < 32


@pytest.mark.parametrize(
    "contents", ["", '<details class="contents" open><summary>x</summary></details>']
)
def test_what_stands_beside_the_title_moves_no_text(visit: Visit, contents: str) -> None:
    page = visit("/about/")
    found = []
    for lines in (1, 7):
        meta = "".join(
            f'<button class="notes-switch">Line {number}</button>'
            if number == 3
            else f"<span>Line {number}</span>"
            for number in range(lines)
        )
        show(
            page,
            "ltr",
            f'<article class="article"><header class="article-header"><h1>Fish</h1><p class="meta">{meta}</p>'
            f'</header>{contents}<div class="prose"><p>They fish.</p></div></article>',
        )
        found.append(page.evaluate(EDGES, "They fish.")[2])
        # Each below the other, beside the text.
        edges = [page.evaluate(EDGES, f"Line {number}") for number in range(lines)]
        assert all(above[2] + 16 < below[2] for above, below in pairwise(edges))
        assert max(each[1] for each in edges) < page.evaluate(EDGES, "They fish.")[0]
    # But the contents stand below it, in the same margin.
    assert (found[0] == found[1]) is not bool(contents)


@pytest.mark.parametrize("direction", ["ltr", "rtl"])
@pytest.mark.parametrize("its", ["ltr", "rtl"])
def test_the_date_of_an_article_stays_beside_the_rule(
    visit: Visit, direction: str, its: str
) -> None:
    page = visit("/about/")
    entry = f'<div class="entry-text"><h2 class="entry-title">{TITLE[its]}</h2></div>'
    show(
        page,
        direction,
        f'<ul class="entries"><li class="entry" dir="{its}"><p class="entry-date">{DATE[its]}</p>{entry}</li></ul>',
    )
    date = page.evaluate(EDGES, DATE[its])
    box = page.locator(".entry-text").bounding_box()
    assert box is not None
    distance = box["x"] - date[1] if direction == "ltr" else date[0] - box["x"] - box["width"]
    assert distance > 16
