"""Shared: drafts that their authors let others read, each at an address that nobody can guess, until a day.

Reads `Shared: 2026-11-30T09:15:07/2026-12-14` from the front matter of drafts, which `python3 tasks.py share`
writes: since when, and until which day. Such a draft is built for readers too, below `shared/`, where no list,
map, feed or search tells of it. Its address comes of that moment and of a key that is not in the
blog's files (SHARE_KEY), so that whoever can read those cannot tell it; shared anew, or in another
file, it has another. The same word names its thread. Who runs the comment service is told of these threads in a
file beside the site's folder (`formats.manifest.shared_of`), never in the manifest, which is public.

After it such a draft has its `thread`, `comments` ("open"), `takes_notes` and `shared_until`. Stands behind
`manifest`. Settings: SHARE_KEY (""; without it no draft is shared).
"""

import base64
import hmac
import json
import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from pelican import signals

from formats.manifest import shared_of
from plugins import files, problems
from plugins.markdown import frontmatter
from plugins.markdown.frontmatter_values import Metadata
from plugins.site import (
    Article,
    Generator,
    Pelican,
    absolute,
    as_typed,
    by_kind,
    drafts,
    hidden,
    plain,
    published,
)

FOLDER = "shared"
# 130 bits, in letters that are read out without mistakes.
LETTERS = 26
KEY = "SHARE_KEY"

# What `all_generators_finalized` found, until `finalized` writes it; None: nothing can be told. By output folder.
_found: dict[str, list[dict[str, Any]] | None] = {}


class Share(NamedTuple):
    """What `Shared` says: since when, as written, and the moment at which it is over."""

    since: str
    until: datetime

    def word(self, key: str, path: str) -> str:
        """What the address and the thread of this file of content/ are called by: a secret."""
        # One system writes an accent apart from its letter, another does not.
        name = unicodedata.normalize("NFC", path)
        said = "\0".join(("share", self.since, name)).encode()
        digest = hmac.digest(key.encode(), said, "sha256")
        return base64.b32encode(digest).decode().lower()[:LETTERS]


def share_of(value: str, zone: tzinfo) -> Share | None:
    """The meaning of `Shared`; None where it has none. A day that is named is a part of it."""
    since, _, until = (part.strip() for part in value.partition("/"))
    try:
        datetime.fromisoformat(since)
        end = datetime.fromisoformat(until)
        if re.fullmatch(r"\d{4}-?\d\d-?\d\d", until):
            end += timedelta(hours=23, minutes=59, seconds=59)
        return Share(since, end if end.tzinfo else end.replace(tzinfo=zone))
    except (ValueError, OverflowError):
        return None


def thread_of(word: str) -> str:
    """Another name than any article's thread has: whose comments stay behind is told without these."""
    return f"draft-{word}"


def url_of(word: str) -> str:
    return f"{FOLDER}/{word}/"


def find(generators: Iterable[Generator]) -> None:
    """Give the drafts that are shared their addresses and threads."""
    articles, pages = by_kind(generators)
    settings = articles.settings
    said = Metadata(settings)
    for page in [*published(pages), *hidden(pages), *drafts(pages)]:
        if "shared" in page.metadata:
            said.refuse(page, "shared", "Only drafts of articles can be shared. Remove the line.")
    for article in [*published(articles), *hidden(articles)]:
        if "shared" in article.metadata:
            line = frontmatter.line_of(article.source_path, "shared")
            problems.warn(
                settings,
                f"{as_typed(article.source_path)}:{line}: This is published, so that it is shared as a"
                " draft no more: what was said of the draft stays in the moderation and does not come"
                " here. Remove the line Shared.",
            )
    found = [(draft, share) for draft in drafts(articles) if (share := current(said, draft))]
    key = str(settings.get(KEY) or "")
    entries = [entry(draft, share, key, settings) for draft, share in found if key]
    if found and not key:
        problems.warn(
            settings,
            f"{KEY} is not set here, so that {len(found)} shared draft{'s are' * (len(found) != 1) or ' is'}"
            f" not in this build: {', '.join(as_typed(draft.source_path) for draft, _ in found)}."
            f" Set {KEY} to what .env says where you shared them.",
        )
    if entries:
        refuse_links([draft for draft, _ in found], published(articles, pages), said)
    if not settings.get("PREVIEW", False):
        shown = [draft for draft, _ in found if key]
        for draft in shown:
            # Others are no pages that anybody could open.
            draft.translations = [each for each in draft.translations if each in shown]
    _found[settings["OUTPUT_PATH"]] = entries if key else None


def current(said: Metadata, draft: Article) -> Share | None:
    """Whether a draft is shared, and how; what cannot be read stops the build."""
    value = said.text(draft, "shared")
    if not value:
        return None
    share = share_of(value, ZoneInfo(said.settings["TIMEZONE"]))
    if share is None:
        said.refuse(
            draft,
            "shared",
            f'Shared: "{value}" does not say since when and until which day. `python3 tasks.py share`'
            " writes the line, such as Shared: 2026-11-30T09:15:07/2026-12-14.",
        )
        return None
    return share if share.until > datetime.now(UTC) else None


def entry(draft: Article, share: Share, key: str, settings: dict[str, Any]) -> dict[str, Any]:
    """What the service is told of a draft; what it has of that is also put on it."""
    word = share.word(key, draft.relative_source_path)
    draft.override_url = url_of(word)
    draft.override_save_as = f"{url_of(word)}index.html"
    draft.thread, draft.comments, draft.takes_notes = thread_of(word), "open", True
    draft.shared_until = share.until
    return {
        "id": draft.thread,
        "url": absolute(str(settings["SITEURL"]).rstrip("/"), draft.override_url),
        "title": plain(draft.title),
        "published": draft.date.astimezone(UTC).isoformat(),
        "lang": draft.lang.lower(),
        "authors": [str(author) for author in getattr(draft, "authors", [])],
        "comments": "open",
        "until": share.until.astimezone(UTC).isoformat(),
    }


def refuse_links(shown: list[Article], everything: Iterable[Article], said: Metadata) -> None:
    """What everybody reads must not lead to a draft: it would tell the address."""
    names = "|".join(re.escape(Path(draft.source_path).name) for draft in shown)
    to_one = re.compile(
        rf"(?:[{{|]|%7B)filename(?:[}}|]|%7D)(?:[^\"'#?]*/)?(?P<name>{names})[\"'#?]"
    )
    for content in everything:
        if found := to_one.search(unquote(str(content._content))):
            source = Path(content.source_path).read_text("utf-8", "replace").split("\n")
            line = next((n for n, row in enumerate(source, 1) if found["name"] in unquote(row)), 1)
            problems.refuse_line(
                said.settings,
                content,
                line,
                f"{found['name']} is a draft that is shared: whoever reads this would learn its address."
                " Leave the link out until it is published.",
            )


def write(pelican: Pelican) -> None:
    output = pelican.settings["OUTPUT_PATH"]
    path = shared_of(Path(output))
    found = _found.pop(output, None)
    if found is None:
        # It says of no draft that it is shared no more: that is not known here.
        path.unlink(missing_ok=True)
        return
    text = json.dumps(sorted(found, key=lambda each: str(each["id"])), ensure_ascii=False, indent=1)
    files.update(path, f"{text}\n".encode())


def register() -> None:
    problems.listen()
    signals.all_generators_finalized.connect(find)
    signals.finalized.connect(write)
