"""An upgrade of a real older blog, from before there were upgrades, to what this is; and the way back."""

import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from authoring.upgrade import releases, replace, steps
from tests.sites import ROOT
from tests.unit.upgrading import read, write

# The last state that had no `upgrade`, and whose settings and samples were in each other's way, without its
# tests and docs. A file rather than the history, which an archive or a shallow clone does not bring.
BEFORE = ROOT / "tests" / "samples" / "before-1.0.tar.xz"
FINISH = "import tasks; tasks.upgrade.body(None, finish=True)"
BACK = "import os, pathlib as p; from authoring.upgrade import steps; steps.back(p.Path.cwd(), {**os.environ})"


def run(root: Path, *command: str) -> str:
    env = {name: v for name, v in os.environ.items() if not name.startswith(("COMMENTS_", "SITE_"))}
    done = subprocess.run(
        [sys.executable, *command], cwd=root, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def rows(root: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(root / "var/comments.sqlite3")) as database, database:
        return database.execute(sql).fetchall()


def test_a_blog_of_before_comes_here_with_its_comments_and_goes_back(tmp_path: Path) -> None:
    root = tmp_path / "blog"
    with tarfile.open(BEFORE) as old:
        releases.extract(old, root)
    settings = (root / "pelicanconf.py").read_text("utf-8")
    own = {
        "pelicanconf.py": settings.replace('SITENAME = "Postil"', 'SITENAME = "Ada writes"'),
        "content/mine.md": "Title: Mine\nDate: 2026-11-01\n\nOwn words.\n",
        ".env": "SITE_URL=https://ada.example\nCOMMENTS_GUESTS=false\n",
    }
    write(root, own)
    hacked = (root / "theme/templates/page.html").read_text("utf-8") + "<!-- mine -->\n"
    write(root, {"theme/templates/page.html": hacked})
    run(root, "-m", "flask", "--app", "comments_service", "db", "upgrade")
    rows(root, "INSERT INTO site VALUES (1, 'Ada', 'en', '', '{}', '[]')")
    run(root, "-m", "pelican", "-s", "publishconf.py")
    before = read(root)

    # As one unpacks a release, without its history.
    for name in subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines():
        if not name.startswith("tests/") and (ROOT / name).is_file():
            (tmp_path / "new" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, tmp_path / "new" / name)
    assert steps.upgrade(root, {}, str(tmp_path / "new"), "")
    told = run(root, "-c", FINISH)
    assert "Built in" in told
    assert "from plugins.settings import *" in told
    assert {name: read(root)[name] for name in own} == own
    (kept,) = (root / "var/upgrade").glob("yours-*")
    assert replace.read(root)["changed"] == ["theme/templates/page.html"]
    assert read(kept)["theme/templates/page.html"] == hacked
    page = (root / "output/mine/index.html").read_text("utf-8")
    assert "Own words." in page
    assert "Ada writes" in page
    assert rows(root, "SELECT title, looks FROM site") == [("Ada", "{}")]

    rows(root, "UPDATE site SET title = 'Written since'")
    run(root, "-c", BACK)
    after = read(root)
    assert {n: t for n, t in after.items() if not n.startswith("output")} == {
        n: t for n, t in before.items() if not n.startswith("output")
    }
    assert rows(root, "SELECT title FROM site") == [("Written since",)]
    with pytest.raises(sqlite3.OperationalError):
        rows(root, "SELECT looks FROM site")
