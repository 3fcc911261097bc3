"""Signing up, in and out; e-mails and passwords; who learns what. By JSON and by form."""

import contextvars
import hashlib
import re
import threading
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service.accounts import roles
from comments_service.config import Rate
from comments_service.db import db, writing
from comments_service.models import Account, Identity, Role, Session, Token, now
from tests import make
from tests.api.people import by_json_and_form, of_role, visiting
from tests.conftest import SITE, Answer, Visitor, link_in

NEW = {"name": "Nora", "email": "nora@example.org", "password": "a heron at dawn"}


def sign_up(visitor: Visitor, by: str, **changed: str) -> Answer:
    values = {**NEW, **changed}
    if by == "json":
        return visitor.call("POST", "accounts", values)
    return visitor.post("/comments/sign-up", values)


def sign_in(
    visitor: Visitor, by: str, email: str, password: str = make.PASSWORD, **options: Any
) -> Answer:
    values = {"email": email, "password": password}
    if by == "json":
        return visitor.call("POST", "session", values, **options)
    return visitor.post("/comments/sign-in", values, **options)


def account_of(visitor: Visitor) -> Any:
    return visitor.call("GET", "me").json["account"]


def cookies(answer: Answer) -> dict[str, Any]:
    found: SimpleCookie = SimpleCookie()
    for each in answer.headers.getlist("Set-Cookie"):
        found.load(each)
    return dict(found)


# ---- signing up


@by_json_and_form
def test_an_email_confirms_the_address_and_signs_in(
    guest: Visitor, stranger: Visitor, emails: Any, by: str
) -> None:
    assert sign_up(guest, by).status_code == 202
    assert account_of(guest) is None
    assert sign_in(guest, by, NEW["email"], NEW["password"]).status_code == 401
    [(recipient, subject, text)] = emails()
    assert recipient == NEW["email"]
    assert SITE in subject
    path = link_in(text)

    # A program that opens links in e-mails, and a reader who looks twice, change nothing.
    for _ in range(2):
        for page in (stranger.get(path), stranger._open("HEAD", path)):
            assert page.status_code == 200
            assert "Set-Cookie" not in page.headers
    assert db.session.query(Account).one().email_verified_at is None

    answer = guest.post(path)
    assert answer.status_code == 303
    assert account_of(guest) == {
        "id": db.session.query(Account).one().public_id,
        "name": "Nora",
        "role": "reader",
        "email": "nora@example.org",
        "email_verified": True,
    }
    assert "signed in" in guest.get(answer.location).text
    assert sign_in(stranger, by, NEW["email"], NEW["password"]).status_code in (201, 303)


def test_an_emails_link_works_once(guest: Visitor, stranger: Visitor, emails: Any) -> None:
    sign_up(guest, "form")
    path = link_in(emails()[0][2])
    guest.post(path)
    for answer in (stranger.post(path), stranger.get(path)):
        assert answer.status_code == 404
        assert "has been used or has expired" in answer.text
        assert "postil=" not in answer.headers.get("Set-Cookie", "")
    assert db.session.query(Session).count() == 1


def test_a_link_grows_old_and_serves_its_own_purpose_only(guest: Visitor, emails: Any) -> None:
    sign_up(guest, "json")
    path = link_in(emails()[0][2])
    token = path.rpartition("/")[2]
    for other in (f"/comments/reset/{token}", f"/comments/owner/{token}", path + "x"):
        assert guest.post(other, {"password": "a heron at dusk"}).status_code == 404
    with writing():
        db.session.execute(sa.update(Token).values(expires_at=now() - timedelta(seconds=1)))
    assert guest.post(path).status_code == 404
    assert db.session.query(Account).one().email_verified_at is None


def without_address(answer: Answer, *addresses: str) -> tuple[int, str, list[str]]:
    """What an answer tells, but for the address that its asker typed."""
    body = answer.text
    for address in addresses:
        body = body.replace(address, "…")
    return answer.status_code, body, sorted(name for name, _ in answer.headers if name != "Date")


@by_json_and_form
def test_signing_up_tells_nobody_whether_an_address_is_known(
    guest: Visitor, emails: Any, by: str
) -> None:
    make.account("Rhea")
    make.account("Una", verified=False)
    known = ("rhea@example.org", "RHEA@example.org", "una@example.org")
    unknown = without_address(sign_up(guest, by), NEW["email"])
    for email in known:
        answer = sign_up(guest, by, email=email, name="Somebody New")
        assert without_address(answer, email) == unknown, email
    taken = without_address(sign_up(guest, by, name="Rhea", email="x@example.org"), "x@example.org")
    assert taken[0] == 422
    for email in known[::2]:
        assert without_address(sign_up(guest, by, name="rhea", email=email), email)[0] == 422
    subjects = [subject.split(" ")[0] for _, subject, _ in emails()]
    assert subjects == ["Confirm", "You", "You", "Confirm"]
    assert db.session.query(Account).count() == 3


