"""Addresses: no two things of a site have one, which is known before anything is written.

Articles and pages, the lists and feeds that the site makes by itself, its files, what the comment service
answers for, and old addresses (`Aliases`): where two of them would be one file, or one would be a folder where
the other is a file, a build would stop half way, or the one would silently take the other's place. The same
holds for names that differ only in capitals, which many disks do not tell apart. A slug has to have letters.

Stands behind `redirects` in PLUGINS, which says what the `aliases` of an article are.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any
from urllib.parse import urljoin, urlsplit

from pelican import signals
from pelican.contents import Static

from formats import http_headers
from plugins import problems
from plugins.markdown import frontmatter_check
from plugins.markdown.frontmatter import Line, line_of
from plugins.markdown.unread import NAMELESS
from plugins.problems import WrongSetting
from plugins.site import Article, Generator, as_typed, by_kind, drafts, hidden, published

from .redirects import alias_file

# What has a page, and the name of its file.
Placed = tuple[Article, str]

# What a line names, with the beginning of its settings' names, and how it is said of a page.
NAMED = (
    ("tags", "TAG", "tag"),
    ("category", "CATEGORY", "category"),
    ("authors", "AUTHOR", "author"),
)
# In bytes: disks take 255, and what is packed, or being written, has a longer name.
LONGEST = 200
TOO_LONG = "is too long for the name of a file"
YEAR = re.compile(r"[1-9]\d{3}")
# What other plugins write, by the setting that names it, with its default.
FILES = {
    "SITEMAP_SAVE_AS": "sitemap.xml",
    "LLMS_SAVE_AS": "llms.txt",
    "COMMENTS_MANIFEST_SAVE_AS": "threads.json",
    "FEED_ALL_JSON": "feeds/all.json",
    **dict.fromkeys(("FEED_ATOM", "FEED_RSS", "FEED_ALL_ATOM", "FEED_ALL_RSS"), ""),
}
OWN_PAGES = {"index": "the first page", "404": "the page that says what is not found"}
ALWAYS = (
    *(
        ".well-known/security.txt",
        "robots.txt",
        "preview.json",
        "_redirects",
        "nginx-redirects.map",
        "caddy-redirects.map",
    ),
    *("_headers", "nginx-policy.map", *http_headers.POLICY_FILES.values()),
)


def key(name: str) -> str:
    """The same for names that some disk takes for one."""
    return unicodedata.normalize("NFC", name).casefold()


def named(content: Article, kind: str) -> list[Any]:
    """The tags, the category or the authors of an article, as a list."""
    found = getattr(content, kind, None) or []
    return list(found) if isinstance(found, list | tuple) else [found]


def site_files(settings: dict[str, Any], langs: Iterable[str] = ()) -> dict[str, str]:
    """What every site writes by itself, by the file's name, with what each is."""
    found: dict[str, str] = {}
    for template in settings["DIRECT_TEMPLATES"]:
        name = settings.get(f"{template.upper()}_SAVE_AS", f"{template}.html")
        found[str(name)] = OWN_PAGES.get(template, f"the page of all {template}")
    for page in ("discussions", "search"):
        for below in ("", *(f"{lang}/" for lang in langs)):
            found[f"{below}{page}/index.html"] = f"the page of the {page}"
    for setting, default in FILES.items():
        found[str(settings.get(setting, default) or "")] = "a file that the site makes by itself"
    found |= dict.fromkeys(ALWAYS, "a file that the site makes by itself")
    return {key(name): what for name, what in found.items() if name}


def list_files(articles: Generator) -> Iterator[tuple[str, str, str]]:
    """The file of each list of this site, what it is, and the setting that names it."""
    for kind, periods in articles.period_archives.items():
        for period in periods:
            what = f"the archive of {'-'.join(f'{part:02}' for part in period['period_num'])}"
            yield str(period["save_as"]), what, f"{kind.upper()}_ARCHIVE_SAVE_AS"
    for _, beginning, noun, wrappers in (
        (*NAMED[0], articles.tags),
        (*NAMED[1], [category for category, _ in articles.categories]),
        (*NAMED[2], [author for author, _ in articles.authors]),
    ):
        for wrapper in wrappers:
            what = f"the page of the {noun} {wrapper.name}"
            yield str(wrapper.save_as), what, f"{beginning}_SAVE_AS"


