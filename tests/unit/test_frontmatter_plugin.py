"""Front matter: three ways to write it, one meaning; and what cannot be read says where and why."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown import Markdown

from authoring.blog import Blog, Source
from authoring.check import check_frontmatter
from plugins.markdown import frontmatter
from tests.sites import Site, disconnect

SETTINGS = {"PAGE_PATHS": ["pages"], "STATIC_PATHS": [], "FRONT_MATTER": ["Weather"]}


def meta(text: str) -> tuple[dict[str, list[str]], str]:
    """What Python-Markdown itself takes for front matter, and what is left."""
    parser = Markdown(extensions=["markdown.extensions.meta"])
    html = parser.convert(text)
    return {key: list(value) for key, value in getattr(parser, "Meta", {}).items()}, html


def wrong(text: str) -> list[tuple[int, str]]:
    with pytest.raises(frontmatter.Unreadable) as raised:
        frontmatter.split(text)
    return raised.value.problems


# --- Pelican's own


PLAIN = [
    "Title: A: b\nDate: 2026-01-01\n\nWords.",
    "Title: a\nTags: b,\n    c\n    d\nTitle: e\n\nWords.",
    "Title: a\tb\tc\n\nWords.",
    "Title: a\n\tmore\n   Slug :x\nWords.",
    "title:\n    on the next line\n\nWords: here",
    "\nTitle: a\n\nWords.",
    "Words.\n\nTitle: a",
    "Title: a",
    "Title: a\n   \nWords.",
    "---\nTitle: a\n\nWords.\n\n---\n\nMore.",
    "---\nTitle: C: a story\n---\nWords.",
    "---\nTitle: *So*, and @that\nTags: a\n    b\n...\nWords.",
    "---\nOnly words.\n---\n\nMore.",
    "---\n\nWords.",
    "----\nTitle: a\n\nWords.",
    "+++\nTitle: a\n\nWords.",
    "1x_-: a\n\nWords.",
    "Title a\n\nWords.",
    "http://a.b\n\nWords.",
]


@pytest.mark.parametrize("text", PLAIN)
def test_pelicans_own_lines_mean_what_they_mean_to_python_markdown(text: str) -> None:
    fields, body = frontmatter.split(text)
    assert (fields, Markdown().convert(body)) == meta(text)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["Title: a", "Tags:", "    b", "\tc", " d: e", "Words.", "", "---", "...", "f"]
        ),
        max_size=8,
    )
)
def test_whatever_lines_there_are_python_markdown_would_agree(lines: list[str]) -> None:
    text = "\n".join(lines)
    try:
        fenced = frontmatter.lines(text) is not None
    except frontmatter.Unreadable:
        fenced = True
    if text.strip() and not fenced:
        fields, body = frontmatter.split(text)
        assert (fields, Markdown().convert(body)) == meta(text)


# --- YAML and TOML

YAML = """---
title: "A: story"   # of birds
date: 2026-11-20T18:30:00+02:00
slug: 010
lang: no
tags: [C, "C++"]
authors:
  - Quill, Ada
aliases:
  - /2024/old/
  - '/older.html'
summary: |
  *One* line
  and another.
series: >
  Some
  birds
series_index: 1.10
weather: ~
Pinned: yes
---

Words.
"""
TOML = """+++
title = "A: story"   # of birds
date = 2026-11-20T18:30:00+02:00
slug = "010"
lang = "no"
tags = ["C", "C++"]
authors = ["Quill, Ada"]
aliases = [
  "/2024/old/",
  "/older.html",
]
summary = '''
*One* line
and another.
'''
series = "Some birds"
series_index = 1.10
pinned = true
+++

