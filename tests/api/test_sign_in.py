"""Signing in and out by password: sessions, how often, and where it leads. By JSON and by form."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service.accounts import roles
from comments_service.config import Rate
from comments_service.db import db, writing
from comments_service.models import Account, Identity, Role, Session, now
from tests import make
from tests.api.people import by_json_and_form, of_role
from tests.api.signing_in import (
    ELSEWHERE,
    NEW,
    account_of,
    cookies,
    sign_in,
    sign_up,
    token_of,
    with_token,
    without_address,
)
from tests.conftest import Visitor


@by_json_and_form
def test_signing_in_gives_a_session_that_only_the_browser_keeps(guest: Visitor, by: str) -> None:
    make.account("Rhea")
    answer = sign_in(guest, by, "Rhea@example.org ".strip())
    assert answer.status_code == (201 if by == "json" else 303)
    assert account_of(guest)["name"] == "Rhea"
    given = cookies(answer)
    cookie, hint = given["postil"], given["postil-known"]
    assert len(cookie.value) >= 43
    assert cookie["httponly"] is True
    assert hint.value == "1"
    assert not hint["httponly"]
    for each in (cookie, hint):
        assert (each["samesite"], each["path"], each["domain"]) == ("Lax", "/", "")
    row = db.session.query(Session).one()
    assert row.token_hash == hashlib.sha256(cookie.value.encode()).digest()
    assert cookie.value not in answer.text


@by_json_and_form
def test_who_may_not_sign_in_is_answered_alike(guest: Visitor, by: str) -> None:
    make.account("Rhea")
    make.account("Una", verified=False)
    tries = [
        ("rhea@example.org", "not her password"),
        ("nobody@example.org", make.PASSWORD),
        ("una@example.org", make.PASSWORD),
    ]
    answers = {
        without_address(sign_in(guest, by, email, password), email)[:2] for email, password in tries
    }
    assert len(answers) == 1
    assert answers.pop()[0] == 401
    assert db.session.query(Session).count() == 0


def test_a_password_is_stored_as_argon2id_only(guest: Visitor, cheap_passwords: Any) -> None:
    sign_up(guest, "json")
    identity = db.session.query(Identity).one()
    assert identity.secret.startswith("$argon2id$")
    assert NEW["password"] not in identity.secret
    # What the service itself uses: RFC 9106's second choice.
    real = cheap_passwords
    assert (real.memory_cost, real.time_cost, real.parallelism) == (65_536, 3, 4)


def test_an_older_hash_is_made_anew_when_its_owner_signs_in(
    guest: Visitor, cheap_passwords: Any
) -> None:
    make.account("Rhea")
    with writing():
        db.session.execute(sa.update(Identity).values(secret=cheap_passwords.hash(make.PASSWORD)))
    assert sign_in(guest, "json", "rhea@example.org").status_code == 201
    assert db.session.query(Identity).one().secret.startswith("$argon2id$v=19$m=8,t=1,p=1$")


def test_the_sign_in_form_never_gives_a_password_back(guest: Visitor) -> None:
    page = sign_in(guest, "form", "rhea@example.org", "a heron at dawn").text
    assert "a heron at dawn" not in page
    assert 'value="rhea@example.org"' in page


@by_json_and_form
def test_signing_in_changes_the_token_of_a_browser_that_had_one(
    app: Flask, guest: Visitor, by: str
) -> None:
    """A session planted by somebody else never becomes an account's."""
    make.thread()
    guest.call("POST", "threads/pelicans/comments", {"name": "Gus", "body": "Hello."})
    planted = token_of(guest)
    make.account("Rhea")
    sign_in(guest, by, "rhea@example.org")
    assert token_of(guest) != planted
    assert account_of(with_token(app, planted)) is None


@by_json_and_form
def test_signing_out_ends_the_session_itself(app: Flask, by: str) -> None:
    reader = of_role(app, "Rhea", Role.READER)
    token = token_of(reader)
    answer = reader.call("DELETE", "session") if by == "json" else reader.post("/comments/sign-out")
    assert answer.status_code == (204 if by == "json" else 303)
    assert all(each["max-age"] == "0" for each in cookies(answer).values() if not each.value)
    stolen = with_token(app, token)
    assert account_of(stolen) is None
    assert stolen.get("/comments/account").status_code == 303
    assert db.session.query(Session).one().ended_at is not None


def test_a_made_up_token_is_nobodys(app: Flask) -> None:
    of_role(app, "Rhea", Role.READER)
    row = db.session.query(Session).one()
    for token in ("", "x", "\xff", row.token_hash.hex(), str(row.id), "a" * 3000, "'--"):
        visitor = with_token(app, token)
        assert account_of(visitor) is None, token


