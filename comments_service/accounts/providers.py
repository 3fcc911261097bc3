"""Providers: whose account it is that somebody opens with GitHub, Google or an OpenID provider.

Somebody sets out with a state that only his browser has, and comes back with a code;
`oauth_client` finds out who he is to the provider. An identity that is known opens its account.
Else an address counts only if the provider vouches for it: then it opens the account that has
proved the same address.
Nothing is ever matched by an address that somebody merely claims.
"""

import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from comments_service import rate_limits, sessions
from comments_service.accounts import (
    names,
    new_accounts,
    security_mail,
    sign_in_methods,
    tokens,
)
from comments_service.accounts.login import Entry, enter
from comments_service.accounts.tokens import AskProvider, ChooseName
from comments_service.config import Client, Rate, Settings
from comments_service.db import db, writing
from comments_service.errors import Message, NotAllowed, UnknownPage, UnknownToken
from comments_service.models import Account, Identity, Role, now
from comments_service.sessions import Visitor

if TYPE_CHECKING:
    from comments_service.accounts.oauth_client import Person

Step = TypeVar("Step", AskProvider, ChooseName)

OFTEN = Message("That was a lot in a short time. Please try again later.")
ASTRAY = Message("This step was started in another browser, or too long ago. Please start again.")


@dataclass(frozen=True)
class Callback:
    """Somebody who came back, what he had set out for, and where he wants to go."""

    person: "Person"
    intent: str
    account_id: int | None
    target: str


def of_key(key: str, clients: Sequence[Client]) -> Client:
    """The provider that an address names. Raises UnknownPage for one that is not configured."""
    for client in clients:
        if client.key == key:
            return client
    raise UnknownPage


def authorize(
    client: Client,
    visitor: Visitor,
    settings: Settings,
    *,
    browser: str,
    target: str,
    intent: str = "",
) -> str:
    """The provider's address where somebody signs in; he comes back to the same browser only.

    `intent` is empty, or what somebody who is signed in wants: "link" or "prove". Raises
    ProviderFailed, TooMany.
    """
    state, nonce = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    verifier = secrets.token_urlsafe(48)
    account = visitor.account if intent else None
    with writing():
        rates = [Rate(rate.count * 4, rate.seconds) for rate in settings.limit_sign_in]
        rate_limits.count(f"provider-from:{visitor.network}", rates, OFTEN)
        waits = AskProvider(
            provider=client.key,
            browser=sessions.hashed(browser).hex(),
            nonce=nonce,
            verifier=verifier,
            target=target,
            intent=intent,
        )
        tokens.store(waits, sessions.hashed(state), account)
    # Imported here: what speaks with providers costs 7 MB and 70 ms that few blogs ever need.
    from comments_service.accounts import oauth_client

    return oauth_client.authorization_url(
        client, settings.comments_url, state, verifier, nonce, fresh=intent == "prove"
    )


def callback(client: Client, comments_url: str, state: str, code: str, browser: str) -> Callback:
    """Who came back from a provider. Raises UnknownToken, ProviderFailed."""
    from comments_service.accounts import oauth_client

    with writing():
        account_id, step = _step(AskProvider, client, state, browser)
    fresh = step.intent == "prove"
    person = oauth_client.person(client, comments_url, code, step.verifier, step.nonce, fresh=fresh)
    return Callback(person, step.intent, account_id, step.target)


def _step(kind: type[Step], client: Client, text: str, browser: str) -> tuple[int | None, Step]:
    """Use up the token of a step that began in this browser, with this provider. Raises UnknownToken."""
    try:
        token = tokens.use(kind, text)
    except UnknownToken:
        raise UnknownToken(ASTRAY) from None
    step = kind.of(token)
    same = hmac.compare_digest(step.browser, sessions.hashed(browser).hex())
    if not browser or not same or step.provider != client.key:
        raise UnknownToken(ASTRAY)
    return token.account_id, step


# ---- signing in


@dataclass(frozen=True)
class SignedIn:
    """Who is in (`entry`); or a ticket, for somebody new who has to choose a name first."""

    entry: Entry | None = None
    linked: bool = False
    ticket: str = ""


