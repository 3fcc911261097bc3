"""Layout: nothing is cut off, nothing is wider than its page, and what belongs on a line stands on it."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from comments_service.models import Account, Role
from tests import make
from tests.browser.conftest import Live, Writer
from tests.browser.embed import comment, wake
from tests.browser.test_votes import signed_in

Visit = Callable[..., Page]
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 900}
# What margins leave of a sheet.
PAPER = {"width": 640, "height": 900}
LONG_WORD = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"


def box(of: Locator) -> dict[str, Any]:
    found: Any = of.bounding_box()
    assert found is not None
    return dict(found)


def middle(of: Locator) -> float:
    """How far down the words of something stand."""
    return float(
        of.evaluate(
            """(each) => {
              const range = document.createRange();
              range.selectNodeContents(each);
              const { y, height } = range.getBoundingClientRect();
              return y + height / 2;
            }"""
        )
    )


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])
def test_no_article_is_wider_for_a_long_word_in_a_title(
    visit: Visit, viewport: dict[str, int]
) -> None:
    page = visit("/how-pelicans-fish/", viewport=viewport)
    page.locator("h1, .neighbours a, .related a").evaluate_all(
        "(all, word) => all.forEach((each) => each.append(word))", LONG_WORD
    )
    expect(page.locator(".neighbours a").first).to_contain_text(LONG_WORD)
    assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]


def test_on_paper_no_line_of_code_is_cut_off(visit: Visit) -> None:
    page = visit("/writing-in-markdown/", viewport=PAPER)
    page.locator(".prose pre code").evaluate_all(
        "(all) => all.forEach((each) => each.append('and on it goes '.repeat(40)))"
    )
    page.emulate_media(media="print")
    wide = "(all) => all.map((each) => each.scrollWidth - each.clientWidth)"
    over = page.locator(".prose pre").evaluate_all(wide)
    assert over
    assert max(over) <= 1


def test_the_latest_articles_below_the_search_stand_as_on_other_pages(visit: Visit) -> None:
    page = visit("/search/")
    latest = page.get_by_role("region", name="The latest articles")
    title, link = page.get_by_role("heading", level=1), latest.get_by_role("link").first
    assert box(link)["x"] == pytest.approx(box(title)["x"], abs=1)
    date = box(latest.locator(".entry-date").first)
    assert date["x"] + date["width"] <= box(title)["x"] + 1
    assert date["y"] == pytest.approx(box(link)["y"], abs=8)


def test_votes_and_reply_stand_on_one_line(visit: Visit, thread: str, writer: Writer) -> None:
    number = writer.post(thread, "They scoop.")
    page = wake(visit(f"/{thread}/"))
    line = comment(page, number).locator(".postil-actions")
    line.evaluate("line => line.insertAdjacentHTML('afterbegin', '<span class=tally>▲ 12</span>')")
    reply = middle(line.get_by_role("link", name="Reply"))
    assert middle(line.locator(".tally")) == pytest.approx(reply, abs=1)


def test_reply_and_report_stand_on_one_line_without_scripts(
    visit: Visit, thread: str, writer: Writer
) -> None:
    number = writer.post(thread, "They scoop.")
    page = visit(f"/comments/threads/{thread}", java_script_enabled=False, viewport=PHONE)
    item = comment(page, number)
    reply = middle(item.get_by_role("link", name="Reply"))
    report = item.get_by_role("link", name="Report the comment by Wanda")
    assert middle(report) == pytest.approx(reply, abs=1)


def test_a_long_title_begins_beside_the_box_that_selects_its_comment(
    visit: Visit, live: Live, held_thread: str, writer: Writer
) -> None:
    number = writer.send(held_thread, "They scoop.")
    with live.app.app_context():
        owner = make.account("Ludmila", role=Role.OWNER)
    page = visit(f"/comments/moderation/?thread={held_thread}", **signed_in(live, owner))
    card = page.locator(f"#comment-{number}")
    title, select = card.locator(".card-thread a"), card.get_by_role("checkbox")
    title.evaluate("title => title.append(' and so on'.repeat(30))")
    assert box(title)["y"] < box(select)["y"] + box(select)["height"]
    below = card.locator(".reasons li").first
    line = "each => { const all = each.getClientRects(); return all[all.length - 1].bottom - 10 }"
    assert title.evaluate(line) <= box(below)["y"] + 2


def test_the_services_list_of_discussions_offers_no_choice_that_does_nothing(
    visit: Visit, thread: str, writer: Writer
) -> None:
    writer.post(thread, "They scoop.")
    page = visit("/comments/discussions", java_script_enabled=False)
    expect(page.locator(".postil-discussion").first).to_be_visible()
    expect(page.get_by_role("radio")).to_have_count(0)


@pytest.mark.parametrize("locale", ["en", "de", "es", "fr", "ja", "zh-CN"])
def test_what_is_chosen_of_e_mails_can_be_read_whole(
    visit: Visit, live: Live, person: Account, locale: str
) -> None:
    page = visit("/comments/account/notifications", locale=locale, **signed_in(live, person))
    cut = page.locator("main select").evaluate_all(
        """all => all.filter((each) => {
          const needed = each.cloneNode(true);
          needed.value = each.value;
          needed.style.inlineSize = "max-content";
          needed.style.maxInlineSize = "none";
          each.after(needed);
          const wider = needed.offsetWidth > each.offsetWidth;
          needed.remove();
          return wider;
        }).length"""
    )
    assert page.locator("main select").count() > 1
    assert cut == 0
