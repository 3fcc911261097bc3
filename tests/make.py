"""Rows for tests, made the way that the service makes them; only what a test needs is said."""

import base64
import hashlib
import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from argon2 import PasswordHasher

from comments_service import comments, markup
from comments_service.accounts import new_accounts, passwords, tokens
from comments_service.db import db, writing
from comments_service.inputs import SignUp
from comments_service.models import (
    Account,
    Ban,
    Comment,
    Hook,
    HookDelivery,
    HookEvent,
    HookFormat,
    Policy,
    Purpose,
    Role,
    Session,
    Site,
    Status,
    Thread,
    now,
)
from comments_service.sessions import Visitor

PASSWORD = "correct horse battery"
_numbers = itertools.count(1)


@contextmanager
def cheap_passwords() -> Iterator[PasswordHasher]:
    """The same argon2id with 8 KiB instead of 64 MiB; gives the hasher that the service uses.

    For tests that stay in one process: a service that really runs would make such a hash anew.
    """
    real = passwords._hasher
    _hash_by(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    yield real
    _hash_by(real)


def _hash_by(hasher: PasswordHasher) -> None:
    passwords._hasher = hasher
    for kept in (passwords._nobody, secret):
        kept.cache_clear()


@cache
def secret() -> str:
    """What is stored of PASSWORD: made with the first account, for it takes 50 ms and 64 MiB."""
    return passwords.hashed(PASSWORD)


def payloads() -> list[tokens.Payload]:
    """What a token of each purpose may keep."""
    step = {"provider": "github", "browser": "a browser"}
    who = {"kind": "github", "subject": "17", "email": "", "label": "rhea"}
    made = [
        *(tokens.VerifyEmail(), tokens.ResetPassword(), tokens.ChangeEmail(session=0)),
        *(tokens.MagicLink(address="link@example.org"), tokens.BecomeOwner()),
        *(tokens.DecideByMail(comment=1, version=1), tokens.ConfirmSubscription(subscription=1)),
        *(tokens.AskTotp("password"), tokens.Handoff("http://blog.test", "a network")),
        tokens.AskProvider(**step, nonce="n", verifier="v", target="", intent=""),
        tokens.ChooseName(**step, **who),
        *(tokens.UsePasskey("a challenge"), tokens.MakePasskey("a challenge")),
    ]
    assert {each.purpose for each in made} == set(Purpose)
    return made


def thread(id: str = "pelicans", **values: Any) -> Thread:
    """A thread that the manifest lists."""
    given = {
        "url": f"http://blog.test/{id}/",
        "title": id.replace("-", " ").capitalize(),
        "lang": "en",
        "policy": Policy.OPEN,
        "authors": ["Ada"],
        "published_at": datetime(2026, 11, 20, tzinfo=UTC),
        **values,
    }
    made = Thread(id=id, **given)
    with writing():
        db.session.add(made)
    return made


def site(**values: Any) -> Site:
    """What the manifest says of the blog."""
    made = Site(**{"id": 1, "title": "A blog", "lang": "en", "manifest_tag": "", **values})
    with writing():
        db.session.add(made)
    return made


def comment(
    thread: Thread | str = "pelicans",
    body: str = "They scoop.",
    *,
    held: bool = False,
    status: Status | None = None,
    parent: Comment | None = None,
    by: Account | None = None,
    name: str = "Gus",
    minutes_ago: float = 0,
    session: Session | None = None,
    **values: Any,
) -> Comment:
    thread_id = thread if isinstance(thread, str) else thread.id
    number = next(_numbers)
    made = Comment(
        thread_id=thread_id,
        parent_id=parent.id if parent else None,
        depth=parent.depth + 1 if parent else 0,
        account_id=by.id if by else None,
        session_id=session.id if session else None,
        name=None if by else name,
        source=body,
        html=markup.render(body),
        renderer_version=markup.RENDERER_VERSION,
        status=status or (Status.PENDING if held else Status.PUBLISHED),
        key=f"made-{number}",
        created_at=now() - timedelta(minutes=minutes_ago),
        **values,
    )
    with comments.changing(thread_id):
        db.session.add(made)
    return made


def inserted(
    thread_id: str = "pelicans",
    body: str = "They scoop.",
    *,
    held: bool = False,
    parent: Comment | None = None,
    by: Account | None = None,
    minutes_ago: float = 0,
) -> int:
    """A comment as a post inserts it; its number."""
    values = {
        "thread_id": thread_id,
        "parent_id": parent.id if parent else None,
        "depth": parent.depth + 1 if parent else 0,
        "account_id": by.id if by else None,
        "name": None if by else "Gus",
        "source": body,
        "html": markup.render(body),
        "renderer_version": markup.RENDERER_VERSION,
        "status": Status.PENDING if held else Status.PUBLISHED,
        "key": f"inserted-{next(_numbers)}",
        "created_at": now() - timedelta(minutes=minutes_ago),
    }
    with comments.changing():
        return comments.insert(values)


def many(rows: list[dict[str, Any]], thread_id: str = "pelicans") -> None:
    """Many comments at once; what a row does not say is filled in."""
    began = now() - timedelta(days=1)
    plain: dict[str, Any] = {
        "thread_id": thread_id,
        "parent_id": None,
        "depth": 0,
        "name": "Gus",
        "source": "x",
        "html": "<p>x</p>",
        "renderer_version": 1,
        "status": Status.PUBLISHED,
        "reasons": [],
    }
    values = [
        {
            **plain,
            "key": f"key-{row['id']}",
            "created_at": began + timedelta(seconds=row["id"]),
            **row,
        }
        for row in rows
    ]
    with comments.changing(thread_id):
        db.session.execute(sa.insert(Comment), values)


def account(name: str = "Rhea", *, role: Role = Role.READER, verified: bool = True) -> Account:
    """An account with PASSWORD, whose address is its name at example.org."""
    given = SignUp(name=name, email=f"{name.lower()}@example.org", password=PASSWORD)
    # Hashed before the transaction, as the service does.
    hashed = secret()
    with writing():
        made = new_accounts.add(given, hashed, role)
        made.email_verified_at = now() if verified else None
    return made


def banned(person: Account | Session, **values: Any) -> Ban:
    """A ban of an account, or of a guest's browser, that holds."""
    of = "account_id" if isinstance(person, Account) else "session_id"
    made = Ban(**{of: person.id, "reason": "Insults.", **values})
    with writing():
        db.session.add(made)
    return made


def hook() -> Hook:
    """A web hook, which was told something."""
    made = Hook(
        url="https://program.example/", secret="s", format=HookFormat.JSON, events=["published"]
    )
    with writing():
        db.session.add(made)
        db.session.flush()
        db.session.add(HookDelivery(hook_id=made.id, event=HookEvent.TEST))
    return made


def visitor(device: str = "A browser", session: Session | None = None) -> Visitor:
    """Somebody who asks, as the rooms are told of him."""
    return Visitor(session, "network", device)


def backdate(comment_id: int, minutes: float) -> None:
    """Let a comment have been written a while ago."""
    found = db.session.get_one(Comment, comment_id)
    with comments.changing(found.thread_id):
        db.session.execute(
            sa.update(Comment)
            .where(Comment.id == comment_id)
            .values(created_at=now() - timedelta(minutes=minutes))
        )


def challenge(verifier: str) -> str:
    """What a page of another site shows of its secret, as `sign-in.js` works it out."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
