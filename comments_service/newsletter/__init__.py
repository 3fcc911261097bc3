"""The newsletter: who asked for it hears of each new article, or once a week of all of them.

What is new is told by the feed that the build writes, by the ids in it, which never change. E-mails go through
the outbox and are worded when they leave; who gets them is asked of `notifications`.
"""

from comments_service.newsletter.announcing import Plan, announce, planned
from comments_service.newsletter.asking import SUBSCRIBED, ask, is_offered
from comments_service.newsletter.feed import FeedError
from comments_service.newsletter.wording import composers

__all__ = [
    "SUBSCRIBED",
    "FeedError",
    "Plan",
    "announce",
    "ask",
    "composers",
    "is_offered",
    "planned",
]
