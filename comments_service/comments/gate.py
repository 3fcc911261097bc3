"""The gate that every text of a reader passes, a new comment's and an edited one's alike.

First the limit, then what costs, then what the author rules for the article and the verdict on the text.
"""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from comments_service import (
    bans,
    by_writer,
    config,
    markup,
    moderation_queue,
    proof_of_work,
    rate_limits,
    rules,
    spam,
)
from comments_service.comments.noting import Noting
from comments_service.comments.transaction import changing
from comments_service.config import Rate, Settings
from comments_service.db import writing
from comments_service.errors import Banned, InvalidInput, Message, NotAllowed
from comments_service.inputs import NewComment
from comments_service.models import (
    STAFF,
    Account,
    Act,
    Comment,
    Policy,
    Status,
    Thread,
    now,
)
from comments_service.sessions import Visitor

SIGN_IN = Message("Please sign in to comment here.")
_target = re.compile(r'<a [^>]*?href="([^"]*)"')


Acts = Mapping[str, Sequence[Rate]]

# The networks around one's own may post so many times as much before who is not trusted waits.
AROUND = 10


@contextmanager
def counted(visitor: Visitor, settings: Settings) -> Iterator[bool]:
    """The transaction that takes a text: counted for its writer and network before it is rendered.

    What one did oneself is refused (TooMany); what others did around makes one wait, which is what
    this gives. A text that is refused has cost as much, and counts as well.
    """
    # Asked before the transaction: what is rolled back forgets who asks.
    guest, own = visitor.account is None, _own(visitor, settings)
    around = {}
    if own:
        rates = [Rate(AROUND * each.count, each.seconds) for each in settings.limit_posts]
        around = {f"post-around:{visitor.neighbourhood}": rates}
    try:
        with changing():
            yield _count(own, around)
    except (Banned, InvalidInput) as refused:
        with writing():
            _count(own, around)
            if isinstance(refused, Banned):
                bans.recognise(visitor.network, visitor.ban_network)
        raise
    if guest:
        rate_limits.guests().note(time.monotonic())


def _own(visitor: Visitor, settings: Settings) -> Acts:
    """For whom a text is counted. Whoever moderates is at home, and is not counted."""
    if is_staff(visitor):
        return {}
    own = {f"post:{visitor.network}": settings.limit_posts}
    if visitor.account is not None:
        own[f"post-by:{visitor.account.public_id}"] = settings.limit_posts
    elif visitor.session is not None:
        own[f"post-in:{visitor.session.id}"] = settings.limit_posts
    return own


def _count(own: Acts, around: Acts) -> bool:
    """Count a text, in one statement; whether it is one of too many around."""
    over = rate_limits.over({**own, **around})
    rate_limits.refuse(
        {subject: seconds for subject, seconds in over.items() if subject in own},
        Message(
            "You have posted a lot in a short time. Your text is kept; please wait a moment and try again."
        ),
    )
    return bool(over)


def on_post(
    thread: Thread,
    visitor: Visitor,
    html: str,
    new: NewComment,
    noted: Noting,
    settings: Settings,
    *,
    text: spam.Text,
    name: str,
    crowded: bool,
) -> spam.Verdict:
    """Raises NotAllowed for a guest, where another process knows better that guests sign in."""
    if is_staff(visitor):
        return spam.Verdict(())
    written = _Written(thread, visitor.account, html, new.website, name, now(), text)
    history, counts, ruled = _known(written, visitor, settings)
    if ruled.guests == rules.SIGN_IN and visitor.account is None:
        raise NotAllowed(SIGN_IN)
    facts = _facts(written, visitor, history, counts, ruled, settings, crowded=crowded)
    facts = replace(
        facts,
        # An article's words are not its writer's, unless nobody here knows that they are the article's.
        links=facts.links + noted.links,
        unfound=noted.unfound,
        trapped=bool(new.homepage_url),
        proof=_proof(thread, visitor, new, settings),
    )
    return spam.verdict(facts, _rules(thread, ruled.trust_after, ruled))


