"""Twikoo: its comments as its page of settings, CloudBase or MongoDB export them."""

from collections.abc import Iterator
from pathlib import Path

from comments_service.importers.records import (
    UNKNOWN,
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
from comments_service.importers.waline import rows
from comments_service.models import Status


def read(path: Path) -> Iterator[Record]:
    seen: set[str] = set()
    for where, row in rows(path, ("item", "comments.item", "data.item")):
        own = text(row.get("_id") or row.get("id"))
        url = text(row.get("href")) or text(row.get("url"))
        page = text(row.get("url")) or url
        if not page or not own:
            yield Skipped(where, UNKNOWN)
            continue
        if page not in seen:
            seen.add(page)
            yield Page(id=page, url=page, names=(url,) if url != page else ())
        likes = row.get("like")
        created, updated = moment(row.get("created")), moment(row.get("updated"))
        yield Past(
            id=own,
            page=page,
            where=where,
            parent=answered(row.get("pid")) or answered(row.get("rid")),
            above=answered(row.get("rid")),
            name=text(row.get("nick")),
            email=text(row.get("mail")),
            website=text(row.get("link")),
            body=text(row.get("comment")),
            markup=Markup.HTML,
            status=Status.REJECTED if flag(row.get("isSpam")) else Status.PUBLISHED,
            written_at=created,
            edited_at=updated if updated != created else None,
            up=len(likes) if isinstance(likes, list | dict) else 0,
        )