def test_who_has_an_account_keeps_it_whatever_a_stranger_signs_up_with(
    guest: Visitor, stranger: Visitor
) -> None:
    make.account("Rhea")
    sign_up(stranger, "json", email="rhea@example.org", password="a strangers choice")
    assert sign_in(stranger, "json", "rhea@example.org", "a strangers choice").status_code == 401
    assert sign_in(guest, "json", "rhea@example.org").status_code == 201


@by_json_and_form
def test_bad_fields_are_named_all_at_once_and_come_back(guest: Visitor, by: str) -> None:
    answer = sign_up(guest, by, name="\u200b", email="nobody", password="password1")
    assert answer.status_code == 422
    if by == "json":
        assert set(answer.json["fields"]) == {"name", "email", "password"}
    else:
        assert answer.text.count('aria-invalid="true"') == 3
        assert 'value="nobody"' in answer.text
        assert "password1" not in answer.text


@pytest.mark.parametrize(
    ("password", "taken"),
    [
        ("short77", False),
        ("password", False),
        ("iloveyou1", False),
        ("aaaaaaaaaaaa", False),
        ("x" * 257, False),
        ("nul\0in the middle", False),
        ("heron at dawn " * 9, True),
        ("鹈鹕在黎明时分捕鱼去", True),
        ("      a      ", False),
        ("no-capital-no-digit", True),
    ],
)
def test_passwords_are_long_rather_than_odd(guest: Visitor, password: str, taken: bool) -> None:
    answer = sign_up(guest, "json", password=password)
    assert answer.status_code == (202 if taken else 422)
    if not taken:
        assert set(answer.json["fields"]) == {"password"}


class TestClosed:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"sign_up": False}

    @by_json_and_form
    def test_no_accounts_are_made_when_the_owner_says_so(self, guest: Visitor, by: str) -> None:
        assert sign_up(guest, by).status_code == 403
        assert db.session.query(Account).count() == 0
        assert "sign-up" not in guest.get("/comments/sign-in").text


