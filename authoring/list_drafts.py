"""Drafts, and what is scheduled for when, as lines for a terminal."""

from datetime import datetime, timedelta

from authoring.blog import Blog
from authoring.stats import length
from authoring.terminal import counted, table


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
