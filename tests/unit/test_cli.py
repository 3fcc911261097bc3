"""Commands: the same rules as on the web, for whoever sits at the server."""

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from comments_service import bans, comments, config
from comments_service.accounts import roles
from comments_service.accounts.login import enter
from comments_service.comments import rerendering
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.errors import Message
from comments_service.models import Comment, Decision, Role, Status, Thread
from comments_service.publishing import publisher
from comments_service.web.route_tables import BEGIN, END, TABLES
from tests import make
from tests.unit.test_manifest import document, entry
from tests.unit.test_rebake import ARTICLE


@pytest.fixture
def run(app: Flask) -> Any:
    """`flask comments …`, as typed."""

    def command(*words: str) -> Result:
        db.session.rollback()
        result = app.test_cli_runner().invoke(args=["comments", *words])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        db.session.rollback()
        db.session.expire_all()
        return result

    return command


def write_manifest(settings: Settings, *entries: dict[str, Any]) -> Path:
    path = Path(settings.manifest_source)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document(*entries)))
    return path


def test_publishing_takes_the_manifest_and_writes_and_bakes(run: Any, settings: Settings) -> None:
    write_manifest(settings, entry())
    page = Path(settings.output) / "pelicans" / "index.html"
    page.parent.mkdir()
    page.write_text(ARTICLE)
    result = run("publish")
    assert (result.exit_code, result.output) == (0, "Published 1 threads, baked 1 pages.\n")
    assert "data-revision" in page.read_text("utf-8")
    assert run("publish").output == "Published 0 threads, baked 0 pages.\n"


def test_publishing_everything_or_what_is_stale(run: Any, settings: Settings) -> None:
    write_manifest(settings, entry(), entry(id="gulls", aliases=[]))
    assert run("publish").output.startswith("Published 2")
    assert run("publish", "--all").output.startswith("Published 2")
    assert run("publish", "--stale").output.startswith("Published 0")
    (settings.published / "threads" / "gulls.html").unlink()
    assert run("publish").output.startswith("Published 0")
    assert run("publish", "--stale").output.startswith("Published 1")


def test_publishing_says_what_is_wrong_with_a_manifest(run: Any, tmp_path: Path) -> None:
    (tmp_path / "other.json").write_text("{")
    result = run("publish", "--manifest", str(tmp_path / "other.json"))
    assert result.exit_code == 1
    assert "Error: the manifest cannot be read" in result.output


def test_publishing_closes_what_is_overdue(run: Any, settings: Settings) -> None:
    write_manifest(settings, entry(close_after="2026-01-01T00:00:00+00:00"))
    run("publish")
    html = (settings.published / "threads" / "pelicans.html").read_text("utf-8")
    assert "Comments are closed" in html


def test_the_owners_link_is_printed_until_there_is_an_owner(run: Any) -> None:
    words, link = run("owner").output.splitlines()
    assert "within a day" in words
    assert re.fullmatch(r"http://blog\.test/comments/owner/[\w-]{43}", link)
    assert run("owner", "--if-none").output.splitlines()[-1] != link
    make.account("Olga", role=Role.OWNER)
    assert run("owner", "--if-none").output == ""
    assert run("owner").output != ""


def test_a_role_is_given_by_address(run: Any) -> None:
    make.account("Rhea")
    assert run("role", "rhea@example.org", "moderator").output == "Rhea is now moderator.\n"
    result = run("role", "nobody@example.org", "owner")
    assert result.exit_code == 1
    assert "There is no account with the address nobody@example.org." in result.output
    assert run("role", "rhea@example.org", "king").exit_code == 2


def test_a_ban_takes_nothing_more_of_an_account_until_it_is_ended(app: Flask, run: Any) -> None:
    rhea = make.account("Rhea")
    result = run("ban", "RHEA@example.org", "--for", "week", "--reason", "Insults.")
    assert result.exit_code == 0
    assert re.fullmatch(r"Rhea is banned until [-0-9]{10} [0-9:]{5} UTC\.\n", result.output)
    held = bans.of_account(rhea.id)
    assert held is not None
    assert (held.reason, held.moderator_id) == ("Insults.", None)
    # Signing in, to read why, is no writing.
    with writing():
        assert enter(rhea, "password", make.visitor()).session is not None
    # As it was called before there were days.
    assert run("ban", "rhea@example.org").output == "Rhea is banned until you end it.\n"
    assert run("unban", "rhea@example.org").output == "Rhea may write again.\n"
    assert bans.of_account(rhea.id) is None
    assert run("unban", "rhea@example.org").output == "Rhea is not banned.\n"
    for command in ("ban", "unban"):
        failed = run(command, "nobody@example.org")
        assert failed.exit_code == 1
        assert "nobody@example.org" in failed.output


