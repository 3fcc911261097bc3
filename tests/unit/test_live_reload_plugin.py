"""The preview's own files: there while somebody writes, and gone from what readers get."""

import json
from pathlib import Path

import pytest

from plugins.incremental import live_reload
from tests.sites import Site, disconnect

# Written as pelicanconf.py names them.
DRAFTS = {"DRAFT_URL": "drafts/{slug}/", "DRAFT_SAVE_AS": "drafts/{slug}/index.html"}


@pytest.fixture
def writing(tmp_path: Path) -> Site:
    site = Site(tmp_path)
    site.write("out")
    site.write("rough", Status="draft", Title="Rough &amp; ready")
    site.write("later", Date="2099-01-02 09:00")
    return site


def test_a_preview_lists_drafts_first_then_what_is_due(writing: Site) -> None:
    writing.build(PREVIEW=True, **DRAFTS)
    listed = json.loads((writing.output / "drafts" / "list.json").read_bytes())
    assert listed == [
        {"title": "Rough & ready", "url": "/drafts/rough/", "due": ""},
        {"title": "Later", "url": "/drafts/later/", "due": "2099-01-02 09:00"},
    ]
    assert "preview.json" in writing.page("out")


def test_a_build_for_readers_takes_all_of_it_away(writing: Site) -> None:
    writing.build(PREVIEW=True, **DRAFTS)
    live_reload.tell(writing.output, "1", "ready")
    assert list(writing.output.rglob("live_reload.*"))
    (writing.output / "theme" / "preview.00000000.js").write_text("of an earlier release")
    disconnect()
    writing.build(DRAFT_SAVE_AS="")
    for name in ("preview.*", "live_reload.*"):
        assert not list(writing.output.rglob(name))
    assert not (writing.output / "drafts").exists()
    assert "live_reload" not in writing.page("out")
    assert "preview" not in writing.page("out")


def test_pages_are_told_how_the_building_stands_until_it_ends(tmp_path: Path) -> None:
    live_reload.tell(tmp_path, "a", "failed", "a.md:3: é")
    said = json.loads((tmp_path / "preview.json").read_bytes())
    assert said == {"build": "a", "state": "failed", "error": "a.md:3: é"}
    live_reload.end(tmp_path)
    live_reload.end(tmp_path)
    assert list(tmp_path.iterdir()) == []
