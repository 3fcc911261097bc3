"""The model of docs/scale.md: what a blog of a size needs, and what that costs at somebody's own prices.

    python3 tasks.py bench model --threads 5000 --comments 100000 --readers 20000 --posts 200
    python3 tasks.py bench model … --price-stored 0.02 --price-traffic 0.05 --price-writes 5 --price-cpu 0.03

Arithmetic alone: its constants stand in docs/scale.md, where `bench scale --model` writes what it measured.
"""

import argparse
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from tests.bench.report import say, table
from tests.service import ROOT

COMMAND = "python3 tasks.py bench model"
DOCUMENT = ROOT / "docs" / "scale.md"
DATABASES = ("sqlite", "postgresql")
DAYS = 30

Constants = Mapping[str, float]
# By name: what it is. All of them are measured, on either database.
MEANINGS = {
    "database_empty": "bytes of a database without threads",
    "database_thread": "bytes in the database for each thread",
    "database_comment": "bytes in the database for each comment",
    "published_empty": "bytes of `published/` without threads",
    "published_thread": "bytes in `published/` for each thread, packed forms included",
    "published_comment": "bytes in `published/` for each comment, packed forms included",
    "files_empty": "files in `published/` without threads",
    "files_thread": "files in `published/` for each thread",
    "fragment_empty": "bytes a reader is sent (brotli) of a thread without comments",
    "fragment_comment": "bytes a reader is sent (brotli) for each comment",
    "script": "bytes a reader is sent (brotli) of script and style",
    "post_statements": "statements for a guest's post",
    "post_ms": "CPU ms of a guest's post",
    "publish_statements": "statements for publishing a comment",
    "publish_ms": "CPU ms of publishing a comment, with all lists",
    "writes_comment": "files written for a comment",
}


@dataclass(frozen=True)
class Blog:
    """What an owner knows, or guesses."""

    threads: int
    comments: int
    # Of articles, a day: each asks for its comments once.
    readers: int
    # Comments a day.
    posts: int
    # Of the thread that a reader has before him, at most a page of 100.
    seen: int = 20


@dataclass(frozen=True)
class Prices:
    """In whatever money: of a GB for a month, a GB of traffic, a million of written files, an hour of a core."""

    stored: float = 0
    traffic: float = 0
    writes: float = 0
    cpu: float = 0


@dataclass(frozen=True)
class Needs:
    """What a blog takes: bytes, files, and by the day or month what its name says."""

    database: float
    published: float
    files: float
    requests_a_day: float
    cpu_seconds_a_day: float
    traffic_a_month: float
    writes_a_month: float
    cost_a_month: float


# As docs/scale.md says it; a test works these lines out and compares them with `needs`.
FORMULAS = """database = database_empty + threads * database_thread + comments * database_comment
published = published_empty + threads * published_thread + comments * published_comment
files = files_empty + threads * files_thread
requests_a_day = readers + posts
cpu_seconds_a_day = posts * (post_ms + publish_ms) / 1000
traffic_a_month = 30 * readers * (script + fragment_empty + seen * fragment_comment)
writes_a_month = 30 * posts * writes_comment
cost_a_month = ((database + published) / 1e9 * price_stored + traffic_a_month / 1e9 * price_traffic
                + writes_a_month / 1e6 * price_writes + 30 * cpu_seconds_a_day / 3600 * price_cpu)
"""


def needs(blog: Blog, of: Constants, prices: Prices | None = None) -> Needs:
    prices = prices or Prices()
    database = stored(blog, of, "database")
    published = stored(blog, of, "published")
    shown = of["fragment_empty"] + blog.seen * of["fragment_comment"]
    cpu = blog.posts * (of["post_ms"] + of["publish_ms"]) / 1000
    traffic = DAYS * blog.readers * (of["script"] + shown)
    writes = DAYS * blog.posts * of["writes_comment"]
    return Needs(
        database=database,
        published=published,
        files=of["files_empty"] + blog.threads * of["files_thread"],
        requests_a_day=blog.readers + blog.posts,
        cpu_seconds_a_day=cpu,
        traffic_a_month=traffic,
        writes_a_month=writes,
        cost_a_month=(database + published) / 1e9 * prices.stored
        + traffic / 1e9 * prices.traffic
        + writes / 1e6 * prices.writes
        + DAYS * cpu / 3600 * prices.cpu,
    )


