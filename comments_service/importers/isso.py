"""Isso: its database (comments.db), and the JSON that its own importer calls generic."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from comments_service.errors import Message
from comments_service.importers import json_items
from comments_service.importers.records import (
    Damaged,
    Markup,
    Page,
    Past,
    Record,
    Skipped,
    answered,
    moment,
    number,
    text,
)
from comments_service.models import Status

# A bit each: accepted, in moderation, and deleted while something answers it.
_states = {1: Status.PUBLISHED, 2: Status.PENDING, 4: Status.DELETED}


def read(path: Path) -> Iterator[Record]:
    try:
        database = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
        database.row_factory = sqlite3.Row
        # What a damaged row holds in place of text is seen, and no reason to stop.
        database.text_factory = lambda data: data.decode("utf-8", "replace")
        try:
            for row in database.execute("SELECT id, uri, title FROM threads ORDER BY id"):
                uri = text(row["uri"])
                yield Page(
                    id=str(row["id"]), url=uri, title=text(row["title"]), names=(uri.strip("/"),)
                )
            for row in database.execute("SELECT * FROM comments ORDER BY id"):
                yield _comment(dict(row))
        finally:
            database.close()
    except sqlite3.Error as error:
        raise Damaged(
            f"{path} is a damaged database ({error}). Try `sqlite3 {path.name} .recover`."
        ) from None


def _comment(row: dict[str, object]) -> Past:
    return Past(
        id=text(row["id"]),
        page=text(row["tid"]),
        where=f"comment {row['id']}",
        parent=answered(row.get("parent")),
        name=text(row.get("author")),
        email=text(row.get("email")),
        website=text(row.get("website")),
        body=text(row.get("text")),
        markup=Markup.MARKDOWN,
        status=_states.get(number(row.get("mode")), Status.PENDING),
        written_at=moment(row.get("created")),
        edited_at=moment(row.get("modified")),
        up=number(row.get("likes")),
        down=number(row.get("dislikes")),
    )


def read_json(path: Path) -> Iterator[Record]:
    """A list of pages, each with its comments; `id` is the page's path."""
    for at, page in enumerate(json_items.each(path, "item")):
        uri = text(page.get("id"))
        yield Page(id=uri, url=uri, title=text(page.get("title")))
        comments = page.get("comments")
        for row in comments if isinstance(comments, list) else []:
            if not isinstance(row, dict) or not text(row.get("id")):
                yield Skipped(
                    f"page {at + 1}, {uri}",
                    Message("a comment has no number by which it could be known again"),
                )
                continue
            # Numbers begin anew on each page.
            yield Past(
                id=f"{uri}#{text(row['id'])}",
                page=uri,
                where=f"{uri}, comment {text(row['id'])}",
                parent=f"{uri}#{parent}" if (parent := answered(row.get("parent"))) else "",
                name=text(row.get("author")),
                email=text(row.get("email")),
                website=text(row.get("website")),
                body=text(row.get("text")),
                markup=Markup.MARKDOWN,
                written_at=moment(row.get("created")),
            )
