"""Bans: nothing is taken of whoever is banned, who is told until when and why, and loses no word of it."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import bans, rate_limits, sessions
from comments_service.db import db, writing
from comments_service.errors import Banned
from comments_service.models import Account, Ban, Comment, DayKey, RateCount, Session, now
from tests import make
from tests.api.asking import is_problem
from tests.api.commenting import delete, edit, post
from tests.api.people import by_json_and_form, text, visiting
from tests.conftest import Visitor, one_database
from tests.plans import read_whole, sent

WORDS = {"body": "Pelicans, again.", "name": "Gus"}
FROM = {"REMOTE_ADDR": "192.0.2.7"}
ELSEWHERE = {"REMOTE_ADDR": "192.0.2.8"}


@pytest.fixture(autouse=True)
def _thread(app: Flask) -> None:
    make.thread()


@pytest.fixture
def rhea(app: Flask) -> Account:
    return make.account("Rhea")


@pytest.fixture
def writer(app: Flask, rhea: Account) -> Visitor:
    return visiting(app, rhea)


def soon() -> Any:
    return now() + timedelta(days=3)


def comments() -> int:
    return db.session.query(Comment).count()


def refused(answer: Any, by: str, *words: str) -> None:
    """A clear no, with the reason, and the text in its form."""
    assert answer.status_code == 403
    if by == "json":
        assert is_problem(answer, "banned")
        said = answer.json["detail"]
    else:
        said = text(answer.text)
        assert WORDS["body"] in answer.text
    for each in ("You cannot write here", "Insults.", *words):
        assert each in said


@by_json_and_form
def test_a_banned_account_is_told_until_when_and_why(
    writer: Visitor, rhea: Account, by: str
) -> None:
    ends = make.banned(rhea, ends_at=soon()).ends_at
    assert ends is not None
    refused(post(writer, by, WORDS), by, f"until {ends:%-d} {ends:%B %Y}")
    assert comments() == 0
    # He reads as everybody does, and what he may do with what is his.
    assert writer.get("/comments/threads/pelicans").status_code == 200
    page = text(writer.get("/comments/account").text)
    assert "You cannot write here until" in page
    assert "Insults." in page


@by_json_and_form
def test_a_ban_without_an_end_says_so(writer: Visitor, rhea: Account, by: str) -> None:
    make.banned(rhea)
    refused(post(writer, by, WORDS), by, "any more")


@by_json_and_form
@pytest.mark.parametrize("over", ["ran out", "ended"])
def test_a_ban_that_is_over_keeps_nobody_out(
    writer: Visitor, rhea: Account, by: str, over: str
) -> None:
    past = now() - timedelta(seconds=1)
    make.banned(rhea, **({"ends_at": past} if over == "ran out" else {"ended_at": past}))
    assert post(writer, by, WORDS).status_code in (201, 202, 303)


@by_json_and_form
def test_whoever_is_banned_changes_nothing_and_may_take_it_back(
    writer: Visitor, rhea: Account, by: str
) -> None:
    mine = make.comment(by=rhea)
    make.banned(rhea)
    refused(edit(writer, by, mine.id, WORDS["body"]), by)
    assert db.session.get_one(Comment, mine.id).source == "They scoop."
    assert delete(writer, by, mine.id).status_code in (200, 303)
    assert db.session.get_one(Comment, mine.id).source == ""


def test_a_banned_account_does_not_change_its_name(writer: Visitor, rhea: Account) -> None:
    make.banned(rhea)
    answer = writer.post("/comments/account/profile", {"name": "Insult", "bio": "", "link": ""})
    assert answer.status_code == 403
    assert "Insults." in answer.text
    assert db.session.get_one(Account, rhea.id).name == "Rhea"


def test_what_a_banned_account_says_of_itself_is_hidden_meanwhile(
    stranger: Visitor, rhea: Account
) -> None:
    with writing():
        rhea.bio, rhea.link, rhea.shown = "Cheap pills.", "https://pills.example/", True
    ban = make.banned(rhea)
    path = f"/comments/people/{rhea.public_id}"
    page = stranger.get(path).text
    assert "pills" not in page.lower()
    with writing():
        ban.ended_at = now()
    assert "https://pills.example/" in stranger.get(path).text


@by_json_and_form
def test_a_banned_account_signs_in(app: Flask, stranger: Visitor, rhea: Account, by: str) -> None:
    make.banned(rhea)
    given = {"email": "rhea@example.org", "password": make.PASSWORD}
    if by == "json":
        assert stranger.call("POST", "session", given).status_code == 201
    else:
        assert stranger.post("/comments/sign-in", given).status_code == 303
    assert stranger.get("/comments/account").status_code == 200
    # And takes all that is known of him along, the ban included.
    data = stranger.post("/comments/account/data").json
    assert [each["reason"] for each in data["bans"]] == ["Insults."]


@by_json_and_form
def test_a_guests_browser_is_banned_with_what_signs_up_in_it(
    app: Flask, rhea: Account, by: str
) -> None:
    with writing():
        session, _ = sessions.begin(None, make.visitor())
    make.banned(session)
    guest, other = visiting(app, None), Visitor(app)
    refused(post(_of(app, session), by, WORDS), by)
    with writing():
        _, token = sessions.begin(rhea, make.visitor(session=session))
    signed_in = Visitor(app)
    signed_in.client.set_cookie("postil", token, domain="blog.test")
    refused(post(signed_in, by, WORDS), by)
    for each in (guest, other):
        assert post(each, by, WORDS | {"body": f"{each}"}).status_code in (201, 202, 303)


def _of(app: Flask, session: Session) -> Visitor:
    """The browser that has a session."""
    visitor, token = Visitor(app), "a token"
    with writing():
        session.token_hash = sessions.hashed(token)
    visitor.client.set_cookie("postil", token, domain="blog.test")
    return visitor


# ---- networks


def by_address(app: Flask, by: str, environ: dict[str, str], body: str = WORDS["body"]) -> Any:
    """A guest with a fresh browser posts from a network."""
    visitor = Visitor(app)
    given = {**WORDS, "body": body}
    if by == "json":
        path = "threads/pelicans/comments"
        return visitor.call("POST", path, given, environ_base=environ)
    path = "/comments/threads/pelicans"
    return visitor.post(path, {**given, "act": "post"}, environ_base=environ)


def banned_network(app: Flask, address: str, **values: Any) -> Ban:
    packed = rate_limits.network_bytes(address)
    assert packed is not None
    made = Ban(network=bans.network_hash(packed, str(app.secret_key)), reason="Insults.", **values)
    with writing():
        db.session.add(made)
    return made


@by_json_and_form
def test_nothing_is_taken_from_a_banned_network(app: Flask, by: str) -> None:
    ban = banned_network(app, FROM["REMOTE_ADDR"], ends_at=soon())
    refused(by_address(app, by, FROM), by)
    assert by_address(app, by, ELSEWHERE).status_code in (202, 303)
    assert comments() == 1
    with writing():
        ban.ends_at = now()
    assert by_address(app, by, FROM, "Now.").status_code in (202, 303)


def test_of_ipv6_the_household_is_banned(app: Flask) -> None:
    banned_network(app, "2001:db8:1:2::7", ends_at=soon())
    for address, status in (("2001:db8:1:2:3::9", 403), ("2001:db8:1:3::7", 202)):
        answer = by_address(app, "json", {"REMOTE_ADDR": address})
        assert answer.status_code == status


@by_json_and_form
def test_a_network_known_by_a_comment_is_known_tomorrow_once_it_came_by_today(
    app: Flask, by: str
) -> None:
    for address in (FROM, ELSEWHERE):
        assert by_address(app, by, address, str(address)).status_code in (202, 303)
    hashes = db.session.scalars(sa.select(Comment.network).order_by(Comment.id)).all()
    with writing():
        for each in hashes:
            made = Ban(network=each, day=bans.today(), reason="Insults.", ends_at=soon())
            db.session.add(made)
    refused(by_address(app, by, FROM), by)
    next_day()
    refused(by_address(app, by, FROM), by)
    # The other did not come by, and nobody can tell any more which it was.
    assert by_address(app, by, ELSEWHERE).status_code in (202, 303)
    known, unknown = db.session.scalars(sa.select(Ban).order_by(Ban.id)).all()
    assert known.day is None
    assert known.network != hashes[0]
    assert unknown.day is not None
    bans.clean()
    db.session.expire_all()
    assert (known.network is None, unknown.network) == (False, None)


def next_day() -> None:
    """Let the day's key be thrown away, as at midnight; what was counted under it goes as well."""
    with writing():
        db.session.execute(sa.update(DayKey).values(day="2020-01-01"))
        db.session.execute(sa.update(Ban).where(Ban.day.is_not(None)).values(day="2020-01-01"))
        db.session.execute(sa.delete(RateCount))
    rate_limits.clean()
    rate_limits._known_keys.clear()


