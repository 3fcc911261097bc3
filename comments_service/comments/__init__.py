"""Comments: every change to a comment, and who may make it.

All changes happen inside `changing()`; anywhere else they are refused, bulk statements included.
Which threads are published anew is found by what was touched, accounts included: nobody names them.
"""

from comments_service.comments.anchoring import Standing, anchor, standing
from comments_service.comments.answering import answer
from comments_service.comments.correcting import correct, note, remove_note
from comments_service.comments.deciding import Together, decide, decide_together, may_moderate
from comments_service.comments.doubting import doubt
from comments_service.comments.editing import (
    delete,
    edit,
    editable_until,
    empty,
    forget_revisions,
    is_mine,
    may_edit,
)
from comments_service.comments.gate import challenge
from comments_service.comments.moving import merge, move, undo
from comments_service.comments.noting import quoting
from comments_service.comments.posting import post, preview
from comments_service.comments.reporting import forget_reports, report, reportable
from comments_service.comments.rerendering import outdated, rendered, rerender
from comments_service.comments.ruling import pin, rule
from comments_service.comments.transaction import (
    ChangedOutside,
    changing,
    insert,
    insert_all,
    locked,
    misplaced,
    moved,
    rearrange,
)
from comments_service.comments.voting import (
    Voted,
    take_back_votes,
    take_over_votes,
    vote,
    votes_in,
)

__all__ = [
    "ChangedOutside",
    "Standing",
    "Together",
    "Voted",
    "anchor",
    "answer",
    "challenge",
    "changing",
    "correct",
    "decide",
    "decide_together",
    "delete",
    "doubt",
    "edit",
    "editable_until",
    "empty",
    "forget_reports",
    "forget_revisions",
    "insert",
    "insert_all",
    "is_mine",
    "locked",
    "may_edit",
    "may_moderate",
    "merge",
    "misplaced",
    "move",
    "moved",
    "note",
    "outdated",
    "pin",
    "post",
    "preview",
    "quoting",
    "rearrange",
    "remove_note",
    "rendered",
    "report",
    "reportable",
    "rerender",
    "rule",
    "standing",
    "take_back_votes",
    "take_over_votes",
    "undo",
    "vote",
    "votes_in",
]
