"""Bucket: where readers of several machines get what is published, a storage that speaks S3.

Each object carries the revision of what it shows, and takes the place of another by its ETag: whoever
comes late with an older revision finds a newer one there, or that the object is no more what he looked
at, and leaves it. When to write is known to the modules above.
"""

import hashlib
import math
import re
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from comments_service.config import Settings, surrounding
from comments_service.config.values import BUCKET
from comments_service.db import db, writing
from comments_service.models import Site
from comments_service.supervision import Explained
from formats import http_headers, s3

# What is told of, when the storage cannot be asked.
AWAY = "The bucket"
# Of one publication so many are on their way at once, and so many held in memory.
AT_ONCE, HELD = 8, 32
# A storage that was away is asked again this soon, by one publication and not by each.
REST_SECONDS = 1.0
CONNECTING, PATIENCE = timedelta(seconds=2), timedelta(seconds=10)
# Whoever takes our place has put something newer, so that a few looks are enough.
LOOKS = 8
# The name of what the files were last made from, templates and settings.
EDITION = ".edition"


class Away(Explained):
    """The storage does not answer, or refuses; what was to be put there is put later."""


class Found(NamedTuple):
    """An object as it stands there."""

    revision: int
    sum: str
    etag: str | None


class Bucket:
    """A bucket, or the folder `prefix` of it."""

    def __init__(self, address: str, environ: dict[str, str]) -> None:
        # Whoever has no bucket loads nothing of this.
        import obstore
        from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
        from obstore.store import S3Store

        # Settings with another are refused.
        name, prefix = BUCKET.findall(address)[0]
        self._address = address
        self._asks = obstore
        self._refused, self._overtaken = BaseError, (AlreadyExistsError, PreconditionError)
        self._retry_at, self._said = 0.0, ""
        if missing := s3.missing(environ):
            self._retry_at = math.inf
            self._said = f"COMMENTS_PUBLISHED_BUCKET needs {' and '.join(missing)}."
            return
        plain = s3.endpoint(environ).startswith("http:")
        self._store = S3Store(
            name,
            prefix=prefix or None,
            config=s3.config(environ),  # type: ignore[arg-type]  # by the names that people know
            client_options={
                "connect_timeout": CONNECTING,
                "timeout": PATIENCE,
                "allow_http": plain,
            },
            retry_config={"max_retries": 1, "retry_timeout": PATIENCE},
        )

    @property
    def resting(self) -> bool:
        """Whether the storage was away a moment ago."""
        return time.monotonic() < self._retry_at

    @contextmanager
    def _asked(self) -> Iterator[None]:
        if self.resting:
            raise Away(self._said)
        try:
            yield
        except (self._refused, OSError) as error:
            self._retry_at = time.monotonic() + REST_SECONDS
            self._said = (
                f"{self._address} was not reached, and is tried again: {s3.what(str(error))}"
            )
            raise Away(self._said) from None

    def found(self, name: str) -> Found | None:
        """What stands there under this name; None where nothing does."""
        with self._asked():
            return self._found(name)

    def _found(self, name: str) -> Found | None:
        try:
            asked = self._asks.get(self._store, name, options={"head": True})
        except FileNotFoundError:
            return None
        # Somebody else's object is older than any of ours.
        said: dict[str, str] = dict(asked.attributes)
        number = said.get("revision", "")
        revision = int(number) if re.fullmatch(r"\d{1,18}", number) else -1
        return Found(revision, said.get("sum", ""), asked.meta["e_tag"])

    def put(self, name: str, data: bytes, revision: int) -> bool:
        """Put this there unless a newer revision stands there; returns whether nothing stood there before.

        An equal revision is replaced where it says something else: another release has other templates.
        """
        sum_of = hashlib.sha256(data).hexdigest()
        attributes = {
            "Content-Type": http_headers.content_type(name),
            "Cache-Control": http_headers.freshness(name),
            "revision": str(revision),
            "sum": sum_of,
        }
        with self._asked():
            for _ in range(LOOKS):
                found = self._found(name)
                if found and (found.revision > revision or found[:2] == (revision, sum_of)):
                    return False
                mode: Any = {"e_tag": found.etag} if found else "create"
                try:
                    self._asks.put(self._store, name, data, attributes=attributes, mode=mode)
                except self._overtaken:
                    continue
                return found is None
            raise OSError(f"{name} is replaced without an end")

    def remove(self, name: str, revision: int) -> bool:
        """Remove what stands there unless it is of a newer revision; returns whether it was removed."""
        with self._asked():
            found = self._found(name)
            if found is None or found.revision > revision:
                return False
            self._asks.delete(self._store, name)
            return True

    def names(self, prefix: str) -> list[str]:
        """Every object whose name begins with this, in the order of their names."""
        folder = prefix.rpartition("/")[0]
        found: list[str] = []
        with self._asked():
            # They are asked for from there on, because the folder has those of all threads.
            for some in self._asks.list(self._store, folder or None, offset=prefix):
                for each in some:
                    if not each["path"].startswith(prefix):
                        return found
                    found.append(each["path"])
        return found

    def says(self, name: str, data: bytes) -> bool:
        found = self.found(name)
        return found is not None and found.sum == hashlib.sha256(data).hexdigest()

    def overwrite(self, name: str, data: bytes) -> None:
        """Put there what has no revision: whoever comes last is right."""
        with self._asked():
            attributes = {
                "Content-Type": http_headers.content_type(name),
                "Cache-Control": http_headers.freshness(name),
                "sum": hashlib.sha256(data).hexdigest(),
            }
            self._asks.put(self._store, name, data, attributes=attributes)

    def heeds_conditions(self) -> bool:
        """Whether the storage refuses to create what is there: one that does not lets an older revision win."""
        name = ".postil-condition"
        with self._asked():
            self._asks.put(self._store, name, b"")
            try:
                self._asks.put(self._store, name, b"", mode="create")
            except self._overtaken:
                return True
            finally:
                self._asks.delete(self._store, name)
            return False