def on_edit(
    comment: Comment,
    visitor: Visitor,
    html: str,
    settings: Settings,
    *,
    text: spam.Text,
    crowded: bool,
) -> spam.Verdict:
    """What would hold these words if they were posted now, and links that nobody has approved.

    That its writer is new says nothing about a comment that a moderator has let through. No proof of
    work is asked for again: the session has posted, and an edit makes nothing more.
    """
    if is_staff(visitor):
        return spam.Verdict(())
    published = comment.status is Status.PUBLISHED
    # Its writer may have an account by now; what was written by a guest is one's still.
    account = comment.account
    name = account.name if account else comment.name or ""
    written = _Written(
        comment.thread, account, html, comment.website, name, comment.created_at, text
    )
    history, counts, ruled = _known(written, visitor, settings)
    facts = replace(
        _facts(written, visitor, history, counts, ruled, settings, crowded=crowded),
        corrected=comment.corrected,
    )
    if published and _approved(comment):
        added = {*_target.findall(html)} - {*_target.findall(comment.html)}
        facts = replace(facts, links_added=len(added))
    return spam.verdict(facts, _rules(comment.thread, 0 if published else ruled.trust_after, ruled))


def is_staff(visitor: Visitor) -> bool:
    return visitor.account is not None and visitor.account.role in STAFF


@dataclass(frozen=True)
class _Written:
    """What is posted, or what an edit makes of it."""

    thread: Thread
    account: Account | None
    html: str
    website: str | None
    name: str
    at: datetime
    text: spam.Text


def _known(
    written: _Written, visitor: Visitor, settings: Settings
) -> tuple[spam.History, dict[int, spam.Count], rules.Rules]:
    """What is known of the writer and of the text, and the rules at this moment; one statement."""
    ruled = rules.known(settings)
    history, counts = _asked(written, visitor, ruled.trust_after, settings)
    now_ruled = rules.known(settings)
    if now_ruled.trust_after > ruled.trust_after:
        # It was raised a moment ago, and too few were counted.
        history, counts = _asked(written, visitor, now_ruled.trust_after, settings)
    return history, counts, now_ruled


def _asked(
    written: _Written, visitor: Visitor, up_to: int, settings: Settings
) -> tuple[spam.History, dict[int, spam.Count]]:
    features = written.text.features if settings.spam_filter else {}
    history, counts = by_writer.history(
        visitor.session,
        written.html,
        written.thread.id,
        up_to,
        written.text.near,
        features,
        networks=(visitor.network, visitor.ban_network),
    )
    return history, counts if features else {}


def _facts(
    written: _Written,
    visitor: Visitor,
    history: spam.History,
    counts: dict[int, spam.Count],
    ruled: rules.Rules,
    settings: Settings,
    *,
    crowded: bool,
) -> spam.Facts:
    asked = rules.Asked(
        text=markup.plain(written.html),
        beside="\n".join((written.name, written.website or "", *markup.targets(written.html))),
        at=written.at,
        guest=written.account is None,
        account_created_at=written.account.created_at if written.account else None,
        thread_published_at=written.thread.published_at,
        address=visitor.address,
    )
    reasons = tuple(rules.reasons(ruled, asked).values())
    return spam.Facts(
        history,
        links=markup.links(written.html) + bool(written.website),
        likeness=spam.likeness(written.text.features, counts) if counts else None,
        ruled=reasons,
        crowded=crowded,
        flooded=visitor.account is None and _load(settings) > 1,
    )


def _load(settings: Settings) -> float:
    return rate_limits.guests().load(settings.limit_guests, time.monotonic())


def challenge(thread_id: str, key: str, settings: Settings) -> dict[str, Any]:
    """What a guest's browser computes before it posts with this key. Asks the database nothing."""
    secret = config.secret_key(settings)
    return proof_of_work.challenge(thread_id, key, secret, _load(settings), now())


def _proof(thread: Thread, visitor: Visitor, new: NewComment, settings: Settings) -> spam.Proof:
    if visitor.account is not None or not settings.proof_of_work:
        return spam.Proof.NOT_ASKED
    secret = config.secret_key(settings)
    return proof_of_work.judge(new.proof_of_work, thread.id, new.key or "", secret, now())


def _rules(thread: Thread, trust_after: int, ruled: rules.Rules) -> spam.Rules:
    return spam.Rules(trust_after, ruled.max_links, thread.policy is Policy.HELD)


def _approved(comment: Comment) -> bool:
    decision = moderation_queue.last_decision(comment.id)
    return decision is not None and decision.act is Act.PUBLISH
