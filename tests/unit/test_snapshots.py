"""Snapshots: the database as files, for people, programs and feeds alike; older never over newer."""

import gzip
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import brotli
import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import avatars, comments, threads
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.inputs import NewDecision
from comments_service.models import Comment, Policy, Role, Site, Status, Thread, now
from comments_service.publishing import publisher, rebake, site_snapshots, snapshots
from formats import snapshots as reading
from tests import make
from tests.conftest import settings_for

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


def published(settings: Settings) -> dict[str, bytes]:
    """Every file of the folder, without those that only the service itself reads."""
    return {
        str(path.relative_to(settings.published)): path.read_bytes()
        for path in sorted(settings.published.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


def publish(settings: Settings) -> dict[str, bytes]:
    publisher.publish_behind(settings)
    return published(settings)


def revision(settings: Settings, name: str = "pelicans.html") -> int:
    return snapshots.written_revision(settings.published / "threads" / name)


def set_page_size(settings: Settings, size: int) -> None:
    object.__setattr__(settings, "page_size", size)


def several(number: int) -> list[Comment]:
    return [make.comment(body=f"Number {n}.", minutes_ago=number - n) for n in range(number)]


# ---- what they hold


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
    assert entry.findtext(f"{ATOM}id") == f"http://blog.test/pelicans/#comment-{made.id}"
    link = feed.find(f"{ATOM}link[@rel='self']")
    assert link is not None
    assert link.get("href") == "http://blog.test/comments/threads/pelicans.atom"


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
    accounts = [make.account(name) for name in ("Rhea", "Max", "Ida")]
    for each in accounts:
        make.comment(by=each)
    make.comment(by=accounts[0], website="https://rhea.example/")
    with writing():
        accounts[1].shown = False
        accounts[2].closed_at = now()
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


# ---- languages and pages


def test_each_language_of_an_article_has_files_of_its_own(app: Flask, settings: Settings) -> None:
    make.thread(translations=[{"lang": "zh-cn", "url": "http://blog.test/zh/p/", "title": "鹈鹕"}])
    made = make.comment()
    found = publish(settings)
    chinese = found["threads/pelicans.zh-cn.html"].decode()
    assert 'data-lang="zh-cn"' in chinese
    assert "年" in chinese
    data = json.loads(found["threads/pelicans.zh-cn.json"])
    assert (data["title"], data["lang"]) == ("鹈鹕", "zh-cn")
    assert data["comments"][0]["url"] == f"http://blog.test/zh/p/#comment-{made.id}"
    assert "threads/pelicans.zh-cn.atom" in found
    assert {"ui.en.html", "ui.zh-cn.html"} <= set(found)


def test_a_language_that_an_article_loses_takes_its_files_along(
    app: Flask, settings: Settings
) -> None:
    thread = make.thread(translations=[{"lang": "de", "url": "http://blog.test/de/", "title": "P"}])
    publish(settings)
    with writing():
        thread.translations, thread.revision = [], 2
    assert not [name for name in publish(settings) if ".de." in name and name.startswith("threads")]


def test_a_long_thread_has_pages_and_loses_them_when_it_shrinks(
    app: Flask, settings: Settings
) -> None:
    set_page_size(settings, 10)
    make.thread()
    made = several(25)
    found = publish(settings)
    for number, length in ((1, 10), (2, 10), (3, 5)):
        data = json.loads(
            found["threads/pelicans" + (f".{number}" if number > 1 else "") + ".json"]
        )
        assert (data["page"], data["pages"], len(data["comments"])) == (number, 3, length)
    assert 'data-page="2" data-pages="3"' in found["threads/pelicans.2.html"].decode()
    assert "<form" in found["threads/pelicans.html"].decode()
    assert "<form" not in found["threads/pelicans.2.html"].decode()
    for each in made[5:]:
        comments.decide(each.id, None, NewDecision(decision="spam"))
    found = publish(settings)
    assert not [name for name in found if re.search(r"\.[23]\.", name)]


def test_removing_a_threads_files_leaves_those_of_one_that_begins_alike(
    app: Flask, settings: Settings
) -> None:
    make.thread("a")
    make.thread("a-b")
    publish(settings)
    with writing():
        db.session.get_one(Thread, "a").listed = False
        db.session.get_one(Thread, "a").revision = 2
    found = publish(settings)
    assert not [name for name in found if name.startswith("threads/a.")]
    assert "threads/a-b.html.gz" in found


@pytest.mark.parametrize("values", [{"listed": False}, {"policy": Policy.OFF}])
def test_a_thread_that_is_hidden_leaves_no_file(
    app: Flask, settings: Settings, values: dict[str, Any]
) -> None:
    thread = make.thread()
    make.comment()
    assert "threads/pelicans.html" in publish(settings)
    with writing():
        for name, value in values.items():
            setattr(thread, name, value)
        db.session.execute(sa.update(Thread).values(revision=Thread.revision + 1))
    found = publish(settings)
    assert not [name for name in found if name.startswith("threads/")]
    assert json.loads(found["counts.json"])["counts"] == {}
    assert json.loads(found["recent.json"])["comments"] == []
    assert publisher.publish_behind(settings) == []


# ---- the whole site


def test_counts_and_recent_comments_are_of_the_whole_site(app: Flask, settings: Settings) -> None:
    for name in ("pelicans", "gulls", "silent"):
        make.thread(name)
    make.comment("gulls", minutes_ago=1)
    make.comment("pelicans", name="Pia")
    found = publish(settings)
    assert found["counts.json"] == b'{"version":1,"counts":{"pelicans":1,"gulls":1}}\n'
    recent = json.loads(found["recent.json"])
    assert [each["thread_title"] for each in recent["comments"]] == ["Pelicans", "Gulls"]
    assert "Pia" in found["recent.html"].decode()
    assert found["recent.html"].decode().count("postil-recent-item") == 2


def test_a_site_without_comments_has_its_files_too(app: Flask, settings: Settings) -> None:
    publisher.publish_all(settings)
    found = published(settings)
    assert json.loads(found["counts.json"]) == {"version": 1, "counts": {}}
    ElementTree.fromstring(found["recent.atom"])
    assert "ui.en.html" in found


def test_the_interface_of_a_site_is_in_its_language(app: Flask, settings: Settings) -> None:
    with writing():
        db.session.add(Site(id=1, title="博客", lang="zh-cn", manifest_tag=""))
    publisher.publish_all(settings)
    ui = published(settings)["ui.zh-cn.html"].decode()
    for name in ("form", "edit", "own", "held", "new", "preview", "sign-in", "account", "messages"):
        assert f'<template id="postil-{name}">' in ui


# ---- how they are written


def test_the_siblings_decompress_to_the_same_bytes(app: Flask, settings: Settings) -> None:
    make.thread()
    several(3)
    found = publish(settings)
    plain = [name for name in found if not name.endswith((".gz", ".br"))]
    assert len(found) == 3 * len(plain)
    for name in plain:
        assert gzip.decompress(found[f"{name}.gz"]) == found[name]
        assert brotli.decompress(found[f"{name}.br"]) == found[name]


def test_everything_can_be_made_again_byte_for_byte(app: Flask, settings: Settings) -> None:
    set_page_size(settings, 10)
    make.thread(translations=[{"lang": "de", "url": "http://blog.test/de/", "title": "P"}])
    make.thread("gulls")
    several(12)
    make.comment("gulls", by=make.account())
    publish(settings)
    before = published(settings)
    publisher.publish_all(settings)
    assert published(settings) == before
    shutil.rmtree(settings.published)
    publisher.publish_all(settings)
    assert published(settings) == before


def test_what_is_published_is_not_behind_any_more(app: Flask, settings: Settings) -> None:
    make.thread()
    make.thread("gulls")
    assert sorted(publisher.publish_behind(settings)) == ["gulls", "pelicans"]
    assert publisher.publish_behind(settings) == []
    make.comment("gulls")
    assert publisher.publish_behind(settings) == ["gulls"]
    thread = db.session.get_one(Thread, "gulls", populate_existing=True)
    assert thread.published_revision == thread.revision == revision(settings, "gulls.html")


def test_an_older_revision_never_replaces_a_newer(app: Flask, settings: Settings) -> None:
    make.thread()
    make.comment()
    publish(settings)
    newer = settings.published / "threads" / "pelicans.html"
    text = newer.read_text("utf-8").replace('data-revision="2"', 'data-revision="9"')
    newer.write_text(text, "utf-8")
    make.comment()
    snapshots.publish("pelicans", settings)
    assert newer.read_text("utf-8") == text


def test_publishing_what_does_not_exist_does_nothing(app: Flask, settings: Settings) -> None:
    snapshots.publish("nowhere", settings)
    assert rebake.pages("nowhere", settings) == 0
    assert not list(settings.published.glob("threads/*"))


def test_the_sites_files_are_left_alone_when_nothing_changed(
    app: Flask, settings: Settings
) -> None:
    make.thread()
    publish(settings)
    stamps = {path: path.stat().st_mtime_ns for path in settings.published.glob("*.*")}
    site_snapshots.publish(settings)
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps


# ---- after a start


def whole(settings: Settings) -> dict[str, bytes]:
    make.thread()
    make.thread("gulls")
    several(2)
    publisher.mend(settings)
    return published(settings)


def test_after_a_start_nothing_is_written_where_all_is_well(app: Flask, settings: Settings) -> None:
    whole(settings)
    assert publisher.mend(settings) == []


@pytest.mark.parametrize("lost", ["threads/pelicans.html", "threads", ""])
def test_after_a_start_what_was_deleted_is_there_again(
    app: Flask, settings: Settings, lost: str
) -> None:
    before = whole(settings)
    path: Path = settings.published / lost
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert "pelicans" in publisher.mend(settings)
    assert published(settings) == before


def test_after_a_start_what_a_crash_left_behind_is_published(
    app: Flask, settings: Settings
) -> None:
    whole(settings)
    read_before = threads.visible()
    make.comment(body="Committed, then the power went.")
    assert publisher.mend(settings) == ["pelicans"]
    assert len(read_before) == 2
    assert b"then the power went" in published(settings)["threads/pelicans.html"]
    assert json.loads(published(settings)["counts.json"])["counts"] == {"pelicans": 3}


def test_after_a_start_a_stale_file_is_made_again_though_the_row_says_it_was_published(
    app: Flask, settings: Settings
) -> None:
    before = whole(settings)
    path = settings.published / "threads" / "pelicans.html"
    path.write_text(path.read_text("utf-8").replace('data-revision="3"', 'data-revision="1"'))
    assert snapshots.stale(settings) == ["pelicans"]
    assert publisher.mend(settings) == ["pelicans"]
    assert published(settings) == before


def test_other_settings_or_templates_publish_everything_anew(
    app: Flask, settings: Settings, database_url: str, tmp_path: Path
) -> None:
    whole(settings)
    without_guests = settings_for(database_url, tmp_path, guests=False)
    assert snapshots.edition(settings) != snapshots.edition(without_guests)
    assert publisher.mend(without_guests) == ["gulls", "pelicans"]
    assert b"Sign in to comment" in published(settings)["threads/gulls.html"]
    assert publisher.mend(without_guests) == []
