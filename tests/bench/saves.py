"""Saves: how long an author waits from saving a post until its page over HTTP has the new words.

Each generator serves the site and builds again on change, in its own way; ours is `up`, in a copy of the
whole project whose content/ is the posts. A save is done as editors do it, in turn by writing in place
and by putting a new file in the place of the old one. The page is asked for every 2 ms. Between saves a
server has the time to finish and to become quiet; or it has not: then each save comes at some moment of the
build that the one before it has begun. All of it on 127.0.0.1; what is started here ends here.
"""

import contextlib
import http.client
import os
import random
import signal
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from tests.bench import full, peers
from tests.bench.peers import Kind
from tests.bench.posts import Post
from tests.service import Server, free_port, pss_bytes

POLL_SECONDS = 0.002
# Stock Pelican's first build of 1,000 posts alone takes half of the first.
START_SECONDS, PAGE_SECONDS = 600, 120
# A server that takes its time is saved to less often, but never fewer times than this.
ENOUGH_SECONDS, FEWEST = 240, 5
QUIET_SECONDS, SETTLE_SECONDS = 0.5, 90
QUIET_CPU_SECONDS = 0.02


@dataclass
class Waits:
    """The waits of all saves to one server, in milliseconds, by how they were done."""

    in_place: list[float] = field(default_factory=list)
    replaced: list[float] = field(default_factory=list)
    # Of the server's whole tree, each time that it was quiet.
    memory_mb: list[float] = field(default_factory=list)

    @property
    def all(self) -> list[float]:
        return [*self.in_place, *self.replaced]

    @property
    def median(self) -> float:
        return statistics.median(self.all)

    def told(self) -> tuple[str, ...]:
        """How many, the median, the worst, the medians of either way to save; memory first and last."""
        ways = [f"{statistics.median(n):,.0f}" if n else "" for n in (self.in_place, self.replaced)]
        memory = [f"{each:,.0f}" for each in (self.memory_mb[:1] + self.memory_mb[-1:])]
        return (
            *(str(len(self.all)), f"{self.median:,.0f}", f"{max(self.all):,.0f}", *ways),
            *(memory or ("", "")),
        )


def in_place(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")


def replaced(path: Path, text: str) -> None:
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


def waits(
    kind: Kind, folder: Path, written: list[Post], saves: int, *, mid_build: bool = False
) -> Waits:
    """Serve the posts, save one of them again and again, and tell how long its page took."""
    post = sorted(written, key=lambda each: each.date)[len(written) // 2]
    found = Waits()
    chance = random.Random(saves)
    began = time.monotonic()
    with serving(kind, folder, written, post) as (server, path):

        def saved(words: str, number: int) -> float:
            text = full.with_pictures_elsewhere(kind.text(post.edited(f"{words} is said now.")))
            how = (in_place, replaced)[number % 2]
            return 1_000 * until_page(server, post, words, partial(how, path, text))

        settle(server)
        found.memory_mb.append(memory_mb(server))
        # What a build after a save takes here, to save again before it is over.
        saved(f"First{os.getpid()}", 0)
        build_seconds = settle(server)
        for number in range(saves):
            if number >= FEWEST and time.monotonic() - began > ENOUGH_SECONDS:
                break
            if mid_build:
                time.sleep(chance.uniform(0, build_seconds))
            else:
                settle(server)
            kept = (found.in_place, found.replaced)[number % 2]
            kept.append(saved(f"Saved{number}x{os.getpid()}", number))
        settle(server)
        found.memory_mb.append(memory_mb(server))
    return found


def memory_mb(server: Server) -> float:
    """Of all its processes: one that has just ended is not there."""
    with contextlib.suppress(OSError):
        return pss_bytes(server.pids) / 1e6
    return 0.0


@contextmanager
def serving(
    kind: Kind, folder: Path, written: list[Post], post: Post
) -> Iterator[tuple[Server, Path]]:
    """A server that answers, and the file of a post; its processes are gone in the end."""
    port = free_port()
    environ: Mapping[str, str] = peers.environment(folder)
    if kind is peers.NATIVE:
        full.project(folder, written)
        command = [sys.executable, "tasks.py", "up", "--port", str(port)]
        path = full.source(folder, post)
        environ = full.environment() | {"PYTHONUTF8": "1"}
    else:
        kind.lay_out(folder, written)
        command = [*kind.command(), *kind.serving(port)]
        path = kind.path(folder, post)
    server = Server(command, folder, environ, port, f"/{post.slug}/")
    try:
        server.start(START_SECONDS)
        yield server, path
    finally:
        pids = server.pids
        server.stop()
        for pid in pids:
            # Those that did not hear of the end, or have a session of their own.
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def settle(server: Server) -> float:
    """Until its processes have been doing nothing for a while; the seconds until then."""
    began = time.monotonic()
    end = began + SETTLE_SECONDS
    before: tuple[list[int], float] = ([], 0.0)
    while time.monotonic() < end:
        time.sleep(QUIET_SECONDS)
        with contextlib.suppress(OSError):
            now = (sorted(server.pids), server.cpu_seconds())
            if now[0] == before[0] and now[1] - before[1] <= QUIET_CPU_SECONDS:
                break
            before = now
    return time.monotonic() - began - QUIET_SECONDS


def until_page(server: Server, post: Post, words: str, save: Callable[[], None]) -> float:
    """Seconds from a save until the whole page comes with the new words."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PAGE_SECONDS)
    began = time.perf_counter()
    save()
    while (seconds := time.perf_counter() - began) < PAGE_SECONDS:
        try:
            connection.request("GET", f"/{post.slug}/")
            page = connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            connection.close()
            page = b""
        seconds = time.perf_counter() - began
        if words.encode() in page and b"</html>" in page:
            connection.close()
            return seconds
        time.sleep(POLL_SECONDS)
    raise AssertionError(f"No page with the new words.\n{server.log()}")
