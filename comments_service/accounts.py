"""Accounts: who somebody is. Signing up and in by password, roles, one-time links.

How long a browser stays signed in is decided in `sessions`. What a guest types about himself never
reads or writes a row here.
"""

import secrets
import unicodedata
from datetime import timedelta
from functools import cache

import sqlalchemy as sa
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from confusable_homoglyphs import confusables
from sqlalchemy.exc import IntegrityError

from comments_service import config, limits, notifications, sessions
from comments_service.db import db, writing
from comments_service.errors import InvalidInput, NotAllowed, UnknownToken, WrongCredentials
from comments_service.inputs import NewPassword, SignIn, SignUp
from comments_service.models import Account, Identity, Purpose, Role, Session, Token, now

VERIFY_FOR = timedelta(days=2)
RESET_FOR = timedelta(hours=1)
OWNER_LINK_FOR = timedelta(days=1)
GUESSED_ENOUGH = "Too many wrong passwords. Please wait a while, or ask for a new one by letter."

# The library's defaults are RFC 9106's second choice: 64 MiB, three passes, four lanes.
_hasher = PasswordHasher()


@cache
def _nobody() -> str:
    """Verified when there is no such account, so that the answer takes as long as a wrong password's."""
    return _hasher.hash(secrets.token_urlsafe(16))


def name_key(name: str) -> str:
    """A name without its case, its spaces and its look-alike letters: equal keys look alike."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    letters = [char for char in folded if unicodedata.category(char)[0] in "LN"]
    return "".join(_plain(char) for char in letters) or folded


def _plain(char: str) -> str:
    """The Latin letter that a letter can be mistaken for, or itself."""
    if char.isascii():
        return char
    base = unicodedata.normalize("NFD", char)[0]
    if base.isascii():
        return base
    found = confusables.is_confusable(char, preferred_aliases=["LATIN"])
    likes = [each["c"] for each in found[0]["homoglyphs"]] if found else []
    return next((each for each in likes if len(each) == 1 and each.isascii()), char).casefold()


def reserved(name: str) -> bool:
    """Whether a name belongs to an account, and so is not a guest's to wear."""
    return (
        db.session.scalar(sa.select(Account.id).where(Account.name_key == name_key(name)))
        is not None
    )


def email_key(email: str) -> str:
    return email.strip().casefold()


# ---- signing in and up


def sign_in(given: SignIn, device: str, network: str) -> tuple[Session, str]:
    """A new session for whoever knows the password. Raises WrongCredentials, TooMany.

    An unknown address, a wrong password and an unconfirmed account answer alike, after like work.
    """
    key = email_key(given.email)
    rates = config.current().limit_sign_in
    account_subject = f"sign-in:{sessions.hashed(key).hex()[:32]}"
    network_subject = f"sign-in-from:{network}"
    with writing():
        limits.count(account_subject, rates, GUESSED_ENOUGH)
        wider = [config.Rate(rate.count * 4, rate.seconds) for rate in rates]
        limits.count(network_subject, wider, GUESSED_ENOUGH)
    nobody = _nobody()
    account, identity = _by_password(key)
    stored = identity.secret if identity else nobody
    db.session.commit()
    if not _verified(stored, given.password) or account is None or identity is None:
        raise WrongCredentials
    if account.email_verified_at is None or account.closed_at is not None:
        raise WrongCredentials
    with writing():
        limits.forget(account_subject)
        limits.take_back(network_subject)
        identity.used_at = now()
        if _hasher.check_needs_rehash(identity.secret):
            identity.secret = _hasher.hash(given.password)
        return sessions.begin(account, device)


def _by_password(key: str) -> tuple[Account | None, Identity | None]:
    row = db.session.execute(
        sa.select(Account, Identity)
        .join(Identity, Identity.account_id == Account.id)
        .where(Account.email_key == key, Identity.kind == "password")
    ).one_or_none()
    return (row[0], row[1]) if row else (None, None)


