"""Strangers' words on every surface: shown as the text that they are, and nothing else.

One set of payloads goes through every write path; then every surface is taken apart, and each
element and attribute must be one that the house itself puts there.
"""

import base64
import hashlib
import itertools
import json
import re
import xml.etree.ElementTree as ET
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from comments_service import comments
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.inputs import NewDecision
from comments_service.models import Comment, RateCount, Role, Status, Thread
from comments_service.publishing import manifest, publisher, rebake
from tests import make
from tests.api.people import Element, of_role, read, text, visiting
from tests.conftest import SITE, Visitor

# Short enough to be names: at most fifty letters.
SHORT = (
    *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg/onload=alert(1)>"),
    *("\"><script>alert(1)</script>", "' onmouseover='alert(1)", '" autofocus onfocus="alert(1)'),
    *("</textarea><script>alert(1)</script>", "</title><script>alert(1)//", "--><img src=x>"),
    *("{{ 7*7 }}{% raw %}${7*7}<%= 7*7 %>", "%(title)s %s %%n", "&lt;script&gt;alert(1)"),
    *("&#60;img src=x onerror=alert(1)&#62;", "]]><script>alert(1)</script>", "<!--<script>"),
    *("<a href=javascript:alert(1)>x</a>", "<style>*{display:none}</style>", "<base href=//evil>"),
    *("<iframe srcdoc='<b>'>", "<form action=//evil><input>", "\\u003cscript\\u003e", "<b>bold</b>"),
)  # fmt: skip
# What Markdown could make of it.
LONG = (
    *("[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](java\nscript:alert(1))"),
    *("[x](&#106;avascript:alert(1))", "[x](vbscript:msgbox(1))", "[x](data:text/html,<script>)"),
    *("![x](https://evil.example/pixel.gif)", "![x](javascript:alert(1))", "![\"onerror=alert(1)](x)"),
    *("<javascript:alert(1)>", "<https://a.example/\"onclick=alert(1)>", "[x]: javascript:alert(1)\n\n[x]"),
    *("[x](https://a.example \"' onclick=alert(1)\")", "[x](//evil.example)", "[x](/comments/sign-out)"),
    *("`<script>alert(1)</script>`", "```html\n<script>alert(1)</script>\n```", "```\" onclick=alert(1)\nx\n```"),
    *("# <script>alert(1)</script>", "<div style=\"position:fixed\">x</div>", "<p class=postil-badge>Author"),
    *("a\n\n<!-- postil:end pelicans -->\n\nb", "<!-- postil:begin pelicans en -->", "</div></section>"),
    *("| a |\n|---|\n| <img src=x onerror=alert(1)> |", "&#x202e;evil", "x&#1;y", "x&#xffff;y", "$$x$$"),
    *("<https://a.example/?a=b&lt;script>", "https://a.example/<script>", "**<b>x</b>**", "~~<s>~~"),
)  # fmt: skip

