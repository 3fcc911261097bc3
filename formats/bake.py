"""Bake: a snapshot into the page it belongs to, between the two markers that keep its place.

The build bakes what was published while it ran; the service, what is published after it. Both call
this, so that they make the same bytes, and neither puts an older revision over a newer one. They
hold `files.lock_of` the site meanwhile.

Beside the snapshots stands where they were baked into: whoever publishes reaches every one of these
folders, so that a deleted word stays in none.
"""

import hashlib
import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from . import files, snapshots
from .snapshots import DamagedSnapshot, Snapshot

# A file for each folder with built pages, named by a hash of its path, which it holds.
PLACES = ".places"

_discussions = re.compile(
    rb"(<!-- postil:discussions [^>]*-->)(.*?)(<!-- postil:discussions-end -->)", re.DOTALL
)


_threads = re.compile(rb"<!-- postil:begin ([a-z0-9-]+)(?: ([^ >]*))? -->")
_data = re.compile(rb"(<!-- postil:data [^>]*-->).*?(<!-- postil:data-end -->)", re.DOTALL)


def thread(page: bytes, thread_id: str, new: Snapshot) -> bytes | None:
    """The page with the comments of this thread, and with their number; None where it has no place.

    A page that has newer ones already is given back as it is.
    """
    name = re.escape(thread_id).encode()
    place = re.compile(
        rb"(<!-- postil:begin %b(?: [^>]*)? -->)(.*?)(<!-- postil:end %b -->)" % (name, name),
        re.DOTALL,
    )
    found = place.search(page)
    if found is None:
        return None
    if snapshots.revision(found[2]) > new.revision:
        return page
    made = _put(page, found, new)
    if made != page:
        # What search engines are told of the comments has become old; the next build tells them anew.
        data = rb"(<!-- postil:data %b -->).*?(<!-- postil:data-end -->)" % name
        made = re.sub(data, rb"\1\2", made, flags=re.DOTALL)
    count = rb"(<!-- postil:count %b -->).*?(<!-- postil:count-end -->)" % name
    made = re.sub(count, rb"\g<1>%d\g<2>" % new.total, made)
    if not new.heading:
        return made
    heading = rb"(<!-- postil:heading %b -->).*?(<!-- postil:heading-end -->)" % name
    words = new.heading.encode()
    return re.sub(heading, lambda found: found[1] + words + found[2], made, flags=re.DOTALL)


def discussions(page: bytes, new: Snapshot) -> bytes | None:
    """The same for the page of all conversations."""
    found = _discussions.search(page)
    if found is None:
        return None
    return page if snapshots.revision(found[2]) > new.revision else _put(page, found, new)


def _put(page: bytes, place: re.Match[bytes], new: Snapshot) -> bytes:
    return page[: place.end(1)] + b"\n%b\n" % new.html.encode() + page[place.start(3) :]


def without_words(page: bytes) -> bytes:
    """The page with nothing that readers wrote; whoever shows it again bakes it first."""
    for name in {found[1] for found in _threads.finditer(page)}:
        place = rb"(<!-- postil:begin %b(?: [^>]*)? -->)\s*<div class=.postil[ \"'].*?(<!-- postil:end %b -->)"
        page = re.sub(place % (re.escape(name), re.escape(name)), rb"\1\n\2", page, flags=re.DOTALL)
    listed = _discussions.search(page)
    if listed and b'<div class="postil-discussions"' in listed[2]:
        page = _discussions.sub(rb"\1\n\3", page)
    return _data.sub(rb"\1\2", page)


def as_published(page: bytes, published: Path) -> bytes:
    """The page with what is published now."""
    for found in _threads.finditer(page):
        name, lang = found[1].decode(), (found[2] or b"").decode()

        def read(data: bytes, name: str = name) -> Snapshot:
            return snapshots.thread(data, name)

        if new := _newest(published / "threads", name, lang, read):
            page = thread(page, name, new) or page
    listed = _discussions.search(page)
    lang = listed[1].split()[2].decode() if listed else ""
    if listed and (new := _newest(published, "discussions", lang, snapshots.discussions)):
        page = discussions(page, new) or page
    return page


def _newest(
    folder: Path, stem: str, lang: str, read: Callable[[bytes], Snapshot]
) -> Snapshot | None:
    for name in (snapshots.file_name(stem, lang), snapshots.file_name(stem)):
        with suppress(OSError, DamagedSnapshot):
            return read((folder / name).read_bytes())
    return None


def remember(published: Path, site: Path) -> None:
    """Let whoever publishes know of a folder with built pages; there is nothing to know without a service."""
    if published.is_dir():
        path = str(site.resolve())
        name = hashlib.sha256(path.encode()).hexdigest()[:16]
        files.update(published / PLACES / name, path.encode())


def places(published: Path) -> list[Path]:
    """The folders with built pages that are there and can be written, in one order."""
    found = []
    with suppress(FileNotFoundError):
        for each in sorted((published / PLACES).iterdir()):
            with suppress(OSError, ValueError):
                path = Path(each.read_text(encoding="utf-8"))
                if path.is_absolute() and path.is_dir() and os.access(path, os.W_OK):
                    found.append(path)
    return found
