"""A site's folder as Hugo or Jekyll reads it: its files, their front matter and their pictures.

Addresses follow the site's configuration, so that links to the old ones go on working. What a
generator's templates would have filled in is named with file and line when it has no meaning here.
What each generator has of its own is in `hugo` and `jekyll`.
"""

import re
import tomllib
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterator
from datetime import date as Day  # noqa: N812 - beside datetime it would be taken for a moment
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

import yaml
from pelican.utils import get_date

from authoring import Refused
from authoring.blog import ENDINGS, Blog
from authoring.import_site.frontmatter import Unreadable, split
from authoring.import_site.post import Note, Post, outside_code

MAX_FILE_BYTES = 5_000_000
DATED_NAME = re.compile(r"(?P<date>\d{4}-\d{1,2}-\d{1,2})-(?P<slug>.+)")
KNOWN = frozenset(
    [
        "title",
        "date",
        "lastmod",
        "modified",
        "last_modified_at",
        "slug",
        "draft",
        "published",
        "tags",
        "tag",
        "categories",
        "category",
        "author",
        "authors",
        "series",
        "summary",
        "description",
        "excerpt",
        "aliases",
        "redirect_from",
        "url",
        "permalink",
        "lang",
        "language",
        "layout",
        "type",
        "publishdate",
        "weight",
        "toc",
        "comments",
        "math",
    ]
)


def settings(folder: Path, names: tuple[str, ...]) -> dict[str, Any]:
    """A site's configuration with its keys in lower case; raises Refused where it cannot be read."""
    for name in names:
        for ending in (".toml", ".yaml", ".yml"):
            path = folder / f"{name}{ending}"
            if path.is_file():
                try:
                    text = path.read_text(encoding="utf-8")
                    found = tomllib.loads(text) if ending == ".toml" else yaml.safe_load(text)
                except (ValueError, yaml.YAMLError) as error:
                    raise Refused(f"{path} cannot be read: {error}") from None
                if isinstance(found, dict):
                    return {str(key).lower(): value for key, value in found.items()}
    return {}


def texts(value: Any) -> list[str]:
    if value is None or value == "":
        return []
    return [str(each).strip() for each in (value if isinstance(value, list) else [value])]


def moment(value: Any) -> datetime | None:
    if isinstance(value, datetime):
        return value
    if isinstance(value, Day):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - in the blog's own zone
    try:
        found: datetime | None = get_date(str(value)) if value else None
    except (ValueError, OverflowError):
        return None
    return found


