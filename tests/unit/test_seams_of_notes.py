"""Notes across the seam: the service stores and publishes them, the build marks them, and both bake the same bytes."""

import re
import shutil
from pathlib import Path

import pytest
from flask import Flask

from comments_service import comments
from comments_service.config import Settings
from comments_service.inputs import NewDecision
from comments_service.models import Comment
from comments_service.publishing import manifest, publisher, rebake
from formats import passages
from tests import make
from tests.conftest import SITE
from tests.noting import BODY, depth_of_marks
from tests.sites import Site


@pytest.fixture
def database_url(empty_sqlite: Path, tmp_path: Path) -> str:
    """The seams are files: one database is enough."""
    copy = tmp_path / "comments.sqlite3"
    shutil.copy(empty_sqlite, copy)
    return f"sqlite:///{copy}"


def noted(
    site: Site, words: str, path: str = "fish", lang: str = "en", name: str = "Pia"
) -> Comment:
    """A published note of a reader on these words of a built page."""
    text = passages.text_in_page(site.page(path), "fish")
    assert text is not None
    passage = passages.quoted(words, text, lang)
    assert passage is not None
    return make.comment("fish", body="Is that so?", name=name, passage=passage)


def numbers(page: str) -> list[tuple[str, str]]:
    return re.findall(r'class="postil-at" href="([^"]*)" aria-label="([^"]*)"', page)


@pytest.fixture
def site(app: Flask, settings: Settings, site: Site) -> Site:
    site.write("fish", BODY)
    site.write("zh", "鹈鹕一起捕鱼。没有谁带头。", Slug="fish", Lang="zh-cn", Title="鹈鹕")
    site.build(SITEURL=SITE)
    manifest.sync(settings.manifest_source)
    return site


def test_what_readers_noted_is_marked_by_the_next_build_in_each_language(
    settings: Settings, site: Site
) -> None:
    here = noted(site, "in shallow water", name='P"<i>&a')
    there = noted(site, "没有谁带头", "zh-cn/fish", "zh-cn")
    publisher.publish_behind(settings)
    site.build(SITEURL=SITE)
    page, chinese = site.page("fish"), site.page("zh-cn/fish")
    assert numbers(page) == [
        (
            f"#comment-{here.id}",
            "Note by \u2068P&#34;&lt;i&gt;&amp;a\u2069 on “in shallow water”",
        )
    ]
    assert f'id="at-{here.id}"' in page
    assert f'id="at-{there.id}">没有谁带头</mark>' in chinese
    assert [href for href, _ in numbers(chinese)] == [f"#comment-{there.id}"]
    # The quotation in the comment leads to the mark, wherever it is read.
    assert f"fish/#at-{here.id}:~:text=" in page or f'href="#at-{here.id}:~:text=' in page
    assert depth_of_marks(page) == 1
    assert rebake.pages("fish", settings) == 0


def test_a_note_that_is_deleted_takes_its_writer_s_name_out_of_the_text_at_once(
    app: Flask, settings: Settings, site: Site
) -> None:
    note = noted(site, "Nobody leads", name="Peregrine")
    noted(site, "in shallow water", name="Olivia")
    publisher.publish_behind(settings)
    site.build(SITEURL=SITE)
    assert "Peregrine" in site.page("fish")
    comments.decide(note.id, None, NewDecision(decision="delete", version=note.version))
    publisher.publish_behind(settings)
    assert rebake.pages("fish", settings) >= 1
    page = site.page("fish")
    assert "Peregrine" not in page
    assert [label for _, label in numbers(page)] == [
        "Note by \u2068Olivia\u2069 on “in shallow water”",
        "Note by \u2068\u2069 on “Nobody leads”",
    ]
    site.build(SITEURL=SITE)
    assert len(numbers(site.page("fish"))) == 1


def test_notes_of_a_further_page_lead_to_the_thread_s_own_page(
    app: Flask, settings: Settings, site: Site
) -> None:
    for number in range(settings.page_size):
        make.comment("fish", body=f"Word {number}.")
    note = noted(site, "Nobody leads")
    publisher.publish_behind(settings)
    site.build(SITEURL=SITE)
    ((href, label),) = numbers(site.page("fish"))
    assert href == f"/comments/threads/fish?comment={note.id}&amp;lang=en#comment-{note.id}"
    assert label == "Note on “Nobody leads”"
