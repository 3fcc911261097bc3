"""The suite itself: what a run that was killed leaves in the database."""

import subprocess
import sys
from collections.abc import Callable

import psycopg

from tests.conftest import POSTGRES, drop_what_dead_runs_left, own_schema
from tests.sites import ROOT


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
