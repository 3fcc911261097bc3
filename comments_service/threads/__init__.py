"""Threads: every read of conversations, and the only SQL that says what counts as published.

Snapshots, pages and API show the same truth because all of them ask here. What one person wrote is
asked of `by_writer`, what waits for a decision of `moderation_queue`.
"""

from comments_service.threads.conversations import (
    Shown,
    comment,
    conversation,
    count,
    has_page,
    pages,
    sent_before,
    shown,
)
from comments_service.threads.lists import (
    RECENT,
    Discussion,
    Page,
    counts,
    discussions,
    page_of,
    recent,
)
from comments_service.threads.thread import (
    address,
    behind,
    for_readers,
    get,
    languages,
    open_now,
    shown_policy,
    site_revision,
    title,
    visible,
)

__all__ = [
    "RECENT",
    "Discussion",
    "Page",
    "Shown",
    "address",
    "behind",
    "comment",
    "conversation",
    "count",
    "counts",
    "discussions",
    "for_readers",
    "get",
    "has_page",
    "languages",
    "open_now",
    "page_of",
    "pages",
    "recent",
    "sent_before",
    "shown",
    "shown_policy",
    "site_revision",
    "title",
    "visible",
]
