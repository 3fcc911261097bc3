"""Manifest: which published articles may be commented on, and how, as their authors wrote it.

Reads `Comments`, `Comments_close`, `Thread`, `Aliases` and `Pinned` from the front matter, refuses the
build when one of them is wrong, gives each article its `thread`, and writes `threads.json`, from
which a comment service knows every thread. Who may comment is decided there; the redirect pages
of `Aliases` are written by `aliases`.

After it an article has `thread` (an id, or None where nothing is to be shown), `comments` ("open",
"held", "closed" or "off"), `aliases` (a tuple of paths) and `pinned` (whether it stands first).

Settings: COMMENTS_DEFAULT ("open"), COMMENTS_CLOSE (None, or "90 days"), COMMENTS_MANIFEST_SAVE_AS
("threads.json"). SITEURL has to be absolute.
"""

import difflib
import hashlib
import html
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, unquote, urlsplit

from pelican import signals

from plugins import files
from plugins.markdown import frontmatter

VERSION = 1
STATES = ("open", "held", "closed", "off")
KEYS = ("comments", "comments_close", "thread", "aliases", "pinned")
THREAD_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,127}")
LANG = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")
DAYS = re.compile(r"(\d{1,5}) days?")
# Characters that no address has unescaped, and those that a redirect's file name must not have.
NOT_IN_A_PATH = re.compile(r"[\x00-\x20\x7f\\?#%\"<>]|//|/\.\.?(/|$)")

INLINE = re.compile(r"</?(abbr|b|cite|code|em|i|q|s|small|span|strong|sub|sup|tt|u|wbr)\b[^<>]*>")
TAG = re.compile(r"<[^>]*>")

UNREAD = (
    "Pelican could not read this and would leave it out, its comments with it. The message above says"
    " why; a missing or mistyped Date is the usual reason."
)

# Pelican is untyped: its articles, generators and settings are whatever the plugins before us made.
Article = Any
Generator = Any
Pelican = Any

# What `all_generators_finalized` resolved, until `finalized` writes it: by output folder.
_resolved: dict[str, bytes] = {}
# What a reader found wrong with the front matter of a source, until it is told with all the rest.
unreadable: dict[str, list[tuple[int, str]]] = {}


class Problem(NamedTuple):
    """A line of front matter that cannot be used; `text` says what is wrong and what to write."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.text}"


class FrontMatterError(Exception):
    """What stops the build: every problem at once, so that one round of corrections is enough."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        many = len(self.problems) != 1
        listed = "\n".join(str(problem) for problem in self.problems)
        super().__init__(
            f"{len(self.problems)} problem{'s' * many} in the front matter; nothing was written.\n"
            + listed
        )


def line_of(path: str | Path, key: str) -> int:
    """The line on which a source file sets `key`; 1 when it is not set there."""
    same = [word for word, meant in frontmatter.SAME.items() if meant == key]
    keys = "|".join([key, *same, *(("draft", "published") if key == "status" else ())])
    # The ways in which Pelican's readers are told: Markdown in its three, reStructuredText, HTML.
    sets = re.compile(
        rf"\s*[:\"']?(?:{keys})[\"']?\s*[:=]|.*<meta\s[^>]*name=[\"'](?:{keys})[\"']", re.IGNORECASE
    )
    lines = Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    return next((number for number, line in enumerate(lines, 1) if sets.match(line)), 1)


def thread_id(slug: str) -> str:
    """The slug where it is an id already; else an id made from it, the same in every build."""
    if THREAD_ID.fullmatch(slug):
        return slug
    slug = unicodedata.normalize("NFC", slug)
    ascii_only = unicodedata.normalize("NFKD", slug).encode("ascii", "ignore").decode().lower()
    readable = re.sub(r"[^a-z0-9]+", "-", ascii_only).strip("-")[:100].rstrip("-")
    # Two slugs may fold to the same letters; 40 bits of the whole slug keep them apart.
    return f"{readable or 'thread'}-{hashlib.sha256(slug.encode()).hexdigest()[:10]}"


def closing_time(value: str, article: Article) -> datetime | None:
    """The moment after which nothing new is taken; raises ValueError for what is no such thing."""
    value = value.strip()
    if value.lower() == "never":
        return None
    if days := DAYS.fullmatch(value.lower()):
        moment = article.date + timedelta(days=int(days[1]))
    else:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=article.date.tzinfo)
    closes: datetime = moment.astimezone(UTC)
    return closes


