"""What one act costs on a large blog, beside a small one: publishing, reading, posting, moderating.

    python3 tasks.py bench scale             50,000 threads beside 500, and docs/performance.md
    python3 tasks.py bench scale --quick     5,000 threads beside 500, nothing written
    python3 tasks.py bench scale --large     with a thread of 100,000 comments as well
    python3 tasks.py bench scale --database both
    python3 tasks.py bench scale --model     what a thread and a comment take, for the model, and docs/scale.md

CPU time is this process's and the database server's. Nothing waits for a disk (no fsync), since how long
that takes is the machine's affair. Everything is done as the service does it: by HTTP, or by the
publisher's own functions. A goal is for the large blog; "flat" is what the small one costs.
"""

import argparse
import contextvars
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa
from flask import Flask

from comments_service import create_app
from comments_service.config import Rate, Settings
from comments_service.db import db
from comments_service.publishing import publisher, site_snapshots, snapshots
from comments_service.supervision import Faults
from tests.bench import costs
from tests.bench.large_blog import FLOODED, People, Size, long_thread, make_blog
from tests.bench.report import SCALE_HEADING, load, machine, say, table, today, write
from tests.conftest import POSTGRES, own_schema, settings_for
from tests.service import SITE

COMMAND = "python3 tasks.py bench scale"
SMALL = 500
API = "/comments/api/v1/"
NAME = "postil-bench"
WORDS = "They fish *together*, in a line. " * 6

# In CPU milliseconds where nothing else is said.
GOALS = {
    "the site's files after one comment": 20,
    "the publisher's look where nothing is new": 0.3,
    "one more in a thread of 1,000": 15,
    "one more in a thread of 10,000": 20,
    "one more in a thread of 100,000": 50,
    "a thread of 10,000 by the API": 20,
    "a thread of 100,000 by the API": 20,
    "the own page of a thread of 10,000": 20,
    "the own page of a thread of 100,000": 20,
    "the list of what waits": 30,
    "a search for 5 words": 200,
    "the list of all states": 200,
    "its last page": 200,
    "what waits for one reason": 200,
    "what one account wrote": 200,
    "what one name wrote": 200,
    "a search for 2 characters in all states": 200,
    "the list of conversations": 5,
    "publish --all, CPU seconds": 300,
    "publish --all, MB": 300,
}
# What must not grow with the blog; a fifth more is what two runs differ by.
FLAT = ("a guest's post",)
FLAT_FACTOR = 1.2


# ---- measuring


@dataclass
class Blog:
    """A blog that was made, and what was measured on it."""

    app: Flask
    settings: Settings
    people: People
    found: dict[str, float] = field(default_factory=dict)
    posted: int = 0
    most_rounds: int = 20

    def measure(
        self,
        name: str,
        act: Callable[[], object],
        first: Callable[[], object] = lambda: None,
        times: int = 5,
    ) -> None:
        """The least CPU milliseconds of a few rounds, before each of which `first` is done."""
        rounds = []
        for _ in range(min(times, self.most_rounds)):
            first()
            before = cpu_seconds(), servers_seconds(self.settings)
            act()
            after = cpu_seconds(), servers_seconds(self.settings)
            # A server that began meanwhile counts from nothing.
            theirs = sum(each - before[1].get(pid, 0) for pid, each in after[1].items())
            rounds.append(after[0] - before[0] + theirs)
        self.found[name] = 1000 * min(rounds)
        say(f"    {name}: {self.found[name]:,.2f} ms")

    def ask(self, path: str, cookie: str = "", *, status: int = 200, **sent: Any) -> None:
        headers = {"Origin": SITE, **({"Cookie": cookie} if cookie else {})}
        method = "POST" if sent else "GET"
        client = self.app.test_client(use_cookies=False)
        # In a context of its own: within the caller's, Flask would share `g` between all requests.
        answer = contextvars.Context().run(
            client.open, path, method=method, base_url=SITE, headers=headers, **sent
        )
        said = answer.get_data(as_text=True)
        assert answer.status_code == status, f"{path}: {answer.status_code} {said[:300]}"

    def post(self, thread_id: str, cookie: str = "") -> None:
        self.posted += 1
        body = {"body": f"{WORDS} {self.posted}", "key": f"posted-{self.posted}"}
        guest = {} if cookie else {"name": f"Guest {self.posted}"}
        # A guest's first comment waits.
        status = 201 if cookie else 202
        self.ask(
            f"{API}threads/{thread_id}/comments", cookie, status=status, json={**body, **guest}
        )


cpu_seconds = time.process_time


