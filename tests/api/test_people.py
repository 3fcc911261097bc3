"""People in the dashboard: who is found, what is seen of somebody, and what that costs."""

from datetime import timedelta
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from flask import Flask

from comments_service import people, sessions
from comments_service.db import db, writing
from comments_service.mail import outbox
from comments_service.models import (
    Account,
    Ban,
    Decision,
    PersonNote,
    RefusedAddress,
    Role,
    Session,
    Status,
    now,
)
from tests import make
from tests.api.asking import is_problem
from tests.api.looking_after import PAGE, do, done
from tests.api.payloads import SHORT
from tests.api.people import by_json_and_form, of_role, read, text, visiting
from tests.api.surfaces import check
from tests.conftest import Visitor, one_database
from tests.plans import sent


@pytest.fixture(autouse=True)
def _thread(app: Flask) -> None:
    make.thread()


@pytest.fixture
def mona(app: Flask) -> Visitor:
    return of_role(app, "Mona", Role.MODERATOR)


@pytest.fixture
def olga(app: Flask) -> Visitor:
    return of_role(app, "Olga", Role.OWNER)


@pytest.fixture
def rhea(app: Flask) -> Account:
    return make.account("Rhea")


# ---- the page


def test_a_page_says_what_is_known_of_an_account(mona: Visitor, rhea: Account) -> None:
    one = make.comment(by=rhea, body="Pelicans scoop.")
    make.comment(by=rhea, body="It waits.", held=True)
    mona.call("POST", f"comments/{one.id}/decisions", {"decision": "spam", "reason": "Off topic."})
    with writing():
        sessions.begin(rhea, make.visitor("Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"))
        db.session.add(RefusedAddress(address="rhea@example.org", error="550 No such user"))
    page = mona.get(f"{PAGE}/{rhea.public_id}").text
    said = text(page)
    for words in (
        *("Rhea", "Reader", "rhea@example.org", "550 No such user", "Firefox on Linux"),
        *("Pelicans scoop.", "It waits.", "marked as spam", "Off topic.", "2 comments"),
    ):
        assert words in said
    waiting = text(mona.get(f"{PAGE}/{rhea.public_id}?state=pending").text)
    assert "It waits." in waiting
    assert "Pelicans scoop." not in waiting
    given = mona.call("GET", f"people/{rhea.public_id}?state=pending").json
    assert [each["source"] for each in given["comments"]] == ["It waits."]
    assert given["counts"] == {"pending": 1, "published": 0, "rejected": 1, "deleted": 0}
    assert outbox.refused("rhea@example.org") is not None


@by_json_and_form
def test_a_guest_has_a_page_by_the_session_in_which_he_wrote(
    app: Flask, mona: Visitor, by: str
) -> None:
    with writing():
        session, _ = sessions.begin(None, make.visitor())
    make.comment(session=session, body="Insult.", held=True)
    make.comment(body="Of another guest.")
    key = f"guest-{session.id}"
    assert f'href="{PAGE}/{key}"' in mona.get("/comments/moderation/").text
    said = text(mona.get(f"{PAGE}/{key}").text)
    assert "Gus" in said
    assert "Insult." in said
    assert "Of another guest." not in said
    given = {"lasts": "day", "reason": "Insults.", "also": "spam"}
    done(do(mona, by, key, "ban", given))
    done(do(mona, by, key, "note", {"note": "Third time."}))
    assert db.session.query(Ban).one().session_id == session.id
    assert db.session.query(PersonNote).one().session_id == session.id
    assert db.session.query(Decision).count() == 1


@one_database
def test_no_payload_in_a_note_or_a_reason_becomes_markup(
    app: Flask, mona: Visitor, rhea: Account
) -> None:
    key = rhea.public_id
    for payload in SHORT:
        note = do(mona, "form", key, "note", {"note": payload})
        ban = do(mona, "form", key, "ban", {"lasts": "hour", "reason": payload})
        assert {note.status_code, ban.status_code} <= {303, 422}
        for path in (f"{PAGE}/{key}", f"{PAGE}?q={quote(payload)}"):
            check(mona.get(path).text, path)
        reader = visiting(app, rhea)
        check(reader.get("/comments/account").text, f"the account banned for {payload}")
        refused = reader.post("/comments/threads/pelicans", {"body": payload, "act": "post"})
        assert refused.status_code in (303, 403, 422)
        if refused.status_code == 403:
            check(refused.text, f"the refusal for {payload}")
        with writing():
            db.session.query(Ban).delete()
            db.session.query(PersonNote).delete()


def test_there_is_no_page_of_nobody(mona: Visitor, rhea: Account) -> None:
    of_account = db.session.query(Session).first()
    assert of_account is not None
    for key in ("x", "guest-0", "guest-99", f"guest-{9 * 10**18}", f"guest-{of_account.id}"):
        assert mona.get(f"{PAGE}/{key}").status_code == 404
        assert is_problem(mona.call("GET", f"people/{key}"), "unknown_person")
    assert mona.post("/comments/moderation/bans/9").status_code == 404
    assert is_problem(mona.call("POST", "bans/9/end", {}), "unknown_ban")


