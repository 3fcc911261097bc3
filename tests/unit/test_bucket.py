"""Publishing to a real S3 storage on this machine: what is sent, as what, and what stays."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import obstore
import pytest

from authoring import Refused
from authoring.publish.targets import Bucket, bucket, target
from tests.sites import ROOT
from tests.storage import SECRET, Storage, storage
from tests.unit.sending import only_what_changed_is_sent, signs


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    with storage(tmp_path_factory.mktemp("storage")) as started:
        yield started


@pytest.fixture
def stored(running: Storage) -> Iterator[Storage]:
    """The storage with an empty bucket, `blog`."""
    (running.folder / "blog").mkdir()
    yield running
    shutil.rmtree(running.folder / "blog")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Four files of a site, as a build leaves them."""
    folder = tmp_path / "site"
    for name in ("index.html", "theme/site.0123abcd.css", "one/index.html", "feeds/all.atom.xml"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"This is {name}.")
    (folder / "index.html.gz").write_bytes(b"smaller")
    return folder


def names(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def test_only_what_changed_is_sent_and_what_is_gone_is_removed(stored: Storage, site: Path) -> None:
    place = Bucket("blog", "", stored.environ)
    there = stored.folder / "blog"
    (there / "theirs.txt").write_text("Somebody else's.")
    first = ["+feeds/all.atom.xml", "+index.html", "+one/index.html", "+theme/site.0123abcd.css"]
    assert signs(place.send(site, really=False)) == first
    assert names(there) == ["theirs.txt"]
    assert signs(place.send(site, really=True)) == first
    assert names(there) == sorted([".postil-published", "theirs.txt", *(n[1:] for n in first)])
    assert place.send(site, really=True) == []
    only_what_changed_is_sent(place, site, there, untouched="theme/site.0123abcd.css")


def test_a_part_of_a_site_leaves_the_rest_as_it_is(
    stored: Storage, site: Path, tmp_path: Path
) -> None:
    place = Bucket("blog", "", stored.environ)
    place.send(site, really=True)
    part = tmp_path / "part"
    part.mkdir()
    (part / "index.html").write_text("With a comment.")
    assert signs(place.send(part, really=True, whole=False)) == ["~index.html"]
    assert place.send(part, really=True, whole=False) == []
    gone = ["-feeds/all.atom.xml", "-one/index.html", "-theme/site.0123abcd.css"]
    assert signs(place.send(part, really=True)) == gone


def test_a_prefix_is_a_folder_of_the_bucket_and_nothing_beside_it_is_touched(
    stored: Storage, site: Path
) -> None:
    there = stored.folder / "blog"
    (there / "index.html").write_text("Another site.")
    place = target("s3:blog/notes/2026/", ROOT, stored.environ)
    place.send(site, really=True)
    assert (there / "notes/2026/one/index.html").exists()
    shutil.rmtree(site / "one")
    place.send(site, really=True)
    assert names(there / "notes") == [
        "2026/.postil-published",
        "2026/feeds/all.atom.xml",
        "2026/index.html",
        "2026/theme/site.0123abcd.css",
    ]
    assert (there / "index.html").read_text() == "Another site."


def test_every_object_says_its_type_and_how_long_it_may_be_kept(
    stored: Storage, site: Path
) -> None:
    place = Bucket("blog", "", stored.environ)
    place.send(site, really=True)
    year, always = "public, max-age=31536000, immutable", "no-cache"
    for name, kind, kept in (
        ("index.html", "text/html; charset=utf-8", always),
        ("theme/site.0123abcd.css", "text/css; charset=utf-8", year),
        ("feeds/all.atom.xml", "application/atom+xml; charset=utf-8", always),
        (".postil-published", "text/plain; charset=utf-8", always),
    ):
        told = obstore.get(place.store(), name).attributes
        assert (told["Content-Type"], told["Cache-Control"]) == (kind, kept), name


def test_what_somebody_changed_or_removed_there_is_sent_again(stored: Storage, site: Path) -> None:
    place = Bucket("blog", "", stored.environ)
    place.send(site, really=True)
    (stored.folder / "blog" / "index.html").write_text("Defaced.")
    (stored.folder / "blog" / "one" / "index.html").unlink()
    assert signs(place.send(site, really=True)) == ["+one/index.html", "~index.html"]
    assert (stored.folder / "blog" / "index.html").read_text() == "This is index.html."


def test_a_file_in_several_parts_is_sent_once(
    stored: Storage, site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bucket, "PART_BYTES", 5 * 1024 * 1024)
    (site / "talk.mp4").write_bytes(os.urandom(11_000_000))
    place = Bucket("blog", "", stored.environ)
    assert "+talk.mp4" in signs(place.send(site, really=True))
    assert (stored.folder / "blog" / "talk.mp4").stat().st_size == 11_000_000
    assert place.send(site, really=True) == []


def test_what_was_sent_before_a_failure_is_known_and_the_rest_follows(
    stored: Storage, site: Path
) -> None:
    place = Bucket("blog", "", stored.environ)
    # Where a page should be, the storage has a folder: that one page cannot be put.
    (stored.folder / "blog" / "one" / "index.html").mkdir(parents=True)
    (stored.folder / "blog" / "one" / "index.html" / "x").write_text("In the way.")
    with pytest.raises(Refused, match="was not completed"):
        place.send(site, really=True)
    assert (stored.folder / "blog" / "theme" / "site.0123abcd.css").exists()
    shutil.rmtree(stored.folder / "blog" / "one" / "index.html")
    assert "+one/index.html" in (again := signs(place.send(site, really=True)))
    assert not [each for each in again if "theme" in each or "feeds" in each]
    (site / "feeds" / "all.atom.xml").unlink()
    assert signs(place.send(site, really=True)) == ["-feeds/all.atom.xml"]


def test_no_page_is_sent_before_what_it_shows(stored: Storage, site: Path) -> None:
    there = stored.folder / "blog"
    (there / "theme" / "site.0123abcd.css").mkdir(parents=True)
    (there / "theme" / "site.0123abcd.css" / "x").write_text("In the way.")
    with pytest.raises(Refused):
        Bucket("blog", "", stored.environ).send(site, really=True)
    assert not (there / "index.html").exists()
    assert not (there / "one" / "index.html").exists()


def test_a_list_that_was_tampered_with_removes_nothing_that_is_not_in_the_folder(
    stored: Storage, site: Path
) -> None:
    (stored.folder / "blog" / "precious").write_text("Mine.")
    place = Bucket("blog", "site", stored.environ)
    place.send(site, really=True)
    with (stored.folder / "blog" / "site" / ".postil-published").open("a") as listed:
        listed.write("x y ../precious\nx y /precious\nx y precious\nno line of ours\n")
    assert place.send(site, really=True) == []
    assert (stored.folder / "blog" / "precious").exists()


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"AWS_ACCESS_KEY_ID": ""}, r"AWS_ACCESS_KEY_ID is not set(.|\n)*AWS_ACCESS_KEY_ID=…"),
        (
            {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""},
            r"AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set",
        ),
        ({"AWS_ACCESS_KEY_ID": "another-key-entirely"}, r"The storage does not know this key"),
        ({"AWS_SECRET_ACCESS_KEY": "wrong-but-secret"}, r"The secret is not the one"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, r"Is there a connection to the Internet"),
        (
            {"AWS_ENDPOINT_URL": "http://me:wrong-but-secret@127.0.0.1:9"},
            r" at http://127\.0\.0\.1",
        ),
        ({"AWS_ENDPOINT_URL": "s3.example.org"}, r"is no address(.|\n)*https://"),
        ({"bucket": "nobodys"}, r"NoSuchBucket(.|\n)*There is no bucket of that name. Make it"),
    ],
    ids=[
        "no key",
        "no keys",
        "unknown key",
        "wrong secret",
        "no network",
        "a password in the address",
        "no address",
        "no bucket",
    ],
)
def test_what_is_wrong_is_told_with_a_remedy_and_without_secrets(
    stored: Storage, site: Path, changed: dict[str, str], told: str
) -> None:
    environ = {**stored.environ, **changed}
    place = Bucket(environ.pop("bucket", "blog"), "", environ)
    with pytest.raises(Refused, match=told) as refused:
        place.send(site, really=True)
    assert SECRET not in str(refused.value)
    assert "wrong-but-secret" not in f"{refused.value} {place!r}"
    assert len(str(refused.value)) < 600
    assert names(stored.folder / "blog") == []
