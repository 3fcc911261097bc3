"""Threads: every read of conversations, and the only SQL that says what counts as published.

Snapshots, pages and API show the same truth because all of them ask here. What one person wrote is
asked of `by_writer`, what waits for a decision of `moderation_queue`.
"""

from comments_service.threads.conversations import (
    RECENT,
    Shown,
    changed_pages,
    comment,
    conversation,
    count,
    has_page,
    length,
    newest,
    page,
    page_with,
    pages,
    sent_before,
    shown,
)
from comments_service.threads.lists import (
    Discussion,
    Discussions,
    Page,
    counts,
    discussions,
    miscounted,
    page_of,
    recent,
    without_article,
)
from comments_service.threads.thread import (
    address,
    behind,
    for_readers,
    get,
    languages,
    open_now,
    shown_policy,
    title,
    visible,
)

__all__ = [
    "RECENT",
    "Discussion",
    "Discussions",
    "Page",
    "Shown",
    "address",
    "behind",
    "changed_pages",
    "comment",
    "conversation",
    "count",
    "counts",
    "discussions",
    "for_readers",
    "get",
    "has_page",
    "languages",
    "length",
    "miscounted",
    "newest",
    "open_now",
    "page",
    "page_of",
    "page_with",
    "pages",
    "recent",
    "sent_before",
    "shown",
    "shown_policy",
    "title",
    "visible",
    "without_article",
]
