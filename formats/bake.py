"""Bake: a snapshot into the page it belongs to, between the two markers that keep its place.

The build bakes what was published while it ran; the service, what is published after it. Both call
this, so that they make the same bytes, and neither puts an older revision over a newer one. They
hold `files.lock_of` the site meanwhile.

Beside the snapshots stands where they were baked into: whoever publishes reaches every one of these
folders, so that a deleted word stays in none.
"""

import hashlib
import json
import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from . import files, snapshots
from .snapshots import DamagedSnapshot, Snapshot

# A file for each folder with built pages, named by a hash of its path, which it holds.
PLACES = ".places"

_discussions = re.compile(
    rb"(<!-- postil:discussions [^>]*-->)(.*?)(<!-- postil:discussions-end -->)", re.DOTALL
)


_listed = re.compile(
    rb"(<!-- postil:listed ([a-z0-9-]+) ([^ >]*) ([^ >]+) -->)(.*?)(<!-- postil:listed-end -->)",
    re.DOTALL,
)
# Beside the folders, for each of them: which of its pages lists which threads.
LISTS = ".lists"

_threads = re.compile(rb"<!-- postil:begin ([a-z0-9-]+)(?: ([^ >]*))? -->")
_data = re.compile(rb"(<!-- postil:data [^>]*-->)(.*?)(<!-- postil:data-end -->)", re.DOTALL)

# Whose note a number in the article is: between two signs that part directions, in the number's name.
NAME_BEGINS, NAME_ENDS = "\u2068", "\u2069"
_named = re.compile(
    rf'(<a class="postil-at" href="#comment-(\d+)" aria-label="[^"]*?{NAME_BEGINS})(?:(?!{NAME_ENDS})[^"])*'.encode()
)
_commented = re.compile(
    rb'<li class="postil-comment[^"]*" id="comment-(\d+)"[^>]*>'
    rb'(?:(?!<li class="postil-comment)[^\0])*?class="postil-name"[^>]*>(?:<bdi>)?([^<]*)<'
)


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
        data = rb"(<!-- postil:data %b -->)(.*?)(<!-- postil:data-end -->)" % name
        made = re.sub(data, lambda found: _told(found, new.total), made, flags=re.DOTALL)
    count = rb"(<!-- postil:count %b -->).*?(<!-- postil:count-end -->)" % name
    made = re.sub(count, rb"\g<1>%d\g<2>" % new.total, made)
    made = _whose(made, new.html)
    if not new.heading:
        return made
    heading = rb"(<!-- postil:heading %b -->).*?(<!-- postil:heading-end -->)" % name
    words = new.heading.encode()
    return re.sub(heading, lambda found: found[1] + words + found[2], made, flags=re.DOTALL)


def names(fragment: bytes) -> dict[int, str]:
    """Who wrote the comments of a fragment, by their numbers; as HTML, for an attribute too."""
    return {
        int(found[1]): found[2].decode().replace('"', "&#34;")
        for found in _commented.finditer(fragment)
    }


def _whose(page: bytes, fragment: str) -> bytes:
    """The page with the names of these comments in the numbers of its notes; of those that are gone, none."""
    if not _named.search(page):
        return page
    known = names(fragment.encode())
    return _named.sub(lambda found: found[1] + known.get(int(found[2]), "").encode(), page)


def _told(found: re.Match[bytes], total: int | None = None) -> bytes:
    """What search engines are told of the comments: how many; which ones, the next build tells anew."""
    begin, data, end = found.groups()
    inside = re.search(rb">(.*)<", data, re.DOTALL)
    try:
        known = json.loads(inside[1]) if inside else None
    except ValueError:
        known = None
    if inside is None or not isinstance(known, dict):
        return begin + end
    known.pop("comment", None)
    known |= {} if total is None else {"commentCount": total}
    text = inert(known).encode()
    return begin + data[: inside.start(1)] + text + data[inside.end(1) :] + end


