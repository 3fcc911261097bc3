"""Requests as tests send them, to every address there is, and the two shapes of what says no."""

import contextvars
import re
from typing import Any, cast

from flask import Flask

from comments_service.db import db
from comments_service.web.visitor import SAFE_METHODS
from tests.conftest import API, SITE, Answer

GUEST = {"name": "Gus", "body": "They *scoop*."}
# These take a token instead of a session.
TOKEN_ROUTES = (f"{API}manifest",)
# What takes a file, and no JSON.
FILE_ROUTES = (f"{API}imports",)
FILE_PAGES = ("/comments/moderation/import",)


def filled(rule: str) -> str:
    """The path of a rule, with sample values."""
    path = re.sub(r"<id:\w+>", "1", rule).replace("<thread_id>", "pelicans")
    return re.sub(r"<\w+>", "x", path)


def routes(app: Flask, *, safe: bool) -> list[tuple[str, str]]:
    """Every method and path of the application, with sample values."""
    found = []
    for rule in app.url_map.iter_rules():
        path = filled(rule.rule)
        for method in sorted(rule.methods or ()):
            if method != "OPTIONS" and (method in SAFE_METHODS) is safe:
                found.append((method, path))
    return found


def send(app: Flask, method: str, path: str, **options: Any) -> Answer:
    """Send exactly this: no header is added."""
    db.session.rollback()
    answer = contextvars.Context().run(
        app.test_client().open, path, method=method, base_url=SITE, **options
    )
    return cast("Answer", answer)


def is_problem(answer: Answer, code: str | None = None) -> bool:
    """RFC 9457 with a code and fields: the one shape of the API's errors."""
    assert answer.mimetype == "application/problem+json", answer.text
    problem = answer.json
    assert set(problem) == {"type", "title", "status", "code", "detail", "fields"}
    assert problem["status"] == answer.status_code
    assert problem["title"]
    assert problem["detail"]
    assert all(isinstance(each, str) for each in problem["fields"].values())
    assert "Traceback" not in answer.text
    return code is None or problem["code"] == code


def is_page(answer: Answer) -> bool:
    assert answer.mimetype == "text/html"
    assert "<h1" in answer.text
    assert "Traceback" not in answer.text
    return True


def shaped(answer: Answer, path: str) -> bool:
    return is_problem(answer) if path.startswith(API) else is_page(answer)


ORIGINS = (
    *(None, "", "null", "http://evil.example", "https://blog.test", "http://blog.test:8000"),
    *("http://blog.test.evil.example", "http://evilblog.test", "http://sub.blog.test"),
    *("http://blog.test/", "http://blog.test, http://evil.example", "blog.test", "file://"),
    *("http://blog.test@evil.example", "http://blog.test#", "\xff", "http://blog.test\t"),
)
