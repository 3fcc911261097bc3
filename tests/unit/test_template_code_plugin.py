"""Templates stay compiled, and are compiled anew when anything that their code depends on has changed."""

import shutil
import sys
from collections.abc import Callable
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment

from tests.service import ROOT
from tests.sites import Site

compile_template = Environment.compile


@pytest.fixture
def theme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    ignored = shutil.ignore_patterns("__pycache__")
    return Path(shutil.copytree(ROOT / "theme", tmp_path / "theme", ignore=ignored))


@pytest.fixture
def compiled(site: Site, theme: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Build the site, and tell which templates were compiled for it."""
    site.write("fish")
    names: list[str] = []

    def noted(self: Environment, source: Any, name: Any = None, *rest: Any, **more: Any) -> Any:
        names.append(name)
        return compile_template(self, source, name, *rest, **more)

    monkeypatch.setattr(Environment, "compile", noted)

    def build(**settings: Any) -> list[str]:
        names.clear()
        site.build(THEME=str(theme), **settings)
        return sorted(names)

    return build


def code_of(theme: Path, name: str) -> Path:
    return Path(cache_from_source(f"{theme}/templates/{name}.py"))


def test_only_a_template_that_has_changed_is_compiled_again(
    site: Site, theme: Path, compiled: Callable[..., list[str]]
) -> None:
    assert "article.html" in compiled()
    site.write("fish", "Other words.")
    assert compiled() == []
    template = theme / "templates" / "article.html"
    template.write_text(f"{template.read_text(encoding='utf-8')}{{# more #}}\n", encoding="utf-8")
    assert compiled() == ["article.html"]
    assert "Other words." in site.page("fish")


def test_other_settings_and_programs_compile_all_templates_again(
    compiled: Callable[..., list[str]], program: Path
) -> None:
    first = compiled()
    assert compiled(SITENAME="Another") == first
    assert compiled(SITENAME="Another", PLUGINS=[program.parent.name]) != []


def test_code_that_is_damaged_is_made_anew(
    site: Site, theme: Path, compiled: Callable[..., list[str]]
) -> None:
    compiled()
    code = code_of(theme, "article.html")
    whole = code.read_bytes()
    for damaged in (b"", whole[:9], whole[:60], whole[:-9], b"words"):
        code.write_bytes(damaged)
        site.write("fish", f"{len(damaged)} bytes were left.")
        assert compiled() == ["article.html"]
        assert code.read_bytes() == whole
        assert f"{len(damaged)} bytes were left." in site.page("fish")


def test_code_beside_the_templates_renders_no_page_again(
    site: Site, theme: Path, compiled: Callable[..., list[str]]
) -> None:
    compiled()
    made = (site.output / "fish" / "index.html").stat().st_mtime_ns
    shutil.rmtree(code_of(theme, "").parent)
    site.write("bird", Status="draft")
    assert "article.html" in compiled()
    assert (site.output / "fish" / "index.html").stat().st_mtime_ns == made


def test_nothing_is_kept_of_filters_that_nobody_knows_or_where_python_keeps_none(
    theme: Path, compiled: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled(JINJA_FILTERS={"shouted": code_of})
    assert not code_of(theme, "").parent.exists()
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    compiled()
    assert not code_of(theme, "").parent.exists()
