"""Passkeys in Chromium, with the authenticator that it plays for tests: made, shown, removed.

The site runs on 127.0.0.1; a passkey belongs to a name, so these pages are visited as localhost.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from axe_playwright_python.sync_playwright import Axe
from flask_migrate import upgrade
from playwright.sync_api import expect

from comments_service.db import db, writing
from comments_service.models import Account, Role, Session, now
from comments_service.sessions import PROOF_LASTS
from tests import make, service
from tests.browser.authenticator import (
    ACCOUNT,
    REFUSED,
    REMOVE,
    Authenticator,
    Visit,
    add,
    press,
    sign_in,
    sign_out,
    signed_in,
    visiting,
)
from tests.browser.conftest import Live


@pytest.fixture
def home(live: Live) -> str:
    return live.url.replace("127.0.0.1", "localhost")


def test_passkeys_are_made_named_and_used(visit: Visit, home: str, person: Account) -> None:
    page = visiting(visit, home, person)
    device = Authenticator(page)
    expect(page.get_by_text("You have none yet.")).to_be_visible()
    add(page, 1)
    expect(page.locator(".places strong")).to_have_text("Chrome on Linux")
    violations = Axe().run(page).response["violations"]
    assert violations == []

    # The same device is not asked to make a second one for the same account.
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("already has a passkey for your account")
    first = device.unplug()
    device.id = device.plug_in()
    add(page, 2)

    page.get_by_text("Rename").first.click()
    page.get_by_label("Name of this passkey").first.fill("Telephone")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_text("The passkey has its new name.")).to_be_visible()
    expect(page.locator(".places > li").first).to_contain_text("Telephone")

    # The device answers whatever asks it first: the list under the address, unless it is held back.
    device.present(False)
    sign_out(page)
    page.goto(f"{home}/comments/sign-in?next=/open-1/")
    press(page, device)
    expect(page).to_have_url(f"{home}/open-1/")
    page.goto(f"{home}{ACCOUNT}")
    expect(page.get_by_text("Last used on")).to_be_visible()

    page.get_by_role("button", name=REMOVE).click()
    expect(page.get_by_text("The passkey is removed.")).to_be_visible()
    expect(page.locator(".places > li")).to_have_count(1)
    device.present(False)
    sign_out(page)
    # What was removed opens nothing, though the device still has it.
    press(page, device)
    expect(page.get_by_role("alert")).to_contain_text("not known here")
    assert len(first) == 1


def test_the_list_under_the_address_offers_a_passkey(
    visit: Visit, home: str, person: Account
) -> None:
    page = visiting(visit, home, person)
    device = Authenticator(page)
    add(page, 1)
    device.present(False)
    sign_out(page)
    field = page.get_by_label("E-mail")
    expect(field).to_have_attribute("autocomplete", "username webauthn")
    # Chromium's device for tests picks from the list as soon as there is one.
    page.goto(f"{home}/open-2/")
    device.present(True)
    page.goto(f"{home}/comments/sign-in?next=/open-3/", wait_until="commit")
    expect(page).to_have_url(f"{home}/open-3/")
    assert signed_in(page)


def test_a_passkey_shows_again_that_it_is_its_owner(
    visit: Visit, home: str, live: Live, person: Account
) -> None:
    page = visiting(visit, home, person)
    Authenticator(page)
    add(page, 1)
    lapse(live, person)
    page.get_by_role("button", name=REMOVE).click()
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(f"{home}{ACCOUNT}")
    # Asking for a new one leads there as well, without a word of the script's own.
    lapse(live, person)
    page.get_by_role("button", name="Add a passkey").click()
    expect(page).to_have_url(re.compile(r"/comments/confirm\?next="))


def lapse(live: Live, account: Account) -> None:
    """A quarter of an hour passes."""
    with live.app.app_context(), writing():
        db.session.execute(
            sa.update(Session)
            .where(Session.account_id == account.id)
            .values(proved_at=now() - PROOF_LASTS, strong_at=None)
        )


def test_by_its_numbers_the_page_says_where_passkeys_are(
    visit: Visit, live: Live, home: str, person: Account
) -> None:
    page = visiting(visit, live.url, person)
    expect(page.get_by_role("link", name=f"{home}{ACCOUNT}")).to_be_visible()
    expect(page.get_by_role("button", name="Add a passkey")).to_be_hidden()


def test_without_scripts_the_page_says_that_they_are_needed(
    visit: Visit, home: str, person: Account
) -> None:
    page = visit(f"{home}{ACCOUNT}", java_script_enabled=False)
    expect(page.get_by_text("Signing in with a passkey needs JavaScript.")).to_be_visible()
    sign_in(page, person)
    expect(page.get_by_text("Adding a passkey needs JavaScript.")).to_be_visible()
    expect(page.get_by_role("button", name="Add a passkey")).to_be_hidden()


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[service.Postil]:
    """A service that asks those who moderate for two factors.

    In a folder of its own: what it publishes names its own address.
    """
    port = service.free_port()
    server = service.postil(
        tmp_path,
        f"sqlite:///{tmp_path / 'comments.sqlite3'}",
        port=port,
        SITE_URL=f"http://localhost:{port}",
        COMMENTS_SECOND_FACTOR="required",
        COMMENTS_LIMIT_SIGN_IN="1000/60",
    )
    with server.app.app_context():
        upgrade()
    server.start()
    yield server
    server.stop()


def test_a_moderator_gets_into_the_queue_with_a_passkey(
    strict: service.Postil, visit: Visit
) -> None:
    with strict.app.app_context():
        person = make.account("Mona", role=Role.MODERATOR)
    site = strict.settings.site_url
    page = visit(f"{site}/comments/moderation/", allowed=REFUSED)
    sign_in(page, person)
    expect(page.get_by_role("heading", name="Moderating needs")).to_be_visible()
    violations = Axe().run(page).response["violations"]
    assert violations == []
    page.get_by_role("main").get_by_role("link", name="Add a passkey").click()
    device = Authenticator(page)
    add(page, 1)
    device.present(False)
    page.goto(f"{site}/comments/moderation/")
    expect(page.get_by_role("heading", name="Moderation")).to_be_visible()
    sign_out(page)
    # By password again, and then the passkey on top.
    page.goto(f"{site}/comments/sign-in?next=/comments/moderation/")
    sign_in(page, person)
    page.get_by_role("link", name="Use a passkey").click()
    device.present(True)
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", name="Moderation")).to_be_visible()
    device.present(False)
    sign_out(page)
    # Or by the passkey alone.
    page.goto(f"{site}/comments/sign-in?next=/comments/moderation/")
    press(page, device)
    expect(page.get_by_role("heading", name="Moderation")).to_be_visible()
