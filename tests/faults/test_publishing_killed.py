"""`kill -9` while a site is sent to readers: never half a file, and the next publication puts all in order."""

import os
import random
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from authoring.publish.history import Publications
from authoring.publish.targets import target
from authoring.publish.targets.target import LIST
from tests.service import ROOT
from tests.sites import everything
from tests.storage import Storage, storage

FILES = 60
# Longer than a block of any copy, so that half of one could be seen.
LINES = 5_000
KILLS = 4
PATIENCE_SECONDS = 30

SEND = """
import os, sys
from pathlib import Path
from authoring.publish.targets import target
to = target(sys.argv[1], Path.cwd(), os.environ)
print("ready", flush=True)
to.send(Path(sys.argv[2]), really=True)
"""
KEEP = """
import sys
from pathlib import Path
from authoring.publish.history import Publications
print("ready", flush=True)
Publications(Path(sys.argv[1])).keep(Path(sys.argv[2]))
"""


class Place(NamedTuple):
    """What PUBLISH_TO says, the folder in which readers' files lie, and the storage's environment."""

    written: str
    there: Path
    environ: Mapping[str, str]


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    with storage(tmp_path_factory.mktemp("storage")) as started:
        yield started


@pytest.fixture(params=["folder", "rsync", "bucket"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "bucket":
        stored: Storage = request.getfixturevalue("stored")
        (stored.folder / "blog").mkdir()
        yield Place("s3:blog", stored.folder / "blog", stored.environ)
        shutil.rmtree(stored.folder / "blog")
        return
    if request.param == "rsync" and not shutil.which("rsync"):
        pytest.skip("NO RSYNC on this machine: install Debian's `rsync`")
    (tmp_path / "www").mkdir()
    yield Place(f"{request.param}:{tmp_path / 'www'}", tmp_path / "www", {})


def build(site: Path, chance: random.Random) -> None:
    """Another state of the site: of its files some are there, and some say something else."""
    shutil.rmtree(site, ignore_errors=True)
    for number in chance.sample(range(FILES), FILES * 2 // 3):
        path = site / f"part-{number % 5}" / f"{number}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"Number {number}, version {chance.randrange(4)}.\n" * LINES)


def begun(code: str, *arguments: str, environ: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """A process that has loaded what it needs and begins just now."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env={**os.environ, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert select.select([process.stdout], [], [], PATIENCE_SECONDS)[0]
    assert process.stdout.readline() == b"ready\n"
    return process


def done(process: subprocess.Popen[bytes]) -> float:
    began = time.monotonic()
    assert process.wait(PATIENCE_SECONDS) == 0
    assert process.stdout is not None
    process.stdout.close()
    return time.monotonic() - began


def killed(process: subprocess.Popen[bytes], after: float) -> None:
    time.sleep(after)
    # With what it started, as when the plug is pulled.
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def named(folder: Path) -> dict[str, str]:
    """What readers can ask for, by what it says. Only programs know names that begin with a dot."""
    return {
        name: said
        for name, said in everything(folder).items()
        if not any(part.startswith(".") for part in Path(name).parts)
    }


def test_what_a_kill_leaves_half_done_the_next_publication_finishes(
    place: Place, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    site = tmp_path / "site"
    theirs = place.there / "theirs.txt"
    theirs.write_text("Somebody else's.")
    build(site, chance)
    send = (SEND, place.written, str(site))
    whole_seconds = done(begun(*send, environ=place.environ))
    versions = [named(site), named(place.there)]
    for _ in range(KILLS):
        build(site, chance)
        versions.append(named(site))
        killed(begun(*send, environ=place.environ), chance.uniform(0, whole_seconds))
        known = {each for version in versions for each in version.items()}
        assert named(place.there).items() <= known
    build(site, chance)
    done(begun(*send, environ=place.environ))
    assert named(place.there) == {**named(site), "theirs.txt": versions[1]["theirs.txt"]}
    assert target(place.written, tmp_path, place.environ).send(site, really=True) == []
    if not place.written.startswith("rsync:"):
        # What rsync leaves under names of its own is rsync's.
        left = everything(place.there).keys() - named(place.there).keys()
        assert left == {LIST}


def test_every_publication_that_is_kept_is_whole_whenever_keeping_was_killed(
    tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    site, folder = tmp_path / "site", tmp_path / "kept"
    build(site, chance)
    keep = (KEEP, str(folder), str(site))
    whole_seconds = done(begun(*keep, environ={}))
    publications = Publications(folder)
    sites = [everything(site)]
    for _ in range(8):
        build(site, chance)
        sites.append(everything(site))
        if chance.random() < 0.7:
            killed(begun(*keep, environ={}), chance.uniform(0, whole_seconds))
        else:
            done(begun(*keep, environ={}))
        assert all(everything(publications.builds / name) in sites for name in publications.names())
        assert publications.current.read_text()
    # The same once more, as somebody does who was interrupted.
    done(begun(*keep, environ={}))
    current = publications.current.read_text()
    assert everything(publications.builds / current) == sites[-1]
    assert everything(publications.builds / publications.before()) != sites[-1]
    assert not list(publications.builds.glob(".*"))
