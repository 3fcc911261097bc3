"""Command line: what the words after `python3 tasks.py` mean, the settings of .env, and refusals."""

import difflib
import os
import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from dotenv import dotenv_values
from invoke import ParseError, Program

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


class Commands(Program):
    """Invoke, which tells what it cannot make out as we do: in a sentence, with what to do next."""

    def parse_tasks(self) -> None:
        try:
            super().parse_tasks()
        except (ParseError, ValueError) as error:
            name = self.core.unparsed[0]
            known = [each for each in self.collection.to_contexts() if each.name == name]
            options = [option for each in known for option in each.flags]
            raise ParseError(
                f"{name}: {told(str(error), options)}\n"
                f"`python3 tasks.py {name} --help` lists what it takes."
            ) from None


def told(error: str, options: list[str]) -> str:
    """What Invoke says of a command line; `options` are those of the command."""
    if unknown := re.fullmatch(r"No idea what '(.*)' is!", error):
        near = difflib.get_close_matches(unknown[1], options, n=1)
        return f"there is no {unknown[1]}." + (f" Did you mean {near[0]}?" if near else "")
    if number := re.fullmatch(r"invalid literal for int\(\) with base 10: '(.*)'", error):
        return f"{number[1]} is no number."
    if option := re.match(r"Flag <Argument: ([\w-]+).*> (needed value|doesn't take)", error):
        return f"--{option[1]} {'needs a' if option[2] == 'needed value' else 'takes no'} value."
    if missing := re.search(r"required positional arguments: (.*)", error):
        return missing[1].replace("'", "").upper() + " is missing."
    return error


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
