"""Pages: puts a thread's newest snapshot into its built article, between two markers.

The build bakes too. Both hold `<output>.lock` while they rewrite pages, so that neither undoes
the other's work, and neither puts an older revision over a newer one.
"""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from filelock import FileLock, Timeout

from formats import files

_revision = re.compile(rb'<div class="postil(?:-discussions)?"[^>]* data-revision="(\d+)"')
_heading = re.compile(rb'<h2 class="postil-heading" id="comments">([^<]*)</h2>')
_discussions = re.compile(
    rb"(<!-- postil:discussions [^>]*-->\n?)(.*?)(<!-- postil:discussions-end -->)", re.DOTALL
)
# The attributes of a snapshot's first element all stand within its first bytes.
HEAD_BYTES = 512


class Busy(Exception):
    """A build is rewriting the pages; ask again when it is done."""


def revision(html: bytes) -> int:
    """The revision of a snapshot, or of what is baked into a page's section; -1 if there is none."""
    found = _revision.search(html[:HEAD_BYTES])
    return int(found[1]) if found else -1


def built_page(output: Path, site_url: str, url: str) -> Path | None:
    """The file of an article's address, if it was built; never one outside of `output`."""
    base = urlsplit(site_url).path.rstrip("/") + "/"
    path = unquote(urlsplit(url).path)
    if not path.startswith(base):
        return None
    relative = path.removeprefix(base)
    page = (output / relative / "index.html") if path.endswith("/") else output / relative
    try:
        inside = page.resolve().is_relative_to(output.resolve())
        return page if inside and page.is_file() else None
    except (OSError, ValueError):
        # A name that no file can have: one odd address must not stop the others' pages.
        return None


def bake(output: Path, page: Path, thread_id: str, fragment: bytes, count: int) -> bool:
    """Put `fragment` into `page`, with its count; returns whether the page changed.

    A page without the thread's markers is left alone. Raises Busy while a build holds the lock.
    """
    return _rewrite(output, page, lambda before: baked(before, thread_id, fragment, count))


def bake_discussions(output: Path, page: Path, fragment: bytes) -> bool:
    """The same for the page of all conversations."""
    return _rewrite(output, page, lambda before: listed(before, fragment))


def _rewrite(output: Path, page: Path, change: Callable[[bytes], bytes]) -> bool:
    try:
        with FileLock(files.lock_of(output), timeout=0):
            before = page.read_bytes()
            after = change(before)
            if after == before:
                return False
            files.rewrite(page, after)
            return True
    except Timeout:
        raise Busy from None


def sweep(output: Path) -> None:
    """Remove what a killed process left half-written among the pages. May raise Busy."""
    if output.is_dir():
        try:
            with FileLock(files.lock_of(output), timeout=0):
                files.sweep(output)
        except Timeout:
            raise Busy from None


def listed(page: bytes, fragment: bytes) -> bytes:
    """The page with the newer list of all conversations between its markers."""
    found = _discussions.search(page)
    if found is None or revision(found[2]) > revision(fragment):
        return page
    return page[: found.start(2)] + fragment.rstrip() + b"\n" + page[found.end(2) :]


def baked(page: bytes, thread_id: str, fragment: bytes, count: int) -> bytes:
    """The page with the fragment in the place that its markers keep; older never over newer."""
    name = re.escape(thread_id.encode())
    marked = re.compile(
        rb"(<!-- postil:begin "
        + name
        + rb"(?: [^>]*)? -->\n?)(.*?)(<!-- postil:end "
        + name
        + rb" -->)",
        re.DOTALL,
    )
    found = marked.search(page)
    if found is None or revision(found[2]) > revision(fragment):
        return page
    before = page
    # One line end before the closing marker, as the build writes it: both make the same bytes.
    page = page[: found.start(2)] + fragment.rstrip() + b"\n" + page[found.end(2) :]
    if page != before:
        # What search engines are told of the comments has become old; the next build tells them anew.
        data = rb"(<!-- postil:data " + name + rb" -->).*?(<!-- postil:data-end -->)"
        page = re.sub(data, rb"\1\2", page, flags=re.DOTALL)
    counted = re.compile(rb"(<!-- postil:count " + name + rb" -->).*?(<!-- postil:count-end -->)")
    page = counted.sub(rb"\g<1>%d\g<2>" % count, page)
    words = _heading.search(fragment)
    if not words:
        return page
    headed = re.compile(
        rb"(<!-- postil:heading " + name + rb" -->).*?(<!-- postil:heading-end -->)", re.DOTALL
    )
    return headed.sub(lambda found: found[1] + words[1] + found[2], page)
