"""Imported answers: they follow what they answer, and stand without it only where the report says so."""

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import comments, config
from comments_service.db import db
from comments_service.inputs.threads import Move
from comments_service.models import Role, Thread
from tests import make
from tests.conftest import one_database
from tests.unit.importing import SAMPLES, brought, rows, two_articles


@pytest.fixture(autouse=True)
def pages(app: Flask) -> None:
    two_articles()


def an_export(path: Path, *said: dict[str, Any]) -> Path:
    lines = [{"postil": 1}, *({"thread": each, "url": f"/{each}/"} for each in ("alpha", "beta"))]
    kept = {"status": "published", "written_at": "2020-01-01T10:00:00Z"}
    with path.open("w") as file:
        for each in [*lines, *(kept | each for each in said)]:
            file.write(json.dumps(each) + "\n")
    return path


FIRST = {"id": "1", "thread": "alpha", "body": "First"}
ANSWER = {"id": "2", "thread": "alpha", "body": "Answer", "parent": "1"}
DEEPER = {"id": "3", "thread": "alpha", "body": "Deeper", "parent": "2"}


def test_answers_of_a_later_export_follow_what_a_moderator_has_moved(
    app: Flask, tmp_path: Path
) -> None:
    brought(an_export(tmp_path / "early", FIRST))
    moderator = make.account("Mona", role=Role.MODERATOR)
    comments.move(rows()[0].id, moderator, Move(thread="beta"))
    for _ in range(2):
        brought(an_export(tmp_path / "late", FIRST, ANSWER, DEEPER))
        found = {each.source: each for each in rows()}
        assert {each.thread_id for each in found.values()} == {"beta"}
        assert found["Answer"].parent_id == found["First"].id
        assert found["Deeper"].parent_id == found["Answer"].id
        assert [*sorted(found, key=lambda each: found[each].place or 0)] == [*found]
        assert None not in [each.place for each in found.values()]
        assert [found[each].depth for each in ("First", "Answer", "Deeper")] == [0, 1, 2]


def test_what_fills_a_place_stands_below_what_it_answers_with_all_that_answers_it(
    tmp_path: Path,
) -> None:
    brought(
        an_export(tmp_path / "early", DEEPER, {**DEEPER, "id": "4", "parent": "3", "body": "Last"})
    )
    assert [each.depth for each in rows() if each.source] == [1, 2]
    for _ in range(2):
        brought(an_export(tmp_path / "late", FIRST, ANSWER, DEEPER))
        found = {each.source: each for each in rows()}
        order = [*sorted(found, key=lambda each: found[each].place or 0)]
        assert order == ["First", "Answer", "Deeper", "Last"]
        assert [found[each].depth for each in order] == [0, 1, 2, 3]
        assert [found[each].parent_id for each in order[1:]] == [
            found[each].id for each in order[:-1]
        ]


@one_database
def test_two_files_that_say_each_answers_the_other_make_no_circle(tmp_path: Path) -> None:
    brought(an_export(tmp_path / "one", ANSWER))
    brought(an_export(tmp_path / "other", {**FIRST, "parent": "2"}))
    found = {each.source: each for each in rows()}
    assert found["First"].parent_id is None
    assert found["Answer"].parent_id == found["First"].id
    assert [found[each].depth for each in ("First", "Answer")] == [0, 1]


@one_database
def test_an_answer_at_another_address_of_the_same_page_stays_below_what_it_answers(
    tmp_path: Path,
) -> None:
    path = a_twikoo(
        tmp_path / "export",
        {"_id": "1", "url": "https://old.example/alpha/?utm_source=x"},
        {"_id": "2", "url": "http://www.old.example/alpha", "pid": "1"},
        {"_id": "3", "url": "/alpha/index.html", "pid": "2"},
    )
    for apply in (False, True):
        report = brought(path, apply=apply)
        assert [*report.apart.values()] == [[], [], []]
        assert (report.matched, report.counts.depth) == (3, 2)
    found = {each.imported_id: each for each in rows()}
    assert {each.thread_id for each in found.values()} == {"alpha"}
    assert [found[each].parent_id for each in "123"] == [None, found["1"].id, found["2"].id]


@one_database
def test_an_answer_on_another_page_than_what_it_answers_is_told_of(tmp_path: Path) -> None:
    across = {"id": "4", "thread": "beta", "body": "Across", "parent": "1"}
    path = an_export(tmp_path / "across", FIRST, across)
    for apply in (False, True):
        report = brought(path, apply=apply)
        assert report.apart == report.as_json()["apart"]
        assert report.apart == {"elsewhere": ["4"], "circle": [], "deep": []}
        assert any("on another page" in line for line in report.lines(applied=apply))
    found = {each.source: each for each in rows()}
    assert (found["Across"].thread_id, found["Across"].parent_id) == ("beta", None)
    assert len(found) == 2


def a_twikoo(path: Path, *said: dict[str, Any]) -> Path:
    kept = {"nick": "Ada", "url": "/alpha/", "created": 1650000000000}
    rows = [kept | {"comment": f"c{each['_id']}"} | each for each in said]
    path.write_text(json.dumps(rows))
    return path


