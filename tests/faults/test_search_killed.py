"""Whoever brings the search index up to date may be killed at each file: the next one makes it right."""

import gzip
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from formats import search_index
from plugins.presentation import search_indexes
from tests import search_words
from tests.sites import ROOT, Site, disconnect, fragment

BIRDS = ("auk", "booby", "cormorant", "darter", "egret", "gull", "heron", "ibis", "kittiwake")
# Ends itself, as `kill -9` does, before the file of this number is put in its place or removed.
KILLED = """
import os, signal, sys
left = int(sys.argv[1])
def count(event, arguments):
    global left
    if event in ("os.rename", "os.remove") and "/pagefind" in str(arguments[:2]):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(count)
"""
BUILD = """
from pathlib import Path
from plugins.presentation import search_indexes
from tests.sites import Site
search_indexes.SMALL, search_indexes.SHARE, search_indexes.PART = 5, 3, 2_000
Site(Path(sys.argv[2])).build(SEARCH=True)
"""
FORGET = """
from pathlib import Path
from formats import search_index
search_index.forget_waiting(Path(sys.argv[2]))
"""


def killed(script: str, at: int, folder: Path) -> bool:
    """Run it up to the file of this number; whether it came so far."""
    command = [sys.executable, "-c", KILLED + script, str(at), str(folder)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode != 0


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(search_indexes, "SMALL", 5)
    monkeypatch.setattr(search_indexes, "PART", 2_000)
    monkeypatch.setattr(search_indexes, "SHARE", 3)
    site = Site(tmp_path / "site")
    for name in BIRDS:
        site.write(name, f"The {name} is a bird near the sea. 鹈鹕.")
    site.publish("auk", words="Cormorants disagree entirely.")
    site.build(SEARCH=True)
    return site


@pytest.mark.parametrize("at", [0, 2, 5, 8])
@pytest.mark.parametrize("changed", [2, 7])
def test_a_build_that_is_killed_over_the_index_is_made_good_by_the_next(
    site: Site, changed: int, at: int
) -> None:
    (site.content / "kittiwake.md").unlink()
    for name in BIRDS[:changed]:
        site.write(name, f"Not a word of the {name}. 鸬鹚.")
    site.publish("auk", text=fragment("auk", revision=2, words="So they do."))
    assert killed(BUILD, at, site.folder)
    site.build(SEARCH=True)
    index, site.output = site.output / "pagefind", site.folder / "whole"
    site.build(SEARCH=True, OUTPUT_PATH=str(site.output), CACHE_PATH=str(site.folder / "other"))
    disconnect()
    fresh = site.output / "pagefind"
    assert search_words.found(index) == search_words.found(fresh)
    assert search_words.shown(index) == search_words.shown(fresh)
    assert not {"disagre", "kittiwak"} & search_words.held(index)


def test_whoever_is_killed_while_words_are_taken_out_leaves_it_to_the_next(site: Site) -> None:
    page = site.output / "auk" / "index.html"
    before = page.read_bytes()
    after = before.replace(b"Cormorants disagree entirely.", b"")
    disconnect()
    kept = site.folder / "kept"
    shutil.copytree(site.output, kept)
    at = 0
    while True:
        shutil.rmtree(site.output)
        shutil.copytree(kept, site.output)
        search_index.note(site.output, page, before, after)
        page.write_bytes(after)
        came_so_far = killed(FORGET, at, site.output)
        search_index.forget_waiting(site.output)
        folder = site.output / "pagefind"
        assert "disagre" not in search_words.held(folder), at
        assert not [
            path for path in (folder / "fragment").glob("*") if b"isagree" in unpacked(path)
        ]
        assert len(list((folder / "fragment").glob("*"))) == len(BIRDS)
        if not came_so_far:
            break
        at += 1
    assert at > 5


def unpacked(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes())
