"""From Ghost: posts and pages of its export (Settings, Export: a JSON file), with their HTML.

Ghost keeps a post as cards of its editor and, made from them, as HTML; that is what is read. Its pictures are
looked for in `content/images/` beside the export, as its backup has them.
"""

import html
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from authoring import Refused
from authoring.import_site import html_text, words
from authoring.import_site.post import Note, Post, Reader, Site, number, within

MAX_FILE_BYTES = 500_000_000
PLACE = "__GHOST_URL__"
NO_TEXT = re.compile(r"^(?:null|\s*)$")


def parsed(path: Path) -> dict[str, Any]:
    """The tables of an export; raises Refused for what is none."""
    if path.stat().st_size > MAX_FILE_BYTES:
        raise Refused(
            f"{path} is larger than {MAX_FILE_BYTES / 1e6:g} MB, which no export of texts is."
        )
    try:
        found = json.loads(path.read_bytes())
        top = found["db"][0] if isinstance(found, dict) and "db" in found else found
        data = top["data"]
        if not isinstance(data["posts"], list):
            raise TypeError
    except (ValueError, RecursionError) as error:
        raise Refused(
            f"{path}: this is no JSON ({error}). Export again: Settings, Labs or Import/Export."
        ) from None
    except (KeyError, IndexError, TypeError):
        raise Refused(
            f"{path} is JSON, and no export of Ghost: it has no posts. Export again: Settings, Import/Export."
        ) from None
    return dict(data)


def rows(data: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = data.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def moment(value: Any) -> datetime | None:
    """A moment as Ghost writes it: text, or in old exports thousandths of seconds."""
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value / 1000, UTC)
        found = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


