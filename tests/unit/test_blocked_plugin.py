"""What a page's policy would keep from readers is told: what it is, where it stands, and what to write instead."""

import logging
import re

import pytest

from plugins.markdown import blocked, commonmark, postprocess, reader
from plugins.markdown.postprocess import Finishing
from tests.sites import Site, disconnect

FAR = "https://far.example/x"
ALONE = {
    "THEME": "simple",
    "JINJA_ENVIRONMENT": {},
    "PLUGINS": [reader, postprocess, blocked],
}
SITE = {"SITEURL": "https://example.org"}

# HTML that nobody would see or use, a word of the remedy, and the setting that lets it in, where one can.
KINDS = [
    (f'<img src="{FAR}.png" alt="a">', "{static}/images/", "ALLOW_IMAGES_FROM"),
    ('<img src="//far.example/x.png" alt="a">', "{static}/images/", "ALLOW_IMAGES_FROM"),
    (
        f'<img src="/a.png" srcset="/b.png 1x, {FAR}.png 2x" alt="a">',
        "content/images",
        "ALLOW_IMAGES_FROM",
    ),
    (
        f'<picture><source srcset="{FAR}.webp"><img src="/a.png" alt="a"></picture>',
        "",
        "ALLOW_IMAGES_FROM",
    ),
    (f'<video poster="{FAR}.png" src="/a.mp4"></video>', "", "ALLOW_IMAGES_FROM"),
    (f'<table background="{FAR}.png"><tr><td>a</td></tr></table>', "", "ALLOW_IMAGES_FROM"),
    (f'<svg viewBox="0 0 1 1"><image href="{FAR}.png"/></svg>', "", "ALLOW_IMAGES_FROM"),
    (f'<input type="image" src="{FAR}.png" alt="a">', "", "ALLOW_IMAGES_FROM"),
    (f'<video src="{FAR}.mp4" controls></video>', "{static}/files/", "ALLOW_MEDIA_FROM"),
    (f'<audio controls><source src="{FAR}.ogg"></audio>', "{static}/files/", "ALLOW_MEDIA_FROM"),
    (f'<iframe src="{FAR}"></iframe>', "a link", "ALLOW_FRAMES_FROM"),
    (f'<form action="{FAR}"><button>Go</button></form>', "Link to the page", "ALLOW_FORMS_TO"),
    (f'<form action="/a"><button formaction="{FAR}">Go</button></form>', "", "ALLOW_FORMS_TO"),
    (f'<script async src="{FAR}.js"></script>', "trust", "ALLOW_SCRIPTS_FROM"),
    (f'<link rel="stylesheet" href="{FAR}.css">', "EXTRA_CSS", "ALLOW_STYLES_FROM"),
    ("<script>alert(1)</script>", "EXTRA_JS", None),
    ('<script type="module">let a</script>', "EXTRA_JS", None),
    ("<style>p { color: blue }</style>", "EXTRA_CSS", None),
    ('<p style="color: red">a</p>', "a class", None),
    ("<p style=color:red>a</p>", "a class", None),
    ('<button onclick="go()">a</button>', "EXTRA_JS", None),
    ('<img src="/a.png" alt="a" onError="go()">', "EXTRA_JS", None),
    ('<a href="javascript:void(0)">a</a>', "leads somewhere", None),
    ('<object data="/a.swf"></object>', "Link to the file", None),
    ('<embed src="/a.swf">', "Link to the file", None),
    ('<base href="https://example.org/">', "in full", None),
]
# What a policy has nothing against, or what is no HTML at all.
FINE = [
    "A picture: `<img src='https://far.example/x.png'>`, and <https://far.example/>.",
    "```html\n<script>alert(1)</script>\n<p style='color: red' onclick='a'>\n```",
    "[A link](https://far.example/a.png) and ![a]({static}/images/a.png) and ![b](/b.png)",
    '<img src="https://example.org/a.png" alt="a"> <img src="data:image/png;base64,AA" alt="b">',
    '<script type="application/ld+json">{}</script>',
    '<a href="https://far.example" class="style on" data-onclick="a" title="style=1">a</a>',
    '<form action="/a"></form> <iframe src="/a.html"></iframe> <video src="/a.mp4"></video>',
    "Write a style = another, once upon=a time.",
    "<!-- <script>alert(1)</script> -->",
    "$$\n\\begin{array}{l} a \\\\ b \\end{array}\n$$\n\n| a |\n|--:|\n| 1 |\n\n> [!TIP]\n> x",
]


def said(html: str, **settings: object) -> list[str]:
    return [each.text for each in blocked.found(html, blocked.sources({**SITE, **settings}))]


@pytest.mark.parametrize(("html", "remedy", "setting"), KINDS, ids=[html for html, *_ in KINDS])
def test_what_no_reader_would_see_is_told_once_with_a_remedy(
    html: str, remedy: str, setting: str | None
) -> None:
    (told,) = said(html)
    assert remedy in told
    if setting:
        assert f'"far.example" to {setting}' in told
    for name in ("ALLOW_IMAGES_FROM", "ALLOW_MEDIA_FROM", "ALLOW_FRAMES_FROM", "ALLOW_FORMS_TO"):
        assert bool(said(html, **{name: ["far.example"]})) is (name != setting)


