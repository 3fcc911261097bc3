"""Command line: what the words after `python3 tasks.py` mean, the settings of .env, and refusals."""

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from dotenv import dotenv_values

from authoring import Refused
from authoring.environment import ROOT

if TYPE_CHECKING:
    from authoring.blog import Blog

NEEDED = {
    "migration": 'Say what it adds: python3 tasks.py migration "Pinned comments"',
    "new": 'Say its title: python3 tasks.py new "How pelicans fish"',
    "notes": "Say which draft: python3 tasks.py notes content/its-file.md",
    "import-site": "Say where it is: python3 tasks.py import-site ../old-blog (or export.xml)",
}


def with_remainder(arguments: list[str]) -> list[str]:
    """`test -k feed` as Invoke would have it: `test -- -k feed`; and `share DRAFT`, which may be left out."""
    if arguments[0] in NEEDED and len(arguments) == 1:
        sys.exit(NEEDED[arguments[0]])
    if arguments[0] == "share" and arguments[1:] and not arguments[1].startswith("-"):
        return ["share", "--draft", *arguments[1:]]
    # `bench --help` is Invoke's to answer, `bench build --help` that measurement's own.
    ours = "--" in arguments or {"--help", "-h"} & set(arguments[1:2])
    passes_on = arguments[0] in ("bench", "test") and not ours
    return [arguments[0], "--", shlex.join(arguments[1:])] if passes_on else arguments


def environ(root: Path = ROOT) -> dict[str, str]:
    """The settings of .env, and those of the environment, which come first."""
    own = {name: value for name, value in dotenv_values(root / ".env").items() if value is not None}
    return {**own, **os.environ}


def blog() -> "Blog":
    """The blog around `tasks.py`; only some commands need to read its settings."""
    from authoring.blog import Blog

    return Blog(ROOT)


@contextmanager
def refusals() -> Iterator[None]:
    """What somebody has to correct is told as a sentence, without a traceback."""
    try:
        yield
    except Refused as refused:
        sys.exit(str(refused))
    except (EOFError, KeyboardInterrupt):
        sys.exit("\nStopped.")
