"""Export: an owner downloads what `flask comments export` writes, by page and by API."""

import json
import re
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import exporters
from comments_service.db import db, writing
from comments_service.exporters import Choice
from comments_service.models import Session, now
from comments_service.sessions import PROOF_LASTS
from tests import make
from tests.conftest import SITE, Visitor

PAGE = "/comments/moderation/export"
CALL = "exports"


@pytest.fixture(autouse=True)
def conversation(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What was said, and where temporary files are made."""
    make.site()
    make.thread()
    first = make.comment(body="They *scoop*.", email="gus@example.org", minutes_ago=2)
    make.comment(body="So they do.", parent=first, minutes_ago=1)
    make.comment(body="Waits.", held=True)
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    return folder


def test_an_owner_downloads_what_the_command_writes(owner: Visitor, conversation: Path) -> None:
    assert "Export comments" in owner.get(PAGE).text
    answer = owner.post(PAGE)
    assert answer.status_code == 200
    assert re.fullmatch(
        r'attachment; filename="comments-\d{4}-\d\d-\d\d\.jsonl"',
        answer.headers["Content-Disposition"],
    )
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.data == b"".join(exporters.STREAMS["postil"](Choice(), SITE))
    assert [json.loads(each).get("body") for each in answer.data.splitlines()][2:] == [
        *("They *scoop*.", "So they do.", "Waits.")
    ]
    answer.close()
    assert not [*conversation.iterdir()]


def test_each_format_is_offered_and_comes(owner: Visitor, tmp_path: Path) -> None:
    offered = re.findall(r'<option value="(\w+)"', owner.get(PAGE).text)
    assert offered == [*exporters.FORMATS]
    for form in exporters.FORMATS:
        answer = owner.post(PAGE, {"format": form})
        assert answer.headers["Content-Disposition"].endswith(f'.{exporters.SUFFIXES[form]}"')
        assert b"scoop" in answer.data
    (tmp_path / "isso.db").write_bytes(answer.data)
    with closing(sqlite3.connect(tmp_path / "isso.db")) as database:
        assert database.execute("SELECT count(*) FROM comments").fetchone() == (3,)


def test_without_personal_data_there_is_only_what_everybody_reads(owner: Visitor) -> None:
    answer = owner.post(PAGE, {"without_personal_data": "1"})
    assert b"So they do." in answer.data
    assert b"Waits." not in answer.data
    assert b"gus@example.org" not in answer.data
    assert b"gus@example.org" in owner.post(PAGE).data


def test_a_program_of_the_owners_gets_the_same_file(
    owner: Visitor, moderator: Visitor, guest: Visitor, conversation: Path
) -> None:
    for form in exporters.FORMATS:
        page, called = (
            owner.post(PAGE, {"format": form}),
            owner.call("POST", CALL, {"format": form}),
        )
        assert called.status_code == 200
        assert called.mimetype == "application/octet-stream"
        name = "Content-Disposition"
        assert called.headers[name] == page.headers[name]
        assert called.headers["X-Content-Type-Options"] == "nosniff"
        if form == "postil":
            assert called.data == page.data
        assert b"scoop" in called.data
        called.close()
        page.close()
    assert not [*conversation.iterdir()]

    def bodies(**choice: object) -> list[str]:
        lines = owner.call("POST", CALL, choice).data.splitlines()
        return [row["body"] for row in map(json.loads, lines) if "body" in row]

    assert bodies() == ["They *scoop*.", "So they do.", "Waits."]
    assert bodies(without_personal_data=True) == ["They *scoop*.", "So they do."]
    assert bodies(
        thread="pelicans", since=f"{now() - timedelta(seconds=90):%Y-%m-%dT%H:%M:%S}"
    ) == [*("So they do.", "Waits.")]
    for wrong, status, field in (
        ({"format": "../etc"}, 422, "format"),
        ({"since": "soon"}, 422, "since"),
        ({"since": "0001-01-01T00:00:00+14:00"}, 422, "since"),
        ({"thread": "a\0"}, 404, ""),
        ({"everything": True}, 422, "everything"),
        ({"thread": "nothing"}, 404, ""),
    ):
        answer = owner.call("POST", CALL, wrong)
        assert answer.status_code == status
        assert field in (answer.json["fields"] or {"": ""})
    assert moderator.call("POST", CALL, {}).status_code == 403
    assert guest.call("POST", CALL, {}).status_code == 401
    with writing():
        db.session.execute(sa.update(Session).values(proved_at=now() - PROOF_LASTS))
    assert owner.call("POST", CALL, {}).json["code"] == "proof_required"


def test_a_format_that_there_is_not_is_refused_on_the_page(owner: Visitor) -> None:
    answer = owner.post(PAGE, {"format": "../etc"})
    assert answer.status_code == 422
    assert "Please choose one of these formats." in answer.text


def test_nobody_but_an_owner_who_has_just_shown_who_he_is_gets_it(
    owner: Visitor, moderator: Visitor, author: Visitor, guest: Visitor
) -> None:
    for visitor in (moderator, author):
        assert visitor.get(PAGE).status_code == 403
        assert visitor.post(PAGE).status_code == 403
    assert guest.get(PAGE).status_code == 303
    assert guest.post(PAGE).status_code == 401
    with writing():
        db.session.execute(sa.update(Session).values(proved_at=now() - PROOF_LASTS))
    for answer in (owner.get(PAGE), owner.post(PAGE)):
        assert answer.status_code == 303
        assert "/comments/confirm?next=" in answer.headers["Location"]
