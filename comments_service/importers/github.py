"""giscus and utterances: discussions or issues of a repository, as `gh api` writes them.

giscus: `gh api graphql` with discussions, their comments and the answers to these. utterances: `gh api
repos/OWNER/NAME/issues/comments` and `…/issues`, in one list or one after the other.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from comments_service.importers import json_items
from comments_service.importers.records import (
    Markup,
    Page,
    Past,
    Record,
    Skipped,
    flag,
    moment,
    text,
)
from comments_service.models import Status

# Where discussions stand in what GraphQL answers, and in lists that somebody has taken out of it.
PLACES = (
    "data.repository.discussions.nodes.item",
    "item.data.repository.discussions.nodes.item",
    "discussions.nodes.item",
    "nodes.item",
    "item",
)


def read(path: Path) -> Iterator[Record]:
    _, names = json_items.keys(path)
    if any("html_url" in each for each in names):
        yield from _issues(path)
        return
    place = next((each for each in PLACES if f"{each}.comments" in names), PLACES[-1])
    for discussion in json_items.each(path, place):
        page = text(discussion.get("id")) or text(discussion.get("url"))
        yield _page(page, discussion)
        for comment in _nodes(discussion.get("comments")):
            yield _comment(comment, page, "")
            for answer in _nodes(comment.get("replies")):
                yield _comment(answer, page, text(comment.get("id")))


def _nodes(found: object) -> list[dict[str, Any]]:
    nodes = found.get("nodes") if isinstance(found, dict) else found
    return [each for each in nodes if isinstance(each, dict)] if isinstance(nodes, list) else []


def _page(number: str, row: dict[str, Any]) -> Page:
    """A page; giscus names a discussion by the page's path, address or title, and writes its address into the text."""
    title, body = text(row.get("title")), text(row.get("body"))
    addresses = re.findall(r"https?://[^\s<>()\[\]]+", body)
    path = title if title.startswith(("/", "http")) else f"/{title}/"
    return Page(
        id=number,
        url=addresses[0] if addresses else path,
        title=title,
        names=(title, path, *addresses),
    )


def _comment(row: dict[str, Any], page: str, parent: str) -> Past:
    author = row.get("author") if isinstance(row.get("author"), dict) else row.get("user")
    author = author if isinstance(author, dict) else {}
    written = text(row.get("body"))
    number = text(row.get("id")) or text(row.get("url"))
    reactions = row.get("reactions")
    ups = reactions.get("+1", 0) if isinstance(reactions, dict) else 0
    return Past(
        id=number,
        page=page,
        where=f"comment {number}",
        parent=parent,
        # A ghost is an account that is gone.
        name=text(author.get("login")) or "ghost",
        website=text(
            author.get("url") if "github.com" in text(author.get("url")) else author.get("html_url")
        ),
        body=written or text(row.get("bodyHTML")),
        markup=Markup.MARKDOWN if written else Markup.HTML,
        status=Status.DELETED
        if row.get("deletedAt")
        else Status.PENDING
        if flag(row.get("isMinimized"))
        else Status.PUBLISHED,
        written_at=moment(row.get("createdAt") or row.get("created_at")),
        edited_at=moment(row.get("lastEditedAt")),
        up=int(ups) if isinstance(ups, int) else 0,
    )


def _issues(path: Path) -> Iterator[Record]:
    """Issues are pages; what names an `issue_url` is a comment on one."""
    begins, _ = json_items.keys(path)
    rows = (
        json_items.each(path, "item")
        if begins == "["
        else (row for _, row in json_items.lines(path))
    )
    for row in rows:
        about = text(row.get("issue_url"))
        if about:
            yield _comment(row, about.rpartition("/")[2], "")
        elif row.get("number") is not None and "title" in row:
            yield _page(text(row["number"]), row)
        else:
            yield Skipped(
                text(row.get("html_url")) or "a row", "it is no issue and no comment on one"
            )
