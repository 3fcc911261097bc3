"""How a server is measured: loads of requests, with the CPU time, memory and bytes that they cost it."""

import gzip
import http.client
import itertools
import re
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench.subject import THREADS
from tests.service import SITE, Postil, Server

CONNECTIONS = 16
WRITERS = 8


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
