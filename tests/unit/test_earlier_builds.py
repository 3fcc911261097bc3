"""Earlier builds: what a process that builds again and again keeps of them, and what looking for it costs."""

import gc
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from pelican import signals

from plugins.incremental import earlier_builds
from plugins.site import Generator
from tests.sites import ROOT, Site

ARTICLES = 60


@pytest.fixture
def site(site: Site) -> Site:
    for number in range(ARTICLES):
        site.write(f"article-{number}", f"Words {number}.", Tags="air")
    return site


@pytest.fixture
def looking() -> Iterator[list[tuple[int, int]]]:
    """At each look through everything, how many objects are looked at and how many are spared."""
    seen: list[tuple[int, int]] = []

    def look(phase: str, found: dict[str, int]) -> None:
        if phase == "start" and found["generation"] == 2:
            seen.append((len(gc.get_objects()), gc.get_freeze_count()))

    # As before the first build of a process.
    gc.collect()
    gc.freeze()
    gc.callbacks.append(look)
    yield seen
    gc.callbacks.remove(look)


@pytest.mark.usefixtures("unhurried")
def test_programs_are_not_looked_through_for_what_earlier_builds_have_left(
    site: Site, looking: list[tuple[int, int]]
) -> None:
    before = gc.get_freeze_count()
    for _ in range(4):
        site.build(PREVIEW=True)
    assert len(looking) >= 3
    # What is spared may go one by one, when nothing needs it any more.
    assert min(spared for _, spared in looking) > 0.9 * before


@pytest.mark.usefixtures("unhurried")
def test_articles_go_one_by_one_before_everything_is_looked_through(site: Site) -> None:
    made: list[list[Any]] = []
    alive: list[int] = []

    def read(generators: list[Any]) -> None:
        made.append(list(generators[0].articles))

    def begins(_generator: Generator) -> None:
        alive.extend(sum(bool(vars(each)) for each in articles) for articles in made[:-1])

    signals.all_generators_finalized.connect(read)
    signals.article_generator_init.connect(begins)
    for _ in range(3):
        site.build(PREVIEW=True)
    # The last one that came to its end is still shown.
    assert [len(articles) for articles in made] == [ARTICLES] * 3
    assert alive == [0]
    assert all(vars(each) for each in made[-2])


def test_what_was_given_up_when_it_let_go_goes_on(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Saved(BaseException):
        pass

    class Texts(dict[str, Any]):
        def popitem(self) -> tuple[str, Any]:
            if len(self) == ARTICLES // 2:
                monkeypatch.setattr(Texts, "popitem", dict.popitem)
                raise Saved
            return super().popitem()

    site.build()
    texts = earlier_builds._texts[-1]
    assert len(texts) == ARTICLES
    earlier_builds._texts[-1] = half = Texts(texts)
    with pytest.raises(Saved):
        site.build()
    assert len(half) == ARTICLES // 2
    site.build()
    assert half == {}


def test_what_a_build_has_made_is_not_looked_through_when_its_process_ends() -> None:
    """Python would, twice: a twelfth of the time that an edit of a large blog takes."""
    program = (
        "import gc, sys, atexit\n"
        "atexit.register(lambda: print(len(gc.get_objects(generation=2)), file=sys.stderr))\n"
        "from plugins.incremental import earlier_builds\n"
        "earlier_builds.let_go(None)\n"
        "earlier_builds.let_go(None)\n"
        "kept = [[] for _ in range(100_000)]\n"
        "gc.collect()\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert int(ended.stderr) < 10_000
