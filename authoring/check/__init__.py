"""Check: everything that would embarrass an author, found before a reader finds it."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any


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
    return in_own_process(root, environ, *options).returncode == 0