@lru_cache(maxsize=8)
def _opened(address: str, environ: tuple[tuple[str, str], ...]) -> Bucket:
    return Bucket(address, dict(environ))


def of(settings: Settings) -> Bucket | None:
    """The bucket of these settings, the same for a whole process; None where there is none."""
    if not settings.published_bucket:
        return None
    keys = (each for each in surrounding().items() if each[0].startswith("AWS_"))
    return _opened(settings.published_bucket, tuple(sorted(keys)))


# --- The lists of the whole site --------------------------------------------------------------------

# In `site.lists`: how often a thread came into the bucket, and up to which of these times the lists that
# are there have it. Whoever dies in between leaves the two apart, for the next process to see.
LISTS = "bucket"


def raise_lists(site: Site | None) -> None:
    """Within the transaction that publishes a thread: the lists in the bucket are behind from now on."""
    if site:
        behind, there = site.lists.get(LISTS, (0, 0))
        site.lists = {**site.lists, LISTS: [behind + 1, there]}


def lists_came(mark: int) -> None:
    """The lists as they were read at this mark are in the bucket."""
    with writing():
        if site := locked_site():
            behind, there = site.lists.get(LISTS, (0, 0))
            site.lists = {**site.lists, LISTS: [behind, max(there, mark)]}


def lists_behind(settings: Settings) -> bool:
    """Whether the lists in the bucket are, by whichever process."""
    if not settings.published_bucket:
        return False
    lists = db.session.scalar(sa.select(Site.lists)) or {}
    behind, there = lists.get(LISTS, (0, 0))
    return bool(there < behind)


def locked_site() -> Site | None:
    """The site's row, which nobody else changes until this transaction ends."""
    chosen = sa.select(Site).with_for_update().execution_options(populate_existing=True)
    return db.session.scalar(chosen)


# --- One publication ---------------------------------------------------------------------------------


class Sending:
    """What one publication puts into the bucket, in its order; what keeps it from there is raised at its end.

    Files on the disk are not to wait for a storage, so nothing is raised before.
    """

    def __init__(self, bucket: Bucket | None, revision: int) -> None:
        self._bucket = bucket
        self._revision = revision
        self._waiting: list[tuple[str, bytes, int]] = []
        self.away: Away | None = None
        # Whether something came or went that a publication of a newer revision may not have seen.
        self.uncertain = False

    def put(self, name: str, data: bytes, revision: int | None = None) -> None:
        if self._bucket is None:
            return
        self._waiting.append((name, data, self._revision if revision is None else revision))
        # The last stays: it is to come after all others.
        if len(self._waiting) > HELD:
            self._put(self._waiting[:-1])
            self._waiting = self._waiting[-1:]

    def flush(self) -> None:
        self._put(self._waiting[:-1])
        self._put(self._waiting[-1:])
        self._waiting.clear()

    def _put(self, some: list[tuple[str, bytes, int]]) -> None:
        bucket = self._bucket
        if bucket is None or not some:
            return

        def put() -> None:
            with ThreadPoolExecutor(min(AT_ONCE, len(some))) as pool:
                created = list(pool.map(lambda each: bucket.put(*each), some))
            self.uncertain |= any(created)

        self._try(put)

    def keep(self, prefix: str, names: Collection[str]) -> None:
        """Remove what begins with this and is none of these, after what was put."""
        bucket = self._bucket
        if bucket is None:
            return

        def remove() -> None:
            # From the end, so that pages follow one another whenever this is interrupted.
            for name in reversed([each for each in bucket.names(prefix) if each not in names]):
                self.uncertain |= bucket.remove(name, self._revision)

        self.flush()
        self._try(remove)

    def finds(self, name: str) -> bool:
        """Whether something stands there; False where that cannot be asked."""
        bucket = self._bucket
        there = []
        self._try(lambda: there.append(bucket is not None and bucket.found(name)))
        return bool(there and there[0])

    def _try(self, act: Callable[[], None]) -> None:
        if self._bucket and self.away is None:
            asked = not self._bucket.resting
            try:
                act()
            except Away as away:
                # Some of it may have come there.
                self.uncertain |= asked
                self.away = away

    def finish(self) -> None:
        """Put what waits; raises Away where something is not there."""
        self.flush()
        if self.away:
            raise self.away
