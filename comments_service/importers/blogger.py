"""Blogger: the Atom file of Settings › Back up content. Posts and comments are entries of one feed."""

from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from comments_service.errors import Message
from comments_service.importers.records import Markup, Page, Past, Record, Skipped, moment
from comments_service.importers.xml_items import items, said
from comments_service.models import Status

_KIND = "http://schemas.google.com/g/2005#kind"
_nobody = ("noreply@blogger.com", "")


def read(path: Path) -> Iterator[Record]:
    for _, entry in items(path, frozenset({"entry"})):
        kind = _kind(entry)
        number = said(entry, "id")
        if kind in ("post", "page"):
            yield Page(
                id=number,
                # Takeout says the path alone.
                url=_link(entry, "alternate") or said(entry, "filename"),
                title=said(entry, "title"),
                public=said(entry, "control/draft") != "yes"
                and said(entry, "status") in ("", "LIVE")
                and not said(entry, "trashed"),
            )
        elif kind == "comment":
            yield _comment(entry, number)


def _kind(entry: Element) -> str:
    for category in entry.findall("category"):
        if category.get("scheme") == _KIND:
            return category.get("term", "").rpartition("#")[2]
    # What Takeout writes has the kind as an element.
    return said(entry, "type").lower()


def _link(entry: Element, relation: str) -> str:
    return next(
        (each.get("href", "") for each in entry.findall("link") if each.get("rel") == relation), ""
    )


def _status(state: str) -> Status:
    """What Takeout calls it; a backup says nothing, and holds what everybody saw. What is unknown waits."""
    if state in ("", "LIVE"):
        return Status.PUBLISHED
    return Status.REJECTED if "SPAM" in state else Status.PENDING


def _comment(entry: Element, number: str) -> Past | Skipped:
    answered = entry.find("in-reply-to")
    page = answered.get("ref", "") if answered is not None else said(entry, "parent")
    if not page:
        return Skipped(number, Message("it names no post"))
    # The comment that is answered is linked by the address under which the feed has it.
    related = _link(entry, "related").rstrip("/").rpartition("/")[2]
    parent = (
        f"{number.rpartition('post-')[0]}post-{related}" if related else said(entry, "inReplyTo")
    )
    email = said(entry, "author/email")
    state = said(entry, "status")
    return Past(
        id=number,
        page=page,
        where=number,
        parent=parent,
        name=said(entry, "author/name"),
        email="" if email.lower() in _nobody else email,
        website=said(entry, "author/uri"),
        body=said(entry, "content"),
        markup=Markup.LINES,
        status=Status.DELETED if said(entry, "trashed") else _status(state),
        written_at=moment(said(entry, "published")),
    )
