"""Claiming: what was written as a guest becomes an account's, of that browser and of nobody else."""

import threading
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import account_changes, by_writer, comments, config, sessions
from comments_service.db import db, writing
from comments_service.inputs import NewComment, NewDecision, parse
from comments_service.models import Account, Comment, Session, Status
from comments_service.sessions import Visitor as Asking
from tests import make
from tests.api.people import text, visiting
from tests.conftest import Visitor

CLAIM = "/comments/account/claim"


def write(guest: Visitor, body: str = "They scoop.", **values: Any) -> int:
    given = {"name": "Gus", "email": "gus@example.org", "body": body, **values}
    answer = guest.call("POST", "threads/pelicans/comments", given)
    assert answer.status_code in (201, 202), answer.json
    return int(answer.json["id"])


def sign_in(guest: Visitor, name: str = "rhea", target: str = "/comments/threads/pelicans") -> Any:
    form = {"email": f"{name}@example.org", "password": make.PASSWORD, "next": target}
    return guest.post("/comments/sign-in", form)


def signed() -> list[tuple[str | None, str | None, str | None]]:
    """Account, name and address of every comment."""
    db.session.expire_all()
    rows = sa.select(Account.name, Comment.name, Comment.email)
    return [
        (row[0], row[1], row[2])
        for row in db.session.execute(
            rows.select_from(Comment)
            .outerjoin(Account, Comment.account_id == Account.id)
            .order_by(Comment.id)
        )
    ]


GUS = (None, "Gus", "gus@example.org")
RHEA = ("Rhea", None, None)


@pytest.fixture(autouse=True)
def rhea(app: Flask) -> Account:
    make.thread()
    return make.account("Rhea")


def test_whoever_signs_in_is_asked_on_the_way(guest: Visitor) -> None:
    write(guest)
    answer = sign_in(guest)
    assert answer.status_code == 303
    assert answer.location == f"{CLAIM}?next=%2Fcomments%2Fthreads%2Fpelicans"
    page = guest.get(answer.location).text
    assert "They scoop." in page
    assert "· as Gus · waiting for a moderator" in text(page)
    assert "Pelicans" in page
    # Nothing has been done yet.
    assert signed() == [GUS]


def test_whoever_wrote_nothing_is_not_asked(guest: Visitor) -> None:
    assert sign_in(guest).location == "/comments/threads/pelicans"
    assert guest.get(CLAIM).location == "/comments/account"
    assert guest.call("GET", "me").json["claimable"] == 0


def test_what_is_claimed_bears_the_accounts_name(guest: Visitor, fragment: Any) -> None:
    first = write(guest, website="https://gus.example")
    comments.decide(first, None, NewDecision(decision="publish"))
    write(guest, "A second one.")
    assert ">Gus<" in fragment()
    sign_in(guest)
    assert guest.call("GET", "me").json["claimable"] == 2
    answer = guest.post(CLAIM, {"act": "claim", "next": "/comments/threads/pelicans"})
    assert answer.location == "/comments/threads/pelicans"
    assert signed() == [RHEA, RHEA]
    assert ">Gus<" not in fragment()
    assert ">Rhea<" in fragment()
    assert guest.call("GET", "me").json["claimable"] == 0
    mine = guest.call("GET", "me?thread=pelicans").json["comments"]
    assert [each["name"] for each in mine] == ["Rhea", "Rhea"]


def test_what_waits_is_claimed_and_goes_on_waiting(guest: Visitor) -> None:
    number = write(guest)
    sign_in(guest)
    guest.post(CLAIM, {"act": "claim"})
    assert db.session.get_one(Comment, number).status is Status.PENDING


def test_what_was_published_counts_for_the_account_from_then_on(guest: Visitor) -> None:
    comments.decide(write(guest), None, NewDecision(decision="publish"))
    sign_in(guest)
    before = guest.call("POST", "threads/pelicans/comments", {"body": "Not trusted yet."})
    assert before.status_code == 202
    guest.post(CLAIM, {"act": "claim"})
    answer = guest.call("POST", "threads/pelicans/comments", {"body": "Trusted now."})
    assert answer.status_code == 201


def test_what_was_rejected_counts_against_it(guest: Visitor) -> None:
    comments.decide(write(guest), None, NewDecision(decision="publish"))
    comments.decide(write(guest, "Buy this."), None, NewDecision(decision="spam"))
    sign_in(guest)
    assert "not published" in guest.get(CLAIM).text
    guest.post(CLAIM, {"act": "claim"})
    answer = guest.call("POST", "threads/pelicans/comments", {"body": "Again."})
    assert answer.status_code == 202


