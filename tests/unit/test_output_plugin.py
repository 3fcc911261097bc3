"""Writing: what a build touches in the site, what it takes away, and what a failure leaves."""

import gzip
import json
import os
import shutil
import sys
import weakref
from pathlib import Path
from typing import Any

import pytest
from pelican import signals

import formats.files
from plugins.problems import Refused, WrongSetting
from tests.sites import BLOG, ROOT, Site, everything

LONG_AGO = 1_600_000_000


@pytest.fixture
def site(site: Site) -> Site:
    site.write("fish", Tags="water")
    site.write("bird", Tags="air")
    return site


def age(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            os.utime(path, (LONG_AGO, LONG_AGO))


def touched(folder: Path) -> set[str]:
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and path.stat().st_mtime != LONG_AGO
    }


def test_a_build_of_the_same_blog_touches_no_file(site: Site) -> None:
    pictures = site.content / "images"
    pictures.mkdir()
    shutil.copy(next((BLOG / "content" / "images").glob("*.*")), pictures)
    site.build(STATIC_PATHS=["images"], COMPRESS=True)
    age(site.output)
    site.build(STATIC_PATHS=["images"], COMPRESS=True)
    assert touched(site.output) == set()


def test_two_builds_of_one_blog_are_the_same_byte_for_byte(site: Site) -> None:
    site.build()
    first = everything(site.output)
    shutil.rmtree(site.output)
    shutil.rmtree(site.folder / "cache")
    site.build()
    assert everything(site.output) == first


def test_an_edit_touches_the_pages_that_show_it(site: Site) -> None:
    site.write("fish", Tags="water", Summary="About fish.")
    site.build()
    age(site.output)
    site.write("fish", "Other words.", Tags="water", Summary="About fish.")
    site.build()
    found = touched(site.output)
    assert "fish/index.html" in found
    assert "Other words." in site.page("fish")
    assert not {name for name in found if name.startswith(("bird/", "tag/air", "theme/"))}


def test_the_page_of_a_deleted_article_goes_with_its_copies(site: Site) -> None:
    site.write("gone", Tags="lost", Aliases="/old/gone/")
    site.build(COMPRESS=True)
    assert (site.output / "gone" / "index.html.gz").exists()
    assert (site.output / "old" / "gone" / "index.html").exists()
    (site.content / "gone.md").unlink()
    site.build(COMPRESS=True)
    assert not (site.output / "gone").exists()
    assert not (site.output / "old").exists()
    assert not (site.output / "tag" / "lost.html").exists()
    assert (site.output / "fish" / "index.html").exists()


def test_what_somebody_else_put_into_the_site_stays(site: Site) -> None:
    site.build()
    (site.output / "CNAME").write_text("example.org")
    (site.output / "by-hand").mkdir()
    (site.output / "by-hand" / "index.html").write_text("mine")
    site.build()
    assert (site.output / "CNAME").read_text() == "example.org"
    assert (site.output / "by-hand" / "index.html").read_text() == "mine"


def test_a_static_file_is_renewed_even_by_an_older_one_of_the_same_size(site: Site) -> None:
    (site.content / "files").mkdir()
    source = site.content / "files" / "a.txt"
    source.write_text("one")
    site.build(STATIC_PATHS=["files"])
    source.write_text("two")
    os.utime(source, (LONG_AGO, LONG_AGO))
    site.build(STATIC_PATHS=["files"])
    assert (site.output / "files" / "a.txt").read_text() == "two"
    source.unlink()
    site.build(STATIC_PATHS=["files"])
    assert not (site.output / "files").exists()


