"""The manifest, on the service's side: threads come from it, and a damaged one changes nothing."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service.db import Base, db
from comments_service.errors import UnknownThread
from comments_service.models import Comment, Policy, Site, Thread, now
from comments_service.publishing import manifest
from comments_service.publishing.manifest import ManifestError
from comments_service.threads import get, title
from tests import make
from tests.conftest import one_database

ENTRY: dict[str, Any] = {
    "id": "pelicans",
    "url": "http://blog.test/pelicans/",
    "aliases": ["/old/pelicans/"],
    "title": "How pelicans fish",
    "published": "2026-11-20T00:00:00+00:00",
    "lang": "en",
    "authors": ["Ada"],
    "comments": "open",
    "close_after": None,
    "translations": [{"lang": "zh-cn", "url": "http://blog.test/zh/p/", "title": "鹈鹕"}],
}


def document(*entries: dict[str, Any], **changed: Any) -> dict[str, Any]:
    return {
        "version": 1,
        "site": {"url": "http://blog.test", "title": "A blog", "lang": "en"},
        "threads": list(entries),
        **changed,
    }


def entry(**changed: Any) -> dict[str, Any]:
    return {**ENTRY, **changed}


@pytest.fixture
def source(app: Flask, tmp_path: Path) -> Path:
    return tmp_path / "threads.json"


def take(source: Path, *entries: dict[str, Any], **changed: Any) -> bool:
    source.write_text(json.dumps(document(*entries, **changed)))
    return manifest.sync(str(source))


def everything() -> dict[str, list[Any]]:
    """All rows of all tables."""
    db.session.rollback()
    return {
        table.name: sorted(map(tuple, db.session.execute(sa.select(table))), key=repr)
        for table in Base.metadata.sorted_tables
    }


def thread(id: str = "pelicans") -> Thread:
    return db.session.get_one(Thread, id, populate_existing=True)


def test_a_thread_is_what_the_manifest_says(source: Path) -> None:
    assert take(source, entry(close_after="2027-02-18T00:00:00+01:00"))
    found = get("pelicans")
    assert found.title == "How pelicans fish"
    assert title(found, "zh-cn") == "鹈鹕"
    assert (found.policy, found.authors, found.listed) == (Policy.OPEN, ["Ada"], True)
    assert found.closes_at is not None
    assert found.closes_at.isoformat() == "2027-02-17T23:00:00+00:00"
    assert db.session.get_one(Site, 1).title == "A blog"


def test_the_same_manifest_again_changes_nothing(source: Path) -> None:
    take(source, ENTRY)
    before = everything()
    assert not manifest.sync(str(source))
    assert everything() == before


def test_asked_again_it_is_read_though_its_tag_is_known(source: Path) -> None:
    take(source, ENTRY)
    assert manifest.sync(str(source), again=True)
    assert thread().revision == 1


def test_what_changed_raises_the_revision_and_what_did_not_does_not(source: Path) -> None:
    take(source, ENTRY, entry(id="gulls"))
    take(source, entry(comments="closed"), entry(id="gulls"))
    assert (thread().policy, thread().revision) == (Policy.CLOSED, 2)
    assert thread("gulls").revision == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"url": "http://blog.test/elsewhere/"},
        {"title": "Another title"},
        {"lang": "de"},
        {"authors": ["Bob"]},
        {"comments": "held"},
        {"close_after": "2030-01-01T00:00:00+00:00"},
        {"translations": []},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_every_fact_that_a_snapshot_shows_raises_the_revision(
    source: Path, changed: dict[str, Any]
) -> None:
    take(source, ENTRY)
    take(source, entry(**changed))
    assert thread().revision == 2


def test_an_article_that_is_gone_keeps_its_comments_unshown(source: Path) -> None:
    take(source, ENTRY)
    make.comment()
    take(source)
    with pytest.raises(UnknownThread):
        get("pelicans")
    assert (thread().listed, thread().revision) == (False, 3)
    assert db.session.query(Comment).count() == 1
    take(source, entry(id="gulls"))
    assert thread().revision == 3
    take(source, ENTRY)
    assert get("pelicans").revision == 4


def test_a_new_closing_time_opens_a_thread_that_was_closed_by_the_old_one(source: Path) -> None:
    take(source, entry(close_after="2026-01-01T00:00:00+00:00"))
    thread().closed_at = now()
    db.session.commit()
    take(source, entry(close_after="2099-01-01T00:00:00+00:00"))
    assert thread().closed_at is None


def test_a_manifest_that_is_not_there_yet_is_no_error(source: Path) -> None:
    assert not manifest.sync(str(source))


def test_fields_that_a_later_release_adds_are_left_alone(source: Path) -> None:
    assert take(source, entry(mood="bright"), weather="fair")


def damaged() -> Iterator[Any]:
    whole = json.dumps(document(entry(id="gulls", aliases=[])))
    for name, data in {
        "empty": "",
        "cut short": whole[:-20],
        "not JSON": "<html>",
        "an array": "[]",
        "null": "null",
        "a number": "1e999",
        "100,000 deep": "[" * 100_000,
        "NaN": '{"version": NaN}',
    }.items():
        yield pytest.param(data, id=name)
    yield pytest.param(b"\xff\xfe", id="not UTF-8")
    documents: dict[str, dict[str, Any]] = {
        "another version": {"version": 2},
        "no version": {"version": None},
        "no site": {"site": None},
        "no threads": {"threads": None},
        "NUL in the site's title": {"site": {"url": "u", "title": "a\0b", "lang": "en"}},
    }
    for name, changed in documents.items():
        yield pytest.param(json.dumps(document(entry(id="gulls"), **changed)), id=name)
    entries: dict[str, dict[str, Any]] = {
        "a path as id": {"id": "../../etc/passwd"},
        "an id with a capital": {"id": "Gulls"},
        "an id with a line end": {"id": "gulls\n"},
        "an empty id": {"id": ""},
        "an endless id": {"id": "a" * 129},
        "a script as url": {"url": "javascript:alert(1)"},
        "a path as url": {"url": "/gulls/"},
        "an unknown policy": {"comments": "perhaps"},
        "a naive time": {"published": "2026-11-20T00:00:00"},
        "no time": {"published": "yesterday"},
        "a long language": {"lang": "e" * 36},
        "a language that is a path": {"lang": "../../x"},
        "a translation whose language is a path": {
            "translations": [{"lang": "../../x", "url": "http://x/", "title": "x"}]
        },
        "a translation with a script": {
            "translations": [{"lang": "de", "url": "javascript:alert(1)", "title": "x"}]
        },
        "NUL in a title": {"title": "a\0b"},
        "NUL in an author": {"authors": ["a\0b"]},
        "a lone surrogate": {"title": "\ud800"},
        "authors that are no list": {"authors": "Ada"},
    }
    for name, changed in entries.items():
        yield pytest.param(json.dumps(document(entry(**{"id": "gulls", **changed}))), id=name)
    yield pytest.param(
        json.dumps(document(entry(id="gulls"), entry(id="gulls"))), id="one id twice"
    )


@one_database
@pytest.mark.parametrize("data", [*damaged()])
def test_a_damaged_manifest_is_refused_and_changes_nothing(source: Path, data: str | bytes) -> None:
    take(source, ENTRY)
    before = everything()
    source.write_bytes(data if isinstance(data, bytes) else data.encode())
    with pytest.raises(ManifestError, match="manifest"):
        manifest.sync(str(source))
    assert everything() == before


def test_a_refusal_names_the_place(source: Path) -> None:
    with pytest.raises(ManifestError, match=r"threads\.0\.url"):
        take(source, entry(url=7))


def test_a_manifest_that_cannot_be_read_is_refused(app: Flask, tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="cannot be read"):
        manifest.sync(str(tmp_path))


class Site_(ThreadingHTTPServer):  # noqa: N801 - `Site` is a table
    """A blog on another machine: answers with an ETag, and 304 to whoever has it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.body = b""
        self.etag: str | None = '"one"'
        self.status = 200
        self.asked: list[str | None] = []
        self.cut = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/threads.json"


