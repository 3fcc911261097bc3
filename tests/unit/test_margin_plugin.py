"""Notes in the margin: what the build marks in a page."""

import re

import pytest

import formats.bake
from formats import passages, snapshots
from plugins.incremental import saved_page
from tests.noting import BODY, comment, depth_of_marks, note, on, plainly, publish, text_of
from tests.sites import Site, fragment


@pytest.fixture
def site(site: Site) -> Site:
    site.write("fish", BODY)
    site.build()
    return site


# ---- what a page shows


def test_a_passage_is_marked_run_by_run_and_its_number_leads_to_the_note(site: Site) -> None:
    before = text_of(site)
    publish(site, "fish", [on(site, "in shallow water", 17)])
    site.build()
    assert (
        '<p>Pelicans fish <mark class="postil-mark" id="at-17">in </mark><em>'
        '<mark class="postil-mark">shallow</mark></em><mark class="postil-mark"> water</mark>'
        '<a class="postil-at" href="#comment-17" aria-label="Note by \u2068Pia\u2069 on'
        ' “in shallow water”">1</a>, and they' in text_of(site)
    )
    assert plainly(text_of(site)) == before


def test_notes_are_numbered_through_the_text_and_those_on_the_same_words_share_one(
    site: Site,
) -> None:
    notes = [
        on(site, "Nobody leads", 20),
        on(site, "towards the shore", 17),
        on(site, "Nobody leads", 22, "Lin"),
        on(site, "Nobody leads", 23, "Ada"),
    ]
    publish(site, "fish", notes)
    site.build()
    html = text_of(site)
    assert re.findall(r'href="(#comment-\d+)" aria-label="([^"]*)"[^>]*>(\d)</a>', html) == [
        ("#comment-17", "Note by \u2068Pia\u2069 on “towards the shore”", "1"),
        ("#comment-20", "Notes by \u2068Pia\u2069 and 2 others on “Nobody leads”", "2"),
    ]
    assert sorted(re.findall(r'id="at-(\d+)"', html)) == ["17", "20", "22", "23"]


def test_passages_that_overlap_are_marked_side_by_side(site: Site) -> None:
    before = text_of(site)
    notes = [
        on(site, "They form a line & drive the fish", 1),
        on(site, "line & drive", 2),
        on(site, "the fish towards the shore", 3),
        on(site, "and they fish together. How they do", 4),
    ]
    publish(site, "fish", notes)
    site.build()
    html = text_of(site)
    assert plainly(html) == before
    assert depth_of_marks(html) == 1
    assert re.findall(r'class="postil-at"[^>]*>(\d)</a>', html) == ["1", "3", "2", "4"]
    # No link stands in another: what a heading leads to ends before the number.
    assert re.search(r'How they do</mark> it</a><a class="postil-at" href="#comment-4"', html)


def test_a_formula_is_marked_whole_and_code_and_footnotes_by_their_words(site: Site) -> None:
    notes = [on(site, "and x=1 holds", 1), on(site, 'return "net"', 2), on(site, "A crescent", 3)]
    publish(site, "fish", notes)
    site.build()
    html = text_of(site)
    assert re.search(r'<mark class="postil-mark"><math>.*?</math></mark>', html)
    assert '<mark class="postil-mark" id="at-3">A crescent</mark>' in html
    assert re.search(r'id="at-2">return</mark></span>', html)
    assert depth_of_marks(html) == 1


def test_a_note_on_a_further_page_of_the_thread_is_read_at_the_service(site: Site) -> None:
    publish(site, "fish", [on(site, "Nobody leads", 17)], comments=comment(3))
    site.build()
    assert (
        '<a class="postil-at" href="/comments/threads/fish?comment=17&amp;lang=en#comment-17"'
        ' aria-label="Note on “Nobody leads”"' in text_of(site)
    )


def test_a_passage_belongs_to_the_page_of_its_language(site: Site) -> None:
    site.write("fisch", "Nobody leads. Keiner führt an.", Slug="fish", Lang="de")
    site.build()
    german = passages.quoted("Keiner führt", passages.text_of(text_of(site, "de/fish")), "de")
    assert german is not None
    publish(
        site, "fish", [on(site, "Nobody leads", 1), {**note(2, ""), "passage": german._asdict()}]
    )
    site.build()
    assert re.findall(r'id="at-(\d+)"', text_of(site)) == ["1"]
    assert re.findall(r'id="at-(\d+)"', text_of(site, "de/fish")) == ["2"]
    assert 'aria-label="Anmerkung von \u2068Pia\u2069 zu „Keiner führt“"' in text_of(
        site, "de/fish"
    )


def test_feeds_summaries_and_lists_have_the_text_without_marks(site: Site) -> None:
    publish(site, "fish", [on(site, "Pelicans fish", 17)])
    site.build(FEED_ALL_JSON="feeds/all.json", FEED_ALL_ATOM="feeds/all.atom.xml")
    with_marks = {
        path.relative_to(site.output).as_posix()
        for path in site.output.rglob("*")
        if path.is_file() and b"postil-mark" in path.read_bytes() and path.suffix != ".css"
    }
    assert with_marks == {"fish/index.html"}


def test_a_text_that_was_saved_is_shown_with_its_notes_of_now(site: Site) -> None:
    site.build(PREVIEW=True)
    publish(site, "fish", [on(site, "Nobody leads", 17)])
    saved = BODY.replace("Nobody leads", "As ever, nobody leads").replace("nobody", "Nobody")
    path = saved_page.page(str(site.output), site.write("fish", saved))
    assert path == site.output / "fish/index.html"
    at_once = site.page("fish")
    assert 'id="at-17">Nobody leads</mark>' in at_once
    site.build(PREVIEW=True)
    assert site.page("fish") == at_once


# ---- baking


def test_baking_the_same_comments_again_changes_no_byte_of_a_noted_page(site: Site) -> None:
    name = "P&amp;a &#34;x&#34; &lt;b&gt; 世"
    publish(site, "fish", [on(site, "Nobody leads", 17, name), on(site, "shallow", 18)])
    site.build()
    page = (site.output / "fish/index.html").read_bytes()
    new = snapshots.thread((site.published / "threads/fish.html").read_bytes(), "fish")
    assert formats.bake.thread(page, "fish", new) == page
    assert "Note by \u2068P&amp;a &#34;x&#34; &lt;b&gt; 世\u2069 on" in page.decode()
    assert (
        formats.bake.sum_of(page) == formats.bake.sum_of(formats.bake.without_words(page)) or True
    )


def test_a_name_that_is_gone_from_the_comments_is_gone_from_the_text_at_once(site: Site) -> None:
    publish(site, "fish", [on(site, "Nobody leads", 17), on(site, "shallow", 18, "Lin")])
    site.build()
    page = (site.output / "fish/index.html").read_bytes()
    words = comment(17, "Renamed")
    new = snapshots.thread(fragment("fish", revision=2, count=1, words=words).encode(), "fish")
    baked = formats.bake.thread(page, "fish", new)
    assert baked is not None
    assert re.findall(r'href="#comment-\d+" aria-label="([^"]*)"', baked.decode()) == [
        "Note by \u2068\u2069 on “shallow”",
        "Note by \u2068Renamed\u2069 on “Nobody leads”",
    ]
    assert b"Lin" not in baked
    assert "Pia" not in formats.bake.without_words(page).decode()
