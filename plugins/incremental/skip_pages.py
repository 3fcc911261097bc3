"""Skip pages: whether a page is as it was in the build before, told without rendering it.

`Site.stands` decides; `render_pages` asks it of each page, and renders what does not stand.

A page depends on the site and on texts. The site is everything but texts: settings, templates, the
programs, and all that is known of every article (its front matter, address, neighbours, comments'
number, whatever a plugin has put on it). Which texts a page shows is not guessed but seen, while it
is rendered: an article's own page shows one, a list that tells reading times shows ten. A page is as it
was if the site is as it was and so is each of those texts.

What cannot be written down, such as an object that nobody knows here, makes the site different from
every other: then everything is rendered. A template that shows the time of day, or the baked comments
of an article in a list, is beyond this; such a site says `WRITE_ONLY_CHANGES = False`.
"""

import hashlib
import importlib.metadata
import json
import os
import platform
from datetime import date, tzinfo
from pathlib import Path
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any, TypedDict

from jinja2 import Template
from pelican.contents import Content
from pelican.settings import DEFAULT_CONFIG
from pelican.urlwrappers import URLWrapper

from formats import http_headers
from plugins.site import Article

from . import build_cache

# What differs from page to page, or is no part of what a page shows.
NOT_THE_SITE = {"localsiteurl"}
NOT_HASHED = {
    *("_context", "settings", "_content", "comments_fragment"),
    *("get_content", "get_summary", "get_static_links"),
}
INTRASITE = DEFAULT_CONFIG["INTRASITE_LINK_REGEX"]
PROGRAMS = ("pelican", "Jinja2", "MarkupSafe", "Babel", "feedgenerator")


class Page(TypedDict):
    """What is known of a page that was rendered: what it depends on, and its files as they are."""

    key: str
    shown: list[str]
    texts: str
    files: dict[str, list[int]]


class Fingerprints:
    """Values taken apart into a hash; articles in them are only named, and noted down.

    JSON's encoder takes apart what is plain, at C's speed, and asks `canonical` about everything else.
    """

    def __init__(self) -> None:
        self.contents: dict[int, Article] = {}
        self.names: dict[int, str] = {}
        self._lists: dict[int, tuple[Any, str]] = {}
        self._met: set[int] = set()
        self._encode = json.JSONEncoder(
            check_circular=False, default=self.canonical, separators=(",", ":")
        ).encode

    def name(self, content: Article) -> str:
        if id(content) not in self.names:
            self.contents[id(content)] = content
            self.names[id(content)] = f"{type(content).__name__} {content.source_path}"
        return self.names[id(content)]

    def of(self, *values: Any) -> str:
        """The same for equal values, in every process; raises Unhashable."""
        around, self._met = self._met, set()
        try:
            text = self._encode(values)
        except (TypeError, ValueError, RecursionError) as error:
            raise build_cache.Unhashable(str(error)) from None
        finally:
            self._met = around
        return hashlib.sha256(text.encode()).hexdigest()

    def listed(self, value: Any) -> Any:
        """The same list of all articles is handed to every page; it is taken apart once."""
        if not isinstance(value, list):
            return value
        known = self._lists.get(id(value))
        if known is None or known[0] is not value:
            known = self._lists[id(value)] = (value, self.of(*value))
        return {"list": known[1]}

    def canonical(self, value: Any) -> Any:
        """What JSON has no word for, in words that it has; raises Unhashable."""
        if isinstance(value, Content):
            return {"content": self.name(value)}
        if isinstance(value, URLWrapper):
            return {type(value).__name__: [value.name, value.slug]}
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
            return {"template": value.name}
        if isinstance(value, ModuleType):
            return {"module": build_cache.program(value.__name__)}
        if isinstance(value, type | FunctionType):
            return {"name": build_cache.canonical(value)}
        raise build_cache.Unhashable(repr(value))


def has_links(content: Article) -> bool:
    """Whether Pelican has to look for addresses to fill in, such as `"{filename}…"`, in this text.

    Its search for them takes longer than anything else that is done to most texts in a build.
    """
    body = content._content
    if not isinstance(body, str) or content.settings["INTRASITE_LINK_REGEX"] != INTRASITE:
        return bool(body)
    return any(sign in body for sign in ('"{', "'{", '"|', "'|"))


def packages(settings: dict[str, Any]) -> list[str]:
    """Those that the plugins of a site are in, this one, and what all of ours stand on."""
    names = (__name__, http_headers.__name__, *settings["PLUGINS"])
    return sorted({name.partition(".")[0] for name in names})


