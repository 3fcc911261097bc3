"""Fingerprints: values as text and hash, the same for equal values in every process; what is known of an article.

What nobody here can write down raises Unhashable.
"""

import hashlib
import os
from datetime import date, tzinfo
from pathlib import Path
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

from jinja2 import Template
from pelican.contents import Content
from pelican.paginator import Page, Paginator
from pelican.urlwrappers import URLWrapper

from plugins import quick_json
from plugins.site import Article

from . import build_cache

# What is no part of what a page shows, or is told by itself.
NOT_HASHED = {
    *("_context", "settings", "_output_location_referenced"),
    *("get_content", "get_summary", "get_static_links", "get_relative_source_path"),
}
# Above this many characters the hash of a value is shorter.
LONG = 400
TWICE, MISSING = "\0twice", "\0missing"
# Of wrappers that Pelican makes for tags, categories and authors, what is said by name and slug.
OF_A_NAME = {"settings", "name", "slug", "_name", "_slug", "_slug_from_name"}


class Fingerprints:
    """Values taken apart into a hash; articles in them are only named, and noted down.

    JSON's encoder takes apart what is plain, and asks `canonical` about everything else.
    """

    def __init__(self) -> None:
        self.contents: dict[int, Article] = {}
        self.names: dict[int, str] = {}
        self._taken: set[str] = set()
        self._met: set[int] = set()
        self._templates: dict[str, list[int] | None] = {}

    def name(self, content: Article) -> str:
        if id(content) not in self.names:
            self.contents[id(content)] = content
            name = f"{type(content).__name__} {content.source_path}"
            while name in self._taken:
                name += "+"
            self._taken.add(name)
            self.names[id(content)] = name
        return self.names[id(content)]

    def of(self, *values: Any) -> str:
        """The same for equal values, in every process; raises Unhashable."""
        return hashed(self.text(values))

    def text(self, values: Any) -> str:
        """Values as JSON, which says all that they say; raises Unhashable."""
        around, self._met = self._met, set()
        try:
            return quick_json.dumps(values, self.canonical).decode()
        except (TypeError, ValueError, RecursionError) as error:
            raise build_cache.Unhashable(str(error)) from None
        finally:
            self._met = around

    def canonical(self, value: Any) -> Any:
        """What JSON has no word for, in words that it has; raises Unhashable."""
        if isinstance(value, Content):
            return {"content": self.name(value)}
        if isinstance(value, URLWrapper):
            more = {name: its for name, its in vars(value).items() if name not in OF_A_NAME}
            return {type(value).__name__: [value.name, value.slug, more]}
        if isinstance(value, Page):
            # Of which settings make its address.
            return {"page": [value.number, value.paginator]}
        if isinstance(value, Paginator):
            return {"pages": [value.name, value.url, value.num_pages]}
        if isinstance(value, date):
            return {"date": value.isoformat()}
        if isinstance(value, set | frozenset):
            return {"set": sorted(self.of(each) for each in value)}
        if isinstance(value, SimpleNamespace):
            # Pages that are each other's translations lead from one to the other and back.
            if id(value) in self._met:
                return "met already"
            self._met.add(id(value))
            return {"space": vars(value)}
        if isinstance(value, Path | tzinfo):
            return {type(value).__name__: str(value)}
        if isinstance(value, Template):
            name = value.filename
            if name and name not in self._templates:
                self._templates[name] = as_it_is(name)
            return {"template": [value.name, name and self._templates[name]]}
        if isinstance(value, ModuleType):
            return {"module": build_cache.program(value.__name__)}
        if isinstance(value, type | FunctionType):
            return {"name": build_cache.canonical(value)}
        raise build_cache.Unhashable(repr(value))


def as_it_is(path: str | Path) -> list[int] | None:
    """A file's size and time; None where there is no such file."""
    try:
        stat = os.stat(path)  # noqa: PTH116 - asked of every page: half of Path's cost
    except (FileNotFoundError, NotADirectoryError):
        return None
    return [stat.st_size, stat.st_mtime_ns]


def known_of(content: Article) -> dict[str, Any]:
    """What is known of an article; what is long is told by its hash, and front matter, which Pelican
    keeps twice, once.
    """
    known = {
        name: hashed(value) if isinstance(value, str) and len(value) > LONG else value
        for name, value in vars(content).items()
        if name not in NOT_HASHED
    }
    metadata = {
        key: TWICE if vars(content).get(key.lower(), TWICE) is value else value
        for key, value in content.metadata.items()
    }
    return known | {"metadata": metadata}


def hashed(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def differing(was: dict[str, Any], now: dict[str, Any]) -> set[str]:
    """The attributes of an article that are not as they were."""
    found = {
        key for key in was.keys() | now.keys() if was.get(key, MISSING) != now.get(key, MISSING)
    }
    if found & {key.lower() for key in (*was["metadata"], *now["metadata"])}:
        found.add("metadata")
    return found | {"__dict__"}


class Table:
    """Texts that many pages share, each known by its number; None is a number that is free."""

    def __init__(self, values: list[str | None]) -> None:
        self.values = values
        self.numbers = {value: number for number, value in enumerate(values) if value is not None}
        self.free = [number for number, value in enumerate(values) if value is None]

    def number(self, value: str) -> int:
        if value not in self.numbers:
            if not self.free:
                self.free.append(len(self.values))
                self.values.append(None)
            self.numbers[value] = self.free.pop()
            self.values[self.numbers[value]] = value
        return self.numbers[value]

    def at(self, number: int) -> list[str]:
        return (self.values[number] or "").split("\n")

    def used(self, numbers: set[int]) -> list[str | None]:
        return [v if n in numbers else None for n, v in enumerate(self.values)]
