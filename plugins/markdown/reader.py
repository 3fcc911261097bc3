"""Reader: reads an article's Markdown once, with the native parser, by all cores, and keeps the HTML.

Takes the place of Pelican's own reader of Markdown. `frontmatter` takes off what a file says of
itself; its text, and those fields that are Markdown too, go to `commonmark`. What a text became is kept
in the site's cache, under a key of the text, the parser and its version, and the settings it depends
on. What front matter means is worked out in every build: nothing stale can come out of it. (Pelican's
own cache knows nothing of settings, and loads what it finds by `pickle`.) Plugins that finish the HTML,
such as `postprocess`, do so before it is kept. Without that plugin behind this one, code has no colours, notes
have no titles, and formulas are left as they were typed; the build says so.

A site that needs an extension of Python-Markdown leaves this plugin out of PLUGINS and has Pelican's
reader; the others work with either (docs/markdown.md).

Settings: READING_PROCESSES (as many as the machine has cores; 1: no others).
"""

import contextlib
import hashlib
import logging
import os
import platform
import re
import time
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Protocol

from pelican import signals
from pelican.readers import DUPLICATES_DEFINITIONS_ALLOWED, BaseReader, ensure_metadata_list
from pelican.readers import MarkdownReader as PelicanReader
from pelican.utils import SafeDatetime

import formats
from plugins import files, problems, quick_json
from plugins.incremental import build_cache, reads, workers
from plugins.problems import WrongSetting
from plugins.site import Generator, Pelican, legible

from . import article_cache, commonmark, dates, frontmatter, frontmatter_check

logger = logging.getLogger(__name__)

Settings = dict[str, Any]
Stat = tuple[int, int]

UNFINISHED = (
    "Behind plugins.markdown.reader no plugins.markdown.postprocess stands in PLUGINS: code has no colours, notes have"
    " no titles, and formulas are left as they were typed. Name it there."
)
# Below this many new texts another process costs more than it saves.
WORTH_A_PROCESS = 16

# Of these Pelican makes objects, or a moment; the same words always mean the same.
NAMES = ("tags", "authors")
DATES = ("date", "modified")
MEANT_ONCE = ("author", "category", *DATES)
# How nearly everybody writes a date; Pelican's parser, which takes any, takes thirty times as long.
DATE = re.compile(r"[1-9]\d{3}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d)?)?")


class Finisher(Protocol):
    """What goes on with the HTML of a text as long as nothing but the text and the settings matters.

    Its answer is kept with the text, and with it what there is to say to the author, which is said in
    every build, whether the text was read anew or not.
    """

    def depends_on(self, settings: Settings) -> list[Any]:
        """All that the answer depends on, besides the HTML and our own programs."""

    def finished(self, html: str, settings: Settings, typed: str, /) -> tuple[str, list[Any]]:
        """The HTML, and what to say of it, in whatever way JSON can hold; `typed` is what its author wrote."""

    def tell(self, source: str, settings: Settings, remarks: list[Any]) -> None:
        """Say that to the author of this file."""


# Plugins that come after this one in PLUGINS put theirs here.
finishers: list[Finisher] = []


class Finished(str):
    """HTML that has been through all finishers; there is nothing illegible in it."""

    __slots__ = ()
    legible = True


class Linkless(Finished):
    """And Pelican has no address to fill in in it: told once, and kept with the text."""

    __slots__ = ()
    links = False


class Text(NamedTuple):
    """A file as it was read: its HTML, and its front matter before anybody said what it means."""

    html: str
    fields: dict[str, list[str]]
    formatted: dict[str, str]
    # Lines of front matter that cannot be read, with what is wrong: then there is nothing else.
    wrong: list[tuple[int, str]] = []  # noqa: RUF012 - never changed
    # What each finisher has to say of it.
    remarks: list[list[Any]] = []  # noqa: RUF012 - never changed
    links: bool = True


def parse(source: str, settings: Settings) -> Text:
    """Read a file that has not been read before."""
    try:
        fields, body = frontmatter.split(source)
    except frontmatter.Unreadable as error:
        return Text("", {}, {}, error.problems)
    if wrong := frontmatter_check.misread(source):
        return Text("", {}, {}, wrong)
    html = commonmark.html(body)
    formatted = {
        name: commonmark.html("\n".join(fields[name]))
        for name in fields.keys() & set(settings["FORMATTED_FIELDS"])
    }
    remarks = []
    for finisher in finishers:
        html, said = finisher.finished(html, settings, body)
        for name, value in formatted.items():
            typed = "\n".join(fields[name])
            formatted[name], more = finisher.finished(value, settings, typed)
            said += more
        remarks.append(said)
    html = legible(html)
    return Text(html, fields, formatted, remarks=remarks, links=reads.linked(html))


