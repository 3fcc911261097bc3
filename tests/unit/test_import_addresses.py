"""Old addresses: where Hugo, Jekyll and Pelican had an article, by their settings and its own."""

from pathlib import Path

import pytest

from authoring.import_site import hugo_shortcodes, liquid
from authoring.import_site.post import Post
from tests.importing import Fresh, old

DATED = "---\ntitle: A Post\ndate: 2020-02-03\n{}---\nText.\n"
HUGO = [
    ("", "content/posts/a.md", "", "/posts/a/"),
    ("uglyURLs: true", "content/posts/a.md", "", "/posts/a.html"),
    ("uglyURLs: {posts: true}", "content/notes/a.md", "", "/notes/a/"),
    ("uglyURLs: true\npermalinks: {posts: '/:filename'}", "content/posts/a.md", "", "/a.html"),
    ("permalinks: {posts: '/:year/:month/:slug/'}", "content/posts/a.md", "slug: b", "/2020/02/b/"),
    (
        "permalinks: {page: {posts: '/:section/:title/'}}",
        "content/posts/a.md",
        "",
        "/posts/a-post/",
    ),
    ("permalinks: {posts: '/:sections[1:]/:slug'}", "content/posts/x/y/a.md", "slug: b", "/x/y/b/"),
    ("", "content/posts/A Long Name.md", "", "/posts/a-long-name/"),
    ("disablePathToLower: true", "content/posts/Big.md", "", "/posts/Big/"),
    ("", "content/posts/鹈鹕.md", "", "/posts/鹈鹕/"),
    ("", "content/posts/b/index.md", "", "/posts/b/"),
    ("", "content/posts/a.md", "url: /else/where.html", "/else/where.html"),
    ("baseURL: https://a.example/blog/", "content/posts/a.md", "", "/blog/posts/a/"),
    ("", "content/posts/2020-02-03-a.md", "", "/posts/2020-02-03-a/"),
    ("contentDir: texts", "texts/posts/a.md", "", "/posts/a/"),
]
TWO = "defaultContentLanguage: ja\nlanguages:\n  ja: {{contentDir: content/ja}}\n  en: {{contentDir: content/en}}\n{}"
IN_LANGUAGES = [
    (TWO.format(""), "content/ja/entry/a.md", "ja", "/entry/a/"),
    (TWO.format(""), "content/en/entry/a.md", "", "/en/entry/a/"),
    (TWO.format("defaultContentLanguageInSubdir: true"), "content/ja/a/b.md", "ja", "/ja/a/b/"),
    (
        "languages: {ja: {}, en: {}}\ndefaultContentLanguage: ja",
        "content/posts/a.en.md",
        "",
        "/en/posts/a/",
    ),
    (
        "languages: {ja: {}, en: {}}\ndefaultContentLanguage: ja",
        "content/posts/a.md",
        "ja",
        "/posts/a/",
    ),
    (
        "languages: {en: {}, de: {}}\ndefaultContentLanguage: en",
        "content/posts/a/index.de.md",
        "de",
        "/de/posts/a/",
    ),
]
JEKYLL = [
    ("", "_posts/2020-02-03-a.md", "", "/2020/02/03/a.html"),
    ("", "_posts/2020-02-03-a.md", "categories: X Y", "/x/y/2020/02/03/a.html"),
    ("permalink: pretty", "_posts/2020-02-03-a.md", "", "/2020/02/03/a/"),
    ("permalink: none", "_posts/2020-02-03-a.md", "category: X", "/x/a.html"),
    ("permalink: /:year-:i_month/:title", "_posts/2020-02-03-a.md", "", "/2020-2/a"),
    ("permalink: ordinal", "_posts/2020-02-03-a.md", "", "/2020/034/a.html"),
    ("", "_posts/2020-02-03-a.md", "permalink: /x/", "/x/"),
    ("baseurl: /b", "_posts/2020-02-03-a.md", "", "/b/2020/02/03/a.html"),
    ("", "x/_posts/2020-02-03-a.md", "", "/x/2020/02/03/a.html"),
    (
        "defaults: [{scope: {path: ''}, values: {permalink: '/p/:title/'}}]",
        "_posts/2020-02-03-a.md",
        "",
        "/p/a/",
    ),
    ("", "guide/one.markdown", "", "/guide/one.html"),
    ("permalink: pretty", "guide/one.md", "", "/guide/one/"),
    ("", "guide/index.md", "", "/guide/"),
    ("collections: {docs: {output: true}}", "_docs/two.md", "", "/docs/two.html"),
    (
        "collections: {docs: {output: true, permalink: '/d/:path/'}}",
        "_docs/x/two.md",
        "",
        "/d/x/two/",
    ),
    (
        "collections_dir: all\ncollections: {docs: {output: true}}",
        "all/_docs/two.md",
        "",
        "/docs/two.html",
    ),
    ("collections_dir: all", "all/_posts/2020-02-03-a.md", "", "/2020/02/03/a.html"),
    ("collections_dir: all/", "all/x/_posts/2020-02-03-a.md", "", "/x/2020/02/03/a.html"),
    ("", "guide/one.mkdown", "", "/guide/one.html"),
    ("", "_posts/2020-02-03-a.mkdn", "", "/2020/02/03/a.html"),
    ("markdown_ext: 'md, text'", "guide/one.text", "", "/guide/one.html"),
    ("include: [_pages]", "_pages/about.md", "permalink: /about/", "/about/"),
]
PELICAN = [
    ("", "content/a.md", "Slug: s", "/s.html"),
    ("ARTICLE_URL = 'b/{date:%Y}/{slug}/'", "content/a.md", "Slug: s", "/b/2020/s/"),
    ("SITEURL = 'https://x.example/blog'", "content/a.md", "Slug: s", "/blog/s.html"),
    ("SLUGIFY_SOURCE = 'basename'", "content/a.md", "", "/a.html"),
    ("", "content/a.md", "", "/a-post.html"),
    ("", "content/a.md", "Save_as: x/index.html", "/x/"),
    ("ARTICLE_URL = '{category}/{slug}'", "content/Deep Sea/a.md", "Slug: s", "/deep-sea/s"),
    ("DEFAULT_LANG = 'de'", "content/a.md", "Slug: s\nLang: en", "/s-en.html"),
    ("", "content/pages/p.md", "Slug: p", "/pages/p.html"),
    ("A = 'x'\nARTICLE_URL = A + '/{slug}'", "content/a.md", "Slug: s", "/x/s"),
]


