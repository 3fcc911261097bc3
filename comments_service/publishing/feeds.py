"""Feeds: comments as Atom (RFC 4287), each with an id that never changes, and what it answers (RFC 4685).

An id says which thread and which comment, and nothing of where they are: a reader of feeds takes a comment
with another id for a new one, and articles move. The moment at which a thread came into being tells those of
two blogs apart.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from comments_service import i18n, threads
from comments_service.models import Thread
from comments_service.threads import Shown
from formats import feed_ids

# Made once, for this purpose and no other.
OURS = uuid.UUID("28711f33-681f-43b4-ac9c-c1155b046340")


def id_of(thread: Thread, comment_id: int | None = None, *, lang: str = "") -> str:
    """The id of a thread, of its feed in another language, or of one of its comments."""
    parts = (thread.id, thread.created_at.isoformat(), comment_id or "", lang)
    return uuid.uuid5(OURS, " ".join(map(str, parts))).urn


def id_of_all(oldest: datetime | None) -> str:
    """The id of the feed of all threads: as old as the oldest of them, if there is any."""
    return uuid.uuid5(OURS, oldest.isoformat() if oldest else "").urn


def rendered(
    lang: str,
    comments: Sequence[tuple[Shown, Thread, str]],
    since: datetime,
    **about: str,
) -> bytes:
    """A feed of comments, each with its address; `since` is when it came into being, for one in which nobody has said anything."""
    moments = (each.edited_at or each.created_at for each, _, _ in comments)
    return i18n.render(
        lang,
        "thread/feed.atom",
        entries=[_entry(lang, *each) for each in comments],
        updated=max(moments, default=since),
        **about,
    ).encode()


def _entry(lang: str, comment: Shown, thread: Thread, url: str) -> str:
    where = threads.address(thread, lang)
    translated = any(each["lang"] == lang for each in thread.translations)
    article = feed_ids.of_article(
        urlsplit(where).netloc, thread.id, lang if translated else thread.lang
    )
    return i18n.part(
        lang,
        "thread/entry.atom",
        comment=comment,
        id=id_of(thread, comment.id),
        answers=id_of(thread, comment.parent_id) if comment.parent_id else article,
        url=url,
        where=where,
        noted_in=threads.address(thread, comment.passage.lang) if comment.passage else "",
        thread_title=threads.title(thread, lang),
    ).rstrip()
