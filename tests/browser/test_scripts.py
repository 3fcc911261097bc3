"""How each script is set: what leans, what is spaced, what runs from the left, on blog, service and elsewhere."""

from collections.abc import Callable

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
