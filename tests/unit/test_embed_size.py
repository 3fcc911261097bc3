"""What the embed costs a reader: the promise is 6 KB before anybody writes, as served and compressed."""

import gzip
import re
from pathlib import Path

from formats import article_text

STATIC = Path(__file__).resolve().parents[2] / "comments_service" / "static"
BUDGET_BYTES = 6 * 1024
AT_ONCE = re.compile(r'^(?:import|export)\b[^;]*? from "\./([\w-]+\.js)"', re.MULTILINE)
LATER = re.compile(r'\bimport\("\./([\w-]+\.js)"\)')
COMMENT = re.compile(r"/\*.*?\*/|^\s*//.*?$", re.DOTALL | re.MULTILINE)


def code(name: str) -> str:
    return COMMENT.sub("", (STATIC / name).read_text(encoding="utf-8"))


def with_imports(name: str) -> set[str]:
    """A module and all that a browser fetches before it runs it."""
    return {name}.union(*(with_imports(each) for each in AT_ONCE.findall(code(name))))


def test_what_every_reader_loads_fits_its_budget() -> None:
    names = with_imports("embed.js") | {"embed.css"}
    sizes = {name: len(gzip.compress((STATIC / name).read_bytes(), 9, mtime=0)) for name in names}
    assert sum(sizes.values()) <= BUDGET_BYTES, sizes


def test_what_writes_and_what_changes_the_page_comes_later() -> None:
    later = set(LATER.findall(code("embed.js")))
    assert later == {
        *("embed-writing.js", "embed-difference.js", "embed-pages.js", "embed-report.js"),
        *("embed-order.js", "embed-notes.js"),
    }
    assert not later & with_imports("embed.js")
    parts = {path.name for path in STATIC.glob("embed-*.js")}
    writing = set().union(*map(with_imports, later))
    # While somebody writes, what only a few do or are asked for comes later still.
    seldom = set().union(*(LATER.findall(code(name)) for name in writing)) - writing
    assert seldom == {
        *("embed-mentions.js", "embed-passages.js", "embed-proof.js", "embed-quote.js"),
        "embed-votes.js",
    }
    assert parts == writing | seldom
    # What comes with its own style waits for it, and there is one way to do so.
    makes = {
        path.name for path in STATIC.glob("*.js") if 'createElement("link")' in code(path.name)
    }
    assert makes == {"embed.js", "embed-style.js"}


def test_what_comes_with_the_first_selection_is_small() -> None:
    names = with_imports("embed-notes.js")
    sizes = {name: len(gzip.compress((STATIC / name).read_bytes(), 9, mtime=0)) for name in names}
    assert names == {"embed-notes.js", "embed-text.js"}
    assert sum(sizes.values()) <= 3 * 1024, sizes


def test_the_browser_reads_an_article_as_the_build_does() -> None:
    text = (STATIC / "embed-text.js").read_text(encoding="utf-8")
    lists = dict(re.findall(r"const (\w+) =\s+[\"'](.*)[\"'];", text))
    assert lists["LEFT_OUT"].split(", ") == list(article_text.LEFT_OUT)
    assert lists["BLOCKS"].split(", ") == list(article_text.BLOCKS)
