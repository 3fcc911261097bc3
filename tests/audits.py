"""Audits: known vulnerabilities of the packages that the locks pin, and of the tools that npm has installed.

One question to OSV (https://osv.dev), the database that pip-audit and npm's advisories are in, for all of them: no
package is needed for it, and no index has to answer for each. What a blog runs on refuses a commit; what only
contributors run is told. Where nobody answers, as on a machine without network, that is said, and nothing else.
"""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from authoring.environment import BLOG_LOCK, DEVELOPMENT_LOCK

OSV = "https://api.osv.dev"
PATIENCE_SECONDS = 10
# What is known, and why it does no harm here: each with the day on which somebody looks again.
ACCEPTED: dict[str, str] = {}


class Package(NamedTuple):
    """A package as OSV asks for it."""

    ecosystem: str
    name: str
    version: str


class Found(NamedTuple):
    """What was found: in what blogs run on, and in the tools of contributors. Or why nobody could look."""

    in_blogs: list[str]
    in_tools: list[str]
    asked: int
    unanswered: str = ""


def pinned(lock: Path) -> Iterator[Package]:
    for name, version in re.findall(
        r"^([A-Za-z0-9_.-]+)==([^\s;]+)", lock.read_text(), re.MULTILINE
    ):
        yield Package("PyPI", name, version)


def installed_by_npm(root: Path) -> Iterator[Package]:
    listed = root / "node_modules/.package-lock.json"
    packages = json.loads(listed.read_text()) if listed.exists() else {"packages": {}}
    for path, each in packages["packages"].items():
        # What is for other machines is listed without one.
        if "version" in each:
            name = each.get("name") or path.rpartition("node_modules/")[2]
            yield Package("npm", name, each["version"])


def ask(packages: list[Package], osv: str) -> list[list[str]]:
    """The names of what is known of each. Raises OSError or ValueError where there is no answer."""
    queries = [
        {"package": {"ecosystem": each.ecosystem, "name": each.name}, "version": each.version}
        for each in packages
    ]
    request = urllib.request.Request(
        f"{osv}/v1/querybatch",
        json.dumps({"queries": queries}).encode(),
        {"Content-Type": "application/json", "User-Agent": "postil-check"},
    )
    with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
        results = json.loads(answer.read())["results"]
    if len(results) != len(packages):
        raise ValueError("an answer to another question")
    return [sorted(vuln["id"] for vuln in (each or {}).get("vulns", ())) for each in results]


def look(root: Path, osv: str = OSV) -> Found:
    blogs = list(pinned(root / BLOG_LOCK))
    tools = [*(each for each in pinned(root / DEVELOPMENT_LOCK) if each not in blogs)]
    tools += installed_by_npm(root)
    packages = [*blogs, *dict.fromkeys(tools)]
    try:
        answers = ask(packages, osv)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = getattr(error, "reason", None) or error
        return Found([], [], len(packages), f"{osv} did not answer ({reason})")
    lines = [
        [
            f"{each.name} {each.version}: https://osv.dev/{vuln}"
            for vuln in known
            if vuln not in ACCEPTED
        ]
        for each, known in zip(packages, answers, strict=True)
    ]
    in_blogs = [line for found in lines[: len(blogs)] for line in found]
    in_tools = [line for found in lines[len(blogs) :] for line in found]
    return Found(in_blogs, in_tools, len(packages))


def told(found: Found) -> tuple[bool, list[str]]:
    """Whether a commit may pass, and what to say of it."""
    if found.unanswered:
        return True, [
            f"left out: known vulnerabilities of {found.asked} packages: {found.unanswered}"
        ]
    lines = [f"ok: {found.asked} packages without a known vulnerability"]
    if found.in_tools:
        lines = [
            "Of the tools, known to be vulnerable (told, and no reason to refuse):",
            *found.in_tools,
        ]
    if found.in_blogs:
        lines += [
            "Of what blogs run on, known to be vulnerable. `python3 tasks.py lock --upgrade` takes newer"
            " releases; what does no harm here is accepted in tests/audits.py, with a reason:",
            *found.in_blogs,
        ]
    return not found.in_blogs, lines
