"""What other sites show of a page, and what search engines read in it."""

import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pylopdf_fonts_zh_cn
import pytest
from PIL import Image, ImageChops, ImageDraw, ImageStat

import formats.bake
from formats.snapshots import Snapshot
from plugins.comments import bake, manifest
from plugins.presentation import lettering, linked_data, png, share_picture, sharing
from plugins.presentation.lettering import broken, drawable, pieces
from plugins.presentation.linked_data import inert
from plugins.presentation.share_picture import Shown, drawn, fitted
from tests.sites import ROOT, Site

FONT = str(pylopdf_fonts_zh_cn.serif_path())
FRAGMENT = """<div class="postil" data-version="1" data-thread="fish" data-lang="en" data-revision="1" \
data-count="{count}" data-page="1" data-pages="1" data-comments="open">
<ol>{comments}</ol>
</div>
"""
COMMENT = """<li class="postil-comment postil-depth-0" id="comment-{n}">
<p class="postil-meta"><a class="postil-name" href="x"><bdi>Rhea &amp; <i>Ono</i></bdi></a>
<a class="postil-when" href="#comment-{n}"><time datetime="2026-01-0{n}T10:00:00Z">then</time></a></p>
<div class="postil-body" dir="auto"><p>{n}: &lt;/script&gt; <em>well</em></p><div>said</div></div>
<p class="postil-actions">Reply to <bdi>Rhea</bdi></p></li>"""


def build(site: Site, **settings: Any) -> None:
    theme = site.folder / "theme" / "templates"
    theme.mkdir(parents=True, exist_ok=True)
    include = (ROOT / "theme/templates/parts-sharing.html").read_text()
    shown = "{% set content_shown = article if article is defined else (page if page is defined else none) %}"
    page = f'{shown}{{% set lang = "zh-cn" %}}<html><head>{include}</head></html>'
    for name in ("index", "tag", "category", "author", "archives", "tags", "categories", "authors"):
        (theme / f"{name}.html").write_text(page)
    for name in ("article", "page", "period_archives"):
        (theme / f"{name}.html").write_text(page)
    defaults = {
        "THEME": str(theme.parent),
        "THEME_STATIC_PATHS": [],
        "PLUGINS": [manifest, sharing, bake],
        "SITEURL": "https://example.org/blog",
        "SHARE_PICTURES": True,
    }
    site.build(**{**defaults, **settings})


def said(page: str) -> dict[str, str]:
    return dict(re.findall(r'<meta (?:property|name)="([^"]+)" content="([^"]*)">', page))


def data(page: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for text in re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL):
        said = json.loads(text)
        found += said if isinstance(said, list) else [said]
    return found


def test_an_article_says_what_other_sites_show_of_it(site: Site) -> None:
    site.write("fish", Title='Fish & "chips"', Summary="About *fish*.", Modified="2026-02-03")
    build(site)
    page = site.page("fish")
    facts = said(page)
    assert facts["og:type"] == "article"
    assert facts["og:title"] == "Fish &amp; &#34;chips&#34;"
    assert facts["og:description"] == "About fish."
    assert facts["og:url"] == "https://example.org/blog/fish/"
    assert facts["og:locale"] == "zh_CN"
    assert facts["twitter:card"] == "summary_large_image"
    assert facts["article:modified_time"].startswith("2026-02-03")
    picture = site.output / facts["og:image"].removeprefix("https://example.org/blog/")
    with Image.open(picture) as image:
        assert image.size == (1200, 630)
        assert image.format == "PNG"
    assert picture.stat().st_size < 100_000


def test_the_linked_data_tells_of_the_article_and_its_baked_comments(site: Site) -> None:
    site.write("fish", Title="Fish", Tags="sea", Category="Food")
    comments = "".join(COMMENT.format(n=n) for n in range(1, 8))
    site.publish("fish", text=FRAGMENT.format(count=7, comments=comments))
    build(site)
    article, crumbs, talk = data(site.page("fish"))
    assert article["@type"] == "Article"
    assert article["headline"] == "Fish"
    assert article["author"][0]["name"] == "Ada"
    assert article["datePublished"] == article["dateModified"] == "2026-01-01T00:00:00+00:00"
    assert talk["@id"] == article["@id"]
    assert talk["commentCount"] == 7
    assert len(talk["comment"]) == linked_data.COMMENTS
    assert talk["comment"][0] == {
        "@type": "Comment",
        "text": "1: </script> wellsaid",
        "url": "https://example.org/blog/fish/#comment-1",
        "author": {"@type": "Person", "name": "Rhea & Ono"},
        "datePublished": "2026-01-01T10:00:00Z",
    }
    assert [one["name"] for one in crumbs["itemListElement"]] == ["Sample", "Food", "Fish"]
    assert [one["position"] for one in crumbs["itemListElement"]] == [1, 2, 3]


