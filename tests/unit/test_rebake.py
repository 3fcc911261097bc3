"""Pages: the newest snapshot, in the article's own HTML, and nothing outside of the built site."""

import gzip
from pathlib import Path
from typing import Any

import brotli
import pytest
from filelock import FileLock
from flask import Flask

from comments_service.config import Settings
from comments_service.publishing import publisher, rebake, unbaked
from comments_service.supervision import Faults
from formats import bake, files
from formats import snapshots as read
from tests import make

ARTICLE = """<!doctype html>
<title>Pelicans</title>
<p>Comments: <!-- postil:count pelicans -->0<!-- postil:count-end --></p>
<a href="#comments"><!-- postil:heading pelicans -->Comments<!-- postil:heading-end --></a>
<p>Other: <!-- postil:count pelicans-two -->7<!-- postil:count-end --></p>
<!-- postil:begin pelicans en -->
<p class="postil-missing">…</p>
<!-- postil:end pelicans -->
<footer>After.</footer>
"""


def fragment(revision: int, words: str = "Words.") -> bytes:
    return (
        f'<div class="postil" data-version="1" data-thread="pelicans" data-lang="en"'
        f' data-revision="{revision}" data-count="1">{words}</div>\n'
    ).encode()


@pytest.fixture
def output(tmp_path: Path) -> Path:
    folder = tmp_path / "output"
    (folder / "pelicans").mkdir(parents=True)
    (folder / "pelicans" / "index.html").write_text(ARTICLE)
    return folder


def baked(revision: int, words: str = "Words.") -> rebake.Bake:
    new = read.thread(fragment(revision, words), "pelicans")
    return lambda page: bake.thread(page, "pelicans", new)


def test_a_page_is_replaced_whole_and_its_siblings_only_where_there_are_any(output: Path) -> None:
    page = output / "pelicans" / "index.html"
    assert rebake.rewrite(output, page, baked(1))
    assert not rebake.rewrite(output, page, baked(1))
    assert sorted(each.name for each in page.parent.iterdir()) == ["index.html"]
    for sibling in files.siblings(page):
        sibling.write_bytes(b"old")
    assert rebake.rewrite(output, page, baked(2, "New."))
    gz, br = files.siblings(page)
    assert gzip.decompress(gz.read_bytes()) == brotli.decompress(br.read_bytes())
    assert gzip.decompress(gz.read_bytes()) == page.read_bytes()
    assert b"New." in page.read_bytes()


def test_while_a_build_holds_the_lock_nothing_is_baked(output: Path) -> None:
    page = output / "pelicans" / "index.html"
    with FileLock(f"{output}.lock"), pytest.raises(rebake.Busy):
        rebake.rewrite(output, page, baked(1))
    assert page.read_text("utf-8") == ARTICLE
    assert rebake.rewrite(output, page, baked(1))


@pytest.mark.parametrize(
    ("site", "url"),
    [
        ("http://blog.test", "http://blog.test/pelicans/"),
        ("http://blog.test", "http://blog.test/pelicans/index.html"),
        ("http://blog.test", "http://blog.test/pel%69cans/?utm_source=x#top"),
        ("http://blog.test/deep/blog", "http://blog.test/deep/blog/pelicans/"),
    ],
)
def test_an_articles_address_leads_to_its_file(output: Path, site: str, url: str) -> None:
    assert rebake.built_page(output, site, url) == output / "pelicans" / "index.html"


@pytest.mark.parametrize(
    "url",
    [
        "http://blog.test/../secret.html",
        "http://blog.test/pelicans/../../secret.html",
        "http://blog.test/%2e%2e/secret.html",
        "http://blog.test/..%2fsecret.html",
        "http://blog.test//etc/passwd",
        "http://blog.test/%2fetc/passwd",
        "http://blog.test/outside/secret.html",
        "http://blog.test/pelicans",
        "http://blog.test/missing/",
        "http://blog.test/missing.html",
        "http://blog.test/a%00b.html",
        pytest.param("http://blog.test/" + "a" * 5000, id="endless"),
    ],
)
def test_no_address_leads_out_of_the_built_site(output: Path, tmp_path: Path, url: str) -> None:
    (tmp_path / "secret.html").write_text("secret")
    (output / "outside").symlink_to(tmp_path)
    assert rebake.built_page(output, "http://blog.test", url) is None


