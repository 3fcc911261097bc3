"""What reading, counting and posting cost: Postil alone, behind nginx, nginx by itself, and Isso.

    python3 tasks.py bench service             everything, and docs/performance.md
    python3 tasks.py bench service --quick     one short round, nothing written

One run, one machine, the same comments. The figure to trust is CPU time per request: requests per
second also measure what else the machine was doing. Traffic stays on 127.0.0.1, and everything
that is started here ends here.
"""

import argparse
import importlib.metadata
import json
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import isso
from tests.bench.loads import (
    WRITERS,
    Figure,
    ask,
    posting_script,
    published,
    watched,
    wire_bytes,
    wrk,
)
from tests.bench.report import (
    SERVICE_HEADING,
    Goal,
    compared,
    load,
    machine,
    missed,
    say,
    table,
    today,
    write,
)
from tests.bench.subject import THREADS, Comments, build, conversation, fill, nginx
from tests.service import SITE, Postil, Server, postil

COMMAND = "python3 tasks.py bench service"


# ---- the run


@dataclass
class Results:
    """Everything that was measured, by what and on which server."""

    figures: dict[tuple[str, str], Figure] = field(default_factory=dict)
    memory: dict[str, int] = field(default_factory=dict)
    cold: dict[str, float] = field(default_factory=dict)
    bytes: dict[str, dict[str, int]] = field(default_factory=dict)

    def of(self, what: str, server: str) -> Figure:
        return self.figures.setdefault((what, server), Figure())

    def ratio(self, what: str, ours: str, theirs: str) -> float:
        """How many of our requests the CPU time of one of theirs pays for."""
        return self.of(what, theirs).cpu / self.of(what, ours).cpu

    def goal(self, text: str, wanted: float, what: str, ours: str, theirs: str) -> Goal:
        rates = self.of(what, ours).speed / self.of(what, theirs).speed
        return Goal(text, wanted, self.ratio(what, ours, theirs), by_rate=rates)


def measure(folder: Path, rounds: int, seconds: float) -> Results:
    results = Results()
    threads: dict[str, Comments] = {
        name: conversation(size, seed) for seed, (name, size) in enumerate(THREADS.items())
    }
    say("Building a blog of twenty articles …")
    build(folder)
    database = f"sqlite:///{folder / 'comments.sqlite3'}"
    # Whole threads in one file, as Isso answers them; the default would be pages of 100.
    reading = postil(folder, database, COMMENTS_PAGE_SIZE="1000")
    posting = postil(folder, database)
    cookie = fill(reading, threads)
    front = nginx(folder, reading.port)
    other = isso.server(folder / "isso")
    try:
        reading.start()
        for name, size in THREADS.items():
            published(reading, name, size)
        bare = folder / "bare"
        bare.mkdir()
        for name in ("page-0.html", "page-1.html"):
            for each in (name, f"{name}.gz"):
                shutil.copy2(folder / "published" / "threads" / each, bare)
        front.start()
        other.start()
        say("Giving Isso the same comments …")
        isso.fill(other.port, threads)
        isso_peak: list[int] = []
        peak: list[int] = []
        for number in range(rounds):
            say(f"Reading, round {number + 1} of {rounds} …")
            with watched(reading, peak), watched(other, isso_peak):
                read(results, reading, front, other, seconds)
        reading.stop()
        posting.start()
        for name, size in THREADS.items():
            published(posting, name, size)
        # It answers before Flask is loaded; that is part of the cold start, not of posting.
        ask(posting, 1, Figure(), "GET", "/comments/api/v1/me", "")
        results.bytes = sizes(posting, other)
        for number in range(rounds):
            say(f"Posting, round {number + 1} of {rounds} …")
            with watched(posting, peak), watched(other, isso_peak):
                post(results, posting, other, folder, cookie, 2 * seconds)
        results.memory = {"Postil": max(peak), "Isso": max(isso_peak)}
        posting.stop()
        other.stop()
        say("Starting cold …")
        starts: dict[str, list[float]] = {"Postil": [], "Isso": []}
        for _ in range(max(3, rounds)):
            for name, server in (("Postil", posting), ("Isso", other)):
                starts[name].append(server.start())
                server.stop()
        results.cold = {name: statistics.median(each) for name, each in starts.items()}
    finally:
        for server in (reading, posting, front, other):
            server.stop()
    return results


