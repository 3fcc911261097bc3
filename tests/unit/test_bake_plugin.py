"""Baking: comments in the HTML of their article, also those that arrive while it is written."""

import gzip
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import brotli
import pytest
from filelock import FileLock, Timeout
from pelican import signals

import formats.bake
from plugins import files
from plugins.comments import bake
from tests.sites import Site, fragment


@pytest.fixture
def site(site: Site) -> Site:
    site.write("fish")
    return site


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> Iterator[Callable[[], list[str]]]:
    """What the plugin warned of; Pelican's loggers drop what they have said once."""
    logger: Any = bake.logger
    logger.disable_filter()
    with caplog.at_level(logging.WARNING):
        yield lambda: [r.getMessage() for r in caplog.records if r.name == "plugins.comments.bake"]
    logger.enable_filter()


class During:
    """Does something once, at the moment when the build has written a page."""

    def __init__(self, page: str, act: Callable[[], object]) -> None:
        self.page, self.act, self.done = page, act, False
        signals.content_written.connect(self.written, weak=False)

    def written(self, path: str, **_: object) -> None:
        if path.endswith(self.page) and not self.done:
            self.done = True
            self.act()


def test_published_comments_are_in_the_page(site: Site) -> None:
    site.publish("fish", count=3, revision=7)
    site.build()
    page = site.page("fish")
    baked = fragment("fish", count=3, revision=7)
    assert f"<!-- postil:begin fish en -->\n{baked}<!-- postil:end fish -->" in page
    assert "<!-- postil:heading fish -->3 comments<!-- postil:heading-end -->" in page
    assert '<comment-thread thread="fish" lang="en" src="/comments/"' in page


def test_lists_of_articles_tell_how_many_there_are(site: Site) -> None:
    site.publish("fish", count=3)
    site.build()
    index = (site.output / "index.html").read_text()
    assert '<a href="/fish/#comments">3 comments</a>' in index


def test_a_build_without_snapshots_succeeds_and_leads_to_the_thread(site: Site) -> None:
    site.build()
    page = site.page("fish")
    assert '<a href="/comments/threads/fish">' in page
    assert "<!-- postil:heading fish -->Comments<!-- postil:heading-end -->" in page


@pytest.mark.parametrize("before", [True, False])
def test_what_is_published_during_the_build_is_baked_at_its_end(site: Site, before: bool) -> None:
    if before:
        site.publish("fish", revision=1, words="The first.")
    During("fish/index.html", lambda: site.publish("fish", revision=2, count=2, words="A second."))
    site.build(COMPRESS=True)
    page = site.page("fish")
    assert fragment("fish", revision=2, count=2, words="A second.") in page
    assert "The first." not in page
    assert "<!-- postil:heading fish -->2 comments<!-- postil:heading-end -->" in page
    path = site.output / "fish" / "index.html"
    packed, smaller = files.siblings(path)
    assert gzip.decompress(packed.read_bytes()) == path.read_bytes()
    assert brotli.decompress(smaller.read_bytes()) == path.read_bytes()


def test_a_page_that_is_up_to_date_is_written_once(site: Site) -> None:
    site.publish("fish", revision=2)
    times: list[int] = []
    path = site.output / "fish" / "index.html"
    waiting = site.folder / "output.next" / "fish" / "index.html"
    During("fish/index.html", lambda: times.append(waiting.stat().st_mtime_ns))
    site.build()
    assert [path.stat().st_mtime_ns] == times


def test_without_compressed_copies_none_are_made(site: Site) -> None:
    During("fish/index.html", lambda: site.publish("fish"))
    site.build()
    assert not any(sibling.exists() for sibling in files.siblings(site.output / "fish/index.html"))


def test_the_lock_is_held_while_pages_are_written_and_free_afterwards(site: Site) -> None:
    seen: list[bool] = []

    def look() -> None:
        try:
            FileLock(f"{site.output}.lock", timeout=0).acquire().lock.release()
            seen.append(False)
        except Timeout:
            seen.append(True)

    During("fish/index.html", look)
    site.build()
    look()
    assert seen == [True, False]


def test_a_build_that_fails_does_not_lock_out_the_next(site: Site) -> None:
    def fail() -> None:
        raise OSError("No space left on device")

    During("fish/index.html", fail)
    with pytest.raises(OSError, match="No space"):
        site.build()
    site.build()
    FileLock(f"{site.output}.lock", timeout=0).acquire().lock.release()


