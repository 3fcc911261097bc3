"""Article cache: an article is put together as it was, where neither its file nor a setting has changed since.

Of a text that was read, Pelican makes an article: front matter gets its meaning, slug, language, dates and status
are worked out, and it is looked whether all of that is valid. What came of it is kept, and Pelican asks for it
itself, by `get_cached_data` of its generator. The text is not kept: the reader has it. Whoever wants to hear of each
article (`content_object_init`) hears of these as of any other.

What depends on more than that is read anew: an article of a date to come, one with values that nobody here can
write down, and all of them where another program has a say in what front matter means, where texts go through
Typogrify, or where the time of a file is the date of its article.
"""

import contextlib
import functools
import locale
import os
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timezone
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

from blinker import ANY
from pelican import signals
from pelican.contents import Article as PelicanArticle
from pelican.readers import METADATA_PROCESSORS, find_empty_alt
from pelican.urlwrappers import Author, Category, Tag
from pelican.utils import SafeDatetime

from plugins import files
from plugins.incremental import build_cache, reads, skip_pages
from plugins.site import Article, Generator

VERSION = 1  # of the record: another one is not understood
PLAIN = {str, int, float, bool, type(None)}
NAMED = {kind.__name__: kind for kind in (Author, Category, Tag)}
# What all articles of a build have in common, or each has for itself.
ITS_OWN = ("settings", "_context", "metadata", "translations", "timezone", "_content")
# A file's size and time, and the key of what it says.
Seen = tuple[tuple[int, int], str]
# An article as JSON can hold it: `Articles.row`.
Row = list[Any]


class Unknown(Exception):
    """A value that nobody here can write down."""


class Articles:
    """The articles of one generator as the build before made them, and as this one does.

    `seen` has each text whose file cannot say something else at the same time; `again` is asked for the HTML of one
    that says what it said, and tells None where it has to be read; `words` is a kind of text that is finished.
    """

    def __init__(
        self,
        generator: Generator,
        seen: dict[str, Seen],
        again: Callable[[str], str | None],
        words: type[str],
    ) -> None:
        self.settings, self.context = generator.readers.settings, generator.context
        self.seen, self.again, self.words = seen, again, words
        self.moment = datetime.now(UTC)
        self.record = files.record(self.settings, "articles")
        self.base = base(generator)
        known = files.read_record(self.record) if self.base else {}
        if known.get("version") != VERSION or known.get("base") != self.base:
            known = {"articles": {}}
        self.before: dict[str, Row] = known["articles"]
        self.now: dict[str, Row] = {}
        # Those that Pelican has yet to find valid.
        self.made: dict[str, Row] = {}
        self.named: dict[tuple[str, str], Any] = {}
        self.zones: dict[str, ZoneInfo] = {}

    def save(self) -> None:
        if self.base and self.now != self.before:
            kept = {"version": VERSION, "base": self.base, "articles": self.now}
            files.write_record(self.record, kept)

    @functools.cached_property
    def heard(self) -> list[Callable[[Article], Any]]:
        """Who wants to hear of each article: asked once, when all have said so."""
        return list(signals.content_object_init.receivers_for(ANY))

    # --- Writing down -----------------------------------------------------------------------------

    def recorded(self, kind: type) -> Callable[..., Article]:
        """A kind of article of which each new one is written down before anybody hears of it."""

        @functools.wraps(kind, updated=())
        def make(**given: Any) -> Article:
            heard = signals.content_object_init
            try:
                heard.is_muted = True
                article = kind(**given)
            finally:
                heard.is_muted = False
            date = getattr(article, "date", None)
            if date is None or date > self.moment:
                return kind(**given)  # Pelican has more to do with it when others have heard.
            with contextlib.suppress(Unknown):
                self.made[article.source_path] = self.row(article)
            heard.send(article)
            return article

        return make

    def row(self, article: Article) -> Row:
        """Its zone, its front matter, its attributes, and which of these are front matter; raises Unknown."""
        said, attributes = article.metadata, dict(vars(article))
        twice = {
            name: key
            for key in said
            for name in (key.lower(), f"override_{key}")
            if attributes.get(name, Unknown) is said[key]
        }
        zone = article.timezone.key
        return [zone, *self.parted(said, ()), *self.parted(attributes, {*twice, *ITS_OWN}), twice]

    def parted(
        self, values: dict[str, Any], left_out: Collection[str]
    ) -> tuple[dict[str, Any], ...]:
        """Values that are JSON's too, with the places of all others, whose order may be shown; and those others."""
        plain = {
            key: value if type(value) in PLAIN and key not in left_out else None
            for key, value in values.items()
        }
        others = {
            key: self.coded(value)
            for key, value in values.items()
            if type(value) not in PLAIN and key not in left_out
        }
        return plain, others

    def coded(self, value: Any) -> Any:
        kind = type(value)
        if kind in PLAIN:
            return value
        if kind is list:
            return ["list", *map(self.coded, value)]
        if kind is self.words:
            return ["words", str(value)]
        if NAMED.get(kind.__name__) is kind and value.slug == kind(value.name, self.settings).slug:
            return [kind.__name__, value.name]
        if kind is SafeDatetime and not value.fold:
            if value.tzinfo is None or type(value.tzinfo) is timezone:
                return ["date", value.isoformat()]
            if type(value.tzinfo) is ZoneInfo and value.tzinfo.key:
                return ["date", value.replace(tzinfo=None).isoformat(), value.tzinfo.key]
        raise Unknown

    def keep(self, path: str) -> None:
        """An article that was found valid, unless its file was written since it was seen."""
        found = self.made.pop(path, None)
        if found and path in self.seen:
            stat, key = self.seen[path]
            with contextlib.suppress(OSError):
                now = os.stat(path)  # noqa: PTH116 - asked of each text
                if stat == (now.st_size, now.st_mtime_ns):
                    self.now[path] = [key, *found]

    # --- Putting together -------------------------------------------------------------------------

    def found(self, path: str) -> Article | None:
        """The article of a file, where all about it is known; it is heard of, and what is to say of its text is said."""
        row = self.before.get(path)
        if row is None or path not in self.seen or row[0] != self.seen[path][1]:
            return None
        _, zone, plain, others, own, more, twice = row
        said = plain | {key: self.meant(value) for key, value in others.items()}
        attributes = own | {name: self.meant(value) for name, value in more.items()}
        attributes |= {name: said[key] for name, key in twice.items()}
        if attributes["date"] > self.moment or (html := self.again(path)) is None:
            return None  # The clock was set back, or its text was forgotten.
        if "<img" in html:
            find_empty_alt(html, path)
        attributes |= {"settings": self.settings, "_content": html, "_context": self.context}
        attributes |= {"metadata": said, "translations": [], "timezone": self.zone(zone)}
        article = PelicanArticle.__new__(PelicanArticle)
        vars(article).update(attributes)
        for hear in self.heard:
            hear(article)
        self.now[path] = row
        return article

    def meant(self, value: Any) -> Any:
        """A value as it was before `coded`."""
        if not isinstance(value, list):
            return value
        kind, *rest = value
        if kind == "list":
            return list(map(self.meant, rest))
        if kind == "words":
            return self.words(rest[0])
        if kind == "date":
            date = SafeDatetime.fromisoformat(rest[0])
            return date.replace(tzinfo=self.zone(rest[1])) if len(rest) > 1 else date
        if (kind, rest[0]) not in self.named:
            self.named[kind, rest[0]] = NAMED[kind](rest[0], self.settings)
        return self.named[kind, rest[0]]

    def zone(self, key: str) -> ZoneInfo:
        if key not in self.zones:
            self.zones[key] = ZoneInfo(key)
        return self.zones[key]


