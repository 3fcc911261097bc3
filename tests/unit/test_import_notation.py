"""Code of other notations, wherever it stood: it is all code, and nothing behind it is."""

from pathlib import Path

import pytest

from authoring.import_site import hugo_shortcodes, liquid
from authoring.import_site.post import Post
from plugins.markdown import commonmark
from tests.importing import WXR, Fresh, item, old

DATED = "---\ntitle: {}\ndate: 2020-02-03\n---\n{}\n"


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
