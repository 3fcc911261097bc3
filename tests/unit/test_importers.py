"""Importers: what each system has kept comes over, once, with its parents, times and states."""

import json
import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import comments, config
from comments_service.db import db
from comments_service.importers import Damaged, bodies
from comments_service.importers.records import Markup, moment
from comments_service.inputs import NewDecision
from comments_service.markup import render
from comments_service.models import Status, Thread
from comments_service.publishing import publisher
from comments_service.supervision import Faults
from tests import make
from tests.conftest import one_database
from tests.unit.importing import SAMPLES, brought, rows, state, told, two_articles


@pytest.fixture(autouse=True)
def pages(app: Flask) -> None:
    two_articles()


GOLDEN = {
    "wordpress.xml": [
        (
            "alpha", "Ada & Ben",
            "One line.\nAnother, with a \\\\ backslash \\& *stress*.\n\nA paragraph.",
            "published", "", "2019-04-01 10:00:00",
        ),
        ("alpha", "Cem", "An answer", "pending", "Ada & Ben", "2019-04-02 10:00:00"),
        ("alpha", "Spam", "Pills", "rejected", "", "2019-04-02 11:00:00"),
        ("beta", "Dora", "Behind a password", "pending", "", "2019-05-01 12:00:00"),
    ],
    "blogger.xml": [
        ("alpha", "Ben", "First **words**.\n\nSecond line.", "published", "", "2012-01-02 09:00:00"),
        ("alpha", "Cem", "Answer.", "published", "Ben", "2012-01-03 09:00:00"),
    ],
    "remark42.json": [
        ("alpha", "Ada", "First *stress*", "published", "", "2020-01-01 10:00:00"),
        ("alpha", "Ben", "Answer *soft*", "published", "Ada", "2020-01-02 16:00:00"),
        ("alpha", "-", "", "deleted", "Ada", "2020-01-03 10:00:00"),
    ],
    "comentario.json": [
        ("alpha", "Walk-in", "First", "published", "", "2023-02-01 00:00:00"),
        ("alpha", "Ben", "Answer", "published", "Walk-in", "2023-02-02 00:00:00"),
        ("alpha", "Ben", "Spam", "rejected", "", "2023-02-03 00:00:00"),
    ],
    "waline.json": [
        (
            "alpha", "Ada", "First **stress** <https://example.org/a.png>",
            "published", "", "2022-01-01 10:00:00",
        ),
        ("alpha", "Ben", "Answer", "published", "Ada", "2022-01-02 10:00:00"),
        ("alpha", "Pill", "Buy", "rejected", "", "2022-01-03 10:00:00"),
        ("alpha", "Anonymous", "Later", "pending", "", "2022-01-04 10:00:00"),
    ],
    "valine.jsonl": [
        ("alpha", "小明", "你好，**世界**", "published", "", "2018-12-01 10:00:00"),
        ("alpha", "Anonymous", "@小明  , 是的", "published", "小明", "2018-12-02 10:00:00"),
    ],
    "twikoo.json": [
        ("alpha", "Ada", "First", "published", "", "2022-04-15 05:20:00"),
        ("alpha", "Ben", "Answer", "published", "Ada", "2022-04-16 10:00:00"),
        ("alpha", "Pill", "Buy", "rejected", "", "2022-04-18 16:40:00"),
    ],
    "artalk.artrans": [
        ("alpha", "Ada", "First **stress**", "published", "", "2021-10-28 12:50:15"),
        ("alpha", "Ben", "Answer", "pending", "Ada", "2021-10-29 12:50:15"),
    ],
    "isso.json": [
        ("alpha", "Ada", "First *stress*", "published", "", "2018-03-01 10:00:00"),
        ("alpha", "Anonymous", "Nameless", "published", "", "2018-03-02 10:00:00"),
    ],
    "giscus.json": [
        ("alpha", "ada", "First **stress**", "published", "", "2022-05-01 10:00:00"),
        ("alpha", "ghost", "Answer", "published", "ada", "2022-05-02 10:00:00"),
    ],
    "utterances.json": [("alpha", "ada", "First", "published", "", "2020-01-02 00:00:00")],
    "postil.jsonl": [
        ("alpha", "Ada", "First *stress*", "published", "", "2026-01-01 10:00:00"),
        ("alpha", "Ben", "Answer", "pending", "Ada", "2026-01-02 10:00:00"),
    ],
    "staticman": [
        ("alpha", "Ada", "First *stress*\nand a line", "published", "", "2019-03-01 10:00:00"),
        ("alpha", "Ben", "Answer", "published", "Ada", "2019-03-02 10:00:00"),
    ],
    "pelican_comments": [
        ("alpha", "Ada", "First *stress*.\n\nSecond paragraph: yes.", "published", "", "2015-03-01 09:00:00"),
        ("alpha", "Ben", "Answer", "published", "Ada", "2015-03-02 09:00:00"),
    ],
}  # fmt: skip
GOLDEN["wordpress-https.xml"] = GOLDEN["wordpress.xml"]


