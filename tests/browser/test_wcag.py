"""WCAG 2.2 on one page of each kind, of the blog and of the service: what axe does not look for by itself.

docs/accessibility.md says which criterion each of these is about.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page

from tests.bench import visits
from tests.bench.visits import Blog

# What 1.4.12 lets a reader set, as a style sheet that no policy forbids.
SPACED = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important;
    word-spacing: .16em !important } p { margin-block-end: 2em !important }`);
  document.adoptedStyleSheets = [sheet];
}"""
# Text that is cut off: in a box that hides what does not fit, and is large enough to be meant for eyes.
CUT = """() => [...document.querySelectorAll("body *")].filter((each) => {
  const style = getComputedStyle(each);
  if (!/hidden|clip/.test(style.overflowX + style.overflowY) || !each.innerText?.trim()) return false;
  if (each.clientWidth <= 2 || each.clientHeight <= 2) return false;
  return each.scrollWidth > each.clientWidth + 1 || each.scrollHeight > each.clientHeight + 1;
}).map((each) => each.outerHTML.slice(0, 120))"""
# Of what has the focus: whether it is marked, and whether some of it can be seen.
FOCUSED = """() => {
  const it = document.activeElement;
  if (!it || it === document.body) return null;
  const style = getComputedStyle(it), box = it.getBoundingClientRect();
  const marked = (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) ||
    style.boxShadow !== "none";
  const points = [.1, .5, .9].flatMap((x) => [.1, .5, .9].map((y) =>
    document.elementFromPoint(box.x + x * box.width, box.y + y * box.height)));
  const seen = points.some((each) => each && (it.contains(each) || each.contains(it) ||
    [...(it.labels ?? [])].some((label) => label.contains(each))));
  return { html: it.outerHTML.slice(0, 140), marked, seen };
}"""
# Fields whose edge is fainter than 3 to 1 on the page, whose colour is behind them all; one without any has
# to say by a word in it where it is.
FAINT = """() => {
  const light = (colour) => {
    const whole = colour.startsWith("color(") ? 1 : 255;
    const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map((each) => each / whole)
      .map((each) => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const page = light(getComputedStyle(document.documentElement).backgroundColor);
  const kinds = "input:not([type=hidden], [type=checkbox], [type=radio], [type=submit]), select, textarea";
  return [...document.querySelectorAll(kinds)].filter((each) => {
    const box = each.getBoundingClientRect(), style = getComputedStyle(each);
    if (!each.checkVisibility() || box.width < 24 || box.height < 16) return false;
    const edge = light(style.borderBottomColor);
    const contrast = (Math.max(edge, page) + .05) / (Math.min(edge, page) + .05);
    return parseFloat(style.borderBottomWidth) === 0 ? !each.placeholder : contrast < 3;
  }).map((each) => each.outerHTML.slice(0, 140));
}"""
MOST_STOPS = 60


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Blog]:
    made = Blog(tmp_path_factory.mktemp("wcag"))
    try:
        made.start()
        yield made
    finally:
        made.stop()


def on(browser: Browser, sample: Blog, width: int) -> BrowserContext:
    # Without motion: what is scrolled to is there at once.
    return browser.new_context(
        base_url=sample.url, viewport={"width": width, "height": 844}, reduced_motion="reduce"
    )


def every_page(browser: Browser, sample: Blog, width: int) -> Iterator[tuple[str, Page]]:
    context = on(browser, sample, width)
    seen = 0
    for path, page in visits.every_page(context):
        seen += 1
        yield path, page
    context.close()
    assert seen == len(visits.BLOG) + len(visits.STRANGER) + len(visits.OWNER)


def wider_than_its_window(page: Page) -> bool:
    found: bool = page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    return found


def test_no_page_is_wider_than_320_pixels(browser: Browser, sample: Blog) -> None:
    pages = every_page(browser, sample, 320)
    assert [path for path, page in pages if wider_than_its_window(page)] == []


def test_no_text_is_cut_off_by_the_spacing_that_a_reader_sets(
    browser: Browser, sample: Blog
) -> None:
    told: list[str] = []
    for path, page in every_page(browser, sample, 390):
        page.evaluate(SPACED)
        told += [f"{path}: wider than its window"] * wider_than_its_window(page)
        told += [f"{path}: {each}" for each in page.evaluate(CUT)]
    assert not told, "\n".join(told)


@pytest.mark.parametrize("width", visits.WIDTHS)
def test_what_is_pressed_is_large_enough(browser: Browser, sample: Blog, width: int) -> None:
    only: dict[str, Any] = {"runOnly": {"type": "rule", "values": ["target-size"]}}
    told = [
        f"{path}: {node['html'][:140]}"
        for path, page in every_page(browser, sample, width)
        for each in Axe().run(page, options=only).response["violations"]
        for node in each["nodes"]
    ]
    assert not told, "\n".join(told)


@pytest.mark.parametrize("width", visits.WIDTHS)
def test_what_has_the_focus_is_marked_and_not_covered(
    browser: Browser, sample: Blog, width: int
) -> None:
    told: list[str] = []
    for path, page in every_page(browser, sample, width):
        page.evaluate("scrollTo(0, 0)")
        for stop in range(MOST_STOPS):
            page.keyboard.press("Tab")
            found = page.evaluate(FOCUSED)
            if found is None and stop:
                break
            if found and not found["seen"]:
                # What comes because somebody is there moves others for a moment.
                page.wait_for_load_state("networkidle")
                found = page.evaluate(FOCUSED)
            if found and not (found["marked"] and found["seen"]):
                told.append(f"{path}: {found}")
    assert not told, "\n".join(told)


@pytest.mark.parametrize("scheme", visits.SCHEMES)
def test_the_edge_of_every_field_can_be_seen(browser: Browser, sample: Blog, scheme: str) -> None:
    told: list[str] = []
    for path, page in every_page(browser, sample, 1280):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of two words
        told += [f"{path} ({scheme}): {each}" for each in page.evaluate(FAINT)]
    assert not told, "\n".join(told)


def test_words_are_in_the_order_in_which_they_are_heard(browser: Browser, sample: Blog) -> None:
    """No `tabindex` above 0, one `main`, one first heading, and no level of headings left out below it."""
    told: list[str] = []
    for path, page in every_page(browser, sample, 1280):
        levels: list[int] = page.eval_on_selector_all(
            "h1, h2, h3, h4, h5, h6",
            "all => all.filter((each) => each.checkVisibility()).map((each) => +each.tagName[1])",
        )
        told += [f"{path}: headings {levels}"] * (
            levels.count(1) != 1 or any(b > a + 1 for a, b in pairwise(levels))
        )
        told += [f"{path}: no single main"] * (page.locator("main").count() != 1)
        told += [f"{path}: tabindex"] * page.locator(
            "[tabindex]:not([tabindex='0'], [tabindex='-1'])"
        ).count()
    assert not told, "\n".join(told)
