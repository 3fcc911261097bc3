"""What is answered before Flask is entered: snapshots, the embed and the built blog."""

import gzip
import os
import time
from pathlib import Path
from typing import Any

import brotli
import pytest

from comments_service import static_files
from comments_service.config import Settings
from formats import files
from tests.api.wsgi.steps import (
    HOSTILE,
    HOSTILE_SNAPSHOTS,
    LONG,
    PAGES,
    SNAPSHOTS,
    Entered,
    ask,
    plain,
)


@pytest.mark.parametrize("path", PAGES + SNAPSHOTS)
def test_what_readers_read_is_answered_before_flask(place: Any, path: str) -> None:
    for method in ("GET", "HEAD"):
        answer = ask(place, path, method)
        assert answer.status_code == 200
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["ETag"]
        assert bool(answer.data) is (method == "GET")
        assert int(answer.headers["Content-Length"]) > 0


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/comments/threads/pelicans"),
        ("GET", "/comments/threads/gulls"),
        ("GET", "/comments/api/v1/me"),
        ("GET", "/comments/moderation/"),
        ("GET", "/comments/"),
        ("POST", "/comments/threads/pelicans.html"),
        ("POST", "/pelicans/"),
        ("DELETE", "/"),
        ("OPTIONS", "/comments/counts.json"),
    ],
)
def test_everything_else_goes_on_to_flask(place: Any, method: str, path: str) -> None:
    with pytest.raises(Entered):
        ask(place, path, method)


@pytest.mark.parametrize("encoding", ["", "gzip", "br"])
def test_a_style_stands_in_a_layer_for_our_pages_and_in_none_for_others(
    place: Any, encoding: str
) -> None:
    def style(path: str) -> str:
        body = ask(place, path, Accept_Encoding=encoding).data
        unpack = {"gzip": gzip.decompress, "br": brotli.decompress}.get(encoding, bytes)
        return str(unpack(body), "utf-8")

    for name in ("embed.css", "sign-in.css"):
        assert "@layer" not in style(f"/comments/{name}")
        assert style(f"/comments/static/{name}") == (
            f"@layer components{{\n{style(f'/comments/{name}')}}}\n"
        )


@pytest.mark.parametrize(
    "name", ["threads/gulls.html", "threads/Pelicans.html", "threads/.html", "ui.xx.html"]
)
def test_a_page_anywhere_is_told_that_a_file_is_not_there(place: Any, name: str) -> None:
    answer = ask(place, f"/comments/{name}")
    assert answer.status_code == 404
    # Without it a browser speaks of CORS, and the author looks in the wrong place.
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.data == b""


# ---- asking again


@pytest.mark.parametrize("path", ["/", "/comments/threads/pelicans.html", "/comments/embed.js"])
@pytest.mark.parametrize("encoding", ["", "gzip", "br"])
def test_who_has_it_already_gets_304_without_a_body(place: Any, path: str, encoding: str) -> None:
    first = ask(place, path, Accept_Encoding=encoding)
    tag = first.headers["ETag"]
    for again in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = ask(place, path, Accept_Encoding=encoding, If_None_Match=again)
        assert answer.status_code == 304, again
        assert answer.data == b""
        assert answer.headers["ETag"] == tag
        for name in ("Cache-Control", "Vary"):
            assert answer.headers[name] == first.headers[name]
    assert ask(place, path, Accept_Encoding=encoding, If_None_Match='"other"').status_code == 200


def test_each_encoding_has_a_tag_of_its_own(place: Any) -> None:
    tags = {ask(place, "/", Accept_Encoding=each).headers["ETag"] for each in ("", "gzip", "br")}
    assert len(tags) == 3


def test_a_changed_file_is_served_at_once(place: Any, settings: Settings) -> None:
    path = Path(settings.output) / "pelicans/index.html"
    before = {each: ask(place, "/pelicans/", Accept_Encoding=each) for each in ("", "gzip", "br")}
    new = path.read_text().replace("scoop", "SCOOP")
    files.write(path, new.encode())
    for encoding, old in before.items():
        answer = ask(
            place, "/pelicans/", Accept_Encoding=encoding, If_None_Match=old.headers["ETag"]
        )
        assert answer.status_code == 200
        assert plain(answer) == new.encode()


