"""Moving in from WordPress, Hugo and Jekyll: nothing lost silently, nothing written over."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pelican.settings import DEFAULT_CONFIG
from PIL import Image

from authoring import Refused, blog
from authoring.import_site import importer, wordpress
from tests.sites import Site, disconnect

WXR = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:wp="http://wordpress.org/export/1.2/"><channel><title>Old</title><language>en-GB</language>
{items}
</channel></rss>
"""


def item(body: str = "", **fields: str) -> str:
    given = {
        "title": "On gulls &amp; terns",
        "link": "https://old.example/2019/05/gulls/",
        "dc:creator": "ada",
        "wp:post_name": "gulls",
        "wp:post_date_gmt": "2019-05-01 10:00:00",
        "wp:status": "publish",
        "wp:post_type": "post",
        **{key.replace("__", ":"): value for key, value in fields.items()},
    }
    lines = "".join(f"<{key}>{value}</{key}>\n" for key, value in given.items())
    return f"<item>\n{lines}<content:encoded><![CDATA[{body}]]></content:encoded>\n</item>"


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "blog" / "content").mkdir(parents=True)
    return tmp_path / "blog"


@pytest.fixture
def move(here: Path) -> Callable[[Path], importer.Plan]:
    """Plan and write, as with --write."""

    def run(origin: Path) -> importer.Plan:
        settings: dict[str, Any] = {**DEFAULT_CONFIG, "PATH": "content", "TIMEZONE": "UTC"}
        planned = importer.from_origin(blog.Blog(here, settings), origin)
        importer.write_files(planned)
        return planned

    return run


def old(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def picture(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (3, 2)).save(path)


def state(folder: Path) -> dict[str, tuple[bytes, int]]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in files
    }


# ---- Jekyll


@pytest.fixture
def jekyll(tmp_path: Path) -> Path:
    folder = tmp_path / "jekyll"
    picture(folder / "assets" / "gull.png")
    return old(
        folder,
        **{
            "_config.yml": "permalink: /:year/:month/:title/\nbaseurl: /blog\n",
            "_posts/2019-05-01-gulls.md": (
                '---\ntitle: "Gulls: a defence"\ntags: sea birds\ncategories: Essays\nlayout: post\n'
                "cover: x.png\nredirect_from: /gulls.html\n---\n"
                "![A gull]({{ site.baseurl }}/assets/gull.png)\n\n{% highlight python %}\n"
                "print('{{ no liquid }}')\n{% endhighlight %}\n\nSee [terns]({% post_url 2019-06-01-terns %})."
                "\n\n{% include player.html %}\n"
            ),
            "_posts/2019-06-01-terns.md": "---\ntitle: Terns\n---\nText.\n",
            "_posts/2019-07-01-broken.md": "---\ntitle: [\n---\nText.\n",
            "_drafts/later.md": "---\ntitle: Later\n---\nNot yet.\n",
            "about.md": "---\ntitle: About\npermalink: /about-us/\n---\nWe.\n",
            "README.md": "Nothing for readers.\n",
        },
    )


def test_a_jekyll_site_comes_with_its_links_pictures_and_drafts(
    jekyll: Path, here: Path, move: Callable[[Path], importer.Plan]
) -> None:
    planned = move(jekyll)
    content = here / "content"
    gulls = (content / "gulls.md").read_text()
    assert gulls.startswith(
        "Title: Gulls: a defence\nDate: 2019-05-01 00:00+00:00\nSlug: gulls\nCategory: Essays\n"
        "Tags: sea, birds\nAliases: /blog/2019/05/gulls/, /gulls.html\n\n"
    )
    assert "![A gull]({static}/images/gulls/gull.png)" in gulls
    assert (content / "images" / "gulls" / "gull.png").is_file()
    assert "```python\nprint('{{ no liquid }}')\n```" in gulls
    assert "[terns]({filename}/terns.md)" in gulls
    assert "Status: draft" in (content / "later.md").read_text()
    assert "Aliases: /blog/about-us/" in (content / "pages" / "about.md").read_text()
    told = [str(note) for note in planned.notes]
    assert any(note.startswith("_posts/2019-07-01-broken.md:3: left out") for note in told)
    assert any(note.startswith("_posts/2019-05-01-gulls.md:17: {% include") for note in told)
    assert any("the key cover (1 files)" in note for note in told)
    assert len(list(content.rglob("*.md"))) == 4