class Folder(ABC):
    """One pass over a site's folder."""

    # The configuration's possible places, without their endings.
    CONFIGURATIONS: ClassVar[tuple[str, ...]]
    # Where articles and pages lie, and the pattern of their paths below.
    SOURCES: ClassVar[tuple[tuple[str, str], ...]]
    # Folders in which a picture may lie that is named from the site's root.
    PICTURES: ClassVar[tuple[str, ...]]
    # Its own notation within Markdown, and that for a block of code.
    NOTATION: ClassVar[re.Pattern[str]]
    HIGHLIGHT: ClassVar[str]
    # The folder below the site's address, where there is one.
    base = ""

    def __init__(self, folder: Path, blog: Blog) -> None:
        self.folder = folder.resolve()
        self.blog = blog
        self.settings = settings(self.folder, self.CONFIGURATIONS)
        self.dropped: Counter[str] = Counter()
        # What `ref` and `post_url` mean: a name, and the file that it becomes here.
        self.files: dict[str, str] = {}

    # What generators have of their own

    @abstractmethod
    def tags(self, keys: dict[str, Any]) -> list[str]: ...

    @abstractmethod
    def categories(self, keys: dict[str, Any]) -> list[str]: ...

    @abstractmethod
    def address(
        self, post: Post, keys: dict[str, Any], path: Path, stem: str, categories: list[str]
    ) -> str:
        """The path that the generator gave it."""

    @abstractmethod
    def translated(self, found: re.Match[str]) -> str | None:
        """A piece of the generator's notation as Markdown; None where it has no meaning here."""

    @abstractmethod
    def named(self, found: re.Match[str]) -> str:
        """What a note calls such a piece."""

    # Reading

    def sources(self) -> Iterator[Path]:
        for root, pattern in self.SOURCES:
            for path in sorted((self.folder / root).glob(pattern)):
                if path.suffix.lower() in ENDINGS and path.is_file():
                    yield path

    def read(self) -> Iterator[Post | Note]:
        posts: list[Post] = []
        for path in self.sources():
            place = path.relative_to(self.folder).as_posix()
            if path.resolve().stat().st_size > MAX_FILE_BYTES:
                yield Note(place, 1, "left out: it is larger than 5 MB")
                continue
            if not path.resolve().is_relative_to(self.folder):
                yield Note(place, 1, "left out: it is a link to a file outside of the folder")
                continue
            if path.stem == "_index":
                yield Note(place, 1, "left out: lists of articles are made by the theme here")
                continue
            found = self.post(path, place)
            if isinstance(found, Note):
                yield found
            elif found:
                posts.append(found)
                name = self.blog.slug(found.slug)
                ending = f".{found.lang}" if found.lang and found.lang != self.blog.lang else ""
                target = f"{'pages/' * found.is_page}{name}{ending}.md"
                for known in (path.stem, path.name, place, place.removeprefix("content/")):
                    self.files.setdefault(known, target)
                if path.stem == "index":
                    self.files.setdefault(path.parent.name, target)
        for post in posts:
            notes: list[Note] = []
            post.body = self.markdown(post, notes)
            yield post
            yield from notes
        for key, number in sorted(self.dropped.items()):
            yield Note(self.folder.name, 1, f"the key {key} ({number} files) has no meaning here")

    def post(self, path: Path, place: str) -> Post | Note | None:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            return Note(place, 1, "left out: it is not UTF-8. Save it in that encoding")
        if not text.removeprefix("\ufeff").startswith(("---", "+++")):
            in_root = "/" not in place  # Of Jekyll, where other files lie beside the pages.
            return None if in_root else Note(place, 1, "left out: it has no front matter")
        try:
            keys, body, line = split(text)
        except Unreadable as error:
            return Note(place, error.line, f"left out: its front matter cannot be read ({error})")
        stem = path.parent.name if path.stem == "index" else path.stem
        lang = str(keys.get("lang") or keys.get("language") or "")
        if translated := re.fullmatch(r"(.+)\.([a-z]{2}(?:-[a-z]{2,4})?)", stem):
            stem, lang = translated[1], lang or translated[2]
        date = moment(keys.get("publishdate") or keys.get("date"))
        if named := DATED_NAME.fullmatch(stem):
            stem, date = named["slug"], date or moment(named["date"])
        draft = bool(keys.get("draft")) or keys.get("published") is False
        draft = draft or place.startswith("_drafts/")
        is_page = date is None and not draft and not place.startswith("_posts/")
        if date is None and not is_page:
            if not draft:
                return Note(place, 1, "left out: it has no date")
            date = datetime.fromtimestamp(int(path.stat().st_mtime), self.blog.zone)
        self.dropped.update(key for key in keys if key not in KNOWN)
        categories = self.categories(keys)
        post = Post(
            place,
            1,
            title=str(keys.get("title") or stem.replace("-", " ").capitalize()),
            slug=str(keys.get("slug") or stem),
            body=body,
            body_line=line,
            date=date,
            modified=moment(
                keys.get("lastmod") or keys.get("last_modified_at") or keys.get("modified")
            ),
            lang=lang,
            is_page=is_page,
            draft=draft,
            category=categories[0] if categories else "",
            tags=[*self.tags(keys), *categories[1:]],
            authors=[
                name for name in texts(keys.get("authors") or keys.get("author")) if "{" not in name
            ],
            series=(texts(keys.get("series")) or [""])[0],
            summary=str(
                keys.get("summary") or keys.get("description") or keys.get("excerpt") or ""
            ),
        )
        if not draft:
            post.addresses = [
                *([where] if (where := self.address(post, keys, path, stem, categories)) else []),
                *texts(keys.get("aliases")),
                *texts(keys.get("redirect_from")),
            ]
        return post

    # Text and pictures

    def markdown(self, post: Post, notes: list[Note]) -> str:
        """The text of a post in Markdown alone; what is left as it is gets a note."""
        text = re.sub(r"<!-- ?more ?-->", "", post.body)
        text = re.sub(self.HIGHLIGHT, r"```\1\n\2\n```", text, flags=re.DOTALL)

        def change(part: str, before: int) -> str:
            def changed(found: re.Match[str]) -> str:
                if (said := self.translated(found)) is not None:
                    return said
                line = post.body_line + before + part.count("\n", 0, found.start())
                what = f"{self.named(found)} has no meaning here and stands in the text"
                notes.append(Note(post.place, line, what))
                return found[0]

            return self.NOTATION.sub(changed, part)

        return outside_code(text, change)

    def file_named(self, name: str) -> str | None:
        """A link to the file that an article became, by one of the names that it had."""
        found = self.files.get(name) or self.files.get(name.rpartition("/")[2])
        return found and "{filename}/" + found

    def find(self, post: Post, name: str) -> Path | None:
        """A picture by what the article calls it: beside the article, or among the site's files."""
        name = name.removeprefix(f"/{self.base}") if self.base else name
        beside = [] if name.startswith("/") else [(self.folder / post.place).parent]
        for top in (*beside, *(self.folder / each for each in self.PICTURES)):
            path = (top / name.lstrip("/")).resolve()
            if path.is_relative_to(self.folder) and path.is_file():
                return path
        return None


def filled(pattern: str, date: datetime | None, slug: str) -> str:
    """An address by its pattern."""
    values = {":slug": slug, ":title": slug}
    if date:
        values |= {
            ":year": f"{date:%Y}",
            ":month": f"{date:%m}",
            ":day": f"{date:%d}",
            ":i_month": str(date.month),
            ":i_day": str(date.day),
            ":short_year": f"{date:%y}",
            ":y_day": f"{date:%j}",
            ":yearday": f"{date:%j}",
            ":monthname": f"{date:%B}".lower(),
        }
    for name in sorted(values, key=len, reverse=True):
        pattern = pattern.replace(name, values[name])
    return re.sub(r"/{2,}", "/", pattern)
