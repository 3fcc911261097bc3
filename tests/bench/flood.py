"""A flood of spam: ten thousand comments in an hour, from five hundred networks, while people read and write.

    python3 tasks.py bench flood                what waited, what was published, what the owner does, how people fared
    python3 tasks.py bench flood --trust 0      where no first comment waits
    python3 tasks.py bench flood --minutes 60 --first 4     four minutes of the hour, as long as they are

The service really runs, over its database and its files, with a thousand comments in it. The hour is
compressed into `--minutes`, and the windows of all limits with it; what a browser has to wait for is not.
Robots send the plain form or JSON, a tenth fill the trap, one in fifty has a browser that computes.
Everything is invented, the same in every run.
"""

import argparse
import http.client
import json
import random
import re
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import altcha
import sqlalchemy as sa

from comments_service import comments, config, rate_limits, retention, sessions
from comments_service.db import db, writing
from comments_service.models import Comment, RateCount, Session, Status, now
from comments_service.moderation_queue import QUEUE_PAGE
from tests import make
from tests.bench.report import load, machine, say, table
from tests.bench.subject import THREADS, WORDS, build, conversation, fill
from tests.service import SITE, Postil, postil

SPAM, NETWORKS = 10_000, 500
HOUR_MINUTES = 60
# Of the networks, so many lie in four rented neighbourhoods; the others everywhere.
NEIGHBOURS = 200
REGULARS, TIMES = 40, 5
NEWCOMERS, WITHOUT_SCRIPTS = 100, 10
READERS, PAUSE_SECONDS = 2, 0.05
CLIENTS = 48
QUIET_SECONDS = 15
PRAISE = re.findall(
    r"\w+", "great amazing useful best cheap fast secure online casino bonus crypto loan pills seo"
)


@dataclass
class Fared:
    """What became of one kind of posts, and how long each took."""

    seconds: list[float] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)

    def note(self, status: int, seconds: float) -> None:
        # A form is answered by an address: what became of it stands in the database.
        self.answers["refused" if status == 429 else "failed" if status >= 400 else "taken"] += 1
        self.seconds.append(seconds)

    def percentiles(self) -> str:
        return percentiles(self.seconds)


def percentiles(seconds: Sequence[float]) -> str:
    if len(seconds) < 2:
        return "–"
    cuts = statistics.quantiles(seconds, n=100)
    return f"{cuts[49] * 1000:.0f} / {cuts[98] * 1000:.0f} ms"


# ---- who sends what


class People:
    """Everybody who posts, and when: seconds from the beginning, and what to do then."""

    def __init__(self, service: Postil, cookies: list[str], seconds: float) -> None:
        self.chance = random.Random(1)
        self.service = service
        self.fared = {kind: Fared() for kind in ("spam", "regulars", "newcomers", "no script")}
        self.plan: list[tuple[float, Callable[[], None]]] = []
        self._number = 0
        for number in range(SPAM):
            address, computes = robot(number % NETWORKS), number % 50 == 7
            self._plan(seconds, "spam", address, self.spam(), computes=computes)
        for number, cookie in enumerate(cookies * TIMES):
            address = f"198.18.{number % REGULARS}.7"
            self._plan(seconds, "regulars", address, self.words(), cookie=cookie)
        for number in range(NEWCOMERS):
            # A fifth of them are neighbours of robots.
            address = f"203.0.{number % 4}.250" if number % 5 == 0 else f"198.19.{number}.7"
            self._plan(seconds, "newcomers", address, self.words(), computes=True)
        for number in range(WITHOUT_SCRIPTS):
            self._plan(seconds, "no script", f"198.20.{number}.7", self.words())
        self.plan.sort(key=lambda each: each[0])

    def words(self) -> str:
        return " ".join(self.chance.choices(WORDS, k=self.chance.randint(8, 40))).capitalize() + "."

    def spam(self) -> str:
        text = " ".join(self.chance.choices(PRAISE, k=self.chance.randint(6, 20)))
        links = range(self.chance.choice((0, 1, 1, 2, 5)))
        return " ".join([text, *(f"https://{text.split()[n]}.example/{n}" for n in links)])

    def _plan(
        self,
        seconds: float,
        kind: str,
        address: str,
        body: str,
        *,
        computes: bool = False,
        cookie: str = "",
    ) -> None:
        self._number += 1
        thread = f"page-{self._number % len(THREADS)}"
        data = {"body": f"{body} ({self._number})", "name": f"{kind} {self._number}"}
        if kind == "spam" and self.chance.random() < 0.1:
            data["homepage_url"] = "https://casino.example"
        plain = kind == "no script" or (kind == "spam" and not computes and self._number % 2 == 0)
        headers = {"X-Forwarded-For": address, "Origin": SITE}
        headers |= {"Cookie": cookie} if cookie else {}

        def act() -> None:
            if computes:
                data["key"] = key = f"flood-{data['name'].replace(' ', '-')}"
                data["proof_of_work"] = self.computed(thread, key)
            self.fared[kind].note(*send(self.service, thread, data, headers, plain=plain))

        self.plan.append((self.chance.random() * seconds, act))

    def computed(self, thread: str, key: str) -> str:
        """As a browser does it that is in no hurry."""
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.service.port, timeout=60)
        connection.request("GET", f"/comments/api/v1/threads/{thread}/proof-of-work?key={key}")
        challenge = altcha.Challenge.from_dict(json.loads(connection.getresponse().read()))
        connection.close()
        # Then a browser sends the comment without.
        if (solution := altcha.solve_challenge(challenge, timeout=20)) is None:
            return ""
        time.sleep(max(0, 3.1 - (time.monotonic() - began)))
        return altcha.Payload(challenge, solution).to_base64()


