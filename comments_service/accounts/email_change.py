"""E-mail change: giving an account another mail address, or its first one.

The new address counts once an e-mail to it was answered. Whether it belongs to somebody else's
account is told to nobody but the e-mail's reader: what is shown and done is the same.
"""

import sqlalchemy as sa

from comments_service import sessions
from comments_service.accounts import asked_emails, names, profile, tokens
from comments_service.accounts.tokens import ChangeEmail, MagicLink, ResetPassword, VerifyEmail
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.errors import InvalidInput, Message, UnknownToken
from comments_service.mail import outbox
from comments_service.models import Account, Email, Session, Token, now


def asked(account: Account) -> Token | None:
    """The change that waits for its e-mail to be answered; its `email` is the new address."""
    return db.session.scalar(
        sa.select(Token)
        .where(Token.account_id == account.id, *tokens.usable(ChangeEmail))
        .order_by(Token.id.desc())
        .limit(1)
    )


def ask(
    session: Session, account: Account, email: str, lang: str, network: str, settings: Settings
) -> None:
    """Send an e-mail to the new address, with a link that makes it the account's.

    An address that another account has gets an e-mail that says so instead, and no link.
    Raises InvalidInput for the address that the account has already, TooMany.
    """
    if names.email_key(email) == account.email_key:
        raise InvalidInput(fields={"email": Message("This is already your address.")})
    with writing():
        asked_emails.count(email, network, settings)
        tokens.drop(ChangeEmail, account_id=account.id)
        text = tokens.make(ChangeEmail(session.id), account, email=email)
        holder = names.of_email(email)
        if holder is not None and holder.email_verified_at is not None:
            outbox.write(email, lang, "taken", settings, asked_for=True, name=holder.name)
        else:
            outbox.write(
                email,
                lang,
                ChangeEmail.purpose,
                settings,
                ephemeral=True,
                asked_for=True,
                name=account.name,
                link=tokens.link(settings.comments_url, ChangeEmail.purpose, text),
            )


def cancel(account: Account) -> None:
    with writing():
        tokens.drop(ChangeEmail, account_id=account.id)


def confirm(text: str, lang: str, settings: Settings) -> None:
    """Give the account its new address, and end all sessions but the one that asked for it.

    E-mails to the old address open nothing any more, and a last one tells it. Raises UnknownToken,
    also when the address has become another account's meanwhile.
    """
    with writing():
        token = tokens.use(ChangeEmail, text)
        account = profile.locked(token.account_id or 0)
        email = token.email or ""
        holder = names.of_email(email)
        if holder is not None and holder.email_verified_at is not None:
            raise UnknownToken(tokens.SPENT)
        if holder is not None:
            # Somebody signed up with it who never answered the e-mail: it was not his.
            holder.email = holder.email_key = None
            db.session.flush()
        before, known = account.email, account.email_verified_at is not None
        account.email, account.email_key = email, names.email_key(email)
        account.email_verified_at = now()
        tokens.drop(VerifyEmail, ResetPassword, MagicLink, ChangeEmail, account_id=account.id)
        sessions.end_all(account.id, Session.id != ChangeEmail.of(token).session)
        if before is not None and known:
            # Whom the old address belongs to from now on is not known here, so neither are e-mails.
            db.session.execute(
                sa.delete(Email).where(Email.recipient_key == names.email_key(before))
            )
            name = account.name
            outbox.write(before, lang, "email-changed", settings, ephemeral=True, name=name)
            outbox.forget_refusal(before)