class Ghost(Reader):
    """One export, with its pictures beside it where they are there."""

    def __init__(self, path: Path, folder: Path) -> None:
        self.path, self.folder = path, folder
        data = parsed(path)
        self.posts = rows(data, "posts")
        settings = {str(each.get("key")): each.get("value") for each in rows(data, "settings")}
        self.permalink = str(settings.get("permalinks") or "/:slug/")
        lang = str(
            settings.get("locale") or settings.get("default_locale") or settings.get("lang") or ""
        )
        self.site = Site(
            "Ghost", str(settings.get("title") or ""), str(settings.get("url") or ""), lang
        )
        self.site.zone = str(settings.get("timezone") or "")
        try:
            menu = json.loads(str(settings.get("navigation") or "[]"))
            self.site.menu = [
                (str(each["label"]), str(each["url"]).replace(PLACE, "")) for each in menu
            ]
        except (ValueError, TypeError, KeyError):
            self.site.menu = []
        self.tags = {str(each.get("id")): each for each in rows(data, "tags")}
        self.users = {
            str(each.get("id")): str(each.get("name") or "") for each in rows(data, "users")
        }
        self.meta = {str(each.get("post_id")): each for each in rows(data, "posts_meta")}
        self.of_post = {
            kind: self.joined(rows(data, table), key)
            for kind, table, key in (
                ("tags", "posts_tags", "tag_id"),
                ("authors", "posts_authors", "author_id"),
            )
        }
        self.left_out = {
            name: len(rows(data, name))
            for name in ("members", "comments", "newsletters", "products", "offers")
        }

    def joined(self, pairs: list[dict[str, Any]], key: str) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for each in sorted(pairs, key=lambda pair: number(pair.get("sort_order"))):
            found.setdefault(str(each.get("post_id")), []).append(str(each.get(key)))
        return found

    def read(self) -> Iterator[Post | Note]:
        for each in self.posts:
            yield self.post(each)
        for name, count in self.left_out.items():
            if count:
                yield Note(
                    self.path.name, 1, f"{count} {name} are not articles: they stay in the export"
                )

    def post(self, given: dict[str, Any]) -> Post:
        number, status = str(given.get("id")), str(given.get("status") or "published")
        is_page = given.get("type") == "page" or given.get("page") in (1, True)
        tags = [
            self.tags[each] for each in self.of_post["tags"].get(number, []) if each in self.tags
        ]
        shown = [
            str(tag.get("name") or "") for tag in tags if not str(tag.get("name")).startswith("#")
        ]
        own = self.of_post["authors"].get(number) or [str(given.get("author_id") or "")]
        slug, date = (
            str(given.get("slug") or ""),
            moment(given.get("published_at")) or moment(given.get("created_at")),
        )
        draft = status in ("draft", "scheduled") or str(
            given.get("visibility") or "public"
        ) not in ("public", "None")
        if status == "scheduled" and str(given.get("visibility") or "public") == "public":
            draft = False
        post = Post(
            self.path.name,
            1,
            title=str(given.get("title") or ""),
            slug=slug,
            body="",
            exported=True,
            source=f"{self.site.url or self.site.title or 'ghost'}:{given.get('uuid') or number or slug}",
            date=None if is_page else date,
            modified=None if is_page else moment(given.get("updated_at")),
            lang=str(given.get("locale") or ""),
            is_page=is_page,
            draft=draft,
            pinned=given.get("featured") in (1, True) and not is_page,
            category=shown[0] if shown else "",
            tags=shown[1:],
            authors=[self.users[each] for each in own if self.users.get(each)],
            summary=" ".join(
                str(given.get("custom_excerpt") or given.get("meta_description") or "").split()
            ),
            addresses=[self.address(slug, date, is_page)] if slug and not draft else [],
        )
        if draft and status != "draft":
            post.note(f"it comes as a draft: it was for {given.get('visibility')} only")
        self.of_text(post, given)
        for tag in tags:
            if str(tag.get("name")).startswith("#"):
                post.note(f"the internal tag {tag.get('name')} has no meaning here")
        for key in ("codeinjection_head", "codeinjection_foot", "canonical_url"):
            if given.get(key):
                post.note(
                    f"its {key} has no meaning here: {' '.join(str(given[key]).split())[:300]}"
                )
        return post

    def of_text(self, post: Post, given: dict[str, Any]) -> None:
        source = str(given.get("html") or "")
        if NO_TEXT.match(source):
            source = written_as(given)
            if source.startswith("markdown:"):
                post.body = source.removeprefix("markdown:")
                post.words = words.of_markdown(post.body)
                return
            if source:
                post.note(
                    "its HTML is not in the export: it comes as plain text, without links and pictures"
                )
        source = source.replace(PLACE, "")
        meta = self.meta.get(str(given.get("id")), {})
        if image := str(given.get("feature_image") or "").replace(PLACE, ""):
            alt = html.escape(str(meta.get("feature_image_alt") or post.title))
            caption = str(meta.get("feature_image_caption") or "")
            more = f"<figcaption>{caption}</figcaption>" if caption else ""
            source = f'<figure><img src="{image}" alt="{alt}">{more}</figure>\n{source}'
            post.note("its feature picture stands before its text")
        made = html_text.converted(source)
        post.body, post.words = made.text, made.words
        for trouble in made.troubles:
            post.note(trouble)

    def address(self, slug: str, date: datetime | None, is_page: bool) -> str:
        where = "/:slug/" if is_page else self.permalink
        values = {
            ":slug": slug,
            ":year": f"{date:%Y}" if date else "",
            ":month": f"{date:%m}" if date else "",
            ":day": f"{date:%d}" if date else "",
        }
        for key, value in values.items():
            where = where.replace(key, value)
        return self.site.url.rstrip("/") + where

    def find(self, post: Post, name: str) -> Path | None:
        below = name.partition("/content/")[2]
        # Ghost makes smaller copies below size/w600/.
        below = re.sub(r"images/size/w\d+(?:h\d+)?/", "images/", below)
        for top in (self.folder / "content", self.folder):
            if below and (path := within(self.folder, top / below)):
                return path
        return None


def written_as(given: dict[str, Any]) -> str:
    """The text of a post that has no HTML: as Markdown where its editor kept that, else its words."""
    try:
        cards = json.loads(str(given.get("mobiledoc") or "{}")).get("cards", [])
        found = [card[1].get("markdown") or card[1].get("html") or "" for card in cards]
        if any(found) and len(cards) == 1:
            return "markdown:" + "\n\n".join(found)
    except (ValueError, TypeError, AttributeError, IndexError):
        pass
    if plain := str(given.get("plaintext") or given.get("markdown") or ""):
        paragraphs = (html.escape(each) for each in re.split(r"\n\s*\n", plain))
        return "".join(f"<p>{each}</p>\n" for each in paragraphs)
    return ""
