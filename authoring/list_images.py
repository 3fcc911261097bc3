"""Images: which lie in the content folder, how large they are, who shows them, and what to do.

A picture counts as used when an article, a page or a setting names it; nothing is deleted here.
"""

import html
import posixpath
import re
import unicodedata
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from PIL import Image, UnidentifiedImageError

from authoring.blog import PICTURE_BYTES, PICTURES, Blog, Source
from authoring.terminal import counted, table
from plugins import files
from plugins.presentation.imagefile import MAX_PIXELS

LINK = re.compile(r"\{(?P<kind>static|attach|filename|photo)\}(?P<path>[^\s\"'<>\])}|]+)")
PLAIN = re.compile(
    r"(?:!\[[^\]]*\]\(\s*<?|\bsrc=[\"']?|\bhref=[\"']?|^(?:cover|image|thumbnail|picture)\s*:\s*)"
    r"(?P<path>[^\s\"'<>){}]+)",
    re.IGNORECASE | re.MULTILINE,
)
# A name that those may take in part: in doubt it is used, since who asks may delete what is not.
UNUSUAL = re.compile(r"[^\w./-]|[^\x00-\x7f]")


class Picture(NamedTuple):
    """A picture, where it is shown, and what is wrong with it (or nothing)."""

    path: Path
    name: str
    bytes: int
    size: tuple[int, int] | None
    users: list[str]
    trouble: str


def shown_by(source: Source) -> set[str]:
    """The files, from the content folder on, that a source names."""
    folder = source.path.parent.relative_to(source.blog.content).as_posix()
    found = [match["path"] for match in LINK.finditer(source.text)]
    found += [match["path"] for match in PLAIN.finditer(source.text)]
    names = set()
    for written in found:
        path = unquote(written.partition("#")[0].partition("?")[0])
        # From the site's root, or from the folder of the article; Pelican knows both.
        base = "" if path.startswith("/") else folder
        names.add(posixpath.normpath(posixpath.join(base, path.lstrip("/"))))
    return names


def composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def naming(blog: Blog, picture: Path) -> list[str]:
    """The sources in whose text the picture's name stands, however it is written."""
    name = composed(picture.name)
    if not UNUSUAL.search(name):
        return []
    texts = ((source.shown, composed(html.unescape(source.text))) for source in blog.sources)
    return [shown for shown, text in texts if name in text or name in composed(unquote(text))]


def found(blog: Blog) -> list[Picture]:
    """Every picture, the largest file first."""
    users: dict[str, list[str]] = defaultdict(list)
    for source in blog.sources:
        for name in shown_by(source):
            users[name].append(source.shown)
    settings = repr({key: value for key, value in blog.settings.items() if key.isupper()})
    limit = blog.settings.get("IMAGES_MAX_PIXELS", MAX_PIXELS)
    heavy = blog.settings.get("IMAGES_MAX_BYTES", PICTURE_BYTES)
    pictures = []
    for path in files.of_folder(blog.content):
        if path.suffix.lower() not in PICTURES:
            continue
        name = path.relative_to(blog.content).as_posix()
        by = sorted(users[name] or naming(blog, path)) or ["pelicanconf.py"] * (name in settings)
        pictures.append(looked_at(path, name, by, limit, heavy))
    return sorted(pictures, key=lambda picture: (-picture.bytes, picture.name))


def looked_at(path: Path, name: str, users: list[str], limit: int, heavy: int) -> Picture:
    weight = path.stat().st_size
    size, trouble = None, ""
    if path.suffix.lower() != ".svg":
        try:
            with Image.open(path) as image:
                size = image.size
        except Image.DecompressionBombError:
            trouble = "far too many pixels: make it smaller"
        except (OSError, UnidentifiedImageError):
            trouble = "it cannot be read: export it again"
    if size and size[0] * size[1] > limit:
        trouble = f"more than {limit / 1e6:g} million pixels: the build refuses it"
    elif not trouble and weight > heavy:
        trouble = f"more than {heavy / 1e6:g} MB: a smaller copy shows the same"
    return Picture(path, name, weight, size, users, trouble)


def weight(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 1e6 else f"{max(1, round(size / 1e3)):,} KB"


def listed(blog: Blog, *, unused_only: bool = False) -> list[str]:
    """The pictures as lines for a terminal: all of them, then what deserves a look."""
    pictures = found(blog)
    if not pictures:
        return [f"There are no pictures in {blog.content.relative_to(blog.root)}/ yet."]
    unused = [picture for picture in pictures if not picture.users]
    if unused_only:
        return [picture.path.relative_to(blog.root).as_posix() for picture in unused]
    rows = []
    for picture in pictures:
        size = f"{picture.size[0]} × {picture.size[1]}" if picture.size else ""
        by = ", ".join(picture.users[:2]) + f" and {len(picture.users) - 2} more" * (
            len(picture.users) > 2
        )
        rows.append((weight(picture.bytes), size, picture.name, by or "not used"))
    whole = sum(picture.bytes for picture in pictures)
    lines = [*table(rows, frozenset({0, 1})), ""]
    lines.append(f"{counted(len(pictures), 'picture')}, {weight(whole)}; {len(unused)} not used.")
    if troubles := [picture for picture in pictures if picture.trouble]:
        lines += ["", "To look at"]
        lines += table((picture.name, picture.trouble) for picture in troubles)
    return lines
