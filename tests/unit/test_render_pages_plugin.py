"""Pages that are rendered by several processes at once are those that one would have rendered."""

import io
import logging
import shutil
import threading
import weakref
from typing import Any

import pytest
from rich.console import Console

import plugins
from plugins import files
from plugins.incremental import render_pages, workers
from plugins.problems import Refused
from tests.sites import Site, everything

# A worker of pytest has threads, which these copies of it have no use for.
pytestmark = [
    pytest.mark.usefixtures("alone"),
    pytest.mark.filterwarnings("ignore:This process:DeprecationWarning"),
]
MANY = 12


@pytest.fixture
def site(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setattr(render_pages, "WORTH_A_PROCESS", 2)
    for number in range(MANY):
        site.write(f"n{number}", f"Words {number}.", Tags=f"t{number % 3}", Summary="So.")
    return site


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many processes each division was among."""
    asked: list[int] = []
    real = workers.divided

    def divided(things: list[str], many: int, work: object) -> object:
        asked.append(many)
        return real(things, many, work)  # type: ignore[arg-type]

    monkeypatch.setattr(workers, "divided", divided)
    return asked


def test_the_site_is_the_same_byte_for_byte(site: Site, processes: list[int]) -> None:
    site.build(RENDERING_PROCESSES=1)
    alone = everything(site.output)
    assert processes == []
    shutil.rmtree(site.output)
    shutil.rmtree(site.folder / "cache")
    site.build(RENDERING_PROCESSES=3)
    assert processes == [3]
    assert everything(site.output) == alone


def test_what_waits_is_bounded_and_the_site_is_the_same(
    site: Site, processes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that has to be known of thousands of pages is more than a small machine has."""
    site.build(RENDERING_PROCESSES=3)
    at_once = everything(site.output)
    assert processes == [3]
    shutil.rmtree(site.output)
    shutil.rmtree(site.folder / "cache")
    monkeypatch.setattr(render_pages, "AT_ONCE", 7)
    waited: list[int] = []
    real = render_pages.Rendering.put_off

    def put_off(self: render_pages.Rendering, *rest: Any) -> None:
        real(self, *rest)
        waited.append(len(self.later))

    monkeypatch.setattr(render_pages.Rendering, "put_off", put_off)
    site.build(RENDERING_PROCESSES=3)
    assert max(waited) < 7
    assert processes[1:] == [3, 3, *processes[3:]]
    assert everything(site.output) == at_once


@pytest.mark.parametrize("at_once", [7, render_pages.AT_ONCE])
def test_two_pages_of_one_file_are_refused_as_by_pelican(
    site: Site, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    """Whether the first one stands, or another process has rendered it long ago."""
    monkeypatch.setattr(render_pages, "AT_ONCE", at_once)
    places: dict[str, Any] = {
        "TAG_SAVE_AS": "of/{slug}.html",
        "CATEGORY_SAVE_AS": "of/{slug}.html",
        # Which would tell of it before anything is rendered.
        "PLUGINS": plugins.in_order(without=["delivery.addresses"]),
    }
    site.build(RENDERING_PROCESSES=3, **places)
    site.write("n5", Category="t1")
    with pytest.raises(RuntimeError, match="already written"):
        site.build(RENDERING_PROCESSES=3, **places)
    shutil.rmtree(site.output)
    shutil.rmtree(site.folder / "cache")
    with pytest.raises(RuntimeError, match="already written"):
        site.build(RENDERING_PROCESSES=3, **places)


def test_what_others_rendered_is_known_to_the_next_build(
    site: Site, processes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    site.build(RENDERING_PROCESSES=3)
    before = everything(site.output)
    kept: list[str] = []
    real = render_pages.Rendering.keep

    def keep(self: render_pages.Rendering, what: str, *rest: Any) -> None:
        kept.append(what)
        real(self, what, *rest)

    monkeypatch.setattr(render_pages.Rendering, "keep", keep)
    site.write("n5", "Other words. " * 300, Tags="t2", Summary="So.")
    site.build(RENDERING_PROCESSES=3)
    # Its own page, and the lists that tell how long it takes to read.
    assert {"page n5/index.html", "page index.html", "page tag/t2.html"} <= set(kept)
    assert not any(what.startswith(("page n4/", "page n6/")) for what in kept)
    assert "page tag/t1.html" not in kept
    assert processes == [3, 2]
    assert "Other words." in site.page("n5")
    changed = {name for name, was in before.items() if everything(site.output)[name] != was}
    assert "n5/index.html" in changed
    assert not any(name.startswith(("n4/", "n6/")) for name in changed)


def test_what_pages_of_other_processes_show_is_not_taken_away(site: Site) -> None:
    looks = site.folder / "looks"
    looks.mkdir()
    (looks / "article.html").write_text(
        "<html><head>"
        "{{ asset(article.slug ~ '.css', 'css/tokens.css', more=article.slug) }}</head></html>"
    )
    site.build(RENDERING_PROCESSES=3, THEME_TEMPLATES_OVERRIDES=[str(looks)])
    asked = files.asked_for(site.output, "theme")
    assert {name.partition(".")[0] for name in asked} >= {f"n{each}" for each in range(MANY)}
    # Whoever lists the pages of a build, as the sitemap does, has heard of those as well.
    sitemap = (site.output / "sitemap.xml").read_text()
    assert all(f"/n{each}/" in sitemap for each in range(MANY))


def test_a_page_that_cannot_be_rendered_stops_the_build_wherever_it_is_met(site: Site) -> None:
    site.build(RENDERING_PROCESSES=3)
    before = everything(site.output)
    looks = site.folder / "looks"
    looks.mkdir()
    (looks / "article.html").write_text(
        "{% if article.slug == 'n7' %}{{ article.nothing.at.all }}{% endif %}"
    )
    with pytest.raises(Exception, match="nothing"):
        site.build(RENDERING_PROCESSES=3, THEME_TEMPLATES_OVERRIDES=[str(looks)])
    assert everything(site.output) == before


def test_two_pages_for_one_file_are_refused(site: Site) -> None:
    site.write("n3", "I am the first page.", Save_as="n4/index.html", Url="n4/")
    with pytest.raises(Refused, match="the address of"):
        site.build(RENDERING_PROCESSES=3)


def test_work_of_a_process_that_failed_is_still_to_be_done() -> None:
    def work(share: list[int]) -> list[int]:
        if 1 in share:
            raise ValueError("this process fails")
        return share

    answers, left = workers.divided([0, 1, 2, 3, 4, 5], 3, work)
    assert (answers, left) == ([[0, 3], [2, 5]], [1, 4])


def test_another_process_lets_go_of_what_goes_round_in_circles() -> None:
    class Ring:
        def __init__(self) -> None:
            self.itself = self

    def work(share: list[int]) -> int:
        known = [weakref.ref(Ring()) for _ in range(4 * workers.NEW_OBJECTS)]
        return sum(each() is not None for each in known)

    (_, alive), left = workers.divided([0, 1], 2, work)
    assert left == []
    assert alive <= 2 * workers.NEW_OBJECTS


def test_what_is_said_in_another_process_is_heard_here(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    logger: Any = logging.getLogger("pelican.contents")
    logger.disable_filter()
    for number in range(MANY):
        site.write(f"n{number}", f"See [it]({{filename}}gone-{number}.md).", Summary="So.")
    site.build(RENDERING_PROCESSES=3)
    logger.enable_filter()
    assert all(f"gone-{number}.md" in caplog.text for number in range(MANY))


def test_the_wheel_of_pelicans_command_is_no_thread_that_matters(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.undo()
    before = len([each for each in threading.enumerate() if workers.matters(each)])
    with Console(file=io.StringIO(), force_terminal=True).status("Generating…"):
        assert len(list(filter(workers.matters, threading.enumerate()))) == before
    other = threading.Thread(target=threading.Event().wait, args=[0.5])
    other.start()
    assert workers.matters(other)
    assert workers.at_hand(4) == 1
    other.join()
