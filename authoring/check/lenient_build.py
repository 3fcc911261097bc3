"""Lenient build: one that does not stop, so that a single round tells everything there is to correct.

The site is built by Pelican in this process; what would stop a build is written down instead.
"""

import contextlib
import io
import logging
import re
from collections.abc import Callable, Iterable
from itertools import chain
from pathlib import Path
from typing import Any

from blinker import ANY
from pelican import Pelican, signals

from plugins import problems
from plugins.comments import margin
from plugins.delivery import addresses
from plugins.site import Article, Generator, Problem

TOLD = re.compile(r"^\s*(?P<path>[^\s:][^:\n]*):(?P<line>\d+): (?P<text>.+)$", re.MULTILINE)
# What Pelican says about things that are told here with file and line.
ECHOES = re.compile(
    r"Could not process|Unable to find|skipping url replacement|could not be processed|"
    r"There are \d+ |Cannot get modification stamp|Skipping|Duplicate definition|Empty alt",
    re.IGNORECASE,
)


class LenientBuild(logging.Handler):
    """One build that does not stop: what was read, and what was said on the way."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.problems: list[Problem] = []
        self.said: list[str] = []
        # What is worth a word and nothing to correct: readers' notes whose words are gone.
        self.remarks: list[str] = []
        self.contents: list[Article] = []
        self.unpublished: list[Article] = []
        self.receivers: list[Callable[[Iterable[Generator]], object]] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name == margin.__name__:
            self.remarks.append(record.getMessage())
        else:
            self.hear(record.getMessage())

    def hear(self, text: str) -> None:
        """Take the lines that name a file and a line; keep the rest as it is."""
        found = [Problem(m["path"], int(m["line"]), m["text"]) for m in TOLD.finditer(text)]
        self.problems += found
        if not found and not ECHOES.search(text):
            self.said.append(text.strip())

    def soften(self, _: object) -> None:
        """Take the place of all who may stop a build before it writes."""
        signal = signals.all_generators_finalized
        self.receivers = [each for each in signal.receivers_for(ANY) if callable(each)]
        for receiver in self.receivers:
            signal.disconnect(receiver)
        signal.connect(self.in_turn)

    def in_turn(self, generators: Iterable[Generator]) -> None:
        generators = list(generators)
        for receiver in self.receivers:
            try:
                receiver(generators)
            except Exception as error:
                if not TOLD.search(str(error)):
                    raise
                self.hear(str(error))
            for said in problems.warnings(generators[0].settings):
                self.hear(said)
        self.note(generators)

    def note(self, generators: list[Generator]) -> None:
        """What will be written; and of two contents for one file only the first, since Pelican
        would stop half way at the second.
        """
        by_name = {type(generator).__name__: generator for generator in generators}
        articles, its_pages = by_name["ArticlesGenerator"], by_name["PagesGenerator"]
        settings = articles.settings
        lists = [
            *(articles.articles, articles.translations),
            *(articles.hidden_articles, articles.hidden_translations),
            *(its_pages.pages, its_pages.translations),
            *(its_pages.hidden_pages, its_pages.hidden_translations),
        ]
        # `images` has told of those that are missing; copying them would stop the build.
        known = articles.context["staticfiles"]
        known[:] = [each for each in known if Path(settings["PATH"], each.source_path).exists()]
        self.unpublished = [
            *chain(articles.drafts, articles.drafts_translations),
            *chain(its_pages.draft_pages, its_pages.draft_translations),
        ]
        # `addresses` has told of feeds that would be one file.
        if any(addresses.shared_feeds(list(chain(*lists)), settings)):
            for kind in ("CATEGORY", "AUTHOR", "TAG"):
                none = dict.fromkeys((f"{kind}_FEED_ATOM", f"{kind}_FEED_RSS"))
                settings.update(none)
                articles.context.update(none)  # No page shall lead to one.
        in_the_way = {id(content) for content, _ in addresses.clashes(articles, its_pages)}
        for each in lists:
            each[:] = [content for content in each if id(content) not in in_the_way]
            self.contents += each


def build(settings: dict[str, Any]) -> LenientBuild:
    """Build the site without stopping at what can be told."""
    lenient = LenientBuild()
    signals.initialized.connect(lenient.soften)
    logger = logging.getLogger()
    logger.addHandler(lenient)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            Pelican(settings).run()
    except Exception as error:
        lenient.said.append(f"The build stopped. {type(error).__name__}: {error}")
    finally:
        logger.removeHandler(lenient)
        signals.initialized.disconnect(lenient.soften)
        signals.all_generators_finalized.disconnect(lenient.in_turn)
    return lenient
