"""Letters: what one proves by reading one's mail. Signing up, and choosing a new password.

Whether an address is known is told to nobody but the letter's reader: the answer is the same, and
so is the work.
"""

from sqlalchemy.exc import IntegrityError

from comments_service import config, limits, notifications, sessions
from comments_service.accounts import names, passwords, tokens
from comments_service.accounts.entrance import Entry, enter
from comments_service.db import db, writing
from comments_service.errors import InvalidInput, Message, NotAllowed
from comments_service.inputs import NewPassword, SignUp
from comments_service.models import Account, Identity, Purpose, Role, now
from comments_service.sessions import Visitor

MANY_LETTERS = Message("That is a lot of letters in a short time. Please try again later.")


def sign_up(given: SignUp, lang: str, network: str) -> None:
    """Make an account that waits for its letter to be answered.

    An address that has an account already gets a letter that says so. Raises InvalidInput when the
    name is taken, NotAllowed when sign-up is off.
    """
    if not config.current().sign_up:
        raise NotAllowed(Message("New accounts are not made here at the moment."))
    secret = passwords.hashed(given.password)
    try:
        with writing():
            count_letter(network)
            # Names are public, addresses are not: asked first, so that a name which is taken is
            # answered alike whether the address is known or not.
            names.refuse_taken(given.name)
            known = names.of_email(given.email)
            if known is not None:
                _write_again(known, given.email, lang)
                return
            account = made(given, secret, Role.READER)
            _send(Purpose.VERIFY, account, given.email, lang)
    except IntegrityError:
        # Two sign-ups at the same moment: the other one has the name or the address.
        raise InvalidInput(
            fields={"name": Message("This name was taken just now; please choose another one.")}
        ) from None


def _write_again(account: Account, email: str, lang: str) -> None:
    """Answer a sign-up for an address that is known: only its owner learns of it, by letter."""
    if account.email_verified_at is None:
        _send(Purpose.VERIFY, account, email, lang)
    else:
        link = config.current().comments_url + "forgot"
        notifications.write(email, lang, "known", name=account.name, link=link)


def _send(purpose: Purpose, account: Account, email: str, lang: str) -> None:
    """A letter with a link; its template and its page are called as its purpose is."""
    link = tokens.link(purpose, tokens.make(purpose, account))
    notifications.write(email, lang, purpose, name=account.name, link=link)


def count_letter(network: str) -> None:
    """Raises TooMany for a network that asks for one letter after the other."""
    limits.count(f"letter:{network}", config.current().limit_sign_up, MANY_LETTERS)


def made(given: SignUp, secret: str, role: Role) -> Account:
    """A new account with a password, inside the caller's transaction."""
    account = Account(
        name=given.name,
        name_key=names.key(given.name),
        email=given.email,
        email_key=names.email_key(given.email),
        role=role,
    )
    db.session.add(account)
    db.session.flush()
    db.session.add(
        Identity(account_id=account.id, kind="password", subject=account.public_id, secret=secret)
    )
    return account


def forgot(email: str, lang: str, network: str) -> None:
    """Send a link for a new password, if there is such an account; the answer never tells."""
    with writing():
        count_letter(network)
        account = names.of_email(email)
        if account is not None and account.email and account.closed_at is None:
            _send(Purpose.RESET, account, account.email, lang)


def verify(text: str, visitor: Visitor) -> Entry:
    """Confirm a mail address and sign its owner in. Raises UnknownToken."""
    with writing():
        account = tokens.use_of_account(Purpose.VERIFY, text)
        account.email_verified_at = account.email_verified_at or now()
        return enter(account, "letter", visitor)


def reset(text: str, given: NewPassword, visitor: Visitor) -> Entry:
    """Set a new password, end every session, sign in. Raises UnknownToken."""
    tokens.find(Purpose.RESET, text)
    db.session.commit()
    secret = passwords.hashed(given.password)
    with writing():
        account = tokens.use_of_account(Purpose.RESET, text)
        passwords.store(account, secret)
        # The link went to the address, so following it proves the address as well.
        account.email_verified_at = account.email_verified_at or now()
        sessions.end_all(account.id)
        return enter(account, "letter", visitor)