@pytest.mark.parametrize(
    ("role", "idle", "absolute"),
    [
        (Role.READER, timedelta(days=30), timedelta(days=90)),
        (Role.AUTHOR, timedelta(hours=12), timedelta(days=7)),
        (Role.MODERATOR, timedelta(hours=12), timedelta(days=7)),
        (Role.OWNER, timedelta(hours=12), timedelta(days=7)),
    ],
)
def test_sessions_end_by_themselves(
    app: Flask, role: Role, idle: timedelta, absolute: timedelta
) -> None:
    visitor = of_role(app, "Rhea", role)
    minute = timedelta(minutes=1)

    def set_times(seen: timedelta, created: timedelta) -> None:
        with writing():
            db.session.execute(
                sa.update(Session).values(seen_at=now() - seen, created_at=now() - created)
            )

    set_times(idle - minute, absolute - minute)
    assert account_of(visitor) is not None
    set_times(idle + minute, idle + minute)
    assert account_of(visitor) is None
    set_times(minute, absolute + minute)
    assert account_of(visitor) is None


def test_a_session_that_is_used_stays(app: Flask) -> None:
    moderator = of_role(app, "Mona", Role.MODERATOR)
    make.thread()
    make.comment(held=True)
    long_ago = now() - timedelta(hours=11)
    with writing():
        db.session.execute(sa.update(Session).values(seen_at=long_ago, created_at=long_ago))
    moderator.post("/comments/moderation/decisions", {"comment": "1", "decision": "publish"})
    assert db.session.query(Session).one().seen_at > now() - timedelta(minutes=1)


def test_a_new_role_ends_the_sessions_of_the_old_one(app: Flask) -> None:
    reader = of_role(app, "Rhea", Role.READER)
    roles.set_role("rhea@example.org", Role.MODERATOR)
    assert account_of(reader) is None
    assert reader.call("GET", "moderation/queue").status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        *("/comments/threads/pelicans", "/comments/sign-in", "/comments/sign-up"),
        *("/comments/forgot", "/comments/account", "/comments/moderation/"),
        *("/comments/api/v1/me?thread=pelicans", "/comments/api/v1/threads/pelicans/comments"),
        *("/comments/api/v1/openapi.json", "/comments/nothing", "/comments/api/v1/nothing"),
    ],
)
def test_a_visitor_who_only_reads_gets_no_cookie(guest: Visitor, path: str) -> None:
    make.thread()
    assert "Set-Cookie" not in guest.get(path).headers
    assert db.session.query(Session).count() == 0


class TestOverTLS:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"site_url": "https://blog.test"}

    @by_json_and_form
    def test_the_cookie_is_bound_to_this_host(self, app: Flask, by: str) -> None:
        make.account("Rhea")
        make.thread()
        secure: dict[str, Any] = {"headers": {"Origin": "https://blog.test"}}
        for answer in (
            sign_in(Visitor(app), by, "rhea@example.org", **secure),
            Visitor(app).call(
                "POST", "threads/pelicans/comments", {"name": "Gus", "body": "Hi."}, **secure
            ),
        ):
            cookie = cookies(answer)["__Host-postil"]
            assert cookie["secure"] is True
            assert cookie["httponly"] is True
            assert (cookie["samesite"], cookie["path"], cookie["domain"]) == ("Lax", "/", "")
            assert cookies(answer)["postil-known"]["secure"] is True
            assert "postil" not in cookies(answer)

    def test_a_cookie_without_that_promise_is_not_read(self, app: Flask) -> None:
        reader = of_role(app, "Rhea", Role.READER)
        assert account_of(reader) is None

    def test_emails_lead_to_the_configured_address_whatever_host_was_asked(
        self, app: Flask, emails: Any
    ) -> None:
        visitor = Visitor(app)
        hosts = {
            "Origin": "https://blog.test",
            "Host": "evil.example",
            "X-Forwarded-Host": "evil.example",
            "X-Forwarded-Proto": "gopher",
            "Forwarded": "host=evil.example",
            "X-Original-URL": "/evil",
        }
        assert visitor.call("POST", "accounts", NEW, headers=hosts).status_code == 202
        assert "https://blog.test/comments/verify/" in emails()[0][2]
        assert "evil" not in "".join(emails()[0])


def test_signing_in_never_leads_to_another_site(app: Flask, guest: Visitor) -> None:
    make.account("Rhea")
    for target in ELSEWHERE:
        answer = guest.post("/comments/sign-out", {"next": target})
        assert answer.status_code == 303, target
        assert answer.location in ("/comments/account", "/comments/sign-in"), target
        page = guest.get("/comments/sign-in", query_string={"next": target})
        assert page.status_code in (200, 404), target
        if page.status_code == 200:
            assert 'name="next" value="/comments/account"' in page.text, target
    # Both ask the same function; one real sign-in shows that the answer is its.
    for target, where in (("//evil.example", "/comments/account"), ("/a?b=c#d", "/a?b=c#d")):
        answer = guest.post(
            "/comments/sign-in",
            {"email": "rhea@example.org", "password": make.PASSWORD, "next": target},
        )
        assert (answer.status_code, answer.location) == (303, where)


