"""What is answered before Flask is entered: snapshots, the embed and the built blog."""

import gzip
import os
import time
from pathlib import Path
from typing import Any

import brotli
import pytest
from werkzeug.test import EnvironBuilder, TestResponse, run_wsgi_app
from werkzeug.wrappers import Request

from comments_service import wsgi
from comments_service.config import Settings
from formats import files
from tests.conftest import settings_for

LONG = "They scoop with a pouch that holds three gallons of water. " * 40
COMPRESSED = ("gzip", "br")


class Entered(Exception):
    """A request went on to Flask."""


def flask(environ: Any, start: Any) -> Any:
    raise Entered


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.fixture
def changed() -> dict[str, Any]:
    return {}


@pytest.fixture
def settings(tmp_path: Path, changed: dict[str, Any]) -> Settings:
    """No test here needs a database: none is ever opened."""
    settings = settings_for("sqlite:///never-opened", tmp_path, **changed)
    output, published = tmp_path / "output", tmp_path / "published"
    for name in ("index.html", "pelicans/index.html", "404.html", "中文/index.html"):
        write(output / name, f"<!doctype html><title>{name}</title><p>{LONG}")
    for name in (".env", ".git/config", "pelicans/.hidden", "theme/.new-ab12"):
        write(output / name, "SECRET")
    write(output / "theme/style.0123abcd.css", "a { color: navy }\n" * 100)
    write(output / "small.txt", "small")
    (output / "bird.png").write_bytes(b"\x89PNG" + bytes(2000))
    for kind in ("html", "json", "atom"):
        files.write_with_siblings(published / f"threads/pelicans.{kind}", LONG.encode())
    files.write_with_siblings(published / "threads/pelicans.zh-cn.2.html", LONG.encode())
    for name in ("counts.json", "recent.html", "recent.json", "recent.atom", "ui.zh-cn.html"):
        files.write_with_siblings(published / name, LONG.encode())
    for name in (".edition", ".lock", "threads/.new-ab12", "threads/notes.txt", "secret.json"):
        write(published / name, "SECRET")
    write(tmp_path / "comments.sqlite3", "SECRET")
    write(tmp_path / "secret.html", "SECRET")
    return settings


@pytest.fixture
def place(settings: Settings) -> Any:
    return wsgi.assemble(wsgi.Files(settings), flask)


def ask(
    place: Any, path: str, method: str = "GET", query: str = "", **headers: str
) -> TestResponse:
    """Ask as a server does: `path` is decoded already, and as latin-1."""
    environ = EnvironBuilder("/", method=method).get_environ()
    environ.update({f"HTTP_{name.upper()}": each for name, each in headers.items()})
    environ["PATH_INFO"] = path.encode().decode("latin-1")
    environ["QUERY_STRING"] = query
    body, status, found = run_wsgi_app(place, environ)
    return TestResponse(body, status, found, Request(environ))