def test_a_page_of_another_site_path_is_not_ours(output: Path) -> None:
    url = "http://blog.test/pelicans/"
    assert rebake.built_page(output, "http://blog.test/blog", url) is None


def test_a_thread_is_baked_into_the_page_of_each_language(
    app: Flask, settings: Settings, output: Path
) -> None:
    (output / "zh").mkdir()
    (output / "zh" / "index.html").write_text(ARTICLE.replace("pelicans en", "pelicans zh-cn"))
    make.thread(translations=[{"lang": "zh-cn", "url": "http://blog.test/zh/", "title": "鹈鹕"}])
    make.comment(body="They plunge.")
    publisher.publish_behind(settings)
    assert rebake.pages("pelicans", settings) == 2
    assert rebake.pages("pelicans", settings) == 0
    english = (output / "pelicans" / "index.html").read_text("utf-8")
    assert "They plunge." in english
    assert "<!-- postil:count pelicans -->1<!-- postil:count-end -->" in english
    assert "<!-- postil:heading pelicans -->1 comment<!-- postil:heading-end -->" in english
    chinese = (output / "zh" / "index.html").read_text("utf-8")
    assert 'data-lang="zh-cn"' in chinese
    assert "<!-- postil:heading pelicans -->1 条评论<!-- postil:heading-end -->" in chinese


def test_without_a_built_page_or_a_snapshot_nothing_is_baked(
    app: Flask, settings: Settings, output: Path
) -> None:
    make.thread("gulls")
    make.thread()
    assert rebake.pages("pelicans", settings) == 0
    publisher.publish_behind(settings)
    assert rebake.pages("gulls", settings) == 0


def listing(output: Path, name: str, *threads: str) -> Path:
    """A page that lists these articles."""
    page = output / name
    page.write_text(
        "".join(
            f"<!-- postil:listed {each} en /{each}/#comments --><!-- postil:listed-end -->"
            for each in threads
        )
    )
    return page


def test_a_list_of_articles_is_written_once_however_many_got_comments(
    app: Flask, settings: Settings, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["gulls", "pelicans", "terns"]
    first, second = (listing(output, name, *names) for name in ("index.html", "all.html"))
    for each in names:
        make.thread(each)
        make.comment(each)
    publisher.publish_behind(settings)
    written: list[Path] = []
    really = files.rewrite

    def counting(path: Path, *given: Any) -> None:
        written.append(path)
        really(path, *given)

    monkeypatch.setattr(files, "rewrite", counting)
    assert rebake.bake_waiting(settings, Faults(), set()) == 3
    assert sorted(written) == sorted([first, second, output / "pelicans" / "index.html"])
    assert first.read_text().count("1 comment</a>") == len(names)
    assert unbaked.waiting(settings) == {}


def test_a_list_that_cannot_be_written_keeps_those_waiting_that_it_lists(
    app: Flask, settings: Settings, output: Path
) -> None:
    first = listing(output, "index.html", "gulls", "pelicans")
    second = listing(output, "second.html", "terns")
    # A folder where a compressed form was: nobody, not even root, writes this page.
    obstacle = Path(f"{first}.gz")
    obstacle.mkdir()
    for each in ("gulls", "pelicans", "terns"):
        make.thread(each)
        make.comment(each)
    publisher.publish_behind(settings)
    faults = Faults()
    rebake.bake_waiting(settings, faults, set())
    assert "1 comment</a>" in second.read_text()
    assert "1 comment" in (output / "pelicans" / "index.html").read_text("utf-8")
    assert unbaked.waiting(settings).keys() == {"gulls", "pelicans"}
    assert {"The page of gulls", "The page of pelicans"} < faults.known.keys()
    obstacle.rmdir()
    rebake.bake_waiting(settings, Faults(), set())
    assert first.read_text().count("1 comment</a>") == 2
    assert unbaked.waiting(settings) == {}


def test_sweeping_waits_for_a_build_and_needs_no_site(output: Path, tmp_path: Path) -> None:
    left = output / "pelicans" / f"{files.TEMPORARY}abc"
    left.touch()
    with FileLock(f"{output}.lock"), pytest.raises(rebake.Busy):
        rebake.sweep(output)
    assert left.exists()
    rebake.sweep(output)
    assert not left.exists()
    rebake.sweep(tmp_path / "nowhere")
