"""What moderators decide on comments, one or many at once, and who may decide."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from comments_service import (
    hooks,
    learning,
    moderation_queue,
    threads,
)
from comments_service.accounts import profile, tokens
from comments_service.comments.transaction import changing, locked
from comments_service.db import db
from comments_service.errors import (
    CommentChanged,
    Message,
    NotAllowed,
    NothingToUndo,
    ServiceError,
    UnknownComment,
)
from comments_service.inputs import NewDecision
from comments_service.models import (
    Account,
    Act,
    Comment,
    Decision,
    Report,
    Role,
    Status,
    Thread,
    Untold,
    now,
    public_id,
)

# One transaction takes so many, some 0.1 s; posts come in between.
AT_ONCE = 500

_outcomes = {
    Act.PUBLISH: Status.PUBLISHED,
    Act.SPAM: Status.REJECTED,
    Act.DELETE: Status.DELETED,
}
_untold = {
    Status.PENDING: Untold.WAITING,
    Status.PUBLISHED: Untold.PUBLISHED,
    Status.REJECTED: Untold.REJECTED,
    Status.DELETED: Untold.DELETED,
}


def may_moderate(account: Account | None, thread: Thread) -> bool:
    """Moderators and owners everywhere, authors on their own articles."""
    if account is None:
        return False
    if account.role is Role.AUTHOR:
        return account.name in thread.authors
    return account.role in (Role.MODERATOR, Role.OWNER)


def decide(
    comment_id: int, moderator: Account | None, new: NewDecision, *, link: str = ""
) -> Decision:
    """Publish, reject as spam, delete, or undo the last decision; with who, when and why.

    `moderator` is None for a command on the server, and where the token of an e-mail's `link` says who
    it is: that is used up with the decision. A moderator's deletion keeps the words, so
    that it can be undone. Raises UnknownComment, NotAllowed, NothingToUndo, SignInRequired,
    UnknownToken, and CommentChanged where it was edited since the version that was decided on.
    """
    comment = threads.comment(comment_id)
    with changing():
        if link:
            moderator = tokens.use_of_account(tokens.DecideByMail, link)
        moderator = admitted(moderator, comment.thread)
        return decide_now(comment, moderator, new)


def admitted(moderator: Account | None, thread: Thread) -> Account | None:
    """A moderator as he is now. Raises NotAllowed, SignInRequired."""
    if moderator is None:
        return None
    # An account that is deleted, or has lost its role, at this very moment decides nothing.
    moderator = profile.locked(moderator.id)
    if not may_moderate(moderator, thread):
        raise NotAllowed(Message("You can moderate the comments on your own articles."))
    return moderator


def decide_now(comment: Comment, moderator: Account | None, new: NewDecision) -> Decision:
    """The same inside `changing`, by somebody who was admitted."""
    # Its writer may be deleting it at this very moment.
    db.session.refresh(comment, ["source", "status", "version", "reports"], with_for_update=True)
    act = Act(new.decision)
    undoes = moderation_queue.last_decision(comment.id) if act is Act.UNDO else None
    _refuse(comment, act, new.version, undoes)
    _refuse_anothers(moderator, new, undoes)
    decision = Decision(**_made(comment, moderator, new, undoes, now()))
    db.session.add(decision)
    db.session.flush()
    _follow_reports([comment], {comment.id: undoes} if undoes else {}, decision.made_at)
    learning.follow((comment, decision))
    hooks.decided(decision)
    return decision


def _refuse(comment: Comment, act: Act, version: int, undoes: Decision | None) -> None:
    """Raises NotAllowed, CommentChanged, NothingToUndo."""
    gone = comment.status is Status.DELETED and not comment.source
    if act is not Act.UNDO and gone:
        raise NotAllowed(
            Message(
                "The person who wrote this comment deleted it; there is nothing left to decide."
            )
        )
    if comment.source and comment.version != version:
        raise CommentChanged(comment.id, version)
    if act is Act.UNDO and (undoes is None or gone):
        raise NothingToUndo


def _refuse_anothers(moderator: Account | None, new: NewDecision, undoes: Decision | None) -> None:
    """Raises NotAllowed where somebody wants his own decision undone, and another has decided since.

    Raises NothingToUndo where it is not the one that he means, which was taken back already.
    """
    if new.undoes and (undoes is None or undoes.id not in new.undoes):
        raise NothingToUndo
    if not new.mine or undoes is None or moderator is None:
        return
    if undoes.moderator_id != moderator.id:
        found = db.session.get(Account, undoes.moderator_id) if undoes.moderator_id else None
        raise NotAllowed(
            Message(
                "{name} has decided on it since. Look at the comment before you undo that.",
                name=found.name if found else "“flask comments”",
            )
        )


def _made(
    comment: Comment,
    moderator: Account | None,
    new: NewDecision,
    undoes: Decision | None,
    moment: datetime,
    batch: str | None = None,
) -> dict[str, Any]:
    """Do to a comment what is decided; gives what the decision's row says."""
    act, before = Act(new.decision), comment.status
    after = undoes.status_before if undoes else _outcomes[act]
    if undoes and before is Status.PENDING and after is Status.PUBLISHED:
        # It was held since the decision: by an edit, a late doubt or reports. No undo lets that through.
        after = before
    # Nobody hears now of what was written years ago elsewhere.
    if after is not before and comment.imported_from is None:
        comment.untold = _untold[after]
    comment.status = after
    return {
        "comment_id": comment.id,
        "moderator_id": moderator.id if moderator else None,
        "act": act,
        "reason": new.reason,
        "tell": new.tell,
        "status_before": before,
        "status_after": after,
        "undoes_id": undoes.id if undoes else None,
        "batch": batch,
        "made_at": moment,
    }


