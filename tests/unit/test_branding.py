"""What is the author's own in the looks of a blog: icon, logo, footer, styles, scripts, templates, files."""

import os
import re
from pathlib import Path

import pytest

from plugins.presentation import branding
from plugins.problems import WrongSetting
from tests.sites import Site, disconnect, everything


@pytest.fixture
def own(tmp_path: Path) -> Site:
    """A site with an author's folder beside it."""
    site = Site(tmp_path)
    site.write("one")
    (tmp_path / "theme_overrides" / "static").mkdir(parents=True)
    (tmp_path / "theme_overrides" / "templates").mkdir()
    return site


def put(site: Site, name: str, text: str) -> Path:
    path = site.folder / "theme_overrides" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def pages(site: Site) -> list[str]:
    """An article, a list, and the front page."""
    names = ("one/index.html", "archives.html", "index.html")
    return [(site.output / name).read_text("utf-8") for name in names]


def build(site: Site, **settings: object) -> None:
    folder = site.folder / "theme_overrides"
    given = {
        "ROOT_FILES": str(folder / "static"),
        "THEME_TEMPLATES_OVERRIDES": [str(folder / "templates")],
    }
    site.build(**{**given, **settings})
    disconnect()


def test_icon_logo_footer_styles_and_scripts_are_on_every_page(own: Site) -> None:
    for name in ("me.svg", "img/logo.svg", "own.css", "own.js"):
        put(own, f"static/{name}", f"/* {name} */")
    build(
        own,
        SITEURL="https://example.org/blog",
        SITE_PATH="/blog",
        ICON="me.svg",
        LOGO="/img/logo.svg",
        EXTRA_CSS=["own.css"],
        EXTRA_JS=["own.js"],
        FOOTER="© *Ada* · [Imprint](/imprint/) · [Wiki](https://wiki.example/)",
    )
    for page in pages(own):
        assert re.search(r'<link rel="icon" href="/blog/me\.svg\?[0-9a-f]{8}">', page)
        assert re.search(r'<img class="logo" src="/blog/img/logo\.svg\?[0-9a-f]{8}" alt="">', page)
        assert re.search(r'<link rel="stylesheet" href="/blog/own\.css\?[0-9a-f]{8}">', page)
        assert re.search(r'<script src="/blog/own\.js\?[0-9a-f]{8}" defer></script>', page)
        assert '© <em>Ada</em> · <a href="/blog/imprint/">Imprint</a>' in page
        assert '<a href="https://wiki.example/">Wiki</a>' in page
        assert 'class="mark"' not in page
    looks = own.manifest["site"]["looks"]
    assert looks["icon"].startswith("https://example.org/blog/me.svg?")
    assert looks["logo"].startswith("https://example.org/blog/img/logo.svg?")
    assert [style.partition("?")[0] for style in looks["styles"]] == [
        "https://example.org/blog/own.css"
    ]
    assert '<a href="https://example.org/blog/imprint/">' in looks["footer"]


def test_a_site_without_any_tells_the_service_of_none(own: Site) -> None:
    build(own)
    assert "looks" not in own.manifest["site"]


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("ICON", "gone.svg", "there is no theme_overrides/static/gone.svg"),
        ("ICON", ["a.svg"], 'Write "my.svg"'),
        ("ICON", "a.txt", "no .ico or .png or .svg"),
        ("LOGO", "../../secret.png", "of your own"),
        ("LOGO", "https://other.example/logo.svg", "of your own"),
        ("EXTRA_CSS", ["gone.css"], "there is no theme_overrides/static/gone.css"),
        ("EXTRA_CSS", 3, "a list of names"),
        ("EXTRA_JS", ["a.css"], "no .js"),
        ("FOOTER", 3, "a line of Markdown"),
    ],
)
def test_what_cannot_be_used_is_refused_before_anything_is_built(
    own: Site, setting: str, value: object, says: str
) -> None:
    put(own, "static/a.txt", "")
    put(own, "static/a.css", "")
    with pytest.raises(WrongSetting, match=re.escape(says)):
        build(own, **{setting: value})
    assert not own.output.exists()


