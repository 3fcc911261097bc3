"""The publisher: follows behind the commits, so that posting never waits for rendering.

A burst of posts is one rendering, and the old file stands until the new one replaces it. What a
crash left behind is mended at start. The modules below know how to write; this one knows when.
"""

import logging
import math
import threading
import time
from pathlib import Path

import sqlalchemy as sa
from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from comments_service import outbox, rate_limits, retention, sessions, threads
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.errors import Unavailable
from comments_service.models import Thread, now
from comments_service.publishing import manifest, rebake, site_snapshots, snapshots
from formats import files

# What another process committed, and a thread's closing time, are noticed this soon.
POLL_SECONDS = 1.0
# After a rendering the publisher rests four times as long as it took, so that a storm of posts
# leaves four fifths of a core to the posts; but nobody waits longer than this for a comment.
REST_FACTOR = 4.0
MAX_REST_SECONDS = 2.0
# A manifest on another machine is asked for this often, at the cost of one 304.
MANIFEST_SECONDS = 60.0
CLEAN_SECONDS = 3_600.0

log = logging.getLogger(__name__)


def wake() -> None:
    """Tell this process's publisher, if it has one, that something was committed."""
    if publisher := current_app.extensions.get("publisher"):
        publisher.wake()


def settled(thread_id: str, seconds: float) -> bool:
    """Wait until a reader of the article meets what was committed before; False when it takes longer.

    True at once where another process publishes: nobody here knows when it will have done so.
    """
    publisher: Publisher | None = current_app.extensions.get("publisher")
    return publisher is None or publisher.settled(thread_id, seconds)


def close_overdue() -> None:
    """Let the snapshots of threads whose closing time has passed say that they are closed."""
    overdue = sa.and_(Thread.closes_at <= now(), Thread.closed_at.is_(None))
    if db.session.scalar(sa.select(Thread.id).where(overdue).limit(1)) is not None:
        with writing():
            db.session.execute(
                sa.update(Thread)
                .where(overdue)
                .values(closed_at=now(), revision=Thread.revision + 1)
            )


def publish_behind(settings: Settings) -> list[str]:
    """Publish every thread that is behind, and the site's own files; returns the threads' ids."""
    behind = list(threads.behind())
    for thread_id in behind:
        snapshots.publish(thread_id, settings)
    if behind:
        site_snapshots.publish(settings)
    return behind


def publish_all(settings: Settings) -> list[str]:
    """Make every file again from the database."""
    everything = [*db.session.scalars(sa.select(Thread.id).order_by(Thread.id))]
    for thread_id in everything:
        snapshots.publish(thread_id, settings)
    site_snapshots.publish(settings)
    files.write(settings.published / ".edition", snapshots.edition(settings).encode())
    return everything


def mend(settings: Settings) -> list[str]:
    """After a start: publish what a crash, a lost folder or a new release left behind.

    The site's own files carry no revision, so they are always compared with the database.
    """
    snapshots.sweep(settings)
    written = settings.published / ".edition"
    if not written.exists() or written.read_text() != snapshots.edition(settings):
        return publish_all(settings)
    left = snapshots.stale(settings)
    for thread_id in left:
        snapshots.publish(thread_id, settings)
    site_snapshots.publish(settings)
    return left


class Publisher(threading.Thread):
    """Follows the commits of one service: manifest in, snapshots and baked pages out."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        super().__init__(name="publisher", daemon=True)
        self._app = app
        self._settings = settings
        self._woken = threading.Event()
        self._stopped = False
        self._unbaked: set[str] = set()
        self._list_unbaked = True
        self._manifest_stamp = 0.0
        self._cleaned_at = -math.inf
        self._mended = False
        self._swept = False
        # Rounds that were begun and that ended well, for those who wait for one.
        self._begun = self._done = 0
        self._ended = threading.Condition()

    def wake(self) -> None:
        """Something was committed."""
        self._woken.set()

    def settled(self, thread_id: str, seconds: float) -> bool:
        """Wait for a round that begins after this moment and leaves no page of the thread behind."""
        with self._ended:
            awaited = self._begun + 1
            self.wake()
            return self._ended.wait_for(
                lambda: self._done >= awaited and thread_id not in self._unbaked, seconds
            )

    def stop(self) -> None:
        self._stopped = True
        self._woken.set()
        self.join(timeout=10)

    def run(self) -> None:
        while not self._stopped:
            began = time.monotonic()
            if self.turn():
                time.sleep(min(MAX_REST_SECONDS, (time.monotonic() - began) * REST_FACTOR))
            self._woken.wait(POLL_SECONDS)
            self._woken.clear()

    def turn(self) -> bool:
        """A round that outlives whatever goes wrong; returns whether there was anything to publish."""
        with self._ended:
            self._begun += 1
        try:
            with self._app.app_context():
                worked = self.round()
        except (SQLAlchemyError, Unavailable, OSError) as error:
            # A full disk or a database that is away heals without a restart: try again.
            log.warning("Publishing waits: %s", error)
            # Wherever it stopped: look at everything again, as after a start.
            self._mended = False
            self._manifest_stamp = 0.0
            return False
        with self._ended:
            self._done = self._begun
            self._ended.notify_all()
        return worked

    def round(self) -> bool:
        """One look at everything; returns whether there was something to publish."""
        self._take_manifest()
        close_overdue()
        # The edition is the folder's own sign: without it, somebody emptied the folder.
        if not self._mended or not (self._settings.published / ".edition").exists():
            self._unbaked.update(mend(self._settings))
            # A build may have run while the service was down: look at every page once.
            self._unbaked.update(thread.id for thread in threads.visible())
            self._list_unbaked = True
            self._mended = True
        published = publish_behind(self._settings)
        self._unbaked.update(published)
        self._list_unbaked |= bool(published)
        self._bake()
        if time.monotonic() - self._cleaned_at > CLEAN_SECONDS:
            self._cleaned_at = time.monotonic()
            with writing():
                rate_limits.clean()
                sessions.clean()
                outbox.clean()
                retention.clean()
        return bool(published)

    def _take_manifest(self) -> None:
        source = self._settings.manifest_source
        if source.startswith(("http://", "https://")):
            if time.monotonic() - self._manifest_stamp < MANIFEST_SECONDS and self._mended:
                return
            self._manifest_stamp = time.monotonic()
        else:
            try:
                stamp = Path(source).stat().st_mtime
            except FileNotFoundError:
                return
            if stamp == self._manifest_stamp:
                return
            self._manifest_stamp = stamp
        try:
            self._list_unbaked |= manifest.sync(source)
        except manifest.ManifestError as error:
            log.error("The threads stay as they are: %s", error)

    def _bake(self) -> None:
        """Bake what was published; what a build keeps from it waits for the next round."""
        output = self._settings.output_folder
        try:
            if output is not None and not self._swept:
                rebake.sweep(output)
                self._swept = True
            for thread_id in tuple(self._unbaked):
                rebake.pages(thread_id, self._settings)
                self._unbaked.discard(thread_id)
            if self._list_unbaked:
                rebake.discussions(self._settings)
                self._list_unbaked = False
        except rebake.Busy:
            return
