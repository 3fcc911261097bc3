"""The manifest: which threads exist, as the built site says, and from nowhere else.

Reads the site's list (format: docs/formats.md) and brings the table `threads` up to it. A
thread whose article is gone stays with its comments, but is shown no more.
"""

import hashlib
import http.client
import json
import logging
import re
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal

import nh3
import sqlalchemy as sa
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from comments_service import request_bodies, threads
from comments_service.db import db, writing
from comments_service.models import Policy, Site, Thread, now
from comments_service.publishing.snapshots import NEVER
from formats.manifest import COLOUR, LANG, THREAD, VERSION, shared_of

# A site of 100,000 articles has a manifest of about 30 MB; more than this is a mistake.
MAX_BYTES = request_bodies.MAX_MANIFEST_BYTES
FETCH_SECONDS = 10
# Whoever says nothing to the database in the middle of a write counts as gone after a while.
FLUSHED_AT_ONCE = 1_000

log = logging.getLogger(__name__)


class ManifestError(ValueError):
    """A manifest that cannot be used; the text says where and why. What was known before stays."""


# What PostgreSQL cannot store, or no feed can hold.
_unwritable = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def _writable(text: str) -> str:
    if found := _unwritable.search(text):
        raise ValueError(f"the character U+{ord(found[0]):04X} cannot be shown")
    return text


Text = Annotated[str, AfterValidator(_writable)]
Address = Annotated[Text, Field(pattern=r"^https?://")]
# Part of a file's name, so nothing but a language tag.
Lang = Annotated[str, Field(pattern=rf"^{LANG}$", max_length=35)]


