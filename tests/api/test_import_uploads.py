"""How the server takes in a file of comments: to disk, in pieces, from whoever may send one."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from comments_service import uploads
from comments_service.config import Settings
from comments_service.db import db
from comments_service.errors import TooLarge, TooSlow
from comments_service.front import Front
from comments_service.models import Import
from comments_service.request_bodies import Bodies, Broken
from tests import make, rsgi
from tests.api.importing import multipart
from tests.conftest import SITE, Visitor

FORM = "/comments/moderation/import"
CALL = "/comments/api/v1/imports"
PIECE = 1 << 16


@pytest.fixture
def front(
    app: Flask, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Front]:
    monkeypatch.chdir(tmp_path)
    make.site()
    made = Front(replace(settings, workers="outside", import_mb=1))
    made._service.loaded.result(timeout=60)
    yield made
    # It has an application, and connections, of its own.
    assert made._service.app is not None
    with made._service.app.app_context():
        db.engine.dispose()


def send(front: Front, visitor: Visitor | None, data: bytes, *, form: bool) -> TestResponse:
    cookie = visitor.client.get_cookie("postil", "blog.test") if visitor else None
    headers = {"Origin": SITE}
    if cookie is not None:
        headers["Cookie"] = f"postil={cookie.value}"
    if form:
        return rsgi.ask(front, "POST", FORM, headers=headers, **multipart(data))
    kind = "application/octet-stream"
    return rsgi.ask(front, "POST", CALL, data=data, content_type=kind, headers=headers)


@pytest.mark.parametrize("form", [True, False], ids=["form", "api"])
def test_a_file_larger_than_any_other_body_arrives_whole(
    front: Front, owner: Visitor, form: bool
) -> None:
    data = bytes(range(256)) * 3_900
    answer = send(front, owner, data, form=form)
    assert answer.status_code == (303 if form else 201), answer.text
    [found] = db.session.scalars(sa.select(Import))
    assert found.size == len(data)
    assert uploads.of(found.id).read_bytes() == data
    assert len([*uploads.FOLDER.iterdir()]) == 1
    assert send(front, owner, data + bytes(200_000), form=form).status_code == 413
    assert len([*uploads.FOLDER.iterdir()]) == 1


class Unread(rsgi.Answered):
    """A body of which nobody may read anything."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        raise AssertionError("it was read")


@pytest.mark.parametrize("form", [True, False], ids=["form", "api"])
def test_of_who_may_not_send_one_nothing_is_read(
    front: Front, moderator: Visitor, form: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rsgi, "Answered", Unread)
    assert send(front, None, b"x" * 1_000, form=form).status_code == 401
    assert send(front, moderator, b"x" * 1_000, form=form).status_code == 403
    assert not uploads.FOLDER.exists()


async def pieces(count: int, end: int = 1) -> AsyncIterator[bytes]:
    for _ in range(count):
        yield b"x" * PIECE
    for _ in range(end):
        yield b""


async def stalled() -> AsyncIterator[bytes]:
    yield b"x" * PIECE
    await asyncio.Event().wait()


@pytest.fixture
def disk() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as found:
        yield found


def spooled(
    given: AsyncIterator[bytes], announced: int | None, disk: ThreadPoolExecutor, path: Path,
    seconds: float = 60.0,
) -> int:  # fmt: skip
    bodies = Bodies(1_000 * PIECE, seconds, 2, 0)
    with path.open("wb") as file:
        return asyncio.run(bodies.spooled(given, announced, file, disk))


def test_a_body_that_goes_to_disk_takes_no_memory(disk: ThreadPoolExecutor, tmp_path: Path) -> None:
    tracemalloc.start()
    try:
        assert spooled(pieces(900), None, disk, tmp_path / "body") == 900 * PIECE
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (tmp_path / "body").stat().st_size == 900 * PIECE
    assert most < 8_000_000


@pytest.mark.parametrize(
    ("given", "announced", "problem"),
    [
        (lambda: pieces(1_001), None, TooLarge),
        (lambda: pieces(1), 1_001 * PIECE, TooLarge),
        (lambda: pieces(2), 3 * PIECE, Broken),
        (lambda: pieces(2, end=2), None, Broken),
        (stalled, None, TooSlow),
    ],
)
def test_a_body_that_is_too_much_too_slow_or_broken_is_none(
    given: Any, announced: int | None, problem: type[Exception], disk: ThreadPoolExecutor,
    tmp_path: Path,
) -> None:  # fmt: skip
    with pytest.raises(problem):
        spooled(given(), announced, disk, tmp_path / "body", 0.2 if problem is TooSlow else 60.0)
