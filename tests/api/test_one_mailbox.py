"""A mailbox is protected by one limit, whichever form, script or network asks for an e-mail to it."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from comments_service.config import Rate
from tests import make
from tests.api.people import visiting
from tests.conftest import Visitor

Ask = Callable[[Visitor, str, int], Any]

WAYS: dict[str, Ask] = {
    "forgot": lambda who, to, _: who.post("/comments/forgot", {"email": to}),
    "sign-up form": lambda who, to, number: who.post(
        "/comments/sign-up", {"name": f"Form {number}", "email": to, "password": make.PASSWORD}
    ),
    "sign-up": lambda who, to, number: who.call(
        "POST",
        "accounts",
        {"name": f"Script {number}", "email": to, "password": make.PASSWORD},
    ),
    "sign-in form": lambda who, to, _: who.post(
        "/comments/sign-in", {"act": "letter", "email": to}
    ),
    "sign-in": lambda who, to, _: who.call("POST", "session/letter", {"email": to}),
    "e-mail change": lambda who, to, _: who.post("/comments/account/email", {"email": to}),
}


@pytest.fixture
def changed_settings() -> dict[str, Any]:
    return {"limit_sign_up": (Rate(3, 3_600),)}


def asker(app: Flask, way: str, number: int) -> Visitor:
    """Somebody of a network of his own, who has an account where the form is for such people."""
    signed_in = way == "e-mail change"
    visitor = visiting(app, make.account(f"Asker{number}")) if signed_in else Visitor(app)
    visitor.client.environ_base["REMOTE_ADDR"] = f"10.0.{number}.1"
    return visitor


@pytest.mark.parametrize("known", [True, False], ids=["known address", "unknown address"])
@pytest.mark.parametrize("first", WAYS)
def test_every_way_to_ask_counts_for_every_other(
    app: Flask, emails: Any, first: str, known: bool
) -> None:
    """Unknown addresses count alike: a 429 would tell them apart."""
    if known:
        make.account("Vic")
    for number in range(3):
        spelled = ["vic@example.org", "VIC@example.org", "Vic@Example.ORG"][number]
        answer = WAYS[first](asker(app, first, number), spelled, number)
        assert answer.status_code in (202, 303), answer.text
    sent = len(emails())
    for number, (way, ask) in enumerate(WAYS.items(), 3):
        answer = ask(asker(app, way, number), "vic@example.org", number)
        assert answer.status_code == 429, (way, answer.text)
        assert 0 < int(answer.headers["Retry-After"]) <= 2 * 3_600
    assert len(emails()) == sent <= 3


def test_a_full_mailbox_keeps_nobody_from_asking_for_another(app: Flask) -> None:
    for number in range(4):
        asking = asker(app, "forgot", number)
        codes = {WAYS["forgot"](asking, f"vic{number}@example.org", number).status_code}
        assert codes == {202}
