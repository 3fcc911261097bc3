"""Disqus: the XML that Admin › Moderation › Export sends by mail.

Threads come first, then posts that name theirs by number. The same thread may stand there several times,
a thread may have no identifier, and a post may name a thread that the file does not hold.
"""

from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from comments_service.errors import Message
from comments_service.importers.records import (
    UNNUMBERED,
    Markup,
    Page,
    Past,
    Record,
    Skipped,
    flag,
    moment,
)
from comments_service.importers.xml_items import items, said
from comments_service.models import Status


def read(path: Path) -> Iterator[Record]:
    unnamed = 0
    for name, element in items(path, frozenset({"thread", "post"})):
        # Within a post, `thread` is only its number.
        if name == "thread":
            if len(element):
                yield _page(element)
            continue
        number = element.get("id", "").strip() or said(element, "id")
        if not number:
            unnamed += 1
            yield Skipped(
                f"post {unnamed} without a number",
                UNNUMBERED,
            )
            continue
        yield _comment(element, number)


def _page(element: Element) -> Page:
    identifier = said(element, "id")
    return Page(
        id=element.get("id", "").strip(),
        url=said(element, "link"),
        title=said(element, "title"),
        names=(identifier,) if identifier else (),
        public=not flag(said(element, "isDeleted")),
    )


def _comment(element: Element, number: str) -> Past | Skipped:
    where = f"post {number}"
    thread, parent = element.find("thread"), element.find("parent")
    page = thread.get("id", "").strip() if thread is not None else ""
    if not page:
        return Skipped(where, Message("it names no thread"))
    if flag(said(element, "isDeleted")):
        status = Status.DELETED
    elif flag(said(element, "isSpam")):
        status = Status.REJECTED
    elif said(element, "isApproved").lower() == "false":
        status = Status.PENDING
    else:
        status = Status.PUBLISHED
    anonymous = flag(said(element, "author/isAnonymous"))
    return Past(
        id=number,
        page=page,
        where=where,
        parent=parent.get("id", "").strip() if parent is not None else "",
        name=said(element, "author/name")
        or ("" if anonymous else said(element, "author/username")),
        email=said(element, "author/email"),
        website=said(element, "author/link"),
        body=said(element, "message"),
        markup=Markup.LINES,
        status=status,
        written_at=moment(said(element, "createdAt")),
    )
