"""The e-mail that signs in, by its link and by its six digits; who learns what of it."""

import contextvars
import threading
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service.accounts import names
from comments_service.config import Rate
from comments_service.db import db, writing
from comments_service.models import (
    Session,
    Token,
    now,
)
from tests import make
from tests.api.magic_links import (
    EMAIL,
    ask,
    code_in,
    give,
    let_in,
    ticket_in,
    ticket_in_page,
    wrong,
)
from tests.api.people import by_json_and_form
from tests.api.signing_in import ELSEWHERE, account_of, look_at_link, without_address
from tests.conftest import API, SITE, Visitor, link_in


@pytest.fixture
def changed_settings() -> dict[str, Any]:
    return {"limit_sign_up": (Rate(1000, 60),)}


# ---- by its link, and by its code


@by_json_and_form
def test_the_emails_link_signs_in_on_any_device(
    guest: Visitor, stranger: Visitor, emails: Any, by: str
) -> None:
    make.account("Rhea")
    assert ask(guest, by).status_code == 202
    [(recipient, subject, text)] = emails()
    assert recipient == EMAIL
    assert subject.endswith(" blog.test")
    path = link_in(text)

    look_at_link(stranger, path)
    assert "Rhea" in stranger.get(path).text
    assert db.session.query(Session).count() == 0

    answer = stranger.post(path)
    assert (answer.status_code, answer.location) == (303, "/comments/account")
    assert account_of(stranger)["name"] == "Rhea"
    assert account_of(guest) is None
    assert db.session.query(Session).one().sign_in_method == "letter"
    for again in (guest.post(path), guest.get(path)):
        assert again.status_code == 404


@by_json_and_form
def test_the_emails_code_signs_in_where_it_was_asked_for(
    guest: Visitor, emails: Any, by: str
) -> None:
    make.account("Rhea")
    ticket = ticket_in(ask(guest, by))
    code = code_in(emails()[0][2])
    answer = give(guest, by, ticket, code)
    assert let_in(answer), answer.text
    assert account_of(guest)["name"] == "Rhea"
    assert give(Visitor(guest.client.application), by, ticket, code).status_code == 404
    assert guest.post(link_in(emails()[0][2])).status_code == 404, "one letter, one way in"


@pytest.mark.parametrize("typed", ["{0}{1}", " {0}-{1} ", "{0}\u2009{1}"])
def test_a_code_may_be_typed_in_groups(guest: Visitor, emails: Any, typed: str) -> None:
    make.account("Rhea")
    ticket = ticket_in(ask(guest, "json"))
    first, last = code_in(emails()[0][2]).split()
    assert let_in(give(guest, "json", ticket, typed.format(first, last)))


@by_json_and_form
def test_the_code_alone_or_with_another_ticket_is_worth_nothing(
    app: Flask, guest: Visitor, emails: Any, by: str
) -> None:
    make.account("Rhea")
    make.account("Eve")
    ticket = ticket_in(ask(guest, by))
    code = code_in(emails()[0][2])
    eves = ticket_in(ask(Visitor(app), by, "eve@example.org"))
    link = link_in(emails()[0][2]).rpartition("/")[2]
    row = db.session.query(Token).order_by(Token.id).first()
    assert row
    for other in ("", "x", link, row.token_hash.hex(), "x" * 100):
        answer = give(Visitor(app), by, other, code)
        assert answer.status_code in (404, 422), other
    eve = give(Visitor(app), by, eves, code)
    assert eve.status_code == 422
    assert db.session.query(Session).count() == 0
    assert let_in(give(guest, by, ticket, code))


def test_the_link_cannot_be_made_out_of_the_ticket_nor_either_out_of_the_table(
    guest: Visitor, emails: Any
) -> None:
    make.account("Rhea")
    ticket = ticket_in(ask(guest, "json"))
    link = link_in(emails()[0][2]).rpartition("/")[2]
    row = db.session.query(Token).one()
    code = code_in(emails()[0][2]).replace(" ", "")
    assert len(link) >= 43, "256 bits"
    assert ticket != link
    kept = repr([getattr(row, each.name) for each in Token.__table__.columns])
    assert not any(each in kept for each in (ticket, link, code))
    for guess in (ticket, row.token_hash.hex()):
        assert guest.post(f"/comments/link/{guess}").status_code == 404


