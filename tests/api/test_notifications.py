"""What one is told of: each kind, each thread, everything off; by an account and by an e-mail's link."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service.db import db, writing
from comments_service.models import (
    Account,
    Comment,
    Email,
    Preference,
    Recipient,
    Subscription,
    now,
)
from comments_service.notifications import signed_links, subscriptions
from comments_service.notifications.subscriptions import Level
from tests import make
from tests.conftest import Answer, Visitor

HERE = "/comments/account/notifications"


@pytest.fixture(autouse=True)
def _threads(app: Flask) -> None:
    make.thread()
    make.thread("gulls")


def rhea() -> Account:
    return db.session.scalars(sa.select(Account).where(Account.name == "Rhea")).one()


def guest_recipient(email: str = "gus@example.org", *levels: str) -> Recipient:
    """A guest whose address was confirmed, with an answer in each of these threads."""
    with writing():
        made = subscriptions.of_guest(email, "en")
        made.confirmed_at = now()
        for thread_id in levels:
            subscriptions.choose(made, thread_id, Level.ANSWERS)
    return made


def link(recipient: Recipient, *words: str) -> str:
    """The path of a link that stands in this recipient's e-mails."""
    db.session.refresh(recipient)
    if words:
        kind, *thread = words
        return f"/comments/unsubscribe/{signed_links.unsubscribe(recipient, kind, *thread)}"
    return f"/comments/notifications/{signed_links.preferences(recipient)}"


def level(visitor: Visitor, by: str, value: str, thread: str = "pelicans") -> Answer:
    if by == "json":
        return visitor.call("PATCH", f"threads/{thread}/notifications", {"level": value})
    return visitor.post(f"/comments/threads/{thread}/notifications", {"level": value})


def save(visitor: Visitor, by: str, **groups: dict[str, str]) -> Answer:
    if by == "json":
        return visitor.call("PATCH", "notifications", groups)
    form = {f"{group}.{name}": each for group, all in groups.items() for name, each in all.items()}
    return visitor.post(HERE, form)


def stored() -> list[tuple[str, str | None, bool]]:
    db.session.rollback()
    found = db.session.scalars(sa.select(Subscription).order_by(Subscription.id))
    return [(each.kind, each.thread_id, each.muted) for each in found]


def choices() -> dict[str, str]:
    db.session.rollback()
    return {each.kind: str(each.choice) for each in db.session.scalars(sa.select(Preference))}


# ---- a thread


@pytest.mark.parametrize("by", ["json", "form"])
def test_an_account_says_what_to_hear_of_a_thread(reader: Visitor, by: str) -> None:
    assert reader.call("GET", "me?thread=pelicans").json["level"] == "answers"
    for value, kept in (
        ("all", [("thread", "pelicans", False)]),
        ("nothing", [("answer", "pelicans", True)]),
        ("nothing", [("answer", "pelicans", True)]),
        ("all", [("thread", "pelicans", False)]),
        ("answers", []),
    ):
        answer = level(reader, by, value)
        assert answer.status_code == (200 if by == "json" else 303)
        assert stored() == kept
        assert reader.call("GET", "me?thread=pelicans").json["level"] == value
        page = reader.get("/comments/threads/pelicans").text
        assert f'<option value="{value}" selected>' in page
    assert reader.call("GET", "me?thread=gulls").json["level"] == "answers"


@pytest.mark.parametrize("by", ["json", "form"])
def test_what_no_thread_can_have_is_refused(reader: Visitor, guest: Visitor, by: str) -> None:
    assert level(reader, by, "much").status_code == 422
    assert level(reader, by, "all", "nowhere").status_code == 404
    assert stored() == []


def test_only_who_is_signed_in_says_it_by_its_account(guest: Visitor) -> None:
    assert level(guest, "json", "all").status_code == 401
    # A form without an address is asked for one.
    assert level(guest, "form", "all").status_code == 422
    assert guest.call("GET", "me?thread=pelicans").json["level"] is None
    assert guest.call("GET", "notifications").status_code == 401


# ---- kinds


@pytest.mark.parametrize("by", ["json", "form"])
def test_an_account_chooses_how_soon_by_kind(reader: Visitor, by: str) -> None:
    assert save(reader, by, choices={"answer": "daily", "thread": "never"}).status_code in (
        200,
        303,
    )
    assert choices() == {"answer": "daily", "thread": "never"}
    said = reader.call("GET", "notifications").json
    assert said["choices"]["answer"] == "daily"
    assert said["choices"]["mention"] == "at once"
    assert '<option value="daily" selected>' in reader.get(HERE).text
    # What is the default again is not stored.
    save(reader, by, choices={"answer": "at once"}, threads={"gulls": "all"})
    assert choices() == {"thread": "never"}
    assert stored() == [("thread", "gulls", False)]
    page = reader.get(HERE).text
    assert 'name="threads.gulls"' in page