def base(settings: Settings) -> str:
    """The part of the key that all texts share."""
    return build_cache.key(
        "reader 5",
        platform.python_version(),
        sorted(settings["FORMATTED_FIELDS"]),
        build_cache.program(__name__),
        build_cache.program(formats.__name__),
        commonmark.version(),
        [finisher.depends_on(settings) for finisher in finishers],
    )


def doubled(name: str, value: list[str]) -> bool:
    """Whether front matter says more than once what can be said once."""
    return len(value) > 1 and not DUPLICATES_DEFINITIONS_ALLOWED.get(name, True)


def as_it_is(path: str) -> Stat:
    stat = os.stat(path)  # noqa: PTH116 - asked of each file of a blog
    return stat.st_size, stat.st_mtime_ns


def source_of(path: str | Path) -> str:
    return legible(Path(path).read_text(encoding="utf-8").removeprefix("\ufeff"))


class MarkdownReader(BaseReader):  # type: ignore[misc]  # Pelican is untyped
    """Named as Pelican's own, whose name articles have as their `reader`."""

    # Pelican would take it, wherever it is only imported, for the extensions that stand here.
    file_extensions: ClassVar[list[str]] = []

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        # The keys of files as they were a moment ago, so that these need not be opened again.
        self.keys: dict[str, tuple[Stat, str]] = {}
        # What the cache has for these, until it is asked for.
        self.texts: dict[str, str] = {}
        self.meant: dict[tuple[str, str], Any] = {}

    @cached_property
    def base(self) -> str:
        return base(self.settings)

    def key(self, source: str) -> str:
        text = f"{self.base}{source}".encode("utf-8", "surrogatepass")
        return hashlib.sha256(text).hexdigest()

    def kept(self, key: str) -> Text | None:
        found = self.texts.pop(key, None) or build_cache.of(self.settings).get(key)
        return Text(*quick_json.loads(found)) if found else None

    def text(self, source: str) -> Text:
        key = self.key(source)
        if (found := self.kept(key)) is not None:
            return found
        text = parse(source, self.settings)
        build_cache.of(self.settings).put(key, quick_json.dumps(tuple(text)).decode())
        return text

    def text_of(self, path: str) -> Text:
        if path in self.keys:
            seen, key = self.keys.pop(path)
            if seen == as_it_is(path) and (found := self.kept(key)) is not None:
                return found
        return self.text(source_of(path))

    def read(self, source_path: str) -> tuple[str, dict[str, Any]]:
        text = self.text_of(source_path)
        if text.wrong:
            raise frontmatter.Unreadable([(line, why) for line, why in text.wrong])
        html = Finished if finishers else str
        metadata = {}
        for name, value in text.fields.items():
            if name in text.formatted:
                metadata[name] = self.process_metadata(name, html(text.formatted[name]))
                continue
            if doubled(name, value):
                logger.warning(
                    "Duplicate definition of `%s` for %s. Using first one.", name, source_path
                )
                value = value[:1]
            metadata[name] = self.process_metadata(name, value if len(value) > 1 else value[0])
        return self.told(source_path, text), metadata

    def told(self, source_path: str, text: Text) -> str:
        """The HTML of a text, when there is said what there is to say of it."""
        for finisher, remarks in zip(finishers, text.remarks, strict=True):
            if remarks:
                finisher.tell(source_path, self.settings, remarks)
        html = Finished if finishers else str
        return (html if text.links or not finishers else Linkless)(text.html)

    def again(self, path: str) -> str | None:
        """The HTML of a text, unless it has to be read anew, or Pelican has something to say of it."""
        seen, key = self.keys.get(path, (None, ""))
        if seen != as_it_is(path) or (text := self.kept(key)) is None:
            return None
        if text.wrong or any(map(doubled, text.fields, text.fields.values())):
            return None
        del self.keys[path]
        return self.told(path, text)

    def process_metadata(self, name: str, value: Any) -> Any:
        """As Pelican does it, but each name and each date once for all articles that have it."""
        if name in NAMES and (words := ensure_metadata_list(value)):
            return [self.once(name, word, [word])[0] for word in words]
        if name in MEANT_ONCE and isinstance(value, str):
            return self.once(name, value, value)
        return super().process_metadata(name, value)

    def once(self, name: str, words: str, value: Any) -> Any:
        if (name, words) not in self.meant:
            if name in DATES:
                self.meant[name, words] = self.date(name, words)
            else:
                self.meant[name, words] = super().process_metadata(name, value)
        return self.meant[name, words]

    def date(self, name: str, words: str) -> datetime:
        if DATE.fullmatch(words):
            with contextlib.suppress(ValueError):
                found: datetime = SafeDatetime.fromisoformat(words)
                return found
        return dates.of_key(name, words, self.settings)


