"""Postil: a line of JSON for each thread and comment, as docs/formats.md and comments.schema.json say."""

from collections.abc import Iterator

import orjson

from comments_service import i18n
from comments_service.exporters import rows
from comments_service.exporters.rows import Choice

VERSION = 1


def lines(choice: Choice, site_url: str) -> Iterator[bytes]:
    yield _line({"postil": VERSION, "site": site_url})
    for thread in rows.threads(choice):
        yield _line({"thread": thread.id, "url": thread.url, "title": thread.title})
        for each in rows.of(thread, choice):
            yield _line(
                {
                    "id": each.id,
                    "thread": thread.id,
                    "parent": each.parent,
                    "name": each.name,
                    "email": each.email,
                    "website": each.website,
                    "body": each.source,
                    "status": str(each.status),
                    "written_at": i18n.stamp(each.written_at),
                    "edited_at": i18n.stamp(each.edited_at) if each.edited_at else None,
                    "up": each.up,
                    "down": each.down,
                    **({"passage": each.passage._asdict()} if each.passage else {}),
                }
            )


def _line(data: object) -> bytes:
    return orjson.dumps(data, option=orjson.OPT_APPEND_NEWLINE)
