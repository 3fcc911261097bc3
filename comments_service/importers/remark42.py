"""Remark42: a backup (`remark42 backup`), one line about the site and then one for each comment."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from comments_service.importers import json_items
from comments_service.importers.records import (
    UNKNOWN,
    Damaged,
    Markup,
    Page,
    Past,
    Record,
    Skipped,
    answered,
    flag,
    moment,
    text,
)
from comments_service.models import Status

VERSION = 1


def read(path: Path) -> Iterator[Record]:
    seen: set[str] = set()
    for line, row in json_items.lines(path):
        if "posts" in row and "locator" not in row:
            if row.get("version") != VERSION:
                raise Damaged(
                    f"{path} is a backup of version {row.get('version')}; version {VERSION} is known here."
                    " Make it anew with a release of Remark42 that writes that."
                )
            continue
        url = text(_part(row, "locator").get("url"))
        number = text(row.get("id"))
        if not url or not number:
            yield Skipped(f"line {line}", UNKNOWN)
            continue
        if url not in seen:
            seen.add(url)
            yield Page(id=url, url=url, title=text(row.get("title")))
        yield _comment(row, line, number, url)


def _part(row: dict[str, Any], name: str) -> dict[str, Any]:
    found = row.get(name)
    return found if isinstance(found, dict) else {}


def _comment(row: dict[str, Any], line: int, number: str, url: str) -> Past:
    user, edit, votes = _part(row, "user"), _part(row, "edit"), _part(row, "votes")
    written = text(row.get("orig"))
    return Past(
        id=number,
        page=url,
        where=f"line {line}",
        parent=answered(row.get("pid")),
        name=text(user.get("name")),
        email=text(user.get("email")),
        body=written or text(row.get("text")),
        markup=Markup.MARKDOWN if written else Markup.HTML,
        status=Status.DELETED if flag(row.get("delete")) else Status.PUBLISHED,
        written_at=moment(row.get("time")),
        edited_at=moment(edit.get("time")),
        up=sum(each is True for each in votes.values()),
        down=sum(each is False for each in votes.values()),
    )
