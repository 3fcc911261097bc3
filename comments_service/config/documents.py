"""The settings as documents: the tables of docs/operating.md and the lines of `.env.example`.

Written by `flask comments settings --document`; a test holds both files equal with what stands here.
"""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import Field, fields
from pathlib import Path
from typing import Any

from comments_service.config.settings import Settings
from comments_service.config.values import written

ROOT = Path(__file__).parent.parent.parent
TABLES = ROOT / "docs" / "operating.md"
EXAMPLE = ROOT / ".env.example"
# What is written by hand in `.env.example` is its first paragraph, and what follows the settings.
_parts = {
    TABLES: re.compile(r"(<!-- settings -->\n).*?(?=<!-- /settings -->)", re.DOTALL),
    EXAMPLE: re.compile(r"(\A.*?\n\n).*?(?=# --- Where `python3 tasks\.py publish`)", re.DOTALL),
}


def documents() -> dict[Path, str]:
    """Each file that explains the settings, as it should be."""
    texts = {TABLES: _tables(), EXAMPLE: _example()}
    return {
        path: part.sub(lambda found, path=path: found[1] + texts[path], path.read_text("utf-8"))  # type: ignore[misc]  # the path of this round
        for path, part in _parts.items()
    }


def _by_heading() -> Iterator[tuple[str, list[Field[Any]]]]:
    group: list[Field[Any]] = []
    for each in fields(Settings):
        if each.metadata["heading"]:
            group = []
            yield each.metadata["heading"], group
        group.append(each)


def _tables() -> str:
    lines = []
    for heading, group in list(_by_heading()):
        lines += ["", f"### {heading}", "", "| Setting | Default | Meaning |", "|---|---|---|"]
        for each in group:
            default = f"`{written(each.default)}`" if written(each.default) else "(empty)"
            lines.append(f"| `{each.metadata['env']}` | {default} | {each.metadata['meaning']} |")
    return "\n".join([*lines, "", ""])


def _example() -> str:
    lines = []
    for heading, group in list(_by_heading()):
        lines.append(f"# --- {heading}")
        for each in group:
            lines += textwrap.wrap(
                each.metadata["meaning"],
                100,
                initial_indent="# ",
                subsequent_indent="# ",
                break_long_words=False,
                break_on_hyphens=False,
            )
            value = each.metadata["example"] or written(each.default)
            lines.append(f"#{each.metadata['env']}={value}")
        lines.append("")
    return "\n".join([*lines, ""])
