"""WordPress: the comments of an export (Tools › Export, a WXR file of version 1.0 to 1.2).

What stands on a page that is not published, or has a password, waits for a moderator.
"""

from collections.abc import Iterator
from html import unescape
from pathlib import Path
from xml.etree.ElementTree import Element

from comments_service.errors import Message
from comments_service.importers.records import (
    UNNUMBERED,
    USED_BEFORE,
    Damaged,
    Markup,
    Page,
    Past,
    Record,
    Skipped,
    moment,
)
from comments_service.importers.xml_items import items, said
from comments_service.models import Status

_states = {
    "1": Status.PUBLISHED,
    "approve": Status.PUBLISHED,
    "approved": Status.PUBLISHED,
    "0": Status.PENDING,
    "hold": Status.PENDING,
    "unapproved": Status.PENDING,
    "spam": Status.REJECTED,
    "trash": Status.DELETED,
    "post-trashed": Status.DELETED,
}
KINDS = ("", "comment")
PINGS = ("pingback", "trackback")


def read(path: Path) -> Iterator[Record]:
    seen: set[str] = set()
    entry = 0
    waiting: list[Past | Skipped] = []
    try:
        for name, element in items(path, frozenset({"item"}), frozenset({"comment"})):
            if name == "comment":
                waiting.append(_comment(element, str(entry)))
                continue
            if waiting:
                page = _page(element, str(entry))
                yield page
                for each in waiting:
                    yield from _once(each, seen)
            waiting = []
            entry += 1
    except Damaged:
        # Of which page they are cannot be told, and a whole file would find them on none.
        for each in waiting:
            yield Skipped(each.where, Message("the file breaks off before its article ends"))
        raise


def _once(each: Past | Skipped, seen: set[str]) -> Iterator[Record]:
    """Numbers are the blog's; two blogs pasted into one file may use one twice."""
    if isinstance(each, Past):
        if each.id in seen:
            yield Skipped(each.where, USED_BEFORE)
            return
        seen.add(each.id)
    yield each


def _page(element: Element, number: str) -> Page:
    link, guid = said(element, "link"), said(element, "guid")
    slug, kind = said(element, "post_name"), said(element, "post_type")
    status = said(element, "status") or "publish"
    names = [slug, guid, f"?p={said(element, 'post_id')}"]
    if kind == "attachment":
        # A picture had comments of its own; it is known by the page that shows it.
        names = [guid]
    return Page(
        id=number,
        url=link or guid,
        title=unescape(said(element, "title")),
        names=tuple(each for each in names if each),
        public=status in ("publish", "inherit") and not said(element, "post_password"),
    )


def _comment(element: Element, page: str) -> Past | Skipped:
    number = said(element, "comment_id")
    where = f"comment {number or 'without a number'}"
    kind = said(element, "comment_type").lower()
    if kind not in (*KINDS, *PINGS):
        return Skipped(
            where, Message("it is of the kind “{kind}”, which is not taken over", kind=kind)
        )
    if not number:
        return Skipped(where, UNNUMBERED)
    parent = said(element, "comment_parent")
    return Past(
        id=number,
        page=page,
        where=where,
        parent="" if parent in ("", "0") else parent,
        name=unescape(said(element, "comment_author")),
        email=said(element, "comment_author_email"),
        website=said(element, "comment_author_url"),
        body=said(element, "comment_content"),
        markup=Markup.LINES,
        status=_states.get(said(element, "comment_approved").lower(), Status.PENDING),
        written_at=moment(said(element, "comment_date_gmt"))
        or moment(said(element, "comment_date")),
        ping=kind if kind in PINGS else "",
    )
