"""Spam services: what Akismet, or a program of the owner's, thinks of a comment; asked behind the commit.

Their silence delays nobody: a comment is published or held by the rules here, at once. A service that
calls it spam later puts it before a moderator, and does nothing else.
"""

from comments_service.spam_services.asking import ask_waiting

__all__ = ["ask_waiting"]
