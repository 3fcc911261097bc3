"""Files: a name holds the old bytes or the new ones, never a part."""

import gzip
import stat
from pathlib import Path

import brotli
import pytest

from formats import files

OLD, NEW = b"old " * 1000, b"new " * 1000


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_whole_and_its_folder_made(tmp_path: Path) -> None:
    path = tmp_path / "threads" / "a.html"
    files.write(path, OLD)
    files.write(path, NEW)
    assert path.read_bytes() == NEW
    assert names(path.parent) == ["a.html"]


def test_a_web_server_of_another_user_can_read_it(tmp_path: Path) -> None:
    files.write(tmp_path / "a", NEW)
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o644


def test_a_reader_who_holds_the_old_file_open_reads_it_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "a"
    files.write(path, OLD)
    with path.open("rb") as file:
        half = file.read(2000)
        files.write(path, NEW)
        assert half + file.read() == OLD


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "a"
    folder.mkdir()
    (folder / "inside").touch()
    with pytest.raises(OSError, match="directory"):
        files.write(folder, NEW)
    assert names(tmp_path) == ["a"]
    assert names(folder) == ["inside"]


def test_the_siblings_decompress_to_the_same_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    files.write_with_siblings(path, NEW)
    assert gzip.decompress((tmp_path / "a.html.gz").read_bytes()) == NEW
    assert brotli.decompress((tmp_path / "a.html.br").read_bytes()) == NEW
    assert files.siblings(path) == (tmp_path / "a.html.gz", tmp_path / "a.html.br")


def test_the_same_bytes_make_the_same_siblings(tmp_path: Path) -> None:
    for name in ("a", "b"):
        files.write_with_siblings(tmp_path / name, NEW)
    for kind in ("gz", "br"):
        assert (tmp_path / f"a.{kind}").read_bytes() == (tmp_path / f"b.{kind}").read_bytes()
    time_in_gzip = (tmp_path / "a.gz").read_bytes()[4:8]
    assert time_in_gzip == bytes(4), "tomorrow's would be another"


def test_the_plain_file_is_the_last_to_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a"
    files.write_with_siblings(path, NEW)
    assert all(
        sibling.stat().st_mtime_ns <= path.stat().st_mtime_ns for sibling in files.siblings(path)
    )


def test_removing_takes_the_siblings_too_and_minds_no_gap(tmp_path: Path) -> None:
    path = tmp_path / "a"
    files.write_with_siblings(path, NEW)
    files.siblings(path)[0].unlink()
    files.remove_with_siblings(path)
    assert names(tmp_path) == []


def test_two_versions_within_a_second_carry_different_seconds(tmp_path: Path) -> None:
    """A web server's ETag is made of whole seconds and the size."""
    path = tmp_path / "thread.html"
    seconds = []
    for text in (b"revision 12", b"revision 13", b"revision 14"):
        files.write_with_siblings(path, text)
        seconds.append(int(path.stat().st_mtime))
        for sibling in files.siblings(path):
            assert sibling.stat().st_mtime_ns == path.stat().st_mtime_ns
    assert len(set(seconds)) == 3


def test_what_a_killed_process_left_half_written_is_swept_away(tmp_path: Path) -> None:
    files.write(tmp_path / "threads" / "a.html", NEW)
    (tmp_path / "threads" / f"{files.TEMPORARY}abc").write_bytes(b"hal")
    files.sweep(tmp_path)
    assert names(tmp_path / "threads") == ["a.html"]


def test_an_unchanged_file_keeps_its_time(tmp_path: Path) -> None:
    path = tmp_path / "threads.json"
    assert files.update(path, OLD)
    before = path.stat()
    assert not files.update(path, OLD)
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert files.update(path, NEW)
    assert path.read_bytes() == NEW


def test_rewriting_renews_the_siblings_that_are_there_and_makes_none(tmp_path: Path) -> None:
    path = tmp_path / "a.html"
    files.write(path, OLD)
    files.rewrite(path, NEW)
    assert names(tmp_path) == ["a.html"]
    gz, br = files.siblings(path)
    br.write_bytes(b"old")
    files.rewrite(path, OLD, files.THOROUGH)
    assert not gz.exists()
    assert brotli.decompress(br.read_bytes()) == path.read_bytes() == OLD
    assert br.stat().st_mtime_ns == path.stat().st_mtime_ns
