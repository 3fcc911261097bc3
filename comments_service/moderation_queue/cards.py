"""What a moderator sees of a comment beside its words: what it answers, how it was edited, what was noted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from comments_service import differences, markup, threads
from comments_service.db import db
from comments_service.differences import Part
from comments_service.inputs import as_seen
from comments_service.models import Comment, CommentRevision, Note
from comments_service.moderation_queue.filters import person_of

EXCERPT_CHARS = 140
# Of HTML, which says the same in more; its end may be missing.
EXCERPT_READ_CHARS = 2_000


@dataclass(frozen=True)
class Card:
    """A comment as a moderator sees it."""

    comment: Comment
    shown: threads.Shown
    # How the comment begins that it answers, as typed; empty for one that is gone.
    answers: str
    # From what it said first to what it says now; nothing for what was never edited.
    edit: Sequence[Part]
    notes: int
    person: str


@dataclass(frozen=True)
class Changed:
    """A comment that was edited after a moderator saw it: what he saw beside what it says now."""

    card: Card
    seen: int
    # Empty where that is not kept any more.
    before: str
    edit: Sequence[Part]

    @property
    def named(self) -> str:
        return as_seen(self.card.comment.id, self.seen)


@dataclass(frozen=True)
class Edit:
    """One step of a comment's history; without parts where its old words were forgotten."""

    revision: CommentRevision
    parts: Sequence[Part]


def cards(comments: Sequence[Comment]) -> list[Card]:
    """Comments, loaded with their accounts, as cards; four queries at most."""
    numbers = [each.id for each in comments]
    parents, firsts, noted = _parents(comments), _firsts(comments), _noted(numbers)
    return [
        Card(
            comment,
            shown,
            parents.get(comment.parent_id or 0, ""),
            differences.between(firsts[comment.id], comment.source)
            if comment.id in firsts and comment.source
            else (),
            noted.get(comment.id, 0),
            person_of(comment),
        )
        for comment, shown in zip(comments, threads.shown(comments), strict=True)
    ]


def _parents(comments: Sequence[Comment]) -> dict[int, str]:
    asked = {each.parent_id for each in comments if each.parent_id is not None}
    if not asked:
        return {}
    begin = sa.func.substr(Comment.html, 1, EXCERPT_READ_CHARS)
    rows = db.session.execute(
        sa.select(Comment.id, begin.label("begin")).where(Comment.id.in_(asked))
    )
    return {row.id: markup.excerpt(row.begin, EXCERPT_CHARS) for row in rows}


def _firsts(comments: Sequence[Comment]) -> dict[int, str]:
    """What those that were edited said first, as far as it is kept."""
    edited = [each.id for each in comments if each.version > 1]
    if not edited:
        return {}
    first = (
        sa.select(sa.func.min(CommentRevision.id))
        .where(CommentRevision.comment_id.in_(edited), CommentRevision.source != "")
        .group_by(CommentRevision.comment_id)
    )
    kept = sa.select(CommentRevision.comment_id, CommentRevision.source)
    rows = db.session.execute(kept.where(CommentRevision.id.in_(first)))
    return {row.comment_id: row.source for row in rows}


def _noted(numbers: Sequence[int]) -> dict[int, int]:
    counted = sa.select(Note.comment_id, sa.func.count()).where(Note.comment_id.in_(numbers))
    return {row[0]: row[1] for row in db.session.execute(counted.group_by(Note.comment_id))}


def changed(comments: Sequence[Comment], seen: Mapping[int, int]) -> list[Changed]:
    """Those of the comments that are not in the version any more that somebody saw."""
    edited = [each for each in comments if each.source and each.version != seen[each.id]]
    before = _versions(edited, seen)
    return [
        Changed(
            card,
            seen[card.comment.id],
            old := before.get(card.comment.id, ""),
            differences.between(old, card.comment.source) if old else (),
        )
        for card in cards(edited)
    ]


def _versions(comments: Sequence[Comment], seen: Mapping[int, int]) -> dict[int, str]:
    """What comments said in the versions that were seen; a revision is kept for each before the last."""
    rows = db.session.execute(
        sa.select(CommentRevision.comment_id, CommentRevision.source)
        .where(CommentRevision.comment_id.in_([each.id for each in comments]))
        .order_by(CommentRevision.id)
    )
    sources: dict[int, list[str]] = {}
    for row in rows:
        sources.setdefault(row.comment_id, []).append(row.source)
    return {
        number: kept[seen[number] - 1]
        for number, kept in sources.items()
        if seen[number] <= len(kept)
    }


def edits(comment: Comment) -> list[Edit]:
    """How a comment came to say what it says, the latest edit first."""
    revisions = db.session.scalars(
        sa.select(CommentRevision)
        .where(CommentRevision.comment_id == comment.id)
        .options(joinedload(CommentRevision.moderator))
        .order_by(CommentRevision.id)
    ).all()
    after = [*(each.source for each in revisions), comment.source][1:]
    steps = [
        Edit(each, differences.between(each.source, then) if each.source and then else ())
        for each, then in zip(revisions, after, strict=True)
    ]
    return steps[::-1]


def notes(comment_id: int) -> Sequence[Note]:
    """What moderators told each other of a comment, oldest first."""
    return db.session.scalars(
        sa.select(Note)
        .where(Note.comment_id == comment_id)
        .options(joinedload(Note.writer))
        .order_by(Note.id)
    ).all()
