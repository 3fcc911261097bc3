"""TOTP: an app's six digits beside a password or an e-mail, and codes for when the app is lost.

The app and the service share a secret, which therefore is stored as it is; recovery codes are
stored as hashes only, which are quick to make: nobody guesses 120 bits, however quick. Whoever tries codes is counted by account, and no code works twice.
"""

import hmac
import secrets
import unicodedata
from datetime import datetime
from urllib.parse import urlsplit

import pyotp
import segno
import sqlalchemy as sa

from comments_service import rate_limits, sessions
from comments_service.accounts import known_browsers, security_mail, sign_in_methods, tokens
from comments_service.accounts.login import Entry, enter, has_second_factor
from comments_service.accounts.tokens import AskTotp
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.errors import InvalidInput, Message, NotAllowed, UnknownToken
from comments_service.models import (
    Account,
    Authenticator,
    Passkey,
    RecoveryCode,
    Session,
    Token,
    now,
)
from comments_service.sessions import Visitor

# A clock that is half a minute off is common, and so is a slow typist; RFC 6238 advises one step.
DRIFT_STEPS = 1
RECOVERY_CODES = 10
# Crockford's alphabet: no letter that is taken for a digit. 24 of them are 120 bits; ASVS 6.5.2 asks
# for 112 where a hash is quick. Those of release 1.0 had 12, and work.
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
RECOVERY_CHARS = 24
# A ticket is good for so many wrong codes: then one shows the password anew.
MAX_TRIES = 5

WRONG = Message(
    "This code is not right, or it has already been used. The app shows a new one every 30 seconds."
)
GUESSED_ENOUGH = Message("Too many wrong codes. Please wait a while.")
ONLY_PASSKEYS = Message(
    "This account signs in with a passkey only: without it, nobody could sign in."
)
SPENT = Message("That took too long, or too many codes were wrong. Please sign in again.")

_misread = str.maketrans("oil", "011")


# ---- the codes


def matching_step(secret: str, code: str, moment: datetime) -> int | None:
    """The step of time that six digits belong to, if it is near enough; compared in constant time."""
    app = pyotp.TOTP(secret)
    present = app.timecode(moment)
    found = None
    for step in range(present - DRIFT_STEPS, present + DRIFT_STEPS + 1):
        if hmac.compare_digest(app.generate_otp(step), code):
            found = step
    return found


def plain(code: str) -> str:
    """A code as somebody typed it, without spaces, dashes, wide digits and capital letters."""
    folded = unicodedata.normalize("NFKC", code[:100]).lower()
    return "".join(char for char in folded if char.isascii() and char.isalnum())


def _recovery_hash(account: Account, code: str) -> bytes:
    """What is stored of a recovery code; with the account's id, so that one search is for one account."""
    return sessions.hashed(f"{account.public_id}:{plain(code).translate(_misread)}")


def _used_up(account: Account, code: str) -> str:
    """Use a code of the app or a recovery code up, inside the caller's transaction.

    Says which of the two it was: "app", "recovery", or nothing for a wrong one.
    """
    digits = plain(code)
    if len(digits) == 6 and digits.isdecimal():
        app = of(account)
        step = matching_step(app.secret, digits, now()) if app else None
        if step is None:
            return ""
        # In one statement, so that of two requests with the same code one comes too late.
        used = db.session.execute(
            sa.update(Authenticator)
            .where(Authenticator.account_id == account.id, Authenticator.last_step < step)
            .values(last_step=step)
            .returning(Authenticator.account_id)
        ).one_or_none()
        return "app" if used else ""
    used = db.session.execute(
        sa.update(RecoveryCode)
        .where(
            RecoveryCode.account_id == account.id,
            RecoveryCode.code_hash == _recovery_hash(account, code),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now())
        .returning(RecoveryCode.id)
    ).one_or_none()
    return "recovery" if used else ""


def _tried(account: Account, visitor: Visitor, settings: Settings) -> str:
    """Count a try, inside the caller's transaction; gives what is counted. Raises TooMany.

    By account, from wherever: six digits are few. A known browser is counted by itself, so that
    whoever has the password alone does not lock the account's owner out.
    """
    who = account.email_key or account.public_id
    known = known_browsers.known(visitor.known, who, settings)
    subject = f"totp-known:{known}" if known else f"totp:{account.public_id}"
    rate_limits.count(subject, settings.limit_sign_in, GUESSED_ENOUGH)
    return subject


def _accepted(account: Account, code: str, subject: str, lang: str, settings: Settings) -> str:
    """The same as `_used_up`, with what follows from a right code."""
    kind = _used_up(account, code)
    if kind:
        rate_limits.forget(subject, settings.limit_sign_in)
    if kind == "recovery":
        left = codes_left(account)
        security_mail.write(account, lang, "recovery-used", settings, left=left)
    return kind


# ---- showing it


def sign_in(ticket: str, code: str, visitor: Visitor, lang: str, settings: Settings) -> Entry:
    """The second step of signing in. Raises UnknownToken, InvalidInput, TooMany.

    A wrong code leaves the ticket, for five tries: whoever types slowly need not begin anew.
    """
    with writing():
        found = _of_ticket(ticket)
        account = db.session.get(Account, found.account_id)
        if account is None:
            raise UnknownToken(SPENT)
        subject = _tried(account, visitor, settings)
        tries = db.session.scalars(
            sa.update(Token)
            .where(Token.id == found.id)
            .values(tries=Token.tries + 1)
            .returning(Token.tries)
        ).one()
        if _accepted(account, code, subject, lang, settings):
            tokens.use(AskTotp, ticket)
            return enter(account, AskTotp.of(found).method, visitor, strong=True)
        if tries >= MAX_TRIES:
            tokens.use(AskTotp, ticket)
    raise UnknownToken(SPENT) if tries >= MAX_TRIES else InvalidInput(fields={"code": WRONG})


