"""Rendering only what changed gives what rendering everything gives, byte for byte."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pelican import signals
from pelican.contents import Article

import plugins
from plugins.incremental import build_cache, skip_pages
from plugins.incremental.fingerprints import Fingerprints
from plugins.incremental.render_pages import Writer
from tests.sites import Site, everything


@pytest.fixture
def site(site: Site) -> Site:
    site.write("fish", "Words of fish.", Tags="water", Summary="Fish.")
    site.write("bird", "Words of birds.", Tags="air", Summary="Birds.", Date="2026-01-02")
    return site


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pages that were rendered, in their order."""
    names: list[str] = []
    real = Writer.unless_same

    def note(self: Writer, what: str, context: Any, render: Any, *rest: Any) -> None:
        def counted() -> None:
            names.append(what)
            render()

        real(self, what, context, counted, *rest)

    monkeypatch.setattr(Writer, "unless_same", note)
    return names


def test_nothing_is_rendered_where_nothing_has_changed(site: Site, rendered: list[str]) -> None:
    site.build()
    assert "page fish/index.html" in rendered
    before = everything(site.output)
    rendered.clear()
    site.build()
    assert rendered == []
    assert everything(site.output) == before


def test_a_page_is_made_again_when_a_program_has_changed(
    site: Site, rendered: list[str], program: Path
) -> None:
    given = {"PLUGINS": [*plugins.in_order(), program.parent.name]}
    site.build(**given)
    rendered.clear()
    site.build(**given)
    assert "page fish/index.html" not in rendered
    os.utime(program, ns=(0, 1))
    site.build(**given)
    assert "page fish/index.html" in rendered
    named = skip_pages.packages({"PLUGINS": [program.parent.name]})
    assert named == sorted(["formats", "plugins", program.parent.name])


def test_other_words_render_only_the_pages_that_show_them(site: Site, rendered: list[str]) -> None:
    site.build()
    rendered.clear()
    site.write("fish", "Other words.", Tags="water", Summary="Fish.")
    site.build()
    assert "page fish/index.html" in rendered
    assert "feed feeds/all.atom.xml" in rendered
    assert "page bird/index.html" not in rendered
    assert "page tag/air.html" not in rendered
    assert "Other words." in site.page("fish")


def test_a_summary_made_of_the_text_changes_in_every_list_that_shows_it(site: Site) -> None:
    looks = site.folder / "looks"
    looks.mkdir()
    for name in ("index", "tag"):
        (looks / f"{name}.html").write_text(
            "{% for article in articles %}{{ article.summary }}{% endfor %}"
        )
    for words in ("Words before.", "Words after."):
        site.write("fish", words, Tags="water", Summary="")
        site.build(THEME_TEMPLATES_OVERRIDES=[str(looks)])
        assert words in (site.output / "index.html").read_text()
        assert words in (site.output / "tag" / "water.html").read_text()


def test_new_comments_are_in_the_page(site: Site) -> None:
    site.build()
    site.publish("fish", words="The first.")
    site.build()
    assert "The first." in site.page("fish")
    site.publish("fish", revision=2, words="The second.")
    site.build()
    assert "The second." in site.page("fish")


def test_a_page_that_somebody_changed_or_took_away_is_made_again(site: Site) -> None:
    site.build()
    first = everything(site.output)
    (site.output / "fish" / "index.html").write_text("mine")
    (site.output / "bird" / "index.html").unlink()
    next((site.output / "theme").glob("*.css")).unlink()
    site.build()
    assert everything(site.output) == first


def test_a_plugin_that_changes_written_pages_sees_each_of_them(site: Site) -> None:
    def sign(path: str, **_: object) -> None:
        Path(path).write_bytes(Path(path).read_bytes() + b"<!-- signed -->")

    signals.content_written.connect(sign)
    for _ in range(2):
        site.build()
        assert site.page("fish").endswith("<!-- signed -->")
    signals.content_written.disconnect(sign)


def test_what_nobody_knows_makes_every_page_render(site: Site, rendered: list[str]) -> None:
    class Strange:
        pass

    many = []
    for _ in range(2):
        rendered.clear()
        site.build(STRANGE=Strange())
        assert "page fish/index.html" in rendered
        many.append(site.page("fish"))
    assert many[0] == many[1]


def test_an_attached_file_moves_though_its_page_is_not_rendered(site: Site) -> None:
    (site.content / "a.txt").write_text("attached")
    site.write("fish", "[It]({attach}a.txt).")
    for _ in range(2):
        site.build(STATIC_PATHS=["a.txt"])
        assert (site.output / "fish" / "a.txt").read_text() == "attached"


def test_facts_tell_apart_what_differs_and_end_where_they_go_round() -> None:
    fingerprints = Fingerprints()
    assert (
        fingerprints.of(1)
        != fingerprints.of("1")
        != fingerprints.of([1])
        != fingerprints.of((1, 1))
    )
    here, there = SimpleNamespace(lang="en"), SimpleNamespace(lang="zh")
    here.other, there.other = there, here
    assert fingerprints.of(here) == Fingerprints().of(here) != fingerprints.of(there)
    round_about: dict[str, Any] = {}
    round_about["self"] = round_about
    with pytest.raises(build_cache.Unhashable):
        fingerprints.of(round_about)
    assert fingerprints.of({1, 2}) == fingerprints.of({2, 1})
    assert fingerprints.of(Article) != fingerprints.of(Path)
    assert fingerprints.of(signals) == fingerprints.of(signals)
