"""What it costs: measured on demand, never a reason for a test to fail."""

import subprocess
import sys
from pathlib import Path


def run(arguments: list[str]) -> int:
    """Start the measurement that the first argument names; the others are its own."""
    # The other files here are what these are made of.
    known = sorted(
        path.stem
        for path in Path(__file__).parent.glob("[a-z]*.py")
        if "\ndef main(" in path.read_text(encoding="utf-8")
    )
    name, *others = arguments or [""]
    if name not in known:
        sys.exit("Say what to measure: " + ", ".join(known))
    root = Path(__file__).resolve().parents[2]
    return subprocess.call([sys.executable, "-m", f"tests.bench.{name}", *others], cwd=root)
