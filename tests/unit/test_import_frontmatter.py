"""Front matter of other generators: values as they were typed, and what is no YAML read all the same."""

import pytest

from authoring.import_site.frontmatter import Unreadable, split


@pytest.mark.parametrize(
    ("head", "keys"),
    [
        ("slug: 010", {"slug": "010"}),
        ("title: 12:30", {"title": "12:30"}),
        ("title: 1e3", {"title": "1e3"}),
        ("lang: no", {"lang": "no"}),
        ("tags: [on, off, 1.10]", {"tags": ["on", "off", "1.10"]}),
        ("draft: true", {"draft": True}),
        ("title:\t\tAfter tabs\nlayout:\tpost", {"title": "After tabs", "layout": "post"}),
        ("title: Part 1: the colon", {"title": "Part 1: the colon"}),
        ("title: @home\ntags: [a, 'b c']", {"title": "@home", "tags": ["a", "b c"]}),
        (
            'title: "A" and more\ntags:\n  - a\n  - *b',
            {"title": '"A" and more', "tags": ["a", "*b"]},
        ),
        ("Title: x\nSummary: >\n  two\n  lines", {"title": "x", "summary": "two lines\n"}),
    ],
)
def test_what_is_between_its_lines_is_what_its_author_typed(
    head: str, keys: dict[str, object]
) -> None:
    found = split(f"---\n{head}\n---\nText.\n")
    assert found.keys == {
        key: value.rstrip("\n") + "\n" * (key == "summary") if isinstance(value, str) else value
        for key, value in keys.items()
    }
    assert found.body == "Text.\n"
    assert bool(found.trouble) == any(sign in head for sign in ("1: the", "@", '" and'))


def test_json_is_front_matter_too() -> None:
    found = split('{\n "title": "A",\n "tags": ["b"]\n}\n\nText.\n')
    assert found.keys == {"title": "A", "tags": ["b"]}
    assert found.body == "Text.\n"


@pytest.mark.parametrize("head", ["title: [", "title: {a", "just words", "- a\n- b"])
def test_what_says_nothing_is_told(head: str) -> None:
    with pytest.raises(Unreadable):
        split(f"---\n{head}\n---\nText.\n")
