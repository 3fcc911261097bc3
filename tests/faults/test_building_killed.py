"""`kill -9` while the site is built and baked: every page is whole, and the next build makes it right."""

import gzip
import random
import shutil
from pathlib import Path

import brotli

from formats import files
from tests.faults.test_publishing_killed import begun, done, killed
from tests.sites import Site, everything

ARTICLES = 25
KILLS = 4

BUILD = """
import sys
from pathlib import Path
from plugins.incremental import skip_build
from tests.sites import Site
site = Site(Path(sys.argv[1]))
print("ready", flush=True)
site.build(PELICAN_CLASS=skip_build.Pelican, RENDERING_PROCESSES=1, COMPRESS=True)
"""


def test_what_a_killed_build_left_the_next_one_makes_right(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    site = Site(tmp_path / "blog")
    build = (BUILD, str(site.folder))
    written(site, 0, chance)
    whole_seconds = done(begun(*build, environ={}))
    for number in range(1, KILLS + 1):
        written(site, number, chance)
        killed(begun(*build, environ={}), chance.uniform(0, whole_seconds))
        for page in site.output.rglob("*.html"):
            assert page.read_text().rstrip().endswith("</html>"), page
    done(begun(*build, environ={}))
    cold = Site(tmp_path / "cold")
    for name in ("content", "published"):
        shutil.copytree(site.folder / name, cold.folder / name, dirs_exist_ok=True)
    done(begun(BUILD, str(cold.folder), environ={}))
    assert everything(site.output) == everything(cold.output)
    for page in site.output.rglob("*.html"):
        gz, br = files.siblings(page)
        assert gzip.decompress(gz.read_bytes()) == page.read_bytes()
        assert brotli.decompress(br.read_bytes()) == page.read_bytes()
    beside = {path.name for path in site.folder.iterdir()}
    assert not [name for name in beside if "next" in name], beside


def written(site: Site, number: int, chance: random.Random) -> None:
    """Some articles are new, some changed, some gone, and some have another comment."""
    for article in chance.sample(range(ARTICLES), ARTICLES // 2):
        name = f"article-{article}"
        path = site.content / f"{name}.md"
        if path.exists() and chance.random() < 0.3:
            path.unlink()
            continue
        site.write(name, f"Words of round {number}.\n\n" * 50, Tags=chance.choice(["air", "sea"]))
        if chance.random() < 0.6:
            site.publish(name, revision=number + 1, words=f"Said in round {number}.")
