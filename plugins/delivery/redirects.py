"""Redirects: from each old address of an article or page to the one of today.

A static host cannot answer 301 by itself, so there is a page at each of its `Aliases`, with a `refresh`
and a canonical link: no script, understood by browsers and search engines. Where the host or the server
can do better, it has the same as `_redirects`, which several hosts read by themselves, and as the lines
of an nginx `map`, `nginx-redirects.map`. What `Aliases` may say is checked by `manifest`, which has to
come before this plugin in PLUGINS.
"""

from collections.abc import Iterable
from html import escape
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

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


def host_rules(site: str, contents: list[Article]) -> tuple[bytes, bytes]:
    """The same for hosts that read `_redirects`, and as the lines of an nginx `map`."""
    prefix = urlsplit(site).path
    moved = sorted(
        (absolute(prefix, alias), absolute(prefix, content.url))
        for content in contents
        for alias in content.aliases
    )
    hosts = "".join(f"{old} {new} 301\n" for old, new in moved)
    # nginx compares the decoded path, and takes quoted strings as they are.
    nginx = "".join(f'"{unquoted(old)}" "{new}";\n' for old, new in moved)
    return hosts.encode(), nginx.encode()


def unquoted(address: str) -> str:
    return unquote(address).replace("\\", "\\\\").replace('"', '\\"')


def write(pelican: Pelican) -> None:
    settings = pelican.settings
    output, site = Path(settings["OUTPUT_PATH"]), settings["SITEURL"].rstrip("/")
    moved = _moved.pop(settings["OUTPUT_PATH"], [])
    for content in moved:
        for alias in content.aliases:
            files.update(output / alias_file(alias), page(content, settings))
    hosts, nginx = host_rules(site, moved)
    files.update(output / "_redirects", hosts)
    files.update(output / "nginx-redirects.map", nginx)


def register() -> None:
    signals.all_generators_finalized.connect(collect)
    signals.finalized.connect(write)
