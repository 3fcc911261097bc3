"""Surroundings: what `doctor` finds wrong around the service, of its address, its proxies, files, clock and release."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from dotenv import dotenv_values

from comments_service.config import Settings
from comments_service.config.start import SECRET_KEY_FILE
from comments_service.db import db
from comments_service.models import now

MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"
PATIENCE_SECONDS = 10
# An app's six digits pass half a minute off; of a link's quarter of an hour nobody misses one.
CLOCK_SECONDS = 60


def of_the_release() -> Iterator[str]:
    """Whether the database has what this release asks of it."""
    with db.engine.connect() as connection:
        there = set(MigrationContext.configure(connection).get_current_heads())
    if there != set(ScriptDirectory(str(MIGRATIONS)).get_heads()):
        yield (
            "The database is of another release than the program: run `flask --app comments_service db upgrade`,"
            " and then this again."
        )


def of_public_blogs(current: Settings) -> Iterator[str]:
    """What only matters where others reach it; a preview is whose machine it runs on."""
    if not current.secure:
        return
    yield from of_the_address(f"{current.comments_url}healthz")
    if not current.trusted_proxies:
        yield (
            "COMMENTS_URL is https and COMMENTS_TRUSTED_PROXIES is 0: whatever speaks TLS in front looks like"
            " everybody who asks, so all of them share one limit. Set it to the number of proxies."
        )
    if not current.mail_url:
        yield (
            "COMMENTS_MAIL_URL is empty: e-mails lie in var/mail/, and nobody can confirm an address or get"
            " a new password."
        )


def of_the_address(url: str) -> Iterator[str]:
    """Whether the public address leads to the service, and whose clock is right."""
    remedy = f"Does the web server hand {urlsplit(url).path.removesuffix('healthz')} on to it?"
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310 - the owner's own
            dated, body = answer.headers.get("Date", ""), answer.read(1_000)
    except urllib.error.HTTPError as error:
        error.close()
        yield f"{url} answers {error.code}, which the service does not. {remedy}"
        return
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        yield f"{url} does not answer ({reason}). Is the service running? {remedy}"
        return
    if not is_ours(body):
        yield f"{url} is answered by something else than the service. {remedy}"
    elif (apart := seconds_apart(dated)) > CLOCK_SECONDS:
        yield (
            f"The clocks of this machine and of {urlsplit(url).hostname} are {apart} seconds apart: apps' codes would be"
            " refused. Let both follow a time server."
        )


def is_ours(body: bytes) -> bool:
    try:
        return bool(json.loads(body) == {"alive": True})
    except ValueError:
        return False


def seconds_apart(dated: str, moment: datetime | None = None) -> int:
    """How far a `Date` header is from here; 0 where there is none."""
    try:
        said = parsedate_to_datetime(dated)
    except ValueError:
        return 0
    return int(abs((said - (moment or now())).total_seconds())) if said.tzinfo else 0


def of_the_files() -> Iterator[str]:
    """Files with secrets that every user of the machine can read."""
    secret = {each.metadata["env"] for each in fields(Settings) if each.metadata["secret"]}
    env = Path(".env")
    holds = env.is_file() and any(dotenv_values(env).get(name) for name in secret)
    for path in (*([env] if holds else []), SECRET_KEY_FILE):
        if path.is_file() and path.stat().st_mode & 0o004:
            yield f"{path} holds secrets, and every user of this machine can read it: run `chmod 600 {path}`."
