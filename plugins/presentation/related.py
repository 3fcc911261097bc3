"""Related: up to three articles that a reader of this one may want next.

By the words that are rare elsewhere (TF-IDF): those of title and tags count most, then the
summary's, then the text's; Chinese and Japanese by pairs of characters, since they have no spaces.
Each article keeps its few weightiest terms, and each term the few articles for which it weighs most,
so that five thousand articles take seconds and not the square of that. The same articles give the
same answer, whatever order they are read in.

After it an article has `related`: published articles of the same language, the closest first;
parts of its own series are left out, since the series lists them. Drafts and hidden articles have
none and are nobody's.

Settings: RELATED_MAX (3).
"""

import math
import re
from collections import Counter, defaultdict
from html import unescape
from itertools import chain

from pelican import signals

from plugins.site import Article, Generator, drafts, hidden, published

from .reading import IDEOGRAPH

TERMS = 32
POSTINGS = 64
# What is said later in a long text rarely decides what it is about.
CHARACTERS = 6_000
# Below this, two articles share a word or two by accident.
ENOUGH = 0.06
WEIGHTS = {"title": 3.0, "tags": 4.0, "summary": 2.0, "text": 1.0}

NO_PROSE = re.compile(r"<(pre|math|svg|script)\b.*?</\1>|<[^>]*>", re.DOTALL)
WORD = re.compile(r"[^\W\d_][^\W_]+(?:['’][^\W_]+)?")
RUN = re.compile(f"{IDEOGRAPH.pattern}+")


def terms(text: str) -> list[str]:
    """The words of a text, in lower case; scripts without spaces as pairs of characters."""
    text = text.lower()
    found: list[str] = []
    if RUN.search(text):
        for run in RUN.findall(text):
            found += [run[i : i + 2] for i in range(len(run) - 1)] or [run]
        text = RUN.sub(" ", text)
    return found + WORD.findall(text)


def counted(article: Article) -> dict[str, float]:
    """How much each term says in this article, before it is known how rare the term is."""
    parts = {
        "title": article.title,
        "tags": " ".join(map(str, getattr(article, "tags", []))),
        "summary": str(article.metadata.get("summary", "")),
        "text": (article._content or "")[: 4 * CHARACTERS],
    }
    said: dict[str, float] = defaultdict(float)
    for part, text in parts.items():
        prose = unescape(NO_PROSE.sub(" ", text))[:CHARACTERS]
        times = Counter(terms(prose))
        # Most words of a long text stand in it once, and say little of what it is about.
        once = part != "text" or len(times) <= TERMS
        for term, number in times.items():
            if once or number > 1 or term in said:
                said[term] += WEIGHTS[part] * (1 + math.log(number))
    return said


def vectors(articles: list[Article]) -> list[dict[str, float]]:
    """The weightiest terms of each article, together of length 1."""
    said = [counted(article) for article in articles]
    spread = Counter(chain.from_iterable(said))
    many = len(articles)
    found = []
    for counts in said:
        weighed = (
            (weight * math.log(many / spread[term]), term)
            for term, weight in counts.items()
            if 1 < spread[term] < many
        )
        best = sorted(weighed, key=lambda pair: (-pair[0], pair[1]))[:TERMS]
        length = math.sqrt(sum(weight * weight for weight, _ in best)) or 1.0
        found.append({term: weight / length for weight, term in best})
    return found


def closest(articles: list[Article], most: int) -> list[list[Article]]:
    """For each article those that are nearest to it; the articles are of one language."""
    found = vectors(articles)
    index: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for number, vector in enumerate(found):
        for term, weight in vector.items():
            index[term].append((number, weight))
    for postings in index.values():
        postings.sort(key=lambda posting: -posting[1])
        del postings[POSTINGS:]
    series = [article.metadata.get("series") for article in articles]
    nearest = []
    for number, vector in enumerate(found):
        scores: dict[int, float] = defaultdict(float)
        for term, weight in vector.items():
            for other, its in index[term]:
                scores[other] += weight * its
        ranked = sorted(
            (-round(score, 6), other)
            for other, score in scores.items()
            if score >= ENOUGH
            and other != number
            and not (series[other] and series[other] == series[number])
        )
        nearest.append([articles[other] for _, other in ranked[:most]])
    return nearest


def relate(generator: Generator) -> None:
    most = generator.settings.get("RELATED_MAX", 3)
    by_lang: dict[str, list[Article]] = defaultdict(list)
    for article in published(generator):
        by_lang[article.lang].append(article)
    for articles in by_lang.values():
        # The newest first: of two that are equally close, the newer is offered.
        articles.sort(key=lambda article: article.slug)
        articles.sort(key=lambda article: article.date, reverse=True)
        for article, near in zip(articles, closest(articles, most), strict=True):
            article.related = near
    for article in [*drafts(generator), *hidden(generator)]:
        article.related = []


def register() -> None:
    signals.article_generator_finalized.connect(relate)
