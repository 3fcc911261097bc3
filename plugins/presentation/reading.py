"""Reading: what helps a reader along: reading time, contents, the next article, the rest of a series.

After it a published article has `older` and `newer` (its neighbours in the same language, or None),
`series_parts` (all parts of its `Series`, oldest first, itself among them; else empty) and `pinned`;
every article has `linked_terms`, those of its tags and authors that have a page of their own, and its
`reading_minutes`, so that a list which tells them does not show its whole text. Templates have
`pinned_articles` and the filters `reading_minutes`, `described` (a line of plain text for search engines),
`contents` (the headings of a text) and `linked` (the text with its headings as links to themselves, and its
notes named).
"""

import hashlib
import re
from collections import defaultdict
from html import escape, unescape
from itertools import pairwise
from typing import Any, NamedTuple

from pelican import signals

from plugins import files, problems
from plugins.incremental import build_cache, saved_page
from plugins.markdown.frontmatter_values import Metadata
from plugins.site import Article, Generator, bare, by_kind, described, drafts, hidden, published

# Chinese and Japanese are written without spaces, and read by the character.
IDEOGRAPHS = (
    "\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
IDEOGRAPH = re.compile(f"[{IDEOGRAPHS}]")
WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
# Silent reading of prose: Brysbaert (2019) for English; Chinese readers take in 255 to 400.
WORDS_PER_MINUTE = 238
CHARACTERS_PER_MINUTE = 350

BARE = re.compile(
    r"""<a (?P<given>href="(?:https?://)?(?P<at>[^"]+?)/?"[^>]*>(?:https?://)?(?P=at)/?</a>)"""
)
HEADING = re.compile(r"<h(?P<level>[2-4])(?P<given>[^>]*)>(?P<inner>.*?)</h(?P=level)>", re.DOTALL)
ID = re.compile(r"\bid=\"([^\"]+)\"")
# A note's number is no part of the heading that it stands in.
NOTE = re.compile(r"<sup\b.*?</sup>", re.DOTALL)


class Heading(NamedTuple):
    """A line of the contents, and the lines below it."""

    id: str
    title: str
    below: list["Heading"]


def reading_minutes(html: str) -> int:
    """How long prose takes, at least a minute."""
    text = unescape(bare(html, " "))
    characters = len(IDEOGRAPH.findall(text))
    words = len(WORD.findall(IDEOGRAPH.sub(" ", text)))
    return max(1, round(words / WORDS_PER_MINUTE + characters / CHARACTERS_PER_MINUTE))


def time_all(articles: list[Article], settings: dict[str, Any]) -> None:
    """Tell of each article how long it takes; texts of the last build are not read again."""
    record = files.record(settings, "reading")
    before = files.read_record(record)
    program = build_cache.key(build_cache.program(__name__))
    known = before["minutes"] if before.get("program") == program else {}
    found: dict[str, int] = {}
    for article in articles:
        if hasattr(article, "_get_content"):
            continue  # Its text is made while it is shown.
        text = str(article._content)
        key = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        if key not in found:
            found[key] = known.get(key) or reading_minutes(text)
        article.reading_minutes = found[key]
    files.write_record(record, {"program": program, "minutes": found})


def again(content: Article, generators: list[Generator]) -> None:
    """An article that was saved since may take longer."""
    if hasattr(content, "reading_minutes"):
        content.reading_minutes = reading_minutes(str(content._content))


def contents(html: str) -> list[Heading]:
    """The sections of a text, each with its subsections; what is deeper is no map but the text."""
    found: list[Heading] = []
    for match in HEADING.finditer(html):
        name = ID.search(match["given"])
        if not name or match["level"] == "4":
            continue
        title = bare(NOTE.sub("", match["inner"])).strip()
        below = found[-1].below if match["level"] == "3" and found else found
        below.append(Heading(name[1], title, []))
    return found


def linked(html: str, notes: str = "Notes", back: str = "Back to the text") -> str:
    """The text with each heading a link to itself, its bare addresses marked (paper says each address
    once), and its notes named for those who hear them.
    """

    def link(match: re.Match[str]) -> str:
        name = ID.search(match["given"])
        if not name or "<a" in match["inner"]:
            return match[0]
        level, given, inner = match["level"], match["given"], match["inner"]
        return f'<h{level}{given}><a href="#{name[1]}">{inner}</a></h{level}>'

    html = BARE.sub(r'<a class="bare" \g<given>', HEADING.sub(link, html))
    html = html.replace(
        '<div class="footnote">',
        f'<div class="footnote" role="doc-endnotes" aria-label="{escape(notes)}">',
    )
    return html.replace(
        'class="footnote-backref"', f'class="footnote-backref" aria-label="{escape(back)}"'
    )


def read_pinned(said: Metadata, generator: Generator) -> None:
    """Give each article its `pinned`: whether it stands first on the first page."""
    for article in [*published(generator), *hidden(generator), *drafts(generator)]:
        value = said.text(article, "pinned")
        if value is not None and value.lower() not in ("yes", "no"):
            said.refuse(article, "pinned", f'Pinned: "{value}" is no answer. Write yes or no.')
        article.pinned = value is not None and value.lower() == "yes"


def gather(generators: list[Generator]) -> None:
    """What stands first, for the lists; read by `manifest` already where it is among the plugins."""
    articles, _ = by_kind(generators)
    listed = articles.context["articles"]
    # Until it is read, what Pelican itself makes of the line is there, a text.
    if not all(isinstance(getattr(article, "pinned", None), bool) for article in listed):
        read_pinned(Metadata(articles.settings), articles)
    everything = [*published(articles), *hidden(articles), *drafts(articles)]
    time_all(everything, articles.settings)
    for generator in generators:
        generator.context["pinned_articles"] = [article for article in listed if article.pinned]


def as_listed(generator: Generator) -> list[Article]:
    """Articles in the order of the lists, a translation beside its original; where the newest come first,
    from the end: of two that have one date the lists say which is newer.
    """
    listed = dict.fromkeys(
        each for article in generator.articles for each in (article, *article.translations)
    )
    return list(listed if generator.settings["ARTICLE_ORDER_BY"] == "date" else reversed(listed))


def arrange(generator: Generator) -> None:
    by_lang: dict[str, list[Article]] = defaultdict(list)
    series: dict[tuple[str, str], list[Article]] = defaultdict(list)
    for article in published(generator):
        article.older = article.newer = None
        article.series_parts = []
        if name := article.metadata.get("series"):
            series[article.lang, name].append(article)
    for article in as_listed(generator):
        by_lang[article.lang].append(article)
    # Pelican makes pages for the tags and authors of originals; what only a translation has is no link.
    with_page = {*generator.tags, *(author for author, _ in generator.authors)}
    for article in [*published(generator), *hidden(generator), *drafts(generator)]:
        terms = [*getattr(article, "tags", ()), *getattr(article, "authors", ())]
        article.linked_terms = [term for term in terms if term in with_page]
    for articles in by_lang.values():
        articles.sort(key=lambda article: article.date)
        for older, newer in pairwise(articles):
            older.newer, newer.older = newer, older
    for parts in series.values():
        parts.sort(key=lambda article: (article.date, article.slug))
        for article in parts:
            article.series_parts = parts


def offer(generator: Generator) -> None:
    generator.env.filters.update(
        reading_minutes=reading_minutes, contents=contents, linked=linked, described=described
    )


def register() -> None:
    problems.listen()
    signals.generator_init.connect(offer)
    signals.article_generator_finalized.connect(arrange)
    signals.all_generators_finalized.connect(gather)
    saved_page.again.connect(again)
