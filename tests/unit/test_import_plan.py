"""What is here stays, and what comes can be built: names, addresses, links, and what pages would not show."""

import json
from pathlib import Path

import pytest

from authoring import Refused
from authoring.import_site import report
from tests.importing import Fresh, old, posts


@pytest.fixture
def fresh(tmp_path: Path) -> Fresh:
    return Fresh(tmp_path / "blog")


def test_what_nobody_has_edited_is_renewed_when_the_other_blog_has_changed(
    tmp_path: Path, fresh: Fresh
) -> None:
    site = posts(tmp_path / "old", one="Before.", two="Before.")
    fresh.bring(site)
    (fresh.site.content / "two.md").write_text("Title: Mine\nDate: 2020-01-01\n\nMine.\n")
    planned = fresh.bring(posts(site, one="After.", two="After."))
    assert [item.slug for item in planned.renewed] == ["one"]
    assert [item.slug for item in planned.kept] == ["two"]
    assert "After." in fresh.text("one.md")
    assert "Mine." in fresh.text("two.md")
    again = fresh.bring(site)
    assert (len(again.same), len(again.kept)) == (1, 1)


def test_an_article_of_this_blog_keeps_its_name_and_the_other_comes_beside_it(
    tmp_path: Path, fresh: Fresh
) -> None:
    fresh.site.write("about", "Ours.")
    site = old(
        tmp_path / "old", **{"_config.yml": "x: 1\n", "about.md": "---\ntitle: About\n---\nTheirs."}
    )
    for _ in range(2):
        planned = fresh.bring(site)
        assert "Ours." in fresh.text("about.md")
        assert "Theirs." in fresh.text("pages/about-2.md")
        assert any("has the address about too" in str(note) for note in planned.all_notes)
    fresh.build()


def test_without_its_record_an_edited_article_is_known_by_title_and_day(
    tmp_path: Path, fresh: Fresh
) -> None:
    site = posts(tmp_path / "old", one="Text.")
    fresh.bring(site)
    for path in (fresh.root / report.FOLDER).iterdir():
        path.unlink()
    edited = fresh.site.content / "one.md"
    edited.write_text(edited.read_text() + "More.\n")
    planned = fresh.bring(site)
    assert len(planned.kept) == 1
    assert fresh.names() == ["one.md"]


@pytest.mark.parametrize(
    "slug",
    [
        "archives",
        "tags",
        "categories",
        "authors",
        "drafts",
        "comments",
        "2026",
        "discussions",
        "search",
    ],
)
def test_an_address_of_the_site_itself_is_no_articles(
    slug: str, tmp_path: Path, fresh: Fresh
) -> None:
    site = posts(tmp_path / "old", **{slug: "Text.", "other": "Text."})
    planned = fresh.bring(site)
    assert fresh.names() == sorted([f"{slug}-2.md", "other.md"])
    assert any(f"the site itself has the address {slug}" in str(note) for note in planned.all_notes)
    fresh.build()
    assert "Text." in fresh.site.page(f"{slug}-2")