def test_moving_in_twice_changes_nothing_and_what_was_edited_stays(
    jekyll: Path, here: Path, move: Callable[[Path], importer.Plan]
) -> None:
    move(jekyll)
    edited = here / "content" / "terns.md"
    edited.write_text(edited.read_text() + "More.\n")
    before = state(here)
    planned = move(jekyll)
    assert state(here) == before
    assert (len(planned.new), len(planned.same), len(planned.kept)) == (0, 3, 1)
    assert any("content/terns.md is there already" in note.text for note in planned.notes)


# ---- Hugo


def test_a_hugo_site_comes_with_bundles_languages_and_shortcodes(
    tmp_path: Path, here: Path, move: Callable[[Path], importer.Plan]
) -> None:
    folder = tmp_path / "hugo"
    picture(folder / "content" / "posts" / "gulls" / "gull one.png")
    picture(folder / "static" / "img" / "tern.png")
    (tmp_path / "secret.png").write_bytes(b"not yours")
    old(
        folder,
        **{
            "hugo.toml": '[permalinks]\nnotes = "/:year/:slug/"\n',
            "content/_index.md": "+++\ntitle = 'Home'\n+++\n",
            "content/posts/gulls/index.md": (
                "+++\ntitle = 'Gulls'\ndate = 2019-05-01T12:00:00+02:00\ntags = ['sea, salt', 'birds']\n"
                "aliases = ['/old/gulls']\n+++\n"
                '{{< figure src="gull one.png" alt="A gull" caption="One gull" >}}\n\n'
                "![Tern](/img/tern.png) ![Gone](gone.png) ![Up](../../../../secret.png)\n\n"
                '{{< ref "terns.md" >}} {{< tweet 1 >}}\n\n```\n{{< tweet 2 >}}\n```\n'
            ).replace("gull one.png", "gull%20one.png"),
            "content/notes/terns.md": "---\ntitle: Terns\ndate: 2019-06-01\n---\nText.\n",
            "content/notes/terns.de.md": "---\ntitle: Seeschwalben\ndate: 2019-06-01\n---\nText.\n",
            "content/notes/draft.md": "---\ntitle: D\ndraft: true\ndate: 2019-06-01\n---\nText.\n",
            "content/about.md": "---\ntitle: About\n---\nWe.\n",
        },
    )
    planned = move(folder)
    gulls = (here / "content" / "gulls.md").read_text()
    assert "Date: 2019-05-01 10:00+00:00\n" in gulls
    assert "Tags: sea, salt; birds\n" in gulls
    assert "Aliases: /posts/gulls/, /old/gulls\n" in gulls
    assert '![A gull]({static}/images/gulls/gull-one.png "One gull")' in gulls
    assert "![Tern]({static}/images/gulls/tern.png)" in gulls
    assert "{filename}/terns.md {{< tweet 1 >}}" in gulls
    assert "Aliases: /2019/terns/" in (here / "content" / "terns.md").read_text()
    assert "Lang: de\n" in (here / "content" / "terns.de.md").read_text()
    assert "Aliases" not in (here / "content" / "draft.md").read_text()
    assert "Aliases" not in (here / "content" / "pages" / "about.md").read_text()
    told = [str(note) for note in planned.notes]
    assert any("index.md:9: the picture gone.png is not among the files" in note for note in told)
    assert any("secret.png is not among the files" in note for note in told)
    assert not list(here.rglob("secret.png"))
    assert [note for note in told if "tweet" in note] == [
        "content/posts/gulls/index.md:11: the shortcode tweet has no meaning here and stands in the text"
    ]


# ---- WordPress


