"""A site that was built again after each edit is, byte for byte, what a clean build of the same blog makes.

Edits come in an order of chance, more than sixty kinds of them; a build now and then is killed. A blog that cannot be
built stays as it was, whichever way it is built, and its edit is taken back.

    python3 tasks.py test tests/faults/test_differential.py --rounds 300
    python3 tasks.py test tests/faults/test_differential.py --rounds 1 --seed 4711
"""

import fnmatch
import random
import re
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.faults import edits_beside, edits_of_texts  # noqa: F401 - they name themselves in EDITS
from tests.faults.blog import EDITS, Blog, Builds
from tests.sites import everything

# What may be there besides, or differ, and why.
MAY_BE_LEFT = {
    "theme/*.????????.*": "pages that readers have kept ask for the styles and scripts of their day",
    "images/share/*.png": "other sites show the picture that a page had when somebody shared it, for 30 days",
    "images/sized/*": "and feeds the sizes of pictures that an article had, as long",
}
MAY_DIFFER = {
    "pagefind/*": "an index of some builds ago, and what is new beside it; test_finding asks both",
}
# So many edits of one blog; each is followed by a build, and that by a clean one.
EDITS_A_ROUND = 6
KILLED_SHARE = 0.15


@pytest.fixture(scope="module")
def builds() -> Iterator[tuple[Builds, Builds]]:
    both = (Builds(1), Builds(2))
    yield both
    for each in both:
        each.close()


def differences(blog: Blog, clean: Path) -> list[str]:
    found, wanted = everything(blog.output), everything(clean / "output")

    def told(name: str) -> str:
        if name not in wanted:
            return f"{name} is left"
        return f"{name} differs" if name in found else f"{name} is missing"

    def stated(name: str) -> bool:
        left = [] if name in wanted else list(MAY_BE_LEFT)
        return any(fnmatch.fnmatch(name, each) for each in [*left, *MAY_DIFFER])

    names = sorted(found.keys() | wanted.keys())
    return [told(n) for n in names if found.get(n) != wanted.get(n) and not stated(n)]


def due(blog: Blog, since: datetime) -> bool:
    """Whether an article has come due while both were built: each may be right, and they may differ."""
    now = datetime.now(UTC)
    dates = (text.keys.get("Date", "") for text in blog.texts.values())
    moments = [each for each in dates if re.fullmatch(r"[\d-]+ \d\d:\d\d:\d\d", each)]
    return any(since < datetime.fromisoformat(f"{each}+00:00") <= now for each in moments)


def both(blog: Blog, clean: Path, builds: tuple[Builds, Builds]) -> tuple[str, str]:
    """Build on what is there, and anew; what either had to say of a failure."""
    while True:
        since = datetime.now(UTC)
        shutil.rmtree(clean, ignore_errors=True)
        said = builds[0].build(blog.order(blog.output, blog.cache))
        order = blog.order(clean / "output", clean / "cache")
        said_of_clean = builds[1].build(order)
        if not due(blog, since):
            return said, said_of_clean


def test_building_after_edits_gives_what_a_clean_build_gives(
    tmp_path: Path, seed: int, builds: tuple[Builds, Builds]
) -> None:
    blog = Blog(tmp_path / "blog", random.Random(seed))
    blog.begin()
    clean = tmp_path / "clean"
    done = ["begin"]
    began = time.monotonic()
    assert builds[0].build(blog.order(blog.output, blog.cache)) == ""
    whole_seconds = time.monotonic() - began
    for _ in range(EDITS_A_ROUND):
        state = blog.state()
        name = blog.chance.choice(list(EDITS))
        done.append(name)
        EDITS[name](blog)
        if blog.chance.random() < KILLED_SHARE:
            done.append("killed")
            order = blog.order(blog.output, blog.cache)
            builds[0].killed(order, blog.chance.uniform(0, whole_seconds))
        said, said_of_clean = both(blog, clean, builds)
        assert bool(said) == bool(said_of_clean), f"{done}: {said or said_of_clean}"
        if said:
            done.append("taken back")
            blog.back(state)
            assert both(blog, clean, builds) == ("", ""), done
        assert differences(blog, clean) == [], f"after {', '.join(done)}"
