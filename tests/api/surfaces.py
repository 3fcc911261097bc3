"""Every surface taken apart: each element and attribute must be one that the service itself puts there."""

import json
import re
import xml.etree.ElementTree as ET

from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.models import RateCount
from comments_service.publishing import publisher
from tests.api.people import Element, read
from tests.conftest import Visitor

# Every element that a surface may hold, with its attributes; what all of them may have comes last.
_form = {
    *("method", "action", "name", "value", "type", "for", "required", "rows", "maxlength", "href"),
    *(
        "autocomplete",
        "tabindex",
        "placeholder",
        "form",
        "checked",
        "selected",
        "readonly",
        "enctype",
        "hidden",
        "autofocus",
        *("formaction", "formnovalidate", "inputmode", "autocapitalize", "spellcheck"),
    ),
}
_plain = (
    *("html", "head", "body", "main", "header", "nav", "section", "article", "p", "span", "ul", "li"),
    *("h1", "h2", "h3", "dl", "dt", "dd", "strong", "em", "del", "code", "pre", "blockquote", "br"),
    *("hr", "q", "kbd", "ins", "mark", "bdi", "details", "summary", "title", "noscript", "template"),
    *("fieldset", "legend"),
)  # fmt: skip
ALLOWED: dict[str, set[str]] = {
    **{tag: set() for tag in _plain},
    **dict.fromkeys(
        ("form", "label", "input", "textarea", "select", "option", "button", "dialog"), _form
    ),
    "details": {"open"},
    # What was wrong with a form takes the focus.
    "div": {"autofocus"},
    "a": {"href", "title", "rel", "type", "target"},
    "ol": {"start"},
    "time": {"datetime"},
    "link": {"rel", "href", "type"},
    "meta": {"charset", "name", "content", "http-equiv"},
    "progress": {"value", "max"},
    "script": {"src", "type"},
    "svg": {"viewbox"},
    "path": {"d"},
    "comment-thread": {"thread", "lang", "src"},
}
ANYWHERE = {"id", "class", "lang", "dir", "role", "tabindex", "hidden"}
LINKS = {"href", "src", "action", "formaction"}
# Inside a comment's own words there is less.
IN_BODY = {
    *("p", "br", "hr", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "a"),
}


def check(html: str, where: str) -> str:
    """Refuse a surface with an element, an attribute or an address that is not the service's own.

    Gives the words that a reader sees of it: no page is taken apart twice.
    """
    page = read(html)
    for element in page.elements:
        check_element(element, where)
    for each in page.comments:
        assert re.fullmatch(r"doctype html|\s*postil:[a-z-]+( [a-z0-9-]+)*\s*", each), (where, each)
    assert html.count("<!-- postil:end") <= 1, where
    # Python's parser is not a browser's: no tag of a payload may be written out at all.
    for word in ("<script>", "<img", "<svg/", "<iframe", "<base", "<style", "<b>", "<s>"):
        assert word not in html.lower(), (where, word)
    return " ".join("".join(page.words).split())


def check_element(element: Element, where: str) -> None:
    tag, attributes = element
    assert tag in ALLOWED, (where, element)
    for name, value in attributes.items():
        assert name in ALLOWED[tag] | ANYWHERE or name.startswith(("data-", "aria-")), (
            where,
            element,
        )
        assert not name.startswith("on"), (where, element)
        # The one window that the service opens by itself.
        assert name != "target" or value == "postil-sign-in", (where, element)
        if name in LINKS:
            address = (value or "").strip().lower()
            assert (
                address.startswith(("/", "#", "?", "http://", "https://", "mailto:")) or not address
            ), (
                where,
                element,
            )
            assert not address.startswith("//"), (where, element)
    if tag == "script":
        assert (attributes["src"] or "").startswith("/comments/"), (where, element)
    if tag == "link":
        assert (attributes["href"] or "").startswith("/comments/"), (where, element)
    if tag == "a" and (attributes.get("href") or "").startswith(("https://a.", "https://evil")):
        # Where strangers' links lead, they lead without our recommendation.
        assert attributes["rel"] == "nofollow ugc noopener", (where, element)
    if "postil-badge" in (attributes.get("class") or ""):
        raise AssertionError(f"a badge for a guest: {where}")


def check_body(html: str, where: str) -> None:
    for tag, attributes in read(html).elements:
        assert tag in IN_BODY, (where, tag)
        assert set(attributes) <= {"a": {"href", "title", "rel"}, "ol": {"start"}}.get(
            tag, set()
        ), where
        assert (attributes.get("href") or "https://").startswith(("http://", "https://")), where


def shows(words: str, payload: str) -> bool:
    """Whether a reader sees the payload as the text that it is, spaces aside."""
    return " ".join(payload.split()) in words


def surfaces(settings: Settings) -> dict[str, str]:
    """Every file that the service publishes."""
    db.session.rollback()
    publisher.publish_all(settings)
    return {
        str(path.relative_to(settings.published)): path.read_text()
        for path in sorted(settings.published.rglob("*.*"))
        if path.suffix in (".html", ".json", ".atom")
    }


def check_public(files: dict[str, str]) -> dict[str, str]:
    """Check every file; gives the words of those that are pages or parts of one."""
    assert any(name.endswith(".atom") for name in files)
    seen = {}
    for name, data in files.items():
        if name.endswith(".html"):
            seen[name] = check(data, name)
        elif name.endswith(".json"):
            for each in json.loads(data).get("comments", []):
                check_body(each["html"], name)
                assert (each["website"] or "https://").startswith(("http://", "https://"))
        else:
            check_feed(data, name)
    return seen


def check_feed(data: str, name: str) -> None:
    """A feed is XML, whose elements are Atom's; its content is a comment's HTML, encoded twice."""
    atom, threading = "{http://www.w3.org/2005/Atom}", "{http://purl.org/syndication/thread/1.0}"
    known = {
        "feed",
        "id",
        "title",
        "link",
        "updated",
        "entry",
        "author",
        "name",
        "published",
        "content",
    }
    for element in ET.fromstring(data).iter():
        in_known = element.tag.removeprefix(atom) in known
        assert in_known or element.tag == f"{threading}in-reply-to", (name, element.tag)
        if element.tag == f"{atom}content":
            assert element.attrib == {"type": "html"}
            check_body(element.text or "", name)
        if "href" in element.attrib:
            assert element.attrib["href"].startswith("http://"), name


def check_pages(visitor: Visitor, paths: list[str]) -> str:
    """Check each page; gives the words of all."""
    seen = []
    for path in paths:
        answer = visitor.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        seen.append(check(answer.text, path))
    return " ".join(seen)


def forget_limits() -> None:
    with writing():
        db.session.execute(db.delete(RateCount))