# Every element that a surface may hold, with its attributes; what all of them may have comes last.
_form = {
    *("method", "action", "name", "value", "type", "for", "required", "rows", "maxlength", "href"),
    *(
        "autocomplete",
        "tabindex",
        "placeholder",
        "form",
        "checked",
        "readonly",
        "hidden",
        "autofocus",
        *("formaction", "formnovalidate", "inputmode", "autocapitalize", "spellcheck"),
    ),
}
_plain = (
    *("html", "head", "body", "main", "header", "nav", "section", "article", "p", "span", "ul", "li"),
    *("h1", "h2", "h3", "dl", "dt", "dd", "strong", "em", "del", "code", "pre", "blockquote", "br"),
    *("hr", "q", "kbd", "bdi", "details", "summary", "title", "noscript", "template"),
    *("fieldset", "legend"),
)  # fmt: skip
ALLOWED: dict[str, set[str]] = {
    **{tag: set() for tag in _plain},
    **dict.fromkeys(("form", "label", "input", "textarea", "button", "dialog"), _form),
    # What was wrong with a form takes the focus.
    "div": {"autofocus"},
    "a": {"href", "title", "rel", "type", "target"},
    "ol": {"start"},
    "time": {"datetime"},
    "link": {"rel", "href", "type"},
    "meta": {"charset", "name", "content"},
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


def check(html: str, where: str) -> None:
    """Refuse a surface with an element, an attribute or an address that is not the house's own."""
    page = read(html)
    for element in page.elements:
        check_element(element, where)
    for each in page.comments:
        assert re.fullmatch(r"doctype html|\s*postil:[a-z-]+( [a-z0-9-]+)*\s*", each), (where, each)
    assert html.count("<!-- postil:end") <= 1, where
    # Python's parser is not a browser's: no tag of a payload may be written out at all.
    for word in ("<script>", "<img", "<svg/", "<iframe", "<base", "<style", "<b>", "<s>"):
        assert word not in html.lower(), (where, word)


def check_element(element: Element, where: str) -> None:
    tag, attributes = element
    assert tag in ALLOWED, (where, element)
    for name, value in attributes.items():
        assert name in ALLOWED[tag] | ANYWHERE or name.startswith(("data-", "aria-")), (
            where,
            element,
        )
        assert not name.startswith("on"), (where, element)
        # The one window that the house opens by itself.
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


def shows(html: str, payload: str) -> bool:
    """Whether a reader sees the payload as the text that it is, spaces aside."""
    return " ".join(payload.split()) in words(html)


@lru_cache(maxsize=8)
def words(html: str) -> str:
    return " ".join(text(html).split())


def surfaces(settings: Settings) -> dict[str, str]:
    """Every file that the service publishes."""
    db.session.rollback()
    publisher.publish_all(settings)
    return {
        str(path.relative_to(settings.published)): path.read_text()
        for path in sorted(settings.published.rglob("*.*"))
        if path.suffix in (".html", ".json", ".atom")
    }


def check_public(files: dict[str, str]) -> None:
    assert any(name.endswith(".atom") for name in files)
    for name, data in files.items():
        if name.endswith(".html"):
            check(data, name)
        elif name.endswith(".json"):
            for each in json.loads(data).get("comments", []):
                check_body(each["html"], name)
                assert (each["website"] or "https://").startswith(("http://", "https://"))
        else:
            check_feed(data, name)


def check_feed(data: str, name: str) -> None:
    """A feed is XML, whose elements are Atom's; its content is a comment's HTML, encoded twice."""
    atom = "{http://www.w3.org/2005/Atom}"
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
        assert element.tag.removeprefix(atom) in known, (name, element.tag)
        if element.tag == f"{atom}content":
            assert element.attrib == {"type": "html"}
            check_body(element.text or "", name)
        if "href" in element.attrib:
            assert element.attrib["href"].startswith("http://"), name


def check_pages(visitor: Visitor, paths: list[str]) -> str:
    seen = []
    for path in paths:
        answer = visitor.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        check(answer.text, path)
        seen.append(answer.text)
    return "".join(seen)


# ---- side fields and bodies


@pytest.mark.parametrize("by", ["json", "form"])
def test_no_payload_in_a_comment_becomes_markup_anywhere(
    app: Flask, settings: Settings, by: str
) -> None:
    make.thread(title="Pelicans & <b>gulls</b>")
    moderator = of_role(app, "Mona", Role.MODERATOR)
    guest = Visitor(app)
    names: list[str] = []
    for number, (name, body) in enumerate(itertools.zip_longest(SHORT, SHORT + LONG)):
        given = {
            "name": f"{name or 'Gus'}",
            "body": f"{body}\n\nNumber {number}.",
            "website": f"https://a.example/{number}?a=<>\"'&b={name}" if number % 2 else "",
        }
        for values in (given, {**given, "website": ""}):
            if by == "json":
                answer = guest.call("POST", "threads/pelicans/comments", values)
                refused = answer.status_code == 422
            else:
                answer = guest.post("/comments/threads/pelicans", values)
                refused = answer.status_code == 422
                if refused:
                    check(answer.text, f"the form with {values}")
                    assert shows(answer.text, values["body"])
            if not refused:
                names.append(values["name"])
                break
        else:
            pytest.fail(f"refused: {given}")
    total = db.session.query(Comment).count()
    assert total == len(SHORT + LONG)

    # What waits: to its writer, to a moderator, and to nobody else.
    held = check_pages(
        guest, ["/comments/threads/pelicans", "/comments/threads/pelicans?reply=1#reply"]
    )
    queue = check_pages(
        moderator,
        [
            *(f"/comments/moderation/?page={page}" for page in (1, 2, 3)),
            *(f"/comments/moderation/comments/{number}" for number in range(1, total + 1)),
        ],
    )
    for name in names:
        assert shows(queue, name), name
    # One's own page lists the fifty newest.
    for name in names[-50:]:
        assert shows(held, name), name
    own = [
        f"/comments/comment/{n}/{act}" for n in range(1, total + 1) for act in ("edit", "delete")
    ]
    edits = check_pages(guest, own)
    for body in SHORT:
        assert shows(edits, body), body
    for each in guest.call("GET", "me?thread=pelicans").json["comments"]:
        check_body(each["html"], "me")
        check(each["fragment"], "own fragment")
    for each in moderator.call("GET", "moderation/queue").json["comments"]:
        check_body(each["html"], "queue")

    # Published, with answers, so that names appear in other comments too.
    numbers = list(range(1, total + 1))
    for start in range(0, total, 20):
        moderator.post(
            "/comments/moderation/decisions",
            {"comment": numbers[start : start + 20], "decision": "publish"},
        )
    for number in numbers:
        answer = guest.call(
            "POST",
            "threads/pelicans/comments",
            {"name": "Gus", "body": f"I answer {number}.", "parent": number},
        )
        assert answer.status_code == 201
    files = surfaces(settings)
    check_public(files)
    pages = check_pages(
        Visitor(app),
        [f"/comments/threads/pelicans?{query}" for query in ("page=1", "page=2", "reply=2")],
    )
    snapshot = files["threads/pelicans.html"] + files["threads/pelicans.2.html"]
    for name in names:
        assert shows(pages, name), name
        assert shows(snapshot, name), name

    # And baked into the article.
    article = Path(settings.output) / "pelicans/index.html"
    article.parent.mkdir(parents=True)
    article.write_text(
        '<comment-thread thread="pelicans"><!-- postil:begin pelicans en -->\n'
        "<!-- postil:end pelicans --></comment-thread><p>After."
    )
    assert rebake.pages("pelicans", settings) == 1
    baked = article.read_text()
    check(baked, "the article")
    assert baked.count("<!-- postil:end pelicans -->") == 1
    assert baked.endswith("</comment-thread><p>After.")


@pytest.mark.parametrize("by", ["json", "form"])
def test_an_edit_is_no_way_around(app: Flask, settings: Settings, guest: Visitor, by: str) -> None:
    make.thread()
    moderator = of_role(app, "Mona", Role.MODERATOR)
    guest.call("POST", "threads/pelicans/comments", {"name": "Gus", "body": "Harmless."})
    moderator.call("POST", "comments/1/decisions", {"decision": "publish"})
    for payload in SHORT + LONG:
        body = f"{payload}\n\nEnd."
        if by == "json":
            answer = guest.call("PATCH", "comments/1", {"body": body})
            assert answer.status_code == 200, payload
            check_body(answer.json["html"], payload)
            check(answer.json["fragment"], payload)
            preview = guest.call("POST", "preview", {"body": body})
            assert preview.json["html"] == answer.json["html"]
        else:
            answer = guest.post("/comments/comment/1/edit", {"body": body})
            assert answer.status_code == 303
            preview = guest.post("/comments/threads/pelicans", {"body": body, "act": "preview"})
            check(preview.text, payload)
        if "evil" in payload:
            publisher.publish_behind(settings)
            files = settings.published / "threads"
            check((files / "pelicans.html").read_text(), payload)
            check_feed((files / "pelicans.atom").read_text(), payload)
    check_public(surfaces(settings))
    check_pages(
        moderator, ["/comments/moderation/?status=published", "/comments/moderation/comments/1"]
    )


@pytest.mark.parametrize(
    "website",
    [
        *(
            "javascript:alert(1)",
            "JAVASCRIPT:alert(1)",
            "java\tscript:alert(1)",
            "\x01javascript:x",
        ),
        *("data:text/html,<script>", "vbscript:x", 'https://a.example/"onclick=alert(1)'),
        *(
            "https://a.example/'><script>",
            "//evil.example",
            "https://user:pw@a.example",
            "file:///x",
        ),
        *(
            "https://javascript:alert(1)",
            "https://a.example\\@evil",
            "https:///evil",
            "https://[::1",
        ),
        *(
            "https://a.example/\u202e",
            "https://a.example/\r\nX: y",
            "https://",
            "a b.example",
            "?x",
        ),
    ],
)
def test_a_website_is_an_http_address_or_nothing(guest: Visitor, website: str) -> None:
    make.thread()
    given = {"name": "Gus", "body": "Hello.", "website": website}
    answer = guest.call("POST", "threads/pelicans/comments", given)
    assert answer.status_code == 422
    assert set(answer.json["fields"]) == {"website"}
    page = guest.post("/comments/threads/pelicans", given)
    assert page.status_code == 422
    check(page.text, website)


# ---- mail addresses, reasons, words searched for, accounts


def test_a_mail_address_is_shown_to_moderators_only_and_encoded(
    app: Flask, settings: Settings, guest: Visitor
) -> None:
    make.thread()
    moderator = of_role(app, "Mona", Role.MODERATOR)
    odd = ("o'neil&co+x=1@example.org", "a{b}|c~`$!@example.org", "bücher@example.org")
    for number, email in enumerate(odd):
        given = {"name": "Gus", "body": f"Number {number}.", "email": email}
        assert guest.call("POST", "threads/pelicans/comments", given).status_code == 202, email
    for email in (
        '"<script>"@example.org',
        "<b>@example.org",
        "a@<b>.example.org",
        '"@example.org',
    ):
        given = {"name": "Gus", "body": "x", "email": email}
        page = guest.post("/comments/threads/pelicans", given)
        assert page.status_code == 422
        check(page.text, email)
    page_text = check_pages(moderator, ["/comments/moderation/"])
    for email in odd:
        assert shows(page_text, email)


def test_reasons_and_words_searched_for_are_shown_as_text(app: Flask) -> None:
    make.thread()
    moderator = of_role(app, "Mona", Role.MODERATOR)
    make.comment(held=True)
    for payload in SHORT:
        moderator.call("POST", "comments/1/decisions", {"decision": "spam", "reason": payload})
        page = moderator.get(
            "/comments/moderation/", query_string={"q": payload, "thread": payload}
        )
        check(page.text, payload)
        assert shows(page.text, payload)
    page_text = check_pages(moderator, ["/comments/moderation/comments/1"])
    for payload in SHORT:
        assert shows(page_text, payload)
    answer = moderator.post(
        "/comments/moderation/decisions", {"comment": "1", "decision": SHORT[0], "reason": SHORT[1]}
    )
    check(answer.text, "a decision that is none")


def test_names_of_accounts_are_shown_as_text_on_pages_and_in_letters(
    app: Flask, settings: Settings, emails: Any
) -> None:
    make.thread()
    for number, payload in enumerate(SHORT):
        stranger = Visitor(app)
        form = {"name": payload, "email": f"n{number}@example.org", "password": "a heron at dawn"}
        answer = stranger.post("/comments/sign-up", form)
        if answer.status_code == 429:
            forget_limits()
            answer = stranger.post("/comments/sign-up", form)
        if answer.status_code == 422:
            # Two of the set look alike once case and punctuation are folded away.
            check(answer.text, payload)
            continue
        assert answer.status_code == 202
        check(answer.text, payload)
        _, subject, words = emails()[-1]
        assert f"Hello {payload}," in words
        assert payload not in subject
        path = re.search(r"http://blog\.test(/\S+)", words)
        assert path
        check(stranger.get(path[1]).text, payload)
        assert stranger.post(path[1]).status_code == 303
        page = stranger.get("/comments/account").text
        check(page, payload)
        assert shows(page, payload)
        answer = stranger.call("POST", "threads/pelicans/comments", {"body": f"By {number}."})
        assert answer.status_code == 202
    for number in range(1, db.session.query(Comment).count() + 1):
        make_published(number)
    check_public(surfaces(settings))


def test_what_an_account_says_of_itself_is_shown_as_text_everywhere(
    app: Flask, settings: Settings, emails: Any
) -> None:
    """A name that is changed, words about oneself, a link: in comments, on pages, in e-mails."""
    make.thread()
    rhea = make.account("Rhea")
    mine = make.comment(by=rhea)
    make.comment(parent=mine, body="Yes.")
    visitor, stranger = visiting(app, rhea), Visitor(app)
    moderator = of_role(app, "Mona", Role.MODERATOR)
    person = f"/comments/people/{rhea.public_id}"
    for number, (name, bio) in enumerate(itertools.zip_longest(SHORT, SHORT + LONG)):
        forget_limits()
        # The same without what is folded away would be one name: its number tells them apart.
        form = {
            "name": f"{name or 'Rhea'} {number}",
            "bio": f"{bio}\n\nNumber {number}.",
            "link": f"https://a.example/{number}?a=<>\"'&b={name}" if number % 2 else "",
            "shown": "on",
        }
        answer = visitor.post("/comments/account/profile", form)
        if answer.status_code == 422:
            # A link with such characters is none.
            assert number % 2
            check(answer.text, f"the profile's form with {form}")
            assert shows(answer.text, form["name"]) or form["name"] in str(
                read(answer.text).elements
            )
            answer = visitor.post(
                "/comments/account/profile", {**form, "link": f"https://a.example/{number}?a=1"}
            )
        assert answer.status_code == 303, form
        page = check_pages(stranger, [person])
        assert shows(page, form["name"])
        biography = page.split('<div class="postil bio">', 1)[1].split("</div></div>", 1)[0]
        check_body(biography.split(">", 1)[1], f"about oneself: {bio}")
        own = check_pages(
            visitor,
            [
                *("/comments/account", "/comments/account/profile", "/comments/account/email"),
                *("/comments/account/delete", "/comments/account/data"),
                *("/comments/threads/pelicans", "/comments/threads/pelicans?reply=1"),
            ],
        )
        assert shows(own, form["name"])
        check_pages(moderator, ["/comments/moderation/?status=published"])
        if name is not None and number % 5 == 0:
            check_public(surfaces(settings))
            assert shows((settings.published / "threads/pelicans.html").read_text(), form["name"])
    visitor.post("/comments/account/email", {"email": "new@example.org"})
    assert emails()[-1][1] == "Confirm your new address for http://blog.test"


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "data:text/html,<script>", "//evil.example"]
)
def test_an_accounts_link_is_an_http_address_or_nothing(app: Flask, link: str) -> None:
    rhea = make.account("Rhea")
    form = {"name": "Rhea", "link": link, "shown": "on"}
    answer = visiting(app, rhea).post("/comments/account/profile", form)
    assert answer.status_code == 422
    check(answer.text, link)
    assert link not in Visitor(app).get(f"/comments/people/{rhea.public_id}").text