Colour = Annotated[str, Field(pattern=rf"^{COLOUR}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Translation(_Part):
    lang: Lang
    url: Address
    title: Text


class Entry(_Part):
    id: str = Field(pattern=rf"^{THREAD}$")
    url: Address
    title: Text
    published: AwareDatetime
    lang: Lang
    category: Text = ""
    authors: list[Text] = []
    comments: Policy
    close_after: AwareDatetime | None = None
    written: list[str] = []
    notes: bool = True
    translations: list[Translation] = []


class Shared(Entry):
    """A draft that is for who has its address, until then."""

    until: AwareDatetime


def _links_only(html: str) -> str:
    """Words with links: the footer comes from elsewhere, and stands among what moderators press."""
    return nh3.clean(
        html,
        tags={"a", "br", "code", "em", "p", "strong"},
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
    )


class Looks(_Part):
    """What the service's pages take over of the blog's; each may be left out."""

    icon: Address = ""
    logo: Address = ""
    footer: Annotated[Text, Field(max_length=5_000), AfterValidator(_links_only)] = ""
    styles: Annotated[list[Address], Field(max_length=10)] = []


class Blog(_Part):
    url: str
    title: Text
    lang: Lang
    discussions: dict[Lang, Address] = {}
    accent: tuple[Colour, Colour] | None = None
    looks: Looks = Looks()
    newsletter: Address | Literal[""] = ""


class Manifest(_Part):
    version: int
    site: Blog
    threads: list[Entry]
    # None: it says nothing of drafts, and those that are shared stay as they are.
    shared: list[Shared] | None = None


def sync(source: str, *, again: bool = False) -> bool:
    """Take over the manifest at `source` (a file or an http(s) address) if it changed.

    Returns whether anything was taken over. Raises ManifestError, after which all stands as before.
    """
    known = db.session.scalar(sa.select(Site.manifest_tag).where(Site.id == 1)) or ""
    found = read(source, "" if again else known)
    if found is None:
        return False
    data, tag = found
    drafts = _beside(source)
    if drafts is not None:
        tag = hashlib.sha256(tag.encode() + drafts).hexdigest()
    if tag == known and not again:
        return False
    manifest = parse(data, drafts)
    with writing():
        _take_over(manifest, tag)
    return True


def stamp(source: str) -> float | None:
    """Another number once what lies there, or beside it, is another; None where there is nothing yet."""
    try:
        found = Path(source).stat().st_mtime
    except FileNotFoundError:
        return None
    with suppress(FileNotFoundError):
        found += shared_of(Path(source).parent).stat().st_mtime
    return found


def _beside(source: str) -> bytes | None:
    """The drafts that a build shares, which lie where no server hands them out."""
    if source.startswith(("http://", "https://")):
        return None
    try:
        return shared_of(Path(source).parent).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ManifestError(
            f"the list of shared drafts cannot be read: {error.strerror}"
        ) from error


def push(data: bytes) -> int:
    """Take over a manifest that the site's author has sent; returns how many threads it lists.

    What is remembered of the source stays: while that is as it was, be it an older file or an answer
    of a cache, it does not replace what was pushed. Once it is another one, it counts again: of what
    is pushed and what lies there, the one that changed last. Raises ManifestError.
    """
    manifest = parse(data)
    with writing():
        known = db.session.scalar(sa.select(Site.manifest_tag).where(Site.id == 1)) or ""
        _take_over(manifest, known)
    return len(manifest.threads)


def parse(data: bytes, drafts: bytes | None = None) -> Manifest:
    """The manifest, with the list of shared drafts where that lies in a file of its own."""
    try:
        given = json.loads(data)
        if drafts is not None:
            given = {**given, "shared": json.loads(drafts)}
        manifest = Manifest.model_validate(given)
    except (ValueError, TypeError, RecursionError) as error:
        raise ManifestError(f"the manifest cannot be read: {_first_line(error)}") from None
    if manifest.version != VERSION:
        raise ManifestError(
            f"the manifest has version {manifest.version}, this service reads {VERSION}:"
            " build the site again with the plugins of this release"
        )
    seen: set[str] = set()
    for entry in (*manifest.threads, *(manifest.shared or ())):
        if entry.id in seen:
            raise ManifestError(f"the manifest lists the thread {entry.id} twice")
        seen.add(entry.id)
    return manifest


def _first_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(error)


def read(source: str, known: str) -> tuple[bytes, str] | None:
    """What the site has written at `source`, with its tag; None where it is not there, or as it was.

    Raises ManifestError.
    """
    remote = source.startswith(("http://", "https://"))
    return _fetched(source, known) if remote else _read(source, known)


def _read(source: str, known: str) -> tuple[bytes, str] | None:
    """The bytes and their tag; None where there is no manifest yet."""
    try:
        data = Path(source).read_bytes()
    except FileNotFoundError:
        log.info("There is no manifest at %s yet: build the site.", source)
        return None
    except OSError as error:
        raise ManifestError(f"{source} cannot be read: {error.strerror}") from error
    return data, hashlib.sha256(data).hexdigest()


def _fetched(source: str, known: str) -> tuple[bytes, str] | None:
    """The bytes and their ETag; None when nothing changed since `known`."""
    request = urllib.request.Request(source, headers={"If-None-Match": known} if known else {})  # noqa: S310 - only http(s), from the settings
    try:
        with urllib.request.urlopen(request, timeout=FETCH_SECONDS) as answer:  # noqa: S310
            data: bytes = answer.read(MAX_BYTES + 1)
            tag = answer.headers.get("ETag") or hashlib.sha256(data).hexdigest()
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == http.HTTPStatus.NOT_MODIFIED:
            return None
        raise ManifestError(f"{source} answers {error.code}") from error
    except (OSError, http.client.HTTPException) as error:
        raise ManifestError(f"{source} cannot be fetched: {error}") from error
    if len(data) > MAX_BYTES:
        raise ManifestError(f"{source} is larger than {MAX_BYTES:,} bytes")
    return data, tag


_first = sa.text(
    "INSERT INTO site (id, title, lang, manifest_tag, discussions, accent, languages, lists, looks, newsletter)"
    " VALUES (1, '', '', '', '{}', '[]', '[]', '{}', '{}', '') ON CONFLICT DO NOTHING"
)


def _take_over(manifest: Manifest, tag: str) -> None:
    # On PostgreSQL a push and another process's look at the source take turns, the first ones at making the row.
    db.session.execute(_first)
    db.session.execute(sa.select(Site.id).where(Site.id == 1).with_for_update())
    present = {thread.id: thread for thread in db.session.scalars(sa.select(Thread))}
    moment = now()
    shared = [each for each in manifest.shared or () if each.until > moment]
    for number, entry in enumerate((*manifest.threads, *shared), 1):
        if number % FLUSHED_AT_ONCE == 0:
            db.session.flush()
        thread = present.pop(entry.id, None)
        values = _values(entry)
        if thread is None:
            thread = Thread(id=entry.id, **values)
            rule(thread)
            db.session.add(thread)
        elif changed := {k: v for k, v in values.items() if getattr(thread, k) != v}:
            for name, value in changed.items():
                setattr(thread, name, value)
            rule(thread)
            publish_anew(thread)
    for gone in present.values():
        untold = manifest.shared is None and gone.shared_until is not None
        if gone.listed and not untold:
            gone.listed = False
            publish_anew(gone)
    shown = [each for each in (*manifest.threads, *shared) if each.comments is not Policy.OFF]
    spoken = {
        lang for each in shown for lang in (each.lang, *(one.lang for one in each.translations))
    }
    newsletter: dict[str, Any] = {"newsletter": manifest.site.newsletter}
    if not manifest.site.newsletter:
        # Switched on again, it begins anew, and not with all that came meanwhile.
        newsletter["newsletter_since"] = None
    db.session.merge(
        Site(
            **newsletter,
            id=1,
            languages=sorted(spoken),
            title=manifest.site.title,
            lang=manifest.site.lang,
            manifest_tag=tag,
            discussions=manifest.site.discussions,
            accent=list(manifest.site.accent or ()),
            looks=manifest.site.looks.model_dump(exclude_defaults=True),
        )
    )


def rule(thread: Thread) -> None:
    """Let what the article says and what was ruled in the dashboard decide together."""
    policy, closes_at = threads.ruled(thread)
    if closes_at != thread.closes_at:
        thread.closed_at = None
    thread.policy, thread.closes_at = policy, closes_at


def publish_anew(thread: Thread) -> None:
    """Let every page of the thread be made again: each names the article."""
    thread.revision += 1
    thread.published_revision = NEVER


def _values(entry: Entry) -> dict[str, Any]:
    return {
        "url": entry.url,
        "title": entry.title,
        "lang": entry.lang,
        "category": entry.category,
        "authors": entry.authors,
        "translations": [each.model_dump() for each in entry.translations],
        "article_policy": entry.comments,
        "article_closes_at": entry.close_after,
        "policy_written": "comments" in entry.written,
        "closing_written": "close_after" in entry.written,
        "notes": entry.notes,
        "published_at": entry.published,
        "listed": True,
        "shared_until": entry.until if isinstance(entry, Shared) else None,
    }