def read(results: Results, service: Postil, front: Server, other: Server, seconds: float) -> None:
    for size, name, few in ((100, "page-1", 8), (1_000, "page-0", 2)):
        what = f"read {size:,}"
        path = f"/comments/threads/{name}.html"
        wrk(service, path, seconds, results.of(what, "Postil"))
        wrk(front, path, seconds, results.of(what, "Postil behind nginx"))
        wrk(front, f"/bare/{name}.html", seconds, results.of(what, "nginx, a bare file"))
        ask(other, few, results.of(what, "Isso"), "GET", f"/?uri=/{name}/", "")
    wrk(service, "/comments/counts.json", seconds, results.of("counts", "Postil"))
    wanted = json.dumps([f"/{name}/" for name in THREADS])
    ask(other, 200, results.of("counts", "Isso"), "POST", "/count", wanted)


def post(
    results: Results, service: Postil, other: Server, folder: Path, cookie: str, seconds: float
) -> None:
    words = "They fish *together*, in a line. " * 6
    headers = {"Content-Type": "application/json", "Origin": SITE}
    ours = posting_script(
        folder,
        "postil",
        "/comments/api/v1/threads/THREAD/comments",
        json.dumps({"body": f"{words} MARK", "key": "MARK"}),
        {**headers, "Cookie": cookie},
    )
    theirs = posting_script(
        folder,
        "isso",
        "/new?uri=/THREAD/",
        json.dumps({"author": "Trude", "text": f"{words} MARK"}),
        headers,
    )
    wrk(service, "/", seconds, results.of("post", "Postil"), script=ours, many=WRITERS)
    wrk(other, "/", seconds, results.of("post", "Isso"), script=theirs, many=WRITERS)


def sizes(service: Postil, other: Server) -> dict[str, dict[str, int]]:
    """What a reader's browser fetches to see a thread of 100 comments, in gzip."""
    ours = ("/comments/embed.js", "/comments/embed.css", "/comments/threads/page-1.html")
    theirs = ("/js/embed.min.js", "/css/isso.css", "/?uri=/page-1/")
    return {
        "Postil": {path.rpartition("/")[2]: wire_bytes(service, path) for path in ours},
        "Isso": {path.rpartition("/")[2]: wire_bytes(other, path) for path in theirs},
    }


# ---- the report


def goals(results: Results) -> list[Goal]:
    ours, theirs = (sum(results.bytes[name].values()) for name in ("Postil", "Isso"))
    bare, front = "nginx, a bare file", "Postil behind nginx"
    goal = results.goal
    found = []
    for size in ("100", "1,000"):
        what = f"read {size}"
        found += [
            goal(f"reading {size} alone, to nginx", 0.40, what, "Postil", bare),
            goal(f"reading {size} behind nginx, to nginx", 0.95, what, front, bare),
            goal(f"reading {size} alone, to Isso", 2_000, what, "Postil", "Isso"),
        ]
    return [
        *found,
        goal("counts of 20 pages, to Isso", 12, "counts", "Postil", "Isso"),
        goal("posting, to Isso", 4, "post", "Postil", "Isso"),
        Goal(
            "memory under load, of Isso's",
            0.25,
            results.memory["Postil"] / results.memory["Isso"],
            at_most=True,
        ),
        Goal("cold start, of Isso's", 1, results.cold["Postil"] / results.cold["Isso"], True),
        Goal("bytes on the wire, of Isso's", 0.85, ours / theirs, True),
    ]


def measured(results: Results) -> str:
    rows = [("what", "server", "CPU µs a request", "requests/s")]
    names = {
        "read 100": "a thread of 100",
        "read 1,000": "a thread of 1,000",
        "counts": "counts of 20 pages",
        "post": "posting",
    }
    rows += [
        (names[what], server, f"{figure.cpu:,.0f}", f"{figure.speed:,.0f}")
        for (what, server), figure in results.figures.items()
    ]
    return table(rows)