@by_json_and_form
def test_five_wrong_codes_spend_the_email(guest: Visitor, emails: Any, by: str) -> None:
    make.account("Rhea")
    ticket = ticket_in(ask(guest, by))
    code = code_in(emails()[0][2])
    answers = [give(guest, by, ticket, wrong(code)) for _ in range(5)]
    assert [each.status_code for each in answers] == [422] * 4 + [404]
    if by == "json":
        assert set(answers[0].json["fields"]) == {"code"}
        assert answers[4].json["code"] == "unknown_token"
    else:
        assert ticket_in_page(answers[0]) == ticket
    assert give(guest, by, ticket, code).status_code == 404
    assert guest.post(link_in(emails()[0][2])).status_code == 404
    assert account_of(guest) is None


def test_a_code_that_cannot_be_one_is_not_counted(guest: Visitor, emails: Any) -> None:
    make.account("Rhea")
    ticket = ticket_in(ask(guest, "json"))
    for typed in ("", "12345", "1234567", "abcdef", "12345６7", "①②③④⑤⑥x"):
        assert give(guest, "json", ticket, typed).status_code == 422
    assert db.session.query(Token).one().tries == 0
    wide = code_in(emails()[0][2]).translate({48 + n: 0xFF10 + n for n in range(10)})
    assert let_in(give(guest, "json", ticket, wide))


def test_guessing_codes_of_one_address_ends_for_the_day_but_its_links_work(
    app: Flask, emails: Any
) -> None:
    make.account("Rhea")
    guessing = Visitor(app)
    answers = []
    for _ in range(3):
        ticket = ticket_in(ask(guessing, "json"))
        code = code_in(emails()[-1][2])
        answers += [give(guessing, "json", ticket, wrong(code)).status_code for _ in range(4)]
    assert answers == [422] * 10 + [429] * 2
    assert give(guessing, "json", ticket, code).status_code == 429
    assert Visitor(app).post(link_in(emails()[-1][2])).status_code == 303


def test_a_right_code_is_not_counted_as_a_wrong_one(app: Flask, emails: Any) -> None:
    make.account("Rhea")
    for _ in range(12):
        visitor = Visitor(app)
        ticket = ticket_in(ask(visitor, "json"))
        assert let_in(give(visitor, "json", ticket, code_in(emails()[-1][2])))


@by_json_and_form
def test_asking_again_makes_the_email_before_worthless(
    guest: Visitor, emails: Any, by: str
) -> None:
    make.account("Rhea")
    first = ticket_in(ask(guest, by))
    second = ticket_in(ask(guest, by, "RHEA@example.org"))
    (_, _, old), (_, _, new) = emails()
    assert guest.post(link_in(old)).status_code == 404
    assert give(guest, by, first, code_in(old)).status_code == 404
    assert let_in(give(guest, by, second, code_in(new)))


def test_an_email_grows_old(guest: Visitor, emails: Any) -> None:
    make.account("Rhea")
    ticket = ticket_in(ask(guest, "json"))
    row = db.session.query(Token).one()
    assert abs(row.expires_at - now() - timedelta(minutes=15)) < timedelta(seconds=30)
    with writing():
        db.session.execute(sa.update(Token).values(expires_at=now()))
    _, _, text = emails()[0]
    assert give(guest, "json", ticket, code_in(text)).status_code == 404
    assert guest.post(link_in(text)).status_code == 404


def test_an_email_opens_nothing_for_an_address_that_left_its_account(
    guest: Visitor, emails: Any
) -> None:
    account = make.account("Rhea")
    ticket = ticket_in(ask(guest, "json"))
    with writing():
        account.email = account.email_key = "new@example.org"
    _, _, text = emails()[0]
    assert guest.post(link_in(text)).status_code == 404
    assert give(guest, "json", ticket, code_in(text)).status_code == 404


# ---- who learns what


@pytest.mark.parametrize("open_to_all", [True, False])
@by_json_and_form
def test_asking_for_an_email_tells_nobody_whether_an_address_is_known(
    app: Flask, emails: Any, statements: list[str], by: str, open_to_all: bool
) -> None:
    from dataclasses import replace

    app.extensions["settings"] = replace(app.extensions["settings"], sign_up=open_to_all)
    make.account("Rhea")
    make.account("Una", verified=False)
    make.banned(make.account("Cleo"))
    ask(Visitor(app), by, "warm@example.org")
    answers = set()
    for email in (EMAIL, "una@example.org", "cleo@example.org", "nobody@example.org"):
        statements.clear()
        answer = ask(Visitor(app), by, email)
        ticket = ticket_in(answer)
        status, body, headers = without_address(answer, email, ticket)
        asked = tuple(" ".join(each.split())[:40] for each in statements)
        wrong_code = without_address(give(Visitor(app), by, ticket, "000000"), ticket, email)
        answers.add((status, body, tuple(headers), asked, str(wrong_code)))
    assert len(answers) == 1, answers
    assert [recipient for recipient, _, _ in emails()][1:] == [
        EMAIL,
        "una@example.org",
        "cleo@example.org",
        "nobody@example.org",
    ]


