"""What a thread is: which ones there are, their policy, and their addresses by language."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa

from comments_service.config import Settings
from comments_service.db import apart, db
from comments_service.errors import Message, UnknownThread
from comments_service.models import (
    Comment,
    Policy,
    Thread,
    now,
)

# Which threads there are for readers who have their address; and which anybody is told of.
for_readers = (Thread.listed.is_(True), Thread.policy != Policy.OFF)
for_everybody = (*for_readers, Thread.shared_until.is_(None))


def get(thread_id: str) -> Thread:
    """A thread that the manifest lists and whose article wants comments. Raises UnknownThread."""
    return _shown(_row(thread_id))


def _row(thread_id: str) -> sa.Row[Any] | None:
    return db.session.connection().execute(_by_id, {"thread_id": thread_id}).one_or_none()


def _shown(row: sa.Row[Any] | None) -> Thread:
    if row is None or not row.listed or row.policy is Policy.OFF:
        raise UnknownThread
    if row.shared_until is not None and row.shared_until <= now():
        raise UnknownThread
    return apart(Thread, row._asdict())


_table = cast(sa.Table, Thread.__table__)
_by_id = sa.select(_table).where(_table.c.id == sa.bindparam("thread_id"))


def standing(thread_id: str) -> Thread:
    """The thread in which the conversation goes on that began in this one: itself, mostly.

    For readers: raises UnknownThread where nothing of it is shown.
    """
    row = _row(thread_id)
    while row is not None and row.merged_into is not None:
        # No circle: a thread that is merged takes over no other (`comments.merge`).
        row = _row(row.merged_into)
    return _shown(row)


def open_now(thread: Thread) -> bool:
    """Whether the thread takes comments at this moment.

    `closes_at` comes from the manifest ("90 days" is read by its plugin); the publisher marks in the
    files what has closed by itself.
    """
    return (
        thread.policy in (Policy.OPEN, Policy.HELD)
        and (thread.closes_at is None or now() < thread.closes_at)
        and not _stopped(thread)
    )


def _stopped(thread: Thread) -> bool:
    return thread.locked_at is not None or thread.merged_into is not None


def why_closed(thread: Thread) -> Message:
    """What somebody is told who would write where nothing is taken."""
    if thread.merged_into is not None:
        return Message("The comments on this article go on at another one. Your text is kept.")
    if thread.locked_at is not None:
        return Message("A moderator has locked this conversation.")
    return Message("Comments are closed here.")


def ruled(thread: Thread) -> tuple[Policy, datetime | None]:
    """What holds for a thread, and until when it takes comments.

    The front matter of its article wins; then what a moderator ruled in the dashboard; then the blog's
    settings. No ruling brings comments to an article that has no place for them.
    """
    if thread.ruling is None or by_article(thread):
        return thread.article_policy, thread.article_closes_at
    reopened = thread.ruling is not Policy.CLOSED and not thread.closing_written
    return thread.ruling, None if reopened else thread.article_closes_at


def by_article(thread: Thread) -> bool:
    """Whether the article says itself what holds, so that a moderator cannot."""
    return thread.policy_written or thread.article_policy is Policy.OFF


def shown_policy(thread: Thread) -> Policy:
    """The policy as the snapshot says it: what the row says, not what the clock says."""
    closed = thread.closed_at is not None or _stopped(thread)
    return Policy.CLOSED if closed else thread.policy


def languages(thread: Thread) -> list[str]:
    """The thread's own language first, then those of its article's translations."""
    return list(dict.fromkeys([thread.lang, *(each["lang"] for each in thread.translations)]))


def address(thread: Thread, lang: str | None = None) -> str:
    """The article's address in a language."""
    for each in thread.translations:
        if each["lang"] == lang:
            return each["url"]
    return thread.url


def noted_in(comment: Comment) -> str:
    """The address of the page whose words a comment, loaded with its thread, is about: it has a language."""
    return address(comment.thread, comment.passage.lang if comment.passage else None)


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


def titles(ids: Collection[str]) -> dict[str, str]:
    """What threads are called, by their ids; those that there are not are left out."""
    chosen = sa.select(_table.c.id, _table.c.title).where(_table.c.id.in_(ids))
    return {row.id: row.title for row in db.session.execute(chosen)} if ids else {}


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
