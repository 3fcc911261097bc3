"""Asking: whoever wants the newsletter is sent it once the address is confirmed."""

from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.errors import Message
from comments_service.inputs import NewsletterAsk
from comments_service.models import Account, Site
from comments_service.newsletter.announcing import EACH, KINDS, WEEKLY
from comments_service.notifications import opt_in, subscriptions
from comments_service.sessions import Visitor

SUBSCRIBED = Message("New articles are e-mailed to you from now on.")


def is_offered() -> bool:
    """Whether the blog has a newsletter."""
    site = db.session.get(Site, 1)
    return site is not None and bool(site.newsletter)


def ask(given: NewsletterAsk, visitor: Visitor, lang: str, settings: Settings) -> bool:
    """Let an address have the newsletter, at once where it is the confirmed one of whoever asks.

    Otherwise its owner is sent one e-mail first; returns whether. Raises TooMany.
    """
    kind = WEEKLY if given.weekly else EACH
    account = visitor.session.account if visitor.session else None
    if account is not None and _is_of(account, given.email):
        with writing():
            recipient = subscriptions.of_account(account.id)
            recipient.lang = lang
            for other in KINDS:
                row = subscriptions.find(recipient, other, None)
                if row is not None and other != kind:
                    db.session.delete(row)
            subscriptions.put(recipient, kind, None)
        return False
    opt_in.ask(given.email, kind, None, visitor, lang, settings)
    return True


def _is_of(account: Account, address: str) -> bool:
    own = account.email if account.email_verified_at else None
    return own is not None and own.casefold() == address.casefold()
