"""Comments: every change to a comment, and who may make it."""

from comments_service.comments.posting import (
    Change,
    ChangedOutside,
    changing,
    decide,
    delete,
    edit,
    editable_until,
    empty,
    forget_revisions,
    is_mine,
    may_edit,
    may_moderate,
    post,
    rendered,
)

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
    "may_edit",
    "may_moderate",
    "post",
    "rendered",
]