def _verified(stored: str, password: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def sign_up(given: SignUp, lang: str, network: str) -> None:
    """Make an account that waits for its letter to be answered.

    An address that has an account already gets a letter that says so; the answer is the same, and
    so is the work. Raises InvalidInput when the name is taken, NotAllowed when sign-up is off.
    """
    if not config.current().sign_up:
        raise NotAllowed("New accounts are not made here at the moment.")
    secret = _hasher.hash(given.password)
    try:
        with writing():
            _count_letter(network)
            # Names are public, addresses are not: asked first, so that a name which is taken is
            # answered alike whether the address is known or not.
            if reserved(given.name):
                raise InvalidInput(
                    fields={"name": "This name is taken; please choose another one."}
                )
            known = db.session.scalar(
                sa.select(Account).where(Account.email_key == email_key(given.email))
            )
            if known is not None:
                _write_again(known, lang)
                return
            account = _made(given, secret, Role.READER)
            token = _token(Purpose.VERIFY, account, VERIFY_FOR)
            notifications.write(
                account.email, lang, "verify", name=account.name, link=_link("verify", token)
            )
    except IntegrityError:
        # Two sign-ups at the same moment: the other one has the name or the address.
        raise InvalidInput(
            fields={"name": "This name was taken just now; please choose another one."}
        ) from None


def _write_again(account: Account, lang: str) -> None:
    """Answer a sign-up for an address that is known: only its owner learns of it, by letter."""
    if account.email_verified_at is None:
        token = _token(Purpose.VERIFY, account, VERIFY_FOR)
        notifications.write(
            account.email, lang, "verify", name=account.name, link=_link("verify", token)
        )
    else:
        notifications.write(
            account.email,
            lang,
            "known",
            name=account.name,
            link=config.current().comments_url + "forgot",
        )


def _count_letter(network: str) -> None:
    limits.count(
        f"letter:{network}",
        config.current().limit_sign_up,
        "That is a lot of letters in a short time. Please try again later.",
    )


def _made(given: SignUp, secret: str, role: Role) -> Account:
    account = Account(
        name=given.name,
        name_key=name_key(given.name),
        email=given.email,
        email_key=email_key(given.email),
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
        _count_letter(network)
        account = db.session.scalar(
            sa.select(Account).where(
                Account.email_key == email_key(email), Account.closed_at.is_(None)
            )
        )
        if account is not None:
            token = _token(Purpose.RESET, account, RESET_FOR)
            notifications.write(
                account.email, lang, "reset", name=account.name, link=_link("reset", token)
            )


# ---- one-time links


def _token(purpose: Purpose, account: Account | None, lifetime: timedelta) -> str:
    token = secrets.token_urlsafe(32)
    db.session.add(
        Token(
            token_hash=sessions.hashed(token),
            purpose=purpose,
            account_id=account.id if account else None,
            expires_at=now() + lifetime,
        )
    )
    return token


def _link(page: str, token: str) -> str:
    return f"{config.current().comments_url}{page}/{token}"


def token(purpose: Purpose, text: str) -> Token:
    """A link that can still be used. Raises UnknownToken."""
    found = db.session.scalar(
        sa.select(Token).where(
            Token.token_hash == sessions.hashed(text),
            Token.purpose == purpose,
            Token.used_at.is_(None),
            Token.expires_at > now(),
        )
    )
    if found is None:
        raise UnknownToken("This link is used up or too old. Please ask for a new one.")
    return found


def _use(purpose: Purpose, text: str) -> Account | None:
    """Use a link up, once even if two requests try at the same moment; returns its account."""
    found = token(purpose, text)
    used = db.session.execute(
        sa.update(Token)
        .where(Token.id == found.id, Token.used_at.is_(None))
        .values(used_at=now())
        .returning(Token.account_id)
    ).one_or_none()
    if used is None:
        raise UnknownToken
    return db.session.get(Account, used[0]) if used[0] is not None else None


def verify(text: str, device: str) -> tuple[Session, str]:
    """Confirm a mail address and sign its owner in. Raises UnknownToken."""
    with writing():
        account = _use(Purpose.VERIFY, text)
        if account is None:
            raise UnknownToken
        account.email_verified_at = account.email_verified_at or now()
        return sessions.begin(account, device)


def reset(text: str, given: NewPassword, device: str) -> tuple[Session, str]:
    """Set a new password, end every session, sign in. Raises UnknownToken."""
    token(Purpose.RESET, text)
    db.session.commit()
    secret = _hasher.hash(given.password)
    with writing():
        account = _use(Purpose.RESET, text)
        if account is None:
            raise UnknownToken
        _set_password(account, secret)
        # The link went to the address, so following it proves the address as well.
        account.email_verified_at = account.email_verified_at or now()
        sessions.end_all(account.id)
        return sessions.begin(account, device)


def change_password(
    account: Account, old: str, given: NewPassword, device: str
) -> tuple[Session, str]:
    """Replace the password of somebody who knows the old one; all other sessions end.

    Raises InvalidInput for a wrong one, TooMany for guessing: a session that was left open in a
    library must not become the account.
    """
    subject = f"password:{account.public_id}"
    with writing():
        limits.count(subject, config.current().limit_sign_in, GUESSED_ENOUGH)
    _, identity = _by_password(account.email_key)
    db.session.commit()
    if not _verified(identity.secret if identity else _nobody(), old):
        raise InvalidInput(fields={"old_password": "This is not your present password."})
    secret = _hasher.hash(given.password)
    with writing():
        limits.forget(subject)
        _set_password(account, secret)
        sessions.end_all(account.id)
        return sessions.begin(account, device)


def _set_password(account: Account, secret: str) -> None:
    identity = db.session.scalar(
        sa.select(Identity).where(Identity.account_id == account.id, Identity.kind == "password")
    )
    if identity is None:
        identity = Identity(
            account_id=account.id, kind="password", subject=account.public_id, secret=secret
        )
        db.session.add(identity)
    identity.secret = secret


# ---- the owner and other roles


def has_owner() -> bool:
    return (
        db.session.scalar(sa.select(Account.id).where(Account.role == Role.OWNER).limit(1))
        is not None
    )


def owner_link() -> str:
    """A new one-time link with which its reader becomes an owner; earlier ones stop working."""
    with writing():
        db.session.execute(
            sa.update(Token)
            .where(Token.purpose == Purpose.OWNER, Token.used_at.is_(None))
            .values(used_at=now())
        )
        return _link("owner", _token(Purpose.OWNER, None, OWNER_LINK_FOR))


def become_owner(text: str, given: SignUp, device: str) -> tuple[Session, str]:
    """Make the owner's account through the one-time link. Raises UnknownToken, InvalidInput."""
    token(Purpose.OWNER, text)
    db.session.commit()
    secret = _hasher.hash(given.password)
    with writing():
        _use(Purpose.OWNER, text)
        account = db.session.scalar(
            sa.select(Account).where(Account.email_key == email_key(given.email))
        )
        if account is None:
            if reserved(given.name):
                raise InvalidInput(
                    fields={"name": "This name is taken; please choose another one."}
                )
            account = _made(given, secret, Role.OWNER)
        else:
            _set_password(account, secret)
            sessions.end_all(account.id)
            account.role = Role.OWNER
        # Whoever can read the server's terminal needs no letter to prove an address.
        account.email_verified_at = account.email_verified_at or now()
        return sessions.begin(account, device)


def set_role(email: str, role: Role) -> Account:
    """Give an account a role; its sessions end, so that the next sign-in carries the new one."""
    with writing():
        account = db.session.scalar(sa.select(Account).where(Account.email_key == email_key(email)))
        if account is None:
            raise InvalidInput(fields={"email": f"There is no account with the address {email}."})
        account.role = role
        sessions.end_all(account.id)
        return account
