"""Plugins: their one order, and the names under which they were known before they moved."""

import importlib
import logging
import subprocess
import sys
from pathlib import Path

import pytest

import plugins
from plugins.renamed import RENAMED

ROOT = Path(__file__).resolve().parents[2]


def test_everything_that_registers_itself_stands_in_the_order() -> None:
    names = {
        ".".join(path.relative_to(ROOT / "plugins").with_suffix("").parts)
        for path in (ROOT / "plugins").rglob("*.py")
        if "\ndef register(" in path.read_text("utf-8")
    }
    assert names == set(plugins.ORDER)


@pytest.mark.parametrize("old", sorted(RENAMED))
def test_an_old_name_is_the_plugin_of_today_and_says_so(
    old: str, caplog: pytest.LogCaptureFixture
) -> None:
    sys.modules.pop(f"plugins.{old}", None)
    with caplog.at_level(logging.WARNING):
        found = importlib.import_module(f"plugins.{old}")
    new = [f"plugins.{name}" for name in RENAMED[old]]
    if len(new) == 1:
        assert found is importlib.import_module(new[0])
        assert found.__spec__ is not None
        assert found.__spec__.name == new[0]
    else:
        assert callable(found.register)
    assert f"plugins.{old} is called {', '.join(new)} now" in caplog.text


def test_old_settings_that_import_or_name_plugins_still_work() -> None:
    code = (
        "from plugins import bake, unchanged; from pelican.plugins._utils import load_plugins;"
        "found = load_plugins({'PLUGINS': ['plugins.writing', bake, 'plugins.theme']});"
        "print([each.__name__ for each in found], unchanged.Pelican.__module__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == [
        "['plugins.incremental.output',",
        "'plugins.comments.bake',",
        "'plugins.presentation.theme_settings']",
        "plugins.incremental.skip_build",
    ]


def test_a_plugin_that_a_site_does_without_is_left_out_by_its_name() -> None:
    names = [module.__name__ for module in plugins.in_order(without=["markdown.reader"])]
    assert names == [f"plugins.{name}" for name in plugins.ORDER if name != "markdown.reader"]
    with pytest.raises(ValueError, match=r"no plugin reader\. ORDER has: .*markdown\.reader"):
        plugins.in_order(without=["reader"])
