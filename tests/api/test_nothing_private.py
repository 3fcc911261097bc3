"""No mail address and no network is told on any public surface, nor what could stand for one."""

import base64
import hashlib
import re

from flask import Flask

from comments_service.config import Settings
from comments_service.db import db
from comments_service.models import Comment, Role, Status
from tests import make
from tests.api.commenting import make_published
from tests.api.people import of_role
from tests.api.surfaces import surfaces
from tests.conftest import Visitor


def fingerprints(word: str) -> set[str]:
    """A word, and what others publish in its stead."""
    found = {word}
    for form in {word, word.lower(), word.strip().lower().partition("@")[0], word.upper()}:
        for algorithm in ("md5", "sha1", "sha256", "sha512"):
            digest = hashlib.new(algorithm, form.encode(), usedforsecurity=False).digest()
            found |= {
                digest.hex(),
                base64.b64encode(digest).decode().rstrip("="),
                base64.urlsafe_b64encode(digest).decode().rstrip("="),
            }
    return found


def test_nothing_public_tells_a_mail_address_or_a_network(app: Flask, settings: Settings) -> None:
    make.thread()
    reader = of_role(app, "Rhea", Role.READER)
    moderator = of_role(app, "Mona", Role.MODERATOR)
    private = {"Gus.Secret@Example.org", "rhea@example.org", "mona@example.org", "203.0.113.77"}
    stored = set()
    for visitor, name in ((Visitor(app), "Gus"), (reader, ""), (moderator, "")):
        for number in range(2):
            given = {
                "body": f"Hello {name} {number}.",
                "name": name,
                "email": "Gus.Secret@Example.org",
            }
            answer = visitor.call(
                "POST",
                "threads/pelicans/comments",
                given if name else {"body": given["body"]},
                environ_overrides={"REMOTE_ADDR": "203.0.113.77"},
            )
            assert answer.status_code in (201, 202)
    for comment in db.session.query(Comment).all():
        stored.add(comment.network or "")
        if comment.status is not Status.PUBLISHED:
            make_published(comment.id)
    assert len(stored) == 1
    public = surfaces(settings)
    assert "Gus" in public["threads/pelicans.html"]
    stranger = Visitor(app)
    for path in (
        *("/comments/threads/pelicans", "/comments/api/v1/threads/pelicans/comments"),
        *("/comments/api/v1/me?thread=pelicans", "/comments/api/v1/openapi.json"),
    ):
        public[path] = stranger.get(path).text
    wanted = set().union(*map(fingerprints, private)) | stored
    for name, data in public.items():
        low = data.lower()
        for word in wanted:
            assert word.lower() not in low, (name, word)
        assert "@" not in re.sub(r"@(context|id|type|media|layer|supports)", "", low), name


def test_a_network_is_stored_under_a_key_of_the_day_only(app: Flask, settings: Settings) -> None:
    make.thread()
    Visitor(app).call("POST", "threads/pelicans/comments", {"name": "Gus", "body": "Hello."})
    stored = db.session.query(Comment).one().network
    assert stored
    assert stored not in fingerprints("127.0.0.1")
    assert not any(word.startswith(stored) for word in fingerprints("127.0.0.1"))
