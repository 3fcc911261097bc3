"""Processes to be killed: copies of one that has loaded the service, for loading it takes longer than what they do."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.sites import ROOT

# Each copy says its number, and begins when all have; of one that was ended, its status is asked for.
COPIES = """
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
print("loaded", flush=True)
for line in sys.stdin:
    asked, _, number = line.strip().partition(" ")
    if asked == "wait":
        print(os.waitstatus_to_exitcode(os.waitpid(int(number), 0)[1]), flush=True)
    elif os.fork() == 0:
        status = 1
        try:
            with create_app(settings, commands=False).app_context():
                # At once, for others say theirs at the same moment.
                os.write(1, f"{os.getpid()}\\n".encode())
                signal.sigwait({signal.SIGUSR1})
                work()
            status = 0
        finally:
            os._exit(status)
"""


class Nursery:
    """One such process. What it loads makes `create_app`, `settings` and `work`."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        assert self._read() == "loaded"

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def _ask(self, *lines: str) -> list[str]:
        assert self._process.stdin is not None
        self._process.stdin.writelines(f"{line}\n" for line in lines)
        self._process.stdin.flush()
        return [self._read() for _ in lines]

    def born(self, many: int) -> list[int]:
        """So many copies, which begin at one moment."""
        numbers = [int(number) for number in self._ask(*["another"] * many)]
        for each in numbers:
            os.kill(each, signal.SIGUSR1)
        return numbers

    def statuses(self, numbers: list[int]) -> list[int]:
        """How each ended, when all have: by itself, or killed."""
        found = [int(status) for status in self._ask(*(f"wait {each}" for each in numbers))]
        assert set(found) <= {0, -signal.SIGKILL}
        return found


@contextmanager
def nursery(loads: str, *arguments: str) -> Iterator[Nursery]:
    code = f"import os, signal, sys\n{loads}\n{COPIES}"
    with subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            yield Nursery(process)
        finally:
            # With its copies: of a test that fails, some may still wait for their turn.
            os.killpg(process.pid, signal.SIGKILL)


def kill(numbers: list[int]) -> None:
    for each in numbers:
        os.kill(each, signal.SIGKILL)
