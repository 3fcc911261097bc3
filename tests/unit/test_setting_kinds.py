"""Pelican's own settings: what each has to be is said in a sentence, before anything is built."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pelican.settings import DEFAULT_CONFIG

from authoring import Refused, blog_settings
from plugins import problems, setting_kinds
from plugins import settings as our_settings
from tests.sites import ROOT, Site


def told(**settings: Any) -> list[str]:
    return list(setting_kinds.setting_problems(settings))


def test_what_pelican_has_by_itself_is_right() -> None:
    assert told(**DEFAULT_CONFIG) == []
    assert told(LOCALE="C", FEED_ALL_ATOM=None, DEFAULT_PAGINATION=False, TAG_SAVE_AS="") == []


@pytest.mark.parametrize(
    "name", sorted((DEFAULT_CONFIG.keys() - setting_kinds.ANY) | setting_kinds.OURS.keys())
)
def test_a_setting_of_another_kind_is_told_with_one_that_is_right(name: str) -> None:
    (text,) = told(**{name: 5.5})
    assert text.startswith(f"{name} is 5.5, which is n")
    right = eval(text.partition("Write one such as ")[2].removesuffix("."), {})  # noqa: S307 - our own words
    assert told(**{name: right}) == []


# What a plugin looks at more closely itself.
BY_A_PLUGIN = {
    *("ACCENT", "COMMENTS_CLOSE", "COMMENTS_DEFAULT", "COMMENTS_NOTES", "EDIT_LINK", "EXTRA_CSS"),
    *("EXTRA_JS", "FOOTER", "ICON", "LICENCE", "LOGO", "MENUITEMS", "SECURITY_CONTACT", "SOCIAL"),
    *("SITENAME", "SITESUBTITLE", "TIMEZONE"),
}


def read_by_plugins() -> Iterator[str]:
    """Every setting that a plugin asks for by its name."""
    asked = re.compile(r"settings(?:\.get\(|\[)\"([A-Z][A-Z_]+)\"")
    for path in (ROOT / "plugins").rglob("*.py"):
        yield from asked.findall(path.read_text("utf-8"))


def test_every_setting_of_ours_says_what_it_has_to_be() -> None:
    found = {*read_by_plugins(), *(name for name in vars(our_settings) if name.isupper())}
    assert len(found) > 100
    of_lists = re.compile(r"\w+_(?:URL|SAVE_AS|FEED_ATOM|REGEX_SUBSTITUTIONS)|ALLOW_\w+")
    kinds = {*setting_kinds.KNOWN, *setting_kinds.OURS, *BY_A_PLUGIN, "DEFAULT_DATE"}
    assert [each for each in sorted(found - kinds) if not of_lists.fullmatch(each)] == []


@pytest.mark.parametrize("name", sorted(setting_kinds.OURS))
def test_nothing_is_told_where_something_is_needed(name: str) -> None:
    default, may_be = setting_kinds.OURS[name], name in setting_kinds.MAY_BE_NOTHING
    for nothing in (None, ""):
        assert bool(told(**{name: nothing})) != (may_be or isinstance(default, bool))


@pytest.mark.parametrize("name", sorted(setting_kinds.OF_TEXTS))
def test_what_is_no_text_among_texts_is_told(name: str) -> None:
    (text,) = told(**{name: ["right", None]})
    assert text.startswith(f"{name} has None, which is no text. Write one such as ")


def test_the_addresses_of_lists_are_texts() -> None:
    lists = {"DIRECT_TEMPLATES": ["index", "books"]}
    for name in ("BOOKS_URL", "BOOKS_SAVE_AS", "DISCUSSIONS_URL", "TAG_URL", "CATEGORY_URL"):
        (text,) = told(**lists, **{name: 5})
        assert text.startswith(f"{name} is 5, which is no text. Write one such as '")
    for name in ("BOOKS_URL", "DISCUSSIONS_LANG_URL", "AUTHOR_URL"):
        assert len(told(**lists, **{name: None})) == 1
    assert told(**lists, BOOKS_SAVE_AS=None, DISCUSSIONS_SAVE_AS="", OTHERS_URL=None) == []


def test_the_plugins_are_a_list_where_our_theme_needs_them() -> None:
    ours = {"THEME": setting_kinds.THEME}
    assert told(PLUGINS=our_settings.PLUGINS, **ours) == []
    assert told(PLUGINS=["sitemap"], **ours) == []
    for wrong in (None, 5, "plugins"):
        (text,) = told(PLUGINS=wrong, **ours)
        assert text == (
            f"PLUGINS is {wrong!r}, which is no list."
            " Write PLUGINS = plugins.in_order(), or remove the line."
        )
    (text,) = told(PLUGINS=[None], **ours)
    assert text.startswith("PLUGINS has None, which is no plugin and no plugin's name. Write ")


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
        (
            "PAGINATION_PATTERNS",
            [(1, "{base_name}/", "{base_name}/index.html")],
            "gives pages 1 and 2 of a list the same file",
        ),
        (
            "PAGINATION_PATTERNS",
            [(1, "{url}", "{save_as}"), (3, "x/", "x.html")],
            "gives pages 1 and 2 of a list the same file",
        ),
        ("DEFAULT_DATE", "yesterday", "DEFAULT_DATE is 'yesterday', which is no date. Write"),
        ("DEFAULT_DATE", (2026, 13, 1), "DEFAULT_DATE is (2026, 13, 1), which is no date. Write"),
        ("PAGINATION_PATTERNS", [], "PAGINATION_PATTERNS is empty. Write rules such as [(1, "),
        ("PELICAN_CLASS", None, "PELICAN_CLASS is None, which is no class and no class's name."),
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
        ("PLUGINS = 5", "PLUGINS is 5, which is no list. Write PLUGINS = plugins.in_order()"),
        ("COMMENTS_PUBLISHED = None", "COMMENTS_PUBLISHED is None, which is no text"),
        ("BOOKS_URL = 5\nDIRECT_TEMPLATES = ['books']", "BOOKS_URL is 5, which is no text"),
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


@pytest.mark.parametrize("name", sorted(setting_kinds.OURS))
@pytest.mark.parametrize("value", ["5.5", "[5]", "object()"])
def test_no_plugin_stumbles_over_a_setting_of_another_kind(
    tmp_path: Path, name: str, value: str
) -> None:
    path = tmp_path / "pelicanconf.py"
    (tmp_path / "content").mkdir()
    path.write_text(f"from plugins.settings import *\n{name} = {value}\n")
    settings = blog_settings.as_saved(path)
    told_of = blog_settings.wrong(settings)
    assert [text for text in told_of if not text.startswith(f"{name} ")] == []
    kind = setting_kinds.kind_problem(name, settings[name])
    assert told_of == ([kind] if kind else [])
