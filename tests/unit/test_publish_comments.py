"""Comments follow the pages that were sent elsewhere: only pages whose comments changed, and no build."""

import os
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from authoring import Refused
from authoring.publish import publication
from comments_service import comments, create_app
from comments_service.db import db
from comments_service.models import Comment
from comments_service.publishing import manifest
from comments_service.publishing.publisher import Publisher
from tests import make
from tests.conftest import settings_for
from tests.unit.test_deleted_words import WORDS, holding, settle
from tests.unit.test_publishing import blog, git, repository

__all__ = ["repository"]
pytestmark = pytest.mark.enable_socket


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The machine of the service: a web server that hands out what it publishes."""
    (tmp_path / "www" / "comments").mkdir(parents=True)
    handler = partial(Quiet, directory=str(tmp_path / "www"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}/comments/"
        running.shutdown()
        thread.join()


class Author:
    """The author's machine, which knows the service by its address only, and a branch that readers read."""

    def __init__(self, root: Path, repository: Path, service: str) -> None:
        self.root, self.repository = root, repository
        self.environ = {
            **os.environ,
            "SITE_URL": "https://example.org",
            "PUBLISH_TO": f"git:{repository}",
            "COMMENTS_URL": service,
        }

    def publish(self) -> list[str]:
        return self.changes(publication.publish(self.root, "", self.environ))

    def comments(self, *, dry_run: bool = False, service: str = "") -> list[str]:
        environ = {**self.environ, **({"COMMENTS_URL": service} if service else {})}
        return self.changes(publication.send_comments(self.root, "", environ, dry_run=dry_run))

    def changes(self, sent: publication.Publication) -> list[str]:
        return [str(change).strip() for change in sent.changes]

    def page(self, name: str) -> str:
        return git(self.repository, "show", f"gh-pages:{name}")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_only_pages_whose_comments_changed_are_sent_and_what_is_deleted_leaves(
    tmp_path: Path, repository: Path, server: str, database_url: str
) -> None:
    root = blog(tmp_path / "blog", first="\nThe first words.", second="\nThe second words.")
    author = Author(root, repository, server)
    with pytest.raises(Refused, match="Publish the blog first"):
        author.comments()
    # There is no service yet: the blog is published all the same.
    assert "+ first/index.html" in author.publish()
    threads = tmp_path / "threads.json"
    threads.write_text(author.page("threads.json"))
    settings = settings_for(
        database_url,
        tmp_path / "service",
        site_url="https://example.org",
        comments_url=server,
        output="",
        published=tmp_path / "www" / "comments",
        manifest=str(threads),
    )
    app = create_app(settings)
    with app.app_context():
        manifest.sync(settings.manifest_source)
        publisher = Publisher(app, settings)
        settle(publisher)
        # Now there is a form below each article, where a link was.
        assert "~ first/index.html" in author.comments()
        assert author.comments() == []

        said = make.comment("first", body=f"{WORDS.decode()}.", name="Pia")
        settle(publisher)
        lists = {"~ index.html", "~ archives/index.html", "~ discussions/index.html"}
        changed = author.comments(dry_run=True)
        assert "~ first/index.html" in changed
        assert not [name for name in changed if "second" in name or not name.endswith(".html")]
        assert lists.intersection(changed)
        assert WORDS.decode() not in author.page("first/index.html")
        assert author.comments() == changed
        assert WORDS.decode() in author.page("first/index.html")
        assert author.comments() == []

        # A publication has them too, though its build had no snapshots.
        (root / "content" / "second.md").write_text("Title: Second\nDate: 2026-01-01\n\nNew.\n")
        assert "~ first/index.html" not in author.publish()
        assert WORDS.decode() in author.page("first/index.html")
        assert author.comments() == []

        with comments.changing():
            comments.empty(db.session.get_one(Comment, said.id))
        settle(publisher)
        assert "~ first/index.html" in author.comments()
        assert WORDS.decode() not in author.page("first/index.html")
        assert holding(root) == set()
        author.changes(publication.roll_back(root, "", author.environ))
        assert WORDS.decode() not in author.page("first/index.html")
        assert author.comments() == []

        # On the service's own machine a build tells search engines more, which is no other comment.
        (root / "published").symlink_to(settings.published)
        make.comment("second", body="Herons wade.")
        settle(publisher)
        author.publish()
        assert author.page("second/index.html").count("Herons wade.") == 2
        assert author.comments() == []


def test_without_an_answer_of_the_service_no_page_loses_its_comments(
    tmp_path: Path, repository: Path, server: str
) -> None:
    author = Author(blog(tmp_path / "blog", first="\nWords."), repository, server)
    author.publish()
    before = git(repository, "rev-parse", "gh-pages")
    with pytest.raises(Refused, match="is no comment service"):
        author.comments()
    with pytest.raises(Refused, match="Does it run"):
        author.comments(service="http://127.0.0.1:9/comments/")
    assert git(repository, "rev-parse", "gh-pages") == before
