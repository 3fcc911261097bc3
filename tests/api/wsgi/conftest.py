"""A blog's files and a thread's snapshots, and the application that hands them out."""

from pathlib import Path
from typing import Any

import pytest

from comments_service.config import Settings
from comments_service.static_files import Files
from formats import files
from tests.api.wsgi.steps import LONG, write
from tests.conftest import settings_for


@pytest.fixture
def changed() -> dict[str, Any]:
    return {}


@pytest.fixture
def settings(tmp_path: Path, changed: dict[str, Any]) -> Settings:
    """No test here needs a database: none is ever opened."""
    settings = settings_for("sqlite:///never-opened", tmp_path, **changed)
    output, published = tmp_path / "output", tmp_path / "published"
    for name in ("index.html", "pelicans/index.html", "404.html", "中文/index.html"):
        write(output / name, f"<!doctype html><title>{name}</title><p>{LONG}")
    for name in (".env", ".git/config", "pelicans/.hidden", "theme/.new-ab12"):
        write(output / name, "SECRET")
    write(output / "theme/style.0123abcd.css", "a { color: navy }\n" * 100)
    write(output / "small.txt", "small")
    (output / "bird.png").write_bytes(b"\x89PNG" + bytes(2000))
    for kind in ("html", "json", "atom"):
        files.write_with_siblings(published / f"threads/pelicans.{kind}", LONG.encode())
    files.write_with_siblings(published / "threads/pelicans.zh-cn.2.html", LONG.encode())
    for name in ("counts.json", "recent.html", "recent.json", "recent.atom", "ui.zh-cn.html"):
        files.write_with_siblings(published / name, LONG.encode())
    for name in (".edition", ".lock", "threads/.new-ab12", "threads/notes.txt", "secret.json"):
        write(published / name, "SECRET")
    write(tmp_path / "comments.sqlite3", "SECRET")
    write(tmp_path / "secret.html", "SECRET")
    return settings


@pytest.fixture
def place(settings: Settings) -> Files:
    return Files(settings)
