"""Names: the slug, the file and the old addresses of each article here; what would stop a build gets another.

A slug must not be that of another article or page, nor an address of the site itself; an old address must
not be anybody's address of today. What has been imported before keeps the file that it has.
"""

import hashlib
import re
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from pelican.utils import slugify

from authoring.blog import Blog
from authoring.import_site.post import Post
from plugins.delivery import addresses
from plugins.delivery.redirects import NOT_IN_A_PATH, alias_file

MAX_SLUG_CHARS = 120
# Pelican takes this for the day of an article, at the beginning of a file's name.
DATED = re.compile(r"\d{4}-\d{2}-\d{2}")
# What a file system takes as a name, less what is put behind it while it is written.
MAX_NAME_BYTES = 200


def is_day(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).year > 1900
    except ValueError:
        return False


class Names:
    """What is taken, in this blog and in what is being imported."""

    def __init__(self, blog: Blog, ours: dict[str, str], languages: set[str]) -> None:
        self.blog = blog
        self.languages = languages
        # Files of this blog that an import has written, by what the other blog knew them by.
        self.ours = ours
        self.base = urlsplit(str(blog.settings["SITEURL"])).path.strip("/")
        self.own, self.own_folders = self.of_the_site(), self.folders_of_the_site()
        self.taken: dict[str, str] = {}
        self.old: dict[str, str] = {}
        # Folders that old addresses need, which can be no file's address any more.
        self.folders: set[str] = set()
        self.groups: dict[str, str] = {}
        self.given: set[str] = set()
        imported = self.imported = set(ours.values())
        self.here = {source.shown: source for source in blog.sources}
        for source in blog.sources:
            if source.shown not in imported:
                self.taken[self.file(source.is_page, source.lang, source.slug, source.date)] = (
                    source.shown
                )
        for alias in (
            alias
            for source in blog.sources
            if source.shown not in imported
            for alias in source.names("aliases")
        ):
            self.old[alias_file(unquote(alias))] = "an article of this blog"
        # One spelling for what shares a page: kind and slug, and how it is written.
        self.spelt: dict[tuple[str, str], str] = {}
        for kind, key in (("TAG", "tags"), ("CATEGORY", "category"), ("AUTHOR", "authors")):
            for source in blog.sources:
                for name in source.names(key) if key != "category" else [source.get(key)]:
                    self.spelt.setdefault((kind, self.slug_of(kind, name)), name)

    # Slugs

    def formatted(
        self,
        setting: str,
        is_page: bool,
        lang: str,
        slug: str,
        date: datetime | None,
        category: str = "",
    ) -> str:
        kind = ("PAGE" if is_page else "ARTICLE") + "_LANG" * (lang != self.blog.lang)
        values: dict[str, Any] = {"slug": slug, "lang": lang, "category": category, "author": ""}
        values["date"] = date or datetime(2000, 1, 1)  # noqa: DTZ001 - pages have none, and drafts any
        return str(self.blog.settings[f"{kind}_{setting}"]).format(**values)

    def file(self, is_page: bool, lang: str, slug: str, date: datetime | None = None) -> str:
        """The file that the built site has for it."""
        return self.formatted("SAVE_AS", is_page, lang, slug, date)

    def address(self, post: Post, lang: str, slug: str) -> str:
        """Its path on the site."""
        category = self.slug_of("CATEGORY", post.category or self.blog.settings["DEFAULT_CATEGORY"])
        return "/" + self.formatted("URL", post.is_page, lang, slug, post.date, category)

    def of_the_site(self) -> set[str]:
        """Files that the site writes by itself, whatever is in it."""
        settings = self.blog.settings
        found = {*addresses.ALWAYS, *(f"{lang}/index.html" for lang in self.languages)}
        for setting, default in addresses.FILES.items():
            found.add(str(settings.get(setting, default) or ""))
        for template in settings["DIRECT_TEMPLATES"]:
            found.add(str(settings.get(f"{template.upper()}_SAVE_AS", f"{template}.html")))
        for page in ("discussions", "search"):
            found |= {
                f"{below}{page}/index.html"
                for below in ("", *(f"{lang}/" for lang in self.languages))
            }
        return {addresses.key(name) for name in found}

    def folders_of_the_site(self) -> tuple[str, ...]:
        """Folders in which nothing else should be: lists of tags and the like, drafts, the service."""
        settings = self.blog.settings
        lists = (settings.get(f"{kind}_SAVE_AS") or "" for kind in ("TAG", "CATEGORY", "AUTHOR"))
        before = (str(each).partition("{")[0] for each in lists)
        return (*filter(None, before), *addresses.own_folders(settings), "theme/")

    def the_sites_own(self, file: str) -> bool:
        """Whether the site itself has this file, or the folder in which it would lie."""
        name, first = addresses.key(file), file.partition("/")[0]
        year = addresses.YEAR.fullmatch(first) is not None
        archive = str(self.blog.settings["YEAR_ARCHIVE_SAVE_AS"] or "")
        if year and archive and archive.format(date=datetime(int(first), 1, 1)) == name:  # noqa: DTZ001 - a year
            return True
        return name in self.own or name.startswith(self.own_folders)

    def slug_for(self, post: Post, lang: str) -> tuple[str, str]:
        """A slug that is free, and why it is another one than it would have been."""
        wanted = self.groups.get(post.group) or self.wanted(post)
        slug, why, number = wanted, "", 2
        while True:
            file, path = (
                self.file(post.is_page, lang, slug, post.date),
                self.path(post.is_page, lang, slug),
            )
            if self.the_sites_own(file):
                why = f"the site itself has the address {wanted}; this one gets"
            elif path not in self.given and self.is_this(post, path):
                break
            elif file in self.taken:
                why = f"{self.taken[file]} has the address {wanted} too; this one gets"
            elif (self.blog.root / path).exists():
                why = f"{path} is there already; this one gets"
            else:
                break
            slug, number = f"{wanted}-{number}", number + 1
        if known := self.ours.get(post.source):
            # It stays where an earlier import put it, whatever has become free since.
            slug = Path(known).name.partition(".")[0]
            file = self.file(post.is_page, lang, slug, post.date)
        self.given.add(self.path(post.is_page, lang, slug))
        self.taken[file] = post.place
        if post.group:
            self.groups.setdefault(post.group, slug)
        return slug, f"{why} {slug}" if why else ""

    def wanted(self, post: Post) -> str:
        for words in (post.slug, post.title, Path(post.place).stem):
            if slug := str(self.blog.slug(words))[:MAX_SLUG_CHARS].strip("-"):
                return slug if not DATED.match(slug) or is_day(slug[:10]) else f"on-{slug}"
        return f"untitled-{hashlib.sha256(post.source.encode()).hexdigest()[:8]}"

    def path(self, is_page: bool, lang: str, slug: str) -> str:
        """The file in the blog's folder, as its author would type it."""
        content: Path = self.blog.content.relative_to(self.blog.root)
        return (content / self.below_content(is_page, lang, slug)).as_posix()

    def below_content(self, is_page: bool, lang: str, slug: str) -> str:
        """The same as links name it."""
        return f"{'pages/' * is_page}{slug}{f'.{lang}' * (lang != self.blog.lang)}.md"

    def is_this(self, post: Post, path: str) -> bool:
        """Whether the file of this name is what an import has made of this article.

        Where nothing is written down of earlier imports, title and day tell.
        """
        if path in self.imported:
            return self.ours.get(post.source) == path
        other = self.here.get(path)
        if other is None or other.title != post.title or post.source in self.ours:
            return False
        if post.date is None or other.date is None:
            return post.date is None and other.date is None
        return abs((other.date.date() - post.date.date()).days) < 2

    # Tags, categories, authors

    def slug_of(self, kind: str, name: str) -> str:
        settings = self.blog.settings
        rules = settings.get(f"{kind}_REGEX_SUBSTITUTIONS", settings["SLUG_REGEX_SUBSTITUTIONS"])
        unicode = settings["SLUGIFY_USE_UNICODE"]
        return str(slugify(name, rules, settings["SLUGIFY_PRESERVE_CASE"], unicode))

    def spelling(self, post: Post, kind: str, names: Iterable[str]) -> list[str]:
        """Names in one spelling for the whole blog; one that no address can be made of is left out."""
        found: dict[str, str] = {}
        for name in (" ".join(each.replace(";", ",").split()) for each in names):
            slug = self.slug_of(kind, name) if name else ""
            if slug and len(slug) <= MAX_SLUG_CHARS:
                spelt = found.setdefault(slug, self.spelt.setdefault((kind, slug), name))
                if spelt.casefold() != name.casefold():
                    post.note(
                        f'the {kind.lower()} "{name}" shares its page with "{spelt}", and is that'
                    )
            elif name:
                post.note(f'the {kind.lower()} "{name}" was left out: no address can be made of it')
        return list(found.values())

    # Old addresses

    def aliases(self, post: Post, now: str) -> list[str]:
        """The paths under which links know it, without the one that it has now."""
        found: list[str] = []
        for each in dict.fromkeys(post.addresses):
            path = unquote(urlsplit(each).path)
            path = "/" + path.lstrip("/")
            if self.base and path.startswith(f"/{self.base}/"):
                # An alias is a path below the blog's own, as the old address was below that of the other.
                path = path.removeprefix(f"/{self.base}")
            if path in ("/", "/index.html") or path.strip("/") == unquote(now).strip("/"):
                continue
            file = alias_file(path)
            why = ""
            if NOT_IN_A_PATH.search(path):
                why = "has signs that no alias may have; let the server lead it here"
            elif any(len(part.encode()) > MAX_NAME_BYTES for part in file.split("/")):
                why = "is longer than a file's name may be; let the server lead it here"
            elif self.the_sites_own(file):
                why = "is an address of the site itself"
            elif owner := self.taken.get(file):
                why = f"is the address of {owner}"
            elif owner := self.old.get(file):
                why = f"leads to {owner}"
            elif file in self.folders or any(
                parent.as_posix() in self.taken or parent.as_posix() in self.old
                for parent in Path(file).parents
            ):
                why = "would be a file and a folder at once; let the server lead it here"
            if why:
                post.note(f"the old address {path} {why}")
                continue
            self.old[file] = post.place
            self.folders.update(parent.as_posix() for parent in Path(file).parents)
            # A comma ends an alias, and is itself only when it is written so.
            found.append(quote(path, safe="/:@!$&'()*+;=~").replace(",", "%2C"))
        return found
