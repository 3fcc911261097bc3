"""Magic links: the e-mail that signs in, by its link or, read on another device, by six digits.

Three secrets hang together, each the hash of the one before it: the link's token, which only the
e-mail has; the ticket, which the page that asked for the e-mail keeps; and what the table keeps.
So the link works wherever it is opened, the page cannot make the link out of its ticket, and the
table gives away neither; the e-mail leaves the outbox as it is sent. The six digits are kept as an
HMAC under the ticket: they are worth nothing without it, neither to somebody who guesses them nor
to somebody who reads the table.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass

import sqlalchemy as sa

from comments_service import rate_limits, sessions
from comments_service.accounts import asked_emails, names, new_accounts, sign_in_methods, tokens
from comments_service.accounts.login import Entry, enter
from comments_service.accounts.tokens import MagicLink
from comments_service.config import Rate, Settings
from comments_service.db import db, writing
from comments_service.errors import InvalidInput, Message, NotAllowed, UnknownToken
from comments_service.inputs import GivenCode, NewReader
from comments_service.mail import outbox
from comments_service.models import Account, Role, Token, now
from comments_service.sessions import Visitor

# One guess in 200,000 is right before the e-mail is worth nothing.
MAX_TRIES = 5
# E-mails can be asked for again and again; ten guesses a day would take 270 years.
WRONG_CODES = (Rate(10, 86_400),)

SWITCHED_OFF = Message("Signing in by e-mail is switched off here.")
WRONG = Message("This is not the code from the latest e-mail.")
SPENT = Message("This code has been used or has expired. Please ask for another e-mail.")
GUESSED_ENOUGH = Message("Too many wrong codes for today. The link in the e-mail still works.")
NAME_NEEDED = Message("Please enter a name.")


@dataclass(frozen=True)
class Welcome:
    """Whom an e-mail's link lets in, before its button is pressed: nobody yet, if `account` is None."""

    account: Account | None
    email: str


def ask(
    email: str, lang: str, network: str, settings: Settings, *, target: str = "", kept: str = ""
) -> str:
    """Send an e-mail that signs its reader in; returns the ticket that its code is used with.

    Whether the address is known changes what the e-mail says, and nothing else. `target` is where
    the link goes on to, `kept` what the browser kept of an earlier sign-in. Asking again makes the e-mail before worthless. Raises TooMany, NotAllowed.
    """
    if not settings.magic_links:
        raise NotAllowed(SWITCHED_OFF)
    key = names.email_key(email)
    text = secrets.token_urlsafe(32)
    code = f"{secrets.randbelow(10**6):06}"
    with writing():
        asked_emails.count(email, network, settings, kept)
        account = names.of_email(email)
        open_to_all = settings.sign_up and account is None
        db.session.execute(
            sa.update(Token)
            .where(Token.email_key == key, *tokens.usable(MagicLink))
            .values(used_at=now())
        )
        ticket = _ticket(text)
        token = tokens.store(
            MagicLink(address=email, target=target), sessions.hashed(ticket), account, email=key
        )
        token.code_hash = _sealed(ticket, code)
        outbox.write(
            (account.email if account else None) or email,
            lang,
            "sign-in" if open_to_all or account else "unknown",
            settings,
            ephemeral=True,
            asked_for=True,
            name=account.name if account else "",
            code=f"{code[:3]} {code[3:]}",
            link=tokens.link(settings.comments_url, MagicLink.purpose, text),
        )
    return ticket


def _ticket(text: str) -> str:
    """The ticket of a link's token: its hash, so that the link cannot be told from it."""
    return sessions.hashed(f"ticket {text}").hex()


def _sealed(ticket: str, code: str) -> bytes:
    return hmac.new(ticket.encode(), code.encode(), hashlib.sha256).digest()


def welcome(text: str, settings: Settings) -> Welcome:
    """Whom a link lets in; nothing happens yet. Raises UnknownToken, NotAllowed."""
    token = tokens.find(MagicLink, _ticket(text))
    return Welcome(_account(token, settings), MagicLink.of(token).address)


def by_link(
    text: str, visitor: Visitor, settings: Settings, name: str | None = None
) -> tuple[Entry, str]:
    """Let in who pressed the button behind an e-mail's link; with where he wanted to go.

    `name` is for an address that has no account, which makes one. Raises UnknownToken, InvalidInput,
    NotAllowed.
    """
    with new_accounts.making():
        token = tokens.use(MagicLink, _ticket(text))
        return _arrive(token, visitor, name, settings), MagicLink.of(token).target


def by_code(given: GivenCode, visitor: Visitor, settings: Settings) -> Entry:
    """Let in who has the ticket and the e-mail's six digits. Raises UnknownToken, InvalidInput, TooMany.

    A wrong code is counted against the e-mail and against its address; a right one without the name
    that it needs is not used up.
    """
    with new_accounts.making():
        token = _tried(given.ticket)
        subject = f"code:{sessions.hashed(token.email or '').hex()[:32]}"
        rate_limits.count(subject, WRONG_CODES, GUESSED_ENOUGH)
        if hmac.compare_digest(token.code_hash or b"", _sealed(given.ticket, given.code)):
            rate_limits.take_back(subject, WRONG_CODES)
            token.used_at = now()
            return _arrive(token, visitor, given.name, settings)
        spent = token.tries >= MAX_TRIES
        if spent:
            token.used_at = now()
    if spent:
        raise UnknownToken(SPENT)
    raise InvalidInput(fields={"code": WRONG})


def _tried(ticket: str) -> Token:
    """The row of a ticket, with one try more; two tries at one moment are two. Raises UnknownToken."""
    token = db.session.scalar(
        sa.update(Token)
        .where(
            Token.token_hash == sessions.hashed(ticket),
            Token.tries < MAX_TRIES,
            *tokens.usable(MagicLink),
        )
        .values(tries=Token.tries + 1)
        .returning(Token)
        .execution_options(populate_existing=True)
    )
    if token is None:
        raise UnknownToken(SPENT)
    return token


def _account(token: Token, settings: Settings) -> Account | None:
    """The account that an e-mail is for: also one that was made since. Raises UnknownToken, NotAllowed."""
    if not settings.magic_links:
        raise NotAllowed(SWITCHED_OFF)
    if token.account_id is not None:
        account = db.session.get(Account, token.account_id)
        # An address that moved to another account, or left this one, opens it no more.
        if account is None or account.email_key != token.email:
            raise UnknownToken(tokens.SPENT)
    else:
        account = names.of_email(token.email or "")
    if account is None and not settings.sign_up:
        raise NotAllowed(new_accounts.CLOSED)
    return account


def _arrive(token: Token, visitor: Visitor, name: str | None, settings: Settings) -> Entry:
    """The account of an e-mail's address, which is proved now, or a new one with a name."""
    account = _account(token, settings)
    if account is None:
        if not name:
            raise InvalidInput(fields={"name": NAME_NEEDED})
        names.refuse_taken(name)
        given = NewReader(name=name, email=MagicLink.of(token).address)
        account = new_accounts.add(given, None, Role.READER)
    sign_in_methods.hand_over(account)
    return enter(account, "letter", visitor)
