"""Folders, exports and archives that somebody names to be imported; what is none of them is refused."""

import gzip
import tarfile
import zipfile
from pathlib import Path

import pytest

from authoring import Refused
from authoring.import_site import origins, wordpress
from tests.importing import WXR, Fresh, item, posts, sample


@pytest.fixture
def fresh(tmp_path: Path) -> Fresh:
    return Fresh(tmp_path / "blog")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('<!DOCTYPE x [<!ENTITY a "b">]><rss>&a;</rss>', "no DTD"),
        ("<rss><channel>\n<item></rss>", "export.xml:2: this is not well-formed"),
        ('<!DOCTYPE x SYSTEM "http://127.0.0.1/x"><rss/>', "no DTD"),
    ],
)
def test_an_export_that_is_none_is_refused(
    tmp_path: Path, fresh: Fresh, text: str, why: str
) -> None:
    export = tmp_path / "export.xml"
    export.write_text(text)
    with pytest.raises(Refused, match=why):
        fresh.bring(export)


def test_an_export_beyond_the_limits_is_refused(
    tmp_path: Path, fresh: Fresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = tmp_path / "export.xml"
    export.write_text(WXR.format(items=item("x" * 500)))
    monkeypatch.setattr(wordpress, "MAX_ITEM_CHARS", 400)
    with pytest.raises(Refused, match="more than 400 characters"):
        fresh.bring(export)
    monkeypatch.setattr(wordpress, "MAX_ITEMS", 0)
    with pytest.raises(Refused, match="more than 0 entries"):
        fresh.bring(export)
    monkeypatch.setattr(wordpress, "MAX_FILE_BYTES", 10)
    with pytest.raises(Refused, match="larger than"):
        fresh.bring(export)


def test_what_is_no_blog_is_refused_with_what_to_name(tmp_path: Path, fresh: Fresh) -> None:
    for origin in (tmp_path / "missing.xml", tmp_path / "missing"):
        with pytest.raises(Refused, match="is not there"):
            fresh.bring(origin)
    (tmp_path / "empty").mkdir()
    with pytest.raises(Refused, match="looks like no blog"):
        fresh.bring(tmp_path / "empty")


@pytest.mark.parametrize("ending", ["zip", "tar.gz", "tar"])
def test_an_archive_of_a_site_is_as_good_as_its_folder(
    ending: str, tmp_path: Path, fresh: Fresh
) -> None:
    site = posts(tmp_path / "old", one="Text.", two="Text.")
    packed = tmp_path / f"site.{ending}"
    if ending == "zip":
        with zipfile.ZipFile(packed, "w") as archive:
            for path in site.rglob("*"):
                archive.write(path, f"my-blog/{path.relative_to(site)}")
            archive.writestr("__MACOSX/my-blog/._about.md", "rubbish")
    else:
        with tarfile.open(packed, "w:gz" if ending.endswith("gz") else "w") as archive:
            archive.add(site, "my-blog")
    fresh.bring(packed)
    assert fresh.names() == ["one.md", "two.md"]


def test_a_packed_export_is_read_as_it_is(tmp_path: Path, fresh: Fresh) -> None:
    packed = tmp_path / "export.xml.gz"
    packed.write_bytes(gzip.compress(WXR.format(items=item("Text.")).encode()))
    fresh.bring(packed)
    assert "Text." in fresh.text("gulls.md")


@pytest.mark.parametrize("name", ["../../out.md", "/out.md", "a/../../out.md", "..\\..\\out.md"])
def test_nothing_in_an_archive_leads_out_of_its_folder(
    name: str, tmp_path: Path, fresh: Fresh
) -> None:
    packed = tmp_path / "site.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("_posts/2020-01-01-one.md", "---\ntitle: One\n---\nText.")
        archive.writestr(name, "out")
    fresh.bring(packed)
    assert fresh.names() == ["one.md"]
    assert not (tmp_path / "out.md").exists()


@pytest.mark.parametrize("name", ["x.zip", "x.tar.gz", "x.gz", "x.xml", "x.json", "x.pdf", "x"])
@pytest.mark.parametrize(
    "content", [b"", b"rubbish", b"PK\x03\x04\x00", b"\x1f\x8b\x08\x00", b"{}"]
)
def test_what_cannot_be_read_is_refused_with_its_name(
    name: str, content: bytes, tmp_path: Path, fresh: Fresh
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Refused, match=name):
        fresh.bring(tmp_path / name)


def test_an_archive_beyond_the_limits_is_refused(
    tmp_path: Path, fresh: Fresh, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed = tmp_path / "export.xml.gz"
    packed.write_bytes(gzip.compress(b" " * 5000))
    monkeypatch.setattr(origins, "MAX_UNPACKED_BYTES", 4000)
    with pytest.raises(Refused, match="holds more than"):
        fresh.bring(packed)


@pytest.mark.parametrize("inside", ["", "data/"])
def test_a_backup_of_ghost_is_its_export_and_its_pictures(
    inside: str, tmp_path: Path, fresh: Fresh
) -> None:
    origin = sample("ghost", tmp_path)
    if inside:
        (origin.parent / "data").mkdir()
        origin.rename(origin.parent / "data" / origin.name)
    fresh.bring(origin.parent)
    assert (fresh.site.content / "images" / "cards" / "heron.png").is_file()


def test_several_exports_in_one_folder_are_named(tmp_path: Path, fresh: Fresh) -> None:
    for name in ("one.xml", "two.xml"):
        (tmp_path / "old").mkdir(exist_ok=True)
        (tmp_path / "old" / name).write_text(WXR.format(items=item("Text.")))
    with pytest.raises(Refused, match=r"several exports \(one.xml, two.xml\)"):
        fresh.bring(tmp_path / "old")
