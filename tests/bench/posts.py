"""Posts: Markdown of any origin as the same posts for every generator, to each in its own words.

Front matter is read whichever way it was written (Pelican's lines, YAML, TOML, none) and comes down to
what every generator knows: title, date, slug, tags, category. The body stays as it is. Tags and
categories become words of which all generators make the same address; what a post lacks is made up from
its place in the folder, the same in every run. Invented posts are the business of `invented`.
"""

import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from pelican.settings import DEFAULT_CONFIG
from pelican.utils import slugify

from authoring.import_site import frontmatter, site_folder
from authoring.import_site.frontmatter import Parts, Unreadable, split

ENDINGS = (".md", ".markdown")
# Addresses that lists and feeds have, in this blog too, and words that a generator keeps for itself.
RESERVED = set(
    re.findall(
        r"\w+",
        "all archives authors categories comments discussions drafts feed feeds images index page"
        " pages posts search tags theme",
    )
)
# A first line such as "Note: read this" is text; with one of these it is front matter.
KEYS = {"title", "date", "slug", "tags", "category", "categories", "status", "layout", "draft"}
FIRST = datetime(2010, 1, 1, 8)  # noqa: DTZ001 - every generator reads it as UTC
YEARS = range(1970, 2100)
# Names of files and of folders; the rest of a long title says nothing to a generator.
MAX_NAME_CHARS = 80
MAX_TITLE_CHARS = 120
HEADING = re.compile(r"^#{1,2}[ \t]+(?P<a>.+?)[ \t#]*$|^(?P<b>\S.*)\n(?:===+|---+)[ \t]*$", re.M)
MARKS = re.compile(r"!\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])?|(?<=\])\([^)]*\)|<[^>]*>|[`*\\\[\]]")
FENCED = re.compile(r"^ {0,3}(```+|~~~+).*?^ {0,3}\1", re.M | re.S)
# Where Hugo sees a shortcode: one that ends on its line can be written as a comment in Hugo's way.
SHORTCODE = re.compile(
    r"\{\{(?:<(?P<angle>(?!/\*)(?:(?!\*/|\{\{)[^\n])+?)>|%(?P<percent>(?!/\*)(?:(?!\*/|\{\{)[^\n])+?)%)"
    r"\}\}|\{\{(?P<alone>[<%])"
)
# The others are opened by a shortcode of this name, whose text is what stood there.
OPENERS = {"<": ("angle", "{{&lt;"), "%": ("percent", "{{%")}


@dataclass(frozen=True)
class Post:
    """One post, before any generator's words for it."""

    slug: str
    title: str
    date: datetime
    tags: tuple[str, ...]
    category: str
    body: str

    def edited(self, words: str) -> "Post":
        """With a paragraph more at its beginning, where lists and feeds show it too."""
        return replace(self, body=f"{words}\n\n{self.body}")

    def renamed(self) -> "Post":
        return replace(self, slug=f"{self.slug}-moved")


class Found(NamedTuple):
    """The posts of a folder, and how many of its files have no words."""

    posts: list[Post]
    empty: int


# --- Reading --------------------------------------------------------------------------------------


def read(folder: Path, most: int | None = None) -> Found:
    """Every Markdown file of a folder and of those below it, as far as `most` allows."""
    posts: list[Post] = []
    empty = 0
    slugs, dates = set(RESERVED), set[datetime]()
    for path in sorted(folder.rglob("*")):
        if len(posts) == most:
            break
        if path.suffix.lower() not in ENDINGS or not path.is_file():
            continue
        keys, body, *_ = parts(path.read_text(encoding="utf-8", errors="replace"))
        if not body.strip():
            empty += 1
            continue
        stem, day = named(path.relative_to(folder))
        slug = unique(name(keys.get("slug") or stem) or "post", slugs)
        # Of two posts of one moment every generator would decide by itself which is the newer one.
        date = moment(keys.get("date")) or moment(day) or FIRST + timedelta(days=len(posts))
        while date in dates:
            date += timedelta(minutes=1)
        dates.add(date)
        posts.append(
            Post(
                slug=slug,
                title=title(keys, body) or stem,
                date=date,
                tags=tuple(dict.fromkeys(names(keys, "tags", "tag"))),
                category=(names(keys, "category", "categories") or ["notes"])[0],
                body=body.strip("\n") + "\n",
            )
        )
    return Found(posts, empty)