def test_the_queue_shows_who_what_and_why_and_no_terminal_commands(run: Any) -> None:
    make.thread()
    make.comment(
        body="First line.\nSecond \x1b[31mred\x07 line.",
        held=True,
        reasons=[Message("Many links: {number}.", number=9)],
    )
    make.comment(body="By an account.", by=make.account("Rhea"), held=True)
    output = run("queue").output
    assert "Gus  on Pelicans, " in output
    assert "    Many links: 9.\n" in output
    assert "    First line.\n    Second �[31mred� line.\n" in output
    assert "Rhea" in output
    assert output.endswith("2 pending; page 1 of 1.\n")
    assert "\x1b" not in output
    assert run("queue", "--status", "published").output == "0 published; page 1 of 1.\n"


def test_deciding_changes_publishes_and_reports_each(run: Any, settings: Settings) -> None:
    make.thread()
    one, two = make.comment(held=True), make.comment(held=True)
    result = run("decide", "publish", str(one.id), "4711", str(two.id), "--reason", "Kind.")
    assert result.exit_code == 1
    assert f"{one.id}: pending → published" in result.output
    assert "4711: There is no such comment" in result.output
    assert (settings.published / "threads" / "pelicans.html").exists()
    assert set(db.session.scalars(sa.select(Comment.status))) == {Status.PUBLISHED}
    assert {(each.reason, each.moderator_id) for each in db.session.query(Decision)} == {
        ("Kind.", None)
    }
    assert run("decide", "undo", str(one.id)).output == f"{one.id}: published → pending\n"
    assert run("decide", "ban", "1").exit_code == 2
    assert run("decide", "spam").exit_code == 2


def test_a_reason_that_is_too_long_is_named(run: Any) -> None:
    make.thread()
    comment = make.comment(held=True)
    result = run("decide", "spam", str(comment.id), "--reason", "x" * 501)
    assert result.exit_code == 1


def of_an_older_renderer(*made: Comment) -> None:
    """Let another release have rendered these, in its own way."""
    with comments.changing():
        db.session.execute(
            sa.update(Comment)
            .where(Comment.id.in_([each.id for each in made]))
            .values(renderer_version=0, html="<p>As it was.</p>")
        )


def html_of(*made: Comment) -> list[str]:
    db.session.expire_all()
    return [db.session.get_one(Comment, each.id).html for each in made]


def test_what_an_older_renderer_made_is_rendered_anew_and_published(
    run: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rerendering, "BATCH", 2)
    make.thread()
    make.thread("gulls")
    old = [make.comment(body=f"Pelican *{number}*.") for number in range(5)]
    held = make.comment("gulls", "Gull.", held=True)
    emptied = make.comment(body="", status=Status.DELETED)
    kept = make.comment(body="Of this release.")
    of_an_older_renderer(*old, held, emptied)
    page = settings.published / "threads" / "pelicans.html"
    publisher.publish_all(settings)
    before = db.session.get_one(Thread, "gulls").revision
    assert page.read_text().count("As it was.") == 5
    assert "6 comments as another release rendered them" in run("doctor").output
    result = run("render")
    assert (result.exit_code, result.output) == (
        0,
        "Rendered 6 comments, of which 6 look different.\n",
    )
    assert html_of(*old, held, emptied, kept) == [
        *(f"<p>Pelican <em>{number}</em>.</p>" for number in range(5)),
        *("<p>Gull.</p>", "<p>As it was.</p>", "<p>Of this release.</p>"),
    ]
    assert "<p>Pelican <em>4</em>.</p>" in page.read_text()
    # What waits is in no file, so its thread is not published anew.
    assert db.session.get_one(Thread, "gulls").revision == before
    assert run("render").output == "Rendered 0 comments, of which 0 look different.\n"
    assert "another release" not in run("doctor").output


def test_rendering_all_comments_changes_only_what_looks_different(run: Any) -> None:
    make.thread()
    same, other = make.comment(body="The same."), make.comment(body="Other.")
    with comments.changing("pelicans"):
        other.html = "<p>Damaged.</p>"
    before = db.session.get_one(Thread, "pelicans").revision
    assert run("render").output == "Rendered 0 comments, of which 0 look different.\n"
    assert run("render", "--all").output == "Rendered 2 comments, of which 1 look different.\n"
    assert html_of(same, other) == ["<p>The same.</p>", "<p>Other.</p>"]
    assert db.session.get_one(Thread, "pelicans").revision == before + 1