def test_a_file_that_is_not_there_is_told_and_the_site_built(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    site.write("fish", "See [the paper]({static}/papers/gone.pdf).")
    site.build()
    assert "papers/gone.pdf" in caplog.text
    assert "See" in site.page("fish")


def test_a_build_that_fails_half_way_leaves_the_site_as_it_was(site: Site) -> None:
    site.build()
    before = everything(site.output)
    site.write("fish", "Other words.")
    written = []

    def fail(path: str, **_: object) -> None:
        written.append(path)
        if len(written) == 3:
            raise RuntimeError("the disk of this page is full")

    signals.content_written.connect(fail)
    with pytest.raises(RuntimeError, match="full"):
        site.build()
    signals.content_written.disconnect(fail)
    assert everything(site.output) == before
    site.build()
    assert "Other words." in site.page("fish")
    assert not Path(f"{site.output}.next").exists()


def test_a_file_may_become_a_folder_and_a_folder_a_file(site: Site) -> None:
    site.build(ARTICLE_URL="{slug}", ARTICLE_SAVE_AS="{slug}")
    assert (site.output / "fish").is_file()
    site.build()
    assert (site.output / "fish" / "index.html").is_file()
    site.build(ARTICLE_URL="{slug}", ARTICLE_SAVE_AS="{slug}")
    assert (site.output / "fish").is_file()


def test_many_files_are_written_to_the_disk_in_one_go(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats.files, "SYNC_EACH", 1)
    synced: list[str] = []
    monkeypatch.setattr(os, "sync", lambda: synced.append("all"))
    site.build(COMPRESS=True)
    assert "Words." in site.page("fish")
    # The pages, and the packed copies of all files.
    assert len(synced) == 2
    page = site.output / "fish" / "index.html"
    assert gzip.decompress(page.with_name("index.html.gz").read_bytes()) == page.read_bytes()


def test_a_damaged_record_takes_nothing_away(site: Site) -> None:
    site.build()
    for path in (site.folder / "cache" / "build").iterdir():
        path.write_text("{")
    (site.content / "bird.md").unlink()
    site.build()
    assert (site.output / "bird" / "index.html").exists()


def test_the_theme_has_its_files_copied_and_links_are_left_to_pelican(site: Site) -> None:
    site.build()
    copied = {path.name for path in (site.output / "theme").iterdir()}
    assert {path.name for path in (ROOT / "theme/static/files").iterdir()} <= copied
    site.build(STATIC_CREATE_LINKS=True)
    assert {path.name for path in (ROOT / "theme/static/files").iterdir()} <= {
        path.name for path in (site.output / "theme").iterdir()
    }


@pytest.mark.usefixtures("unhurried")
def test_a_process_that_builds_again_and_again_keeps_only_the_last_blog(site: Site) -> None:
    seen: list[weakref.ref[object]] = []

    def look(generators: list[Any]) -> None:
        seen.append(weakref.ref(generators[0].articles[0]))

    signals.all_generators_finalized.connect(look)
    for _ in range(4):
        site.build(PREVIEW=True)
    assert seen[0]() is seen[1]() is None


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_no_utf_8_is_told_with_what_to_do(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """As files of an old disk or a ZIP have them. Nothing could name them in an address."""
    (site.content / "files").mkdir()
    names = ["caf\\xe9.md", "files/caf\\xe9.txt", "pages/caf\\xe9.md"]
    paths = [
        site.content / os.fsdecode(name.encode().decode("unicode_escape").encode("latin1"))
        for name in names
    ]
    for path in paths:
        shutil.copy(site.content / "fish.md", path)
    with pytest.raises(Refused) as refused:
        site.build(STATIC_PATHS=["files"])
    for name, path in zip(names, paths, strict=True):
        assert f"{name}:1: The name of this file" in str(refused.value)
        path.unlink()
    root = site.folder / "root"
    root.mkdir()
    (root / os.fsdecode(b"caf\xe9.txt")).write_text("x")
    site.build(STATIC_PATHS=["files"], ROOT_FILES=str(root))
    assert "caf\\xe9.txt is not used" in caplog.text
    assert site.page("fish")


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"OUTPUT_PATH": "content/site"}, "OUTPUT_PATH is .*, in a folder that is read"),
        ({"OUTPUT_PATH": "content"}, "OUTPUT_PATH is .*, which holds the texts"),
        ({"OUTPUT_PATH": "."}, "OUTPUT_PATH is .*, which holds the texts"),
        (
            {"OUTPUT_PATH": "looks/site", "THEME": "looks"},
            "OUTPUT_PATH is .*, in a folder that is read \\(THEME",
        ),
        (
            {"OUTPUT_PATH": "a-file"},
            "OUTPUT_PATH is .*, and .*a-file is no folder that can be written to",
        ),
        ({"CACHE_PATH": "."}, "CACHE_PATH is .*, which holds the texts .* as well as what builds"),
        ({"CACHE_PATH": "content"}, "CACHE_PATH is .*, which holds the texts"),
        ({"IMAGES_CACHE": "content/images"}, "IMAGES_CACHE is .*, in a folder that is read"),
        (
            {"DRAFTS_FOLDER": "../content"},
            "DRAFTS_FOLDER is '../content', which is no folder of its",
        ),
        ({"DRAFTS_FOLDER": "./"}, "DRAFTS_FOLDER is './', which is no folder of its own"),
        ({"IMAGES_FOLDER": "/etc"}, "IMAGES_FOLDER is '/etc', which is no folder of its own"),
        ({"SHARE_FOLDER": "a/../../content"}, "SHARE_FOLDER is .*, which is no folder of its own"),
        ({"LLMS_SAVE_AS": "../README.md"}, "LLMS_SAVE_AS is '../README.md', outside of the site"),
        ({"TAG_SAVE_AS": "../{slug}.html"}, "TAG_SAVE_AS is '../{slug}.html', outside of the site"),
        ({"FEED_ALL_ATOM": "/feed.xml"}, "FEED_ALL_ATOM is '/feed.xml', outside of the site"),
        (
            {"ROOT_FILES": "."},
            "ROOT_FILES is .*, which holds PATH: all that lies there would be published",
        ),
        (
            {"STATIC_PATHS": ["../own"]},
            "STATIC_PATHS has '../own', which is not in the folder of the texts",
        ),
        ({"STATIC_PATHS": ["/etc"]}, "STATIC_PATHS has '/etc'"),
        (
            {"EXTRA_PATH_METADATA": {"own.txt": {"path": "../own.txt"}}},
            "EXTRA_PATH_METADATA puts 'own.txt'",
        ),
    ],
    ids=repr,
)
def test_what_would_mix_the_site_with_its_sources_is_refused(
    site: Site, settings: dict[str, Any], told: str
) -> None:
    """The next build would take away as its own what was an author's."""
    (site.folder / "a-file").write_text("x")
    shutil.copytree(ROOT / "theme", site.folder / "looks")
    for name in ("OUTPUT_PATH", "THEME", "CACHE_PATH", "IMAGES_CACHE", "ROOT_FILES"):
        if name in settings:
            settings[name] = str(site.folder / settings[name])
    before = everything(site.folder)
    with pytest.raises(WrongSetting, match=told):
        site.build(**settings)
    assert everything(site.folder) == before


