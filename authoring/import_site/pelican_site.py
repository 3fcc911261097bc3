"""Another Pelican site: its `pelicanconf.py` is read, and never run; its articles and pages in Markdown, reStructuredText and HTML.

What a setting says by itself is understood, what it works out is not: nobody's program is run here.
"""

import ast
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pelican.readers import HTMLReader, RstReader
from pelican.settings import DEFAULT_CONFIG
from pelican.utils import slugify

from authoring import Refused
from authoring.blog import ENDINGS
from authoring.import_site import liquid, words
from authoring.import_site.frontmatter import Keys, Parts, moment, split, texts
from authoring.import_site.post import Note, Post, outside_code, within
from authoring.import_site.site_folder import (
    HTML,
    NOT_SOURCES,
    Folder,
    foreign,
)

# Ours, or in every Pelican.
KNOWN_PLUGINS = (
    "sitemap",
    "neighbors",
    "related_posts",
    "render_math",
    "i18n_subsites",
    "series",
    "search",
)
PYTHON_CODE = re.compile(
    r"(?P<lead>\A|\n(?:[ \t]*\n)?)(?P<in>    |\t)(?::::|#!)(?P<lang>[\w+#-]+)[^\n]*\n(?P<code>(?:(?:    |\t)[^\n]*(?:\n|\Z)|[ \t]*\n)+)"
)
DATED = r"(?P<date>\d{4}-\d{2}-\d{2}).*"


