"""Registration: signing up, and confirming the address by the e-mail's link.

Whether an address is known is told to nobody but the e-mail's reader: the answer is the same, and
so is the work.
"""

import hmac

from comments_service import rate_limits, sessions
from comments_service.accounts import (
    asked_emails,
    names,
    new_accounts,
    passwords,
    sign_in_methods,
    tokens,
)
from comments_service.accounts.login import Entry, enter
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.errors import Message, NotAllowed, UnknownToken
from comments_service.inputs import NewReader, SignUp
from comments_service.mail import outbox
from comments_service.models import Account, Role, now
from comments_service.sessions import Visitor


def sign_up(
    given: NewReader, lang: str, network: str, settings: Settings, *, browser: str = ""
) -> None:
    """Make an account that waits for its e-mail to be answered.

    An address that has an account already gets an e-mail that says so. `browser` is the cookie of
    the one that asks: there the link needs no password. Raises InvalidInput when the name is taken,
    NotAllowed when sign-up is off, TooMany, Busy.
    """
    if not settings.sign_up:
        raise NotAllowed(new_accounts.CLOSED)
    if not (settings.passwords or settings.magic_links):
        # Such an account could be entered once, by this e-mail, and never again.
        raise NotAllowed(Message("Please sign in first; that creates an account."))
    # Names are public, addresses are not: asked first, so that a name which is taken is
    # answered alike whether the address is known or not.
    names.refuse_taken(given.name)
    limits = asked_emails.limits(given.email, network, settings)
    with rate_limits.counted(limits, asked_emails.TOO_MANY):
        secret = passwords.hashed(given.password) if isinstance(given, SignUp) else None
    with new_accounts.making():
        # Two may have asked for one name meanwhile.
        names.refuse_taken(given.name)
        known = names.of_email(given.email)
        if known is None:
            known = new_accounts.add(given, secret, Role.READER)
        elif known.email_verified_at is not None:
            # What helps somebody who forgot that he has an account.
            link = settings.comments_url + ("forgot" if settings.passwords else "sign-in")
            name = known.name
            outbox.write(given.email, lang, "known", settings, asked_for=True, name=name, link=link)
            return
        else:
            # Whoever signed up last may not be whoever did first: only the e-mail to this one goes
            # on, with this one's password.
            tokens.drop(tokens.VerifyEmail, account_id=known.id)
            if secret is not None:
                passwords.store(known, secret)
        asked_emails.send_link(
            tokens.VerifyEmail(_hashed(browser)), known, given.email, lang, settings
        )


def _hashed(browser: str) -> str:
    """A browser's cookie as a token keeps it: no more than is needed to know it again."""
    return sessions.hashed(browser).hex() if browser else ""


def needs_password(text: str, browser: str, settings: Settings) -> bool:
    """Whether confirming an address asks for the password that was chosen with it.

    Anybody can sign up with anybody's address. Its owner, who presses the button in the e-mail out of
    curiosity, must not come to share an account with whoever chose the password: so the button alone
    is enough only in the browser that signed up. Raises UnknownToken.
    """
    token = tokens.find(tokens.VerifyEmail, text)
    account = db.session.get(Account, token.account_id) if token.account_id else None
    if not settings.passwords or account is None or passwords.of(account) is None:
        return False
    kept = tokens.VerifyEmail.of(token).browser
    return not (browser and kept and hmac.compare_digest(kept, _hashed(browser)))


def verify(
    text: str, visitor: Visitor, settings: Settings, *, browser: str = "", password: str = ""
) -> Entry:
    """Confirm a mail address and sign its owner in. Raises UnknownToken, InvalidInput, TooMany."""
    if needs_password(text, browser, settings):
        token = tokens.find(tokens.VerifyEmail, text)
        account = db.session.get_one(Account, token.account_id)
        passwords.check(account, password, settings.limit_sign_in)
    with writing():
        account = _waiting(text)
        if not settings.passwords:
            sign_in_methods.hand_over(account)
        account.email_verified_at = account.email_verified_at or now()
        return enter(account, "letter", visitor)


def _waiting(text: str) -> Account:
    """The account whose address an e-mail confirms, if it still has one. Raises UnknownToken."""
    account = tokens.use_of_account(tokens.VerifyEmail, text)
    if account.email is None:
        # Somebody else proved the address meanwhile, and has it.
        raise UnknownToken(tokens.SPENT)
    return account


def disown(text: str) -> str:
    """Give an account to its address's owner, who did not choose its password.

    What was chosen is dropped, and the answer is a token for choosing another. Raises UnknownToken.
    """
    with writing():
        account = _waiting(text)
        sign_in_methods.hand_over(account)
        return tokens.make(tokens.ResetPassword(), account)
