"""Images: every picture of the site with its size, in several widths, and without what it gives away.

A local picture in an article or page gets its width and height, so that nothing jumps when it
arrives; WebP (and AVIF, where Pillow can) in a few widths, never wider than it is; a plain link to
the whole picture where that is larger than what a page shows. All but the first of a text wait until
they are near. SVG has its size from the file; what moves is left as it is.

Photographs carry where and when they were taken. What is published of a picture, the original
included, carries none of that: only its colour profile, and which side is up.

Results are kept in a folder, named after content and settings: nothing is encoded twice, and the
folder may be deleted at any time. A picture that is missing, broken or too large stops the build;
one without alternative text is a warning. All of them are told with file and line.

Settings: IMAGES_CACHE (images/ below Pelican's CACHE_PATH), IMAGES_FOLDER ("images/sized", in the
site), IMAGES_WIDTHS (420, 640, 960, 1280), IMAGES_SIZES ("(min-width: 40rem) 36rem, 100vw"),
IMAGES_FORMATS ("avif", "webp"), IMAGES_ZOOM_FROM (960: from which width on to link to the whole
picture), IMAGES_MAX_PIXELS (50 million).
"""

import logging
import os
import re
import time
import unicodedata
from collections.abc import Iterable, Iterator
from html import escape, unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from pelican import signals

from plugins import files, problems
from plugins.incremental import saved_page
from plugins.site import Article, Generator, Pelican, Problem, as_typed

from . import image_variants, imagefile

# How Pelican warns of a picture without words; here it is told once, with its line.
PELICANS = ("Empty alt attribute for image %s in %s", "Other images have empty alt attributes")

SIZES = "(min-width: 40rem) 36rem, 100vw"
KEEP_SECONDS = 30 * 24 * 3600
RASTER = {".avif", ".gif", ".jpeg", ".jpg", ".png", ".webp"}

TAG = re.compile(rf"<(?P<end>/?)(?P<tag>a|picture|img)\b(?P<attributes>{imagefile.ATTRIBUTES})>")
INTERNAL = re.compile(r"[{|](?P<what>static|attach|filename)[}|](?P<path>[^?#]*)")


# --- Alternative text -----------------------------------------------------------------------------


def without_alt(html: str) -> list[str]:
    """The addresses of the pictures that say nothing to who cannot see them; `role=presentation`
    tells that there is nothing to say.
    """
    found = []
    for tag in TAG.finditer(html):
        given = imagefile.attributes(tag["attributes"])
        if tag["tag"] == "img" and not given.get("alt", "").strip():
            if given.get("role") in ("presentation", "none") or given.get("aria-hidden") == "true":
                continue
            found.append(given.get("src", ""))
    return found


# --- A text ---------------------------------------------------------------------------------------