@pytest.fixture
def fresh(tmp_path: Path) -> Fresh:
    return Fresh(tmp_path / "blog")


@pytest.mark.parametrize(("config", "name", "more", "address"), HUGO)
def test_where_hugo_had_it(
    config: str, name: str, more: str, address: str, tmp_path: Path, fresh: Fresh
) -> None:
    text = DATED.format(more + "\n" * bool(more))
    (item,) = fresh.bring(old(tmp_path / "old", **{"hugo.yaml": config, name: text})).items
    assert item.post.addresses[0] == address


@pytest.mark.parametrize(("config", "name", "lang", "address"), IN_LANGUAGES)
def test_where_hugo_had_it_in_its_language(
    config: str, name: str, lang: str, address: str, tmp_path: Path, fresh: Fresh
) -> None:
    site = old(tmp_path / "old", **{"hugo.yaml": config, name: DATED.format("")})
    (item,) = fresh.bring(site).items
    assert item.post.addresses[0] == address
    assert (f"Lang: {lang}\n" in item.text) == bool(lang)


@pytest.mark.parametrize(
    "config",
    [
        "languages: {en: {}, fr: {disabled: true}}",
        "disableLanguages: [fr]\nlanguages: {en: {}, fr: {}}",
    ],
)
def test_what_hugo_did_not_publish_in_a_language_comes_as_a_draft(
    config: str, tmp_path: Path, fresh: Fresh
) -> None:
    name = "content/posts/a.fr.md"
    (item,) = fresh.bring(
        old(tmp_path / "old", **{"hugo.yaml": config, name: DATED.format("")})
    ).items
    assert "Status: draft\n" in item.text
    assert "disables its language fr" in item.post.notes[0].text


