"""Database copies: all of a database as one file, made while others write, and there only once it is whole.

The service makes backups with this, and an upgrade copies the comments with it before it changes them.
Only their owner may read them.
"""

import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

# Of 4 KB each: some ten milliseconds, after which somebody hears that it goes on.
PAGES_AT_ONCE = 4_096
LOOK_SECONDS = 1.0
# Of a complaint, which may name every table.
MAX_CHARS = 500

Beat = Callable[[], None]


class CopyError(Exception):
    """What kept a database from being copied, and what to do about it."""


class NoProgram(CopyError):
    """PostgreSQL's pg_dump is not on this machine."""


def sqlite(source: Path, target: Path, beat: Beat = lambda: None) -> None:
    """SQLite's file as it is at this moment, checked page by page. Raises CopyError."""
    if not source.exists():
        raise CopyError(f"There is no database {source}.")
    try:
        with written_whole(target) as temporary:
            with (
                closing(sqlite3.connect(source)) as old,
                closing(sqlite3.connect(temporary)) as new,
            ):
                # One reading that lasts: what others write meanwhile neither comes in nor begins it anew.
                old.execute("BEGIN")
                old.execute("SELECT count(*) FROM sqlite_master").fetchone()
                old.backup(new, pages=PAGES_AT_ONCE, progress=lambda *_: beat())
                # One file that lies by itself, whatever beside it the original needs.
                new.execute("PRAGMA journal_mode=DELETE")
                [(said,), *_] = new.execute("PRAGMA integrity_check")
            if said != "ok":
                raise CopyError(
                    f"{source} is damaged ({said}): no copy of it was kept. Restore the last backup."
                )
    except (sqlite3.Error, OSError) as error:
        raise CopyError(f"{source} could not be copied to {target}: {error}.") from error


def postgres(url: str, target: Path, beat: Beat = lambda: None) -> None:
    """PostgreSQL's database in the form that pg_restore reads. Raises CopyError."""
    program = shutil.which("pg_dump")
    if not program:
        raise NoProgram("PostgreSQL's pg_dump is not on this machine.")
    plain, password = without_password(url)
    environ = {**os.environ, **({"PGPASSWORD": password} if password else {})}
    try:
        with written_whole(target) as temporary:
            command = [program, "--format=custom", f"--file={temporary}", plain]
            with subprocess.Popen(  # noqa: S603 - our own settings
                command, env=environ, stderr=subprocess.PIPE, encoding="utf-8"
            ) as running:
                said = _waited_for(running, beat)
            if running.returncode:
                raise CopyError(f"The database could not be copied: {said or 'pg_dump failed'}")
    except OSError as error:
        raise CopyError(f"The database could not be copied to {target}: {error}.") from error


def _waited_for(running: "subprocess.Popen[str]", beat: Beat) -> str:
    """What a program had to complain about, in one line."""
    while True:
        try:
            _, said = running.communicate(timeout=LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            beat()
        else:
            return " ".join(said.split())[:MAX_CHARS]


def without_password(url: str) -> tuple[str, str]:
    """An address that others on the machine may see among the processes, and the password for pg_dump's environment."""
    url = re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", url)
    parts = urlsplit(url)
    if parts.password is None:
        return url, ""
    who, _, host = parts.netloc.rpartition("@")
    bare = parts._replace(netloc=f"{who.partition(':')[0]}@{host}").geturl()
    return bare, unquote(parts.password)


@contextmanager
def written_whole(target: Path) -> Iterator[Path]:
    """A file to write into, which gets its name, and is on the disk, when all went well."""
    target.parent.mkdir(parents=True, exist_ok=True)
    # Several processes may be at the same at the same moment.
    temporary = target.with_name(f"{target.name}.{os.getpid()}.part")
    temporary.unlink(missing_ok=True)
    os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield temporary
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
