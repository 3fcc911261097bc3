"""Search index: which files of a site pagefind made, and what takes words out of them again.

An index holds a page's words twice: in the page's fragment, whole, and in the word lists, each word with
the places where it stands. Pagefind adds pages, all at once, and takes none away. When a comment goes, it
has to go at once and where no pagefind is installed; so what pagefind wrote is read here, and written
without these words. Names carry hashes and are kept for ever by browsers: what changes gets a new one.

Beside an index of the whole site stands one of what was written since (`newer/`), and a list of the pages
that it replaces (`changes.json`); docs/decisions/0015-search-forgets.md. Whoever changes any of it holds
`files.lock_of` the site.
"""

import contextlib
import gzip
import hashlib
import json
import re
import shutil
import unicodedata
import zlib
from collections.abc import Callable, Collection, Iterator, Mapping
from html import unescape
from operator import is_
from pathlib import Path
from typing import Any

from . import files, word_lists
from .word_lists import Places

# The whole site's, and what is newer.
INDEXES = ("pagefind", "pagefind/newer")
NEWER = "newer"
# Of earlier releases, with the words of Chinese and Japanese.
FORMER = "cjk"
# Whether there is a newer one, and which of an index' pages are gone or have been replaced: their addresses by
# their ids there, "" for those of which no word is left.
CHANGES = "changes.json"
ENTRY = "pagefind-entry.json"
# Ends a word that no space follows, as each character of Chinese and Japanese is a word of its own. Alone it
# stands where a word was, since all words after it are known by their number. Pagefind cuts words at these
# signs, so they make none more; nobody writes them together.
JOINT = ":/:"
SIGNATURE = b"pagefind_dcd"
# Of half a hundred lists at once, until the next whole index: the quickest is small enough.
QUICKEST = 1

COMMENT = re.compile(r"comment-[0-9]+")
_comment = re.compile(r' id="(comment-[0-9]+)"[^>]*>')
_end = "<!-- postil:end "
_tag = re.compile(r"<[^>]*>")

# What reading a file raises that is missing, damaged or of another kind. A disk that is full is none of these.
UNREADABLE = (
    *(FileNotFoundError, gzip.BadGzipFile, EOFError, zlib.error),
    *(ValueError, TypeError, LookupError),
)


class DamagedIndex(Exception):
    """What is no index, or not one of the kind that is known here."""


# ---- what a page's comments say


def said(page: str) -> dict[str, str]:
    """Of each comment on a built page, its letters and digits, by the id of its element."""
    return {name: _plain(_words(html)) for name, html in _comments(page).items()}


def says_less(before: str, after: str) -> bool:
    """Whether comments of the page have gone, or say other words."""
    now = _comments(after)
    return any(
        _plain(_words(html)) not in _plain(_words(now.get(name, "")))
        for name, html in _comments(before).items()
        if html != now.get(name)
    )


def _comments(page: str) -> dict[str, str]:
    parts = _comment.split(page)
    return {
        name: html.partition(_end)[0] for name, html in zip(parts[1::2], parts[2::2], strict=True)
    }


def _words(html: str) -> str:
    return unescape(_tag.sub(" ", html))


def _plain(text: str) -> str:
    normal = unicodedata.normalize("NFKC", text).casefold()
    return "".join(filter(str.isalnum, normal))


def left(fragment: dict[str, Any], page: str) -> set[int]:
    """The places of all words of comments that a fragment has and its page, as it is now, no longer."""
    words = fragment["content"].split(" ")
    comments = sorted(
        (each["location"], each["id"])
        for each in fragment["anchors"]
        if COMMENT.fullmatch(each["id"])
    )
    if not comments:
        return set()
    gone, now = set[int](), said(page)
    ends = [*(start for start, _ in comments[1:]), len(words)]
    for (start, name), end in zip(comments, ends, strict=True):
        if _plain(" ".join(words[start:end])) not in now.get(name, ""):
            gone.update(range(start, end))
    return gone


# ---- one index


