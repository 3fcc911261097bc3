"""What a build costs: stock Pelican, Eleventy, Hugo and Postil on the same posts, in one run.

    python3 tasks.py bench build                    1,000 invented posts, and the section in docs/performance.md
    python3 tasks.py bench build --large            5,000 as well, which takes minutes more
    python3 tasks.py bench build --content FOLDER   real Markdown posts of any kind; nothing is written
    python3 tasks.py bench build --posts 100 --only postil hugo --saves 0

All with templates of the same content: a page for each post, lists by ten with summaries, a page for
each tag and category, one feed. Each round builds every kind four times, in turn: cold, with nothing
changed in a new process, after one edit, after a rename; whether the whole site is right is looked at.
Then each serves the posts, and one is saved again and again (`--saves 0`: not). What could not be
measured is said. The figure to trust is CPU time.
"""

import argparse
import shlex
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench import builds, costs, invented, peers, posts, report, saves
from tests.bench.costs import Cost, Failed
from tests.bench.peers import KINDS, Kind, Missing
from tests.bench.posts import Post
from tests.bench.report import Goal, say
from tests.bench.saves import Waits

COMMAND = "python3 tasks.py bench build"
POSTS, LARGE = 1_000, 5_000
BUILDS = ("cold", "nothing changed", "one edit", "a rename")
# The others would take a quarter of an hour, or say nothing new.
LARGE_KINDS = (peers.NATIVE, peers.ELEVENTY_KIND, peers.HUGO_KIND)
# `up` has the blog's own settings: of ours there is one.
SERVING_KINDS = (peers.NATIVE, peers.STOCK, peers.ELEVENTY_KIND, peers.HUGO_KIND)


@dataclass
class Results:
    """Everything that was measured, by the names of kinds, and what was not."""

    posts: int
    origin: str
    builds: dict[str, dict[str, Cost]] = field(default_factory=dict)
    large: dict[str, Cost] = field(default_factory=dict)
    waits: dict[str, Waits] = field(default_factory=dict)
    # Of a rename: whose old page can still be read.
    stale: set[str] = field(default_factory=set)
    left_out: list[str] = field(default_factory=list)


# --- Measuring ------------------------------------------------------------------------------------


def short(error: Exception) -> str:
    """What a program said when it failed, on one line: the reason stands first or last."""
    words = " ".join(str(error).split())
    return words if len(words) < 600 else f"{words[:300]} … {words[-300:]}"


def available(kinds: Iterable[Kind], results: Results) -> list[Kind]:
    found = []
    for kind in kinds:
        try:
            kind.command()
            found.append(kind)
        except Missing as missing:
            results.left_out.append(f"{kind.name}: {missing}")
    return found


def accepted(kinds: list[Kind], place: Path, found: posts.Found, results: Results) -> list[Post]:
    """The posts that every kind can build; a kind that can build none is left out instead."""
    left = found.posts
    counts = [f"files without words: {found.empty}"] if found.empty else []
    for kind in list(kinds):
        say(f"Trying {len(left):,} posts with {kind.name} …")
        try:
            out = builds.refused(kind, place, left)
        except Missing as missing:
            kinds.remove(kind)
            results.left_out.append(f"{kind.name}: {missing}")
            continue
        if out:
            names = ", ".join(post.slug for post in out[:3])
            counts.append(f"posts that {kind.name} refuses: {len(out)} (such as {names})")
        left = [post for post in left if post not in out]
    results.left_out += counts
    return left


def measure(
    kinds: list[Kind], place: Path, written: list[Post], rounds: int, results: Results
) -> None:
    for number in range(rounds):
        for kind in list(kinds):
            folder = place / f"{kind.name} {number}"
            say(f"  round {number + 1} of {rounds}, {kind.name}:", end="")
            try:
                found, stale = builds.four(
                    kind, folder, written, lambda cost: say(f" {cost.cpu_seconds:.2f} s", end="")
                )
            except (Failed, builds.Wrong) as error:
                kinds.remove(kind)
                results.builds.pop(kind.name, None)
                results.left_out.append(f"{kind.name}: {short(error)}")
                say(f"\n  {results.left_out[-1]}")
                continue
            results.stale |= {kind.name} if stale else set()
            each = dict(zip(BUILDS, found, strict=True))
            earlier = results.builds.get(kind.name, each)
            results.builds[kind.name] = {name: each[name].least(earlier[name]) for name in BUILDS}
            say(f", {each['cold'].memory_mb:,.0f} MB")
            shutil.rmtree(folder)


def measure_large(kinds: list[Kind], place: Path, results: Results) -> None:
    written = invented.blog(LARGE)
    for kind in kinds:
        folder = place / f"large {kind.name}"
        kind.lay_out(folder, written)
        try:
            cost = builds.built(kind, folder)
        except Failed as failed:
            results.left_out.append(f"{LARGE:,} posts, {kind.name}: {short(failed)}")
            continue
        results.large[kind.name] = cost
        say(f"  {LARGE:,} posts, {kind.name}: {cost.cpu_seconds:.2f} s, {cost.memory_mb:.0f} MB")
        shutil.rmtree(folder)


def measure_saves(
    kinds: list[Kind], place: Path, written: list[Post], many: int, results: Results
) -> None:
    for kind in kinds:
        folder = place / f"serving {kind.name}"
        folder.parent.mkdir(exist_ok=True)
        try:
            found = saves.waits(kind, folder, written, many)
        except AssertionError as error:
            results.left_out.append(f"saving, {kind.name}: {short(error)}")
            say(f"  {results.left_out[-1]}")
            continue
        results.waits[kind.name] = found
        say(
            f"  {len(found.all)} saves, {kind.name}: {found.median:,.0f} ms, worst {max(found.all):,.0f}"
        )
        shutil.rmtree(folder)