@pytest.mark.parametrize(
    "settings",
    [
        {"ARTICLE_PATHS": ["posts"], "PAGE_PATHS": ["about"]},
        {"ARTICLE_EXCLUDES": ["site"], "PAGE_PATHS": ["about"]},
        {"IGNORE_FILES": ["site"]},
        {"READERS": {"html": None}},
    ],
    ids=repr,
)
def test_a_site_below_the_texts_is_one_where_nobody_reads_it(
    site: Site, settings: dict[str, Any]
) -> None:
    """As blogs have it whose texts stand in the project's own folder."""
    (site.content / "posts").mkdir()
    site.build(OUTPUT_PATH=str(site.content / "site"), **settings)


def test_a_folder_of_files_may_be_a_link_to_elsewhere(site: Site) -> None:
    (site.folder / "own").mkdir()
    (site.folder / "own" / "a.txt").write_text("mine")
    (site.content / "files").symlink_to(site.folder / "own")
    site.build(STATIC_PATHS=["files"])
    assert (site.output / "files" / "a.txt").read_text() == "mine"
    site.build(STATIC_PATHS=[])
    assert (site.folder / "own" / "a.txt").read_text() == "mine"


def test_a_link_out_of_the_blog_takes_no_file_along(site: Site) -> None:
    own = site.folder / "own.txt"
    own.write_text("mine")
    site.write("fish", "See [it]({static}/../own.txt).")
    with pytest.raises(Refused, match=r"own\.txt:1: This file is in the site by its path"):
        site.build()
    site.write("fish", "See nothing.")
    site.build()
    assert own.read_text() == "mine"


def test_what_some_release_wrote_beside_the_site_is_left_there(site: Site) -> None:
    """It found there what it was about to write, and counted it as its own."""
    site.build()
    own = site.folder / "own.txt"
    own.write_text("mine")
    (record,) = (site.folder / "cache" / "build").iterdir()
    kept = json.loads(record.read_bytes())
    kept["written"].append("../own.txt")
    record.write_text(json.dumps(kept))
    site.write("fish", "Other words.")
    site.build()
    assert own.read_text() == "mine"


def test_articles_without_pages_are_no_part_of_the_site_s_files(site: Site) -> None:
    site.build(ARTICLE_SAVE_AS="")
    assert not (site.output / "fish").exists()
    assert "Fish" in site.page("")