class Answer(BaseHTTPRequestHandler):
    server: Site_

    def do_GET(self) -> None:
        site = self.server
        known = self.headers.get("If-None-Match")
        site.asked.append(known)
        status = 304 if known and known == site.etag else site.status
        self.send_response(status)
        if site.etag:
            self.send_header("ETag", site.etag)
        if status == 200:
            self.send_header("Content-Length", str(len(site.body)))
        self.end_headers()
        if status == 200:
            self.wfile.write(site.body[:10] if site.cut else site.body)

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@pytest.fixture
def far(app: Flask) -> Iterator[Site_]:
    with Site_() as server:
        server.body = json.dumps(document(ENTRY)).encode()
        running = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        running.start()
        yield server
        server.shutdown()
        running.join()


@pytest.mark.enable_socket
class TestFetched:
    def test_it_is_fetched_and_asked_for_again_by_its_tag(self, far: Site_) -> None:
        assert manifest.sync(far.url)
        assert get("pelicans").title == "How pelicans fish"
        assert not manifest.sync(far.url)
        assert far.asked == [None, '"one"']

    def test_a_new_tag_brings_what_changed(self, far: Site_) -> None:
        manifest.sync(far.url)
        far.body, far.etag = json.dumps(document(entry(title="New"))).encode(), '"two"'
        assert manifest.sync(far.url)
        assert get("pelicans").title == "New"
        assert not manifest.sync(far.url)
        assert far.asked == [None, '"one"', '"two"']

    def test_a_site_without_tags_is_compared_by_its_bytes(self, far: Site_) -> None:
        far.etag = None
        assert manifest.sync(far.url)
        assert not manifest.sync(far.url)
        far.body = json.dumps(document(entry(title="New"))).encode()
        assert manifest.sync(far.url)

    def test_asked_again_no_tag_is_sent(self, far: Site_) -> None:
        manifest.sync(far.url)
        assert manifest.sync(far.url, again=True)
        assert far.asked == [None, None]

    @pytest.mark.parametrize("status", [403, 404, 500, 503])
    def test_a_site_that_fails_changes_nothing(self, far: Site_, status: int) -> None:
        manifest.sync(far.url)
        before = everything()
        far.status, far.etag = status, '"two"'
        with pytest.raises(ManifestError, match=str(status)):
            manifest.sync(far.url)
        assert everything() == before

    def test_an_answer_that_breaks_off_changes_nothing(self, far: Site_) -> None:
        manifest.sync(far.url)
        before = everything()
        far.cut, far.etag = True, '"two"'
        with pytest.raises(ManifestError, match="cannot be"):
            manifest.sync(far.url)
        assert everything() == before

    def test_a_site_that_is_away_changes_nothing(self, far: Site_) -> None:
        manifest.sync(far.url)
        before = everything()
        url = far.url
        far.server_close()
        with pytest.raises(ManifestError, match="cannot be fetched"):
            manifest.sync(url)
        assert everything() == before

    def test_a_manifest_without_end_is_refused(
        self, far: Site_, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(manifest, "MAX_BYTES", 100)
        with pytest.raises(ManifestError, match="larger than"):
            manifest.sync(far.url)
