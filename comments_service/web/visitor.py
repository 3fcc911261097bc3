"""Who asks: the session behind the cookie, the account, the address, the language.

Read once a request. What a route asks of its visitor is said in `signed_in`, `freshly_proved`,
`moderator` and `owner`, which raise what the visitor lacks.
"""

from contextlib import suppress

import sqlalchemy as sa
from flask import current_app, g, request

from comments_service import banning, bans, config, errors, i18n, rate_limits, sessions
from comments_service.accounts.login import proved
from comments_service.errors import Message
from comments_service.models import STAFF, Account, Role, Session
from comments_service.notifications import subscriptions
from comments_service.sessions import Visitor
from comments_service.web import cookies

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


def session() -> Session | None:
    """The visitor's session, looked up once a request; and again after a rollback forgot it."""
    found: Session | None = g.get("session")
    if "session" not in g or (found is not None and sa.inspect(found).expired):
        found = g.session = sessions.of_token(cookies.token())
    return found


def session_apart() -> Session | None:
    """The same for reading only (`sessions.apart_of_token`)."""
    if "session" in g:
        return session()
    if "apart" not in g:
        g.apart = sessions.apart_of_token(cookies.token())
    found: Session | None = g.apart
    return found


def left() -> bool:
    """Whether the session that this request was read for is gone by now, with its account."""
    known = g.get("session") or g.get("apart")
    return known is not None and sessions.of_token(cookies.token()) is None


def become(session: Session | None) -> None:
    """Go on as the session that this request has just made."""
    g.session = session


def current() -> Visitor:
    """Who asks. The network is told of changes only: its first hash of a day writes the key."""
    asking = session()
    found: Visitor | None = g.get("visitor")
    if found is None or found.session is not asking:
        network = around = ban_network = ""
        if address := "" if request.method in SAFE_METHODS else client_address():
            network, around = rate_limits.network(address), rate_limits.neighbourhood(address)
            ban_network = banned_as(address)
        found = g.visitor = Visitor(
            asking,
            network,
            device(),
            cookies.known(),
            address=address,
            ban_network=ban_network,
            neighbourhood=around,
        )
    return found


def current_apart() -> Visitor:
    """Who asks, in a request that changes nothing of its session or account."""
    become(session_apart())
    return current()


def device() -> str:
    return request.headers.get("User-Agent", "").replace("\0", "")[:200]


def client_address() -> str:
    """The address of whoever asks, as far as the trusted proxies vouch for it."""
    hops = config.current().trusted_proxies
    forwarded = [each.strip() for each in request.headers.get("X-Forwarded-For", "").split(",")]
    if hops and len(forwarded) >= hops and forwarded[-hops]:
        return forwarded[-hops]
    return request.remote_addr or "unknown"


def banned_as(address: str) -> str:
    """An address's network as bans know it; empty for what is no address."""
    network = rate_limits.network_bytes(address)
    return bans.network_hash(network, str(current_app.secret_key)) if network else ""


def here() -> str:
    """The path that was asked for, for coming back to it."""
    return request.full_path.rstrip("?")


def language() -> str:
    """The language of an answer: the one that a page of the blog asks in, or the browser's."""
    asked = request.args.get("lang", "")
    return i18n.choose([*([asked] if asked else []), *request.accept_languages.values()])


def remember_language(session: Session) -> None:
    """Have e-mails to an account written as its reader reads; programs say no language.

    Where nothing can be written just now, the next request does it.
    """
    said = "lang" in request.args or request.accept_languages
    if said and session.account_id is not None:
        with suppress(errors.Unavailable):
            subscriptions.reads(session.account_id, language())


def signed_in() -> tuple[Session, Account]:
    """The visitor's session and account. Raises SignInRequired."""
    asking = session()
    if asking is None or asking.account is None:
        raise errors.SignInRequired
    return asking, asking.account


def freshly_proved() -> tuple[Session, Account]:
    """The same, for what cannot be taken back. Raises SignInRequired, ProofRequired."""
    asking, account = signed_in()
    if not proved(asking, config.current()):
        raise errors.ProofRequired
    return asking, account


def moderator() -> Account:
    """The account of somebody who moderates. Raises SignInRequired, NotAllowed, SecondFactorMissing."""
    asking, account = signed_in()
    if account.role not in STAFF:
        raise errors.NotAllowed(Message("This page is for moderators."))
    if config.current().staff_need_two and asking.strong_at is None:
        raise errors.SecondFactorMissing
    return account


def looks_after() -> Account:
    """The account of somebody who looks after people: authors do not. Raises what `moderator` does."""
    account = moderator()
    if not banning.may(account):
        raise errors.NotAllowed(banning.NOT_YOURS)
    return account


def owner() -> Account:
    """The account of an owner of the blog. Raises what `moderator` does."""
    account = moderator()
    if account.role is not Role.OWNER:
        raise errors.NotAllowed(Message("This page is for the owners of the blog."))
    return account
