"""The publisher: follows behind the commits, so that posting never waits for rendering.

A burst of posts is one rendering, and the old file stands until the new one replaces it. What a
crash left behind is mended at start. The modules below know how to write; this one knows when.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial

import sqlalchemy as sa
from flask import Flask, current_app

from comments_service import (
    bans,
    hooks,
    rate_limits,
    retention,
    rules,
    sessions,
    spam_questions,
    threads,
)
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.mail import outbox
from comments_service.models import Thread, now
from comments_service.publishing import bucket as buckets
from comments_service.publishing import (
    manifest,
    mending,
    rebake,
    site_snapshots,
    snapshots,
    unbaked,
    votes,
)
from comments_service.supervision import PUBLISHER, Faults, Pulse

# What another process committed, and a thread's closing time, are noticed this soon.
POLL_SECONDS = 1.0
# After a rendering the publisher rests four times as long as it took, so that a storm of posts
# leaves four fifths of a core to the posts; but nobody waits longer than this for a comment.
REST_FACTOR = 4.0
MAX_REST_SECONDS = 2.0
# A manifest on another machine is asked for this often, at the cost of one 304.
MANIFEST_SECONDS = 60.0
# The files of the whole site follow a storm of posts at this distance.
SITE_SECONDS = 5.0
CLEAN_SECONDS = 3_600.0

# What is told of, when it fails.
PUBLISHING = "Publishing"
MENDING = "Mending what the last run left"
SITE = "Publishing the files of the whole site"
THREAD = "Publishing the thread "

log = logging.getLogger(__name__)


def cleaned(settings: Settings) -> dict[str, Callable[[], None]]:
    """What is cleaned once an hour, each kind by itself, by what is told of when it fails."""
    return {
        "Cleaning the counts of the rate limits": rate_limits.clean,
        "Cleaning sessions": sessions.clean,
        "Cleaning the outbox": outbox.clean,
        "Cleaning what web hooks were told": hooks.clean,
        "Cleaning what spam services were to be asked": spam_questions.clean,
        "Cleaning the history of the rules": rules.clean,
        "Cleaning what came with comments": partial(retention.clean, settings),
        "Cleaning bans": bans.clean,
    }


def _nothing() -> None:
    """No sign of life: whoever waits for a command sees that it works."""


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
    if db.session.scalar(_overdue, {"now": now()}) is not None:
        with writing():
            db.session.execute(
                sa.update(Thread)
                .where(Thread.closes_at <= now(), Thread.closed_at.is_(None))
                # Every comment of every page loses its link to answer it.
                .values(
                    closed_at=now(),
                    revision=Thread.revision + 1,
                    published_revision=snapshots.NEVER,
                )
            )


def end_shares() -> None:
    """Take the threads of drafts that were shared until now out of sight."""
    if db.session.scalar(_shared, {"now": now()}) is not None:
        with writing():
            db.session.execute(
                sa.update(Thread)
                .where(Thread.listed.is_(True), Thread.shared_until <= now())
                .values(
                    listed=False,
                    revision=Thread.revision + 1,
                    published_revision=snapshots.NEVER,
                )
            )


_table = Thread.__table__.c
_shared = (
    sa.select(_table.id)
    .where(
        sa.text("listed AND shared_until IS NOT NULL"),
        _table.shared_until <= sa.bindparam("now"),
    )
    .limit(1)
)
# Spelt as the condition of the index, and put together once: it is asked for every second.
_overdue = (
    sa.select(_table.id)
    .where(
        sa.text("closed_at IS NULL AND closes_at IS NOT NULL"),
        _table.closes_at <= sa.bindparam("now"),
    )
    .limit(1)
)


def publish_behind(
    settings: Settings, faults: Faults | None = None, *, site: bool = False
) -> list[str]:
    """Publish every thread that is behind, and the site's own files if any was, or they are asked for.

    Returns the threads' ids. What goes wrong with one stops no other; it is left in `faults`, or
    raised in the end where nobody takes them.
    """
    found = Faults() if faults is None else faults
    votes.raise_voted()
    published = publish_threads(settings, found)
    if published or site:
        publish_site(settings, found, everything=site)
    if faults is None and found.known:
        raise RuntimeError("; ".join(f"{name}: {text}" for name, text in found.known.items()))
    return published


def publish_threads(
    settings: Settings, faults: Faults, beat: Callable[[], None] = _nothing
) -> list[str]:
    """Publish every thread that is behind; returns their ids."""
    behind = list(threads.behind())
    faults.keep(THREAD, {f"{THREAD}{thread_id}" for thread_id in behind})
    published = []
    for thread_id in behind:
        beat()
        if faults.due(f"{THREAD}{thread_id}"):
            with faults.isolated(f"{THREAD}{thread_id}"), _later(faults):
                snapshots.publish(thread_id, settings)
                published.append(thread_id)
    return published


@contextmanager
def _later(faults: Faults) -> Iterator[None]:
    """Let a bucket that is away be one fault, rather than one of each that waits for it, and longer each time."""
    try:
        yield
    except buckets.Away as away:
        db.session.rollback()
        with faults.isolated(buckets.AWAY):
            raise away


def publish_site(settings: Settings, faults: Faults, *, everything: bool) -> None:
    """Publish the files of the whole site."""
    if faults.due(SITE):
        with faults.isolated(SITE), _later(faults):
            site_snapshots.publish(settings, faults, everything=everything)
            with faults.isolated(buckets.AWAY):
                pass  # It works again.


def publish_all(settings: Settings, faults: Faults | None = None) -> list[str]:
    """Make every file again from the database."""
    with _later(faults or Faults()):
        mending.mark_all(settings)
    return publish_behind(settings, faults, site=True)


def mend(settings: Settings, faults: Faults | None = None) -> list[str]:
    """Publish what is missing or old among the files, whatever the database thinks of them."""
    with _later(faults or Faults()):
        mending.mark_stale(settings)
    return publish_behind(settings, faults, site=True)


class Publisher(threading.Thread):
    """Follows the commits of one service: manifest in, snapshots and baked pages out."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        super().__init__(name="publisher", daemon=True)
        self._app = app
        # As they were given, and as the owner rules in the dashboard.
        self._given = self._settings = settings
        self._woken = threading.Event()
        self._stopped = False
        self._faults = Faults(rebake.Busy)
        self.pulse = Pulse(PUBLISHER, settings)
        # Beside what is marked: pages that a build may have made while the service was down.
        self._unbaked: set[str] = set()
        # Threads whose files, or whose pages, are behind after the last round.
        self._left: frozenset[str] = frozenset()
        # Whether the site's own files are behind, or even unknown; and when they were looked at.
        self._site_behind = self._site_unknown = True
        self._site_at = -math.inf
        self._votes_at = -math.inf
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
                lambda: self._done >= awaited and thread_id not in self._left, seconds
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
        worked = False
        with self._app.app_context():
            # A full disk or a database that is away heals without a restart: try again.
            with self._faults.isolated(PUBLISHING, whole=True):
                worked = self.round()
                with self._ended:
                    self._done = self._begun
                    self._ended.notify_all()
            self._clean()
            self._beat()
        return worked

    def round(self) -> bool:
        """One look at everything; returns whether there was something to publish."""
        faults, settings = self._faults, self._ruled()
        with faults.isolated("The manifest"):
            self._take_manifest()
        with faults.isolated("Closing what is over"):
            close_overdue()
            end_shares()
        with faults.isolated("Taking what was voted"):
            self._take_votes()
        # The edition is the folder's own sign: without it, somebody emptied the folder.
        if not self._mended or not (settings.published / ".edition").exists():
            self._site_behind = self._site_unknown = True
            if faults.due(MENDING):
                with faults.isolated(MENDING), _later(faults):
                    mending.mark_stale(settings)
                    # A build may have run while the service was down: look at every page once.
                    self._unbaked.update(thread.id for thread in threads.visible())
                    self._unbaked.add(unbaked.DISCUSSIONS)
                    self._mended = True
        self._beat()
        published = publish_threads(settings, faults, self._beat)
        self._site_behind |= bool(published) or buckets.lists_behind(settings)
        self._publish_site()
        self._bake()
        failed = [name.removeprefix(THREAD) for name in faults.known]
        if buckets.AWAY in faults.known:
            failed += threads.behind()
        self._left = frozenset({*self._unbaked, *unbaked.waiting(settings), *failed})
        return bool(published)

    def _ruled(self) -> Settings:
        """The settings with what is ruled in the dashboard: where that shapes the files, all are made anew."""
        rules.look()
        settings = rules.applied(self._given)
        self._mended &= settings.shape == self._settings.shape
        self._settings = settings
        return settings

    def _take_votes(self) -> None:
        """A burst of votes is published once: at once unless that was a moment ago."""
        moment = time.monotonic()
        if moment - self._votes_at >= votes.VOTES_SECONDS and votes.raise_voted():
            self._votes_at = moment

    def _publish_site(self) -> None:
        """Publish what is behind of the site's own files, at once unless that was a moment ago."""
        if not self._site_behind or time.monotonic() - self._site_at < SITE_SECONDS:
            return
        everything = self._site_unknown
        # The database knows what they were about to say: of what is interrupted, only a look at them tells.
        self._site_unknown = True
        publish_site(self._settings, self._faults, everything=everything)
        self._site_behind = bool({SITE, buckets.AWAY} & self._faults.known.keys())
        self._site_unknown = self._site_behind
        # A storage that is back has them at once.
        if buckets.AWAY not in self._faults.known:
            self._site_at = time.monotonic()

    def _beat(self) -> None:
        self.pulse.beat(self._faults.known)

    def _clean(self) -> None:
        """Drop what is over, once an hour, whatever else goes wrong."""
        if time.monotonic() - self._cleaned_at < CLEAN_SECONDS:
            return
        each_kind = cleaned(self._settings)
        for name, clean in each_kind.items():
            if self._faults.due(name):
                with self._faults.isolated(name, whole=True):
                    clean()
        if not self._faults.known.keys() & each_kind.keys():
            self._cleaned_at = time.monotonic()

    def _take_manifest(self) -> None:
        source = self._settings.manifest_source
        if source.startswith(("http://", "https://")):
            if time.monotonic() - self._manifest_stamp < MANIFEST_SECONDS and self._mended:
                return
            stamp = time.monotonic()
        else:
            found = manifest.stamp(source)
            if found is None or found == self._manifest_stamp:
                return
            stamp = found
        try:
            if manifest.sync(source):
                self._unbaked.add(unbaked.DISCUSSIONS)
        except manifest.ManifestError as error:
            log.error("The threads stay as they are: %s", error)
        self._manifest_stamp = stamp

    def _bake(self) -> None:
        """Bake what was published; what a build keeps from it waits for the next round."""
        sites = unbaked.sites(self._settings)
        if not sites:
            self._unbaked.clear()
            return
        with suppress(rebake.Busy), self._faults.isolated("The pages", whole=True):
            if not self._swept:
                for site in sites:
                    rebake.sweep(site)
                self._swept = True
            rebake.bake_waiting(self._settings, self._faults, self._unbaked, self._beat)
