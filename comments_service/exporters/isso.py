"""Isso: a database that Isso goes on with. Deeper answers stand below the comment that began it, as Isso has it."""

import sqlite3
from pathlib import Path
from urllib.parse import urlsplit

from comments_service.exporters import rows
from comments_service.exporters.rows import Choice
from comments_service.models import Status

_TABLES = """
CREATE TABLE preferences (key VARCHAR PRIMARY KEY, value VARCHAR);
CREATE TABLE threads (id INTEGER PRIMARY KEY, uri VARCHAR(256) UNIQUE, title VARCHAR(256));
CREATE TABLE comments (tid REFERENCES threads(id), id INTEGER PRIMARY KEY, parent INTEGER,
  created FLOAT NOT NULL, modified FLOAT, mode INTEGER, remote_addr VARCHAR, text VARCHAR NOT NULL, author VARCHAR,
  email VARCHAR, website VARCHAR, likes INTEGER DEFAULT 0, dislikes INTEGER DEFAULT 0, voters BLOB NOT NULL,
  notification INTEGER DEFAULT 0);
"""
_modes = {Status.PUBLISHED: 1, Status.PENDING: 2, Status.DELETED: 4}


def write(path: Path, choice: Choice) -> int:
    """A new file; returns how many comments it holds. Isso knows no spam that is kept: that is left out."""
    database = sqlite3.connect(path)
    try:
        database.executescript(_TABLES)
        written = 0
        uris: dict[str, int] = {}
        for thread in rows.threads(choice):
            uri = urlsplit(thread.url).path or "/"
            number = uris.setdefault(uri, len(uris) + 1)
            # Isso knows no hosts: what was imported from two blogs may have one path.
            database.execute(
                "INSERT OR IGNORE INTO threads VALUES (?, ?, ?)", (number, uri, thread.title)
            )
            tops: dict[str, int] = {}
            numbers: dict[str, int] = {}
            for each in rows.of(thread, choice):
                if each.status not in _modes:
                    continue
                written += 1
                top = tops.get(each.parent or "")
                numbers[each.id] = written
                tops[each.id] = top or written
                database.execute(
                    "INSERT INTO comments VALUES (?, ?, ?, ?, ?, ?, '127.0.0.0', ?, ?, ?, ?, ?, ?, ?, 0)",
                    (
                        number,
                        written,
                        top,
                        each.written_at.timestamp(),
                        each.edited_at.timestamp() if each.edited_at else None,
                        _modes[each.status],
                        each.source,
                        each.name,
                        each.email,
                        each.website,
                        each.up,
                        each.down,
                        # The Bloom filter of who has voted: nobody.
                        bytes(256),
                    ),
                )
        database.commit()
        return written
    finally:
        database.close()
