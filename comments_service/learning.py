"""Learning: what moderators' decisions teach the spam filter, and what it says of a text.

The counts change with the decision, in its transaction, by what that one comment holds. What was counted
stands beside it, so that an undo takes back the same, whatever became of the text since.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from comments_service import by_writer, moderation_queue, spam, word_counts
from comments_service.db import db, writing
from comments_service.models import Act, Comment, Decision, SpamExample, SpamWord
from comments_service.spam import accuracy, words

_TAUGHT = {Act.PUBLISH: False, Act.SPAM: True}
# Of a blog's latest decisions, for the figures that an owner asks for.
LOOKED_AT = 5_000


def looked_at(text: spam.Text) -> spam.Likeness:
    """How much a text is like spam, for whoever is curious, however few examples there are."""
    return spam.scored(text.features, word_counts.of(text.features))


@dataclass(frozen=True)
class Lesson:
    """What a standing decision says of a comment: which words, and of which kind."""

    comment: Comment
    decision: Decision
    source: str

    @property
    def spam(self) -> bool:
        return _TAUGHT[self.decision.act]

    @property
    def values(self) -> dict[str, Any]:
        """Of an example's row."""
        text = spam.Text(self.source, self.comment.name or "", self.comment.website or "")
        return {
            "comment_id": self.comment.id,
            "spam": self.spam,
            "features": _packed([words.TOTAL, *text.features]),
            "decided_at": self.decision.made_at,
        }


def follow(*made: tuple[Comment, Decision]) -> None:
    """Learn from decisions that were just made, or take back what they undo; within their transaction.

    What counts is the latest decision that stands: "publish" or "spam" teaches, a deletion does not.
    """
    undone = [comment.id for comment, decision in made if decision.act is Act.UNDO]
    standing = moderation_queue.last_decisions(undone) if undone else {}
    numbers = [comment.id for comment, _ in made]
    chosen = sa.select(SpamExample).where(SpamExample.comment_id.in_(numbers))
    before = {each.comment_id: each for each in db.session.scalars(chosen.with_for_update())}
    changes: dict[int, list[int]] = {}
    new: list[dict[str, Any]] = []
    for comment, decision in made:
        latest = standing.get(comment.id) if decision.act is Act.UNDO else decision
        lesson = _lesson(comment, latest)
        if (known := before.get(comment.id)) is not None:
            _note(changes, known.features, spam=known.spam, by=-1)
            if lesson is None:
                db.session.delete(known)
        if lesson is not None:
            values = lesson.values
            _note(changes, values["features"], spam=lesson.spam, by=1)
            if known is None:
                new.append(values)
            else:
                known.spam, known.features = lesson.spam, values["features"]
                known.decided_at = lesson.decision.made_at
    if new:
        # Many rows by one statement.
        db.session.execute(sa.insert(SpamExample), new)
    word_counts.add(changes)


def _lesson(comment: Comment, standing: Decision | None) -> Lesson | None:
    if standing is None or standing.act not in _TAUGHT:
        return None
    source = comment.source
    if comment.version > 1 and source:
        source = by_writer.said_at(comment.id, standing.made_at) or source
    return Lesson(comment, standing, source) if source else None


def forget(*which: sa.ColumnElement[bool]) -> None:
    """Take back what certain comments taught; within a transaction that deletes or empties them."""
    of = sa.select(Comment.id).where(*which)
    examples = db.session.scalars(
        sa.select(SpamExample).where(SpamExample.comment_id.in_(of)).with_for_update()
    ).all()
    changes: dict[int, list[int]] = {}
    for each in examples:
        _note(changes, each.features, spam=each.spam, by=-1)
        db.session.delete(each)
    word_counts.add(changes)


def _note(changes: dict[int, list[int]], features: bytes, *, spam: bool, by: int) -> None:
    for number in unpacked(features):
        changes.setdefault(number, [0, 0])[0 if spam else 1] += by


def _packed(numbers: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(numbers)}q", *numbers)


def unpacked(features: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(features) // 8}q", features)


# ---- all of it at once


def lessons() -> list[Lesson]:
    """What every standing decision on a comment whose words are there says, the oldest first."""
    undo = aliased(Decision)
    latest = (
        sa.select(sa.func.max(Decision.id))
        .where(Decision.act != Act.UNDO, ~sa.exists().where(undo.undoes_id == Decision.id))
        .group_by(Decision.comment_id)
    )
    rows = db.session.execute(
        sa.select(Comment, Decision)
        .join(Decision, Decision.comment_id == Comment.id)
        .where(Decision.id.in_(latest), Comment.source != "")
        .order_by(Decision.id)
    ).all()
    return [each for row in rows if (each := _lesson(*row)) is not None]


def retrain() -> int:
    """Count everything anew from the decisions, as if each were made now; tells from how many comments.

    What gone comments taught stays. Words are cut before the transaction, which holds up others; a
    decision that is made meanwhile has it begin again.
    """
    while True:
        made = _last_decision()
        learned = [each.values for each in lessons()]
        db.session.rollback()
        with writing():
            if not word_counts.is_sqlite():
                # Nobody decides from here on, until it is done; whoever was about to, has.
                db.session.execute(sa.text("LOCK TABLE spam_examples IN EXCLUSIVE MODE"))
            if _last_decision() == made:
                return _replace(learned)


def _last_decision() -> int:
    return db.session.scalar(sa.select(sa.func.max(Decision.id))) or 0


def _replace(learned: Sequence[dict[str, Any]]) -> int:
    decided = sa.select(Decision.comment_id)
    there = sa.select(Comment.id).where(Comment.id.in_(decided), Comment.source != "")
    words_kept = set(db.session.scalars(there))
    kept = [each for each in learned if each["comment_id"] in words_kept]
    changes: dict[int, list[int]] = {}
    unlinked = db.session.scalars(sa.select(SpamExample).where(SpamExample.comment_id.is_(None)))
    for gone in unlinked:
        _note(changes, gone.features, spam=gone.spam, by=1)
    for each in kept:
        _note(changes, each["features"], spam=each["spam"], by=1)
    db.session.execute(sa.delete(SpamExample).where(SpamExample.comment_id.is_not(None)))
    db.session.execute(sa.delete(SpamWord))
    if kept:
        db.session.execute(sa.insert(SpamExample), kept)
    word_counts.add(changes)
    return len(kept)


# ---- what there is to say of it


@dataclass(frozen=True)
class Progress:
    """How much was learned, and how far it can be believed; no accuracy while there is no verdict."""

    spam: int
    genuine: int
    needed: int
    accuracy: accuracy.Accuracy | None


def progress() -> Progress:
    total = word_counts.of([]).get(words.TOTAL, spam.NEVER)
    tried = accuracy.cross_validated(_examples()) if spam.enough(total) else None
    return Progress(total.spam, total.genuine, spam.ENOUGH, tried)


def _examples() -> list[accuracy.Example]:
    rows = db.session.execute(
        sa.select(SpamExample.features, SpamExample.spam)
        .order_by(SpamExample.id.desc())
        .limit(LOOKED_AT)
    ).all()
    return [(frozenset(unpacked(row.features)) - {words.TOTAL}, row.spam) for row in rows]