@pytest.mark.parametrize("step", ["remember", "note_lists"])
def test_a_build_given_up_while_it_takes_or_gives_back_the_lock_keeps_nobody_out(
    site: Site, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """A preview interrupts a build between any two steps, and builds again in the same process."""

    class GivenUp(BaseException):
        pass

    def give_up(*_: object) -> None:
        raise GivenUp

    site.write("fish")
    with monkeypatch.context() as during:
        during.setattr(formats.bake, step, give_up)
        # What it knew is held, as by a traceback that nobody has collected yet.
        with pytest.raises(GivenUp) as held:
            site.build()
    monkeypatch.setattr(bake, "LOCK_SECONDS", 0)
    site.build()
    assert held.type is GivenUp
    FileLock(f"{site.output}.lock", timeout=0).acquire().lock.release()


def test_a_folder_that_somebody_else_is_writing_is_left_to_them(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bake, "LOCK_SECONDS", 0)
    with FileLock(f"{site.output}.lock"), pytest.raises(bake.LockedOut, match="another build"):
        site.build()
    assert not (site.output / "index.html").exists()


def test_a_translation_shows_the_thread_in_its_own_language(site: Site) -> None:
    site.write("yu", Slug="fish", Lang="zh-CN", Title="鱼")
    site.publish("fish", words="Well said.")
    site.publish("fish", name="fish.zh-cn", lang="zh-cn", words="说得好。")
    site.build()
    assert "Well said." in site.page("fish")
    translated = site.page("zh-CN/fish")
    assert "说得好。" in translated
    assert "Well said." not in translated
    assert "<!-- postil:begin fish zh-cn -->" in translated


def test_a_translation_falls_back_to_the_threads_language(site: Site) -> None:
    site.write("yu", Slug="fish", Lang="zh-cn", Title="鱼")
    site.publish("fish", words="Well said.")
    site.build()
    assert "Well said." in site.page("zh-cn/fish")


GOOD = fragment("fish", words="Never to be seen.")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (GOOD.replace('data-thread="fish"', 'data-thread="bird"'), 'belongs to the thread "bird"'),
        (GOOD.replace('data-version="1"', 'data-version="2"'), "its version is 2"),
        (GOOD[:-30], "its end is missing"),
        (GOOD[: GOOD.index("</div>") + 6], "its end is missing"),
        (GOOD.replace(' data-revision="1"', ""), "does not begin with the element"),
        ("<p>A note to self.</p>" + GOOD, "does not begin with the element"),
        (" ", "does not begin with the element"),
        (GOOD.replace("Never", "<!-- postil:end fish -->"), "markers of its own"),
        (GOOD.encode("utf-16"), "not UTF-8"),
    ],
)
def test_a_damaged_or_foreign_snapshot_is_never_baked(
    site: Site, warnings: Callable[[], list[str]], text: str | bytes, reason: str
) -> None:
    site.publish("fish", text=text)
    site.build()
    page = site.page("fish")
    assert "to be seen" not in page
    assert '<a href="/comments/threads/fish">' in page
    assert reason in warnings()[0]
    assert str(site.published / "threads" / "fish.html") in warnings()[0]


def test_a_damaged_translation_gives_way_to_the_thread(site: Site) -> None:
    site.write("yu", Slug="fish", Lang="zh-cn", Title="鱼")
    site.publish("fish", words="Well said.")
    site.publish("fish", name="fish.zh-cn", text="half a fi")
    site.build()
    assert "Well said." in site.page("zh-cn/fish")


def test_comments_that_are_off_are_not_baked(site: Site) -> None:
    site.write("fish", Comments="off")
    site.publish("fish")
    site.build()
    assert "postil" not in site.page("fish").split("<main")[1].split("</main")[0]


def test_drafts_and_hidden_articles_show_no_comments(site: Site) -> None:
    site.write("fish", Status="hidden")
    site.write("bird", Status="draft")
    site.publish("fish")
    site.publish("bird")
    site.build(DRAFT_SAVE_AS="drafts/{slug}/index.html")
    assert "Well said." not in site.page("fish") + site.page("drafts/bird")


def test_a_theme_without_markers_is_told_about(
    site: Site, warnings: Callable[[], list[str]], tmp_path: Path
) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "article.html").write_text("{{ article.comments_fragment }}")
    During("fish/index.html", lambda: site.publish("fish"))
    site.build(THEME_TEMPLATES_OVERRIDES=[str(tmp_path / "templates")])
    assert "lacks the markers" in warnings()[0]


def test_snapshots_below_a_path_and_on_another_host_are_addressed_there(site: Site) -> None:
    site.build(COMMENTS_URL="https://talk.example.net/")
    page = site.page("fish")
    assert 'href="https://talk.example.net/threads/fish"' in page
    assert "form-action 'self' https://talk.example.net" in page
    assert 'data-script="https://talk.example.net/embed.js"' in page


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "index.html"
    files.write(page, b"old")
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        files.write(page, b"new")
    assert page.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [page]