def refuse_shared_lists(articles: Generator) -> None:
    """Raise WrongSetting where two lists would be one file, or one the folder of another."""
    settings = articles.settings
    feeds = ((setting, settings.get(setting, default)) for setting, default in FILES.items())
    known: dict[str, str] = {}
    folders: dict[str, str] = {}
    for name, what, setting in (
        *list_files(articles),
        *((str(name), f"the file of {setting}", setting) for setting, name in feeds if name),
    ):
        in_its_way = (known[folder] for folder in above(name) if folder in known)
        other = known.get(name) or folders.get(name) or next(in_its_way, what)
        if name and other != what:
            raise WrongSetting(
                f"{setting} names {name} for {what}, where {other} is, or needs a folder. Write a place into"
                " pelicanconf.py that nothing else has."
            )
        known[name] = what
        folders |= dict.fromkeys(above(name), what)


def own_files(articles: Generator) -> dict[str, str]:
    """The same of this one, with its lists and its static files."""
    found: dict[str, str] = {}
    for name, what, _ in list_files(articles):
        found.setdefault(name, what)
    for static in articles.context.get("staticfiles", ()):
        # Asked for past Pelican's own property, after which no article could attach the file any more.
        name = str(super(Static, static).save_as).replace("\\", "/").removeprefix("./")
        found.setdefault(name, f"the file {static.source_path}")
    langs = {article.lang.lower() for article in published(articles)}
    lists = {key(name): what for name, what in found.items() if name}
    return lists | site_files(articles.settings, langs)


def own_folders(settings: dict[str, Any]) -> dict[str, str]:
    """Folders in which nothing of an author's would last, or be asked for."""
    found = {f"{settings.get('DRAFTS_FOLDER', 'drafts')}/": "drafts, which readers never get"}
    found["pagefind/"] = "the search"
    site = settings["SITEURL"].rstrip("/") + "/"
    comments = urlsplit(urljoin(site, settings.get("COMMENTS_URL") or site))
    base = urlsplit(site)
    below = comments.path.removeprefix(base.path)
    if comments.netloc == base.netloc and comments.path.startswith(base.path) and below:
        found[f"{below.strip('/')}/"] = "the comment service"
    return {key(name): what for name, what in found.items()}


def reserved(settings: dict[str, Any], slug: str) -> str:
    """What of every site has the address that an article would get by this slug, or nothing."""
    return str(Addresses(settings, site_files(settings)).owner(f"{slug}/index.html"))


def contents(*generators: Generator) -> list[Placed]:
    """All that has a page of its own, each with the name of its file, which Pelican makes each time it is asked."""
    found = [*published(*generators), *hidden(*generators), *drafts(*generators)]
    placed = ((each, str(each.save_as)) for each in found)
    return sorted((each for each in placed if each[1]), key=lambda each: str(each[0].source_path))


class Addresses:
    """Which file is whose, while contents are added one after the other."""

    def __init__(self, settings: dict[str, Any], files: dict[str, str]) -> None:
        self.settings = settings
        self.files: dict[str, str | Article] = dict(files)
        self.folders = own_folders(settings)
        # Whose file it is that needs each of these folders.
        self.needed = {folder: what for name, what in self.files.items() for folder in above(name)}

    def owner(self, name: str, *, draft: bool = False) -> str | Article:
        """Who has this file, or what stands in its way; nothing where it is free."""
        name = key(name)
        if YEAR.fullmatch(year := name.partition("/")[0]):
            pattern = str(self.settings["YEAR_ARCHIVE_SAVE_AS"] or "")
            if pattern and key(pattern.format(date=date(int(year), 1, 1))) == name:
                return f"the archive of {year}"
        for folder, what in self.folders.items():
            if name.startswith(folder) and not draft:
                return what
        in_its_way = (self.files[folder] for folder in above(name) if folder in self.files)
        return self.files.get(name) or self.needed.get(name) or next(in_its_way, "")

    def add(self, content: Article, save_as: str) -> str | Article:
        """Give a content its file; answers who has it already, if anybody."""
        owner = self.owner(save_as, draft=content.status == "draft")
        if not owner:
            name = key(save_as)
            self.files[name] = content
            self.needed |= dict.fromkeys(above(name), content)
        return owner


def above(name: str) -> list[str]:
    """The folders that a file needs."""
    parts = name.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts))]


def clashes(*generators: Generator) -> Iterator[tuple[Article, str | Article]]:
    """Each content whose page would be where something else is, with what that is."""
    yield from among(contents(*generators), generators[0])