@by_json_and_form
def test_a_note_is_read_by_moderators_and_by_whom_it_is_about(
    app: Flask, mona: Visitor, rhea: Account, by: str
) -> None:
    done(do(mona, by, rhea.public_id, "note", {"note": "Was warned."}))
    assert "Was warned." in text(mona.get(f"{PAGE}/{rhea.public_id}").text)
    visitor = visiting(app, rhea)
    assert "Was warned." not in visitor.get(f"/comments/people/{rhea.public_id}").text
    data = visitor.post("/comments/account/data").json
    assert [each["text"] for each in data["notes_on_people"]["about"]] == ["Was warned."]
    assert do(mona, by, rhea.public_id, "note", {"note": " "}).status_code == 422
    # It goes with the account.
    visitor.post("/comments/account/delete", {"comments": "keep"})
    assert db.session.query(PersonNote).count() == 0


@by_json_and_form
def test_an_owner_gives_a_role_and_a_moderator_does_not(
    app: Flask, olga: Visitor, mona: Visitor, rhea: Account, by: str
) -> None:
    given = {"role": "moderator"}
    assert do(mona, by, rhea.public_id, "role", given).status_code == 403
    assert 'value="role"' not in mona.get(f"{PAGE}/{rhea.public_id}").text
    with writing():
        _, token = sessions.begin(rhea, make.visitor())
    done(do(olga, by, rhea.public_id, "role", given))
    assert db.session.get_one(Account, rhea.id).role is Role.MODERATOR
    assert sessions.of_token(token) is None
    with writing():
        db.session.query(Session).update({"proved_at": now() - timedelta(hours=1)})
    answer = do(olga, by, rhea.public_id, "role", {"role": "owner"})
    assert answer.status_code == (401 if by == "json" else 303)
    assert db.session.get_one(Account, rhea.id).role is Role.MODERATOR
    if by == "form":
        # What was chosen waits in the form until it is known who he is.
        [then] = parse_qs(urlsplit(answer.headers["Location"]).query)["next"]
        assert '<option value="owner" selected>' in olga.get(then).text


@by_json_and_form
def test_the_last_owner_is_not_demoted_on_the_page_either(
    app: Flask, olga: Visitor, by: str
) -> None:
    own = db.session.query(Account).filter_by(name="Olga").one()
    answer = do(olga, by, own.public_id, "role", {"role": "reader"})
    assert answer.status_code == 403
    assert "only owner" in answer.text
    assert db.session.get_one(Account, own.id).role is Role.OWNER


# ---- all of them


def test_people_are_found_by_words_role_and_bans(mona: Visitor, rhea: Account) -> None:
    make.account("Nils")
    make.banned(rhea)
    make.account("Per%cent")

    def found(query: str) -> list[str]:
        answer = mona.call("GET", f"people?{query}")
        names = [each["name"] for each in answer.json["people"]]
        page = text(mona.get(f"{PAGE}?{query}").text)
        assert all(name in page for name in names)
        return names

    assert found("") == ["Per%cent", "Nils", "Rhea", "Mona"]
    assert found("q=RHE") == ["Rhea"]
    assert found("q=example.org+ni") == ["Nils"]
    assert found("q=%25") == ["Per%cent"]
    assert found("role=moderator") == ["Mona"]
    assert found("banned=yes") == ["Rhea"]
    assert found("q=nobody") == []


def test_the_list_has_pages(mona: Visitor, rhea: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(people, "PAGE", 1)
    first = mona.get(PAGE).text
    assert "Rhea" in text(first)
    links = [each.attributes.get("href") or "" for each in read(first).elements if each.tag == "a"]
    [second] = [each for each in links if "page=2" in each]
    assert "Mona" in text(mona.get(second).text)


def test_only_who_looks_after_people_is_led_to_them(app: Flask, mona: Visitor) -> None:
    assert f'href="{PAGE}"' in mona.get("/comments/moderation/").text
    ada = of_role(app, "Ada", Role.AUTHOR)
    assert f'href="{PAGE}"' not in ada.get("/comments/moderation/").text


# ---- what it costs


@one_database
def test_a_persons_page_costs_as_many_queries_with_10_comments_as_with_10_000(
    mona: Visitor, rhea: Account
) -> None:
    counts = []
    for first, many in ((1_000, 10), (2_000, 9_990)):
        make.many(
            [
                {
                    "id": first + n,
                    "account_id": rhea.id,
                    "name": None,
                    "status": list(Status)[n % 4],
                }
                for n in range(many)
            ]
        )
        # The owner's rules are kept for a moment from one request to the next: they are read here.
        mona.get(f"{PAGE}/{rhea.public_id}")
        db.session.refresh(rhea)
        with sent() as statements:
            assert mona.get(f"{PAGE}/{rhea.public_id}").status_code == 200
        counts.append(len(statements))
        with sent() as statements:
            assert mona.call("GET", f"people/{rhea.public_id}?page=2").status_code == 200
        counts.append(len(statements))
        with sent() as statements:
            assert mona.get(PAGE).status_code == 200
        counts.append(len(statements))
    assert counts[:3] == counts[3:]
    # Who asks, the blog, what waits; the person, the counts, sessions, notes, bans, the network; how many
    # comments, their numbers, themselves, what was decided on them; whether the address takes e-mails.
    # As JSON, how many notes each comment has as well.
    assert counts[:3] == [14, 12, 6]