@pytest.mark.parametrize("text", FINE)
def test_what_a_policy_has_nothing_against_is_not_told(text: str) -> None:
    html = Finishing({}).finish(commonmark.html(text))
    assert said(html) == []


def test_every_kind_is_told_by_the_build_with_file_and_line_in_markdown_and_html(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    kinds = [*(html for html, *_ in KINDS), '<img src="https://far.example/é?a=1&amp;b=2" alt="a">']
    # The same a second time has a line of its own.
    body = "\n\n".join([*kinds, "Words.", *kinds])
    site.write("kinds", f"First.\n\n{body}")
    (site.content / "plain.html").write_text(
        "<html><head><title>Plain</title><meta name='date' content='2026-01-01'></head>\n"
        f"<body>\n<p>First.</p>\n{body}\n</body></html>",
        "utf-8",
    )
    with caplog.at_level(logging.WARNING):
        site.build(**ALONE)
    for name in ("kinds.md", "plain.html"):
        lines = (site.content / name).read_text("utf-8").splitlines()
        told = re.findall(rf"/{name}:(\d+): ", caplog.text)
        assert sorted(map(int, told)) == [
            number for number, line in enumerate(lines, 1) if line in kinds
        ]


def test_a_setting_that_lets_it_in_is_enough_for_a_text_that_was_read_before(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.write("far", f"![a]({FAR}.png)")
    with caplog.at_level(logging.WARNING):
        site.build(**ALONE)
        assert "ALLOW_IMAGES_FROM" in caplog.text
        caplog.clear()
        disconnect()
        site.build(**ALONE, ALLOW_IMAGES_FROM=["*.example"])
    assert "ALLOW_IMAGES_FROM" not in caplog.text


@pytest.mark.parametrize(
    ("host", "address", "fits"),
    [
        ("far.example", "https://far.example/a", True),
        ("far.example", "https://FAR.example:443/a", True),
        ("far.example", "http://far.example/a", False),
        ("far.example", "https://sub.far.example/a", False),
        ("far.example", "https://notfar.example/a", False),
        ("far.example", "https://far.example:8080/a", False),
        ("far.example:8080", "https://far.example:8080/a", True),
        ("far.example:*", "https://far.example:8080/a", True),
        ("*.example", "https://far.example/a", True),
        ("*.far.example", "https://far.example/a", False),
        ("http://far.example", "http://far.example/a", True),
        ("http://far.example", "https://far.example/a", True),
        ("https://far.example/pictures/", "https://far.example/pictures/a", True),
        ("https://far.example/pictures/", "https://far.example/a", False),
        ("https://far.example/a", "https://far.example/ab", False),
        ("https:", "https://far.example/a", True),
        ("https:", "http://far.example/a", False),
    ],
)
def test_hosts_are_compared_as_browsers_compare_them(host: str, address: str, fits: bool) -> None:
    allowed = blocked.sources({**SITE, "ALLOW_IMAGES_FROM": [host]})
    assert allowed.has("img-src", address) is fits
    assert allowed.has("media-src", address) is False


def test_what_comes_unencrypted_is_told_to_need_more_than_a_setting() -> None:
    (told,) = said(
        '<img src="http://far.example/a.png" alt="a">', ALLOW_IMAGES_FROM=["far.example"]
    )
    assert told.endswith("Its address has to begin with https:// then.")
    assert "https://" not in said(f'<img src="{FAR}" alt="a">')[0].replace(FAR, "")


def test_an_authors_templates_and_footer_are_looked_at_as_well(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    own = site.folder / "theme_overrides"
    own.mkdir()
    (own / "base.html").write_text(
        '{% extends "!theme/base.html" %}\n{# <script>1</script> #}\n{% block extra_head %}\n'
        f'<script src="{FAR}.js"></script>\n{{% endblock %}}\n'
    )
    site.write("fish")
    with caplog.at_level(logging.WARNING):
        site.build(
            **ALONE,
            THEME_TEMPLATES_OVERRIDES=[str(own)],
            FOOTER='Made <b style="color:red">by</b> me',
        )
    assert re.findall(r"/base\.html:(\d+): The script https://far", caplog.text) == ["4"]
    assert "FOOTER in pelicanconf.py: style=" in caplog.text


@pytest.mark.parametrize(
    "text",
    [
        *(
            "<![foo[x]]>",
            "<!foo",
            "<![if x]>",
            "<![",
            "<!ELEMENT x>",
            "<?x",
            "<a href=x",
            "</",
            "<",
        ),
        *(
            "<iframe " * 9,
            "<img src='//a.example/" * 9,
            "<script" * 9,
            "<textarea><b></textarea>",
            "a < b > c",
        ),
    ],
)
def test_what_is_written_wrongly_hides_nothing_behind_it(text: str) -> None:
    assert len(said(f"{text}<p onclick='go()'>a</p>")) == 1


def test_what_a_text_area_or_a_comment_holds_is_words() -> None:
    assert said("<textarea><p onclick='go()'></textarea><title><style></title><!-- <base>") == []


def test_an_angle_in_words_for_a_picture_hides_nothing() -> None:
    assert len(said('<img alt="a < b > c" src="//far.example/a.png">')) == 1


def test_what_is_no_address_stops_nothing() -> None:
    assert said('<img src="https://[far" alt="a"><img src="" alt="b"><iframe></iframe>') == []
