"""New accounts: what one is asked for, and the row, whichever way somebody comes to have one."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import IntegrityError

from comments_service.accounts import names, passwords
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.errors import InvalidInput, Message
from comments_service.inputs import NewReader, SignUp
from comments_service.models import Account, Role

CLOSED = Message("New accounts cannot be created at the moment.")


def form(settings: Settings) -> type[NewReader]:
    """What a new account is asked for: a password only where one signs in with it."""
    return SignUp if settings.passwords else NewReader


@contextmanager
def making() -> Iterator[None]:
    """A transaction that may make an account: two at the same moment cannot have one name or address."""
    try:
        with writing():
            yield
    except IntegrityError:
        raise InvalidInput(
            fields={"name": Message("This name was taken just now; please choose another one.")}
        ) from None


def add(given: NewReader, secret: str | None, role: Role) -> Account:
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