PAGES = ("/", "/pelicans/", "/pelicans/index.html", "/中文/", "/small.txt", "/bird.png")
SNAPSHOTS = tuple(
    f"/comments/{name}"
    for name in (
        *("threads/pelicans.html", "threads/pelicans.json", "threads/pelicans.atom"),
        *("threads/pelicans.zh-cn.2.html", "counts.json", "recent.html", "recent.json"),
        *("recent.atom", "ui.zh-cn.html", "embed.js", "embed.css", "embed-writing.js"),
        *("static/service.css", "static/tokens.css", "static/scheme.js"),
        *("sign-in.js", "sign-in.css", "dialogs.js", "passkeys.js"),
    )
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
        ("GET", "/comments/threads/gulls.html"),
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


# ---- encodings


def plain(answer: TestResponse) -> bytes:
    encoding = answer.headers.get("Content-Encoding")
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    if encoding == "br":
        decoded: bytes = brotli.decompress(answer.data)
        return decoded
    return gzip.decompress(answer.data) if encoding == "gzip" else answer.data


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


HOSTILE = (
    *("/../secret.html", "/../comments.sqlite3", "/pelicans/../../secret.html", "/..", "/../"),
    *("/./index.html", "/pelicans/./index.html", "/pelicans/../index.html"),
    *("//evil.example", "//evil.example/", "//evil.example/%2e%2e", "///evil.example/.."),
    *("//pelicans", "//pelicans/", "/pelicans//", "/pelicans//index.html"),
    *("/\\evil.example", "/\\/evil.example", "/pelicans\\..\\..\\secret.html", "/..\\secret.html"),
    *("/%2e%2e/secret.html", "/%2e%2e%2fsecret.html", "/..%2fsecret.html", "/..;/secret.html"),
    *("/.env", "/.git/config", "/pelicans/.hidden", "/theme/.new-ab12", "/.git", "/.git/"),
    *("/index.html\0", "/\0", "/index.html\0.png", "/\0/../secret.html", "/pelicans\0/"),
    *("/index.html\n", "/\r\nSet-Cookie: a=b", "/\x7f"),
    *("/" + "a" * 300, "/" + "a/" * 3000, "/" + "a" * 70_000, "/" + "中" * 100),
    *("/~root", "/etc/passwd", "file:///etc/passwd", "http://evil.example/", "index.html", ""),
    *(
        "/comments",
        "/comments../secret.html",
        "/../published/.edition",
        "/../published/secret.json",
    ),
)
HOSTILE_SNAPSHOTS = tuple(
    f"/comments/{name}"
    for name in (
        *("threads/../../secret.html", "threads/../.edition", "../secret.html", "threads/..html"),
        *(".edition", ".lock", "threads/.new-ab12", "threads/notes.txt", "secret.json"),
        *("threads/pelicans.html\0", "threads/pelicans\0.html", "threads/pelicans.html\n"),
        *("threads/PELICANS.html", "threads//pelicans.html", "threads/-.html", "threads/.html"),
        *("static/../wsgi.py", "static/..%2fwsgi.py", "static/.js", "wsgi.py", "../wsgi.py"),
        *("threads/" + "a" * 300 + ".html", "threads/pelicans.99999999.html", "\\..\\secret.html"),
        *("threads/pelicans.html/", "threads/pelicans.html/..", "counts.json/../.edition"),
    )
)


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
        environ = EnvironBuilder("/").get_environ()
        environ["PATH_INFO"] = path
        _, status, _ = run_wsgi_app(place, environ)
        assert status.startswith("404"), path


# ---- memory


def test_memory_stays_within_its_bound(settings: Settings) -> None:
    place = wsgi.Files(settings)
    for number in range(40):
        path = Path(settings.output) / f"page-{number}.bin"
        path.write_bytes(bytes([number]) * 900_000)
    (Path(settings.output) / "film.bin").write_bytes(bytes(3_000_000))
    for number in (*range(40), *range(40)):
        answer = ask(place.answer, f"/page-{number}.bin")
        assert answer.data == bytes([number]) * 900_000
    assert len(ask(place.answer, "/film.bin").data) == 3_000_000
    kept = sum(len(found.body) for found in place._cache.values())
    assert place._cached_bytes == kept
    assert 0 < kept <= wsgi.MAX_CACHE_BYTES


def test_a_file_that_keeps_changing_takes_its_place_once(settings: Settings) -> None:
    place = wsgi.Files(settings)
    path = Path(settings.output) / "index.html"
    for number in range(20):
        files.write(path, f"{LONG}{number}".encode())
        assert ask(place.answer, "/").text.endswith(str(number))
    assert len(place._cache) == 1
    assert place._cached_bytes == len(path.read_bytes())


# ---- headers


def policy(answer: TestResponse) -> dict[str, list[str]]:
    parts = (each.split() for each in answer.headers["Content-Security-Policy"].split(";"))
    return {name: sources for name, *sources in parts}


def test_the_blogs_pages_load_nothing_from_elsewhere(place: Any) -> None:
    for path in (*PAGES, "/nothing"):
        found = policy(ask(place, path))
        assert found["default-src"] == ["'self'"]
        assert found["script-src"] == ["'self'"]
        assert found["base-uri"] == found["object-src"] == ["'none'"]
        assert not [each for sources in found.values() for each in sources if "unsafe" in each]


def test_snapshots_may_be_fetched_by_any_page(place: Any) -> None:
    for path in SNAPSHOTS:
        answer = ask(place, path)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Set-Cookie" not in answer.headers
    assert "Access-Control-Allow-Origin" not in ask(place, "/").headers


def test_types_are_said_and_not_guessed(place: Any) -> None:
    for path, kind in {
        "/": "text/html; charset=utf-8",
        "/bird.png": "image/png",
        "/theme/style.0123abcd.css": "text/css; charset=utf-8",
        "/comments/embed.js": "text/javascript; charset=utf-8",
        "/comments/threads/pelicans.json": "application/json; charset=utf-8",
        "/comments/threads/pelicans.atom": "application/atom+xml; charset=utf-8",
    }.items():
        assert ask(place, path).headers["Content-Type"] == kind


class TestUnderAPath:
    @pytest.fixture
    def changed(self) -> dict[str, Any]:
        return {"site_url": "https://example.org/blog"}

    def test_the_site_and_its_snapshots_are_found_below_it(self, place: Any) -> None:
        for path in (*PAGES, *SNAPSHOTS):
            assert ask(place, f"/blog{path}").status_code == 200, path
        for path in ("/pelicans/", "/index.html", "/comments/counts.json", "/blogpost", "/"):
            assert ask(place, path).status_code == 404, path
        assert ask(place, "/blog/pelicans").location == "/blog/pelicans/"
        assert ask(place, "/blog").location == "/blog/"
        with pytest.raises(Entered):
            ask(place, "/blog/comments/threads/pelicans")

    def test_hostile_paths_stay_hostile(self, place: Any) -> None:
        for path in (*HOSTILE, *HOSTILE_SNAPSHOTS):
            for whole in (f"/blog{path}", path):
                try:
                    answer = ask(place, whole)
                except Entered:
                    continue
                assert answer.status_code in (404, 301), whole
                assert "SECRET" not in answer.text
                assert answer.headers.get("Location", "/blog/") == "/blog/", whole

    def test_over_tls_browsers_are_told_to_stay_there(self, place: Any) -> None:
        for path in ("/blog/", "/blog/nothing", "/blog/comments/counts.json"):
            assert "max-age=31536000" in ask(place, path).headers["Strict-Transport-Security"]


class TestOnAnotherHost:
    @pytest.fixture
    def changed(self) -> dict[str, Any]:
        return {"comments_url": "https://talk.example.net/comments/"}

    def test_the_blogs_pages_may_talk_to_that_host_and_no_other(self, place: Any) -> None:
        found = policy(ask(place, "/"))
        for name in ("script-src", "style-src", "connect-src", "form-action"):
            assert found[name] == ["'self'", "https://talk.example.net"]
        assert found["default-src"] == ["'self'"]

    def test_snapshots_are_served_there(self, place: Any) -> None:
        answer = ask(place, "/comments/threads/pelicans.html")
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


class TestWithoutTheBlog:
    @pytest.fixture
    def changed(self) -> dict[str, Any]:
        return {"output": ""}

    def test_only_snapshots_are_files(self, place: Any) -> None:
        assert ask(place, "/comments/counts.json").status_code == 200
        with pytest.raises(Entered):
            ask(place, "/")
