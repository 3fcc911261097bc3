"""Overview: drafts, what is due when, and figures, as lines for a terminal."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import zip_longest
from pathlib import Path

from authoring.blog import Blog, Source
from plugins.presentation.reading import IDEOGRAPH, TAG, WORD

# Code is not prose: it is not counted.
CODE = re.compile(r"^(?P<fence>```+|~~~+).*?(?:^(?P=fence)|\Z)", re.MULTILINE | re.DOTALL)
MOST_USED_TAGS = 10
MOST_DISCUSSED = 5


def length(source: Source) -> tuple[int, int]:
    """Words, and characters of scripts that are written without spaces, of an article's text."""
    text = TAG.sub(" ", CODE.sub(" ", source.body))
    return len(WORD.findall(IDEOGRAPH.sub(" ", text))), len(IDEOGRAPH.findall(text))


def width(text: str) -> int:
    """Columns in a terminal, where a Chinese character takes two."""
    return len(text) + len(
        re.findall(
            r"[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\U0001f300-\U0001faff]",
            text,
        )
    )


def table(rows: Iterable[Iterable[str]], right: frozenset[int] = frozenset()) -> list[str]:
    """Rows as aligned columns; those in `right` are numbers."""
    rows = [list(row) for row in rows]
    widths = [max(map(width, column)) for column in zip_longest(*rows, fillvalue="")]
    lines = []
    for row in rows:
        cells = [
            " " * (space - width(cell)) + cell
            if place in right
            else cell + " " * (space - width(cell))
            for place, (cell, space) in enumerate(zip(row, widths, strict=False))
        ]
        lines.append("  " + "  ".join(cells).rstrip())
    return lines


def counted(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def drafts(blog: Blog) -> list[str]:
    """Every draft, the one touched last first."""
    found = [source for source in blog.sources if source.status == "draft"]
    found.sort(key=lambda source: source.path.stat().st_mtime, reverse=True)
    if not found:
        return ['There are no drafts. Start one: python3 tasks.py new "Its title" --draft']
    rows = []
    for source in found:
        touched = datetime.fromtimestamp(source.path.stat().st_mtime, blog.zone)
        words, characters = length(source)
        size = counted(characters, "character") if characters > words else counted(words, "word")
        rows.append((f"{touched:%Y-%m-%d}", source.title, size, source.shown))
    return [*table(rows, frozenset({2})), "", 'Take the line "Status: draft" away to publish one.']


def ahead(span: timedelta) -> str:
    """How far off something is, in the unit that people would say it in."""
    minutes = max(1, round(span.total_seconds() / 60))
    if minutes < 120:
        return "in " + counted(minutes, "minute")
    hours = round(minutes / 60)
    return "in " + (counted(hours, "hour") if hours < 48 else counted(round(hours / 24), "day"))


def schedule(blog: Blog) -> list[str]:
    """What waits for its date, the next first."""
    now = blog.now()
    waiting = sorted(
        (source.date, source.shown, source)
        for source in blog.articles
        if source.status == "scheduled" and source.date
    )
    if not waiting:
        return ["Nothing is scheduled. An article whose Date lies ahead is published on that day."]
    rows = [
        (f"{date:%Y-%m-%d %H:%M}", ahead(date - now), source.title, shown)
        for date, shown, source in waiting
    ]
    return [
        *table(rows),
        "",
        f"Times are those of {blog.settings['TIMEZONE']}. Each appears with the first build after its time:",
        "a timer that runs `python3 tasks.py build` (cron, systemd, your CI) publishes it.",
    ]


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