def test_files_for_the_root_are_copied_as_they_are(own: Site) -> None:
    names = {"CNAME", ".well-known/security.txt", "favicon.ico", "old/page.html", "a.css"}
    for name in names:
        put(own, f"static/{name}", name)
    for left in (".DS_Store", "._CNAME", ".#CNAME", "CNAME~", "old/.x.swp"):
        put(own, f"static/{left}", "left behind")
    build(own)
    assert {name: (own.output / name).read_text() for name in names} == {n: n for n in names}
    assert not {path.name for path in own.output.rglob("*")} & {".DS_Store", "CNAME~", "._CNAME"}
    before = {path: path.stat().st_mtime_ns for path in own.output.rglob("*") if path.is_file()}
    build(own)
    assert before == {p: p.stat().st_mtime_ns for p in own.output.rglob("*") if p.is_file()}
    (own.folder / "theme_overrides/static/CNAME").unlink()
    build(own)
    assert not (own.output / "CNAME").exists()


def test_robots_txt_of_ones_own_comes_instead_of_ours(own: Site) -> None:
    put(own, "static/robots.txt", "User-agent: *\nDisallow: /\n")
    build(own)
    build(own)
    assert (own.output / "robots.txt").read_text() == "User-agent: *\nDisallow: /\n"


def test_a_file_takes_no_page_s_place(own: Site, caplog: pytest.LogCaptureFixture) -> None:
    put(own, "static/one/index.html", "Mine!")
    for _ in range(2):
        build(own)
        assert "Mine!" not in own.page("one")
    assert "the blog itself makes a file of that name" in caplog.text


def test_a_template_of_ones_own_extends_ours(own: Site) -> None:
    put(
        own,
        "templates/article.html",
        '{% extends "!theme/article.html" %}\n'
        "{% block article_footer %}{{ super() }}<p>Thanks for reading.</p>{% endblock %}\n",
    )
    put(
        own,
        "templates/base.html",
        '{% extends "!theme/base.html" %}\n'
        '{% block extra_head %}<meta name="mine" content="yes">{% endblock %}\n',
    )
    build(own)
    # Ours extends "base.html", which is the author's where there is one.
    assert "<p>Thanks for reading.</p>" in own.page("one")
    assert '<footer class="article-footer">' in own.page("one")
    for page in pages(own):
        assert '<meta name="mine" content="yes">' in page


CHANGES = {
    "a template": ("templates/article.html", "templates/article.html"),
    "a new template": ("templates/base.html", ""),
    "a style": ("static/own.css", "static/own.css"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_whatever_changes_in_the_author_s_folder_the_site_is_as_a_clean_build_makes_it(
    own: Site, what: str
) -> None:
    name, there = CHANGES[what]
    text = '{% extends "!theme/base.html" %}{% block header %}{{ super() }}VERSION{% endblock %}'
    put(own, "static/own.css", "/* VERSION */")
    if there:
        put(own, name, text if name.endswith(".html") else "/* VERSION */")
    build(own, EXTRA_CSS=["own.css"])
    old = own.page("one")
    path = put(own, name, (text if name.endswith(".html") else "/* V */").replace("V", "W"))
    os.utime(path, (1, 1))
    build(own, EXTRA_CSS=["own.css"])
    assert own.page("one") != old
    built = everything(own.output)
    for folder in (own.output, own.folder / "cache"):
        folder.rename(f"{folder}.old")
    build(own, EXTRA_CSS=["own.css"])
    clean = everything(own.output)
    assert {n: h for n, h in built.items() if n in clean} == clean


def test_a_footer_of_several_paragraphs_keeps_them() -> None:
    made = branding.footer({"FOOTER": "<b>One</b>.\n\nTwo <3 [a](#b)"}, "/x")
    assert made == '<p><b>One</b>.</p>\n<p>Two &lt;3 <a href="#b">a</a></p>'