def test_what_is_deleted_does_not_stay_in_the_linked_data(site: Site) -> None:
    site.write("fish")
    site.publish("fish", text=FRAGMENT.format(count=1, comments=COMMENT.format(n=1)))
    build(site)
    head = site.page("fish").partition("</head>")[0]
    page = f"{head}<!-- postil:begin fish en --><!-- postil:end fish -->"
    new = Snapshot("<div></div>", 2, 0)
    assert "wellsaid" in page
    assert b"wellsaid" not in (formats.bake.thread(page.encode(), "fish", new) or b"wellsaid")


def test_drafts_and_hidden_articles_are_not_advertised(site: Site) -> None:
    site.write("hidden", Status="hidden")
    build(site)
    page = site.page("hidden")
    assert "og:image" not in page
    assert "ld+json" not in page


def test_pages_and_lists_have_the_sites_own_words_and_picture(site: Site) -> None:
    (site.content / "pages" / "about.md").write_text("Title: About\n\nUs.\n")
    site.write("fish")
    build(site)
    facts = said((site.output / "index.html").read_text())
    assert facts["og:type"] == "website"
    assert facts["og:title"] == "Sample"
    assert facts["og:url"] == "https://example.org/blog/"
    (crumbs,) = data((site.output / "pages/about.html").read_text())
    assert crumbs["@type"] == "BreadcrumbList"


def test_pictures_webmentions_and_the_json_feed_can_be_switched(site: Site) -> None:
    site.write("fish")
    build(site, SHARE_PICTURES=False, WEBMENTION="https://hook.example/", FEED_ALL_JSON="f.json")
    page = site.page("fish")
    assert "og:image" not in page
    assert '<link rel="webmention" href="https://hook.example/">' in page
    assert 'href="/f.json"' in page
    assert not (site.output / "images").exists()


def test_an_unchanged_picture_is_not_drawn_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.write("fish")
    build(site)
    before = {path.name: path.stat().st_ino for path in (site.output / "images/share").iterdir()}

    def never(*_: object) -> bytes:
        raise AssertionError("drawn again")

    monkeypatch.setattr(share_picture, "drawn", never)
    build(site)
    assert before == {p.name: p.stat().st_ino for p in (site.output / "images/share").iterdir()}


@pytest.mark.parametrize(
    "harmed",
    [
        lambda kept: kept[:-9],
        lambda kept: b"",
        # Some disks keep the length of what they have lost.
        lambda kept: kept[:900] + bytes(400) + kept[1300:],
    ],
    ids=["cut", "empty", "a hole"],
)
def test_a_picture_that_a_disk_has_not_kept_whole_is_drawn_again(
    site: Site, harmed: Callable[[bytes], bytes]
) -> None:
    site.write("fish")
    build(site)
    pictures = {path.name: path.read_bytes() for path in site.output.rglob("images/share/*.png")}
    assert len(pictures) > 1
    for path in (site.output / "images/share").iterdir():
        path.write_bytes(harmed(path.read_bytes()))
    site.write("fish", "Other words.")
    build(site, SITEURL="https://elsewhere.example")
    for path in site.output.rglob("images/share/*.png"):
        assert path.read_bytes() == pictures[path.name]


@pytest.mark.parametrize(
    "title",
    ["Fish", "鹈鹕怎样捕鱼：浅水里的合作", "Ink 🖋️ & <paper>", "词" * 300, "word " * 60, "x" * 200],
)
def test_every_title_fits_and_weighs_little(title: str) -> None:
    text = drawable(FONT, title)[: sharing.MAX_CHARACTERS]
    size, lines = fitted(FONT, text)
    assert len(lines) <= dict(share_picture.SIZES)[size]
    room = share_picture.RIGHT - share_picture.LEFT
    assert all(lettering.font(FONT, size).getlength(line) <= room for line in lines)
    assert len(lines) * size * share_picture.LEADING <= share_picture.BOTTOM - share_picture.TOP
    made = drawn(FONT, Shown("Site", text, "Foot"))
    assert len(made) < 100_000
    assert made == drawn(FONT, Shown("Site", text, "Foot"))
    with Image.open(io.BytesIO(made)) as image:
        assert image.size == (1200, 630)


