"""Roles: the owner, whom a link on the server's terminal makes, and who else decides."""

import sqlalchemy as sa

from comments_service import sessions
from comments_service.accounts import letters, names, passwords, tokens
from comments_service.accounts.entrance import Entry, enter
from comments_service.db import db, writing
from comments_service.errors import InvalidInput, Message
from comments_service.inputs import SignUp
from comments_service.models import Account, Purpose, Role, now
from comments_service.sessions import Visitor


def has_owner() -> bool:
    return (
        db.session.scalar(sa.select(Account.id).where(Account.role == Role.OWNER).limit(1))
        is not None
    )


def owner_link() -> str:
    """A new one-time link with which its reader becomes an owner; earlier ones stop working."""
    with writing():
        tokens.drop(Purpose.OWNER)
        return tokens.link("owner", tokens.make(Purpose.OWNER))


def become_owner(text: str, given: SignUp, visitor: Visitor) -> Entry:
    """Make the owner's account through the one-time link. Raises UnknownToken, InvalidInput."""
    tokens.find(Purpose.OWNER, text)
    db.session.commit()
    secret = passwords.hashed(given.password)
    with writing():
        tokens.use(Purpose.OWNER, text)
        account = names.of_email(given.email)
        if account is None:
            names.refuse_taken(given.name)
            account = letters.made(given, secret, Role.OWNER)
        else:
            passwords.store(account, secret)
            sessions.end_all(account.id)
            account.role = Role.OWNER
        # Whoever can read the server's terminal needs no letter to prove an address.
        account.email_verified_at = account.email_verified_at or now()
        return enter(account, "password", visitor)


def set_role(email: str, role: Role) -> Account:
    """Give an account a role; its sessions end, so that the next sign-in carries the new one."""
    with writing():
        account = known(email)
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
