"""Cusdis: the SQLite database of one that somebody runs himself. The hosted one exports nothing."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from comments_service.importers.records import (
    Damaged,
    Markup,
    Page,
    Past,
    Record,
    answered,
    flag,
    moment,
    text,
)
from comments_service.models import Status


def read(path: Path) -> Iterator[Record]:
    try:
        database = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
        database.row_factory = sqlite3.Row
        database.text_factory = lambda data: data.decode("utf-8", "replace")
        try:
            for row in map(dict, database.execute("SELECT * FROM pages ORDER BY id")):
                slug = text(row.get("slug"))
                yield Page(
                    id=text(row["id"]),
                    url=text(row.get("url")) or slug,
                    title=text(row.get("title")),
                    names=(slug,) if slug else (),
                )
            for row in map(dict, database.execute("SELECT * FROM comments ORDER BY id")):
                yield _comment(row)
        finally:
            database.close()
    except sqlite3.Error as error:
        raise Damaged(
            f"{path} is a damaged database ({error}). Try `sqlite3 {path.name} .recover`."
        ) from None


def _comment(row: dict[str, object]) -> Past:
    if row.get("deletedAt") or row.get("deleted_at"):
        status = Status.DELETED
    else:
        status = Status.PUBLISHED if flag(row.get("approved")) else Status.PENDING
    return Past(
        id=text(row["id"]),
        page=text(row.get("pageId")),
        where=f"comment {text(row['id'])}",
        parent=answered(row.get("parentId")),
        name=text(row.get("by_nickname")),
        email=text(row.get("by_email")),
        body=text(row.get("content")),
        markup=Markup.MARKDOWN,
        status=status,
        written_at=moment(row.get("created_at")),
    )
