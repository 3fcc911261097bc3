"""What all tables share: times, random names, states as words, messages that can be translated."""

import enum
import secrets
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from comments_service.errors import Message


def now() -> datetime:
    return datetime.now(UTC)


def public_id() -> str:
    """A random name that says nothing: 80 bits, for addresses and avatars."""
    return secrets.token_hex(10)


class Words(enum.StrEnum):
    """States are words, in code, tables and on the wire."""

    @classmethod
    def column(cls, name: str = "") -> sa.Enum:
        """The column's type; `name` tells two of one kind in one table apart."""
        return sa.Enum(
            cls,
            native_enum=False,
            create_constraint=True,
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
