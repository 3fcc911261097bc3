"""Manifest: which published articles may be commented on, and how, as their authors wrote it.

Reads `Comments`, `Comments_close` and `Thread` from the front matter, gives each article its `thread`, and
writes `threads.json`, from which a comment service knows every thread. Who may comment is decided
there. Whatever is wrong in the front matter stops the build here, at once and with all the rest that
other plugins find in it: `Aliases` (`redirects`), `Pinned` (`reading`), a text that nobody could read.

After it an article has `thread` (an id, or None where nothing is to be shown), `comments` ("open",
"held", "closed" or "off") and `takes_notes`: whether passages of it can be noted.

Settings: ACCENT (the theme's, as are those of `branding`), NEWSLETTER (False; new articles by e-mail), COMMENTS_DEFAULT ("open"), COMMENTS_CLOSE (None, or "90 days"), COMMENTS_NOTES (True), COMMENTS_MANIFEST_SAVE_AS
("threads.json"). SITEURL has to be absolute.
"""

import difflib
import functools
import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pelican import signals

from formats.manifest import COLOUR, LANG, NAME, STATES, THREAD, VERSION, WRITTEN
from plugins import files, problems
from plugins.delivery import redirects
from plugins.markdown.frontmatter_values import Metadata
from plugins.presentation import branding, reading
from plugins.site import (
    Article,
    Generator,
    Pelican,
    Problem,
    absolute,
    as_typed,
    by_kind,
    drafts,
    hidden,
    plain,
    published,
)

from . import follow

OF_A_THREAD = ("comments", "comments_close", "thread")
KEYS = (*OF_A_THREAD, "aliases", "pinned")
# What front matter says of notes in the margin, beside the state.
NOTES = {"notes": True, "no notes": False}
DAYS = re.compile(r"(\d{1,5}) days?")

UNREAD = (
    "Pelican could not read this and would leave it out, its comments with it. The message above says"
    " why; a missing or mistyped Date is the usual reason."
)

# What `all_generators_finalized` resolved, until `finalized` writes it: by output folder.
_resolved: dict[str, bytes] = {}


def thread_id(slug: str) -> str:
    """The slug where it is an id already; else an id made from it, the same in every build."""
    if re.fullmatch(THREAD, slug):
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


def ruled(said: Metadata, content: Article) -> tuple[str | None, str | None]:
    """What an article says of its comments, and of notes on its passages: `open, no notes`."""
    value = said.text(content, "comments")
    if value is None:
        return None, None
    state = notes = None
    for word in re.split(r"\s*,\s*", value.lower()):
        if word in STATES and state is None:
            state = word
        elif word in NOTES and notes is None:
            notes = word
        else:
            said.refuse(
                content,
                "comments",
                f'Comments: "{value}" is not a state. Write open, held, closed or off'
                + ('; or "open, no notes".' if "," in value or "note" in value else "."),
            )
            return None, None
    return state, notes


def close_after(said: Metadata, content: Article) -> str | None:
    """The value of Comments_close as written, once it is known to mean something."""
    value = said.text(content, "comments_close")
    if value is None or not hasattr(content, "date"):
        return None
    try:
        moment = closing_time(value, content)
    except (ValueError, OverflowError):
        said.refuse(
            content,
            "comments_close",
            f'Comments_close: "{value}" is neither a number of days nor a date.'
            ' Write "90 days", "2027-02-18" or "never".',
        )
        return None
    if moment is not None and moment < content.date:
        said.refuse(
            content,
            "comments_close",
            f'Comments_close: "{value}" is before the article\'s own date.'
            " Write a later date, or Comments: closed.",
        )
        return None
    return value


def own_thread(said: Metadata, content: Article) -> str | None:
    value = said.text(content, "thread")
    if value is None:
        return None
    if not re.fullmatch(THREAD, value):
        said.refuse(
            content,
            "thread",
            f'Thread: "{value}" is not a thread id. Write at most 128 of a-z, 0-9 and "-",'
            f" a letter or digit first, such as {thread_id(value)}.",
        )
        return None
    return value


def unknown_keys(said: Metadata, content: Article) -> None:
    """A misspelt key would silently open what its author meant to close."""
    for key in content.metadata:
        if key in KEYS or not isinstance(key, str):
            continue
        if meant := known_key(key):
            said.refuse(
                content,
                re.escape(key),
                f"{key.capitalize()} is not a key that is known. Did you mean {meant.capitalize()}?",
            )


