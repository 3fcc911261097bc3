"""What every target has in common: changes and their order, the list beside the files, words for errors."""

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, Protocol

from authoring import Refused
from formats.files import stamps

# Lies beside the files and names those that an earlier publication put there.
LIST = ".postil-published"
# Made by our own build for web servers that hand them out; other hosts compress by themselves.
COMPRESSED = (".gz", ".br")
TOLD_CHARS = 500


class Change(NamedTuple):
    """A file that is not yet as it should be: `+` new, `~` changed, `-` gone."""

    sign: str
    path: str

    def __str__(self) -> str:
        return f"  {self.sign} {self.path}"


class Target(Protocol):
    """A place to publish to; `send` without `really` only tells what it would do.

    What is not `whole` is a part of the site: what else is there stays as it is.
    """

    def send(
        self, site: Path, *, really: bool, note: str = "", whole: bool = True
    ) -> list[Change]: ...


def files_of(site: Path) -> list[str]:
    return sorted(name for name in stamps(site) if name.rpartition("/")[2] != LIST)


def listing(names: Iterable[str]) -> bytes:
    """The list that lies beside the files."""
    return "".join(f"{name}\n" for name in sorted(names)).encode()


def pages_last(path: str) -> tuple[bool, str]:
    """A page is put there after what it shows, so that no reader meets it without its pictures."""
    return path.endswith((".html", ".html.gz", ".html.br")), path


def without_password(text: str) -> str:
    """An address as it may be shown: a token in it opens what it leads to."""
    return re.sub(r"(://)[^/@\s]+@", r"\1", text)


def is_copy(site: Path, name: str) -> bool:
    return name.endswith(COMPRESSED) and (site / name).with_suffix("").is_file()


def run(command: list[str], what: str, remedy: str, **more: object) -> str:
    """A program's words; what it complains of is told with a remedy."""
    try:
        done = subprocess.run(  # type: ignore[call-overload]  # noqa: S603 - rsync or git
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            **more,
        )
    except FileNotFoundError:
        raise Refused(
            f"{command[0]} is not installed. Install it with the system's packages, or publish"
            " another way: docs/operating.md tells which there are."
        ) from None
    if done.returncode:
        words = (done.stderr or done.stdout).strip()[-TOLD_CHARS:]
        told = f"{what}\n    " + words.replace("\n", "\n    ") + f"\n{remedy}"
        raise Refused(without_password(told))
    return str(done.stdout)
