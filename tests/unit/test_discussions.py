"""Discussions: every conversation in one list, the latest first, at a cost that stays the same."""

import json
import shutil
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from comments_service import config, markup, threads
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.models import Policy, Site, Status, Thread
from comments_service.publishing import manifest, publisher, rebake, site_snapshots
from comments_service.threads import Discussion, lists
from tests import make
from tests.conftest import Visitor

FAMILY = "👩‍👩‍👧"
FLAG = "🇳🇱"


def discussions() -> Sequence[Discussion]:
    """The list, as it is once everything is published."""
    publisher.publish_behind(config.current())
    return threads.discussions(1, 100).shown


def listed() -> list[str]:
    return [each.thread.id for each in discussions()]


def publish(settings: Settings, name: str = "discussions.html") -> str:
    publisher.publish_behind(settings)
    return (settings.published / name).read_text("utf-8")


# ---- what is asked of the database


def test_the_latest_active_thread_comes_first(app: Flask) -> None:
    for name in ("quiet", "old", "busy"):
        make.thread(name)
    make.comment("old", minutes_ago=50)
    make.comment("busy", minutes_ago=90)
    make.comment("busy", minutes_ago=10, name="Pia", body="They *plunge*.")
    first, second, third = discussions()
    assert [first.thread.id, second.thread.id, third.thread.id] == ["busy", "old", "quiet"]
    assert (first.count, first.name, first.excerpt) == (2, "Pia", "They plunge.")
    assert (third.count, third.last_id, third.excerpt) == (0, None, "")
    assert (
        third.active_at == db.session.get_one(Thread, "quiet", populate_existing=True).published_at
    )


def test_an_older_comment_that_was_imported_later_is_not_the_latest(app: Flask) -> None:
    make.thread()
    newest = make.comment(minutes_ago=5)
    make.comment(minutes_ago=5_000)
    assert discussions()[0].last_id == newest.id


def test_only_what_is_published_counts(app: Flask) -> None:
    for name, policy in (("open", Policy.OPEN), ("off", Policy.OFF), ("gone", Policy.OPEN)):
        make.thread(name, policy=policy)
    with writing():
        db.session.execute(sa.update(Thread).where(Thread.id == "gone").values(listed=False))
    make.comment("open", held=True, name="Nobody yet")
    make.comment("open", status=Status.DELETED)
    make.comment("gone")
    (only,) = discussions()
    assert (only.thread.id, only.count, only.last_id) == ("open", 0, None)


def test_it_is_two_queries_however_much_was_said(app: Flask, statements: list[str]) -> None:
    def queries() -> int:
        publisher.publish_behind(config.current())
        statements.clear()
        threads.discussions(1, 100)
        return len(statements)

    make.thread()
    make.comment()
    assert queries() == 2
    for number in range(30):
        make.thread(f"t{number}")
        make.comment(f"t{number}", by=make.account(f"Reader{number}") if number < 5 else None)
    for _ in range(30):
        make.comment()
    assert queries() == 2
    assert len(discussions()) == 31


def test_the_list_has_an_end(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "MAX_DISCUSSIONS", 3)
    for number in range(5):
        make.thread(f"t{number}")
        make.comment(f"t{number}", minutes_ago=number)
    assert listed() == ["t0", "t1", "t2"]


# ---- excerpts


def test_an_excerpt_is_the_beginning_as_plain_text() -> None:
    assert markup.excerpt(markup.render("They *scoop*, `see`: a < b & c")) == (
        "They scoop, see: a < b & c"
    )
    assert markup.excerpt(markup.render("One.\n\nTwo.")) == "One. Two."
    assert markup.excerpt("") == ""


def test_an_excerpt_leaves_out_what_is_quoted_unless_there_is_nothing_else() -> None:
    assert (
        markup.excerpt(markup.render("> You:\n> > and I\n\nNo.\n\n> Sure?\n\nYes.")) == "No. Yes."
    )
    assert markup.excerpt(markup.render("> Only this.")) == "Only this."


def test_an_excerpt_is_cut_between_words() -> None:
    text = markup.excerpt("<p>" + "pelicans " * 40 + "</p>", 50)
    assert text == "pelicans pelicans pelicans pelicans pelicans…"
    assert markup.excerpt("<p>" + "鹈" * 300 + "</p>", 50) == "鹈" * 49 + "…"


@pytest.mark.parametrize("sign", [FAMILY, FLAG, "👍🏽", "é".replace("é", "e\u0301"), "ก็", "각"])
def test_an_excerpt_never_cuts_a_character_in_two(sign: str) -> None:
    for before in range(12):
        kept = markup.excerpt("<p>" + "x" * before + sign * 30 + "</p>", 20).removesuffix("…")
        assert kept.removeprefix("x" * before).replace(sign, "") == ""


@given(st.text(max_size=300), st.integers(0, 400))
def test_an_excerpt_of_anything_cut_anywhere_has_no_markup(text: str, end: int) -> None:
    try:
        html = markup.render(text)
    except markup.MarkupError:
        return
    found = markup.excerpt(html[:end], 60)
    assert len(found) <= 60
    assert "<p" not in found.replace("&", "") or "&lt;p" in html
    assert "\n" not in found


# ---- the files


class Outline(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]


def test_whatever_people_type_is_text(app: Flask, settings: Settings) -> None:
    hostile = '<script>alert(1)</script>"onclick="x <!-- postil:discussions-end --></div>'
    make.thread(title=hostile, category=hostile)
    make.thread("other", category="Notes")
    make.comment(name=hostile, body=hostile)
    html = publish(settings)
    found = Outline()
    found.feed(html)
    assert "script" not in found.tags
    assert not [name for name in found.attributes if name.startswith("on") or name == "style"]
    assert "<!-- postil" not in html
    assert html.count("<div") == html.count("</div>") == 1


