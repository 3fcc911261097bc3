"""Unread: files that Pelican cannot read, told by line and remedy, with everything else there is to correct.

Pelican leaves such a file out, says why in its own words, and goes on. Here the build goes on as well, so that
each of them is met, and stops before it writes anything (`problems`). Whatever reader there is, what is said is
what the author's check would say of the file.
"""

import logging
import sys
from collections.abc import Callable, Iterable
from functools import partial
from html import escape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jinja2 import TemplateNotFound
from pelican import contents, readers, signals
from pelican.generators import PelicanTemplateNotFound
from pelican.urlwrappers import URLWrapper

from plugins import files, problems, setting_kinds
from plugins.site import (
    Article,
    Generator,
    Pelican,
    Problem,
    as_typed,
    by_kind,
    drafts,
    hidden,
    legible,
    published,
)

from . import dates, frontmatter_check
from .frontmatter import Unreadable, line_of

# What Pelican's own objects are made of; a line of front matter would take its place.
RESERVED = {*dir(contents.Article), "settings", "metadata", "translations", "source_path"} - {
    *frontmatter_check.KEYS
}

# What has one value; of the others, whoever gives them a meaning says what is wrong with several.
ONCE = (
    "title",
    "slug",
    "status",
    "lang",
    "summary",
    "description",
    "series",
    "template",
    "save_as",
    "url",
)
# What others tell with file and line: `images` of a file that is missing, `manifest` of two of one address.
KNOWN = ("Cannot get modification stamp", "There are %s ", "Unable to generate valid slug")

# Texts in notations of other programs, and those that some reader may read, however their names are spelled.
TEXTS = {
    *readers.MarkdownReader.file_extensions,
    *("adoc", "asciidoc", "ipynb", "mdx", "org", "qmd", "rmd", "rst", "textile"),
}
AS_MARKDOWN = "Save it as Markdown, with pandoc for example, or in a folder that STATIC_PATHS names"

_settings: list[dict[str, Any]] = []
# What some addresses are made of, and front matter alone says.
_in_addresses: set[str] = set()


def begin(pelican: Pelican) -> None:
    """From here to the end of its reading, what Pelican cannot read is told here."""
    _settings[:] = [pelican.settings]
    _in_addresses.clear()
    _in_addresses.update(setting_kinds.of_front_matter(pelican.settings))


def setting_problems(settings: dict[str, Any]) -> list[str]:
    zone = settings.get("TIMEZONE", "UTC")
    return [
        *([] if is_zone(zone) else [wrong_zone(zone)]),
        *setting_kinds.setting_problems(settings),
    ]


def is_zone(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ImportError, ValueError, OSError, TypeError):
        return False
    return True


def wrong_zone(zone: object) -> str:
    return (
        f'TIMEZONE = "{zone}" in pelicanconf.py is no time zone. Write one such as "UTC",'
        ' "Europe/Berlin" or "Asia/Shanghai".'
    )


def end(generators: Iterable[Generator]) -> None:
    """Everything is read; what is still to be known is whether each can be shown."""
    _settings.clear()
    articles, pages = by_kind(generators)
    passed_over(articles)
    for kind in (published, hidden, drafts):
        for content in kind(articles, pages):
            try:
                articles.get_template(content.template)
            except (PelicanTemplateNotFound, TemplateNotFound, TypeError, ValueError):
                line = line_of(content.source_path, "template")
                text = f'Template: there is no "{content.template}" in the theme. Remove the line.'
                problems.refuse_line(content.settings, content, line, text)


def passed_over(articles: Generator) -> None:
    """Warn of texts that no reader reads: without a word they would be missing."""
    settings, known = articles.settings, articles.readers.extensions
    folder = Path(settings["PATH"])
    static = [folder / each for each in settings["STATIC_PATHS"]]

    def is_passed_over(name: str) -> bool:
        kind = name.rpartition(".")[2]
        return kind not in known and kind.lower() in TEXTS

    for path in files.of_folder(folder, is_passed_over):
        name = path.suffix[1:]
        if not name or any(map(path.is_relative_to, static)):
            continue
        remedy = f"Name it {path.stem}.{name.lower()}" if name.lower() in known else AS_MARKDOWN
        text = f"No reader of this blog reads {path.suffix}, so this is left out. {remedy}."
        problems.warn(settings, f"{as_typed(path)}:1: {text}")


class Told(logging.Filter):
    """Takes over what Pelican says of a file that it leaves out."""

    def filter(self, record: logging.LogRecord) -> bool:
        if not _settings:
            return True
        if str(record.msg).startswith(KNOWN):
            return False
        handle = SAID.get(str(record.msg))
        if handle is None:
            return True
        source, why = handle(*record.args)  # type: ignore[misc] # as many as the message has
        for problem in wrong(Path(_settings[0]["PATH"], source), why, _settings[0]):
            problems.refuse(_settings[0], problem)
        return False


