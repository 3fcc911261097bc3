"""Notes: words of an article are selected by pointer, keyboard and finger, and noted; a note leads back to them."""

import re
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import Live, Writer, until
from tests.browser.embed import STATUS, Visit, comment, main_form, newest, post, refresh, wake

WORDS = "the line closes like a net"
# Where the n-th of these words stands, once it is in sight: both ends of it.
ENDS = """([article, words, number]) => {
  const walker = document.createTreeWalker(article, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    for (let at = node.data.indexOf(words); at >= 0; at = node.data.indexOf(words, at + 1)) {
      if (number-- > 0) continue;
      const { top, bottom } = node.parentElement.getBoundingClientRect();
      if (top < 0 || bottom > innerHeight)
        node.parentElement.scrollIntoView({ block: "center", behavior: "instant" });
      const range = new Range();
      range.setStart(node, at);
      range.setEnd(node, at + words.length);
      const rects = [...range.getClientRects()];
      return [rects[0], rects.at(-1)].map(({ left, right, top, bottom }) =>
        ({ left, right, y: (top + bottom) / 2 }));
    }
  }
}"""


def read(visit: Visit, thread: str, **options: Any) -> Page:
    """Open an article at its beginning; nothing scrolls slowly while a test points at its words."""
    page: Page = visit(f"/{thread}/", reduced_motion="reduce", **options)
    return page


def ends(page: Page, words: str, number: int) -> list[dict[str, float]]:
    article = page.locator("[data-postil-text]").element_handle()
    found: list[dict[str, float]] = page.evaluate(ENDS, [article, words, number])
    return found


def select(page: Page, words: str, number: int = 0, to: int | None = None) -> None:
    """Draw a pointer over the n-th of these words of the article, and from there to another if one is named."""
    first = ends(page, words, number)[0]
    last = ends(page, words, number if to is None else to)[1]
    page.mouse.move(first["left"] + 1, first["y"])
    page.mouse.down()
    page.mouse.move(last["right"] - 1, last["y"], steps=4)
    page.mouse.up()


def offer(page: Page) -> Locator:
    return page.get_by_role("button", name="Note this passage")


def begin_reading_by_keys(page: Page) -> None:
    """Select the first word, as a browser with a cursor in its text does; headless, it has none to move."""
    page.locator(".prose p").first.evaluate(
        "({ firstChild }) => getSelection().setBaseAndExtent(firstChild, 0, firstChild, 8)"
    )


def extend(page: Page, keys: str) -> None:
    """Select more or less by these keys, and wait until that is offered rather than what was selected before."""
    page.locator(".postil-offer").evaluate_all("all => all.forEach(one => one.dataset.old = 1)")
    page.keyboard.press(keys)
    expect(page.locator(".postil-offer:not([data-old])")).to_be_visible()


def about(page: Page) -> Locator:
    """What the form says that the comment is about."""
    return main_form(page).locator(".postil-passage")


def passage(page: Page) -> dict[str, str]:
    fields = main_form(page).locator("[name^=passage_]")
    found: dict[str, str] = fields.evaluate_all(
        "all => Object.fromEntries(all.map(({ name, value }) => [name.slice(8), value]))"
    )
    return found


def test_words_that_are_selected_can_be_noted(visit: Visit, thread: str) -> None:
    page = read(visit, thread)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    # A click, and words outside the article, are nothing to note.
    page.locator(".prose p").first.click()
    page.locator("h1").dblclick()
    page.wait_for_load_state("networkidle")
    assert not [url for url in asked if "embed" in url]
    select(page, WORDS)
    expect(offer(page)).to_be_visible()
    box = offer(page).bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 24
    words = ends(page, WORDS, 0)
    assert words[0]["y"] < box["y"] < words[0]["y"] + 60
    assert words[0]["left"] < box["x"] + box["width"] / 2 < words[1]["right"]
    assert not [url for url in asked if "embed-quote" in url]
    offer(page).click()
    expect(main_form(page).get_by_label("Your comment")).to_be_focused()
    expect(about(page)).to_have_text(WORDS)
    assert passage(page) == {
        "exact": WORDS,
        "prefix": "Pelicans fish together, in a line, and "[-32:],
        "suffix": ". Pelicans fish together, in a line"[:32],
        "lang": "en",
    }
    expect(offer(page)).to_have_count(0)
    results = Axe().run(page)
    assert results.violations_count == 0, results.generate_report()