def inert(data: object) -> str:
    """JSON that can stand in a script element: nothing in it ends the element or opens another."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def listed(page: bytes, thread_id: str, lang: str, new: Snapshot) -> bytes:
    """A page that lists articles, with the number of comments of this one, where it lists it in this language."""

    def instead(found: re.Match[bytes]) -> bytes:
        begin, name, its, href, _, end = found.groups()
        if (name.decode(), its.decode()) != (thread_id, lang):
            return found[0]
        link = b'<a href="%b">%b</a>' % (href, new.heading.encode())
        return begin + (link if new.total and new.heading else b"") + end

    return _listed.sub(instead, page)


def threads_listed(page: bytes) -> list[str]:
    return sorted({found[2].decode() for found in _listed.finditer(page)})


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
    whole = _discussions.search(page)
    if whole and b'<div class="postil-discussions"' in whole[2]:
        page = _discussions.sub(rb"\1\n\3", page)
    return _data.sub(_told, _whose(page, ""))


def wanted(page: bytes) -> set[tuple[str, str]]:
    """The snapshots that a page takes: the beginning of each one's name, and the page's language."""
    threads = {(found[1], found[2] or b"") for found in _threads.finditer(page)}
    threads |= {(found[2], found[3]) for found in _listed.finditer(page)}
    whole = _discussions.search(page)
    lists = {("discussions", whole[1].split()[2].decode())} if whole else set()
    return {(f"threads/{name.decode()}", lang.decode()) for name, lang in threads} | lists


def sum_of(page: bytes) -> str:
    """Tells pages apart that show other comments; what is told to search engines only a build knows whole."""
    return hashlib.sha256(_data.sub(b"", _whose(page, ""))).hexdigest()


def as_published(page: bytes, published: Path) -> bytes:
    """The page with what is published now."""
    for found in _threads.finditer(page):
        name, lang = found[1].decode(), (found[2] or b"").decode()

        def read(data: bytes, name: str = name) -> Snapshot:
            return snapshots.thread(data, name)

        if new := _newest(published / "threads", name, lang, read):
            page = thread(page, name, new) or page
    for entry in _listed.finditer(page):
        name, lang = entry[2].decode(), entry[3].decode()

        def read_listed(data: bytes, name: str = name) -> Snapshot:
            return snapshots.thread(data, name)

        if new := _newest(published / "threads", name, lang, read_listed):
            page = listed(page, name, lang, new)
    whole = _discussions.search(page)
    lang = whole[1].split()[2].decode() if whole else ""
    if whole and (new := _newest(published, "discussions", lang, snapshots.discussions)):
        page = discussions(page, new) or page
    return page


def _newest(
    folder: Path, stem: str, lang: str, read: Callable[[bytes], Snapshot]
) -> Snapshot | None:
    for name in (snapshots.file_name(stem, lang), snapshots.file_name(stem)):
        with suppress(OSError, DamagedSnapshot):
            return read((folder / name).read_bytes())
    return None


def note_lists(
    published: Path, site: Path, stamps: Mapping[str, files.Stamp] | None = None
) -> None:
    """Write down which pages list which threads, for whoever publishes; of pages that changed since, anew.

    `stamps` are the site's files with size and time, where somebody has looked through them.
    """
    if not published.is_dir():
        return
    path = published / LISTS / _name_of(site)
    known, found = _noted(path), {}
    for name, stamp in sorted((stamps or files.stamps(site)).items()):
        if name.endswith(".html"):
            before = known.get(name)
            if before is None or before[0] != stamp:
                before = [stamp, threads_listed((site / name).read_bytes())]
            found[name] = before
    files.update(path, json.dumps(found).encode())


def lists_of(published: Path, site: Path, thread_id: str) -> list[Path]:
    """The pages of a folder that list this thread."""
    if not (path := published / LISTS / _name_of(site)).exists():
        note_lists(published, site)  # Built before there was anybody to publish.
    with suppress(OSError):
        stat = path.stat()
        names = _pages_by_thread(path, stat.st_size, stat.st_mtime_ns).get(thread_id, ())
        return [site / name for name in names]
    return []


@lru_cache(4)
def _pages_by_thread(path: Path, size: int, moment: int) -> dict[str, list[str]]:
    """What is noted of a site, read once for all threads that are published before its next build."""
    found: dict[str, list[str]] = {}
    for name, (_, threads) in _noted(path).items():
        for thread_id in threads:
            found.setdefault(thread_id, []).append(name)
    return found


def _noted(path: Path) -> dict[str, list[Any]]:
    with suppress(OSError, ValueError):
        found = json.loads(path.read_bytes())
        if isinstance(found, dict):
            return found
    return {}


def _name_of(site: Path) -> str:
    return hashlib.sha256(str(site.resolve()).encode()).hexdigest()[:16]


def remember(published: Path, site: Path) -> None:
    """Let whoever publishes know of a folder with built pages; there is nothing to know without a service."""
    if published.is_dir():
        files.update(published / PLACES / _name_of(site), str(site.resolve()).encode())


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
