"""Somebody is signed out while he writes: in another tab, by another browser, or since it was long ago."""

import sqlalchemy as sa
from playwright.sync_api import Page, expect

from comments_service.db import db, writing
from comments_service.models import Account, Session, now
from tests.browser.conftest import Live, Writer
from tests.browser.embed import Visit, comment, main_form, newest, post
from tests.browser.test_votes import like, opened

SAID = "You are signed out by now. What you typed is still here."


def begun(visit: Visit, thread: str, live: Live, person: Account) -> Page:
    """Signed in, and at the comments of an article."""
    allowed = ("401", "403", "404", "422")
    page = opened(visit, f"/{thread}/", live, person, allowed=allowed)
    expect(main_form(page)).to_contain_text(f"Signed in as {person.name}")
    return page


def sign_out_elsewhere(live: Live, person: Account) -> None:
    ended = sa.update(Session).where(Session.account_id == person.id).values(ended_at=now())
    with live.app.app_context(), writing():
        db.session.execute(ended)


def test_a_comment_goes_on_as_a_guests(
    visit: Visit, thread: str, live: Live, person: Account
) -> None:
    page = begun(visit, thread, live, person)
    form = main_form(page)
    form.locator("[name=body]").fill("A long and careful comment.")
    sign_out_elsewhere(live, person)
    post(form)
    expect(form).to_contain_text(SAID)
    expect(form.locator("[name=name]")).to_be_focused()
    expect(form.locator("[name=name]")).to_have_attribute("aria-invalid", "true")
    expect(form.locator("[name=body]")).to_have_value("A long and careful comment.")
    expect(form.get_by_role("button", name="Sign in")).to_be_visible()
    form.locator("[name=name]").fill("Zoe")
    post(form)
    expect(newest(page, "A long and careful comment.")).to_be_focused()


def test_an_edit_is_kept(visit: Visit, thread: str, live: Live, person: Account) -> None:
    page = begun(visit, thread, live, person)
    main_form(page).locator("[name=body]").fill("As first written.")
    post(main_form(page))
    newest(page, "As first written.").get_by_role("button", name="Edit").click()
    form = page.locator("li form.postil-edit")
    form.locator("textarea").fill("As written with care.")
    sign_out_elsewhere(live, person)
    form.get_by_role("button", name="Save").click()
    expect(form).to_contain_text(SAID)
    expect(form.locator("textarea")).to_have_value("As written with care.")


def test_what_only_accounts_may_do_says_so(
    visit: Visit, thread: str, live: Live, person: Account, writer: Writer
) -> None:
    number = writer.post(thread, "Of another.")
    page = begun(visit, thread, live, person)
    expect(like(page, number)).to_be_visible()
    sign_out_elsewhere(live, person)
    like(page, number).click()
    expect(comment(page, number)).to_contain_text("You are signed out by now.")
    expect(main_form(page).locator("[name=name]")).to_be_enabled()
