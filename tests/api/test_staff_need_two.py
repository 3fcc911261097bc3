"""Whoever moderates needs two factors: when, what still works without, and what the page says."""

from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service.accounts import totp
from comments_service.db import db, writing
from comments_service.models import (
    Authenticator,
    Comment,
    Identity,
    Passkey,
    RecoveryCode,
    Role,
    Session,
    Status,
    now,
)
from comments_service.web import dashboard
from comments_service.web.routes import Guard, Route
from tests import make
from tests.api.device import Device, add, dumped, question
from tests.api.people import of_role, read, visiting
from tests.api.strong import PAGE, set_up, with_app
from tests.conftest import API, Answer, Visitor

QUEUE = "/comments/moderation/"
STAFF = pytest.mark.parametrize("role", [Role.AUTHOR, Role.MODERATOR, Role.OWNER])


@pytest.fixture
def changed_settings() -> dict[str, Any]:
    return {"second_factor": "required"}


def decide(visitor: Visitor, number: int, by: str) -> Answer:
    if by == "json":
        return visitor.call("POST", f"comments/{number}/decisions", {"decision": "publish"})
    return visitor.post(f"{QUEUE}decisions", {"comment": number, "decision": "publish"})


def opens(visitor: Visitor) -> bool:
    """Whether the queue opens, by JSON and by form alike."""
    codes = (
        visitor.get(QUEUE).status_code,
        visitor.call("GET", "moderation/queue").status_code,
    )
    assert codes in ((200, 200), (403, 403))
    return codes[0] == 200


@STAFF
def test_a_password_alone_opens_no_queue(app: Flask, role: Role) -> None:
    make.thread()
    held = make.comment(held=True, body="Held words.")
    mona = of_role(app, "Ada", role)
    assert not opens(mona)
    for path in (QUEUE, f"{QUEUE}comments/{held.id}"):
        answer = mona.get(path)
        assert answer.status_code == 403
        assert "Held words" not in answer.text
        links = {each.attributes.get("href") for each in read(answer.text).elements}
        assert {"/comments/account/passkeys", "/comments/account/second-factor"} <= links
    for by in ("json", "form"):
        assert decide(mona, held.id, by).status_code == 403
    answer = mona.call("GET", "moderation/queue")
    assert answer.json["code"] == "second_factor_missing"
    assert db.session.get_one(Comment, held.id).status is Status.PENDING


def test_every_page_for_staff_leads_to_setting_one_up(app: Flask) -> None:
    olga = of_role(app, "Olga", Role.OWNER)
    adapter = app.url_map.bind("blog.test")
    walked = set()
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        staff = isinstance(view, Route) and view.guard in (Guard.MODERATOR, Guard.OWNER)
        if not staff or rule.rule.startswith(API):
            continue
        address = adapter.build(rule.endpoint, dict.fromkeys(rule.arguments, 1))
        for method in (rule.methods or set()) & {"GET", "POST"}:
            answer = olga._open(method, address)
            assert answer.status_code == 403, (method, address)
            links = {each.attributes.get("href") for each in read(answer.text).elements}
            assert "/comments/account/second-factor" in links, (method, address)
            walked.add(rule.endpoint.partition(".")[0])
    assert walked == {bp.name for bp in dashboard.BLUEPRINTS}


def test_staff_without_one_still_comment_as_staff(app: Flask) -> None:
    make.thread()
    mona = of_role(app, "Mona", Role.MODERATOR)
    sent = {"body": "https://a.example https://b.example https://c.example https://d.example"}
    answer = mona.call("POST", "threads/pelicans/comments", sent)
    assert (answer.status_code, answer.json["by"]) == (201, "moderator")


def test_setting_one_up_opens_the_queue_at_once(app: Flask) -> None:
    mona, olga = of_role(app, "Mona", Role.MODERATOR), of_role(app, "Olga", Role.OWNER)
    set_up(mona)
    assert opens(mona)
    add(olga, Device())
    assert opens(olga)


def test_a_session_without_it_shows_it_once(app: Flask) -> None:
    account = make.account("Mona", role=Role.MODERATOR)
    phone = with_app(account)
    mona = visiting(app, account)
    page = mona.get(f"{QUEUE}?status=published")
    assert page.status_code == 403
    confirm = "/comments/confirm?next=/comments/moderation/%3Fstatus%3Dpublished"
    assert confirm in {each.attributes.get("href") for each in read(page.text).elements}
    form = {"next": f"{QUEUE}?status=published", "password": make.PASSWORD}
    assert mona.post("/comments/confirm", form).status_code == 422
    assert not opens(mona)
    answer = mona.post("/comments/confirm", {**form, "code": phone.code()})
    assert answer.location == f"{QUEUE}?status=published"
    assert opens(mona)


