"""Which tests coverage watches: to watch one takes as long as the test itself, so that must show something.

All are run and may fail; this is only about what the report of coverage is made of.
"""

from collections.abc import Generator

import pytest

from tests.cores import OF_MANY_PROCESSES


def is_watched(nodeid: str) -> bool:
    """Not what runs in other processes, and a request on one database.

    What is different on the other, the tests of the modules show: those are watched on both.
    """
    return not nodeid.startswith(OF_MANY_PROCESSES) and not (
        nodeid.startswith("tests/api/") and "postgresql" in nodeid.partition("[")[2]
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    plugin = item.config.pluginmanager.getplugin("_cov")
    watcher = plugin and plugin.cov_controller
    if not watcher or is_watched(item.nodeid):
        return (yield)
    watcher.pause()
    try:
        return (yield)
    finally:
        watcher.resume()
