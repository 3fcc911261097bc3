"""Waline (its own export, or a table of it) and Valine (what LeanCloud exports): JSON, or a line for each comment."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from comments_service.importers import json_items
from comments_service.importers.records import (
    UNKNOWN,
    Known,
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

_states = {
    "approved": Status.PUBLISHED,
    "": Status.PUBLISHED,
    "waiting": Status.PENDING,
    "spam": Status.REJECTED,
}
# Where the comments stand, in the shapes in which they are exported.
PLACES = ("data.Comment.item", "results.item", "item")


def rows(path: Path, places: tuple[str, ...] = PLACES) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every comment with where it stands, whether the file is a document or has a line for each."""
    begins, names = json_items.keys(path)
    place = next(
        (each for each in places if any(name.startswith(f"{each}.") for name in names)), ""
    )
    if begins and place:
        for at, row in enumerate(json_items.each(path, place), 1):
            yield f"comment {at}", row
    else:
        for line, row in json_items.lines(path):
            yield f"line {line}", row


def read(path: Path) -> Iterator[Record]:
    users = Known()
    for row in json_items.each(path, "data.Users.item") if _is_document(path) else ():
        users.rows[text(row.get("objectId") or row.get("id"))] = row
    seen: set[str] = set()
    for where, row in rows(path):
        url, own = (
            text(row.get("url")),
            text(row.get("objectId") or row.get("id") or row.get("_id")),
        )
        if not url or not own:
            yield Skipped(where, UNKNOWN)
            continue
        if url not in seen:
            seen.add(url)
            yield Page(id=url, url=url)
        yield _comment(row, where, url, own, users)


def _is_document(path: Path) -> bool:
    _, names = json_items.keys(path)
    return any(each.startswith("data.") for each in names)


def _comment(row: dict[str, Any], where: str, url: str, own: str, users: Known) -> Past:
    user = users.of(row.get("user_id"))
    body = text(row.get("comment"))
    return Past(
        id=own,
        page=url,
        where=where,
        parent=answered(row.get("pid")) or answered(row.get("rid")),
        above=answered(row.get("rid")),
        name=text(row.get("nick")) or text(user.get("display_name")),
        email=text(row.get("mail")) or text(user.get("email")),
        website=text(row.get("link")) or text(user.get("url")),
        body=body,
        # Valine keeps what it shows, Waline what was typed, which may be either.
        markup=Markup.HTML if body.startswith("<") else Markup.MARKDOWN,
        status=_states.get(text(row.get("status")), Status.PENDING),
        written_at=moment(row.get("insertedAt")) or moment(row.get("createdAt")),
        up=number(row.get("like")),
    )
