"""What `bench build` has found, as the section "What a build costs" of docs/performance.md."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.bench import costs, full, peers, report, saves
from tests.bench.costs import Cost
from tests.bench.report import Goal
from tests.bench.saves import Waits

LARGE = 5_000
BUILDS = ("cold", "nothing changed", "one edit", "a rename")
WHILE_BUILDING = f"{peers.NATIVE.name}, in mid-build"
# CPU seconds, as promised for 1,000 posts.
FULL_GOALS = {
    "cold": 16,
    "nothing changed": 0.5,
    "body edit": 1.5,
    "title": 2,
    "tag": 2,
    "new post": 2.5,
    "deleted": 2.5,
    "template": 10,
}


@dataclass
class Results:
    """Everything that was measured, by the names of kinds, and what was not."""

    posts: int
    origin: str
    builds: dict[str, dict[str, Cost]] = field(default_factory=dict)
    large: dict[str, Cost] = field(default_factory=dict)
    # The full site, by what was done.
    full: dict[str, Cost] = field(default_factory=dict)
    full_large: dict[str, Cost] = field(default_factory=dict)
    waits: dict[str, Waits] = field(default_factory=dict)
    # Of a rename: whose old page can still be read.
    stale: set[str] = field(default_factory=set)
    left_out: list[str] = field(default_factory=list)


def goals(results: Results) -> list[Goal]:
    """What was promised, as far as this run has measured it."""
    found: list[Goal] = []
    ours, hugo = (results.builds.get(kind.name) for kind in (peers.NATIVE, peers.HUGO_KIND))

    def goal(text: str, wanted: float, value: float) -> None:
        found.append(Goal(text, wanted, value, at_most=True))

    if ours and hugo:
        goal("bare, cold, of Hugo's", 1, ours["cold"].cpu_seconds / hugo["cold"].cpu_seconds)
    for name, wanted in FULL_GOALS.items():
        if cost := results.full.get(name):
            goal(f"everything on, {name}, CPU seconds", wanted, cost.cpu_seconds)
    if cold := results.full.get("cold"):
        goal("everything on, cold, MB", 250, cold.memory_mb)
    if results.full_large:
        goal(f"everything on, {LARGE:,} cold, MB", 300, results.full_large["cold"].memory_mb)
    if power := exponent(results):
        goal("one edit: exponent of the number of posts", 0.5, power)
    for name in (peers.NATIVE.name, WHILE_BUILDING):
        if waits := results.waits.get(name):
            goal(f"from saving to the page, {name}, median ms", 50, waits.median)
            goal(f"from saving to the page, {name}, worst ms", 150, max(waits.all))
    return found


def exponent(results: Results) -> float | None:
    """How one edit grows with the blog: 0 is not at all, 1 as the number of posts does."""
    few, many = results.full.get("body edit"), results.full_large.get("body edit")
    if not few or not many or results.posts >= LARGE:
        return None
    return math.log(many.cpu_seconds / few.cpu_seconds) / math.log(LARGE / results.posts)


def ratios(results: Results) -> str:
    rows: list[Sequence[str]] = [("", *BUILDS, "cold, MB", "saving")]
    mine = peers.NATIVE.name
    own = results.builds.get(mine)
    for other, each in results.builds.items():
        if own is None or other == mine:
            continue
        waits = [results.waits.get(name) for name in (mine, other)]
        rows.append(
            (
                f"{mine}, of {other}'s",
                *(f"{own[n].cpu_seconds / each[n].cpu_seconds:.2f}" for n in BUILDS),
                f"{own['cold'].memory_mb / each['cold'].memory_mb:.2f}",
                f"{waits[0].median / waits[1].median:.2f}" if waits[0] and waits[1] else "",
            )
        )
    return report.table(rows) if len(rows) > 1 else "Nothing to compare with was measured."


def tables(results: Results) -> str:
    rows: list[Sequence[str]] = [("CPU seconds", *BUILDS, "cold, MB")]
    walls: list[Sequence[str]] = [("seconds by the clock", *BUILDS)]
    for name, each in results.builds.items():
        memory = f"{each['cold'].memory_mb:,.0f}"
        rows.append((name, *(f"{each[build].cpu_seconds:.2f}" for build in BUILDS), memory))
        walls.append((name, *(f"{each[build].wall_seconds:.2f}" for build in BUILDS)))
    found = [report.table(rows), report.table(walls)] if results.builds else []
    if results.full:
        found.insert(0, full_table(results))
    if results.large:
        rows = [(f"{LARGE:,} posts, cold", "CPU seconds", "seconds by the clock", "MB")]
        rows += [
            (name, f"{c.cpu_seconds:.2f}", f"{c.wall_seconds:.2f}", f"{c.memory_mb:,.0f}")
            for name, c in results.large.items()
        ]
        found.append(report.table(rows))
    if results.waits:
        rows = [
            (
                "from saving to the page, ms",
                "saves",
                "median",
                "worst",
                "in place",
                "replaced",
                "MB first",
                "MB last",
            )
        ]
        rows += [(name, *waits.told()) for name, waits in results.waits.items()]
        found.append(report.table(rows))
    return "\n\n".join(found)


def full_table(results: Results) -> str:
    counted = [(results.posts, results.full), (LARGE, results.full_large)]
    columns = [(f"{count:,} posts", each) for count, each in counted if each]
    heads = [f"{posts}, {unit}" for posts, _ in columns for unit in ("CPU s", "MB")]
    rows: list[Sequence[str]] = [(full.NAME, *heads)]
    for name in full.ACTS:
        costs = [each.get(name) for _, each in columns]
        if any(costs):
            cells = [
                (f"{c.cpu_seconds:.2f}", f"{c.memory_mb:,.0f}") if c else ("", "") for c in costs
            ]
            rows.append((name, *(cell for pair in cells for cell in pair)))
    return report.table(rows)


def section(results: Results, rounds: int, command: str) -> str:
    promised = goals(results)
    stale = ", ".join(sorted(results.stale))
    left_out = "\n".join(f"- {each}" for each in results.left_out) or "- nothing"
    return f"""{report.BUILD_HEADING}

