"""Exporters: what is taken along is the same when it comes back."""

import json
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any
from unicodedata import normalize

import jsonschema
import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comments_service import comments, config, exporters
from comments_service.db import db, writing
from comments_service.exporters import Choice
from comments_service.importers import Rules
from comments_service.inputs.fields import plain_text
from comments_service.models import Account, Comment, Status, Thread, now
from formats.passages import Passage
from tests import make
from tests.conftest import one_database
from tests.unit.importing import brought, rows, state, two_articles

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def pages(app: Flask) -> None:
    two_articles()


def exported(choice: Choice | None = None) -> list[dict[str, Any]]:
    pieces = exporters.STREAMS["postil"](choice or Choice(), config.current().site_url)
    return [json.loads(each) for each in pieces]


def forget() -> None:
    with writing():
        for model in (Comment, Account):
            db.session.execute(sa.text(f"DELETE FROM {model.__tablename__}"))  # noqa: S608 - ours
    db.session.expunge_all()


def elsewhere(path: Path, parent: int | None = None) -> None:
    """What Isso had on a page that this blog has not; what is answered may be missing."""
    said = {"id": 1, "text": "From afar.", "author": "Ada", "created": 1577836800, "parent": parent}
    path.write_text(json.dumps([{"id": "/afar/", "title": "Afar", "comments": [said]}]), "utf-8")


def names() -> list[str]:
    return [*db.session.scalars(sa.select(Thread.id).order_by(Thread.id))]


def conversation() -> None:
    """Of every state, by guests and an account, answered across pages of the export."""
    reader = make.account("Rhea")
    first = make.comment(
        "alpha",
        "First *stress* <b>as typed</b>",
        minutes_ago=50,
        email="gus@example.org",
        passage=Passage("a colony", "Thus", "needs a lake", "en"),
    )
    make.comment(
        "alpha",
        "Answer & more",
        parent=first,
        by=reader,
        minutes_ago=40,
        website="https://rhea.example",
    )
    gone = make.comment("alpha", "taken back", minutes_ago=30)
    make.comment("alpha", "Below it", parent=gone, minutes_ago=20)
    make.comment("beta", "Waits", held=True, minutes_ago=15)
    make.comment("beta", "Pills", status=Status.REJECTED, minutes_ago=10)
    with comments.changing():
        comments.empty(db.session.get_one(Comment, gone.id))


def test_what_is_exported_and_imported_is_exported_the_same(tmp_path: Path) -> None:
    conversation()
    once = exported()
    exporters.write(tmp_path / "all.jsonl", "postil", Choice(), config.current().site_url)
    forget()
    brought(tmp_path / "all.jsonl")
    assert exported() == once
    assert (tmp_path / "all.jsonl").stat().st_mode & 0o777 == 0o600


words = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cf", "Cn", "Co")), min_size=1, max_size=40
).filter(lambda text: text.strip() and text == normalize("NFC", text).strip())
said = st.lists(
    st.tuples(words, st.integers(0, 30), st.integers(0, 3), st.sampled_from([*Status])),
    min_size=1,
    max_size=12,
)


@one_database
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(said)
def test_any_conversation_comes_back_as_it_was(
    tmp_path: Path, said: list[tuple[str, int, int, Status]]
) -> None:
    made: list[Comment] = []
    for text, above, minutes, status in said:
        parent = made[above] if above < len(made) else None
        made.append(
            make.comment(
                "alpha",
                plain_text(f"x {text}"),
                parent=parent,
                minutes_ago=60 - minutes,
                status=status,
            )
        )
    once = exported()
    exporters.write(tmp_path / "all.jsonl", "postil", Choice(), config.current().site_url)
    forget()
    brought(tmp_path / "all.jsonl")
    again = exported()
    forget()
    order = [json.dumps(each, sort_keys=True) for each in once]
    assert sorted(order) == sorted(json.dumps(each, sort_keys=True) for each in again)


@pytest.mark.parametrize("form", ["wxr", "disqus"])
def test_what_others_read_comes_back_with_its_parents_and_states(tmp_path: Path, form: str) -> None:
    def shape() -> list[tuple[Any, ...]]:
        found = rows()
        written = {each.id: each.created_at.replace(microsecond=0) for each in found}
        return [
            (
                each.thread_id,
                "Rhea" if each.account_id else each.name,
                each.html,
                each.status,
                written.get(each.parent_id or 0),
                written[each.id],
            )
            for each in found
        ]

    conversation()
    before = shape()
    exporters.write(tmp_path / "file", form, Choice(), config.current().site_url)
    forget()
    brought(tmp_path / "file")
    assert shape() == before


def test_isso_goes_on_with_its_own_database(tmp_path: Path) -> None:
    conversation()
    exporters.write(tmp_path / "isso.db", "isso", Choice(), config.current().site_url)
    database = sqlite3.connect(tmp_path / "isso.db")
    found = database.execute(
        "SELECT uri, text, mode, parent FROM comments JOIN threads ON tid = threads.id"
    ).fetchall()
    database.close()
    assert found == [
        ("/alpha/", "First *stress* <b>as typed</b>", 1, None),
        ("/alpha/", "Answer & more", 1, 1),
        ("/alpha/", "", 4, None),
        ("/alpha/", "Below it", 1, 3),
        ("/beta/", "Waits", 2, None),
    ]
    forget()
    assert brought(tmp_path / "isso.db", rules=Rules([])).counts.new == 5