def servers_seconds(settings: Settings) -> dict[int, float]:
    """What PostgreSQL's processes for our connections have used; they have to be on this machine."""
    if settings.database_url.startswith("sqlite"):
        return {}
    found = {}
    with psycopg.connect(POSTGRES) as connection:
        asked = "SELECT pid FROM pg_stat_activity WHERE application_name = %s"
        for (pid,) in connection.execute(asked, [NAME]).fetchall():
            with suppress(FileNotFoundError):
                used = Path(f"/proc/{pid}/schedstat").read_text().split()[0]
                found[pid] = int(used) / 1e9
    return found


@contextmanager
def made(database: str, size: Size) -> Iterator[Blog]:
    with tempfile.TemporaryDirectory(prefix="postil-bench-") as place, own_schema() as schema:
        url = f"sqlite:///{place}/comments.sqlite3"
        if database == "postgresql":
            given = f"-csearch_path%3D{schema}%20-csynchronous_commit%3Doff"
            url = f"{POSTGRES}?application_name={NAME}&options={given}"
        settings = settings_of(url, Path(place))
        app = create_app(settings)
        with app.app_context():
            people = make_blog(size)
        try:
            yield Blog(app, settings, people)
        finally:
            with app.app_context():
                db.session.remove()
                db.engine.dispose()


def settings_of(url: str, folder: Path) -> Settings:
    """Without built pages, whose threads are in no manifest; who posts is never stopped."""
    manifest = str(folder / "no-threads.json")
    return settings_for(url, folder, output="", manifest=manifest, limit_posts=(Rate(10**9, 60),))


def never_wait_for_a_disk() -> None:
    """In this process and for SQLite: what is measured is work."""
    os.fsync = lambda fd: None

    @sa.event.listens_for(sa.Engine, "connect")
    def _without_fsync(connection: Any, _record: object) -> None:
        if hasattr(connection, "create_function"):  # SQLite's
            connection.execute("PRAGMA synchronous=OFF")


# ---- what is measured


def measure(database: str, size: Size) -> dict[str, float]:
    say(f"Making a blog of {size.threads:,} threads on {database} …")
    with made(database, size) as blog:
        publish_all(blog, size.threads)
        with blog.app.app_context():
            publishing(blog, size)
        asking(blog, size)
        return blog.found


def publish_all(blog: Blog, threads: int) -> None:
    """In a process of its own, as the command is: what it needs at most is looked at from outside."""
    command = [sys.executable, "-m", __spec__.name, "--publish", blog.settings.database_url]
    command += [str(blog.settings.published.parent)]
    cost = costs.run(command, Path.cwd(), os.environ)
    blog.found["publish --all, CPU seconds"] = cost.cpu_seconds
    blog.found["publish --all, CPU ms a thread"] = 1000 * cost.cpu_seconds / threads
    blog.found["publish --all, MB"] = cost.memory_mb
    say(f"    publish --all: {cost.cpu_seconds:,.1f} s, {cost.memory_mb:,.0f} MB")


def published(url: str, folder: str) -> None:
    """What `publish_all` starts."""
    settings = settings_of(url, Path(folder))
    with create_app(settings).app_context():
        publisher.publish_all(settings)


def publishing(blog: Blog, size: Size) -> None:
    settings = blog.settings

    def write(thread_id: str) -> Callable[[], object]:
        return lambda: blog.post(thread_id, blog.people.reader)

    def level() -> None:
        # What this session has read before is over: it would not see what was written since.
        db.session.rollback()
        publisher.publish_behind(settings)

    def look() -> None:
        db.session.rollback()
        follower.turn()

    follower = publisher.Publisher(blog.app, settings)
    blog.measure("the publisher's first look after a start", look, times=1)
    blog.measure("the publisher's look where nothing is new", look, times=20)
    blog.measure("a comment in a short thread, and all that follows", look, write(FLOODED))

    def publish_thread() -> None:
        write(FLOODED)()
        snapshots.publish(FLOODED, settings)

    blog.measure(
        "the site's files after one comment",
        lambda: site_snapshots.publish(settings, Faults(), everything=False),
        publish_thread,
    )
    level()
    for many in size.long:
        name = long_thread(many)

        def publish_long(name: str = name) -> None:
            snapshots.publish(name, settings)

        blog.measure(f"one more in a thread of {many:,}", publish_long, write(name), times=3)
    level()