Words.
"""
MEANT = {
    "title": ["A: story"],
    "date": ["2026-11-20 18:30:00+02:00"],
    "slug": ["010"],
    "lang": ["no"],
    "tags": ["C, C++"],
    "authors": ["Quill, Ada;"],
    "aliases": ["/2024/old/", "/older.html"],
    "summary": ["*One* line\nand another."],
    "series": ["Some birds"],
    "series_index": ["1.10"],
    "pinned": ["yes"],
}


@pytest.mark.parametrize("text", [YAML, TOML], ids=["YAML", "TOML"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_values_are_clean(text: str, end: str) -> None:
    fields, body = frontmatter.split("\ufeff" + text.replace("\n", end))
    fields["date"] = [fields["date"][0].replace("T", " ")]
    assert fields == MEANT
    assert body.strip() == "Words."


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("draft: true", {"status": ["draft"]}),
        ("draft: true\nstatus: hidden", {"status": ["hidden"]}),
        ("draft: false", {}),
        ("published: false", {"status": ["draft"]}),
        ("published: true", {}),
        ("lastmod: 2026-01-02", {"modified": ["2026-01-02"]}),
        ("lastmod: 2026-01-02\nmodified: 2026-01-03", {"modified": ["2026-01-03"]}),
        ("description: So.", {"summary": ["So."]}),
        ("categories: Essays", {"category": ["Essays"]}),
        ("categories: [Essays, Birds]\ntags: a", {"category": ["Essays"], "tags": ["a, Birds"]}),
        ("comments: false", {"comments": ["off"]}),
        ("comments: true", {"comments": ["open"]}),
        ("comments: held", {"comments": ["held"]}),
        ("author: [A, B]", {"authors": ["A, B"]}),
        ("author: 'A, B'", {"author": ["A, B"]}),
        ("tags: a; b, c", {"tags": ["a; b, c"]}),
        ("tags: []", {}),
        ("title: 12:30", {"title": ["12:30"]}),
        ("title: ''", {"title": [""]}),
        ('title: "~"', {"title": ["~"]}),
        ("title: ~", {}),
        ("# nothing\n", {}),
        ("title:\tA: b\ntags:\n\t- c\n\t- d", {"title": ["A: b"], "tags": ["c, d"]}),
        ("title: A\n\tb", {"title": ["A b"]}),
    ],
)
def test_words_of_other_generators_are_understood(
    lines: str, expected: dict[str, list[str]]
) -> None:
    assert frontmatter.split(f"---\n{lines}\n---\nWords.")[0] == expected


def test_words_that_yaml_would_pass_over_are_not_lost() -> None:
    head = "---\ntitle: Issue #5\ntags: [a] # two\nsummary: Of C #.\ndraft: true # not yet\n---\n"
    problems = wrong(head)
    assert [line for line, _ in problems] == [2, 4]
    assert 'title: YAML takes "#5" for a comment' in problems[0][1]
    quoted = head.replace("Issue #5", '"Issue #5" # a comment').replace("Of C #.", "Of C#.")
    assert frontmatter.split(quoted).fields["title"] == ["Issue #5"]


def test_everything_wrong_is_told_at_once_with_its_line() -> None:
    text = "---\ntitle: a\ncover:\n  image: b\ntags: [[a]]\nTitle: b\n---\n"
    problems = wrong(text)
    assert [line for line, _ in problems] == [3, 5, 6]
    assert "cover has keys or lists within its value" in problems[0][1]
    assert "Title is set a second time; line 2 has it first" in problems[2][1]
    problems = wrong('+++\ntitle = "a"\n[cover]\nimage = "b"\n\n[[menu]]\nname = "c"\n+++\n')
    assert [line for line, _ in problems] == [3, 6]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('---\ndate: 2026-01-01\ntitle: "Open\n---\n', 3),
        ("---\ntitle: [a, b\ndate: 2026-01-01\n---\n", 2),
        ("---\ntitle: a\n\tb: c\n- d\n---\n", 3),
        ("---\ntitle: {a\n---\n", 2),
        ("+++\ndate = 2026-01-01\ntitle = Bare\n+++\n", 3),
        ('+++\ntitle = "a"\ntitle = "b"\n+++\n', 3),
        ('+++\ntitle = "open\n+++\n', 2),
    ],
)
def test_what_is_broken_is_refused_with_line_and_remedy(text: str, line: int) -> None:
    ((number, said),) = wrong(text)
    assert number == line
    assert "This is no YAML: " in said or "This is no TOML: " in said
    assert "quotation marks" in said


@pytest.mark.parametrize(
    "text",
    ["+++\nWords that begin like this.\n", "--- \n", "---", "+++", "", "---\n...\n", "---\n---\n"],
)
def test_what_is_no_front_matter_is_none(text: str) -> None:
    assert frontmatter.split(text)[0] == {}


def test_yaml_runs_nothing_and_bombs_stay_small() -> None:
    call = "!!python/object/apply:os.getcwd []"
    assert frontmatter.split(f"---\ntitle: {call}\nslug: {call}\n---\n")[0] == {"title": [call]}
    levels = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30))
    assert len(wrong(f"---\na0: &a0 [x]\n{levels}\n---\n")) == 29


# --- Who else looks at it


@pytest.mark.parametrize("text", [YAML, TOML], ids=["YAML", "TOML"])
def test_the_check_and_the_commands_see_what_the_build_sees(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.md"
    path.write_text(text, encoding="utf-8")
    assert list(check_frontmatter.problems(path, "a.md", False, SETTINGS)) == []
    assert frontmatter.line_of(path, "aliases") == next(
        n for n, row in enumerate(text.split("\n"), 1) if "aliases" in row
    )
    settings = {"PATH": "", "DEFAULT_LANG": "en", "TIMEZONE": "UTC", "PAGE_PATHS": ["pages"]}
    source = Source(path, Blog(tmp_path, settings))
    assert (source.title, source.slug, source.lang) == ("A: story", "010", "no")
    assert source.names("authors") == ["Quill, Ada"]
    assert source.date is not None
    assert source.date.isoformat() == "2026-11-20T16:30:00+00:00"


def test_the_check_tells_what_is_wrong_in_yaml_and_toml(tmp_path: Path) -> None:
    path = tmp_path / "a.md"

    def said(text: str) -> list[str]:
        path.write_text(text, encoding="utf-8")
        return [str(each) for each in check_frontmatter.problems(path, "a.md", False, SETTINGS)]

    good = "title: a\ndate: 2026-01-01\n"
    assert said(f"---\n{good}draft: maybe\n---\n") == [
        'a.md:4: draft: "maybe" is no answer. Write true or false.'
    ]
    assert said(f"---\n{good}lastmod: soon\nweatherr: fine\n---\n") == [
        'a.md:4: lastmod: "soon" is no date. Write one such as 2026-11-20, or 2026-11-20 18:30.',
        "a.md:5: weatherr is not a key that is known. Did you mean Weather? A key of your own belongs"
        " into FRONT_MATTER in pelicanconf.py.",
    ]
    assert said(f"---\n{good}cover:\n  image: b\n---\n")[0].startswith("a.md:4: cover has keys")
    assert said('+++\ntitle = "a"\ndate = "2026-13-01"\n+++\n')[0].startswith(
        'a.md:3: date: "2026-13'
    )
    assert said("Title: a\ndraft: true\nDate: 2026-01-01\n\nWords.")[0].startswith(
        "a.md:2: draft is not"
    )
    # A line that is indented by less is text already, to the build as well.
    assert said("Title: a\n  b\nDate: 2026-01-01\n")[0].startswith('a.md:2: "b" stands among')


def test_a_problem_names_the_line_by_whatever_word_it_is_set(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text('+++\ntitle = "a"\nlastmod = 2026-01-01\n"slug" = "b"\ndraft = true\n+++\n')
    assert [frontmatter.line_of(path, key) for key in ("modified", "slug", "status")] == [3, 4, 5]


def test_an_article_says_the_same_in_all_three_ways(tmp_path: Path) -> None:
    site = Site(tmp_path)
    plain = "".join(
        f"{key}: {value}\n"
        for key, values in MEANT.items()
        for value in (values if key == "aliases" else [values[0].replace("\n", "\n    ")])
    )
    built = {}
    for name, head in (("plain", f"{plain}\nWords.\n"), ("yaml", YAML), ("toml", TOML)):
        (site.content / "a.md").write_text(head, encoding="utf-8")
        site.build(DEFAULT_LANG="no")
        built[name] = (site.threads, (site.output / "index.html").read_text(encoding="utf-8"))
    disconnect()
    assert built["yaml"] == built["toml"] == built["plain"]
    assert "<em>One</em> line" in built["yaml"][1]
    assert built["yaml"][0]["010"]["authors"] == ["Quill, Ada"]
