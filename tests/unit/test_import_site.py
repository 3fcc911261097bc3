"""Moving in from WordPress, Hugo and Jekyll: nothing lost silently, nothing written over."""

from pathlib import Path

import pytest

from authoring.import_site import importer
from tests.importing import WXR, Fresh, item, old, picture, sample


@pytest.fixture
def fresh(tmp_path: Path) -> Fresh:
    return Fresh(tmp_path / "blog")


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


def test_a_jekyll_site_comes_with_its_links_pictures_and_drafts(jekyll: Path, fresh: Fresh) -> None:
    planned = fresh.bring(jekyll)
    content = fresh.site.content
    gulls = (content / "gulls.md").read_text()
    assert gulls.startswith(
        "Title: Gulls: a defence\nDate: 2019-05-01 00:00+00:00\nSlug: gulls\nCategory: Essays\n"
        "Tags: sea, birds\nAliases: /blog/2019/05/gulls/, /blog/gulls.html\n\n"
    )
    assert "![A gull]({static}/images/gulls/gull.png)" in gulls
    assert (content / "images" / "gulls" / "gull.png").is_file()
    assert "```python\nprint('{{ no liquid }}')\n```" in gulls
    assert "[terns]({filename}/terns.md)" in gulls
    assert "Status: draft" in (content / "later.md").read_text()
    assert "Aliases: /blog/about-us/" in (content / "pages" / "about.md").read_text()
    told = [str(note) for note in planned.all_notes]
    assert any(note.startswith("_posts/2019-07-01-broken.md:3: left out") for note in told)
    assert any(note.startswith("_posts/2019-05-01-gulls.md:17: {% include") for note in told)
    assert any("the key cover (1 files)" in note for note in told)
    assert len(list(content.rglob("*.md"))) == 4


def test_moving_in_twice_changes_nothing_and_what_was_edited_stays(
    jekyll: Path, fresh: Fresh
) -> None:
    fresh.bring(jekyll)
    edited = fresh.site.content / "terns.md"
    edited.write_text(edited.read_text() + "More.\n")
    before = state(fresh.site.content)
    planned = fresh.bring(jekyll)
    assert state(fresh.site.content) == before
    assert (len(planned.new), len(planned.same), len(planned.kept)) == (0, 3, 1)
    assert any("content/terns.md is there already" in note.text for note in planned.all_notes)


# ---- Hugo


