"""How a page reads: what is measured, painted, reached and heard, in an article that has everything.

The pages are files on a plain server: reading needs no service.
"""

import re
import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import ThreadingHTTPServer
from itertools import pairwise
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Route, expect

from tests import sites
from tests.browser.conftest import PATIENCE_SECONDS, until
from tests.browser.plain import HAS_CHINESE, HAS_TEXT_FONT, LINES, OFFSETS, Quiet

Read = Callable[..., Page]

SAMPLE = sites.ROOT / "tests" / "samples" / "reading"
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
ARTICLE, CHINESE, ARABIC = "/everything/", "/zh-cn/everything/", "/ar/right-to-left/"
PAGES = [
    *(ARTICLE, CHINESE, ARABIC, "/before-the-screen/", "/about/"),
    *("/", "/archives/", "/2026/", "/tags/", "/tags/margins/", "/categories/"),
    *("/categories/reading/", "/authors/", "/authors/ada-quill/", "/404.html", "/discussions/"),
]
PAPER, NIGHT = "rgb(251, 250, 247)", "rgb(27, 26, 24)"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The sample site, built and served."""
    folder = tmp_path_factory.mktemp("reading")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    url = f"http://127.0.0.1:{server.server_port}"
    # A copy, because a build notes beside the comments where it has put them.
    published = str(shutil.copytree(SAMPLE / "published", f"{folder}-published"))
    conf = "publishconf.py"
    built = sites.pelican(
        SAMPLE / "content", folder, conf=conf, SITE_URL=url, COMMENTS_PUBLISHED=published
    )
    assert built.returncode == 0, built.stderr
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield url
    server.shutdown()
    server.server_close()


@pytest.fixture
def context(browser: Browser, address: str) -> Iterator[Callable[..., BrowserContext]]:
    opened: list[BrowserContext] = []

    def open_context(viewport: dict[str, int] = DESK, **options: Any) -> BrowserContext:
        made = browser.new_context(base_url=address, viewport=viewport, **options)  # type: ignore[arg-type]
        made.set_default_timeout(PATIENCE_SECONDS * 1000)
        opened.append(made)
        return made

    yield open_context
    for made in opened:
        made.close()


@pytest.fixture
def read(context: Callable[..., BrowserContext]) -> Iterator[Read]:
    """Open a page of the site; one that prints an error fails its test."""
    errors: list[str] = []

    def hear(said: ConsoleMessage) -> None:
        if said.type == "error":
            errors.append(said.text)

    def open_page(path: str, viewport: dict[str, int] = DESK, **options: Any) -> Page:
        page = context(viewport, **options).new_page()
        page.on("console", hear)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(path)
        return page

    yield open_page
    # The plain server has no comment service behind it, which the embed takes in its stride.
    assert not [error for error in errors if "404" not in error]


# ---- the page


@pytest.mark.parametrize("path", [ARTICLE, CHINESE, ARABIC, "/before-the-screen/"])
def test_a_telephone_shows_the_first_sentence_at_once(read: Read, path: str) -> None:
    page = read(path, PHONE)
    top = page.locator(".prose > p").first.bounding_box()
    assert top is not None
    assert top["y"] <= 380


@pytest.mark.parametrize(("path", "low", "high"), [(ARTICLE, 60, 72), (CHINESE, 34, 42)])
def test_lines_are_as_long_as_the_eye_likes_them(
    read: Read, path: str, low: int, high: int
) -> None:
    page = read(path)
    if path == CHINESE and not page.evaluate(HAS_CHINESE):
        pytest.skip("NO CHINESE FONT on this machine: install Debian's `fonts-droid-fallback`")
    if path == ARTICLE and not page.evaluate(HAS_TEXT_FONT):
        pytest.skip("NO FONT OF THE THEME'S on this machine: install Debian's `fonts-urw-base35`")
    lines = page.evaluate(LINES)
    assert len(lines) > 10
    assert low <= sum(lines) / len(lines) <= high


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_wider_than_a_telephone(read: Read, path: str) -> None:
    page = read(path, {"width": 320, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") == 320


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
@pytest.mark.parametrize("path", [ARTICLE, CHINESE, "/"])
def test_nothing_moves_while_a_page_loads(
    context: Callable[..., BrowserContext], viewport: dict[str, int], path: str
) -> None:
    made = context(viewport)
    made.add_init_script(
        """window.moved = 0;
        new PerformanceObserver((list) => list.getEntries().forEach((one) => (moved += one.value)))
          .observe({ type: "layout-shift", buffered: true });"""
    )
    page = made.new_page()
    page.goto(path)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("moved") == 0


def test_a_first_visit_asks_for_four_files_and_nobody_else(
    context: Callable[..., BrowserContext], address: str
) -> None:
    page = context(PHONE).new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(ARTICLE)
    page.wait_for_load_state("networkidle")
    assert len([url for url in asked if "/images/" not in url]) <= 4
    assert all(url.startswith(f"{address}/") for url in asked)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_axe_finds_nothing_on_any_page(read: Read, viewport: dict[str, int], scheme: str) -> None:
    page = read("/", viewport, color_scheme=scheme)
    found = []
    for path in PAGES:
        page.goto(path)
        if "everything" in path:
            # Everything that can be open is.
            page.evaluate("document.querySelector('.contents details').open = true")
        result = Axe().run(page)
        if result.violations_count:
            found.append(f"{path}: {result.generate_report()}")
    assert not found, "\n".join(found)


# ---- light and dark


@pytest.mark.parametrize(
    ("system", "chosen", "colour"),
    [
        ("light", None, PAPER),
        ("dark", None, NIGHT),
        ("light", "dark", NIGHT),
        ("dark", "light", PAPER),
    ],
)
def test_the_first_frame_is_painted_in_the_chosen_scheme(
    context: Callable[..., BrowserContext], system: str, chosen: str | None, colour: str
) -> None:
    made = context(color_scheme=system)
    # Each frame, right before it is painted, tells its colour.
    made.add_init_script(
        """if (location.protocol === "http:") {
          window.frames_seen = [];
          const look = () => {
            if (document.body) frames_seen.push(getComputedStyle(document.body).backgroundColor);
            requestAnimationFrame(look);
          };
          requestAnimationFrame(look);
        }"""
    )
    page = made.new_page()
    page.goto("/about/")
    if chosen:
        page.evaluate("scheme => localStorage.setItem('theme', scheme)", chosen)

    # The script comes late, as on a bad line: the first frame waits for it.
    def late(route: Route) -> None:
        page.wait_for_timeout(300)
        route.continue_()

    page.route("**/site.*.js", late)
    page.goto(ARTICLE)
    # Two more frames, in case the first was the only right one.
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    seen = page.evaluate("frames_seen")
    assert len(seen) >= 2
    assert set(seen) == {colour}


def test_the_toggle_remembers_and_forgets(read: Read) -> None:
    page = read(ARTICLE, color_scheme="light")
    toggle = page.get_by_role("button", name="Dark")
    colour = "getComputedStyle(document.body).backgroundColor"
    expect(toggle).to_have_attribute("aria-pressed", "false")
    toggle.click()
    assert page.evaluate(colour) == NIGHT
    page.reload()
    assert page.evaluate(colour) == NIGHT
    expect(toggle).to_have_attribute("aria-pressed", "true")
    toggle.click()
    assert page.evaluate(colour) == PAPER
    # What the system says anyway is not remembered: it may say something else tonight.
    assert page.evaluate("localStorage.getItem('theme')") is None


# ---- contents


def test_contents_stand_beside_the_text_and_follow_the_reader(read: Read) -> None:
    page = read(ARTICLE)
    contents = page.get_by_role("navigation", name="Contents")
    link = contents.get_by_role("link", name="How this page does it")
    expect(link).to_be_visible()
    expect(contents.locator("[aria-current]")).to_have_count(0)
    place, text = contents.bounding_box(), page.locator(".prose").bounding_box()
    assert place is not None
    assert text is not None
    assert place["x"] + place["width"] <= text["x"]
    link.click()
    expect(contents.locator("[aria-current]")).to_have_text("How this page does it")
    expect(link).to_be_in_viewport()
    page.locator("#what-to-leave-out").evaluate("heading => heading.scrollIntoView()")
    expect(contents.locator("[aria-current]")).to_have_text("What to leave out")
    page.evaluate("scrollTo(0, 0)")
    expect(contents.locator("[aria-current]")).to_have_count(0)


def test_contents_mark_what_was_asked_for_however_near_the_next_is(read: Read) -> None:
    page = read(ARTICLE)
    contents = page.get_by_role("navigation", name="Contents")
    page.evaluate(
        "document.querySelectorAll('.prose > :not(h2, h3, .footnote)').forEach((e) => e.remove())"
    )
    for link in contents.get_by_role("link").all():
        link.click()
        expect(contents.locator("[aria-current=location]")).to_have_text(link.inner_text())


def test_contents_are_folded_where_there_is_no_margin(read: Read) -> None:
    page = read(ARTICLE, PHONE)
    link = page.get_by_role("link", name="The arithmetic of leading").first
    contents = page.get_by_role("navigation", name="Contents")
    expect(contents.get_by_role("link", name="What to leave out")).to_be_hidden()
    contents.get_by_text("Contents").press("Enter")
    expect(link).to_be_visible()
    link.click()
    expect(page).to_have_url(re.compile("#the-arithmetic-of-leading$"))


def test_without_scripts_everything_can_be_read(read: Read) -> None:
    page = read(ARTICLE, java_script_enabled=False)
    contents = page.get_by_role("navigation", name="Contents")
    expect(contents.get_by_role("link", name="What to leave out")).to_be_visible()
    expect(page.get_by_role("button", name="Dark")).to_be_hidden()
    expect(page.locator(".copy")).to_have_count(0)
    note, last = page.locator(".footnote li").last, page.locator(".prose > p").last
    below, above = note.bounding_box(), last.bounding_box()
    assert below is not None
    assert above is not None
    assert below["y"] > above["y"]
    assert below["x"] < above["x"] + above["width"]


def test_a_heading_leads_to_itself(read: Read) -> None:
    page = read(ARTICLE)
    heading = page.get_by_role("heading", name="What people wrote there", exact=True)
    link = heading.get_by_role("link", name="What people wrote there")
    shown = "link => getComputedStyle(link, '::before').opacity"
    assert link.evaluate(shown) == "0"
    link.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    assert link.evaluate(shown) == "1"
    page.keyboard.press("Enter")
    assert page.url.endswith("#what-people-wrote-there")


# ---- notes


@pytest.mark.parametrize("path", [ARTICLE, CHINESE, ARABIC])
def test_notes_stand_in_the_margin_on_the_line_of_their_sign(read: Read, path: str) -> None:
    page = read(path)
    expect(page.locator(".noted")).to_have_count(1)
    assert all(abs(offset) < 1.5 for offset in page.evaluate(OFFSETS))
    text, note = page.locator(".prose").bounding_box(), page.locator(".footnote li").first
    place = note.bounding_box()
    assert text is not None
    assert place is not None
    if path == ARABIC:
        assert place["x"] + place["width"] < text["x"]
        assert place["x"] >= 0
    else:
        assert place["x"] > text["x"] + text["width"]
        assert place["x"] + place["width"] <= DESK["width"]


def test_notes_are_at_the_foot_where_there_is_no_second_margin(read: Read) -> None:
    page = read(ARTICLE, {"width": 1024, "height": 800})
    expect(page.locator(".noted")).to_have_count(0)
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(page.locator(".noted")).to_have_count(1)
    page.emulate_media(media="print")
    place = page.locator(".footnote li").first.bounding_box()
    text = page.locator(".prose").bounding_box()
    assert place is not None
    assert text is not None
    assert place["x"] < text["x"] + text["width"]


def test_notes_never_lie_over_each_other(read: Read) -> None:
    page = read(ARTICLE)
    page.evaluate(
        "document.querySelectorAll('.footnote p').forEach((p) => p.prepend('Many words. '.repeat(40)))"
    )
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    expect(page.locator(".noted")).to_have_count(1)
    boxes = [note.bounding_box() for note in page.locator(".footnote li").all()]
    edges = [(box["y"], box["y"] + box["height"]) for box in boxes if box]
    assert all(one[1] <= other[0] for one, other in pairwise(edges))


def test_a_note_beside_the_text_comes_after_its_sign_in_the_order_of_tab(read: Read) -> None:
    page = read("/about/")

    def linked(route: Route) -> None:
        answer = route.fetch()
        words = answer.text().replace("Like this one.", 'Like <a href="/about/">this</a>.')
        route.fulfill(response=answer, body=words)

    page.route(f"**{ARTICLE}", linked)
    page.goto(ARTICLE)
    expect(page.locator(".noted")).to_have_count(1)
    link, sign = (
        page.get_by_role("link", name="this", exact=True),
        page.locator(".footnote-ref").nth(1),
    )
    sign.focus()
    page.keyboard.press("Tab")
    expect(link).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(sign).to_be_focused()
    for key in ("Tab", "Tab", "Shift+Tab"):
        page.keyboard.press(key)
    expect(link).to_be_focused()


# ---- keyboard


def test_the_keyboard_reaches_what_scrolls_and_nothing_that_does_not(read: Read) -> None:
    page = read(ARTICLE, PHONE)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the text")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the text")).to_be_in_viewport()
    table = page.locator(".prose table")
    expect(table).to_have_attribute("tabindex", "0")
    table.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    until(lambda: bool(page.evaluate("document.querySelector('.prose table').scrollLeft > 0")))
    page.set_viewport_size(DESK)  # type: ignore[arg-type]
    expect(table).not_to_have_attribute("tabindex", "0")


def test_code_is_copied_as_it_was_typed(read: Read, context: Callable[..., BrowserContext]) -> None:
    page = read(ARTICLE, permissions=["clipboard-read", "clipboard-write"])
    block = page.locator("figure.code")
    block.hover()
    button = block.get_by_role("button", name="Copy")
    button.click()
    expect(block.locator(".copy")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("const place = (notes, signs) => {\n  let free = 0;\n")
