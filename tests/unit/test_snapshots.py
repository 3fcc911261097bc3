"""Snapshots: the database as files, for people, programs and feeds alike."""

import gzip
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import avatars, comments, threads
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.models import Comment, Policy, Role, Site, Status, Thread
from comments_service.publishing import snapshots
from formats import feed_ids
from formats import snapshots as reading
from tests import make
from tests.unit.published import publish, several

THREADING = "{http://purl.org/syndication/thread/1.0}"
ATOM = "{http://www.w3.org/2005/Atom}"
HOSTILE = [
    "<script>alert(1)</script>",
    '"onmouseover="alert(1)',
    "'); DROP TABLE comments; --",
    "</div><!-- postil:end pelicans -->",
    "]]>&amp;&lt;",
    "{{ 7 * 7 }}{% raw %}",
    "محمد <b>",
    "👩‍👩‍👧 & Söhne",
]


def test_the_first_element_carries_the_facts_in_their_order(app: Flask, settings: Settings) -> None:
    make.thread()
    make.comment()
    html = publish(settings)["threads/pelicans.html"].decode()
    assert html.startswith(
        '<div class="postil" data-version="1" data-thread="pelicans" data-lang="en"'
        ' data-revision="2" data-count="1" data-page="1" data-pages="1" data-comments="open"'
    )


def test_the_facts_stand_in_the_first_512_bytes_of_the_longest_names(
    app: Flask, settings: Settings
) -> None:
    name = "a" * 128
    make.thread(name, lang="zh-hans-abcdefgh-abcdefgh-abcdefgh")
    with writing():
        db.session.execute(sa.update(Thread).values(revision=2**53))
    html = publish(settings)[f"threads/{name}.html"]
    head = html[: reading.HEAD_BYTES].decode()
    assert re.search(r'data-revision="9007199254740992" .* data-comments="open"', head)
    assert reading.revision(html) == 2**53


def test_a_fragment_is_one_element(app: Flask, settings: Settings) -> None:
    make.thread()
    several(3)
    html = publish(settings)["threads/pelicans.html"].decode()
    assert html.startswith("<div")
    assert html.rstrip().endswith("</div>")
    assert html.count("<div") == html.count("</div>")


class Reading(HTMLParser):
    """What a person reads of each comment: its number, name and words."""

    def __init__(self) -> None:
        super().__init__()
        self.comments: list[dict[str, Any]] = []
        self._into: list[str | None] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.handlers += [name for name in given if name.startswith("on") or name == "style"]
        kind = (given.get("class") or "").split()
        if "postil-comment" in kind:
            gone = "postil-deleted" in kind
            number = int(given["data-id"] or 0)
            self.comments.append({"id": number, "gone": gone, "name": "", "words": "", "at": ""})
        if tag == "time":
            self.comments[-1]["at"] = given["datetime"]
        if tag not in ("br", "hr", "input"):
            inherited = self._into[-1] if self._into else None
            into = "name" if "postil-name" in kind else "words" if "postil-body" in kind else None
            ends = tag in ("form", "nav") or "postil-actions" in kind or "postil-context" in kind
            self._into.append(None if ends else into or inherited)

    def handle_endtag(self, tag: str) -> None:
        self._into.pop()

    def handle_data(self, data: str) -> None:
        if self._into and (into := self._into[-1]):
            self.comments[-1][into] += data


