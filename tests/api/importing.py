"""Importing as an owner does it, by pages and by the API: a file, what is done about it, what came."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import uploads
from comments_service.config import Settings
from comments_service.db import db
from comments_service.importers import jobs
from comments_service.models import Comment
from tests import make
from tests.conftest import API, Answer, Visitor

PAGE = "/comments/moderation/import"
FIRST = {"text": "Gulls!", "author": "Ada <b>", "created": "2019-05-01 10:00:00", "mode": 1}


@pytest.fixture
def folder(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A blog of two articles, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    make.site()
    make.thread("alpha", url="http://blog.test/alpha/", title="Alpha")
    make.thread("beta", url="http://blog.test/beta/", title="Beta")
    return tmp_path / uploads.FOLDER


def export(pages: dict[str, int]) -> bytes:
    """Isso's generic JSON: so many comments on each page, the second of which answers the first."""
    number, threads = 0, []
    for page, count in pages.items():
        comments = []
        for each in range(count):
            number += 1
            parent = {"parent": number - 1} if each == 1 else {}
            said = {"text": f"On {page}, {each}.", "author": "Ada", "email": "ada@old.example"}
            at = {"created": f"2019-05-01 10:{number // 60:02}:{number % 60:02}"}
            comments.append({"id": number, **said, **at, **parent})
        threads.append({"id": page, "title": page, "comments": comments})
    return json.dumps(threads).encode()


FILE = export({"/alpha/": 3, "/2019/old-beta": 2})


def multipart(data: bytes) -> dict[str, Any]:
    """A form with a file, as it is sent: the test client leaves a large one open."""
    head = b'Content-Disposition: form-data; name="file"; filename="export.xml"'
    body = b"--a\r\n" + head + b"\r\n\r\n" + data + b"\r\n--a--\r\n"
    return {"data": body, "content_type": "multipart/form-data; boundary=a"}


def by_form(owner: Visitor, data: bytes = FILE, name: str = "isso.json", **fields: str) -> int:
    form = {"file": (io.BytesIO(data), name), **fields}
    answer = owner.post(PAGE, form, content_type="multipart/form-data")
    assert answer.status_code == 303, answer.text
    return int(answer.headers["Location"].rpartition("/")[2])


def by_api(owner: Visitor, data: bytes = FILE, name: str = "isso.json", **fields: str) -> int:
    answer = owner._open(
        "POST",
        f"{API}imports",
        query_string={"name": name, **fields},
        data=data,
        content_type="application/octet-stream",
    )
    assert answer.status_code == 201, answer.text
    assert answer.json["state"] == "looking"
    return int(answer.json["id"])


def act_by_form(owner: Visitor, job: int, act: str, pairs: list[list[str]] | None) -> Answer:
    fields = {} if pairs is None else {"rules": "\n".join(", ".join(each) for each in pairs)}
    return owner.post(f"{PAGE}/{job}", {"act": act, **fields})


def act_by_api(owner: Visitor, job: int, act: str, pairs: list[list[str]] | None) -> Answer:
    if act == "remove":
        return owner.call("DELETE", f"imports/{job}")
    return owner.call(
        "POST", f"imports/{job}/{act}", {} if pairs is None or act == "stop" else {"pairs": pairs}
    )


DOORS = pytest.mark.parametrize(
    ("send", "act"), [(by_form, act_by_form), (by_api, act_by_api)], ids=["form", "api"]
)
Send = Callable[..., int]
Act = Callable[[Visitor, int, str, list[list[str]] | None], Answer]


def work(settings: Settings) -> None:
    while jobs.work_waiting(settings, lambda: None):
        pass


def state(owner: Visitor, job: int) -> dict[str, Any]:
    answer = owner.call("GET", f"imports/{job}")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json
    return found


def places() -> list[tuple[str, str]]:
    chosen = sa.select(Comment.thread_id, Comment.source).order_by(Comment.created_at)
    return [tuple(row) for row in db.session.execute(chosen)]  # type: ignore[misc]  # two columns
