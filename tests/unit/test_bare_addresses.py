"""Bare addresses: where they end in every script, and where they are no links."""

import re
from contextlib import suppress
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments_service import markup
from formats import bare_addresses
from plugins.markdown import commonmark, postprocess


def page(text: str) -> str:
    """What a text becomes, as far as it is the same in every language."""
    return postprocess.Finishing({"OUTPUT_PATH": ""}).finish(commonmark.html(text))


ENDS = "。，、；：！？）」』】》（“”…"


def test_an_address_of_another_scheme_ends_there_as_well() -> None:
    assert 'href="ftp://example.org/a"' in page("看ftp://example.org/a，后")


@pytest.mark.parametrize("end", ENDS)
def test_a_bare_address_ends_before_wide_punctuation(end: str) -> None:
    html = page(f"看https://example.org/路径{end}还有https://example.org/b{end}")
    assert re.findall(r"<a href=\"([^\"]*)\">([^<]*)</a>(.)", html) == [
        ("https://example.org/%E8%B7%AF%E5%BE%84", "https://example.org/路径", end),
        ("https://example.org/b", "https://example.org/b", end),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "[x](https://a.org/，b)",
        "<https://a.org/，b>",
        '<a href="https://a.org/，b">x</a>',
        "[x][r]\n\n[r]: https://a.org/，b",
    ],
)
def test_an_address_between_signs_is_taken_as_it_is(text: str) -> None:
    assert re.search(r'href="https://a\.org/(，|%EF%BC%8C)b"', page(text))


PIECES = [
    *("<a href='x'>", '<a href="https://a.b">', "</a>", "<b>", "https://a.b", "www.a.b", "a@b.org"),
    *(
        "![",
        "](",
        "]",
        ")",
        "[r]: ",
        "`",
        "```\n",
        "，",
        "看",
        " ",
        "\n",
        "\n\n",
        "<",
        ">",
        "*",
        "|",
    ),
]


@given(
    st.text(alphabet="看https://a.b，。 *_`[]()<>\n\"'=w")
    | st.lists(st.sampled_from(PIECES)).map("".join)
)
def test_no_mark_of_an_address_is_left_in_a_page(text: str) -> None:
    for html in (commonmark.html(text), rendered_comment(text)):
        assert bare_addresses.SIGN not in html
        assert quote(bare_addresses.SIGN) not in html


def rendered_comment(text: str) -> str:
    with suppress(markup.MarkupError):
        return markup.render(text)
    return ""


@pytest.mark.parametrize(
    "within",
    [
        "https://example.org/a",
        "see www.example.org.",
        "**https://example.org**",
        "ada@example.org",
        "看 https://example.org。",
    ],
)
def test_a_link_in_html_holds_no_other_link(within: str) -> None:
    html = page(f'So <a href="/x">{within}</a> and https://example.com/.')
    assert re.findall(r'<a href="([^"]*)"', html) == ["/x", "https://example.com/"]
    assert within.strip("*").split()[-1] in html


def test_an_address_in_a_comment_ends_where_a_tag_would_begin() -> None:
    html = markup.render('<b>https://a.org/b</b> <a href="https://a.org/c">x</a> <https://a.org/d>')
    assert re.findall(r'<a href="([^"]*)"', html) == [f"https://a.org/{end}" for end in "bcd"]
    assert "&lt;b&gt;" in html
