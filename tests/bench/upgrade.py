"""What the upgrade from release 1.0.0 costs: a database of its last migration, brought to the newest.

    python3 tasks.py bench upgrade                        a million comments on SQLite, and docs/performance.md
    python3 tasks.py bench upgrade --database both        on PostgreSQL as well
    python3 tasks.py bench upgrade --quick                50,000 comments, nothing written

Nothing is spared: what a commit waits for the disk is part of the time. Meanwhile another connection tries
to write a comment every few milliseconds, as a service that was not stopped would.
"""

import argparse
import os
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from flask_migrate import upgrade

from comments_service import create_app
from comments_service.db import db
from comments_service.models import now
from tests import databases, released
from tests.bench import costs
from tests.bench.large_blog import Size, batches, rows, thread, thread_ids
from tests.bench.report import UPGRADE_HEADING, load, machine, number, say, table, today, write
from tests.conftest import settings_for

COMMAND = "python3 tasks.py bench upgrade"
COMMENTS, QUICK = 1_000_000, 50_000
# Of each thread, as on a blog that is talked on; one of a hundred comments was written with an account of its own.
PER_THREAD, PER_ACCOUNT = 20, 100
# One of so many comments was decided on, and one of so many edited.
DECIDED, EDITED = 10, 20
LOOK_SECONDS = 0.01
# What a migration has to need before it is named.
NAMED_SECONDS = 1.0
MARK = "migration "


@dataclass
class Found:
    """One upgrade."""

    cost: costs.Cost
    refused: "Refused"
    bytes_before: int
    bytes_after: int
    # Of SQLite, whose journal holds what the one transaction changes until its end.
    journal_bytes: int
    migrations: dict[str, float]
    revision: str | None
    comments: int


# ---- the database of then


