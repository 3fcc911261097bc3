"""Folders: comments that lie beside the articles, a file each.

Staticman writes `_data/comments/<slug>/*.yml` or `.json`; pelican_comment_system reads
`content/comments/<slug>/*.md` with a head of `name: value` lines.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from comments_service.errors import Message
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

MAX_BYTES = 1_000_000
_MARKDOWN = (".md", ".markdown")
SUFFIXES = (".yml", ".yaml", ".json", *_MARKDOWN)


def read(path: Path) -> Iterator[Record]:
    seen: set[str] = set()
    files = sorted(each for each in path.rglob("*") if each.suffix.lower() in SUFFIXES)
    # pelican_comment_system names what is answered by its file, with or without the dot and what follows.
    stems = {
        (each.parent, name): each.stem
        for each in files
        for name in (each.name, each.name.replace(".", ""))
    }
    for file in files:
        where = file.relative_to(path).as_posix()
        try:
            row = _row(file)
        except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
            yield Skipped(
                where,
                Message("it cannot be read: {error}", error=" ".join(str(error).split())[:200]),
            )
            continue
        if not row:
            yield Skipped(where, Message("it holds no comment"))
            continue
        if file.suffix.lower() in _MARKDOWN and "title" in row:
            # The folder of the articles, in which comments may lie as well.
            yield Skipped(
                where, Message("it has a title, as an article has, and a comment has none")
            )
            continue
        slug = text(row.get("slug")) or file.parent.name
        if slug not in seen:
            seen.add(slug)
            url = text(row.get("page_url")) or f"/{slug}/"
            yield Page(id=slug, url=url, names=(slug,))
        answered = _answered(row)
        answered = stems.get((file.parent, answered), answered)
        yield _comment(row, where, slug, file.stem, answered)


def _row(file: Path) -> dict[str, Any]:
    if file.stat().st_size > MAX_BYTES:
        raise ValueError(f"it is larger than {MAX_BYTES:,} bytes")
    data = file.read_text("utf-8-sig")
    if file.suffix.lower() == ".json":
        found = json.loads(data)
    elif file.suffix.lower() in (".yml", ".yaml"):
        found = yaml.load(data, Loader=_Plain)  # noqa: S506 - makes texts only
    else:
        found = _head(data)
    return found if isinstance(found, dict) else {}


class _Plain(yaml.BaseLoader):
    """Every value is a text; nothing is repeated by a name, which could make a small file large."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("it refers to a part of itself")
        return super().compose_node(parent, index)


def _head(data: str) -> dict[str, Any]:
    """`name: value` lines, an empty one, and the words."""
    head, _, body = data.replace("\r\n", "\n").lstrip("\n").removeprefix("---\n").partition("\n\n")
    if "\n---\n" in f"\n{head}\n":
        head, _, rest = f"{head}\n".partition("---\n")
        body = f"{rest}\n{body}"
    pairs = (line.partition(":") for line in head.splitlines() if ":" in line)
    return {name.strip().lower(): value.strip() for name, _, value in pairs} | {
        "message": body.strip()
    }


def _answered(row: dict[str, Any]) -> str:
    names = ("_parent", "replying_to", "replyingTo", "replyto", "reply_to")
    return next((found for name in names if (found := text(row.get(name)))), "")


def _comment(row: dict[str, Any], where: str, slug: str, stem: str, answered: str) -> Past:
    fields = row.get("fields")
    row = row | (fields if isinstance(fields, dict) else {})
    own = text(row.get("_id")) or text(row.get("id")) or stem
    # Staticman names the page itself where a comment answers none.
    answers_none = answered in ("", "0", slug) or answered.startswith("http")
    email = text(row.get("email"))
    return Past(
        id=f"{slug}/{own}",
        page=slug,
        where=where,
        parent="" if answers_none else f"{slug}/{answered}",
        name=text(row.get("name")) or text(row.get("author")),
        # Staticman keeps the MD5 of an address.
        email=email if "@" in email else "",
        website=text(row.get("url")) or text(row.get("website")),
        body=text(row.get("message")) or text(row.get("comment")) or text(row.get("body")),
        markup=Markup.MARKDOWN,
        status=Status.DELETED if flag(row.get("deleted")) else Status.PUBLISHED,
        written_at=moment(row.get("date")),
    )