def test_without_personal_data_nothing_is_in_it_that_not_everybody_can_read() -> None:
    conversation()
    lines = json.dumps(exported(Choice(public=True)))
    for private in ("example.org", "Waits", "Pills", "taken back"):
        assert private not in lines.replace("blog.test", "")
    for shown in ("First", "Below it", "Rhea"):
        assert shown in lines


def test_one_thread_and_what_is_new_can_be_chosen() -> None:
    conversation()
    assert {each.get("thread") for each in exported(Choice(thread="beta"))[1:]} == {"beta"}
    recent = [
        each["body"]
        for each in exported(Choice(since=now() - timedelta(minutes=25)))
        if "body" in each
    ]
    assert recent == ["Below it", "Waits", "Pills"]


def test_the_export_takes_the_same_queries_however_long_a_thread_is(statements: list[str]) -> None:
    make.many([{"id": number} for number in range(1, 6)], "alpha")
    statements.clear()
    exported()
    few = len(statements)
    make.many([{"id": number} for number in range(6, 500)], "alpha")
    statements.clear()
    exported()
    assert len(statements) == few


def test_every_line_is_as_the_schema_says() -> None:
    schema = json.loads((ROOT / "docs" / "comments.schema.json").read_text("utf-8"))
    conversation()
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    for each in exported():
        validator.validate(each)
    with pytest.raises(jsonschema.ValidationError):
        validator.validate({"id": "1"})


def test_the_command_writes_a_file_that_the_command_reads(app: Flask, tmp_path: Path) -> None:
    def run(*args: str) -> Any:
        return app.test_cli_runner().invoke(args=["comments", *args])

    conversation()
    Path(config.current().manifest_source).unlink()
    assert run("export", "--to", str(tmp_path / "all.jsonl")).exit_code == 0
    shown = run("export", "--thread", "beta")
    assert [json.loads(line).get("body") for line in shown.output.splitlines()] == [
        None,
        None,
        "Waits",
        "Pills",
    ]
    refused = run("export", "--format", "isso")
    assert "--to" in refused.output
    assert run("import", str(tmp_path / "all.jsonl")).exit_code == 0
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Thread)) == 2


def test_a_blogs_own_export_brings_nothing_twice(tmp_path: Path) -> None:
    """Not even where an article is gone, a page was never known, or a comment that is answered."""
    conversation()
    elsewhere(tmp_path / "elsewhere.json", parent=77)
    brought(tmp_path / "elsewhere.json")
    with writing():
        db.session.get_one(Thread, "beta").listed = False
    before, threads = state(), names()
    exporters.write(tmp_path / "all.jsonl", "postil", Choice(), config.current().site_url)
    counts = brought(tmp_path / "all.jsonl").counts
    assert (counts.new, counts.known, counts.skipped) == (0, 8, [])
    assert (state(), names()) == (before, threads)


def test_a_page_that_is_not_known_keeps_its_name_when_it_moves_twice(tmp_path: Path) -> None:
    elsewhere(tmp_path / "elsewhere.json")
    brought(tmp_path / "elsewhere.json")
    once = exported()
    exporters.write(tmp_path / "all.jsonl", "postil", Choice(), config.current().site_url)
    forget()
    with writing():
        db.session.execute(sa.delete(Thread).where(Thread.id.like("imported-%")))
    brought(tmp_path / "all.jsonl")
    assert exported() == once


@pytest.mark.parametrize("form", ["postil", "wxr", "disqus"])
def test_what_was_imported_and_what_was_written_here_never_share_an_id(
    tmp_path: Path, form: str
) -> None:
    """Numbers begin with 1 in each blog, and both are taken along."""
    (tmp_path / "elsewhere.jsonl").write_text(
        '{"postil":1,"site":"https://old.example"}\n'
        '{"thread":"alpha","url":"https://old.example/alpha/","title":"Alpha"}\n'
        + "".join(
            json.dumps({"id": number, "thread": "alpha", "status": "published", "body": f"Old {number}",
                        "written_at": "2020-01-01T00:00:00Z", "name": "Ada"}) + "\n"
            for number in ("1", "2", "3")
        ),
        "utf-8",
    )  # fmt: skip
    conversation()
    brought(tmp_path / "elsewhere.jsonl")
    exporters.write(tmp_path / "file", form, Choice(), config.current().site_url)
    forget()
    counts = brought(tmp_path / "file").counts
    assert (counts.new, counts.skipped) == (9, [])


def test_isso_has_one_thread_for_two_pages_of_one_path(tmp_path: Path) -> None:
    conversation()
    with writing():
        db.session.get_one(Thread, "beta").url = "https://old.example/alpha/"
    exporters.write(tmp_path / "isso.db", "isso", Choice(), config.current().site_url)
    database = sqlite3.connect(tmp_path / "isso.db")
    found = database.execute(
        "SELECT uri, count(*) FROM comments JOIN threads ON tid = threads.id GROUP BY uri"
    ).fetchall()
    database.close()
    assert found == [("/alpha/", 5)]


def test_the_command_refuses_a_thread_that_there_is_not(app: Flask, tmp_path: Path) -> None:
    to = tmp_path / "nope.jsonl"
    refused = app.test_cli_runner().invoke(
        args=["comments", "export", "--thread", "nope", "--to", str(to)]
    )
    assert refused.exit_code == 1
    assert "There is no thread nope." in refused.output
    assert not to.exists()