@one_database
@pytest.mark.parametrize("name", GOLDEN)
def test_each_system_comes_with_parents_times_and_states(name: str) -> None:
    assert told(SAMPLES / name) == GOLDEN[name]


@one_database
@pytest.mark.parametrize("name", sorted(each.name for each in SAMPLES.iterdir()))
def test_a_second_run_changes_no_row(name: str) -> None:
    first = brought(SAMPLES / name)
    before = state()
    second = brought(SAMPLES / name)
    assert state() == before
    assert (second.counts.new, second.counts.known) == (0, first.counts.new)
    assert second.as_json()["comments"]["changed"] == 0


@one_database
@pytest.mark.parametrize("name", sorted(each.name for each in SAMPLES.iterdir()))
def test_a_dry_run_says_the_same_and_writes_nothing(name: str) -> None:
    dry = brought(SAMPLES / name, apply=False)
    assert state() == []
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Thread)) == 2
    assert dry.as_json() == brought(SAMPLES / name).as_json()


def test_disqus_keeps_what_its_file_makes_hard(app: Flask) -> None:
    found = told(SAMPLES / "disqus.xml")
    nowhere = next(each[0] for each in found if each[1] == "Eve")
    assert found == [
        ("alpha", "Ada", "First.", "published", "", "2019-04-01 10:00:00"),
        (
            "alpha",
            "Ben",
            "An answer that stands before what it answers \\& is **bold**.\n\n<https://example.org/a/long/way>",
            "published",
            "Ada",
            "2019-04-02 10:00:00",
        ),
        ("alpha", "Pill", "Buy pills", "rejected", "", "2019-04-03 10:00:00"),
        # What its writer took back keeps its place, and none of its words.
        ("beta", "-", "", "deleted", "", "2019-04-04 10:00:00"),
        (
            "beta",
            "Dora",
            "Café \\& croissants R\\&D \xa0done",
            "published",
            "-",
            "2019-04-05 10:00:00",
        ),
        # Whom Eve answers is not in the file: nobody moves her to another place in silence.
        (nowhere, "-", "", "deleted", "", "2019-04-06 10:00:00"),
        (
            nowhere,
            "Eve",
            "To somebody whom the file does not have.",
            "published",
            "-",
            "2019-04-06 10:00:00",
        ),
        ("alpha", "Fay", "no number of its own, but an id", "published", "", "2019-04-07 10:00:00"),
    ]
    assert not db.session.get_one(Thread, nowhere).listed
    said = brought(SAMPLES / "disqus.xml", apply=False).as_json()
    assert said["threads"] == {
        "found": 3,
        "matched": 2,
        "unmatched": [{"source": "102", "url": "http://old.example/nowhere/", "suggestion": ""}],
    }
    assert said["comments"]["skipped"] == [
        {"where": "post 8", "why": "it names no thread"},
        {"where": "post 9", "why": "It has no words."},
    ]
    assert (said["replies"], said["depth"]) == (3, 1)
    # What is left out is counted there, and nowhere else.
    assert said["states"] == {"deleted": 1, "published": 5, "rejected": 1}
    assert sum(said["states"].values()) == said["comments"]["new"] + said["comments"]["known"]


def isso(path: Path) -> Path:
    database = sqlite3.connect(path)
    database.executescript("""
        CREATE TABLE preferences (key VARCHAR PRIMARY KEY, value VARCHAR);
        CREATE TABLE threads (id INTEGER PRIMARY KEY, uri VARCHAR(256) UNIQUE, title VARCHAR(256));
        CREATE TABLE comments (tid REFERENCES threads(id), id INTEGER PRIMARY KEY, parent INTEGER,
          created FLOAT NOT NULL, modified FLOAT, mode INTEGER, remote_addr VARCHAR, text VARCHAR, author VARCHAR,
          email VARCHAR, website VARCHAR, likes INTEGER DEFAULT 0, dislikes INTEGER DEFAULT 0, voters BLOB,
          notification INTEGER DEFAULT 0);
        INSERT INTO threads VALUES (1, '/alpha/', 'Alpha');
        INSERT INTO comments VALUES (1, 1, NULL, 1500000000.5, NULL, 1, '192.0.2.0', 'First `code`', 'Ada', 'a@example.org',
          'https://ada.example', 2, 1, x'00', 0);
        INSERT INTO comments VALUES (1, 2, 1, 1500000100, 1500000200, 2, '192.0.2.0', 'Waits', NULL, NULL, NULL, 0, 0, NULL, 0);
        INSERT INTO comments VALUES (1, 3, NULL, 1500000300, NULL, 4, '192.0.2.0', '', '', NULL, NULL, 0, 0, NULL, 0);
        INSERT INTO comments VALUES (1, 4, 3, 1500000400, NULL, 1, '192.0.2.0', 'Below', 'Ben', NULL, NULL, 0, 0, NULL, 0);
    """)
    database.close()
    return path


