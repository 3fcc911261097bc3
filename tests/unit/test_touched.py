"""What is published anew is found by what was touched: nobody has to name a thread."""

from collections.abc import Callable
from typing import cast

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import account_changes, comments, config, threads
from comments_service.accounts import roles
from comments_service.comments import ChangedOutside
from comments_service.db import db, writing
from comments_service.inputs import Profile
from comments_service.models import Account, Comment, Role, Status, Thread
from comments_service.publishing import publisher
from tests import make

THREADS = ("gulls", "herons", "pelicans")
TABLE = cast(sa.Table, Comment.__table__)


def raised(act: Callable[[], object]) -> dict[str, int]:
    """By how much an act raises the revision of which threads."""

    def revisions() -> dict[str, int]:
        db.session.rollback()
        found = db.session.execute(sa.select(Thread.id, Thread.revision))
        return {each.id: each.revision for each in found}

    before = revisions()
    act()
    after = revisions()
    return {id: after[id] - before[id] for id in after if after[id] != before[id]}


@pytest.fixture
def made(app: Flask) -> dict[str, Comment]:
    """A published comment in each thread."""
    for each in THREADS:
        make.thread(each)
    return {each: make.comment(each) for each in THREADS}


def row(**values: object) -> dict[str, object]:
    return {"thread_id": "herons", "name": "x", "source": "", "html": "", "renderer_version": 1,
            "status": Status.PUBLISHED, "key": "another", "reasons": [], **values}  # fmt: skip


def test_a_thread_that_the_caller_does_not_name_is_published_too(
    made: dict[str, Comment],
) -> None:
    def act() -> None:
        with comments.changing("gulls"):
            made["herons"].html = "<p>Another.</p>"

    assert raised(act) == {"gulls": 1, "herons": 1}
    assert sorted(publisher.publish_behind(config.current())) == [*THREADS]


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (lambda made: setattr(made, "html", "<p>x</p>"), ["herons"]),
        (lambda made: setattr(made, "website", "https://x.example"), ["herons"]),
        (lambda made: setattr(made, "name", "Pia"), ["herons"]),
        (lambda made: setattr(made, "status", Status.REJECTED), ["herons"]),
        (lambda made: setattr(made, "thread_id", "gulls"), ["gulls", "herons"]),
        (lambda made: db.session.delete(made), ["herons"]),
        (lambda made: db.session.add(Comment(**row())), ["herons"]),
        (lambda made: db.session.add(Comment(**row(status=Status.PENDING))), []),
        (lambda made: setattr(made, "reasons", []), []),
        (lambda made: setattr(made, "renderer_version", 0), []),
        (lambda made: setattr(made, "network", None), []),
        (lambda made: db.session.execute(sa.insert(TABLE), row()), ["herons"]),
        (lambda made: db.session.execute(sa.insert(Comment), [row()]), ["herons"]),
        (lambda made: db.session.execute(sa.insert(Comment).values(row())), ["herons"]),
        (lambda made: db.session.execute(sa.insert(TABLE), row(status=Status.PENDING)), []),
        (
            lambda made: db.session.execute(
                sa.update(Comment).where(Comment.id == made.id).values(html="x")
            ),
            ["herons"],
        ),
        (
            lambda made: db.session.execute(
                sa.update(TABLE).where(TABLE.c.id == made.id).values(thread_id="gulls")
            ),
            ["gulls", "herons"],
        ),
        (
            lambda made: db.session.execute(
                sa.update(TABLE).where(TABLE.c.id == sa.bindparam("which")).values(html="x"),
                {"which": made.id},
            ),
            ["herons"],
        ),
        (
            lambda made: db.session.execute(sa.update(Comment), [{"id": made.id, "html": "x"}]),
            ["herons"],
        ),
        (lambda made: db.session.execute(sa.update(Comment).values(html="x")), [*THREADS]),
        (
            lambda made: db.session.execute(sa.delete(Comment).where(Comment.id == made.id)),
            ["herons"],
        ),
        (lambda made: db.session.query(Comment).filter_by(id=made.id).delete(), ["herons"]),
    ],
)
def test_every_change_raises_the_threads_that_it_touches_and_no_others(
    made: dict[str, Comment], act: Callable[[Comment], object], expected: list[str]
) -> None:
    def within() -> None:
        with comments.changing():
            act(made["herons"])

    assert raised(within) == dict.fromkeys(expected, 1)


def test_what_waits_is_changed_without_anybody_seeing_it(app: Flask) -> None:
    make.thread()
    waiting = make.comment(held=True)

    def act() -> None:
        with comments.changing():
            waiting.html, waiting.status = "<p>x</p>", Status.REJECTED

    assert raised(act) == {}


def test_what_is_rolled_back_is_not_raised_by_what_comes_next(made: dict[str, Comment]) -> None:
    def fail() -> None:
        with comments.changing():
            made["herons"].html = "<p>x</p>"
            db.session.flush()
            raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        fail()

    def act() -> None:
        with writing():
            pass

    assert raised(act) == {}


def test_an_insert_that_hides_its_thread_is_refused(made: dict[str, Comment]) -> None:
    values = sa.select(sa.literal("herons"), sa.literal("x"))
    with pytest.raises(ChangedOutside), comments.changing():
        db.session.execute(sa.insert(TABLE).from_select(["thread_id", "name"], values))


# ---- accounts


@pytest.fixture
def writer(made: dict[str, Comment]) -> Account:
    """Has written in two of the three threads."""
    account = make.account()
    make.comment("gulls", by=account)
    make.comment("pelicans", by=account)
    return account


def by_update(account: Account) -> None:
    with writing():
        statement = sa.update(Account).where(Account.id == account.id)
        db.session.execute(statement.values(role=Role.MODERATOR))


def rename(account: Account) -> None:
    given = Profile(name="Rhea Silvia", bio="", link=None, shown=account.shown)
    account_changes.introduce(account, given)


def hide(account: Account) -> None:
    given = Profile(name=account.name, bio="", link=None, shown=not account.shown)
    account_changes.introduce(account, given)


@pytest.mark.parametrize(
    "act",
    [
        lambda account: roles.set_role(account.email, Role.MODERATOR),
        by_update,
        rename,
        hide,
    ],
    ids=["role", "bulk", "name", "shown"],
)
def test_what_comments_show_of_an_account_is_published_where_it_wrote(
    writer: Account, act: Callable[[Account], object]
) -> None:
    assert raised(lambda: act(writer)) == {"gulls": 1, "pelicans": 1}


def test_what_no_comment_shows_of_an_account_publishes_nothing(writer: Account) -> None:
    def act() -> None:
        given = Profile(name="Rhea", bio="I fish.", link=None, shown=writer.shown)
        account_changes.introduce(writer, given)

    assert raised(act) == {}


def test_a_new_role_reaches_the_files(writer: Account) -> None:
    settings = config.current()
    publisher.publish_behind(settings)
    file = settings.published / "threads" / "gulls.json"
    assert '"moderator"' not in file.read_text()
    roles.set_role(writer.email or "", Role.MODERATOR)
    publisher.publish_behind(settings)
    assert '"moderator"' in file.read_text()
    assert not list(threads.behind())
