"""Strangers' comments on every surface: shown as the text that they are, and nothing else.

One set of payloads goes through every write path; then every surface is taken apart, and each
element and attribute must be one that the service itself puts there.
"""

import itertools
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from comments_service.config import Settings
from comments_service.db import db
from comments_service.models import Comment, Role
from comments_service.publishing import publisher, rebake
from tests import make
from tests.api.payloads import LONG, SHORT
from tests.api.people import of_role
from tests.api.surfaces import (
    check,
    check_body,
    check_feed,
    check_pages,
    check_public,
    shows,
    surfaces,
)
from tests.conftest import Visitor, one_database

# What a page does with words does not depend on where they were kept.
pytestmark = one_database

# ---- side fields and bodies


@pytest.mark.parametrize("by", ["json", "form"])
def test_no_payload_in_a_comment_becomes_markup_anywhere(
    app: Flask, settings: Settings, by: str
) -> None:
    make.thread(title="Pelicans & <b>gulls</b>")
    moderator = of_role(app, "Mona", Role.MODERATOR)
    guest = Visitor(app)
    names: list[str] = []
    for number, (name, body) in enumerate(itertools.zip_longest(SHORT, SHORT + LONG)):
        given: dict[str, Any] = {
            "name": f"{name or 'Gus'}",
            "body": f"{body}\n\nNumber {number}.",
            "website": f"https://a.example/{number}?a=<>\"'&b={name}" if number % 2 else "",
        }
        # The words of the article that it is about, as anybody may give them out.
        noted = {"exact": name, "prefix": name[-32:], "suffix": name[:32]} if name else {}
        if noted and by == "json":
            given["passage"] = noted
        given |= {f"passage_{each}": text for each, text in noted.items() if by == "form"}
        for values in (given, {**given, "website": ""}):
            if by == "json":
                answer = guest.call("POST", "threads/pelicans/comments", values)
                refused = answer.status_code == 422
            else:
                answer = guest.post("/comments/threads/pelicans", values)
                refused = answer.status_code == 422
                if refused:
                    page = check(answer.text, f"the form with {values}")
                    assert shows(page, values["body"])
            if not refused:
                names.append(values["name"])
                break
        else:
            pytest.fail(f"refused: {given}")
    total = db.session.query(Comment).count()
    assert total == len(SHORT + LONG)

    # What waits: to its writer, to a moderator, and to nobody else.
    held = check_pages(
        guest, ["/comments/threads/pelicans", "/comments/threads/pelicans?reply=1#reply"]
    )
    queue = check_pages(
        moderator,
        [
            *(f"/comments/moderation/?page={page}" for page in (1, 2, 3)),
            *(f"/comments/moderation/comments/{number}" for number in range(1, total + 1)),
        ],
    )
    for name in names:
        assert shows(queue, name), name
    # One's own page lists the fifty newest.
    for name in names[-50:]:
        assert shows(held, name), name
    own = [
        f"/comments/comment/{n}/{act}" for n in range(1, total + 1) for act in ("edit", "delete")
    ]
    edits = check_pages(guest, own)
    for body in SHORT:
        assert shows(edits, body), body
    for each in guest.call("GET", "me?thread=pelicans").json["comments"]:
        check_body(each["html"], "me")
        check(each["fragment"], "own fragment")
    for each in moderator.call("GET", "moderation/queue").json["comments"]:
        check_body(each["html"], "queue")

    # Published, with answers, so that names appear in other comments too.
    numbers = list(range(1, total + 1))
    for start in range(0, total, 20):
        moderator.post(
            "/comments/moderation/decisions",
            {"comment": numbers[start : start + 20], "decision": "publish"},
        )
    for number in numbers:
        answer = guest.call(
            "POST",
            "threads/pelicans/comments",
            {"name": "Gus", "body": f"I answer {number}.", "parent": number},
        )
        assert answer.status_code == 201
    seen = check_public(surfaces(settings))
    pages = check_pages(
        Visitor(app),
        [f"/comments/threads/pelicans?{query}" for query in ("page=1", "page=2", "reply=2")],
    )
    snapshot = seen["threads/pelicans.html"] + seen["threads/pelicans.2.html"]
    for name in names:
        assert shows(pages, name), name
        assert shows(snapshot, name), name

    # And baked into the article.
    article = Path(settings.output) / "pelicans/index.html"
    article.parent.mkdir(parents=True)
    article.write_text(
        '<comment-thread thread="pelicans"><!-- postil:begin pelicans en -->\n'
        "<!-- postil:end pelicans --></comment-thread><p>After."
    )
    assert rebake.pages("pelicans", settings) == 1
    baked = article.read_text()
    check(baked, "the article")
    assert baked.count("<!-- postil:end pelicans -->") == 1
    assert baked.endswith("</comment-thread><p>After.")