class PelicanSite(Folder):
    """The folder that holds `pelicanconf.py`."""

    KIND = "Pelican"
    FILES = ("",)
    THEME = ("theme", "themes")

    @staticmethod
    def is_here(folder: Path) -> bool:
        return (folder / "pelicanconf.py").is_file()

    def configure(self) -> None:
        self.troubled: set[str] = set()
        found = read_settings(self.folder / "pelicanconf.py")
        if (live := self.folder / "publishconf.py").is_file():
            found |= {key: value for key, value in read_settings(live).items() if key == "SITEURL"}
        self.settings: dict[str, Any] = {**DEFAULT_CONFIG, **found}
        self.content = (self.folder / str(found.get("PATH") or "content")).resolve()
        if not self.content.is_dir() or not self.content.is_relative_to(self.folder):
            self.content = self.folder / "content"
        if not self.content.is_dir():
            raise Refused(
                f"{self.folder} has no folder of articles: pelicanconf.py says PATH = {self.settings.get('PATH')!r}."
            )
        self.FILES = (self.content.relative_to(self.folder).as_posix(),)  # type: ignore[misc]
        self.site.title = str(self.settings.get("SITENAME") or "")
        self.site.url = str(found.get("SITEURL") or "").rstrip("/")
        self.site.lang = str(self.settings.get("DEFAULT_LANG") or "")
        self.base = urlsplit(self.site.url).path.strip("/")
        self.site.zone = str(found.get("TIMEZONE") or "")
        self.site.menu = [
            (str(each[0]), str(each[1]))
            for each in self.settings.get("MENUITEMS") or ()
            if len(each) > 1
        ]

    def sources(self) -> Iterator[Path | Note]:
        plugins = [str(each) for each in self.settings.get("PLUGINS") or ()]
        if foreign_plugins := [
            each for each in plugins if each.rpartition(".")[2] not in KNOWN_PLUGINS
        ]:
            yield Note(
                "pelicanconf.py",
                1,
                f"its plugins ({', '.join(foreign_plugins)}) stay: what they make of a text is not made here",
            )
        if unread := unread_settings(self.folder / "pelicanconf.py"):
            yield Note(
                "pelicanconf.py",
                1,
                f"settings that are worked out were not understood: {', '.join(unread)}",
            )
        taken = [
            self.content / str(each)
            for key in ("ARTICLE_PATHS", "PAGE_PATHS")
            for each in self.settings.get(key) or ()
        ]
        excluded = [str(each) for each in self.settings.get("ARTICLE_EXCLUDES") or ()]
        for path in sorted(self.content.rglob("*")):
            parts = path.relative_to(self.content).parts
            if not path.is_file() or any(
                part.startswith(".") or part in NOT_SOURCES for part in parts
            ):
                continue
            ending = path.suffix.lower()
            if ending in (*ENDINGS, *HTML, ".rst"):
                if not any(path.is_relative_to(each) for each in taken):
                    where = path.relative_to(self.folder).as_posix()
                    yield Note(where, 1, "left out: it is in none of ARTICLE_PATHS and PAGE_PATHS")
                    continue
                if any("/".join(parts).startswith(f"{each}/") for each in excluded):
                    yield Note(
                        path.relative_to(self.folder).as_posix(),
                        1,
                        "left out: ARTICLE_EXCLUDES names its folder",
                    )
                    continue
                yield path
            else:
                yield from foreign(self.folder, iter([path]))

    def parted(self, path: Path, text: str) -> Parts:
        if path.suffix.lower() not in (*HTML, ".rst"):
            return split(text)
        # A text from elsewhere names files; none of this machine is for it.
        docutils = {"file_insertion_enabled": False, "warning_stream": False}
        settings = {
            **DEFAULT_CONFIG,
            "FORMATTED_FIELDS": ["summary"],
            "DOCUTILS_SETTINGS": docutils,
        }
        kind = RstReader if path.suffix.lower() == ".rst" else HTMLReader
        try:
            body, said = kind(settings).read(str(path))
        except Exception as error:
            # Docutils says it with the file's whole path.
            why = re.sub(r"^.*?:(\d+): \(\w+/\d\) ", r"line \1: ", str(error), flags=re.DOTALL)
            return Parts({"__unread": why}, text, 1)
        if 'class="system-message"' in body:
            self.troubled.add(path.relative_to(self.folder).as_posix())
        return Parts({str(key).lower(): as_written(value) for key, value in said.items()}, body, 1)

    def is_page(self, path: Path) -> bool:
        pages = [self.content / str(each) for each in self.settings.get("PAGE_PATHS") or ("pages",)]
        return any(path.is_relative_to(each) for each in pages)

    def post(self, path: Path, place: str, keys: Keys, body: str) -> Post | Note:
        if why := keys.given.get("__unread"):
            return Note(place, 1, f"left out: it cannot be read ({' '.join(str(why).split())})")
        below, is_page = path.relative_to(self.content), self.is_page(path)
        title, status = keys.text("title"), keys.text("status").lower()
        if not title and not keys.given and path.suffix.lower() in HTML:
            return Note(place, 1, "left out: Pelican takes it for a file, not for an article")
        if status == "skip":
            return Note(place, 1, "left out: its status is skip")
        date = keys.moment("date")
        pattern = str(self.settings.get("FILENAME_METADATA") or DATED)
        named = matched(pattern, path.stem)
        date = date or moment(named.get("date"))
        if date is None and not is_page and self.settings.get("DEFAULT_DATE"):
            date = self.default_date(path)
        title = title or named.get("title") or path.stem.replace("-", " ").capitalize()
        source = title if self.settings.get("SLUGIFY_SOURCE") == "title" else path.stem
        slug = keys.text("slug") or named.get("slug") or self.slug(source)
        categories = texts(keys.get("category")) or self.folder_category(below, is_page)
        lang = keys.text("lang") or named.get("lang", "")
        tags, authors = (
            names(keys.get("tags")),
            names(keys.get("authors")) or names(keys.get("author")),
        )
        post = Post(
            place,
            1,
            title=title,
            slug=slug,
            group=slug,
            body=body,
            date=None if is_page else date,
            lang=lang,
            is_page=is_page,
            draft=status == "draft"
            or (
                bool(self.settings.get("DEFAULT_METADATA", {}).get("status") == "draft")
                and not status
            ),
            hidden=status == "hidden",
            **self.taken_apart(keys, categories),
        )
        post.tags, post.authors = [*tags, *post.tags], authors
        if place in self.troubled:
            post.note("not all of it could be read as reStructuredText; messages stand in the text")
        keys.asked.update(("translation", "save_as", "url"))
        if not post.draft:
            post.addresses = [
                self.address(keys, post, date, categories, path),
                *names(keys.get("aliases")),
            ]
        return post

    def default_date(self, path: Path) -> datetime | None:
        given = self.settings["DEFAULT_DATE"]
        if given == "fs":
            return datetime.fromtimestamp(int(path.stat().st_mtime), self.blog.zone)
        return moment("-".join(map(str, given[:3]))) if isinstance(given, tuple) else moment(given)

    def folder_category(self, below: Path, is_page: bool) -> list[str]:
        if is_page:
            return []
        if len(below.parts) > 1 and self.settings.get("USE_FOLDER_AS_CATEGORY", True):
            return [below.parent.name]
        default = str(self.settings.get("DEFAULT_CATEGORY") or "")
        return [default] if default and default != "misc" else []

    def slug(self, text: str) -> str:
        given = self.settings
        return str(
            slugify(
                text,
                given["SLUG_REGEX_SUBSTITUTIONS"],
                given["SLUGIFY_PRESERVE_CASE"],
                given["SLUGIFY_USE_UNICODE"],
            )
        )

    def address(
        self, keys: Keys, post: Post, date: datetime | None, categories: list[str], path: Path
    ) -> str:
        if said := keys.text("url") or keys.text("save_as"):
            return self.below_base(re.sub(r"(?:^|/)index\.html$", "/", said))
        kind = "PAGE" if post.is_page else "ARTICLE"
        other = post.lang and post.lang.lower() != self.site.lang.lower()
        pattern = str(self.settings[f"{kind}{'_LANG' if other else ''}_URL"])
        values = {
            "slug": post.slug,
            "lang": post.lang or self.site.lang,
            "date": date or datetime(2000, 1, 1),  # noqa: DTZ001 - only where a pattern has one
            "category": self.slug(categories[0]) if categories else "misc",
            "author": self.slug(post.authors[0]) if post.authors else "",
            "path_no_ext": path.relative_to(self.content).with_suffix("").as_posix(),
        }
        try:
            return self.below_base(pattern.format(**values))
        except (KeyError, ValueError, IndexError, AttributeError):
            return self.below_base(f"{post.slug}.html")

    # Notation

    def translated(self, post: Post, body: str) -> str:
        if not post.place.lower().endswith(ENDINGS):
            return body

        def code(found: re.Match[str]) -> str:
            inner = re.sub(r"^(?: {4}|\t)", "", found["code"].rstrip(), flags=re.MULTILINE)
            return f"{found['lead']}```{found['lang']}\n{inner}\n```\n\n"

        body = PYTHON_CODE.sub(code, body)
        return outside_code(body, lambda text, before: self.tags_in(post, text, before))

    def tags_in(self, post: Post, text: str, before: int) -> str:
        """The tags of the plugin `liquid_tags`."""

        def one(found: re.Match[str]) -> str:
            made = liquid.meant(found, {}, lambda _: None)
            if made is None:
                line = post.body_line + before + text.count("\n", 0, found.start())
                post.note(
                    f"{' '.join(found[0].split())} has no meaning here and stands in the text", line
                )
            return found[0] if made is None else made

        return liquid.LIQUID.sub(one, text)

    def notation_apart(self, body: str) -> str:
        return outside_code(body, lambda text, _: liquid.LIQUID.sub(liquid.said_in, text))

    # Links

    def article(self, post: Post, name: str) -> str | None:
        marked = re.match(r"[{|](filename|static|attach)[}|](?P<path>[^#?]*)", name)
        if not marked:
            return super().article(post, name)
        path = unquote(marked["path"])
        top = self.content.relative_to(self.folder)
        start = top if path.startswith("/") else Path(post.place).parent
        wanted = within(self.folder, self.folder / start / path.lstrip("/"))
        if not wanted:
            return None
        found = self.named(wanted.relative_to(self.folder).as_posix(), post.lang)
        return self.written.get(found.source) if found else None


