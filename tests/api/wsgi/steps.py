"""Asking for files as the server does, with nothing behind them."""

import gzip
from http import HTTPStatus
from pathlib import Path

import brotli
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, TestResponse
from werkzeug.wrappers import Request

from comments_service.static_files import Files, Part

LONG = "They scoop with a pouch that holds three gallons of water. " * 40
COMPRESSED = ("gzip", "br")


class Entered(Exception):
    """A request went on to Flask."""


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def ask(
    place: Files, path: str, method: str = "GET", query: str = "", **headers: str
) -> TestResponse:
    """Ask as a server does, which has decoded the path: in memory first, then on disk."""
    asked = {name.lower().replace("_", "-"): each for name, each in headers.items()}
    found = place.known(method, path, asked) or place.answer(method, path, query, asked)
    if found is None:
        raise Entered
    status, said, body = found
    sent = read(body) if isinstance(body, Part) else body or b""
    line = f"{status} {HTTPStatus(status).phrase}"
    return TestResponse([sent], line, Headers(said), Request(EnvironBuilder("/").get_environ()))


def read(part: Part) -> bytes:
    """What the server sends of a file on disk."""
    with Path(part.path).open("rb") as file:
        file.seek(part.begin)
        return file.read(part.end - part.begin)


def plain(answer: TestResponse) -> bytes:
    encoding = answer.headers.get("Content-Encoding")
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    if encoding == "br":
        decoded: bytes = brotli.decompress(answer.data)
        return decoded
    return gzip.decompress(answer.data) if encoding == "gzip" else answer.data


PAGES = ("/", "/pelicans/", "/pelicans/index.html", "/中文/", "/small.txt", "/bird.png")
SNAPSHOTS = tuple(
    f"/comments/{name}"
    for name in (
        *("threads/pelicans.html", "threads/pelicans.json", "threads/pelicans.atom"),
        *("threads/pelicans.zh-cn.2.html", "counts.json", "recent.html", "recent.json"),
        *("recent.atom", "ui.zh-cn.html", "embed.js", "embed.css", "embed-writing.js"),
        *("static/service.css", "static/tokens.css", "static/scheme.js"),
        *("sign-in.js", "sign-in.css", "dialogs.js", "embed-style.js", "passkeys.js"),
    )
)


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
