"""Disks that run full, or cannot be written, while people post: nothing taken is lost, and it heals."""

import http.client
import shutil
import subprocess
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from authoring.server import FLASK
from comments_service.db import db
from comments_service.models import Role
from tests import make
from tests.faults import truth
from tests.faults.disks import Disk, needs_namespaces
from tests.faults.patience import allowed
from tests.faults.storm import Sent
from tests.faults.test_refusals import HEAL_SECONDS, new, post
from tests.service import SITE, Postil, postil

PATIENCE_SECONDS = 20
POSTS = 12
# Enough that a few find no room in what the database has still reserved for itself.
LONG = "A comment that needs some room. " * 200


class Blog:
    """A running service, one of whose folders is a small disk, and the files as it sees them."""

    def __init__(self, service: Postil, disk: Disk) -> None:
        self.service = service
        self.disk = disk
        service.start()
        folder = service.settings.published.parent
        # SQLite would follow a path through /proc to what we have there: it gets a copy to look at.
        self._database = folder / "copied.sqlite3"
        self._view = postil(
            Path(f"{disk.root}{folder}"), f"sqlite:///{self._database}", COMMENTS_TRUST_AFTER="0"
        )

    @property
    def view(self) -> Postil:
        """The same service as we see its files, with what the database holds just now."""
        self.forget()
        for end in ("", "-wal"):
            there = Path(f"{self.disk.root}{self.service.settings.database_url[10:]}{end}")
            with suppress(FileNotFoundError):
                shutil.copyfile(there, f"{self._database}{end}")
        return self._view

    def forget(self) -> None:
        with self._view.app.app_context():
            db.session.remove()
            db.engine.dispose()
        for end in ("", "-wal", "-shm"):
            Path(f"{self._database}{end}").unlink(missing_ok=True)

    def doctor(self) -> str:
        """What `flask comments doctor`, where the service is, finds to say."""
        command = [*self.disk.enter, *FLASK, "comments", "doctor"]
        env = dict(self.service._env)
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr if done.returncode else ""

    def level(self) -> bool:
        return truth.differences(self.view) == []


@pytest.fixture(params=["database", "published", "output"])
def blog(
    request: pytest.FixtureRequest, built_blog: Path, tmp_path: Path, empty_sqlite: Path
) -> Iterator[Blog]:
    needs_namespaces(tmp_path / "tried")
    shutil.copytree(built_blog, tmp_path / "output")
    (tmp_path / "database").mkdir()
    shutil.copy(empty_sqlite, tmp_path / "database" / "comments.sqlite3")
    service = postil(
        tmp_path, f"sqlite:///{tmp_path}/database/comments.sqlite3", COMMENTS_TRUST_AFTER="0"
    )
    with service.app.app_context():
        make.account("Olga", role=Role.OWNER)
        db.session.remove()
        db.engine.dispose()
    try:
        made = Blog(service, Disk(service, tmp_path / request.param))
        wait(made.level, made)
        yield made
        made.forget()
    finally:
        service.kill()


def get(blog: Blog, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", blog.service.port, timeout=10)
    connection.request("GET", path)
    status = connection.getresponse().status
    connection.close()
    return status


def post_form(blog: Blog) -> tuple[int, str]:
    """What somebody without JavaScript gets."""
    connection = http.client.HTTPConnection("127.0.0.1", blog.service.port, timeout=30)
    body = urllib.parse.urlencode({"name": "Gus", "body": LONG, "key": "a-plain-form"})
    headers = {"Origin": SITE, "Content-Type": "application/x-www-form-urlencoded"}
    connection.request("POST", "/comments/threads/alpha", body, headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text


def wait(until: Callable[[], object], blog: Blog) -> None:
    patience = time.monotonic() + PATIENCE_SECONDS
    while not until():
        assert time.monotonic() < patience, blog.service.log()
        time.sleep(0.05)


def posted(blog: Blog, thread: str = "alpha") -> tuple[list[Sent], list[Sent]]:
    """Some comments more: which were taken, and which refused, in words and with when to try again."""
    taken, refused = [], []
    for _ in range(POSTS):
        each = new(thread, LONG)
        status, headers = post(blog.service, each)
        if status == 201:
            taken.append(each)
        else:
            assert (status, headers["Retry-After"]) == (503, "5"), blog.service.log()
            refused.append(each)
    return taken, refused


def heal(blog: Blog, taken: list[Sent], refused: list[Sent]) -> None:
    """Everything that was taken is there and published; what was refused is taken now."""
    began = time.monotonic()
    for each in refused:
        while post(blog.service, each)[0] != 201:
            assert time.monotonic() - began < allowed(HEAL_SECONDS), blog.service.log()
    wait(blog.level, blog)
    assert truth.losses(blog.view, [*taken, *refused]) == []
    assert get(blog, "/comments/readyz") == 200
    wait(lambda: blog.doctor() == "", blog)


def test_a_disk_that_runs_full_loses_nothing_and_heals(blog: Blog) -> None:
    first, none = posted(blog)
    assert none == []
    wait(blog.level, blog)
    blog.disk.fill()
    taken, refused = posted(blog)
    if blog.disk.over.name == "database":
        assert refused
        status, page = post_form(blog)
        assert status == 503, page
        assert "cannot save anything" in page
        assert get(blog, "/comments/readyz") == 503
    else:
        assert refused == []
    assert f"The disk of {blog.disk.over} has 0.0 MB left" in blog.doctor()
    assert get(blog, "/comments/threads/alpha.html") == 200
    assert get(blog, "/comments/threads/alpha") == 200
    assert get(blog, "/alpha/") == 200
    assert truth.broken(blog.view) == []
    blog.disk.empty()
    heal(blog, [*first, *taken], refused)


@pytest.mark.parametrize("blog", ["published", "output"], indirect=True)
def test_a_folder_that_cannot_be_written_for_a_while_is_caught_up_with(blog: Blog) -> None:
    wait(lambda: blog.disk.remount("ro"), blog)
    taken, refused = posted(blog)
    assert refused == []
    assert f"Nothing can be written into {blog.disk.over}" in blog.doctor()
    assert get(blog, "/comments/threads/alpha.html") == 200
    assert blog.disk.remount("rw")
    heal(blog, taken, refused)
