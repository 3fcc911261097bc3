"""What unit tests share: cheap passwords, waiting for a condition, a site."""

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from tests import bucket_server, make
from tests.sites import Site, disconnect


@pytest.fixture(scope="package", autouse=True)
def cheap_passwords() -> Iterator[PasswordHasher]:
    with make.cheap_passwords() as real:
        yield real


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site without an article; its plugins' signals end with the test."""
    yield Site(tmp_path)
    disconnect()


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a build divide its work among processes, as it does where no threads are.

    A worker of pytest-xdist has threads for its own use, of which a copy of it needs none.
    """
    monkeypatch.setattr(threading, "enumerate", lambda: [threading.main_thread()])


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Wait until a condition holds, and fail when it does not within half a minute."""

    def wait(holds: Callable[[], bool], seconds: float = 30) -> None:
        end = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < end, "it did not happen in time"
            time.sleep(0.02)

    return wait


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a plugin that a blog has beside ours: other tests, which run meanwhile, stand on ours."""
    # Of another name each time: Python looks for a module no second time.
    package = tmp_path / f"program_{uuid.uuid4().hex}"
    package.mkdir()
    (package / "__init__.py").write_text("def register() -> None:\n    pass\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return package / "__init__.py"


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch) -> Iterator[bucket_server.Storage]:
    """A storage with the empty bucket `shared`, whose address and keys are in the environment."""
    with bucket_server.storage() as made:
        for name, value in made.environ.items():
            if name.startswith("AWS_"):
                monkeypatch.setenv(name, value)
        yield made
