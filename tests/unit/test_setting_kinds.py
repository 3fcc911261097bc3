"""Pelican's own settings: what each has to be is said in a sentence, before anything is built."""

import re
from pathlib import Path
from typing import Any

import pytest
from pelican.settings import DEFAULT_CONFIG

from authoring import Refused, blog_settings
from plugins import problems, setting_kinds
from tests.sites import Site


def told(**settings: Any) -> list[str]:
    return list(setting_kinds.setting_problems(settings))


def test_what_pelican_has_by_itself_is_right() -> None:
    assert told(**DEFAULT_CONFIG) == []
    assert told(LOCALE="C", FEED_ALL_ATOM=None, DEFAULT_PAGINATION=False, TAG_SAVE_AS="") == []


@pytest.mark.parametrize("name", sorted(DEFAULT_CONFIG.keys() - setting_kinds.ANY))
def test_a_setting_of_another_kind_is_told_with_one_that_is_right(name: str) -> None:
    (text,) = told(**{name: 5.5})
    assert text.startswith(f"{name} is 5.5, which is n")
    right = eval(text.partition("Write one such as ")[2].removesuffix("."), {})  # noqa: S307 - our own words
    assert told(**{name: right}) == []


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("ARTICLE_URL", "{nope}/", "there is no {nope}. Write one of {slug}, {date}, "),
        ("ARTICLE_SAVE_AS", "{slug", "expected '}' before end of string. Write { and } in pairs"),
        ("TAG_URL", "{date}", "there is no {date}. Write one of {slug}, {name}."),
        ("YEAR_ARCHIVE_URL", "{date:%Y}/{x}/", "there is no {x}. Write one of {date}."),
        ("CATEGORY_FEED_ATOM", "{x}.xml", "there is no {x}"),
        ("ARTICLE_URL", "{slug.x}/", "no attribute 'x'. Write one such as '{slug}.html'."),
        ("ARTICLE_URL", "{slug:d}/", "Unknown format code"),
        ("ARTICLE_URL", "{date:%Y}/{date.month}/{slug}/", ""),
        ("YEAR_ARCHIVE_URL", "{date[0]}/", "is not subscriptable. Write one such as"),
        ("TRANSLATION_FEED_ATOM", "{slug}.xml", "Write one of {lang}."),
        ("TAG_REGEX_SUBSTITUTIONS", [("(", "")], "no regular expression: missing )"),
        ("SLUG_REGEX_SUBSTITUTIONS", ["ab"], ""),
        ("SLUG_REGEX_SUBSTITUTIONS", [5], "has 5. Write pairs of texts"),
        ("FILENAME_METADATA", "(?P<slug>", "no regular expression"),
        ("PAGINATION_PATTERNS", [(1, "{base_name}/")], "has (1, '{base_name}/'). Write rules such"),
    ],
)
def test_what_stands_in_a_setting_is_told(name: str, value: Any, says: str) -> None:
    texts = told(**{name: value})
    assert len(texts) == bool(says)
    assert all(text.startswith(name) and says in text for text in texts)


def test_an_address_may_have_what_texts_say_of_themselves(tmp_path: Path) -> None:
    assert told(ARTICLE_URL="{place}/{slug}/", PATH=str(tmp_path))
    (tmp_path / "a.md").write_text("---\ntitle: A\nplace: Oslo\n---\n")
    assert told(ARTICLE_URL="{place}/{slug}/", PATH=str(tmp_path)) == []
    for name, value in (
        ("DEFAULT_METADATA", {"mood": "calm"}),
        ("PATH_METADATA", "(?P<mood>.*)/"),
        ("EXTRA_PATH_METADATA", {"notes": {"mood": "calm"}}),
    ):
        assert told(ARTICLE_URL="{mood}/{slug}/", PATH=str(tmp_path), **{name: value}) == []
    volume = {"DEFAULT_METADATA": {"volume": 3}, "PATH": str(tmp_path)}
    assert told(ARTICLE_URL="{volume:02d}/{slug}/", **volume) == []


def test_a_text_without_what_its_address_is_made_of_is_told(site: Site) -> None:
    settings = {
        f"{of}_{name}": f"{{place}}/{{slug}}/{file}"
        for of in ("ARTICLE", "DRAFT")
        for name, file in (("URL", ""), ("SAVE_AS", "index.html"))
    }
    site.write("fish", Place="oslo")
    site.write("draft", Status="draft", Place="oslo")
    site.build(**settings)
    assert (site.output / "oslo" / "fish" / "index.html").exists()
    site.write("bird")
    site.write("later", Status="draft")
    with pytest.raises(problems.Refused) as refused:
        site.build(**settings)
    first, *others = map(str, refused.value.problems)
    assert re.fullmatch(r".*bird\.md:\d+: .*no line Place, and {place} in ARTICLE_URL.*", first)
    assert len(others) == 1
    assert "later.md" in others[0]


@pytest.mark.parametrize(
    "name", ["PATH", "DEFAULT_METADATA", "EXTRA_PATH_METADATA", "PATH_METADATA"]
)
def test_one_that_is_wrong_hides_no_other(name: str) -> None:
    assert len(told(ARTICLE_URL="{mood}/", **{name: 5})) == 2


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("DEFAULT_LANG = None", "DEFAULT_LANG is None, which is no text. Write one such as 'en'."),
        ("LOCALE = 5", "LOCALE is 5, which is no list"),
        ("PATH = 5", "PATH is 5, which is no text"),
        ("OUTPUT_PATH = 5", "OUTPUT_PATH is 5, which is no text"),
        ("ARTICLE_URL = '{nope}'", "there is no {nope}"),
    ],
)
def test_commands_tell_it_whether_pelican_can_read_the_settings_or_not(
    tmp_path: Path, line: str, says: str
) -> None:
    (tmp_path / "content").mkdir()
    path = tmp_path / "conf.py"
    path.write_text(f"PATH = 'content'\n{line}\n")
    with pytest.raises(Refused) as refused:
        blog_settings.checked(path)
    assert says in str(refused.value)
    assert "Error" not in str(refused.value)