@functools.cache
def known_key(like: str) -> str:
    """The key that this one may have been meant to be; nothing where it is like none."""
    return "".join(difflib.get_close_matches(like, KEYS, n=1, cutoff=0.83))


def groups(generator: Generator) -> Iterator[list[Article]]:
    """Each published article with its translations, the original first."""
    originals = {id(article) for article in generator.articles}

    def rank(article: Article) -> tuple[bool, bool, str, str]:
        original = id(article) in originals
        return (not original, not article.in_default_lang, article.lang, article.source_path)

    seen: set[int] = set()
    for article in sorted(published(generator), key=rank):
        if id(article) not in seen:
            group = [article, *sorted(article.translations, key=rank)]
            seen.update(map(id, group))
            yield group


def entry(said: Metadata, group: list[Article], site_url: str) -> dict[str, Any]:
    """The manifest's lines about one thread; what it resolves is also put on the articles."""
    main = group[0]
    rulings = [ruled(said, member) for member in group]
    states = [state for state, _ in rulings]
    closes = [close_after(said, member) for member in group]
    threads = [own_thread(said, member) for member in group]
    answer = said.one(group, "comments", states) or said.settings.get("COMMENTS_DEFAULT", "open")
    notes = said.one(group, "comments", [notes for _, notes in rulings])
    takes_notes = NOTES[notes] if notes else bool(said.settings.get("COMMENTS_NOTES", True))
    close = said.one(group, "comments_close", closes) or said.settings.get("COMMENTS_CLOSE")
    thread = said.one(group, "thread", threads) or thread_id(main.slug)
    written = [key for key, found in zip(WRITTEN, (states, closes), strict=True) if any(found)]
    langs: dict[str, Article] = {}
    for member in group:
        member.thread = None if answer == "off" else thread
        member.comments = answer
        member.takes_notes = takes_notes and answer != "off"
        lang = member.lang.lower()
        if not re.fullmatch(LANG, lang):
            said.refuse(
                member, "lang", f'Lang: "{member.lang}" is no language. Write one such as zh-cn.'
            )
        if twin := langs.setdefault(lang, member):
            if twin is member:
                continue
            said.refuse(
                member,
                "slug",
                f'The slug "{member.slug}" in {lang} is also that of {said.name(twin)}.'
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
        "comments": answer,
        "close_after": moment.isoformat()
        if close and (moment := closing_time(close, main))
        else None,
        **({"written": written} if written else {}),
        **({} if takes_notes else {"notes": False}),
        "translations": [
            {
                "lang": member.lang.lower(),
                "url": absolute(site_url, member.url),
                "title": plain(member.title),
            }
            for member in group[1:]
        ],
    }


def setting_problems(settings: dict[str, Any]) -> Iterator[str]:
    """With what no manifest can be made."""
    site_url = str(settings.get("SITEURL", ""))
    if urlsplit(site_url).scheme not in ("http", "https") or not urlsplit(site_url).netloc:
        yield (
            f'SITEURL is "{site_url}"; the manifest needs the site\'s whole address, such as'
            ' "https://example.org". Set it in pelicanconf.py.'
        )
    default = settings.get("COMMENTS_DEFAULT", "open")
    if default not in STATES:
        yield f'COMMENTS_DEFAULT is "{default}". Write "open", "held", "closed" or "off".'
    notes = settings.get("COMMENTS_NOTES", True)
    if not isinstance(notes, bool):
        yield f"COMMENTS_NOTES is {notes!r}. Write True or False."
    if settings.get("NEWSLETTER") and not settings.get("FEED_ALL_JSON", "feeds/all.json"):
        yield (
            "NEWSLETTER is made from the JSON feed, which FEED_ALL_JSON switches off. Remove that line"
            " from pelicanconf.py, or NEWSLETTER."
        )
    close = settings.get("COMMENTS_CLOSE")
    if close is not None and not DAYS.fullmatch(str(close)):
        yield f'COMMENTS_CLOSE is "{close}". Write a number of days, such as "90 days".'


