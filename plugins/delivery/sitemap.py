"""Machines: what crawlers, feed readers and web servers ask a site for.

- `sitemap.xml` with every page that is meant to be found, its last change and its translations;
  above 50,000 pages a list of several. Drafts, hidden articles, the 404 and whatever says `noindex`
  are left out.
- `robots.txt`, which names the sitemap and keeps robots off the comment service's own pages.
- `feeds/all.json` (JSON Feed 1.1) beside Pelican's Atom; in both, every address is whole, those of
  pictures and of their widths included.
- `llms.txt`: what the site is, and its articles with a line about each.
- `_redirects` and `nginx-redirects.map`: the Aliases of articles as real redirects, for hosts that
  read the one and servers that read the other. (`plugins/delivery/redirects.py` writes pages for the rest.)

Settings: SITEMAP_SAVE_AS ("sitemap.xml"), FEED_ALL_JSON ("feeds/all.json"), FEED_MAX_ITEMS (Pelican's,
100), ROBOTS_DISALLOW (the path of COMMENTS_URL, if it is on this site), LLMS_SAVE_AS ("llms.txt"). An
empty name switches a file off. Templates get WEBMENTION, the address of the endpoint, if it is set.
"""

import json
import re
from collections.abc import Iterable, Iterator
from html import unescape
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit
from xml.sax.saxutils import escape

from pelican import signals

from plugins import files
from plugins.comments.manifest import Article, Generator, Pelican, absolute, plain

PAGES_OF_ONE_SITEMAP = 50_000
NAMESPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml"'
)
HEAD = re.compile(r"<head\b.*?</head>", re.DOTALL)
NOINDEX = re.compile(r'<meta\s[^>]*name="robots"[^>]*content="[^"]*noindex')
REFRESH = re.compile(r'<meta\s[^>]*http-equiv="refresh"')
CANONICAL = re.compile(r'<link rel="canonical" href="([^"]*)"')
ADDRESS = re.compile(r'(\s(?:href|src|poster|cite)=")([^"]*)"')
WIDTHS = re.compile(r'(\ssrcset=")([^"]*)"')
TAG = re.compile(r"<[^>]*>")

_known: dict[str, list[Article]] = {}
_written: dict[str, set[Path]] = {}


def whole(html: str, base: str) -> str:
    """The same HTML with whole addresses: a feed is read far from its site."""
    html = ADDRESS.sub(lambda found: f'{found[1]}{urljoin(base, found[2])}"', html)

    def widths(found: re.Match[str]) -> str:
        parts = (part.strip().split(" ", 1) for part in found[2].split(", "))
        return found[1] + ", ".join(" ".join([urljoin(base, a), *w]) for a, *w in parts) + '"'

    return WIDTHS.sub(widths, html)


def words(html: str) -> str:
    """HTML as a line of plain text."""
    return " ".join(unescape(TAG.sub("", html)).split())


def collect(generators: Iterable[Generator]) -> None:
    by_name = {type(generator).__name__: generator for generator in generators}
    articles, pages = by_name["ArticlesGenerator"], by_name["PagesGenerator"]
    _known[articles.settings["OUTPUT_PATH"]] = list(
        chain(articles.articles, articles.translations, pages.pages, pages.translations)
    )


def note(path: str, context: dict[str, Any]) -> None:
    """What this build writes: an output folder may still hold pages of an earlier one."""
    output = context["OUTPUT_PATH"]
    # Where the page is at the end, wherever a writer may have put it for now.
    name = context.get("output_file")
    _written.setdefault(output, set()).add(Path(output, name) if name else Path(path))


note.only_names = True  # type: ignore[attr-defined]  # so that `writing` need not render for it


def complete(context: dict[str, Any], feed: Any) -> None:
    """Pelican's own feeds: addresses in their texts become whole ones."""
    for item in feed.items:
        for key in ("content", "description"):
            if item.get(key):
                item[key] = whole(item[key], item["link"])


# --- The sitemap ----------------------------------------------------------------------------------


def changed(content: Article) -> str:
    """The day on which a page was last written to."""
    moment = getattr(content, "modified", None) or getattr(content, "date", None)
    return moment.date().isoformat() if moment else ""


