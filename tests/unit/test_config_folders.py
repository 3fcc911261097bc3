"""The folders that the settings name: made at start, or named with the setting that moves them."""

from pathlib import Path

import click
import pytest

from comments_service import config, create_app
from comments_service.config import from_environment


def test_the_folders_of_the_database_and_the_key_are_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config.make_folders(from_environment({"COMMENTS_DATABASE_URL": "sqlite:///a/b/c.sqlite3"}))
    assert {each.relative_to(tmp_path).as_posix() for each in tmp_path.rglob("*")} == {
        *("a", "a/b", "var")
    }
    config.make_folders(from_environment({"COMMENTS_DATABASE_URL": "postgresql://db/x"}))


@pytest.mark.parametrize("setting", ["COMMENTS_DATABASE_URL", "COMMENTS_SECRET_KEY"])
def test_a_folder_that_cannot_be_made_is_named_with_the_setting_that_moves_it(
    setting: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "var").write_text("a file")
    monkeypatch.chdir(tmp_path)
    given = {"COMMENTS_DATABASE_URL": "sqlite:///var/x.sqlite3", "COMMENTS_SECRET_KEY": "k"}
    if setting == "COMMENTS_SECRET_KEY":
        given = {"COMMENTS_DATABASE_URL": "sqlite:///x.sqlite3"}
    with pytest.raises(click.ClickException, match=f"The folder .*var cannot be made.*{setting}"):
        create_app(from_environment(given))
