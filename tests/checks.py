"""Checks: everything that can refuse a commit; `tasks.py test` and `tasks.py check --code` run it.

Each is a program with its settings in pyproject.toml or a file of its own. Those for browser code come
by npm; where there is none they are left out, and it is said.
"""

import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import NamedTuple

from authoring.environment import say
from authoring.terminal import strong

ROOT = Path(__file__).resolve().parent.parent

SAMPLE = "tests/samples/blog/publishconf.py"
TEMPLATES = ("theme/templates", "comments_service/templates")
CHECKS: dict[str, tuple[str, ...]] = {
    "types (mypy)": ("mypy",),
    "layers (import-linter)": ("lint-imports", "--no-logo"),
    "format (ruff)": ("ruff", "format", "--check", "."),
    "lint (ruff)": ("ruff", "check", "."),
    "templates (djlint)": ("djlint", "--lint", "--quiet", *TEMPLATES),
    # What is the author's is looked at in its language, by the check of the blog.
    "spelling (codespell)": ("codespell", "--skip", "./content,./pelicanconf.py,./theme_overrides"),
    # On one database: what a route refuses and what is written down do not depend on it.
    "house rules (pytest)": (
        *("pytest", "-q", "-n", "0", "-k", "not postgresql"),
        *("tests/test_house_rules.py", "tests/test_source_rules.py"),
    ),
}
NODE_CHECKS: dict[str, tuple[str, ...]] = {
    "browser types (tsc)": ("tsc", "--noEmit"),
    "browser code (biome)": ("biome", "ci", "--colors=off"),
}
BROWSERS = "--browsers"
FIXES = (("ruff", "check", "--fix", "."), ("ruff", "format", "."), ("biome", "check", "--write"))


class Outcome(NamedTuple):
    """How a check ended, with what it had to say."""

    succeeded: bool
    seconds: float
    report: str
    name: str


def program(name: str) -> str:
    """A program of the environment, or of node_modules/."""
    own = shutil.which(name, path=os.path.dirname(sys.executable))  # noqa: PTH120 - .venv may be a link
    return own or shutil.which(name, path=str(ROOT / "node_modules/.bin")) or name


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program(command[0]), *command[1:]],
        cwd=ROOT,
        env={**os.environ, "PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def outcome(name: str, command: tuple[str, ...]) -> Outcome:
    started = time.monotonic()
    done = run(*command)
    return Outcome(done.returncode == 0, time.monotonic() - started, done.stdout, name)


def outcomes(*, browser_code: bool) -> list[Outcome]:
    """How each check ended."""
    checks = CHECKS | NODE_CHECKS if browser_code else CHECKS
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(outcome, checks, checks.values()))


def told() -> bool:
    """Say how each check ended, what failed first; whether all is in order."""
    from tests import audits

    missing = node_is_missing()
    with ThreadPoolExecutor(1) as beside:
        looked = beside.submit(audits.look, ROOT)
        results = outcomes(browser_code=not missing)
        harmless, known = audits.told(looked.result())
    for each in results:
        if not each.succeeded:
            say(f"\n{strong('— ' + each.name)}\n{each.report.strip()}")
    say()
    for each in results:
        say(f"  {'ok    ' if each.succeeded else 'FAILED'}  {each.seconds:5.1f} s  {each.name}")
    if missing:
        say(f"  {'left out':6}          {', '.join(NODE_CHECKS)}: {missing}")
        if os.environ.get("CI"):
            sys.exit("In CI nothing may be left out.")
    say("  " + "\n          ".join(known))
    return harmless and all(each.succeeded for each in results)


def prepare(*, fix: bool) -> None:
    """Install what is missing; with `fix`, format the program and correct what tools can correct."""
    for command in FIXES if fix else ():
        subprocess.run([program(command[0]), *command[1:]], cwd=ROOT, check=False)
    node_is_missing()


@cache
def node_is_missing() -> str:
    """Why browser code and HTML cannot be checked, or nothing; installs the tools where npm can."""
    if not shutil.which("node"):
        return "there is no Node.js here"
    wanted, installed = ROOT / "package.json", ROOT / "node_modules/.package-lock.json"
    if installed.exists() and installed.stat().st_mtime >= wanted.stat().st_mtime:
        return ""
    npm = shutil.which("npm")
    if not npm:
        return "node_modules/ is missing or old, and there is no npm to renew it"
    say("Installing the tools that check browser code …")
    done = run(npm, "install", "--ignore-scripts")
    return f"npm install failed: {done.stdout.strip()[-300:]}" if done.returncode else ""


def run_tests(arguments: list[str]) -> int:
    """pytest, spread over the cores; its exit status. `--browsers`: the main journeys in each browser."""
    from tests import cores

    strict = ("-p", "tests.no_skips") if os.environ.get("CI") else ()
    # Images for containers often switch it off: each worker, and each of hundreds of processes that
    # tests start, would then compile all of the program and its tests for itself.
    environ = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    if BROWSERS in arguments:
        others = [each for each in arguments if each != BROWSERS]
        command = [sys.executable, "-m", "pytest", "tests/browser/journeys.py", *strict, *others]
        return subprocess.call(command, cwd=ROOT, env=environ)
    if missing := node_is_missing():
        say(f"The built pages' HTML is not validated: {missing}.")
    command = [sys.executable, "-m", "pytest", *cores.spread(arguments)]
    if strict:  # Here the whole suite runs, so its coverage can be judged.
        command += [*strict, "--cov", "--cov-report=term:skip-covered"]
    return subprocess.call(command, cwd=ROOT, env=environ)
