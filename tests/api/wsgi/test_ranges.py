"""Files: parts of them, large ones piece by piece, and which names have an address."""

import gzip
import os
import tracemalloc
from pathlib import Path
from typing import Any

import brotli
import pytest

from comments_service.config import Settings
from comments_service.static_files import Files
from formats import files
from tests.api.wsgi.steps import LONG, Entered, ask

FILM = os.urandom(3_000_000)
TEXT = LONG.encode() * 1000


@pytest.fixture(autouse=True)
def more(settings: Settings) -> Path:
    output = Path(settings.output)
    (output / "film.mp4").write_bytes(FILM)
    files.write_with_siblings(output / "long.txt", TEXT)
    (output / "unpacked.txt").write_bytes(TEXT)
    (output / "empty.bin").write_bytes(b"")
    (output / ".well-known").mkdir()
    (output / ".well-known/security.txt").write_text("Contact: mailto:a@example.org")
    (output / ".well-known/.secret").write_text("SECRET")
    (output / "data.tar.gz").write_bytes(gzip.compress(b"an archive of its own"))
    return output


# Small ones are in memory, large ones are not.
SIZES = pytest.mark.parametrize("path", ["/film.mp4", "/bird.png", "/long.txt"])


@SIZES
@pytest.mark.parametrize(
    ("asked", "begin", "end"),
    [
        ("bytes=0-1", 0, 2),
        ("bytes=10-", 10, None),
        ("bytes=-7", -7, None),
        ("bytes=-99999999", 0, None),
        ("bytes=100-99999999", 100, None),
        ("bytes=0-0", 0, 1),
    ],
)
def test_one_range_is_answered_alone(
    place: Any, path: str, asked: str, begin: int, end: int | None
) -> None:
    whole = ask(place, path)
    assert whole.headers["Accept-Ranges"] == "bytes"
    answer = ask(place, path, Range=asked)
    expected = whole.data[begin:end]
    assert (answer.status_code, answer.data) == (206, expected)
    first = begin % len(whole.data)
    assert answer.headers["Content-Length"] == str(len(expected))
    assert answer.headers["Content-Range"] == (
        f"bytes {first}-{first + len(expected) - 1}/{len(whole.data)}"
    )
    for name in ("ETag", "Content-Type", "Cache-Control", "X-Content-Type-Options", "Vary"):
        assert answer.headers[name] == whole.headers[name]


@SIZES
@pytest.mark.parametrize(
    "asked",
    ["bytes=0-1,4-5", "bytes=-", "bytes=5-2", "bytes=a-b", "lines=0-1", "bytes", "bytes=+1-2"],
)
def test_several_ranges_and_what_is_none_are_answered_with_the_whole(
    place: Any, path: str, asked: str
) -> None:
    answer = ask(place, path, Range=asked)
    assert answer.status_code == 200
    assert "Content-Range" not in answer.headers
    assert answer.data == ask(place, path).data


@SIZES
@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=-0", f"bytes={'9' * 19}-"])
def test_a_range_beyond_the_end_is_416_and_says_the_size(place: Any, path: str, asked: str) -> None:
    answer = ask(place, path, Range=asked)
    assert (answer.status_code, answer.data) == (416, b"")
    assert answer.headers["Content-Range"] == f"bytes */{len(ask(place, path).data)}"
    assert ask(place, "/empty.bin", Range="bytes=0-").status_code == 416


@SIZES
def test_a_part_belongs_to_the_version_that_was_begun(place: Any, path: str) -> None:
    tag = ask(place, path).headers["ETag"]
    assert ask(place, path, Range="bytes=1-2", If_Range=tag).status_code == 206
    for other in ('"other"', f"W/{tag}", "Mon, 23 Nov 2026 10:00:00 GMT"):
        assert ask(place, path, Range="bytes=1-2", If_Range=other).status_code == 200
    # Whoever has it whole is told so before any range.
    assert ask(place, path, Range="bytes=1-2", If_None_Match=tag).status_code == 304


def test_a_head_and_the_page_that_is_not_there_have_no_parts(place: Any) -> None:
    head = ask(place, "/film.mp4", "HEAD", Range="bytes=0-1")
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["Content-Length"] == str(len(FILM))
    assert ask(place, "/nothing", Range="bytes=0-1").status_code == 404


def test_parts_of_a_compressed_form_make_up_that_form(place: Any) -> None:
    whole = ask(place, "/long.txt", Accept_Encoding="br")
    assert whole.headers["Content-Encoding"] == "br"
    first = ask(place, "/long.txt", Accept_Encoding="br", Range="bytes=0-99")
    rest = ask(
        place,
        "/long.txt",
        Accept_Encoding="br",
        Range="bytes=100-",
        If_Range=first.headers["ETag"],
    )
    assert brotli.decompress(first.data + rest.data) == TEXT
    # A large one without siblings is not compressed for each reader.
    plain = ask(place, "/unpacked.txt", Accept_Encoding="br")
    assert "Content-Encoding" not in plain.headers
    assert plain.data == TEXT


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "headers", [{}, {"Range": "bytes=5-"}, {"Range": "bytes=99999999-"}, {"If_None_Match": "*"}]
)
def test_a_large_file_is_neither_read_nor_left_open(
    settings: Settings, method: str, headers: dict[str, str]
) -> None:
    place = Files(settings)
    asked = {name.lower().replace("_", "-"): each for name, each in headers.items()}
    place.answer("GET", "/small.txt", "", asked)
    opened = Path("/proc/self/fd")
    before = len(list(opened.iterdir()))
    tracemalloc.start()
    answer = place.answer(method, "/film.mp4", "", asked)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert answer is not None
    assert not isinstance(answer.body, bytes)
    assert peak < 100_000
    assert len(list(opened.iterdir())) == before


# ---- names


def test_what_is_well_known_is_served_and_nothing_hidden_in_it(place: Any) -> None:
    assert ask(place, "/.well-known/security.txt").text.startswith("Contact")
    for path in (
        "/.well-known/.secret",
        "/.well-known/../.env",
        "/.well-known/../../secret.html",
        "/pelicans/.well-known/security.txt",
        "/.well-known/.well-known/security.txt",
        "/.well-known//.env",
        "/.well-known",
    ):
        answer = ask(place, path)
        assert answer.status_code == 404, path
        assert "SECRET" not in answer.text


@pytest.mark.parametrize("suffix", [".gz", ".br"])
def test_a_sibling_has_no_address_and_an_archive_has(place: Any, more: Path, suffix: str) -> None:
    files.write_with_siblings(more / "pelicans/index.html", TEXT)
    for path in (f"/pelicans/index.html{suffix}", f"/long.txt{suffix}"):
        assert (more / path.removeprefix("/")).exists()
        assert ask(place, path).status_code == 404
    assert ask(place, "/data.tar.gz").status_code == 200
    with pytest.raises(Entered):
        ask(place, f"/comments/threads/pelicans.html{suffix}")
