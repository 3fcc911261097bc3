"""A site's folder as Hugo, Jekyll or Pelican reads it: its texts, their front matter and their files.

Addresses follow the site's configuration, so that links to the old ones go on working. What a
generator's templates would have filled in is named with file and line when it has no meaning here; so is
each key of front matter that nothing here asks for. What each generator has of its own is in `hugo`,
`jekyll` and `pelican_site`.
"""

import html
import json
import re
import tomllib
from abc import abstractmethod
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import unquote, urljoin, urlsplit

import yaml

from authoring import Refused
from authoring.blog import ENDINGS, Blog
from authoring.import_site import html_text, policy, words
from authoring.import_site.frontmatter import Keys, Parts, Unreadable, split, texts
from authoring.import_site.post import Note, Post, Reader, Site, outside_code, within
from plugins.markdown import films

MAX_FILE_BYTES = 5_000_000
DATED_NAME = re.compile(r"(?P<date>\d{4}-\d{1,2}-\d{1,2})-(?P<slug>.+)")
HTML = (".html", ".htm")
# Texts that are HTML by the time they are read.
AS_HTML = (*HTML, ".rst")
# Texts in a notation that nothing here reads.
FOREIGN = (".adoc", ".asciidoc", ".org", ".textile", ".rst", ".ipynb", ".pdc", ".rmd", ".mdx")
# Folders of programs, of version control and of what generators have made.
NOT_SOURCES = frozenset(
    ["_site", "node_modules", "vendor", "public", "output", "resources", "venv", "__pycache__"]
)
DRAWN = re.compile(
    r"^[ >]*(?:`{3,}|~{3,})[ {.]*(mermaid|plantuml|puml|dot|graphviz|flow|flowchart|sequence|chart"
    r"|echarts|goat|ditaa|vega|vega-lite|markmap|abc)\b",
    re.MULTILINE | re.IGNORECASE,
)
PLAYER = re.compile(
    r"<(?P<tag>iframe|embed|object)\b[^<>]*?\b(?:src|data)\s*=\s*[\"'](?P<url>[^\"']+)[\"'][^>]*>"
    r"(?:.*?</(?P=tag)>)?",
    re.IGNORECASE | re.DOTALL,
)


def settings(paths: list[Path]) -> dict[str, Any]:
    """A site's configuration with its keys in lower case, the first file's first; raises Refused."""
    merged: dict[str, Any] = {}
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8-sig")
            found: Any = (
                tomllib.loads(text)
                if path.suffix == ".toml"
                else json.loads(text)
                if path.suffix == ".json"
                else yaml.safe_load(text)
            )
        except (ValueError, yaml.YAMLError, RecursionError) as error:
            why = " ".join(str(error).split())
            raise Refused(f"{path} cannot be read: {why}. Correct it, or remove it.") from None
        if isinstance(found, dict):
            for key, value in found.items():
                merged.setdefault(str(key).lower(), value)
    return merged


