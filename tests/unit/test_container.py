"""deploy/Dockerfile and compose.yaml: what a linter would ask, and their steps as processes of this machine.

No daemon and no registry is at hand where tests run: the image's tree is made by its COPY lines, and each command
runs in it with the environment that compose gives it, on PostgreSQL.
"""

import fnmatch
import http.client
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml

from tests.service import free_port
from tests.sites import ROOT

DOCKERFILE = ROOT / "deploy/Dockerfile"
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("blog", "service", "worker")
GIVEN = {
    "SITE_URL": "http://blog.test",
    "POSTGRES_PASSWORD": "secret",
    "COMMENTS_SECRET_KEY": "k" * 32,
}
PATIENCE_SECONDS = 90


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's lines, with those that go on joined."""
    text = re.sub(r"^#.*\n", "", DOCKERFILE.read_text("utf-8"), flags=re.M)
    joined = re.sub(r"\\\n\s*", "", text)
    return [(word, rest) for word, _, rest in (x.partition(" ") for x in joined.splitlines() if x)]


def of(word: str) -> list[str]:
    return [rest for each, rest in instructions() if each == word]


def copied() -> dict[str, str]:
    """What of the repository is in the image, by its place below /srv/blog."""
    found = {}
    # Of the last stage alone: that of the packages is known by its `--from`.
    last = [number for number, (word, _) in enumerate(instructions()) if word == "FROM"][-1]
    for word, rest in instructions()[last:]:
        if word == "COPY" and not rest.startswith("--from"):
            *sources, into = rest.split()
            for source in sources:
                found[source] = f"{source}" if into == "./" else into
    return found


def substituted(text: str) -> str:
    """As compose puts variables in: `${NAME:-default}` and `${NAME:?why not}`."""

    def value(found: re.Match[str]) -> str:
        name, kind, other = found.groups()
        return GIVEN.get(name) or (other if kind == "-" else "")

    return re.sub(r"\$\{(\w+):([-?])([^}]*)\}", value, text)


def test_the_image_is_made_of_named_versions_and_of_packages_with_their_hashes() -> None:
    assert instructions()[0][0] == "FROM"
    assert all(re.fullmatch(r"python:3\.\d+-slim-\w+( AS \w+)?", each) for each in of("FROM"))
    assert of("ADD") == []
    [install] = [each for each in of("RUN") if "pip install" in each]
    assert "--require-hashes" in install
    assert "--no-cache-dir" in install
    assert not [each for each in of("RUN") if "curl" in each or "apt-get" in each]


def test_nobody_in_the_image_is_root_when_it_runs() -> None:
    words = [word for word, _ in instructions()]
    assert of("USER")[-1] == "10001:10001"
    assert words.index("USER") < words.index("CMD")
    assert "RUN" not in words[words.index("USER") :]
    assert len(of("HEALTHCHECK")) == 1


def test_the_image_holds_what_is_there_and_no_secret() -> None:
    ignored = (DOCKERFILE.parent / "Dockerfile.dockerignore").read_text("utf-8").splitlines()
    let_through = {line[1:] for line in ignored if line.startswith("!")}
    assert ignored[1] == "*"
    for source in copied():
        assert (ROOT / source).exists(), source
        assert source in let_through, source
    for secret in (".env", "var", ".git", "output", "published"):
        assert not any(fnmatch.fnmatch(secret, each) for each in let_through), secret


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_has_few_rights_and_a_sign_of_health(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["user"].partition(":")[0] not in ("", "0", "root")
    assert "privileged" not in service
    image = service.get("image", "")
    assert image == "postil" or re.search(r":\d", image)
    # The image's own is that of whoever answers requests.
    assert name == "service" or "healthcheck" in service
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ()))


def test_compose_names_settings_that_there_are_and_no_secret() -> None:
    example = (ROOT / ".env.example").read_text("utf-8")
    known = set(re.findall(r"^#([A-Z_]+)=", example, re.M))
    environment = COMPOSE["x-postil"]["environment"]
    assert set(environment) <= known
    for text in (*environment.values(), *SERVICES["database"]["environment"].values()):
        for name in re.findall(r"\$\{(\w*(?:PASSWORD|KEY|TOKEN)\w*)", text):
            assert f"${{{name}:?" in text, f"{name} has a default"
    assert COMPOSE["x-postil"]["environment"]["COMMENTS_WORKERS"] == "outside"


