"""The report: what measurements have in common in docs/performance.md, and where each one's part stands.

Each command writes its own part and leaves the others as they are. What is measured, and which goals
there are, is the business of the commands.
"""

import datetime
import os
import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.service import ROOT

REPORT = ROOT / "docs" / "performance.md"
SERVICE_HEADING = "# Performance"
SCALE_HEADING = "## What a large blog costs"
PAGES_HEADING = "## What a page costs its reader"
BUILD_HEADING = "## What a build costs"
UPGRADE_HEADING = "## What an upgrade costs"
# In this order: each part goes on until the next one's heading.
HEADINGS = (SERVICE_HEADING, SCALE_HEADING, PAGES_HEADING, BUILD_HEADING, UPGRADE_HEADING)
# Before anything of ours runs.
LOAD_BEFORE = os.getloadavg()[0]


@dataclass(frozen=True)
class Goal:
    """What was promised, what was found, and whether that will do."""

    text: str
    wanted: float
    found: float
    at_most: bool = False
    # The same by requests per second, where that makes sense.
    by_rate: float | None = None

    @property
    def met(self) -> bool:
        return self.found <= self.wanted if self.at_most else self.found >= self.wanted


def say(text: str, end: str = "\n") -> None:
    print(text, end=end, flush=True)


def table(rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns line up; all but the first hold numbers."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "| "
        + " | ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        + " |"
        for row in rows
    ]
    rule = "| " + " | ".join(
        "-" * width if not column else "-" * (width - 1) + ":"
        for column, width in enumerate(widths)
    )
    return "\n".join([lines[0], rule + " |", *lines[1:]])


def number(value: float) -> str:
    return f"{value:,.2f}" if value < 100 else f"{value:,.0f}"


def compared(goals: Sequence[Goal]) -> str:
    """Every goal with what was found; a column for requests per second where one of them has any."""
    rates = any(goal.by_rate is not None for goal in goals)
    rows: list[Sequence[str]] = [("what", "goal", "found", "", *(["by requests/s"] * rates))]
    rows += [
        (
            goal.text,
            f"{'≤' if goal.at_most else '≥'} {goal.wanted:,g}",
            number(goal.found),
            "met" if goal.met else "missed",
            *(["" if goal.by_rate is None else f"{goal.by_rate:,.2f}"] * rates),
        )
        for goal in goals
    ]
    return table(rows)


def missed(goals: Sequence[Goal]) -> str:
    """The goals that were not met, in a sentence."""
    words = [
        f"{goal.text} ({goal.found:,.2f} instead of {goal.wanted:,g})"
        for goal in goals
        if not goal.met
    ]
    return (
        f"Not met in this run: {'; '.join(words)}." if words else "All goals are met in this run."
    )


def today() -> str:
    return f"{datetime.datetime.now(datetime.UTC):%d %B %Y}"


def machine() -> str:
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    name = model[1] if model else platform.machine()
    return f"{os.cpu_count()} cores ({name}), {memory:.0f} GiB, {platform.system()}"


def load() -> str:
    """How busy the machine was before the run, and what follows when that was much."""
    words = f"The load of the machine before the run was {LOAD_BEFORE:.1f}."
    if (os.cpu_count() or 1) / 2 < LOAD_BEFORE:
        words += " Other work kept it busy meanwhile: take the figures as rough, and measure again."
    return words


def written(before: str, heading: str, text: str) -> str:
    """The whole report with the part under a heading replaced; the others stay as they were."""
    found = sorted((before.find(f"{each}\n"), each) for each in HEADINGS)
    places = [(at, each) for at, each in found if at >= 0]
    ends = [at for at, _ in places[1:]] + [len(before)]
    parts = {
        each: before[at:end].rstrip() for (at, each), end in zip(places, ends, strict=True)
    } | {heading: text.rstrip()}
    return "\n\n".join(parts[each] for each in HEADINGS if each in parts) + "\n"


def write(heading: str, text: str) -> None:
    REPORT.write_text(written(REPORT.read_text(), heading, text))
    say(f"Written to {REPORT.relative_to(ROOT)}.")
