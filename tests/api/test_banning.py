"""What moderators do about somebody: ban, end a ban, decide on all that he wrote; and who may not."""

from datetime import timedelta

import pytest
from flask import Flask

from comments_service import banning, bans
from comments_service.db import db, writing
from comments_service.models import (
    Account,
    Ban,
    Comment,
    Decision,
    Role,
    Status,
    now,
)
from tests import make
from tests.api.asking import is_problem
from tests.api.looking_after import NETWORKS, PAGE, do, done, end
from tests.api.people import by_json_and_form, of_role, text, visiting
from tests.conftest import Answer, Visitor


@pytest.fixture(autouse=True)
def _thread(app: Flask) -> None:
    make.thread()


@pytest.fixture
def mona(app: Flask) -> Visitor:
    return of_role(app, "Mona", Role.MODERATOR)


@pytest.fixture
def rhea(app: Flask) -> Account:
    return make.account("Rhea")


# ---- bans


@by_json_and_form
@pytest.mark.parametrize("lasts", banning.SPANS)
def test_a_ban_says_who_made_it_when_why_and_until_when(
    mona: Visitor, rhea: Account, by: str, lasts: str
) -> None:
    before = now()
    done(do(mona, by, rhea.public_id, "ban", {"lasts": lasts, "reason": "Insults."}))
    ban = db.session.query(Ban).one()
    assert ban.account_id == rhea.id
    assert ban.reason == "Insults."
    assert db.session.get_one(Account, ban.moderator_id).name == "Mona"
    assert before <= ban.made_at <= now()
    span = banning.SPANS[lasts]
    assert ban.ends_at == (ban.made_at + span if span else None)
    page = text(mona.get(f"{PAGE}/{rhea.public_id}").text)
    assert "Banned until" in page
    assert "Insults." in page


@by_json_and_form
def test_a_ban_is_ended_once_and_stays_on_record(mona: Visitor, rhea: Account, by: str) -> None:
    ban = make.banned(rhea)
    done(end(mona, by, ban))
    assert bans.of_account(rhea.id) is None
    ended = ban.ended_at
    assert ended is not None
    assert db.session.get_one(Account, ban.ended_by_id).name == "Mona"
    done(end(mona, by, ban))
    assert ban.ended_at == ended
    page = text(mona.get(f"{PAGE}/{rhea.public_id}").text)
    assert "Earlier bans" in page
    assert "Insults." in page


@by_json_and_form
def test_a_ban_needs_a_reason_and_keeps_what_was_typed(
    mona: Visitor, rhea: Account, by: str
) -> None:
    for given, field in (
        ({"lasts": "day", "reason": " "}, "reason"),
        ({"lasts": "day", "reason": "x" * 501}, "reason"),
        ({"lasts": "aeon", "reason": "Insults."}, "lasts"),
    ):
        answer = do(mona, by, rhea.public_id, "ban", given)
        assert answer.status_code == 422
        if by == "json":
            assert is_problem(answer, "invalid_input")
            assert list(answer.json["fields"]) == [field]
        elif given["reason"].strip():
            assert given["reason"] in answer.text
    assert db.session.query(Ban).count() == 0


@by_json_and_form
@pytest.mark.parametrize("role", [Role.AUTHOR, Role.MODERATOR, Role.OWNER])
def test_a_moderator_bans_nobody_who_decides(
    mona: Visitor, rhea: Account, by: str, role: Role
) -> None:
    with writing():
        rhea.role = role
    answer = do(mona, by, rhea.public_id, "ban", {"lasts": "hour", "reason": "Insults."})
    assert answer.status_code == 403
    assert "take the role away first" in answer.text
    assert db.session.query(Ban).count() == 0


@by_json_and_form
def test_an_author_looks_after_nobody(app: Flask, rhea: Account, by: str) -> None:
    ada = of_role(app, "Ada", Role.AUTHOR)
    ban = make.banned(rhea)
    key = rhea.public_id
    given = {"lasts": "hour", "reason": "Insults."}
    refused = [
        do(ada, by, key, "ban", given),
        do(ada, by, key, "note", {"note": "Mine."}),
        do(ada, by, key, "decide", {"decision": "delete"}),
        do(ada, by, key, "role", {"role": "owner"}),
        end(ada, by, ban),
        ada.call("POST", "networks", {**given, "address": "192.0.2.7"}),
        *(ada.get(path) for path in (PAGE, f"{PAGE}/{key}", NETWORKS)),
        *(ada.call("GET", path) for path in ("people", f"people/{key}", "networks")),
    ]
    assert [each.status_code for each in refused] == [403] * len(refused)
    assert "rhea@example.org" not in "".join(each.text for each in refused)
    assert bans.of_account(rhea.id) is not None
    make.comment("pelicans", by=rhea, held=True)
    assert f"{PAGE}/{key}" not in ada.get("/comments/moderation/").text


