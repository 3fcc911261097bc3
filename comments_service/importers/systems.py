"""Systems: every comment system whose files are read, and how a file is known, by what it holds."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from comments_service.importers import (
    artalk,
    blogger,
    commento,
    cusdis,
    disqus,
    folders,
    github,
    isso,
    json_items,
    postil,
    remark42,
    twikoo,
    waline,
    wordpress,
    xml_items,
)
from comments_service.importers.records import Damaged, Record

# What nobody reads here as it is, by what it begins with, in small letters.
_PACKED = {b"7z\xbc\xaf": "7z", b"rar!": "rar", b"bzh": "bzip2", b"\xfd7zxz": "xz", b"\x28\xb5\x2f\xfd": "zstd"}  # fmt: skip


@dataclass(frozen=True)
class Look:
    """What is seen of a file at first sight: the root of XML, JSON's names, a database's tables."""

    path: Path
    root: str = ""
    begins: str = ""
    names: frozenset[str] = frozenset()
    tables: frozenset[str] = frozenset()


@dataclass(frozen=True)
class System:
    """A format: the word that names it on the command line and in the database, and how it is read."""

    name: str
    label: str
    knows: Callable[[Look], bool]
    read: Callable[[Path], Iterator[Record]]


def _holds(*names: str) -> Callable[[Look], bool]:
    """Known by names that JSON uses, each at the end of where it stands."""
    return lambda look: all(
        any(each == name or each.endswith(f".{name}") for each in look.names) for name in names
    )


ALL = (
    System("postil", "Postil", _holds("postil"), postil.read),
    System("disqus", "Disqus", lambda look: look.root.endswith("disqus"), disqus.read),
    System(
        "wordpress",
        "WordPress (WXR)",
        lambda look: look.root == "rss",
        wordpress.read,
    ),
    System("blogger", "Blogger", lambda look: look.root.endswith("}feed"), blogger.read),
    System("isso", "Isso", lambda look: {"comments", "threads"} <= look.tables, isso.read),
    System(
        "isso-json",
        "Isso (generic JSON)",
        lambda look: look.begins == "[" and _holds("item.comments.item.text")(look),
        isso.read_json,
    ),
    System(
        "remark42",
        "Remark42",
        lambda look: (
            _holds("locator", "user", "text")(look) or ({"version", "users", "posts"} <= look.names)
        ),
        remark42.read,
    ),
    System(
        "commento",
        "Commento or Comentario",
        lambda look: "commenters" in look.names and "comments" in look.names,
        commento.read,
    ),
    # Its comments have all that those of Waline have.
    System("twikoo", "Twikoo", _holds("nick", "comment", "created"), twikoo.read),
    System("waline", "Waline or Valine", _holds("nick", "comment"), waline.read),
    System("artalk", "Artalk (Artrans)", _holds("page_key", "content"), artalk.read),
    System(
        "cusdis",
        "Cusdis",
        lambda look: {"comments", "pages", "projects"} <= look.tables,
        cusdis.read,
    ),
    System(
        "github",
        "giscus or utterances (GitHub)",
        lambda look: (
            _holds("comments", "bodyHTML")(look)
            or _holds("body", "author", "url")(look)
            or _holds("body", "user.login", "html_url")(look)
        ),
        github.read,
    ),
    System(
        "folders",
        "Staticman or pelican_comment_system",
        lambda look: look.path.is_dir(),
        folders.read,
    ),
)


def of(path: Path, name: str = "") -> System:
    """The system of that name, or the one that has written the file. Raises Damaged."""
    known = {each.name: each for each in ALL}
    if name:
        return known[name]
    look = _seen(path)
    for each in ALL:
        if each.knows(look):
            return each
    raise Damaged(
        f"{path} is no export that is known here{_instead(look)}. Known are: {', '.join(known)}."
        " If it is one of them, say which by --from."
    )


def _instead(look: Look) -> str:
    """What it is instead, where that tells what to do next."""
    with look.path.open("rb") as file:
        head = file.read(1024).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype html", b"<html")):
        return (
            ": it is a web page, such as one that asks to sign in or says what went wrong."
            " Look at it in a browser, and download the export again"
        )
    if head.startswith((b"{", b"[")) and (fault := json_items.fault(look.path)):
        return f": it is damaged JSON ({fault}). Export it again, or save it as UTF-8"
    packed = next((name for begins, name in _PACKED.items() if head.startswith(begins)), "")
    return f": it is packed ({packed}). Unpack it first" if packed else ""


def _seen(path: Path) -> Look:
    if path.is_dir():
        return Look(path)
    with path.open("rb") as file:
        head = file.read(4096)
    if not head.strip():
        raise Damaged(f"{path} is empty.")
    if head.startswith(b"SQLite format 3\0"):
        return Look(path, tables=_tables(path))
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n`")
    if start.startswith(b"<"):
        return Look(path, root=xml_items.first(path))
    begins, names = json_items.keys(path)
    return Look(path, begins=begins, names=frozenset(names))


def _tables(path: Path) -> frozenset[str]:
    try:
        database = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
        try:
            rows = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            return frozenset(name for (name,) in rows)
        finally:
            database.close()
    except sqlite3.Error as error:
        raise Damaged(f"{path} is a damaged database ({error}).") from None
