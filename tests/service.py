"""The real service in processes of its own, for tests and measurements that need one to kill."""

import http.client
import itertools
import os
import resource
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from authoring import server
from comments_service import create_app
from comments_service.config import Settings, from_environment

ROOT = Path(__file__).resolve().parent.parent
SITE = "http://blog.test"
START_SECONDS = 30
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


# Below those that the system itself gives to connections and servers: between finding a port and
# listening there, which may be a build later, nobody else is given it. Where a process begins to
# look, such as each worker of the tests, depends on its number.
PORTS = range(11_000, 31_000)
_start = os.getpid() * 499 % len(PORTS)
_ports = itertools.cycle([*PORTS[_start:], *PORTS[:_start]])


def free_port() -> int:
    """A port of this machine that nobody listens on; another one each time."""
    port: int
    for port in itertools.islice(_ports, len(PORTS)):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


def answers(port: int, path: str) -> bool:
    """Whether the server gives 200 for a path just now."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def tree(pid: int) -> list[int]:
    """A process and everything it started that still lives."""
    found, look = [], [pid]
    while look:
        found.append(look.pop())
        for task in Path(f"/proc/{found[-1]}/task").glob("*/children"):
            with suppress(FileNotFoundError, ProcessLookupError):
                look.extend(map(int, task.read_text().split()))
    return found


def pss_bytes(pids: Iterable[int]) -> int:
    """Memory, with what several processes share counted once between them."""
    total = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total


class Server:
    """A server's whole process group on a free port of this machine."""

    def __init__(
        self, command: list[str], cwd: Path, env: Mapping[str, str], port: int, path: str
    ) -> None:
        self.port = port
        self._command = command
        self._cwd = cwd
        self._env = env
        self._path = path
        self._process: subprocess.Popen[bytes] | None = None

    def launch(self) -> None:
        """Start without waiting for an answer."""
        with (self._cwd / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._cwd,
                env=dict(self._env),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # A group of its own, so that one signal reaches parent and workers at once.
                start_new_session=True,
            )

    def start(self, patience_seconds: float = START_SECONDS) -> float:
        """Start, wait until it answers, and tell how many seconds that took."""
        began = time.monotonic()
        self.launch()
        assert self._process is not None
        while not answers(self.port, self._path):
            assert self._process.poll() is None, self.log()
            assert time.monotonic() - began < patience_seconds, f"no answer\n{self.log()}"
            time.sleep(0.01)
        return time.monotonic() - began

    def log(self) -> str:
        return (self._cwd / "server.log").read_text(errors="replace")[-4000:]

    def kill(self) -> None:
        """`kill -9` of the whole group: nobody gets to say goodbye."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        try:
            os.killpg(self._process.pid, how)
            self._process.wait(timeout=10)
        except ProcessLookupError:
            self._process.wait()
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._process = None

    @property
    def pids(self) -> list[int]:
        """The process and everything it started that still lives."""
        assert self._process is not None
        return tree(self._process.pid)

    def cpu_seconds(self) -> float:
        """User and system time of the living processes so far."""
        ticks = 0
        for pid in self.pids:
            # The name in brackets may hold spaces; the numbers begin behind it.
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / CLOCK_TICKS

    def pss_bytes(self) -> int:
        return pss_bytes(self.pids)

    def limit_files(self, size: int) -> None:
        """From now on no file of the server can grow beyond `size` bytes; -1 lifts that again."""
        for pid in self.pids:
            hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))


def postil(folder: Path, database_url: str, *, port: int = 0, **settings: str) -> "Postil":
    """The service as `tasks.py serve` runs it, with everything it writes below `folder`."""
    environ = {
        "SITE_URL": SITE,
        "COMMENTS_DATABASE_URL": database_url,
        "COMMENTS_PUBLISHED": str(folder / "published"),
        "COMMENTS_OUTPUT": str(folder / "output"),
        "COMMENTS_SECRET_KEY": "a key for tests",
        "COMMENTS_LIMIT_POSTS": "100000000/60",
        "COMMENTS_LIMIT_GUESTS": "100000000/60",
        "COMMENTS_PROOF_OF_WORK": "false",
        **settings,
    }
    return Postil(folder, environ, port or free_port())


class Postil(Server):
    """Our service; its settings, so that a test can ask the rooms what the files should hold."""

    def __init__(self, folder: Path, environ: Mapping[str, str], port: int) -> None:
        self.settings: Settings = from_environment(environ)
        outside = {name: v for name, v in os.environ.items() if "COMMENTS_" not in name}
        command = server.command("127.0.0.1", port)
        env = {**server.ONE_HEAP, **outside, **environ, "PYTHONPATH": str(ROOT)}
        super().__init__(command, folder, env, port, "/comments/embed.js")
        # Without the threads: what it renders is what the service should have rendered.
        self.app = create_app(self.settings)