TROUBLES = {
    "a control character": "One\x0btwo\x00.",
    "a formula that nobody can set": "It is $\\nosuchcommand{x}$ and $\\frac{1}$ and $$\\also{bad}$$ there.",
    "a tag without letters": "---\ntitle: x\ntags: ['!!!', '🐦', ok]\ncategories: ['???']\n---\nText.",
    "a title that is none": "---\ntitle: ''\n---\nText without a title.",
    "a title of a symbol": "---\ntitle: '🐦'\n---\nText.",
    "a date long ago": "---\ntitle: x\ndate: 0001-01-01\n---\nText.",
    "an empty text": "---\ntitle: x\nlayout: post\n---\n",
    "a picture that is none": "![A gull](/broken.png) and ![B](/broken.png)",
    "an alias with a space": "---\ntitle: x\nredirect_from: ['/a b/', '/x?y', '/a//b', '/%20']\n---\nText.",
    "an alias that is another's address": "---\ntitle: x\nredirect_from: [/other/, /tags/, /2020/, /sitemap.xml, /robots.txt, /drafts/x/, /comments/y, /feeds/all.atom.xml, /tags/a/]\n---\nText.",
    "an alias that is too long": f"---\ntitle: x\nredirect_from: /{'long' * 80}/\n---\nText.",
    "a page of the site in another language": "---\ntitle: Search\nslug: search\nlang: ja\n---\nText.",
    "aliases that are file and folder": "---\ntitle: x\nredirect_from: [/f.x, /f.x/g]\n---\nText.",
    "a colon in every value": "---\ntitle: 'a: b: c'\nsummary: 'x: *y*'\ntags: ['a: b']\n---\nText.",
    "a summary with a bad formula": "---\ntitle: x\nsummary: 'Costs $\\bad{x}$'\n---\nText.",
    "Pelican's own notation": "[x]({filename}gone.md) ![y]({static}/gone.png) |filename|x {tag}",
    "HTML that is never closed": "<div><p>One <b>two\n\n<table><tr><td>three\n\n<!-- four",
    "a language that is none": "---\ntitle: x\nlang: klingon-which-is-none\n---\nText.",
    "a key set twice by its other name": "---\ntitle: x\nsummary: A\ndescription: B\n---\nText.",
    "front matter in the text": "Title: no\n\n---\nx: y\n---\nText.",
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_what_would_stop_a_build_is_written_differently(
    trouble: str, tmp_path: Path, fresh: Fresh
) -> None:
    site = posts(tmp_path / "old", first=TROUBLES[trouble], second=TROUBLES[trouble], other="Text.")
    (site / "broken.png").write_bytes(b"no picture")
    fresh.bring(site)
    fresh.build()
    assert "Text." in fresh.site.page("other")


def test_tags_and_categories_have_one_spelling(tmp_path: Path, fresh: Fresh) -> None:
    fresh.site.write("ours", Tags="Sea Birds")
    fresh.bring(
        posts(
            tmp_path / "old",
            one="---\ntitle: one\ntags: ['sea birds', Gulls]\ncategories: [Essays]\n---\nText.",
            two="---\ntitle: two\ntags: [gulls, GULLS]\ncategories: [essays, Gulls]\n---\nText.",
        )
    )
    assert "Category: Essays\nTags: Sea Birds, Gulls\n" in fresh.text("one.md")
    assert "Category: Essays\nTags: Gulls\n" in fresh.text("two.md")


def test_links_between_articles_lead_to_their_files_wherever_they_were(
    tmp_path: Path, fresh: Fresh
) -> None:
    site = posts(
        tmp_path / "old",
        one="[a](/2020/01/01/two.html#comment-17) [b](two.html) <a href='/2020/01/01/two.html'>c</a>"
        " [d](https://old.example/2020/01/01/two.html) [e]: [f][g] `[h](/2020/01/01/two.html)`"
        "\n\n[g]: /2020/01/01/two.html\n[i](/gone/) [j](https://other.example/2020/01/01/two.html)",
        two="Text.",
    )
    old(site, **{"_config.yml": "url: https://old.example\n"})
    planned = fresh.bring(site)
    text = fresh.text("one.md")
    assert "[a]({filename}/two.md#comment-17) [b]({filename}/two.md)" in text
    assert "<a href='{filename}/two.md'>c</a> [d]({filename}/two.md)" in text
    assert "[g]: {filename}/two.md" in text
    assert "`[h](/2020/01/01/two.html)`" in text
    assert "[j](https://other.example/2020/01/01/two.html)" in text
    assert any(
        "the link /gone/ leads to what has no page here" in str(n) for n in planned.all_notes
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (r"\[no\](gone)", ""),
        (r"\[no](gone) [no\](gone)", ""),
        (r"\\\[no](gone)", ""),
        (r"\(none\) \\(none\\)", ""),
        (r"\(x^2\) \\(\pi\\)", r"$x^2$ $\pi$"),
        (r"\[\alpha\] \\[a_1\\]", r"$$\alpha$$ $$a_1$$"),
        (r"\\[a](two.html)", r"\\[a]({filename}/two.md)"),
        (r"\![a](two.html)", r"\![a]({filename}/two.md)"),
        (r"[a \[b\] c](two.html)", r"[a \[b\] c]({filename}/two.md)"),
        (r"[a\](gone) b](two.html)", r"[a\](gone) b]({filename}/two.md)"),
        (r"[![a](\[b.png)](two.html)", r"[![a](\[b.png)]({filename}/two.md)"),
    ],
)
def test_what_a_backslash_makes_no_link_or_formula_is_none(
    tmp_path: Path, fresh: Fresh, text: str, said: str
) -> None:
    planned = fresh.bring(posts(tmp_path / "old", one=text, two="Text."))
    assert (said or text) in fresh.text("one.md")
    assert not any("has no page here" in str(note) for note in planned.all_notes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("![x](https://far.example/x.png)", "The picture https://far.example/x.png is on another"),
        ('<img src="//far.example/x.png">', "The picture //far.example/x.png is on another"),
        (
            '<iframe src="https://v.example/1"></iframe>',
            "the player of https://v.example/1 became a",
        ),
        (
            '<video src="https://v.example/1.mp4"></video>',
            "What <video> plays, https://v.example/1.mp4, is on",
        ),
        ("<script>x()</script>", "A script in a text does not run"),
        ('<script src="https://s.example/x.js"></script>', "The script https://s.example/x.js"),
        ("<style>p { color: red }</style>", "A style sheet in a text has no effect"),
        ('<p style="color: red">x</p>', 'style="color: red" has no effect'),
        ('<button onclick="go()">x</button>', 'onclick="…" of <button> does nothing'),
        ('<form action="https://f.example/"></form>', "A form sends to https://f.example/"),
    ],
)
def test_what_a_pages_policy_would_keep_from_readers_is_named_with_its_line(
    text: str, said: str, tmp_path: Path, fresh: Fresh
) -> None:
    planned = fresh.bring(posts(tmp_path / "old", one=f"Text.\n\n{text}\n\n`{text}`"))
    (note,) = (note for note in planned.all_notes if said in note.text)
    assert (note.place, note.line) == ("_posts/2020-01-01-one.md", 6)