def test_what_a_guest_typed_is_shown_as_text_where_it_is_claimed(
    app: Flask, guest: Visitor
) -> None:
    make.thread()
    make.account("Rhea")
    names = []
    for number, payload in enumerate(SHORT):
        given = {"name": payload, "body": f"{payload}\n\nNumber {number}."}
        if guest.call("POST", "threads/pelicans/comments", given).status_code == 202:
            names.append(payload)
    guest.sign_in("rhea@example.org")
    page = check_pages(guest, ["/comments/account/claim"])
    for payload in names:
        assert shows(page, payload)
    for odd in SHORT:
        check(guest.get("/comments/account/claim", query_string={"next": odd}).text, odd)


def forget_limits() -> None:
    with writing():
        db.session.execute(db.delete(RateCount))


def make_published(number: int) -> None:
    comments.decide(number, None, NewDecision(decision="publish"))


def test_forms_of_accounts_give_back_what_was_typed_as_text(guest: Visitor) -> None:
    for payload in SHORT:
        for path, form in {
            "sign-in": {"email": payload, "password": "x", "next": payload},
            "sign-up": {"name": payload * 5, "email": payload, "password": "x"},
            "forgot": {"email": payload},
        }.items():
            answer = guest.post(f"/comments/{path}", form)
            assert answer.status_code in (401, 422, 429), (path, payload)
            check(answer.text, f"{path}: {payload}")
        for query in ("next", "reply", "lang", "page"):
            answer = guest.get("/comments/sign-in", query_string={query: payload})
            check(answer.text, query)
    for path in (
        "/<script>alert(1)</script>",
        "/comments/verify/<img src=x>",
        "/comments/threads/<b>",
    ):
        answer = guest.get(path)
        assert answer.status_code == 404
        check(answer.text, path)


