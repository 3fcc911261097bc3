"""Roles: the owner, whom a link on the server's terminal makes, and who else decides."""

import sqlalchemy as sa

from comments_service import bans, sessions
from comments_service.accounts import (
    names,
    new_accounts,
    passwords,
    profile,
    sign_in_methods,
    tokens,
)
from comments_service.accounts.login import Entry, enter
from comments_service.accounts.tokens import BecomeOwner
from comments_service.db import db, writing
from comments_service.errors import InvalidInput, Message, NotAllowed
from comments_service.inputs import NewReader, SignUp
from comments_service.models import STAFF, Account, Role, now
from comments_service.sessions import Visitor

LAST_OWNER = Message(
    "This is the only owner, and somebody has to look after the comments. Make another account an"
    " owner first: flask comments role ADDRESS owner"
)

BANNED = Message("Nobody who is banned decides on others. End the ban first.")

# Who has never answered the e-mail that confirms an address cannot come in.
_owners = sa.select(Account.id).where(
    Account.role == Role.OWNER,
    sa.or_(Account.email_key.is_(None), Account.email_verified_at.is_not(None)),
)


def has_owner() -> bool:
    return db.session.scalar(_owners.limit(1)) is not None


def is_last_owner(account: Account, *, locked: bool = False) -> bool:
    """Whether nobody would be left who may do everything.

    Two owners who go at the same moment each count on the other, so the one who is asked to stay
    is `locked` before anything is done.
    """
    if account.role is not Role.OWNER:
        return False
    chosen = _owners.where(Account.id != account.id).limit(1)
    return db.session.scalar(chosen.with_for_update() if locked else chosen) is None


def refuse_last_owner(account: Account) -> None:
    """Before an account stops being an owner who comes in, inside the transaction that locked it.

    Raises NotAllowed when the blog would have no owner then.
    """
    if is_last_owner(account, locked=True):
        raise NotAllowed(LAST_OWNER)


def owner_link(comments_url: str) -> str:
    """A new one-time link with which its reader becomes an owner; earlier ones stop working."""
    with writing():
        tokens.drop(BecomeOwner, account_id=None)
        return tokens.link(comments_url, BecomeOwner.purpose, tokens.make(BecomeOwner()))


def become_owner(text: str, given: NewReader, visitor: Visitor) -> Entry:
    """Make the owner's account through the one-time link. Raises UnknownToken, InvalidInput.

    Without a password, where nobody signs in with one: then an e-mail, a passkey or a provider does.
    """
    tokens.find(BecomeOwner, text)
    db.session.commit()
    secret = passwords.hashed(given.password) if isinstance(given, SignUp) else None
    with writing():
        tokens.use(BecomeOwner, text)
        account = names.of_email(given.email)
        if account is None:
            names.refuse_taken(given.name)
            account = new_accounts.add(given, secret, Role.OWNER)
            # Whoever can read the server's terminal needs no e-mail to prove an address.
            account.email_verified_at = now()
        else:
            sign_in_methods.hand_over(account)
            if secret is not None:
                passwords.store(account, secret)
            sessions.end_all(account.id)
            account.role = Role.OWNER
        return enter(account, "password" if secret else "terminal", visitor)


def set_role(email: str, role: Role) -> Account:
    """Give the account of an address a role. Raises InvalidInput for one without, and what `give` does."""
    return give(known(email).id, role)


def give(account_id: int, role: Role) -> Account:
    """Give an account a role; its sessions end, so that the next sign-in carries the new one.

    Raises NotAllowed for the last owner, and for a role that decides while a ban holds.
    """
    with writing():
        account = profile.locked(account_id)
        if role is not Role.OWNER:
            refuse_last_owner(account)
        if role in STAFF and bans.of_account(account.id) is not None:
            raise NotAllowed(BANNED)
        account.role = role
        sessions.end_all(account.id)
        return account


def known(email: str) -> Account:
    """The account of an address that somebody at the server names. Raises InvalidInput."""
    account = names.of_email(email)
    if account is None:
        raise InvalidInput(
            fields={"email": Message("There is no account with the address {email}.", email=email)}
        )
    return account