def others(results: Results) -> str:
    ours, theirs = results.bytes["Postil"], results.bytes["Isso"]
    return table(
        [
            ("", "Postil", "Isso"),
            (
                "memory under load (PSS), MB",
                *(f"{results.memory[name] / 1e6:,.0f}" for name in ("Postil", "Isso")),
            ),
            (
                "cold start, seconds to the first answer",
                *(f"{results.cold[name]:.2f}" for name in ("Postil", "Isso")),
            ),
            (
                "script, gzip bytes",
                f"{ours['embed.js']:,}",
                f"{theirs['embed.min.js']:,}",
            ),
            ("style sheet, gzip bytes", f"{ours['embed.css']:,}", f"{theirs['isso.css']:,}"),
            (
                "100 comments, gzip bytes",
                f"{ours['page-1.html']:,}",
                f"{list(theirs.values())[-1]:,}",
            ),
        ]
    )


def versions() -> str:
    def said(*command: str) -> str:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found = re.search(r"\d+\.\d[\w.]*", done.stdout + done.stderr)
        return found[0] if found else "?"

    ours = {name: importlib.metadata.version(name) for name in ("granian", "Flask", "SQLAlchemy")}
    return ", ".join(
        [
            f"Python {platform.python_version()}",
            *(f"{name} {version}" for name, version in ours.items()),
            f"nginx {said('nginx', '-v')}",
            f"wrk {said('wrk', '-v')}",
            f"Isso {isso.VERSION} under gunicorn with {isso.WORKERS} workers, as its manual says",
        ]
    )


def report(results: Results, rounds: int) -> str:
    return f"""{SERVICE_HEADING}

Reading comments is handing out files. This page shows what that costs, and what writing costs,
beside nginx and beside Isso, a good comment service that is built in the usual way. It is written by
`{COMMAND}`; run it on your own machine before you believe it.

Measured on {today()} on {machine()}. Median of {rounds} interleaved rounds.
{versions()}. {load()}

{measured(results)}

CPU time per request, user and system, of all processes of the server: this is the figure to trust.
Requests per second also depend on the client, which runs on the same cores, and on whatever else
the machine does. Every server has the same comments, {sum(THREADS.values()):,} in {len(THREADS)} threads. A thread is read whole in
one answer (`COMMENTS_PAGE_SIZE=1000`; by default a reader gets 100 at a time). Answers are asked for in
gzip; Isso sends them plain, so a proxy's cost of packing them is not counted against it. Postil posts
with `synchronous=FULL` as a signed-in reader with the usual checks, its limit raised; rendering,
publishing and baking behind the posts are part of its figure. Isso's guard and moderation are off.

{others(results)}

Isso's script loads its style sheet itself. All bodies are in gzip level 6 where the server does not
pack them. Memory is the largest sum over the process tree during reading and posting.

## Compared with what was promised

Ratios of CPU time per request: how many requests of ours the CPU time of one of theirs pays for.
The last column has the same by requests per second. A goal counts as met by CPU time.

{compared(goals(results))}

{missed(goals(results))}
"""


def main() -> None:
    arguments = argparse.ArgumentParser(prog=COMMAND, description="What the service costs.")
    arguments.add_argument("--quick", action="store_true", help="one short round, no report")
    quick = arguments.parse_args().quick
    missing = [name for name in ("nginx", "wrk") if not shutil.which(name)]
    if missing:
        packages = " ".join("nginx-light" if name == "nginx" else name for name in missing)
        sys.exit(f"Missing: {', '.join(missing)}. On Debian: apt-get install {packages}")
    rounds, seconds = (1, 1.0) if quick else (5, 2.0)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="postil-bench-") as place:
        results = measure(Path(place), rounds, seconds)
    say(f"\n{measured(results)}\n\n{others(results)}\n\n{compared(goals(results))}\n")
    say(f"Measured in {time.monotonic() - began:.0f} s.")
    if not quick:
        write(SERVICE_HEADING, report(results, rounds))


if __name__ == "__main__":
    main()
