"""What the embed costs a reader: the promise is 8 KB, as served and compressed."""

import gzip
from pathlib import Path

STATIC = Path(__file__).resolve().parents[2] / "comments_service" / "static"
BUDGET_BYTES = 8 * 1024


def test_script_and_style_together_fit_their_budget() -> None:
    files = (STATIC / "embed.js", STATIC / "embed.css")
    assert sum(len(gzip.compress(path.read_bytes(), 9, mtime=0)) for path in files) <= BUDGET_BYTES