def _follow_reports(
    decided: Sequence[Comment], undone: Mapping[int, Decision], moment: datetime
) -> None:
    """What readers have reported was seen: it counts no more, until the decision is undone."""
    if undone:
        _restore_reports(decided, undone)
        return
    reported = [each for each in decided if each.reports]
    if reported:
        chosen = Report.comment_id.in_([each.id for each in reported])
        db.session.execute(
            # The decision's own moment: by it an undo finds them.
            sa.update(Report).where(chosen, Report.decided_at.is_(None)).values(decided_at=moment)
        )
    for each in reported:
        each.reports = 0


def _restore_reports(decided: Sequence[Comment], undone: Mapping[int, Decision]) -> None:
    """Count again what was dismissed with these decisions; what came since counts as it did.

    Not what somebody has reported anew in a later version: one person counts once.
    """
    numbers = [each.id for each in decided]
    by_them = sa.exists().where(
        Decision.id.in_([each.id for each in undone.values()]),
        Decision.comment_id == Report.comment_id,
        Decision.made_at == Report.decided_at,
    )
    anew = aliased(Report)
    guests = (anew.account_id.is_(None), Report.account_id.is_(None))
    same = sa.or_(anew.session_id == Report.session_id, anew.network == Report.network)
    by_the_same = sa.exists().where(
        anew.comment_id == Report.comment_id,
        anew.version > Report.version,
        anew.decided_at.is_(None),
        sa.or_(anew.account_id == Report.account_id, sa.and_(*guests, same)),
    )
    restored = sa.update(Report).where(Report.comment_id.in_(numbers), by_them, ~by_the_same)
    db.session.execute(
        restored.values(decided_at=None), execution_options={"synchronize_session": False}
    )
    counted = sa.select(Report.comment_id, sa.func.count()).group_by(Report.comment_id)
    counted = counted.where(Report.comment_id.in_(numbers), Report.decided_at.is_(None))
    counts = {row[0]: row[1] for row in db.session.execute(counted)}
    for each in decided:
        if each.reports != counts.get(each.id, 0):
            each.reports = counts.get(each.id, 0)


@dataclass
class Together:
    """What became of several comments: each with the version that was seen, by its number."""

    batch: str
    decided: dict[int, int] = field(default_factory=dict)
    changed: dict[int, int] = field(default_factory=dict)
    refused: dict[int, ServiceError] = field(default_factory=dict)


def decide_together(
    seen: Mapping[int, int], moderator: Account | None, new: NewDecision
) -> Together:
    """One decision on several comments, each in the version that was seen, in as few statements as one.

    A transaction takes AT_ONCE of them. What cannot be decided on stops no other. Raises
    SignInRequired where the moderator's account is gone.
    """
    done = Together(public_id())
    numbers = list(seen)
    for begin in range(0, len(numbers), AT_ONCE):
        some = {each: seen[each] for each in numbers[begin : begin + AT_ONCE]}
        with changing():
            _decide_some(some, moderator, new, done)
    return done


def _decide_some(
    seen: Mapping[int, int], moderator: Account | None, new: NewDecision, done: Together
) -> None:
    if moderator is not None:
        moderator = profile.locked(moderator.id)
    found = {each.id: each for each in locked(Comment.id.in_(seen))}
    of = {each.thread_id for each in found.values()}
    known = {
        each.id: each for each in db.session.scalars(sa.select(Thread).where(Thread.id.in_(of)))
    }
    act = Act(new.decision)
    undone = moderation_queue.last_decisions(seen) if act is Act.UNDO else {}
    made = []
    moment = now()
    for number, version in seen.items():
        try:
            if (comment := found.get(number)) is None:
                raise UnknownComment
            if moderator is not None and not may_moderate(moderator, known[comment.thread_id]):
                raise NotAllowed(Message("You can moderate the comments on your own articles."))
            _refuse(comment, act, version, undone.get(number))
            _refuse_anothers(moderator, new, undone.get(number))
        except CommentChanged:
            done.changed[number] = version
        except ServiceError as error:
            done.refused[number] = error
        else:
            undoes = undone.get(number)
            made.append(_made(comment, moderator, new, undoes, moment, done.batch))
            done.decided[number] = version
    if made:
        db.session.flush()
        # Many rows by one statement; their order says nothing.
        decisions = db.session.scalars(sa.insert(Decision).returning(Decision), made).all()
        reported = [found[each.comment_id] for each in decisions]
        _follow_reports(reported, undone, moment)
        learning.follow(*((found[each.comment_id], each) for each in decisions))
        hooks.decided(*decisions)
