"""Stats: how many articles, words, tags and comments there are, as lines for a terminal."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from authoring.blog import Blog, Source
from authoring.terminal import counted, table
from plugins.presentation.reading import IDEOGRAPH, WORD
from plugins.site import TAG

# Code is not prose: it is not counted.
CODE = re.compile(r"^(?P<fence>```+|~~~+).*?(?:^(?P=fence)|\Z)", re.MULTILINE | re.DOTALL)
MOST_USED_TAGS = 10
MOST_DISCUSSED = 5


def length(source: Source) -> tuple[int, int]:
    """Words, and characters of scripts that are written without spaces, of an article's text."""
    text = TAG.sub(" ", CODE.sub(" ", source.body))
    return len(WORD.findall(IDEOGRAPH.sub(" ", text))), len(IDEOGRAPH.findall(text))


def stats(blog: Blog, published: Path) -> list[str]:
    """Figures of the whole blog; those of comments where the service has written them."""
    articles = [source for source in blog.articles if source.status in ("published", "hidden")]
    others = Counter(source.status for source in blog.articles)
    if not blog.articles:
        return ['There are no articles yet. Start one: python3 tasks.py new "Its title"']
    lines = [
        f"{counted(len(articles), 'article')} published, {counted(others['draft'], 'draft')},"
        f" {others['scheduled']:,} scheduled,"
        f" {counted(sum(source.is_page for source in blog.sources), 'page')}"
    ]
    by_lang: dict[str, list[tuple[int, int]]] = defaultdict(list)
    years: Counter[int] = Counter()
    year_words: Counter[int] = Counter()
    tags: Counter[str] = Counter()
    for source in articles:
        size = length(source)
        by_lang[source.lang].append(size)
        tags.update(source.names("tags"))
        if source.date:
            years[source.date.year] += 1
            year_words[source.date.year] += sum(size)
    lines += section(
        "Languages",
        (
            (lang, counted(len(sizes), "article"), amount(sizes), f"{mean(sizes):,} each")
            for lang, sizes in sorted(by_lang.items(), key=lambda item: (-len(item[1]), item[0]))
        ),
    )
    lines += section(
        "Years",
        (
            (str(year), counted(years[year], "article"), f"{year_words[year]:,} words")
            for year in sorted(years, reverse=True)
        ),
    )
    lines += section(
        "Tags", ((name, f"{number:,}") for name, number in tags.most_common(MOST_USED_TAGS))
    )
    if len(tags) > MOST_USED_TAGS:
        lines.append(f"  and {len(tags) - MOST_USED_TAGS:,} more")
    return lines + discussed(published)


def amount(sizes: list[tuple[int, int]]) -> str:
    words, characters = (sum(each) for each in zip(*sizes, strict=True))
    return f"{characters:,} characters" if characters > words else f"{words:,} words"


def mean(sizes: list[tuple[int, int]]) -> int:
    words, characters = (sum(each) for each in zip(*sizes, strict=True))
    whole: int = max(words, characters)
    return round(whole / len(sizes))


def section(title: str, rows: Iterable[tuple[str, ...]]) -> list[str]:
    rows = list(rows)
    return ["", title, *table(rows, frozenset(range(1, len(rows[0]))))] if rows else []


def discussed(published: Path) -> list[str]:
    """What the service's `counts.json` says; nothing where there is no service."""
    try:
        counts = json.loads((published / "counts.json").read_bytes())["counts"]
        most = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST_DISCUSSED]
        rows = [(name, f"{number:,}") for name, number in most if number]
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return []
    return section(f"Comments: {sum(counts.values()):,}", rows) or ["", "No comments yet"]