def test_a_comment_that_the_renderer_refuses_by_now_stays_and_is_named(run: Any) -> None:
    make.thread()
    deep, other = make.comment(), make.comment()
    with comments.changing("pelicans"):
        deep.source = ">" * 20 + " deep"
    of_an_older_renderer(deep, other)
    result = run("render")
    assert result.exit_code == 1
    assert f"refused by now: {deep.id}\n" in result.output
    assert html_of(deep, other) == ["<p>As it was.</p>", "<p>They scoop.</p>"]


def test_every_setting_is_printed_and_no_secret(run: Any, settings: Settings) -> None:
    output = run("settings").output
    for each in fields(Settings):
        assert f"{each.metadata['env']}=" in output
        assert each.metadata["meaning"] in output
    assert "SITE_URL=http://blog.test\n" in output
    assert "COMMENTS_SECRET_KEY=…\n" in output
    assert "COMMENTS_DATABASE_URL=…\n" in output
    assert "COMMENTS_MAIL_URL=\n" in output
    assert settings.secret_key not in output
    assert config.written(settings.limit_posts) in output


def test_the_doctor_finds_what_is_wrong_and_says_what_to_do(run: Any, settings: Settings) -> None:
    result = run("doctor")
    assert result.exit_code == 1
    assert "build the blog" in result.output
    assert "flask comments owner" in result.output
    make.thread()
    assert "Of 1 thread the snapshots are missing or old" in run("doctor").output
    run("publish", "--stale")
    make.account("Olga", role=Role.OWNER)
    assert roles.has_owner()
    result = run("doctor")
    assert (result.exit_code, result.output) == (
        0,
        "1 thread in the blog; 0 without an article, 0 of them with comments.\n"
        "All is well: every snapshot is as new as the database.\n",
    )


def test_the_doctor_counts_comments_without_an_article_and_says_how_to_keep_them(
    run: Any, settings: Settings
) -> None:
    make.account("Olga", role=Role.OWNER)
    write_manifest(settings, entry(), entry(id="gulls", title="Gulls", translations=[]))
    run("publish")
    make.comment(), make.comment(), make.comment(status=Status.PENDING)
    run("publish")
    notes = settings.published / ".left"
    assert not notes.exists()
    write_manifest(settings, entry(id="terns", title="Terns", translations=[]))
    assert run("publish").exit_code == 0
    result = run("doctor")
    assert (result.exit_code, result.output.splitlines()) == (
        0,
        [
            "1 thread in the blog; 2 without an article, 1 of them with comments.",
            "    pelicans: 2 comments, “How pelicans fish”",
            "All is well: every snapshot is as new as the database.",
        ],
    )
    assert [path.name for path in notes.iterdir()] == ["pelicans.json"]
    assert not (settings.published / "threads" / "pelicans.html").exists()

    write_manifest(settings, entry(id="fishing"))
    run("publish")
    result = run("doctor")
    assert result.exit_code == 1
    assert "“fishing” has the same title" in result.output
    assert "Thread: pelicans\n    Aliases: /pelicans/, /zh/p/\n" in result.output

    write_manifest(settings, entry())
    run("publish")
    assert [*notes.iterdir()] == []
    assert "0 of them with comments" in run("doctor").output


def test_a_database_that_has_no_tables_is_told_by_every_command(run: Any, app: Flask) -> None:
    with db.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE threads RENAME TO elsewhere"))
    try:
        for command in ("doctor", "publish", "queue"):
            result = run(command)
            assert result.exit_code == 1
            assert "flask db upgrade" in result.output
    finally:
        db.session.rollback()
        with db.engine.begin() as connection:
            connection.execute(sa.text("ALTER TABLE elsewhere RENAME TO threads"))
    assert db.session.query(Thread).count() == 0


def test_routes_are_printed_and_written_into_the_documents(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "| `POST moderation/decisions` | authors" in run("routes").output
    monkeypatch.chdir(tmp_path)
    Path("docs").mkdir()
    for name in TABLES:
        Path(name).write_text(f"# Before\n\n{BEGIN}\nolder lines\n{END}\n\nAfter.\n")
    assert run("routes", "--document").exit_code == 0
    api = Path("docs/api.md").read_text("utf-8")
    assert api.startswith("# Before\n\n")
    assert api.endswith("\nAfter.\n")
    assert "| `POST preview` `{body}` | everybody, within limits |" in api
    assert "older lines" not in api
    assert "`GET goodbye`" in Path("docs/routes.md").read_text("utf-8")
