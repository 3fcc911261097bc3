"""What this process works out once rather than for each of a thousand applications, and what it does not wait for.

Nothing that a test could see differs: what is kept is what Werkzeug and SQLAlchemy would work out again
from the same text. Each of them had a fifth of the time that tests of the service took.
"""

import gc
import os
import sqlite3
from collections.abc import Callable, Iterator
from types import MethodType
from typing import Any

import pytest
import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from werkzeug.routing import Rule


@pytest.fixture(scope="session", autouse=True)
def remembered() -> Iterator[pytest.MonkeyPatch]:
    # What was loaded until now stays, and is not looked through for garbage. A build would look through
    # all of it for what the build before has left: that was nine tenths of what a small site costs.
    gc.collect()
    gc.freeze()
    with pytest.MonkeyPatch.context() as patch:
        remember(patch)
        yield patch
        sa.event.remove(sa.Engine, "connect", hurry)


def remember(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(gc, "freeze", lambda: None)
    patch.setattr(gc, "get_freeze_count", lambda: 0)
    patch.setattr(Rule, "compile", addresses(Rule.compile))
    patch.setattr(SQLAlchemy, "_make_engine", statements(SQLAlchemy._make_engine))
    # The power is not cut while tests run in this process. Services that are killed have their own.
    patch.setattr(os, "fsync", lambda _file: None)
    sa.event.listen(sa.Engine, "connect", hurry)


@pytest.fixture
def unhurried(remembered: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing of this, for a test of what happens to everybody else."""
    remembered.undo()
    sa.event.remove(sa.Engine, "connect", hurry)
    yield
    remember(remembered)


def addresses(really: Callable[[Rule], None]) -> Callable[[Rule], None]:
    """Read each address once: Werkzeug writes and compiles two functions for it.

    They depend on the rule's text only: what differs between two applications, they look up in the rule.
    """
    known: dict[tuple[object, ...], dict[str, Any]] = {}
    made = ("_parts", "_trace", "_converters", "arguments", "_build", "_build_unknown")

    def once(rule: Rule) -> None:
        if rule.defaults:
            really(rule)
            return
        where = (rule.subdomain, rule.host, rule.map.host_matching, rule.merge_slashes)
        key = (rule.rule, *where, *rule.map.converters.items())
        if key not in known:
            really(rule)
            known[key] = {name: getattr(rule, name) for name in made}
            return
        for name, value in known[key].items():
            bound = isinstance(value, MethodType)
            setattr(rule, name, MethodType(value.__func__, rule) if bound else value)

    return once


def statements(really: Callable[..., sa.Engine]) -> Callable[..., sa.Engine]:
    """Compile each statement once for each kind of database, rather than once for each engine.

    What a test wants to hear of a dialect, such as `do_connect`, it does not hear this way: it asks for `unhurried`.
    """
    known: dict[tuple[object, ...], sa.Engine] = {}

    def once(*arguments: Any) -> sa.Engine:
        engine = really(*arguments)
        url = engine.url
        key = (type(engine.dialect), url.host, url.port, *url.query.items())
        # What a server can do, a dialect learns when it is first connected to one.
        if key not in known or known[key].dialect.server_version_info is None:
            known[key] = engine
        else:
            engine.dialect.initialize = lambda _connection: None  # type: ignore[assignment, method-assign]
            engine.dialect = known[key].dialect
            engine._compiled_cache = known[key]._compiled_cache
        return engine

    return once


def hurry(connection: Any, _record: object) -> None:
    """Wait for no disk."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous=OFF")
