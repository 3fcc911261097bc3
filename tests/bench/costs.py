"""Costs: CPU, memory and time of a command and of all that it starts.

CPU is what the system has counted for the process and for those it waited for. Memory is the largest
sum of the tree's proportional set sizes (PSS): what several processes share counts once between them.
It is looked at every tenth of a second, so that what is larger for less time than that may be missed.
"""

import contextlib
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.service import pss_bytes, tree

LOOK_SECONDS = 0.1


class Failed(Exception):
    """A command that did not end well, with all that it said."""


@dataclass(frozen=True)
class Cost:
    """What one build took."""

    cpu_seconds: float
    wall_seconds: float
    memory_mb: float

    def least(self, other: "Cost") -> "Cost":
        """Of two rounds: what is more time is somebody else's. Memory is the most that was seen."""
        return Cost(
            min(self.cpu_seconds, other.cpu_seconds),
            min(self.wall_seconds, other.wall_seconds),
            max(self.memory_mb, other.memory_mb),
        )


def run(command: list[str], folder: Path, environ: Mapping[str, str]) -> Cost:
    """Run a command to its end, which has to be a good one."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        began = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        over = threading.Event()
        peak: list[int] = [0]
        watcher = threading.Thread(target=watch, args=(process.pid, over, peak))
        watcher.start()
        try:
            _, status, used = os.wait4(process.pid, 0)
        except BaseException:
            process.kill()  # What stops us stops what we have started.
            raise
        finally:
            over.set()
            watcher.join()
        wall = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise Failed(said.read())
    return Cost(used.ru_utime + used.ru_stime, wall, max(peak) / 1e6)


def watch(pid: int, over: threading.Event, peak: list[int]) -> None:
    while not over.wait(LOOK_SECONDS):
        with contextlib.suppress(OSError):
            peak[0] = max(peak[0], pss_bytes(tree(pid)))
