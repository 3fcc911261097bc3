"""Pictures on other hosts: fetched where their author asks for them, within bounds, never from private networks."""

import http.server
import io
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from PIL import Image

from authoring.import_site import fetch, importer
from tests.importing import Fresh, posts

PRIVATE = [
    "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "224.0.0.1", "::1", "fe80::1", "fd00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::",
    "64:ff9b::7f00:1",
]  # fmt: skip


def png(side: int = 3) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (side, side)).save(made, "PNG")
    return made.getvalue()


class Elsewhere(http.server.BaseHTTPRequestHandler):
    """Another host with pictures, and with what is none."""

    answers: ClassVar[dict[str, tuple[int, dict[str, str], bytes]]] = {
        "/a.png": (200, {}, png()),
        "/moved": (302, {"Location": "/a.png"}, b""),
        "/round": (302, {"Location": "/round"}, b""),
        "/inside": (302, {"Location": "http://10.0.0.1/a.png"}, b""),
        "/file": (302, {"Location": "file:///etc/hostname"}, b""),
        "/page.png": (200, {}, b"<html>no picture</html>"),
        "/large.png": (200, {}, b"\x89PNG" + b"0" * 3000),
    }
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        status, headers, body = self.answers.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def elsewhere() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere)
    Elsewhere.asked.clear()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def pictures(folder: Path) -> fetch.Pictures:
    """As an import has them, but that this machine may be asked."""
    return fetch.Pictures(folder, lambda address: address == "127.0.0.1")


@pytest.mark.parametrize("address", PRIVATE)
def test_no_address_of_a_private_network_is_public(address: str) -> None:
    assert not fetch.is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"])
def test_an_address_of_everybodys_is(address: str) -> None:
    assert fetch.is_public(address)


@pytest.mark.enable_socket
@pytest.mark.parametrize("way", ["/a.png", "/moved"])
def test_a_picture_is_fetched_once(way: str, elsewhere: str, tmp_path: Path) -> None:
    for _ in range(2):
        found = pictures(tmp_path)(elsewhere + way)
        assert found is not None
        assert found.suffix == ".png"
        assert found.read_bytes() == png()
    assert Elsewhere.asked.count("/a.png") == 1


@pytest.mark.enable_socket
@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/gone.png", "answered 404"),
        ("/round", "without end"),
        ("/inside", "private network"),
        ("/file", "none of the web"),
        ("/page.png", "no picture"),
        ("/large.png", "larger than"),
    ],
)
def test_what_cannot_be_fetched_says_why(
    path: str, why: str, elsewhere: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "MAX_BYTES", 2000)
    asked = pictures(tmp_path)
    assert asked(elsewhere + path) is None
    assert why in asked.failed[elsewhere + path]
    assert not list(tmp_path.rglob("*.png"))


@pytest.mark.enable_socket
def test_an_import_that_is_asked_to_fetch_never_asks_this_machine(
    elsewhere: str, tmp_path: Path
) -> None:
    fresh = Fresh(tmp_path / "blog")
    site = posts(tmp_path / "old", one=f"![A]({elsewhere}/a.png)")
    planned = importer.bring(fresh.blog, site, write=True, fetch_pictures=True)
    assert any("private network" in str(note) for note in planned.all_notes)
    assert Elsewhere.asked == []


@pytest.mark.enable_socket
def test_a_host_that_never_ends_its_answer_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch, "MAX_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as server:
        asked = pictures(tmp_path)
        url = f"http://127.0.0.1:{server.getsockname()[1]}/a.png"
        assert asked(url) is None
        assert asked.failed[url]


@pytest.mark.enable_socket
def test_a_fetched_picture_is_the_blogs_own_and_a_second_import_asks_nobody(
    elsewhere: str, tmp_path: Path
) -> None:
    fresh = Fresh(tmp_path / "blog")
    site = posts(tmp_path / "old", one=f"![A]({elsewhere}/a.png)")
    fresh.bring(site)
    assert f"![A]({elsewhere}/a.png)" in fresh.text("one.md")
    pictures(fresh.root / "var" / "import" / "pictures")(f"{elsewhere}/a.png")
    planned = fresh.bring(site)
    assert [item.slug for item in planned.renewed] == ["one"]
    assert "![A]({static}/images/one/a.png)" in fresh.text("one.md")
    assert (fresh.site.content / "images" / "one" / "a.png").read_bytes() == png()
    assert Elsewhere.asked == ["/a.png"]
