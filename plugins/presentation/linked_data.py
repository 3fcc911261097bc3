"""Linked data: what search engines read of a page, as JSON-LD (https://schema.org).

The article, where it stands in the site, and the first of its comments as they are baked. No plugin by
itself: `sharing` gives it to the templates.
"""

from html.parser import HTMLParser
from typing import Any

from markupsafe import Markup

from formats import bake
from plugins.site import Article, absolute, described, plain

COMMENTS = 3
COMMENT_CHARACTERS = 500


class Comments(HTMLParser):
    """The first comments of a baked fragment: who wrote what, and when."""

    def __init__(self, fragment: str) -> None:
        super().__init__()
        self.found: list[dict[str, str]] = []
        self._into = self._tag = ""
        self._depth = 0
        self.feed(fragment)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        classes = given.get("class", "").split()
        if tag == "li" and "postil-comment" in classes:
            self.found.append({"id": given.get("id", ""), "author": "", "date": "", "text": ""})
        elif self.found and not self._into:
            if tag == "time" and not self.found[-1]["date"]:
                self.found[-1]["date"] = given.get("datetime", "")
            for name, key in (("postil-name", "author"), ("postil-body", "text")):
                if name in classes and not self.found[-1][key]:
                    self._into, self._depth, self._tag = key, 0, tag
        if self._into and tag == self._tag:
            self._depth += 1

    def handle_endtag(self, tag: str) -> None:
        if self._into and tag == self._tag:
            self._depth -= 1
            if not self._depth:
                self._into = ""

    def handle_data(self, data: str) -> None:
        if self._into:
            self.found[-1][self._into] += data


def cut(text: str, most: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def comments(content: Article, address: str) -> list[dict[str, Any]]:
    fragment = str(getattr(content, "comments_fragment", None) or "")
    listed = [one for one in Comments(fragment).found if one["text"].strip()]
    made = []
    for one in listed[:COMMENTS]:
        comment: dict[str, Any] = {
            "@type": "Comment",
            "text": cut(one["text"], COMMENT_CHARACTERS),
            "url": f"{address}#{one['id']}",
        }
        if author := " ".join(one["author"].split()):
            comment["author"] = {"@type": "Person", "name": author}
        if one["date"]:
            comment["datePublished"] = one["date"]
        made.append(comment)
    return made


def inert(data: Any) -> Markup:
    return Markup(bake.inert(data))  # noqa: S704 - made harmless there


def breadcrumbs(content: Article, site: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Where a page stands: below the site, and an article below its category."""
    crumbs = [(settings["SITENAME"], f"{site}/")]
    if category := getattr(content, "category", None):
        crumbs.append((str(category), absolute(site, category.url)))
    crumbs.append((plain(content.title), absolute(site, content.url)))
    return {
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": number, "name": name, "item": item}
            for number, (name, item) in enumerate(crumbs, 1)
        ],
    }


def article(
    content: Article, site: str, settings: dict[str, Any], image: str | None
) -> dict[str, Any]:
    published = content.date.isoformat()
    changed = getattr(content, "modified", None)
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Article",
        "@id": f"{absolute(site, content.url)}#article",
        "headline": plain(content.title),
        "description": described(content),
        "inLanguage": content.lang,
        "datePublished": published,
        "dateModified": changed.isoformat() if changed else published,
        "author": [
            {"@type": "Person", "name": str(author), "url": absolute(site, author.url)}
            for author in getattr(content, "authors", [])
        ],
        "publisher": {"@type": "Organization", "name": settings["SITENAME"]},
        "image": image,
        "keywords": [str(tag) for tag in getattr(content, "tags", [])],
    }
    return {key: value for key, value in data.items() if value not in ("", [], None)}


def of_page(content: Article, settings: dict[str, Any], image: str | None) -> Markup:
    site = settings["SITEURL"].rstrip("/")
    dated = getattr(content, "date", None)
    found = [article(content, site, settings, image)] if dated else []
    return inert([*found, breadcrumbs(content, site, settings)])


def of_comments(content: Article, settings: dict[str, Any]) -> Markup | None:
    """The baked comments in a block of its own, named as part of the article: whoever bakes the
    page again leaves their number in it, and no word that may be deleted by then.
    """
    if not getattr(content, "thread", None):
        return None
    address = absolute(settings["SITEURL"].rstrip("/"), content.url)
    return inert(
        {
            "@context": "https://schema.org",
            "@type": "Article",
            "@id": f"{address}#article",
            **({"comment": told} if (told := comments(content, address)) else {}),
            "commentCount": getattr(content, "comment_count", 0),
        }
    )
