"""Telling: which hooks hear of an event, written down with the event; and what there is to say of it."""

from collections.abc import Iterable

import sqlalchemy as sa

from comments_service import threads
from comments_service.config import Settings
from comments_service.db import db
from comments_service.errors import UnknownComment
from comments_service.hooks.payloads import News
from comments_service.i18n import stamp
from comments_service.models import (
    Comment,
    Decision,
    Hook,
    HookDelivery,
    HookEvent,
    Site,
    Status,
)

# A comment that is in another state by now has had another event since.
_holds = {
    HookEvent.PUBLISHED: Status.PUBLISHED,
    HookEvent.DELETED: Status.DELETED,
}


def tell(happened: Iterable[tuple[HookEvent, int]]) -> None:
    """Write deliveries of what happened to comments, in the caller's transaction: two statements at most."""
    given = list(happened)
    if given:
        _write([{"event": event, "comment_id": number} for event, number in given])


def decided(*decisions: Decision) -> None:
    """The same of decisions that have their numbers."""
    _write(
        [
            {
                "event": HookEvent.DECIDED,
                "comment_id": each.comment_id,
                "decision_id": each.id,
            }
            for each in decisions
        ]
    )


def _write(events: list[dict[str, object]]) -> None:
    hooks = db.session.execute(
        sa.select(Hook.id, Hook.events).where(Hook.enabled.is_(True)).order_by(Hook.id)
    ).all()
    rows = [
        {"hook_id": hook.id, **event}
        for event in events
        for hook in hooks
        if event["event"] in hook.events
    ]
    if rows:
        db.session.execute(sa.insert(HookDelivery), rows)


def news(delivery: HookDelivery, settings: Settings) -> News | None:
    """What there is to say of an event now; None where nothing is any more."""
    site = db.session.get(Site, 1)
    told = News(
        event=delivery.event,
        at=delivery.created_at,
        lang=site.lang if site else "en",
        site=site.title if site else settings.site_url,
        site_url=f"{settings.site_url}/",
    )
    if delivery.comment_id is None:
        return told
    try:
        comment = threads.comment(delivery.comment_id)
    except UnknownComment:
        return None
    if comment.thread.shared_until is not None:
        # What is said of a draft is for those who have its address, and nobody knows who reads a chat.
        return None
    waits = delivery.event is HookEvent.WAITING
    if comment.status is not _holds.get(delivery.event, comment.status) or (
        waits and not comment.waits
    ):
        return None
    decision = db.session.get(Decision, delivery.decision_id) if delivery.decision_id else None
    return _of(told, comment, decision, settings)


def _of(told: News, comment: Comment, decision: Decision | None, settings: Settings) -> News:
    url = threads.comment_address(comment.thread, comment.id, settings)
    data: dict[str, object] = {
        "id": comment.id,
        "parent": comment.parent_id,
        "status": str(comment.status),
        "thread": comment.thread_id,
        "article": comment.thread.title,
        "url": url,
        "moderate": f"{settings.comments_url}moderation/comments/{comment.id}",
        "created_at": stamp(comment.created_at),
    }
    text = name = ""
    # Of what is deleted nobody hears again who wrote it, or what.
    if comment.status is not Status.DELETED:
        name, text = threads.shown([comment])[0].name, comment.source
        edited_at = stamp(comment.edited_at) if comment.edited_at else None
        reasons = [str(each) for each in comment.reasons]
        data |= {"name": name, "text": text, "edited_at": edited_at, "waits_because": reasons}
        if comment.passage is not None:
            data["passage"] = comment.passage._asdict()
    return News(
        event=told.event,
        at=told.at,
        lang=told.lang,
        site=told.site,
        site_url=told.site_url,
        article=comment.thread.title,
        url=url,
        moderate=str(data["moderate"]),
        name=name,
        text=text,
        act=decision.act if decision else None,
        reason=decision.reason if decision else "",
        comment=data,
    )