# ---- the manifest


def test_titles_and_languages_of_the_manifest_are_shown_as_text(
    app: Flask, settings: Settings, tmp_path: Path
) -> None:
    entries = []
    for number, payload in enumerate(SHORT):
        entries.append(
            {
                "id": f"t{number}",
                "url": f"{SITE}/t{number}/?a=b&c=%22%3E",
                "aliases": [f"/{payload}"],
                "title": payload,
                "published": "2026-11-20T00:00:00+00:00",
                "lang": "en",
                "authors": [payload],
                "comments": "open",
                "translations": [
                    {"lang": "zh-cn", "url": f"{SITE}/zh/t{number}/", "title": payload}
                ],
            }
        )
    source = tmp_path / "threads.json"
    site = {"url": SITE, "title": "<script>alert(1)</script>", "lang": "en"}
    source.write_text(json.dumps({"version": 1, "site": site, "threads": entries}))
    assert manifest.sync(str(source))
    for number in range(len(SHORT)):
        make.comment(f"t{number}", held=number % 2 == 0)
    files = surfaces(settings)
    check_public(files)
    feeds = "".join(data for name, data in files.items() if name.endswith(".atom"))
    moderator = of_role(app, "Mona", Role.MODERATOR)
    for number, payload in enumerate(SHORT):
        page = check_pages(
            moderator, [f"/comments/threads/t{number}", f"/comments/threads/t{number}?lang=zh-cn"]
        )
        assert shows(page, payload)
        assert payload in " ".join(ET.fromstring(files[f"threads/t{number}.atom"]).itertext())
    check_pages(moderator, ["/comments/moderation/", "/comments/moderation/comments/1"])
    assert "<script>" not in feeds


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "../../etc/passwd"},
        {"id": "<script>"},
        {"id": ""},
        {"url": "javascript:alert(1)"},
        {"comments": "anybody"},
        {"lang": "../../secret"},
        {"lang": '"><script>'},
        {"translations": [{"lang": "../x", "url": f"{SITE}/x/", "title": "x"}]},
        {"translations": [{"lang": "de", "url": "javascript:alert(1)", "title": "x"}]},
    ],
)
def test_a_manifest_that_names_no_file_and_no_address_is_refused(
    app: Flask, tmp_path: Path, changed: dict[str, Any]
) -> None:
    entry = {
        "id": "pelicans",
        "url": f"{SITE}/pelicans/",
        "title": "Pelicans",
        "published": "2026-11-20T00:00:00+00:00",
        "lang": "en",
        "comments": "open",
    }
    source = tmp_path / "threads.json"
    site = {"url": SITE, "title": "Blog", "lang": "en"}
    source.write_text(json.dumps({"version": 1, "site": site, "threads": [{**entry, **changed}]}))
    with pytest.raises(manifest.ManifestError):
        manifest.sync(str(source))
    assert db.session.query(Thread).count() == 0


