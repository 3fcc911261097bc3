"""Markup: whatever is typed, what comes out is short, quick and on the allow-list."""

import re
import time
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from comments_service import markup

HOSTILE = sorted((Path(__file__).parent.parent / "samples" / "hostile").glob("*.md"))
ALLOWED: dict[str, set[str]] = {
    **{tag: set() for tag in ("p", "br", "hr", "strong", "em", "del", "code", "pre")},
    **{tag: set() for tag in ("blockquote", "ul", "li")},
    "ol": {"start"},
    "a": {"href", "title", "rel"},
}
VOID = {"br", "hr"}


class Strict(HTMLParser):
    """Refuses whatever a reader's browser should never be given."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED, tag
        for name, value in attrs:
            assert name in ALLOWED[tag], (tag, name)
            if name == "href":
                parts = urlsplit(value or "")
                assert parts.scheme in ("http", "https"), value
                assert parts.netloc, value
            if name == "rel":
                assert value == "nofollow ugc noopener"
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open.pop() == tag

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data!r}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"a declaration: {decl!r}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data!r}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a declaration: {data!r}")


def checked(source: str) -> str:
    """The HTML of a source, after a strict look at it; empty where it is refused."""
    try:
        html = markup.render(source)
    except markup.MarkupError:
        return ""
    parser = Strict()
    parser.feed(html)
    parser.close()
    assert parser.open == []
    assert len(html.encode()) <= 100_000
    assert not re.search(
        r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]", html
    )
    return html


def test_plain_markdown_becomes_plain_html() -> None:
    assert markup.render("Hello *you*\nand **you**") == (
        "<p>Hello <em>you</em><br>\nand <strong>you</strong></p>"
    )
    assert markup.render("> quoted\n\n`code` ~~gone~~") == (
        "<blockquote>\n<p>quoted</p>\n</blockquote>\n<p><code>code</code> <del>gone</del></p>"
    )
    assert markup.render("3. three\n4. four") == (
        '<ol start="3">\n<li>three</li>\n<li>four</li>\n</ol>'
    )


def test_raw_html_is_shown_as_the_text_that_it_is() -> None:
    assert markup.render("<b>hi</b>") == "<p>&lt;b&gt;hi&lt;/b&gt;</p>"
    assert "<script" not in markup.render("<script>alert(1)</script>")


@pytest.mark.parametrize(
    ("source", "html"),
    [
        (
            "<p>one</p>\nline two\n\n<div>\n**bold**\n</div>",
            "<p>&lt;p&gt;one&lt;/p&gt;<br>\nline two</p>\n"
            "<p>&lt;div&gt;<br>\n<strong>bold</strong><br>\n&lt;/div&gt;</p>",
        ),
        ("<!-- a\n\nb -->", "<p>&lt;!-- a</p>\n<p>b --&gt;</p>"),
        ("<script>\n*x*\n</script>", "<p>&lt;script&gt;<br>\n<em>x</em><br>\n&lt;/script&gt;</p>"),
        ("- <li>\n  x", "<ul>\n<li>&lt;li&gt;<br>\nx</li>\n</ul>"),
        ("`<b>` a < b", "<p><code>&lt;b&gt;</code> a &lt; b</p>"),
        ("    <b>\n", "<pre><code>&lt;b&gt;\n</code></pre>"),
    ],
)
def test_html_is_text_within_its_paragraph_with_the_lines_that_were_typed(
    source: str, html: str
) -> None:
    assert checked(source) == html


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("-- sig\n--\nAnna", "<p>-- sig<br>\n--<br>\nAnna</p>"),
        ("Some text\n---\nother", "<p>Some text</p>\n<hr>\n<p>other</p>"),
        ("Text\n===", "<p>Text<br>\n===</p>"),
    ],
)
def test_a_line_below_words_makes_no_heading_of_them(source: str, html: str) -> None:
    assert checked(source) == html


@pytest.mark.parametrize("end", "。，、；：！？）」』】》〜،؛؟।")
def test_a_bare_address_ends_before_wide_punctuation(end: str) -> None:
    html = checked(f"看https://example.org/路径{end}还有https://example.org/b{end}")
    assert re.findall(r'href="([^"]*)"[^>]*>([^<]*)</a>(.)', html) == [
        ("https://example.org/%E8%B7%AF%E5%BE%84", "https://example.org/路径", end),
        ("https://example.org/b", "https://example.org/b", end),
    ]
    assert markup.links(html) == 2


def test_an_address_in_angle_brackets_is_a_link() -> None:
    for source in ("<https://example.org/，a>", "[x](<https://example.org/，a>)"):
        assert 'href="https://example.org/%EF%BC%8Ca"' in checked(source)


def test_a_heading_becomes_a_bold_paragraph() -> None:
    assert markup.render("# Loud") == "<p><strong>Loud</strong></p>"


def test_an_image_becomes_a_link_so_that_nothing_foreign_is_loaded() -> None:
    assert markup.render("![a bird](https://example.org/b.png)") == (
        '<p><a href="https://example.org/b.png" rel="nofollow ugc noopener">a bird</a></p>'
    )
    assert ">https://example.org/b.png</a>" in markup.render("![](https://example.org/b.png)")


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("[![a bird](https://example.org/b.png)](https://example.org/)", "a bird"),
        ("[](https://example.org/)", "https://example.org/"),
        ("[ ](https://example.org/)", "https://example.org/"),
        ("[![](https://example.org/b.png)](https://example.org/)", "https://example.org/b.png"),
    ],
)
def test_a_link_is_one_and_has_something_to_follow(source: str, shown: str) -> None:
    assert checked(source) == (
        f'<p><a href="https://example.org/" rel="nofollow ugc noopener">{shown}</a></p>'
    )


@pytest.mark.parametrize("address", ["http:admin", "https:///admin", "http://?x"])
def test_a_link_that_names_no_host_is_its_text(address: str) -> None:
    assert checked(f"[x]({address})") == "<p>x</p>"


def test_a_sign_behind_a_backslash_is_the_sign_alone() -> None:
    assert checked(r"\<b> and `\<b>`") == "<p>&lt;b&gt; and <code>\\&lt;b&gt;</code></p>"


def test_an_address_in_the_text_becomes_a_link() -> None:
    html = markup.render("See https://example.org/a?b=c&d=e, please.")
    assert 'href="https://example.org/a?b=c&amp;d=e"' in html
    assert markup.links(html) == 1


def test_emphasis_works_beside_chinese_punctuation() -> None:
    assert "<strong>「重点」</strong>" in markup.render("这是**「重点」**吗?")


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "vbscript:x",
        "data:text/html,<script>alert(1)</script>",
        "file:///etc/passwd",
        "mailto:a@example.org",
        "//evil.example/x",
        "/comments/moderation/",
        "?x=1",
        "#top",
    ],
)
def test_only_whole_web_addresses_become_links(address: str) -> None:
    for source in (f"[x]({address})", f"[x](<{address}>)", f"<{address}>", f"![x]({address})"):
        assert "href" not in checked(source)


@pytest.mark.parametrize("nested", ["> ", "- ", "1. "])
def test_quotes_and_lists_nest_ten_deep_and_no_deeper(nested: str) -> None:
    def deep(levels: int) -> str:
        return "\n".join(
            " " * (len(nested) * level if nested != "> " else 0)
            + (nested * (level + 1) if nested == "> " else nested)
            + "x"
            for level in range(levels)
        )

    assert markup.render(deep(markup.MAX_NESTING))
    with pytest.raises(markup.MarkupError, match="at most 10 deep"):
        markup.render(deep(markup.MAX_NESTING + 1))


def test_text_that_swells_beyond_the_limit_is_refused() -> None:
    with pytest.raises(markup.MarkupError, match="far too long"):
        markup.render("www.a.b\n\n" * 1_500)


def test_the_limit_counts_bytes_because_files_and_readers_do() -> None:
    assert checked(" ".join(["http://a.b/" + "字" * 96] * 93)) == ""


@pytest.mark.parametrize(
    "character", ["&#11;", "&#x202E;", "&#1;", "&#xFFFF;", "&#x2066;", "&#x9b;"]
)
def test_a_character_reference_cannot_smuggle_in_what_may_not_be_typed(character: str) -> None:
    assert checked(f"a{character}b") == "<p>ab</p>"
    assert checked(f"`a{character}`")
    checked(f"[x](https://example.org/{character}y '{character}')")


@pytest.mark.parametrize("path", HOSTILE, ids=lambda path: path.stem)
def test_a_hostile_sample_is_rendered_quickly_to_little_and_safe_html(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert len(source) <= 10_001, "more than a client may send"
    began = time.process_time()
    checked(source)
    assert time.process_time() - began < 1


def test_there_are_hostile_samples() -> None:
    assert len(HOSTILE) >= 20


def test_each_line_of_the_cross_site_scripting_corpus_is_harmless() -> None:
    lines = [
        line
        for path in HOSTILE
        if path.stem.startswith("xss")
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    assert len(lines) > 100
    for line in lines:
        checked(line)
        checked(f"> - {line}")
        checked(f"[{line}]({line})")
        checked(f"[x](https://example.org/ '{line}')")


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300))
@example("\ufffe")
@example("&#8238;")
def test_any_text_becomes_safe_html_or_is_refused(source: str) -> None:
    checked(source)


pieces = st.sampled_from(
    ["*", "**", "_", "~~", "`", "```\n", "> ", "- ", "1. ", "# ", "\n", "\n\n", "    ", "[", "]",
     "(", ")", "](", "![", "<", ">", "</", "<!--", "-->", "<![CDATA[", "<?", "&", "&lt;", "&#60;",
     "&#x202E;", '"', "'", "\\", "|", "---\n", "http://", "https://example.org", "javascript:",
     "www.", "@", "a", "字", "e\u0301", "\t", "[^1]", ":", "<a href=", "<img src=x onerror=alert(1)>",
     "<script>", "style", "data:text/html,"]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.lists(st.one_of(pieces, st.text(max_size=5)), max_size=60).map("".join))
def test_any_markdown_becomes_safe_html_or_is_refused(source: str) -> None:
    checked(source)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=100))
def test_the_same_source_always_gives_the_same_html(source: str) -> None:
    assert checked(source) == checked(source)


@pytest.mark.parametrize(
    "source",
    [
        "[Edit]: fixed", "[12:30]: hi", "[吐槽]: 好", "> [x]: y", "- [x]: /y", "1. [^1]: note", "[x]\n\n[x]: /rel",
        "[x]:\nwords", "`[a]: b`", "```\n[a]: b\n```", "[1]: https://example.org/a", "[x]: https://example.org y [x]",
    ],
)  # fmt: skip
def test_no_line_that_begins_with_a_name_in_brackets_is_lost(source: str) -> None:
    signs = re.compile(r"^ *(?:>|-|1\.|`+) *|[`\s]", re.MULTILINE)
    shown = re.sub(r"<[^>]*>", "", markup.render(source))
    assert signs.sub("", shown) == signs.sub("", source)


@pytest.mark.parametrize(
    "definition",
    ["[Name]: https://example.org/a", "[NAME]: <https://example.org/a>", "> [name]: HTTPS://example.org/a 'T'"],
)  # fmt: skip
def test_a_definition_to_which_a_link_refers_says_where_it_leads(definition: str) -> None:
    html = markup.render(f"See [words][name].\n\n{definition}")
    assert re.search(r'<a href="(?i:https)://example.org/a"[^>]*>words</a>', html)
    assert "]:" not in html


@pytest.mark.parametrize(
    "target", ["https://example.org/b", "<https://example.org/b>", "<https://example.org/b c>"]
)
@pytest.mark.parametrize(
    "words", ["https://example.org/a", "see www.example.org/l...", "https://example.org/a。"]
)
def test_a_link_may_show_another_address_than_where_it_leads(words: str, target: str) -> None:
    html = markup.render(f"[{words}]({target})")
    assert re.fullmatch(
        r'<p><a href="https://example.org/b(?:%20c)?"[^>]*>' + re.escape(words) + "</a></p>", html
    )


@pytest.mark.parametrize("sign", ["<", ">", '"'])
def test_an_address_ends_before_a_sign_behind_a_backslash(sign: str) -> None:
    html = markup.render(f"\\<https://example.org/a\\{sign}b")
    assert ">https://example.org/a</a>" in html
    assert markup.plain(html) == f"<https://example.org/a{sign}b"


def test_an_address_behind_a_name_in_brackets_ends_before_wide_punctuation() -> None:
    assert ">https://example.org/a</a>，好" in markup.render("[链接]: https://example.org/a，好")


@pytest.mark.parametrize("source", ["---", "[](javascript:x)"])
def test_what_would_show_nothing_has_no_words(source: str) -> None:
    assert markup.visible_text(markup.render(source)) == ""
    assert (
        markup.visible_text(markup.render(f"They *scoop* <b>.\n\n{source}"))
        == "They scoop &lt;b&gt;."
    )


@pytest.mark.parametrize(
    "source",
    [
        "anna@example.org",
        "[write](mailto:anna@example.org)",
        "<ftp://example.org/x>",
        "[about](/about/)",
        '[above](#comment-12 "It says href=here")',
        "![seen](data:image/png;base64,AA==)",
    ],
)
def test_what_cannot_be_followed_does_not_look_like_a_link(source: str) -> None:
    html = markup.render(f"{source} and https://example.org/")
    assert html.count("<a ") == html.count("</a>") == 1
    assert '<a href="https://example.org/"' in html
    assert markup.visible_text(markup.render(source))
