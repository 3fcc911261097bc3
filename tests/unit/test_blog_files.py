"""Which files belong to a blog: one rule for the build, for the check and for whoever looks through them."""

from pathlib import Path

import pytest

from authoring.blog import Blog
from authoring.check import check_frontmatter
from plugins import files
from plugins.incremental import skip_build
from tests.sites import ROOT, Site

ASIDE = (".hidden.md", "._first.md", "first.md~", "#first.md#", "first.bak", ".git/a.md", "a.swp")


def leave_behind(folder: Path) -> None:
    """What editors and systems leave: none of it is an article, and some of it cannot even be read."""
    for name in ASIDE:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"Title: Secret\nDate: 2026-01-01\n\n\x00\xff\xfe")
    # Emacs locks a file that it has not saved by a link to nothing.
    (folder / ".#first.md").symlink_to("me@host.1:2")


@pytest.mark.parametrize("name", [*ASIDE, ".#first.md", "Thumbs.db", "notes/.trash/a.md"])
def test_hidden_files_and_copies_do_not_belong_to_the_blog(name: str) -> None:
    assert not files.belongs(name)


@pytest.mark.parametrize("name", ["a.md", "a.b.md", "notes/c#.md", "~a.md", "图片.png", "a~b.md"])
def test_any_other_file_does(name: str) -> None:
    assert files.belongs(name)


def test_they_are_neither_read_nor_copied_nor_stop_a_build(site: Site) -> None:
    site.write("first")
    leave_behind(site.content)
    (site.content / "images").mkdir()
    leave_behind(site.content / "images")
    site.build(STATIC_PATHS=["images"], PELICAN_CLASS=skip_build.Pelican)
    built = {path.relative_to(site.output).as_posix() for path in site.output.rglob("*")}
    assert "first/index.html" in built
    assert not any("hidden" in name or "secret" in name for name in built)
    assert not any(name.startswith("images/") and "first" in name for name in built)


def test_a_build_with_a_lock_in_it_can_be_skipped(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    site.write("first")
    leave_behind(site.content)
    for _ in range(2):
        site.build(PELICAN_CLASS=skip_build.Pelican)
    assert "Nothing has changed" in capsys.readouterr().out


def test_a_hidden_folder_that_the_settings_name_was_meant(site: Site) -> None:
    site.write("first")
    folder = site.content / ".well-known"
    folder.mkdir()
    (folder / "security.txt").write_text("Contact: ada@example.org")
    (folder / ".security.txt.swp").write_text("")
    site.build(STATIC_PATHS=[".well-known"])
    names = [path.name for path in (site.output / ".well-known").iterdir()]
    assert names == ["security.txt"]


def test_the_check_and_the_author_s_commands_see_the_same_files(tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "a.md").write_text("Title: A\n\nWords.")
    leave_behind(tmp_path / "content")
    settings = {"PAGE_PATHS": ["pages"], "STATIC_PATHS": ["images"]}
    seen = check_frontmatter.articles(tmp_path / "content", settings)
    assert [path.name for path, _ in seen] == ["a.md"]
    blog = Blog(ROOT)
    blog.content = tmp_path / "content"
    assert [path.name for path in blog.files()] == ["a.md"]