def base(generator: Generator) -> str:
    """All that articles are made by besides their texts; nothing where that cannot be told."""
    settings = generator.readers.settings
    heard = (signals.article_generator_preread, signals.article_generator_context)
    asked = chain(
        *(signal.receivers_for(generator) for signal in heard),
        METADATA_PROCESSORS.values(),
        (PelicanArticle.__init__, PelicanArticle.is_valid, type(generator.readers).read_file),
    )
    by_time = settings.get("DEFAULT_DATE") == "fs"
    if by_time or settings["TYPOGRIFY"] or not all(map(reads.known, asked)):
        return ""
    try:
        return f"{skip_pages.made_by(settings)} {locale.setlocale(locale.LC_TIME)}"
    except build_cache.Unhashable:
        return ""


def begin(
    generator: Generator,
    seen: dict[str, Seen],
    again: Callable[[str], str | None],
    words: type[str],
) -> None:
    """Let a generator of articles ask for those of the build before."""
    # A build may be given up at any line, also where this is said at the end of `recorded`.
    signals.content_object_init.is_muted = False
    articles = Articles(generator, seen, again, words)
    if not articles.base:
        return
    read, save = generator.readers.read_file, generator.save_cache

    def read_file(*given: Any, content_class: type, **more: Any) -> Article:
        return read(*given, content_class=articles.recorded(content_class), **more)

    def get_cached_data(name: str, default: Any = None) -> Any:
        try:
            return articles.found(_path(generator, name)) or default
        except Exception:
            return default  # Whoever stumbles over it does so again when Pelican reads it, which tells of that.

    def save_cache() -> None:
        save()
        articles.save()

    generator.readers.read_file, generator.save_cache = read_file, save_cache
    generator.get_cached_data = get_cached_data
    generator.cache_data = lambda name, article: articles.keep(article.source_path)


def _path(generator: Generator, name: str) -> str:
    return os.path.abspath(os.path.join(generator.path, name))  # noqa: PTH100, PTH118 - as Pelican names it