def test_translations_have_one_slug_though_their_addresses_had_two(
    tmp_path: Path, fresh: Fresh
) -> None:
    texts = {
        "hugo.yaml": TWO.format(""),
        "content/ja/a.md": "---\ntitle: カモメ\ndate: 2020-01-01\nslug: kamome\n---\nText.",
        "content/en/a.md": "---\ntitle: Gull\ndate: 2020-01-01\nslug: gull\n---\nText.",
        "content/en/posts/x.md": DATED.format(""),
    }
    fresh.bring(old(tmp_path / "old", **texts))
    assert fresh.names() == ["pages/kamome.ja.md", "pages/kamome.md", "x.md"] or fresh.names() == [
        "kamome.ja.md", "pages/kamome.md", "x.md",
    ]  # fmt: skip
    assert "Aliases: /en/gull/" in fresh.text("pages/kamome.md")


@pytest.mark.parametrize(("config", "name", "more", "address"), JEKYLL)
def test_where_jekyll_had_it(
    config: str, name: str, more: str, address: str, tmp_path: Path, fresh: Fresh
) -> None:
    text = DATED.format(more + "\n" * bool(more))
    (item,) = fresh.bring(old(tmp_path / "old", **{"_config.yml": config, name: text})).items
    assert item.post.addresses[0] == address


@pytest.mark.parametrize(("config", "name", "more", "address"), PELICAN)
def test_where_pelican_had_it(
    config: str, name: str, more: str, address: str, tmp_path: Path, fresh: Fresh
) -> None:
    text = f"Title: A Post\nDate: 2020-02-03\n{more}\n\nText.\n"
    (item,) = fresh.bring(old(tmp_path / "old", **{"pelicanconf.py": config, name: text})).items
    assert item.post.addresses[0] == address


