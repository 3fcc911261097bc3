"""Build: the blog for publishing, by Pelican in a process of its own."""

import re
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from authoring import Refused, blog_settings, check, progress
from authoring.environment import say

# Without --fatal an article that cannot be read is left out and the build calls itself a success.
PELICAN = (sys.executable, "-m", "pelican", "--fatal", "errors", "--log-handler", "plain")


# How `plugins/problems` begins what it has to say.
REFUSED = re.compile(r"^\d+ problems?; nothing was written\.\n", re.MULTILINE)


class Built(NamedTuple):
    """How a build ended, with what it had to say; and what it warned of though it succeeded."""

    succeeded: bool
    seconds: float
    report: str
    warnings: str = ""


def run_pelican(root: Path, environ: dict[str, str], settings: str) -> Built:
    """Pelican in a process of its own."""
    started = time.monotonic()
    with progress.waiting("Building the blog …"):
        done = subprocess.run(  # noqa: S603 - our own
            [*PELICAN, "--settings", settings],
            cwd=root,
            env={**environ, "COLUMNS": "400", "PYTHONUTF8": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    seconds = time.monotonic() - started
    if done.returncode:
        return Built(False, seconds, essence(done.stderr + done.stdout))
    counted = re.search(r"Processed (\d+ articles?)|(Nothing has changed)", done.stdout)
    report = (counted[1] or "nothing had changed") if counted else "done"
    return Built(True, seconds, report, essence(done.stderr))


def essence(log: str) -> str:
    """What Pelican's log says to an author: its messages and exceptions, without the tracebacks; and where
    a build was refused, nothing but what is to be corrected.
    """
    if found := REFUSED.search(log):
        log = log[found.end() :]
    noise = (
        "Traceback (most",
        "During handling",
        "The above exception",
        "RuntimeError: Warning or",
    )
    lines = [
        line for line in log.splitlines() if line.strip() and not line.startswith((" ", *noise))
    ]
    # Pelican tells some errors twice, once with the module's name.
    short = (re.sub(r"^(?:\w+\.)+(\w+: )", r"\1", line) for line in lines)
    return "\n".join(f"    {line}" for line in dict.fromkeys(short))


def build(root: Path, environ: dict[str, str], settings: str, *, keep_going: bool) -> None:
    """Build into output/, and say how it went; raises Refused when the site is as it was."""
    if not environ.get("SITE_URL"):
        say("SITE_URL is not set: links will lead to http://localhost:8000. Set it in .env.")
    if not keep_going:
        # In a second, before Pelican is started; `check` tells them by itself.
        blog_settings.checked(root / settings)
    built = run_pelican(root, environ, settings)
    if built.succeeded:
        say(f"Built in {built.seconds:.1f} s: {built.report}")
        if built.warnings:
            say(built.warnings)
        if check.speaks_of_comments(built.warnings):
            check.offer_to_keep_comments(root, environ, "--settings", settings)
    elif keep_going:
        say("The build failed; the site is as it was. Everything that there is to correct:")
        check.in_own_process(root, environ, "--settings", settings, "--quick")
        sys.exit(1)
    else:
        raise Refused(
            f"The build failed; the site is as it was.\n{built.report}\n"
            "`python3 tasks.py build --keep-going` lists everything that there is to correct."
        )
