"""Reads: what a page asks of the blog while it is rendered, noted down.

`noting` collects what is asked inside it: attributes of articles and pages, names that templates look up,
and which parts of a list are looked at. A list that is only handed on, as Pelican hands the list of all
articles to every template, is not read; one that is counted is read for its length, and `articles[:5]`
for its first five.

Jinja asks through a context class of ours (`Environment.context_class`), and filters, tests and functions
that nobody here knows count as asking for everything. An article notes by itself what is read of it, as a
subclass of what it was, under the same name; its texts tell which links they had filled in.

A note is a tuple: an article's id and an attribute; `NAME` and a name; the label of a list and what was
asked of it; `PATH`, a kind and a file's path; or `EVERYTHING`.
"""

import contextlib
import functools
import hashlib
from collections.abc import Callable, Iterator, MutableMapping
from types import BuiltinMethodType, ModuleType
from typing import Any

import pelican
from jinja2 import Environment
from jinja2.runtime import Context
from pelican.contents import Content
from pelican.settings import DEFAULT_CONFIG

from plugins.site import Article

from . import build_cache

NAME, PATH, THERE = "name", "path", "there"
EVERYTHING = ("everything", "")
# By which it is told that it is Pelican who makes a summary of a text, and no plugin; and what that depends on.
SHORTENED = Content.get_summary.cache
LENGTHS = ("SUMMARY_MAX_LENGTH", "SUMMARY_MAX_PARAGRAPHS", "SUMMARY_END_SUFFIX")
INTRASITE = DEFAULT_CONFIG["INTRASITE_LINK_REGEX"]
# Pelican's two tables of what lies where; a text with links to fill in looks up a file in them.
FILES = ("generated_content", "static_content")
# Whose functions ask for nothing but settings, files of the theme, and what is noted here.
KNOWN = ("_operator", "builtins", "jinja2", "markupsafe", "pelican")
OURS = (
    *("plugins.comments.", "plugins.delivery.", "plugins.incremental.", "plugins.markdown."),
    *("plugins.presentation.", "plugins.gettext", "plugins.site"),
)
# All of a list is looked at by whatever else is done with it.
WHOLE = (
    *("__iter__", "__reversed__", "__contains__", "__add__", "__mul__", "__rmul__", "__repr__"),
    *("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__reduce_ex__"),
    *("copy", "count", "index", "pop"),
)

Notes = set[tuple[Any, Any]]

_noting: Notes | None = None
# The lists that are handed to templates, each by its id with the label under which it is noted.
_labels: dict[int, str] = {}
_kinds: dict[type, type] = {}
PLACED = Content.save_as


@contextlib.contextmanager
def noting(labels: dict[int, str] | None = None) -> Iterator[Notes]:
    """What is read inside; `labels` names the lists that are to be told apart."""
    global _noting, _labels
    around, before = _noting, _labels
    found: Notes = set()
    _noting, _labels = found, before if labels is None else labels
    try:
        yield found
    finally:
        _noting, _labels = around, before


def note(kind: Any, what: Any) -> None:
    if _noting is not None:
        _noting.add((kind, what))


# --- Lists ----------------------------------------------------------------------------------------


class Watched(list[Any]):
    """A list that notes what is asked of it."""

    def __init__(self, items: list[Any], label: str) -> None:
        super().__init__(items)
        self.label = label

    def __getitem__(self, at: Any) -> Any:
        asked = f"{at.start}:{at.stop}:{at.step}" if isinstance(at, slice) else f"{at}"
        note(self.label, f"[{asked}]")
        return super().__getitem__(at)

    def __len__(self) -> int:
        note(self.label, "len")
        return super().__len__()

    def __bool__(self) -> bool:
        note(self.label, "any")
        return super().__len__() > 0

    def __radd__(self, other: list[Any]) -> list[Any]:
        return other + list(self)


def _noted(name: str) -> Callable[..., Any]:
    own = getattr(list, name)

    @functools.wraps(own)
    def method(self: Watched, *given: Any) -> Any:
        note(self.label, "")
        return own(self, *given)

    return method


for _name in WHOLE:
    setattr(Watched, _name, _noted(_name))


def asked(items: list[Any], what: str) -> Any:
    """What a list answers to a question that was noted of it."""
    if what == THERE:
        return THERE
    if what == "len":
        return len(items)
    if what == "any":
        return bool(items)
    if not what:
        return items
    parts = [None if part == "None" else int(part) for part in what[1:-1].split(":")]
    at = slice(*parts) if len(parts) > 1 else parts[0]
    return items[at] if isinstance(at, slice) else items[at : at + 1 or None]  # type: ignore[operator]


def watched(value: Any, kind: str = "", what: str = "") -> Any:
    """A list that has a label, as one that notes what is asked of it; anything else, noted, as it is."""
    if _noting is not None and type(value) is list and (label := _labels.get(id(value))):
        note(label, THERE)
        return Watched(value, label)
    if kind:
        note(kind, what)
    return value


# --- Names ----------------------------------------------------------------------------------------


class Looked(MutableMapping[str, Any]):
    """A mapping of names, or of files' paths, that notes which ones are looked up."""

    def __init__(self, real: MutableMapping[str, Any], kind: str = NAME, before: str = "") -> None:
        self.real, self.kind, self.before = real, kind, before
        self.inner = {
            name: Looked(real[name], PATH, f"{name} ")
            for name in FILES
            if kind == NAME and isinstance(real.get(name), dict)
        }

    def __getitem__(self, key: str) -> Any:
        if key in self.inner and self.inner[key].real is self.real[key]:
            return self.inner[key]
        try:
            value = self.real[key]
        except KeyError:
            note(self.kind, f"{self.before}{key}")
            raise
        return watched(value, self.kind, f"{self.before}{key}")

    def __setitem__(self, key: str, value: Any) -> None:
        self.real[key] = value

    def __delitem__(self, key: str) -> None:
        del self.real[key]

    def __iter__(self) -> Iterator[str]:
        note(*EVERYTHING)
        return iter(self.real)

    def __len__(self) -> int:
        note(*EVERYTHING)
        return len(self.real)


