"""What of a blog is sent after an edit: the files that it changes, named one by one, wherever they are sent."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from authoring.publish import history
from authoring.publish.targets import Branch, Bucket, Folder, Rsync
from tests.sites import Site
from tests.storage import Storage, storage

Place = Folder | Rsync | Bucket | Branch

# What tells of every article: lists, feeds, maps.
LISTS = {
    *("index.html", "archives.html", "feeds/all.json", "feeds/all.atom.xml"),
    *("threads.json", "llms.txt"),
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    with storage(tmp_path_factory.mktemp("storage")) as started:
        (started.folder / "blog").mkdir()
        yield started


@pytest.fixture
def places(running: Storage, tmp_path: Path) -> list[Place]:
    repository = tmp_path / "repository.git"
    subprocess.run(["git", "init", "-q", "--bare", repository], check=True)
    places: list[Place] = [Folder(tmp_path / "www"), Branch(str(repository))]
    places.append(Bucket("blog", tmp_path.name, running.environ))
    if shutil.which("rsync"):
        (tmp_path / "there").mkdir()
        places.append(Rsync(str(tmp_path / "there")))
    return places


class Published:
    """A blog of twelve articles, which readers have."""

    def __init__(self, site: Site, places: list[Place]) -> None:
        self.site, self.places = site, places
        for number in range(12):
            site.write(
                f"n{number}",
                f"Words of {number}.",
                Tags=f"t{number % 2}",
                Category=f"c{number % 3}",
                Date=f"2026-01-{number + 1:02}",
                Summary="So.",
            )
        self.sent()

    def sent(self) -> set[str]:
        """Build and send: what was sent, with its sign; the same everywhere."""
        self.site.build(
            COMPRESS=True, FEED_ALL_ATOM="feeds/all.atom.xml", SHARE_PICTURES=False, SEARCH=False
        )
        told = []
        for place in self.places:
            changes = {str(change).strip() for change in place.send(self.site.output, really=True)}
            # A branch has no packed copies, and says to its host that the site is finished.
            apart = (".gz", ".br", " .nojekyll")
            told.append({each for each in changes if not each.endswith(apart)})
            assert place.send(self.site.output, really=True) == []
        assert all(each == told[0] for each in told)
        return told[0]


@pytest.fixture
def blog(site: Site, places: list[Place]) -> Published:
    return Published(site, places)


def test_nothing_is_sent_twice(blog: Published) -> None:
    assert blog.sent() == set()


def test_an_edit_sends_its_page_and_the_feeds_that_have_its_text(blog: Published) -> None:
    blog.site.write(
        "n3", "Other words.", Tags="t1", Category="c0", Date="2026-01-04", Summary="So."
    )
    sent = blog.sent()
    assert sent == {f"~ {name}" for name in showing(blog.site, "Other words.")}
    assert {"~ n3/index.html", "~ feeds/all.json", "~ feeds/all.atom.xml"} <= sent
    assert all(line.startswith(("~ n3/", "~ feeds/")) for line in sent)


def showing(site: Site, words: str) -> set[str]:
    """Every file in which these words stand."""
    found = (path for path in site.output.rglob("*") if path.suffix not in (".gz", ".br"))
    return {
        path.relative_to(site.output).as_posix()
        for path in found
        if path.is_file() and words.encode() in path.read_bytes()
    }


def test_a_title_sends_what_shows_it(blog: Published) -> None:
    keys = {"Tags": "t1", "Category": "c0", "Date": "2026-01-04", "Summary": "So."}
    blog.site.write("n3", "Words of 3.", **{**keys, "Title": "Marabou"})
    sent = blog.sent()
    assert sent == {f"~ {name}" for name in showing(blog.site, "Marabou")}
    assert {"~ n3/index.html", "~ index.html", "~ threads.json", "~ llms.txt"} <= sent
    assert len(sent) < 24


def test_a_new_text_sends_itself_and_what_tells_of_it(blog: Published) -> None:
    blog.site.write("marabou", "New.", Tags="t1", Category="c0", Date="2026-01-31", Summary="So.")
    sent = blog.sent()
    assert "+ marabou/index.html" in sent
    assert {f"~ {name}" for name in LISTS} | {"~ sitemap.xml", "~ tag/t1.html"} <= sent
    # Neither the tag that it has not, nor pages of other texts but its neighbour's and its relatives'.
    assert not {"~ tag/t0.html", "~ n4/index.html"} & sent
    assert all(line.startswith(("+ marabou/", "~ ")) for line in sent)


def test_a_deleted_text_is_taken_away_and_sends_what_told_of_it(blog: Published) -> None:
    told_before = showing(blog.site, "/n3/")
    (blog.site.content / "n3.md").unlink()
    sent = blog.sent()
    assert {line for line in sent if not line.startswith("~")} == {"- n3/index.html"}
    assert {f"~ {name}" for name in told_before - {"n3/index.html"}} <= sent
    assert not any(line.endswith((".css", ".js")) for line in sent)


def test_a_file_that_was_changed_at_the_place_is_put_right(blog: Published, tmp_path: Path) -> None:
    (tmp_path / "www" / "n3" / "index.html").write_text("Somebody else's.")
    if shutil.which("rsync"):
        (tmp_path / "there" / "n3" / "index.html").write_text("Somebody else's.")
    for place in blog.places:
        changes = {str(change).strip() for change in place.send(blog.site.output, really=True)}
        touched = isinstance(place, Folder | Rsync)
        assert changes == ({"~ n3/index.html"} if touched else set())


def test_what_is_kept_is_not_read_again_and_is_the_same(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.write("fish")
    site.write("bird")
    site.publish("fish", words="A reader's.")
    site.build(COMPRESS=True)
    kept = history.Publications(tmp_path / "kept")
    kept.keep(site.output)
    read: list[str] = []
    without = history._without_words

    def noted(folder: Path, name: str) -> bytes | None:
        read.append(name)
        return without(folder, name)

    monkeypatch.setattr(history, "_without_words", noted)
    kept.keep(site.output)
    assert (read, len(kept.names())) == ([], 1)
    site.write("bird", "Other words.")
    site.build(COMPRESS=True)
    kept.keep(site.output)
    assert "bird/index.html" in read
    assert not {"fish/index.html", "fish/index.html.gz"} & set(read)
    new = kept.builds / kept.names()[-1]
    assert b"Other words." in (new / "bird" / "index.html").read_bytes()
    assert b"A reader's." not in (new / "fish" / "index.html").read_bytes()
    kept.seen.unlink()
    kept.keep(site.output)
    assert len(kept.names()) == 2
