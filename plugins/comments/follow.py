"""Follow: says which article got another slug while its comments stay with the old one, and what to write.

Comments belong to a thread, and a thread is named by a slug: whoever changes the slug leaves them behind.
Two lines in the article keep them, `Thread` and `Aliases`. Where the snapshots lie here, they tell which
threads have comments and no article; where the service is elsewhere, the manifest before does.

Setting: COMMENTS_EARLIER, a manifest to compare with where there are no snapshots (the one that this
build replaces).
"""

import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from formats import left_behind, manifest
from formats.left_behind import Entry, Left
from plugins import problems
from plugins.site import Article, as_typed

COMMAND = "`python3 tasks.py check --keep-comments`"


class Followed(NamedTuple):
    """An article, and what it has to say to have the comments of this thread; `was` is its own id now."""

    article: Article
    was: str
    left: Left
    aliases: list[str]

    def __str__(self) -> str:
        lines = [f"`Thread: {self.left.id}`"]
        if self.aliases:
            lines.append(f"`Aliases: {', '.join([*self.article.aliases, *self.aliases])}`")
        return (
            f'{self.left.comments} of "{self.left.id}" would be in no article. If this is it under a'
            f" new name, write {' and '.join(lines)} here, as {COMMAND} does; if it is"
            f" another one, write `Thread: {self.was}`."
        )


# Of the last build, by output folder.
_found: dict[str, list[Followed]] = {}


def of_build(settings: dict[str, Any]) -> list[Followed]:
    return _found.get(settings["OUTPUT_PATH"], [])


def find(
    settings: dict[str, Any],
    entries: list[tuple[Entry, list[Article]]],
    waiting: Iterable[str],
) -> None:
    """Warn of each; `waiting` are threads of drafts and the like, which are not gone."""
    site_url = str(settings["SITEURL"])
    published = Path(settings.get("COMMENTS_PUBLISHED", "published"))
    listed = {*waiting, *(entry["id"] for entry, _ in entries)}
    addresses = {left_behind.path_of(entry["url"], site_url) for entry, _ in entries}
    groups = {entry["id"]: group for entry, group in entries}

    left = left_behind.in_folder(published, listed)
    known: set[str] = set()
    elsewhere = urlsplit(settings.get("COMMENTS_URL", "")).netloc
    if elsewhere or not (published / "threads").is_dir():
        # What lies here is nothing, or a preview's.
        before = earlier(settings)
        known = {entry["id"] for entry in before}
        there = listed | {each.id for each in left}
        gone = (entry for entry in before if entry["id"] not in there)
        left += map(left_behind.of_entry, gone)

    def has_comments(thread_id: str) -> bool | None:
        here = left_behind.has_comments(published, thread_id)
        return here or thread_id in known or (None if elsewhere else here)

    # Whoever names a thread has decided.
    free = [
        entry
        for entry, group in entries
        if entry["comments"] != "off" and not any("thread" in one.metadata for one in group)
    ]
    found = _found[settings["OUTPUT_PATH"]] = []
    for each, entry in left_behind.followed(left, free, site_url, has_comments):
        group = groups[entry["id"]]
        for article in group:
            url = each.urls.get(article.lang.lower(), "")
            path = left_behind.path_of(url, site_url)
            new = path and path not in addresses and path not in article.aliases
            if article is group[0] or new:
                found.append(Followed(article, entry["id"], each, [path] if new else []))
        article = group[0]
        first = next(one for one in found if one.article is article)
        problems.warn(settings, f"{as_typed(article.source_path)}:1: {first}")


def earlier(settings: dict[str, Any]) -> list[Entry]:
    """What the site listed before."""
    name = settings.get("COMMENTS_MANIFEST_SAVE_AS", manifest.NAME)
    path = settings.get("COMMENTS_EARLIER") or Path(settings["OUTPUT_PATH"], name)
    with suppress(OSError, ValueError, KeyError, TypeError):
        threads: list[Entry] = json.loads(Path(path).read_bytes())["threads"]
        return threads
    return []