def test_issos_database_comes_with_all_its_states(tmp_path: Path) -> None:
    assert told(isso(tmp_path / "comments.db")) == [
        ("alpha", "Ada", "First `code`", "published", "", "2017-07-14 02:40:00"),
        ("alpha", "Anonymous", "Waits", "pending", "Ada", "2017-07-14 02:41:40"),
        ("alpha", "-", "", "deleted", "", "2017-07-14 02:45:00"),
        ("alpha", "Ben", "Below", "published", "-", "2017-07-14 02:46:40"),
    ]


@one_database
def test_cusdis_of_ones_own_comes_too(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "data.db")
    database.executescript("""
        CREATE TABLE projects (id TEXT PRIMARY KEY);
        CREATE TABLE pages (id TEXT PRIMARY KEY, slug TEXT, url TEXT, title TEXT, projectId TEXT);
        CREATE TABLE comments (id TEXT PRIMARY KEY, pageId TEXT, created_at DATETIME, updated_at DATETIME, deletedAt DATETIME,
          by_email TEXT, by_nickname TEXT, content TEXT, approved BOOLEAN, parentId TEXT);
        INSERT INTO pages VALUES ('p', 'alpha', NULL, 'Alpha', 'x');
        INSERT INTO comments VALUES ('b', 'p', 1620000100000, 0, NULL, NULL, 'Ben', 'Answer', 0, 'a');
        INSERT INTO comments VALUES ('a', 'p', 1620000000000, 0, NULL, 'a@example.org', 'Ada', 'First', 1, NULL);
    """)
    database.close()
    assert told(tmp_path / "data.db") == [
        ("alpha", "Ada", "First", "published", "", "2021-05-03 00:00:00"),
        ("alpha", "Ben", "Answer", "pending", "Ada", "2021-05-03 00:01:40"),
    ]


@one_database
def test_commento_knows_nobody_and_no_date(app: Flask) -> None:
    before = datetime.now(UTC)
    found = {
        each.source or str(each.status): each
        for each in (brought(SAMPLES / "commento.json"), rows())[1]
    }
    assert found["First"].name == "Anonymous"
    assert found["Answer **now**"].parent_id == found["First"].id
    assert found["Answer **now**"].email == "ben@example.org"
    assert found["Answer **now**"].website is None
    # `0001-01-01` was never meant.
    assert found["Waits"].status is Status.PENDING
    assert found["Waits"].created_at.year > 2020
    assert found["Waits"].created_at <= max(before, datetime.now(UTC))
    assert found["deleted"].source == ""


@one_database
@pytest.mark.parametrize("version", [2, 4, None])
def test_an_unknown_version_is_refused(tmp_path: Path, version: int | None) -> None:
    made = json.loads((SAMPLES / "commento.json").read_text()) | {"version": version}
    (tmp_path / "export.json").write_text(json.dumps(made))
    with pytest.raises(Damaged, match="version"):
        brought(tmp_path / "export.json")
    (tmp_path / "backup").write_text('{"version": 2, "users": [], "posts": []}\n{"id": "a"}\n')
    with pytest.raises(Damaged, match="version 2"):
        brought(tmp_path / "backup", system="remark42")


def test_a_later_longer_export_adds_what_is_new_beside_what_came_here(tmp_path: Path) -> None:
    short = (SAMPLES / "disqus.xml").read_text()
    later = short.replace(
        "</disqus>",
        """<post dsq:id="999"><message>Whom Eve answered.</message>
      <createdAt>2019-04-05T09:00:00Z</createdAt><isDeleted>false</isDeleted><isSpam>false</isSpam>
      <author><name>Zoe</name></author><thread dsq:id="102"/></post>
      <post dsq:id="50"><message>New</message><createdAt>2020-01-01T00:00:00Z</createdAt><isDeleted>false</isDeleted>
      <isSpam>false</isSpam><author><name>Ida</name></author><thread dsq:id="100"/><parent dsq:id="1"/></post></disqus>""",
    )
    brought(SAMPLES / "disqus.xml")
    here = make.comment("alpha", "Written here meanwhile.")
    comments.decide(rows()[0].id, None, NewDecision(decision="delete", version=1))
    kept = {each.id: (each.source, each.status) for each in rows()}
    (tmp_path / "later.xml").write_text(later)
    report = brought(tmp_path / "later.xml")
    assert report.counts.new == 2
    now = {each.id: each for each in rows()}
    placeholder = next(each for each in now.values() if each.source == "Whom Eve answered.")
    for number, was in kept.items():
        # Only the place that was kept for somebody is filled now.
        assert number == placeholder.id or (now[number].source, now[number].status) == was
    assert here.id in now
    [eve] = [each for each in now.values() if each.name == "Eve"]
    assert eve.parent_id == placeholder.id


