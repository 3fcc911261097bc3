"""What is ruled, as the database keeps it: read, changed, and changed back.

Every process remembers what it read last. A post asks for the revision within a statement that it sends
anyhow (`by_writer.history`), so that it is judged by what is ruled at that moment; a page looks again
after seconds.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from comments_service.config import Settings
from comments_service.db import clean_rows, db, writing
from comments_service.errors import InvalidInput, Message, NothingToUndo
from comments_service.inputs import RuleChanges, parse
from comments_service.models import Account, RuleChange, RuleSet, now
from comments_service.rules.values import DEFAULTS, SETTINGS, SIGN_IN, Rules, Source

# How long a page may show what another process has changed since.
LOOK_SECONDS = 2.0
SHOWN_CHANGES = 20
# Who changed what is of interest while somebody may ask why a comment waited.
CHANGES_KEPT = timedelta(days=365)

# What a statement of others asks along with its own.
revision = sa.select(RuleSet.revision).where(RuleSet.id == 1).scalar_subquery()


@dataclass
class _Known:
    """What one process knows. Nothing is ruled until it has looked."""

    ruled: Mapping[str, Any] = field(default_factory=dict)
    revision: int = 0
    looked_at: float = 0.0
    # As it holds with the settings, which are the same at every request.
    rules: Rules | None = None


_known: WeakKeyDictionary[sa.Engine, _Known] = WeakKeyDictionary()


def known(settings: Settings) -> Rules:
    """The rules as this process knows them; asks the database nothing."""
    of = _known.setdefault(db.engine, _Known())
    if of.rules is None or of.rules.settings is not settings:
        of.rules = Rules(settings, of.ruled, of.revision)
    return of.rules


def look() -> None:
    """Read what is ruled; one statement."""
    row = db.session.connection().execute(_row).one_or_none()
    of = _known.setdefault(db.engine, _Known())
    of.looked_at = time.monotonic()
    ruled, number = (row.ruled, row.revision) if row else ({}, 0)
    if of.revision != number:
        of.ruled, of.revision, of.rules = ruled, number, None


_row = sa.select(RuleSet.ruled, RuleSet.revision).where(RuleSet.id == 1)


def look_now_and_then() -> None:
    """The same, unless that was a moment ago."""
    of = _known.setdefault(db.engine, _Known())
    if time.monotonic() - of.looked_at > LOOK_SECONDS:
        look()


def noticed(number: int | None) -> None:
    """Somebody has read the revision: if it is another one, what is ruled is read as well."""
    if _known.setdefault(db.engine, _Known()).revision != (number or 0):
        look()


def takes_guests(settings: Settings) -> bool:
    """Whether one may comment without an account. Who is refused was refused by what is ruled now."""
    if known(settings).guests == SIGN_IN:
        look()
    return known(settings).guests != SIGN_IN


def applied(settings: Settings) -> Settings:
    """The settings with what the dashboard rules of them; the same ones where it rules nothing."""
    rules = known(settings)
    guests = rules.guests != SIGN_IN
    if (guests, rules.trust_after) == (settings.guests, settings.trust_after):
        return settings
    return replace(settings, guests=guests, trust_after=rules.trust_after)


def drafted(changes: RuleChanges, settings: Settings) -> Rules:
    """The rules as these changes would make them. Raises InvalidInput."""
    look()
    rules = known(settings)
    given = changes.model_dump(exclude_none=True)
    wrong = {
        name: Message("{setting} in .env says this, and wins.", setting=SETTINGS[name])
        for name, value in given.items()
        if rules.source(name) is Source.ENV and value != rules.value(name)
    }
    methods = settings.passwords or settings.magic_links or settings.passkeys or settings.clients
    if given.get("guests") == SIGN_IN and not methods:
        wrong["guests"] = Message("Nobody could write then: every way to sign in is switched off.")
    if wrong:
        raise InvalidInput(fields=wrong)
    return rules.with_changes({n: v for n, v in given.items() if rules.source(n) is not Source.ENV})


def change(changes: RuleChanges, account: Account | None, settings: Settings) -> int:
    """Rule this from now on, and record it; tells how many rules are others than before."""
    rules = drafted(changes, settings)
    given = {name: rules.ruled[name] for name in changes.model_fields_set if name in rules.ruled}
    with writing():
        row = _locked()
        # What is as it would be without the dashboard is not said twice.
        after = {
            name: None if value == rules.default(name) else value for name, value in given.items()
        }
        changed = {name: value for name, value in after.items() if value != row.ruled.get(name)}
        _record(row, changed, account)
    look()
    return len(changed)


def undo(change_id: int, account: Account | None, settings: Settings) -> None:
    """Put a rule back to what it was before a change.

    Raises NothingToUndo where it was changed since, and InvalidInput where it cannot be that any more.
    """
    made = db.session.get(RuleChange, change_id)
    if made is not None and made.before is not None:
        drafted(parse(RuleChanges, {made.name: made.before}), settings)
    with writing():
        row = _locked()
        if made is None or not _stands(made, row.ruled):
            raise NothingToUndo(Message("This rule has been changed again since."))
        _record(row, {made.name: made.before}, account)
    look()


def _locked() -> RuleSet:
    """The row, which no other process changes meanwhile."""
    table = RuleSet.__tablename__
    db.session.execute(
        sa.text(
            f"INSERT INTO {table} (id, ruled, revision) VALUES (1, '{{}}', 0) ON CONFLICT DO NOTHING"  # noqa: S608 - a name of our own
        )
    )
    return db.session.get_one(RuleSet, 1, with_for_update=True, populate_existing=True)


def _record(row: RuleSet, changed: Mapping[str, Any], account: Account | None) -> None:
    if not changed:
        return
    moment = now()
    for name, value in changed.items():
        db.session.add(
            RuleChange(
                name=name,
                before=row.ruled.get(name),
                after=value,
                account_id=account.id if account else None,
                made_at=moment,
            )
        )
    ruled = {**row.ruled, **changed}
    row.ruled = {name: ruled[name] for name in DEFAULTS if ruled.get(name) is not None}
    row.revision += 1


@dataclass(frozen=True)
class Recorded:
    """A change as it is shown; where it can be undone, nobody has changed the rule again."""

    change: RuleChange
    before: Any
    after: Any
    undoable: bool


def changes(rules: Rules) -> Sequence[Recorded]:
    """What was changed lately, the latest first."""
    made = db.session.scalars(
        sa.select(RuleChange)
        .where(RuleChange.name.in_(DEFAULTS))
        .options(joinedload(RuleChange.account))
        .order_by(RuleChange.id.desc())
        .limit(SHOWN_CHANGES)
    ).all()
    found, later = [], set()
    for each in made:
        before, after = (
            rules.default(each.name) if value is None else value
            for value in (each.before, each.after)
        )
        stands = each.name not in later and _stands(each, rules.ruled)
        found.append(Recorded(each, before, after, stands))
        later.add(each.name)
    return found


def _stands(made: RuleChange, ruled: Mapping[str, Any]) -> bool:
    return bool(made.after == ruled.get(made.name))


def changed_by(account_id: int) -> Sequence[RuleChange]:
    """What one account has changed, oldest first."""
    return db.session.scalars(
        sa.select(RuleChange).where(RuleChange.account_id == account_id).order_by(RuleChange.id)
    ).all()


def clean() -> None:
    """Forget who changed what long ago; what is ruled stays."""
    clean_rows(RuleChange.id, RuleChange.made_at < now() - CHANGES_KEPT)