def test_signing_in_leads_back_to_where_one_was(guest: Visitor) -> None:
    for target in ("/pelicans/", "/pelicans/?a=b#comment-17", "/中文/"):
        page = guest.get("/comments/sign-in", query_string={"next": target}).text
        assert f'value="{target}"' in page
    answer = guest.get("/comments/moderation/?status=rejected&q=a+b")
    assert answer.status_code == 303
    page = guest.get(answer.location).text
    assert 'value="/comments/moderation/?status=rejected&amp;q=a+b"' in page


# ---- how often


class TestLimits:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"limit_sign_in": (Rate(2, 900),), "limit_sign_up": (Rate(2, 3_600),)}

    @by_json_and_form
    def test_guessing_a_password_is_slowed_down(
        self, guest: Visitor, stranger: Visitor, by: str
    ) -> None:
        make.account("Rhea")
        for _ in range(2):
            assert sign_in(guest, by, "rhea@example.org", "a wrong guess").status_code == 401
        for email in ("rhea@example.org", "RHEA@EXAMPLE.ORG"):
            answer = sign_in(stranger, by, email)
            assert answer.status_code == 429
            # What this window has counted slides away in the next one.
            assert 0 < int(answer.headers["Retry-After"]) <= 2 * 900
            if by == "json":
                assert answer.json["code"] == "too_many"
            else:
                assert 'value="rhea@example.org"' in answer.text.lower()

    def test_a_right_password_starts_the_count_anew(self, app: Flask) -> None:
        make.account("Rhea")
        for _ in range(2):
            visitor = Visitor(app)
            assert sign_in(visitor, "json", "rhea@example.org", "a wrong one").status_code == 401
            assert sign_in(visitor, "json", "rhea@example.org").status_code == 201

    def test_trying_many_accounts_from_one_network_is_slowed_down(self, guest: Visitor) -> None:
        answers = [
            sign_in(guest, "json", f"n{number}@example.org").status_code for number in range(9)
        ]
        assert answers == [401] * 8 + [429]

    def test_people_of_one_network_who_know_their_passwords_are_not_slowed_down(
        self, app: Flask
    ) -> None:
        make.account("Rhea")
        for _ in range(9):
            answer = sign_in(Visitor(app), "json", "rhea@example.org")
            assert answer.status_code == 201

    def test_guessing_the_present_password_is_slowed_down(self, reader: Visitor) -> None:
        wrong = {"old_password": "a wrong guess", "password": "another horse battery"}
        answers = [reader.post("/comments/account/password", wrong).status_code for _ in range(3)]
        assert answers == [422, 422, 429]
        right = {**wrong, "old_password": make.PASSWORD}
        assert reader.post("/comments/account/password", right).status_code == 429

    @by_json_and_form
    def test_emails_are_limited_for_each_network(self, guest: Visitor, by: str) -> None:
        for number in range(2):
            answer = sign_up(guest, by, name=f"Nora {number}", email=f"n{number}@example.org")
            assert answer.status_code == 202
        for answer in (
            sign_up(guest, by, name="Nora 3", email="n3@example.org"),
            guest.post("/comments/forgot", {"email": "n1@example.org"}),
        ):
            assert answer.status_code == 429
            assert 0 < int(answer.headers["Retry-After"]) <= 2 * 3_600
        assert db.session.query(Account).count() == 2

    def test_the_limit_ends_once_its_window_has_slid_by(self, guest: Visitor) -> None:
        from comments_service.models import RateCount

        for number in range(2):
            guest.post("/comments/forgot", {"email": f"n{number}@example.org"})
        assert guest.post("/comments/forgot", {"email": "n@example.org"}).status_code == 429
        with writing():
            db.session.execute(sa.update(RateCount).values(window=RateCount.window - 2))
        assert guest.post("/comments/forgot", {"email": "n@example.org"}).status_code == 202


class TestWithoutLimits:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"limit_sign_in": (), "limit_posts": ()}

    def test_an_empty_setting_limits_nothing(self, guest: Visitor) -> None:
        make.thread()
        answers = [sign_in(guest, "json", "n@example.org").status_code for _ in range(30)]
        assert set(answers) == {401}
        answer = guest.call("POST", "threads/pelicans/comments", {"name": "Gus", "body": "Hm."})
        assert answer.status_code == 202
