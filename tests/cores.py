"""How the suite is spread over a machine's cores; `tasks.py test` decides whether it is.

A file is one piece of work, so that what it builds is built once. The pieces know no order: those of
most tests come first, and whoever is idle takes the next.
"""

import pytest
from xdist.scheduler import LoadScopeScheduling

# One piece, for one worker: browsers, servers that are killed, and promises counted in seconds. They
# keep more than one core busy by themselves, and two of them at once would wait for each other; and
# there is one blog and one Chromium for all of them this way. Beside them run tests of one process.
OF_MANY_PROCESSES = ("tests/browser/", "tests/faults/")


class Pieces(LoadScopeScheduling):  # type: ignore[misc]  # xdist carries no types
    """By file, but for what would be in its own way."""

    def _split_scope(self, nodeid: str) -> str:
        return piece(nodeid)

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
    if nodeid.startswith(OF_MANY_PROCESSES):
        return " and ".join(OF_MANY_PROCESSES)
    return nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Pieces:
    return Pieces(config, log)