def stored(blog: Blog, of: Constants, where: str) -> float:
    each = blog.threads * of[f"{where}_thread"] + blog.comments * of[f"{where}_comment"]
    return of[f"{where}_empty"] + each


# ---- as tables, and back


def constants_table(measured: Mapping[str, Constants]) -> str:
    rows = [("constant", *measured)]
    for name, meaning in MEANINGS.items():
        rows.append((f"`{name}`: {meaning}", *(f"{each[name]:.2f}" for each in measured.values())))
    return table(rows)


def constants_of(text: str) -> dict[str, dict[str, float]]:
    """What a table of them says, by database."""
    rows = re.findall(r"^\| `(\w+)`: [^|]*\|(.*)\|$", text, re.MULTILINE)
    head = re.search(r"^\| constant +\|(.*)\|$", text, re.MULTILINE)
    assert head, text
    databases = [each.strip() for each in head[1].split("|")]
    found: dict[str, dict[str, float]] = {each: {} for each in databases}
    for name, values in rows:
        for database, value in zip(databases, values.split("|"), strict=True):
            found[database][name] = float(value)
    return found


# From a blog that is talked about to one that nobody's single machine has to carry.
EXAMPLES = (
    Blog(threads=200, comments=2_000, readers=500, posts=5),
    Blog(threads=5_000, comments=100_000, readers=20_000, posts=200),
    Blog(threads=50_000, comments=1_000_000, readers=1_000_000, posts=5_000),
)


def examples_table(measured: Mapping[str, Constants], blogs: tuple[Blog, ...] = EXAMPLES) -> str:
    found = [(database, [needs(blog, of) for blog in blogs]) for database, of in measured.items()]
    _, first = found[0]
    rows = [
        ("a blog of", *(f"{each.threads:,} threads" for each in blogs)),
        ("comments", *(f"{each.comments:,}" for each in blogs)),
        ("readers a day", *(f"{each.readers:,}" for each in blogs)),
        ("comments a day", *(f"{each.posts:,}" for each in blogs)),
    ]
    rows += [
        (f"database on {database}, MB", *(f"{each.database / 1e6:,.1f}" for each in each_of))
        for database, each_of in found
    ]
    rows += [
        ("`published/`, MB", *(f"{each.published / 1e6:,.1f}" for each in first)),
        ("files in it", *(f"{each.files:,.0f}" for each in first)),
        ("requests a day", *(f"{each.requests_a_day:,.0f}" for each in first)),
        ("sent to readers, GB a month", *(f"{each.traffic_a_month / 1e9:,.2f}" for each in first)),
        ("files written a month", *(f"{each.writes_a_month:,.0f}" for each in first)),
    ]
    rows += [
        (f"CPU seconds a day on {database}", *(f"{x.cpu_seconds_a_day:,.1f}" for x in each_of))
        for database, each_of in found
    ]
    return table(rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog=COMMAND, description="What a blog of yours needs.")
    for each in fields(Blog):
        default = {} if each.name != "seen" else {"default": 20}
        parser.add_argument(f"--{each.name}", type=int, required=not default, **default)  # type: ignore[arg-type]
    for each in fields(Prices):
        parser.add_argument(f"--price-{each.name}", type=float, default=0.0)
    given = vars(parser.parse_args())
    blog = Blog(**{each.name: given[each.name] for each in fields(Blog)})
    prices = Prices(**{each.name: given[f"price_{each.name}"] for each in fields(Prices)})
    measured = constants_of(Path(DOCUMENT).read_text("utf-8"))
    say(examples_table(measured, (blog,)))
    if any(vars(prices).values()):
        for database, of in measured.items():
            say(f"On {database} {needs(blog, of, prices).cost_a_month:,.2f} a month.")


if __name__ == "__main__":
    main()