def test_what_answers_a_deleted_answer_stays_in_its_conversation(tmp_path: Path) -> None:
    """Twikoo and Waline delete the row, and the answers to it still say in which conversation they stood."""
    early = a_twikoo(
        tmp_path / "early",
        {"_id": "1"},
        {"_id": "3", "pid": "2", "rid": "1"},
        {"_id": "4", "pid": "3", "rid": "1"},
        # What says that it began the conversation below itself, or is gone as well, leads nowhere.
        {"_id": "6", "pid": "5", "rid": "6"},
        {"_id": "8", "pid": "7", "rid": "0"},
    )
    for _ in range(2):
        brought(early)
        found = {each.imported_id: each for each in rows()}
        place = found["2"]
        assert (place.source, place.parent_id, place.depth) == ("", found["1"].id, 1)
        assert [(found[each].parent_id, found[each].depth) for each in "34"] == [
            (place.id, 2),
            (found["3"].id, 3),
        ]
        assert [found[each].depth for each in "5678"] == [0, 1, 0, 1]
        assert [
            each.imported_id for each in sorted(found.values(), key=lambda one: one.place or 0)
        ][:4] == ["1", "2", "3", "4"]
    # A later export has it after all.
    brought(a_twikoo(tmp_path / "late", {"_id": "1"}, {"_id": "2", "pid": "1", "rid": "1"}))
    [filled] = [each for each in rows() if each.imported_id == "2"]
    assert (filled.source, filled.depth) == ("c2", 1)


@one_database
@pytest.mark.parametrize("none", [None, "", 0, "0", "null", "undefined", "root"], ids=repr)
def test_what_answers_nothing_says_so_in_many_ways(tmp_path: Path, none: object) -> None:
    brought(a_twikoo(tmp_path / "export", {"_id": "1", "pid": none, "rid": none}), system="twikoo")
    assert [(each.imported_id, each.parent_id) for each in rows()] == [("1", None)]


@one_database
@pytest.mark.parametrize(
    ("own", "said"),
    [(1, "1"), ("1", 1.0), (1.0, 1), ({"$oid": "a"}, {"$oid": "a"}), ({"$oid": "a"}, "a")],
)
def test_a_number_is_the_same_in_whatever_way_an_export_says_it(
    tmp_path: Path, own: object, said: object
) -> None:
    path = a_twikoo(tmp_path / "export", {"_id": own}, {"_id": "2", "pid": said})
    brought(path, system="twikoo")
    assert len(rows()) == 2
    found = {each.imported_id: each for each in rows()}
    assert found["2"].parent_id == next(each.id for each in rows() if each.imported_id != "2")


@one_database
def test_whatever_a_field_holds_the_import_ends_and_its_figures_are_true(tmp_path: Path) -> None:
    odd: list[dict[str, Any]] = [
        {"_id": "1", "url": "http://[broken/alpha/"},
        {
            "_id": "2\ud83d",
            "url": "/al\x00pha/\ud83d",
            "nick": "n\ud83d",
            "mail": "a\ud83d@b.example",
        },
        {"_id": "3", "like": {"x": 1}, "comment": None},
        {"_id": "4", "url": "javascript:alert(1)"},
        {"_id": None},
        {"_id": "6", "url": ["/alpha/"]},
        {"_id": "7", "created": "9999-12-31T24:00:00Z"},
        {"_id": "1"},
    ]
    path = a_twikoo(tmp_path / "export", *odd)
    text = path.read_text()
    deep = '{"$date":' * 2000 + "1" + "}" * 2000
    dated = '{"_id": %s, "url": "/alpha/", "comment": "x", "created": %s}'
    more = [dated % (10, deep), dated % (11, f'"{"24:00 " * 2000}"')]
    path.write_text(f"{text[:-1]}, null, 5, [1], {', '.join(more)}]")
    for apply in (False, True, True):
        report = brought(path, apply=apply, system="twikoo")
        counts = report.counts
        assert report.found == len(odd) + 5
        assert report.found == counts.new + counts.known + len(counts.skipped)
    assert (counts.new, counts.known) == (0, 6)
    # Moderators are led to these.
    assert {each.partition("/")[0] for each in db.session.scalars(sa.select(Thread.url))} <= {
        "http:",
        "",
    }


@one_database
@pytest.mark.parametrize(("up", "down"), [("9" * 40, "-7"), (1e300, "nan"), (-3, "x")])
def test_votes_are_no_more_than_can_be_kept(tmp_path: Path, up: object, down: object) -> None:
    row = {"id": "1", "page_key": "/alpha/", "content": "First", "vote_up": up, "vote_down": down}
    (tmp_path / "export").write_text(json.dumps([row]))
    brought(tmp_path / "export", system="artalk")
    [found] = rows()
    assert 0 <= found.up < 2**31
    assert found.down == 0


@one_database
def test_pingbacks_come_where_they_are_wished_for(app: Flask) -> None:
    left = brought(SAMPLES / "wordpress.xml")
    assert ("comment 33", "it is a pingback: --pings takes them over") in [
        (each.where, each.why) for each in left.counts.skipped
    ]
    assert "Link" not in {each.name for each in rows()}
    Path(config.current().manifest_source).unlink()
    run = app.test_cli_runner().invoke
    told = run(args=["comments", "import", str(SAMPLES / "wordpress.xml"), "--pings", "--apply"])
    assert told.exit_code == 0, told.output
    assert next(each.source for each in rows() if each.name == "Link") == r"\[...\] linked \[...\]"
    assert brought(SAMPLES / "wordpress.xml", pings=True).counts.new == 0


@one_database
def test_what_cannot_be_exported_is_said(app: Flask, tmp_path: Path) -> None:
    run = app.test_cli_runner().invoke
    assert "no thread nowhere" in run(args=["comments", "export", "--thread", "nowhere"]).output
    (tmp_path / "file").touch()
    told = run(args=["comments", "export", "--to", str(tmp_path / "file" / "below")])
    assert (told.exit_code, "cannot be written" in told.output) == (1, True)
