"""Built: what is known of the site's files at the end of a build, without looking through them again."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from pelican import Pelican, signals

from formats.files import TEMPORARY, stamps
from plugins import built, files
from plugins.built import Built
from tests.sites import BLOG, Site, everything


@pytest.fixture
def site(site: Site) -> Site:
    site.write("fish", Tags="water")
    site.write("bird", Tags="air")
    site.publish("fish")
    return site


class Kept(Pelican):  # type: ignore[misc]  # Pelican is untyped
    """Pelican, of which tests see what a build knew when it came to its end."""

    known: Built

    def run(self) -> None:
        super().run()
        Kept.known = built.of(self)


@pytest.fixture
def built_with_everything(site: Site) -> Any:
    pictures = site.content / "images"
    pictures.mkdir()
    shutil.copy(next((BLOG / "content" / "images").glob("*.*")), pictures)

    def build(**more: Any) -> Built:
        on = {"SEARCH": True, "SHARE_PICTURES": True, "COMPRESS": True}
        site.build(**{"PELICAN_CLASS": Kept, "STATIC_PATHS": ["images"], **on, **more})
        return Kept.known

    return build


def test_every_file_that_any_plugin_writes_or_removes_is_known_as_it_is(
    site: Site, built_with_everything: Any
) -> None:
    for edit in ("none", "new", "deleted", "comments", "quiet"):
        if edit == "new":
            site.write("newt", "In water.", Aliases="/old/newt/")
        if edit == "deleted":
            (site.content / "bird.md").unlink()
        if edit == "comments":
            site.publish("fish", revision=2, count=2, words="Better said.")
        off = {"SEARCH": False, "COMPRESS": False} if edit == "quiet" else {}
        known = built_with_everything(**off)
        assert known.files == Built(site.output).files, edit
        assert ("fish/index.html.gz" in known.files) == (edit != "quiet")


def test_what_somebody_was_writing_when_he_was_killed_is_gone_and_told_to_nobody(
    site: Site, built_with_everything: Any
) -> None:
    built_with_everything()
    whole = everything(site.output)
    folders = {site.output, *(site.output / name for name in whole)}
    for folder in {each if each.is_dir() else each.parent for each in folders}:
        for name in ("ab12", "71-index.html", "71-heron.png", "71-all.atom.xml"):
            (folder / f"{TEMPORARY}{name}").write_bytes(b"What was deleted since.")
    built_with_everything()
    assert everything(site.output) == whole


def test_the_site_is_looked_through_once(
    site: Site, built_with_everything: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = []
    look = stamps

    def counted(folder: Path) -> Any:
        looked.append(folder)
        return look(folder)

    monkeypatch.setattr(built, "stamps", counted)
    built_with_everything()
    assert looked.count(site.output) == 1


def test_what_another_plugin_writes_at_the_end_of_a_build_is_seen(
    site: Site, built_with_everything: Any
) -> None:
    def stranger(pelican: Pelican) -> None:
        path = Path(pelican.settings["OUTPUT_PATH"], "theirs.html")
        if not path.exists():
            path.write_text("theirs " * 100)

    built_with_everything()
    with signals.finalized.connected_to(stranger):
        assert "theirs.html" in built_with_everything().files
        known = built_with_everything().files
        assert "theirs.html.gz" in known
        assert known["theirs.html.gz"][1] == known["theirs.html"][1]


def test_since_tells_what_is_new_other_or_gone_since_somebody_looked(tmp_path: Path) -> None:
    for name in ("same", "other", "gone"):
        (tmp_path / name).write_text(name)
    kept = json.loads(json.dumps(Built(tmp_path).files))
    files.update(tmp_path / "below" / "new", b"new")
    files.update(tmp_path / "other", b"other words")
    (tmp_path / "gone").unlink()
    changed, gone = Built(tmp_path).since(kept)
    assert (sorted(changed), gone) == (["below/new", "other"], ["gone"])


def test_a_folder_that_is_removed_is_gone_with_all_that_was_in_it(tmp_path: Path) -> None:
    pelican = Pelican.__new__(Pelican)
    pelican.settings = {"OUTPUT_PATH": str(tmp_path)}
    (tmp_path / "pagefind" / "newer").mkdir(parents=True)
    (tmp_path / "pagefind" / "newer" / "a.js").write_text("a")
    known = built.look(pelican)
    files.remove_folder(tmp_path / "pagefind")
    files.remove_folder(tmp_path / "pagefind")
    assert known.files == {}
    built.forget(pelican)
    (tmp_path / "b").write_text("b")
    assert list(built.of(pelican).files) == ["b"]
