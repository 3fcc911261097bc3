"""A bar and a wheel: for whoever sits at a terminal, and for nobody else."""

import os
import subprocess
import sys

import pytest

from tests.service import ROOT


@pytest.mark.parametrize(
    "code",
    [
        "with progress.bar('Sending', 3) as step:\n    step(), step(), step()",
        # What is done meanwhile may turn the stream elsewhere.
        "import contextlib, io\n"
        "with progress.waiting('Sending'), contextlib.redirect_stderr(io.StringIO()):\n    pass",
    ],
)
def test_progress_is_shown_at_a_terminal_and_nowhere_else(code: str) -> None:
    pty = pytest.importorskip("pty")
    code = f"from authoring import progress\n{code}\n"

    def seen(**changed: str) -> str:
        ours, theirs = pty.openpty()
        plain = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "CI")}
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**plain, "TERM": "xterm", **changed},
            stderr=theirs,
            check=True,
        )
        os.write(theirs, b".")
        os.close(theirs)
        shown = os.read(ours, 100_000)
        os.close(ours)
        return shown.decode()

    assert "Sending" in seen()
    for name in ("NO_COLOR", "CI"):
        assert seen(**{name: "1"}) == "."
    assert seen(TERM="dumb") == "."
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stderr == done.stdout == ""
