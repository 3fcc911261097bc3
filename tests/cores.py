"""How the suite is spread over a machine's cores, and when it is.

A file is one piece of work, so that what it builds is built once. The longest pieces come first, then
those of most tests, and whoever is idle takes the next.
"""

import pytest
from xdist.scheduler import LoadScopeScheduling

# One piece, for one worker: browsers, servers that are killed, and promises counted in seconds. They
# keep more than one core busy by themselves, and two of them at once would wait for each other; and
# there is one blog and one Chromium for all of them this way. Beside them run tests of one process.
OF_MANY_PROCESSES = ("tests/browser/", "tests/faults/")
TOGETHER = " and ".join(OF_MANY_PROCESSES)
# But for these: programs that are killed and begun again, one after the other. They promise nothing in
# seconds, and with them that piece would be more than half of all, for which a second core would wait.
ALONE = tuple(
    f"tests/faults/test_{each}.py"
    for each in (
        *("building_killed", "differential", "hooks_killed", "interrupted_builds"),
        *("migrating_killed", "publishing_killed", "search_killed", "sending_killed"),
        *("telling_killed", "upgrade_killed"),
    )
)
# These begin first, for whatever takes longest would otherwise be what all others wait for at the end.
# The last of them have few tests, each of which takes long.
LONGEST = (
    *(TOGETHER, *ALONE, "tests/unit/test_whole_builds.py"),
    *("tests/api/test_openapi.py", "tests/unit/test_push_manifest.py", "tests/api/test_bodies.py"),
    *("tests/unit/test_container.py", "tests/api/test_addresses.py"),
)
# The whole suite, or a folder of it, is spread over the cores. More workers than this would begin
# with more blogs to build and databases to make than they then save.
MOST_WORKERS = 8
# But not these: few tests, a debugger, what is printed meanwhile, pytest's own answers; and the
# folders that are kept together here.
ONE_PROCESS = {
    *("-k", "-m", "-n", "-s", "-h", "-V", "--lf", "--last-failed", "--sw", "--stepwise", "--nf"),
    *("--pdb", "--trace", "--capture", "--numprocesses", "--collect-only", "--co", "--fixtures"),
    *("--markers", "--help", "--version", "--rounds", "--seed", "tests/browser", "tests/faults"),
}


class Pieces(LoadScopeScheduling):  # type: ignore[misc]  # xdist carries no types
    """By file, but for what would be in its own way."""

    def _split_scope(self, nodeid: str) -> str:
        return piece(nodeid)

    def _assign_work_unit(self, node: object) -> None:
        for each in reversed(LONGEST):
            if each in self.workqueue:
                self.workqueue.move_to_end(each, last=False)
        super()._assign_work_unit(node)

    def remove_node(self, node: object) -> str | None:
        """What a worker had not done goes to others, but for the test that killed it.

        They would be killed as well, one after the other, until no more are started.
        """
        for tests in self.assigned_work[node].values():
            for nodeid, is_done in tests.items():
                if not is_done:
                    tests[nodeid] = True
                    super().remove_node(node)
                    return str(nodeid)
        super().remove_node(node)
        return None


def piece(nodeid: str) -> str:
    """What a test is run together with."""
    file = nodeid.partition("::")[0]
    return TOGETHER if file.startswith(OF_MANY_PROCESSES) and file not in ALONE else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Pieces:
    return Pieces(config, log)


def spread(arguments: list[str]) -> list[str]:
    """What pytest is to be given, with as many workers as the machine has cores where that is sooner."""
    if any(map(needs_one_process, arguments)):
        return arguments
    return [*arguments, "--numprocesses", "auto", "--maxprocesses", str(MOST_WORKERS)]


def needs_one_process(argument: str) -> bool:
    """Whether pytest is told how to run, or to run what is sooner done than workers are started."""
    name = argument.partition("=")[0].rstrip("/")
    return ".py" in argument or name in ONE_PROCESS or name[:2] in ONE_PROCESS
