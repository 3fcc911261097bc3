"""New migration: the next numbered file, with what the models say and the last migration does not make.

`tasks.py migration` runs this. The comparison needs a database that is exactly at the last migration: one
is made for it, empty, and removed again, so that whatever database the settings name is left alone.
"""

import contextlib
import io
import subprocess
import sys
from collections.abc import MutableSequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from alembic import command
from alembic.operations.ops import MigrationScript
from alembic.script import Script, ScriptDirectory
from flask_migrate import upgrade

from comments_service import config, create_app
from comments_service.db import db

RUFF = Path(sys.executable).with_name("ruff")


def write(message: str) -> Path | None:
    """The file that was written, or None when the models say nothing new."""
    with TemporaryDirectory(prefix="postil-migration-") as folder:
        settings = config.from_environment(
            {},
            database_url=f"sqlite:///{folder}/empty.sqlite3",
            secret_key="for a moment",  # noqa: S106 - nothing is signed with it
        )
        app = create_app(settings)
        extension = app.extensions["migrate"]
        extension.configure_args["process_revision_directives"] = leave_out_empty
        with app.app_context(), contextlib.redirect_stdout(io.StringIO()):
            upgrade()
            alembic = extension.migrate.get_config(opts=["autogenerate"])
            last = ScriptDirectory.from_config(alembic).get_current_head() or "0"
            made = command.revision(
                alembic, message.strip(" ."), autogenerate=True, rev_id=f"{int(last) + 1:04}"
            )
            db.engine.dispose()
    if not isinstance(made, Script):
        return None
    path = Path(made.path)
    lines = path.read_text("utf-8").splitlines(keepends=True)
    # What Alembic says to whoever reads it stands in CONTRIBUTING.md.
    path.write_text("".join(line for line in lines if "# ###" not in line), "utf-8")
    for arguments in (["check", "--fix"], ["format"]):
        subprocess.run([RUFF, *arguments, "--quiet", path], check=False)  # noqa: S603 - our own
    return path


def leave_out_empty(
    _context: Any, _revision: Any, directives: MutableSequence[MigrationScript]
) -> None:
    operations = directives[0].upgrade_ops
    if operations is not None and operations.is_empty():
        directives[:] = []
