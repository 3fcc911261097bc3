"""An S3 storage for tests: rclone's, in a process of its own, that checks keys and signatures.

Its buckets are folders, so a test can look at what is really there.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

KEY, SECRET = "a-key-of-some-length", "a-secret-of-some-length"


class Storage(NamedTuple):
    """Where it answers, and the folder of its buckets."""

    url: str
    folder: Path

    @property
    def environ(self) -> dict[str, str]:
        """What an author writes into `.env`."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
        }


@contextmanager
def storage(folder: Path) -> Iterator[Storage]:
    own = Path(sys.executable).with_name("rclone")
    rclone = own if own.exists() else shutil.which("rclone")
    if not rclone:
        pytest.skip("NO RCLONE in the environment: run `python3 tasks.py test` once")
    command = [rclone, "serve", "s3", str(folder), "--config", "", "--addr", "127.0.0.1:0"]
    command += ["--auth-key", f"{KEY},{SECRET}", "--dir-cache-time", "1ms"]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stderr is not None
            said = ""
            for line in process.stderr:
                said += line
                if found := re.search(r"server on \[(http://127\.0\.0\.1:\d+)/\]", line):
                    yield Storage(found[1], folder)
                    return
            raise AssertionError(said)
        finally:
            process.terminate()
