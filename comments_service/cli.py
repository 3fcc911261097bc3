"""Commands: `flask comments …`, for whoever sits at the server.

They call what the web calls, so the same rules hold; a command acts without a moderator's name.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from datetime import timedelta
from pathlib import Path

import click
import orjson
import sqlalchemy as sa
from flask import Flask, current_app
from flask.cli import AppGroup
from flask_migrate import Migrate
from sqlalchemy.exc import OperationalError, ProgrammingError

from comments_service import (
    account_changes,
    comments,
    config,
    moderation_queue,
    sitemap,
    threads,
)
from comments_service.accounts import roles, totp
from comments_service.config.documents import documents
from comments_service.db import db
from comments_service.errors import CommentChanged, ServiceError
from comments_service.inputs import NewDecision, parse, seen
from comments_service.models import Account, Comment, Email, Role, Status, Thread, now
from comments_service.publishing import manifest, publisher, rebake, snapshots
from comments_service.supervision import WORKERS, Faults, sign
from comments_service.web import route_tables
from formats import files, left_behind
from formats.left_behind import Left

# An e-mail leaves within seconds; one that waits for another attempt is not due.
OVERDUE = timedelta(minutes=10)
# A few hundred comments with all their files; a disk that has less will soon have none.
LOW_BYTES = 5_000_000
# Threads without an article that are named; more than this nobody reads.
SHOWN = 20


class Commands(AppGroup):
    """What the database refuses ends any command with what to do, rather than with a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (OperationalError, ProgrammingError) as error:
            raise click.ClickException(
                f"the database does not answer ({error.__class__.__name__}): does it run, and was"
                " `flask db upgrade` run?"
            ) from error


group = Commands("comments", help="Look after the comments.")


def register(app: Flask) -> None:
    """Hang `flask comments …` and `flask db …` into the application."""
    Migrate(app, db, directory=config.MIGRATIONS, render_as_batch=True, compare_type=True)
    app.cli.add_command(group)


@contextmanager
def refusals() -> Iterator[None]:
    """Let what the service refuses end the command, with the reason."""
    try:
        yield
    except ServiceError as error:
        raise click.ClickException(" ".join(error.fields.values()) or error.detail) from error


@group.command("publish")
@click.option("--all", "everything", is_flag=True, help="Make every file again.")
@click.option("--stale", is_flag=True, help="Look at every file, and make what is missing or old.")
@click.option("--manifest", "source", default="", help="Take over this manifest first.")
def publish(everything: bool, stale: bool, source: str) -> None:
    """Write the snapshots of threads that are behind, and bake them into the built pages."""
    settings = config.current()
    try:
        manifest.sync(source or settings.manifest_source)
    except manifest.ManifestError as error:
        raise click.ClickException(str(error)) from error
    publisher.close_overdue()
    if everything or stale:
        comments.rearrange(comments.misplaced())
    how = (
        publisher.publish_all
        if everything
        else publisher.mend
        if stale
        else publisher.publish_behind
    )
    written, baked = publish_now(how)
    click.echo(f"Published {written} threads, baked {baked} pages.")


