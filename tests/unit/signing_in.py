"""Sessions and sign-ins, as tests ask the service's functions for them."""

from collections.abc import Callable
from datetime import timedelta

from comments_service import config, sessions
from comments_service.accounts import passwords, registration
from comments_service.accounts.login import Entry
from comments_service.db import writing
from comments_service.inputs import SignIn, SignUp
from comments_service.models import (
    Account,
    Session,
    now,
)
from tests import make

OTHER = "another good password"


def session_for(account: Account | None = None) -> tuple[Session, str]:
    with writing():
        return sessions.begin(account, make.visitor("Firefox on Linux" * 20))


def age(session: Session, *, idle: timedelta = timedelta(), old: timedelta = timedelta()) -> None:
    """Let a session have been used, and made, a while ago."""
    with writing():
        session.seen_at = now() - idle
        session.created_at = now() - max(old, idle)


def sign_in(email: str = "rhea@example.org", password: str = make.PASSWORD) -> tuple[Session, str]:
    return begun(
        passwords.sign_in(SignIn(email=email, password=password), make.visitor(), config.current())
    )


def begun(entry: Entry) -> tuple[Session, str]:
    assert entry.session is not None
    return entry.session, entry.token


def link(emails: Callable[[], list[tuple[str, str, str]]]) -> str:
    """The token in the latest e-mail."""
    _, _, text = emails()[-1]
    (line,) = [each for each in text.splitlines() if each.startswith("http")]
    return line.rpartition("/")[2]


def sign_up(name: str = "Rhea", email: str = "rhea@example.org") -> None:
    given = SignUp(name=name, email=email, password=make.PASSWORD)
    registration.sign_up(given, "en", "network", config.current(), browser="this one")
