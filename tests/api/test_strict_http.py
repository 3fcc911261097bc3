"""HTTP by its letter: numbers beyond every row, bodies of unsaid length, NUL in an address."""

import io
import json
from typing import Any

import pytest
from flask import Flask

from comments_service.db import db
from comments_service.models import Comment, Role
from comments_service.request_bodies import MAX_BYTES
from tests import make
from tests.api.asking import GUEST, is_page, is_problem, send
from tests.api.people import by_json_and_form, of_role
from tests.conftest import API, SITE, Visitor


@pytest.mark.parametrize("number", [0, 2**63, 10**19 - 1, 10**19, 10**40])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PATCH", "DELETE"])
def test_a_number_that_no_row_can_have_is_404_whatever_is_asked(
    app: Flask, method: str, number: int
) -> None:
    rhea = of_role(app, "Rhea", Role.OWNER)
    for path in ("comments", "moderation/comments"):
        for below in ("", "/decision", "/decisions", "/source"):
            answer = rhea._open(method, f"{API}{path}/{number}{below}", json={})
            assert answer.status_code == 404, (path, below)
            assert method == "HEAD" or is_problem(answer)
    for path in ("edit", "delete", "moderation"):
        page = rhea._open(method, f"/comments/{path}/{number}")
        assert page.status_code == 404, path


def test_a_number_that_a_row_may_have_is_looked_for(guest: Visitor) -> None:
    assert guest.call("DELETE", f"comments/{2**63 - 1}").status_code == 404
    assert guest.call("PUT", f"comments/{2**63 - 1}", {}).status_code == 405


def in_chunks(app: Flask, by: str, data: bytes) -> Any:
    """Sent as a server hands on chunks: it ends the body, and nobody knows its length before."""
    if by == "json":
        path, kind = f"{API}threads/pelicans/comments", "application/json"
    else:
        path, kind = "/comments/threads/pelicans", "application/x-www-form-urlencoded"
    return send(
        app,
        "POST",
        path,
        headers={"Origin": SITE, "Transfer-Encoding": "chunked"},
        content_type=kind,
        input_stream=io.BytesIO(data),
        environ_overrides={"wsgi.input_terminated": True},
    )


def body(by: str, size: int) -> bytes:
    """A comment by JSON or form, filled up to a size by what is ignored or refused afterwards."""
    if by == "json":
        start = json.dumps(GUEST).encode()
        return start + b" " * (size - len(start))
    start = b"name=Gus&act=post&body=They+scoop.&"
    return start + b"x" * (size - len(start))


@by_json_and_form
@pytest.mark.parametrize("size", [MAX_BYTES + 1, MAX_BYTES * 3])
def test_a_body_of_unsaid_length_that_is_too_large_is_413(app: Flask, by: str, size: int) -> None:
    make.thread()
    answer = in_chunks(app, by, body(by, size))
    assert answer.status_code == 413
    assert is_problem(answer, "too_large") if by == "json" else is_page(answer)
    assert db.session.query(Comment).count() == 0


@by_json_and_form
@pytest.mark.parametrize("size", [200, MAX_BYTES])
def test_one_of_the_size_that_is_allowed_is_taken_whole(app: Flask, by: str, size: int) -> None:
    make.thread()
    assert in_chunks(app, by, body(by, size)).status_code in (202, 303)
    assert db.session.query(Comment).count() == 1


def test_nul_in_a_query_is_the_404_that_the_document_names(guest: Visitor) -> None:
    make.thread()
    paths = guest.get(f"{API}openapi.json").json["paths"]
    for path, described in paths.items():
        for method, operation in described.items():
            if method != "parameters":
                assert "404" in operation["responses"], (method, path)
    for query in ("?page=%00", "?lang=a%00", "?x=%00"):
        assert is_problem(guest.get(f"{API}threads/pelicans/comments{query}"), "unknown_page")
