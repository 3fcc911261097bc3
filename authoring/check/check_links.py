"""Links and headings: what can be said of the built site, looked at as its readers get it.

Links that lead nowhere, anchors that no page has, headings that skip a level. Each is told with the
line of the article that holds it; what no article holds is told with the built page.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from html import unescape
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

from plugins.comments.shared import url_of
from plugins.site import Article, Problem, joined, plain_text

TAG = re.compile(
    r"<(?P<tag>a|img|link|script|source|iframe|video|audio)\b(?P<given>[^>]*)>", re.IGNORECASE
)
ADDRESS = re.compile(r"""\s(?:href|src)\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)""", re.IGNORECASE)
NAME = re.compile(r"""\s(?:id|name)\s*=\s*("[^"]*"|'[^']*'|[^\s"'>]+)""", re.IGNORECASE)
HEADING = re.compile(r"<h([1-6])\b[^>]*>(.*?)</h\1>", re.IGNORECASE | re.DOTALL)
COMMENT = re.compile(r"<!--.*?-->|<(?:template|script)\b.*?</(?:template|script)>", re.DOTALL)
# What Pelican leaves as it was when there is no such file.
UNRESOLVED = re.compile(r"(?:\{|\||%7B)(filename|static|attach)(?:\}|\||%7D)(.*)", re.IGNORECASE)
DRAFT = re.compile(url_of("[a-z2-7]{26}"))
# Comments come and go without a build; so do the anchors that lead to them.
LIVE = re.compile(r"comment(s|-.*)?|postil-.*")


class Link(NamedTuple):
    """An address as it stands in a page."""

    tag: str
    href: str


def links(html: str) -> Iterator[Link]:
    for tag in TAG.finditer(COMMENT.sub("", html)):
        for found in ADDRESS.finditer(tag["given"]):
            yield Link(tag["tag"].lower(), unescape(found[1].strip("\"'")))


def anchors(html: str) -> set[str]:
    return {unescape(found[1].strip("\"'")) for found in NAME.finditer(html)}


def line_with(text: str, *needles: str) -> int:
    """The first line that holds one of these, tried in turn; 1 when none of them is there."""
    rows = text.splitlines()
    for needle in filter(None, needles):
        for number, row in enumerate(rows, 1):
            if needle in row:
                return number
    return 1


class Site:
    """A built site in a folder, and how its addresses lead to files."""

    def __init__(self, output: Path, site_url: str, comments_url: str) -> None:
        self.output = output
        self.base = site_url.rstrip("/") + "/"
        self.comments = urljoin(self.base, comments_url or "comments/")
        self.anchors: Callable[[Path], set[str]] = cache(
            lambda path: anchors(path.read_text(encoding="utf-8"))
        )

    def address(self, page: Path) -> str:
        return urljoin(
            self.base, page.relative_to(self.output).as_posix().removesuffix("index.html")
        )

    def is_external(self, url: str) -> bool:
        return not f"{url}/".startswith(self.base)

    def file(self, url: str) -> Path | None:
        """The file that answers for an address of this site."""
        path = unquote(urlsplit(url).path)
        below = path[len(unquote(urlsplit(self.base).path)) :]
        found = self.output / below
        if path.endswith("/") or found.is_dir():
            found /= "index.html"
        return found if found.is_file() else None

    def is_draft(self, page: Path) -> bool:
        """Whether it is the page of a draft that is shared, or beside that."""
        return bool(DRAFT.match(page.relative_to(self.output).as_posix()))

    def fault(self, page: Path, href: str) -> str:
        """Why a link leads nowhere, or nothing."""
        if left := UNRESOLVED.search(href):
            return f"There is no file {unquote(left[2])} to link to. Correct its name, from this file on."
        try:
            url = urljoin(self.address(page), href)
            parts = urlsplit(url)
        except ValueError:
            return f"{href} is no address. Correct it, or remove the link."
        if parts.scheme not in ("http", "https") or self.is_external(url):
            return ""
        if url.startswith(self.comments):
            return ""
        target = self.file(url)
        if target is None:
            return f"{href} leads to nothing on this site. Correct it, or remove the link."
        if self.is_draft(target) and not self.is_draft(page):
            return (
                f"{href} is the address of a draft that is shared: whoever reads this would learn it."
                " Leave the link out until it is published."
            )
        anchor = unquote(parts.fragment)
        if not anchor or LIVE.fullmatch(anchor) or target.suffix != ".html":
            return ""
        if anchor in self.anchors(target) or anchor == "top":
            return ""
        return (
            f"{href}: that page has no place named {anchor}. Take the name from the address of one"
            " of its headings."
        )

    def external(self, page: Path, html: str) -> Iterator[str]:
        for link in links(html):
            url = joined(self.address(page), link.href)
            web = link.tag == "a" and url.startswith(("http://", "https://"))
            if web and self.is_external(url):
                yield url.partition("#")[0]


def broken_links(site: Site, contents: dict[str, tuple[Article, str]]) -> Iterator[Problem]:
    """Every link that leads nowhere, once for each article that holds it.

    `contents` tells, by output file, which article a page was made of, and its path for people.
    """
    told: set[str] = set()
    mine: dict[Path, set[str]] = {}
    theirs: list[Path] = []
    for page in sorted(site.output.rglob("*.html")):
        name = page.relative_to(site.output).as_posix()
        if name not in contents:
            theirs.append(page)
            continue
        content, path = contents[name]
        source = Path(content.source_path).read_text(encoding="utf-8", errors="replace")
        for link in dict.fromkeys(links(content.content)):
            if link.tag == "img" and UNRESOLVED.search(link.href):
                continue  # `images` tells of it, with the same line.
            if fault := site.fault(page, link.href):
                told.add(link.href)
                yield Problem(path, link_line(source, link.href), fault)
        mine[page] = {link.href for link in links(content.content)}
    for page in [*mine, *theirs]:
        for link in links(page.read_text(encoding="utf-8")):
            if link.href in told or link.href in mine.get(page, ()):
                continue
            if fault := site.fault(page, link.href):
                told.add(link.href)
                where = page.relative_to(site.output).as_posix()
                yield Problem(where, 1, f"{fault} It comes from the theme or the settings.")


def link_line(source: str, href: str) -> int:
    left = UNRESOLVED.search(href)
    written = unquote(left[2]) if left else href
    path, _, anchor = href.partition("#")
    last = path.rstrip("/").rpartition("/")[2]
    return line_with(
        source, f"({written}", written, unquote(written), f"#{anchor}" * bool(anchor), last
    )


def skipped_headings(content: Article, path: str) -> Iterator[Problem]:
    """Headings that go down by more than one level; the title is the first."""
    source = Path(content.source_path).read_text(encoding="utf-8", errors="replace")
    level = 1
    for found in HEADING.finditer(content.content):
        now, words = int(found[1]), plain_text(found[2]).rstrip("¶# ")
        if now > level + 1:
            yield Problem(
                path,
                line_with(source, f"{'#' * now} {words}", words, "#" * now),
                f'The heading "{words}" is of level {now} and follows one of level {level}.'
                f" Write {'#' * (level + 1)} before it: who listens to the page would miss a level.",
            )
        level = now
