"""The suite itself: a skip is a failure in CI, whoever runs it, and what belongs together stays together."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.conftest import POSTGRES, drop_what_dead_runs_left, own_schema
from tests.cores import ALONE, LONGEST, piece, spread
from tests.sites import ROOT
from tests.watched import is_watched

SKIPS = """
import pytest

def test_that_passes():
    pass

@pytest.mark.skip(reason="Not today.")
def test_that_skips():
    pass

@pytest.mark.xfail(reason="Known.")
def test_that_is_known_to_fail():
    raise ValueError
"""


def suite(folder: Path, *options: str) -> tuple[int, str]:
    """How a suite of its own ends, and what pytest says."""
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "--rootdir", str(folder), str(folder), *options]
    environ = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*command, "-c", str(folder / "pytest.ini"), "-p", "tests.no_skips", "-p", "xdist"],
        cwd=folder,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_skip_is_a_failure(tmp_path: Path, workers: str) -> None:
    (tmp_path / "test_one.py").write_text(SKIPS)
    status, said = suite(tmp_path, "-n", workers)
    assert (status, "1 passed, 1 xfailed, 1 error in" in said) == (1, True), said
    assert "Not today.\nIn CI nothing may be skipped" in said


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_file_that_is_skipped_is_an_error(tmp_path: Path, workers: str) -> None:
    (tmp_path / "test_one.py").write_text(SKIPS)
    (tmp_path / "test_two.py").write_text(
        "import pytest\npytest.skip('No PostgreSQL.', allow_module_level=True)\n"
    )
    status, said = suite(tmp_path, "-n", workers)
    assert status not in (0, 5), said
    assert "No PostgreSQL.\nIn CI nothing may be skipped" in said
    assert re.search(r"\d+ error", said)


def test_a_test_that_kills_its_worker_fails_and_all_others_are_run(tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text(
        "import os\ndef test_a(): pass\ndef test_b(): os._exit(1)\ndef test_c(): pass\n"
    )
    status, said = suite(tmp_path, "-n", "2", "-p", "tests.cores")
    assert (status, "1 failed, 2 passed" in said) == (1, True), said


def test_the_longest_piece_begins_first_though_it_is_of_one_test(tmp_path: Path) -> None:
    for name, tests in (("tests/test_of_many.py", 3), (LONGEST[-1], 1), ("tests/test_z.py", 2)):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"def test_{n}(): pass\n" for n in range(tests)))
    status, said = suite(tmp_path, "-n", "1", "-v", "-p", "tests.cores")
    assert status == 0, said
    assert re.findall(r"PASSED (\S+)::", said)[0] == LONGEST[-1], said


def schemas() -> set[str]:
    with psycopg.connect(POSTGRES) as connection:
        return {name for (name,) in connection.execute("SELECT nspname FROM pg_namespace")}


def test_the_schema_of_a_killed_process_is_dropped_and_that_of_a_living_one_is_not(
    empty_postgres: str, eventually: Callable[[Callable[[], bool]], None]
) -> None:
    work = "from tests.conftest import own_schema\nwith own_schema() as name:\n print(name, flush=True)\n input()"
    with (
        own_schema() as ours,
        subprocess.Popen(
            [sys.executable, "-c", work],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as other,
    ):
        assert other.stdout is not None
        theirs = other.stdout.readline().strip()
        drop_what_dead_runs_left()
        assert {ours, theirs} <= schemas()
        other.kill()

        def is_dropped() -> bool:
            # The server has to notice first that the other end is gone.
            drop_what_dead_runs_left()
            return theirs not in schemas()

        eventually(is_dropped)
        assert ours in schemas()
    assert ours not in schemas()


def test_a_file_stays_together_and_so_do_all_that_start_browsers_and_servers() -> None:
    assert piece("tests/unit/test_a.py::test_b[c::d]") == "tests/unit/test_a.py"
    assert piece("tests/browser/test_a.py::test_b") == piece("tests/faults/test_c.py::test_d")


@pytest.mark.parametrize("file", ALONE)
def test_what_promises_nothing_in_seconds_is_a_piece_of_its_own(file: str) -> None:
    assert piece(f"{file}::test_a") == file
    assert not re.search(r"faults\.patience|mended", (ROOT / file).read_text())


@pytest.mark.parametrize(
    ("arguments", "one"),
    [
        ([], False),
        (["-x", "-q", "--maxfail=3", "--durations=40"], False),
        (["tests/unit"], False),
        (["-k", "feed"], True),
        (["-kfeed"], True),
        (["tests/unit/test_spam.py"], True),
        (["tests/test_site.py::test_one"], True),
        (["-x", "--lf"], True),
        (["--pdb"], True),
        (["--capture=no"], True),
        (["-n2"], True),
        (["tests/browser/"], True),
    ],
)
def test_a_run_of_few_tests_starts_no_workers(arguments: list[str], one: bool) -> None:
    assert ("auto" not in spread(arguments)) is one


def test_coverage_watches_what_shows_something() -> None:
    name = "test_a.py::test_b[{}]"
    assert is_watched(f"tests/unit/{name.format('postgresql')}")
    assert is_watched(f"tests/api/{name.format('sqlite-1')}")
    assert not is_watched(f"tests/api/{name.format('postgresql-1')}")
    assert not is_watched(f"tests/faults/{name.format('sqlite')}")


def test_what_is_not_watched_is_not_in_the_report_and_what_comes_after_it_is(
    tmp_path: Path,
) -> None:
    (tmp_path / "seen.py").write_text(
        "def one():\n    pass\n\ndef two():\n    pass\n\ndef three():\n    pass\n"
    )
    for folder, called in (("api", "one"), ("faults", "two"), ("unit", "three")):
        path = tmp_path / f"tests/{folder}/test_{called}.py"
        path.parent.mkdir(parents=True)
        path.write_text(f"import seen\ndef test_it(): seen.{called}()\n")
    options = ("-p", "pytest_cov.plugin", "-p", "tests.watched", "--cov=seen", "--cov-branch")
    for workers in ("0", "2"):
        status, said = suite(tmp_path, "-n", workers, *options, "--cov-report=term-missing")
        assert status == 0, said
        assert re.search(r"seen\.py .* 5\n", said), said