def test_the_offer_goes_with_the_selection_and_with_escape(visit: Visit, thread: str) -> None:
    page = read(visit, thread)
    select(page, WORDS)
    expect(offer(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(offer(page)).to_have_count(0)
    assert page.evaluate("getSelection().toString()") == WORDS
    select(page, "Pelicans", 1)
    expect(offer(page)).to_be_visible()
    page.locator("h1").click()
    expect(offer(page)).to_have_count(0)


def test_words_are_noted_with_the_keyboard_alone(visit: Visit, thread: str) -> None:
    page = read(visit, thread)
    begin_reading_by_keys(page)
    expect(offer(page)).to_be_visible()
    for words in ("Pelicans fish", "Pelicans fish together"):
        extend(page, "Control+Shift+ArrowRight")
        assert page.evaluate("getSelection().toString()") == words
    expect(page.locator(STATUS)).to_contain_text("press Tab, then Enter")
    page.keyboard.press("Tab")
    expect(offer(page)).to_be_focused()
    page.keyboard.press("Escape")
    expect(offer(page)).to_have_count(0)
    extend(page, "Shift+ArrowLeft")
    page.keyboard.press("Tab")
    expect(offer(page)).to_be_focused()
    # Whoever goes on is not led back to it.
    page.keyboard.press("Tab")
    expect(offer(page)).to_have_count(0)
    page.reload()
    begin_reading_by_keys(page)
    expect(offer(page)).to_be_visible()
    extend(page, "Control+Shift+ArrowRight")
    page.keyboard.press("Tab")
    expect(offer(page)).to_be_focused()
    page.keyboard.press("Enter")
    expect(main_form(page).get_by_label("Your comment")).to_be_focused()
    expect(about(page)).to_have_text("Pelicans fish")


def test_words_are_noted_with_a_finger(visit: Visit, thread: str) -> None:
    page = read(
        visit, thread, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True
    )
    # No finger of a browser without a screen selects; what it has selected is the same.
    page.locator(".prose p").first.evaluate(
        "({ firstChild }) => getSelection().setBaseAndExtent(firstChild, 14, firstChild, 22)"
    )
    expect(offer(page)).to_be_visible()
    word = ends(page, "together", 0)
    box = offer(page).bounding_box()
    assert box is not None
    # The system's own menu is above the words, and what a finger holds them by is right below.
    assert box["y"] > word[0]["y"] + 40
    assert box["height"] >= 40
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    offer(page).tap()
    expect(about(page)).to_have_text("together")
    expect(main_form(page).get_by_label("Your comment")).to_be_focused()


def test_a_selection_over_paragraphs_is_cut_to_the_first_and_says_so(
    visit: Visit, thread: str
) -> None:
    page = read(visit, thread)
    # The sixth stands at the end of the first paragraph.
    select(page, WORDS, 5, to=7)
    expect(offer(page)).to_be_visible()
    expect(page.get_by_text("Only the beginning of it").first).to_be_visible()
    expect(page.locator(STATUS)).to_contain_text("Only the beginning of it")
    offer(page).click()
    expect(about(page)).to_have_text(f"{WORDS}.")
    # All of the second paragraph is longer than a note's passage; words stay whole.
    select(page, "Pelicans", 6, to=11)
    expect(page.get_by_text("Only the beginning of it").first).to_be_visible()
    offer(page).click()
    expect(about(page)).not_to_have_text(f"{WORDS}.")
    said = about(page).inner_text()
    assert 260 < len(said) <= 300
    assert said.startswith("Pelicans fish together")
    assert said.split()[-1].strip(".,") in WORDS + " Pelicans fish together in and"


def test_a_form_that_notes_a_passage_is_kept_and_can_let_go_of_it(
    visit: Visit, thread: str
) -> None:
    page = read(visit, thread)
    select(page, WORDS)
    offer(page).click()
    expect(about(page)).to_have_text(WORDS)
    main_form(page).get_by_label("Your comment").press_sequentially("Is it so?")
    before = passage(page)
    page.reload()
    page.locator("comment-thread").evaluate("thread => thread.scrollIntoView()")
    expect(about(page)).to_have_text(WORDS)
    expect(main_form(page).get_by_label("Your comment")).to_have_value("Is it so?")
    assert passage(page) == before
    main_form(page).get_by_role("button", name="Take the words off").click()
    expect(about(page)).to_have_count(0)
    expect(main_form(page).get_by_label("Your comment")).to_be_focused()
    page.reload()
    page.locator("comment-thread").evaluate("thread => thread.scrollIntoView()")
    expect(main_form(page).get_by_label("Your comment")).to_have_value("Is it so?")
    expect(about(page)).to_have_count(0)


def test_while_the_service_is_away_nothing_of_a_note_is_lost(
    visit: Visit, live: Live, thread: str
) -> None:
    page = read(visit, thread, allowed=("503", "Failed to load"))
    select(page, WORDS)
    offer(page).click()
    form = main_form(page)
    form.get_by_label("Your comment").fill("Is it so?")
    form.get_by_label("Name").fill("Zoe")

    def away(route: Route) -> None:
        route.fulfill(status=503, content_type="application/problem+json", body="{}")

    page.route("**/api/v1/threads/**", away)
    form.get_by_role("button", name="Post comment").click()
    expect(form.locator(".postil-status")).to_contain_text("is kept in this browser")
    expect(about(page)).to_have_text(WORDS)
    expect(form.get_by_label("Your comment")).to_have_value("Is it so?")


# ---- what is written, and where it stands

ONCE = "islands where no fox comes"
OVER_AN_ELEMENT = "a lake that is shallow, and"


def painted(page: Page, name: str, words: list[str]) -> None:
    """Wait until these words of the article are painted, and no others."""
    page.wait_for_function(
        "([name, words]) => [...(CSS.highlights.get(name) ?? [])].join('|') === words",
        arg=[name, "|".join(words)],
    )


def note(writer: Writer, thread: str, exact: str, body: str, **around: str) -> int:
    """Note words of an article, and wait until the note stands in its page."""
    about = {"exact": exact, "prefix": "", "suffix": "", "lang": "en", **around}
    data = {"body": body, "name": "Wanda", "parent": None, "passage": about}
    number = int(writer.call("POST", f"threads/{thread}/comments", data)["id"])
    until(lambda: f'id="comment-{number}"' in writer.live.page(thread))
    return number


def write_a_note(page: Page, words: str, body: str) -> Locator:
    select(page, words)
    offer(page).click()
    form = main_form(page)
    form.get_by_label("Your comment").fill(body)
    form.get_by_label("Name").fill("Zoe")
    post(form)
    mine = newest(page, body)
    expect(mine).to_be_focused()
    return mine


def test_a_note_is_sent_with_its_passage_and_painted_at_once(
    visit: Visit, live: Live, thread: str
) -> None:
    page = read(visit, thread)
    mine = write_a_note(page, ONCE, "Which islands?")
    expect(mine.locator(".postil-passage")).to_have_text(ONCE)
    expect(about(page)).to_have_count(0)
    expect(main_form(page).get_by_label("Your comment")).to_have_value("")
    painted(page, "postil-note", [ONCE])
    # Nothing in the article moved.
    assert page.locator(".prose :is(mark, .postil-at)").count() == 0
    until(lambda: "Which islands?" in live.page(thread))
    page.reload()
    wake(page)
    page.locator(".postil-list").hover()
    painted(page, "postil-note", [ONCE])


def test_a_quotation_leads_to_its_words_in_a_page_that_has_no_mark_of_them(
    visit: Visit, writer: Writer, thread: str
) -> None:
    number = note(writer, thread, OVER_AN_ELEMENT, "How shallow?")
    page = wake(read(visit, thread))
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    quotation = comment(page, number).locator(".postil-passage a")
    quotation.hover()
    painted(page, "postil-note", [OVER_AN_ELEMENT])
    quotation.focus()
    page.keyboard.press("Enter")
    painted(page, "postil-asked", [OVER_AN_ELEMENT])
    block = page.locator(".prose p", has_text=ONCE)
    expect(block).to_be_focused()
    expect(block).to_be_in_viewport()


def test_a_held_note_is_painted_for_its_writer_only(visit: Visit, held_thread: str) -> None:
    page = read(visit, held_thread)
    mine = write_a_note(page, ONCE, "Which islands?")
    expect(mine).to_contain_text("waiting for a moderator")
    painted(page, "postil-held", [ONCE])
    painted(page, "postil-note", [])
    page.reload()
    wake(page)
    painted(page, "postil-held", [ONCE])
    other = wake(read(visit, held_thread))
    main_form(other).hover()
    other.wait_for_load_state("networkidle")
    painted(other, "postil-held", [])


def test_a_note_that_comes_while_one_reads_is_painted(
    visit: Visit, writer: Writer, thread: str
) -> None:
    page = wake(read(visit, thread))
    number = note(writer, thread, "Nobody leads it", "Is it so?")
    refresh(page)
    page.get_by_role("button", name="1 new comment").click()
    expect(comment(page, number)).to_be_visible()
    painted(page, "postil-note", ["Nobody leads it"])


def test_of_words_that_stand_twice_none_is_painted(
    visit: Visit, writer: Writer, thread: str
) -> None:
    number = note(writer, thread, WORDS, "Which of them?", prefix="in a line, and ")
    once = note(writer, thread, "Nobody leads it", "Is it so?")
    page = wake(read(visit, thread))
    page.locator(".postil-list").hover()
    painted(page, "postil-note", ["Nobody leads it"])
    comment(page, once).locator(".postil-passage a").click()
    painted(page, "postil-asked", ["Nobody leads it"])
    comment(page, number).locator(".postil-passage a").click()
    expect(page).to_have_url(re.compile(f"#at-{number}"))
    painted(page, "postil-asked", ["Nobody leads it"])