# ---- what is nobody's business


def fingerprints(word: str) -> set[str]:
    """A word, and what others publish in its stead."""
    found = {word}
    for form in {word, word.lower(), word.strip().lower().partition("@")[0], word.upper()}:
        for algorithm in ("md5", "sha1", "sha256", "sha512"):
            digest = hashlib.new(algorithm, form.encode(), usedforsecurity=False).digest()
            found |= {
                digest.hex(),
                base64.b64encode(digest).decode().rstrip("="),
                base64.urlsafe_b64encode(digest).decode().rstrip("="),
            }
    return found


def test_nothing_public_tells_a_mail_address_or_a_network(app: Flask, settings: Settings) -> None:
    make.thread()
    reader = of_role(app, "Rhea", Role.READER)
    moderator = of_role(app, "Mona", Role.MODERATOR)
    private = {"Gus.Secret@Example.org", "rhea@example.org", "mona@example.org", "203.0.113.77"}
    stored = set()
    for visitor, name in ((Visitor(app), "Gus"), (reader, ""), (moderator, "")):
        for number in range(2):
            given = {
                "body": f"Hello {name} {number}.",
                "name": name,
                "email": "Gus.Secret@Example.org",
            }
            answer = visitor.call(
                "POST",
                "threads/pelicans/comments",
                given if name else {"body": given["body"]},
                environ_overrides={"REMOTE_ADDR": "203.0.113.77"},
            )
            assert answer.status_code in (201, 202)
    for comment in db.session.query(Comment).all():
        stored.add(comment.network or "")
        if comment.status is not Status.PUBLISHED:
            make_published(comment.id)
    assert len(stored) == 1
    public = surfaces(settings)
    assert "Gus" in public["threads/pelicans.html"]
    stranger = Visitor(app)
    for path in (
        *("/comments/threads/pelicans", "/comments/api/v1/threads/pelicans/comments"),
        *("/comments/api/v1/me?thread=pelicans", "/comments/api/v1/openapi.json"),
    ):
        public[path] = stranger.get(path).text
    wanted = set().union(*map(fingerprints, private)) | stored
    for name, data in public.items():
        low = data.lower()
        for word in wanted:
            assert word.lower() not in low, (name, word)
        assert "@" not in re.sub(r"@(context|id|type|media|layer|supports)", "", low), name


def test_a_network_is_stored_under_a_key_of_the_day_only(app: Flask, settings: Settings) -> None:
    make.thread()
    Visitor(app).call("POST", "threads/pelicans/comments", {"name": "Gus", "body": "Hello."})
    stored = db.session.query(Comment).one().network
    assert stored
    assert stored not in fingerprints("127.0.0.1")
    assert not any(word.startswith(stored) for word in fingerprints("127.0.0.1"))
