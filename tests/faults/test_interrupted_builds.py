"""Builds of a preview that are given up anywhere leave nothing wrong in the site, and nothing in memory."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.service import ROOT
from tests.sites import everything

ARTICLES = 12
SAVES = 40
SHARED = ("pelican.urlwrappers.", "pelican.utils.SafeDatetime")
SETTINGS = """
from plugins.settings import *

SITENAME, AUTHOR = "Saved", "Ada"
CACHE_PATH, COMMENTS_PUBLISHED, ROOT_FILES = setting("CACHE", "cache"), "published", ""
THEME_TEMPLATES_OVERRIDES = []
"""


def run(folder: Path, *command: str, **more: str) -> str:
    environ = {k: v for k, v in os.environ.items() if not k.startswith(("COMMENTS_", "POSTIL_"))}
    environ |= {"SITE_URL": "http://localhost:8000", "POSTIL_PREVIEW": "1", **more}
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env={**environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_saves_in_mid_build_leave_the_site_right_and_nothing_in_memory(
    tmp_path: Path, seed: int
) -> None:
    (tmp_path / "content").mkdir()
    (tmp_path / "pelicanconf.py").write_text(SETTINGS)
    for number in range(ARTICLES):
        (tmp_path / "content" / f"article-{number}.md").write_text(
            f"Title: Article {number}\nDate: 2026-01-{number + 1:02}\nTags: air, t{number % 3}\n\n"
            f"Words {number}.\n\n```python\nx = {number}\n```\n"
        )
    folder = str(tmp_path)
    said = json.loads(run(tmp_path, "tests.faults.interruptions", folder, str(seed), str(SAVES)))
    # Some builds end before somebody saves, and most saves find a site that knows their article.
    assert SAVES // 4 < len(said["given_up"]) < SAVES
    # Whoever has saved waits for no more than the file that was just being written to be taken away.
    assert max(said["given_up"]) <= 2
    assert said["at_once"] > SAVES * 3 // 4
    # What was seen in the first half is all that there ever is, but for an article that was saved last: its
    # neighbours may still know it as it was. Names and dates are shared by articles that are put together as they
    # were, and not by those that are read.
    told = [each["objects"] for each in said["told"]]
    most = {name: max(each.get(name, 0) for each in told[:5]) for name in told[-1]}
    more = {name: ARTICLES if name.startswith(SHARED) else 1 for name in most}
    grown = {name: (most[name], n) for name, n in told[-1].items() if n > most[name] + more[name]}
    assert grown == {}
    run(tmp_path, "pelican", "-o", "clean", "-s", "pelicanconf.py", CACHE="clean-cache")
    site, clean = everything(tmp_path / "output"), everything(tmp_path / "clean")
    assert {name for name in site.keys() ^ clean.keys() if name != "preview.json"} == set()
    assert [name for name in clean if site[name] != clean[name]] == []
