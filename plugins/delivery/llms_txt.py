"""llms.txt: what the site is, and its articles and pages with a line about each, for language models.

The format is https://llmstxt.org: a title, a sentence, and lists of links.

Settings: LLMS_SAVE_AS ("llms.txt"; empty: none).
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pelican import signals

from plugins import files
from plugins.delivery.feeds import by_date
from plugins.site import (
    Article,
    Generator,
    Pelican,
    absolute,
    by_kind,
    plain,
    plain_text,
    published,
)

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
    articles, pages = by_kind(generators)
    _published[articles.settings["OUTPUT_PATH"]] = published(articles, pages)


def write(pelican: Pelican) -> None:
    settings = pelican.settings
    contents = _published.pop(settings["OUTPUT_PATH"], [])
    if name := settings.get("LLMS_SAVE_AS", "llms.txt"):
        site = settings["SITEURL"].rstrip("/")
        files.update(Path(settings["OUTPUT_PATH"], name), llms(settings, site, contents))


def register() -> None:
    signals.all_generators_finalized.connect(collect)
    signals.finalized.connect(write)