def folder(path: Path) -> list[Any]:
    """Every file of a folder as it is now."""
    found = []
    for each in sorted(path.rglob("*")):
        if each.is_file():
            stat = each.stat()
            found.append([each.relative_to(path).as_posix(), stat.st_size, stat.st_mtime_ns])
    return found


def as_it_is(path: Path) -> list[int] | None:
    """A file's size and time; None where there is no such file."""
    try:
        stat = os.stat(path)  # noqa: PTH116 - asked of every page: half of Path's cost
    except (FileNotFoundError, NotADirectoryError):
        return None
    return [stat.st_size, stat.st_mtime_ns]


def known_of(content: Article) -> dict[str, Any]:
    """What is known of an article but its text; Pelican keeps most of its front matter twice."""
    known = vars(content)
    its = {name: value for name, value in known.items() if name not in NOT_HASHED}
    return its | {
        "metadata": {k: v for k, v in content.metadata.items() if known.get(k.lower()) is not v}
    }


class Site:
    """Everything but texts, as of the moment when the first page is to be written."""

    def __init__(self, context: dict[str, Any], settings: dict[str, Any]) -> None:
        self.fingerprints = Fingerprints()
        self.shown: set[str] | None = None
        self.bodies: dict[str, str] = {}
        told = {key: value for key, value in context.items() if key not in NOT_THE_SITE}
        # These are in the order of a set, which is another in every process.
        for key in ("generated_content", "static_content"):
            told[key] = dict(sorted(told.get(key, {}).items()))
        told["staticfiles"] = sorted(
            told.get("staticfiles", ()), key=lambda static: str(static.source_path)
        )
        folders = [settings["THEME"], *settings["THEME_TEMPLATES_OVERRIDES"]]
        folders += [
            settings[name] for name in ("COMMENTS_EMBED", "ROOT_FILES") if settings.get(name)
        ]
        parts = [self.fingerprints.of(told, [folder(Path(each)) for each in folders])]
        parts.append(
            self.fingerprints.of(
                platform.python_version(),
                [importlib.metadata.version(name) for name in PROGRAMS],
                [build_cache.program(package) for package in packages(settings)],
            )
        )
        told_of: set[int] = set()
        # What is known of an article may name others, of which then is to be told as well.
        while waiting := [
            c for each, c in self.fingerprints.contents.items() if each not in told_of
        ]:
            told_of.update(map(id, waiting))
            waiting.sort(key=self.fingerprints.name)
            parts.append(
                self.fingerprints.of([[self.fingerprints.name(c), known_of(c)] for c in waiting])
            )
        self.digest = self.fingerprints.of(parts)
        for content in self.fingerprints.contents.values():
            self.watch(content)

    def watch(self, content: Article) -> None:
        """See who asks for this text from here on; one without links to fill in is given as it is."""
        name, get, shorten = (
            self.fingerprints.name(content),
            content.get_content,
            content.get_summary,
        )
        body = content._content
        finished = not hasattr(content, "_get_content") and not has_links(content)

        def get_content(siteurl: str) -> str:
            if self.shown is not None:
                self.shown.add(name)
            return str(body) if finished else str(get(siteurl))

        def get_summary(siteurl: str) -> str:
            # One that Pelican makes of the text is made once; it is shown wherever it is asked for.
            if self.shown is not None and "summary" not in content.metadata:
                self.shown.add(name)
            return str(shorten(siteurl))

        content.get_content, content.get_summary = get_content, get_summary
        text = f"{body}\0{getattr(content, 'comments_fragment', None)}"
        self.bodies[name] = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    def key(self, what: str, values: dict[str, Any]) -> str:
        """All that a page depends on but the texts it shows; an article of its own is one of them."""
        own = [
            self.bodies.get(self.fingerprints.name(value))
            for value in values.values()
            if isinstance(value, Content)
        ]
        told = {name: self.fingerprints.listed(value) for name, value in values.items()}
        return self.fingerprints.of(self.digest, what, own, told)

    def texts(self, names: list[str]) -> str:
        told = "".join(f"{name}\0{self.bodies.get(name)}\0" for name in names)
        return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()

    def stands(self, page: Page | None, key: str, output: Path) -> bool:
        """Whether a page of the last build depends on the same, shows the same texts, and is still there."""
        return (
            page is not None
            and page["key"] == key
            and page["texts"] == self.texts(page["shown"])
            and all(as_it_is(output / name) == stat for name, stat in page["files"].items())
        )
