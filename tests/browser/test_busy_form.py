"""A form that was refused can be sent again, whatever else could not be fetched."""

import sqlite3
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Live, Writer
from tests.browser.embed import Visit, main_form, post, write


@pytest.fixture
def used_up(live: Live, writer: Writer, thread: str) -> Iterator[None]:
    """The limit of posts is reached for whoever posts from here."""
    writer.post(thread, "The last one that passes.")
    where = "WHERE subject LIKE 'post:%'"
    database = sqlite3.connect(live.folder / "comments.sqlite3", timeout=10)
    with database:
        database.execute(f"UPDATE rate_counts SET count = 1000000000 {where}")  # noqa: S608 - our own
    yield
    with database:
        database.execute(f"DELETE FROM rate_counts {where}")  # noqa: S608 - our own
    database.close()


def test_a_form_that_is_refused_while_our_sentences_are_away_is_free_again(
    visit: Visit, thread: str, used_up: None
) -> None:
    page = visit("/about/", allowed=("ERR_FAILED", "429"))
    page.route("**/ui.*.html", lambda route: route.abort())
    page.goto(f"/{thread}/")
    form = main_form(page)
    form.evaluate("form => form.scrollIntoView()")
    write(form, "One too many.")
    expect(form).to_have_attribute("data-draft", f"postil:{thread}:")
    with page.expect_response("**/comments?*") as answered:
        post(form)
    assert answered.value.status == 429
    expect(form).to_have_attribute("aria-busy", "false")
    # What the service itself said stands in.
    expect(form).to_contain_text("posted a lot")
    colour = "line => getComputedStyle(line).color"
    said = form.locator(":scope > .postil-status")
    assert said.evaluate(colour) != form.evaluate(colour), "something is wrong"
    expect(form.locator("textarea")).to_have_value("One too many.")
