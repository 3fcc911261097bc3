"""What a thread is: which ones there are, their policy, and their addresses by language."""

from collections.abc import Sequence
from typing import cast

import sqlalchemy as sa

from comments_service.config import Settings
from comments_service.db import apart, db
from comments_service.errors import UnknownThread
from comments_service.models import (
    Policy,
    Thread,
    now,
)

# Which threads there are for readers.
for_readers = (Thread.listed.is_(True), Thread.policy != Policy.OFF)


def get(thread_id: str) -> Thread:
    """A thread that the manifest lists and whose article wants comments. Raises UnknownThread."""
    row = db.session.connection().execute(_by_id, {"thread_id": thread_id}).one_or_none()
    if row is None or not row.listed or row.policy is Policy.OFF:
        raise UnknownThread
    return apart(Thread, row._asdict())


_table = cast(sa.Table, Thread.__table__)
_by_id = sa.select(_table).where(_table.c.id == sa.bindparam("thread_id"))


def open_now(thread: Thread) -> bool:
    """Whether the thread takes comments at this moment.

    `closes_at` comes from the manifest ("90 days" is read by its plugin); the publisher marks in the
    files what has closed by itself.
    """
    return thread.policy in (Policy.OPEN, Policy.HELD) and (
        thread.closes_at is None or now() < thread.closes_at
    )


def shown_policy(thread: Thread) -> Policy:
    """The policy as the snapshot says it: what the row says, not what the clock says."""
    return Policy.CLOSED if thread.closed_at is not None else thread.policy


def languages(thread: Thread) -> list[str]:
    """The thread's own language first, then those of its article's translations."""
    return list(dict.fromkeys([thread.lang, *(each["lang"] for each in thread.translations)]))


def address(thread: Thread, lang: str | None = None) -> str:
    """The article's address in a language."""
    for each in thread.translations:
        if each["lang"] == lang:
            return each["url"]
    return thread.url


def comment_address(
    thread: Thread,
    comment_id: int,
    settings: Settings,
    lang: str | None = None,
    count: int | None = None,
) -> str:
    """Where a comment is read, scripts or no: in the article, or on the thread's own page where the
    article holds only the first of several. `count`: of the thread's comments, where it is behind.
    """
    if (thread.comment_count if count is None else count) <= settings.page_size:
        return f"{address(thread, lang)}#comment-{comment_id}"
    spoken = f"&lang={lang}" if lang in languages(thread)[1:] else ""
    page = f"{settings.comments_url}threads/{thread.id}"
    return f"{page}?comment={comment_id}{spoken}#comment-{comment_id}"


def title(thread: Thread, lang: str) -> str:
    for each in thread.translations:
        if each["lang"] == lang:
            return each["title"]
    return thread.title


# Spelt as the condition of the index, and put together once: it is asked for every second.
_behind = sa.select(_table.c.id).where(sa.text("published_revision < revision"))


def behind() -> Sequence[str]:
    """Threads whose snapshots are older than what the database says."""
    return db.session.scalars(_behind).all()


def visible() -> Sequence[Thread]:
    """Every thread that has snapshots, by id."""
    return db.session.scalars(
        sa.select(Thread)
        .where(*for_readers)
        .order_by(Thread.id)
        # What this session read before may be older: revisions are raised past it.
        .execution_options(populate_existing=True)
    ).all()
