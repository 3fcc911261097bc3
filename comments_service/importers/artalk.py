"""Artalk: its Artrans, a list of comments of which every field is a text."""

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
    number,
    text,
)
from comments_service.importers.waline import rows
from comments_service.models import Status


def read(path: Path) -> Iterator[Record]:
    seen: set[str] = set()
    for where, row in rows(path, ("item",)):
        page, own = text(row.get("page_key")), text(row.get("id"))
        if not page or not own:
            yield Skipped(where, UNKNOWN)
            continue
        if page not in seen:
            seen.add(page)
            yield Page(
                id=page,
                url=page,
                title=text(row.get("page_title")),
                public=not flag(row.get("page_admin_only")),
            )
        created, updated = moment(row.get("created_at")), moment(row.get("updated_at"))
        yield Past(
            id=own,
            page=page,
            where=where,
            parent=answered(row.get("rid")),
            name=text(row.get("nick")),
            email=text(row.get("email")),
            website=text(row.get("link")),
            body=text(row.get("content")),
            markup=Markup.MARKDOWN,
            status=Status.PENDING if flag(row.get("is_pending")) else Status.PUBLISHED,
            written_at=created,
            edited_at=updated if updated != created else None,
            up=number(row.get("vote_up")),
            down=number(row.get("vote_down")),
        )
