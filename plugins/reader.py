"""Reader: Markdown that has been read once is not read again, and what is new is read by all cores.

Takes the place of Pelican's own reader of Markdown and gives the same. It keeps what Python-Markdown
made of a text, under a key of the text, the settings (`MARKDOWN`, `FORMATTED_FIELDS`), and the versions
of Python-Markdown and its extensions, in the site's memory. What front matter means is worked out
in every build: nothing stale can come out of it. (Pelican's own cache knows nothing of settings, and
loads what it finds by `pickle`.) One `Markdown` serves all files instead of one for each.

Where a site has an extension that looks at more than the text, such as one that includes other files,
it has to say `MARKDOWN_CACHE = False`. Extensions given as objects switch it off by themselves.

Settings: MARKDOWN_CACHE (True), READING_PROCESSES (as many as the machine has cores; 1: no others).
"""

import json
import logging
import platform
from collections.abc import Callable
from functools import cached_property, partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, NamedTuple

import markdown
from pelican import signals
from pelican.readers import DUPLICATES_DEFINITIONS_ALLOWED
from pelican.readers import MarkdownReader as PelicanReader

from . import cores, memory
from .manifest import Generator, Pelican

logger = logging.getLogger(__name__)

# Below this many new texts another process costs more than it saves.
WORTH_A_PROCESS = 16
# How many texts a process holds before it writes them down: of thousands, that is what counts.
TEXTS_AT_ONCE = 64

# What else may be worked out early, in the same process in which a text is read: called with the
# HTML and the settings, and leaving its answers in the memory.
ahead: list[Callable[[str, dict[str, Any]], object]] = []


class Text(NamedTuple):
    """A file as it was read: its HTML, and its front matter before anybody said what it means."""

    html: str
    fields: dict[str, list[str]]
    formatted: dict[str, str]


class Parser:
    """Python-Markdown with a site's settings; made when the first text needs it."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self._text: markdown.Markdown | None = None
        self._field: markdown.Markdown | None = None
        self._first = 0

    def parse(self, source: str) -> Text:
        if self._text is None:
            self._text = markdown.Markdown(**self.settings["MARKDOWN"])
            # A field of front matter has none itself.
            self._field = markdown.Markdown(**self.settings["MARKDOWN"])
            self._field.preprocessors.deregister("meta")
            for extension in self._text.registeredExtensions:
                self._first = getattr(extension, "unique_prefix", self._first)
        self._text.reset()
        for extension in self._text.registeredExtensions:
            # Footnotes count the texts that they have seen, and may name themselves by that.
            if hasattr(extension, "unique_prefix"):
                extension.unique_prefix = self._first
        html = self._text.convert(source)
        fields = {
            name.lower(): list(value) for name, value in getattr(self._text, "Meta", {}).items()
        }
        formatted = {}
        for name in fields.keys() & set(self.settings["FORMATTED_FIELDS"]):
            assert self._field is not None  # noqa: S101 - made with the other
            self._field.reset()
            formatted[name] = self._field.convert("\n".join(fields[name]))
        return Text(html, fields, formatted)


def base(settings: dict[str, Any]) -> str | None:
    """The part of the key that all texts share; None where nothing can be kept."""
    if not settings.get("MARKDOWN_CACHE", True):
        return None
    given = settings["MARKDOWN"]
    extensions = [*given.get("extensions", ()), *given.get("extension_configs", ())]
    try:
        return memory.key(
            "reader 1",
            platform.python_version(),
            markdown.__version__,
            {name: value for name, value in given.items() if name != "extensions"},
            [str(each) if isinstance(each, str) else memory.said(each) for each in extensions],
            sorted(settings["FORMATTED_FIELDS"]),
            [memory.program(top) for top in sorted({tops(each) for each in extensions})],
        )
    except memory.Unsayable as unsayable:
        logger.info("What was read is not kept: MARKDOWN has %s in it.", unsayable)
        return None


def tops(extension: str) -> str:
    """The package of an extension; those of one word are Python-Markdown's own or an entry point's."""
    name = extension.partition(":")[0].partition(".")[0]
    if name == extension.partition(":")[0]:
        for point in entry_points(group="markdown.extensions", name=name):
            return str(point.value.partition(":")[0].partition(".")[0])
    return name


def source_of(path: str | Path) -> str:
    return Path(path).read_text(encoding="utf-8").removeprefix("\ufeff")


class MarkdownReader(PelicanReader):  # type: ignore[misc]  # Pelican is untyped
    """Pelican's reader with a memory; of the same name, which articles have as their `reader`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.parser = Parser(self.settings)

    @cached_property
    def base(self) -> str | None:
        return base(self.settings)

    def key(self, source: str) -> str | None:
        return memory.key(self.base, source) if self.base else None

    def text(self, source: str) -> Text:
        name = self.key(source)
        kept = memory.of(self.settings)
        if name and (found := kept.get(name)):
            return Text(*json.loads(found))
        text = self.parser.parse(source)
        if name:
            kept.put(name, json.dumps(text, ensure_ascii=False))
        return text

    def read(self, source_path: str) -> tuple[str, dict[str, Any]]:
        text = self.text(source_of(source_path))
        metadata = {}
        for name, value in text.fields.items():
            if name in text.formatted:
                metadata[name] = self.process_metadata(name, text.formatted[name])
                continue
            if not DUPLICATES_DEFINITIONS_ALLOWED.get(name, True) and len(value) > 1:
                logger.warning(
                    "Duplicate definition of `%s` for %s. Using first one.", name, source_path
                )
                value = value[:1]
            metadata[name] = self.process_metadata(name, value if len(value) > 1 else value[0])
        return text.html, metadata


# --- All cores ------------------------------------------------------------------------------------


def read_ahead(generator: Generator) -> None:
    """Before Pelican asks for the first article, read what is new in as many processes as help."""
    reader = generator.readers.readers.get("md")
    if not isinstance(reader, MarkdownReader) or not reader.base:
        return
    settings = generator.settings
    most = cores.at_hand(settings.get("READING_PROCESSES"))
    kept = memory.of(settings)
    if most < 2 or kept.path is None:
        return
    new = []
    for name in generator.get_files(
        settings["ARTICLE_PATHS"], exclude=settings["ARTICLE_EXCLUDES"], extensions=["md"]
    ):
        try:
            source = source_of(Path(generator.path, name))
        except (OSError, UnicodeDecodeError):
            continue  # Whoever reads it in its turn says what is wrong.
        if kept.get(str(reader.key(source))) is None:
            new.append(source)
    if many := min(most, len(new) // WORTH_A_PROCESS):
        kept.close()
        # Made once, before the others are.
        reader.parser.parse("")
        # A text whose process failed is read again in its turn, where what is wrong can be said.
        cores.divided(new, many, partial(work, reader))


def work(reader: MarkdownReader, sources: list[str]) -> None:
    """Read these texts for those who ask the memory for them later."""
    kept = memory.of(reader.settings)
    for number, source in enumerate(sources, 1):
        html = reader.text(source).html
        for each in ahead:
            each(html, reader.settings)
        if number % TEXTS_AT_ONCE == 0 or number == len(sources):
            kept.save()


def give(readers: Any) -> None:
    # A site that has chosen a reader of its own keeps it.
    for name, its in list(readers.reader_classes.items()):
        if its is PelicanReader:
            readers.reader_classes[name] = MarkdownReader


def finish(pelican: Pelican) -> None:
    memory.save(pelican.settings)


def register() -> None:
    signals.readers_init.connect(give)
    signals.article_generator_init.connect(read_ahead)
    signals.finalized.connect(finish)
