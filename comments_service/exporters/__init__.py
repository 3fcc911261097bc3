"""Exporters: everything that was said here, to take along, in our own format and in three that others read."""

from collections.abc import Callable, Iterator
from pathlib import Path

from comments_service.config import Settings
from comments_service.exporters import isso, postil, xml_feeds
from comments_service.exporters.rows import Choice
from formats import database_copies

Lines = Callable[[Choice, str], Iterator[bytes]]

# What is written piece by piece. Isso's is a database, which is written as a whole.
STREAMS: dict[str, Lines] = {
    "postil": postil.lines,
    "wxr": xml_feeds.wxr,
    "disqus": xml_feeds.disqus,
}
FORMATS = (*STREAMS, "isso")
SUFFIXES = {"postil": "jsonl", "wxr": "xml", "disqus": "xml", "isso": "db"}

__all__ = ["FORMATS", "STREAMS", "SUFFIXES", "Choice", "write", "write_all"]


def write(path: Path, form: str, choice: Choice, site_url: str) -> None:
    """Write an export, under its name only once it is whole, and for its owner's eyes."""
    with database_copies.written_whole(path) as temporary:
        if form == "isso":
            isso.write(temporary, choice)
        else:
            with temporary.open("wb") as file:
                file.writelines(STREAMS[form](choice, site_url))


def write_all(path: Path, settings: Settings) -> None:
    """Everything in our own format: what a backup is where the database cannot be copied."""
    write(path, "postil", Choice(), settings.site_url)