def test_a_damaged_record_is_named(tmp_path: Path, fresh: Fresh) -> None:
    site = posts(tmp_path / "old", one="Text.")
    fresh.bring(site)
    (path,) = (fresh.root / report.FOLDER).glob("*.json")
    for broken in ("{", json.dumps({"articles": [1]}), "[]"):
        path.write_text(broken)
        with pytest.raises(Refused, match=path.name):
            fresh.bring(site)


def test_two_other_blogs_come_into_one(tmp_path: Path, fresh: Fresh) -> None:
    moved = "---\ntitle: {}\ntags: [{}]\nredirect_from: /moved/\n---\nText."
    one = posts(tmp_path / "one", same=moved.format("One", "Gulls"))
    two = posts(tmp_path / "two", same=moved.format("Two", "gulls"), other="Text.")
    for name, site in (("one", one), ("two", two)):
        old(site, **{"_config.yml": f"url: https://{name}.example\n"})
    for _ in range(2):
        fresh.bring(one)
        planned = fresh.bring(two)
        assert fresh.names() == ["other.md", "same-2.md", "same.md"]
    assert (len(planned.new), len(planned.renewed), len(planned.same)) == (0, 0, 2)
    assert "Tags: Gulls\n" in fresh.text("same-2.md")
    assert any("the old address /moved/ leads to" in str(note) for note in planned.all_notes)
    fresh.build()


def test_a_player_becomes_a_link_wherever_it_stands(tmp_path: Path, fresh: Fresh) -> None:
    player = '<iframe src="https://v.example/1?a=b&c=d" width="5"></iframe>'
    fresh.bring(posts(tmp_path / "old", one=f'{player}\n\n<div class="wide">{player}</div>'))
    fresh.build()
    link = 'href="https://v.example/1?a=b&amp;c=d">https://v.example/1?a=b&amp;c=d</a>'
    assert fresh.site.page("one").count(link) == 2


def test_a_picture_of_a_host_that_pages_may_ask_is_no_trouble(tmp_path: Path) -> None:
    site = posts(
        tmp_path / "old", one="![A](https://i.example/a.png) ![B](https://no.example/b.png)"
    )
    for hosts in (["i.example"], ["*.example"], ["https:"], ["https://i.example/"]):
        fresh = Fresh(tmp_path / f"blog-{len(hosts[0])}", ALLOW_IMAGES_FROM=hosts)
        told = "\n".join(map(str, fresh.bring(site, write=False).all_notes))
        assert "https://i.example/a.png" not in told
        assert ("https://no.example/b.png" in told) == ("i.example" in hosts[0])


def test_the_player_of_a_film_becomes_that_film(tmp_path: Path, fresh: Fresh) -> None:
    player = '<iframe src="https://www.youtube.com/embed/M7lc1UVf-VE"></iframe>'
    planned = fresh.bring(posts(tmp_path / "old", one=player))
    assert fresh.text("one.md").endswith("\n<https://www.youtube.com/watch?v=M7lc1UVf-VE>\n")
    assert not [note for note in planned.all_notes if "ALLOW_FRAMES_FROM" in note.text]
