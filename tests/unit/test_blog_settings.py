"""The blog's settings as commands read them: what is wrong is one sentence with file and line."""

from pathlib import Path

import pytest

from authoring import Refused, blog_settings


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
