"""nginx and Caddy by the samples of `deploy/`, in front of the real service: who asks cannot tell who answers."""

import gzip
import http.client
import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import urlencode

import pytest
import sqlalchemy as sa
from flask_migrate import upgrade

from comments_service import rate_limits
from comments_service.db import db
from comments_service.models import Comment
from comments_service.publishing import manifest
from tests import make, sites, web_servers
from tests.service import Postil, free_port, postil

SITE = f"http://{web_servers.HOST}"
COMPARED = (
    *("Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options", "Cache-Control"),
    *("Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", "Access-Control-Allow-Origin"),
)
SERVERS = ("nginx", "caddy")
FROM_THE_BLOG = {"Host": web_servers.HOST, "Origin": SITE}
FORM = "application/x-www-form-urlencoded"

pytestmark = pytest.mark.enable_socket


class Got(NamedTuple):
    status: int
    headers: dict[str, str]
    body: bytes


class Place(NamedTuple):
    """The same blog from the service itself, and from the web server in front of it."""

    service: int
    server: int
    # Of Debian's Caddy, which is older than the sample asks for, some answers are its own.
    old: bool

    def ask(self, path: str, encoding: str = "identity") -> tuple[Got, Got]:
        asked = {"Accept-Encoding": encoding, "Host": web_servers.HOST}
        return fetch(self.service, path, asked), fetch(self.server, path, asked)


def fetch(port: int, path: str, headers: Mapping[str, str], body: bytes = b"") -> Got:
    """A GET, or with a body a POST."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST" if body else "GET", path, body or None, dict(headers))
        answer = connection.getresponse()
        said = {name.title(): value for name, value in answer.getheaders()}
        whole = answer.read()
        if said.get("Content-Encoding") == "gzip":
            whole = gzip.decompress(whole)
        return Got(answer.status, said, whole)
    finally:
        connection.close()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postil]:
    """A blog with a comment, built and served."""
    folder = tmp_path_factory.mktemp("blog")
    port = free_port()
    made = postil(
        folder,
        f"sqlite:///{folder / 'comments.sqlite3'}",
        port=port,
        SITE_URL=SITE,
        COMMENTS_TRUSTED_PROXIES="1",
        COMMENTS_METRICS_TOKEN="x" * 40,
    )
    content = folder / "content"
    (content / "pages").mkdir(parents=True)
    (content / "fish.md").write_text(
        "Title: Fish\nDate: 2026-01-01\nSlug: fish\nAliases: /2020/old/\n\nWords.\n"
    )
    built = sites.pelican(
        content,
        folder / "output",
        conf="publishconf.py",
        SITE_URL=SITE,
        COMMENTS_OUTPUT=str(folder / "output"),
        COMMENTS_PUBLISHED=str(folder / "published"),
    )
    assert built.returncode == 0, built.stderr
    with made.app.app_context():
        upgrade()
        manifest.sync(made.settings.manifest_source)
        make.comment("fish", "They scoop.")
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module", params=SERVERS)
def place(request: pytest.FixtureRequest, service: Postil) -> Iterator[Place]:
    start = getattr(web_servers, request.param)
    if getattr(web_servers, request.param.upper()) is None:
        pytest.skip(f"NO {request.param} to try the sample with")
    folder = service.settings.published.parent
    with start(folder, service.port) as port:
        yield Place(service.port, port, request.param == "caddy" and web_servers.caddy_is_old())


def files(service: Postil) -> list[str]:
    """An address of each kind of file that readers fetch."""
    output = service.settings.published.parent / "output"
    [style] = (each.name for each in (output / "theme").glob("site.*.css"))
    [script] = (each.name for each in (output / "theme").glob("site.*.js"))
    return [
        *("/", "/fish/", "/search/", "/nothing/", "/feeds/all.atom.xml", "/sitemap.xml"),
        *("/robots.txt", "/threads.json", f"/theme/{style}", f"/theme/{script}", "/fish"),
        *("/comments/threads/fish.html", "/comments/threads/fish.json", "/comments/counts.json"),
    ]


def kind(got: Got) -> str:
    """The type, by the one name of several that mean the same."""
    said = got.headers.get("Content-Type", "").replace('"', "").lower()
    said = said.replace("application/javascript", "text/javascript")
    # That JSON is UTF-8 need not be said (RFC 8259).
    said = said.replace("application/json; charset=utf-8", "application/json")
    return re.sub(r"^(text|application)/(?:\w+\+)?xml", "xml", said)


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_file_comes_with_the_headers_that_the_service_sends(
    service: Postil, place: Place, encoding: str
) -> None:
    for path in files(service):
        own, other = place.ask(path, encoding)
        if own.status in (301, 308):
            assert other.status in (301, 308), path
            assert other.headers["Location"] == own.headers["Location"]
            continue
        assert other.status == own.status, path
        for name in COMPARED:
            assert other.headers.get(name) == own.headers.get(name), (path, name)
        if own.status == 200:
            assert other.body == own.body, path
            assert kind(other) == kind(own), path


def test_what_is_not_compressed_says_that_it_could_have_been(place: Place) -> None:
    own, other = place.ask("/fish/")
    assert "Accept-Encoding" in own.headers["Vary"]
    assert place.old or "Accept-Encoding" in other.headers["Vary"]


@pytest.mark.parametrize("path", ["/comments/sign-in", "/comments/api/v1/me", "/comments/nothing"])
def test_what_the_service_answers_comes_as_it_is(place: Place, path: str) -> None:
    own, other = place.ask(path)
    assert other.status == own.status
    names = set(own.headers) - {
        "Date",
        "Content-Length",
        "Server",
        "Connection",
    }
    for name in sorted(names - {"Transfer-Encoding", "Set-Cookie", "X-Request-Id"}):
        assert other.headers.get(name) == own.headers[name], name


def test_a_comment_is_taken_and_its_network_is_the_clients(service: Postil, place: Place) -> None:
    body = urlencode({"body": f"By {place.server}.", "name": "Gus"}).encode()
    said = {**FROM_THE_BLOG, "Content-Type": FORM, "X-Forwarded-For": "203.0.113.9"}
    got = fetch(place.server, "/comments/threads/fish", said, body)
    assert got.status == 303, got
    assert got.headers["Location"].startswith((SITE, "/"))
    with service.app.app_context():
        posted = db.session.scalars(sa.select(Comment).order_by(Comment.id.desc())).first()
        assert posted is not None
        # Of the one who asked, and not of what he says of others: each asks from this machine.
        assert posted.network == rate_limits.network("127.0.0.1")


def test_a_large_body_is_refused_before_the_service_hears_of_it(place: Place) -> None:
    got = fetch(place.server, "/comments/threads/fish", FROM_THE_BLOG, b"x" * 1_200_000)
    # The old one hangs up on the service that says so, or passes on what it says.
    assert got.status in ((413, 502) if place.old else (413,))


def test_figures_and_siblings_have_no_address(place: Place) -> None:
    assert fetch(place.server, "/comments/metrics", FROM_THE_BLOG).status == 404
    assert fetch(place.server, "/fish/index.html.gz", FROM_THE_BLOG).status == 404


def test_an_old_address_leads_on(place: Place) -> None:
    got = fetch(place.server, "/2020/old/", FROM_THE_BLOG)
    assert got.status == 301
    assert got.headers["Location"] == "/fish/"


def test_what_a_client_says_it_is_does_not_come_back(place: Place) -> None:
    for path in ("/fish", "/comments/sign-in"):
        got = fetch(place.server, path, {"Host": "evil.example"})
        assert "evil" not in "".join(got.headers.values())
        assert b"evil" not in got.body
