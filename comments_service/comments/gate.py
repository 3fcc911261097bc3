"""The gate that every text of a reader passes, a new comment's and an edited one's alike.

First the limit, then what costs, then what the author rules for the article and the verdict on the text.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from comments_service import by_writer, markup, moderation_queue, rate_limits, spam
from comments_service.comments.transaction import changing
from comments_service.config import Settings
from comments_service.db import writing
from comments_service.errors import InvalidInput, Message
from comments_service.models import STAFF, Act, Comment, Policy, Status, Thread
from comments_service.sessions import Visitor

_target = re.compile(r'<a [^>]*?href="([^"]*)"')


@contextmanager
def counted(visitor: Visitor, settings: Settings) -> Iterator[None]:
    """The transaction that takes a text: counted for its network before it is rendered.

    A text that is refused has cost as much, and counts as well. Raises TooMany.
    """
    try:
        with changing():
            _count(visitor, settings)
            yield
    except InvalidInput:
        with writing():
            _count(visitor, settings)
        raise


def _count(visitor: Visitor, settings: Settings) -> None:
    rate_limits.count(
        f"post:{visitor.network}",
        settings.limit_posts,
        Message(
            "You have posted a lot in a short time. Your text is kept; please wait a moment and try again."
        ),
    )


def on_post(
    thread: Thread,
    visitor: Visitor,
    html: str,
    website: str | None,
    settings: Settings,
    *,
    trapped: bool,
) -> spam.Verdict:
    rules = _rules(thread, settings.trust_after, settings)
    return _verdict(thread, visitor, html, website, rules, settings, trapped=trapped)


def on_edit(comment: Comment, visitor: Visitor, html: str, settings: Settings) -> spam.Verdict:
    """What would hold these words if they were posted now, and links that nobody has approved.

    That its writer is new says nothing about a comment that a moderator has let through.
    """
    published = comment.status is Status.PUBLISHED
    rules = _rules(comment.thread, 0 if published else settings.trust_after, settings)
    added = 0
    if published and _approved(comment):
        added = len({*_target.findall(html)} - {*_target.findall(comment.html)})
    return _verdict(comment.thread, visitor, html, comment.website, rules, settings, added=added)


def _rules(thread: Thread, trust_after: int, settings: Settings) -> spam.Rules:
    return spam.Rules(trust_after, settings.max_links, thread.policy is Policy.HELD)


def _verdict(
    thread: Thread,
    visitor: Visitor,
    html: str,
    website: str | None,
    rules: spam.Rules,
    settings: Settings,
    *,
    trapped: bool = False,
    added: int = 0,
) -> spam.Verdict:
    if visitor.account is not None and visitor.account.role in STAFF:
        return spam.Verdict(())
    history = by_writer.history(visitor.session, html, thread.id, settings.trust_after)
    links = markup.links(html) + bool(website)
    return spam.verdict(links, trapped, history, rules, added)


def _approved(comment: Comment) -> bool:
    decision = moderation_queue.last_decision(comment.id)
    return decision is not None and decision.act is Act.PUBLISH