def refuse_unread(generator: Generator) -> None:
    """What Pelican, or a reader, has left out and nobody has told of yet."""
    settings = generator.settings
    for path, content in generator.context["generated_content"].items():
        if content is not None:
            continue
        source = Path(settings["PATH"], path)
        if not problems.is_refused(settings, source):
            problems.refuse(settings, Problem(as_typed(source), 1, UNREAD))


def accent(settings: dict[str, Any]) -> dict[str, list[str]]:
    """The owner's own colour on the light page and on the dark, where the theme was given one.

    Whether it can be read is the theme's to check (`theme_settings`).
    """
    given = settings.get("ACCENT")
    if not isinstance(given, list | tuple) or len(given) != 2:
        return {}
    fit = all(isinstance(one, str) and re.fullmatch(COLOUR, one) for one in given)
    return {"accent": list(given)} if fit else {}


def newsletter(settings: dict[str, Any], site_url: str) -> dict[str, str]:
    """The feed from which the service sends new articles by e-mail, where the blog offers that."""
    feed = settings.get("FEED_ALL_JSON", "feeds/all.json")
    return {"newsletter": absolute(site_url, feed)} if settings.get("NEWSLETTER") else {}


def resolve(generators: Iterable[Generator]) -> None:
    """Read all front matter, before anything is written; stop the build if any of it is wrong."""
    articles, pages = by_kind(generators)
    settings = articles.settings
    site_url = str(settings["SITEURL"]).rstrip("/")
    said = Metadata(settings)
    refuse_unread(articles)
    redirects.read(said, articles, pages)
    reading.read_pinned(said, articles)

    waiting = set()
    for article in [*drafts(articles), *hidden(articles)]:
        # Mistakes in what waits for its date are better found today than on that day.
        ruled(said, article), close_after(said, article)
        waiting.add(own_thread(said, article) or thread_id(article.slug))
        unknown_keys(said, article)
        article.thread, article.comments, article.takes_notes = None, "off", False
    for page in [*published(pages), *hidden(pages), *drafts(pages)]:
        for key in OF_A_THREAD:
            if key in page.metadata and page.metadata[key] != "off":
                said.refuse(
                    page,
                    key,
                    f"{key.capitalize()} has no meaning on a page: only articles have threads."
                    " Remove the line, or make it an article.",
                )

    entries: dict[str, tuple[dict[str, Any], list[Article]]] = {}
    for group in groups(articles):
        for member in group:
            unknown_keys(said, member)
        new = entry(said, group, site_url)
        _, other = entries.setdefault(new["id"], (new, group))
        if other is not group:
            key = "thread" if "thread" in group[0].metadata else "slug"
            said.refuse(
                group[0],
                key,
                f'The thread id "{new["id"]}" is also that of {said.name(other[0])}.'
                f" Write another one here, such as Thread: {new['id'][:120]}-2.",
            )
    follow.find(settings, list(entries.values()), waiting)
    # Known to whichever plugin writes such a page.
    discussions = articles.context.get("discussions_pages", {})
    head = {
        "version": VERSION,
        "site": {
            "url": site_url,
            "title": settings["SITENAME"],
            "lang": settings["DEFAULT_LANG"].lower(),
            "discussions": {lang: absolute(site_url, url) for lang, url in discussions.items()},
            **accent(settings),
            **newsletter(settings, site_url),
            **({"looks": looks} if (looks := branding.for_service(settings, site_url)) else {}),
        },
    }
    # A thread to a line: as easy to compare, and ten times as quick to write, as each value on its own.
    encode = json.JSONEncoder(ensure_ascii=False).encode
    threads = ",\n".join(encode(entries[name][0]) for name in sorted(entries))
    text = f'{encode(head).removesuffix("}")}, "threads": [\n{threads}\n]}}\n'
    _resolved[settings["OUTPUT_PATH"]] = text.encode()


def write(pelican: Pelican) -> None:
    """Last of all, when the pages it speaks of are there."""
    settings = pelican.settings
    name = settings.get("COMMENTS_MANIFEST_SAVE_AS", NAME)
    manifest = _resolved.pop(settings["OUTPUT_PATH"], None)
    if manifest is not None:
        files.update(Path(settings["OUTPUT_PATH"], name), manifest)


def register() -> None:
    problems.listen()
    signals.all_generators_finalized.connect(resolve)
    signals.finalized.connect(write)
