"""Matching: which thread of this blog a page of the old one is.

By what the owner says first, then by the thread's name, its address, and the addresses that it had before.
A guess is only ever suggested.
"""

import csv
import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit

from comments_service.importers.records import Damaged, Page
from formats.manifest import THREAD

# Of a page's address what says which page it is; the rest says where a reader came from.
_meaning = ("p", "page_id", "id", "post", "post_id", "attachment_id")
# How alike the ends of two addresses are before one is suggested for the other.
ALIKE = 0.8


def path_of(url: str, base: str = "") -> str:
    """The path of an address below a blog's own, decoded, as it is compared: without what does not name the page."""
    parts = _split(url.strip())
    said = parts.path
    if parts.fragment.startswith(("!/", "/")):
        # Pages of a script, which are told apart behind the hash.
        said = f"{said}/{parts.fragment.removeprefix('!').partition('?')[0]}"
    path = re.sub(r"/{2,}", "/", unicodedata.normalize("NFC", unquote(said)))
    prefix = urlsplit(base).path.rstrip("/")
    if prefix and (path == prefix or path.startswith(f"{prefix}/")):
        path = path[len(prefix) :]
    path = re.sub(r"/(?:index\.(?:html?|php)|amp)?/?$", "", path)
    path = re.sub(r"(?:/comment-page-\d+)$", "", path)
    path = re.sub(r"\.(?:html?|php|aspx?)$", "", path)
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name in _meaning]
    query = f"?{urlencode(kept)}" if kept else ""
    return f"/{path.strip('/')}{query}".lower()


def _split(url: str) -> SplitResult:
    """An address in its parts; what is none is a path."""
    try:
        return urlsplit(f"http:{url}" if url.startswith("//") else url)
    except ValueError:
        return SplitResult("", "", url, "", "")


class Rules:
    """What the owner says of old addresses. A `*` at the end of the old one stands for all that follows."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._pairs = [(old.strip(), new.strip()) for old, new in pairs if old.strip()]

    @classmethod
    def read(cls, pairs: Iterable[tuple[str, str]], table: Path | None) -> "Rules":
        """With the lines of a CSV file: the old address, and the new one or a thread. Raises Damaged."""
        if table is None:
            return cls(pairs)
        try:
            with table.open(encoding="utf-8-sig", newline="") as file:
                rows = [row for row in csv.reader(file) if any(each.strip() for each in row)]
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise Damaged(f"{table} cannot be read: {error}.") from error
        for at, row in enumerate(rows, 1):
            if len(row) < 2:
                raise Damaged(
                    f"{table}, line {at}: two columns are needed, the old address and the new one."
                )
        return cls([*pairs, *((row[0], row[1]) for row in rows)])

    def new(self, page: Page) -> str:
        """What the owner says a page is now: an address or a thread; nothing if he says nothing."""
        for old, new in self._pairs:
            for given in (page.url, page.id, *page.names):
                if not given:
                    continue
                if old.endswith("*"):
                    for form, begins in ((given, old[:-1]), (_path(given), _path(old[:-1]))):
                        if begins and form.startswith(begins):
                            rest = form[len(begins) :]
                            return new[:-1] + rest if new.endswith("*") else new
                elif given == old or (_is_address(old) and path_of(given) == path_of(old)):
                    return new
        return ""


def _path(given: str) -> str:
    parts = _split(given)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _is_address(given: str) -> bool:
    return given.startswith(("/", "http://", "https://"))


class Threads:
    """The threads that there are, by all that may name one."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._ids: set[str] = set()
        self._by_path: dict[str, str] = {}
        self._by_title: dict[str, str] = {}
        self._ends: dict[str, list[str]] = {}

    def add(self, thread: str, urls: Iterable[str], aliases: Iterable[str], title: str) -> None:
        """A thread with its addresses, whole or from the blog's own on; those it has now come before old ones."""
        self._ids.add(thread)
        for url in urls:
            path = path_of(url, self._base)
            self._by_path[path] = thread
            self._ends.setdefault(_end(path), []).append(thread)
        for alias in aliases:
            path = path_of(alias)
            self._by_path.setdefault(path, thread)
            self._ends.setdefault(_end(path), []).append(thread)
        self._by_title.setdefault(_folded(title), thread)

    def has(self, name: str) -> bool:
        """Whether a thread or an address is one of them, as a rule may say."""
        return self._named(name) is not None

    def of(self, page: Page, rules: Rules) -> str | None:
        """The thread that a page is; None where nothing says so. Raises Damaged for a rule that leads nowhere."""
        if new := rules.new(page):
            found = self._named(new)
            if found is None:
                raise Damaged(
                    f"{page.url or page.id} is to become {new}, and no page of this blog has that address or thread."
                    " Build the site, or correct the rule."
                )
            return found
        for name in page.names:
            if (found := self._named(name, paths=True)) is not None:
                return found
        return self._named(page.url) if page.url else None

    def _named(self, name: str, *, paths: bool = True) -> str | None:
        if name in self._ids and re.fullmatch(THREAD, name):
            return name
        if not paths or not (_is_address(name) or "/" in name or name.startswith("?")):
            return None
        path = path_of(name, self._base)
        # The front page is what an address without a path says, and what was commented is elsewhere.
        return self._by_path.get(path) or (
            self._by_path.get(path_of(name)) if path != "/" else None
        )

    def suggestion(self, page: Page) -> str:
        """The thread that a page may be: of the same end of the address, or the same title; or nothing."""
        end = _end(path_of(page.url or page.id))
        if end:
            same = {*self._ends.get(end, [])}
            if len(same) == 1:
                return same.pop()
        if page.title and (found := self._by_title.get(_folded(page.title))):
            return found
        near = difflib.get_close_matches(end, self._ends, n=1, cutoff=ALIKE) if end else []
        return self._ends[near[0]][0] if near else ""


def _end(path: str) -> str:
    """The last part of a path, without the date that some blogs put before it."""
    return re.sub(r"^\d{4}-\d{2}-\d{2}-", "", path.partition("?")[0].rpartition("/")[2])


def _folded(title: str) -> str:
    return re.sub(r"\W+", " ", title).strip().casefold()


def aliases(manifest: Mapping[str, object]) -> Iterator[tuple[str, list[str]]]:
    """Each thread's older addresses, as the built site's manifest lists them."""
    listed = manifest.get("threads")
    for each in listed if isinstance(listed, list) else []:
        if isinstance(each, dict) and isinstance(each.get("aliases"), list):
            yield str(each.get("id")), [str(alias) for alias in each["aliases"]]
