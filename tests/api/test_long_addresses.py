"""An address whose small letters are longer than itself: told as one that cannot be, and no fault of ours."""

from typing import Any

import pytest
from flask import Flask

from comments_service.inputs import address_key
from comments_service.inputs.fields import MAX_ADDRESS_CHARS, mail_address
from tests import make
from tests.conftest import Visitor

DOMAIN = f"{'.'.join(['y' * 60] * 3)}.example"
# Three characters in small letters: iota, with dialytika, with tonos.
TOO_LONG = f"{'ΐ' * 32}@{DOMAIN}"
LONGEST = f"{'ΐ' * 21}@{DOMAIN}"

CALLS: list[tuple[str, dict[str, Any]]] = [
    ("threads/pelicans/comments", {"name": "Gus", "body": "They scoop.", "notify": True}),
    ("threads/pelicans/notifications", {}),
    ("accounts", {"name": "Gus", "password": make.PASSWORD}),
    ("session/letter", {}),
    ("session", {"password": make.PASSWORD}),
]


def test_what_is_compared_fits_where_it_is_kept() -> None:
    assert len(TOO_LONG) < MAX_ADDRESS_CHARS < len(address_key(TOO_LONG))
    assert len(address_key(mail_address(LONGEST))) <= MAX_ADDRESS_CHARS


@pytest.mark.parametrize(("path", "given"), CALLS, ids=[each[0] for each in CALLS])
def test_every_form_takes_the_longest_and_refuses_one_more(
    app: Flask, guest: Visitor, path: str, given: dict[str, Any]
) -> None:
    make.thread()
    refused = guest.call("POST", path, {**given, "email": TOO_LONG})
    # Signing in asks for no address that could be one: whoever has none knows no password either.
    assert refused.status_code == (401 if path == "session" else 422), refused.text
    taken = guest.call("POST", path, {**given, "email": LONGEST})
    assert taken.status_code in (201, 202, 401), taken.text
