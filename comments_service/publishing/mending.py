"""Mending: what is behind without the database knowing it, after a crash, a lost folder or a new release.

It is marked here, and published by whoever publishes next.
"""

import hashlib
from collections.abc import Sequence

import sqlalchemy as sa
from filelock import FileLock

from comments_service import i18n, threads
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.models import Thread
from comments_service.publishing import bucket as buckets
from comments_service.publishing import unbaked
from comments_service.publishing.snapshots import NEVER, written_revision
from formats import files
from formats.snapshots import VERSION, file_name

MARKED_AT_ONCE = 500


def mark_behind(thread_ids: Sequence[str] | None) -> None:
    """Let these threads, or all, be published anew by whoever publishes next, were it after a crash."""
    if thread_ids is None:
        with writing():
            db.session.execute(sa.update(Thread).values(published_revision=NEVER))
        return
    for start in range(0, len(thread_ids), MARKED_AT_ONCE):
        some = Thread.id.in_(thread_ids[start : start + MARKED_AT_ONCE])
        with writing():
            db.session.execute(sa.update(Thread).where(some).values(published_revision=NEVER))


def stale(settings: Settings) -> list[str]:
    """Threads whose first file is missing or is not of the revision that was published, and those of
    which the database counted something else than is there; those that are merely behind are not.
    """
    chosen = (
        sa.select(Thread.id, Thread.published_revision, threads.miscounted)
        .where(*threads.for_readers)
        .order_by(Thread.id)
    )
    folder, compared = settings.published / "threads", _compared(settings)
    return [
        row.id
        for row in db.session.execute(chosen)
        if row.miscounted
        or (compared and written_revision(folder / file_name(row.id)) != row.published_revision)
    ]


def edition(settings: Settings) -> str:
    """A name for everything but the database that shapes the files: templates, words, settings."""
    digest = hashlib.sha256(f"{VERSION} {settings.shape}".encode())
    for folder in (i18n.TEMPLATES, i18n.TRANSLATIONS):
        for path in sorted(folder.rglob("*.*")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def sweep(settings: Settings) -> None:
    """Remove what a killed process left half-written."""
    with FileLock(settings.published / ".lock"):
        files.sweep(settings.published)


def mark_all(settings: Settings) -> None:
    """Let every file be made again from the database."""
    mark_behind(None)
    _note_edition(settings)


def mark_stale(settings: Settings) -> None:
    """After a start: find what a crash, a lost folder or a new release left behind.

    The site's own files carry no revision, so they are compared with the database in any case.
    """
    sweep(settings)
    made_from = edition(settings).encode()
    bucket = buckets.of(settings)
    same = not _compared(settings) or files.says(settings.published / buckets.EDITION, made_from)
    if bucket and not bucket.says(buckets.EDITION, made_from):
        same = False
    if same:
        mark_behind(stale(settings))
        files.update(settings.published / buckets.EDITION, made_from)
    else:
        mark_all(settings)


def _note_edition(settings: Settings) -> None:
    made_from = edition(settings).encode()
    files.write(settings.published / buckets.EDITION, made_from)
    if bucket := buckets.of(settings):
        bucket.overwrite(buckets.EDITION, made_from)


def _compared(settings: Settings) -> bool:
    """Whether the folder is more than what this machine has made for the bucket: readers are served from it, or pages baked."""
    return not settings.published_bucket or bool(unbaked.sites(settings))
