"""The device that Chromium plays for tests, and what its owner does on the page of passkeys."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import CDPSession, Page, expect

from comments_service.models import Account
from tests import make

Visit = Callable[..., Page]

ACCOUNT = "/comments/account/passkeys"
# What Chromium prints about an answer that is meant: a proof is asked for, or nobody is signed in.
REMOVE = re.compile("Remove.*Chrome on Linux")
REFUSED = ("status of 401", "status of 403")


class Authenticator:
    """A device in the page's browser that holds passkeys and knows its owner's finger."""

    def __init__(self, page: Page) -> None:
        self._cdp: CDPSession = page.context.new_cdp_session(page)
        self._cdp.send("WebAuthn.enable", {"enableUI": False})
        self.id = self.plug_in()

    def plug_in(self) -> str:
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        added = self._cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        return str(added["authenticatorId"])

    def unplug(self) -> list[dict[str, Any]]:
        """Take the device away; gives what it held."""
        held = self.credentials()
        self._cdp.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": self.id})
        return held

    def credentials(self) -> list[dict[str, Any]]:
        found = self._cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.id})
        return list(found["credentials"])

    def present(self, there: bool) -> None:
        """Whether the owner touches the device when it asks."""
        self._cdp.send(
            "WebAuthn.setAutomaticPresenceSimulation",
            {"authenticatorId": self.id, "enabled": there},
        )


def sign_in(page: Page, account: Account) -> None:
    page.get_by_label("E-mail").fill(account.email or "")
    page.get_by_label("Password").fill(make.PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def visiting(visit: Visit, home: str, account: Account, path: str = ACCOUNT) -> Page:
    page = visit(f"{home}{path}", allowed=REFUSED)
    sign_in(page, account)
    expect(page).to_have_url(f"{home}{path}")
    return page


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    expect(page).to_have_url(re.compile("/comments/sign-in"))


def add(page: Page, count: int) -> None:
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.locator(".places > li")).to_have_count(count)


def press(page: Page, device: Authenticator) -> None:
    """Ask for a passkey by the button, and touch the device."""
    button = page.get_by_role("button", name="Sign in with a passkey")
    expect(button).to_be_visible()
    device.present(True)
    button.click()


def signed_in(page: Page) -> bool:
    """Whether the service knows somebody by this browser's cookies."""
    answer = page.request.get(f"{page.url.partition('/open')[0]}/comments/api/v1/me")
    return answer.json()["account"] is not None
