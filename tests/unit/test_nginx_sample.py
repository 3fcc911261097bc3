"""deploy/nginx.conf in a real nginx: what a client says does not come back, siblings have no address."""

import http.client
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from formats import files
from plugins.delivery import headers, redirects
from tests import web_servers

pytestmark = [
    pytest.mark.enable_socket,
    pytest.mark.skipif(web_servers.NGINX is None, reason="NO nginx to try the sample with"),
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
    moved = SimpleNamespace(aliases=("/2024/old/", "/旧的 $1/"), url="größe/$x/")
    rules = redirects.host_rules("https://blog.example.org", [moved])
    (folder / "output/nginx-redirects.map").write_bytes(rules["nginx-redirects.map"])
    with web_servers.nginx(folder) as port:
        yield port


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


@pytest.mark.parametrize("old", ["/2024/old/", "/%E6%97%A7%E7%9A%84%20%241/"])
def test_an_old_address_leads_to_the_article_and_keeps_its_query(port: int, old: str) -> None:
    answer = get(port, f"{old}?page=2")
    assert answer.status == 301
    assert answer.headers["Location"] == "/gr%C3%B6%C3%9Fe/%24x/?page=2"


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


def test_figures_are_not_for_the_web(port: int) -> None:
    # Nobody answers behind it here: what went on to the service would be a 502.
    assert get(port, "/comments/metrics").status == 404
    assert get(port, "/comments/readyz").status == 502
