"""Code in colours: what Pygments' own formatter writes, without its cost."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pygments import highlight as by_pygments
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_all_lexers

from plugins.markdown import highlight

SPACE = re.compile(r'<span class="w">([^<]*)</span>')
SAMPLES = {
    "python": '@decorate\ndef f(x: int) -> str:\n    """Doc."""\n    return f"{x!r:>3}" + \'a\\n\'\n',
    "javascript": "const a = `line ${b}\nnext`; // a < b && c\nclass A extends B { #p = 1 }\n",
    "html": "<!doctype html>\n<p class='a' onclick=\"go(1 < 2)\">&amp; <!-- no\nend --></p>\n",
    "bash": 'for f in *.md; do echo "${f%.md}" >> out; done # each\n',
    "css": "a:hover > b { color: #fff; margin: 0 auto }\n\n\n@media (x) {}\n",
    "diff": "--- a\n+++ b\n@@ -1 +1 @@\n-old\n+new\n",
    "console": "$ ls -l\ntotal 0\n$ exit\n",
    "rust": "fn main<'a>() -> &'a str { println!(\"{}\", 1_000u64); }\n",
    "json": '{"a": [1, 2.5e3, null, "\\u00e9"], "b": {}}\n',
    "yaml": "a: &x [1, two]\nb: |\n  text\n  more\n",
    "text": "no language < & \" '\n",
    "md": "# A *title*\n\n```python\nx = 1\n```\n",
}


def theirs(lexer: Lexer, code: str, marked: list[int]) -> str:
    return SPACE.sub(r"\1", by_pygments(code, lexer, HtmlFormatter(nowrap=True, hl_lines=marked)))


@pytest.mark.parametrize("language", SAMPLES)
@pytest.mark.parametrize("marked", [[], [2], [1, 3]])
def test_code_has_the_spans_that_pygments_writes(language: str, marked: list[int]) -> None:
    code = SAMPLES[language]
    ours = highlight.coloured(language, code, tuple(marked))
    assert ours == theirs(highlight.lexer(language), code, marked)
    assert ('<span class="' in ours.replace('"hll"', "")) == (language != "text")


@given(
    language=st.sampled_from(sorted(SAMPLES)),
    code=st.text(st.sampled_from("ab1 \n\t\"'<>&`{}()[]#/*-=:;\\$!鹈"), max_size=80),
    marked=st.lists(st.integers(1, 5), max_size=2),
)
def test_any_text_has_the_spans_that_pygments_writes(
    language: str, code: str, marked: list[int]
) -> None:
    assert highlight.coloured(language, code, tuple(marked)) == theirs(
        highlight.lexer(language), code, marked
    )


def test_a_token_of_a_lexers_own_has_its_familys_class_as_well() -> None:
    # Pygments' own test of such a name: a class for each name that a style may be written for.
    lexer = highlight.lexer("rest")
    code = ".. note:: words\n\n:ref:`a <b>` and ``code`` |x|_\n"
    assert highlight.coloured("rest", code) == theirs(lexer, code, [])


def test_every_name_that_pygments_ships_is_known_in_any_case() -> None:
    for _, aliases, _, _ in get_all_lexers(plugins=False):
        for alias in aliases:
            assert highlight.lexer(alias.upper()).aliases
            break


@pytest.mark.parametrize("name", sorted(highlight.SAME))
def test_a_name_from_elsewhere_leads_to_a_lexer_that_is_known(name: str) -> None:
    assert type(highlight.lexer(name)) is type(highlight.lexer(highlight.SAME[name]))


def test_an_unknown_language_is_refused_and_a_near_one_suggested() -> None:
    with pytest.raises(highlight.UnknownLanguage):
        highlight.coloured("pythonn", "x = 1")
    assert highlight.suggestion("pythonn") == "python"
    assert highlight.suggestion("§§§§§§") == ""