class Reading:
    """One pass over a site's front matter: what it says, and every problem met on the way."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.problems: list[Problem] = []
        self.folder = Path(settings["PATH"])

    def name(self, content: Article) -> str:
        """The source's path as its author would type it: from the current folder if below it."""
        path = Path(content.source_path)
        return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)

    def refuse(self, content: Article, key: str, text: str) -> None:
        line = line_of(content.source_path, key)
        self.problems.append(Problem(self.name(content), line, text))

    def text(self, content: Article, key: str) -> str | None:
        """The one value of a key, or None; a key that is set twice is a problem."""
        value = content.metadata.get(key)
        if isinstance(value, list):
            self.refuse(content, key, f"{key.capitalize()} is set more than once. Keep one line.")
            return None
        return value.strip() if isinstance(value, str) else None

    def state(self, content: Article) -> str | None:
        value = self.text(content, "comments")
        if value is None:
            return None
        if value.lower() not in STATES:
            self.refuse(
                content,
                "comments",
                f'Comments: "{value}" is not a state. Write open, held, closed or off.',
            )
            return None
        return value.lower()

    def close_after(self, content: Article) -> str | None:
        """The value of Comments_close as written, once it is known to mean something."""
        value = self.text(content, "comments_close")
        if value is None or not hasattr(content, "date"):
            return None
        try:
            moment = closing_time(value, content)
        except (ValueError, OverflowError):
            self.refuse(
                content,
                "comments_close",
                f'Comments_close: "{value}" is neither a number of days nor a date.'
                ' Write "90 days", "2027-02-18" or "never".',
            )
            return None
        if moment is not None and moment < content.date:
            self.refuse(
                content,
                "comments_close",
                f'Comments_close: "{value}" is before the article\'s own date.'
                " Write a later date, or Comments: closed.",
            )
            return None
        return value

    def thread(self, content: Article) -> str | None:
        value = self.text(content, "thread")
        if value is None:
            return None
        if not THREAD_ID.fullmatch(value):
            self.refuse(
                content,
                "thread",
                f'Thread: "{value}" is not a thread id. Write at most 128 of a-z, 0-9 and "-",'
                f" a letter or digit first, such as {thread_id(value)}.",
            )
            return None
        return value

    def pinned(self, content: Article) -> bool:
        value = self.text(content, "pinned")
        if value is not None and value.lower() not in ("yes", "no"):
            self.refuse(content, "pinned", f'Pinned: "{value}" is no answer. Write yes or no.')
        return value is not None and value.lower() == "yes"

    def aliases(self, content: Article) -> tuple[str, ...]:
        value = content.metadata.get("aliases", "")
        listed = value if isinstance(value, list | tuple) else [value]
        paths = [path.strip() for line in listed for path in line.split(",") if path.strip()]
        good = []
        for written in paths:
            path = unicodedata.normalize("NFC", unquote(written))
            if path.startswith("/") and path != "/" and not NOT_IN_A_PATH.search(path):
                good.append(path)
                continue
            self.refuse(
                content,
                "aliases",
                f'Aliases: "{written}" is not a path on this site. Write the old address from its'
                " first slash on, without host, query or fragment, such as /2024/old-address/.",
            )
        return tuple(dict.fromkeys(good))

    def unknown_keys(self, content: Article) -> None:
        """A misspelt key would silently open what its author meant to close."""
        for key in content.metadata:
            if key in KEYS or not isinstance(key, str):
                continue
            if meant := difflib.get_close_matches(key, KEYS, n=1, cutoff=0.83):
                self.refuse(
                    content,
                    re.escape(key),
                    f"{key.capitalize()} is not a key that is known. Did you mean"
                    f" {meant[0].capitalize()}?",
                )

    def one(self, group: list[Article], key: str, values: list[str | None]) -> str | None:
        """What a group of translations says together; two different answers are a problem."""
        said = [(member, value) for member, value in zip(group, values, strict=True) if value]
        if not said:
            return None
        first, answer = said[0]
        for member, value in said[1:]:
            if value != answer:
                self.refuse(
                    member,
                    key,
                    f'{key.capitalize()}: "{value}" here, but "{answer}" in {self.name(first)}.'
                    " Translations share one thread: write it in one of them.",
                )
        return answer


