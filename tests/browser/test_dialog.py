"""The dialog to sign in, on the blog's own origin: every way, by keyboard, in light and dark."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from comments_service.models import Account
from tests import make
from tests.api.strong import App, with_app
from tests.browser.authenticator import ACCOUNT, Authenticator, add, sign_out, visiting
from tests.browser.conftest import Live
from tests.browser.emails import newest_email
from tests.browser.embed import dialog, main_form, newest, post, signed_in, wake, write

Visit = Callable[..., Page]


@pytest.fixture
def opened(visit: Visit, thread: str) -> Callable[..., tuple[Page, Locator]]:
    """An article with the dialog open."""

    def open_page(**options: Any) -> tuple[Page, Locator]:
        page = wake(visit(f"/{thread}/", **{"allowed": ("401", "404", "422"), **options}))
        return page, dialog(page)

    return open_page


def fill(shown: Locator, who: Account) -> None:
    shown.get_by_label("E-mail").fill(who.email or "")
    shown.get_by_label("Password").fill(make.PASSWORD)


def digits_in(letter: str) -> str:
    (digits,) = re.findall(r"\b\d{3} \d{3}\b", letter)
    return str(digits)


def test_a_letters_digits_sign_in_without_leaving_the_page(
    opened: Callable[..., tuple[Page, Locator]], live: Live, person: Account
) -> None:
    page, shown = opened()
    shown.get_by_role("button", name="E-mail me a sign-in link instead").click()
    # Without an address there is nothing to send, and the field says so.
    expect(shown.get_by_label("E-mail")).to_be_focused()
    shown.get_by_label("E-mail").fill(person.email or "")
    shown.get_by_role("button", name="E-mail me a sign-in link instead").click()
    code = shown.get_by_label("Six-digit code")
    expect(code).to_be_focused()
    expect(code).to_have_attribute("inputmode", "numeric")
    expect(code).to_have_attribute("autocomplete", "one-time-code")
    expect(code).to_have_accessible_description(re.compile(re.escape(person.email or "")))
    code.fill("12345")
    page.keyboard.press("Enter")
    expect(code).to_have_attribute("aria-invalid", "true")
    expect(code).to_be_focused()
    code.fill(digits_in(newest_email(live.folder, person.email or "")))
    page.keyboard.press("Enter")
    signed_in(page, person.name)


def test_who_is_new_chooses_a_name_beside_the_digits(
    opened: Callable[..., tuple[Page, Locator]], live: Live
) -> None:
    page, shown = opened()
    shown.get_by_label("E-mail").fill("nora@example.org")
    shown.get_by_role("button", name="E-mail me a sign-in link instead").click()
    expect(shown.get_by_label("Your name here")).to_be_hidden()
    shown.get_by_label("Six-digit code").fill(
        digits_in(newest_email(live.folder, "nora@example.org"))
    )
    page.keyboard.press("Enter")
    name = shown.get_by_label("Your name here")
    expect(name).to_be_focused()
    expect(name).to_have_accessible_description(re.compile("Please enter a name"))
    name.fill("Nora")
    page.keyboard.press("Enter")
    signed_in(page, "Nora")


def test_a_letters_link_opened_beside_the_page_signs_it_in(
    opened: Callable[..., tuple[Page, Locator]], live: Live, person: Account
) -> None:
    page, shown = opened()
    shown.get_by_label("E-mail").fill(person.email or "")
    shown.get_by_role("button", name="E-mail me a sign-in link instead").click()
    expect(shown.get_by_label("Six-digit code")).to_be_focused()
    (link,) = re.findall(r"http://\S+/link/\S+", newest_email(live.folder, person.email or ""))
    beside = page.context.new_page()
    beside.goto(link)
    beside.get_by_role("button", name="Sign in").click()
    expect(beside).to_have_url(re.compile("/comments/account"))
    page.evaluate("dispatchEvent(new Event('focus'))")
    signed_in(page, person.name)


@pytest.fixture
def app(live: Live, person: Account) -> Iterator[App]:
    """The app on the phone of somebody with a second factor."""
    with live.app.app_context():
        yield with_app(person)


def test_a_second_factor_is_asked_for_in_place(
    opened: Callable[..., tuple[Page, Locator]], person: Account, app: App
) -> None:
    page, shown = opened()
    fill(shown, person)
    page.keyboard.press("Enter")
    code = shown.get_by_label("Code", exact=True)
    expect(code).to_be_focused()
    code.fill(app.wrong())
    page.keyboard.press("Enter")
    expect(code).to_have_attribute("aria-invalid", "true")
    code.fill(app.code())
    page.keyboard.press("Enter")
    signed_in(page, person.name)


def test_a_passkey_signs_in_within_the_page(
    visit: Visit, live: Live, thread: str, person: Account
) -> None:
    home = live.url.replace("127.0.0.1", "localhost")
    page = visiting(visit, home, person, ACCOUNT)
    device = Authenticator(page)
    add(page, 1)
    # The page to sign in would take the passkey at once.
    device.present(False)
    sign_out(page)
    # Under the field browsers offer passkeys by themselves; this one does not, so the button is used.
    page.add_init_script("PublicKeyCredential.isConditionalMediationAvailable = undefined")
    page.goto(f"{home}/{thread}/")
    wake(page)
    shown = dialog(page)
    device.present(True)
    shown.get_by_role("button", name="Use a passkey").click()
    signed_in(page, person.name)


def test_a_wrong_password_is_typed_anew_at_once(
    opened: Callable[..., tuple[Page, Locator]], person: Account
) -> None:
    page, shown = opened()
    fill(shown, person)
    shown.get_by_label("Password").fill("something else")
    shown.get_by_role("button", name="Sign in").click()
    expect(shown.get_by_role("status").filter(visible=True)).to_contain_text("don't match")
    expect(shown.get_by_label("Password")).to_be_focused()
    page.keyboard.type(make.PASSWORD)
    page.keyboard.press("Enter")
    signed_in(page, person.name)


def test_where_no_passkey_can_be_there_is_no_button_for_one(
    opened: Callable[..., tuple[Page, Locator]],
) -> None:
    """By its number, this machine is none that a passkey belongs to."""
    _, shown = opened()
    expect(shown.get_by_role("button", name="E-mail me a sign-in link instead")).to_be_visible()
    expect(shown.get_by_role("button", name=re.compile("passkey", re.IGNORECASE))).to_have_count(0)


def test_what_was_written_as_a_guest_can_be_taken_over(
    visit: Visit, thread: str, person: Account
) -> None:
    page = wake(visit(f"/{thread}/"))
    write(main_form(page), "Written before.", "Gus")
    post(main_form(page))
    mine = newest(page, "Written before.")
    expect(mine).to_be_focused()
    fill(dialog(page), person)
    page.keyboard.press("Enter")
    signed_in(page, person.name)
    offer = main_form(page).get_by_role("button", name="What you wrote as a guest")
    offer.click()
    shown = page.get_by_role("dialog", name="Is this yours?")
    expect(shown.get_by_role("link", name="Read them first")).to_be_visible()
    shown.get_by_role("button", name="Not now").click()
    expect(shown).to_have_count(0)
    offer.click()
    shown.get_by_role("button", name="Add to my account").click()
    expect(newest(page, "Written before.").locator(".postil-name")).to_contain_text(person.name)
    expect(offer).to_be_hidden()


def test_the_keyboard_goes_round_in_the_dialog_and_comes_back(
    opened: Callable[..., tuple[Page, Locator]],
) -> None:
    page, shown = opened()
    seen = set()
    for _ in range(8):
        seen.add(page.evaluate("document.activeElement?.textContent?.trim()"))
        page.keyboard.press("Tab")
    assert {"Sign in", "E-mail me a sign-in link instead", "Forgot your password?", "✕"} <= seen
    page.keyboard.press("Escape")
    expect(shown).to_have_count(0)
    expect(main_form(page).get_by_role("button", name="Sign in")).to_be_focused()
    # Again, by its button.
    dialog(page).get_by_role("button", name="Close").click()
    expect(shown).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_every_step_is_accessible(
    opened: Callable[..., tuple[Page, Locator]], scheme: str, width: int
) -> None:
    page, shown = opened(color_scheme=scheme, viewport={"width": width, "height": 800})
    steps = page.locator("dialog [data-step]").evaluate_all("all => all.map(s => s.dataset.step)")
    assert steps == ["start", "code", "second", "window", "dropped"]
    for step in steps:
        page.evaluate(
            """(step) => {
              for (const each of document.querySelectorAll("dialog [data-step]")) {
                each.hidden = each.dataset.step !== step;
              }
            }""",
            step,
        )
        found = Axe().run(page, options={"resultTypes": ["violations"]})
        assert found.violations_count == 0, found.generate_report()
        box = shown.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


def test_the_dialog_costs_nothing_before_it_is_opened(
    visit: Visit, thread: str, person: Account
) -> None:
    page = visit("/about/")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    page.goto(f"/{thread}/")
    wake(page)
    page.wait_for_load_state("networkidle")
    assert not [name for name in asked if name.startswith(("sign-in", "passkeys"))]
    dialog(page)
    page.wait_for_load_state("networkidle")
    assert {"sign-in.js", "sign-in.css"} <= set(asked)
    assert page.context.cookies() == []
