"""From Hugo and Jekyll: the files of such a site, its front matter and its own ways of writing.

Addresses follow the site's configuration, so that links to the old ones go on working. What a
generator's templates would have filled in is named with file and line when it has no meaning here.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from datetime import date as Day  # noqa: N812 - beside datetime it would be taken for a moment
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from pelican.utils import get_date

from authoring import Refused
from authoring.blog import ENDINGS, Blog, Unreadable, split
from authoring.import_site.importer import Note, Post, outside_code

MAX_FILE_BYTES = 5_000_000
HUGO_FILES = ("hugo", "config", "config/_default/hugo", "config/_default/config")
JEKYLL_NAME = re.compile(r"(?P<date>\d{4}-\d{1,2}-\d{1,2})-(?P<slug>.+)")
JEKYLL_STYLES = {
    "date": "/:categories/:year/:month/:day/:title:output_ext",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "ordinal": "/:categories/:year/:y_day/:title:output_ext",
    "weekdate": "/:categories/:year/W:week/:short_day/:title:output_ext",
    "none": "/:categories/:title:output_ext",
}
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
LIQUID = re.compile(
    r"\{%-?\s*(?P<tag>\w+)(?P<rest>[^%]*?)-?%\}|\{\{-?\s*(?P<value>[^}]*?)\s*-?\}\}"
)
SHORT = re.compile(
    r"\{\{(?P<open>[<%])\s*(?P<end>/?)\s*(?P<name>[\w/-]+)(?P<rest>.*?)[>%]\}\}", re.S
)
GIVEN = re.compile(r"(\w+)=(?:\"([^\"]*)\"|'([^']*)'|`([^`]*)`|(\S+))")


def kind(folder: Path) -> str:
    """`jekyll` or `hugo`; raises Refused for what is neither."""
    if (folder / "_posts").is_dir() or (folder / "_config.yml").exists():
        return "jekyll"
    if (folder / "content").is_dir():
        return "hugo"
    raise Refused(
        f"{folder} looks like neither Hugo's (it has a folder content/) nor Jekyll's (it has _posts/)."
        " Name the folder that the generator was started in, or a WordPress export (.xml)."
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


class Folder:
    """One pass over a site's folder."""

    def __init__(self, folder: Path, blog: Blog) -> None:
        self.folder = folder.resolve()
        self.blog = blog
        self.kind = kind(folder)
        names = ("_config",) if self.kind == "jekyll" else HUGO_FILES
        self.settings = settings(self.folder, names)
        self.dropped: Counter[str] = Counter()
        # What `ref` and `post_url` mean: a name, and the file that it becomes here.
        self.files: dict[str, str] = {}

    def sources(self) -> Iterator[Path]:
        roots = ["_posts", "_drafts", "."] if self.kind == "jekyll" else ["content"]
        for root in roots:
            top = self.folder / root
            below = top.glob("*") if root == "." else top.rglob("*")
            for path in sorted(below):
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
            post.body = self.body(post, notes)
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
            in_root = self.kind == "jekyll" and "/" not in place
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
        if named := JEKYLL_NAME.fullmatch(stem):
            stem, date = named["slug"], date or moment(named["date"])
        draft = bool(keys.get("draft")) or keys.get("published") is False
        draft = draft or place.startswith("_drafts/")
        is_page = date is None and not draft and not place.startswith("_posts/")
        if date is None and not is_page:
            if not draft:
                return Note(place, 1, "left out: it has no date")
            date = datetime.fromtimestamp(int(path.stat().st_mtime), self.blog.zone)
        self.dropped.update(key for key in keys if key not in KNOWN)
        categories = texts(keys.get("categories") or keys.get("category"))
        if (
            self.kind == "jekyll"
            and len(categories) == 1
            and isinstance(keys.get("categories"), str)
        ):
            categories = categories[0].split()
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

    def tags(self, keys: dict[str, Any]) -> list[str]:
        value = keys.get("tags") or keys.get("tag")
        # Jekyll separates by spaces, or by commas where there are some.
        if self.kind == "jekyll" and isinstance(value, str):
            return [
                tag.strip()
                for tag in re.split("," if "," in value else r"\s+", value)
                if tag.strip()
            ]
        return texts(value)

    def address(
        self, post: Post, keys: dict[str, Any], path: Path, stem: str, categories: list[str]
    ) -> str:
        """The path that the generator gave it."""
        said = str(keys.get("permalink" if self.kind == "jekyll" else "url") or "")
        slug = str(keys.get("slug") or stem)
        if self.kind == "jekyll":
            base = str(self.settings.get("baseurl") or "").rstrip("/")
            default = JEKYLL_STYLES["date"] if not post.is_page else "/:title:output_ext"
            pattern = said or (not post.is_page and self.settings.get("permalink")) or default
            where = JEKYLL_STYLES.get(str(pattern), str(pattern))
            where = where.replace(":categories", "/".join(self.blog.slug(c) for c in categories))
            where = where.replace(":output_ext", ".html")
            return "/" + f"{base}/{filled(where, post.date, slug).lstrip('/')}".lstrip("/")
        if said:
            return said
        parts = path.relative_to(self.folder / "content").parts[:-1]
        parts = parts[:-1] if path.stem == "index" else parts
        section = parts[0] if parts else ""
        patterns = self.settings.get("permalinks") or {}
        patterns = patterns.get("page", patterns) if isinstance(patterns, dict) else {}
        if pattern := patterns.get(section):
            where = str(pattern).replace(":sections", "/".join(parts)).replace(":section", section)
            where = where.replace(":contentbasename", stem).replace(":filename", stem)
            where = where.replace(":slugorcontentbasename", slug).replace(":slugorfilename", slug)
            title = self.blog.slug(post.title)
            return filled(where.replace(":title", title), post.date, slug)
        return "/" + "/".join((*parts, slug)).lower().replace(" ", "-") + "/"

    def body(self, post: Post, notes: list[Note]) -> str:
        change = self.liquid if self.kind == "jekyll" else self.shortcodes
        text = post.body.replace("<!--more-->", "").replace("<!-- more -->", "")
        if self.kind == "jekyll":
            text = re.sub(
                r"\{%-?\s*highlight\s+(\w+)[^%]*%\}\n?(.*?)\n?\{%-?\s*endhighlight\s*-?%\}",
                r"```\1\n\2\n```",
                text,
                flags=re.DOTALL,
            )
        else:
            text = re.sub(
                r"\{\{[<%]\s*highlight\s+\"?(\w+)\"?[^>%]*[>%]\}\}\n?(.*?)\n?\{\{[<%]\s*/\s*highlight\s*[>%]\}\}",
                r"```\1\n\2\n```",
                text,
                flags=re.DOTALL,
            )
        return outside_code(text, lambda part, before: change(post, part, before, notes))

    def liquid(self, post: Post, text: str, before: int, notes: list[Note]) -> str:
        def changed(match: re.Match[str]) -> str:
            tag, value = match["tag"], (match["value"] or "").replace(" ", "")
            if tag in ("raw", "endraw", "comment", "endcomment"):
                return ""
            if value.startswith(("site.baseurl", "site.url")):
                return ""
            if literal := re.fullmatch(
                r"[\"']([^\"']*)[\"']\|(?:relative_url|absolute_url)", value
            ):
                return literal[1]
            if tag in ("post_url", "link"):
                name = match["rest"].strip()
                if target := self.files.get(name) or self.files.get(name.rpartition("/")[2]):
                    return "{filename}/" + target
            line = post.body_line + before + text.count("\n", 0, match.start())
            notes.append(
                Note(post.place, line, f"{match[0]} has no meaning here and stands in the text")
            )
            return match[0]

        return LIQUID.sub(changed, text)

    def shortcodes(self, post: Post, text: str, before: int, notes: list[Note]) -> str:
        def changed(match: re.Match[str]) -> str:
            name, rest = match["name"], match["rest"].strip().rstrip("/").strip()
            given = {
                key: next(v for v in values if v or v == values[-1])
                for key, *values in GIVEN.findall(rest)
            }
            first = rest.strip("\"'`").partition("#")
            if name in ("ref", "relref"):
                wanted = first[0].strip().lstrip("/")
                target = self.files.get(wanted) or self.files.get(wanted.rpartition("/")[2])
                if target:
                    return "{filename}/" + target + first[1] + first[2]
            if name == "figure" and given.get("src"):
                caption = given.get("caption") or given.get("title") or ""
                title = f' "{caption}"'.replace('""', "") if caption else ""
                return f"![{given.get('alt', '')}]({given['src']}{title})"
            if name in ("youtube", "vimeo") and (given.get("id") or first[0]):
                host = {"youtube": "www.youtube.com/watch?v=", "vimeo": "vimeo.com/"}[name]
                return f"<https://{host}{given.get('id') or first[0].split()[0]}>"
            line = post.body_line + before + text.count("\n", 0, match.start())
            notes.append(
                Note(
                    post.place,
                    line,
                    f"the shortcode {name} has no meaning here and stands in the text",
                )
            )
            return match[0]

        return SHORT.sub(changed, text)

    def find(self, post: Post, name: str) -> Path | None:
        """A picture by what the article calls it: beside the article, or among the site's files."""
        beside = (self.folder / post.place).parent
        base = str(self.settings.get("baseurl") or "").strip("/") if self.kind == "jekyll" else ""
        name = name.removeprefix(f"/{base}") if base else name
        tops = (
            [self.folder]
            if self.kind == "jekyll"
            else [self.folder / "static", self.folder / "assets"]
        )
        for top in (*([] if name.startswith("/") else [beside]), *tops):
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