def known(function: Any) -> bool:
    """Whether it is told what a function may ask for."""
    if isinstance(function, functools.partial):
        return known(function.func)
    if isinstance(function, BuiltinMethodType) and not isinstance(
        function.__self__, ModuleType | None
    ):
        return False  # Such as the `get` of somebody's dictionary.
    name = getattr(function, "__module__", None) or type(function).__module__
    return name.partition(".")[0] in KNOWN or name.startswith(OURS)


def _asking(function: Any) -> Any:
    """The same function, of which nobody knows what it asks for."""

    @functools.wraps(function, updated=("__dict__",) if hasattr(function, "__dict__") else ())
    def unknown(*given: Any, **more: Any) -> Any:
        note(*EVERYTHING)
        return function(*given, **more)

    return unknown


def see(environment: Environment) -> None:
    """Let the templates of an environment say what they ask for."""
    if issubclass(environment.context_class, Noting):
        return
    kind = environment.context_class
    environment.context_class = Noting if kind is Context else type("Noting", (Noting, kind), {})
    for table in (environment.filters, environment.tests):
        for name, function in table.items():
            if not known(function):
                table[name] = _asking(function)


def extended(environment: Environment) -> bool:
    """Whether extensions that nobody knows may ask for anything at any time."""
    return not all(map(known, environment.extensions.values()))


class Noting(Context):
    """Jinja's context, which notes each name that it is asked for."""

    def resolve_or_missing(self, key: str) -> Any:
        value = super().resolve_or_missing(key)
        if _noting is None or key in self.vars:
            return value
        if callable(value) and not known(value):
            note(*EVERYTHING)
        return watched(value, NAME, key)


# --- Articles -------------------------------------------------------------------------------------


def has_links(content: Article) -> bool:
    """Whether Pelican has to look for addresses to fill in, such as `"{filename}…"`, in this text.

    Its search for them takes longer than anything else that is done to most texts in a build.
    """
    body = content._content
    if not isinstance(body, str) or content.settings["INTRASITE_LINK_REGEX"] != INTRASITE:
        return bool(body)
    return getattr(body, "links", True) and linked(body)


def linked(html: str) -> bool:
    """The same of HTML; a reader that has found none says so by an attribute of the text, `links`."""
    return any(sign in html for sign in ('"{', "'{", '"|', "'|"))


def settled(content: Article) -> str:
    """The name of a page's file, which Pelican would make anew, as `output` has settled it."""
    known = getattr(content, "override_save_as", None) or getattr(content, "settled_save_as", None)
    return PLACED.fget(content) if known is None else known  # type: ignore[no-any-return]


def _kind(of: type[Content]) -> type:
    """The class, of the same name, whose objects note what is read of them."""
    if of not in _kinds:
        own: Callable[..., Any] = of.__getattribute__

        def noted(self: Any, name: str) -> Any:
            if _noting is not None:
                _noting.add((id(self), name))
            return own(self, name)

        told = {"__module__": of.__module__, "__qualname__": of.__qualname__, "__doc__": of.__doc__}
        says: dict[str, Any] = {**told, "__getattribute__": noted}
        if of.save_as is PLACED:
            says["save_as"] = property(settled)
        _kinds[of] = type(of.__name__, (of,), says)
    return _kinds[of]


def first_words(content: Content, text: str, shorten: Callable[[], str]) -> str:
    """The summary that Pelican makes of a text, made once for all builds: lists and feeds show hundreds."""
    lengths = [content.settings.get(name) for name in LENGTHS]
    said = f"{pelican.__version__} {lengths}\0{text}".encode("utf-8", "surrogatepass")
    key, kept = hashlib.sha256(said).hexdigest(), build_cache.of(content.settings)
    if (found := kept.get(key)) is None:
        kept.put(key, found := shorten())
    return found


def watch(content: Content, context: Looked) -> None:
    """From here on this article notes what is read of it; one without links gives its text as it is."""
    if type(content) in _kinds.values():
        return
    get, shorten = content.get_content, content.get_summary
    pelicans = getattr(shorten, "cache", None) is SHORTENED
    content._context = context
    kept: dict[str, tuple[str, Notes]] = {}
    finished: list[bool] = []

    def get_content(siteurl: str) -> str:
        note(id(content), "_content")
        if not finished:
            finished.append(not hasattr(content, "_get_content") and not has_links(content))
        if finished[0]:
            return str(content._content)
        if siteurl not in kept:
            # Asked again though Pelican remembers it, to see what the answer depends on.
            if cache := getattr(get, "cache", None):
                cache.pop((content, siteurl), None)
            with noting() as asked:
                kept[siteurl] = (str(get(siteurl)), asked)
        text, asked = kept[siteurl]
        if _noting is not None:
            _noting.update(asked)
        return text

    def get_summary(siteurl: str) -> str:
        if "summary" in content.metadata:
            return str(shorten(siteurl))
        text = content.get_content(siteurl)
        if not pelicans:
            return str(shorten(siteurl))
        return first_words(content, text, lambda: str(shorten(siteurl)))

    content.get_content, content.get_summary = get_content, get_summary
    content.__class__ = _kind(type(content))
