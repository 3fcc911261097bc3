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
    DOUBTED,
    NO_EMAIL,
    NO_NEAR,
    REPORTS_ENOUGH,
    Comment,
    CommentRevision,
    Status,
    Untold,
    Vote,
    html_hash,
    near_columns,
)
from comments_service.models.hooks import Hook, HookDelivery, HookEvent, HookFormat
from comments_service.models.imports import Import, ImportState
from comments_service.models.learning import Question, SpamExample, SpamQuestion, SpamWord
from comments_service.models.moderation import (
    Act,
    Decision,
    Note,
    SavedReply,
    ThreadAct,
    ThreadDecision,
)
from comments_service.models.newsletter import Article, ArticleEmail
from comments_service.models.notifications import (
    Choice,
    Notification,
    Preference,
    Recipient,
    Subscription,
    link_key,
)
from comments_service.models.operations import DayKey, Email, RateCount, RefusedAddress
from comments_service.models.people import Ban, PersonNote
from comments_service.models.reports import Report, ReportKind
from comments_service.models.rules import RuleChange, RuleSet
from comments_service.models.threads import Policy, Site, Thread

__all__ = [
    "DOUBTED",
    "NO_EMAIL",
    "NO_NEAR",
    "REPORTS_ENOUGH",
    "STAFF",
    "Account",
    "Act",
    "Article",
    "ArticleEmail",
    "Authenticator",
    "Ban",
    "Choice",
    "Comment",
    "CommentRevision",
    "DayKey",
    "Decision",
    "Email",
    "Hook",
    "HookDelivery",
    "HookEvent",
    "HookFormat",
    "Identity",
    "Import",
    "ImportState",
    "Note",
    "Notification",
    "Passkey",
    "PersonNote",
    "Policy",
    "Preference",
    "Purpose",
    "Question",
    "RateCount",
    "Recipient",
    "RecoveryCode",
    "RefusedAddress",
    "Report",
    "ReportKind",
    "Role",
    "RuleChange",
    "RuleSet",
    "SavedReply",
    "Session",
    "Site",
    "SpamExample",
    "SpamQuestion",
    "SpamWord",
    "Status",
    "Subscription",
    "Thread",
    "ThreadAct",
    "ThreadDecision",
    "Token",
    "Untold",
    "Vote",
    "Words",
    "html_hash",
    "link_key",
    "near_columns",
    "now",
    "public_id",
]
