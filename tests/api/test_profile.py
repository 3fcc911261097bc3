"""Profiles: what an account says of itself, everywhere its comments stand, and the page of its own."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from comments_service import avatars, by_writer, comments, sessions, threads
from comments_service.accounts import names
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.inputs import NewDecision
from comments_service.models import Account, Policy, RateCount, Role, Status, Thread
from comments_service.publishing import publisher
from tests import make
from tests.api.people import of_role, read, text, visiting
from tests.conftest import Visitor, one_database

PROFILE = "/comments/account/profile"


def profile(visitor: Visitor, name: str = "Rhea", **fields: str) -> Any:
    """Send the form as a browser does: a box that is not ticked is not sent."""
    form = {"name": name, "bio": "", "link": "", "shown": "on", **fields}
    return visitor.post(PROFILE, {name: value for name, value in form.items() if value != "off"})


def of(name: str) -> Account:
    return db.session.query(Account).filter_by(name_key=names.key(name)).one()


def page_of(name: str) -> str:
    return f"/comments/people/{of(name).public_id}"


# ---- the form


def test_a_stranger_is_led_to_sign_in(guest: Visitor) -> None:
    answer = guest.get(PROFILE)
    assert answer.status_code == 303
    assert answer.location == "/comments/sign-in?next=%2Fcomments%2Faccount%2Fprofile"
    assert guest.post(PROFILE, {"name": "Gus"}).status_code == 401


def test_what_one_says_of_oneself_is_kept_and_shown(reader: Visitor, guest: Visitor) -> None:
    answer = profile(reader, bio="I *watch* pelicans.", link="rhea.example/birds")
    assert answer.status_code == 303
    form = reader.get(PROFILE).text
    assert "I *watch* pelicans.</textarea>" in form
    assert 'value="https://rhea.example/birds"' in form
    assert "Saved." in text(form)
    page = guest.get(page_of("Rhea")).text
    assert "I <em>watch</em> pelicans." in page
    assert '<a href="https://rhea.example/birds" rel="nofollow ugc noopener">' in page
    assert 'content="noindex"' in page


def test_a_new_name_stands_beside_all_that_one_has_published(
    app: Flask, reader: Visitor, fragment: Any, settings: Settings
) -> None:
    rhea = of("Rhea")
    for name in ("pelicans", "gulls", "herons"):
        make.thread(name)
    mine = make.comment("pelicans", by=rhea)
    make.comment("pelicans", parent=mine, body="Indeed.")
    make.comment("gulls", by=rhea)
    make.comment("herons")
    publisher.publish_all(settings)
    before = {each.id: each.revision for each in db.session.query(Thread)}
    assert profile(reader, "Rhea Finch").status_code == 303
    assert fragment("pelicans").count("Rhea Finch") == 3
    assert "Rhea Finch" in fragment("gulls")
    after = {each.id: each.revision for each in db.session.query(Thread)}
    assert {name: after[name] - before[name] for name in after} == {
        "pelicans": 1,
        "gulls": 1,
        "herons": 0,
    }
    assert "Rhea Finch" in (settings.published / "recent.html").read_text()


def test_what_comments_do_not_show_publishes_nothing_anew(reader: Visitor) -> None:
    make.thread()
    make.comment(by=of("Rhea"))
    before = db.session.query(Thread).one().revision
    profile(reader, bio="New words.", link="https://rhea.example")
    assert db.session.query(Thread).one().revision == before


@pytest.mark.parametrize("name", ["Max", "MAX", "Mаx", "m-a-x"])
def test_a_name_that_looks_like_anothers_is_refused(reader: Visitor, name: str) -> None:
    make.account("Max")
    answer = profile(reader, name, bio="Kept.")
    assert answer.status_code == 422
    assert "This name is taken" in answer.text
    assert "Kept.</textarea>" in answer.text
    assert of("Rhea").name == "Rhea"


def test_ones_own_name_may_change_its_case_and_its_accents(reader: Visitor) -> None:
    assert profile(reader, "RHÉA").status_code == 303
    assert of("rhea").name == "RHÉA"


@one_database
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 51),
        ("name", "R\u202ehea"),
        ("bio", "x" * 501),
        ("bio", "hidden \u202e words"),
        ("bio", ">" * 12 + " deep"),
        ("link", "javascript:alert(1)"),
        ("link", "https://rhea.example/ x"),
    ],
)
def test_what_cannot_be_taken_is_said_at_its_field(reader: Visitor, field: str, value: str) -> None:
    answer = profile(reader, **{"name": "Rhea", field: value})
    assert answer.status_code == 422
    (wrong,) = [each for each in read(answer.text).elements if "aria-invalid" in each.attributes]
    assert wrong.attributes["name"] == field
    assert (of("Rhea").bio, of("Rhea").link) == ("", None)


def test_a_name_changes_five_times_a_day(reader: Visitor) -> None:
    for number in range(5):
        assert profile(reader, f"Rhea {'I' * (number + 1)}").status_code == 303
    answer = profile(reader, "Rhea the last")
    assert answer.status_code == 429
    assert "Please try again tomorrow." in answer.text
    assert profile(reader, "Rhea IIIII", bio="Still mine to change.").status_code == 303


def test_an_author_cannot_take_the_name_on_anothers_articles(app: Flask, author: Visitor) -> None:
    make.thread("pelicans", authors=["Ada"])
    make.thread("gulls", authors=["Bea", "Ada"])
    make.thread("herons", authors=["Bea"])
    waiting = make.comment("herons", held=True)
    answer = profile(author, "Bea")
    assert answer.status_code == 422
    assert "the name of an author on this site" in answer.text
    assert not comments.may_moderate(of("Ada"), threads.get("herons"))
    decided = author.call("POST", f"comments/{waiting.id}/decisions", {"decision": "publish"})
    assert decided.status_code == 403
    assert profile(author, "Ada Quill").status_code == 303


# ---- the public page


def test_the_page_lists_what_is_published_newest_first(
    app: Flask, reader: Visitor, guest: Visitor
) -> None:
    rhea = of("Rhea")
    for name in ("pelicans", "gulls"):
        make.thread(name)
    make.thread("hidden", policy=Policy.OFF)
    make.thread("gone", listed=False)
    make.comment("pelicans", "First words.", by=rhea, minutes_ago=3)
    make.comment("gulls", "Second words.", by=rhea, minutes_ago=2)
    for status in (Status.PENDING, Status.REJECTED, Status.DELETED):
        make.comment("gulls", f"It is {status}.", by=rhea, status=status)
    make.comment("hidden", "Nobody reads it.", by=rhea)
    make.comment("gone", "Its article is gone.", by=rhea)
    make.comment("gulls", "Somebody else's.")
    page = guest.get(page_of("Rhea")).text
    assert re.findall(r"(?:First|Second) words", page) == ["Second words", "First words"]
    for hidden in ("It is", "Nobody reads", "article is gone", "Somebody else"):
        assert hidden not in page
    assert "2 comments" in text(page)
    assert f'<path d="{avatars.pattern(rhea.public_id)}"/>' in page
    links = re.findall(r'href="(http://blog\.test/[a-z]+/#comment-\d+)"', page)
    assert [each.split("#")[0] for each in links] == [
        "http://blog.test/gulls/",
        "http://blog.test/pelicans/",
    ]


def test_the_page_has_pages(reader: Visitor, guest: Visitor) -> None:
    make.thread()
    rhea = of("Rhea")
    for number in range(26):
        make.comment(body=f"Number {number}.", by=rhea, minutes_ago=30 - number)
    first, second = (guest.get(f"{page_of('Rhea')}?page={n}").text for n in (1, 2))
    assert "Number 25." in first
    assert "Number 0." not in first
    assert "Number 0." in second
    assert "26 comments" in text(second)
    assert '<span aria-current="page">2</span>' in second
    for odd in ("0", "x", "99999999999", "٣"):
        assert guest.get(page_of("Rhea"), query_string={"page": odd}).status_code == 200


def test_the_page_costs_the_same_however_much_there_is(app: Flask, reader: Visitor) -> None:

    make.thread("pelicans")
    make.thread("gulls")
    rhea = of("Rhea")
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    def cost() -> int:
        sent.clear()
        event.listen(db.engine, "before_cursor_execute", note)
        assert by_writer.said(rhea).total
        event.remove(db.engine, "before_cursor_execute", note)
        return len([each for each in sent if each.startswith("SELECT")])

    make.comment(by=rhea)
    one = cost()
    for number in range(20):
        make.comment(("pelicans", "gulls")[number % 2], by=rhea)
    db.session.expunge_all()
    rhea = of("Rhea")
    assert cost() == one == 2


def test_a_page_that_is_switched_off_is_a_page_that_is_not_there(
    app: Flask, reader: Visitor, guest: Visitor, fragment: Any
) -> None:
    make.thread()
    make.comment(by=of("Rhea"))
    path = page_of("Rhea")
    assert f'href="{path}"' in fragment()
    assert guest.get(path).status_code == 200
    assert profile(reader, shown="off").status_code == 303
    assert f'href="{path}"' not in fragment()
    assert '<bdi class="postil-name">Rhea</bdi>' in fragment()
    hidden, unknown = guest.get(path), guest.get("/comments/people/" + "0" * 20)
    assert hidden.status_code == unknown.status_code == 404
    assert hidden.text.replace(path, "") == unknown.text.replace("/comments/people/" + "0" * 20, "")
    # Not even to its owner: a page that is off is off.
    assert reader.get(path).status_code == 404
    assert "Your page, as others see it" not in reader.get(PROFILE).text
    profile(reader)
    assert f'href="{path}"' in fragment()


def test_a_page_shows_the_role_and_nothing_private(app: Flask, guest: Visitor) -> None:
    of_role(app, "Mona", Role.MODERATOR)
    of_role(app, "Olga", Role.OWNER)
    make.account("Author")
    badge = re.compile(r'class="postil-badge">([^<]+)<')
    assert badge.findall(guest.get(page_of("Mona")).text) == ["Moderator"]
    assert badge.findall(guest.get(page_of("Olga")).text) == ["Author"]
    assert badge.findall(guest.get(page_of("Author")).text) == []
    for name in ("Mona", "Olga", "Author"):
        assert "@" not in guest.get(page_of(name)).text


def test_moderators_see_the_same_picture(app: Flask, moderator: Visitor) -> None:
    make.thread()
    rhea = make.account("Rhea")
    mine = make.comment(by=rhea, held=True)
    make.comment(name="gus", held=True)
    drawn = f'<path d="{avatars.pattern(rhea.public_id)}"/>'
    queue = moderator.get("/comments/moderation/").text
    assert queue.count(drawn) == 1
    assert re.findall(r"postil-avatar[^>]*>([^<]*)</span>", queue) == ["G"]
    assert moderator.get(f"/comments/moderation/comments/{mine.id}").text.count(drawn) == 1


# ---- who one is taken for


def test_a_guest_cannot_wear_an_accounts_name_or_address(
    app: Flask, guest: Visitor, fragment: Any
) -> None:
    make.thread()
    ada = make.account("Ada", role=Role.AUTHOR)
    for name in ("Ada", "ADA", "Аda", "A d a"):
        answer = guest.call("POST", "threads/pelicans/comments", {"name": name, "body": "I am."})
        assert answer.status_code == 422
        assert "belongs to an account" in answer.json["fields"]["name"]
    # With her address beside another name it is a guest's comment like all others.
    given = {"name": "A. Quill", "email": "ada@example.org", "body": "I wrote the article."}
    number = guest.call("POST", "threads/pelicans/comments", given).json["id"]
    comments.decide(number, None, NewDecision(decision="publish"))
    shown = fragment()
    assert "postil-badge" not in shown
    assert ada.public_id not in shown
    assert avatars.pattern(ada.public_id) not in shown
    assert guest.get("/comments/people/" + ada.public_id).text.count("I wrote the article") == 0
    # Nor does it become hers when she signs in elsewhere.
    assert visiting(app, ada).call("GET", "me?thread=pelicans").json["comments"] == []


def test_a_badge_comes_from_the_role_and_not_from_a_name(
    app: Flask, reader: Visitor, fragment: Any
) -> None:
    make.thread()
    make.comment(by=of("Rhea"))
    for name in ("Author", "Moderator", "Olga · Author"):
        with writing():
            db.session.execute(db.delete(RateCount))
        assert profile(reader, name).status_code == 303
        assert "postil-badge" not in fragment()


# ---- the overview


def rooms(visitor: Visitor) -> dict[str, int]:
    """Where the account's page leads, and what is answered there."""
    page = visitor.get("/comments/account").text
    main = page.split("<main", 1)[1]
    links = re.findall(r'href="/comments/account/([a-z-]+)"', main)
    return {each: visitor.get(f"/comments/account/{each}").status_code for each in links}


ALWAYS = ("profile", "email", "notifications", "second-factor", "sessions", "data", "delete")


def test_the_overview_leads_to_every_section(reader: Visitor) -> None:
    assert rooms(reader) == dict.fromkeys(("password", "passkeys", *ALWAYS), 200)


class TestLittleIsOn:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"passwords": False, "passkeys": False, "github": "id secret"}

    def test_the_overview_leads_to_what_is_switched_on(self, app: Flask) -> None:
        visitor = visiting(app, make.account("Rhea"))
        assert rooms(visitor) == dict.fromkeys(("providers", *ALWAYS), 200)
        assert "GitHub" in visitor.get("/comments/account").text


def test_each_session_says_how_and_when_it_began(app: Flask) -> None:
    rhea = make.account("Rhea")
    visitor = visiting(app, rhea)
    with writing():
        for method in ("password", "letter", "passkey", "elsewhere"):
            sessions.begin(rhea, make.visitor("Firefox on Linux"), method=method)
    page = text(visitor.get("/comments/account/sessions").text)
    for word in ("by password", "by e-mail", "with a passkey", "through elsewhere"):
        assert word in page
    assert page.count("First seen on") == page.count("Last seen on") == 5
    assert page.count("this one") == 1
