"""deploy/nginx.conf in a real nginx: what a client says does not come back, siblings have no address."""

import http.client
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator

import pytest

from formats import files
from plugins.delivery import headers
from tests.service import ROOT, free_port

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
pytestmark = [
    pytest.mark.enable_socket,
    pytest.mark.skipif(NGINX is None, reason="NO nginx to try the sample with"),
]
POLICIES = headers.policies({"ALLOW_IMAGES_FROM": ["*.example.net"]})
PAGE = b"<!doctype html><title>Pelicans</title>" * 50


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("nginx")
    for name in ("index.html", "pelicans/index.html", "search/index.html", "404.html"):
        files.write_with_siblings(folder / "output" / name, PAGE)
    (folder / "output/data.tar.gz").write_bytes(b"an archive")
    lines = headers.nginx_map(POLICIES, "https://blog.example.org")
    (folder / "output" / headers.NGINX).write_text(lines, "ascii")
    port = free_port()
    sample = (ROOT / "deploy/nginx.conf").read_text("utf-8").replace("/srv/blog", str(folder))
    sample = sample.replace("listen 80;", f"listen 127.0.0.1:{port};")
    sample = re.sub(r"^\s*listen \[::\]:80;\n", "", sample, flags=re.M)
    temporary = "".join(
        f"{each}_temp_path {folder}/{each};"
        for each in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = folder / "nginx.conf"
    config.write_text(
        f"{'user root;' if os.geteuid() == 0 else ''} daemon off; pid {folder}/pid;"
        f" error_log {folder}/errors; worker_processes 1; events {{ }}"
        f" http {{ types {{ text/html html; }} access_log off; {temporary}\n{sample}\n}}",
        "utf-8",
    )
    server = subprocess.Popen([str(NGINX), "-c", config, "-e", folder / "errors"])
    try:
        patience = time.monotonic() + 20
        while time.monotonic() < patience and server.poll() is None:
            try:
                get(port, "/")
                break
            except OSError:
                time.sleep(0.02)
        yield port
    finally:
        server.terminate()
        server.wait(20)


def get(port: int, path: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers={"Host": "evil.example"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


def test_a_redirect_to_a_folder_names_no_host(port: int) -> None:
    answer = get(port, "/pelicans")
    assert answer.status == 301
    assert answer.headers["Location"] == "/pelicans/"


@pytest.mark.parametrize("suffix", ["gz", "br"])
def test_a_sibling_has_no_address_and_an_archive_has(port: int, suffix: str) -> None:
    for path in ("/pelicans/index.html", "/search/index.html"):
        assert get(port, path).status == 200
        assert get(port, f"{path}.{suffix}").status == 404
    assert get(port, "/data.tar.gz").status == 200


@pytest.mark.parametrize(
    ("path", "compiles"),
    [
        ("/pelicans/", False),
        ("/nothing", False),
        ("/search/", True),
        ("/search/index.html", True),
        ("/research/", False),
    ],
)
def test_pages_have_the_policy_that_the_build_has_written(
    port: int, path: str, compiles: bool
) -> None:
    assert get(port, path).headers["Content-Security-Policy"] == POLICIES[compiles]