# --- The report -----------------------------------------------------------------------------------


def goals(results: Results) -> list[Goal]:
    """What was promised, as far as this run has measured it."""
    found: list[Goal] = []
    ours, hugo = (results.builds.get(kind.name) for kind in (peers.NATIVE, peers.HUGO_KIND))

    def goal(text: str, wanted: float, value: float) -> None:
        found.append(Goal(text, wanted, value, at_most=True))

    if ours and hugo:
        goal("cold, of Hugo's", 1, ours["cold"].cpu_seconds / hugo["cold"].cpu_seconds)
    if ours:
        goal("nothing changed, CPU seconds", 1, ours["nothing changed"].cpu_seconds)
        goal("one edit, CPU seconds", 1.5, ours["one edit"].cpu_seconds)
    if waits := results.waits.get(peers.NATIVE.name):
        goal("from saving to the page, ms", 50, waits.median)
    large, theirs = (results.large.get(k.name) for k in (peers.NATIVE, peers.HUGO_KIND))
    if large and theirs:
        goal("5,000 cold, of Hugo's", 0.75, large.cpu_seconds / theirs.cpu_seconds)
    if large:
        goal("5,000 cold, MB", 300, large.memory_mb)
    return found


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
    found = [report.table(rows), report.table(walls)]
    if results.large:
        rows = [(f"{LARGE:,} invented posts, cold", "CPU seconds", "seconds by the clock", "MB")]
        rows += [
            (name, f"{c.cpu_seconds:.2f}", f"{c.wall_seconds:.2f}", f"{c.memory_mb:,.0f}")
            for name, c in results.large.items()
        ]
        found.append(report.table(rows))
    if results.waits:
        rows = [("from saving to the page, ms", "saves", "median", "worst", "in place", "replaced")]
        rows += [(name, *waits.told()) for name, waits in results.waits.items()]
        found.append(report.table(rows))
    return "\n\n".join(found)


def section(results: Results, rounds: int, command: str) -> str:
    promised = goals(results)
    stale = ", ".join(sorted(results.stale))
    left_out = "\n".join(f"- {each}" for each in results.left_out) or "- nothing"
    return f"""{report.BUILD_HEADING}

{results.posts:,} {results.origin}, the same for all, with templates of the same content: a page for each
post, lists by ten with summaries, of each tag and category too, one feed of ten; code coloured with CSS
classes. Written by `{command}` on {report.today()}, on {report.machine()}.
{peers.versions()}. {report.load()}

{tables(results)}

CPU time is user and system, of all processes of a build: this is the figure to trust. The least of
{rounds} interleaved rounds. Memory is the largest sum of the process tree's PSS, looked at every
{1_000 * costs.LOOK_SECONDS:.0f} ms. *Nothing changed* and what follows are new processes after the cold build. Of the edit, article,
lists and feed were looked at; of the rename, that all of them lead to the new place. The old page is still
there with: {stale or "none of them"}. Saving: in place and by replacing the file, in turn; the page was asked for every
{1_000 * saves.POLL_SECONDS:.0f} ms over HTTP. Postil serves with `python3 tasks.py up`, all plugins on and with its own theme; its
builds above have {", ".join(f"`{name}`" for name in peers.PLUGINS)}.

What ours costs as a part of theirs, by CPU time:

{ratios(results)}

{report.compared(promised) if promised else "No goal was measured."}

{report.missed(promised) if promised else ""}

Left out of this run:

{left_out}
"""


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=COMMAND,
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--content", type=Path, help="a folder of Markdown files to measure with")
    parser.add_argument(
        "--posts", type=int, help="how many posts (default: 1,000; of --content all)"
    )
    parser.add_argument(
        "--rounds", type=int, default=2, help="rounds of builds (default: %(default)s)"
    )
    parser.add_argument("--saves", type=int, default=20, help="saves to each server (default: 20)")
    parser.add_argument("--large", action="store_true", help="also 5,000 invented posts, cold")
    parser.add_argument("--only", nargs="+", choices=KINDS, help="these kinds and no others")
    return parser


def main() -> None:
    parser = arguments()
    given = parser.parse_args()
    if given.content and not given.content.is_dir():
        parser.error(f"{given.content} is no folder")
    # `kill` ends it as Ctrl-C does: with its servers.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    whole = not (given.content or given.posts or given.only) and given.saves
    origin = "posts of a folder" if given.content else "invented posts"
    results = Results(0, origin)
    kinds = available([KINDS[name] for name in given.only or KINDS], results)
    with tempfile.TemporaryDirectory(prefix="postil-bench-") as name:
        place = Path(name)
        if given.content:
            found = posts.read(given.content, given.posts)
            written = accepted(kinds, place, found, results)
        else:
            written = invented.blog(given.posts or POSTS)
        if len(written) < 2:
            sys.exit("There are no posts to measure with.")
        results.posts = len(written)
        say(f"Building {len(written):,} posts: CPU seconds {', '.join(BUILDS)}; memory …")
        measure(kinds, place, written, given.rounds, results)
        if given.large:
            say(f"Building {LARGE:,} posts …")
            measure_large([kind for kind in LARGE_KINDS if kind in kinds], place, results)
        else:
            results.left_out.append(f"{LARGE:,} posts (`--large`)")
        if given.saves:
            say("Saving …")
            serving = [kind for kind in SERVING_KINDS if kind in kinds]
            measure_saves(serving, place, written[:POSTS], given.saves, results)
    text = section(results, given.rounds, shlex.join([*COMMAND.split(), *sys.argv[1:]]))
    say(f"\n{text}")
    if whole:
        report.write(report.BUILD_HEADING, text)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nStopped; nothing was written.")