def asking(blog: Blog, size: Size) -> None:
    owner, reader = blog.people.owner, blog.people.reader
    for many in size.long:
        name = long_thread(many)
        for what, path in (
            (f"a thread of {many:,} by the API", f"{API}threads/{name}/comments"),
            (f"the own page of a thread of {many:,}", f"/comments/threads/{name}"),
        ):
            blog.measure(what, lambda path=path: blog.ask(path), times=3)  # type: ignore[misc]
    blog.measure("the list of conversations", lambda: blog.ask("/comments/discussions"))
    queue = "/comments/moderation/"
    blog.measure("the list of what waits", lambda: blog.ask(queue, owner))
    blog.measure(
        "the list of what is published", lambda: blog.ask(f"{queue}?status=published", owner)
    )
    words = "they+fish+together+line+zebra"
    blog.measure(
        "a search for 5 words", lambda: blog.ask(f"{queue}?status=published&q={words}", owner)
    )
    for what, query in (
        ("the list of all states", "status=all"),
        ("its last page", "status=all&page=1000000"),
        ("what waits for one reason", "why=First comment of this writer."),
        ("what one account wrote", f"status=all&person=account:{blog.people.public_id}"),
        ("what one name wrote", "status=all&person=name:Reader 7"),
        ("a search for 2 characters in all states", "status=all&q=撤网"),
    ):
        blog.measure(what, lambda query=query: blog.ask(f"{queue}?{query}", owner))  # type: ignore[misc]
    blog.measure("a guest's post", lambda: blog.post(FLOODED), times=15)
    blog.measure("a reader's post", lambda: blog.post(FLOODED, reader), times=15)


# ---- the report


def judged(name: str, found: float, beside: float | None) -> tuple[str, str]:
    """The goal in words, and whether it is met."""
    goal = GOALS.get(name)
    if name in FLAT and beside is not None:
        return "flat", "met" if found <= FLAT_FACTOR * beside else "missed"
    if goal is None:
        return "", ""
    return f"≤ {goal:,g}", "met" if found <= goal else "missed"


def compared(small: dict[str, float], large: dict[str, float], sizes: tuple[Size, Size]) -> str:
    rows = [
        (
            "CPU ms",
            *(f"{each.threads:,} threads" for each in sizes),
            "ratio",
            "goal",
            "",
        )
    ]
    for name, found in large.items():
        beside = small.get(name)
        rows.append(
            (
                name,
                "" if beside is None else f"{beside:,.2f}",
                f"{found:,.2f}",
                "" if not beside else f"{found / beside:,.1f}",
                *judged(name, found, beside),
            )
        )
    return table(rows)


def report(tables: dict[str, str], large: Size, asked: str) -> str:
    parts = "\n\n".join(f"On {name}:\n\n{each}" for name, each in tables.items())
    long = ", ".join(f"{each:,}" for each in large.long)
    return f"""{SCALE_HEADING}

{large.threads:,} threads with {large.comments:,} comments, {large.held:,} more that wait for a decision, and threads of {long};
beside it a blog of a hundredth, with the same long threads. Written by `{asked}` on {today()},
on {machine()}. Python {platform.python_version()}. {load()}

{parts}

CPU time, user and system, of the process and of the database server; the least of a few rounds. Nothing
waits for a disk here (no fsync). *publish --all* makes every file for the first time, in a process of its own,
without what the database server does for it.
"""


def main() -> None:
    arguments = argparse.ArgumentParser(prog=COMMAND, description="What a large blog costs.")
    arguments.add_argument("--database", default="sqlite", choices=("sqlite", "postgresql", "both"))
    arguments.add_argument("--threads", type=int, default=50_000)
    arguments.add_argument("--comments", type=int, default=100_000)
    arguments.add_argument("--quick", action="store_true", help="a tenth of it, nothing written")
    arguments.add_argument("--large", action="store_true", help="and a thread of 100,000 comments")
    arguments.add_argument("--model", action="store_true", help="write docs/scale.md, nothing else")
    arguments.add_argument("--publish", nargs=2, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    never_wait_for_a_disk()
    if given.publish:
        published(*given.publish)
        return
    part = 10 if given.quick else 1
    asked = " ".join([COMMAND, *sys.argv[1:]])
    if given.model:
        from tests.bench import footprint

        # On both always: one page tells of both.
        footprint.run(("sqlite", "postgresql"), given.threads // part, asked, keep=not given.quick)
        return
    long = (1_000, 10_000, 100_000) if given.large else (1_000, 10_000)
    threads, said = given.threads // part, given.comments // part
    large = Size(threads, said, said // 5, long)
    small = Size(SMALL, 2 * SMALL, 2 * SMALL // 5, long)
    names = ("sqlite", "postgresql") if given.database == "both" else (given.database,)
    began = time.monotonic()
    tables = {
        name: compared(measure(name, small), measure(name, large), (small, large)) for name in names
    }
    say("\n" + "\n\n".join(tables.values()))
    say(f"\nMeasured in {time.monotonic() - began:.0f} s.")
    if not given.quick:
        write(SCALE_HEADING, report(tables, large, asked))


if __name__ == "__main__":
    main()
