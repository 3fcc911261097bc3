"""Sharing: gives templates what other sites show of a page: its picture, Open Graph, linked data.

Templates get `share_picture(content)`, the address of a picture for an article or page (for the site
itself without one); `linked_data(content)` returns JSON-LD, and `linked_comments(content)` that of its
comments as they are baked. `theme/templates/parts-sharing.html` puts all of it into a page's head, with
Open Graph's lines. How a picture is drawn, `share_picture` knows; what JSON-LD says, `linked_data`.

A picture is named after what it shows: an unchanged one is not drawn again.

Settings: SHARE_PICTURES (True), SHARE_FONT (the path of a font, for a language that Noto Serif SC does
not have), SHARE_FOLDER ("images/share").
"""

import contextlib
import hashlib
import json
import shutil
import time
from pathlib import Path
from typing import Any

import pylopdf_fonts_zh_cn
from babel.dates import format_date
from markupsafe import Markup
from pelican import signals
from PIL import features

from plugins import files, gettext
from plugins.site import Article, Generator, Pelican, absolute, described, plain, plain_text

from . import linked_data, png, share_picture
from .lettering import drawable
from .linked_data import cut
from .share_picture import Shown

MAX_CHARACTERS = 200
FOOT_CHARACTERS = 60
KEEP_SECONDS = 30 * 24 * 3600


def day(content: Article, font: str) -> str:
    """A date as the page's language writes it; as numbers where the font has not all of its characters."""
    text = format_date(content.date, "long", gettext.locale(content.lang))
    return text if drawable(font, text) == text else str(content.date.date().isoformat())


class Sharing:
    """What the templates of one build ask for."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.site = settings["SITEURL"].rstrip("/")
        self.output = Path(settings["OUTPUT_PATH"])
        self.folder = settings.get("SHARE_FOLDER", "images/share").strip("/")
        self.font = str(settings.get("SHARE_FONT") or pylopdf_fonts_zh_cn.serif_path())
        self.written: set[str] = set()

    def picture(self, content: Article | None = None) -> str | None:
        """The whole address of a page's picture, which is there when this returns."""
        if not self.settings.get("SHARE_PICTURES", True):
            return None
        site = drawable(self.font, self.settings["SITENAME"])
        title, foot = self.settings["SITENAME"], self.settings.get("SITESUBTITLE", "")
        if content is not None:
            title, foot = plain(content.title), ""
            if getattr(content, "date", None):
                authors = ", ".join(str(author) for author in getattr(content, "authors", []))
                foot = " · ".join(part for part in (authors, day(content, self.font)) if part)
        title = drawable(self.font, title)[:MAX_CHARACTERS] or site
        shown = Shown(site, title, cut(drawable(self.font, foot), FOOT_CHARACTERS))
        recipe = json.dumps(
            [share_picture.VERSION, features.version("pil"), Path(self.font).name, *shown]
        )
        name = f"{hashlib.sha256(recipe.encode()).hexdigest()[:16]}.png"
        if name not in self.written:
            path = self.output / self.folder / name
            if not png.sound(path.read_bytes() if path.exists() else b""):
                files.put(path, share_picture.drawn(self.font, shown))
            self.written.add(name)
            files.ask(self.output, f"{self.folder}/{name}")
        return absolute(self.site, f"{self.folder}/{name}")

    def linked_data(self, content: Article) -> Markup:
        image = self.picture(content) if getattr(content, "date", None) else None
        return linked_data.of_page(content, self.settings, image)

    def linked_comments(self, content: Article) -> Markup | None:
        return linked_data.of_comments(content, self.settings)


def offer(generator: Generator) -> None:
    sharing = Sharing(generator.settings)
    generator.env.filters["described"] = described
    generator.env.globals.update(
        share_picture=sharing.picture,
        linked_data=sharing.linked_data,
        linked_comments=sharing.linked_comments,
        plain_words=plain_text,
    )


def prune(pelican: Pelican) -> None:
    """Drop what no page has shown since long: other sites may still ask for yesterday's picture."""
    settings = pelican.settings
    # Where earlier versions kept all pictures a second time.
    shutil.rmtree(Path(settings.get("CACHE_PATH", "cache"), "share"), ignore_errors=True)
    if str(Path(settings["OUTPUT_PATH"])) in files.partial:
        return
    below = settings.get("SHARE_FOLDER", "images/share").strip("/")
    written = files.asked_for(settings["OUTPUT_PATH"], below)
    folder = Path(settings["OUTPUT_PATH"], below)
    for path in folder.glob("*.png"):
        with contextlib.suppress(FileNotFoundError):
            if path.name not in written and path.stat().st_mtime < time.time() - KEEP_SECONDS:
                files.remove(path)


def register() -> None:
    signals.generator_init.connect(offer)
    signals.finalized.connect(prune)
