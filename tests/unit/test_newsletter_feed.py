"""The feed that the newsletter is made from: fetched from elsewhere, and what of it is told."""

import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
from flask import Flask

from comments_service import newsletter
from comments_service.config import Settings
from comments_service.newsletter import feed
from tests import make
from tests.unit.test_newsletter import _folder, a_reader, an_item

__all__ = ["_folder"]  # a fixture of the neighbour's


class Host(BaseHTTPRequestHandler):
    """A blog on another machine: its feed, with an ETag."""

    feed = b""
    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        tag = f'"{hash(Host.feed)}"'
        known = self.headers.get("If-None-Match") == tag
        Host.asked.append("304" if known else "200")
        self.send_response(304 if known else 200)
        self.send_header("ETag", tag)
        self.send_header("Content-Length", "0" if known else str(len(Host.feed)))
        self.end_headers()
        if not known:
            self.wfile.write(Host.feed)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_the_feed_of_a_blog_elsewhere_is_fetched_and_then_asked_whether_it_has_changed(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
    site_url = f"http://127.0.0.1:{server.server_port}"
    elsewhere = replace(settings, site_url=site_url, output="")
    make.site(newsletter=f"{site_url}/feeds/all.json")
    a_reader()
    try:
        Host.asked.clear()
        Host.feed = json.dumps({"items": [an_item("old")]}).encode()
        assert newsletter.announce(elsewhere) == 0
        Host.feed = json.dumps({"items": [an_item("old"), an_item("new")]}).encode()
        # Not asked again so soon.
        assert newsletter.announce(elsewhere) == 0
        monkeypatch.setattr(feed, "FETCH_SECONDS", 0.0)
        assert newsletter.announce(elsewhere) == 1
        assert newsletter.announce(elsewhere) == 0
        assert Host.asked == ["200", "200", "304"]
    finally:
        server.shutdown()
        server.server_close()
    with pytest.raises(newsletter.FeedError, match="cannot be fetched"):
        newsletter.announce(elsewhere)


def test_a_feed_outside_the_blog_is_not_fetched(app: Flask, settings: Settings) -> None:
    make.site(newsletter="http://169.254.169.254/latest/meta-data")
    with pytest.raises(newsletter.FeedError, match="outside SITE_URL"):
        newsletter.announce(replace(settings, output=""))


def test_without_a_summary_the_first_words_are_told() -> None:
    html = "<h2>One</h2><p>Two &amp; <b>three</b></p><script>no()</script><img src=x alt=y>"
    item = feed.Item.model_validate(an_item("x", summary="", content_html=html))
    assert item.excerpt == "One Two & three"
    long = feed.Item.model_validate(an_item("x", summary="", content_html="word " * 500))
    assert len(long.excerpt) <= feed.EXCERPT_CHARS + 1
    assert long.excerpt.endswith("word…")