@pytest.mark.parametrize("by", ["json", "form"])
@pytest.mark.parametrize(
    "given",
    [{"moderation": "daily"}, {"unknown": "daily"}, {"answer": "yearly"}, {"decided": "daily"}],
)
def test_what_is_not_offered_cannot_be_chosen(
    reader: Visitor, by: str, given: dict[str, str]
) -> None:
    assert save(reader, by, choices=given).status_code == 422
    assert choices() == {}


@pytest.mark.parametrize("by", ["json", "form"])
def test_moderators_choose_what_they_hear_of_the_queue(moderator: Visitor, by: str) -> None:
    save(moderator, by, choices={"moderation": "daily"})
    assert choices() == {"moderation": "daily"}


def test_everything_off_keeps_what_was_chosen(reader: Visitor) -> None:
    save(reader, "form", choices={"answer": "daily"})
    reader.post(HERE, {"act": "off"})
    assert reader.call("GET", "notifications").json["all_off"] is True
    assert "switched off" in reader.get(HERE).text
    assert choices() == {"answer": "daily"}
    reader.post(HERE, {"act": "on"})
    assert reader.call("GET", "notifications").json["all_off"] is False
    reader.call("PATCH", "notifications", {"all_off": True})
    assert reader.call("GET", "notifications").json["all_off"] is True


def test_looking_stores_nothing(reader: Visitor) -> None:
    reader.get(HERE)
    reader.call("GET", "notifications")
    assert db.session.scalars(sa.select(Recipient)).all() == []


def test_it_goes_with_the_account(reader: Visitor) -> None:
    save(reader, "json", choices={"answer": "daily"}, threads={"gulls": "all"})
    data = reader.post("/comments/account/data").json
    assert data["notifications"]["choices"] == [{"kind": "answer", "choice": "daily"}]
    assert [each["thread"] for each in data["notifications"]["followed"]] == ["gulls"]
    reader.post("/comments/account/delete", {"comments": "keep"})
    for table in (Recipient, Preference, Subscription):
        assert db.session.scalars(sa.select(table)).all() == []


# ---- by the link of an e-mail


def test_a_guest_chooses_by_the_link_of_an_e_mail(guest: Visitor) -> None:
    recipient = guest_recipient("gus@example.org", "pelicans", "gulls")
    here = link(recipient)
    page = guest.get(here)
    assert page.status_code == 200
    assert "gus@example.org" in page.text
    # What only those hear of who decide is not offered.
    assert "choices.moderation" not in page.text
    form = {"choices.answer": "daily", "threads.pelicans": "nothing", "threads.gulls": "all"}
    assert guest.post(here, form).status_code == 303
    assert choices() == {"answer": "daily"}
    assert set(stored()) == {
        *(("answer", "pelicans", True), ("answer", "gulls", False), ("thread", "gulls", False)),
    }


def test_an_accounts_link_works_signed_out_and_gives_no_other_right(
    reader: Visitor, stranger: Visitor
) -> None:
    save(reader, "json", choices={"answer": "daily"})
    here = link(db.session.scalars(sa.select(Recipient)).one())
    assert stranger.get(here).status_code == 200
    stranger.post(here, {"choices.answer": "never"})
    assert choices() == {"answer": "never"}
    # It does not sign in, nor deletes an account's address.
    assert stranger.call("GET", "me").json["account"] is None
    assert stranger.get("/comments/account").status_code == 303
    assert "Forget this address" not in stranger.get(here).text
    stranger.post(here, {"act": "forget"})
    assert rhea().email == "rhea@example.org"
    assert db.session.scalars(sa.select(Recipient.account_id)).all() == [rhea().id]


def test_a_guests_address_is_forgotten_everywhere(guest: Visitor) -> None:
    mine = make.comment(email="Gus@example.org", name="Gus")
    others = make.comment(email="wanda@example.org", name="Wanda")
    recipient = guest_recipient("gus@example.org", "pelicans")
    with writing():
        for to in ("gus@example.org", "wanda@example.org"):
            db.session.add(Email(recipient=to, subject="Hello", text="Hello"))
    here = link(recipient)
    answer = guest.post(here, {"act": "forget"})
    assert "Your address is forgotten" in answer.text
    db.session.rollback()
    kept = {each.id: each.email for each in db.session.scalars(sa.select(Comment))}
    assert kept == {mine.id: None, others.id: "wanda@example.org"}
    assert db.session.scalars(sa.select(Email.recipient)).all() == ["wanda@example.org"]
    assert stored() == []
    # Its links lead nowhere any more, and say what to do.
    guest_recipient("other@example.org")
    gone = guest.get(here)
    assert gone.status_code == 404
    assert "use the link in the newest of them" in gone.text


