"""Files: a name holds the old bytes or the new ones, never a part."""

import errno
import gzip
import os
import stat
import threading
from collections.abc import Iterator
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


def test_many_files_are_replaced_when_all_of_them_are_written_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / f"{number}" / "a" for number in range(3)]
    files.write(paths[0], OLD)

    def given(fail: bool) -> Iterator[tuple[Path, bytes, int]]:
        for path in paths:
            yield path, NEW, 1_600_000_000_000_000_000
            assert files.says(paths[0], OLD)
        if fail:
            raise OSError("disk full")

    for most in (1, 32):
        monkeypatch.setattr(files, "SYNC_EACH", most)
        with pytest.raises(OSError, match="disk full"):
            files.write_many(given(True))
        assert paths[0].read_bytes() == OLD
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == paths[:1]
    files.write_many(given(False))
    assert [path.read_bytes() for path in paths] == [NEW] * 3
    assert {path.stat().st_mtime for path in paths} == {1_600_000_000}


@pytest.mark.parametrize("disks", [1, 2])
def test_files_that_are_whole_are_moved_or_copied_to_another_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, disks: int
) -> None:
    made = [tmp_path / "made" / name for name in ("a", "b")]
    for path in made:
        files.write(path, NEW, 1_600_000_000_000_000_000)
        path.chmod(0o600)
    known = {path.stat().st_ino for path in made}
    if disks > 1:
        replace = Path.replace

        def elsewhere(path: Path, target: Path) -> Path:
            if path.parent != target.parent:
                raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
            return replace(path, target)

        monkeypatch.setattr(Path, "replace", elsewhere)
    files.write(tmp_path / "site" / "a", OLD)
    files.move_many([(path, tmp_path / "site" / path.name) for path in made])
    there = [tmp_path / "site" / name for name in ("a", "b")]
    assert [path.read_bytes() for path in there] == [NEW] * 2
    assert names(tmp_path / "site") == ["a", "b"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in there} == {0o644}
    assert min(path.stat().st_mtime for path in there) > 1_700_000_000
    assert (known == {path.stat().st_ino for path in there}) == (disks == 1)


def test_what_cannot_be_moved_is_told(tmp_path: Path) -> None:
    files.write(tmp_path / "a", NEW)
    (tmp_path / "b" / "c").mkdir(parents=True)
    with pytest.raises(OSError, match="b"):
        files.move_many([(tmp_path / "a", tmp_path / "b")])
    assert (tmp_path / "a").read_bytes() == NEW


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


@pytest.mark.parametrize("size", [0, 1, 65_535, 65_536, 200_000])
def test_whatever_its_size_a_file_comes_out_as_it_went_in(size: int) -> None:
    data = (b"Words that come again, %d times. " * 6_100)[:size]
    assert brotli.decompress(files.packed(data, ".br", files.THOROUGH)) == data
    assert gzip.decompress(files.packed(data, ".gz", files.THOROUGH)) == data


def test_a_folder_is_looked_through_while_somebody_else_removes_files(tmp_path: Path) -> None:
    (tmp_path / "stays").write_bytes(OLD)
    over = threading.Event()

    def come_and_go() -> None:
        while not over.is_set():
            for number in range(20):
                (tmp_path / f"{number}").touch()
            for number in range(20):
                (tmp_path / f"{number}").unlink()

    other = threading.Thread(target=come_and_go)
    other.start()
    try:
        for _ in range(500):
            assert files.stamps(tmp_path)["stays"][0] == len(OLD)
    finally:
        over.set()
        other.join()


def test_what_is_put_is_there_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "made" / "picture.png"
    files.put(path, b"old")
    path.with_name("taken").mkdir()
    with pytest.raises(IsADirectoryError):
        files.put(path.with_name("taken"), b"new")
    files.put(path, b"new")
    assert path.read_bytes() == b"new"
    assert sorted(each.name for each in path.parent.iterdir()) == ["picture.png", "taken"]