def robot(number: int) -> str:
    """The address of one network of the robots'."""
    if number < NEIGHBOURS:
        return f"203.0.{number % 4}.{number // 4 + 1}"
    return f"100.{64 + number // 250}.{number % 250}.9"


def send(
    service: Postil, thread: str, data: dict[str, str], headers: dict[str, str], *, plain: bool
) -> tuple[int, float]:
    path = f"/comments/threads/{thread}" if plain else f"/comments/api/v1/threads/{thread}/comments"
    kind = "application/x-www-form-urlencoded" if plain else "application/json"
    body = urlencode(data) if plain else json.dumps(data)
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
    connection.request("POST", path, body, {**headers, "Content-Type": kind})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, time.monotonic() - began


@contextmanager
def reading(service: Postil, seconds: list[float]) -> Iterator[None]:
    """Readers, while the block runs: articles and threads in turn, over connections that are kept."""
    over = threading.Event()

    def read() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
        number = 0
        while not over.wait(PAUSE_SECONDS):
            number += 1
            name = f"page-{number % len(THREADS)}"
            began = time.monotonic()
            connection.request(
                "GET", f"/{name}/" if number % 2 else f"/comments/threads/{name}.html"
            )
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 200
            seconds.append(time.monotonic() - began)
        connection.close()

    readers = [threading.Thread(target=read) for _ in range(READERS)]
    for each in readers:
        each.start()
    try:
        yield
    finally:
        over.set()
        for each in readers:
            each.join()


# ---- the run


def regulars(service: Postil) -> list[str]:
    """Guests whom a moderator has let through before, as the cookies of their browsers."""
    cookies = []
    with service.app.app_context():
        for _ in range(REGULARS):
            with writing():
                session, token = sessions.begin(None, make.visitor())
            make.comment("page-5", session=db.session.get_one(Session, session.id))
            cookies.append(f"postil={token}")
        db.session.remove()
        db.engine.dispose()
    return cookies


def became(service: Postil) -> tuple[dict[str, Counter[str]], list[tuple[str, list[str]]]]:
    """Of each kind, how many are published and wait; and why each of the waiting does."""
    found: dict[str, Counter[str]] = {}
    waiting = []
    with service.app.app_context():
        rows = db.session.execute(
            sa.select(Comment.name, Comment.status, Comment.reasons).where(
                Comment.source.like("%(%)")
            )
        )
        for name, status, reasons in rows:
            kind = str(name).rpartition(" ")[0]
            if kind not in ("spam", "regulars", "newcomers", "no script"):
                continue
            found.setdefault(kind, Counter())[str(status)] += 1
            if status is Status.PENDING:
                waiting.append((kind, [each.template for each in reasons]))
        db.session.remove()
    return found, waiting


def size(folder: Path) -> int:
    return sum(each.stat().st_size for each in folder.glob("comments.sqlite3*"))


def forgotten(service: Postil, folder: Path) -> tuple[int, int, int]:
    """After the owner has rejected it all and a hundred days are over: bytes, comments and counts left."""
    with service.app.app_context():
        with comments.changing():
            db.session.execute(
                sa.update(Comment)
                .where(Comment.name.like("spam %"), Comment.status == Status.PENDING)
                .values(status=Status.REJECTED, created_at=now() - timedelta(days=100))
            )
        with writing():
            db.session.execute(sa.update(RateCount).values(expires_at=now() - timedelta(days=1)))
        retention.clean(config.current())
        rate_limits.clean()
        counts = [
            db.session.scalar(sa.select(sa.func.count()).select_from(each)) or 0
            for each in (Comment, RateCount)
        ]
        db.session.remove()
        db.engine.dispose()
    with closing(sqlite3.connect(folder / "comments.sqlite3", isolation_level=None)) as database:
        database.execute("VACUUM")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return size(folder), counts[0], counts[1]