def too_long(name: str) -> bool:
    return any(len(part.encode()) > LONGEST for part in name.split("/"))


def among(everything: list[Placed], articles: Generator) -> Iterator[tuple[Article, str | Article]]:
    addresses = Addresses(articles.settings, own_files(articles))
    for content, save_as in everything:
        if owner := addresses.add(content, save_as):
            yield content, owner


def refuse(generators: Iterable[Generator]) -> None:
    articles, pages = by_kind(generators)
    settings = articles.settings
    refuse_shared_lists(articles)

    def told(content: Article, name: str, text: str) -> None:
        problems.refuse_line(settings, content, line_of(content.source_path, name), text)

    everything = contents(articles, pages)
    # Tags and the like that are in order: most articles share them.
    good: set[int] = set()
    for content, save_as in everything:
        slug = Line(1, "slug", [content.slug], "Slug")
        for text in frontmatter_check.of_value(slug) if content.slug else (NAMELESS,):
            told(content, "slug", text)
        for kind, _, noun in NAMED:
            for one in named(content, kind):
                if id(one) in good:
                    continue
                if not one.slug:
                    text = f'{kind.capitalize()}: "{one.name}" has no letters for an address.'
                    told(content, kind, f"{text} Write another {noun}.")
                elif too_long(one.slug):
                    text = f'{kind.capitalize()}: "{one.name[:40]}…" {TOO_LONG}.'
                    told(content, kind, f"{text} Write a shorter {noun}.")
                else:
                    good.add(id(one))
        if too_long(save_as):
            written = "save_as" if "save_as" in content.metadata else "slug"
            name = f"{written.capitalize()}: {str(getattr(content, written))[:40]}…"
            told(content, written, f"{name} {TOO_LONG}. Write a shorter one.")
    for content, owner in among(everything, articles):
        what = owner if isinstance(owner, str) else as_typed(owner.source_path)
        said = (each for each in ("slug", "save_as", "url") if each in content.metadata)
        written = next(said, "slug")
        # `manifest` has told of two articles of one slug and language.
        line = line_of(content.source_path, written)
        if not problems.is_refused(settings, content.source_path, line):
            text = f'The slug "{content.slug}" gives it the address of {what}. Write another Slug.'
            told(content, written, text)
    aliases = ((each, getattr(each, "aliases", None)) for each, _ in everything)
    if moved := [each for each, its in aliases if its and isinstance(its, tuple)]:
        refuse_aliases(moved, Addresses(settings, own_files(articles)), told)
    for content, kind, text in shared_feeds((each for each, _ in everything), settings):
        told(content, kind, text)


def refuse_aliases(moved: list[Article], addresses: Addresses, told: Any) -> None:
    """Old addresses that would take the place of what the site writes; `redirects` knows the others."""
    for content in moved:
        for alias in content.aliases:
            if too_long(alias):
                text = f'Aliases: "{alias[:40]}…" {TOO_LONG}. Remove it here.'
                told(content, "aliases", text)
            elif owner := addresses.owner(alias_file(alias)):
                told(
                    content,
                    "aliases",
                    f'Aliases: "{alias}" is the address of {owner}. Remove it here.',
                )


def shared_feeds(
    everything: Iterable[Article], settings: dict[str, Any]
) -> Iterator[tuple[Article, str, str]]:
    """A category and an author of one slug, whose feeds would be one file."""
    first: dict[str, tuple[str, str]] = {}
    of_settings = {
        prefix: [name for form in ("ATOM", "RSS") if settings.get(name := f"{prefix}_FEED_{form}")]
        for _, prefix, _ in NAMED
    }
    feeds: dict[tuple[str, int], str] = {}
    for content in everything:
        for kind, prefix, noun in NAMED:
            for each in named(content, kind):
                for setting in of_settings[prefix]:
                    feed = feeds.get((setting, id(each))) or feeds.setdefault(
                        (setting, id(each)), str(settings[setting]).format(slug=each.slug)
                    )
                    owner, other = first.setdefault(feed, (noun, each.name))
                    if owner != noun:
                        yield (
                            content,
                            kind,
                            f'{kind.capitalize()}: "{each.name}" has the feed {feed}, which is also'
                            f' that of the {owner} "{other}". Rename one, or change {setting}.',
                        )


def register() -> None:
    problems.listen()
    signals.all_generators_finalized.connect(refuse)