# ---- signing in and out


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
    with writing():
        make_closed = Account(
            name="Cleo", name_key="cleo", email="cleo@example.org", email_key="cleo@example.org"
        )
        make_closed.email_verified_at = make_closed.closed_at = now()
        db.session.add(make_closed)
        db.session.flush()
        db.session.add(
            Identity(
                account_id=make_closed.id,
                kind="password",
                subject=make_closed.public_id,
                secret=make.secret(),
            )
        )
    tries = [
        ("rhea@example.org", "not her password"),
        ("nobody@example.org", make.PASSWORD),
        ("una@example.org", make.PASSWORD),
        ("cleo@example.org", make.PASSWORD),
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


def token_of(visitor: Visitor) -> str:
    cookie = visitor.client.get_cookie("postil", domain="blog.test")
    assert cookie
    return cookie.value


def with_token(app: Flask, token: str) -> Visitor:
    visitor = Visitor(app)
    visitor.client.set_cookie("postil", token, domain="blog.test")
    return visitor


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


# ---- where signing in leads

ELSEWHERE = (
    *("https://evil.example", "//evil.example", "///evil.example", "\\\\evil.example"),
    *("/\\evil.example", "/\\/evil.example", "\\/evil.example", "javascript:alert(1)"),
    *("http:evil.example", "https:/evil.example", " //evil.example", "/\t/evil.example"),
    *("/\n/evil.example", "\t//evil.example", "/ /../\\evil", "data:text/html,x", "evil.example"),
    *("//[", "//a／b", "http://[::1", "/\r\nSet-Cookie:a=b", "/\0", "@evil.example", "?next=//e"),
    *("//blog.test@evil.example", "http://blog.test.evil.example", "/x\x7f\\y", ""),
)  # fmt: skip


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


# ---- forgotten and changed passwords


def test_a_forgotten_password_is_replaced_and_every_session_ends(
    app: Flask, guest: Visitor, emails: Any
) -> None:
    account = make.account("Rhea")
    elsewhere = visiting(app, account)
    assert guest.post("/comments/forgot", {"email": "RHEA@example.org"}).status_code == 202
    path = link_in(emails()[0][2])
    assert guest.get(path).status_code == 200
    assert guest.post(path, {"password": "short"}).status_code == 422
    assert account_of(elsewhere) is not None

    answer = guest.post(path, {"password": "a heron at dusk"})
    assert answer.status_code == 303
    assert account_of(guest)["name"] == "Rhea"
    assert account_of(elsewhere) is None
    assert guest.post(path, {"password": "a heron at noon"}).status_code == 404
    assert sign_in(elsewhere, "json", "rhea@example.org").status_code == 401
    assert sign_in(elsewhere, "json", "rhea@example.org", "a heron at dusk").status_code == 201


def test_forgetting_tells_nobody_whether_an_address_is_known(guest: Visitor, emails: Any) -> None:
    make.account("Rhea")
    answers = {
        without_address(guest.post("/comments/forgot", {"email": email}), email)[:2]
        for email in ("rhea@example.org", "nobody@example.org")
    }
    assert len(answers) == 1
    assert [recipient for recipient, _, _ in emails()] == ["rhea@example.org"]


def test_a_reset_proves_the_address_as_well(guest: Visitor, emails: Any) -> None:
    make.account("Una", verified=False)
    guest.post("/comments/forgot", {"email": "una@example.org"})
    guest.post(link_in(emails()[0][2]), {"password": "a heron at dusk"})
    assert account_of(guest)["email_verified"] is True


def test_changing_the_password_ends_all_other_sessions(app: Flask) -> None:
    account = make.account("Rhea")
    here, elsewhere = visiting(app, account), visiting(app, account)
    old = token_of(here)
    form = {"old_password": make.PASSWORD, "password": "a heron at dusk"}
    for wrong in ({"old_password": "not hers"}, {"old_password": ""}, {"old_password": "x" * 999}):
        assert here.post("/comments/account/password", {**form, **wrong}).status_code == 422
    assert here.post("/comments/account/password", {**form, "password": "short"}).status_code == 422
    assert account_of(elsewhere) is not None

    assert here.post("/comments/account/password", form).status_code == 303
    assert account_of(here)["name"] == "Rhea"
    assert token_of(here) != old
    assert account_of(elsewhere) is account_of(with_token(app, old)) is None


def test_only_who_is_signed_in_changes_a_password(guest: Visitor) -> None:
    assert guest.get("/comments/account").location == "/comments/sign-in?next=%2Fcomments%2Faccount"
    answer = guest.post(
        "/comments/account/password", {"old_password": "", "password": "a heron at dusk"}
    )
    assert answer.status_code == 401


# ---- the owner's link


def test_the_terminals_link_makes_the_owner_once(
    guest: Visitor, stranger: Visitor, owner_path: str
) -> None:
    assert stranger.get(owner_path).status_code == 200
    assert db.session.query(Account).count() == 0
    assert stranger.post(owner_path, {**NEW, "password": "short"}).status_code == 422
    answer = guest.post(owner_path, NEW)
    assert (answer.status_code, answer.location) == (303, "/comments/moderation/")
    assert account_of(guest)["role"] == "owner"
    assert guest.get(answer.location).status_code == 200
    for again in (stranger.get(owner_path), stranger.post(owner_path, {**NEW, "name": "Eve"})):
        assert again.status_code == 404
    assert db.session.query(Account).count() == 1


def test_a_new_link_makes_the_earlier_one_useless(guest: Visitor, owner_path: str) -> None:
    roles.owner_link(SITE)
    assert guest.post(owner_path, NEW).status_code == 404


def test_an_account_that_exists_becomes_the_owner_and_its_sessions_end(
    app: Flask, guest: Visitor, owner_path: str
) -> None:
    reader = of_role(app, "Rhea", Role.READER)
    guest.post(owner_path, {**NEW, "name": "Rhea", "email": "rhea@example.org"})
    assert account_of(guest)["role"] == "owner"
    assert account_of(reader) is None


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
            assert 0 < int(answer.headers["Retry-After"]) <= 900
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
            assert 0 < int(answer.headers["Retry-After"]) <= 3_600
        assert db.session.query(Account).count() == 2

    def test_the_limit_ends_with_its_window(self, guest: Visitor) -> None:
        from comments_service.models import RateCount

        for number in range(2):
            guest.post("/comments/forgot", {"email": f"n{number}@example.org"})
        assert guest.post("/comments/forgot", {"email": "n@example.org"}).status_code == 429
        with writing():
            db.session.execute(sa.update(RateCount).values(window=RateCount.window - 1))
        assert guest.post("/comments/forgot", {"email": "n@example.org"}).status_code == 202


# ---- e-mails


def test_emails_are_plain_and_cannot_grow_headers(
    app: Flask, guest: Visitor, settings: Any
) -> None:
    from comments_service import outbox
    from comments_service.models import Email

    for word in ("\r\nBcc: all@example.org", "\nX: y", "\0", "\u2028Bcc: all@example.org"):
        assert sign_up(guest, "json", email=f"eve@example.org{word}").status_code == 422
    sign_up(guest, "json", name="Eve\r\nBcc: all@example.org", email="eve@example.org")
    sign_up(guest, "json", name="<b>Bo</b> {{ 7*7 }} %s", email="bo@example.org")
    assert db.session.query(Email).count() == 2
    for email in db.session.query(Email):
        mail = outbox.message(email, settings)
        assert set(mail.keys()) == {
            *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"),
            *("Content-Type", "Content-Transfer-Encoding", "MIME-Version"),
        }
        assert mail.get_content_type() == "text/plain"
        assert "\n" not in mail["To"] + mail["Subject"]
    assert any("<b>Bo</b> {{ 7*7 }} %s" in email.text for email in db.session.query(Email))


def test_two_who_press_the_same_button_at_once_use_a_link_once(app: Flask, emails: Any) -> None:
    guest = Visitor(app)
    sign_up(guest, "json")
    path = link_in(emails()[0][2])
    codes: list[int] = []

    def press() -> None:
        client = app.test_client()
        answer = contextvars.Context().run(
            client.post,
            path,
            base_url=SITE,
            headers={"Origin": SITE},
            data={"password": NEW["password"]},
        )
        codes.append(answer.status_code)

    threads = [threading.Thread(target=press) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(codes) == [303, 404, 404, 404]
    db.session.rollback()
    assert db.session.query(Session).count() == 1


# ---- where one is signed in


FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0"
)


def with_browser(app: Flask, user_agent: str) -> Visitor:
    visitor = Visitor(app)
    visitor.client.environ_base["HTTP_USER_AGENT"] = user_agent
    return visitor.sign_in("rhea@example.org")


def numbers(page: str) -> list[str]:
    return re.findall(r'name="session" value="(\d+)"', page)


def test_the_account_page_tells_where_one_is_signed_in(app: Flask) -> None:
    make.account("Rhea")
    here = with_browser(app, FIREFOX)
    for other in (PHONE, EDGE, "curl/8.0"):
        with_browser(app, other)
    page = here.get("/comments/account/sessions").text
    for words in ("Firefox on Linux", "Safari on iPhone", "Edge on Windows", "An unknown browser"):
        assert words in page
    assert page.count("this one") == 1
    assert len(numbers(page)) == 3


def test_one_session_is_ended_and_the_others_live_on(app: Flask) -> None:
    make.account("Rhea")
    here, phone, edge = (with_browser(app, each) for each in (FIREFOX, PHONE, EDGE))
    # The list begins with the one that was seen last.
    number = numbers(here.get("/comments/account/sessions").text)[0]
    answer = here.post("/comments/account/sessions", {"session": number})
    assert "That browser is signed out." in here.get(answer.location).text
    assert [v.call("GET", "me").json["account"] is None for v in (here, phone, edge)] == [
        False,
        False,
        True,
    ]


def test_all_other_sessions_are_ended_at_once(app: Flask) -> None:
    make.account("Rhea")
    here, phone, edge = (with_browser(app, each) for each in (FIREFOX, PHONE, EDGE))
    here.post("/comments/account/sessions", {"session": "others"})
    assert here.call("GET", "me").json["account"]
    assert not phone.call("GET", "me").json["account"]
    assert not edge.call("GET", "me").json["account"]


def test_nobody_ends_anothers_session(app: Flask, moderator: Visitor) -> None:
    make.account("Rhea")
    rhea = with_browser(app, FIREFOX)
    number = db.session.query(Session.id).order_by(Session.id.desc()).first()
    assert number
    moderator.post("/comments/account/sessions", {"session": str(number[0])})
    for nonsense in ("", "x", "9" * 30, "-1"):
        moderator.post("/comments/account/sessions", {"session": nonsense})
    assert rhea.call("GET", "me").json["account"]


def test_a_guest_has_no_sessions_to_end(guest: Visitor) -> None:
    assert guest.post("/comments/account/sessions", {"session": "others"}).status_code == 401


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
