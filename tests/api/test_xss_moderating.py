"""Hostile words where moderators write and look: differences, edits, reasons, notes, saved replies, filters."""

from urllib.parse import urlencode

import pytest
from flask import Flask

from comments_service.config import Settings
from comments_service.models import Role
from tests import make
from tests.api.payloads import SHORT
from tests.api.people import of_role
from tests.api.surfaces import check, check_pages, check_public, shows, surfaces
from tests.conftest import Visitor, one_database

pytestmark = one_database


@pytest.mark.parametrize("by", ["json", "form"])
def test_no_payload_of_a_moderator_or_a_writer_becomes_markup(
    app: Flask, settings: Settings, guest: Visitor, by: str
) -> None:
    make.thread()
    moderator = of_role(app, "Mona", Role.MODERATOR)
    for number, payload in enumerate(SHORT, 1):
        written = {"name": "Gus", "body": f"Harmless {number}."}
        assert guest.call("POST", "threads/pelicans/comments", written).status_code in (201, 202)
        guest.call("PATCH", f"comments/{number}", {"body": f"{payload}\n\nEdited."})
        saved = {"title": f"A {payload}"[:80], "body": f"{payload}\n\nSaved."}
        corrected = {"body": f"{payload}\n\nCorrected.", "reason": f"Why {payload}"}
        if by == "json":
            for path, sent in (
                (f"comments/{number}/notes", {"text": f"Note {payload}"}),
                (f"comments/{number}/correction", {**corrected, "version": 2}),
                ("moderation/replies", saved),
            ):
                answer = moderator.call("POST", path, sent)
                assert answer.status_code in (200, 201), (path, payload, answer.json)
        else:
            below = f"/comments/moderation/comments/{number}"
            for path, sent in (
                (f"{below}/notes", {"text": f"Note {payload}"}),
                (f"{below}/edit", {**corrected, "comment": f"{number}.2"}),
                ("/comments/moderation/replies", saved),
            ):
                assert moderator.post(path, sent).status_code == 303, (path, payload)
            shown = moderator.post(
                f"{below}/reply", {"body": payload, "act": "insert", "saved": str(number)}
            )
            assert shows(check(shown.text, "a saved reply"), payload)
        # What another moderator saw before is shown beside it.
        stale = {"decision": "publish", "comment": f"{number}.2"}
        changed = moderator.post("/comments/moderation/decisions", stale)
        assert changed.status_code == 409
        check(changed.text, f"the difference of {payload}")
        names = ("q", "thread", "person", "why")
        query = urlencode({"status": "all", **dict.fromkeys(names, payload)})
        check_pages(moderator, [f"/comments/moderation/?{query}"])
    numbers = range(1, len(SHORT) + 1)
    seen = check_pages(
        moderator,
        [
            *(f"/comments/moderation/comments/{number}" for number in numbers),
            *(f"/comments/moderation/comments/{number}/edit" for number in numbers),
            *("/comments/moderation/", "/comments/moderation/all"),
            f"/comments/moderation/?edited={','.join(map(str, numbers))}",
        ],
    )
    replies = check_pages(moderator, ["/comments/moderation/replies"])
    own = check_pages(guest, ["/comments/threads/pelicans"])
    for word in SHORT:
        assert shows(seen, f"Note {word}"), word
        assert shows(seen, f"Why {word}"), word
        assert shows(own, f"Why {word}"), word
        assert shows(replies, f"{word}\n\nSaved."), word
    moderator.post("/comments/moderation/decisions", {"comment": "1.3", "decision": "publish"})
    check_public(surfaces(settings))