def test_a_file_that_is_gone_is_gone_at_once(place: Any, settings: Settings) -> None:
    assert ask(place, "/small.txt").status_code == 200
    (Path(settings.output) / "small.txt").unlink()
    assert ask(place, "/small.txt").status_code == 404


def test_only_names_with_a_hash_are_kept_without_asking_again(place: Any) -> None:
    assert ask(place, "/theme/style.0123abcd.css").headers["Cache-Control"] == (
        "public, max-age=31536000, immutable"
    )
    for path in (*PAGES, *SNAPSHOTS):
        assert ask(place, path).headers["Cache-Control"] == "no-cache", path


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("", None),
        ("identity", None),
        ("gzip", "gzip"),
        ("GZip", "gzip"),
        ("x-gzip", "gzip"),
        ("br", "br"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip;q=1.0, br;q=0.5", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0.000, gzip ; q=0.1", "gzip"),
        ("br;q=0,gzip;q=0", None),
        ("*", "br"),
        ("*;q=0", None),
        ("gzip;q=0, *", "br"),
        ("brown, gzipped", None),
        ("identity;q=1, gzip;q=0.5", "gzip"),
        ("br;q=nonsense, gzip", "gzip"),
        (";;,,=;q=", None),
        (", " * 4000, None),
    ],
)
@pytest.mark.parametrize("path", ["/pelicans/", "/comments/threads/pelicans.html"])
def test_a_client_gets_an_encoding_that_it_takes(
    place: Any, path: str, accepted: str, encoding: str | None
) -> None:
    answer = ask(place, path, Accept_Encoding=accepted)
    assert answer.headers.get("Content-Encoding") == encoding
    assert "Accept-Encoding" in answer.headers["Vary"]
    assert LONG.encode() in plain(answer)


def test_pictures_and_small_files_are_sent_as_they_are(place: Any) -> None:
    for path in ("/bird.png", "/small.txt"):
        assert "Content-Encoding" not in ask(place, path, Accept_Encoding="br").headers


@pytest.mark.parametrize(("encoding", "suffix"), [("gzip", ".gz"), ("br", ".br")])
def test_a_sibling_is_used_while_it_is_as_new_as_the_file(
    place: Any, settings: Settings, encoding: str, suffix: str
) -> None:
    page = settings.published / "threads/pelicans.html"
    sibling = page.with_name(page.name + suffix)
    assert ask(place, "/comments/threads/pelicans.html", Accept_Encoding=encoding).data == (
        sibling.read_bytes()
    )
    page.write_text(LONG + "And more.")
    later = time.time() + 60
    os.utime(page, (later, later))
    answer = ask(place, "/comments/threads/pelicans.html", Accept_Encoding=encoding)
    assert plain(answer).endswith(b"And more.")


def test_a_sibling_is_not_a_page_of_its_own(place: Any) -> None:
    for suffix in (".gz", ".br"):
        with pytest.raises(Entered):
            ask(place, f"/comments/threads/pelicans.html{suffix}")


# ---- what is not there


@pytest.mark.parametrize("path", ["/nothing", "/nothing/", "/pelicans/nothing.html", "/small.txt/"])
def test_the_blogs_own_404_page_has_the_status_404(place: Any, path: str) -> None:
    answer = ask(place, path)
    assert answer.status_code == 404
    assert "404.html" in answer.text
    assert "Content-Security-Policy" in answer.headers
    again = ask(place, path, If_None_Match=answer.headers["ETag"])
    assert again.status_code == 404
    assert ask(place, path, "HEAD").data == b""


def test_without_a_404_page_flask_answers(place: Any, settings: Settings) -> None:
    (Path(settings.output) / "404.html").unlink()
    with pytest.raises(Entered):
        ask(place, "/nothing")


