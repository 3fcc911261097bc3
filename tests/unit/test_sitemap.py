"""Sitemap: the threads of a site that Pelican does not build, as its own pages name them."""

import json
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from comments_service import sitemap
from comments_service.publishing import manifest
from tests.browser.plain import Quiet
from tests.conftest import one_database

SITE = "http://blog.test"


def page(thread: str = "", title: str = "A page", lang: str = "en", more: str = "") -> str:
    element = f'<comment-thread thread="{thread}"></comment-thread>' if thread else ""
    return f'<!doctype html><html lang="{lang}"><title>{title}</title>{more}<p>Words.{element}'


def xml(*urls: str, kind: str = "urlset", inner: str = "url") -> str:
    parts = "".join(f"<{inner}><loc>{url}</loc></{inner}>" for url in urls)
    return f'<{kind} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{parts}</{kind}>'


def made(site: dict[str, str], **options: Any) -> tuple[dict[str, Any], list[str]]:
    """The manifest of these pages, which name each other; each is a path with what lies there."""
    listed = [f"{SITE}{path}" for path in site if not path.endswith(".xml")]
    whole = {"/sitemap.xml": xml(*listed), **site}
    return sitemap.manifest(
        f"{SITE}/sitemap.xml",
        SITE,
        lambda url: whole[url.removeprefix(SITE)].encode(),
        **options,
    )


def test_a_page_with_a_thread_is_listed_with_what_it_says_of_itself() -> None:
    day = '<meta property="article:published_time" content="2026-04-01T10:00:00+02:00">'
    found, remarks = made(
        {
            "/": page(title="The garden"),
            "/beans/": page("beans", "Beans &amp; peas", more=day),
            "/about/": page(),
        }
    )
    assert remarks == []
    assert found["site"] == {"url": SITE, "title": "The garden", "lang": "en"}
    (thread,) = found["threads"]
    assert thread == {
        "id": "beans",
        "url": f"{SITE}/beans/",
        "title": "Beans & peas",
        "published": "2026-04-01T10:00:00+02:00",
        "lang": "en",
        "comments": "open",
        "translations": [],
    }
    # The service takes it as it takes the manifest of Pelican's plugin.
    assert manifest.parse(json.dumps(found).encode()).threads[0].title == "Beans & peas"


def test_the_same_thread_in_another_language_is_a_translation() -> None:
    found, remarks = made(
        {
            "/beans/": page("beans"),
            "/de/bohnen/": page("beans", "Bohnen", "de"),
            "/x/": page("beans"),
        }
    )
    (thread,) = found["threads"]
    assert thread["translations"] == [
        {"lang": "de", "url": f"{SITE}/de/bohnen/", "title": "Bohnen"}
    ]
    assert remarks == [f"{SITE}/x/: the thread beans belongs to {SITE}/beans/."]


def test_sitemaps_of_sitemaps_are_followed_and_each_page_is_read_once() -> None:
    index = xml(f"{SITE}/a.xml", f"{SITE}/sitemap.xml", kind="sitemapindex", inner="sitemap")
    found, _ = made(
        {"/sitemap.xml": index, "/a.xml": xml(f"{SITE}/p/", f"{SITE}/p/"), "/p/": page("p")}
    )
    assert [each["id"] for each in found["threads"]] == ["p"]


@pytest.mark.parametrize("thread", ["Beans", "beans/peas", "bohnen-ä", "-beans"])
def test_a_name_that_no_thread_can_have_is_told_with_its_page(thread: str) -> None:
    found, (remark,) = made({"/beans/": page(thread)})
    assert found["threads"] == []
    assert remark.startswith(f'{SITE}/beans/: thread="{thread}"')


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/", "home"),
        ("/2026/04/Beans.html", "2026-04-beans"),
        ("/beans/index.html", "beans"),
        ("/caf%C3%A9/", "cafe"),
        ("/beans", "beans"),
    ],
)
def test_every_page_may_have_a_thread_that_is_called_after_its_address(
    path: str, name: str
) -> None:
    found, _ = made({path: page()}, every_page=True)
    assert [each["id"] for each in found["threads"]] == [name]


def test_pages_of_other_sites_are_left_out_and_told() -> None:
    listed = xml("http://evil.test/x/", f"{SITE}.evil.test/", f"{SITE}/p/")
    found, remarks = made({"/sitemap.xml": listed, "/p/": page("p")})
    assert [each["id"] for each in found["threads"]] == ["p"]
    assert len(remarks) == 2


@pytest.mark.parametrize(
    "text", ["<html>", "not xml", '<!DOCTYPE x [<!ENTITY a "b">]><urlset>&a;</urlset>']
)
def test_what_is_no_sitemap_is_refused_with_its_address(text: str) -> None:
    with pytest.raises(sitemap.SitemapError, match=r"sitemap\.xml is no sitemap"):
        made({"/sitemap.xml": text})


@one_database
@pytest.mark.enable_socket
def test_the_command_writes_a_file_that_publish_takes_over(app: Flask, tmp_path: Path) -> None:
    handler: type[SimpleHTTPRequestHandler] = Quiet
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(handler, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    (tmp_path / "sitemap.xml").write_text(xml(f"{SITE}/p/", f"{url}/other.html"))
    run = app.test_cli_runner().invoke
    target = str(tmp_path / "threads.json")
    try:
        missing = run(args=["comments", "manifest", "--from-sitemap", f"{url}/none.xml"])
        assert missing.exit_code != 0
        assert f"{url}/none.xml cannot be fetched" in missing.output
        (tmp_path / "sitemap.xml").write_text(xml(f"{url}/other.html"))
        done = run(
            args=["comments", "manifest", "--from-sitemap", f"{url}/sitemap.xml", "--to", target]
        )
    finally:
        server.shutdown()
        server.server_close()
    assert done.exit_code == 0, done.output
    assert "is not below SITE_URL" in done.output
    assert json.loads(Path(target).read_text())["threads"] == []
    assert run(args=["comments", "publish", "--manifest", target]).exit_code == 0
