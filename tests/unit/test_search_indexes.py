"""Search, kept by difference: it finds what an index of all pages would, and nothing that is gone."""

import gzip
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from formats import search_index, word_lists
from formats.search_index import Index
from plugins.presentation import search, search_indexes
from tests import search_words
from tests.sites import Site, disconnect

BIRDS = ("auk", "booby", "cormorant", "darter", "egret", "frigatebird", "gull", "heron", "ibis")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A blog that is large enough for its index to be kept, and of parts; four pages may change."""
    with pytest.MonkeyPatch.context() as patch:
        for name, least in {"SMALL": 5, "SHARE": 3, "PART": 2_000}.items():
            patch.setattr(search_indexes, name, least)
        site = Site(tmp_path_factory.mktemp("built") / "site")
        for name in BIRDS:
            site.write(name, f"The {name} is a bird near the sea. Naïve {name}s fish.")
        for number in range(4):
            site.write(f"fish-{number}", f"鹈鹕怎样捕鱼 {number}", Lang="zh-cn")
        site.publish(
            "auk", text=comments("auk", 1, first="Cormorants disagree.", second="So do I.")
        )
        site.build(SEARCH=True)
        disconnect()
        shutil.copytree(site.folder, site.folder.with_name("kept"))
        yield site


@pytest.fixture
def site(built: Site) -> Iterator[Site]:
    """The same blog for each test, where it was built."""
    shutil.rmtree(built.folder)
    shutil.copytree(built.folder.with_name("kept"), built.folder)
    yield Site(built.folder)
    disconnect()


def comments(thread: str, revision: int, **bodies: str) -> str:
    said = "".join(
        f'<li class="postil-comment" id="comment-{number}"><p class="postil-meta">Pia</p>'
        f'<div class="postil-body"><p>{body}</p></div></li>\n'
        for number, body in enumerate(bodies.values(), 1)
        if body
    )
    return (
        f'<div class="postil" data-version="1" data-thread="{thread}" data-lang="en"'
        f' data-revision="{revision}" data-count="2" data-page="1" data-pages="1"'
        f' data-comments="open">\n<h2 class="postil-heading" id="comments">2 comments</h2>\n'
        f'<ol class="postil-list">\n{said}</ol>\n</div>\n'
    )


def folder(site: Site) -> Path:
    return site.output / "pagefind"


def beside(site: Site) -> int:
    """How many pages are indexed beside the whole index."""
    return len(Index(newer).pages) if (newer := folder(site) / "newer").exists() else 0


def whole(site: Site) -> Path:
    """The same blog in another place, all of it indexed at once."""
    at, site.output = site.output, site.output.with_name("whole")
    shutil.rmtree(site.output.with_name("whole-cache"), ignore_errors=True)
    cache = str(site.output.with_name("whole-cache"))
    site.build(SEARCH=True, OUTPUT_PATH=str(site.output), CACHE_PATH=cache)
    made, site.output = site.output, at
    return made / "pagefind"


def finds_what_a_whole_index_finds(site: Site) -> None:
    fresh = whole(site)
    assert search_words.found(folder(site)) == search_words.found(fresh)
    assert search_words.shown(folder(site)) == search_words.shown(fresh)


def test_what_changed_is_indexed_beside_what_stays(site: Site) -> None:
    files = {path: path.stat().st_mtime_ns for path in folder(site).rglob("*.pf_*")}
    assert list(Index(folder(site)).find(["/gull/"]))
    site.write("gull", "A gull of another feather.")
    site.build(SEARCH=True)
    assert beside(site) == 1
    assert list(search_index.stale(folder(site)).values()) == ["/gull/"]
    now = {path: path.stat().st_mtime_ns for path in files if path.exists()}
    assert len(files) - len(now) == 1  # what was shown of the page
    assert all(files[path] == at for path, at in now.items())
    finds_what_a_whole_index_finds(site)


def test_whatever_changes_the_same_is_found_as_in_a_whole_index(site: Site) -> None:
    def rename() -> None:
        (site.content / "egret.md").unlink()
        site.write("heron", "The heron, renamed.", Slug="grey-heron")

    changes: list[Callable[[], object]] = [
        lambda: site.write("new", "A skua comes late."),
        lambda: site.write("fish-1", "鹈鹕不捕鱼了", Lang="zh-cn"),
        rename,
        lambda: site.write("new", "A skua comes late, and twice."),
        lambda: site.write("fish-1", "It is English now."),
        lambda: site.write("new", "A skua comes late."),
        lambda: site.write("gull", "鹈鹕也在这里"),
        lambda: site.publish("gull", text=comments("gull", 1, one="Also said: 海鸥.")),
    ]
    kept_beside = []
    for change in changes:
        change()
        site.build(SEARCH=True)
        kept_beside.append(beside(site) > 0)
        finds_what_a_whole_index_finds(site)
    assert kept_beside.count(True) > len(changes) / 2


def test_what_is_taken_back_is_found_again(site: Site) -> None:
    before = (site.content / "gull.md").read_text("utf-8")
    site.write("gull", "Another.")
    site.build(SEARCH=True)
    (site.content / "gull.md").write_text(before, encoding="utf-8")
    site.build(SEARCH=True)
    finds_what_a_whole_index_finds(site)


def test_many_changes_make_a_whole_index_again(site: Site) -> None:
    for name in BIRDS[:5]:
        site.write(name, f"{name} anew.")
    site.build(SEARCH=True)
    assert beside(site) == 0
    assert search_index.stale(folder(site)) == {}
    finds_what_a_whole_index_finds(site)


def with_kleptoparasites(site: Site) -> None:
    """A whole index that has a word of one article."""
    site.write("skua", "Kleptoparasites are here.")
    for name in ("booby", "cormorant", "darter", "egret"):
        site.write(name, "All new.")
    site.build(SEARCH=True)
    assert beside(site) == 0
    assert "kleptoparasit" in search_words.held(folder(site))


def test_the_words_of_an_article_that_is_gone_are_in_no_list(site: Site) -> None:
    with_kleptoparasites(site)
    (site.content / "skua.md").unlink()
    site.build(SEARCH=True)
    assert list(search_index.stale(folder(site)).values()) == [""]
    assert "kleptoparasit" not in search_words.held(folder(site))
    assert "/skua/" not in search_words.shown(folder(site))
    finds_what_a_whole_index_finds(site)


def test_words_that_an_author_took_out_leave_the_lists_with_the_next_article(site: Site) -> None:
    with_kleptoparasites(site)
    site.write("skua", "They have left.")
    site.build(SEARCH=True)
    assert "/skua/" in search_index.stale(folder(site)).values()
    (site.content / "booby.md").unlink()
    site.build(SEARCH=True)
    assert set(search_index.stale(folder(site)).values()) == {""}
    assert "kleptoparasit" not in search_words.held(folder(site))
    finds_what_a_whole_index_finds(site)


@pytest.mark.parametrize("edited", [False, True])
def test_a_comment_that_a_build_finds_deleted_is_in_no_list(site: Site, edited: bool) -> None:
    if edited:
        site.write("auk", "The auk has been edited since.")
        site.build(SEARCH=True)
    assert "disagre" in search_words.held(folder(site))
    site.publish("auk", text=comments("auk", 2, first="", second="So do I."))
    site.build(SEARCH=True)
    assert "disagre" not in search_words.held(folder(site))
    finds_what_a_whole_index_finds(site)


# ---- what is taken out where no pagefind is


def rebaked(site: Site, revision: int, **bodies: str) -> None:
    """What the comment service does when it has published a thread."""
    page = site.output / "auk" / "index.html"
    site.publish("auk", text=comments("auk", revision, **bodies))
    before = page.read_bytes()
    start, end = before.index(b'<div class="postil"'), before.index(b"<!-- postil:end")
    after = before[:start] + comments("auk", revision, **bodies).encode() + before[end:]
    search_index.note(site.output, page, before, after)
    page.write_bytes(after)
    assert search_index.forget_waiting(site.output) == ""


def test_words_are_taken_out_as_though_they_had_never_been_indexed(site: Site) -> None:
    words = "Naïve cormorants can't, 鹈鹕悄悄飞走."
    site.publish("auk", text=comments("auk", 1, first="留下来 both.", second=words))
    site.build(SEARCH=True)
    assert "/auk/" in search_words.found(folder(site))["鹕"]
    assert set("悄飞") < search_words.held(folder(site))
    former = folder(site) / "cjk" / "fragment"
    former.mkdir(parents=True)
    rebaked(site, 2, first="留下来 both.", second="")
    assert search_words.found(folder(site)) == search_words.found(whole(site))
    assert "留下来 both" in search_words.shown(folder(site))["/auk/"]
    data = b"".join(gzip.decompress(path.read_bytes()) for path in folder(site).rglob("*.pf_*"))
    assert not [word for word in ("悄", "飞", "走", "can't") if word.encode() in data]
    assert not former.exists()


def test_a_new_comment_costs_the_index_nothing(site: Site) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder(site).rglob("*.*")}
    rebaked(site, 2, first="Cormorants disagree.", second="So do I.", third="And I.")
    rebaked(site, 3, first="Cormorants disagree, and more.", second="So do I.", third="And I.")
    assert {path: path.stat().st_mtime_ns for path in folder(site).rglob("*.*")} == before


def test_an_edited_comment_is_found_no_more_by_what_it_said(site: Site) -> None:
    rebaked(site, 2, first="Cormorants agree.", second="So do I.")
    assert "disagre" not in search_words.held(folder(site))
    assert "Cormorants" not in search_words.shown(folder(site))["/auk/"]
    site.build(SEARCH=True)
    finds_what_a_whole_index_finds(site)


def test_a_comment_that_comes_back_is_found_again(site: Site) -> None:
    rebaked(site, 2, first="", second="So do I.")
    rebaked(site, 3, first="Cormorants disagree.", second="So do I.")
    site.build(SEARCH=True)
    finds_what_a_whole_index_finds(site)
    rebaked(site, 4, first="", second="So do I.")
    rebaked(site, 5, first="Cormorants disagree.", second="So do I.")
    site.build(SEARCH=True)
    finds_what_a_whole_index_finds(site)


def test_a_comment_leaves_an_article_that_was_edited_since(site: Site) -> None:
    site.write("auk", "The auk has been edited since.")
    site.build(SEARCH=True)
    assert beside(site) == 1
    rebaked(site, 2, first="", second="So do I.")
    assert "disagre" not in search_words.held(folder(site))
    assert search_index.stale(folder(site)).popitem()[1] == ""
    site.build(SEARCH=True)
    finds_what_a_whole_index_finds(site)


def test_words_that_an_author_took_out_leave_the_lists_with_the_next_comment(site: Site) -> None:
    with_kleptoparasites(site)
    site.write("skua", "They have left.")
    site.build(SEARCH=True)
    rebaked(site, 2, first="", second="So do I.")
    assert "kleptoparasit" not in search_words.held(folder(site))
    site.build(SEARCH=True)
    finds_what_a_whole_index_finds(site)


def test_a_word_leaves_its_own_place_though_another_word_ends_as_it_is_written() -> None:
    pages = [[5, [3]]]
    other, word = ["a\u00c3bxy", pages, []], ["xy", pages, []]
    data = word_lists.encoded([[other, word]])
    assert data.count(word_lists.encoded(word)) == 2
    left = word_lists.with_words(data, [other, word], [other, None])
    assert left == word_lists.encoded([[other]])


def test_an_index_that_cannot_be_read_is_taken_away_rather_than_kept(site: Site) -> None:
    next((folder(site) / "index").glob("*")).write_bytes(b"no index")
    page = site.output / "auk" / "index.html"
    page.write_bytes(page.read_bytes().replace(b"disagree", b"agree"))
    said = search_index.forget(site.output, ["auk/index.html"])
    assert "removed until the next build" in said
    assert not folder(site).exists()
    site.build(SEARCH=True)
    finds_what_a_whole_index_finds(site)


# ---- what may happen to it


@pytest.mark.parametrize(
    "damaged",
    [
        "pagefind-entry.json",
        "pagefind.js",
        "changes.json",
        "pagefind.*.pf_meta",
        "index/*",
        "fragment/*",
        "newer/pagefind-entry.json",
        "newer/index/*",
        "newer/fragment/*",
        "newer",
    ],
)
def test_what_somebody_broke_is_made_anew(site: Site, damaged: str) -> None:
    site.write("gull", "Another.")
    site.build(SEARCH=True)
    site.write("ibis", "Another.")
    path = next(folder(site).glob(damaged))
    if path.is_dir():
        for each in sorted(path.rglob("*"), reverse=True):
            each.rmdir() if each.is_dir() else each.unlink()
    elif path.stem.startswith("pagefind"):
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:20])
    site.build(SEARCH=True)
    finds_what_a_whole_index_finds(site)


def test_word_lists_that_say_nothing_are_made_anew_when_words_have_to_go(site: Site) -> None:
    for path in (folder(site) / "index").glob("*"):
        path.write_bytes(bytes(path.stat().st_size))
    (site.content / "ibis.md").unlink()
    site.build(SEARCH=True)
    finds_what_a_whole_index_finds(site)


def test_a_full_disk_takes_no_index_away(site: Site) -> None:
    page = site.output / "auk" / "index.html"
    before = page.read_bytes()
    after = before.replace(b"disagree", b"agree")
    search_index.note(site.output, page, before, after)
    page.write_bytes(after)
    lists = folder(site) / "index"
    held = lists.rename(folder(site) / "held")
    lists.write_text("No folder, so nothing can be written into it.")
    with pytest.raises(NotADirectoryError):
        search_index.forget_waiting(site.output)
    lists.unlink()
    held.rename(lists)
    assert search_index.forget_waiting(site.output) == ""
    assert "disagre" not in search_words.held(folder(site))


def test_another_language_makes_another_index(site: Site) -> None:
    site.build(SEARCH=True, DEFAULT_LANG="de")
    assert set(folder(site).glob("wasm.de.*"))
    assert not set(folder(site).glob("wasm.en.*"))


def test_a_theme_that_changes_around_the_words_changes_no_index(site: Site) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder(site).rglob("*.*")}
    site.build(SEARCH=True, SITENAME="Another", SITESUBTITLE="Of another kind")
    now = {path: path.stat().st_mtime_ns for path in folder(site).rglob("*.*")}
    assert now == before


# ---- a preview


def test_a_preview_is_searched_as_before_until_there_is_time(site: Site) -> None:
    at = str(site.output)
    site.write("gull", "A gull of another feather.")
    site.build(SEARCH=True, PREVIEW=True)
    assert "feather" in site.page("gull")
    assert "feather" not in search_words.held(folder(site))
    search.catch_up(at)
    assert search_words.found(folder(site))["feather"] == {"/gull/"}
    search.catch_up(at)


def test_an_index_that_was_given_up_is_made_at_the_next_quiet_moment(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Saved(BaseException):
        pass

    def give_up(*_: object) -> None:
        raise Saved

    site.write("gull", "A gull of another feather.")
    site.build(SEARCH=True, PREVIEW=True)
    slow = tmp_path / "pagefind"
    slow.write_text("#!/bin/sh\nexec sleep 600\n")
    slow.chmod(0o755)
    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with monkeypatch.context() as patch:
            patch.setenv("PAGEFIND_BINARY_PATH", str(slow))
            with pytest.raises(Saved):
                search.catch_up(str(site.output))
    finally:
        signal.signal(signal.SIGALRM, before)
    # Whoever has saved does not wait until this is removed, a thousand files of a large blog.
    left = [path.name for path in (site.folder / "cache" / "search").rglob("*.html")]
    assert left == ["index.html"]
    search.catch_up(str(site.output))
    assert not list((site.folder / "cache" / "search").rglob("*.html"))
    assert search_words.found(folder(site))["feather"] == {"/gull/"}
