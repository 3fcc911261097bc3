"""Hugo: `content/` with its sections, languages and bundles; permalinks. Shortcodes are `hugo_shortcodes`'."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from authoring.blog import ENDINGS
from authoring.import_site import hugo_shortcodes
from authoring.import_site.frontmatter import Keys, moment, texts
from authoring.import_site.links import plain
from authoring.import_site.post import CODE, Note, Post, number, referred
from authoring.import_site.site_folder import (
    DATED_NAME,
    HTML,
    Folder,
    filled,
    foreign,
    settings,
)

NAMES = ("hugo", "config")
KINDS = (".toml", ".yaml", ".yml", ".json")
EMOJI = re.compile(r"(?<![\w:/]):[a-z][a-z0-9_+-]+:(?![\w/])")
# What Hugo lets stand in an address.
NOT_IN_AN_ADDRESS = re.compile(r"[^\w./+~@#\u0300-\u036f-]")
SECTIONS = re.compile(r":sections\[(?P<from>\d*):?(?P<to>\d*|last)\]")


class Hugo(Folder):
    """The folder in which `hugo` was started."""

    KIND = "Hugo"
    FILES = ("static", "assets", "content")
    THEME = ("themes", "layouts", "archetypes", "data", "i18n")

    @staticmethod
    def is_here(folder: Path) -> bool:
        # A backup of Ghost has a folder content/ as well, with pictures in it.
        return bool(configurations(folder)) or any((folder / "content").rglob("*.md"))

    def configure(self) -> None:
        self.settings = settings(configurations(self.folder))
        for path in sections(self.folder):
            name = path.name.split(".")[0].lower()
            if name not in NAMES:
                self.settings.setdefault(name, settings([path]))
        given = self.settings
        self.languages: dict[str, Any] = {
            str(name).lower(): {str(key).lower(): each for key, each in value.items()}
            for name, value in (given.get("languages") or {}).items()
            if isinstance(value, dict)
        }
        default = str(given.get("defaultcontentlanguage") or "").lower()
        code = str(given.get("languagecode") or given.get("locale") or "")
        self.default = default or (
            next(iter(self.languages), "")
            if len(self.languages) == 1
            else "en"
            if self.languages
            else ""
        )
        self.site.lang = self.default or code
        self.site.zone = str(given.get("timezone") or "")
        self.site.title = str(given.get("title") or "")
        self.site.url = str(given.get("baseurl") or "")
        self.base = urlsplit(self.site.url).path.strip("/")
        self.site.menu = list(self.menu())
        # Folders of bundles by their addresses, and pages by folder.
        self.bundles: dict[str, Path] = {}
        self.sectioned: dict[Path, bool] = {}

    def menu(self) -> Iterator[tuple[str, str]]:
        menus = self.settings.get("menus") or self.settings.get("menu") or {}
        own = self.languages.get(self.default, {})
        menus = menus or own.get("menus") or own.get("menu") or {}
        main = menus.get("main") if isinstance(menus, dict) else menus
        entries = [each for each in main or [] if isinstance(each, dict)]
        for each in sorted(entries, key=lambda entry: number(entry.get("weight"))):
            link = each.get("url") or each.get("pageRef") or each.get("pageref")
            if each.get("name") and link:
                yield str(each["name"]), str(link)

    # Texts

    def roots(self) -> list[tuple[Path, str]]:
        """The folders of texts, each with its language where it has one of its own; the inner first."""
        found = [
            (self.folder / str(value["contentdir"]), name)
            for name, value in self.languages.items()
            if value.get("contentdir")
        ]
        common = self.folder / str(self.settings.get("contentdir") or "content")
        if common not in [root for root, _ in found]:
            found.append((common, ""))
        return sorted(found, key=lambda each: -len(each[0].parts))

    def root_of(self, path: Path) -> tuple[Path, str]:
        return next(each for each in self.roots() if path.is_relative_to(each[0]))

    def is_disabled(self, lang: str) -> bool:
        disabled = [str(each).lower() for each in self.settings.get("disablelanguages") or []]
        return lang in disabled or self.languages.get(lang, {}).get("disabled") in (True, "true")

    def sources(self) -> Iterator[Path | Note]:
        seen: set[Path] = set()
        for root, _ in self.roots():
            paths = [
                path for path in sorted(root.rglob("*")) if path.is_file() and path not in seen
            ]
            seen.update(paths)
            yield from foreign(self.folder, iter(paths))
            yield from (path for path in paths if path.suffix.lower() in (*ENDINGS, *HTML))

    def post(self, path: Path, place: str, keys: Keys, body: str) -> Post | Note:
        root, lang = self.root_of(path)
        if not keys.given and path.suffix.lower() in HTML:
            return Note(place, 1, "left out: it has no front matter")
        stem = path.stem
        translated = re.fullmatch(r"(.+)\.([a-zA-Z]{2,3}(?:-[a-zA-Z]{2,8})*)", stem)
        if translated and (translated[2].lower() in self.languages or not self.languages):
            stem, lang = translated[1], translated[2].lower()
        said_lang = keys.text("lang", "language")
        parts = path.relative_to(root).parts[:-1]
        is_bundle, is_list = stem == "index", stem == "_index"
        if is_list and not body.strip():
            return Note(place, 1, "left out: it has no text, and lists are made by the theme here")
        group = f"{'/'.join(parts)}/{stem}"
        if is_bundle or is_list:
            stem = parts[-1] if parts else "home"
            parts = parts[:-1]
        title = keys.text("title", "linktitle")
        date = keys.moment("date", "publishdate", "pubdate", "published")
        named = DATED_NAME.fullmatch(stem)
        new = named["slug"] if named else stem
        date = date or (moment(named["date"]) if named else None)
        date = date or keys.moment("lastmod", "modified")
        draft = keys.get("draft") in (True, "true") or keys.get("headless") is True
        if (ends := keys.moment("expirydate")) and ends.date() < self.blog.now().date():
            draft = True
        if unpublished := self.is_disabled(lang):
            draft = True
        section = parts[0] if parts else ""
        # What has a date is an article, also where that cannot be read.
        undated = date is None and not keys.unread
        is_page = is_list or undated or section in ("page", "pages")
        is_page = is_page or (not parts and self.has_sections(root)) or keys.get("type") == "page"
        if keys.get("layout") and not body.strip():
            return Note(
                place,
                1,
                f"left out: it has no text; the theme filled it (layout: {keys.text('layout')})",
            )
        keys.asked.discard("layout" if is_page else "")
        categories = texts(keys.get("categories", "category"))
        post = Post(
            place,
            1,
            title=title or new.replace("-", " ").capitalize(),
            slug=keys.text("slug") or new,
            body=body,
            group=keys.text("translationkey") or group,
            date=None if is_page else date,
            lang=said_lang or lang,
            is_page=is_page,
            draft=draft,
            **self.taken_apart(keys, categories),
        )
        if unpublished:
            post.note(f"it comes as a draft: the site's configuration disables its language {lang}")
        elif ends and draft:
            post.note(f"it comes as a draft: it was published until {ends:%Y-%m-%d}")
        post.tags = [*texts(keys.get("tags", "tag")), *post.tags]
        for plural in (self.settings.get("taxonomies") or {}).values():
            if str(plural).lower() not in ("tags", "categories", "series", "authors"):
                terms = texts(keys.get(str(plural).lower()))
                post.tags += terms
                if terms:
                    post.note(f"its {plural} ({', '.join(terms)}) are tags here")
        if is_bundle:
            post.bundle = path.parent
        if not draft:
            slug = keys.text("slug") or stem
            where = self.address(post, keys, parts, stem, slug, lang or self.default, root)
            aliases = [
                each if each[:1] == "/" else f"/{'/'.join([*parts, each])}"
                for each in texts(keys.get("aliases"))
            ]
            post.addresses = [where, *(self.below_base(each) for each in aliases)]
            if is_bundle or is_list:
                self.bundles[plain(where)] = path.parent
        return post

    def has_sections(self, root: Path) -> bool:
        """Whether articles lie in folders, so that what lies beside those is none."""
        if root not in self.sectioned:
            texts_in = [*root.glob("*/*.md"), *root.glob("*/*/index*.md")]
            beside = (path for path in texts_in if path.parent.parent == root)
            deeper = any(path.parent.parent != root for path in texts_in)
            named = any(path.stem.partition(".")[0] not in ("index", "_index") for path in beside)
            self.sectioned[root] = named or deeper
        return self.sectioned[root]

    def know(self, post: Post) -> None:
        super().know(post)
        path = self.folder / post.place
        root, _ = self.root_of(path)
        below = path.relative_to(root)
        names = [below.as_posix(), below.with_suffix("").as_posix()]
        if path.stem.partition(".")[0] in ("index", "_index"):
            names += [below.parent.as_posix(), below.parent.name]
        for name in names:
            self.known.setdefault(name, []).append(post)

    # Addresses

    def address(
        self,
        post: Post,
        keys: Keys,
        parts: tuple[str, ...],
        stem: str,
        slug: str,
        lang: str,
        root: Path,
    ) -> str:
        in_folder = lang and (
            lang != self.default or self.settings.get("defaultcontentlanguageinsubdir") is True
        )
        before = (
            f"/{lang}"
            if (in_folder and self.languages)
            or (lang and lang != self.default and not self.languages)
            else ""
        )
        if said := keys.text("url"):
            return self.below_base(said if said.startswith("/") else f"{before}/{said}")
        section = parts[0] if parts else ""
        patterns: Any = self.settings.get("permalinks") or {}
        patterns = patterns.get("page", patterns) if isinstance(patterns, dict) else {}
        pattern = patterns.get(section) or (patterns.get("/") if not parts else "")
        if isinstance(pattern, str) and pattern:
            where = SECTIONS.sub(lambda found: "/".join(parts[int(found["from"] or 0) :]), pattern)
            values = {
                ":sections": "/".join(parts),
                ":section": section,
                ":contentbasename": stem,
                ":filename": stem,
                ":slugorcontentbasename": slug,
                ":slugorfilename": slug,
                ":slug": keys.text("slug") or post.title,
                ":title": post.title,
            }
            where = filled(where, post.date, values)
        else:
            where = "/".join(["", *parts, slug])
        ugly = self.settings.get("uglyurls")
        ugly = ugly.get(section) if isinstance(ugly, dict) else ugly
        where = f"{before}/{urlized(where).strip('/')}"
        if self.settings.get("disablepathtolower") is not True:
            where = where.lower()
        return self.below_base(
            where + (".html" if ugly else "" if where.endswith(".html") else "/")
        )

    # Notation

    def translated(self, post: Post, body: str) -> str:
        if self.settings.get("enableemoji") and (named := EMOJI.search(CODE.sub(" ", body))):
            post.note(
                f"emoji are signs here, not names: write the sign for {named[0]} and the like"
            )
        return hugo_shortcodes.translated(post, body, self.reference)

    def notation_apart(self, body: str) -> str:
        return hugo_shortcodes.apart(body)

    def reference(self, post: Post, name: str, lang: str) -> str | None:
        """What `ref` leads to, by one of the names that a text has."""
        name, _, mark = name.partition("#")
        if not name:
            return f"#{mark}"
        beside = (Path(post.place).parent / name).as_posix()
        for each in (
            beside,
            name.strip("/"),
            f"{name.strip('/')}.md",
            name.strip("/").rpartition("/")[2],
        ):
            if found := self.named(each, lang or post.lang):
                return referred(found) + (f"#{mark}" if mark else "")
        return None

    def elsewhere(self, name: str) -> Iterator[Path]:
        """A bundle's file by the address that it has below its article's."""
        folder, _, file = name.strip("/").rpartition("/")
        if folder in self.bundles:
            yield self.bundles[folder] / file

    def unshown(self, post: Post) -> list[str]:
        if post.bundle is None:
            return []
        beside = sorted(path for path in post.bundle.rglob("*") if path.is_file())
        texts_too = (*ENDINGS, *HTML)
        return [
            path.relative_to(post.bundle).as_posix()
            for path in beside
            if path.resolve() not in self.shown and path.suffix.lower() not in texts_too
        ]


def configurations(folder: Path) -> list[Path]:
    places = [folder / f"{name}{kind}" for name in NAMES for kind in KINDS]
    return [path for path in places if path.is_file()] + [
        path for path in sections(folder) if path.name.split(".")[0].lower() in NAMES
    ]


def sections(folder: Path) -> list[Path]:
    """`config/_default/`, a file for each part of the settings."""
    return [
        path for path in sorted((folder / "config" / "_default").glob("*")) if path.suffix in KINDS
    ]


def urlized(path: str) -> str:
    """Words in an address as Hugo writes them: letters of every script, and hyphens for spaces."""
    path = re.sub(r"\s+", "-", path.strip())
    return re.sub(r"-{2,}", "-", NOT_IN_AN_ADDRESS.sub("", path))
