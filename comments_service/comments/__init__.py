"""Comments: every change to a comment, and who may make it.

All changes happen inside `changing()`; anywhere else they are refused, bulk statements included.
Which threads are published anew is found by what was touched, accounts included: nobody names them.
"""

from comments_service.comments.deciding import decide, may_moderate
from comments_service.comments.editing import (
    delete,
    edit,
    editable_until,
    empty,
    forget_revisions,
    is_mine,
    may_edit,
)
from comments_service.comments.posting import post, preview
from comments_service.comments.rerendering import outdated, rendered, rerender
from comments_service.comments.transaction import (
    ChangedOutside,
    changing,
    insert,
    locked,
    misplaced,
    rearrange,
)

__all__ = [
    "ChangedOutside",
    "changing",
    "decide",
    "delete",
    "edit",
    "editable_until",
    "empty",
    "forget_revisions",
    "insert",
    "is_mine",
    "locked",
    "may_edit",
    "may_moderate",
    "misplaced",
    "outdated",
    "post",
    "preview",
    "rearrange",
    "rendered",
    "rerender",
]
