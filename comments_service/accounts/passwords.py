"""Passwords: argon2id, and an answer that is the same for whatever is wrong.

What a password may be is said in `inputs.fields`.
"""

import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from comments_service import rate_limits, sessions
from comments_service.accounts import known_browsers, names
from comments_service.accounts.login import Entry, enter
from comments_service.config import Rate, Settings
from comments_service.db import db, writing
from comments_service.errors import Busy, InvalidInput, Message, NotAllowed, WrongCredentials
from comments_service.inputs import NewPassword, SignIn
from comments_service.models import Account, Identity, now
from comments_service.sessions import Visitor

GUESSED_ENOUGH = Message(
    "Too many wrong passwords. Please wait a while, or reset your password by e-mail."
)

WRONG = Message("This is not your current password.")
BUSY = Message("Many people are signing in just now. Please try again in a few seconds.")
NO_PASSWORDS = Message("Signing in with a password is switched off here.")

# How many times the wrong passwords that one network may give for one account: all networks for one
# account, one network for all accounts, and the right ones with them.
EVERYWHERE, ONE_NETWORK, RIGHT_AS_WELL = 10, 4, 20

# The library's defaults are RFC 9106's second choice: 64 MiB, three passes, four lanes.
_hasher = PasswordHasher()
# So many hashes at once in a process, and so many that wait for their turn: whoever comes then is
# asked to come again, so that a rush takes neither the memory nor all threads of the service.
AT_ONCE, WAITING = 2, 6
WAIT_SECONDS = 2.0
RETRY_SECONDS = 2
_turns = threading.BoundedSemaphore(AT_ONCE)
_places = threading.BoundedSemaphore(AT_ONCE + WAITING)


@contextmanager
def _turn() -> Iterator[None]:
    """A turn to hash. Raises Busy where too many wait, or the wait is too long."""
    if not _places.acquire(blocking=False):
        raise Busy(BUSY, retry_after_seconds=RETRY_SECONDS)
    try:
        if not _turns.acquire(timeout=WAIT_SECONDS):
            raise Busy(BUSY, retry_after_seconds=RETRY_SECONDS)
        try:
            yield
        finally:
            _turns.release()
    finally:
        _places.release()


@cache
def _nobody() -> str:
    """Verified when there is no such account, so that the answer takes as long as a wrong password's."""
    return hashed(secrets.token_urlsafe(16))


def hashed(password: str) -> str:
    """What is stored. It takes 50 ms and 64 MiB on purpose: behind a limit, never inside a transaction.

    Raises Busy.
    """
    with _turn():
        return _hasher.hash(password)


def work(who: str, rates: Sequence[Rate]) -> Mapping[str, Sequence[Rate]]:
    """How much one may have hashed, right passwords included."""
    return {f"hashes:{who}": _times(RIGHT_AS_WELL, rates)}


def _times(factor: int, rates: Sequence[Rate]) -> list[Rate]:
    return [Rate(rate.count * factor, rate.seconds) for rate in rates]


def sign_in(given: SignIn, visitor: Visitor, settings: Settings) -> Entry:
    """Let in whoever knows the password. Raises WrongCredentials, TooMany, Busy, NotAllowed.

    An unknown address, a wrong password and an unconfirmed account answer alike, after like work.
    """
    if not settings.passwords:
        raise NotAllowed(NO_PASSWORDS)
    key = names.email_key(given.email)
    rates = settings.limit_sign_in
    who = sessions.hashed(key).hex()[:32]
    if known := known_browsers.known(visitor.known, key, settings):
        # Whatever others guess, and wherever its owner is by now.
        own, shared = f"sign-in-known:{known}", {}
    else:
        own = f"sign-in:{who}:{visitor.network}"
        shared = {
            f"sign-in-to:{who}": _times(EVERYWHERE, rates),
            f"sign-in-from:{visitor.network}": _times(ONE_NETWORK, rates),
        }
    acts = {own: rates, **shared, **work(known or visitor.network, rates)}
    with rate_limits.counted(acts, GUESSED_ENOUGH):
        # Before the look-up: the first sign-in of a process takes longer, whoever tries it.
        nobody = _nobody()
        account, identity = _by_address(key)
        stored = identity.secret if identity else nobody
        db.session.commit()
        if not _verified(stored, given.password) or account is None or identity is None:
            raise WrongCredentials
        if account.email_verified_at is None:
            raise WrongCredentials
        # Before the transaction, and only where the parameters have changed.
        renewed = hashed(given.password) if _hasher.check_needs_rehash(stored) else stored
    with writing():
        rate_limits.forget(own, rates)
        for subject, its_rates in shared.items():
            rate_limits.take_back(subject, its_rates)
        identity.used_at = now()
        identity.secret = renewed
        return enter(account, "password", visitor)


def _by_address(key: str) -> tuple[Account | None, Identity | None]:
    row = db.session.execute(
        sa.select(Account, Identity)
        .join(Identity, Identity.account_id == Account.id)
        .where(Account.email_key == key, Identity.kind == "password")
    ).one_or_none()
    return (row[0], row[1]) if row else (None, None)


def _verified(stored: str, password: str) -> bool:
    with _turn():
        try:
            return _hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False


def of(account: Account) -> Identity | None:
    """An account's password, if it has one."""
    return db.session.scalar(
        sa.select(Identity).where(Identity.account_id == account.id, Identity.kind == "password")
    )


def check(account: Account, password: str, rates: Sequence[Rate], field: str = "password") -> None:
    """Ask somebody who is signed in for the password again. Raises InvalidInput, TooMany, Busy.

    A session that was left open in a library must not become the account, so guesses are counted.
    """
    subject = f"password:{account.public_id}"
    acts = {subject: rates, **work(account.public_id, rates)}
    with rate_limits.counted(acts, GUESSED_ENOUGH):
        identity = of(account)
        db.session.commit()
        if not _verified(identity.secret if identity else _nobody(), password):
            raise InvalidInput(fields={field: WRONG})
    with writing():
        rate_limits.forget(subject, rates)


def change(
    account: Account, old: str, given: NewPassword, visitor: Visitor, rates: Sequence[Rate]
) -> Entry:
    """Replace the password of somebody who knows the old one; all other sessions end.

    Raises InvalidInput for a wrong one, TooMany for guessing, Busy.
    """
    check(account, old, rates, "old_password")
    secret = hashed(given.password)
    with writing():
        store(account, secret)
        sessions.end_all(account.id)
        # Whoever showed a second factor when he came in need not show it again; but the password
        # is no fresh proof of one.
        strong_at = visitor.session.strong_at if visitor.session else None
        entry = enter(account, "password", visitor, strong=strong_at is not None)
        if entry.session is not None:
            entry.session.strong_at = strong_at
        return entry


def choose(account: Account, given: NewPassword, settings: Settings) -> None:
    """Give an account its first password; the caller has asked for a fresh proof instead of an old one.

    Raises NotAllowed where there is one already, or where nobody signs in with one.
    """
    if not settings.passwords:
        raise NotAllowed(NO_PASSWORDS)
    _expect_none(account)
    db.session.commit()
    secret = hashed(given.password)
    with writing():
        _expect_none(account)
        store(account, secret)


def _expect_none(account: Account) -> None:
    if of(account) is not None:
        raise NotAllowed(
            Message("Your account has a password; enter the current one to change it.")
        )


def store(account: Account, secret: str) -> None:
    """Give an account this password, its first or another, inside the caller's transaction."""
    identity = of(account)
    if identity is None:
        identity = Identity(account_id=account.id, kind="password", subject=account.public_id)
        db.session.add(identity)
    identity.secret = secret
