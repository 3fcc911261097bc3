"""Finding: the page of every conversation, and the search in articles and comments."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from comments_service import comments
from comments_service.db import db
from comments_service.models import Comment
from formats.search_index import DamagedIndex
from tests import search_words, sites
from tests.browser.conftest import Live, Writer, until

Visit = Callable[..., Page]


def build(live: Live) -> None:
    """Build the blog again, as its author does after an article."""
    facts = {"SITE_URL": live.url, "COMMENTS_PUBLISHED": str(live.published)}
    built = sites.pelican(
        live.folder / "content", live.output, COMMENTS_OUTPUT=str(live.output), **facts
    )
    assert built.returncode == 0, built.stderr


def requests_of(page: Page) -> list[str]:
    """The paths that a page asks for from here on; one of another host is given whole."""
    asked: list[str] = []
    own = urlsplit(page.url).netloc

    def note(url: str) -> None:
        parts = urlsplit(url)
        asked.append(parts.path if parts.netloc == own else url)

    page.on("request", lambda request: note(request.url))
    return asked


# ---- discussions


def test_a_comment_appears_among_the_discussions_without_a_build(
    visit: Visit, live: Live, thread: str, writer: Writer
) -> None:
    page = visit("/discussions/")
    other = visit("/discussions/", java_script_enabled=False)
    expect(page.get_by_text("No comments yet").first).to_be_visible()
    expect(page.get_by_text("What a pouch!")).to_have_count(0)
    writer.post(thread, "What a *pouch*!", name="Wim")
    until(lambda: "What a pouch!" in live.page("discussions"))

    first = other.locator(".postil-discussion").first
    other.reload()
    expect(first).to_contain_text("What a pouch!")
    expect(first).to_contain_text("1 comment")
    expect(first.locator(".postil-name")).to_have_text("Wim")
    other.get_by_role("link", name=f"An open article, {thread.partition('-')[2]}").click()
    expect(other.get_by_text("What a pouch!")).to_be_visible()

    # The page that was open all the time looks again when its reader comes back to it.
    asked = requests_of(page)
    page.evaluate("performance.now = () => 1e9; dispatchEvent(new Event('pageshow'))")
    expect(page.locator(".postil-discussion").first).to_contain_text("What a pouch!")
    assert asked == ["/comments/discussions.html"]


def test_the_list_can_be_narrowed_to_a_category(visit: Visit, live: Live) -> None:
    page = visit("/discussions/", java_script_enabled=False)
    until(lambda: "postil-category-1" in live.page("discussions"))
    page.reload()
    essay = page.locator(".postil-discussion", has_text="A margin, to begin with")
    test = page.locator(".postil-discussion[data-thread^=open-]").first
    expect(essay).to_be_visible()
    page.get_by_role("radio", name="Tests").check()
    expect(essay).to_be_hidden()
    expect(test).to_be_visible()
    page.get_by_role("radio", name="All").check()
    expect(essay).to_be_visible()


# ---- search


@pytest.fixture
def searchable(live: Live, thread: str, writer: Writer) -> tuple[int, str]:
    """A comment in English and Chinese that the last build has seen, and a word of it alone."""
    word = f"zymurg{chr(ord('a') + int(thread.partition('-')[2]) % 26)}k"
    number = writer.post(thread, f"A {word} wrote this. 我觉得鹈鹕非常有趣。", name="Zoë")
    build(live)
    return number, word


def look_for(page: Page, words: str) -> None:
    page.get_by_role("searchbox").fill(words)


def test_nothing_of_the_search_is_loaded_before_it_is_opened(
    visit: Visit, live: Live, thread: str
) -> None:
    page = visit("/")
    asked = requests_of(page)
    page.goto(f"/{thread}/")
    page.goto("/archives/")
    assert not [path for path in asked if "pagefind" in path or "search" in path]
    policy = page.locator("meta[http-equiv=Content-Security-Policy]").get_attribute("content")
    assert "wasm" not in (policy or "")


def test_articles_comments_and_chinese_are_found(
    visit: Visit, live: Live, thread: str, searchable: tuple[int, str]
) -> None:
    number, word = searchable
    page = visit("/")
    page.keyboard.press("/")
    page.wait_for_url("**/search/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    asked = requests_of(page)
    results = page.locator(".search-result")

    look_for(page, "fishing")
    expect(results.filter(has_text="How pelicans fish")).to_be_visible()
    expect(results.first.locator("mark").first).to_be_visible()
    expect(results.filter(has_text="How pelicans fish").get_by_role("time")).to_contain_text("2026")

    look_for(page, word)
    expect(results).to_have_count(1)
    expect(results).to_contain_text(f"A {word} wrote this.")
    found = results.get_by_role("link", name="In a comment")
    expect(found).to_have_attribute("href", f"/{thread}/#comment-{number}")
    expect(page.get_by_role("status")).to_have_text("1 page")
    assert page.url.endswith(f"?q={word}")

    # One word of a Chinese sentence that stands in an English page's comments.
    look_for(page, "有趣")
    expect(page.locator(f"a[href='/{thread}/#comment-{number}']")).to_be_visible()
    expect(results.locator("mark").first).to_have_text("有趣")
    # And one of a Chinese article.
    look_for(page, "旁批")
    expect(results.filter(has_text="页边有人")).to_be_visible()

    look_for(page, "qqqqxyz")
    expect(page.get_by_role("status")).to_have_text("Nothing was found.")
    assert [path for path in asked if path.startswith("http")] == []
    assert "/pagefind/pagefind.js" in asked


def test_chinese_and_japanese_are_found_by_whatever_stands_together(
    visit: Visit, live: Live, thread: str, writer: Writer
) -> None:
    japanese = "昨日、湖でペリカンががくぶちにかくれ、人々を見て いた"
    number = writer.post(thread, f"Zymurgists say:「{japanese}」。好**的**Pouches!", name="Zoë")
    build(live)
    page = visit("/search/")
    runs = re.findall(r"\w+", japanese)
    parts = {
        run[start : start + length]
        for run in runs
        for length in (2, len(run))
        for start in range(len(run) - length + 1)
    }
    link = f"/{thread}/"
    found = {part: results(page, part)[1] for part in sorted(parts)}
    assert not [part for part, pages in found.items() if link not in pages]
    for words in (
        *("zymurgist ペリカン", "ペリカンzymurgist", "人々,ペリカン", "好的", "的pouch"),
        *('"ペリカンがが"', '"好的 pouches"', "昨日、湖で", "見ていた"),
    ):
        assert results(page, words) == ("1 page", {link}), words
    for words in ("湖が", "人見", "ペリカン 湖が", "zymurgist 人見"):
        assert results(page, words)[0] == "Nothing was found.", words

    look_for(page, "ペリカン")
    line = page.locator(".search-place")
    expect(line.get_by_role("link")).to_have_attribute("href", f"{link}#comment-{number}")
    expect(line).to_contain_text(f"Zymurgists say:「{japanese}」。好的Pouches!")
    expect(line.locator("mark")).to_have_text(["ペリカン"])


def results(page: Page, words: str) -> tuple[str, set[str | None]]:
    """What the search says of these words, and the pages that it shows first."""
    look_for(page, "")
    expect(page.get_by_role("status")).to_be_empty()
    look_for(page, words)
    expect(page.get_by_role("status")).not_to_be_empty()
    told = page.get_by_role("status").inner_text()
    count = int(told.split()[0]) if told[0].isdigit() else 0
    expect(page.locator(".search-result")).to_have_count(min(count, 10))
    links = page.locator(".search-result h2 a").all()
    return told, {each.get_attribute("href") for each in links} if count <= 10 else set()


def test_what_changed_since_is_found_as_in_an_index_of_all_pages(
    visit: Visit, live: Live, searchable: tuple[int, str], tmp_path: Path
) -> None:
    content = live.folder / "content"
    known = next(path for path in content.rglob("*.md") if "How pelicans fish" in path.read_text())
    before = known.read_text("utf-8")
    head = "Date: 2026-01-01\nCategory: Tests\nComments: closed\n"
    new = [content / f"quetzal-{number}.md" for number in range(3)]
    for number, path in enumerate(new):
        path.write_text(
            f"Title: Quetzal {number}\nSlug: quetzal-{number}\n{head}\nPelicans stay away.\n"
        )
    build(live)
    known.write_text(before + "\nNo quetzaling together. 绿咬鹃不捕鱼。\n", encoding="utf-8")
    new[0].unlink()
    new[1].write_text(new[1].read_text().replace("Slug: quetzal-1", "Slug: quetzal-renamed"))
    try:
        build(live)
        assert (live.output / "pagefind" / "newer").exists()
        facts = {"SITE_URL": live.url, "COMMENTS_PUBLISHED": str(live.published)}
        assert sites.pelican(content, tmp_path / "whole", **facts).returncode == 0
        assert not (tmp_path / "whole" / "pagefind" / "newer").exists()
        page, whole = visit("/search/"), visit("/search/")
        index = re.compile(r"/(pagefind/[^?]*)")

        def of_all(route: Route) -> None:
            name = index.search(route.request.url)
            assert name
            route.fulfill(path=tmp_path / "whole" / name[1])

        whole.context.route(index, of_all)
        _, word = searchable
        for words in (
            *(
                "quetzal",
                "quetzals",
                "pelicans quetzal",
                "pelicans stay quetzaling",
                "closes",
                word,
            ),
            *(
                f"{word} quetzal",
                '"pelicans stay"',
                '"stay pelicans"',
                "together",
                "qqqqxyz",
                "pelicans",
            ),
            *(
                "qqqqxyz quetzal",
                "quetzalcoatl",
                "quetz",
                "renamed",
                "有趣",
                "捕鱼",
                "绿咬鹃",
                "旁批",
            ),
        ):
            assert results(page, words) == results(whole, words), words
        assert results(page, "quetzal")[0] == "3 pages"
        assert results(page, "捕鱼")[0] != "Nothing was found."
    finally:
        known.write_text(before, encoding="utf-8")
        for path in new:
            path.unlink(missing_ok=True)


def test_a_deleted_comment_is_found_no_more_and_nothing_is_built(
    visit: Visit, live: Live, thread: str, writer: Writer
) -> None:
    kept = writer.post(thread, "Yaffingales nod.", name="Zoë")
    number = writer.post(thread, "Yaffingales whisper 悄悄话 widdershins.", name="Zoë")
    build(live)
    page = visit("/search/")
    assert results(page, "widdershins")[0] == "1 page"
    index = live.output / "pagefind"
    with live.app.app_context(), comments.changing():
        comments.empty(db.session.get_one(Comment, number))

    def forgotten() -> bool:
        try:
            return "widdershin" not in search_words.held(index)
        except (FileNotFoundError, DamagedIndex):
            return False  # It is being written at this moment.

    until(forgotten)
    listed = search_words.found(index)
    assert not [sign for sign in "悄悄话" if f"/{thread}/" in listed.get(sign, set())]
    assert "悄" not in search_words.shown(index)[f"/{thread}/"]
    page.reload()
    assert results(page, "widdershins")[0] == "Nothing was found."
    assert results(page, "悄悄话")[0] == "Nothing was found."
    assert results(page, "yaffingales nod")[0] == "1 page"
    expect(page.locator(f".search-result a[href='/{thread}/#comment-{kept}']")).to_be_visible()
    expect(page.locator(".search-result")).not_to_contain_text("whisper")


def test_the_search_is_walked_through_with_the_keyboard(
    visit: Visit, live: Live, thread: str, searchable: tuple[int, str]
) -> None:
    number, word = searchable
    page = visit(f"/search/?q={word}")
    field = page.get_by_role("searchbox")
    expect(field).to_have_value(word)
    expect(page.locator(".search-result")).to_have_count(1)
    links = page.locator(".search-result a")
    page.keyboard.press("ArrowDown")
    expect(links.nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("Escape")
    expect(field).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{thread}/#comment-{number}")
    expect(page.get_by_text(f"A {word} wrote this.")).to_be_in_viewport()


def test_the_key_is_a_letter_where_one_writes_and_can_be_switched_off(
    visit: Visit, live: Live, thread: str
) -> None:
    page = visit(f"/{thread}/")
    field = page.get_by_label("Your comment")
    field.press_sequentially("and/or")
    expect(field).to_have_value("and/or")
    page.goto("/search/")
    page.get_by_role("checkbox").uncheck()
    page.goto("/archives/")
    page.keyboard.press("/")
    page.get_by_role("link", name="Search").click()
    page.wait_for_url("**/search/")
    expect(page.get_by_role("checkbox")).not_to_be_checked()


def test_without_scripts_the_search_leads_to_the_archive(visit: Visit, live: Live) -> None:
    page = visit("/", java_script_enabled=False)
    page.get_by_role("link", name="Search").click()
    expect(page.get_by_text("The search needs JavaScript.")).to_be_visible()
    expect(page.get_by_role("searchbox")).to_be_hidden()
    page.get_by_role("link", name="All articles, by date").click()
    expect(page).to_have_url(f"{live.url}/archives/")


def test_an_index_that_cannot_be_loaded_is_said_so(visit: Visit, live: Live) -> None:
    page = visit("/search/", allowed=("Failed to load resource",))
    page.route("**/pagefind/**", lambda route: route.abort())
    look_for(page, "pelicans")
    expect(page.get_by_role("status")).to_contain_text("cannot be loaded just now")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_on_what_was_found(
    visit: Visit, live: Live, scheme: str, width: int
) -> None:
    page = visit(
        "/search/?q=pelicans", color_scheme=scheme, viewport={"width": width, "height": 844}
    )
    expect(page.locator(".search-result").first).to_be_visible()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.goto("/discussions/")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