def test_programs_are_told_the_same(app: Flask, settings: Settings) -> None:
    make.site()
    make.thread(category="Birds")
    made = make.comment(name="Pia")
    data = json.loads(publish(settings, "discussions.json"))
    assert {key: data[key] for key in data if key != "threads"} == {
        "version": 1, "lang": "en", "revision": 1, "count": 1, "page": 1, "pages": 1,
    }  # fmt: skip
    assert data["threads"] == [
        {
            "id": "pelicans",
            "url": "http://blog.test/pelicans/",
            "title": "Pelicans",
            "category": "Birds",
            "count": 1,
            "active_at": f"{made.created_at:%Y-%m-%dT%H:%M:%SZ}",
            "last": {
                "id": made.id,
                "name": "Pia",
                "excerpt": "They scoop.",
                "url": f"http://blog.test/pelicans/#comment-{made.id}",
            },
        }
    ]


def test_a_long_list_has_pages_and_loses_them_again(
    app: Flask, settings: Settings, guest: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(site_snapshots, "DISCUSSIONS_PAGE", 2)
    for number in range(5):
        make.thread(f"t{number}")
        make.comment(f"t{number}", minutes_ago=number)
    html = publish(settings)
    assert 'data-count="5" data-page="1" data-pages="3"' in html
    assert "/comments/discussions?page=2&amp;lang=en" in html
    second = guest.get("/comments/discussions?page=2")
    assert b'data-thread="t2"' in second.data
    assert b'data-thread="t4"' in guest.get("/comments/discussions?page=999").data
    with writing():
        db.session.execute(
            sa.update(Thread)
            .where(Thread.id.in_(["t2", "t3", "t4"]))
            .values(listed=False, revision=Thread.revision + 1)
        )
    # As earlier releases wrote them.
    (settings.published / "discussions.3.html").touch()
    publish(settings)
    assert {path.name for path in settings.published.glob("discussions.*")} == {
        f"discussions.{kind}{sibling}"
        for kind in ("html", "json")
        for sibling in ("", ".gz", ".br")
    }


def test_each_language_of_the_blog_has_its_own_list(app: Flask, settings: Settings) -> None:
    make.thread(
        translations=[{"lang": "zh-cn", "url": "http://blog.test/zh-cn/pelicans/", "title": "鹈鹕"}]
    )
    make.thread("only-english")
    make.comment()
    make.site(languages=["en", "zh-cn"])
    html = publish(settings, "discussions.zh-cn.html")
    assert 'data-lang="zh-cn"' in html
    assert '<a href="/zh-cn/pelicans/#comments" dir="auto">鹈鹕</a>' in html
    assert '<h2 class="postil-title" lang="en">' in html


def test_every_file_can_be_made_again_byte_for_byte(app: Flask, settings: Settings) -> None:
    make.thread(category="Birds")
    make.comment()
    publisher.publish_behind(settings)
    before = {path: path.read_bytes() for path in settings.published.glob("discussions.*")}
    assert len(before) == 6
    shutil.rmtree(settings.published)
    publisher.publish_all(settings)
    assert {path: path.read_bytes() for path in before} == before


def test_what_says_something_else_is_newer_from_before_the_first_manifest_on(
    app: Flask, settings: Settings
) -> None:
    def revisions() -> list[int]:
        publisher.publish_all(settings)
        names = ("discussions.json", "recent.json")
        return [json.loads((settings.published / name).read_text())["revision"] for name in names]

    assert revisions() == revisions() == [0, 0]
    make.site()
    make.thread()
    make.comment()
    assert revisions() == revisions() == [1, 1]
    make.comment()
    assert revisions() == [2, 2]


# ---- the blog's page


def test_it_is_baked_where_the_manifest_says(app: Flask, settings: Settings) -> None:
    make.thread()
    make.comment()
    with writing():
        db.session.add(
            Site(id=1, title="A blog", lang="en", manifest_tag="", discussions={
                "en": "http://blog.test/talk/", "zh-cn": "http://blog.test/nowhere/",
            })
        )  # fmt: skip
    folder = settings.output_folder
    assert folder
    page = folder / "talk" / "index.html"
    page.parent.mkdir(parents=True)
    page.write_text("<!-- postil:discussions en -->\n<!-- postil:discussions-end -->")
    publisher.publish_behind(settings)
    assert rebake.discussions(settings) == 1
    assert "They scoop." in page.read_text()
    assert rebake.discussions(settings) == 0


def test_a_manifest_without_the_new_keys_is_one_of_old(app: Flask, tmp_path: Path) -> None:
    entry = {
        "id": "fish", "url": "http://blog.test/fish/", "title": "Fish", "lang": "en",
        "published": "2026-11-20T00:00:00+00:00", "comments": "open",
    }  # fmt: skip
    site = {"url": "http://blog.test", "title": "A blog", "lang": "en"}
    path = tmp_path / "threads.json"
    path.write_text(json.dumps({"version": 1, "site": site, "threads": [entry]}))
    assert manifest.sync(str(path))
    assert threads.get("fish").category == ""
    entry["category"] = "Birds"
    path.write_text(
        json.dumps(
            {
                "version": 1,
                "site": {**site, "discussions": {"en": "http://blog.test/talk/"}},
                "threads": [entry],
            }
        )
    )
    assert manifest.sync(str(path))
    assert threads.get("fish").category == "Birds"
    assert db.session.get_one(Site, 1).discussions == {"en": "http://blog.test/talk/"}