@group.command("manifest")
@click.option("--from-sitemap", "source", required=True, help="The address of the site's sitemap.")
@click.option("--to", "target", default="", help="The file to write, rather than the screen.")
@click.option(
    "--every-page", is_flag=True, help="Take every page, whether it holds a thread or not."
)
def write_manifest(source: str, target: str, every_page: bool) -> None:
    """Write the list of threads of a site that Pelican does not build."""
    try:
        made, remarks = sitemap.manifest(source, config.current().site_url, every_page=every_page)
    except sitemap.SitemapError as error:
        raise click.ClickException(str(error)) from error
    data = orjson.dumps(made, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    manifest.parse(data)
    for remark in remarks:
        click.echo(remark, err=True)
    if not target:
        click.echo(data.decode(), nl=False)
        return
    files.update(Path(target), data)
    click.echo(
        f"{target} lists {len(made['threads'])} threads: flask comments publish takes them over."
    )


@group.command("owner")
@click.option("--if-none", is_flag=True, help="Only while the blog has no owner.")
def owner(if_none: bool) -> None:
    """Print a one-time link; whoever opens it within a day becomes an owner."""
    if not (if_none and roles.has_owner()):
        click.echo("Whoever opens this within a day becomes an owner of the blog; it works once:")
        click.echo(roles.owner_link(config.running_url(config.current())))


@group.command("role")
@click.argument("email")
@click.argument("role", type=click.Choice([str(role) for role in Role]))
def role(email: str, role: str) -> None:
    """Give the account with this mail address a role; it signs in anew."""
    with refusals():
        account = roles.set_role(email, Role(role))
    publish_now()
    click.echo(f"{account.name} is now {role}.")


@group.command("reset-second-factor")
@click.argument("email")
def reset_second_factor(email: str) -> None:
    """Remove the app, the recovery codes and the passkeys of somebody who lost them; sessions end."""
    with refusals():
        account = roles.known(email)
        totp.reset(account, config.current())
    click.echo(f"{account.name} signs in without a second factor and sets one up anew.")


@group.command("ban")
@click.argument("email")
def ban(email: str) -> None:
    """Let the account with this mail address in no more; its sessions end, its comments stay."""
    with refusals():
        account = account_changes.ban(email)
    publish_now()
    click.echo(f"{account.name} is banned and signed out everywhere.")


@group.command("unban")
@click.argument("email")
def unban(email: str) -> None:
    """Let it in again; it signs in anew."""
    with refusals():
        account = account_changes.unban(email)
    publish_now()
    click.echo(f"{account.name} may sign in again.")


@group.command("queue")
@click.option("--status", type=click.Choice([str(each) for each in Status]), default="pending")
@click.option("--page", default=1, type=click.IntRange(min=1))
def queue(status: str, page: int) -> None:
    """List comments that wait, or that are in another state."""
    found = moderation_queue.queue(Account(role=Role.OWNER), Status(status), page=page)
    for comment, shown in zip(found.comments, threads.shown(found.comments), strict=True):
        click.secho(f"{comment.as_seen}  {shown.name}", bold=True, nl=False)
        click.echo(f"  on {comment.thread.title}, {comment.created_at:%Y-%m-%d %H:%M} UTC")
        for reason in comment.reasons:
            click.secho(f"    {reason}", fg="yellow")
        print_words(comment)
        click.echo()
    click.echo(f"{found.total} {status}; page {found.page} of {found.pages}.")


def print_words(comment: Comment) -> None:
    for line in comment.source.splitlines():
        click.echo(f"    {printable(line)}")


def printable(line: str) -> str:
    """A stranger's line without what could command a terminal."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in line)


@group.command("decide")
@click.argument("decision", type=click.Choice(["publish", "spam", "delete", "undo"]))
@click.argument("numbers", nargs=-1, required=True)
@click.option("--reason", default="", help="Why; kept with the decision.")
def decide(decision: str, numbers: tuple[str, ...], reason: str) -> None:
    """Publish, reject or delete comments by number, or undo the last decision on them.

    The number is what `queue` prints; 17.2 is comment 17 as it was after its first edit. What was
    edited since is printed as it stands now, and not decided on.
    """
    failed = 0
    try:
        named = [seen(each) for each in numbers]
    except ValueError as error:
        raise click.BadParameter(f"{error} is not the number of a comment.") from error
    for number, version in named:
        try:
            given = {"decision": decision, "reason": reason, "version": version}
            new = parse(NewDecision, given)
            made = comments.decide(number, None, new)
            click.echo(f"{number}: {made.status_before} → {made.status_after}")
        except ServiceError as error:
            failed += 1
            click.echo(f"{number}: {error.detail}", err=True)
            if isinstance(error, CommentChanged):
                now = threads.comment(number)
                click.secho(f"{now.as_seen}", bold=True)
                print_words(now)
    publish_now()
    if failed:
        raise click.exceptions.Exit(1)


@group.command("render")
@click.option("--all", "everything", is_flag=True, help="Those of this release's renderer as well.")
def render(everything: bool) -> None:
    """Render comments anew whose HTML another release made, and publish what looks different."""
    done = comments.rerender(everything=everything)
    publish_now()
    click.echo(f"Rendered {done.total} comments, of which {done.changed} look different.")
    if done.refused:
        raise click.ClickException(
            "these stay as they were, because their Markdown is refused by now: "
            + ", ".join(map(str, done.refused))
        )


def publish_now(
    how: Callable[[config.Settings, Faults], list[str]] = publisher.publish_behind,
) -> tuple[int, int]:
    """Write what a command changed: how many threads, and pages.

    What is wrong with one stops no other, and ends the command; a service that runs tries it again.
    """
    settings, faults = config.current(), Faults(rebake.Busy)
    published = how(settings, faults)
    baked = rebake.bake_waiting(settings, faults, set()) if snapshots.sites(settings) else 0
    if faults.known:
        raise click.ClickException(
            "\n".join(f"{name} failed: {text}" for name, text in faults.known.items())
        )
    return len(published), baked


@group.command("routes")
@click.option("--document", is_flag=True, help="For developers: write the files that list them.")
def routes(document: bool) -> None:
    """Print every address of the service, and who may ask it."""
    if not document:
        click.echo(route_tables.guards(current_app), nl=False)
        return
    for name in route_tables.TABLES:
        path = Path(name)
        path.write_text(route_tables.brought_up_to_date(current_app, path, name), "utf-8")


@group.command("settings")
@click.option("--document", is_flag=True, help="For developers: write the files that explain them.")
def settings(document: bool) -> None:
    """Print every setting, its value here, and what it means."""
    if document:
        for path, text in documents().items():
            path.write_text(text, "utf-8")
        return
    current = config.current()
    for each in fields(config.Settings):
        value = getattr(current, each.name)
        hidden = value and each.metadata.get("secret")
        click.secho(each.metadata["env"], bold=True, nl=False)
        click.echo(f"={'…' if hidden else config.written(value)}")
        click.echo(f"    {each.metadata['meaning']}")


@group.command("doctor")
def doctor() -> None:
    """Look whether everything is as it should be; exit 1 with what to do when it is not."""
    troubles: list[str] = []
    current = config.current()
    listed = sa.select(Thread.listed, sa.func.count()).group_by(Thread.listed)
    counted = dict(db.session.execute(listed).all())
    behind = {*snapshots.stale(current), *threads.behind(), *comments.misplaced()}
    left = threads.without_article()
    troubles.extend(of_renamed_articles(left, current))
    if not counted:
        troubles.append("No thread is known: build the blog, then run `flask comments publish`.")
    if behind:
        troubles.append(
            f"Of {many(len(behind), 'thread')} the snapshots are missing or old: run"
            " `flask comments publish --stale`."
        )
    if outdated := comments.outdated():
        troubles.append(
            f"{many(outdated, 'comment')} as another release rendered them: run `flask comments render`."
        )
    troubles.extend(of_the_workers(current))
    troubles.extend(of_the_disks(current))
    if not roles.has_owner():
        troubles.append("The blog has no owner: run `flask comments owner` and open its link.")
    click.echo(
        f"{many(counted.get(True, 0), 'thread')} in the blog; {counted.get(False, 0)} without an"
        f" article, {len(left)} of them with comments."
    )
    for each in left[:SHOWN]:
        click.echo(f"    {each.id}: {each.comments}, “{printable(each.title)}”")
    for trouble in troubles:
        click.echo(trouble)
    if troubles:
        raise click.exceptions.Exit(1)
    click.echo("All is well: every snapshot is as new as the database.")


def many(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def of_renamed_articles(left: list[Left], current: config.Settings) -> Iterator[str]:
    """Articles that have lost their comments with their slug, as it seems."""
    empty = sa.select(Thread).where(*threads.for_readers, Thread.comment_count == 0)
    entries = [
        {"id": thread.id, "title": thread.title, "aliases": []}
        for thread in (db.session.scalars(empty) if left else ())
    ]
    # Both are known here, so that only the same title says that one has followed the other.
    for each, entry in left_behind.followed(left, entries, current.site_url, lambda _: False):
        aliases = (left_behind.path_of(url, current.site_url) for url in each.urls.values())
        yield (
            f"In no article: {each.comments} of “{each.id}”. “{entry['id']}” has the same title. To"
            f" keep them there, write into it\n    Thread: {each.id}\n    Aliases: {', '.join(aliases)}\nand"
            " build the blog; if they belong elsewhere, delete them."
        )


def of_the_disks(current: config.Settings) -> Iterator[str]:
    """Where the service writes, and cannot for long any more."""
    database = sa.make_url(current.database_url)
    files = [Path(database.database or ".").parent] if database.drivername == "sqlite" else []
    for folder in dict.fromkeys([*files, current.published, current.output_folder]):
        if folder is None or not folder.exists():
            continue
        if (free := shutil.disk_usage(folder).free) < LOW_BYTES:
            yield f"The disk of {folder} has {free / 1e6:.1f} MB left: make room."
        elif not os.access(folder, os.W_OK):
            yield f"Nothing can be written into {folder}: is its disk read-only?"


def of_the_workers(current: config.Settings) -> Iterator[str]:
    """What the service, in its own process, says of itself, and what it should have done by now."""
    for worker in WORKERS:
        said = sign(worker, current)
        if said is None:
            continue
        if said.late:
            minutes = many(round(said.age_seconds / 60), "minute")
            yield (
                f"The {worker} gave its last sign of life {minutes} ago: is the service"
                " running, and may it write into its folder? Its log says more."
            )
        for name, text in said.faults.items():
            yield f"{name} fails, and is tried again: {text}"
    overdue = db.session.scalar(
        sa.select(sa.func.count())
        .select_from(Email)
        .where(Email.sent_at.is_(None), Email.next_attempt_at < now() - OVERDUE)
    )
    if overdue:
        yield f"{many(overdue, 'e-mail')} should have left by now: is the service running?"