# --- Its steps ------------------------------------------------------------------------------------


class Machine:
    """The image's tree in a folder, and the processes that were started in it."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder, self.port = folder, free_port()
        self.blog, self.site = folder / "srv/blog", folder / "srv/site"
        self.blog.mkdir(parents=True)
        self.site.mkdir()
        for source, into in copied().items():
            copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy
            copy(ROOT / source, self.blog / into)
        (self.blog / ".venv").symlink_to((ROOT / ".venv").resolve())
        self._running: list[subprocess.Popen[bytes]] = []
        said = {
            name: substituted(text) for name, text in COMPOSE["x-postil"]["environment"].items()
        }
        said["COMMENTS_DATABASE_URL"] = database_url
        image = dict(re.findall(r"(\w+)=(\S+)", " ".join(of("ENV"))))
        path = f"{self.blog}/.venv/bin:{os.environ['PATH']}"
        self.environ = {**self.moved(image), **said, "PATH": path, "HOME": str(folder)}

    def moved(self, image: dict[str, str]) -> dict[str, str]:
        return {
            name: value.replace("/srv", str(self.folder / "srv")) for name, value in image.items()
        }

    def command(self, words: list[str]) -> list[str]:
        """The words of a command, with this machine's folders and port for the image's."""
        for here, there in (("/srv/", f"{self.folder}/srv/"), ("8000", str(self.port))):
            words = [each.replace(here, there) for each in words]
        return [each.replace("0.0.0.0", "127.0.0.1") for each in words]  # noqa: S104 - taken away

    def run(self, words: list[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(words),
            cwd=self.blog,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )

    def start(self, words: list[str]) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(
                self.command(words), cwd=self.blog, env=self.environ, stdout=log, stderr=log
            )
        self._running.append(process)
        return process

    def until_healthy(self, test: list[str]) -> None:
        assert test[0] == "CMD"
        patience = time.monotonic() + PATIENCE_SECONDS
        while self.run(test[1:]).returncode:
            assert time.monotonic() < patience, (self.folder / "log").read_text()
            time.sleep(0.5)

    def first_thread(self) -> str:
        """The name of a thread, once the worker has published it."""
        patience = time.monotonic() + PATIENCE_SECONDS
        while not (found := sorted((self.site / "published/threads").glob("*.html"))):
            assert time.monotonic() < patience, (self.folder / "log").read_text()
            time.sleep(0.2)
        return found[0].name.partition(".")[0]

    def stop(self) -> list[int]:
        """How each ended that was asked to."""
        for process in self._running:
            if process.poll() is None:
                process.terminate()
        return [process.wait(30) for process in self._running]


@pytest.fixture
def machine(tmp_path: Path, database_url: str) -> Iterator[Machine]:
    made = Machine(tmp_path, database_url)
    yield made
    made.stop()


def words_of(instruction: str) -> list[str]:
    found: list[str] = yaml.safe_load(re.sub(r"^.*CMD ", "", of(instruction)[0]))
    return found


@pytest.mark.enable_socket
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_its_commands_build_serve_publish_and_stop(machine: Machine) -> None:
    before = tree(machine.blog)
    built = machine.run(SERVICES["blog"]["command"])
    assert built.returncode == 0, built.stdout + built.stderr
    machine.start(words_of("CMD"))
    machine.until_healthy(["CMD", *words_of("HEALTHCHECK")])
    machine.start(SERVICES["worker"]["command"])
    machine.until_healthy(SERVICES["worker"]["healthcheck"]["test"])
    thread = machine.first_thread()
    form = {"Origin": GIVEN["SITE_URL"], "Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode({"body": "By a form.", "name": "Gus"})
    with closing(http.client.HTTPConnection("127.0.0.1", machine.port, timeout=30)) as connection:
        connection.request("POST", f"/comments/threads/{thread}", body, form)
        answer = connection.getresponse()
        assert (answer.status, answer.read()[:0]) == (303, b"")
    assert machine.stop() == [0, 0]
    # The root can be read-only: nothing was written beside the volumes.
    assert tree(machine.blog) == before


def tree(folder: Path) -> set[str]:
    """Every file of the image, but what lies on its volume."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {str(each) for each in found if each.parts[0] not in ("var", ".venv")}