class Texts:
    """The articles and pages of one build, and every problem met in them."""

    def __init__(self, settings: dict[str, Any], published: dict[str, Any]) -> None:
        self.settings = settings
        self.pictures = image_variants.Pictures(settings)
        self.published = published
        site = settings["SITEURL"].rstrip("/")
        self.by_url = {}
        for static in published.values():
            # Asking for .url would mean to Pelican that {attach} may no longer move the file.
            url = static.get_url_setting("url")
            self.by_url[f"{self.pictures.prefix}/{url}"] = self.by_url[f"{site}/{url}"] = static
        self.zoom_from = settings.get("IMAGES_ZOOM_FROM", image_variants.WIDTHS[2])
        self.sizes = settings.get("IMAGES_SIZES", SIZES)
        self.content: Article = None
        self.met = 0

    def line_of(self, src: str) -> int:
        lines = Path(self.content.source_path).read_text(encoding="utf-8", errors="replace")
        name = unescape(src)
        for number, line in enumerate(lines.splitlines(), 1):
            if name in line or unquote(name) in line:
                return number
        return 1

    def refuse(self, src: str, text: str) -> None:
        problems.refuse_line(self.settings, self.content, self.line_of(src), text)

    def source(self, src: str) -> Path | None:
        """The file behind an address; None for what is not ours."""
        static = self.by_url.get(unquote(src)) or self.by_url.get(src)
        if found := INTERNAL.match(src):
            path = found["path"]
            for written in (path, unquote(path)):
                if written.startswith("/"):
                    name = written[1:]
                else:
                    beside = os.path.join(self.content.relative_dir, written)  # noqa: PTH118 - not normalised, as Pelican has it
                    name = self.content.get_relative_source_path(beside)
                static = static or self.published.get(name)
            if static is None:
                self.refuse(src, self.missing(path))
        return Path(self.settings["PATH"], static.source_path) if static else None

    def missing(self, path: str) -> str:
        return (
            f"There is no picture {path}. Put it into the content folder, below one of STATIC_PATHS"
            f" ({', '.join(self.settings['STATIC_PATHS'])}), or correct the name; capitals matter."
        )

    def look(self, content: Article) -> None:
        """Find what cannot be shown before the first picture is made, which may take minutes."""
        self.content = content
        html = content._content
        if not isinstance(html, str) or "<img" not in html:
            return
        for tag in TAG.finditer(html):
            if tag["tag"] == "img":
                self.known(imagefile.attributes(tag["attributes"]).get("src", ""))
        for src in without_alt(html):
            problems.warn(
                self.settings,
                f"{as_typed(content.source_path)}:{self.line_of(src)}: The picture {src} has no words for"
                " those who cannot see it. Write them into its brackets, or { role=presentation }"
                " behind it if it only decorates.",
            )

    def known(self, src: str) -> tuple[Path, image_variants.Picture] | None:
        """The file of a picture of ours, and what is known of it; None where there is nothing to do."""
        path = self.source(src)
        if path is None or path.suffix.lower() not in RASTER | {".svg"}:
            return None
        try:
            return path, self.pictures.picture(path)
        except FileNotFoundError:
            self.refuse(src, self.missing(src))
        except imagefile.Unreadable as error:
            self.refuse(src, f"The picture {src} cannot be shown: {error}.")
        return None

    def rewrite(self, content: Article) -> None:
        self.content, self.met = content, 0
        html = content._content
        if not isinstance(html, str) or "<img" not in html:
            return
        out, at, links, pictures = [], 0, 0, 0
        for tag in TAG.finditer(html):
            step = -1 if tag["end"] else 1
            if tag["tag"] == "a":
                links = max(0, links + step)
            elif tag["tag"] == "picture":
                pictures = max(0, pictures + step)
            elif not pictures:
                out += [html[at : tag.start()], self.picture(tag, linked=bool(links))]
                at = tag.end()
        content._content = "".join([*out, html[at:]])

    def picture(self, tag: re.Match[str], linked: bool) -> str:
        given = imagefile.attributes(tag["attributes"])
        self.met += 1
        if self.met > 1:
            given.setdefault("loading", "lazy")
            given.setdefault("decoding", "async")
        src = given.get("src", "")
        known = self.known(src)
        if known is None:
            return tag_of("img", given)
        path, picture = known
        try:
            sized = self.pictures.sized(path, picture) if picture.kind == "still" else {}
        except imagefile.Unreadable as error:
            self.refuse(src, f"The picture {src} cannot be shown: {error}.")
            return tag[0]
        wide, high = picture.width, picture.height
        if given.get("width", "").isdigit() and "height" not in given:
            wide, high = int(given["width"]), round(int(given["width"]) * high / wide)
        given.setdefault("width", str(wide))
        given.setdefault("height", str(high))
        shown = tag_of("img", given)
        width = int(given["width"]) if given["width"].isdigit() else picture.width
        sizes = f"{width}px" if width < self.pictures.widths[0] else self.sizes
        sources = "".join(
            f'<source type="image/{form}" srcset="'
            + ", ".join(f"{address} {width}w" for width, address in sized[form])
            + f'" sizes="{escape(sizes)}">'
            for form in self.pictures.forms
            if form in sized
        )
        if sources:
            shown = f"<picture>{sources}{shown}</picture>"
        if picture.kind == "still" and picture.width > self.zoom_from and not linked:
            shown = f'<a class="zoom" href="{escape(src)}">{shown}</a>'
        return shown