@pytest.mark.parametrize(
    ("name", "config", "told"),
    [
        ("_docs/two.md", "", "_docs is no collection"),
        ("_docs/two.md", "collections: {docs: {output: false}}", "does not put out the collection"),
        ("guide/one.md", "exclude: [guide]", "_config.yml excludes it"),
        ("_posts/2020-01-01-a.textile", "", "nothing here reads .textile"),
        ("_posts/2020-01-01-a.md", "", "front matter cannot be read"),
    ],
)
def test_what_jekyll_does_not_bring_is_named(
    name: str, config: str, told: str, tmp_path: Path, fresh: Fresh
) -> None:
    text = "---\ntitle: [\n---\nText." if "2020" in name else DATED.format("")
    planned = fresh.bring(old(tmp_path / "old", **{"_config.yml": config, name: text}))
    assert not planned.items
    assert any(note.place == name and told in note.text for note in planned.notes)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ('{{< figure src="a.png" alt="A" caption="C" >}}', '![A](a.png "C")'),
        (
            '{{< figure src="a.png" link="https://x.example/" >}}',
            "[![](a.png)](https://x.example/)",
        ),
        ("{{< youtube abc >}}", "<https://www.youtube.com/watch?v=abc>"),
        ('{{< youtube id="abc" autoplay="true" >}}', "<https://www.youtube.com/watch?v=abc>"),
        ("{{< gist ada 123 >}}", "<https://gist.github.com/ada/123>"),
        ("{{< highlight go >}}\nx\n{{< /highlight >}}", "```go\nx\n```"),
        (
            '{{< highlight go "linenos=table,hl_lines=1 3-4" >}}\nx\n{{< /highlight >}}',
            '```go hl_lines="1 3-4"\nx\n```',
        ),
        ("{{</* figure */>}}", "{{< figure >}}"),
        ('{{% notice tip "T" %}}\nx\n{{% /notice %}}', '!!! tip "T"\n    x\n'),
        (
            '{{< admonition type="warning" title="T" >}}x{{< /admonition >}}',
            '!!! warning "T"\n    x\n',
        ),
        ("`{{< youtube abc >}}`", "`{{< youtube abc >}}`"),
        ("```\n{{< youtube abc >}}\n```", "```\n{{< youtube abc >}}\n```"),
        ('{{< tweet user="a" id="1" >}}', "<https://twitter.com/a/status/1>"),
        ('{{< audio src="a.mp3" >}}', '<audio controls src="a.mp3"></audio>'),
        (
            '{{< details "S" >}}x{{< /details >}}',
            "<details>\n<summary>S</summary>\n\nx\n\n</details>",
        ),
        ("{{< rawhtml >}}<b>x</b>{{< /rawhtml >}}", "<b>x</b>"),
        ("{{< toc >}}", "[TOC]"),
        ("{{< kbd Ctrl >}}", "<kbd>Ctrl</kbd>"),
        ('{{< ruby "漢" "かん" >}}', "<ruby>漢<rt>かん</rt></ruby>"),
        ("{{< katex >}}$x^2${{< /katex >}}", "$x^2$"),
        ('```go {hl_lines=[1,"3-4"],linenos=true}\nx\n```', '```go hl_lines="1 3-4"\nx\n```'),
        ("{{< unknown >}}", "{{< unknown >}}"),
    ],
)
def test_what_a_shortcode_of_hugo_means(typed: str, meant: str) -> None:
    post = Post("a.md", 1, "A", "a", typed)
    assert hugo_shortcodes.translated(post, typed, lambda *_: None).strip() == meant.strip()
    assert bool(post.notes) == ("unknown" in typed)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("{% highlight ruby %}\nx\n{% endhighlight %}", "```ruby\nx\n```"),
        ("{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        ("a{% comment %}b{% endcomment %}c", "ac"),
        ("{{ page.title }}", "A"),
        ("{{ '/x' | relative_url }}", "/x"),
        ("{{ site.baseurl }}/x", "/x"),
        ('{% include figure.html src="/a.png" caption="C" %}', '![](/a.png "C")'),
        ('{% include youtube.html id="abc" %}', "<https://www.youtube.com/watch?v=abc>"),
        ("* x\n{:toc}", "[TOC]"),
        ("a $$x^2$$ b", "a $x^2$ b"),
        ("$$\nx^2\n$$", "$$\nx^2\n$$"),
        ("| a | b |\n| c | d |", "|   |   |\n| --- | --- |\n| a | b |\n| c | d |"),
        ("| a |\n|---|\n| c |", "| a |\n|---|\n| c |"),
        ("a\\\\\nb", "a\\\nb"),
        ("| a |\n|---|\n| c |\n{:.wide}", "| a |\n|---|\n| c |"),
        ("a\n\n{: .x}\n> b", "a\n\n> b"),
        ("{::options parse_block_html='true' /}\nx", "x"),
        ("{% unknown %}", "{% unknown %}"),
    ],
)
def test_what_liquid_and_kramdown_mean(typed: str, meant: str) -> None:
    post = Post("a.md", 1, "A", "a", typed)
    made = liquid.translated(post, typed, {"page.title": "A"}, lambda _: None, 1)
    assert made.strip() == meant.strip()
    assert bool(post.notes) == ("unknown" in typed)


