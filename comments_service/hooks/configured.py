"""Configured: the hooks that the owner has, and what became of their deliveries."""

from collections.abc import Sequence

import sqlalchemy as sa

from comments_service.db import db, writing
from comments_service.errors import InvalidInput, Message, UnknownHook
from comments_service.hooks import signature
from comments_service.inputs import HookInput
from comments_service.models import Hook, HookDelivery, HookEvent, HookFormat, now

# Each is told by itself: more than these no blog's owner looks after.
MAX_HOOKS = 20
SHOWN = 50


def configured() -> Sequence[Hook]:
    return db.session.scalars(sa.select(Hook).order_by(Hook.id)).all()


def get(hook_id: int) -> Hook:
    """Raises UnknownHook."""
    found = db.session.get(Hook, hook_id, populate_existing=True)
    if found is None:
        raise UnknownHook
    return found


def failing() -> frozenset[int]:
    """The hooks that have deliveries which failed, and which wait or are given up."""
    return frozenset(
        db.session.scalars(
            sa.select(HookDelivery.hook_id)
            .where(HookDelivery.delivered_at.is_(None), HookDelivery.error != "")
            .distinct()
        )
    )


def troubles() -> list[tuple[Hook, str]]:
    """The same with what went wrong last; of those that are switched on."""
    latest = (
        sa.select(sa.func.max(HookDelivery.id))
        .where(HookDelivery.delivered_at.is_(None), HookDelivery.error != "")
        .group_by(HookDelivery.hook_id)
    )
    rows = db.session.execute(
        sa.select(Hook, HookDelivery.error)
        .join(HookDelivery, HookDelivery.hook_id == Hook.id)
        .where(HookDelivery.id.in_(latest), Hook.enabled.is_(True))
        .order_by(Hook.id)
    )
    return [(row[0], row[1]) for row in rows]


def deliveries(hook: Hook) -> Sequence[HookDelivery]:
    """The latest of them, the newest first."""
    return db.session.scalars(
        sa.select(HookDelivery)
        .where(HookDelivery.hook_id == hook.id)
        .order_by(HookDelivery.id.desc())
        .limit(SHOWN)
    ).all()


def add(given: HookInput) -> Hook:
    """Raises InvalidInput."""
    made = Hook(secret=signature.new_secret(), **_values(given))
    with writing():
        if (db.session.scalar(sa.select(sa.func.count()).select_from(Hook)) or 0) >= MAX_HOOKS:
            raise InvalidInput(
                fields={
                    "url": Message("There are {max} web hooks; remove one first.", max=MAX_HOOKS)
                }
            )
        db.session.add(made)
    return made


def change(hook_id: int, given: HookInput) -> Hook:
    """Raises UnknownHook."""
    with writing():
        hook = get(hook_id)
        for name, value in _values(given).items():
            setattr(hook, name, value)
    return hook


def _values(given: HookInput) -> dict[str, object]:
    return {
        "url": given.url,
        "format": HookFormat(given.format),
        "events": list(dict.fromkeys(given.events)),
        "enabled": given.enabled,
    }


def renew_secret(hook_id: int) -> Hook:
    """Deliveries are signed with another secret from now on. Raises UnknownHook."""
    with writing():
        hook = get(hook_id)
        hook.secret = signature.new_secret()
    return hook


def remove(hook_id: int) -> None:
    """With all its deliveries. Raises UnknownHook."""
    with writing():
        db.session.delete(get(hook_id))


def probe(hook_id: int) -> HookDelivery:
    """Send a test. Raises UnknownHook."""
    with writing():
        made = HookDelivery(hook_id=get(hook_id).id, event=HookEvent.TEST)
        db.session.add(made)
    return made


def again(delivery_id: int) -> HookDelivery:
    """Send a delivery once more, whatever became of it, as if it were new. Raises UnknownHook."""
    with writing():
        found = db.session.get(HookDelivery, delivery_id, populate_existing=True)
        if found is None:
            raise UnknownHook
        found.attempts, found.next_attempt_at = 0, now()
        found.delivered_at, found.error, found.status = None, "", None
    return found
