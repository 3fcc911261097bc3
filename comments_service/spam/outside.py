"""What others say of a comment: the services that can be asked, and what a moderator reads of it."""

from collections.abc import Iterable

from comments_service.errors import Message

AKISMET, HOOK = "akismet", "hook"
# Kept with each comment as they are worded here, and known by these words again.
REASONS = {
    AKISMET: Message("Akismet takes it for spam."),
    HOOK: Message("Your own spam check takes it for spam."),
}


def says_spam(service: str, reasons: Iterable[Message]) -> bool:
    """Whether a service has called a comment spam, for which these reasons stand."""
    return any(each.template == REASONS[service].template for each in reasons)