@pytest.mark.parametrize(
    ("name", "more", "becomes"),
    [
        ("content/about.md", "", "pages/about.md"),
        ("content/about/index.md", "", "pages/about.md"),
        ("content/pages/about.md", "", "pages/about.md"),
        ("content/posts/about.md", "", "about.md"),
        ("content/posts/about.md", "expiryDate: 2020-02-04", "about.md, a draft"),
        ("content/posts/_index.md", "", "pages/posts.md"),
        ("content/docs/about.md", "date:", "pages/about.md"),
    ],
)
def test_what_of_hugo_is_a_page_and_what_an_article(
    name: str, more: str, becomes: str, tmp_path: Path, fresh: Fresh
) -> None:
    text = DATED.format(more + "\n" * bool(more)).replace("date: 2020-02-03\ndate:", "#")
    site = old(tmp_path / "old", **{"content/posts/other.md": DATED.format(""), name: text})
    item = next(each for each in fresh.bring(site).items if each.post.place == name)
    path, _, state = becomes.partition(", ")
    assert item.path == fresh.site.content / path
    assert ("Status: draft" in item.text) == bool(state)


def test_what_a_script_drew_or_named_is_told_with_its_line(tmp_path: Path, fresh: Fresh) -> None:
    text = DATED.replace("Text.", "A :smile: `:code:`\n\n```mermaid\na --> b\n```").format("")
    site = old(tmp_path / "old", **{"hugo.yaml": "enableEmoji: true", "content/posts/a.md": text})
    told = [str(note) for note in fresh.bring(site).all_notes]
    assert any("a.md:7: a drawing in mermaid" in note for note in told)
    assert any("write the sign for :smile:" in note for note in told)


def test_what_another_pelican_says_of_its_texts_is_understood(tmp_path: Path, fresh: Fresh) -> None:
    config = """
NAME = "x"
SITEURL: str = f"https://{NAME}.example"
TITLE, SITENAME = "a", "b" + NAME
DEFAULT_DATE = (2019, 5, 6)
ARTICLE_EXCLUDES = ["extra"]
ARTICLE_PATHS = ["", "blog"]
PLUGINS = ["sitemap", "of_mine"]
TIMEZONE = str("UTC")
THEME = DEFAULT_DATE[0]
"""
    texts = {
        "pelicanconf.py": config,
        "publishconf.py": 'SITEURL = "https://live.example/b"\n',
        "content/plain.md": "Title: Plain\n\nText.\n",
        "content/skipped.md": "Title: S\nStatus: skip\n\nText.\n",
        "content/extra/x.md": "Title: X\n\nText.\n",
        "content/page.html": "<p>A file</p>",
        "content/other.adoc": "= Other",
        "content/broken.rst": "Title\n#####\n\n.. raw::\n",
        "content/Deep/in.md": "Title: In\nDate: 2020-01-01\nAuthors: A, B\nTags: x; y, z\n\n"
        "    :::python\n    x = 1\n\n[a]({filename}/plain.md) [b]({filename}gone.md)"
        " ![c]({static}/gone.png) {% youtube abcdef %} {% what %}\n",
    }
    planned = fresh.bring(old(tmp_path / "old", **texts))
    assert fresh.names() == ["in.md", "plain.md"]
    assert "Date: 2019-05-06" in fresh.text("plain.md")
    assert "Aliases: /b/plain.html" in fresh.text("plain.md")
    text = fresh.text("in.md")
    assert "Category: Deep\nTags: x; y, z\nAuthors: A, B\n" in text
    assert "```python\nx = 1\n```" in text
    assert "[a]({filename}/plain.md) [b](gone.md) ![c](/gone.png)" in text
    told = "\n".join(map(str, planned.all_notes))
    for said in (
        "its plugins (of_mine) stay", "were not understood: THEME", "its status is skip",
        "ARTICLE_EXCLUDES names its folder", "takes it for a file", "nothing here reads .adoc",
        "broken.rst:1: left out: it cannot be read (line 4: Error", "{% what %} has no meaning here", "gone.png is not among the files",
    ):  # fmt: skip
        assert said in told
    fresh.build()
