"""Links that work once, and the one that makes an owner."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from comments_service import config, sessions
from comments_service.accounts import password_reset, passwords, registration, roles, tokens
from comments_service.db import db, writing
from comments_service.errors import (
    InvalidInput,
    UnknownToken,
    WrongCredentials,
)
from comments_service.inputs import NewPassword, SignUp
from comments_service.models import (
    Account,
    Role,
    Session,
    Token,
    now,
)
from tests import make
from tests.unit.signing_in import OTHER, begun, link, session_for, sign_in, sign_up

# ---- links


def test_a_link_works_once(app: Flask, emails: Any) -> None:
    sign_up()
    text = link(emails)
    registration.verify(text, make.visitor(), config.current(), browser="this one")
    with pytest.raises(UnknownToken):
        registration.verify(text, make.visitor(), config.current(), browser="this one")
    with pytest.raises(UnknownToken):
        tokens.find(tokens.VerifyEmail, text)


def test_a_link_works_for_its_purpose_only(app: Flask, emails: Any) -> None:
    sign_up()
    text = link(emails)
    with pytest.raises(UnknownToken):
        password_reset.reset(text, NewPassword(password=OTHER), make.visitor(), config.current())
    with pytest.raises(UnknownToken):
        become_owner(text)
    registration.verify(text, make.visitor(), config.current(), browser="this one")


def test_a_link_is_too_old_after_its_time(app: Flask, emails: Any) -> None:
    sign_up()
    for kind, ask, lifetime in (
        (tokens.VerifyEmail, None, timedelta(days=2)),
        (tokens.ResetPassword, "rhea@example.org", timedelta(hours=1)),
    ):
        if ask:
            password_reset.forgot(ask, "en", "network", config.current())
        text = link(emails)
        found = tokens.find(kind, text)
        assert abs(found.expires_at - now() - lifetime) < timedelta(minutes=1)
        with writing():
            found.expires_at = now()
        with pytest.raises(UnknownToken):
            tokens.find(kind, text)


def test_only_the_hash_of_a_link_is_stored_beside_the_email(app: Flask, emails: Any) -> None:
    sign_up()
    text = link(emails)
    assert db.session.query(Token).one().token_hash == sessions.hashed(text)


def test_a_new_password_ends_every_session_and_proves_the_address(app: Flask, emails: Any) -> None:
    account = make.account(verified=False)
    _, old = session_for(account)
    password_reset.forgot("Rhea@Example.org", "en", "network", config.current())
    _, new = begun(
        password_reset.reset(
            link(emails), NewPassword(password=OTHER), make.visitor(), config.current()
        )
    )
    assert sessions.of_token(old) is None
    assert sessions.of_token(new) is not None
    with pytest.raises(WrongCredentials):
        sign_in()
    sign_in(password=OTHER)


def test_a_forgotten_address_that_has_no_account_gets_no_email(app: Flask, emails: Any) -> None:
    password_reset.forgot("nobody@example.org", "en", "network", config.current())
    assert emails() == []


def test_the_old_password_is_needed_for_a_new_one(app: Flask) -> None:
    account = make.account()
    _, old = session_for(account)
    with pytest.raises(InvalidInput) as refused:
        passwords.change(
            account,
            "wrong",
            NewPassword(password=OTHER),
            make.visitor(),
            config.current().limit_sign_in,
        )
    assert set(refused.value.fields) == {"old_password"}
    assert sessions.of_token(old) is not None
    _, new = begun(
        passwords.change(
            account,
            make.PASSWORD,
            NewPassword(password=OTHER),
            make.visitor(),
            config.current().limit_sign_in,
        )
    )
    assert sessions.of_token(old) is None
    assert sessions.of_token(new) is not None
    sign_in(password=OTHER)


# ---- the owner


def become_owner(
    text: str, name: str = "Olga", email: str = "olga@example.org"
) -> tuple[Session, str]:
    given = SignUp(name=name, email=email, password=OTHER)
    return begun(roles.become_owner(text, given, make.visitor()))


def owner_token() -> str:
    return roles.owner_link(config.current().comments_url).rpartition("/")[2]


def test_the_owners_link_makes_the_owner_once(app: Flask) -> None:
    assert not roles.has_owner()
    text = owner_token()
    session, _ = become_owner(text)
    assert session.account is not None
    assert session.account.role is Role.OWNER
    assert roles.has_owner()
    with pytest.raises(UnknownToken):
        become_owner(text, "Other", "other@example.org")
    sign_in("olga@example.org", OTHER)


def test_a_new_owners_link_replaces_the_one_before(app: Flask) -> None:
    first, second = owner_token(), owner_token()
    with pytest.raises(UnknownToken):
        become_owner(first)
    become_owner(second)


def test_an_owner_may_already_have_an_account(app: Flask) -> None:
    account = make.account("Rhea", verified=False)
    _, old = session_for(account)
    become_owner(owner_token(), "Rhea", "rhea@example.org")
    assert account.role is Role.OWNER
    assert sessions.of_token(old) is None
    sign_in(password=OTHER)
    assert db.session.query(Account).count() == 1


def test_a_taken_name_leaves_the_owners_link_unused(app: Flask) -> None:
    make.account("Rhea")
    text = owner_token()
    with pytest.raises(InvalidInput):
        become_owner(text, "Rhea", "olga@example.org")
    become_owner(text)


def test_a_role_is_given_by_address_and_ends_the_sessions(app: Flask) -> None:
    account = make.account()
    _, token = session_for(account)
    assert roles.set_role("RHEA@example.org", Role.AUTHOR).role is Role.AUTHOR
    assert sessions.of_token(token) is None
    with pytest.raises(InvalidInput) as refused:
        roles.set_role("nobody@example.org", Role.OWNER)
    assert "nobody@example.org" in refused.value.fields["email"]
