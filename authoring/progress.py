"""Progress: a bar while many things are done, a sign of life while one is, for whoever sits at a terminal.

Nobody else is shown one: not a file that output is written to, not CI, not who set NO_COLOR.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def is_shown() -> bool:
    """Whether there is a terminal that can draw, and nobody who asks for plain output."""
    quiet = any(os.environ.get(name) for name in ("NO_COLOR", "CI"))
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb" and not quiet


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Turn a wheel while something is done of which nobody knows how long it takes."""
    if not is_shown():
        yield
        return
    # Loaded by those who see it only. The stream as it is now: what is done may turn it elsewhere.
    from rich.console import Console

    with Console(file=sys.stderr).status(what):
        yield


@contextmanager
def bar(what: str, total: int) -> Iterator[Callable[[], object]]:
    """Give what is to be called after each of so many steps; any thread may call it."""
    if not total or not is_shown():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with Progress(
        *columns, TimeRemainingColumn(), console=Console(stderr=True), transient=True
    ) as shown:
        task = shown.add_task(what, total=total)
        yield lambda: shown.advance(task)