@pytest.mark.parametrize("by", ["json", "form"])
def test_an_edit_is_no_way_around(app: Flask, settings: Settings, guest: Visitor, by: str) -> None:
    make.thread()
    moderator = of_role(app, "Mona", Role.MODERATOR)
    guest.call("POST", "threads/pelicans/comments", {"name": "Gus", "body": "Harmless."})
    moderator.call("POST", "comments/1/decisions", {"decision": "publish"})
    for number, payload in enumerate(SHORT + LONG, 2):
        # One for each: a comment is edited so many times only.
        own = {"name": "Gus", "body": f"Harmless {number}."}
        assert guest.call("POST", "threads/pelicans/comments", own).status_code == 201
        body = f"{payload}\n\nEnd."
        if by == "json":
            answer = guest.call("PATCH", f"comments/{number}", {"body": body})
            assert answer.status_code == 200, payload
            check_body(answer.json["html"], payload)
            check(answer.json["fragment"], payload)
            preview = guest.call("POST", "preview", {"body": body})
            assert preview.json["html"] == answer.json["html"]
        else:
            answer = guest.post(f"/comments/comment/{number}/edit", {"body": body})
            assert answer.status_code == 303
            preview = guest.post("/comments/threads/pelicans", {"body": body, "act": "preview"})
            check(preview.text, payload)
        if "evil" in payload:
            publisher.publish_behind(settings)
            files = settings.published / "threads"
            check((files / "pelicans.html").read_text(), payload)
            check_feed((files / "pelicans.atom").read_text(), payload)
    check_public(surfaces(settings))
    check_pages(
        moderator, ["/comments/moderation/?status=published", "/comments/moderation/comments/1"]
    )


@pytest.mark.parametrize(
    "website",
    [
        *(
            "javascript:alert(1)",
            "JAVASCRIPT:alert(1)",
            "java\tscript:alert(1)",
            "\x01javascript:x",
        ),
        *("data:text/html,<script>", "vbscript:x", 'https://a.example/"onclick=alert(1)'),
        *(
            "https://a.example/'><script>",
            "//evil.example",
            "https://user:pw@a.example",
            "file:///x",
        ),
        *(
            "https://javascript:alert(1)",
            "https://a.example\\@evil",
            "https:///evil",
            "https://[::1",
        ),
        *(
            "https://a.example/\u202e",
            "https://a.example/\r\nX: y",
            "https://",
            "a b.example",
            "?x",
        ),
    ],
)
def test_a_website_is_an_http_address_or_nothing(guest: Visitor, website: str) -> None:
    make.thread()
    given = {"name": "Gus", "body": "Hello.", "website": website}
    answer = guest.call("POST", "threads/pelicans/comments", given)
    assert answer.status_code == 422
    assert set(answer.json["fields"]) == {"website"}
    page = guest.post("/comments/threads/pelicans", given)
    assert page.status_code == 422
    check(page.text, website)


# ---- mail addresses, reasons, words searched for, accounts


def test_a_mail_address_is_shown_to_moderators_only_and_encoded(
    app: Flask, settings: Settings, guest: Visitor
) -> None:
    make.thread()
    moderator = of_role(app, "Mona", Role.MODERATOR)
    odd = ("o'neil&co+x=1@example.org", "a{b}|c~`$!@example.org", "bücher@example.org")
    for number, email in enumerate(odd):
        given = {"name": "Gus", "body": f"Number {number}.", "email": email}
        assert guest.call("POST", "threads/pelicans/comments", given).status_code == 202, email
    for email in (
        '"<script>"@example.org',
        "<b>@example.org",
        "a@<b>.example.org",
        '"@example.org',
    ):
        given = {"name": "Gus", "body": "x", "email": email}
        page = guest.post("/comments/threads/pelicans", given)
        assert page.status_code == 422
        check(page.text, email)
    page_text = check_pages(moderator, ["/comments/moderation/"])
    for email in odd:
        assert shows(page_text, email)


def test_reasons_and_words_searched_for_are_shown_as_text(app: Flask) -> None:
    make.thread()
    moderator = of_role(app, "Mona", Role.MODERATOR)
    make.comment(held=True)
    for payload in SHORT:
        moderator.call("POST", "comments/1/decisions", {"decision": "spam", "reason": payload})
        page = moderator.get(
            "/comments/moderation/", query_string={"q": payload, "thread": payload}
        )
        assert shows(check(page.text, payload), payload)
    page_text = check_pages(moderator, ["/comments/moderation/comments/1"])
    for payload in SHORT:
        assert shows(page_text, payload)
    answer = moderator.post(
        "/comments/moderation/decisions", {"comment": "1", "decision": SHORT[0], "reason": SHORT[1]}
    )
    check(answer.text, "a decision that is none")
