"""Delivering: what waits is sent, tried again for two days, and then given up until somebody says "send again"."""

import logging
import time
from collections.abc import Callable
from datetime import timedelta

from comments_service import claims
from comments_service.config import Settings
from comments_service.db import clean_rows, db, writing
from comments_service.hooks import payloads, signature
from comments_service.hooks.connection import FAILURES, Refused, Reply, networks, post
from comments_service.hooks.telling import news
from comments_service.models import Hook, HookDelivery, now

BATCH = 50
# Longer than a delivery takes, whatever the receiver does. Who takes it over sends it by the same id.
LEASE = timedelta(minutes=5)
# As Standard Webhooks advises: ten attempts within two days.
WAITS = tuple(timedelta(seconds=each) for each in (10, 60, 300, 1_800, 7_200)) + tuple(
    timedelta(hours=each) for each in (5, 10, 14, 16)
)
MAX_ATTEMPTS = len(WAITS) + 1
# A receiver that asks for more patience is tried nevertheless.
LONGEST_PATIENCE = timedelta(hours=1)
MAX_REASON_CHARS = 300
# How long one can look up what was delivered.
KEPT = timedelta(days=30)
GONE = 410

log = logging.getLogger(__name__)


def _nothing() -> None:
    """No sign of life, where no worker sends."""


def send_waiting(settings: Settings, beat: Callable[[], None] = _nothing) -> int:
    """Send what is due; returns how much arrived. A failure is kept for another attempt.

    A hook that fails once is left alone for this round: what waits for the others goes on.
    """
    sent, failing = 0, set[int]()
    for _ in range(BATCH):
        delivery = claims.take(
            HookDelivery,
            HookDelivery.delivered_at.is_(None),
            HookDelivery.hook_id.not_in(failing),
            lease=LEASE,
            max_attempts=MAX_ATTEMPTS,
        )
        if delivery is None:
            break
        beat()
        hook = db.session.get(Hook, delivery.hook_id, populate_existing=True)
        told = news(delivery, settings) if hook is not None and hook.enabled else None
        if hook is None or told is None:
            with writing():
                claims.finish(delivery, None)
            continue
        url, body = payloads.written(hook.format, hook.url, told)
        # Nothing is read from the database while the receiver thinks; both stay as they were claimed.
        db.session.expunge(delivery)
        db.session.expunge(hook)
        db.session.rollback()
        try:
            reply = _sent(hook, delivery, url, body, settings)
        except Exception as failure:
            # The address stays out of it: for chats it is the key.
            error = str(failure) if isinstance(failure, Refused) else _of_the_network(failure)
            arrived = _failed(delivery, hook, error, said=error)
        else:
            arrived = _answered(delivery, hook, reply)
        sent += arrived
        if not arrived:
            failing.add(hook.id)
    return sent


def _sent(hook: Hook, delivery: HookDelivery, url: str, body: bytes, settings: Settings) -> Reply:
    signed = signature.headers(hook.secret, f"msg_{delivery.key}", int(time.time()), body)
    given = {"Content-Type": "application/json", "User-Agent": "Postil"}
    return post(url, body, {**given, **signed}, networks(settings.hook_networks))


def _of_the_network(failure: Exception) -> str:
    if isinstance(failure, FAILURES):
        return f"{type(failure).__name__}: {failure}"[:MAX_REASON_CHARS]
    log.error("A web hook's delivery broke", exc_info=failure)
    return type(failure).__name__


def _answered(delivery: HookDelivery, hook: Hook, reply: Reply) -> bool:
    if 200 <= reply.status < 300:
        with writing():
            values = {"delivered_at": now(), "status": reply.status, "error": ""}
            return claims.finish(delivery, values)
    if reply.status == GONE:
        # By the convention, whoever answers so wants to hear nothing more.
        with writing():
            if (found := db.session.get(Hook, hook.id)) is not None:
                found.enabled = False
    text = " ".join(reply.text.split())[:MAX_REASON_CHARS]
    error = f"{reply.status} {text}".strip()
    patience = min(timedelta(seconds=reply.retry_after_seconds), LONGEST_PATIENCE)
    # What it says may repeat the address that it was asked at.
    said = str(reply.status)
    return _failed(delivery, hook, error, reply.status, patience, said=said)


def _failed(
    delivery: HookDelivery,
    hook: Hook,
    error: str,
    status: int | None = None,
    patience: timedelta = timedelta(),
    *,
    said: str,
) -> bool:
    """Keep what went wrong for its owner, and what may be `said` of it for the log."""
    error = error.replace("\0", "")
    given_up = delivery.next_attempt_at is None
    if given_up or error != delivery.error:
        word = "is given up" if given_up else "waits"
        log.warning("A delivery to web hook %s %s: %s", hook.id, word, said)
    values: dict[str, object] = {"error": error, "status": status}
    if not given_up:
        values["next_attempt_at"] = now() + max(WAITS[delivery.attempts - 1], patience)
    with writing():
        claims.finish(delivery, values)
    return False


def clean() -> None:
    """Drop deliveries of a month ago, whatever became of them."""
    clean_rows(HookDelivery.id, HookDelivery.created_at < now() - KEPT)
