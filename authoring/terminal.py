"""Terminal: tables whose columns are aligned, and strong words where they can be shown."""

import os
import re
import sys
from collections.abc import Iterable
from itertools import zip_longest


def strong(text: str) -> str:
    plain = (
        not sys.stdout.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    )
    return text if plain else f"\033[1m{text}\033[0m"


def is_there() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()


def width(text: str) -> int:
    """Columns in a terminal, where a Chinese character takes two."""
    return len(text) + len(
        re.findall(
            r"[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\U0001f300-\U0001faff]",
            text,
        )
    )


def table(rows: Iterable[Iterable[str]], right: frozenset[int] = frozenset()) -> list[str]:
    """Rows as aligned columns; those in `right` are numbers."""
    rows = [list(row) for row in rows]
    widths = [max(map(width, column)) for column in zip_longest(*rows, fillvalue="")]
    lines = []
    for row in rows:
        cells = [
            " " * (space - width(cell)) + cell
            if place in right
            else cell + " " * (space - width(cell))
            for place, (cell, space) in enumerate(zip(row, widths, strict=False))
        ]
        lines.append("  " + "  ".join(cells).rstrip())
    return lines


def counted(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
