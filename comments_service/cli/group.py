"""The group `flask comments`, and what its commands have in common."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError, ProgrammingError

from comments_service.errors import ServiceError


class Commands(AppGroup):
    """What the database refuses ends any command with what to do, rather than with a traceback."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (OperationalError, ProgrammingError) as error:
            raise click.ClickException(
                f"the database does not answer ({error.__class__.__name__}): does it run, and was"
                " `flask db upgrade` run?"
            ) from error


group = Commands("comments", help="Look after the comments.")


@contextmanager
def refusals() -> Iterator[None]:
    """Let what the service refuses end the command, with the reason."""
    try:
        yield
    except ServiceError as error:
        raise click.ClickException(" ".join(error.fields.values()) or error.detail) from error


def printable(line: str) -> str:
    """A stranger's line without what could command a terminal."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in line)


def many(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
