"""The blog's settings as commands read them: what is wrong is one sentence with file and line."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from authoring import Refused, blog_settings
from tests.sites import ROOT


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("SITENAME = (\n", r"conf\.py:1: '\(' was never closed\. Correct the line\."),
        ("X = 1\nSITENAME = sitename\n", r"conf\.py:2: NameError: name 'sitename' is not defined"),
        ("import nothing_like_that\n", r"conf\.py:1: ModuleNotFoundError"),
        ("\n\nACCENT = open('gone').read()\n", r"conf\.py:3: FileNotFoundError"),
        ("PATH = 'gone'\n", r"conf\.py: .*PATH is '[^']*gone', and there is no such folder"),
    ],
)
def test_settings_that_cannot_be_read_are_told_by_their_line(
    tmp_path: Path, text: str, says: str
) -> None:
    path = tmp_path / "conf.py"
    path.write_text(text, "utf-8")
    with pytest.raises(Refused, match=says):
        blog_settings.read(path)


def by_a_command(path: Path) -> str:
    return str(blog_settings.read(path)["SITENAME"])


def by_pelican(path: Path) -> str:
    """As its own command does, in a process of its own."""
    code = f"from pelican.settings import read_settings; print(read_settings('{path.name}')['SITENAME'])"
    environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=path.parent, env=environ, check=True, capture_output=True)
    return done.stdout.decode().strip()


@pytest.mark.parametrize("read", [by_a_command, by_pelican])
@pytest.mark.parametrize("name", ["pelicanconf.py", "publishconf.py"])
def test_settings_that_are_saved_twice_in_a_second_are_those_of_the_second_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: Callable[[Path], str], name: str
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    for folder in ("plugins", "formats"):
        leave = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=leave)
    for folder in ("content", "theme"):
        (tmp_path / folder).mkdir()
    path = tmp_path / name
    for said in ("One", "Two", "Ten"):
        path.write_text(f"from plugins.settings import *\nSITENAME = '{said}'\n", "utf-8")
        os.utime(path, (1_800_000_000, 1_800_000_000))
        assert read(path) == said


def test_settings_that_are_not_there_are_told(tmp_path: Path) -> None:
    for path in (tmp_path / "gone.py", tmp_path):
        with pytest.raises(Refused, match=f"There is no {path.name} here"):
            blog_settings.read(path)


def test_what_plugins_find_wrong_is_told_a_line_each(tmp_path: Path) -> None:
    path = tmp_path / "conf.py"
    (tmp_path / "content").mkdir()
    path.write_text(
        "from plugins.settings import *\nICON = 'gone.svg'\nTIMEZONE = 'Berlin'\n", "utf-8"
    )
    with pytest.raises(Refused) as refused:
        blog_settings.checked(path)
    assert [line.partition(" ")[0] for line in str(refused.value).splitlines()] == [
        "TIMEZONE",
        "ICON",
    ]
    path.write_text("from plugins.settings import *\n", "utf-8")
    assert blog_settings.checked(path)["SITENAME"] == "Postil"


def test_settings_that_import_others_are_those_of_their_own_folder_as_they_are_now(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process may read those of two blogs, and of one blog before and after an edit."""
    said = []
    for blog, name in (("a", "One"), ("b", "Two"), ("a", "Three")):
        folder = tmp_path / blog
        (folder / "content").mkdir(parents=True, exist_ok=True)
        (folder / "pelicanconf.py").write_text(f"PATH, SITENAME = 'content', '{name}'\n")
        (folder / "publishconf.py").write_text("from pelicanconf import *\n")
        with monkeypatch.context() as patched:
            patched.syspath_prepend(folder)
            said.append(blog_settings.read(folder / "publishconf.py")["SITENAME"])
    assert said == ["One", "Two", "Three"]
