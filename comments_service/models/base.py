"""What all tables share: times, random names, states as words, messages that can be translated."""

import enum
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from comments_service.errors import Message
from comments_service.inputs import address_key
from formats.passages import Passage


def now() -> datetime:
    return datetime.now(UTC)


def public_id() -> str:
    """A random name that says nothing: 80 bits, for addresses and avatars."""
    return secrets.token_hex(10)


def key_of(column: str) -> Callable[[Any], str | None]:
    """The default of a column that holds the key of an address in another one of its row."""

    def made(context: Any) -> str | None:
        address = context.get_current_parameters().get(column)
        return address_key(address) if address else None

    return made


class Words(enum.StrEnum):
    """States are words, in code, tables and on the wire."""

    @classmethod
    def column(cls, name: str = "", *, checked: bool = True) -> sa.Enum:
        """The column's type; `name` tells two of one kind in one table apart.

        Not `checked` by the database: a column that came to a table whose every row SQLite would copy.
        """
        return sa.Enum(
            cls,
            native_enum=False,
            create_constraint=checked,
            length=16,
            name=name or cls.__name__.lower(),
            values_callable=lambda words: [str(word) for word in words],
        )


class Messages(sa.TypeDecorator[list[Message]]):
    """What is said to people, kept so that it can be said in their language."""

    impl = sa.JSON
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: sa.Dialect) -> Any:
        return None if value is None else [[each.template, dict(each.values)] for each in value]

    def process_result_value(self, value: Any, _dialect: sa.Dialect) -> Any:
        return value and [Message(template, **values) for template, values in value]


class PassageColumn(sa.TypeDecorator[Passage]):
    """Words of an article, as JSON; nothing in a comment that is about none."""

    impl = sa.JSON(none_as_null=True)
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: sa.Dialect) -> Any:
        return None if value is None else value._asdict()

    def process_result_value(self, value: Any, _dialect: sa.Dialect) -> Passage | None:
        return None if value is None else Passage(**value)
