"""Disks of a few megabytes, of the service's own: they can be full or read-only for real.

They are mounted in a mount namespace, so that nobody else sees them, and root is not needed where the
system lets its users have such namespaces.
"""

import os
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from tests.service import Postil

ROOT = os.geteuid() == 0
NAMESPACE = ("unshare", *([] if ROOT else ["--map-root-user"]), "--mount", "sh", "-c")
ENTER = ("nsenter", *([] if ROOT else ["--user", "--preserve-credentials"]), "--mount")
# What lies in the folder already lies on the disk as well.
MOUNT = (
    'mkdir -p "$0" && mv "$0" "$0.before" && mkdir "$0" && mount -t tmpfs -o size="$1" postil "$0"'
    ' && cp -a "$0.before/." "$0" && shift && exec "$@"'
)
MEGABYTES = 16


def needs_namespaces(folder: Path) -> None:
    """Skip, which CI takes for a failure, where this user may not mount anything."""
    tried = subprocess.run(
        [*NAMESPACE, MOUNT, folder, "1m", "true"], capture_output=True, text=True, check=False
    )
    if tried.returncode:
        pytest.skip(
            f"NO MOUNT NAMESPACES for this user: {tried.stderr.strip()} (as root, or where"
            " kernel.unprivileged_userns_clone is 1, there are)"
        )


class Disk:
    """A small disk over a folder, which a service sees and we look at through its process."""

    def __init__(self, service: Postil, over: Path) -> None:
        self.over = over
        self._service = service
        service._command = [*NAMESPACE, MOUNT, str(over), f"{MEGABYTES}m", *service._command]

    @property
    def root(self) -> str:
        """What stands before every path that the service names, for us to find the same."""
        return f"/proc/{self._service.pids[0]}/root"

    @property
    def enter(self) -> list[str]:
        """What lets a command see what the service sees."""
        return [*ENTER, f"--target={self._service.pids[0]}"]

    @property
    def _ballast(self) -> Path:
        return Path(f"{self.root}{self.over}/ballast")

    def fill(self) -> None:
        """Leave no room for a single byte."""
        with self._ballast.open("ab", buffering=0) as ballast:
            for size in (64 * 1024, 512, 1):
                with suppress(OSError):
                    while True:
                        ballast.write(b"\0" * size)

    def empty(self) -> None:
        self._ballast.unlink()

    def remount(self, how: str) -> bool:
        """Make it `ro` or `rw`; that fails while a file is open for writing."""
        command = [*self.enter, "mount", "-o", f"remount,{how},bind", str(self.over)]
        return not subprocess.run(command, capture_output=True, check=False).returncode
