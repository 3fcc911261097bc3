"""E-mails that a visitor asks for, to an address that he typed: how many there may be, and a link in one."""

from collections.abc import Mapping, Sequence

from comments_service import rate_limits, sessions
from comments_service.accounts import known_browsers, names, tokens
from comments_service.config import Rate, Settings
from comments_service.errors import Message
from comments_service.mail import outbox
from comments_service.models import Account

TOO_MANY = Message("Too many e-mails in a short time. Please try again later.")


def count(email: str, network: str, settings: Settings, kept: str = "") -> None:
    """Count an e-mail that a visitor asks for, inside the caller's transaction, whether it is sent or not.

    Every route that sends one to an address which somebody typed passes here: a network asks for so
    many, and a mailbox is sent so many, whichever forms they come from. A known browser, by what
    it has `kept`, is counted by itself: others cannot use up what its owner may ask for. Raises
    TooMany.
    """
    for subject, rates in limits(email, network, settings, kept).items():
        rate_limits.count(subject, rates, TOO_MANY)


def limits(
    email: str, network: str, settings: Settings, kept: str = ""
) -> Mapping[str, Sequence[Rate]]:
    """What such an e-mail is counted against, and how many of each there may be."""
    key = names.email_key(email)
    known = known_browsers.known(kept, key, settings)
    mailbox = f"email-known:{known}" if known else f"email-to:{sessions.hashed(key).hex()[:32]}"
    return {f"email:{network}": settings.limit_sign_up, mailbox: settings.limit_sign_up}


def send_link(
    payload: tokens.Payload, account: Account, email: str, lang: str, settings: Settings
) -> None:
    """An e-mail with a link; its template and its page are called as its purpose is."""
    purpose = payload.purpose
    link = tokens.link(settings.comments_url, purpose, tokens.make(payload, account))
    outbox.write(
        email,
        lang,
        purpose,
        settings,
        ephemeral=True,
        asked_for=True,
        name=account.name,
        link=link,
    )
