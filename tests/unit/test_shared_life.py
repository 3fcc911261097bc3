"""A shared draft's life with the real service: built, read, spoken of, listed for its author, over."""

import json
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pelican.settings import DEFAULT_CONFIG

from authoring import Refused, review, share_draft
from authoring.blog import Blog
from comments_service.db import db, writing
from comments_service.models import Thread, now
from tests.service import Postil, postil
from tests.sites import Site, disconnect

pytestmark = pytest.mark.enable_socket
KEY = "k" * 32
WORDS = "Has it no stripes behind?"


@pytest.fixture
def service(tmp_path: Path, empty_sqlite: Path) -> Iterator[Postil]:
    shutil.copy(empty_sqlite, tmp_path / "comments.sqlite3")
    started = postil(tmp_path, f"sqlite:///{tmp_path}/comments.sqlite3", COMMENTS_TRUST_AFTER="0")
    started.start()
    yield started
    started.stop()
    disconnect()


def test_a_draft_is_shared_spoken_of_and_over(
    tmp_path: Path, service: Postil, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    site, here = Site(tmp_path), f"http://127.0.0.1:{service.port}"
    site.write("fish")
    draft = site.write("quagga", "It has *fewer stripes* than others.", Status="draft")
    settings: dict[str, Any] = {**DEFAULT_CONFIG, "PATH": "content", "TIMEZONE": "UTC"}
    blog = Blog(tmp_path, settings)
    environ = {
        "SHARE_KEY": KEY,
        "SITE_URL": "http://blog.test",
        "COMMENTS_URL": f"{here}/comments/",
    }
    address = share_draft.share(blog, environ, "quagga", 7)[-1].strip()
    path = address.removeprefix("http://blog.test")

    def build() -> None:
        site.build(SITEURL="http://blog.test", SHARE_KEY=KEY, DRAFT_SAVE_AS="")

    def read(where: str) -> str:
        try:
            with urllib.request.urlopen(f"{here}{where}", timeout=10) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return str(error.code)

    def post(thread: str, **more: object) -> int:
        request = urllib.request.Request(
            f"{here}/comments/api/v1/threads/{thread}/comments",
            json.dumps({"name": "Pia", "body": WORDS, **more}).encode(),
            {"Content-Type": "application/json", "Origin": "http://blog.test"},
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)

    build()
    thread = f"draft-{path.strip('/').rpartition('/')[2]}"
    eventually(lambda: thread in read(f"/comments/threads/{thread}.html"))
    assert post(thread) == 201
    eventually(lambda: WORDS in read(path))
    assert WORDS in read(f"/comments/threads/{thread}")
    assert '"id": "fish"' in read("/threads.json")
    for public in ("/", "/threads.json", "/sitemap.xml", "/llms.txt", "/discussions/"):
        assert thread not in read(public)
    for listed in ("recent.html", "recent.atom", "discussions.html", "counts.json"):
        assert thread not in read(f"/comments/{listed}")
        assert WORDS not in read(f"/comments/{listed}")
    blog = Blog(tmp_path, settings)
    assert f"    {WORDS}" in review.notes(blog, environ, "quagga").splitlines()

    # A note is marked in its page by the next build, and listed with its line.
    words = {"exact": "fewer stripes", "prefix": "It has ", "suffix": " than others.", "lang": "en"}
    assert post(thread, body="How many?", passage=words) == 201
    eventually(lambda: "How many?" in read(path))
    build()
    assert '<mark class="postil-mark" id="at-2">fewer stripes</mark>' in read(path)
    lines = review.notes(blog, environ, "quagga").splitlines()
    assert lines[0].startswith("content/quagga.md:7  Pia, ")
    assert lines[1:3] == ["    “fewer stripes”", "    How many?"]

    # It is over while nobody builds.
    with service.app.app_context(), writing():
        ended = sa.update(Thread).where(Thread.id == thread)
        db.session.execute(ended.values(shared_until=now() - timedelta(seconds=1)))
    eventually(lambda: read(path) == "404")
    eventually(lambda: read(f"/comments/threads/{thread}.html") == "404")
    assert not (tmp_path / "output" / path.strip("/")).exists()
    with pytest.raises(Refused, match="does not know this draft"):
        review.notes(blog, environ, "quagga")

    # Published, it begins anew.
    text = draft.read_text()
    draft.write_text(text.replace("Status: draft\n", ""))
    build()
    eventually(lambda: 'data-thread="quagga"' in read("/comments/threads/quagga.html"))
    assert WORDS not in read("/quagga/") + read("/comments/threads/quagga.html")