def measure(folder: Path, minutes: float, first: float, trust: int) -> str:
    factor = HOUR_MINUTES / minutes

    def rate(count: int, seconds: int) -> str:
        return f"{count}/{max(1, round(seconds / factor))}"

    say("Building a blog of twenty articles …")
    build(folder)
    service = postil(
        folder,
        f"sqlite:///{folder / 'comments.sqlite3'}",
        COMMENTS_TRUSTED_PROXIES="1",
        COMMENTS_TRUST_AFTER=str(trust),
        COMMENTS_PROOF_OF_WORK="true",
        COMMENTS_LIMIT_POSTS=f"{rate(5, 60)} {rate(50, 86_400)}",
        COMMENTS_LIMIT_GUESTS=rate(100, 600),
    )
    fill(service, {name: conversation(many, 1) for name, many in THREADS.items()})
    people = People(service, regulars(service), 60 * minutes)
    quiet: list[float] = []
    meanwhile: list[float] = []
    service.start()
    try:
        # Once, so that Flask is loaded and all threads are published.
        send(service, "page-1", {"body": "First.", "name": "First"}, {"Origin": SITE}, plain=False)
        with reading(service, quiet):
            time.sleep(QUIET_SECONDS)
        before, cpu, began = size(folder), service.cpu_seconds(), time.monotonic()
        say(
            f"{SPAM:,} comments of robots in {minutes:g} minutes, the first {min(first, minutes):g} …"
        )
        with reading(service, meanwhile), ThreadPoolExecutor(CLIENTS) as clients:
            done = []
            for at, act in people.plan:
                if at > 60 * first:
                    break
                time.sleep(max(0, at - (time.monotonic() - began)))
                done.append(clients.submit(act))
            for each in done:
                each.result()
        took, cpu = time.monotonic() - began, service.cpu_seconds() - cpu
    finally:
        service.stop()
    found, waiting = became(service)
    after = size(folder)
    left, rows, counts = forgotten(service, folder)
    return report(people, found, waiting, trust, minutes, quiet, meanwhile) + (
        f"\nThe flood took {took / 60:.1f} minutes; the service used {cpu:.0f} s of CPU time, which is"
        f" {cpu / sum(len(each.seconds) for each in people.fared.values()) * 1000:.1f} ms a post, the"
        " reading and publishing included."
        f"\nThe database grew from {before / 1e6:.1f} to {after / 1e6:.1f} MB. A hundred days after the"
        f" owner rejected it all it has {left / 1e6:.1f} MB, {rows:,} comments and {counts} counts.\n"
    )


def report(
    people: People,
    found: dict[str, Counter[str]],
    waiting: list[tuple[str, list[str]]],
    trust: int,
    minutes: float,
    quiet: Sequence[float],
    meanwhile: Sequence[float],
) -> str:
    rows: list[tuple[str, ...]] = [
        ("", "sent", "published", "waits", "refused (429)", "failed", "p50 / p99")
    ]
    for kind, fared in people.fared.items():
        now_are = found.get(kind, Counter())
        numbers = (
            fared.answers.total(),
            now_are["published"],
            now_are["pending"],
            fared.answers["refused"],
            fared.answers["failed"],
        )
        rows.append((kind, *(f"{each:,}" for each in numbers), fared.percentiles()))
    unproved = [
        kind for kind, reasons in waiting if "No proof that a browser's script ran." in reasons
    ]
    others = [kind for kind, _ in waiting if kind != "spam"]
    pages = -(-len(waiting) // QUEUE_PAGE)
    return (
        f"COMMENTS_TRUST_AFTER={trust}, an hour in {minutes:g} minutes; {machine()}; load {load()}\n\n"
        f"{table(rows)}\n"
        f"Readers (p50 / p99): {percentiles(quiet)} before, {percentiles(meanwhile)} meanwhile.\n"
        f"{len(waiting):,} comments wait, {len(others)} of them people's. Page by page that is"
        f" {2 * pages} clicks (all of a page, spam). {len(unproved):,} of them have no proof of a"
        f" script: {Counter(unproved)}; the others are {len(waiting) - len(unproved)}.\n"
        f"Why they wait: {Counter(each for _, reasons in waiting for each in reasons).most_common()}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=4, help="that the hour takes")
    parser.add_argument("--first", type=float, default=60, help="minutes of them, and no more")
    parser.add_argument("--trust", type=int, default=1, help="COMMENTS_TRUST_AFTER")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write(measure(Path(folder), given.minutes, given.first, given.trust))


if __name__ == "__main__":
    main()
