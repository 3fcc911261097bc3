"""Related: up to three articles that a reader of this one may want next.

By the words that are rare elsewhere (TF-IDF): those of title and tags count most, then the
summary's, then the text's; Chinese and Japanese by pairs of characters, since they have no spaces.
Each article keeps its few weightiest terms, and each term the few articles for which it weighs most,
so that five thousand articles take seconds and not the square of that. The words of each article are
counted once, and kept for the next build; so is the answer, for as long as all that it is weighed against
is the same. How rare a term is counts in steps, so that one more article moves few others. The same
articles give the same answer, whatever order they are read in.

After it an article has `related`: published articles of the same language, the closest first;
parts of its own series are left out, since the series lists them. Drafts and hidden articles have
none and are nobody's.

Settings: RELATED_MAX (3), CACHE_PATH.
"""

import hashlib
import math
import platform
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from html import unescape
from itertools import chain
from unicodedata import unidata_version

from pelican import signals

from plugins import files, quick_json
from plugins.incremental import build_cache
from plugins.site import Article, Generator, drafts, hidden, published

from .reading import IDEOGRAPH

# For each article, by its path, what it was weighed against, as a hash, and the paths of the nearest.
Near = dict[str, tuple[int, list[str]]]

TERMS = 32
POSTINGS = 64
# Of the articles, one in so many may have a term that says what they are about: more have words such as "this".
COMMON = 5
# What is said later in a long text rarely decides what it is about.
CHARACTERS = 6_000
# Below this, two articles share a word or two by accident.
ENOUGH = 0.06
# How many steps there are from one length to its double.
STEPS = 16
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


def parts_of(article: Article) -> dict[str, str]:
    """What an article says, by where it says it."""
    return {
        "title": article.title,
        "tags": " ".join(map(str, getattr(article, "tags", []))),
        "summary": str(article.metadata.get("summary", "")),
        "text": (article._content or "")[: 4 * CHARACTERS],
    }


def counted(parts: dict[str, str]) -> dict[str, float]:
    """How much each term says in an article, before it is known how rare the term is."""
    said: dict[str, float] = defaultdict(float)
    for part, text in parts.items():
        prose = unescape(NO_PROSE.sub(" ", text))[:CHARACTERS]
        times = Counter(terms(prose))
        # Most words of a long text stand in it once, and say little of what it is about.
        once = part != "text" or len(times) <= TERMS
        for term, number in times.items():
            if once or number > 1 or term in said:
                said[term] += WEIGHTS[part] * (1 + math.log(number))
    return {term: round(much, 2) for term, much in said.items()}


def counts(articles: list[Article], kept: build_cache.Cache) -> Iterator[dict[str, float]]:
    """The counted terms of each article, of those of the last build without reading them again."""
    program = build_cache.key(__name__, build_cache.program(__name__), unidata_version)
    keys = []
    for article in articles:
        text = "\0".join((program, *parts_of(article).values()))
        keys.append(hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest())
    known = kept.many(keys)
    for article, key in zip(articles, keys, strict=True):
        said = quick_json.loads(known[key]) if key in known else counted(parts_of(article))
        if key not in known:
            kept.put(key, quick_json.dumps(said).decode())
        yield said


def vectors(said: list[dict[str, float]]) -> list[dict[str, float]]:
    """The weightiest terms of each article, together of length 1 or nearly so: as rarity does, length counts in
    steps, so that a word more in a text leaves the others their weight, and all who have them as they were.
    """
    spread = Counter(chain.from_iterable(said))
    many = len(said)
    most = max(POSTINGS, many // COMMON)
    rarity = {
        term: round(math.log(many / its), 1) for term, its in spread.items() if 1 < its <= most
    }
    rare = {term: its for term, its in rarity.items() if its > 0}
    found = []
    for counts in said:
        best = sorted([(-much * rare[term], term) for term, much in counts.items() if term in rare])
        del best[TERMS:]
        square = sum(weight * weight for weight, _ in best) or 1.0
        length = 2 ** (round(math.log2(square) / 2 * STEPS) / STEPS)
        found.append({term: -weight / length for weight, term in best})
    return found


def identity(article: Article) -> int:
    """What decides, beside its words, where an article comes among others."""
    said = (article.source_path, article.slug, article.date, article.metadata.get("series"))
    return int.from_bytes(hashlib.sha256(repr(said).encode()).digest()[:8], "big")


def closest(
    articles: list[Article], most: int, kept: build_cache.Cache, known: Near | None = None
) -> list[list[Article]]:
    """For each article those that are nearest to it; the articles are of one language.

    `known` has the answers of the build before, and afterwards those of this one.
    """
    known = {} if known is None else known
    found = vectors(list(counts(articles, kept)))
    index: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for number, vector in enumerate(found):
        for term, weight in vector.items():
            index[term].append((weight, number))
    identities = [identity(article) for article in articles]
    # Hashes of numbers are the same in every process.
    against: dict[str, int] = {}
    for term, postings in index.items():
        postings.sort(key=lambda posting: -posting[0])
        del postings[POSTINGS:]
        against[term] = hash(tuple((weight, identities[other]) for weight, other in postings))
    by_path = {article.source_path: article for article in articles}
    nearest = []
    for number, vector in enumerate(found):
        weighed = tuple((weight, against[term]) for term, weight in vector.items())
        asked, path = hash((most, identities[number], weighed)), articles[number].source_path
        was, paths = known.get(path, (None, []))
        if was != asked:
            near = best_of(number, vector, index, articles)[:most]
            paths = [articles[other].source_path for other in near]
            known[path] = (asked, paths)
        nearest.append([by_path[each] for each in paths])
    return nearest


def best_of(
    number: int,
    vector: dict[str, float],
    index: dict[str, list[tuple[float, int]]],
    articles: list[Article],
) -> list[int]:
    """Those that share enough with one article, the closest first."""
    scores: dict[int, float] = defaultdict(float)
    for term, weight in vector.items():
        for its, other in index[term]:
            scores[other] += weight * its
    scores.pop(number, None)
    ranked = sorted([(-round(s, 6), other) for other, s in scores.items() if s >= ENOUGH])
    series = articles[number].metadata.get("series")
    return [
        other
        for _, other in ranked
        if not (series and articles[other].metadata.get("series") == series)
    ]


def relate(generator: Generator) -> None:
    settings = generator.settings
    most, kept = settings.get("RELATED_MAX", 3), build_cache.of(settings)
    by_lang: dict[str, list[Article]] = defaultdict(list)
    for article in published(generator):
        by_lang[article.lang].append(article)
    record = files.record(settings, "related")
    before = files.read_record(record)
    program = build_cache.key(platform.python_version(), build_cache.program(__name__))
    known: Near = before["near"] if before.get("program") == program else {}
    for articles in by_lang.values():
        # The newest first: of two that are equally close, the newer is offered.
        articles.sort(key=lambda article: article.slug)
        articles.sort(key=lambda article: article.date, reverse=True)
        for article, near in zip(articles, closest(articles, most, kept, known), strict=True):
            article.related = near
    paths = {article.source_path for articles in by_lang.values() for article in articles}
    still = {path: found for path, found in known.items() if path in paths}
    files.write_record(record, {"program": program, "near": still})
    for article in [*drafts(generator), *hidden(generator)]:
        article.related = []


def register() -> None:
    signals.article_generator_finalized.connect(relate)
