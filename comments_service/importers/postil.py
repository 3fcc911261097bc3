"""Postil: our own export, a line for each thread and comment (docs/formats.md)."""

from collections.abc import Iterator
from pathlib import Path

from comments_service.errors import InvalidInput, Message
from comments_service.importers import json_items
from comments_service.importers.records import (
    Damaged,
    Markup,
    Page,
    Past,
    Record,
    Skipped,
    moment,
    number,
    text,
)
from comments_service.inputs import NewPassage, parse
from comments_service.models import Status
from formats.passages import Passage

VERSION = 1


def read(path: Path) -> Iterator[Record]:
    for line, row in json_items.lines(path):
        where = f"line {line}"
        if "postil" in row:
            if row["postil"] != VERSION:
                raise Damaged(
                    f"{path} has version {row['postil']}; version {VERSION} is known here. Upgrade, then import it."
                )
        elif "thread" in row and "body" not in row:
            yield Page(
                id=text(row["thread"]),
                url=text(row.get("url")),
                title=text(row.get("title")),
                names=(text(row["thread"]),),
            )
        elif (
            text(row.get("id"))
            and text(row.get("thread"))
            and text(row.get("status")) in {str(each) for each in Status}
        ):
            yield Past(
                id=text(row["id"]),
                page=text(row["thread"]),
                where=where,
                parent=text(row.get("parent")),
                name=text(row.get("name")),
                email=text(row.get("email")),
                website=text(row.get("website")),
                body=text(row.get("body")),
                markup=Markup.SOURCE,
                status=Status(text(row["status"])),
                written_at=moment(row.get("written_at")),
                edited_at=moment(row.get("edited_at")),
                up=number(row.get("up")),
                down=number(row.get("down")),
                passage=_passage(row.get("passage")),
            )
        else:
            yield Skipped(where, Message("it is no comment and no thread"))


def _passage(row: object) -> Passage | None:
    """The words of the article that a note is about; what cannot be one makes it a plain comment."""
    if not isinstance(row, dict):
        return None
    try:
        given = parse(NewPassage, {name: row.get(name, "") for name in NewPassage.model_fields})
    except InvalidInput:
        return None
    return Passage(given.exact, given.prefix, given.suffix, given.lang)