def test_what_came_in_pieces_is_published_as_if_it_had_come_at_once(app: Flask) -> None:
    def published() -> dict[str, bytes]:
        publisher.publish_behind(config.current(), Faults())
        folder = config.current().published / "threads"
        return {
            each.name: each.read_bytes()
            for each in sorted(folder.iterdir())
            if each.suffix in (".html", ".json")
        }

    brought(SAMPLES / "disqus.xml")
    once = published()
    assert b"croissants" in once["beta.html"]
    assert not any(b"Eve" in each for each in once.values())
    publisher.publish_all(config.current(), Faults())
    assert published() == once
    assert comments.misplaced() == []


@pytest.mark.parametrize(
    "said",
    [
        "2020-01-02T22:00:00Z", "2020-01-03 07:00:00 +0900", "2020-01-02 22:00:00 UTC", "2020-01-02T22:00:00.000000001Z",
        "Thu, 02 Jan 2020 22:00:00 GMT", "Thu, 2 Jan 2020 17:00:00 EST", "Thu, 02 Jan 2020 22:00:00 +0000",
        "Jan 2, 2020 10:00 PM", "2020/01/02 22:00:00", "1578002400", "1578002400000", 1578002400000000,
        "Thu Jan 02 2020 22:00:00 GMT+0000 (Greenwich Mean Time)", "2020-01-03 07:00:00.000 +09:00", "2020-1-2 22:00:00",
        {"seconds": 1578002400, "nanoseconds": 7}, {"_seconds": 1578002400},
        {"$date": {"$numberLong": "1578002400000"}}, {"iso": "2020-01-02T22:00:00.000Z"},
    ],
)  # fmt: skip
def test_a_time_is_the_same_in_whatever_way_an_export_says_it(said: object) -> None:
    found = moment(said)
    assert found
    assert found.replace(microsecond=0).isoformat() == "2020-01-02T22:00:00+00:00"


@pytest.mark.parametrize("said", ["2020-01-02T24:00:00Z", "2020-01-02 24:00", "2020-01-03T09:00:00+0900"])  # fmt: skip
def test_the_end_of_a_day_is_the_beginning_of_the_next(said: str) -> None:
    assert moment(said) == datetime(2020, 1, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    "said", ["", "0000-00-00 00:00:00", "0001-01-01T00:00:00Z", "Thu, 99 Jan 2020 22:00:00 GMT", "02/01/2020", "soon", 0]
)  # fmt: skip
def test_a_time_that_may_be_another_is_none(said: object) -> None:
    assert moment(said) is None


@pytest.mark.parametrize("end", [":-EibzAO-QGxTovjeNTBl4GVHW68&cuid=1", ":zjHJ9CS7YTS6D6-FWtZRTF8swk4", "&cuid=1"])  # fmt: skip
@pytest.mark.parametrize("how", [Markup.HTML, Markup.LINES])
def test_a_link_that_disqus_counted_leads_where_it_was_meant_to(how: Markup, end: str) -> None:
    wrapped = f"https://disq.us/url?url=https%3A%2F%2Fexample.org%2Fa%2Fway%3Fb%3D1{end.replace(':', '%3A', 1)}"
    html = wrapped.replace("&", "&amp;")
    for body in (f'<p><a href="{html}">https://example.org/a...</a></p>', html, f"<p>{html}</p>"):
        assert bodies.markdown(body, how).strip("<>") == "https://example.org/a/way?b=1"
    for other in ("https://disq.us/p/abc", "https://disq.us/url?url=javascript%3Ax"):
        assert other in bodies.markdown(other, how)


@pytest.mark.parametrize("how", [Markup.HTML, Markup.LINES, Markup.MARKDOWN])
def test_a_link_that_shows_another_address_comes_as_a_link(how: Markup) -> None:
    body = '<a href="https://away.example/?to=x">https://example.org/a</a> and <a href="https://example.org/b">https://ex…</a>'
    html = render(bodies.markdown(body, how))
    assert re.findall(r'href="([^"]*)', html) == [
        "https://away.example/?to=x",
        "https://example.org/b",
    ]


def test_an_address_between_angles_comes_as_a_link() -> None:
    html = render(bodies.markdown("See <https://example.org/a>, <b>", Markup.TEXT))
    assert 'href="https://example.org/a"' in html
    assert ">https://example.org/a</a>&gt;, &lt;b&gt;" in html