def sign_in(
    client: Client, person: "Person", visitor: Visitor, browser: str, lang: str, settings: Settings
) -> SignedIn:
    """Open the account of whoever came back. Raises NotAllowed."""
    with writing():
        identity = _identity(person)
        if identity is not None:
            identity.used_at, identity.label = now(), person.label
            account = db.session.get_one(Account, identity.account_id)
            return SignedIn(enter(account, client.key, visitor))
        known = names.of_email(person.email) if person.email else None
        if known is None:
            if not settings.sign_up:
                raise NotAllowed(new_accounts.CLOSED)
            return SignedIn(ticket=_ask_name(client, person, browser))
        # The provider vouches for the address: whoever signed up with it and never proved it is out.
        sign_in_methods.hand_over(known)
        entry = enter(known, client.key, visitor)
        if entry.session is not None:
            # Not before the second factor: an address alone must not add a sign-in method for good.
            _connect(known, client, person, lang, settings)
        return SignedIn(entry, linked=entry.session is not None)


def _identity(person: "Person") -> Identity | None:
    return db.session.scalar(
        sa.select(Identity).where(Identity.kind == person.kind, Identity.subject == person.subject)
    )


def _add(account: Account, who: "Person | ChooseName") -> None:
    db.session.add(
        Identity(
            account_id=account.id,
            kind=who.kind,
            subject=who.subject,
            label=who.label,
            used_at=now(),
        )
    )


def _connect(
    account: Account, client: Client, person: "Person", lang: str, settings: Settings
) -> None:
    _add(account, person)
    security_mail.write(account, lang, "provider-linked", settings, thing=client.name)


def _ask_name(client: Client, person: "Person", browser: str) -> str:
    return tokens.make(
        ChooseName(
            provider=client.key,
            browser=sessions.hashed(browser).hex(),
            kind=person.kind,
            subject=person.subject,
            email=person.email,
            label=person.label,
        )
    )


def make_account(
    client: Client, ticket: str, name: str, browser: str, visitor: Visitor, settings: Settings
) -> Entry:
    """The account of somebody new, with the name that he chose. Raises UnknownToken, InvalidInput,
    NotAllowed.
    """
    if not settings.sign_up:
        raise NotAllowed(new_accounts.CLOSED)
    with new_accounts.making():
        _, person = _step(ChooseName, client, ticket, browser)
        names.refuse_taken(name)
        account = Account(
            name=name,
            name_key=names.key(name),
            email=person.email or None,
            email_key=names.email_key(person.email) if person.email else None,
            email_verified_at=now() if person.email else None,
            role=Role.READER,
        )
        db.session.add(account)
        db.session.flush()
        _add(account, person)
        return enter(account, client.key, visitor)


# ---- for somebody who is signed in


def proves(returned: Callback, account: Account) -> bool:
    """Whether whoever came back is the one whose account it is, and who had set out."""
    identity = _identity(returned.person)
    own = identity is not None and identity.account_id == account.id
    return own and returned.account_id == account.id


def link(
    client: Client, returned: Callback, account: Account, lang: str, settings: Settings
) -> None:
    """Let a provider open the account of somebody who set out for that. Raises NotAllowed, UnknownToken."""
    if returned.account_id != account.id:
        raise UnknownToken(ASTRAY)
    with writing():
        identity = _identity(returned.person)
        if identity is None:
            _connect(account, client, returned.person, lang, settings)
        elif identity.account_id != account.id:
            raise NotAllowed(
                Message(
                    "This {provider} account is connected with another account here. To connect it with"
                    " yours, sign in with it first and disconnect it there.",
                    provider=client.name,
                )
            )


def linked(account: Account) -> Sequence[Identity]:
    """What an account is linked with, the earliest first: also what is not configured any more."""
    return db.session.scalars(
        sa.select(Identity)
        .where(Identity.account_id == account.id, Identity.kind != "password")
        .order_by(Identity.id)
    ).all()


def unlink(account: Account, identity_id: int, lang: str, settings: Settings) -> None:
    """Let a provider not open the account any more. Raises NotAllowed when nothing else would."""
    with writing():
        identity = next((each for each in linked(account) if each.id == identity_id), None)
        if identity is None:
            return
        if sign_in_methods.would_lock_out(account, settings, identity=identity):
            raise NotAllowed(
                Message(
                    "Without it you could not sign in any more. Add another way to sign in first: a"
                    " password, a passkey, an e-mail address, or another provider."
                )
            )
        db.session.delete(identity)
        thing = called(identity, settings.clients)
        security_mail.write(account, lang, "provider-unlinked", settings, thing=thing)


def called(identity: Identity, clients: Sequence[Client]) -> str:
    """What people call the provider of an identity."""
    found: Mapping[str, Any] = {each.kind: each.name for each in clients}
    return str(found.get(identity.kind, identity.kind))