def tag_of(name: str, given: dict[str, str]) -> str:
    return f"<{name} " + " ".join(f'{key}="{escape(value)}"' for key, value in given.items()) + ">"


def texts(generators: Iterable[Generator]) -> Iterator[Article]:
    """Everything that has a text: published, hidden and drafts."""
    seen: set[int] = set()
    for generator in generators:
        for name in (
            *("articles", "translations", "drafts", "drafts_translations"),
            *("hidden_articles", "hidden_translations", "pages", "hidden_pages"),
            *("draft_pages", "draft_translations"),
        ):
            for content in getattr(generator, name, []):
                if id(content) not in seen:
                    seen.add(id(content))
                    yield content


def plain(name: str) -> str:
    return unicodedata.normalize("NFC", unquote(name))


def by_other_names(generator: Generator) -> None:
    """Lead a name that is written in another form to its file: with percent signs, or as a Mac wrote its accents."""
    known = generator.context["static_content"]
    absent = [
        name
        for name in known
        if ("%" in name or not name.isascii()) and not Path(generator.path, name).is_file()
    ]
    there = {plain(name): file for name, file in known.items() if name not in absent}
    for name in absent:
        # In an address, what follows one of these would be no part of the name.
        if (file := there.get(plain(name))) and not {"#", "?"} & set(plain(name)):
            if known[name] in generator.staticfiles:
                generator.staticfiles.remove(known[name])
            known[name] = file


def size(generators: Iterable[Generator]) -> None:
    """Before anything is written, when it is known which files the site has."""
    generators = list(generators)
    settings, context = generators[0].settings, generators[0].context
    work = Texts(settings, context["static_content"])
    contents = list(texts(generators))
    for content in contents:
        work.look(content)
    problems.stop(settings)
    for content in contents:
        work.rewrite(content)
    for static in dict.fromkeys(context.get("staticfiles", [])):
        path = Path(settings["PATH"], static.source_path)
        if path.suffix.lower() not in RASTER or not path.is_file():
            continue
        try:
            picture = work.pictures.picture(path)
            if not picture.clean:
                copy = work.pictures.cleaned(path, picture.digest)
                # What Pelican copies into the site: a picture as it was never gets there. Its
                # address stays the one that its own path gives it.
                static.metadata["path"] = static.get_relative_source_path()
                static.source_path = str(copy)
        except imagefile.Unreadable as error:
            problem = Problem(as_typed(path), 1, f"This picture cannot be shown: {error}.")
            problems.refuse(settings, problem)
    problems.stop(settings)
    work.pictures.remember()


def again(content: Article, generators: list[Generator]) -> None:
    """The pictures of one text that was saved since; those that it has new are made now."""
    work = Texts(content.settings, generators[0].context["static_content"])
    work.look(content)
    problems.stop(content.settings)
    work.rewrite(content)
    problems.stop(content.settings)


def prune(pelican: Pelican) -> None:
    """Drop what no page has asked for since long."""
    settings = pelican.settings
    written = image_variants.shown.pop(settings["OUTPUT_PATH"], set())
    folder = Path(settings["OUTPUT_PATH"], settings.get("IMAGES_FOLDER", "images/sized"))
    for path in folder.glob("*.*"):
        if path.name not in written and path.stat().st_mtime < time.time() - KEEP_SECONDS:
            files.remove(path)


def not_twice(record: logging.LogRecord) -> bool:
    return record.msg not in PELICANS


def register() -> None:
    problems.listen()
    logging.getLogger("pelican.readers").addFilter(not_twice)
    signals.static_generator_finalized.connect(by_other_names)
    signals.all_generators_finalized.connect(size)
    saved_page.again.connect(again)
    signals.finalized.connect(prune)
