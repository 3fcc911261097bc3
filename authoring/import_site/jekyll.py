"""Jekyll: posts, drafts, collections and pages in any folder; defaults and permalinks. `liquid` reads its texts."""

import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from authoring.blog import ENDINGS
from authoring.import_site import liquid
from authoring.import_site.frontmatter import FENCE, Keys, Parts, moment, split, texts
from authoring.import_site.post import Note, Post, referred
from authoring.import_site.site_folder import (
    DATED_NAME,
    HTML,
    NOT_SOURCES,
    Folder,
    filled,
    foreign,
    settings,
)

STYLES = {
    "date": "/:categories/:year/:month/:day/:title:output_ext",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "ordinal": "/:categories/:year/:y_day/:title:output_ext",
    "weekdate": "/:categories/:year/W:week/:short_day/:title:output_ext",
    "none": "/:categories/:title:output_ext",
}
OF_POSTS = ("_posts", "_drafts")
# What Jekyll takes for Markdown where `markdown_ext` says nothing.
MARKDOWN = "markdown,mkdown,mkdn,mkd,md"
OF_THE_THEME = ("_layouts", "_includes", "_sass", "_data", "_plugins")
# A text whose words come out of a template.
TEMPLATE = re.compile(r"\{%-?\s*(?:for|if|unless|assign|capture|case|paginate|tablerow)\b")