class Folder(Reader):
    """One pass over a site's folder."""

    KIND: ClassVar[str]
    # Folders in which a file may lie that is named from the site's root.
    FILES: ClassVar[tuple[str, ...]]
    # Folders that belong to its theme, by name.
    THEME: ClassVar[tuple[str, ...]] = ()
    # The folder below the host, where there is one.
    base = ""

    def __init__(self, folder: Path, blog: Blog) -> None:
        self.folder = folder.resolve()
        self.blog = blog
        self.site = Site(self.KIND)
        # What texts call each other: a name may be that of several, in several languages.
        self.known: dict[str, list[Post]] = {}
        self.shown: set[Path] = set()
        self.configure()

    # What generators have of their own

    @abstractmethod
    def configure(self) -> None:
        """Read its settings."""

    @abstractmethod
    def sources(self) -> Iterator[Path | Note]:
        """The texts, and what is left out."""

    @abstractmethod
    def post(self, path: Path, place: str, keys: Keys, body: str) -> Post | Note:
        """An article of a text."""

    @abstractmethod
    def translated(self, post: Post, body: str) -> str:
        """The generator's own notation as Markdown; what has no meaning here is noted."""

    @abstractmethod
    def notation_apart(self, body: str) -> str:
        """A text without the generator's own notation, but with the words within it."""

    # Reading

    def read(self) -> Iterator[Post | Note]:
        posts: list[Post] = []
        for source in self.sources():
            if isinstance(source, Note):
                yield source
                continue
            found = self.read_one(source)
            if isinstance(found, Note):
                yield found
            else:
                posts.append(found)
                self.know(found)
        for post in posts:
            # As many in Japan write it: ```ruby:app.rb
            body = re.sub(
                r"^([ >]*`{3,}\w+):(\S+)$", r'\1 title="\2"', post.body, flags=re.MULTILINE
            )
            name_drawings(post)
            post.body = self.translated(post, body)
            if post.place.lower().endswith(AS_HTML):
                made = html_text.converted(post.body)
                post.body = made.text
                for trouble in made.troubles:
                    post.note(trouble)
            else:
                post.body = outside_code(post.body, partial(watched, post))
                post.body = outside_code(post.body, with_dollars)
                post.body = outside_code(post.body, without_gaps)
            yield post
        unused = Counter(key for post in posts for key in post.unused)
        for key, number in sorted(unused.items()):
            yield Note(self.folder.name, 1, f"the key {key} ({number} files) has no meaning here")
        yield from self.left()

    def read_one(self, path: Path) -> Post | Note:
        place = path.relative_to(self.folder).as_posix()
        if not path.resolve().is_relative_to(self.folder):
            return Note(place, 1, "left out: it is a link to a file outside of the folder")
        if path.stat().st_size > MAX_FILE_BYTES:
            return Note(place, 1, "left out: it is larger than 5 MB")
        try:
            text = path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            return Note(place, 1, "left out: it is not UTF-8. Save it in that encoding")
        try:
            parts = self.parted(path, text)
        except Unreadable as error:
            return Note(place, error.line, f"left out: its front matter cannot be read ({error})")
        keys = Keys(parts.keys, self.blog.zone.key)
        post = self.post(path, place, keys, parts.body)
        if isinstance(post, Post):
            post.body_line, post.exported = parts.line, path.suffix.lower() == ".rst"
            if parts.trouble:
                post.note(parts.trouble)
            post.source = f"{self.site.url or self.site.title or self.KIND}:{place}"
            post.unused = keys.unused()
            for name, wrong in keys.unread.items():
                post.note(f"its {name} {wrong}")
            apart = self.notation_apart(post.body)
            is_html = place.lower().endswith(AS_HTML)
            count = words.of_html if is_html else words.of_markdown
            post.words = count(apart)
        return post

    def parted(self, path: Path, text: str) -> Parts:
        return split(text)

    def know(self, post: Post) -> None:
        """The names by which other texts may call it."""
        path = Path(post.place)
        for name in (post.place, path.name, path.stem):
            self.known.setdefault(name, []).append(post)

    def named(self, name: str, lang: str) -> Post | None:
        """The text of this name, in this language where there is one."""
        found = self.known.get(name, [])
        return next((each for each in found if each.lang == lang), next(iter(found), None))

    def left(self) -> Iterator[Note]:
        """What of the folder is no text: its theme."""
        there = [name for name in self.THEME if (self.folder / name).exists()]
        if there:
            yield Note(
                self.folder.name,
                1,
                f"its theme ({', '.join(there)}) stays: docs/theme.md tells how looks are changed here",
            )

    def taken_apart(self, keys: Keys, categories: list[str]) -> dict[str, Any]:
        """What front matter of any generator says in the same words."""
        said = keys.get("comments")
        summary = keys.text("summary", "description", "excerpt")
        return {
            "modified": keys.moment("lastmod", "last_modified_at", "modified", "updated"),
            "category": categories[0] if categories else "",
            "tags": categories[1:],
            "authors": [name for name in texts(keys.get("authors", "author")) if "{" not in name],
            "series": (texts(keys.get("series")) or [""])[0],
            "summary": " ".join(summary.split()),
            "pinned": keys.get("pinned", "sticky", "pin") in (True, "true", "yes"),
            "comments": "off"
            if said is False or str(said).lower() in ("false", "off", "no")
            else "",
        }

    def below_base(self, path: str) -> str:
        return f"/{self.base}/{path.lstrip('/')}" if self.base else f"/{path.lstrip('/')}"

    # Links and files

    def article(self, post: Post, name: str) -> str | None:
        parts = urlsplit(name)
        path = unquote(parts.path)
        if parts.netloc or not path.lower().endswith((*ENDINGS, ".rst", *HTML)):
            return None
        beside = urljoin(f"/{post.place}", path).lstrip("/")
        found = self.named(beside, post.lang)
        if not found and path.startswith("/"):
            found = self.named(path.lstrip("/"), post.lang)
        return self.written.get(found.source) if found else None

    def find(self, post: Post, name: str) -> Path | None:
        """A file by what the article calls it: beside the article, or among the site's files."""
        name = name.removeprefix(f"/{self.base}") if self.base else name
        own = urlsplit(post.addresses[0]).path if post.addresses else "/"
        beside = [] if name.startswith("/") else [(self.folder / post.place).parent / name]
        asked = [name, *([urljoin(own.removeprefix(f"/{self.base}"), name)] if beside else [])]
        among = [self.folder / top / each.lstrip("/") for top in self.FILES for each in asked]
        for each in (*beside, *among, *self.elsewhere(name)):
            if path := within(self.folder, each):
                self.shown.add(path)
                return path
        return None

    def elsewhere(self, name: str) -> Iterator[Path]:
        """Other places where a file may lie."""
        yield from ()