class Index:
    """An index as it lies in a folder; raises DamagedIndex for what it is not."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            self.entry = json.loads((folder / ENTRY).read_bytes())
            # In one language each: a build says in which.
            ((self.lang, self.told),) = self.entry["languages"].items()
            self.meta = word_lists.decoded(self._read(self.meta_file(self.told["hash"])))
            _, self.pages, self.chunks, *_ = self.meta
        except UNREADABLE as error:
            raise DamagedIndex(f"{folder} is no index that can be read: {error}") from error

    def meta_file(self, name: str) -> Path:
        return self.folder / f"pagefind.{name}.pf_meta"

    def fragment_file(self, name: str) -> Path:
        return self.folder / "fragment" / f"{name}.pf_fragment"

    def list_file(self, name: str) -> Path:
        return self.folder / "index" / f"{name}.pf_index"

    def names(self) -> list[Path]:
        """The files that hold words, and that a reader's browser may ask for."""
        return [
            self.meta_file(self.told["hash"]),
            *(self.fragment_file(name) for name, _ in self.pages),
            *(self.list_file(name) for _, _, name in self.chunks),
        ]

    def fragments(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """The same of all pages, by their numbers."""
        for number, (name, _) in enumerate(self.pages):
            if fragment := self.fragment(name):
                yield number, fragment

    def fragment(self, name: str) -> dict[str, Any] | None:
        """What is shown of a page, unless it was taken out."""
        path = self.fragment_file(name)
        return json.loads(self._read(path)) if path.exists() else None

    def words(self) -> Iterator[list[Any]]:
        """The word lists: each word, where it stands, and where in other forms, such as with accents."""
        for _, _, name in self.chunks:
            (words,) = word_lists.decoded(self._read(self.list_file(name)))
            yield from words

    def find(self, addresses: Collection[str]) -> Iterator[tuple[int, dict[str, Any]]]:
        """The pages of these addresses and their numbers, but for those that were taken out."""
        heads = tuple(
            f'{{"url":{json.dumps(address, ensure_ascii=False)},'.encode() for address in addresses
        )
        for number, (name, _) in enumerate(self.pages):
            path = self.fragment_file(name)
            if path.exists() and (data := self._read(path)).startswith(heads):
                yield number, json.loads(data)

    def take_out(self, gone: Mapping[int, Places]) -> None:
        """Write the index without these words."""
        before = set(self.names())
        chunks = []
        for first, last, name in self.chunks:
            data = self._read(self.list_file(name))
            (words,) = word_lists.decoded(data)
            now = [word_lists.without(word, gone) for word in words]
            left = [word for word in now if word]
            if all(map(is_, now, words)):
                chunks.append([first, last, name])
            elif left:
                name = self.write(self.list_file, word_lists.with_words(data, words, now))
                # From where to where it goes stays: beginnings of words, by which others look for it.
                chunks.append([first, last, name])
        for number, places in gone.items():
            if places is not None:
                old = self.pages[number][0]
                fragment = _blank(json.loads(self._read(self.fragment_file(old))), places)
                data = json.dumps(fragment, ensure_ascii=False, separators=(",", ":")).encode()
                self.pages[number][0] = self.write(self.fragment_file, data)
        self.chunks[:] = chunks

        self.finish()
        for number, places in gone.items():
            if places is None:
                self.fragment_file(self.pages[number][0]).unlink(missing_ok=True)
        for path in before - set(self.names()):
            path.unlink(missing_ok=True)

    def finish(self) -> None:
        """Write what names all the rest, once that is written."""
        self.told["hash"] = self.write(self.meta_file, word_lists.encoded(self.meta))
        files.update(self.folder / ENTRY, json.dumps(self.entry, separators=(",", ":")).encode())

    def sweep(self) -> None:
        """Remove what somebody was killed over, after he had written it anew."""
        named = set(self.names())
        for pattern in ("pagefind.*.pf_meta", "fragment/*", "index/*"):
            for path in self.folder.glob(pattern):
                if path not in named:
                    path.unlink()

    def _read(self, path: Path) -> bytes:
        data = gzip.decompress(path.read_bytes())
        if not data.startswith(SIGNATURE):
            raise ValueError(f"{path} does not begin as pagefind's files do")
        return data.removeprefix(SIGNATURE)

    def write(
        self,
        file: Callable[[str], Path],
        data: bytes,
        effort: int = QUICKEST,
        put: Callable[[Path, bytes], object] = files.update,
    ) -> str:
        """Write a file of the index, packed; answers with its name, which says what is in it."""
        packed = gzip.compress(SIGNATURE + data, effort, mtime=0)
        name = f"{self.lang}_{digest(packed)}"
        put(file(name), packed)
        return name


def as_named(path: Path) -> bool:
    """Whether a file that was written here is what its name says."""
    try:
        return digest(path.read_bytes()) in path.name
    except OSError:
        return False


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:10]


