"""What the application starts with: its own settings, the database's whole address, the key."""

import os
import secrets
import socket
import tempfile
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from comments_service.config.settings import Settings
from comments_service.config.values import SettingError

MIGRATIONS = str(Path(__file__).parent.parent / "migrations")
SQLITE = "sqlite:///"
SECRET_KEY_FILE = Path("var/secret-key")
# Written by who starts a preview, which may be on another port than the settings say.
RUNNING_FILE = Path("var/running")


def current() -> Settings:
    """The settings of the application whose context this is."""
    # Imported here: files are served by these settings before Flask is loaded.
    from flask import current_app

    settings: Settings = current_app.extensions["settings"]
    return settings


def absolute_database_url(settings: Settings) -> str:
    """The database's address, with a relative SQLite path taken from the current folder.

    Flask-SQLAlchemy would look for it in Flask's instance folder.
    """
    prefix = SQLITE
    if settings.database_url.startswith(prefix):
        return prefix + str(Path(settings.database_url.removeprefix(prefix)).absolute())
    return settings.database_url


def make_folders(settings: Settings) -> None:
    """The folders of the database's file and of the key. Raises SettingError where they cannot be made."""
    wanted = {}
    if not settings.secret_key:
        wanted[SECRET_KEY_FILE.parent] = "set COMMENTS_SECRET_KEY, or start in a folder of your own"
    url = absolute_database_url(settings)
    if url.startswith(SQLITE) and not url.endswith(":memory:"):
        wanted[Path(url.removeprefix(SQLITE)).parent] = (
            "set COMMENTS_DATABASE_URL to a file elsewhere"
        )
    for folder, remedy in wanted.items():
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise SettingError(
                f"The folder {folder} cannot be made ({error.strerror}): make it yourself, or {remedy}."
            ) from None


def running_url(settings: Settings) -> str:
    """The service's address; while a preview of the same comments runs, the preview's."""
    try:
        address, database = RUNNING_FILE.read_text().splitlines()
        ours = (database or Settings.database_url).partition("://")[2]
        if ours != settings.database_url.partition("://")[2]:
            return settings.comments_url
        parts = urlsplit(address)
        socket.create_connection((parts.hostname or "", parts.port or 0), timeout=1).close()
    except (OSError, ValueError):  # There is none, or it was killed and could not say so.
        return settings.comments_url
    return address


def secret_key(settings: Settings) -> str:
    """The key from the settings, or the one that the first start of this installation made.

    Its folder is there: `make_folders`.
    """
    if settings.secret_key:
        return settings.secret_key
    if not SECRET_KEY_FILE.exists():
        with tempfile.NamedTemporaryFile("w", dir=SECRET_KEY_FILE.parent) as made:
            made.write(secrets.token_urlsafe(32))
            made.flush()
            # Whole when it appears, and the first of two processes that start at once has it.
            with suppress(FileExistsError):
                os.link(made.name, SECRET_KEY_FILE)
    return SECRET_KEY_FILE.read_text()
