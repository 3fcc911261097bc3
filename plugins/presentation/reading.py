"""Reading: what helps a reader along: reading time, contents, the next article, the rest of a series.

After it a published article has `older` and `newer` (its neighbours in the same language, or None),
`series_parts` (all parts of its `Series`, oldest first, itself among them; else empty) and `pinned`;
templates have `pinned_articles` and the filters `reading_minutes`, `described` (a line of plain
text for search engines), `contents` (the headings of a text) and `linked` (the text with its headings as links to themselves, and its notes named).
"""

import re
from collections import defaultdict
from functools import lru_cache
from html import escape, unescape
from itertools import pairwise
from typing import NamedTuple

from pelican import signals

from plugins import problems
from plugins.markdown.frontmatter_values import Metadata
from plugins.site import Article, Generator, by_kind, described, drafts, hidden, published

TAG = re.compile(r"<[^>]*>")
# Scripts that are written without spaces are read by the character.
IDEOGRAPH = re.compile(
    "[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
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


@lru_cache(maxsize=4096)  # Every list that has an article tells it again.
def reading_minutes(html: str) -> int:
    """How long prose takes, at least a minute."""
    text = unescape(TAG.sub(" ", html))
    characters = len(IDEOGRAPH.findall(text))
    words = len(WORD.findall(IDEOGRAPH.sub(" ", text)))
    return max(1, round(words / WORDS_PER_MINUTE + characters / CHARACTERS_PER_MINUTE))


def contents(html: str) -> list[Heading]:
    """The sections of a text, each with its subsections; what is deeper is no map but the text."""
    found: list[Heading] = []
    for match in HEADING.finditer(html):
        name = ID.search(match["given"])
        if not name or match["level"] == "4":
            continue
        title = TAG.sub("", NOTE.sub("", match["inner"])).strip()
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
    for generator in generators:
        generator.context["pinned_articles"] = [article for article in listed if article.pinned]


def arrange(generator: Generator) -> None:
    by_lang: dict[str, list[Article]] = defaultdict(list)
    series: dict[tuple[str, str], list[Article]] = defaultdict(list)
    for article in published(generator):
        article.older = article.newer = None
        article.series_parts = []
        by_lang[article.lang].append(article)
        if name := article.metadata.get("series"):
            series[article.lang, name].append(article)
    for articles in by_lang.values():
        articles.sort(key=lambda article: (article.date, article.slug))
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
