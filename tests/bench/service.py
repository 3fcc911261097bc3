"""What reading, counting and posting cost: Postil alone, behind nginx, nginx by itself, and Isso.

    python3 tasks.py bench service             everything, and docs/performance.md
    python3 tasks.py bench service --quick     one short round, nothing written

One run, one machine, the same comments. The figure to trust is CPU time per request: requests per
second also measure what else the machine was doing. Traffic stays on 127.0.0.1, and everything
that is started here ends here.
"""

import argparse
import gzip
import http.client
import importlib.metadata
import itertools
import json
import os
import platform
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask_migrate import upgrade

from comments_service import comments, markup, sessions
from comments_service.db import db, writing
from comments_service.models import Comment, Role, Status, now
from comments_service.publishing import manifest
from tests import make, sites
from tests.bench import isso
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
from tests.service import SITE, Postil, Server, free_port, postil

COMMAND = "python3 tasks.py bench service"
CONNECTIONS = 16
WRITERS = 8
THREADS = {"page-0": 1_000, "page-1": 100, **{f"page-{number}": 10 for number in range(2, 20)}}
WORDS = re.findall(
    r"\w+",
    "pelicans fish together in a line and the line closes like a net while gulls wait for what"
    " falls out of the pouch which holds eleven litres of water and rather less of fish",
)

# Of each comment: who wrote it, in which words, and the position of the one that is answered.
Comments = Sequence[tuple[str, str, int | None]]


@dataclass
class Figure:
    """One thing measured on one server: each round's CPU time per request, and requests a second."""

    cpu_us: list[float] = field(default_factory=list)
    rate: list[float] = field(default_factory=list)

    @property
    def cpu(self) -> float:
        return statistics.median(self.cpu_us)

    @property
    def speed(self) -> float:
        return statistics.median(self.rate)


# ---- what is measured on


def conversation(size: int, seed: int) -> list[tuple[str, str, int | None]]:
    """Invented comments: writer, Markdown, and the position of the comment that is answered."""
    chance = random.Random(seed)
    made: list[tuple[str, str, int | None]] = []
    for number in range(size):
        sentences = [
            " ".join(chance.choices(WORDS, k=chance.randint(5, 18))).capitalize() + "."
            for _ in range(chance.randint(1, 5))
        ]
        if chance.random() < 0.2:
            sentences.append("See [this page](https://example.org/pelicans) and `a pouch`.")
        if chance.random() < 0.2:
            sentences.insert(0, "> As *you* wrote.\n\n")
        parent = chance.randrange(number) if number and chance.random() < 0.3 else None
        made.append((f"Reader {chance.randrange(200)}", " ".join(sentences), parent))
    return made


def build(folder: Path) -> None:
    """Twenty articles, built for publishing as a blog's author would."""
    content = folder / "content"
    (content / "pages").mkdir(parents=True)
    for name in THREADS:
        (content / f"{name}.md").write_text(
            f"Title: {name}\nDate: 2026-01-01\nSlug: {name}\n\n{' '.join(WORDS * 20)}\n"
        )
    done = sites.pelican(
        content,
        folder / "output",
        conf="publishconf.py",
        SITE_URL=SITE,
        COMMENTS_PUBLISHED=str(folder / "published"),
    )
    assert done.returncode == 0, done.stderr


def fill(service: Postil, threads: dict[str, Comments]) -> str:
    """The comments into our database, as published ones; returns a trusted writer's cookie."""
    with service.app.app_context():
        upgrade()
        manifest.sync(service.settings.manifest_source)
        trusted = make.account("Trude", role=Role.READER)
        with writing():
            _, token = sessions.begin(trusted, make.visitor())
        begin = now() - timedelta(days=30)
        for thread, written in threads.items():
            ids: list[int] = []
            with comments.changing(thread):
                for number, (name, text, parent) in enumerate(written):
                    values = {
                        "thread_id": thread,
                        "parent_id": None if parent is None else ids[parent],
                        "depth": 0 if parent is None else 1,
                        "account_id": trusted.id if number == 0 else None,
                        "name": name,
                        "source": text,
                        "html": markup.render(text),
                        "renderer_version": markup.RENDERER_VERSION,
                        "status": Status.PUBLISHED,
                        "key": f"bench-{number}",
                        "created_at": begin + timedelta(minutes=number),
                    }
                    made = sa.insert(Comment).values(values).returning(Comment.id)
                    ids.append(db.session.execute(made).scalar_one())
        db.session.remove()
        db.engine.dispose()
    return f"postil={token}"