def test_people_programs_and_feeds_are_told_the_same(app: Flask, settings: Settings) -> None:
    make.thread()
    parent = make.comment(body="First *words*.", name="Pia", minutes_ago=5)
    gone = make.comment(status=Status.DELETED, minutes_ago=4)
    make.comment(body="An answer.", parent=gone, by=make.account("Rhea"), minutes_ago=3)
    make.comment(body="Another.", parent=parent, website="https://pia.example/", minutes_ago=2)
    make.comment(held=True, body="Nobody sees this.")
    found = publish(settings)
    html = Reading()
    html.feed(found["threads/pelicans.html"].decode())
    data = json.loads(found["threads/pelicans.json"])
    told = [
        {
            "id": each["id"],
            "gone": each["status"] == "deleted",
            "name": each["name"],
            "words": re.sub("<[^>]*>", "", each["html"]),
            "at": "" if each["status"] == "deleted" else each["created_at"],
        }
        for each in data["comments"]
    ]
    assert html.comments == told
    assert [each["words"] for each in told] == ["First words.", "Another.", "", "An answer."]
    feed = ElementTree.fromstring(found["threads/pelicans.atom"])
    assert [
        (entry.findtext(f"{ATOM}author/{ATOM}name"), entry.findtext(f"{ATOM}published"))
        for entry in feed.iter(f"{ATOM}entry")
    ] == [
        (each["name"], each["at"])
        for each in sorted(told, key=lambda each: each["at"], reverse=True)
        if not each["gone"]
    ]
    assert data["count"] == 3
    assert not any(b"Nobody sees" in each for each in found.values())


def test_a_program_reads_everything_it_needs(app: Flask, settings: Settings) -> None:
    make.thread()
    parent = make.comment(minutes_ago=2)
    reply = make.comment(parent=parent, name="Pia", website="https://pia.example/")
    data = json.loads(publish(settings)["threads/pelicans.json"])
    assert {key: data[key] for key in data if key != "comments"} == {
        "version": 1,
        "thread": "pelicans",
        "lang": "en",
        "title": "Pelicans",
        "url": "http://blog.test/pelicans/",
        "revision": 3,
        "count": 2,
        "page": 1,
        "pages": 1,
        "comments_open": True,
    }
    assert data["comments"][1] == {
        "id": reply.id,
        "thread": "pelicans",
        "parent": parent.id,
        "depth": 1,
        "status": "published",
        "name": "Pia",
        "website": "https://pia.example/",
        "by": "guest",
        "html": "<p>They scoop.</p>",
        "created_at": f"{reply.created_at:%Y-%m-%dT%H:%M:%SZ}",
        "edited_at": None,
        "pinned": False,
        "up": 0,
        "down": 0,
        "url": f"http://blog.test/pelicans/#comment-{reply.id}",
    }


def test_nothing_of_what_is_gone_is_in_any_file(app: Flask, settings: Settings) -> None:
    make.thread()
    gone = make.comment(
        body="Regretted words.", name="Regretful", website="https://regret.example/"
    )
    make.comment(parent=gone)
    with comments.changing("pelicans"):
        gone.status = Status.REJECTED
    for name, data in publish(settings).items():
        if not name.endswith((".gz", ".br")):
            assert b"egret" not in data, name


def test_no_address_or_network_is_in_any_file(app: Flask, settings: Settings) -> None:
    make.thread()
    make.comment(email="secret@example.org", network="f00dfeed")
    make.comment(by=make.account("Rhea"))
    for name, data in publish(settings).items():
        if not name.endswith((".gz", ".br")):
            assert b"@example.org" not in data, name
            assert b"f00dfeed" not in data, name


def test_hostile_names_and_titles_are_text_everywhere(app: Flask, settings: Settings) -> None:
    for number, text in enumerate(HOSTILE):
        make.thread(f"t{number}", title=text, authors=[text])
        make.comment(f"t{number}", name=text, body=text)
        make.comment(f"t{number}", parent=make.comment(f"t{number}", name=text), name=text)
    with writing():
        db.session.add(Site(id=1, title="".join(HOSTILE), lang="en", manifest_tag=""))
    found = publish(settings)
    for number, text in enumerate(HOSTILE):
        html = Reading()
        html.feed(found[f"threads/t{number}.html"].decode())
        assert html.handlers == []
        assert {each["name"] for each in html.comments} == {text}
        assert b"<script" not in found[f"threads/t{number}.html"]
        assert b"<!-- postil:end" not in found[f"threads/t{number}.html"]
        feed = ElementTree.fromstring(found[f"threads/t{number}.atom"])
        names = {each.text for each in feed.iter(f"{ATOM}name")}
        assert names == {text}
        assert feed.findtext(f"{ATOM}title") == f"Comments: {text}"
    ElementTree.fromstring(found["recent.atom"])
    assert b"<script" not in found["recent.html"]
    assert len(json.loads(found["recent.json"])["comments"]) == 3 * len(HOSTILE)