def groups(generator: Generator) -> Iterator[list[Article]]:
    """Each published article with its translations, the original first."""
    originals = {id(article) for article in generator.articles}

    def rank(article: Article) -> tuple[bool, bool, str, str]:
        original = id(article) in originals
        return (not original, not article.in_default_lang, article.lang, article.source_path)

    seen: set[int] = set()
    for article in sorted(chain(generator.articles, generator.translations), key=rank):
        if id(article) not in seen:
            group = [article, *sorted(article.translations, key=rank)]
            seen.update(map(id, group))
            yield group


def absolute(site_url: str, url: str) -> str:
    return f"{site_url}/{quote(url.lstrip('/'), safe='/%:@!$&()*+,;=~?#')}"


def plain(title: str) -> str:
    """A title without the markup that Typogrify and docutils put into it; other words stay."""
    return " ".join(html.unescape(INLINE.sub("", title)).split())


def plain_text(html_text: str) -> str:
    """HTML as a line of plain text."""
    return " ".join(html.unescape(TAG.sub("", html_text)).split())


def alias_file(path: str) -> str:
    """The file, below the output folder, that answers for an alias."""
    name = path.strip("/")
    return name if not path.endswith("/") and Path(name).suffix else f"{name}/index.html"


def entry(reading: Reading, group: list[Article], site_url: str) -> dict[str, Any]:
    """The manifest's lines about one thread; what it resolves is also put on the articles."""
    main = group[0]
    settings = reading.settings
    states = [reading.state(member) for member in group]
    closes = [reading.close_after(member) for member in group]
    threads = [reading.thread(member) for member in group]
    state = reading.one(group, "comments", states) or settings.get("COMMENTS_DEFAULT", "open")
    close = reading.one(group, "comments_close", closes) or settings.get("COMMENTS_CLOSE")
    thread = reading.one(group, "thread", threads) or thread_id(main.slug)
    langs: dict[str, Article] = {}
    for member in group:
        member.thread = None if state == "off" else thread
        member.comments = state
        member.aliases = reading.aliases(member)
        member.pinned = reading.pinned(member)
        lang = member.lang.lower()
        if not LANG.fullmatch(lang):
            reading.refuse(
                member, "lang", f'Lang: "{member.lang}" is no language. Write one such as zh-cn.'
            )
        if twin := langs.setdefault(lang, member):
            if twin is member:
                continue
            reading.refuse(
                member,
                "slug",
                f'The slug "{member.slug}" in {lang} is also that of {reading.name(twin)}.'
                " Write another Slug, or another Lang if it is a translation.",
            )
    return {
        "id": thread,
        "url": absolute(site_url, main.url),
        "aliases": sorted({alias for member in group for alias in member.aliases}),
        "title": plain(main.title),
        "published": main.date.astimezone(UTC).isoformat(),
        "lang": main.lang.lower(),
        "category": str(getattr(main, "category", "")),
        "authors": [str(author) for author in getattr(main, "authors", [])],
        "comments": state,
        "close_after": moment.isoformat()
        if close and (moment := closing_time(close, main))
        else None,
        "translations": [
            {
                "lang": member.lang.lower(),
                "url": absolute(site_url, member.url),
                "title": plain(member.title),
            }
            for member in group[1:]
        ],
    }


def check_settings(settings: dict[str, Any]) -> str:
    """The site's address; raises ValueError for a setting that no manifest can be made with."""
    site_url = str(settings.get("SITEURL", "")).rstrip("/")
    if urlsplit(site_url).scheme not in ("http", "https") or not urlsplit(site_url).netloc:
        raise ValueError(
            f'SITEURL is "{site_url}"; the manifest needs the site\'s whole address, such as'
            ' "https://example.org". Set it in pelicanconf.py.'
        )
    default = settings.get("COMMENTS_DEFAULT", "open")
    if default not in STATES:
        raise ValueError(
            f'COMMENTS_DEFAULT is "{default}". Write "open", "held", "closed" or "off".'
        )
    close = settings.get("COMMENTS_CLOSE")
    if close is not None and not DAYS.fullmatch(str(close)):
        raise ValueError(f'COMMENTS_CLOSE is "{close}". Write a number of days, such as "90 days".')
    return site_url