def test_an_export_of_wordpress_comes_as_markdown(
    tmp_path: Path, here: Path, move: Callable[[Path], importer.Plan]
) -> None:
    picture(tmp_path / "wp-content" / "uploads" / "2019" / "gull.png")
    export = tmp_path / "export.xml"
    body = (
        "First <strong>line</strong>\nsecond line.\n\n"
        '[caption id="a"]<img src="https://old.example/wp-content/uploads/2019/gull.png" alt="A gull" />'
        ' One gull[/caption]\n\n[sourcecode language="python"]\nif a:\n    b = "[gallery]"\n[/sourcecode]'
        '\n\n[gallery ids="1,2"]\n\n<iframe src="https://video.example/1"></iframe>\n\n<h2>Two</h2>'
    )
    tags = (
        '<category domain="category" nicename="e">Essays</category>'
        '<category domain="post_tag" nicename="b">birds</category>'
    )
    items = [
        item(body).replace("<wp:status>", f"{tags}<wp:status>"),
        item("Draft.", title="Later", wp__status="draft", wp__post_name="", link="https://o/?p=3"),
        item("Secret.", title="Secret", wp__status="private", wp__post_name="secret"),
        item("<p>We.</p>", title="About", wp__post_type="page", wp__post_name="about"),
        item(title="Gone", wp__status="trash"),
        item(title="Product", wp__post_type="product"),
        item(title="A file", wp__post_type="attachment"),
    ]
    export.write_text(WXR.format(items="\n".join(items)))
    planned = move(export)
    gulls = (here / "content" / "gulls.md").read_text()
    assert gulls.startswith(
        "Title: On gulls & terns\nDate: 2019-05-01 10:00+00:00\nSlug: gulls\nCategory: Essays\n"
        "Tags: birds\nAuthors: ada\nAliases: /2019/05/gulls/\n\nFirst **line**"
    )
    assert '![A gull]({static}/images/gulls/gull.png "One gull")' in gulls
    assert '```python\nif a:\n    b = "[gallery]"\n```' in gulls
    assert "## Two" in gulls
    later = (here / "content" / "later.md").read_text()
    assert "Status: draft" in later
    assert "Aliases" not in later
    assert "Status: draft" in (here / "content" / "secret.md").read_text()
    assert (here / "content" / "pages" / "about.md").exists()
    told = [str(note) for note in planned.notes]
    assert sum("export.xml:5: " in note for note in told) == 2  # the player, the gallery
    assert any("[gallery] has no meaning here" in note for note in told)
    assert any('"Gone" was left out: its status is trash' in note for note in told)
    assert any('1 entries of the kind "product"' in note for note in told)
    assert len(list((here / "content").rglob("*.md"))) == 4


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('<!DOCTYPE x [<!ENTITY a "b">]><rss>&a;</rss>', "no DTD"),
        ("<rss><channel>\n<item></rss>", "export.xml:2: this is not well-formed"),
        ('<!DOCTYPE x SYSTEM "http://127.0.0.1/x"><rss/>', "no DTD"),
    ],
)
def test_an_export_that_is_none_is_refused(
    tmp_path: Path, move: Callable[[Path], importer.Plan], text: str, why: str
) -> None:
    export = tmp_path / "export.xml"
    export.write_text(text)
    with pytest.raises(Refused, match=why):
        move(export)


def test_an_export_beyond_the_limits_is_refused(
    tmp_path: Path, move: Callable[[Path], importer.Plan], monkeypatch: pytest.MonkeyPatch
) -> None:
    export = tmp_path / "export.xml"
    export.write_text(WXR.format(items=item("x" * 500)))
    monkeypatch.setattr(wordpress, "MAX_ITEM_CHARS", 400)
    with pytest.raises(Refused, match="more than 400 characters"):
        move(export)
    monkeypatch.setattr(wordpress, "MAX_ITEMS", 0)
    with pytest.raises(Refused, match="more than 0 entries"):
        move(export)
    monkeypatch.setattr(wordpress, "MAX_FILE_BYTES", 10)
    with pytest.raises(Refused, match="larger than"):
        move(export)


def test_what_is_no_blog_is_refused_with_what_to_name(
    tmp_path: Path, move: Callable[[Path], importer.Plan]
) -> None:
    for origin in (tmp_path / "missing.xml", tmp_path / "missing"):
        with pytest.raises(Refused, match="neither a folder nor"):
            move(origin)
    (tmp_path / "empty").mkdir()
    with pytest.raises(Refused, match="_posts"):
        move(tmp_path / "empty")


def test_a_dry_run_writes_nothing_and_says_so(jekyll: Path, here: Path) -> None:
    own = blog.Blog(here, {**DEFAULT_CONFIG, "PATH": "content", "TIMEZONE": "UTC"})
    planned = importer.from_origin(own, jekyll)
    told = "\n".join(importer.told(own, planned, done=False))
    assert "To write: 4 files, 1 of them drafts, with 1 pictures" in told
    assert "Nothing was written yet. Add --write" in told
    assert state(here) == {}


def test_what_was_moved_can_be_built_and_old_addresses_lead_to_it(
    jekyll: Path, tmp_path: Path
) -> None:
    site = Site(tmp_path / "blog-built")
    own = blog.Blog(site.folder, {**DEFAULT_CONFIG, "PATH": "content", "TIMEZONE": "UTC"})
    importer.write_files(importer.from_origin(own, jekyll))
    try:
        site.build()
    finally:
        disconnect()
    assert "A gull" in site.page("gulls")
    assert 'url=/gulls/"' in site.page("blog/2019/05/gulls")
    assert not (site.output / "later").exists()