def test_a_feeds_content_is_the_comments_html(app: Flask, settings: Settings) -> None:
    make.thread()
    made = make.comment(body='A "quote" & *more*')
    feed = ElementTree.fromstring(publish(settings)["threads/pelicans.atom"])
    entry = feed.find(f"{ATOM}entry")
    assert entry is not None
    assert entry.findtext(f"{ATOM}content") == made.html
    assert entry.find(f"{ATOM}link").get("href") == f"http://blog.test/pelicans/#comment-{made.id}"  # type: ignore[union-attr]  # there
    link = feed.find(f"{ATOM}link[@rel='self']")
    assert link is not None
    assert link.get("href") == "http://blog.test/comments/threads/pelicans.atom"


def ids(data: bytes) -> dict[str, str]:
    """The ids in a feed, by what they are of: a comment's words, or nothing for the feed itself."""
    feed = ElementTree.fromstring(data)
    found = {
        str(each.findtext(f"{ATOM}content")): str(each.findtext(f"{ATOM}id"))
        for each in feed.iter(f"{ATOM}entry")
    }
    return {"": str(feed.findtext(f"{ATOM}id")), **found}


def test_what_a_feed_calls_a_comment_never_changes(app: Flask, settings: Settings) -> None:
    make.thread()
    make.comment(body="One")
    make.comment(parent=make.comment(body="Two"), body="Three")
    before = publish(settings)
    with writing():
        db.session.execute(
            sa.update(Thread).values(
                url="https://elsewhere.example/moved/", title="Other", published_at=None
            )
        )
    after = publish(replace(settings, site_url="https://elsewhere.example"))
    for name in ("threads/pelicans.atom", "recent.atom"):
        assert ids(before[name]) == ids(after[name])
        assert len({*ids(before[name]).values()}) == 4
        assert all(each.startswith("urn:uuid:") for each in ids(before[name]).values())
    own, all_ = ids(before["threads/pelicans.atom"]), ids(before["recent.atom"])
    assert {**own, "": ""} == {**all_, "": ""}
    assert own[""] != all_[""]


def test_a_feed_says_what_each_comment_answers(app: Flask, settings: Settings) -> None:
    make.thread()
    first = make.comment(body="One")
    make.comment(parent=first, body="Two")
    data = publish(settings)["threads/pelicans.atom"]
    named = ids(data)
    answers = {
        str(each.findtext(f"{ATOM}content")): (told.get("ref"), told.get("href"))
        for each in ElementTree.fromstring(data).iter(f"{ATOM}entry")
        for told in each.iter(f"{THREADING}in-reply-to")
    }
    assert answers == {
        "<p>One</p>": (
            feed_ids.of_article("blog.test", "pelicans", "en"),
            "http://blog.test/pelicans/",
        ),
        "<p>Two</p>": (named["<p>One</p>"], f"http://blog.test/pelicans/#comment-{first.id}"),
    }


def test_a_feed_holds_the_newest_fifty(app: Flask, settings: Settings) -> None:
    make.thread()
    with comments.changing("pelicans"):
        db.session.execute(
            sa.insert(Comment),
            [
                {"id": n, "thread_id": "pelicans", "depth": 0, "name": "x", "source": "x",
                 "html": f"<p>{n}</p>", "renderer_version": 1, "status": Status.PUBLISHED,
                 "reasons": [], "key": str(n)}
                for n in range(1, 61)
            ],
        )  # fmt: skip
    feed = ElementTree.fromstring(publish(settings)["threads/pelicans.atom"])
    shown = [each.text for each in feed.iter(f"{ATOM}content")]
    assert shown == [f"<p>{n}</p>" for n in range(60, 10, -1)]


def test_badges_come_from_roles(app: Flask, settings: Settings) -> None:
    make.thread()
    for name, role in (("Ada", Role.AUTHOR), ("Mona", Role.MODERATOR), ("Olga", Role.OWNER)):
        make.comment(by=make.account(name, role=role))
    make.comment(by=make.account("Rhea"))
    make.comment(name="Author")
    html = publish(settings)["threads/pelicans.html"].decode()
    assert re.findall('postil-badge">([^<]+)<', html) == ["Author", "Moderator", "Author"]


