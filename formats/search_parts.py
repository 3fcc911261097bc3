"""Search parts: indexes of some pages of a site each, as pagefind made them, put together as one.

Pagefind keeps all that it knows until it writes: a gigabyte for 5,000 posts. Of a part it needs little, and
here a part's word lists are read one after the other, as they are in order. Pages are known by
their numbers: those of each part follow those of the part before.
"""

import heapq
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from . import files, word_lists
from .search_index import Index

# About as long as pagefind makes a list, which has 20 KB to 35 KB once it is packed: a reader's browser fetches one
# for each word that is looked for.
LIST_BYTES = 60_000
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


def _lists(words: Iterator[list[Any]]) -> Iterator[tuple[str, str, bytes]]:
    """The words as lists of a length to be fetched: of each its first word and its last, and itself."""
    keys: list[str] = []
    parts: list[bytes] = []
    length = 0
    for word in words:
        part = word_lists.encoded(word)
        if parts and length + len(part) > LIST_BYTES:
            yield keys[0], keys[-1], word_lists.listed(parts)
            keys, parts, length = [], [], 0
        keys.append(word[0])
        parts.append(part)
        length += len(part)
    if parts:
        yield keys[0], keys[-1], word_lists.listed(parts)
