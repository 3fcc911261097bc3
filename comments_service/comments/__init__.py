"""Comments: every change to a comment, and who may make it.

All changes happen inside `changing(...)`, which raises the thread's revision in the same
transaction and wakes the publisher after the commit. A change anywhere else is refused by two
listeners, bulk statements included.
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
from comments_service.comments.posting import post
from comments_service.comments.rerendering import outdated, rendered, rerender
from comments_service.comments.transaction import Change, ChangedOutside, changing, locked

__all__ = [
    "Change",
    "ChangedOutside",
    "changing",
    "decide",
    "delete",
    "edit",
    "editable_until",
    "empty",
    "forget_revisions",
    "is_mine",
    "locked",
    "may_edit",
    "may_moderate",
    "outdated",
    "post",
    "rendered",
    "rerender",
]
