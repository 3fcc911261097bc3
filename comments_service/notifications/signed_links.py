"""Signed links: what whoever reads an e-mail may do about e-mails like it, without signing in.

A link names its recipient and is signed with a key of that recipient, so that nothing is stored for it
and it works as often as it is followed. It gives no rights beyond those e-mails.
"""

import base64
import hashlib
import hmac
import re

from comments_service.db import db
from comments_service.errors import Message, UnknownToken
from comments_service.models import Recipient

_OLD = Message(
    "This link is not complete, or its address was forgotten here. If e-mails still come, use the link"
    " in the newest of them."
)
_token = re.compile(r"([1-9][0-9]{0,17})((?:\.[a-z0-9-]{1,128}){0,2})\.([A-Za-z0-9_-]{22})", re.A)


def preferences(recipient: Recipient) -> str:
    """The token of the page on which a recipient chooses what to be told of."""
    return _signed("preferences", recipient)


def unsubscribe(recipient: Recipient, kind: str, thread_id: str | None = None) -> str:
    """The token of a link that stops e-mails of a kind, of one thread or of all."""
    return _signed("unsubscribe", recipient, kind, *([thread_id] if thread_id else []))


def address(comments_url: str, page: str, token: str) -> str:
    """The whole address for an e-mail; `page` is `notifications` or `unsubscribe`."""
    return f"{comments_url}{page}/{token}"


def opened(purpose: str, token: str) -> tuple[Recipient, list[str]]:
    """Whose link this is, and the words in it. Raises UnknownToken."""
    found = _token.fullmatch(token)
    recipient = db.session.get(Recipient, int(found[1])) if found else None
    if found is None or recipient is None:
        raise UnknownToken(_OLD)
    words = found[2].split(".")[1:]
    if not hmac.compare_digest(token, _signed(purpose, recipient, *words)):
        raise UnknownToken(_OLD)
    return recipient, words


def _signed(purpose: str, recipient: Recipient, *words: str) -> str:
    text = ".".join((str(recipient.id), *words))
    digest = hmac.new(recipient.key, f"{purpose}:{text}".encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(digest[:16]).rstrip(b'=').decode()}"
