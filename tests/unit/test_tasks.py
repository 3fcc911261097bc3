"""The commands, and the files that they install from."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from invoke import Collection, Context
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import tasks
from authoring import environment, plain_help
from authoring.command_line import Commands, with_remainder

LOCKS = (environment.BLOG_LOCK, environment.DEVELOPMENT_LOCK)


def pins(lock: str) -> dict[str, str]:
    text = (environment.ROOT / lock).read_text()
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE))


def test_every_command_is_in_the_usage() -> None:
    commands = Collection.from_module(tasks).task_names
    assert {f"tasks.py {name} " for name in commands} <= set(
        re.findall(r"tasks\.py [\w-]+ ", tasks.__doc__ or "")
    )


def test_a_list_for_programs_has_no_empty_line(capsys: pytest.CaptureFixture[str]) -> None:
    tasks.images.body(Context(), unused=True)
    assert all(capsys.readouterr().out.splitlines())


def test_what_follows_test_goes_to_pytest_as_it_was_typed() -> None:
    assert with_remainder(["test", "-k", "feed or page"]) == [
        "test",
        "--",
        "-k 'feed or page'",
    ]
    assert with_remainder(["up", "--port", "8001"]) == ["up", "--port", "8001"]
    assert with_remainder(["share", "a.md", "--days", "3"]) == [
        *("share", "--draft", "a.md", "--days", "3")
    ]
    assert with_remainder(["share", "--list"]) == ["share", "--list"]
    assert with_remainder(["test", "--help"]) == ["test", "--help"]
    assert with_remainder(["bench", "build", "-h"]) == ["bench", "--", "build -h"]


@pytest.mark.parametrize("command", sorted(Collection.from_module(tasks).task_names))
def test_asking_what_a_command_does_needs_nothing_installed(command: str, tmp_path: Path) -> None:
    shutil.copy(environment.ROOT / "tasks.py", tmp_path)
    shutil.copytree(environment.ROOT / "authoring", tmp_path / "authoring")
    done = subprocess.run(
        [sys.executable, "-S", "tasks.py", command, "--help"],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1"},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / ".venv").exists()
    found = Collection.from_module(tasks)[command]
    assert (found.body.__doc__ or "").strip().splitlines()[0] in done.stdout
    assert all(option.replace("_", "-") in done.stdout.lower() for option in found.help)


def test_a_command_that_there_is_not_is_told_before_anything_is_installed() -> None:
    source = environment.ROOT / "tasks.py"
    assert "Did you mean publish?" in plain_help.asked(["publishe"], source)
    assert plain_help.asked(["up", "--port", "8000"], source) == ""
    assert plain_help.asked(["bench", "build", "--help"], source) == ""
    assert "--no-edit" in plain_help.asked(["new", "--help"], source)
    assert "tasks.py share [DRAFT] [options]" in plain_help.asked(["share", "--help"], source)


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_address_and_no_folder(lock: str) -> None:
    text = (environment.ROOT / lock).read_text()
    assert not re.search(
        r"https?:|file:|--(extra-)?index|--find-links|^/|\s/\w", text, re.MULTILINE
    )
    assert text.count("--hash=sha256:") >= len(pins(lock))


def test_the_tools_for_browser_code_have_exact_versions() -> None:
    package = json.loads((environment.ROOT / "package.json").read_text())
    assert all(version[0].isdigit() for version in package["devDependencies"].values())


def test_the_development_lock_pins_what_the_blog_s_lock_pins() -> None:
    assert pins(environment.BLOG_LOCK).items() <= pins(environment.DEVELOPMENT_LOCK).items()


def test_the_locks_answer_pyproject() -> None:
    project = tomllib.loads((environment.ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    for lock, wanted in (
        (environment.BLOG_LOCK, [*project["dependencies"], *extras["setup"]]),
        (environment.DEVELOPMENT_LOCK, extras["dev"]),
    ):
        pinned = pins(lock)
        for requirement in map(Requirement, wanted):
            version = pinned[canonicalize_name(requirement.name)]
            assert requirement.specifier.contains(version, prereleases=True), requirement


def test_the_lock_has_the_line_that_uv_is_installed_from() -> None:
    assert "uv" in pins(environment.BLOG_LOCK)


def test_without_arguments_it_tells_what_it_can_do_and_installs_nothing(tmp_path: Path) -> None:
    copy = tmp_path / "tasks.py"
    copy.write_bytes((environment.ROOT / "tasks.py").read_bytes())
    told = subprocess.run([sys.executable, "-I", copy], capture_output=True, text=True, check=True)
    assert told.stdout.startswith("Every command of this blog")
    assert not (tmp_path / ".venv").exists()


def test_the_environment_is_made_by_the_standard_library_alone() -> None:
    # -S leaves out every package that is installed.
    command = [sys.executable, "-S", "-c", "import authoring.environment"]
    told = subprocess.run(command, cwd=environment.ROOT, capture_output=True, text=True)
    assert told.stderr == ""


def test_an_environment_that_holds_the_lock_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The marker of the lock's hash is what makes a second start fast."""
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "INSTALLED", tmp_path / "installed")
    monkeypatch.setattr(environment, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    installed: list[str] = []
    monkeypatch.setattr(environment, "install", installed.append)
    monkeypatch.setattr(environment, "make_environment", lambda: None)
    (tmp_path / environment.BLOG_LOCK).write_text("a==1\n")
    (tmp_path / environment.DEVELOPMENT_LOCK).write_text("a==1\nb==2\n")

    environment.ensure_installed(environment.BLOG_LOCK)
    environment.ensure_installed(environment.BLOG_LOCK)
    assert installed == [environment.BLOG_LOCK]

    environment.ensure_installed(environment.DEVELOPMENT_LOCK)
    environment.ensure_installed(environment.BLOG_LOCK)
    assert installed == [environment.BLOG_LOCK, environment.DEVELOPMENT_LOCK]

    (tmp_path / environment.DEVELOPMENT_LOCK).write_text("a==2\nb==2\n")
    environment.ensure_installed(environment.BLOG_LOCK)
    assert installed[-1] == environment.DEVELOPMENT_LOCK


def test_bench_says_what_it_knows() -> None:
    with pytest.raises(SystemExit, match="Say what to measure"):
        tasks.bench(Context(remainder="nonsense"))


def test_an_environment_that_is_linked_from_elsewhere_is_recognised(tmp_path: Path) -> None:
    (tmp_path / "authoring").mkdir()
    needed = ("command_line.py", "draft_tasks.py", "environment.py", "plain_help.py")
    for name in ("__init__.py", *needed):
        shutil.copy(environment.ROOT / "authoring" / name, tmp_path / "authoring")
    for name in ("tasks.py", environment.BLOG_LOCK, environment.DEVELOPMENT_LOCK):
        shutil.copy(environment.ROOT / name, tmp_path)
    (tmp_path / ".venv").symlink_to(environment.VENV)
    # Taken for another one, it would be started over and over again.
    done = subprocess.run(
        [sys.executable, "tasks.py", "--list"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "build" in done.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("up --prot 3", "up: there is no --prot. Did you mean --port?"),
        ("up --port many", "up: many is no number."),
        ("up --port", "up: --port needs a value."),
        ("build extra", "build: there is no extra."),
        ("new --draft", "new: TITLE is missing."),
        ("share --days x a.md", "share: x is no number."),
    ],
)
def test_what_cannot_be_made_out_is_told_with_what_to_do(
    words: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    program = Commands(namespace=Collection.from_module(tasks), name="tasks.py")
    with pytest.raises(SystemExit):
        program.run(["tasks.py", *words.split()])
    name = words.split()[0]
    lines = capsys.readouterr().err.splitlines()
    assert lines == [told, f"`python3 tasks.py {name} --help` lists what it takes."]