def test_what_its_writer_deleted_is_not_asked_about(guest: Visitor) -> None:
    number = write(guest)
    assert guest.call("DELETE", f"comments/{number}").status_code == 200
    assert sign_in(guest).location == "/comments/threads/pelicans"


def test_what_is_left_stays_a_guests_and_is_never_asked_about_again(guest: Visitor) -> None:
    number = write(guest)
    sign_in(guest)
    answer = guest.post(CLAIM, {"act": "leave", "next": "/comments/threads/pelicans"})
    assert answer.location == "/comments/threads/pelicans"
    assert signed() == [GUS]
    assert guest.get(CLAIM).status_code == 303
    assert sign_in(guest).location == "/comments/threads/pelicans"
    guest.post(CLAIM, {"act": "claim"})
    assert signed() == [GUS]
    # Who says that it is not his does not edit it either.
    assert guest.call("PATCH", f"comments/{number}", {"body": "Mine?"}).status_code in (403, 404)


def test_who_does_not_answer_is_asked_at_the_next_sign_in(guest: Visitor) -> None:
    write(guest)
    assert sign_in(guest).location.startswith(CLAIM)
    assert "You wrote 1 comment here" in text(guest.get("/comments/account").text)
    assert sign_in(guest).location.startswith(CLAIM)


def test_another_account_in_the_same_browser_claims_nothing(app: Flask, guest: Visitor) -> None:
    make.account("Max")
    write(guest)
    sign_in(guest)
    assert sign_in(guest, "max").location == "/comments/threads/pelicans"
    assert guest.call("GET", "me").json["claimable"] == 0
    guest.post(CLAIM, {"act": "claim"})
    assert signed() == [GUS]


def test_nothing_is_left_to_claim_after_signing_out(app: Flask, guest: Visitor) -> None:
    make.account("Max")
    write(guest)
    sign_in(guest)
    guest.post("/comments/sign-out")
    assert sign_in(guest, "max").location == "/comments/threads/pelicans"
    assert signed() == [GUS]


def test_nobody_claims_what_another_browser_wrote(
    app: Flask, guest: Visitor, stranger: Visitor
) -> None:
    # The same name and the same address: what is typed proves nothing.
    write(stranger, email="rhea@example.org")
    write(guest, "Mine.", email="rhea@example.org")
    sign_in(guest)
    page = guest.get(CLAIM).text
    assert "Mine." in page
    assert "They scoop." not in page
    guest.post(CLAIM, {"act": "claim"})
    assert signed() == [(None, "Gus", "rhea@example.org"), RHEA]
    assert visiting(app, None).post(CLAIM, {"act": "claim"}).status_code == 401


def test_what_belongs_to_an_account_is_not_claimed_by_another(app: Flask, rhea: Account) -> None:
    """Even where a session row should point at the one in which an account wrote."""
    max_ = make.account("Max")
    with writing():
        of_rhea, _ = sessions.begin(rhea, make.visitor())
        of_max, _ = sessions.begin(max_, make.visitor())
        of_max.guest_id = of_rhea.id
    make.comment(by=rhea, session=of_rhea)
    assert by_writer.claimable(of_max) == []
    assert account_changes.claim(of_max) == 0
    assert signed() == [RHEA]


def test_two_tabs_that_claim_at_once_claim_once(app: Flask, rhea: Account) -> None:
    with writing():
        as_guest, _ = sessions.begin(None, make.visitor())
    for number in range(3):
        comments.post(
            "pelicans",
            Asking(as_guest, "n"),
            parse(NewComment, {"name": "Gus", "body": f"No. {number}."}),
            config.current(),
        )
    with writing():
        session, _ = sessions.begin(rhea, Asking(as_guest, "n"))
    number = session.id
    counts: list[int] = []

    def press() -> None:
        with app.app_context():
            counts.append(account_changes.claim(db.session.get_one(Session, number)))

    db.session.rollback()
    tabs = [threading.Thread(target=press) for _ in range(3)]
    for each in tabs:
        each.start()
    for each in tabs:
        each.join()
    assert sorted(counts) == [0, 0, 3]
    assert signed() == [RHEA, RHEA, RHEA]


def test_the_way_back_is_a_path_of_this_site(guest: Visitor) -> None:
    write(guest)
    sign_in(guest)
    for odd in ("https://evil.example", "//evil.example", "/\\evil.example"):
        assert 'name="next" value="/comments/account"' in guest.get(f"{CLAIM}?next={odd}").text
    answer = guest.post(CLAIM, {"act": "claim", "next": "https://evil.example"})
    assert answer.location == "/comments/account"
