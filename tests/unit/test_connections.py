"""What the service connects to is what docs/security.md says, file by file."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sites import ROOT

SERVICE = ROOT / "comments_service"
# What opens connections. Names of addresses and of errors, as in urllib.parse, open none.
OPENS = {"http.client", "httpx", "requests", "smtplib", "socket", "urllib.request", "urllib3"}


def imported(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{each.name}" for each in node.names)


def connects(source: str) -> bool:
    return any(
        name == each or name.startswith(f"{each}.") for name in imported(source) for each in OPENS
    )


def test_the_files_that_open_connections_are_those_that_the_docs_name() -> None:
    found = {
        path.relative_to(SERVICE).as_posix()
        for path in SERVICE.rglob("*.py")
        if connects(path.read_text(encoding="utf-8"))
    }
    lines = Path(ROOT, "docs/security.md").read_text(encoding="utf-8").splitlines()
    (row,) = (each for each in lines if each.startswith("| The service is made to fetch something"))
    assert found == set(re.findall(r"`((?!tests/)[a-z/_]+\.py)`", row))


@pytest.mark.parametrize(
    ("source", "opens"),
    [
        ("import urllib.request", True),
        ("from urllib import request", True),
        ("def late():\n    from requests.adapters import HTTPAdapter", True),
        ("from urllib.parse import urlsplit", False),
        ("from .requests import Thing", False),
    ],
)
def test_an_import_that_opens_connections_is_found(source: str, opens: bool) -> None:
    assert connects(source) is opens