def suffix(name: str) -> str:
    """By which Pelican finds a file's reader."""
    return os.path.splitext(name)[1][1:]  # noqa: PTH122 - asked of each file of a blog


# --- All cores ------------------------------------------------------------------------------------


def read_ahead(generator: Generator) -> None:
    """Before Pelican asks for the first article, read what is new in as many processes as help."""
    settings, kept = generator.settings, build_cache.of(generator.settings)
    readers = generator.readers.readers.items()
    ours = {suffix: its for suffix, its in readers if isinstance(its, MarkdownReader)}
    if not ours or kept.path is None:
        return
    reader = next(iter(ours.values()))
    keys: dict[str, tuple[Stat, str]] = {}
    seen = Seen(settings, reader)
    # As Pelican will ask, which then has the answer.
    for name in generator.get_files(
        settings["ARTICLE_PATHS"], exclude=settings["ARTICLE_EXCLUDES"]
    ):
        if its := ours.get(suffix(name)):
            path = os.path.abspath(os.path.join(generator.path, name))  # noqa: PTH100, PTH118 - as Pelican names it
            # What is wrong is told by whoever reads it in its turn.
            with contextlib.suppress(OSError, UnicodeDecodeError):
                its.keys[path] = keys[path] = seen.key(path)
    settled = seen.remembered(keys)
    known = kept.many([key for _, key in keys.values()])
    for its in ours.values():
        its.texts = known

    def again(path: str) -> str | None:
        its = ours.get(suffix(path))
        return its.again(path) if its else None

    article_cache.begin(generator, settled, again, Finished)
    new = sorted(path for path, (_, key) in keys.items() if key not in known)
    most = workers.at_hand(settings.get("READING_PROCESSES"))
    if (many := min(most, len(new) // WORTH_A_PROCESS)) > 1:
        kept.close()
        # The parser's module is loaded once, before the others are made.
        parse("", reader.settings)
        # A text whose process failed is read again in its turn, where what is wrong can be said.
        workers.divided(new, many, partial(work, reader))


class Seen:
    """The keys of files as the build before saw them: one that has its size and time need not be opened.

    Of a file that was just written the time says too little.
    """

    def __init__(self, settings: Settings, reader: MarkdownReader) -> None:
        self.reader, self.record = reader, files.record(settings, "texts")
        self.began_ns = time.time_ns()
        known = files.read_record(self.record)
        self.known = known["keys"] if known.get("base") == reader.base else {}

    def key(self, path: str) -> tuple[Stat, str]:
        stat = as_it_is(path)
        size, moment, key = self.known.get(path, (0, 0, ""))
        return stat, key if stat == (size, moment) else self.reader.key(source_of(path))

    def remembered(self, keys: dict[str, tuple[Stat, str]]) -> dict[str, tuple[Stat, str]]:
        """Those whose time says enough, which the next build will know."""
        settled = {p: s for p, s in keys.items() if files.is_settled(s[0][1], self.began_ns)}
        kept = {path: [*stat, key] for path, (stat, key) in settled.items()}
        if kept != self.known:
            said = {"base": self.reader.base, "keys": kept}
            files.write_record(self.record, said)
        return settled


def work(reader: MarkdownReader, paths: list[str]) -> None:
    """Read these texts for those who ask the cache for them later."""
    for path in paths:
        reader.text(source_of(path))
    build_cache.of(reader.settings).save()


def give(readers: Any) -> None:
    if (chosen := readers.settings.get("MARKDOWN_READER", "commonmark")) != "commonmark":
        raise WrongSetting(
            f'MARKDOWN_READER = "{chosen}" has no meaning any more: there is one parser. Take the line'
            " out of pelicanconf.py. If you need Python-Markdown, write PLUGINS ="
            ' plugins.in_order(without=["markdown.reader"]) there, and take "plugins.syntax" out of MARKDOWN:'
            " Pelican then reads with MARKDOWN as you have set it. docs/markdown.md tells what differs."
        )
    if not finishers:
        problems.warn(readers.settings, UNFINISHED)
    for name in PelicanReader.file_extensions:
        # A site that has chosen a reader of its own keeps it.
        if readers.reader_classes.get(name, PelicanReader) is PelicanReader:
            readers.reader_classes[name] = MarkdownReader


def stay_silent(generator: Generator) -> None:
    """Where Python-Markdown is not installed, Pelican would warn of every file that is read here."""
    for name, its in generator.readers.readers.items():
        if isinstance(its, MarkdownReader):
            generator.readers.disabled_readers.pop(name, None)


def finish(pelican: Pelican) -> None:
    build_cache.save(pelican.settings)


def register() -> None:
    problems.listen()
    finishers.clear()
    signals.readers_init.connect(give)
    signals.generator_init.connect(stay_silent)
    signals.article_generator_init.connect(read_ahead)
    signals.finalized.connect(finish)
