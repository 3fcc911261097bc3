"""Tokens: what works once. Links in letters, and steps that lead from one page to the next.

A token is 256 random bits that only its holder has; the database keeps its SHA-256.
"""

import secrets
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from comments_service import config, sessions
from comments_service.db import db
from comments_service.errors import Message, UnknownToken
from comments_service.models import Account, Purpose, Token, now

LIFETIMES = {
    Purpose.VERIFY: timedelta(days=2),
    Purpose.RESET: timedelta(hours=1),
    Purpose.LINK: timedelta(minutes=15),
    Purpose.EMAIL: timedelta(days=1),
    Purpose.OWNER: timedelta(days=1),
    Purpose.SECOND: timedelta(minutes=10),
    Purpose.HANDOFF: timedelta(minutes=15),
    Purpose.STATE: timedelta(minutes=15),
}
SPENT = Message("This link has been used or has expired. Please ask for a new one.")


def make(purpose: Purpose, account: Account | None = None, **facts: Any) -> str:
    """A new token, inside the caller's transaction; `facts` are what its next step has to know."""
    text = secrets.token_urlsafe(32)
    store(purpose, text, account, **facts)
    return text


def store(purpose: Purpose, text: str, account: Account | None = None, **facts: Any) -> Token:
    """The row of a token whose text the caller has made himself."""
    made = Token(
        token_hash=sessions.hashed(text),
        purpose=purpose,
        account_id=account.id if account else None,
        facts=facts,
        expires_at=now() + LIFETIMES[purpose],
    )
    db.session.add(made)
    return made


def find(purpose: Purpose, text: str) -> Token:
    """A token that can still be used. Raises UnknownToken."""
    found = db.session.scalar(
        sa.select(Token).where(
            Token.token_hash == sessions.hashed(text),
            Token.purpose == purpose,
            Token.used_at.is_(None),
            Token.expires_at > now(),
        )
    )
    if found is None:
        raise UnknownToken(SPENT)
    return found


def use(purpose: Purpose, text: str) -> Token:
    """Use a token up, once even if two requests try at the same moment. Raises UnknownToken."""
    found = find(purpose, text)
    used = db.session.execute(
        sa.update(Token)
        .where(Token.id == found.id, Token.used_at.is_(None))
        .values(used_at=now())
        .returning(Token.id)
    ).one_or_none()
    if used is None:
        raise UnknownToken(SPENT)
    return found


def use_of_account(purpose: Purpose, text: str) -> Account:
    """Use up a token that belongs to an account; returns the account. Raises UnknownToken."""
    found = use(purpose, text)
    account = db.session.get(Account, found.account_id) if found.account_id else None
    if account is None or account.closed_at is not None:
        raise UnknownToken(SPENT)
    return account


def drop(purpose: Purpose, account_id: int | None = None) -> None:
    """Make the tokens of an account, or those that belong to none, useless from now on."""
    db.session.execute(
        sa.update(Token)
        .where(
            Token.purpose == purpose,
            Token.account_id == account_id if account_id else Token.account_id.is_(None),
            Token.used_at.is_(None),
        )
        .values(used_at=now())
    )


def link(page: str, token: str) -> str:
    """The address of a page that takes a token, for a letter or a terminal."""
    return f"{config.current().comments_url}{page}/{token}"
