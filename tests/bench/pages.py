"""What a page costs its reader: bytes, requests, seconds to see it, and faults of its markup.

    python3 tasks.py bench pages             everything, and the section in docs/performance.md
    python3 tasks.py bench pages --quick     one run of Lighthouse, nothing written

One article of about 1,000 words with everything on (`tests/samples/reading`), built as for
publishing, with a conversation three levels deep, served by the service itself to the system's
Chromium. What is exact is tested too, in tests/browser/test_pages.py. Traffic stays on 127.0.0.1.
"""

import argparse
import itertools
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from playwright.sync_api import sync_playwright

from tests.bench.report import PAGES_HEADING, machine, say, table, today, write
from tests.bench.visits import (
    APART,
    ARTICLE,
    BUDGET,
    CHROMIUM,
    FLAGS,
    SCHEMES,
    SCORES,
    TIMES,
    WIDTHS,
    Blog,
    faults,
    first_visit,
    invalid,
    lighthouse,
    running,
    weights,
)
from tests.service import ROOT

COMMAND = "python3 tasks.py bench pages"


# ---- the report


@dataclass
class Results:
    weights: dict[str, dict[str, int]]
    foreign: int
    lighthouse: dict[str, dict[str, float]]
    seen: int
    faults: list[str]
    read: int
    invalid: list[str]
    build_seconds: float


def measure(blog: Blog, runs: int) -> Results:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS])
        visit = first_visit(browser, blog, ARTICLE)
        seen = 0
        told: list[str] = []
        for scheme, width in itertools.product(SCHEMES, WIDTHS):
            say(f"Looking at every kind of page, {scheme}, {width} px …")
            pages, found = faults(browser, blog, scheme, width)
            seen, told = seen + pages, told + found
        say("Reading every page's HTML …")
        read, wrong = invalid(browser, blog)
        browser.close()
    shown = {}
    for path in (ARTICLE, "/"):
        say(f"Lighthouse, {path}, {runs} times …")
        shown[path] = lighthouse(blog, path, runs)
    return Results(
        weights=weights(blog, visit.paths(blog.url)),
        foreign=len(visit.foreign(blog.url)),
        lighthouse=shown,
        seen=seen,
        faults=told,
        read=read,
        invalid=wrong,
        build_seconds=blog.build(),
    )


def fetched(results: Results) -> str:
    rows: list[Sequence[str]] = [
        ("a first visit", "requests", "plain", "gzip", "br", "gzip promised")
    ]
    sums = dict.fromkeys(("requests", "plain", "gzip", "br"), 0)
    for name in ("HTML", "CSS", "JS", "fonts", "embed", "pictures"):
        each = results.weights.get(name, dict.fromkeys(sums, 0))
        budget = f"≤ {BUDGET[name]:,}" if name in BUDGET else ("0" if name == "fonts" else "")
        rows.append((APART.get(name, name), *(f"{each[column]:,}" for column in sums), budget))
        if name not in APART:
            sums = {column: sums[column] + each[column] for column in sums}
    rows.insert(
        -2,
        ("together", *(f"{sums[column]:,}" for column in sums), f"≤ {BUDGET['all']:,}"),
    )
    return table(rows)


def scored(results: Results) -> str:
    names = [*SCORES, *TIMES]
    rows: list[Sequence[str]] = [("Lighthouse, a telephone", *names)]
    rows += [
        (
            {"/": "the first page"}.get(path, "the article"),
            *(f"{found[name]:,.{2 if name == 'CLS' else 0}f}" for name in names),
        )
        for path, found in results.lighthouse.items()
    ]
    rows.append(("promised", *("100",) * 4, "≤ 1,000", "0", "≤ 50"))
    return table(rows)


def report(results: Results, runs: int) -> str:
    words = "".join(f"- {each}\n" for each in [*results.faults, *results.invalid][:20])
    return f"""{PAGES_HEADING}

One article of about 1,000 words with everything on: code, a table, notes, a figure, formulas, and a
conversation three levels deep. Built as for publishing, served by the service, opened by Chromium
with an empty cache. Written by `{COMMAND}` on {today()}, on {machine()}.

{fetched(results)}

The comments' script comes when a reader comes near them, and is no part of the first visit. Requests
to other hosts: {results.foreign}. A server that speaks brotli, as this one does, sends the smaller figure.

{scored(results)}

Median of {runs} runs of Lighthouse's own simulated telephone. Times also tell how busy the machine was.

- axe: {results.seen} looks at {results.seen // 4} kinds of page, the comments, the search and the dashboard among them, light and
  dark, 390 and 1280 px wide: {len(results.faults)} faults, errors in the console included.
- html-validate: {results.read} pages, the service's own among them: {len(results.invalid)} faults.
- Building the sample (4 articles) with pictures, share pictures and the search index: {results.build_seconds:.1f} s.
{words}"""


def main() -> None:
    arguments = argparse.ArgumentParser(prog=COMMAND, description="What a page costs its reader.")
    arguments.add_argument("--quick", action="store_true", help="one run of Lighthouse, no report")
    quick = arguments.parse_args().quick
    if not CHROMIUM or not (ROOT / "node_modules/.bin/lighthouse").exists():
        sys.exit("Missing: Debian's `chromium`, or `npm install` in this folder.")
    runs = 1 if quick else 3
    with running() as blog:
        results = measure(blog, runs)
    text = report(results, runs)
    say(f"\n{text}")
    if not quick:
        write(PAGES_HEADING, text)


if __name__ == "__main__":
    main()
