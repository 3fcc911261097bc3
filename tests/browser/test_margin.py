"""Notes beside the text: what a page that was built with them shows, wide and narrow, printed, and without scripts."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask_migrate import upgrade
from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests import sites
from tests.browser.conftest import Live, Writer, until
from tests.browser.embed import Visit
from tests.browser.test_notes import painted

FIRST = "Pelicans fish together where the water is shallow, in a line that closes slowly."
SECOND = "When the fish are near the shore the birds plunge their bills[^1], all of them at once."
REST = "The lake is still again, and the birds fly on to the next one. " * 5
NOTE = "[^1]: It looks rehearsed, as an author's own note says here, with some more words."
# Five on the first paragraph, of which two are on the same words; one on the second, over a footnote's sign.
NOTED = {
    "Pelicans fish": ["All of them?"],
    "together": ["I saw one alone in May.", "Two lakes further they never do."],
    "water is shallow": ["How shallow may that be?"],
    "closes slowly": ["Rather quickly, on our films of it."],
    "plunge their bills, all of them": ["Only the white ones."],
}
WIDE: ViewportSize = {"width": 1280, "height": 900}
NARROW: ViewportSize = {"width": 800, "height": 900}


class Noted(NamedTuple):
    url: str
    ids: list[int]


class Small(Live):
    """A blog of two articles; what its readers note is marked by a second build."""

    def prepare(self) -> None:
        content = self.folder / "content"
        content.mkdir()
        for name, text in (("fish", [FIRST, SECOND, *[REST] * 6, NOTE]), ("plain", [REST])):
            (content / f"{name}.md").write_text(
                f"Title: About {name}\nDate: 2026-01-01\nCategory: Tests\nSlug: {name}\n"
                "Summary: For a test.\n\n" + "\n\n".join(text) + "\n"
            )
        self.build()
        with self.app.app_context():
            upgrade()

    def build(self) -> None:
        facts = {"SITE_URL": self.url, "COMMENTS_PUBLISHED": str(self.published)}
        built = sites.pelican(
            self.folder / "content", self.output, COMMENTS_OUTPUT=str(self.output), **facts
        )
        assert built.returncode == 0, built.stderr


@pytest.fixture(scope="module")
def noted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Noted]:
    blog = Small(tmp_path_factory.mktemp("noted"))
    blog.prepare()
    blog.start()
    ids = []
    for exact, bodies in NOTED.items():
        for number, body in enumerate(bodies):
            data: dict[str, object] = {"body": body, "name": "PW"[number] + "ia", "parent": None}
            data["passage"] = {"exact": exact, "prefix": "", "suffix": "", "lang": "en"}
            sent = Writer(blog).call("POST", "threads/fish/comments", data)
            assert sent["status"] == "published"
            ids.append(sent["id"])
    until(lambda: f'id="comment-{ids[-1]}"' in blog.snapshots("fish"))
    blog.build()
    yield Noted(blog.url, ids)
    blog.close()


def opened(visit: Visit, noted: Noted, name: str = "fish", **options: object) -> Page:
    page: Page = visit(f"{noted.url}/{name}/", **{"viewport": WIDE, **options})
    return page


def beside(page: Page) -> Locator:
    return page.locator(".margin > :not([hidden])")


def boxes(found: Locator) -> list[dict[str, float]]:
    """Where they are; a script may replace them between their being found and measured."""
    measured = (
        "all => all.every(one => one.isConnected)"
        " ? all.map(one => one.getBoundingClientRect().toJSON()) : null"
    )
    answer: list[dict[str, float]] | None = None
    while answer is None:
        answer = found.evaluate_all(measured)
    return answer


def test_notes_stand_beside_their_lines_three_to_a_paragraph(visit: Visit, noted: Noted) -> None:
    page = opened(visit, noted)
    expect(beside(page)).to_have_text(
        [
            "1 Pia All of them?",
            "2 Pia I saw one alone in May.",
            "2 Wia Two lakes further they never do.",
            "and 2 more",
            "5 Pia Only the white ones.",
        ]
    )
    found = boxes(beside(page))
    mark = boxes(page.locator(f"#at-{noted.ids[0]}"))[0]
    assert abs(found[0]["top"] - mark["top"]) < 12
    text = boxes(page.locator(".prose"))[0]
    own = boxes(page.locator(".prose .footnote li"))
    for box in found:
        assert box["left"] > text["right"]
        assert box["height"] >= 24
    every = sorted([*found, *own], key=lambda box: box["top"])
    for above, below in pairwise(every):
        assert above["bottom"] <= below["top"]
    # The author's own stays where its sign is.
    sign = boxes(page.locator(".footnote-ref"))[0]
    assert abs(own[0]["top"] - sign["top"]) < 16
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()
    beside(page).last.click()
    expect(page).to_have_url(re.compile(rf"#comment-{noted.ids[-1]}$"))


def test_the_margin_is_for_the_eye_and_the_numbers_are_for_everybody(
    visit: Visit, noted: Noted
) -> None:
    page = opened(visit, noted)
    expect(beside(page).first).to_be_visible()
    expect(page.get_by_role("link", name="All of them?")).to_have_count(0)
    number = page.get_by_role("link", name=re.compile("Note by .?Pia.? on “Pelicans fish”"))
    number.focus()
    page.keyboard.press("Tab")
    focused = page.evaluate("document.activeElement.className")
    assert focused == "postil-at"
    quiet = beside(page).first.evaluate("one => getComputedStyle(one).color")
    assert quiet != page.locator(".footnote li").evaluate("one => getComputedStyle(one).color")


@pytest.mark.parametrize("scripts", [True, False])
def test_where_there_is_no_margin_a_number_leads_to_its_comment_and_back(
    visit: Visit, noted: Noted, scripts: bool
) -> None:
    page = opened(visit, noted, viewport=NARROW, java_script_enabled=scripts)
    assert page.locator(".margin:visible").count() == 0
    number = noted.ids[0]
    page.locator(".postil-at").first.click()
    expect(page).to_have_url(re.compile(rf"#comment-{number}$"))
    item = page.locator(f"#comment-{number}")
    expect(item).to_be_in_viewport()
    if scripts:
        expect(page.locator("form#reply .postil-account")).to_be_visible()
        item.hover()
    item.locator(".postil-passage a").click()
    expect(page.locator(f"#at-{number}")).to_be_in_viewport()


def test_a_quotation_shows_all_of_a_passage_that_has_several_marks(
    visit: Visit, noted: Noted
) -> None:
    page = opened(visit, noted)
    number = noted.ids[-1]
    item = page.locator(f"#comment-{number}")
    item.scroll_into_view_if_needed()
    expect(page.locator("form#reply .postil-account")).to_be_visible()
    item.hover()
    # The script of passages is there; before it is, a click is the browser's own.
    page.wait_for_function("() => CSS.highlights.has('postil-note')")
    item.locator(".postil-passage a").click()
    expect(page.locator(f"#at-{number}")).to_have_text("plunge their bills")
    expect(page.locator(f"#at-{number}")).to_be_in_viewport()
    painted(page, "postil-asked", ["plunge their bills1, all of them"])
    # As well where the article has other words by now.
    page.locator(f"#at-{number}").evaluate("mark => { mark.textContent = 'dip their bills' }")
    item.locator(".postil-passage a").click()
    painted(page, "postil-asked", ["dip their bills1, all of them"])


def test_a_reader_switches_notes_off_and_it_is_kept(visit: Visit, noted: Noted) -> None:
    page = opened(visit, noted)
    button = page.get_by_role("button", name="Readers’ notes")
    expect(button).to_have_attribute("aria-pressed", "true")
    title = boxes(page.locator("h1"))
    button.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(beside(page).first).to_be_hidden()
    expect(page.locator(".postil-at").first).to_be_hidden()
    assert boxes(page.locator("h1")) == title
    # It is so before anything is painted: the script in the page's head says it.
    page.add_init_script(
        "window.moved = 0; new PerformanceObserver(list => { for (const each of list.getEntries())"
        " window.moved += each.value }).observe({ type: 'layout-shift', buffered: true })"
    )
    page.reload()
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".postil-at").first).to_be_hidden()
    assert page.evaluate("window.moved") < 0.01
    button.click()
    expect(page.locator(".postil-at").first).to_be_visible()
    expect(beside(page).first).to_be_visible()
    page.reload()
    expect(beside(page).first).to_be_visible()
    assert page.evaluate("window.moved") < 0.01


def test_an_article_without_notes_loads_nothing_for_them(visit: Visit, noted: Noted) -> None:
    page = opened(visit, noted, "plain")
    page.wait_for_load_state("networkidle")
    assert page.locator("[data-notes-switch]").count() == 0
    loaded = page.evaluate("performance.getEntriesByType('resource').map(each => each.name)")
    assert not [name for name in loaded if re.search("margin|notes", name)]


def test_on_paper_there_are_numbers_and_the_comments(visit: Visit, noted: Noted) -> None:
    page = opened(visit, noted)
    expect(beside(page).first).to_be_visible()
    page.emulate_media(media="print")
    expect(beside(page).first).to_be_hidden()
    expect(page.get_by_role("button", name="Readers’ notes")).to_be_hidden()
    expect(page.locator(".postil-at").first).to_be_visible()
    expect(page.locator(f"#comment-{noted.ids[0]} .postil-passage")).to_be_visible()


def test_what_is_said_among_the_comments_is_said_beside_the_text(
    visit: Visit, noted: Noted
) -> None:
    page = opened(visit, noted)
    expect(beside(page).first).to_have_text("1 Pia All of them?")
    page.locator(f"#comment-{noted.ids[0]} .postil-body").evaluate(
        "body => body.replaceWith(Object.assign(body.cloneNode(), { textContent: 'Most of them?' }))"
    )
    expect(beside(page).first).to_have_text("1 Pia Most of them?")
    page.set_viewport_size(NARROW)
    expect(beside(page).first).to_be_hidden()
    page.set_viewport_size(WIDE)
    expect(beside(page).first).to_be_visible()
