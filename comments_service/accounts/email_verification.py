"""E-mail verification: what one proves by reading one's mail.

Signing up, and choosing a new password; the e-mail that signs in is in `magic_link`.

Whether an address is known is told to nobody but the e-mail's reader: the answer is the same, and
so is the work.
"""

import hmac
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError

from comments_service import rate_limits, sessions
from comments_service.accounts import known_browsers, names, passwords, sign_in_methods, tokens
from comments_service.accounts.login import Entry, enter
from comments_service.config import Rate, Settings
from comments_service.db import db, writing
from comments_service.errors import InvalidInput, Message, NotAllowed, UnknownToken
from comments_service.inputs import NewPassword, NewReader, SignUp
from comments_service.mail import outbox
from comments_service.models import Account, Role, now
from comments_service.sessions import Visitor

CLOSED = Message("New accounts cannot be created at the moment.")
TOO_MANY_EMAILS = Message("Too many e-mails in a short time. Please try again later.")


def sign_up_form(settings: Settings) -> type[NewReader]:
    """What a new account is asked for: a password only where one signs in with it."""
    return SignUp if settings.passwords else NewReader


def sign_up(
    given: NewReader, lang: str, network: str, settings: Settings, *, browser: str = ""
) -> None:
    """Make an account that waits for its e-mail to be answered.

    An address that has an account already gets an e-mail that says so. `browser` is the cookie of
    the one that asks: there the link needs no password. Raises InvalidInput when the name is taken,
    NotAllowed when sign-up is off, TooMany, Busy.
    """
    if not settings.sign_up:
        raise NotAllowed(CLOSED)
    if not (settings.passwords or settings.magic_links):
        # Such an account could be entered once, by this e-mail, and never again.
        raise NotAllowed(Message("Please sign in first; that creates an account."))
    # Names are public, addresses are not: asked first, so that a name which is taken is
    # answered alike whether the address is known or not.
    names.refuse_taken(given.name)
    limits = _limits(given.email, network, settings)
    with rate_limits.counted(limits, TOO_MANY_EMAILS):
        secret = passwords.hashed(given.password) if isinstance(given, SignUp) else None
    with making_account():
        # Two may have asked for one name meanwhile.
        names.refuse_taken(given.name)
        known = names.of_email(given.email)
        if known is None:
            known = new_account(given, secret, Role.READER)
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
        _send(tokens.VerifyEmail(_hashed(browser)), known, given.email, lang, settings)


@contextmanager
def making_account() -> Iterator[None]:
    """A transaction that may make an account: two at the same moment cannot have one name or address."""
    try:
        with writing():
            yield
    except IntegrityError:
        raise InvalidInput(
            fields={"name": Message("This name was taken just now; please choose another one.")}
        ) from None


def _hashed(browser: str) -> str:
    """A browser's cookie as a token keeps it: no more than is needed to know it again."""
    return sessions.hashed(browser).hex() if browser else ""


def _send(
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


def count_email(email: str, network: str, settings: Settings, kept: str = "") -> None:
    """Count an e-mail that a visitor asks for, inside the caller's transaction, whether it is sent or not.

    Every route that sends one to an address which somebody typed passes here: a network asks for so
    many, and a mailbox is sent so many, whichever forms they come from. A known browser, by what
    it has `kept`, is counted by itself: others cannot use up what its owner may ask for. Raises
    TooMany.
    """
    for subject, rates in _limits(email, network, settings, kept).items():
        rate_limits.count(subject, rates, TOO_MANY_EMAILS)


def _limits(
    email: str, network: str, settings: Settings, kept: str = ""
) -> Mapping[str, Sequence[Rate]]:
    key = names.email_key(email)
    known = known_browsers.known(kept, key, settings)
    mailbox = f"email-known:{known}" if known else f"email-to:{sessions.hashed(key).hex()[:32]}"
    return {f"email:{network}": settings.limit_sign_up, mailbox: settings.limit_sign_up}


def new_account(given: NewReader, secret: str | None, role: Role) -> Account:
    """A new account, inside the caller's transaction; with a password unless `secret` is None."""
    account = Account(
        name=given.name,
        name_key=names.key(given.name),
        email=given.email,
        email_key=names.email_key(given.email),
        role=role,
    )
    db.session.add(account)
    db.session.flush()
    if secret is not None:
        passwords.store(account, secret)
    return account


def forgot(email: str, lang: str, network: str, settings: Settings, *, kept: str = "") -> None:
    """Send a link for a new password, if there is such an account; the answer never tells.

    `kept` is what the browser kept of an earlier sign-in. Raises TooMany, NotAllowed.
    """
    if not settings.passwords:
        raise NotAllowed(passwords.NO_PASSWORDS)
    with writing():
        count_email(email, network, settings, kept)
        account = names.of_email(email)
        if account is not None and account.email:
            _send(tokens.ResetPassword(), account, account.email, lang, settings)


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


def reset(text: str, given: NewPassword, visitor: Visitor, settings: Settings) -> Entry:
    """Set a new password, end every session, sign in. Raises UnknownToken, TooMany, Busy."""
    if not settings.passwords:
        raise NotAllowed(passwords.NO_PASSWORDS)
    token = tokens.find(tokens.ResetPassword, text)
    # One link may be sent many times at one moment, before it is used up.
    limits = passwords.work(f"reset-{token.id}", settings.limit_sign_in)
    with rate_limits.counted(limits, passwords.GUESSED_ENOUGH):
        secret = passwords.hashed(given.password)
    with writing():
        account = tokens.use_of_account(tokens.ResetPassword, text)
        # The link went to the address, so following it proves the address as well.
        sign_in_methods.hand_over(account)
        passwords.store(account, secret)
        sessions.end_all(account.id)
        return enter(account, "letter", visitor)
