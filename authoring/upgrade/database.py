"""Database: a copy of the comments before an upgrade, and the revision to which the way back leads."""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from authoring import Refused, server
from formats import database_copies

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
    source = file_of(root, environ)
    try:
        if source is not None:
            target = folder / "comments.sqlite3"
            database_copies.sqlite(source, target)
        else:
            target = folder / "comments.dump"
            database_copies.postgres(address(environ), target)
    except database_copies.NoProgram as error:
        raise Refused(
            f"{error} No backup could be made: install it, or make a backup by yourself and say --without-backup."
        ) from error
    except database_copies.CopyError as error:
        raise Refused(str(error)) from error
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
