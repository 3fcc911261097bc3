"""Search parts: indexes of some pages each are, put together, the index of all of them."""

import gzip
import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from formats import search_parts, word_lists
from formats.search_index import SIGNATURE, Index
from plugins.presentation import search_indexes
from plugins.presentation.search_pages import Page

Made = Callable[..., Index]

# Words that stand in one page, in some and in all, in other forms, and of another field.
TEXTS = {
    "/auk/": "<h1>The auk</h1><p>The auk dives near naïve fish, and dives again.</p>",
    "/booby/": "<h1>Boobies</h1><p>Naive boobies dive near the sea; cafe and café.</p>",
    "/about.html": '<h1>About</h1><p>The sea <span data-pagefind-meta="place">Auckland</span></p>',
    "/cormorant/": "<h1>The cormorant</h1><p>鹈鹕 and cormorants share the café near the sea.</p>",
    "/zebra/": "<h1>Zebras</h1><p>No bird near.</p>",
}


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """An index of pages whose texts are given, of parts of so many letters."""

    def make(texts: dict[str, str], part: int) -> Index:
        monkeypatch.setattr(search_indexes, "PART", part)
        pages = {}
        for number, (address, text) in enumerate(texts.items()):
            path = tmp_path / f"{number}.html"
            path.write_text(f"<title>Birds</title><main data-pagefind-body>{text}</main>", "utf-8")
            pages[address] = Page(path, {"lang": "en"}, [], "")
        return Index(search_indexes.build(tmp_path / f"part of {part}", "en", pages))

    return make


def known(index: Index) -> dict[tuple[str, str | None, str], Any]:
    """All that the word lists know: by word, form and address the places, and the fields by name."""
    fields = index.meta[5]
    addresses = [(index.fragment(name) or {})["url"] for name, _ in index.pages]
    found = {}
    for word, pages, forms in index.words():
        for form, where in ((None, pages), *forms):
            number = 0
            for after, places, within in where:
                number += after
                named = [fields[-1 - each] if each < 0 else each for each in within]
                found[word, form, addresses[number]] = (places, named)
    return found


def decoded(index: Index, name: str) -> list[Any]:
    data = gzip.decompress(index.list_file(name).read_bytes())
    (words,) = word_lists.decoded(data.removeprefix(SIGNATURE))
    return list(words)


@pytest.mark.parametrize("part", [1, 250, 500])
def test_parts_are_together_what_pagefind_makes_of_all(made: Made, part: int) -> None:
    whole, joined = made(TEXTS, 1_000_000), made(TEXTS, part)
    assert len(list(joined.folder.parents[1].iterdir())) > 1
    assert known(joined) == known(whole)
    assert joined.told["page_count"] == whole.told["page_count"] == len(TEXTS)
    assert {tuple(page) for page in joined.pages} == {tuple(page) for page in whole.pages}
    by_url = [
        {fragment["url"]: fragment for _, fragment in each.fragments()} for each in (joined, whole)
    ]
    assert by_url[0] == by_url[1]
    words = [word for word, *_ in joined.words()]
    assert words == sorted(set(words))
    # Nothing of a part is left: whatever is copied is named.
    written = {path for pattern in ("index/*", "*.pf_meta") for path in joined.folder.glob(pattern)}
    assert written <= set(joined.names())


def test_lists_are_as_long_as_they_may_be_and_words_that_begin_alike_together(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_parts, "LIST_BYTES", 60)
    monkeypatch.setattr(search_parts, "MOST_BYTES", 120)
    many = {f"/{n}/": f"<p>near {' '.join(f'pel{n}{m}' for m in range(9))}</p>" for n in range(3)}
    joined = made(TEXTS | many, 1)
    assert len(joined.chunks) > 3
    held = [decoded(joined, name) for _, _, name in joined.chunks]
    for words in held:
        sizes = [len(word_lists.encoded(word)) for word in words]
        # One that many pages have fills a list alone.
        assert len(words) == 1 or sum(sizes) <= 120
        if sum(sizes) - sizes[-1] > 60:
            assert words[-1][0][:3] == words[-2][0][:3]
    # As much of the words as tells one list from the next: by it a browser finds them.
    for (words, following), ((_, to, _), (begin, *_)) in zip(
        pairwise(held), pairwise(joined.chunks), strict=True
    ):
        assert to < begin
        assert to[:-1] == begin[:-1] or to == begin[:-1]
        assert words[-1][0].startswith(to)
        assert following[0][0].startswith(begin)


@pytest.mark.parametrize("how", ["filter", "sort"])
def test_what_a_theme_filters_or_sorts_by_is_indexed_whole(made: Made, how: str) -> None:
    texts = {
        address: f'{text}<b data-pagefind-{how}="kind">{number}</b>'
        for number, (address, text) in enumerate(TEXTS.items())
    }
    index = made(texts, 1)
    assert len(index.pages) == len(texts)
    _, _, _, filters, sorts, _ = index.meta
    assert [name for name, *_ in filters or sorts] == ["kind"]
    assert known(index) == known(made(texts, 1_000_000))


def test_one_part_is_left_as_pagefind_made_it(made: Made) -> None:
    index = made(TEXTS, 1_000_000)
    before = {path: path.read_bytes() for path in index.folder.rglob("*") if path.is_file()}
    copy = index.folder.with_name("copy")
    shutil.copytree(index.folder, copy)
    assert search_parts.join([copy]) == copy
    assert {path: path.read_bytes() for path in copy.rglob("*") if path.is_file()} == {
        copy / path.relative_to(index.folder): data for path, data in before.items()
    }


def test_what_is_taken_out_leaves_where_a_browser_looks(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_parts, "LIST_BYTES", 60)
    monkeypatch.setattr(search_parts, "MOST_BYTES", 120)
    index = made(TEXTS, 1)
    ends = {(first, last) for first, last, _ in index.chunks}
    before = {name for _, _, name in index.chunks}
    (number,) = [n for n, fragment in index.fragments() if fragment["url"] == "/auk/"]
    index.take_out({number: None})
    assert "auk" not in {word for word, *_ in index.words()}
    assert {name for _, _, name in index.chunks} - before
    assert {(first, last) for first, last, _ in index.chunks} <= ends