def _of_ticket(ticket: str) -> Token:
    try:
        return tokens.find(AskTotp, ticket)
    except UnknownToken:
        raise UnknownToken(SPENT) from None


def check(account: Account, code: str, visitor: Visitor, lang: str, settings: Settings) -> None:
    """Ask somebody who is signed in for a code. Raises InvalidInput, TooMany."""
    with writing():
        subject = _tried(account, visitor, settings)
        right = _accepted(account, code, subject, lang, settings)
    if not right:
        raise InvalidInput(fields={"code": WRONG})


# ---- having one


def of(account: Account) -> Authenticator | None:
    """The app of an account, confirmed or not."""
    # Asked anew: codes are used up by statements that the session's own copy does not see.
    return db.session.get(Authenticator, account.id, populate_existing=True)


def codes_left(account: Account) -> int:
    """How many recovery codes are not used yet."""
    return (
        db.session.scalar(
            sa.select(sa.func.count()).where(
                RecoveryCode.account_id == account.id, RecoveryCode.used_at.is_(None)
            )
        )
        or 0
    )


def begin(account: Account) -> None:
    """Make a secret for an app; it counts once the app's first code was right."""
    with writing():
        if has_second_factor(account):
            raise NotAllowed(
                Message("Your account already has an authenticator app; remove it first.")
            )
        _drop(account)
        db.session.add(Authenticator(account_id=account.id, secret=pyotp.random_base32()))


def confirm(
    account: Account, session: Session, code: str, lang: str, settings: Settings
) -> list[str]:
    """Take the app in use with its first code; gives the recovery codes, which nobody sees again.

    Raises InvalidInput, TooMany; NotAllowed when no app waits to be confirmed.
    """
    with writing():
        app = of(account)
        if app is None or app.confirmed_at is not None:
            raise NotAllowed(Message("No app is waiting for its first code."))
        if len(plain(code)) == 6 and _accepted(
            account, code, _tried(account, Visitor(session, ""), settings), lang, settings
        ):
            app.confirmed_at = now()
            sessions.prove(session, strong=True)
            security_mail.write(account, lang, "totp-on", settings)
            return _new_codes(account)
    raise InvalidInput(fields={"code": WRONG})


def renew_codes(account: Account, lang: str, settings: Settings) -> list[str]:
    """New recovery codes; the old ones, used or not, are worth nothing any more."""
    with writing():
        if not has_second_factor(account):
            raise NotAllowed(Message("Your account has no second factor."))
        security_mail.write(account, lang, "codes-renewed", settings)
        return _new_codes(account)


def _new_codes(account: Account) -> list[str]:
    db.session.execute(sa.delete(RecoveryCode).where(RecoveryCode.account_id == account.id))
    made = [
        "".join(secrets.choice(ALPHABET) for _ in range(RECOVERY_CHARS))
        for _ in range(RECOVERY_CODES)
    ]
    db.session.add_all(
        RecoveryCode(account_id=account.id, code_hash=_recovery_hash(account, each))
        for each in made
    )
    return ["-".join(each[at : at + 4] for at in range(0, RECOVERY_CHARS, 4)) for each in made]


def switch_off(account: Account, lang: str, settings: Settings) -> None:
    """Ask for no second factor any more."""
    with writing():
        if has_second_factor(account):
            security_mail.write(account, lang, "totp-off", settings)
        _drop(account)


def _drop(account: Account) -> None:
    for table in (Authenticator, RecoveryCode):
        db.session.execute(sa.delete(table).where(table.account_id == account.id))
    db.session.flush()


def reset(account: Account, settings: Settings) -> None:
    """For somebody who lost everything and asks whoever runs the server: no second factor, no passkey.

    All sessions end: what was lost may have been stolen. Raises InvalidInput where nothing but a
    passkey opens the account.
    """
    with writing():
        _drop(account)
        db.session.execute(sa.delete(Passkey).where(Passkey.account_id == account.id))
        # Whoever has an address can ask for a new password, even where he never had one.
        by_email = settings.passwords and account.email_verified_at is not None
        if not by_email and sign_in_methods.would_lock_out(account, settings):
            raise InvalidInput(fields={"email": ONLY_PASSKEYS})
        sessions.end_all(account.id)
        tokens.drop(AskTotp, account_id=account.id)
        security_mail.write(account, "", "reset", settings)


# ---- what an app is told


def provisioning_uri(account: Account, secret: str, site_url: str) -> str:
    """The `otpauth:` address that an app understands, by link or by picture."""
    host = urlsplit(site_url).hostname or "Postil"
    return pyotp.TOTP(secret).provisioning_uri(name=account.email or account.name, issuer_name=host)


def qr_code(uri: str) -> str:
    """The same as a QR code: an SVG within a `data:` address, which a page's policy lets through."""
    code = segno.make(uri, error="m", micro=False)
    return code.svg_data_uri(scale=4, border=4, light="#fff", dark="#000")


def in_groups(secret: str) -> str:
    """The secret in groups of four, for somebody who types it."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
