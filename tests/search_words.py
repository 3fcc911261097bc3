"""What a site's search index holds, read file by file: every word, and the pages in which it is found."""

from collections import defaultdict
from pathlib import Path
from typing import Any

from formats import search_index
from formats.search_index import NEWER, Index


def found(folder: Path) -> dict[str, set[str]]:
    """The addresses that a search finds, by word as the index has it: of the whole index and the newer one."""
    words: dict[str, set[str]] = defaultdict(set)
    stale = search_index.stale(folder)
    for index in indexes(folder):
        for word, pages in listed(index).items():
            for name in pages - stale.keys():
                words[word].add(index.fragment(name)["url"])  # type: ignore[index]
    return {word: pages for word, pages in words.items() if pages}


def held(folder: Path) -> set[str]:
    """Every word that stands in the word lists, whether a search shows it or not."""
    return {word for index in indexes(folder) for word in listed(index)}


def shown(folder: Path) -> dict[str, str]:
    """What a result can show of each page, as one reads it."""
    return {
        fragment["url"]: " ".join(
            f"{fragment['content']} ".replace(f"{search_index.JOINT} ", "").split()
        )
        for index in indexes(folder)
        for _, fragment in index.fragments()
    }


def indexes(folder: Path) -> list[Index]:
    beside = folder / NEWER
    return [Index(folder), *([Index(beside)] if beside.exists() else [])]


def listed(index: Index) -> dict[str, set[str]]:
    """The ids of the pages that have a word, by word, in whatever form."""
    words = {}
    for word, pages, forms in index.words():
        numbers: set[int] = set()
        for told in (pages, *(its for _, its in forms)):
            number = 0
            for page in told:
                number += page[0]
                numbers.add(number)
        words[word] = {index.pages[number][0] for number in numbers}
    return words


def places(index: Index) -> dict[str, Any]:
    """The word lists as pagefind wrote them."""
    return {word: [pages, forms] for word, pages, forms in index.words()}