def nginx(folder: Path, service_port: int) -> Server:
    """A web server as deploy/nginx.conf sets it up, with one worker as the service has one."""
    port = free_port()
    config = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    config.write_text(
        f"""
{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log warn;
worker_processes 1;
events {{ worker_connections 1024; }}
http {{
    include /etc/nginx/mime.types;
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000;
    gzip_static on;
    charset utf-8;
    client_body_temp_path {folder}/nginx-body;
    proxy_temp_path {folder}/nginx-proxy;
    fastcgi_temp_path {folder}/nginx-fastcgi;
    uwsgi_temp_path {folder}/nginx-uwsgi;
    scgi_temp_path {folder}/nginx-scgi;
    server {{
        listen 127.0.0.1:{port};
        location /bare/ {{ alias {folder}/bare/; }}
        location ~ ^/comments/(threads/[^/]+\\.(?:html|json|atom)|counts\\.json|recent\\.[a-z]+|ui\\.[^/]+)$ {{
            root {folder}/published;
            rewrite ^/comments(/.*)$ $1 break;
            add_header Cache-Control no-cache;
            add_header Vary Accept-Encoding;
            add_header X-Content-Type-Options nosniff;
            add_header Access-Control-Allow-Origin *;
            add_header Cross-Origin-Resource-Policy cross-origin;
        }}
        location /comments/ {{
            proxy_pass http://127.0.0.1:{service_port};
            proxy_http_version 1.1;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_set_header Connection "";
        }}
        location / {{ root {folder}/output; }}
    }}
}}
"""
    )
    command = ["nginx", "-c", str(config), "-e", str(folder / "nginx-error.log")]
    return Server(command, folder, os.environ, port, "/")


# ---- how it is measured


@contextmanager
def counted(server: Server, figure: Figure) -> Iterator[Callable[[int], None]]:
    """Count the CPU time of a server; the block says how many requests it has answered."""
    done: list[int] = []
    cpu, began = server.cpu_seconds(), time.monotonic()
    yield done.append
    seconds = time.monotonic() - began
    figure.cpu_us.append((server.cpu_seconds() - cpu) / done[0] * 1e6)
    figure.rate.append(done[0] / seconds)


def wrk(
    server: Server, path: str, seconds: float, figure: Figure, *, script: str = "", many: int = 0
) -> None:
    """Load from wrk over connections that are kept; anything but 2xx stops the measurement."""
    url = f"http://127.0.0.1:{server.port}{path}"
    command = ["wrk", "-t1", f"-c{many or CONNECTIONS}", f"-d{max(1, round(seconds))}s"]
    command += ["--timeout", "10s", "-H", "Accept-Encoding: gzip"]
    command += ["-s", script] if script else []
    with counted(server, figure) as done:
        out = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
        found = re.search(r"(\d+) requests in", out)
        assert found, out
        assert "Non-2xx" not in out, out
        done(int(found[1]))


def ask(server: Server, requests: int, figure: Figure, method: str, path: str, body: str) -> None:
    """A few requests over two connections, for a server too slow for a load by time."""
    left = itertools.repeat(None, requests)
    guard = threading.Lock()
    wrong: list[Any] = []

    def client() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        while True:
            with guard:
                if next(left, wrong) is wrong:
                    break
            headers = {"Content-Type": "application/json", "Origin": SITE}
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            if answer.status >= 300 or not answer.read():
                wrong.append(answer.status)
        connection.close()

    with counted(server, figure) as done:
        clients = [threading.Thread(target=client) for _ in range(2)]
        for each in clients:
            each.start()
        for each in clients:
            each.join()
        assert not wrong, wrong
        done(requests)


def posting_script(folder: Path, name: str, path: str, fields: str, headers: dict[str, str]) -> str:
    """A wrk script that posts another comment with each request, over all threads in turn."""
    script = folder / f"{name}.lua"
    lines = [f'wrk.headers["{key}"] = "{value}"' for key, value in headers.items()]
    script.write_text(
        "\n".join(lines)
        + f"""
local count = 0
local run = os.time()
request = function()
  count = count + 1
  local thread = "page-" .. (2 + count % {len(THREADS) - 2})
  local mark = run .. "-{name}-" .. count
  local body = '{fields}'
  return wrk.format("POST", (string.gsub("{path}", "THREAD", thread)), nil,
    (string.gsub(body, "MARK", mark)))
end
"""
    )
    return str(script)


@contextmanager
def watched(server: Server, peak: list[int]) -> Iterator[None]:
    """Note the largest memory of a server's processes, while the block loads it."""
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.25):
            try:
                peak.append(server.pss_bytes())
            except (FileNotFoundError, ProcessLookupError):
                continue

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def wire_bytes(server: Server, path: str) -> int:
    """The body of an answer in gzip: as it was sent, or as a proxy in front would pack it."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    assert answer.status == 200, (path, answer.status)
    if answer.headers.get("Content-Encoding") == "gzip":
        return len(body)
    return len(gzip.compress(body, 6, mtime=0))


def published(service: Postil, thread: str, count: int) -> None:
    """Wait until a thread's snapshot has that many comments in it."""
    path = service.settings.published / "threads" / f"{thread}.html"
    patience = time.monotonic() + 60
    while not path.exists() or f'data-count="{count}"'.encode() not in path.read_bytes()[:512]:
        assert time.monotonic() < patience, service.log()
        time.sleep(0.1)


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
            goal(f"reading {size} alone, to nginx", 0.65, what, "Postil", bare),
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
