"""A setting that cannot be used: whoever types a command reads what to write, and no traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from authoring import Refused, server
from tests.service import ROOT

WRONG = {"COMMENTS_URL": "/", "SITE_URL": "https://example.org"}


@pytest.mark.parametrize("command", [["comments", "doctor"], ["db", "upgrade"]])
def test_a_command_says_it_in_a_sentence(tmp_path: Path, command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", f"{ROOT}/comments_service", *command],
        cwd=tmp_path,
        env={**os.environ, **WRONG},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "COMMENTS_URL='/': write a folder of its own" in done.stderr
    assert "Traceback" not in done.stderr


def test_so_does_what_starts_the_service() -> None:
    with pytest.raises(Refused) as refused:
        server.migrate(ROOT, {**os.environ, **WRONG})
    assert str(refused.value).startswith("COMMENTS_URL='/': write")
