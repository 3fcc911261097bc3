"""Snapshots: a thread's published comments as a fragment of HTML; what its file is called, and what it says.

What a fragment says of itself are the attributes of its one element, always in one order and within its
first bytes. A fragment is checked before it becomes part of a page (`thread`, `discussions`).
"""

import re
from typing import NamedTuple

from .manifest import LANG, THREAD

VERSION = 1
HEAD_BYTES = 512
# `threads/<id>[.<lang>][.<page>].<kind>`, `threads/<id>[.<lang>].best.html` and the files of the whole site, and nothing else is served.
SERVED = re.compile(
    rf"threads/{THREAD}(?:\.{LANG})?(?:(?:\.[0-9]{{1,6}})?\.(?:html|json|atom)|\.best\.html)"
    r"|counts\.json|recent\.(?:html|json|atom)|ui\.[A-Za-z0-9-]{1,35}\.html"
    rf"|discussions(?:\.{LANG})?(?:\.[0-9]{{1,4}})?\.(?:html|json)"
)

_thread = re.compile(
    r'<div class="postil" data-version="(?P<version>\d+)" data-thread="(?P<thread>[a-z0-9-]+)"'
    r' data-lang="[a-z0-9-]+" data-revision="(?P<revision>\d+)" data-count="(?P<count>\d+)"[ >]'
)
_discussions = re.compile(
    r'<div class="postil-discussions" data-version="(?P<version>\d+)"'
    r' data-lang="[a-z0-9-]+" data-revision="(?P<revision>\d+)" data-count="(?P<count>\d+)"[ >]'
)
_heading = re.compile(r'<h2 class="postil-heading" id="comments">([^<]*)</h2>')
_revision = re.compile(rb'<div class="postil(?:-discussions)?"[^>]* data-revision="(\d+)"')


class DamagedSnapshot(Exception):
    """A file that is not the snapshot its name promises; its text says in what way."""


class Snapshot(NamedTuple):
    """A fragment that may become part of a page, and what it says of itself.

    `total` is of comments, or of threads in their list; `heading` says it in words, as HTML.
    """

    html: str
    revision: int
    total: int
    heading: str = ""


def file_name(stem: str, lang: str = "", page: int = 1, kind: str = "html") -> str:
    """`fish.html`, `fish.2.html`, `fish.zh-cn.html`; a language where it is not the thread's own."""
    return ".".join(filter(None, (stem, lang, str(page) if page > 1 else "", kind)))


def thread(data: bytes, thread_id: str) -> Snapshot:
    """The fragment of this thread; raises DamagedSnapshot for anything else."""
    text, attributes = _whole(data, _thread)
    if attributes["thread"] != thread_id:
        raise DamagedSnapshot(f'it belongs to the thread "{attributes["thread"]}"')
    heading = _heading.search(text)
    words = heading[1] if heading else ""
    return Snapshot(text, int(attributes["revision"]), int(attributes["count"]), words)


def discussions(data: bytes) -> Snapshot:
    """A page of the list of all conversations; raises DamagedSnapshot for anything else."""
    text, attributes = _whole(data, _discussions)
    return Snapshot(text, int(attributes["revision"]), int(attributes["count"]))


def _whole(data: bytes, root: re.Pattern[str]) -> tuple[str, re.Match[str]]:
    try:
        text = data.decode().strip()
    except UnicodeDecodeError:
        raise DamagedSnapshot("it is not UTF-8") from None
    attributes = root.match(text[:HEAD_BYTES])
    if not attributes:
        raise DamagedSnapshot("it does not begin with the element of a snapshot")
    if int(attributes["version"]) != VERSION:
        raise DamagedSnapshot(
            f"its version is {attributes['version']}, and {VERSION} is what is read here"
        )
    # Everything a reader typed is escaped, so that these words can only be elements and markers.
    if not text.endswith("</div>") or text.count("<div") != text.count("</div>"):
        raise DamagedSnapshot("its end is missing")
    if "<!-- postil:" in text:
        raise DamagedSnapshot("it has markers of its own, which would break the page's")
    return text, attributes


def revision(html: bytes) -> int:
    """The revision that a fragment says, or what is baked into a page; -1 where there is none."""
    found = _revision.search(html[:HEAD_BYTES])
    return int(found[1]) if found else -1