def lines_of_text(text: str, size: int, stroke: float) -> tuple[Image.Image, Image.Image]:
    """A line as a picture shows it, and as Pillow draws it whole."""
    ours, whole = Image.new("L", (1200, 200)), Image.new("L", (1200, 200))
    lettering.write(ours, FONT, size, 100, 100, text, stroke)
    face = lettering.font(FONT, size)
    ImageDraw.Draw(whole).text((100, 100), text, 255, face, "lm", stroke_width=stroke)
    assert abs(lettering.length(FONT, size, text) - face.getlength(text)) <= 2
    return ours, whole


@pytest.mark.parametrize(
    "text", ["AVATAR, Type: office fjord.", "鹈鹕 und «Fisch» 3:2", "Ещё Ψάρι — ½"]
)
@pytest.mark.parametrize(("size", "stroke"), [(48, 48 / 110), (76, 76 / 110), (28, 0)])
def test_letters_by_themselves_stand_where_a_whole_line_has_them(
    text: str, size: int, stroke: float
) -> None:
    ours, whole = lines_of_text(text, size, stroke)
    assert all(
        abs(a - b) <= 2 for a, b in zip(ours.getbbox() or (), whole.getbbox() or (), strict=True)
    )
    weight, expected = (ImageStat.Stat(image).sum[0] for image in (ours, whole))
    assert abs(weight / expected - 1) < 0.02


@pytest.mark.parametrize("text", ["cafe\u0301 x\u0302", "سلام", "नमस्ते"])
def test_what_is_shaped_by_its_neighbours_is_drawn_whole(text: str) -> None:
    ours, whole = lines_of_text(text, 48, 0)
    assert ours.getbbox() == whole.getbbox()
    assert ImageChops.difference(ours, whole).getbbox() is None


@pytest.mark.parametrize("edges", [(0, 7), (0, 1, 7), (0, 3, 4, 7)])
@pytest.mark.parametrize("width", [12, 13])
def test_a_picture_of_stripes_is_the_picture(edges: tuple[int, ...], width: int) -> None:
    pixels = bytes((x * y + x) % 16 for y in range(7) for x in range(width))
    whole = Image.frombytes("P", (width, 7), pixels)
    palette = [(shade, 255 - shade, 7) for shade in range(0, 256, 16)]
    stripes = [png.stripe(whole.crop((0, top, width, end))) for top, end in pairwise(edges)]
    made = png.picture(width, 7, palette, stripes)
    assert png.sound(made)
    with Image.open(io.BytesIO(made)) as image:
        image.verify()
    with Image.open(io.BytesIO(made)) as image:
        assert image.convert("RGB").tobytes() == bytes(
            part for pixel in pixels for part in palette[pixel]
        )


def test_signs_that_the_font_lacks_are_left_out() -> None:
    assert drawable(FONT, "Ink 🖋️ 👩‍💻 好") == "Ink 好"
    assert drawable(FONT, "“Well” said") == '"Well" said'
    assert drawable(FONT, "“好”") == "“好”"


def test_lines_keep_to_the_rules_of_both_scripts() -> None:
    assert pieces("鱼，水。") == ["鱼，", "水。"]
    assert pieces("他说“好”，走了") == ["他", "说", "“好”，", "走", "了"]
    assert pieces("Ink on 纸 here") == ["Ink ", "on ", "纸 ", "here"]
    assert broken("aaaa bbbb cccc dddd", 14, len) == ["aaaa bbbb", "cccc dddd"]
    assert broken("abcdefgh", 3, len) == ["ab", "cde", "fgh"]
    assert broken("", 10, len) == []


def test_nothing_in_linked_data_ends_its_script() -> None:
    text = inert({"a": "</script><!-- & \u2028"})
    assert not re.search("[<>&\u2028]", text)
    assert json.loads(text) == {"a": "</script><!-- & \u2028"}


@pytest.mark.parametrize(
    ("lang", "day"),
    [
        ("en", "1 January 2026"),
        ("zh-cn", "2026年1月1日"),
        ("de", "1. Januar 2026"),
        ("ar", "2026-01-01"),  # The font has no Arabic.
    ],
)
def test_a_date_is_written_as_its_language_writes_it(lang: str, day: str) -> None:
    content = SimpleNamespace(date=datetime(2026, 1, 1, tzinfo=UTC), lang=lang)
    assert sharing.day(content, FONT) == day
