"""From the wish to be told to the e-mail, and from its link to silence."""

import re
from typing import Any

import pytest
from flask import Flask

from comments_service.config import Rate
from comments_service.mail.letters import Letter
from comments_service.models import Account, Comment
from tests import make
from tests.api.commenting import only_comment, post
from tests.api.people import visiting
from tests.conftest import SITE, Visitor, link_in
from tests.unit.telling import letters, posted, told

GUS = {"body": "Who knows?", "name": "Gus", "email": "gus@example.org", "notify": "yes"}


@pytest.fixture
def changed_settings() -> dict[str, Any]:
    return {"trust_after": 0, "limit_sign_up": (Rate(100, 3600),)}


@pytest.fixture(autouse=True)
def _thread(app: Flask) -> None:
    make.site(title="Shore Leave")
    make.thread(title="How pelicans fish")


@pytest.fixture
def rhea(app: Flask) -> Account:
    return make.account("Rhea")


def link(letter: Letter, page: str) -> str:
    """The path of a link to this page in a letter; it stands in both of its parts."""
    found = re.search(rf"{SITE}(/comments/{page}/\S+)", letter.text)
    assert found, letter.text
    assert f'href="{SITE}{found[1]}"' in letter.html
    return found[1]


def one_click(visitor: Visitor, letter: Letter) -> None:
    """Press the button that a mail program shows beside the sender's name (RFC 8058)."""
    assert letter.unsubscribe_url
    path = letter.unsubscribe_url.removeprefix(SITE)
    assert path == link(letter, "unsubscribe")
    form = {"List-Unsubscribe": "One-Click"}
    assert visitor.post(path, form, headers={"Origin": None}).status_code == 200


def asked_and_confirmed(guest: Visitor, by: str, emails: Any) -> Comment:
    post(guest, by, GUS)
    path = link_in(emails()[0][2])
    wanted = re.findall(r'name="wanted" value="(\d+)"', guest.get(path).text)
    assert guest.post(path, {"wanted": wanted}).status_code == 303
    told()
    return only_comment()


@pytest.mark.parametrize("by", ["json", "form"])
def test_a_guest_asks_is_answered_and_stops_it_with_one_click(
    guest: Visitor, stranger: Visitor, emails: Any, by: str
) -> None:
    mine = asked_and_confirmed(guest, by, emails)
    post(stranger, by, {"body": "I do.", "name": "Wanda", "parent": mine.id})
    [letter] = letters()
    assert "Wanda answered you" in letter.subject
    assert "gus@example.org" not in letter.text + letter.html
    # Reading it, and looking at where its links lead, stops nothing.
    assert stranger.get(link(letter, "unsubscribe")).status_code == 200
    assert "gus@example.org" in stranger.get(link(letter, "notifications")).text
    for _ in range(2):
        one_click(stranger, letter)
    before = len(told())
    post(stranger, by, {"body": "So do I.", "name": "Wanda", "parent": mine.id})
    assert len(told()) == before


def test_who_did_not_say_yes_is_told_of_nothing(
    guest: Visitor, stranger: Visitor, emails: Any
) -> None:
    post(guest, "json", GUS)
    parent = only_comment().id
    post(stranger, "json", {"body": "I do.", "name": "Wanda", "parent": parent})
    assert told() == []
    assert [to for to, _, _ in emails()] == ["gus@example.org"]


def test_a_reader_follows_a_thread_and_stops_it_and_still_hears_of_answers(
    app: Flask, rhea: Account, guest: Visitor
) -> None:
    reader = visiting(app, rhea)
    reader.post("/comments/threads/pelicans/notifications", {"level": "all"})
    posted("A new one.")
    [letter] = letters()
    assert "1 new comment" in letter.subject
    one_click(guest, letter)
    mine = make.comment(by=rhea)
    posted("Another.")
    answer = posted("An answer.", parent=mine)
    assert [(kind, number) for _, kind, number in told()[1:]] == [("answer", answer.id)]


@pytest.mark.parametrize("by", ["json", "form"])
def test_a_muted_thread_is_silent_even_for_an_answer(app: Flask, rhea: Account, by: str) -> None:
    reader = visiting(app, rhea)
    mine = make.comment(by=rhea)
    if by == "json":
        reader.call("PATCH", "threads/pelicans/notifications", {"level": "nothing"})
    else:
        reader.post("/comments/threads/pelicans/notifications", {"level": "nothing"})
    posted("An answer.", parent=mine)
    posted("@Rhea, are you there?")
    assert letters() == []


def test_a_mentioned_reader_is_told_and_stops_it(app: Flask, rhea: Account, guest: Visitor) -> None:
    make.comment(by=rhea)
    posted("@Rhea, are you there?", name="Wanda")
    [letter] = letters()
    assert "Wanda mentioned you" in letter.subject
    one_click(guest, letter)
    posted("@Rhea, once more?", name="Wanda")
    assert len(told()) == 1


@pytest.mark.parametrize("soon", ["never", "daily"])
def test_a_kind_comes_as_soon_as_it_was_chosen(app: Flask, rhea: Account, soon: str) -> None:
    reader = visiting(app, rhea)
    reader.call("PATCH", "notifications", {"choices": {"answer": soon}})
    posted("An answer.", parent=make.comment(by=rhea))
    assert len(told()) == (0 if soon == "never" else 1)


def test_everything_off_is_everything(app: Flask, rhea: Account) -> None:
    reader = visiting(app, rhea)
    reader.call("PATCH", "threads/pelicans/notifications", {"level": "all"})
    reader.post("/comments/account/notifications", {"act": "off"})
    posted("An answer.", parent=make.comment(by=rhea))
    assert letters() == []


def test_a_moderators_letter_stops_its_kind(app: Flask, moderator: Visitor, guest: Visitor) -> None:
    posted(held=True)
    [letter] = letters()
    one_click(guest, letter)
    assert moderator.call("GET", "notifications").json["choices"]["moderation"] == "never"
    posted("Another.", held=True)
    assert len(told()) == 1
