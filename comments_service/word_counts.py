"""Word counts: in how many comments of either kind the spam filter has seen a word; of the word, its hash.

Asked in one statement with what else a post asks (`by_writer`), and changed by `learning` alone.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from comments_service.db import db
from comments_service.models import SpamWord
from comments_service.spam import Count, words

_table = cast(sa.Table, SpamWord.__table__).c


def of(features: Iterable[int]) -> dict[int, Count]:
    """The counts of these, and of all comments together (`words.TOTAL`)."""
    rows = db.session.connection().execute(asked(is_sqlite()), {"wanted": wanted(features)})
    return {row[0]: Count(row[1], row[2]) for row in rows}


def is_sqlite() -> bool:
    return db.engine.dialect.name == "sqlite"


def wanted(features: Iterable[int]) -> Any:
    """The one parameter of `asked`, however many words: a list would be written out anew for each post."""
    numbers = [*features, words.TOTAL]
    return json.dumps(numbers) if is_sqlite() else numbers


@cache
def asked(lite: bool) -> sa.Select[Any]:
    chosen = sa.select(_table.number, _table.spam, _table.genuine)
    if lite:
        each = sa.func.json_each(sa.bindparam("wanted")).table_valued("value")
        return chosen.where(_table.number.in_(sa.select(each.c.value)))
    numbers = sa.bindparam("wanted", type_=postgresql.ARRAY(sa.BigInteger))
    return chosen.where(_table.number == sa.any_(numbers))


def add(changes: Mapping[int, Sequence[int]]) -> None:
    """Add so much spam and so much else to each; in one order everywhere: nobody waits for ever."""
    rows = [
        {"number": number, "spam": spam, "genuine": genuine}
        for number, (spam, genuine) in sorted(changes.items())
        if spam or genuine
    ]
    if not rows:
        return
    connection = db.session.connection()
    connection.execute(_added(is_sqlite()), rows)
    fewer = [row["number"] for row in rows if row["spam"] < 0 or row["genuine"] < 0]
    if fewer:
        nowhere = (_table.spam == 0, _table.genuine == 0)
        connection.execute(sa.delete(SpamWord).where(_table.number.in_(fewer), *nowhere))


@cache
def _added(lite: bool) -> Any:
    added: Any = sqlite.insert(SpamWord) if lite else postgresql.insert(SpamWord)
    return added.on_conflict_do_update(
        index_elements=[_table.number],
        set_={
            "spam": _table.spam + added.excluded.spam,
            "genuine": _table.genuine + added.excluded.genuine,
        },
    )