def fill(comments: int) -> None:
    """A blog of 1.0.0 with so many comments, within an application's context on an empty database."""
    upgrade(revision=released.LAST)
    tables = released.reflected().tables
    # One more is made by the first thread.
    size = Size(max(1, comments // PER_THREAD), comments - 1, 0, ())
    moment = now()

    def put(name: str, given: Iterator[dict[str, Any]]) -> None:
        for some in batches(given):
            with db.engine.begin() as connection:
                connection.execute(sa.insert(tables[name]), some)

    of_then = {
        **{"listed": True, "created_at": moment, "revision": 1, "published_revision": 1},
        "comment_count": PER_THREAD,
    }
    put("threads", ({**thread(id), **of_then} for id in thread_ids(size)))
    put("accounts", (account(each, moment) for each in range(1, 2 + comments // PER_ACCOUNT)))
    of_then = {"reasons": [], "version": 1, "revision": 1, "edited_at": None}
    # As reading order has them while nobody has answered anybody.
    put("comments", ({**row, **of_then, "place": 1024 * row["id"]} for row in rows(size, 1)))
    put("decisions", (decision(each, moment) for each in range(DECIDED, comments, DECIDED)))
    put("comment_revisions", (edit(each, moment) for each in range(EDITED, comments, EDITED)))
    with db.engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            for each in tables.values():
                released.count_on(connection, each)
    if db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("VACUUM ANALYZE"))


def account(number: int, moment: Any) -> dict[str, Any]:
    name = f"Reader {number}"
    return {
        **{"id": number, "public_id": f"p{number}", "name": name, "name_key": f"r{number}"},
        **{"email": f"r{number}@example.org", "email_key": f"r{number}@example.org"},
        **{"role": "reader", "created_at": moment, "bio": "", "shown": True},
    }


def decision(of: int, moment: Any) -> dict[str, Any]:
    return {
        **{"comment_id": of, "moderator_id": 1, "act": "publish", "reason": ""},
        **{"status_before": "pending", "status_after": "published", "made_at": moment},
    }


def edit(of: int, moment: Any) -> dict[str, Any]:
    words = "They fish together, in a line. " * 6
    return {"comment_id": of, "source": words, "written_at": moment, "replaced_at": moment}


def bytes_of(url: str) -> int:
    if path := file_of(url):
        return path.stat().st_size
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT pg_database_size(current_database())").fetchone()
    assert found
    return int(found[0])


def file_of(url: str) -> Path | None:
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else None


# ---- who writes meanwhile


@dataclass
class Refused:
    """When another connection could not write: from the first refusal to the first write after the last."""

    seconds: float = 0.0
    journal_bytes: int = 0
    over: threading.Event = field(default_factory=threading.Event)

    def watch(self, url: str, may_write: Callable[[], bool]) -> None:
        path = file_of(url)
        journal = path.with_name(f"{path.name}-wal") if path else None
        since = None
        while not self.over.is_set():
            if may_write():
                since = None
            else:
                since = since or time.monotonic()
                self.seconds = max(self.seconds, time.monotonic() - since)
            if journal:
                with suppress(FileNotFoundError):
                    self.journal_bytes = max(self.journal_bytes, journal.stat().st_size)
            self.over.wait(LOOK_SECONDS)


@contextmanager
def writer(url: str) -> Iterator[Callable[[], bool]]:
    """Whether a comment could be changed at this moment; it is not."""
    change = "UPDATE comments SET status = status WHERE id = 1"
    if path := file_of(url):
        with closing(
            sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
        ) as file:

            def may_write_file() -> bool:
                try:
                    file.execute("BEGIN IMMEDIATE")
                except sqlite3.OperationalError:
                    return False
                file.execute("ROLLBACK")
                return True

            yield may_write_file
        return
    with psycopg.connect(url, autocommit=True) as server:
        server.execute("SET lock_timeout = '5ms'")

        def may_write() -> bool:
            try:
                server.execute(change)
            except psycopg.errors.LockNotAvailable:
                return False
            return True

        yield may_write


@contextmanager
def refused(url: str) -> Iterator[Refused]:
    found = Refused()
    with writer(url) as may_write:
        watcher = threading.Thread(target=found.watch, args=(url, may_write))
        watcher.start()
        try:
            yield found
        finally:
            found.over.set()
            watcher.join()


# ---- measuring


def measure(database: str, comments: int) -> Found:
    with ExitStack() as after:
        folder = Path(after.enter_context(tempfile.TemporaryDirectory(prefix="postil-bench-")))
        url = after.enter_context(databases.without_tables(database, folder))
        app = create_app(settings_for(url, folder))
        with app.app_context():
            say(f"Making a database of 1.0.0 with {comments:,} comments on {database} …")
            fill(comments)
            db.engine.dispose()
            before = bytes_of(url)
            told = folder / "told"
            command = [sys.executable, "-m", __spec__.name, "--migrate", url, str(told)]
            with refused(url) as found:
                cost = costs.run(command, Path.cwd(), os.environ)
            timed = [line.split() for line in told.read_text().splitlines()]
            migrations = {revision: float(seconds) for revision, seconds in timed}
            revision = released.revision()
            with db.engine.connect() as connection:
                there = connection.scalar(sa.text("SELECT count(*) FROM comments")) or 0
            db.engine.dispose()
        return Found(
            *(cost, found, before, bytes_of(url), found.journal_bytes),
            *(migrations, revision, there),
        )


def migrate(url: str, told: Path) -> None:
    """What `flask db upgrade` does, and how long each migration took."""
    app = create_app(settings_for(url, told.parent))
    with app.app_context(), told.open("w") as file:
        began = time.monotonic()

        def applied(step: Any, **_: Any) -> None:
            nonlocal began
            print(step.up_revision_id, time.monotonic() - began, file=file)
            began = time.monotonic()

        app.extensions["migrate"].configure_args["on_version_apply"] = applied
        upgrade()


# ---- the report


def compared(found: dict[str, Found], comments: int) -> str:
    mb = 1e6

    def row(what: str, value: Callable[[Found], float]) -> tuple[str, ...]:
        return (what, *(number(value(each)) for each in found.values()))

    slowest = {
        name: None
        for each in found.values()
        for name, seconds in each.migrations.items()
        if seconds >= NAMED_SECONDS
    }
    return table(
        [
            (f"1.0.0 with {comments:,} comments to this release", *found),
            row("seconds", lambda each: each.cost.wall_seconds),
            row("CPU seconds of the command", lambda each: each.cost.cpu_seconds),
            row("memory of the command, MB", lambda each: each.cost.memory_mb),
            row("seconds without writing", lambda each: each.refused.seconds),
            row("database before, MB", lambda each: each.bytes_before / mb),
            row("database after, MB", lambda each: each.bytes_after / mb),
            row("journal meanwhile, MB", lambda each: each.journal_bytes / mb),
            *(
                row(f"migration {name}, seconds", lambda each, name=name: each.migrations[name])  # type: ignore[misc]
                for name in sorted(slowest)
            ),
        ]
    )


def report(text: str, asked: str) -> str:
    return f"""{UPGRADE_HEADING}

Measured by `{asked}` on {today()}, on {machine()}. {load()}

{text}

All migrations are one transaction: killed at any moment, the database is the one of before, and the next start begins
again. Reading comments is handing out files and goes on. Whoever posts meanwhile is told to try again, and his text
stays in the form. The journal is SQLite's, on the same disk, and goes with the end of the upgrade.
"""


def main() -> None:
    arguments = argparse.ArgumentParser(prog=COMMAND, description="What an upgrade costs.")
    arguments.add_argument("--database", default="sqlite", choices=("sqlite", "postgresql", "both"))
    arguments.add_argument("--comments", type=int, default=COMMENTS)
    arguments.add_argument("--quick", action="store_true", help=f"{QUICK:,}, nothing written")
    arguments.add_argument("--migrate", nargs=2, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.migrate:
        migrate(given.migrate[0], Path(given.migrate[1]))
        return
    comments = QUICK if given.quick else given.comments
    names = ("sqlite", "postgresql") if given.database == "both" else (given.database,)
    text = compared({name: measure(name, comments) for name in names}, comments)
    say(f"\n{text}")
    if not given.quick:
        write(UPGRADE_HEADING, report(text, " ".join([COMMAND, *sys.argv[1:]])))


if __name__ == "__main__":
    main()
