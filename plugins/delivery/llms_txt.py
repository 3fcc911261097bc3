"""llms.txt: what the site is, and its articles and pages with a line about each, for language models.

The format is https://llmstxt.org: a title, a sentence, and lists of links.

Settings: LLMS_SAVE_AS ("llms.txt"; empty: none).
"""

import re
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any

from pelican import signals

from plugins import files
from plugins.comments.manifest import Article, Generator, Pelican, absolute, plain, plain_text
from plugins.delivery.feeds import by_date

_published: dict[str, list[Article]] = {}


def one_line(text: str) -> str:
    return re.sub(r"([\[\]\\])", r"\\\1", text)


def llms(settings: dict[str, Any], site: str, contents: list[Article]) -> bytes:
    lines = [f"# {settings['SITENAME']}"]
    if settings.get("SITESUBTITLE"):
        lines += ["", f"> {settings['SITESUBTITLE']}"]
    articles = by_date(contents)
    pages = [content for content in contents if type(content).__name__ == "Page"]
    for heading, listed in (("Articles", articles), ("Pages", pages)):
        if listed:
            lines += ["", f"## {heading}", ""]
        for content in listed:
            summary = plain_text(content.metadata.get("summary", ""))
            line = f"- [{one_line(plain(content.title))}]({absolute(site, content.url)})"
            lines.append(f"{line}: {summary}" if summary else line)
    return ("\n".join(lines) + "\n").encode()


def collect(generators: Iterable[Generator]) -> None:
    by_name = {type(generator).__name__: generator for generator in generators}
    articles, pages = by_name["ArticlesGenerator"], by_name["PagesGenerator"]
    _published[articles.settings["OUTPUT_PATH"]] = list(
        chain(articles.articles, articles.translations, pages.pages, pages.translations)
    )


def write(pelican: Pelican) -> None:
    settings = pelican.settings
    contents = _published.pop(settings["OUTPUT_PATH"], [])
    if name := settings.get("LLMS_SAVE_AS", "llms.txt"):
        site = settings["SITEURL"].rstrip("/")
        files.update(Path(settings["OUTPUT_PATH"], name), llms(settings, site, contents))


def register() -> None:
    signals.all_generators_finalized.connect(collect)
    signals.finalized.connect(write)
