"""Commento, Commento++ (version 1) and Comentario (version 3): one JSON document, answers before what they answer."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from comments_service.importers import json_items
from comments_service.importers.records import (
    Damaged,
    Known,
    Markup,
    Page,
    Past,
    Record,
    answered,
    flag,
    moment,
    number,
    text,
)
from comments_service.models import Status

_none = ("0" * 64, "00000000-0000-0000-0000-000000000000")
VERSIONS = (1, 3)


def read(path: Path) -> Iterator[Record]:
    version = _version(path)
    commenters, pages = Known(), Known()
    for row in json_items.each(path, "commenters.item"):
        commenters.rows[text(row.get("commenterHex") or row.get("id"))] = row
    for row in json_items.each(path, "pages.item"):
        pages.rows[text(row.get("id"))] = row
        where = text(row.get("path"))
        yield Page(id=where, url=where, title=text(row.get("title")))
    seen = {text(row.get("path")) for row in pages.rows.values()}
    for row in json_items.each(path, "comments.item"):
        where = text(pages.of(row.get("pageId")).get("path")) if version == 3 else _path(row)
        if where not in seen:
            seen.add(where)
            yield Page(id=where, url=where)
        yield _first(row, where, commenters) if version == 1 else _third(row, where, commenters)


def _version(path: Path) -> int:
    _, names = json_items.keys(path, 10_000_000)
    found = [
        int(each.partition("=")[2])
        for each in names
        if each.startswith(("version=", "meta.version="))
    ]
    if not found or found[0] not in VERSIONS:
        raise Damaged(
            f"{path} is an export of version {found[0] if found else 'none'}; versions 1 and 3 are known here."
            " Export it with a release of Commento or Comentario that writes one of them."
        )
    return found[0]


def _path(row: dict[str, Any]) -> str:
    # Commento calls it `url`, Commento++ `path`, and both leave the slash out now and then.
    return "/" + (text(row.get("path")) or text(row.get("url"))).lstrip("/")


def _first(row: dict[str, Any], where: str, commenters: Known) -> Past:
    who = commenters.of(row.get("commenterHex"))
    written, parent = text(row.get("markdown")), answered(row.get("parentHex"))
    score = number(row.get("score"))
    state = text(row.get("state"))
    if flag(row.get("deleted")) or written == "[deleted]":
        status = Status.DELETED
    else:
        status = {"approved": Status.PUBLISHED, "flagged": Status.REJECTED}.get(
            state, Status.PENDING
        )
    return Past(
        id=text(row.get("commentHex")),
        page=where,
        where=f"comment {text(row.get('commentHex'))[:12]}",
        parent="" if parent in _none else parent,
        name=_not_undefined(who.get("name")),
        email=_not_undefined(who.get("email")),
        website=_not_undefined(who.get("link") or who.get("websiteUrl")),
        body=written or text(row.get("html")),
        markup=Markup.MARKDOWN if written else Markup.HTML,
        status=status,
        written_at=moment(row.get("creationDate")),
        up=max(score, 0),
        down=max(-score, 0),
    )


def _third(row: dict[str, Any], where: str, commenters: Known) -> Past:
    who = commenters.of(row.get("userCreated"))
    written, parent = text(row.get("markdown")), answered(row.get("parentId"))
    score = number(row.get("score"))
    if flag(row.get("isDeleted")):
        status = Status.DELETED
    elif flag(row.get("isApproved")):
        status = Status.PUBLISHED
    else:
        status = Status.PENDING if flag(row.get("isPending")) else Status.REJECTED
    return Past(
        id=text(row.get("id")),
        page=where,
        where=f"comment {text(row.get('id'))}",
        parent="" if parent in _none else parent,
        name=text(row.get("authorName")) or _not_undefined(who.get("name")),
        email=_not_undefined(who.get("email")),
        website=_not_undefined(who.get("websiteUrl")),
        body=written or text(row.get("html")),
        markup=Markup.MARKDOWN if written else Markup.HTML,
        status=status,
        written_at=moment(row.get("createdTime")),
        edited_at=moment(row.get("editedTime")),
        up=max(score, 0),
        down=max(-score, 0),
    )


def _not_undefined(value: object) -> str:
    """Commento writes `undefined` where there is nothing."""
    return "" if (found := text(value)) == "undefined" else found