def test_accounts_have_a_pattern_and_guests_a_letter(app: Flask, settings: Settings) -> None:
    make.thread()
    rhea = make.account("Rhea")
    make.comment(by=rhea)
    make.comment(by=rhea, body="And swallow.")
    make.comment(name="gus")
    html = publish(settings)["threads/pelicans.html"].decode()
    pattern = avatars.pattern(rhea.public_id)
    drawn = f'<svg class="postil-avatar postil-hue-{avatars.hue(rhea.public_id, 0)}"'
    assert html.count(drawn) == html.count(f'<path d="{pattern}"/>') == 2
    assert re.findall(r'<span class="postil-avatar[^>]*>([^<]*)<', html) == ["G"]


def test_an_avatar_costs_few_bytes(app: Flask, settings: Settings) -> None:
    make.thread()
    for number in range(100):
        make.comment(by=make.account(f"Rhea {number}".replace(" ", "-")), body=f"Number {number}.")
    html = publish(settings)["threads/pelicans.html"]
    with_letters = re.sub(rb"<svg.*?</svg>", b"<span>R</span>", html)
    assert len(html) - len(with_letters) <= 100 * 190
    # Each is another one here, which packs worst.
    assert len(gzip.compress(html)) - len(gzip.compress(with_letters)) <= 100 * 35


def test_a_name_leads_to_its_page_unless_that_is_hidden(app: Flask, settings: Settings) -> None:
    make.thread(policy=Policy.CLOSED)
    accounts = [make.account(name) for name in ("Rhea", "Max")]
    for each in accounts:
        make.comment(by=each)
    make.comment(by=accounts[0], website="https://rhea.example/")
    with writing():
        accounts[1].shown = False
    html = publish(settings)["threads/pelicans.html"].decode()
    assert re.findall(r'<a class="postil-name" href="([^"]*)" rel="([^"]*)"', html) == [
        (f"/comments/people/{accounts[0].public_id}", "nofollow ugc noopener"),
        ("https://rhea.example/", "nofollow ugc noopener"),
    ]


def test_who_left_is_called_so_in_each_language(app: Flask, settings: Settings) -> None:
    make.thread()
    left = make.comment(name="")
    make.comment(parent=left, body="A pity.")
    found = publish(settings)
    html = found["threads/pelicans.html"].decode()
    assert '<bdi class="postil-name">Deleted account</bdi>' in html
    assert f'<a href="#comment-{left.id}"><bdi>Deleted account</bdi></a>' in html
    for name in ("recent.html", "recent.atom", "threads/pelicans.atom"):
        assert b"Deleted account" in found[name]
    assert [each["name"] for each in json.loads(found["threads/pelicans.json"])["comments"]] == [
        "",
        "Gus",
    ]


@pytest.mark.parametrize(
    ("policy", "has_form", "open_"),
    [(Policy.OPEN, True, True), (Policy.HELD, True, True), (Policy.CLOSED, False, False)],
)
def test_a_thread_says_whether_it_takes_comments(
    app: Flask, settings: Settings, policy: Policy, has_form: bool, open_: bool
) -> None:
    make.thread(policy=policy)
    make.comment()
    found = publish(settings)
    html = found["threads/pelicans.html"].decode()
    assert f'data-comments="{policy}"' in html
    assert ('<form class="postil-form"' in html) is has_form
    assert ("Comments are closed" in html) is not has_form
    assert ("data-reply" in html) is has_form
    assert json.loads(found["threads/pelicans.json"])["comments_open"] is open_


def test_a_comment_alone_looks_as_it_does_in_the_fragment(app: Flask, settings: Settings) -> None:
    make.thread()
    parent = make.comment()
    reply = make.comment(parent=parent, body="*Yes.*")
    html = publish(settings)["threads/pelicans.html"].decode()
    shown = threads.shown([threads.comment(reply.id)])[0]
    assert snapshots.item(shown, threads.get("pelicans"), "en", settings) in html