def matched(pattern: str, stem: str) -> dict[str, str]:
    """What a file's name says, by the site's own pattern."""
    try:
        found = re.match(pattern, stem)
    except re.error:
        return {}
    return {key: value for key, value in found.groupdict().items() if value} if found else {}


def names(value: Any) -> list[str]:
    """A list as Pelican reads it."""
    found: list[str] = []
    for text in texts(value):
        found += [text] if isinstance(value, list) else re.split(";" if ";" in text else ",", text)
    return [each.strip() for each in found if each.strip()]


def as_written(value: Any) -> Any:
    """What a reader of Pelican's made of a key, as words again."""
    if isinstance(value, list):
        return [str(each) for each in value]
    return value if isinstance(value, datetime) else words.plain(str(value))


def read_settings(path: Path) -> dict[str, Any]:
    """The settings that say their value by themselves; raises Refused for what is no Python."""
    found: dict[str, Any] = {}
    for name, value in assigned(path):
        try:
            found[name] = ast.literal_eval(value)
        except ValueError:
            if isinstance(value, ast.Name) and value.id in found:
                found[name] = found[value.id]
            elif (text := joined(value, found)) is not None:
                found[name] = text
    return found


def joined(value: ast.expr, found: dict[str, Any]) -> str | None:
    """Texts put together by `+`, or an f-string of earlier settings."""
    if isinstance(value, ast.Constant):
        return value.value if isinstance(value.value, str) else None
    if isinstance(value, ast.Name):
        return found.get(value.id) if isinstance(found.get(value.id), str) else None
    if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        left, right = joined(value.left, found), joined(value.right, found)
        return left + right if left is not None and right is not None else None
    if isinstance(value, ast.JoinedStr):
        parts = [
            joined(each.value if isinstance(each, ast.FormattedValue) else each, found)
            for each in value.values
        ]
        return "".join(map(str, parts)) if None not in parts else None
    return None


def unread_settings(path: Path) -> list[str]:
    known = read_settings(path)
    return sorted(
        {name for name, _ in assigned(path) if name not in known and name in DEFAULT_CONFIG}
    )


def assigned(path: Path) -> Iterator[tuple[str, ast.expr]]:
    try:
        tree = ast.parse(path.read_text(encoding="utf-8-sig"), str(path))
    except (SyntaxError, ValueError) as error:
        raise Refused(f"{path} is no Python that can be read: {error}.") from None
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and node.value:
            value: ast.expr = node.value
            targets: list[ast.expr] = [node.target]
        elif isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        else:
            continue
        for target in targets:
            pairs = [(target, value)]
            if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                pairs = list(zip(target.elts, value.elts, strict=False))
            for each, one in pairs:
                if isinstance(each, ast.Name) and each.id.isupper():
                    yield each.id, one
