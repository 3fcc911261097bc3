"""Search parts: indexes of some pages of a site each, as pagefind made them, put together as one.

Pagefind keeps all that it knows until it writes: a gigabyte for 5,000 posts. Of a part it needs little, and
here a part's word lists are read one after the other, as they are in order. Pages are known by
their numbers: those of each part follow those of the part before.
"""

import heapq
from collections.abc import Iterator
from itertools import count, groupby, pairwise
from operator import itemgetter
from pathlib import Path
from typing import Any

from . import files, word_lists
from .search_index import Index

# Pagefind makes lists of 80 KB, 35 KB once packed: a reader's browser fetches one for each word that is looked for.
# Who has typed the beginning of a word gets what one list knows, so that those that begin alike stay together.
LIST_BYTES, MOST_BYTES = 50_000, 80_000
ALIKE = 3
# What is whole stays, and is fetched; to pack it tighter finds a thousandth.
EFFORT = 6

_word = itemgetter(0)


class Unjoinable(Exception):
    """Pages that are filtered or sorted, as a theme may have it: pagefind has to know all of them at once."""


def join(folders: list[Path]) -> Path:
    """Put these indexes together in the folder of the first, and answer with it. Raises Unjoinable.

    Nobody asks this folder yet: whoever moves its files to where they are asked for sees that they are on the disk.
    """
    if len(folders) == 1:
        return folders[0]
    parts = [Index(folder) for folder in folders]
    first = parts[0]
    if any(filters or sorts for _, _, _, filters, sorts, _ in (part.meta for part in parts)):
        raise Unjoinable
    fields = sorted({field for part in parts for field in part.meta[5]})
    before = {first.list_file(name) for _, _, name in first.chunks}
    before.add(first.meta_file(first.told["hash"]))
    firsts = [0]
    for part in parts:
        firsts.append(firsts[-1] + len(part.pages))
    words = heapq.merge(*(_numbered(n, part, fields) for n, part in enumerate(parts)))
    chunks = [
        [begin, end, first.write(first.list_file, data, EFFORT, files.put)]
        for begin, end, data in _lists(_joined(words, firsts))
    ]
    for one, following in pairwise(chunks):
        one[1], following[0] = _apart(one[1], following[0])
    for part in parts[1:]:
        for name, _ in part.pages:
            part.fragment_file(name).rename(first.fragment_file(name))
    first.pages[:] = [page for part in parts for page in part.pages]
    first.chunks[:] = chunks
    first.meta[5] = fields
    first.told["page_count"] = firsts[-1]
    first.finish()
    for path in before - set(first.names()):
        path.unlink()
    return first.folder


def _numbered(number: int, part: Index, fields: list[str]) -> Iterator[tuple[str, int, list[Any]]]:
    """A part's words, each with the part's number, so that the same word's stand in their order."""
    own = part.meta[5]
    renamed = None if own == fields else [fields.index(field) for field in own]
    for word in part.words():
        if renamed:
            for _, pages in ((None, word[1]), *word[2]):
                for page in pages:
                    # A field is told as a number below nothing, the first as -1.
                    page[2] = [-1 - renamed[-1 - each] if each < 0 else each for each in page[2]]
        yield word[0], number, word


def _joined(words: Iterator[tuple[str, int, list[Any]]], firsts: list[int]) -> Iterator[list[Any]]:
    for key, entries in groupby(words, _word):
        (_, number, word), *others = entries
        if not others:
            for _, pages in ((None, word[1]), *word[2]):
                if pages:
                    pages[0][0] += firsts[number]
            yield word
            continue
        of_all = [(firsts[number], word[1])]
        forms = {form: [(firsts[number], where)] for form, where in word[2]}
        for _, number, (_, pages, its) in others:
            of_all.append((firsts[number], pages))
            for form, where in its:
                forms.setdefault(form, []).append((firsts[number], where))
        yield [key, _after(of_all), [[form, _after(its)] for form, its in forms.items()]]


def _after(parts: list[tuple[int, list[Any]]]) -> list[Any]:
    """The pages of all parts: each page is told by how many it comes after the one before."""
    joined: list[Any] = []
    last = 0
    for first, pages in parts:
        if pages:
            begin = first + pages[0][0]
            joined.append([begin - last, *pages[0][1:]])
            joined += pages[1:]
            last = first + sum(map(_word, pages))
    return joined


def _apart(last: str, first: str) -> tuple[str, str]:
    """Where a list ends and the next begins: as much of the words as tells them apart. Who looks for the beginning
    of a word finds the list by it.
    """
    same = next(n for n in count(1) if last[:n] != first[:n])
    return last[:same], first[:same]


def _lists(words: Iterator[list[Any]]) -> Iterator[tuple[str, str, bytes]]:
    """The words as lists of a length to be fetched: of each its first word and its last, and itself."""
    keys: list[str] = []
    parts: list[bytes] = []
    length = 0
    for word in words:
        part = word_lists.encoded(word)
        alike = bool(keys) and word[0][:ALIKE] == keys[-1][:ALIKE]
        if parts and length + len(part) > (MOST_BYTES if alike else LIST_BYTES):
            yield keys[0], keys[-1], word_lists.listed(parts)
            keys, parts, length = [], [], 0
        keys.append(word[0])
        parts.append(part)
        length += len(part)
    if parts:
        yield keys[0], keys[-1], word_lists.listed(parts)