class TestLimits:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"limit_sign_up": (Rate(2, 3_600),)}

    @by_json_and_form
    def test_emails_are_limited_for_each_network(self, guest: Visitor, by: str) -> None:
        codes = [ask(guest, by, f"n{number}@example.org").status_code for number in range(3)]
        assert codes == [202, 202, 429]

    @by_json_and_form
    def test_emails_to_one_address_are_limited_wherever_they_are_asked_for(
        self, app: Flask, by: str
    ) -> None:
        codes = []
        for number in range(3):
            visitor = Visitor(app)
            visitor.client.environ_base["REMOTE_ADDR"] = f"10.0.0.{number}"
            codes.append(ask(visitor, by, ["a@x.org", "A@X.org", "a@x.org"][number]).status_code)
        assert codes == [202, 202, 429]


# ---- where it leads


def test_emails_never_lead_to_another_site(app: Flask, emails: Any) -> None:
    make.account("Rhea")
    for number, target in enumerate(ELSEWHERE):
        if "\0" in target:
            continue
        visitor = Visitor(app)
        visitor.client.environ_base["REMOTE_ADDR"] = f"10.1.{number}.1"
        ticket = ticket_in(ask(visitor, "form", next=target))
        code = code_in(emails()[-1][2])
        answer = give(visitor, "form", ticket, code, next=target)
        assert answer.location == "/comments/account", target
        ask(visitor, "form", next=target)
        assert visitor.post(link_in(emails()[-1][2])).location == "/comments/account", target


def test_emails_lead_back_to_where_one_was(guest: Visitor, emails: Any) -> None:
    make.account("Rhea")
    answer = ask(guest, "form", next="/pelicans/#comment-1")
    assert 'name="next" value="/pelicans/#comment-1"' in answer.text
    assert guest.post(link_in(emails()[0][2])).location == "/pelicans/#comment-1"
    challenge = "c" * 43
    ask(guest, "json", handoff=challenge)
    answer = guest.post(link_in(emails()[1][2]))
    assert answer.location == f"/comments/handoff/{challenge}"
    assert (
        guest.call("POST", "session/letter", {"email": EMAIL, "handoff": "../evil"}).status_code
        == 422
    )


def test_codes_that_are_tried_at_the_same_moment_are_all_counted(
    app: Flask, guest: Visitor, emails: Any
) -> None:
    make.account("Rhea")
    ticket = ticket_in(ask(guest, "json"))
    guess = {"ticket": ticket, "code": wrong(code_in(emails()[0][2]))}
    statuses: list[int] = []

    def try_it() -> None:
        client = app.test_client()
        answer = contextvars.Context().run(
            client.post,
            API + "session/code",
            json=guess,
            base_url=SITE,
            headers={"Origin": SITE},
        )
        statuses.append(answer.status_code)

    guesses = [threading.Thread(target=try_it) for _ in range(8)]
    for each in guesses:
        each.start()
    for each in guesses:
        each.join()
    assert sorted(statuses) == [404] * 4 + [422] * 4
    db.session.rollback()
    assert db.session.query(Token).one().tries == 5


def test_the_sign_in_page_shows_both_methods(guest: Visitor) -> None:
    page = guest.get("/comments/sign-in").text
    assert page.count('type="email"') == 1
    assert 'autocomplete="username' in page
    assert 'autocomplete="current-password"' in page
    assert 'name="act" value="letter" formnovalidate' in page
    answer = ask(guest, "form", "nobody")
    assert answer.status_code == 422
    assert 'value="nobody"' in answer.text


def test_the_page_for_the_code_helps_telephones(guest: Visitor) -> None:
    page = ask(guest, "form").text
    assert 'inputmode="numeric"' in page
    assert 'autocomplete="one-time-code"' in page
    assert names.email_key(EMAIL) in page
    assert API not in page