def entry(address: str, day: str, alternates: dict[str, str]) -> str:
    lines = [f"<url><loc>{escape(address)}</loc>"]
    lines += [f"<lastmod>{day}</lastmod>"] if day else []
    lines += [
        f'<xhtml:link rel="alternate" hreflang="{escape(lang)}" href="{escape(other)}"/>'
        for lang, other in alternates.items()
    ]
    return "".join(lines) + "</url>"


def found_pages(
    written: Iterable[Path], output: Path, site: str, contents: list[Article]
) -> Iterator[tuple[str, str]]:
    """Every page of the site that wants to be found, by address, with its line for the sitemap."""
    by_file = {content.save_as: content for content in contents}
    newest = max((changed(content) for content in contents), default="")
    for path in written:
        if path.suffix != ".html" or not path.is_file():
            continue
        name = path.relative_to(output).as_posix()
        head = HEAD.search(path.read_text(encoding="utf-8"))
        if not head or NOINDEX.search(head[0]) or REFRESH.search(head[0]):
            continue
        address = absolute(
            site, name.removesuffix("index.html") if name.endswith("index.html") else name
        )
        canonical = CANONICAL.search(head[0])
        if canonical and absolute("", unescape(canonical[1]).removeprefix(site)) != absolute(
            "", address.removeprefix(site)
        ):
            continue
        content = by_file.get(name)
        alternates = {}
        if content and content.translations:
            group = [content, *content.translations]
            alternates = {
                one.lang: absolute(site, one.url) for one in sorted(group, key=lambda one: one.lang)
            }
        yield address, entry(address, changed(content) if content else newest, alternates)


def sitemaps(name: str, site: str, entries: list[str]) -> dict[str, bytes]:
    """The files of a sitemap by name: one, or a list of several."""

    def document(root: str, lines: list[str]) -> bytes:
        begin = f'<?xml version="1.0" encoding="utf-8"?>\n<{root} {NAMESPACES}>\n'
        return (begin + "\n".join(lines) + f"\n</{root}>\n").encode()

    if len(entries) <= PAGES_OF_ONE_SITEMAP:
        return {name: document("urlset", entries)}
    found, lines = {}, []
    for start in range(0, len(entries), PAGES_OF_ONE_SITEMAP):
        part = f"{name.removesuffix('.xml')}-{start // PAGES_OF_ONE_SITEMAP + 1}.xml"
        found[part] = document("urlset", entries[start : start + PAGES_OF_ONE_SITEMAP])
        lines.append(f"<sitemap><loc>{escape(absolute(site, part))}</loc></sitemap>")
    return {name: document("sitemapindex", lines), **found}


# --- The rest -------------------------------------------------------------------------------------


def robots(settings: dict[str, Any], site: str) -> bytes:
    comments = urlsplit(urljoin(f"{site}/", settings.get("COMMENTS_URL", "")))
    here = comments.netloc == urlsplit(site).netloc and comments.path.strip("/")
    ours = [comments.path] if here and comments.path != urlsplit(site).path + "/" else []
    # The scripts and the published comments are part of the pages that show them.
    lines = ["User-agent: *"]
    for path in settings.get("ROBOTS_DISALLOW", ours):
        lines += [f"Allow: {path}threads/", f"Allow: {path}embed.", f"Disallow: {path}"]
    lines += [] if len(lines) > 1 else ["Allow: /"]
    if name := settings.get("SITEMAP_SAVE_AS", "sitemap.xml"):
        lines += ["", f"Sitemap: {absolute(site, name)}"]
    return ("\n".join(lines) + "\n").encode()


def by_date(contents: list[Article]) -> list[Article]:
    """Articles alone, the newest first."""
    articles = [content for content in contents if type(content).__name__ == "Article"]
    articles.sort(key=lambda article: (article.slug, article.lang))
    return sorted(articles, key=lambda article: article.date, reverse=True)