def parts(text: str) -> Parts:
    """Front matter and body; what cannot be read as front matter is left out, as fences that it has."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    try:
        found = split(text)
    except Unreadable:
        _, _, rest = text.partition("\n")
        return Parts({}, re.split(r"^(?:---|\+\+\+)[ \t]*\n", rest, maxsplit=1, flags=re.M)[-1], 1)
    fenced = text.startswith(("---", "+++")) and len(found.body) < len(text)
    return found if fenced or KEYS & found.keys.keys() else Parts({}, text, 1)


def named(path: Path) -> tuple[str, str]:
    """What a file's place says of it: a name, and the date that Jekyll puts before that."""
    stem = path.stem
    if stem.lower() in ("readme", "index") and len(path.parts) > 1:
        stem = "-".join(path.parts[:-1])
    dated = site_folder.DATED_NAME.fullmatch(stem)
    return (dated["slug"], dated["date"]) if dated else (stem, "")


def name(value: Any) -> str:
    """A word that is its own address in every generator."""
    made: str = slugify(str(value), regex_subs=DEFAULT_CONFIG["SLUG_REGEX_SUBSTITUTIONS"])
    return made[:MAX_NAME_CHARS].strip("-_")


def names(keys: dict[str, Any], *which: str) -> list[str]:
    value: Any = next((keys[each] for each in which if keys.get(each)), [])
    many = value if isinstance(value, list) else re.split(r"[,;]", str(value).strip("[]"))
    found = [name(str(each).strip(" \"'")) for each in many]
    return [f"{each}-posts" if each in RESERVED else each for each in found if each]


def unique(slug: str, taken: set[str]) -> str:
    number, free = 1, slug
    while free in taken:
        number += 1
        free = f"{slug}-{number}"
    taken.add(free)
    return free


def moment(value: Any) -> datetime | None:
    date = frontmatter.moment(value)
    try:
        if date and date.tzinfo:
            date = date.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        return None
    return date.replace(microsecond=0) if date and date.year in YEARS else None


def title(keys: dict[str, Any], body: str) -> str:
    """The title that a post has, or else its first heading."""
    text = str(keys.get("title") or "")
    if not text and (heading := HEADING.search(FENCED.sub("", body))):
        text = MARKS.sub("", heading["a"] or heading["b"])
    return " ".join(text.split())[:MAX_TITLE_CHARS].strip()


def repeated(posts: list[Post], many: int) -> list[Post]:
    """So many posts out of fewer: each again and again, in another place, by another name, at another time."""
    return [
        replace(
            post,
            slug=f"{post.slug[:MAX_NAME_CHARS]}-again-{turn}" if turn else post.slug,
            title=f"{post.title} ({turn})" if turn else post.title,
            # The years of the blog become fuller; a second is less than what lies between two posts.
            date=post.date + timedelta(seconds=turn),
        )
        for turn in range(-(-many // len(posts)))
        for post in posts[: many - turn * len(posts)]
    ]


# --- Writing --------------------------------------------------------------------------------------


def for_pelican(post: Post) -> str:
    head = {
        "Title": post.title,
        "Date": f"{post.date:%Y-%m-%d %H:%M:%S}",
        "Slug": post.slug,
        "Category": post.category,
        "Tags": ", ".join(post.tags),
    }
    return "".join(f"{key}: {value}\n" for key, value in head.items() if value) + f"\n{post.body}"


def for_eleventy(post: Post) -> str:
    """Its values as JSON, which is YAML too, and needs no other quotation marks."""
    head = "".join(
        f"{key}: {json.dumps(value, ensure_ascii=False)}\n"
        for key, value in {**said(post), "category": post.category}.items()
    )
    return f"---\n{head}---\n{post.body}"


def for_hugo(post: Post) -> str:
    head = json.dumps({**said(post), "categories": [post.category]}, ensure_ascii=False)
    return f"{head}\n\n{without_shortcodes(post.body)}"


def said(post: Post) -> dict[str, Any]:
    return {
        "title": post.title,
        "date": f"{post.date:%Y-%m-%dT%H:%M:%S}Z",
        "slug": post.slug,
        "tags": list(post.tags),
    }


def without_shortcodes(body: str) -> str:
    """A body in which Hugo sees no shortcode, and which says the same when Hugo has read it."""

    def escaped(match: re.Match[str]) -> str:
        if match["alone"]:
            return f"{{{{< {OPENERS[match['alone']][0]} >}}}}"
        if match["angle"]:
            return f"{{{{</*{match['angle']}*/>}}}}"
        return f"{{{{%/*{match['percent']}*/%}}}}"

    return SHORTCODE.sub(escaped, body)
