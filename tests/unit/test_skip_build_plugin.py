"""A build that has nothing to do does nothing, and every other one does all it has to."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import plugins
from plugins.incremental import skip_build
from plugins.markdown import reader
from tests.sites import Site


@pytest.fixture
def site(site: Site) -> Site:
    site.write("fish", "Words of fish.")
    site.publish("fish", words="The first.")
    return site


@pytest.fixture
def built(site: Site, monkeypatch: pytest.MonkeyPatch) -> Callable[..., bool]:
    """Build, and answer whether anything was done."""
    looked: list[object] = []
    real = reader.read_ahead

    def build(**settings: Any) -> bool:
        looked.clear()
        site.build(PELICAN_CLASS=skip_build.Pelican, **settings)
        return bool(looked)

    def look(generator: object) -> None:
        looked.append(generator)
        real(generator)

    monkeypatch.setattr(reader, "read_ahead", look)
    return build


def test_the_second_build_of_the_same_blog_does_nothing(
    built: Callable[..., bool], capsys: pytest.CaptureFixture[str]
) -> None:
    assert built()
    assert not built()
    assert "Nothing has changed" in capsys.readouterr().out


Change = Callable[[Site], object]
CHANGES: dict[str, Change] = {
    "an article's words": lambda site: site.write("fish", "Other words."),
    "a new article": lambda site: site.write("bird"),
    "an article that is gone": lambda site: (site.content / "fish.md").unlink(),
    "a new comment": lambda site: site.publish("fish", revision=2, words="The second."),
    "a page that is gone": lambda site: (site.output / "fish/index.html").unlink(),
    "a page that somebody changed": lambda site: (site.output / "fish/index.html").write_text("x"),
    "a static file": lambda site: (site.content / "a.txt").write_text("x"),
    "what a plugin reads besides": lambda site: (site.folder / "more.csv").write_text("1,2"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_whatever_changes_is_built(site: Site, built: Callable[..., bool], name: str) -> None:
    watched = {"BUILD_WATCHES": [str(site.folder / "more.csv")]}
    built(**watched)
    assert not built(**watched)
    CHANGES[name](site)
    assert built(**watched)
    assert not built(**watched)


def test_another_setting_is_built(built: Callable[..., bool]) -> None:
    built()
    assert built(SITENAME="Another")
    assert not built(SITENAME="Another")


def test_a_program_that_changed_is_used(built: Callable[..., bool], program: Path) -> None:
    given = {"PLUGINS": [*plugins.in_order(), program.parent.name]}
    built(**given)
    assert not built(**given)
    os.utime(program, ns=(0, 1))
    assert built(**given)


def test_an_article_whose_date_has_come_is_published(
    site: Site, built: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    due = datetime.now(UTC) + timedelta(hours=1)
    site.write("later", Date=f"{due:%Y-%m-%d %H:%M}")
    built()
    assert not built()

    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(hours=2)

    monkeypatch.setattr(skip_build, "datetime", Later)
    assert built()


def test_a_draft_that_is_shared_until_now_is_taken_away(
    site: Site, built: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    over = datetime.now(UTC) + timedelta(hours=1)
    shared = f"2026-01-02T03:04:05/{over:%Y-%m-%dT%H:%M}"
    site.write("quagga", Status="draft", Shared=shared)
    given = {"SHARE_KEY": "k" * 32}
    built(**given)
    assert not built(**given)

    class Later(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(hours=2)

    monkeypatch.setattr(skip_build, "datetime", Later)
    assert built(**given)


def test_what_changes_while_it_is_built_is_built_next_time(
    site: Site, built: Callable[..., bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = skip_build.Pelican.look_ahead

    def somebody_saves(self: skip_build.Pelican, generators: Any) -> None:
        site.write("fish", "Words of the last moment.")
        real(self, generators)

    with monkeypatch.context() as patch:
        patch.setattr(skip_build.Pelican, "look_ahead", somebody_saves)
        built()
    assert built()
    assert "last moment" in site.page("fish")


def test_a_build_that_failed_is_not_taken_for_one(site: Site, built: Callable[..., bool]) -> None:
    built()
    site.write("fish", Comments="perhaps")
    for _ in range(2):
        with pytest.raises(Exception, match="perhaps"):
            built()
    site.write("fish", "Words of fish.")
    assert built()


def test_where_it_cannot_be_told_everything_takes_its_course(built: Callable[..., bool]) -> None:
    strange = {"STRANGE": object()}
    assert built(**strange)
    assert built(**strange)
