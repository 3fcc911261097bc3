"""Tables and their constraints; no queries.

Text that people typed is stored as typed and encoded where it is shown. `html` columns hold what
`markup` made of it, beside the version of the renderer that did.
"""

from comments_service.models.accounts import (
    STAFF,
    Account,
    Authenticator,
    Identity,
    Passkey,
    Purpose,
    RecoveryCode,
    Role,
    Session,
    Token,
)
from comments_service.models.base import Words, now, public_id
from comments_service.models.comments import (
    Act,
    Comment,
    CommentRevision,
    Decision,
    Policy,
    Site,
    Status,
    Thread,
    html_hash,
)
from comments_service.models.operations import DayKey, Email, RateCount

__all__ = [
    "STAFF",
    "Account",
    "Act",
    "Authenticator",
    "Comment",
    "CommentRevision",
    "DayKey",
    "Decision",
    "Email",
    "Identity",
    "Passkey",
    "Policy",
    "Purpose",
    "RateCount",
    "RecoveryCode",
    "Role",
    "Session",
    "Site",
    "Status",
    "Thread",
    "Token",
    "Words",
    "html_hash",
    "now",
    "public_id",
]
