"""The names that docs/upgrading.md promises to keep: each is there, so that none goes unnoticed."""

import re

import pytest
from invoke import Collection

import tasks
from comments_service.cli import group
from comments_service.web.routes import route  # noqa: F401 - the service's commands need its routes
from plugins import settings
from tests.sites import ROOT

TEXT = (ROOT / "docs" / "upgrading.md").read_text("utf-8").partition("## What stays")[2]


def promised(head: str, before: str = "") -> list[str]:
    """The names of one paragraph, up to where it speaks of others."""
    [paragraph] = re.findall(rf"\*\*{head}\*\*.*?(?=\n\n|\Z)", TEXT, re.DOTALL)
    part = paragraph.partition(before)[0] if before else paragraph
    return re.findall(r"`([^`]+)`", part.partition("**")[2].partition("**")[2])


def sources(*patterns: str) -> str:
    return "".join(p.read_text("utf-8") for each in patterns for p in ROOT.glob(each))


@pytest.mark.parametrize("name", promised("Settings of `pelicanconf.py`"))
def test_a_setting_that_is_promised_has_its_default(name: str) -> None:
    assert hasattr(settings, name)


@pytest.mark.parametrize("name", promised("Commands", "`flask comments`"))
def test_a_command_that_is_promised_is_there(name: str) -> None:
    assert name in Collection.from_module(tasks).task_names


@pytest.mark.parametrize(
    "name", promised("Commands")[promised("Commands").index("flask comments") + 1 :]
)
def test_a_command_of_the_service_that_is_promised_is_there(name: str) -> None:
    assert name in group.commands


@pytest.mark.parametrize("name", promised("Templates that may be extended"))
def test_a_template_or_block_that_is_promised_is_there(name: str) -> None:
    if name.endswith(".html"):
        assert (ROOT / "theme" / "templates" / name).is_file()
    else:
        assert re.search(rf"{{% block {name} %}}", sources("theme/templates/*.html"))


@pytest.mark.parametrize("name", promised("Tokens of the style"))
def test_a_token_or_class_that_is_promised_is_there(name: str) -> None:
    if name.startswith("--"):
        for tokens in ("theme/static/css/tokens.css", "comments_service/static/tokens.css"):
            assert re.search(rf"^ {{4}}{name}:", sources(tokens), re.MULTILINE)
    else:
        assert f'class="{name.lstrip(".")}"' in sources("theme/templates/*.html")


@pytest.mark.parametrize("name", promised("Formats"))
def test_a_format_that_is_promised_is_written_down(name: str) -> None:
    assert name in sources("docs/formats.md", "docs/api.md")


def test_what_an_author_can_say_is_written_down_where_the_promise_leads() -> None:
    for name in [*promised("Settings of `pelicanconf.py`")[:17]]:
        assert f"`{name}`" in sources("docs/theme.md", "docs/writing.md"), name
