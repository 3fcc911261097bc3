"""giscus and utterances: discussions or issues of a repository, as `gh api` writes them.

giscus: `gh api graphql` with discussions, their comments and the answers to these. utterances: `gh api
repos/OWNER/NAME/issues/comments` and `…/issues`, in one list or one after the other.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from comments_service.errors import Message
from comments_service.importers import json_items
from comments_service.importers.records import (
    Markup,
    Page,
    Past,
    Record,
    Skipped,
    flag,
    moment,
    number,
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
        yield from _left_there(discussion, "comments", f"{_titled(discussion)}, comments")
        for comment in _nodes(discussion.get("comments")):
            yield _comment(comment, page, "")
            said = f"{_titled(discussion)}, answers to {text(comment.get('id'))}"
            yield from _left_there(comment, "replies", said)
            for answer in _nodes(comment.get("replies")):
                yield _comment(answer, page, text(comment.get("id")))


def _titled(discussion: dict[str, Any]) -> str:
    return text(discussion.get("title")) or text(discussion.get("id"))


def _left_there(row: dict[str, Any], name: str, where: str) -> Iterator[Record]:
    """Those of which GitHub says that there are more than it has sent, which is 100 at once."""
    listed, sent = row.get(name), len(_nodes(row.get(name)))
    there = number(listed.get("totalCount")) if isinstance(listed, dict) else 0
    if there > sent:
        yield Skipped(
            f"{where}, {sent + 1} to {there}", Message("GitHub did not send them: ask for the rest")
        )


def _nodes(found: object) -> list[dict[str, Any]]:
    nodes = found.get("nodes") if isinstance(found, dict) else found
    return [each for each in nodes if isinstance(each, dict)] if isinstance(nodes, list) else []


def _page(own: str, row: dict[str, Any]) -> Page:
    """A page; giscus names a discussion by the page's path, address or title, and writes its address into the text."""
    title, body = text(row.get("title")), text(row.get("body"))
    addresses = re.findall(r"https?://[^\s<>()\[\]]+", body)
    path = title if title.startswith(("/", "http")) else f"/{title}/"
    return Page(
        id=own,
        url=addresses[0] if addresses else path,
        title=title,
        names=(title, path, *addresses),
    )


def _comment(row: dict[str, Any], page: str, parent: str) -> Past:
    author = row.get("author") if isinstance(row.get("author"), dict) else row.get("user")
    author = author if isinstance(author, dict) else {}
    written = text(row.get("body"))
    own = text(row.get("id")) or text(row.get("url"))
    reactions = row.get("reactions")
    ups = reactions.get("+1", 0) if isinstance(reactions, dict) else 0
    return Past(
        id=own,
        page=page,
        where=f"comment {own}",
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
    begins, names = json_items.keys(path)
    # `--slurp` puts each page of the answer into a list of its own.
    place = "item.item" if "item.item.html_url" in names else "item"
    rows = (
        json_items.each(path, place)
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
                text(row.get("html_url")) or "a row",
                Message("it is no issue and no comment on one"),
            )
