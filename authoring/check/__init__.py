"""Check: everything that would embarrass an author, found before a reader finds it."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from authoring import terminal
from plugins.comments import follow

# The status where some of what there is to correct can be written by `--keep-comments`.
KEEPABLE = 3


def in_own_process(
    root: Path, environ: Mapping[str, str], *options: str, **more: Any
) -> subprocess.CompletedProcess[str]:
    """`python -m authoring.check`, which says what it finds: a build runs in it."""
    return subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-m", "authoring.check", *options],
        cwd=root,
        env={**environ, "PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        encoding="utf-8",
        errors="replace",
        check=False,
        **more,
    )


def content_in_order(root: Path, environ: Mapping[str, str], *options: str) -> bool:
    """Whether there is nothing to correct; what there is has been said."""
    status = in_own_process(root, environ, *options).returncode
    if status == KEEPABLE and "--keep-comments" not in options:
        offer_to_keep_comments(root, environ, *options)
    return status == 0


def offer_to_keep_comments(root: Path, environ: Mapping[str, str], *options: str) -> None:
    """Ask whether renamed articles are to keep their comments, where somebody can be asked."""
    question = "Shall these articles keep their comments? [y/N] "
    if terminal.is_there() and input(question).strip().lower() in ("y", "yes"):
        in_own_process(root, environ, "--keep-comments", *options)


def speaks_of_comments(report: str) -> bool:
    """Whether what a build or a check said is something that can be offered."""
    return follow.COMMAND in report