@by_json_and_form
@pytest.mark.parametrize("also", ["spam", "delete"])
def test_what_somebody_wrote_is_decided_on_with_the_ban(
    mona: Visitor, rhea: Account, by: str, also: str
) -> None:
    for status in Status:
        make.comment(by=rhea, status=status)
    others = make.comment(held=True)
    given = {"lasts": "week", "reason": "Advertising.", "also": also}
    done(do(mona, by, rhea.public_id, "ban", given))
    found = [each.status for each in db.session.query(Comment).order_by(Comment.id)]
    if also == "spam":
        assert found[:4] == [Status.REJECTED, *list(Status)[1:]]
    else:
        assert found[:4] == [Status.DELETED] * 4
    assert db.session.get_one(Comment, others.id).status is Status.PENDING
    made = db.session.query(Decision).all()
    assert len(made) == (1 if also == "spam" else 3)
    assert {each.reason for each in made} == {"Advertising."}
    # Each is undone by itself.
    undone = mona.call("POST", f"comments/{made[0].comment_id}/decisions", {"decision": "undo"})
    assert undone.status_code == 201


@by_json_and_form
def test_much_is_decided_on_a_part_at_a_time(
    mona: Visitor, rhea: Account, by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(banning, "AT_ONCE", 2)
    for _ in range(3):
        make.comment(by=rhea, held=True)
    answer = do(mona, by, rhea.public_id, "decide", {"decision": "spam"})
    if by == "json":
        assert answer.json == {"decided": 2, "left": 1}
    else:
        said = text(mona.get(f"{PAGE}/{rhea.public_id}").text)
        assert "Comments decided on: 2." in said
        assert "Comments left: 1." in said
    done(do(mona, by, rhea.public_id, "decide", {"decision": "spam"}))
    assert {each.status for each in db.session.query(Comment)} == {Status.REJECTED}


# ---- networks


@by_json_and_form
def test_a_persons_network_is_banned_with_him_on_the_day_he_wrote(
    app: Flask, mona: Visitor, rhea: Account, by: str
) -> None:
    writer = visiting(app, rhea)
    at = {"REMOTE_ADDR": "192.0.2.7"}
    posted = writer.call("POST", "threads/pelicans/comments", {"body": "Insult."}, environ_base=at)
    assert posted.status_code == 202
    given = {"lasts": "ever", "reason": "Insults.", "network": True}
    assert 'name="network"' in mona.get(f"{PAGE}/{rhea.public_id}").text
    done(do(mona, by, rhea.public_id, "ban", given))
    of_person, of_network = db.session.query(Ban).order_by(Ban.id)
    assert (of_person.account_id, of_person.ends_at) == (rhea.id, None)
    # Nothing ties it to the person, and nobody is kept out for ever.
    assert (of_network.account_id, of_network.session_id) == (None, None)
    assert of_network.ends_at is not None
    assert of_network.ends_at <= now() + timedelta(days=365)
    other = Visitor(app).call(
        "POST", "threads/pelicans/comments", {"body": "x", "name": "Gus"}, environ_base=at
    )
    assert is_problem(other, "banned")


@by_json_and_form
def test_a_network_of_another_day_is_not_known(mona: Visitor, rhea: Account, by: str) -> None:
    make.comment(by=rhea, network="n" * 32, minutes_ago=60 * 24)
    given = {"lasts": "day", "reason": "Insults.", "network": True}
    assert 'name="network"' not in mona.get(f"{PAGE}/{rhea.public_id}").text
    done(do(mona, by, rhea.public_id, "ban", given))
    assert db.session.query(Ban).count() == 1


@by_json_and_form
def test_an_address_that_is_typed_is_hashed_and_not_kept(
    app: Flask, mona: Visitor, by: str
) -> None:
    def ban(address: str) -> Answer:
        given = {"address": address, "lasts": "month", "reason": "A flood."}
        if by == "json":
            return mona.call("POST", "networks", given)
        return mona.post(NETWORKS, given)

    for wrong in ("a house", "192.0.2", "127.0.0.1"):
        answer = ban(wrong)
        assert answer.status_code == 422, "one's own network is not banned by mistake either"
    done(ban("192.0.2.7"))
    made = db.session.query(Ban).one()
    assert made.network
    assert "192.0.2.7" not in repr(vars(made))
    page = mona.get(NETWORKS).text
    assert "A flood." in page
    assert made.network not in page
    done(end(mona, by, made))
    assert made.network is None
