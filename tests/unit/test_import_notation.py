"""Code of other notations, wherever it stood: it is all code, and nothing behind it is."""

from pathlib import Path

import pytest

from authoring.import_site import hugo_shortcodes, liquid
from authoring.import_site.post import Post
from authoring.import_site.report import Plan
from plugins.markdown import commonmark
from tests.importing import WXR, Fresh, item, old

DATED = "---\ntitle: {}\ndate: 2020-02-03\n---\n{}\n"


def noted(planned: Plan) -> str:
    return "\n".join(note.text for each in planned.new for note in each.post.notes)


def said(text: str) -> list[str]:
    """What both make of a text, in which `(c` begins code, and `c)` ends it."""
    post = Post("a.md", 1, title="A", slug="a", body="", source="a")
    jekyll = text.replace("(c", "{% highlight ruby %}").replace("c)", "{% endhighlight %}")
    hugo = text.replace("(c", "{{< highlight ruby >}}").replace("c)", "{{< /highlight >}}")
    return [
        commonmark.html(liquid.translated(post, jekyll, {}, lambda name: None, 1)),
        commonmark.html(hugo_shortcodes.translated(post, hugo, lambda *named: None)),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "(c\nx\n  y\nc)\n\nafter", "(c\nx\n  y\nc)\nafter", "- a\n\n  (c\n  x\n    y\n  c)\n\nafter",
        "1. a\n   (c\nx\n  y\nc)\n2. after", "- (c\n  x\n    y\n  c)\n- after", "> (c\n> x\n>   y\n> c)\n\nafter",
        "words (c\nx\n  y\nc) after", "a\n\n[^1]: n\n\n    (c\n    x\n      y\n    c)\n\n[^1] after", "- a\n  - b\n    (c\nx\n  y\nc)\n\nafter",
    ],
)  # fmt: skip
def test_code_is_code_in_lists_quotations_and_notes(text: str) -> None:
    for html in said(text):
        assert html.count('<pre><code class="language-ruby">x\n  y\n</code></pre>') == 1
        assert html.count("<pre>") == html.count("after") == 1
        assert "`" not in html


# --- Links by a name or a number of their own


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("see {% post_url 2020-01-02-b %}.", "see [A \\[b\\]]({filename}/b.md)."),
        ("[b]({% post_url 2020-01-02-b %})", "[b]({filename}/b.md)"),
        (
            "[b]({{ site.url }}{{ site.baseurl }}{% post_url 2020-01-02-b %})",
            "[b]({filename}/b.md)",
        ),
        ('<a href="{% post_url 2020-01-02-b %}">b</a>', '<a href="{filename}/b.md">b</a>'),
        ("[b][1]\n\n[1]: {% post_url 2020-01-02-b %}", "[b][1]\n\n[1]: {filename}/b.md"),
    ],
)
def test_the_address_of_an_article_among_words_is_a_link_to_it(
    tmp_path: Path, written: str, shown: str
) -> None:
    fresh = Fresh(tmp_path / "blog")
    texts = {
        "_config.yml": "url: https://old.example\n",
        "_posts/2020-01-01-a.md": DATED.format("A", written),
        "_posts/2020-01-02-b.md": DATED.format("'A [b]'", "Text."),
    }
    fresh.bring(old(tmp_path / "old", **texts))
    assert fresh.text("a.md").partition("\n\n")[2].strip() == shown
    fresh.build()
    assert '<a href="https://example.org/b/"' in fresh.site.page("a")


@pytest.mark.parametrize("link", ["/?p=17", "https://old.example/?p=17&x=1", "?page_id=17#a"])
def test_wordpress_links_by_number_lead_to_the_article(tmp_path: Path, link: str) -> None:
    fresh = Fresh(tmp_path / "blog")
    first = item(f'<a href="{link}">x</a> <a href="/?p=99">y</a>', wp__post_id="16", guid="a")
    second = item(
        "Text.", wp__post_id="17", wp__post_name="terns", guid="b", link="https://old.example/?p=17"
    )
    export = WXR.replace(
        "<language>", "<wp:base_blog_url>https://old.example</wp:base_blog_url><language>"
    )
    path = tmp_path / "export.xml"
    path.write_text(export.format(items=first + second))
    fresh.bring(path)
    assert "[x]({filename}/terns.md" in fresh.text("gulls.md")
    assert "[y](/?p=99)" in fresh.text("gulls.md")


def test_a_number_that_nobody_has_does_not_lead_to_the_front_page(tmp_path: Path) -> None:
    fresh = Fresh(tmp_path / "blog")
    links = "".join(f'<a href="{to}">x</a> ' for to in ("/?p=99", "?cat=3", "https://old.example"))
    first = item(links, wp__post_id="16", guid="a")
    front = item(
        "Hi.", wp__post_type="page", wp__post_name="hello", guid="b", link="https://old.example/"
    )
    path = tmp_path / "export.xml"
    path.write_text(
        WXR.replace(
            "<language>", "<wp:base_blog_url>https://old.example</wp:base_blog_url><language>"
        ).format(items=first + front)
    )
    told = noted(fresh.bring(path))
    text = fresh.text("gulls.md")
    assert "[x](/?p=99) [x](?cat=3)" in text
    assert "the link /?p=99 leads to what has no page here" in told
    assert "the link ?cat=3 leads to what has no page here" in told


@pytest.mark.parametrize("wrong", ["the first of May", "2019-13-45", "{{ date }}"])
def test_a_date_that_cannot_be_read_gives_way_to_one_that_can(tmp_path: Path, wrong: str) -> None:
    fresh = Fresh(tmp_path / "blog")
    for number, other in enumerate(("publishDate", "lastmod")):
        head = f'+++\ntitle = "T{number}"\ndate = "{wrong}"\n{other} = "2020-02-03"\n+++\n'
        name = tmp_path / "old" / "content" / "posts" / f"t{number}.md"
        name.parent.mkdir(parents=True, exist_ok=True)
        name.write_text(f"{head}Words.\n")
    (tmp_path / "old" / "hugo.toml").write_text('title = "Old"\n')
    told = noted(fresh.bring(tmp_path / "old"))
    assert told.count(f'its date "{wrong}" is no date') == 2
    for number in range(2):
        assert "Date: 2020-02-03" in fresh.text(f"t{number}.md")
        assert "Status: draft" not in fresh.text(f"t{number}.md")


@pytest.mark.parametrize(
    ("given", "caption"),
    [
        ('caption="Seen at sea" title="A gull"', "A gull: Seen at sea"),
        ('title="Who?" caption="A gull" attr="Ann"', "Who? A gull Ann"),
        ('title="A gull" caption="A gull"', "A gull"),
        ('title="A gull" attr="Ann"', "A gull Ann"),
    ],
)
def test_a_figures_title_stands_before_its_words(given: str, caption: str) -> None:
    made = hugo_shortcodes.translated(
        Post("a.md", 1, title="", slug="", body=""),
        f'{{{{< figure src="x.png" {given} >}}}}',
        lambda *named: None,
    )
    assert made == f'![](x.png "{caption}")'
