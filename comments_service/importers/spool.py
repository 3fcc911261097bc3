"""Spool: a file's comments, put in order before any is taken over, whatever order they were written in.

They lie in a database of their own on disk, so that memory does not grow with the file: by pages, parents
before their answers, as they will be read.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from comments_service.importers.records import (
    UNNUMBERED,
    UNPLACED,
    USED_BEFORE,
    Markup,
    Page,
    Past,
    Record,
    Skipped,
)
from comments_service.models import Status
from formats.passages import Passage

# Deeper than any conversation, and than any honest export.
MAX_DEPTH = 1_000
# Why an answer stands without what it answers: that is on another page of the file, answers it in turn,
# or stands too deep.
ELSEWHERE, CIRCLE, DEEP = "elsewhere", "circle", "deep"
_TABLES = """
CREATE TABLE pages (id TEXT PRIMARY KEY, data TEXT NOT NULL);
CREATE TABLE comments (
  id TEXT PRIMARY KEY, page TEXT NOT NULL, parent TEXT NOT NULL, above TEXT NOT NULL, at REAL,
  data TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX by_page ON comments (page, at, id);
"""


class Spool:
    """What was read of one file. `skipped` grows with what could not be used."""

    def __init__(self, folder: Path) -> None:
        self._database = sqlite3.connect(folder / "spool.sqlite3", isolation_level=None)
        self._database.executescript("PRAGMA synchronous=OFF; PRAGMA journal_mode=OFF;" + _TABLES)
        self.skipped: list[Skipped] = []
        # Answers that stand without what they answer, by the reason.
        self.apart: dict[str, list[str]] = {ELSEWHERE: [], CIRCLE: [], DEEP: []}
        self.found = 0

    def close(self) -> None:
        self._database.close()

    def fill(self, records: Iterable[Record]) -> None:
        """Take in all that a reader yields. Raises what it raises, and keeps what came before."""
        self._database.execute("BEGIN")
        try:
            for each in records:
                self._take(each)
        finally:
            self._database.execute("COMMIT")

    def _take(self, record: Record) -> None:
        if isinstance(record, Skipped):
            self.found += 1
            self.skipped.append(record)
        elif isinstance(record, Page):
            self._database.execute(
                "INSERT OR IGNORE INTO pages VALUES (?, ?)", (record.id, json.dumps(asdict(record)))
            )
        else:
            self.found += 1
            if not record.id or not record.page:
                self.skipped.append(Skipped(record.where, UNNUMBERED if record.page else UNPLACED))
                return
            if record.parent == record.id:
                self.apart[CIRCLE].append(record.id)
                record = replace(record, parent="")
            done = self._database.execute(
                "INSERT OR IGNORE INTO comments VALUES (?, ?, ?, ?, ?, ?)",
                (
                    record.id,
                    record.page,
                    record.parent,
                    record.above,
                    record.written_at.timestamp() if record.written_at else None,
                    _packed(record),
                ),
            )
            if not done.rowcount:
                self.skipped.append(Skipped(record.where, USED_BEFORE))

    def pages(self) -> Iterator[Page]:
        """Every page that has comments, in the order of their ids; what names none is a page all the same."""
        chosen = (
            "SELECT DISTINCT comments.page, pages.data FROM comments LEFT JOIN pages ON pages.id = comments.page"
            " ORDER BY comments.page"
        )
        for number, data in self._database.execute(chosen):
            if data is None:
                yield Page(id=number, url=number)
            else:
                values = json.loads(data)
                yield Page(**values | {"names": tuple(values["names"])})

    def without_comments(self) -> int:
        """How many pages of the file have none."""
        chosen = "SELECT count(*) FROM pages WHERE id NOT IN (SELECT page FROM comments)"
        return int(self._database.execute(chosen).fetchone()[0])

    def of_pages(self, pages: list[str]) -> Iterator[tuple[Past | str, int]]:
        """The comments of what is one page here as they will be read, with how deep each stands; a text is the number of one that is missing.

        What answers itself in a circle answers none. One that is missing stands below what began the conversation.
        """
        rows = self._database.execute(
            "SELECT id, parent, above FROM comments WHERE page IN (SELECT value FROM json_each(?))"
            " ORDER BY at IS NULL, at, id",
            (json.dumps(pages),),
        ).fetchall()
        parents = {number: parent for number, parent, _ in rows}
        answers: dict[str, list[str]] = {}
        for number in parents:
            if why := _endless(number, parents) or self._is_on_another(parents[number], parents):
                parents[number] = ""
                self.apart[why].append(number)
            answers.setdefault(parents[number], []).append(number)
        missing = dict.fromkeys(each for each in answers if each and each not in parents)
        began = {
            parent: above
            for _, parent, above in rows
            if parent in missing and above in parents and not _top(above, parents)
        }
        for each, above in began.items():
            answers.setdefault(above, []).append(each)
        waiting: list[tuple[str, int]] = [
            (each, 0)
            for each in [*answers.pop("", []), *(each for each in missing if each not in began)][
                ::-1
            ]
        ]
        while waiting:
            number, depth = waiting.pop()
            if number in parents:
                parent = parents[number] if depth else ""
                yield self._one(number, parent, began.get(parent, "")), depth
            else:
                yield number, depth
            waiting.extend((each, depth + 1) for each in reversed(answers.pop(number, [])))

    def _is_on_another(self, number: str, here: dict[str, str]) -> str:
        if not number or number in here:
            return ""
        chosen = "SELECT 1 FROM comments WHERE id = ?"
        return ELSEWHERE if self._database.execute(chosen, (number,)).fetchone() else ""

    def _one(self, number: str, parent: str, above: str) -> Past:
        (data,) = self._database.execute(
            "SELECT data FROM comments WHERE id = ?", (number,)
        ).fetchone()
        return replace(_unpacked(data), parent=parent, above=above)


def _endless(number: str, parents: dict[str, str]) -> str:
    """Whether a comment answers itself by way of others, or stands too deep.

    One that answers a circle stands below it: the circle is opened at one of its own.
    """
    above, passed = parents[number], {number}
    while above in parents:
        if above == number:
            return CIRCLE
        if above in passed:
            return ""
        passed.add(above)
        if len(passed) > MAX_DEPTH:
            return DEEP
        above = parents[above]
    return ""


def _top(number: str, parents: dict[str, str]) -> str:
    """What the first comment of a conversation answers, which is none or one that is missing."""
    while number in parents:
        number = parents[number]
    return number


def _packed(record: Past) -> str:
    values = {each.name: getattr(record, each.name) for each in fields(Past)}
    for name in ("written_at", "edited_at"):
        values[name] = values[name] and values[name].isoformat()
    return json.dumps(values)


def _unpacked(data: str) -> Past:
    values: dict[str, Any] = json.loads(data)
    for name in ("written_at", "edited_at"):
        values[name] = datetime.fromisoformat(values[name]) if values[name] else None
    values["passage"] = Passage(*values["passage"]) if values["passage"] else None
    return Past(**values | {"status": Status(values["status"]), "markup": Markup(values["markup"])})
