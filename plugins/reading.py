"""Reading: what helps a reader along: reading time, the next article, the rest of a series.

After it a published article has `older` and `newer` (its neighbours in the same language, or None)
and `series_parts` (all parts of its `Series`, oldest first, itself among them; else empty), and
templates have the filter `reading_minutes`.
"""

import re
from collections import defaultdict
from html import unescape
from itertools import chain, pairwise

from pelican import signals

from .manifest import Article, Generator

TAG = re.compile(r"<[^>]*>")
# Scripts that are written without spaces are read by the character.
IDEOGRAPH = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
# Silent reading of prose: Brysbaert (2019) for English; Chinese readers take in 255 to 400.
WORDS_PER_MINUTE = 238
CHARACTERS_PER_MINUTE = 350


def reading_minutes(html: str) -> int:
    """How long prose takes, at least a minute."""
    text = unescape(TAG.sub(" ", html))
    characters = len(IDEOGRAPH.findall(text))
    words = len(WORD.findall(IDEOGRAPH.sub(" ", text)))
    return max(1, round(words / WORDS_PER_MINUTE + characters / CHARACTERS_PER_MINUTE))


def arrange(generator: Generator) -> None:
    by_lang: dict[str, list[Article]] = defaultdict(list)
    series: dict[tuple[str, str], list[Article]] = defaultdict(list)
    for article in chain(generator.articles, generator.translations):
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
    generator.env.filters["reading_minutes"] = reading_minutes


def register() -> None:
    signals.generator_init.connect(offer)
    signals.article_generator_finalized.connect(arrange)