def test_a_stolen_password_cannot_add_a_passkey_of_its_own(app: Flask) -> None:
    """Else a moderator's passkey would protect nothing."""
    account = make.account("Mona", role=Role.MODERATOR)
    mona, thief = visiting(app, account), visiting(app, account)
    device = Device()
    add(mona, device)
    answer = thief.call("POST", "passkeys/offer", {})
    assert (answer.status_code, answer.json["code"]) == (401, "proof_required")
    assert thief.post(PAGE, {"act": "begin"}).location.startswith("/comments/confirm")
    assert 'name="password"' not in thief.get("/comments/confirm").text
    assert thief.post("/comments/confirm", {"password": make.PASSWORD}).status_code == 422
    assert not opens(thief)
    # The one who has it gets on.
    options, ticket = question(thief)
    form = {"ticket": ticket, "credential": dumped(device.answer(options)), "next": QUEUE}
    assert thief.post("/comments/confirm", form).location == QUEUE
    assert opens(thief)


def test_switching_it_off_does_not_shut_out_who_came_in_with_it(app: Flask) -> None:
    account = make.account("Mona", role=Role.MODERATOR)
    mona = visiting(app, account)
    set_up(mona)
    mona.post(PAGE, {"act": "off"})
    assert opens(mona)
    assert not opens(visiting(app, account))


@pytest.mark.parametrize(
    ("changed", "needed"),
    [
        ({}, False),
        ({"mail_url": "smtp://mail.example.org:587"}, True),
        ({"second_factor": "optional", "mail_url": "smtp://mail.example.org:587"}, False),
        ({"second_factor": "required"}, True),
    ],
    ids=["local", "mail", "optional", "required"],
)
class TestWhen:
    @pytest.fixture
    def changed_settings(self, changed: dict[str, Any]) -> dict[str, Any]:
        return changed

    def test_it_is_needed_once_the_blog_is_public(self, app: Flask, needed: bool) -> None:
        mona = of_role(app, "Mona", Role.MODERATOR)
        assert opens(mona) is not needed

    def test_where_it_is_not_the_queue_asks_and_does_not_block(
        self, app: Flask, needed: bool
    ) -> None:
        olga = of_role(app, "Olga", Role.OWNER)
        hint = "This page is protected by your password or your e-mail alone."
        assert (hint in olga.get(QUEUE).text) is not needed
        set_up(olga)
        assert hint not in olga.get(QUEUE).text


# ---- losing it


@pytest.fixture
def run(app: Flask) -> Any:
    def command(*words: str) -> Any:
        db.session.rollback()
        return app.test_cli_runner().invoke(args=["comments", *words])

    return command


def test_somebody_at_the_server_resets_it(app: Flask, run: Any, emails: Any) -> None:
    account = make.account("Mona", role=Role.MODERATOR)
    mona = visiting(app, account)
    set_up(mona)
    add(mona, Device())
    ticket = (
        Visitor(app)
        .call("POST", "session", {"email": "mona@example.org", "password": make.PASSWORD})
        .json["ticket"]
    )
    result = run("reset-second-factor", "mona@example.org")
    assert (result.exit_code, result.output) == (
        0,
        "Mona signs in without a second factor and sets one up anew.\n",
    )
    for table in (Authenticator, RecoveryCode, Passkey):
        assert db.session.query(table).count() == 0
    assert db.session.query(Session).filter(Session.ended_at.is_(None)).count() == 0
    assert "was reset" in emails()[-1][1]
    sent = {"ticket": ticket, "code": "000000"}
    assert Visitor(app).call("POST", "session/second", sent).status_code == 404
    again = Visitor(app).sign_in("mona@example.org")
    assert not opens(again)
    set_up(again)
    assert opens(again)


def test_resetting_says_what_is_wrong(app: Flask, run: Any) -> None:
    result = run("reset-second-factor", "nobody@example.org")
    assert result.exit_code == 1
    assert "There is no account with the address nobody@example.org." in result.output


class TestOnlyPasskeys:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"magic_links": False, "passwords": False}

    def test_resetting_locks_nobody_out(self, app: Flask, run: Any) -> None:
        rhea = of_role(app, "Rhea", Role.READER)
        add(rhea, Device())
        with writing():
            db.session.execute(sa.delete(Identity))
        result = run("reset-second-factor", "rhea@example.org")
        assert result.exit_code == 1
        assert "This account signs in with a passkey only" in result.output
        assert db.session.query(Passkey).count() == 1


def test_what_is_left_of_a_reset_counts_nobody_in(app: Flask) -> None:
    """An app that was never confirmed is no second factor, and needs no reset."""
    account = make.account("Mona", role=Role.MODERATOR)
    totp.begin(account)
    with writing():
        db.session.execute(sa.update(Session).values(strong_at=now()))
    assert not opens(visiting(app, account))
    Visitor(app).sign_in("mona@example.org")