def test_a_network_is_forgotten_when_its_ban_is_over(app: Flask) -> None:
    past = now() - timedelta(seconds=1)
    made = [
        banned_network(app, "192.0.2.1", ends_at=past),
        banned_network(app, "192.0.2.2", ended_at=past),
        banned_network(app, "192.0.2.3", ends_at=soon()),
    ]
    bans.clean()
    db.session.expire_all()
    assert [each.network is None for each in made] == [True, True, False]


@by_json_and_form
def test_what_is_refused_counts_and_leaves_no_comment(app: Flask, by: str) -> None:
    banned_network(app, FROM["REMOTE_ADDR"])
    for _ in range(3):
        refused(by_address(app, by, FROM), by)
    counts = db.session.scalars(sa.select(RateCount.count)).all()
    assert max(counts) == 3
    assert comments() == 0


@one_database
@by_json_and_form
def test_a_refusal_looks_through_no_table(
    app: Flask, writer: Visitor, rhea: Account, by: str
) -> None:
    with writing():
        db.session.execute(
            sa.insert(Ban),
            [{"network": f"{n:032}", "reason": "x", "made_at": now()} for n in range(500)],
        )
    make.banned(rhea)
    with sent() as statements:
        refused(post(writer, by, WORDS), by)
    asked = [each for each in statements if "bans" in each[0]]
    assert asked
    assert [step for each in asked for step in read_whole(*each)] == []


