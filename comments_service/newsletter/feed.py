"""The feed: the blog's articles as its build has written them, JSON Feed 1.1, from disk or from its address."""

import json
import re
import time
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote

import nh3
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from comments_service.config import Settings
from comments_service.config.values import LOOPBACK
from comments_service.publishing import manifest
from comments_service.publishing.manifest import Address, ManifestError, Text
from comments_service.supervision import Explained

# From another machine it is asked for this often, at the cost of one 304.
FETCH_SECONDS = 600.0
# Of an article without a summary.
EXCERPT_CHARS = 500
_ends_of_blocks = re.compile(
    r"</(?:p|h[1-6]|li|pre|blockquote|div|tr|figure|figcaption)>|<br\s*/?>"
)


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Item(_Part):
    """One article."""

    id: Annotated[Text, Field(min_length=1)]
    url: Address
    title: Text
    date_published: AwareDatetime
    language: str = ""
    summary: Text = ""
    content_html: Text = ""

    @property
    def excerpt(self) -> str:
        """The author's summary, or the first words."""
        if self.summary:
            return self.summary
        html = _ends_of_blocks.sub("\n", self.content_html)
        text = " ".join(unescape(nh3.clean(html, tags=set())).split())
        if len(text) <= EXCERPT_CHARS:
            return text
        return f"{text[:EXCERPT_CHARS].rsplit(' ', 1)[0]}…"


class Feed(_Part):
    feed_url: str = ""
    items: list[Item]


class FeedError(Explained):
    """A feed that cannot be used; the text says why. Nobody is told of anything meanwhile."""


@dataclass(frozen=True)
class _Read:
    """A feed as it was read last."""

    tag: str
    at: float
    feed: Feed


# By its source: putting an e-mail together asks again for what was just read.
_last: dict[str, _Read] = {}


def latest(address: str, settings: Settings) -> Feed | None:
    """The feed as it is now; None where there is none yet. Raises FeedError."""
    source = _source(address, settings)
    before = _last.get(source)
    remote = source == address
    if remote and before is not None and time.monotonic() - before.at < FETCH_SECONDS:
        return before.feed
    if not remote:
        try:
            status = Path(source).stat()
        except OSError:
            return None
        stamp = f"{status.st_mtime_ns}-{status.st_size}"
        if before is not None and before.tag == stamp:
            return before.feed
    try:
        found = manifest.read(source, before.tag if before and remote else "")
    except ManifestError as error:
        raise FeedError(str(error)) from None
    if found is None:
        return before.feed if before else None
    data, tag = found
    feed = parse(data)
    if not remote and LOOPBACK.match(feed.feed_url):
        # Of a preview, whose manifest nobody may have read yet.
        _refuse_elsewhere(feed.feed_url, settings)
    _last[source] = _Read(tag if remote else stamp, time.monotonic(), feed)
    return feed


def _source(address: str, settings: Settings) -> str:
    """The file of an address, where the built blog lies on this machine. Raises FeedError.

    Whoever may push a list of threads does not say by it what else the service fetches.
    """
    _refuse_elsewhere(address, settings)
    if settings.output_folder is None:
        return address
    return str(settings.output_folder / unquote(address.removeprefix(f"{settings.site_url}/")))


def _refuse_elsewhere(address: str, settings: Settings) -> None:
    home = f"{settings.site_url}/"
    if not address.startswith(home):
        raise FeedError(
            f"the feed {address} lies outside SITE_URL ({home}): the blog was last built for another"
            " address, by a preview perhaps; run `python3 tasks.py build`"
        )


def parse(data: bytes) -> Feed:
    """Raises FeedError."""
    try:
        return Feed.model_validate(json.loads(data))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise FeedError(f"the feed cannot be read: {place}: {first['msg']}") from None
    except (ValueError, RecursionError) as error:
        raise FeedError(f"the feed cannot be read: {error}") from None