def test_a_hugo_site_comes_with_bundles_languages_and_shortcodes(
    tmp_path: Path, fresh: Fresh
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
    planned = fresh.bring(folder)
    gulls = (fresh.site.content / "gulls.md").read_text()
    assert "Date: 2019-05-01 10:00+00:00\n" in gulls
    assert "Tags: sea, salt; birds\n" in gulls
    assert "Aliases: /posts/gulls/, /old/gulls\n" in gulls
    assert '![A gull]({static}/images/gulls/gull-one.png "One gull")' in gulls
    assert "![Tern]({static}/images/gulls/tern.png)" in gulls
    assert "[Terns]({filename}/terns.md) {{< tweet 1 >}}" in gulls
    assert "Aliases: /2019/terns/" in (fresh.site.content / "terns.md").read_text()
    assert "Lang: de\n" in (fresh.site.content / "terns.de.md").read_text()
    assert "Aliases" not in (fresh.site.content / "draft.md").read_text()
    assert "Aliases" not in (fresh.site.content / "pages" / "about.md").read_text()
    told = [str(note) for note in planned.all_notes]
    assert any("index.md:9: the picture gone.png is not among the files" in note for note in told)
    assert any("secret.png is not among the files" in note for note in told)
    assert not list(fresh.root.rglob("secret.png"))
    assert [note for note in told if "tweet" in note] == [
        "content/posts/gulls/index.md:11: the shortcode tweet has no meaning here and stands in the text"
    ]


# ---- WordPress


def test_an_export_of_wordpress_comes_as_markdown(tmp_path: Path, fresh: Fresh) -> None:
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
    planned = fresh.bring(export)
    gulls = (fresh.site.content / "gulls.md").read_text()
    assert gulls.startswith(
        "Title: On gulls & terns\nDate: 2019-05-01 10:00+00:00\nSlug: gulls\nCategory: Essays\n"
        "Tags: birds\nAuthors: ada\nAliases: /2019/05/gulls/\n\nFirst **line**"
    )
    assert '![A gull]({static}/images/gulls/gull.png "One gull")' in gulls
    assert '```python\nif a:\n    b = "[gallery]"\n```' in gulls
    assert "## Two" in gulls
    later = (fresh.site.content / "later.md").read_text()
    assert "Status: draft" in later
    assert "Aliases" not in later
    assert "Status: draft" in (fresh.site.content / "secret.md").read_text()
    assert (fresh.site.content / "pages" / "about.md").exists()
    told = [str(note) for note in planned.all_notes]
    assert sum("export.xml:5: " in note for note in told) == 2  # the player, the gallery
    assert any("[gallery] has no meaning here" in note for note in told)
    assert any('"Gone" was left out: its status is trash' in note for note in told)
    assert any('what is of the kind "product" was left out' in note for note in told)
    assert len(list((fresh.site.content).rglob("*.md"))) == 4


def test_a_dry_run_writes_nothing_and_says_so(jekyll: Path, fresh: Fresh) -> None:
    told = "\n".join(importer.run(fresh.blog, jekyll, write=False))
    assert "To write: 4 files (1 draft), with 1 picture" in told
    assert "Nothing was written yet. Add --write" in told
    assert state(fresh.root) == {}


def test_what_was_moved_can_be_built_and_old_addresses_lead_to_it(
    jekyll: Path, fresh: Fresh
) -> None:
    fresh.bring(jekyll)
    fresh.build()
    assert "A gull" in fresh.site.page("gulls")
    assert 'url=/gulls/"' in fresh.site.page("blog/2019/05/gulls")
    assert not (fresh.site.output / "later").exists()


def test_what_wordpress_says_beside_a_text_comes_along(tmp_path: Path, fresh: Fresh) -> None:
    planned = fresh.bring(sample("wordpress", tmp_path))
    gulls, dyke = fresh.text("watvoegel.de.md"), fresh.text("deich.de.md")
    assert "Lang: de\n" in gulls
    assert "Pinned: yes\nComments: closed\n" in gulls
    assert "Authors: Jürgen Groß\n" in gulls
    assert "Comments" not in dyke.partition("\n\n")[0]
    assert "[^1]: Siehe *Storm*." in dyke
    assert "Absätze**.[^1]" in dyke
    assert (
        gulls.count("{static}/images/watvoegel/") == 4
    )  # the captioned, its link, a gallery of two
    assert "[den Deich]({filename}/deich.de.md#comment-17)" in gulls
    assert "[Plan]({static}/files/deich/plan.pdf)" in dyke
    assert "Lang: ja\n" in fresh.text("perikan.ja.md")
    told = "\n".join(map(str, planned.all_notes))
    assert "MENUITEMS = [('Über uns', '/ueber-uns/')]" in told
    assert "its comments (1) are not articles" in told
    assert "the shortcode [contact-form-7] has no meaning here" in told


def test_what_ghost_says_beside_a_text_comes_along(tmp_path: Path, fresh: Fresh) -> None:
    planned = fresh.bring(sample("ghost", tmp_path))
    cards = fresh.text("cards.md")
    assert "Category: Essays\nTags: birds\nAuthors: Wei Chen\nPinned: yes\n" in cards
    assert "![A heron]({static}/images/cards/heron.png)" in cards
    assert "[a link]({filename}/pages/about.md)" in cards
    assert "Status: draft" in fresh.text("members-only.md")
    assert "Lang: zh-cn" in fresh.text("ti-hu.zh-cn.md")
    assert fresh.text("old-markdown.md").endswith("# Old\n\nIn *Markdown*, $5.\n")
    told = "\n".join(map(str, planned.all_notes))
    assert "its codeinjection_head has no meaning here: <style>" in told
    assert "the internal tag #internal" in told
