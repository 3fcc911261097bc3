"""The words of accounts on every surface: names, links, words about oneself, what was typed into forms."""

import itertools
import re
from typing import Any

import pytest
from flask import Flask

from comments_service.config import Settings
from comments_service.db import db
from comments_service.models import Comment, Role
from tests import make
from tests.api.commenting import make_published
from tests.api.payloads import LONG, SHORT
from tests.api.people import of_role, read, visiting
from tests.api.surfaces import (
    check,
    check_body,
    check_pages,
    check_public,
    forget_limits,
    shows,
    surfaces,
)
from tests.conftest import Visitor, one_database

# What a page does with words does not depend on where they were kept.
pytestmark = one_database


def test_names_of_accounts_are_shown_as_text_on_pages_and_in_letters(
    app: Flask, settings: Settings, emails: Any
) -> None:
    make.thread()
    for number, payload in enumerate(SHORT):
        stranger = Visitor(app)
        form = {"name": payload, "email": f"n{number}@example.org", "password": "a heron at dawn"}
        answer = stranger.post("/comments/sign-up", form)
        if answer.status_code == 429:
            forget_limits()
            answer = stranger.post("/comments/sign-up", form)
        if answer.status_code == 422:
            # Two of the set look alike once case and punctuation are folded away.
            check(answer.text, payload)
            continue
        assert answer.status_code == 202
        check(answer.text, payload)
        _, subject, words = emails()[-1]
        assert f"Hello {payload}," in words
        assert payload not in subject
        path = re.search(r"http://blog\.test(/\S+)", words)
        assert path
        check(stranger.get(path[1]).text, payload)
        assert stranger.post(path[1]).status_code == 303
        assert shows(check(stranger.get("/comments/account").text, payload), payload)
        answer = stranger.call("POST", "threads/pelicans/comments", {"body": f"By {number}."})
        assert answer.status_code == 202
    for number in range(1, db.session.query(Comment).count() + 1):
        make_published(number)
    check_public(surfaces(settings))


def test_what_an_account_says_of_itself_is_shown_as_text_everywhere(
    app: Flask, settings: Settings, emails: Any
) -> None:
    """A name that is changed, words about oneself, a link: in comments, on pages, in e-mails."""
    make.thread()
    rhea = make.account("Rhea")
    mine = make.comment(by=rhea)
    make.comment(parent=mine, body="Yes.")
    visitor, stranger = visiting(app, rhea), Visitor(app)
    moderator = of_role(app, "Mona", Role.MODERATOR)
    person = f"/comments/people/{rhea.public_id}"
    for number, (name, bio) in enumerate(itertools.zip_longest(SHORT, SHORT + LONG)):
        forget_limits()
        # The same without what is folded away would be one name: its number tells them apart.
        form = {
            "name": f"{name or 'Rhea'} {number}",
            "bio": f"{bio}\n\nNumber {number}.",
            "link": f"https://a.example/{number}?a=<>\"'&b={name}" if number % 2 else "",
            "shown": "on",
        }
        answer = visitor.post("/comments/account/profile", form)
        if answer.status_code == 422:
            # A link with such characters is none.
            assert number % 2
            page = check(answer.text, f"the profile's form with {form}")
            assert shows(page, form["name"]) or form["name"] in str(read(answer.text).elements)
            answer = visitor.post(
                "/comments/account/profile", {**form, "link": f"https://a.example/{number}?a=1"}
            )
        assert answer.status_code == 303, form
        page = stranger.get(person).text
        assert shows(check(page, person), form["name"])
        biography = page.split('<div class="postil bio">', 1)[1].split("</div></div>", 1)[0]
        check_body(biography.split(">", 1)[1], f"about oneself: {bio}")
        own = check_pages(
            visitor,
            [
                *("/comments/account", "/comments/account/profile", "/comments/account/email"),
                *("/comments/account/delete", "/comments/account/data"),
                *("/comments/threads/pelicans", "/comments/threads/pelicans?reply=1"),
            ],
        )
        assert shows(own, form["name"])
        check_pages(moderator, ["/comments/moderation/?status=published"])
        if name is not None and number % 5 == 0:
            seen = check_public(surfaces(settings))
            assert shows(seen["threads/pelicans.html"], form["name"])
    visitor.post("/comments/account/email", {"email": "new@example.org"})
    assert emails()[-1][1] == "Confirm your new address for blog.test"


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,<script>", "//evil.example"]
)
def test_an_accounts_link_is_an_http_address_or_nothing(app: Flask, link: str) -> None:
    rhea = make.account("Rhea")
    form = {"name": "Rhea", "link": link, "shown": "on"}
    answer = visiting(app, rhea).post("/comments/account/profile", form)
    assert answer.status_code == 422
    check(answer.text, link)
    assert link not in Visitor(app).get(f"/comments/people/{rhea.public_id}").text


def test_what_a_guest_typed_is_shown_as_text_where_it_is_claimed(
    app: Flask, guest: Visitor
) -> None:
    make.thread()
    make.account("Rhea")
    names = []
    for number, payload in enumerate(SHORT):
        given = {"name": payload, "body": f"{payload}\n\nNumber {number}."}
        if guest.call("POST", "threads/pelicans/comments", given).status_code == 202:
            names.append(payload)
    guest.sign_in("rhea@example.org")
    page = check_pages(guest, ["/comments/account/claim"])
    for payload in names:
        assert shows(page, payload)
    for odd in SHORT:
        check(guest.get("/comments/account/claim", query_string={"next": odd}).text, odd)


def test_forms_of_accounts_give_back_what_was_typed_as_text(guest: Visitor) -> None:
    for payload in SHORT:
        for path, form in {
            "sign-in": {"email": payload, "password": "x", "next": payload},
            "sign-up": {"name": payload * 5, "email": payload, "password": "x"},
            "forgot": {"email": payload},
        }.items():
            answer = guest.post(f"/comments/{path}", form)
            assert answer.status_code in (401, 422, 429), (path, payload)
            check(answer.text, f"{path}: {payload}")
        for query in ("next", "reply", "lang", "page"):
            answer = guest.get("/comments/sign-in", query_string={query: payload})
            check(answer.text, query)
    for path in (
        "/<script>alert(1)</script>",
        "/comments/verify/<img src=x>",
        "/comments/threads/<b>",
    ):
        answer = guest.get(path)
        assert answer.status_code == 404
        check(answer.text, path)
