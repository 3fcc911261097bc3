"""The files of imports: who may send which, how large, and when they go."""

import io
import os
import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from comments_service import retention, uploads
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.models import Import, now
from tests.api.importing import (
    DOORS,
    FILE,
    PAGE,
    Act,
    Send,
    by_form,
    folder,
    multipart,
    work,
)
from tests.conftest import API, Visitor

pytestmark = pytest.mark.usefixtures("folder")
__all__ = ["folder"]  # a fixture


@DOORS
def test_a_removed_import_leaves_nothing_but_its_comments(
    owner: Visitor, settings: Settings, folder: Path, send: Send, act: Act
) -> None:
    job = send(owner)
    work(settings)
    assert [each.name for each in folder.iterdir()] == [f"{job}.upload"]
    assert (folder / f"{job}.upload").stat().st_mode & 0o077 == 0
    act(owner, job, "remove", None)
    assert [*folder.iterdir()] == []
    assert owner.get(f"{PAGE}/{job}").status_code == 404
    assert owner.call("GET", f"imports/{job}").json["code"] == "unknown_import"


def test_a_file_goes_after_some_days_and_its_row_later(
    owner: Visitor, settings: Settings, folder: Path
) -> None:
    job = by_form(owner)
    work(settings)
    old = time.time() - uploads.KEPT_DAYS * 86_400 - 60
    os.utime(folder / f"{job}.upload", (old, old))
    work(settings)
    assert [*folder.iterdir()] == []
    assert "Please upload it again" in owner.get(f"{PAGE}/{job}").text
    answer = owner.call("POST", f"imports/{job}/start", {})
    assert answer.status_code == 422
    assert answer.json["fields"] == {"file": "Its file is gone by now. Please upload it again."}
    with writing():
        db.session.execute(sa.update(Import).values(changed_at=now() - retention.IMPORTS_KEPT))
    retention.clean(settings)
    assert owner.call("GET", "imports").json == {"imports": []}


def test_a_format_that_there_is_not_and_a_file_that_is_none_are_refused(
    owner: Visitor, folder: Path
) -> None:
    for form, field in (
        ({"system": "usenet", "file": (io.BytesIO(FILE), "x")}, "one of these formats"),
        ({"file": (io.BytesIO(b""), "x")}, "Choose the file"),
        ({"file": ""}, "Choose the file"),
        ({}, "Choose the file"),
    ):
        answer = owner.post(PAGE, form, content_type="multipart/form-data")
        assert answer.status_code == 422
        assert field in answer.text
    for query, data, code in (
        ({"system": "usenet"}, FILE, "invalid_input"),
        ({}, b"", "invalid_input"),
    ):
        options = {"query_string": query, "data": data, "content_type": "application/octet-stream"}
        answer = owner._open("POST", f"{API}imports", **options)
        assert (answer.status_code, answer.json["code"]) == (422, code)
    assert owner.call("POST", "imports", {}).json["code"] == "wrong_content_type"
    assert owner.call("GET", "imports").json == {"imports": []}
    assert not folder.is_dir() or [*folder.iterdir()] == []


class TestSize:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"import_mb": 1}

    def test_a_file_that_is_too_large_is_refused_by_both_doors(
        self, owner: Visitor, folder: Path
    ) -> None:
        for size, status in ((1_000_000, 303), (1_000_001, 413), (2_000_000, 413)):
            answer = owner._open("POST", PAGE, **multipart(b"x" * size))
            assert answer.status_code == status
        for size, status in ((1_000_000, 201), (1_000_001, 413), (2_000_000, 413)):
            options = {"data": b"x" * size, "content_type": "application/octet-stream"}
            answer = owner._open("POST", f"{API}imports", **options)
            assert answer.status_code == status
        assert len([*folder.iterdir()]) == 2


def test_nobody_but_an_owner_imports(
    moderator: Visitor, author: Visitor, guest: Visitor, folder: Path
) -> None:
    for visitor, status in ((moderator, 403), (author, 403), (guest, 401)):
        form = {"file": (io.BytesIO(FILE), "x")}
        answer = visitor.post(PAGE, form, content_type="multipart/form-data")
        assert answer.status_code == status
        options = {"data": FILE, "content_type": "application/octet-stream"}
        assert visitor._open("POST", f"{API}imports", **options).status_code == status
        assert visitor.call("GET", "imports").status_code == status
    assert not folder.exists()


def test_no_other_site_sends_a_file(owner: Visitor, folder: Path) -> None:
    for origin in ("https://evil.test", None):
        form = {"file": (io.BytesIO(FILE), "x")}
        answer = owner.post(
            PAGE, form, content_type="multipart/form-data", headers={"Origin": origin}
        )
        assert answer.status_code == 403
    assert not folder.exists()