def _blank(fragment: dict[str, Any], gone: set[int]) -> dict[str, Any]:
    words = fragment["content"].split(" ")
    fragment["content"] = " ".join(
        JOINT if number in gone else word for number, word in enumerate(words)
    )
    fragment["anchors"] = [each for each in fragment["anchors"] if each["location"] not in gone]
    return fragment


# ---- a site


def stale(folder: Path) -> dict[str, str]:
    """What an index has that is not so any more."""
    try:
        return dict(json.loads((folder / CHANGES).read_bytes())["stale"])
    except FileNotFoundError:
        return {}  # Made by an earlier release.
    except UNREADABLE as error:
        raise DamagedIndex(f"{folder / CHANGES} cannot be read: {error}") from error


def write_changes(folder: Path, pages: Mapping[str, str]) -> None:
    told = {"newer": (folder / NEWER / ENTRY).exists(), "stale": pages}
    files.update(folder / CHANGES, json.dumps(told, ensure_ascii=False).encode())


def waiting(site: Path) -> Path:
    """The list of pages whose comments say less than the index, beside the site as its lock is."""
    return Path(f"{site}.forget")


def note(site: Path, page: Path, before: bytes, after: bytes) -> None:
    """Remember, before a page is written, what `forget_waiting` has to do then; a crash must not lose it."""
    if (site / INDEXES[0]).is_dir() and says_less(
        before.decode(errors="replace"), after.decode(errors="replace")
    ):
        names = {*_waiting(site), page.relative_to(site).as_posix()}
        files.write(waiting(site), "".join(f"{name}\n" for name in sorted(names)).encode())


def _waiting(site: Path) -> list[str]:
    path = waiting(site)
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def forget_waiting(site: Path) -> str:
    """The same as `forget`, of all pages that were noted: as dear for many as for one."""
    said = forget(site, _waiting(site))
    waiting(site).unlink(missing_ok=True)
    return said


def forget(site: Path, names: Collection[str]) -> str:
    """Take out of a site's index what the comments of these pages say no longer; answers with what is wrong.

    An index that cannot be read is removed: a search that fails until the next build is better than one
    that finds what was deleted.
    """
    pages = {}
    for name in names:
        with contextlib.suppress(FileNotFoundError):
            html = (site / name).read_text(encoding="utf-8", errors="replace")
            pages["/" + name.removesuffix("index.html")] = html
    # It cannot be read here, and the next build has none.
    shutil.rmtree(site / INDEXES[0] / FORMER, ignore_errors=True)
    try:
        for each in INDEXES:
            if (site / each / ENTRY).exists():
                _forget(site / each, pages)
    except (DamagedIndex, *UNREADABLE) as error:
        shutil.rmtree(site / INDEXES[0], ignore_errors=True)
        return f"The search index is removed until the next build: {error}"
    return ""


def _forget(folder: Path, pages: Mapping[str, str]) -> None:
    index = Index(folder)
    known = {} if folder.name == NEWER else stale(folder)
    # Of what was replaced nobody can say which words were whose: none is found there any more.
    replaced = {name for name, address in known.items() if address in pages}
    gone: dict[int, Places] = {
        number: None for number, (name, _) in enumerate(index.pages) if name in replaced
    }
    for number, fragment in index.find(pages):
        if places := left(fragment, pages[fragment["url"]]):
            gone[number] = places
    if gone:
        # All lists are read for it: what else is found there no longer goes with it.
        replaced = {name for name, address in known.items() if address}
        numbers = {name: number for number, (name, _) in enumerate(index.pages)}
        index.take_out(gone | {numbers[name]: None for name in replaced if name in numbers})
    if replaced:
        write_changes(folder, known | dict.fromkeys(replaced, ""))
    index.sweep()