def resolve(generators: Iterable[Generator]) -> None:
    """Read all front matter, before anything is written; stop the build if any of it is wrong."""
    by_name = {type(generator).__name__: generator for generator in generators}
    articles, pages = by_name["ArticlesGenerator"], by_name["PagesGenerator"]
    settings = articles.settings
    site_url = check_settings(settings)
    reading = Reading(settings)

    for path, content in articles.context["generated_content"].items():
        if content is None:
            source = Path(settings["PATH"], path)
            shown = source.relative_to(Path.cwd()) if source.is_relative_to(Path.cwd()) else source
            reading.problems += [
                Problem(str(shown), line, text)
                for line, text in unreadable.pop(str(source), [(1, UNREAD)])
            ]
    unpublished = [
        *chain(articles.drafts, articles.drafts_translations),
        *chain(articles.hidden_articles, articles.hidden_translations),
    ]
    for article in unpublished:
        # Mistakes in what waits for its date are better found today than on that day.
        reading.state(article), reading.close_after(article), reading.thread(article)
        reading.pinned(article)
        reading.unknown_keys(article)
        article.aliases = reading.aliases(article)
        article.thread, article.comments = None, "off"
    all_pages = [
        *chain(pages.pages, pages.translations, pages.hidden_pages, pages.hidden_translations),
        *chain(pages.draft_pages, pages.draft_translations),
    ]
    for page in all_pages:
        for key in KEYS[:3]:
            if key in page.metadata and page.metadata[key] != "off":
                reading.refuse(
                    page,
                    key,
                    f"{key.capitalize()} has no meaning on a page: only articles have threads."
                    " Remove the line, or make it an article.",
                )
        page.aliases = reading.aliases(page)

    entries: dict[str, tuple[dict[str, Any], Article]] = {}
    for group in groups(articles):
        for member in group:
            reading.unknown_keys(member)
        new = entry(reading, group, site_url)
        _, other = entries.setdefault(new["id"], (new, group[0]))
        if other is not group[0]:
            key = "thread" if "thread" in group[0].metadata else "slug"
            reading.refuse(
                group[0],
                key,
                f'The thread id "{new["id"]}" is also that of {reading.name(other)}.'
                f" Write another one here, such as Thread: {new['id'][:120]}-2.",
            )
    published = [*articles.articles, *articles.translations, *pages.pages, *pages.translations]
    check_aliases(reading, [*published, *unpublished, *all_pages])
    if reading.problems:
        raise FrontMatterError(reading.problems)

    # Known to whichever plugin writes such a page.
    discussions = articles.context.get("discussions_pages", {})
    manifest = {
        "version": VERSION,
        "site": {
            "url": site_url,
            "title": settings["SITENAME"],
            "lang": settings["DEFAULT_LANG"].lower(),
            "discussions": {lang: absolute(site_url, url) for lang, url in discussions.items()},
        },
        "threads": [entries[name][0] for name in sorted(entries)],
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=1) + "\n"
    _resolved[settings["OUTPUT_PATH"]] = text.encode()


def check_aliases(reading: Reading, contents: list[Article]) -> None:
    """An old address must not hide a page that exists, nor lead to two."""
    taken = {content.save_as: content for content in contents if content.save_as}
    seen: dict[str, Article] = {}
    for content in {id(content): content for content in contents}.values():
        for alias in content.aliases:
            name = alias_file(alias)
            if name in taken:
                reading.refuse(
                    content,
                    "aliases",
                    f'Aliases: "{alias}" is the address of {reading.name(taken[name])}.'
                    " Remove it here, or give that one another Slug.",
                )
            elif seen.setdefault(name, content) is not content:
                reading.refuse(
                    content,
                    "aliases",
                    f'Aliases: "{alias}" is claimed by {reading.name(seen[name])} as well.'
                    " Keep it in one of them.",
                )


def write(pelican: Pelican) -> None:
    """Last of all, when the pages it speaks of are there."""
    settings = pelican.settings
    name = settings.get("COMMENTS_MANIFEST_SAVE_AS", "threads.json")
    manifest = _resolved.pop(settings["OUTPUT_PATH"], None)
    if manifest is not None:
        files.update(Path(settings["OUTPUT_PATH"], name), manifest)


def register() -> None:
    signals.all_generators_finalized.connect(resolve)
    signals.finalized.connect(write)
