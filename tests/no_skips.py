"""In CI a skipped test is a failed one: `tasks.py test` loads this plugin when CI is set.

A test that needs PostgreSQL, a browser or nginx is skipped where there is none, and says so. On the
machine that decides whether a change may land, that would be a check which nobody made. A report is
changed where it is made, in a worker where there are some, so that all who read it read the same.
"""

from collections.abc import Generator
from typing import Any

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if not hasattr(report, "wasxfail"):
        refuse(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    refuse(report)
    return report


def refuse(report: Any) -> None:
    if report.skipped:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = (
            f"{reason}\nIn CI nothing may be skipped: .ci/run installs what is missing."
        )
