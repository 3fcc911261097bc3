"""Imported answers: they follow what they answer, and stand without it only where the report says so."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from comments_service import comments, config
from comments_service.inputs.threads import Move
from comments_service.models import Role
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
def test_an_answer_on_another_page_than_what_it_answers_is_told_of(tmp_path: Path) -> None:
    across = {"id": "4", "thread": "beta", "body": "Across", "parent": "1"}
    path = an_export(tmp_path / "across", FIRST, across)
    for apply in (False, True):
        report = brought(path, apply=apply)
        assert report.apart == report.as_json()["apart"] == ["4"]
        assert any("on another page" in line for line in report.lines(applied=apply))
    found = {each.source: each for each in rows()}
    assert (found["Across"].thread_id, found["Across"].parent_id) == ("beta", None)
    assert len(found) == 2


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
