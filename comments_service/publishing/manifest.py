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
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import nh3
import sqlalchemy as sa
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from comments_service import request_bodies
from comments_service.db import db, writing
from comments_service.models import Policy, Site, Thread
from comments_service.publishing.snapshots import NEVER
from formats.manifest import COLOUR, LANG, THREAD, VERSION

# A site of 100,000 articles has a manifest of about 30 MB; more than this is a mistake.
MAX_BYTES = request_bodies.MAX_MANIFEST_BYTES
FETCH_SECONDS = 10

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
    translations: list[Translation] = []


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


class Manifest(_Part):
    version: int
    site: Blog
    threads: list[Entry]


def sync(source: str, *, again: bool = False) -> bool:
    """Take over the manifest at `source` (a file or an http(s) address) if it changed.

    Returns whether anything was taken over. Raises ManifestError, after which all stands as before.
    """
    known = db.session.scalar(sa.select(Site.manifest_tag).where(Site.id == 1)) or ""
    read = _fetched if source.startswith(("http://", "https://")) else _read
    found = read(source, "" if again else known)
    if found is None:
        return False
    data, tag = found
    if tag == known and not again:
        return False
    manifest = parse(data)
    with writing():
        _take_over(manifest, tag)
    return True


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


def parse(data: bytes) -> Manifest:
    try:
        manifest = Manifest.model_validate(json.loads(data))
    except (ValueError, RecursionError) as error:
        raise ManifestError(f"the manifest cannot be read: {_first_line(error)}") from None
    if manifest.version != VERSION:
        raise ManifestError(
            f"the manifest has version {manifest.version}, this service reads {VERSION}:"
            " build the site again with the plugins of this release"
        )
    seen: set[str] = set()
    for entry in manifest.threads:
        if entry.id in seen:
            raise ManifestError(f"the manifest lists the thread {entry.id} twice")
        seen.add(entry.id)
    return manifest


def _first_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    return str(error)


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


def _take_over(manifest: Manifest, tag: str) -> None:
    # On PostgreSQL a push and another process's look at the source take turns.
    db.session.execute(sa.select(Site.id).where(Site.id == 1).with_for_update())
    present = {thread.id: thread for thread in db.session.scalars(sa.select(Thread))}
    for entry in manifest.threads:
        thread = present.pop(entry.id, None)
        values = _values(entry)
        if thread is None:
            db.session.add(Thread(id=entry.id, **values))
        elif changed := {k: v for k, v in values.items() if getattr(thread, k) != v}:
            if "closes_at" in changed:
                changed["closed_at"] = None
            for name, value in changed.items():
                setattr(thread, name, value)
            _publish_anew(thread)
    for gone in present.values():
        if gone.listed:
            gone.listed = False
            _publish_anew(gone)
    shown = [entry for entry in manifest.threads if entry.comments is not Policy.OFF]
    spoken = {
        lang for each in shown for lang in (each.lang, *(one.lang for one in each.translations))
    }
    db.session.merge(
        Site(
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


def _publish_anew(thread: Thread) -> None:
    """Let every page of the thread be made again: each names the article."""
    thread.revision += 1
    thread.published_revision = NEVER


def _values(entry: Entry) -> dict[str, Any]:
    closes_at: datetime | None = entry.close_after
    return {
        "url": entry.url,
        "title": entry.title,
        "lang": entry.lang,
        "category": entry.category,
        "authors": entry.authors,
        "translations": [each.model_dump() for each in entry.translations],
        "policy": entry.comments,
        "closes_at": closes_at,
        "published_at": entry.published,
        "listed": True,
    }