def test_a_folder_without_its_slash_leads_to_the_one_with_it(place: Any) -> None:
    answer = ask(place, "/pelicans", query="utm_source=x")
    assert (answer.status_code, answer.location) == (301, "/pelicans/?utm_source=x")
    assert ask(place, "/中文").location == "/%E4%B8%AD%E6%96%87/"
    assert ask(place, "/pelicans", query="a\r\nSet-Cookie: b").location == "/pelicans/"


@pytest.mark.parametrize("path", HOSTILE + HOSTILE_SNAPSHOTS)
def test_nothing_outside_or_hidden_is_served_and_no_other_host_named(place: Any, path: str) -> None:
    for method in ("GET", "HEAD"):
        try:
            answer = ask(place, path, method)
        except Entered:
            assert path.startswith("/comments/")
            continue
        assert answer.status_code == 404
        assert "SECRET" not in answer.text
        assert "Location" not in answer.headers


def test_bytes_that_are_no_utf8_are_a_page_that_is_not_there(place: Any) -> None:
    for path in ("/\xff\xfe", "/pelicans\xff/", "/\xed\xa0\x80", "/\xc0\xae\xc0\xae/secret.html"):
        # As the server decodes it.
        assert ask(place, path.encode("latin-1").decode("utf-8", "replace")).status_code == 404


# ---- memory


def test_memory_stays_within_its_bound(settings: Settings) -> None:
    place = static_files.Files(settings)
    for number in range(200):
        path = Path(settings.output) / f"page-{number}.bin"
        path.write_bytes(bytes([number]) * 120_000)
    (Path(settings.output) / "film.bin").write_bytes(bytes(3_000_000))
    for number in (*range(200), *range(200)):
        answer = ask(place, f"/page-{number}.bin")
        assert answer.data == bytes([number]) * 120_000
    assert len(ask(place, "/film.bin").data) == 3_000_000
    kept = sum(found.size for found in place._cache.values())
    assert place._cached_bytes == kept
    assert 0 < kept <= static_files.MAX_CACHE_BYTES


def test_a_file_that_keeps_changing_takes_its_place_once(settings: Settings) -> None:
    place = static_files.Files(settings)
    path = Path(settings.output) / "index.html"
    for number in range(20):
        files.write(path, f"{LONG}{number}".encode())
        assert ask(place, "/").text.endswith(str(number))
    assert len(place._cache) == 1
    assert place._cached_bytes == len(path.read_bytes())


# ---- old addresses


def test_an_old_address_is_redirected_so_that_links_to_a_comment_go_on_leading_to_it(
    place: Any, settings: Settings
) -> None:
    assert settings.output_folder
    rules = settings.output_folder / "_redirects"
    rules.write_text(
        "/old/ /pelicans/ 301\n/%E6%97%A7/ /%E4%B8%AD%E6%96%87/ 301\n/a.html /pelicans/ 301\n"
    )
    for old in ("old/index.html", "a.html"):
        (settings.output_folder / old).parent.mkdir(exist_ok=True)
        (settings.output_folder / old).write_text("for hosts that redirect nobody")
    for path, location in (
        ("/old/", "/pelicans/"),
        ("/旧/", "/%E4%B8%AD%E6%96%87/"),
        ("/a.html", "/pelicans/"),
    ):
        answer = ask(place, path, query="utm_source=x")
        assert (answer.status_code, answer.location) == (301, f"{location}?utm_source=x")
    assert ask(place, "/pelicans/").status_code == 200
    rules.write_text("/pelicans/ /中文/ 301\n")
    (settings.output_folder / "pelicans/index.html").write_text("for hosts that redirect nobody")
    assert ask(place, "/pelicans/").status_code == 301
    rules.unlink()
    assert ask(place, "/pelicans/").status_code == 200


@pytest.mark.parametrize(
    "line", ["/old/ //evil.example 301", "/old/ https://evil.example/ 301", "/old/", ""]
)
def test_no_line_leads_to_another_host(place: Any, settings: Settings, line: str) -> None:
    assert settings.output_folder
    (settings.output_folder / "_redirects").write_text(f"{line}\n")
    assert ask(place, "/old/").status_code == 404