def test_whatever_else_others_see_asks_whether_its_writer_is_banned(
    app: Flask, rhea: Account
) -> None:
    """As votes and reports do, which look at no text."""
    with writing():
        session, _ = sessions.begin(rhea, make.visitor())
    bans.refuse(session, "day", "network")
    with writing():
        made = Ban(network="day", day=bans.today(), reason="A flood.", ends_at=soon())
        db.session.add(made)
    with pytest.raises(Banned, match="A flood"):
        bans.refuse(session, "day", "network")
    # It came by: from now on it is known without the day's key.
    assert (made.network, made.day) == ("network", None)
    make.banned(rhea)
    with pytest.raises(Banned, match="any more: Insults"):
        bans.refuse(session, "", "")


@by_json_and_form
def test_whoever_is_banned_neither_votes_nor_reports(
    writer: Visitor, rhea: Account, by: str
) -> None:
    comment = make.comment()
    make.banned(rhea)
    if by == "json":
        voted = writer.call("PUT", f"comments/{comment.id}/vote", {"value": 1})
        reported = writer.call("POST", f"comments/{comment.id}/reports", {"kind": "spam"})
        assert is_problem(voted, "banned")
        assert is_problem(reported, "banned")
    else:
        voted = writer.post(f"/comments/comment/{comment.id}/vote", {"value": "1"})
        reported = writer.post(f"/comments/comment/{comment.id}/report", {"kind": "spam"})
    assert (voted.status_code, reported.status_code) == (403, 403)
    for answer in (voted, reported):
        assert "You cannot write here any more: Insults." in text(answer.text)
    db.session.refresh(comment)
    assert (comment.up, comment.reports) == (0, 0)
