"""Changes: whether a page would be the same as in the build before, told without rendering it.

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
import platform
from datetime import date, tzinfo
from pathlib import Path
from types import FunctionType, ModuleType, SimpleNamespace
from typing import Any

from jinja2 import Template
from pelican.contents import Content
from pelican.urlwrappers import URLWrapper

from . import memory
from .manifest import Article

# What differs from page to page, or is no part of what a page shows.
NOT_THE_SITE = {"localsiteurl"}
NOT_THE_FACTS = {"_context", "settings", "_content", "comments_fragment", "get_content"}
PROGRAMS = ("pelican", "Jinja2", "MarkupSafe", "Babel", "feedgenerator")


class Facts:
    """A value taken apart into a hash; articles in it are only named, and noted down."""

    def __init__(self) -> None:
        self.contents: dict[int, Article] = {}
        self.names: dict[int, str] = {}
        self._known: dict[int, tuple[Any, bytes]] = {}

    def name(self, content: Article) -> str:
        if id(content) not in self.names:
            self.contents[id(content)] = content
            self.names[id(content)] = f"{type(content).__name__} {content.source_path}"
        return self.names[id(content)]

    def of(self, *values: Any) -> str:
        sha = hashlib.sha256()
        self.take(sha.update, list(values), set())
        return sha.hexdigest()

    def take(self, add: Any, value: Any, around: set[int]) -> None:
        if value is None or isinstance(value, bool | int | float | str | Path | tzinfo):
            add(f"{type(value).__name__}:{value}\0".encode("utf-8", "surrogatepass"))
        elif isinstance(value, date):
            add(f"date:{value.isoformat()}\0".encode())
        elif isinstance(value, Content):
            add(f"content:{self.name(value)}\0".encode())
        elif isinstance(value, URLWrapper):
            add(f"{type(value).__name__}:{value.name}:{value.slug}\0".encode())
        elif isinstance(value, Template):
            add(f"template:{value.name}\0".encode())
        elif id(value) in around:
            add(b"itself\0")
        elif isinstance(value, list | tuple):
            add(self.listed(value, around))
        elif isinstance(value, dict):
            add(f"dict:{len(value)}\0".encode())
            for key, its in value.items():
                self.take(add, key, around)
                self.take(add, its, around | {id(value)})
        elif isinstance(value, set | frozenset):
            add(f"set:{sorted(self.of(each) for each in value)}\0".encode())
        elif isinstance(value, SimpleNamespace):
            self.take(add, vars(value), around | {id(value)})
        elif isinstance(value, ModuleType):
            add(f"module:{memory.program(value.__name__)}\0".encode())
        elif isinstance(value, type | FunctionType):
            add(f"name:{memory.said(value)}\0".encode())
        else:
            raise memory.Unsayable(repr(value))

    def listed(self, value: list[Any] | tuple[Any, ...], around: set[int]) -> bytes:
        """The same list of all articles is handed to every page; it is taken apart once."""
        known = self._known.get(id(value))
        if known is None or known[0] is not value:
            sha = hashlib.sha256(f"list:{len(value)}\0".encode())
            for each in value:
                self.take(sha.update, each, around | {id(value)})
            known = (value, sha.digest())
            self._known[id(value)] = known
        return known[1]


def folder(path: Path) -> list[Any]:
    """Every file of a folder as it is now."""
    found = []
    for each in sorted(path.rglob("*")):
        if each.is_file():
            stat = each.stat()
            found.append([each.relative_to(path).as_posix(), stat.st_size, stat.st_mtime_ns])
    return found


class Site:
    """Everything but texts, as of the moment when the first page is to be written."""

    def __init__(self, context: dict[str, Any], settings: dict[str, Any]) -> None:
        self.facts = Facts()
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
        folders += [settings["COMMENTS_EMBED"]] if settings.get("COMMENTS_EMBED") else []
        parts = [self.facts.of(told, [folder(Path(each)) for each in folders])]
        parts.append(
            self.facts.of(
                platform.python_version(),
                [importlib.metadata.version(name) for name in PROGRAMS],
                [memory.program(name) for name in ("plugins", *settings["PLUGINS"])],
            )
        )
        told_of: set[int] = set()
        while waiting := [c for each, c in self.facts.contents.items() if each not in told_of]:
            for content in waiting:
                told_of.add(id(content))
                its = {k: v for k, v in vars(content).items() if k not in NOT_THE_FACTS}
                parts.append(self.facts.of(self.facts.name(content), its))
        self.digest = self.facts.of([*parts[:2], *sorted(parts[2:])])
        for content in self.facts.contents.values():
            self.watch(content)

    def watch(self, content: Article) -> None:
        """See who asks for this text from here on."""
        name, get = self.facts.name(content), content.get_content

        def get_content(siteurl: str) -> str:
            if self.shown is not None:
                self.shown.add(name)
            return str(get(siteurl))

        content.get_content = get_content
        text = f"{content._content}\0{getattr(content, 'comments_fragment', None)}"
        self.bodies[name] = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    def key(self, what: str, values: dict[str, Any]) -> str:
        """All that a page depends on but the texts it shows; an article of its own is one of them."""
        own = [
            self.bodies.get(self.facts.name(value))
            for value in values.values()
            if isinstance(value, Content)
        ]
        return self.facts.of(self.digest, what, own, values)

    def texts(self, names: list[str]) -> str:
        return self.facts.of([[name, self.bodies.get(name)] for name in names])
