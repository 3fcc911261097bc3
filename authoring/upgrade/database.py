"""Database: a copy of the comments before an upgrade, and the revision to which the way back leads."""

import re
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from authoring import Refused, server

DEFAULT = "sqlite:///var/comments.sqlite3"


def address(environ: Mapping[str, str]) -> str:
    return environ.get("COMMENTS_DATABASE_URL") or DEFAULT


def file_of(root: Path, environ: Mapping[str, str]) -> Path | None:
    """SQLite's file; None where another database has the comments."""
    prefix, found = "sqlite:///", address(environ)
    return root / found.removeprefix(prefix) if found.startswith(prefix) else None


def is_there(root: Path, environ: Mapping[str, str]) -> bool:
    path = file_of(root, environ)
    return path is None or path.exists()


def save(root: Path, environ: Mapping[str, str], folder: Path) -> Path:
    """Copy all of it while it may be in use; raises Refused where that cannot be done."""
    folder.mkdir(parents=True, exist_ok=True)
    source = file_of(root, environ)
    if source is not None:
        target = folder / "comments.sqlite3"
        target.unlink(missing_ok=True)
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
            old.backup(new)
        return target
    target = folder / "comments.dump"
    program = shutil.which("pg_dump")
    if not program:
        raise Refused(
            "PostgreSQL's pg_dump is not on this machine, so that no backup could be made. Install it,"
            " or make a backup by yourself and say --without-backup."
        )
    url = re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", address(environ))
    command = [program, "--format=custom", f"--file={target}", url]
    done = subprocess.run(command, capture_output=True, check=False, encoding="utf-8")  # noqa: S603
    if done.returncode:
        raise Refused(f"The database could not be copied: {done.stderr.strip().splitlines()[-1]}")
    return target


def revision(root: Path, environ: dict[str, str]) -> str:
    """The migration that the database has; empty for one that has none yet."""
    told = server.flask(root, environ, "db", "current")
    server.refuse_failed(told, "The database could not be asked for its version.")
    found = re.search(r"^(\w+)", told.stdout, re.MULTILINE)
    return found[1] if found else ""


def go_back(root: Path, environ: dict[str, str], to: str, copy: Path) -> str:
    """Take back the migrations since a revision; what they cannot give back comes from the copy."""
    if not to or not is_there(root, environ) or revision(root, environ) == to:
        return ""
    if server.flask(root, environ, "db", "downgrade", to).returncode == 0:
        return f"The database is of the version before ({to}); no comment was lost."
    path = file_of(root, environ)
    if path is None or not copy.exists():
        raise Refused(f"The database could not be taken back to {to}. Its copy is {copy}.")
    kept = path.with_name(f"{path.name}.upgraded")
    for old in (path, *(path.with_name(f"{path.name}{end}") for end in ("-wal", "-shm"))):
        if old.exists():
            old.replace(kept.with_name(old.name.replace(path.name, kept.name)))
    shutil.copy2(copy, path)
    return f"The database is the copy from before the upgrade; the one since lies in {kept}."