class Jekyll(Folder):
    """The folder in which `jekyll build` was started."""

    KIND = "Jekyll"
    FILES = (".",)
    THEME = OF_THE_THEME

    @staticmethod
    def is_here(folder: Path) -> bool:
        return (folder / "_posts").is_dir() or any(
            (folder / f"_config.{kind}").exists() for kind in ("yml", "yaml", "toml")
        )

    def configure(self) -> None:
        places = [self.folder / f"_config.{kind}" for kind in ("yml", "yaml", "toml")]
        self.settings = settings([path for path in places if path.is_file()])
        given = self.settings
        self.base = str(given.get("baseurl") or "").strip("/")
        self.site.url = str(given.get("url") or "").rstrip("/") + (
            f"/{self.base}" if self.base else ""
        )
        self.site.title = str(given.get("title") or given.get("name") or "")
        self.site.lang = str(
            given.get("lang") or given.get("locale") or given.get("language") or ""
        )
        self.site.zone = str(given.get("timezone") or "")
        self.site.menu = list(self.menu())
        declared = given.get("collections") or {}
        self.collections: dict[str, dict[str, Any]] = (
            {str(name): dict(value or {}) for name, value in declared.items()}
            if isinstance(declared, dict)
            else {str(name): {} for name in declared}
        )
        self.collections.pop("posts", None)
        self.excluded = [str(each).strip("/") for each in given.get("exclude") or []]
        included = [str(each).strip("/") for each in given.get("include") or []]
        self.included = [each for each in included if each.startswith("_")]
        self.said: dict[str, dict[str, str]] = {}

    def menu(self) -> Iterator[tuple[str, str]]:
        """As many themes have it, in `_data/navigation.yml`."""
        places = [self.folder / "_data" / f"navigation.{kind}" for kind in ("yml", "yaml")]
        main = settings([path for path in places if path.is_file()]).get("main") or []
        for each in main if isinstance(main, list) else []:
            if isinstance(each, dict) and each.get("title") and each.get("url"):
                yield str(each["title"]), str(each["url"])

    # Texts

    def sources(self) -> Iterator[Path | Note]:
        below = self.folder / str(self.settings.get("collections_dir") or "")
        named = str(self.settings.get("markdown_ext") or MARKDOWN).lower().split(",")
        endings = {*ENDINGS, *(f".{each.strip()}" for each in named)}
        for path in sorted(self.folder.rglob("*")):
            parts = path.relative_to(self.folder).parts
            if not path.is_file() or any(
                part in NOT_SOURCES or part.startswith(".") for part in parts
            ):
                continue
            ending, place = path.suffix.lower(), "/".join(parts)
            yield from foreign(self.folder, iter([path]))
            if ending not in (*endings, *HTML) or any(part in OF_THE_THEME for part in parts):
                continue
            own = path.relative_to(below).parts if path.is_relative_to(below) else parts
            special = [part for part in own[:-1] if part.startswith("_") and part not in OF_POSTS]
            special = [part for part in special if part not in self.included]
            if special and special[0][1:] not in self.collections:
                yield Note(
                    place,
                    1,
                    f"left out: {special[0]} is no collection in _config.yml, and Jekyll passes over it",
                )
            elif special and not self.collections[special[0][1:]].get("output"):
                yield Note(
                    place,
                    1,
                    f"left out: _config.yml does not put out the collection {special[0][1:]}",
                )
            elif self.is_excluded(place):
                yield Note(place, 1, "left out: _config.yml excludes it")
            elif not FENCE.match(
                path.read_text(encoding="utf-8-sig", errors="replace").replace("\r\n", "\n")
            ):
                if ending in endings:
                    yield Note(place, 1, "left out: it has no front matter")
            else:
                yield path

    def is_excluded(self, place: str) -> bool:
        return any(
            fnmatch(place, each) or place.startswith(f"{each}/") for each in self.excluded if each
        )

    def parted(self, path: Path, text: str) -> Parts:
        parts = split(text)
        place = path.relative_to(self.folder).as_posix()
        return parts._replace(keys=self.defaults(place) | parts.keys)

    def collection(self, place: str) -> str:
        """What Jekyll calls the kind of a text: posts, drafts, pages, or a collection's name."""
        folders = [part for part in place.split("/")[:-1] if part not in self.included]
        inner = next((part for part in reversed(folders) if part.startswith("_")), "")
        return inner[1:] if inner else "pages"

    def defaults(self, place: str) -> dict[str, Any]:
        """What `_config.yml` says of every text in a folder or of a kind; the closest comes last."""
        kind = self.collection(place)
        found: dict[str, Any] = {}
        entries = [each for each in self.settings.get("defaults") or [] if isinstance(each, dict)]
        for each in sorted(
            entries, key=lambda entry: len(str((entry.get("scope") or {}).get("path") or ""))
        ):
            scope = each.get("scope") or {}
            path = str(scope.get("path") or "").strip("/")
            below = (
                not path or place == path or place.startswith(f"{path}/") or fnmatch(place, path)
            )
            if below and scope.get("type", kind) in (
                kind,
                kind.rstrip("s"),
                "posts" if kind == "drafts" else kind,
            ):
                found |= {
                    str(key).lower(): value for key, value in (each.get("values") or {}).items()
                }
        return found

    def post(self, path: Path, place: str, keys: Keys, body: str) -> Post | Note:
        kind = self.collection(place)
        if path.suffix.lower() in HTML and TEMPLATE.search(body):
            return Note(place, 1, "left out: it is a template, whose words come from other files")
        layout = keys.text("layout")
        keys.asked.discard("layout")
        if not body.strip():
            return Note(
                place, 1, f"left out: it has no text; the theme filled it (layout: {layout})"
            )
        stem = path.stem
        if kind in ("pages", *self.collections) and stem == "index":
            stem = path.parent.name.lstrip("_") if path.parent != self.folder else "home"
        lang = keys.text("lang", "language")
        if translated := re.fullmatch(r"(.+)\.([a-z]{2}(?:-[a-zA-Z]{2,4})?)", stem):
            stem, lang = translated[1], lang or translated[2]
        date = keys.moment("date")
        if named := DATED_NAME.fullmatch(stem):
            stem, date = named["slug"], date or moment(named["date"])
        said = keys.text("slug")
        draft = (
            keys.get("draft") is True or keys.given.get("published") is False or kind == "drafts"
        )
        keys.asked.add("published")
        is_page = kind not in ("posts", "drafts")
        categories = self.categories(keys, place, kind)
        post = Post(
            place,
            1,
            title=keys.text("title") or stem.replace("-", " ").capitalize(),
            slug=said or stem,
            body=body,
            date=None if is_page else date,
            lang=lang,
            is_page=is_page,
            draft=draft,
            **self.taken_apart(keys, categories),
        )
        post.tags = [*self.tags(keys), *post.tags]
        if is_page and date:
            post.note(f"its date {date:%Y-%m-%d} is left out: pages have none here")
        if not draft:
            where = self.address(keys, place, kind, said or stem, date, categories)
            moved = [*texts(keys.get("redirect_from")), *texts(keys.get("aliases"))]
            post.addresses = [where, *(self.below_base(each) for each in moved)]
        self.said[place] = liquid.values(self.settings, keys.given)
        return post

    def tags(self, keys: Keys) -> list[str]:
        """Separated by spaces, or by commas where there are some."""
        value = keys.get("tags", "tag")
        if isinstance(value, str):
            parts = re.split("," if "," in value else r"\s+", value)
            return [tag.strip() for tag in parts if tag.strip()]
        return texts(value)

    def categories(self, keys: Keys, place: str, kind: str) -> list[str]:
        folders = place.split("/")[:-1]
        at = folders.index(f"_{kind}") if f"_{kind}" in folders else 0
        above = folders[:at] if kind in ("posts", "drafts") else []
        below = Path(str(self.settings.get("collections_dir") or "")).parts
        if tuple(above[: len(below)]) == below:
            above = above[len(below) :]
        value = keys.get("categories", "category")
        if isinstance(value, str) and "categories" in keys.given:
            value = re.split(r"\s*,\s*" if "," in value else r"\s+", value.strip())
        return list(dict.fromkeys([*above, *texts(value)]))

    # Addresses

    def address(
        self, keys: Keys, place: str, kind: str, slug: str, date: Any, categories: list[str]
    ) -> str:
        folders, _, name = place.rpartition("/")
        style = str(self.settings.get("permalink") or "date")
        pretty = style == "pretty" or style.endswith("/")
        said = keys.text("permalink")
        if kind in ("posts", "drafts"):
            pattern = said or style
        elif kind in self.collections:
            pattern = said or str(
                self.collections[kind].get("permalink")
                or ("/:collection/:path/" if pretty else "/:collection/:path:output_ext")
            )
        else:
            pattern = said or ("/:path/:basename/" if pretty else "/:path/:basename:output_ext")
        stem = name.rpartition(".")[0]
        if kind == "pages" and stem == "index":
            pattern = said or "/:path/"
        inner = folders.partition(f"_{kind}")[2].strip("/") if kind in self.collections else folders
        path = f"{inner}/{stem}".strip("/") if kind in self.collections else inner
        joined = "/".join(each.lower() for each in categories)
        values = {
            ":slugified_categories": "/".join(self.blog.slug(each) for each in categories),
            ":categories": joined,
            ":output_ext": ".html",
            ":collection": kind,
            ":basename": stem,
            ":path": path,
            ":name": stem,
            ":title": slug,
            ":slug": slug,
        }
        where = filled(STYLES.get(pattern, pattern), date, values).lstrip("/")
        return self.below_base(where)

    # Notation

    def translated(self, post: Post, body: str) -> str:
        body = re.sub(r"<!-- *more *-->", "", body)
        return liquid.translated(
            post, body, self.said.get(post.place, {}), self.reference, post.body_line
        )

    def notation_apart(self, body: str) -> str:
        return liquid.apart(body)

    def reference(self, name: str) -> str | None:
        """What `post_url` and `link` lead to; a file that is no text is named as it is."""
        name = name.strip().strip("\"'").strip("/")
        for each in (name, f"{name}.md", f"_posts/{name}", name.rpartition("/")[2]):
            if found := self.named(each, ""):
                return referred(found)
        return f"/{name}" if (self.folder / name).is_file() else None
