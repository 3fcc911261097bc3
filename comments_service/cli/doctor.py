"""`flask comments doctor`: whether everything is as it should be, and what to do where it is not."""

from collections import defaultdict
from collections.abc import Iterator
from urllib.parse import urlsplit

import click
import sqlalchemy as sa

from comments_service import comments, config, health, hooks, threads
from comments_service.accounts import roles
from comments_service.cli import surroundings
from comments_service.cli.group import group, many, printable
from comments_service.db import db
from comments_service.models import Email, Thread, now
from comments_service.publishing import bucket as buckets
from comments_service.publishing import mending
from comments_service.supervision import OUTBOX, WORKERS, sign
from formats import left_behind
from formats.left_behind import Left

# Threads without an article that are named; more than this nobody reads.
SHOWN = 20


@group.command("doctor")
def doctor() -> None:
    """Look whether everything is as it should be; exit 1 with what to do when it is not."""
    current = config.current()
    if outdated_database := list(surroundings.of_the_release()):
        raise click.ClickException(outdated_database[0])
    troubles = [*surroundings.of_public_blogs(current), *surroundings.of_the_files()]
    listed = sa.select(Thread.listed, sa.func.count()).group_by(Thread.listed)
    counted = dict(db.session.execute(listed).all())
    behind = {*mending.stale(current), *threads.behind(), *comments.misplaced()}
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
    troubles.extend(of_the_bucket(current))
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


def of_renamed_articles(left: list[Left], current: config.Settings) -> Iterator[str]:
    """Articles that have lost their comments with their slug, as it seems."""
    empty = sa.select(Thread).where(*threads.for_everybody, Thread.comment_count == 0)
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
    for folder, free, writable in health.disks(current):
        if free < health.LOW_BYTES:
            yield f"The disk of {folder} has {free / 1e6:.1f} MB left: make room."
        elif not writable:
            yield f"Nothing can be written into {folder}: is its disk read-only?"


def of_the_bucket(current: config.Settings) -> Iterator[str]:
    """Whether readers' storage answers, and lets nobody put an older file over a newer one."""
    try:
        if (bucket := buckets.of(current)) and not bucket.heeds_conditions():
            yield (
                "The storage of COMMENTS_PUBLISHED_BUCKET heeds no conditions (If-Match, If-None-Match), so an older"
                " file can take the place of a newer one: take another, or let one process alone publish."
            )
    except buckets.Away as error:
        yield str(error)


def of_the_workers(current: config.Settings) -> Iterator[str]:
    """What the service, in its own process, says of itself, and what it should have done by now."""
    late = defaultdict(list)
    for worker in WORKERS:
        said = sign(worker, current)
        if said is None:
            if current.workers == "outside":
                yield (
                    f"There is no {worker}: COMMENTS_WORKERS is outside, so let"
                    " `flask comments work` run."
                )
            continue
        if said.late:
            late[many(round(said.age_seconds / 60), "minute")].append(worker)
        for name, text in said.faults.items():
            yield f"{name} fails, and is tried again: {text}"
    for minutes, workers in late.items():
        yield (
            f"No sign of life for {minutes}: {', '.join(workers)}. Is the service running, and may it write"
            " into its folder? Its log says more."
        )
    if health.backup(current).state != health.OK:
        yield (
            f"No backup lies in {current.backup} that is younger than two days: may the service write there?"
            " `flask comments backup` makes one now."
        )
    overdue = db.session.scalar(
        sa.select(sa.func.count())
        .select_from(Email)
        .where(Email.sent_at.is_(None), Email.next_attempt_at < now() - health.OVERDUE)
    )
    said = sign(OUTBOX, current)
    if overdue and said is not None and said.faults:
        yield f"{many(overdue, 'e-mail')} should have left by now: see above."
    elif overdue:
        yield f"{many(overdue, 'e-mail')} should have left by now: is the service running?"
    for hook, error in hooks.troubles():
        yield (
            f"Web hook {hook.id} ({urlsplit(hook.url).netloc}) did not take what it was told: {printable(error)}."
            " Its page says more, and sends it again."
        )
