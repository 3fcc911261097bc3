"""Who somebody is: the account, what it signs in with, its browsers, and what works once."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from comments_service.db import Base
from comments_service.inputs import address_key
from comments_service.models.base import Words, key_of, now, public_id


class Role(Words):
    READER = "reader"
    AUTHOR = "author"
    MODERATOR = "moderator"
    OWNER = "owner"


# Who decides on comments: authors on their own articles, the others everywhere.
STAFF = (Role.AUTHOR, Role.MODERATOR, Role.OWNER)


class Purpose(Words):
    """What a token is good for, once."""

    # In e-mails: a new address, a new password, signing in, another address for an account.
    VERIFY = "verify"
    RESET = "reset"
    LINK = "link"
    EMAIL = "email"
    # To moderators: deciding on one comment. To an address that asked to be told of something.
    DECIDE = "decide"
    SUBSCRIBE = "subscribe"
    # Printed on the server's terminal.
    OWNER = "owner"
    # In a form: the password or the e-mailed code was right, and an app's code is still asked for.
    TOTP = "totp"
    # Kept by a page of the blog on another site, while somebody signs in for it in a window here.
    HANDOFF = "handoff"
    # On its way through a provider's pages; then, for somebody new, in a form that asks for a name.
    PROVIDER = "provider"
    NAME = "name"
    # In a page: a challenge that a passkey answers, or a device that makes one.
    PASSKEY = "passkey"
    NEW_PASSKEY = "new-passkey"


class Account(Base):
    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(sa.String(20), unique=True, default=public_id)
    name: Mapped[str] = mapped_column(sa.String(200))
    # What the name looks like (`characters.skeleton`): reserved, so that nobody else can wear it.
    name_key: Mapped[str] = mapped_column(sa.String(400), unique=True)
    # Empty for somebody whose provider vouches for no address.
    email: Mapped[str | None] = mapped_column(sa.String(254))
    email_key: Mapped[str | None] = mapped_column(sa.String(254), unique=True)
    email_verified_at: Mapped[datetime | None]
    # Who is told of a comment is looked for among those who decide, not among all readers.
    role: Mapped[Role] = mapped_column(Role.column(), default=Role.READER, index=True)
    # What one says of oneself on one's page, and whether there is such a page.
    bio: Mapped[str] = mapped_column(sa.Text, default="")
    link: Mapped[str | None] = mapped_column(sa.String(400))
    shown: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(default=now)


class Identity(Base):
    """What an account signs in with: its password, or an account with a provider.

    Passkeys have a table of their own, and a link by e-mail needs no row: the address is enough.
    """

    __tablename__ = "identities"
    __table_args__ = (sa.UniqueConstraint("kind", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(
        sa.ForeignKey("accounts.id", ondelete="CASCADE"), index=True
    )
    # "password", or the provider: "github", or the address of an OpenID issuer.
    kind: Mapped[str] = mapped_column(sa.String(200))
    # Who one is to what one signs in with; for a password, the account's public id.
    subject: Mapped[str] = mapped_column(sa.String(255))
    # What proves it: an argon2id hash for a password, nothing for a provider.
    secret: Mapped[str] = mapped_column(sa.Text, default="")
    # What its owner knows it by, such as the name with the provider.
    label: Mapped[str] = mapped_column(sa.String(200), default="")
    created_at: Mapped[datetime] = mapped_column(default=now)
    used_at: Mapped[datetime | None]


class Passkey(Base):
    """A WebAuthn credential: the private key stays in the reader's device."""

    __tablename__ = "passkeys"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(
        sa.ForeignKey("accounts.id", ondelete="CASCADE"), index=True
    )
    # WebAuthn allows 1,023 bytes.
    credential_id: Mapped[bytes] = mapped_column(sa.LargeBinary(1023), unique=True)
    public_key: Mapped[bytes] = mapped_column(sa.LargeBinary)
    sign_count: Mapped[int] = mapped_column(default=0)
    transports: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    name: Mapped[str] = mapped_column(sa.String(200))
    created_at: Mapped[datetime] = mapped_column(default=now)
    used_at: Mapped[datetime | None]


class Authenticator(Base):
    """An app that shows six digits (TOTP, RFC 6238); at most one for an account."""

    __tablename__ = "authenticators"

    account_id: Mapped[int] = mapped_column(
        sa.ForeignKey("accounts.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    secret: Mapped[str] = mapped_column(sa.String(64))
    # Empty until its first code was right: only then is it asked for.
    confirmed_at: Mapped[datetime | None]
    # The latest step of 30 seconds whose code was used: no code works twice.
    last_step: Mapped[int] = mapped_column(default=0)


class RecoveryCode(Base):
    """Stands in once for a second factor that was lost; only its hash is stored."""

    __tablename__ = "recovery_codes"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(
        sa.ForeignKey("accounts.id", ondelete="CASCADE"), index=True
    )
    code_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32))
    used_at: Mapped[datetime | None]


class Session(Base):
    """One browser: a guest's since its first comment, or an account's since it signed in."""

    __tablename__ = "sessions"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32), unique=True)
    account_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("accounts.id", ondelete="CASCADE"), index=True
    )
    account: Mapped[Account | None] = relationship(lazy="raise")
    device: Mapped[str] = mapped_column(sa.String(200), default="")
    # What its owner signed in with: "password", "letter" (a link by e-mail), "passkey", the provider.
    sign_in_method: Mapped[str] = mapped_column(sa.String(200), default="")
    # The guest's session that the same browser had before: what was written there can be claimed.
    guest_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("sessions.id", ondelete="SET NULL"), index=True
    )
    created_at: Mapped[datetime] = mapped_column(default=now)
    seen_at: Mapped[datetime] = mapped_column(default=now)
    # When its owner last showed who he is; destructive acts ask for it anew.
    proved_at: Mapped[datetime | None]
    # When a passkey, or the second factor beside a password, was shown.
    strong_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class Token(Base):
    """Something that works once: a link in an e-mail, a step between two pages; stored as a hash."""

    __tablename__ = "tokens"
    # An e-mail's link is looked for by the address that it went to.
    __table_args__ = (sa.Index("ix_tokens_email_key_purpose", "email_key", "purpose"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(sa.LargeBinary(32), unique=True)
    purpose: Mapped[Purpose] = mapped_column(Purpose.column())
    account_id: Mapped[int | None] = mapped_column(
        sa.ForeignKey("accounts.id", ondelete="CASCADE"), index=True
    )
    # The address that an e-mail went to, when no account has it (yet).
    email: Mapped[str | None] = mapped_column(sa.String(254))
    # As it is compared.
    email_key: Mapped[str | None] = mapped_column(sa.Text, default=key_of("email"), deferred=True)
    # The six digits beside a link, hashed with the link's own token, and how often they were tried.
    code_hash: Mapped[bytes | None] = mapped_column(sa.LargeBinary(32))
    tries: Mapped[int] = mapped_column(default=0)
    # What its next step has to know: `accounts.tokens` has a class for each purpose.
    payload: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    @validates("email")
    def _key_email(self, _name: str, email: str | None) -> str | None:
        self.email_key = address_key(email) if email else None
        return email
