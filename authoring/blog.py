"""The blog as it lies in its folder: its articles with what they say of themselves, without a build.

What front matter says is read as the build reads it; what a build would refuse is passed over here:
saying so is the work of `check/check_frontmatter.py`.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pelican.utils import slugify

from authoring import Refused, blog_settings
from plugins import files
from plugins.markdown import dates, frontmatter, unread

ENDINGS = (".md", ".markdown", ".mkd", ".mdown")
PICTURES = (".avif", ".gif", ".jpeg", ".jpg", ".png", ".svg", ".webp")
# Ten photographs as a telephone takes them fill a page of this weight; a visitor pays for one.
PICTURE_BYTES = 8_000_000


# How languages write their own letters where there are only those of ASCII.
_NORDIC = {"æ": "ae", "ø": "oe", "å": "aa"}
LETTERS = {
    lang: str.maketrans(letters)
    for lang, letters in {
        "de": {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"},
        **dict.fromkeys(("da", "nb", "nn", "no"), _NORDIC),
        "uk": {
            "г": "h",
            "ґ": "g",
            "и": "y",
            "є": "ie",
            "ї": "i",
            "й": "i",
            "х": "kh",
            "щ": "shch",
            "ю": "iu",
            "я": "ia",
        },
        "bg": {"щ": "sht", "ъ": "a", "ь": "y", "х": "h"},
    }.items()
}


def shown(path: str | Path) -> str:
    """A path as its author would type it."""
    path = Path(path)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


class Source:
    """One Markdown file of the blog."""

    def __init__(self, path: Path, blog: "Blog") -> None:
        self.path = path
        self.blog = blog
        self.text = path.read_text(encoding="utf-8", errors="replace")
        try:
            self.keys, self.body = frontmatter.split(self.text)
        except frontmatter.Unreadable:
            self.keys, self.body = {}, self.text

    def get(self, key: str) -> str:
        return ", ".join(self.keys.get(key, ())).strip()

    def names(self, key: str) -> list[str]:
        """A list as Pelican reads it: by semicolons where there are some, else by commas."""
        text = self.get(key)
        parts = re.split(";" if ";" in text else ",", text)
        return [name.strip() for name in parts if name.strip()]

    @property
    def title(self) -> str:
        return self.get("title") or self.path.stem

    @property
    def slug(self) -> str:
        return self.get("slug") or self.blog.slug(self.path.stem)

    @property
    def lang(self) -> str:
        return (self.get("lang") or self.blog.lang).lower()

    @property
    def is_page(self) -> bool:
        folders = (self.blog.content / name for name in self.blog.settings["PAGE_PATHS"])
        return any(self.path.is_relative_to(folder) for folder in folders)

    @cached_property
    def date(self) -> datetime | None:
        """When it is or was published; None where none is given, or none that can be read."""
        try:
            date = dates.read(self.get("date"), self.blog.zone.key)
        except ValueError:
            return None
        moment = date if date.tzinfo else date.replace(tzinfo=self.blog.zone)
        return moment.astimezone(self.blog.zone)

    @property
    def status(self) -> str:
        """`draft`, `hidden`, `scheduled` (its date is still to come) or `published`."""
        said = self.get("status").lower()
        if said in ("draft", "hidden"):
            return said
        later = not self.is_page and self.date and self.date > self.blog.now()
        return "scheduled" if later else "published"

    @property
    def shown(self) -> str:
        """The path as its author would type it."""
        return self.path.relative_to(self.blog.root).as_posix()


class Blog:
    """The folder of a blog, with the few of its settings that authors meet."""

    def __init__(self, root: Path, settings: dict[str, Any] | None = None) -> None:
        self.root = root
        self.settings = settings or blog_settings.read(root / "pelicanconf.py")
        self.content = root / self.settings["PATH"]
        self.lang = str(self.settings["DEFAULT_LANG"]).lower()
        if not unread.is_zone(self.settings["TIMEZONE"]):
            raise Refused(unread.wrong_zone(self.settings["TIMEZONE"]))
        self.zone = ZoneInfo(self.settings["TIMEZONE"])

    def now(self) -> datetime:
        return datetime.now(UTC).astimezone(self.zone)

    def slug(self, words: str, lang: str = "") -> str:
        """Words as an address, as their language writes them without its own letters, else by Pelican's
        rules: in German größe becomes `groesse`, and 鹈鹕 `ti-hu`.
        """
        base = (lang or self.lang).partition("-")[0]
        words = unicodedata.normalize("NFC", words).lower()
        made: str = slugify(
            words.translate(LETTERS.get(base, {})),
            self.settings["SLUG_REGEX_SUBSTITUTIONS"],
            self.settings["SLUGIFY_PRESERVE_CASE"],
            self.settings["SLUGIFY_USE_UNICODE"],
        )
        return made

    def files(self) -> Iterator[Path]:
        return (path for path in files.of_folder(self.content) if path.suffix.lower() in ENDINGS)

    @cached_property
    def sources(self) -> list[Source]:
        return [Source(path, self) for path in self.files()]

    @property
    def articles(self) -> list[Source]:
        return [source for source in self.sources if not source.is_page]