def item(article: Article, site: str) -> dict[str, Any]:
    address = absolute(site, article.url)
    found = {
        "id": address,
        "url": address,
        "title": plain(article.title),
        "content_html": whole(article.get_content(site), address),
        "date_published": article.date.isoformat(),
        "authors": [{"name": str(author)} for author in getattr(article, "authors", [])],
        "language": article.lang,
    }
    if getattr(article, "modified", None):
        found["date_modified"] = article.modified.isoformat()
    if summary := words(article.metadata.get("summary", "")):
        found["summary"] = summary
    if tags := [str(tag) for tag in getattr(article, "tags", [])]:
        found["tags"] = tags
    return found


def json_feed(name: str, settings: dict[str, Any], site: str, contents: list[Article]) -> bytes:
    """JSON Feed 1.1: https://www.jsonfeed.org/version/1.1/"""
    most = settings.get("FEED_MAX_ITEMS") or 100
    feed = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": settings["SITENAME"],
        "home_page_url": f"{site}/",
        "feed_url": absolute(site, name),
        "description": settings.get("SITESUBTITLE", ""),
        "language": settings["DEFAULT_LANG"],
        "items": [item(article, site) for article in by_date(contents)[:most]],
    }
    return json.dumps(
        {key: value for key, value in feed.items() if value != ""}, ensure_ascii=False
    ).encode()


def one_line(text: str) -> str:
    return re.sub(r"([\[\]\\])", r"\\\1", text)


def llms(settings: dict[str, Any], site: str, contents: list[Article]) -> bytes:
    """https://llmstxt.org: a title, what the site is, and lists of links."""
    lines = [f"# {settings['SITENAME']}"]
    if settings.get("SITESUBTITLE"):
        lines += ["", f"> {settings['SITESUBTITLE']}"]
    articles = by_date(contents)
    pages = [content for content in contents if type(content).__name__ == "Page"]
    for heading, listed in (("Articles", articles), ("Pages", pages)):
        if listed:
            lines += ["", f"## {heading}", ""]
        for content in listed:
            summary = words(content.metadata.get("summary", ""))
            line = f"- [{one_line(plain(content.title))}]({absolute(site, content.url)})"
            lines.append(f"{line}: {summary}" if summary else line)
    return ("\n".join(lines) + "\n").encode()


def redirects(site: str, contents: list[Article]) -> tuple[bytes, bytes]:
    """The Aliases for hosts that read `_redirects`, and as the lines of an nginx `map`."""
    prefix = urlsplit(site).path
    moved = sorted(
        (absolute(prefix, alias), absolute(prefix, content.url))
        for content in contents
        for alias in getattr(content, "aliases", ())
    )
    hosts = "".join(f"{old} {new} 301\n" for old, new in moved)
    # nginx compares the decoded path, and takes quoted strings as they are.
    nginx = "".join(f'"{unquoted(old)}" "{new}";\n' for old, new in moved)
    return hosts.encode(), nginx.encode()


def unquoted(address: str) -> str:
    return unquote(address).replace("\\", "\\\\").replace('"', '\\"')


def write(pelican: Pelican) -> None:
    """Last, when every page is there to be looked at."""
    settings = pelican.settings
    output, site = Path(settings["OUTPUT_PATH"]), settings["SITEURL"].rstrip("/")
    contents = _known.pop(settings["OUTPUT_PATH"], [])
    written = _written.pop(settings["OUTPUT_PATH"], set())
    made: dict[str, bytes] = {"robots.txt": robots(settings, site)}
    if name := settings.get("SITEMAP_SAVE_AS", "sitemap.xml"):
        lines = [line for _, line in sorted(set(found_pages(written, output, site, contents)))]
        made |= sitemaps(name, site, lines)
    if name := settings.get("FEED_ALL_JSON", "feeds/all.json"):
        made[name] = json_feed(name, settings, site, contents)
    if name := settings.get("LLMS_SAVE_AS", "llms.txt"):
        made[name] = llms(settings, site, contents)
    made["_redirects"], made["nginx-redirects.map"] = redirects(site, contents)
    for name, data in made.items():
        files.update(output / name, data)


def register() -> None:
    signals.all_generators_finalized.connect(collect)
    signals.content_written.connect(note)
    signals.feed_generated.connect(complete)
    signals.finalized.connect(write)