def watched(post: Post, text: str, before: int) -> str:
    """Markdown whose players are links."""

    def linked(found: re.Match[str]) -> str:
        player = html.unescape(found["url"])
        # The address of a film in a paragraph of its own is a film here.
        url = films.page_of(player) or player
        line = post.body_line + before + text.count("\n", 0, found.start())
        post.note(policy.FRAME.format(what=player), line)
        block = text[: found.start()].rpartition("\n\n")[2].lstrip()
        if block.startswith("<"):  # Within HTML nothing else is a link.
            return f'<a href="{html.escape(url)}">{html.escape(url)}</a>'
        return f"<{url}>" if re.match(r"https?://\S+$", url) else f"[{url}]({url})"

    return PLAYER.sub(linked, text)


def name_drawings(post: Post) -> None:
    """Code of which a theme's script made a picture stays code here."""
    for found in DRAWN.finditer(post.body):
        line = post.body_line + post.body.count("\n", 0, found.start())
        post.note(f"a drawing in {found[1]} stays its own source; save it as a picture", line)


def with_dollars(text: str, _: int) -> str:
    """Formulas between the signs that scripts for them know beside dollars."""
    if "\\(" not in text and "\\[" not in text:
        return text
    # What has nothing of a formula between its signs is brackets that are none of Markdown's.
    block = r"\\\\?\[(?=[^\]]{0,500}(?:[\^_=]|\\(?!\\?\])))(.{1,2000}?)\\\\?\]"
    inline = r"\\\\?\((?=[^)]{0,500}(?:[\^_=]|\\(?!\\?\))))\s*(.{1,2000}?)\s*\\\\?\)"
    return re.sub(inline, r"$\1$", re.sub(block, r"$$\1$$", text, flags=re.DOTALL))


def without_gaps(text: str, _: int) -> str:
    """What was taken out of a text leaves no more than an empty line."""
    return re.sub(r"\n(?:[ \t]*\n){2,}", "\n\n", text)


def foreign(folder: Path, paths: Iterator[Path]) -> Iterator[Note]:
    """Texts that nothing here reads."""
    for path in paths:
        if path.suffix.lower() in FOREIGN:
            yield Note(
                path.relative_to(folder).as_posix(),
                1,
                f"left out: nothing here reads {path.suffix}. Save it as Markdown, with pandoc for example",
            )


def filled(pattern: str, date: datetime | None, values: dict[str, str]) -> str:
    """An address by its pattern."""
    if date:
        values = values | {
            ":year": f"{date:%Y}",
            ":month": f"{date:%m}",
            ":day": f"{date:%d}",
            ":hour": f"{date:%H}",
            ":minute": f"{date:%M}",
            ":second": f"{date:%S}",
            ":i_month": str(date.month),
            ":i_day": str(date.day),
            ":short_year": f"{date:%y}",
            ":short_month": f"{date:%b}",
            ":long_month": f"{date:%B}",
            ":short_day": f"{date:%a}",
            ":weekday": f"{date:%A}".lower(),
            ":week": f"{date:%V}",
            ":y_day": f"{date:%j}",
            ":yearday": str(date.timetuple().tm_yday),
            ":monthname": f"{date:%B}".lower(),
        }
    for name in sorted(values, key=len, reverse=True):
        pattern = pattern.replace(name, values[name])
    return re.sub(r"/{2,}", "/", pattern)