TOLD = Told()


def unread(name: str) -> tuple[str, str]:
    error = sys.exc_info()[1]
    if isinstance(error, OSError):
        return (
            name,
            f"It cannot be opened: {error.strerror}. Mend it, or take it out of this folder.",
        )
    return name, f"Pelican cannot read it: {error}. Correct it, or take it out of this folder."


NAMELESS = 'Its name has no letters for an address. Write a Slug, such as "first".'
SAID: dict[str, Callable[..., tuple[str, str]]] = {
    "Could not process %s": unread,
    "Skipping %s: could not find information about '%s'": lambda content, key: (
        str(content.source_path),
        f'There is no {key.capitalize()}, and Pelican would leave this out. Write "{key.capitalize()}: …".',
    ),
    "Skipping %s: file %r would be written outside output path": lambda content, name: (
        str(content.source_path),
        f"Its page would be {name}, which is outside of the site. Write another Slug, Save_as or Lang."
        if getattr(content, "slug", "")
        else NAMELESS,
    ),
    "Unknown status '%s' for file %s, skipping it. (Not in %s)": lambda status, content, _: (
        str(content.source_path),
        f'Status: "{status}" is no status. Write published, draft or hidden.',
    ),
}


def wrong(path: Path, why: str, settings: dict[str, Any]) -> list[Problem]:
    """What there is to correct in a file that was not read; `why`, where its front matter is in order."""
    error = sys.exc_info()[1]
    name = as_typed(path)
    if isinstance(error, Unreadable):
        return [Problem(name, line, text) for line, text in error.problems]
    found: list[Problem] = []
    if path.suffix[1:] in readers.MarkdownReader.file_extensions and path.is_file():
        pages = (Path(settings["PATH"], each) for each in settings["PAGE_PATHS"])
        page = any(path.is_relative_to(each) for each in pages)
        found = list(frontmatter_check.problems(path, name, page, settings))
    return found or [Problem(name, 1, why)]


def put_right(_: Generator, metadata: dict[str, Any]) -> None:
    """What is written in front matter, as everything behind it can take it, whichever reader read it."""
    for key in list(metadata):
        # No line takes the place of what Pelican works with; the check tells of it.
        if key.startswith("_") or key in RESERVED:
            del metadata[key]
            continue
        value = metadata[key]
        if isinstance(value, list) and key in ONCE:
            raise ValueError(f"{key.capitalize()} is said more than once. Keep one")
        if isinstance(value, str):
            metadata[key] = legible(value)
        for name in value if isinstance(value, list) else [value]:
            if isinstance(name, URLWrapper) and name.name != (clean := legible(name.name)):
                name.name = clean
    if "summary" not in metadata and isinstance(text := metadata.get("description"), str):
        metadata["summary"] = f"<p>{escape(text)}</p>"


def put_text_right(content: Article) -> None:
    """The same for the text, unless its reader has done so, and says it by an attribute, `legible`."""
    text = content._content
    if not isinstance(text, str) or getattr(text, "legible", False):
        return
    if (clean := legible(text)) != text:
        content._content = type(text)(clean)  # Of a reader that says more by it.


def refuse_without_address(content: Article) -> None:
    """A text that lacks what its address is made of."""
    if not _in_addresses or isinstance(content, contents.Static):
        return
    try:
        _ = content.url, content.save_as
    except KeyError as error:
        (key,) = error.args
        # A kind of text that another plugin made may have no addresses yet.
        if key not in _in_addresses:
            return
        name = f"{type(content).__name__}_URL".upper()
        raise ValueError(
            f"It has no line {key.capitalize()}, and {{{key}}} in {name}, or in those beside it, makes"
            " its address of one. Write one"
        ) from None


def register() -> None:
    problems.listen()
    for key in ("date", "modified"):
        # Whichever reader asks: else the month may be taken for the day, or a time zone passed over.
        readers.METADATA_PROCESSORS[key] = partial(dates.of_key, key)
    for name in ("generators", "contents", "cache", "utils", "urlwrappers"):
        logging.getLogger(f"pelican.{name}").addFilter(TOLD)
    signals.get_generators.connect(begin)
    signals.article_generator_context.connect(put_right)
    signals.page_generator_context.connect(put_right)
    signals.content_object_init.connect(put_text_right)
    signals.content_object_init.connect(refuse_without_address)
    signals.all_generators_finalized.connect(end)
