"""Redirects: from each old address of an article or page to the one of today.

A static host cannot answer 301 by itself, so there is a page at each of its `Aliases`, with a `refresh`
and a canonical link: no script, understood by browsers and search engines. Where the host or the server
can do better, it has the same as `_redirects`, which several hosts read by themselves, and as the lines
of a `map` of nginx and of Caddy, `nginx-redirects.map` and `caddy-redirects.map`. What `Aliases` may say is checked here; it stops the build
together with whatever else `manifest` finds, which has to come before this plugin in PLUGINS where both
are there.

After it each article and page has `aliases` (a tuple of paths).
"""

import re
import unicodedata
from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from pelican import signals

from plugins import files, problems
from plugins.markdown.frontmatter_values import Metadata
from plugins.site import (
    Article,
    Generator,
    Pelican,
    absolute,
    by_kind,
    drafts,
    hidden,
    plain,
    published,
)

# Characters that no address has unescaped, and those that a redirect's file name must not have.
NOT_IN_A_PATH = re.compile(r"[\x00-\x20\x7f\\?#%\"<>]|//|/\.\.?(/|$)")
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


def alias_file(path: str) -> str:
    """The file, below the output folder, that answers for an alias."""
    name = path.strip("/")
    return name if not path.endswith("/") and Path(name).suffix else f"{name}/index.html"


def aliases(said: Metadata, content: Article) -> tuple[str, ...]:
    value = content.metadata.get("aliases", "")
    listed = value if isinstance(value, list | tuple) else [value]
    paths = [path.strip() for line in listed for path in line.split(",") if path.strip()]
    good = []
    for written in paths:
        path = unicodedata.normalize("NFC", unquote(written))
        if path.startswith("/") and path != "/" and not NOT_IN_A_PATH.search(path):
            good.append(path)
            continue
        said.refuse(
            content,
            "aliases",
            f'Aliases: "{written}" is not a path on this site. Write the old address from its'
            " first slash on, without host, query or fragment, such as /2024/old-address/.",
        )
    return tuple(dict.fromkeys(good))


def read(said: Metadata, *generators: Generator) -> None:
    """Give everything its `aliases`; an old address must not hide a page that exists, nor lead to two."""
    contents = [*published(*generators), *hidden(*generators), *drafts(*generators)]
    for content in contents:
        content.aliases = aliases(said, content)
    moved = [content for content in contents if content.aliases]
    taken = {content.save_as: content for content in contents} if moved else {}
    seen: dict[str, Article] = {}
    for content in moved:
        for alias in content.aliases:
            name = alias_file(alias)
            if name in taken:
                said.refuse(
                    content,
                    "aliases",
                    f'Aliases: "{alias}" is the address of {said.name(taken[name])}.'
                    " Remove it here, or give that one another Slug.",
                )
            elif seen.setdefault(name, content) is not content:
                said.refuse(
                    content,
                    "aliases",
                    f'Aliases: "{alias}" is claimed by {said.name(seen[name])} as well.'
                    " Keep it in one of them.",
                )


def collect(generators: Iterable[Generator]) -> None:
    articles, pages = by_kind(generators)
    contents = [*published(articles, pages), *hidden(articles, pages)]
    # Until they are read, what Pelican itself makes of the line is there, a text.
    if not all(isinstance(getattr(content, "aliases", None), tuple) for content in contents):
        read(Metadata(articles.settings), articles, pages)
    output = articles.settings["OUTPUT_PATH"]
    _moved[output] = [content for content in contents if content.aliases]
    for content in _moved[output]:
        for alias in content.aliases:
            files.claim(output, alias_file(alias))


def page(content: Article, settings: dict[str, Any]) -> bytes:
    """The redirect page; it names the path, so that it works on a preview's host too."""
    url = absolute(settings["SITEURL"].rstrip("/"), content.url)
    path = "/" + url.split("/", 3)[3]
    values = {"lang": content.lang, "url": url, "path": path, "title": plain(content.title)}
    return PAGE.format(**{key: escape(value) for key, value in values.items()}).encode()


def host_rules(site: str, contents: list[Article]) -> dict[str, bytes]:
    """The same for hosts and servers, by the names of the files that they read."""
    prefix = urlsplit(site).path
    moved = sorted(
        (absolute(prefix, alias), absolute(prefix, content.url))
        for content in contents
        for alias in content.aliases
    )
    hosts = "".join(f"{old} {new} 301\n" for old, new in moved)
    # Both compare the decoded path, in which an alias has no quotation mark; nginx looks for variables
    # in what follows, and Caddy for placeholders everywhere.
    paths = [(unquote(old), new.replace("$", "%24")) for old, new in moved]
    nginx = "".join(f'"{old}" "{new}";\n' for old, new in paths)
    caddy = "".join(f'"{old}" "{new}"\n' for old, new in paths if "{" not in old)
    return {
        "_redirects": hosts.encode(),
        "nginx-redirects.map": nginx.encode(),
        "caddy-redirects.map": caddy.encode(),
    }


def write(pelican: Pelican) -> None:
    settings = pelican.settings
    output, site = Path(settings["OUTPUT_PATH"]), settings["SITEURL"].rstrip("/")
    moved = _moved.pop(settings["OUTPUT_PATH"], [])
    for content in moved:
        for alias in content.aliases:
            files.update(output / alias_file(alias), page(content, settings))
    for name, lines in host_rules(site, moved).items():
        files.update(output / name, lines)


def register() -> None:
    problems.listen()
    signals.all_generators_finalized.connect(collect)
    signals.finalized.connect(write)
