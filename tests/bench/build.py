"""What a build costs: stock Pelican, Eleventy, Hugo and Postil on the same posts, in one run.

    python3 tasks.py bench build                    1,000 invented posts, and the section in docs/performance.md
    python3 tasks.py bench build --large            5,000 as well, which takes minutes more
    python3 tasks.py bench build --content FOLDER   real Markdown posts of any kind; nothing is written,
                                                    but with `--write`
    python3 tasks.py bench build --posts 100 --only postil hugo --saves 0
    python3 tasks.py bench build --only full --acts title --rounds 1 --saves 0     one figure

All with templates of the same content: a page for each post, lists by ten with summaries, a page for
each tag and category, one feed. Each round builds every kind four times, in turn: cold, with nothing
changed in a new process, after one edit, after a rename; whether the whole site is right is looked at.
Beside them `full` is what an author really runs, every plugin on, after all that authors do (`full.py`).
Then each serves the posts, and one is saved again and again (`--saves 0`: not). What could not be
measured is said. The figure to trust is CPU time.
"""

import argparse
import shlex
import signal
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.bench import build_report, builds, full, invented, peers, posts, report, saves
from tests.bench.build_report import BUILDS, LARGE, WHILE_BUILDING, Results
from tests.bench.costs import Cost, Failed
from tests.bench.peers import KINDS, Kind, Missing
from tests.bench.posts import Post
from tests.bench.report import say

COMMAND = "python3 tasks.py bench build"
POSTS = 1_000
# The others would take a quarter of an hour, or say nothing new.
LARGE_KINDS = (peers.NATIVE, peers.ELEVENTY_KIND, peers.HUGO_KIND)
# `up` has the blog's own settings: of ours there is one.
SERVING_KINDS = (peers.NATIVE, peers.STOCK, peers.ELEVENTY_KIND, peers.HUGO_KIND)
FULL = "full"
# What a large blog is asked: everything, and one edit of what is there already.
LARGE_ACTS = ("cold", "body edit")


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
    kinds: list[Kind],
    place: Path,
    written: list[Post],
    rounds: int,
    acts: Sequence[str],
    results: Results,
) -> None:
    """Rounds of everything; without `acts` the full site is not built.

    What a round has made stays until the end: of a file system that has just removed thousands of files, ext4
    among them, the kernel looks long for where to put each new one, which was a fifth of a cold build.
    """
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
        if acts:
            say(f"  round {number + 1} of {rounds}, {full.NAME}:", end="")
            measure_full(place / f"full {number}", written, acts, results.full, results)


def measure_full(
    folder: Path,
    written: list[Post],
    acts: Sequence[str],
    found: dict[str, Cost],
    results: Results,
) -> None:
    """One round of the full site; the least of this one and of those before it is kept in `found`."""
    try:
        costs = full.measured(
            folder, written, acts, lambda cost: say(f" {cost.cpu_seconds:.2f} s", end="")
        )
    except (Failed, builds.Wrong) as error:
        results.left_out.append(f"{full.NAME}: {short(error)}")
        say(f"\n  {results.left_out[-1]}")
    else:
        found |= {name: cost.least(found.get(name, cost)) for name, cost in costs.items()}
        say(f", {costs['cold'].memory_mb:,.0f} MB")


def measure_large(
    kinds: list[Kind], place: Path, written: list[Post], acts: Sequence[str], results: Results
) -> None:
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
    if acts:
        say(f"  {LARGE:,} posts, {full.NAME}:", end="")
        measure_full(place / "large full", written, LARGE_ACTS, results.full_large, results)


def measure_saves(
    kinds: list[Kind], place: Path, written: list[Post], many: int, results: Results
) -> None:
    for kind, name in [(kind, kind.name) for kind in kinds] + [(peers.NATIVE, WHILE_BUILDING)]:
        if kind not in kinds:
            continue
        folder = place / f"serving {name}"
        folder.parent.mkdir(exist_ok=True)
        try:
            found = saves.waits(kind, folder, written, many, mid_build=name == WHILE_BUILDING)
        except AssertionError as error:
            results.left_out.append(f"saving, {name}: {short(error)}")
            say(f"  {results.left_out[-1]}")
            continue
        results.waits[name] = found
        say(
            f"  {len(found.all)} saves, {name}: {found.median:,.0f} ms, worst {max(found.all):,.0f}"
        )


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
    parser.add_argument("--saves", type=int, default=50, help="saves to each server (default: 50)")
    parser.add_argument("--large", action="store_true", help="also 5,000 posts, cold and one edit")
    parser.add_argument("--write", action="store_true", help="into docs/performance.md")
    parser.add_argument(
        "--only", nargs="+", choices=[*KINDS, FULL], help="these kinds and no others"
    )
    parser.add_argument(
        "--acts", nargs="*", choices=full.ACTS, default=list(full.ACTS), help="of the full site"
    )
    return parser


def main() -> None:
    parser = arguments()
    given = parser.parse_args()
    if given.content and not given.content.is_dir():
        parser.error(f"{given.content} is no folder")
    # `kill` ends it as Ctrl-C does: with its servers.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    chosen = given.only or [*KINDS, FULL]
    acts = given.acts if FULL in chosen else []
    whole = given.write or (not (given.content or given.posts or given.only) and given.saves)
    origin = "posts of a folder" if given.content else "invented posts"
    results = Results(0, origin)
    kinds = available([KINDS[name] for name in chosen if name != FULL], results)
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
        measure(kinds, place, written, given.rounds, acts, results)
        if given.large:
            say(f"Building {LARGE:,} posts …")
            many = posts.repeated(written, LARGE) if given.content else invented.blog(LARGE)
            large_kinds = [kind for kind in LARGE_KINDS if kind in kinds]
            measure_large(large_kinds, place, many, acts, results)
        else:
            results.left_out.append(f"{LARGE:,} posts (`--large`)")
        if given.saves:
            say("Saving …")
            serving = [kind for kind in SERVING_KINDS if kind in kinds]
            if acts and peers.NATIVE not in serving:
                serving.insert(0, peers.NATIVE)
            measure_saves(serving, place, written[:POSTS], given.saves, results)
    # Where somebody keeps posts is nobody else's business.
    words = ["FOLDER" if word == str(given.content) else word for word in sys.argv[1:]]
    text = build_report.section(results, given.rounds, shlex.join([*COMMAND.split(), *words]))
    say(f"\n{text}")
    if whole:
        report.write(report.BUILD_HEADING, text)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nStopped; nothing was written.")