{results.posts:,} {results.origin}, the same for all, with templates of the same content: a page for each
post, lists by ten with summaries, of each tag and category too, one feed of ten; code coloured with CSS
classes. *{full.NAME}* is what an author really runs: `publishconf.py`, this theme, every plugin; beside it
the others are bare. Written by `{command}` on {report.today()}, on {report.machine()}.
{peers.versions()}. {report.load()}

{tables(results)}

CPU time is user and system, of all processes of a build: this is the figure to trust. The least of
{rounds} interleaved rounds. Memory is the largest sum of the process tree's PSS, looked at every
{1_000 * costs.LOOK_SECONDS:.0f} ms. *Nothing changed* and what follows are new processes after the cold build. Of the edit, article,
lists and feed were looked at; of the rename, that all of them lead to the new place. The old page is still
there with: {stale or "none of them"}. Saving: in place and by replacing the file, in turn; the page was asked for every
{1_000 * saves.POLL_SECONDS:.0f} ms over HTTP. *In mid-build*: at some moment of the build that the save before has begun. Postil serves with `python3 tasks.py up`, all plugins on and with its own theme; its
bare builds have {", ".join(f"`{name}`" for name in peers.PLUGINS)}. With everything on, the body, the title and
the tags of three posts in the middle of the blog change, a new one is added, an old one deleted, and then
the template of all pages changes: each a new process on what the one before it has left.

What ours costs as a part of theirs, by CPU time:

{ratios(results)}

{report.compared(promised) if promised else "No goal was measured."}

{report.missed(promised) if promised else ""}

Left out of this run:

{left_out}
"""
