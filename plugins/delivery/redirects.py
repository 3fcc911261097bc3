"""Aliases: a page at each old address of an article or page, sending its readers on.

A static host cannot answer 301 by itself, so these are pages with a `refresh` and a canonical
link: no script, understood by browsers and search engines. What `Aliases` may say is checked by
`manifest`, which has to come before this plugin in PLUGINS.
"""

from collections.abc import Iterable
from html import escape
from itertools import chain
from pathlib import Path
from typing import Any

from pelican import signals

from plugins import files
from plugins.comments.manifest import Article, Generator, Pelican, absolute, alias_file, plain

PAGE = """<!doctype html>
<html lang="{lang}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex">
<meta http-equiv="refresh" content="0; url={path}">
<link rel="canonical" href="{url}">
<title>{title}</title>
<p><a href="{path}">{title}</a></p>
</html>
"""

_moved: dict[str, list[Article]] = {}


def collect(generators: Iterable[Generator]) -> None:
    by_name = {type(generator).__name__: generator for generator in generators}
    articles, pages = by_name["ArticlesGenerator"], by_name["PagesGenerator"]
    contents = chain(articles.articles, articles.translations, pages.pages, pages.translations)
    moved = [content for content in contents if getattr(content, "aliases", ())]
    output = articles.settings["OUTPUT_PATH"]
    _moved[output] = moved
    for content in moved:
        for alias in content.aliases:
            files.claim(output, alias_file(alias))


def page(content: Article, settings: dict[str, Any]) -> bytes:
    """The redirect page; it names the path, so that it works on a preview's host too."""
    url = absolute(settings["SITEURL"].rstrip("/"), content.url)
    path = "/" + url.split("/", 3)[3]
    values = {"lang": content.lang, "url": url, "path": path, "title": plain(content.title)}
    return PAGE.format(**{key: escape(value) for key, value in values.items()}).encode()


def write(pelican: Pelican) -> None:
    output = pelican.settings["OUTPUT_PATH"]
    for content in _moved.pop(output, []):
        for alias in content.aliases:
            files.update(Path(output, alias_file(alias)), page(content, pelican.settings))


def register() -> None:
    signals.all_generators_finalized.connect(collect)
    signals.finalized.connect(write)
