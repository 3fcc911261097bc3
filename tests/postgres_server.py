"""A PostgreSQL server of a test's own, which it may stop and start again; nothing else is on it."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql

from tests.conftest import migrate
from tests.service import free_port

# Debian keeps them off the PATH, those of each release apart.
DEBIAN = "usr/lib/postgresql/*/bin"
# It refuses to run as root.
USER = "postgres"
CONFIG = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 60
shared_buffers = 16MB
"""


def programs() -> Path | None:
    """The folder with the server's programs, of the newest release that is installed."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    return max(Path("/").glob(DEBIAN), key=lambda each: float(each.parent.name), default=None)


class Server:
    """The server; started and ready to be asked, but for the time between `stop` and `start`."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.port = free_port()
        self.url = f"postgresql://{USER}@127.0.0.1:{self.port}/{USER}"
        self._folder = folder / "data"
        self._programs = programs
        # Whoever is nobody in particular runs it as himself.
        self._user = USER if os.geteuid() == 0 else None
        if self._user:
            shutil.chown(folder, self._user)
        self._run("initdb", f"--username={USER}", "--auth=trust", "--encoding=UTF8", "--no-sync")
        with (self._folder / "postgresql.conf").open("a") as config:
            config.write(f"{CONFIG}port = {self.port}\n")

    def _run(self, program: str, *options: str) -> None:
        done = subprocess.run(
            [self._programs / program, "--pgdata", self._folder, *options],
            user=self._user,
            group=pwd.getpwnam(self._user).pw_gid if self._user else None,
            extra_groups=[] if self._user else None,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout

    def start(self) -> None:
        """Returns as soon as it can be asked."""
        log = self._folder / "log"
        self._run("pg_ctl", "start", "--silent", "--wait", "--timeout=60", f"--log={log}")

    def stop(self, how: str) -> None:
        """`fast` hangs up on everybody; `immediate` stops like a crash, after which it has to recover."""
        self._run("pg_ctl", "stop", "--silent", f"--mode={how}", "--wait", "--timeout=60")

    def database(self, name: str) -> str:
        """The address of a new database, migrated."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        url = sa.make_url(self.url).set(database=name).render_as_string()
        migrate(url, self._folder.parent)
        return url

    def kill(self) -> None:
        with suppress(FileNotFoundError, ProcessLookupError):
            pid = int((self._folder / "postmaster.pid").read_text().split()[0])
            # At once, but with its children and the memory that they share, which `kill -9` would leave.
            os.kill(pid, signal.SIGQUIT)


@contextmanager
def postgres_server() -> Iterator[Server]:
    found = programs()
    if found is None:
        pytest.skip("NO PROGRAMS OF POSTGRESQL'S SERVER: install Debian's `postgresql`")
    # Not below the tests' own folder, into which nobody but their user can look.
    with tempfile.TemporaryDirectory(prefix="postil-postgres-") as folder:
        server = Server(Path(folder), found)
        server.start()
        try:
            yield server
        finally:
            server.kill()