@pytest.mark.parametrize("change", ["cut", "other", "purpose", "thread", "nonsense"])
def test_a_link_that_is_not_ours_changes_nothing(guest: Visitor, change: str) -> None:
    recipient = guest_recipient("gus@example.org", "pelicans")
    other = guest_recipient("wanda@example.org", "pelicans")
    path = link(recipient, "answer", "pelicans")
    wrong = {
        "cut": path[:-1],
        "other": path.replace(f"/{recipient.id}.", f"/{other.id}."),
        "purpose": link(recipient).replace("notifications", "unsubscribe"),
        "thread": path.replace("pelicans", "gulls"),
        "nonsense": "/comments/unsubscribe/1.answer.pelicans.中",
    }[change]
    before = stored()
    for answer in (guest.get(wrong), guest.post(wrong, {"List-Unsubscribe": "One-Click"})):
        assert answer.status_code == 404
        assert "This link is not complete" in answer.text
    assert stored() == before


# ---- unsubscribing


def one_click(visitor: Visitor, path: str) -> Answer:
    """As a mail program posts it: from no page, with no cookie (RFC 8058)."""
    return visitor.post(path, {"List-Unsubscribe": "One-Click"}, headers={"Origin": None})


@pytest.mark.parametrize("origin", [None, "null", "https://mail.example"])
def test_one_click_stops_the_answers_of_a_thread(guest: Visitor, origin: str | None) -> None:
    recipient = guest_recipient("gus@example.org", "pelicans", "gulls")
    path = link(recipient, "answer", "pelicans")
    before = stored()
    # Following the link, as scanners do, says only what would stop.
    page = guest.get(path)
    assert "Stop all e-mails about this conversation" in page.text
    assert stored() == before
    for _ in range(2):
        answer = guest.post(path, {"List-Unsubscribe": "One-Click"}, headers={"Origin": origin})
        assert answer.status_code == 200
        assert "No e-mail about this conversation comes to you any more" in answer.text
        assert stored() == [("answer", "pelicans", True), ("answer", "gulls", False)]


def test_one_click_stops_new_comments_and_keeps_answers(reader: Visitor, guest: Visitor) -> None:
    level(reader, "json", "all")
    path = link(db.session.scalars(sa.select(Recipient)).one(), "thread", "pelicans")
    assert "Answers to you still are" in one_click(guest, path).text
    assert stored() == []
    assert reader.call("GET", "me?thread=pelicans").json["level"] == "answers"
    assert one_click(guest, path).status_code == 200


def test_one_click_stops_a_kind(moderator: Visitor, guest: Visitor) -> None:
    save(moderator, "json", choices={"moderation": "daily"})
    path = link(db.session.scalars(sa.select(Recipient)).one(), "moderation")
    for _ in range(2):
        assert one_click(guest, path).status_code == 200
        assert choices() == {"moderation": "never"}


def test_one_click_ends_what_is_of_the_whole_blog(guest: Visitor) -> None:
    recipient = guest_recipient("gus@example.org")
    with writing():
        subscriptions.put(recipient, "articles", None)
    path = link(recipient, "articles")
    assert path in guest.get(link(recipient)).text
    assert one_click(guest, path).status_code == 200
    assert stored() == []
    assert choices() == {}
    assert path not in guest.get(link(recipient)).text


@pytest.mark.parametrize(("act", "left"), [("mute", "nothing"), ("off", "all")])
def test_the_links_page_offers_more(reader: Visitor, guest: Visitor, act: str, left: str) -> None:
    level(reader, "json", "all")
    path = link(db.session.scalars(sa.select(Recipient)).one(), "thread", "pelicans")
    assert f'value="{act}"' in guest.get(path).text
    guest.post(path, {"act": act})
    said = reader.call("GET", "notifications").json
    assert said["threads"] == {"pelicans": left}
    assert said["all_off"] is (act == "off")


def test_it_leads_on_to_all_choices(guest: Visitor) -> None:
    recipient = guest_recipient("gus@example.org", "pelicans")
    page = guest.get(link(recipient, "answer", "pelicans")).text
    found = re.search(r'href="(/comments/notifications/[^"]+)"', page)
    assert found
    assert guest.get(found[1]).status_code == 200


def test_a_link_takes_no_large_body(guest: Visitor) -> None:
    path = link(guest_recipient("gus@example.org", "pelicans"), "answer", "pelicans")
    answer = guest.post(path, {"x": "y" * 300_000}, headers={"Origin": None})
    assert answer.status_code == 413
    assert stored() == [("answer", "pelicans", False)]


def test_those_who_choose_first_at_one_moment_are_one(app: Flask) -> None:
    account = make.account("Rhea")
    number = account.id
    together = Barrier(4)

    def choose(each: int) -> int:
        with app.app_context():
            together.wait()
            with writing():
                if each % 2:
                    return subscriptions.of_account(number).id
                return subscriptions.of_guest(
                    ["gus@example.org", "GUS@example.org"][each // 2], "en"
                ).id

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(choose, range(4)))
    assert len(set(found)) == 2
    assert found[0] == found[2]
