"""Payloads: what is told, as a program reads it, or as a chat shows it to people.

A commenter's words come into chats as words: nothing in them calls anybody, is a link under another name,
or loads a picture. docs/hooks.md has the fields of our own format.
"""

import json
import re
from bisect import bisect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from comments_service import i18n
from comments_service.errors import Message
from comments_service.models import Act, HookEvent, HookFormat

VERSION = 1
# What the services take: ntfy 4,096 bytes of a message, Discord 2,000 characters, Slack and Mattermost
# more than anybody reads in a chat.
NTFY_BYTES, DISCORD_CHARS, CHAT_CHARS = 4_096, 2_000, 3_000
MAX_TITLE_CHARS = 200
# Shows nothing, and parts an @ from the word that would be a person, or everybody.
APART = "\u200b"


@dataclass(frozen=True)
class News:
    """What there is to tell, as far as it is anybody's business."""

    event: HookEvent
    at: datetime
    lang: str
    site: str
    site_url: str
    # Empty of a test.
    article: str = ""
    # Where one reads it, and where one decides on it.
    url: str = ""
    moderate: str = ""
    name: str = ""
    text: str = ""
    act: Act | None = None
    reason: str = ""
    # As our own format has it.
    comment: dict[str, Any] | None = None

    @property
    def link(self) -> str:
        return self.url if self.event is HookEvent.PUBLISHED else self.moderate or self.site_url


def title(news: News) -> str:
    """What happened, in the blog's language."""
    match news.event, news.act:
        case HookEvent.WAITING, _:
            said = Message("{name} wrote on “{title}”, and it waits", **_who(news))
        case HookEvent.PUBLISHED, _:
            said = Message("{name} wrote on “{title}”", **_who(news))
        case HookEvent.DELETED, _:
            said = Message("A comment on “{title}” was deleted", title=_cut(news.article))
        case HookEvent.DECIDED, Act.PUBLISH:
            said = Message("A moderator published a comment on “{title}”", title=_cut(news.article))
        case HookEvent.DECIDED, Act.SPAM:
            said = Message(
                "A moderator marked a comment on “{title}” as spam", title=_cut(news.article)
            )
        case HookEvent.DECIDED, Act.DELETE:
            said = Message("A moderator deleted a comment on “{title}”", title=_cut(news.article))
        case HookEvent.DECIDED, _:
            said = Message(
                "A moderator took back a decision on “{title}”", title=_cut(news.article)
            )
        case _:
            said = Message("A test: web hooks of {site} arrive here", site=_cut(news.site))
    return i18n.say(news.lang, said)


def _who(news: News) -> dict[str, object]:
    return {"name": news.name, "title": _cut(news.article)}


def _cut(text: str, most: int = MAX_TITLE_CHARS) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def words(news: News) -> str:
    """What a person said: the comment, or why it was decided so."""
    return news.reason if news.event is HookEvent.DECIDED else news.text


def written(format: HookFormat, url: str, news: News) -> tuple[str, bytes]:
    """Where it goes, and what: each format takes JSON."""
    if format is HookFormat.NTFY:
        url, data = _ntfy(url, news)
    else:
        data = _formats[format](news)
    return url, json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def _json(news: News) -> dict[str, Any]:
    data: dict[str, Any] = {"site": {"title": news.site, "url": news.site_url}}
    if news.comment is not None:
        data["comment"] = news.comment
    if news.act is not None:
        data["decision"] = {"act": str(news.act), "reason": news.reason}
    return {
        "type": "test" if news.event is HookEvent.TEST else f"comment.{news.event}",
        "version": VERSION,
        "timestamp": i18n.stamp(news.at),
        "data": data,
    }


def _ntfy(url: str, news: News) -> tuple[str, dict[str, Any]]:
    """Ntfy takes JSON at its root, which names the topic."""
    parts = urlsplit(url)
    topic = parts.path.strip("/").rpartition("/")[2]
    message = _fitting(words(news) or title(news), lambda text: len(text.encode()) <= NTFY_BYTES)
    said = {"topic": topic, "title": title(news), "message": message, "click": news.link}
    return urlunsplit(parts._replace(path="/")), said


def _chat(news: News, most: int, escaped: Callable[[str], str], link: str) -> str:
    """What happened, under it what was said, quoted, and where to go; as long as it may be, and whole."""
    head, foot = escaped(title(news)), f"<{link}>"

    def whole(said: str) -> str:
        quoted = "\n".join(f"> {line}" for line in escaped(said).split("\n")) if said else ""
        return "\n".join(filter(None, [head, quoted, foot]))

    # Cut before it is escaped, so that no half of an escape is left.
    return whole(_fitting(words(news), lambda said: len(whole(said)) <= most))[:most]


def _fitting(text: str, fits: Callable[[str], bool]) -> str:
    """As much of a text as fits."""
    if fits(text):
        return text
    most = bisect(range(1, len(text)), False, key=lambda most: not fits(_cut(text, most)))
    return _cut(text, most) if most else ""


def _slack_text(text: str) -> str:
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("@", f"@{APART}")):
        text = text.replace(char, entity)
    return text


_marks = re.compile(r"([\\`*_\[\]<>#|~])")


def _markdown_text(text: str) -> str:
    """Words that Markdown leaves as they are, and that call nobody."""
    return _marks.sub(r"\\\1", text).replace("@", f"@{APART}").replace("<", f"<{APART}")


def _slack(news: News) -> dict[str, Any]:
    text = _chat(news, CHAT_CHARS, _slack_text, news.link.replace("&", "&amp;"))
    return {"text": text, "unfurl_links": False, "unfurl_media": False}


def _mattermost(news: News) -> dict[str, Any]:
    return {"text": _chat(news, CHAT_CHARS, _markdown_text, news.link)}


def _discord(news: News) -> dict[str, Any]:
    return {
        "content": _chat(news, DISCORD_CHARS, _markdown_text, news.link),
        "allowed_mentions": {"parse": []},
        # No preview of what a commenter links to.
        "flags": 4,
    }


_formats: dict[HookFormat, Callable[[News], dict[str, Any]]] = {
    HookFormat.JSON: _json,
    HookFormat.SLACK: _slack,
    HookFormat.MATTERMOST: _mattermost,
    HookFormat.DISCORD: _discord,
}
