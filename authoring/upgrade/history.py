"""History: how a clone remembers an upgrade, and what the changelog says to whoever upgrades."""

import os
import re
from pathlib import Path

from . import replace
from .releases import ever, git, numbers

SECTION = re.compile(r"^## (?P<title>.+)$", re.MULTILINE)
NEEDS = re.compile(
    r"^### [^\n]*(?:needs you|upgrading)[^\n]*\n(?P<text>.*?)(?=^###? |\Z)", re.I | re.M | re.S
)


def needs_you(changelog: str, since: str, to: str) -> list[str]:
    """What every release after one, up to another, asks of the author; the newest first."""
    parts = SECTION.split(changelog)
    found = []
    for title, text in zip(parts[1::2], parts[2::2], strict=True):
        version = numbers(re.split(r"[ (,–-]", title.strip())[0])
        if version and not numbers(since) < version <= numbers(to):
            continue
        found += [match["text"].strip() for match in NEEDS.finditer(text)]
    return [text for text in found if text]


def entries(root: Path, commit: str) -> dict[str, str]:
    """Each file of a commit, with its mode and name in git."""
    listed = git(root, "ls-tree", "-r", "-z", commit)
    return {
        path: f"{about.split()[0]} {about.split()[2]}"
        for line in listed.split("\0")
        if line
        for about, _, path in [line.partition("\t")]
    }


def remember(root: Path, head: str, target: str, version: str) -> None:
    """Let the clone's branch hold the release, and the author's own as it was.

    Both are its parents, so that `git pull` and the next upgrade find nothing to merge.
    """
    ours, theirs = entries(root, target), entries(root, head)
    shipped = ever(root, target)
    tree = {path: entry for path, entry in ours.items() if not replace.yours(path)}
    tree |= {
        path: entry
        for path, entry in theirs.items()
        if replace.yours(path) or (path not in ours and path not in shipped)
    }
    commit = target
    if tree != ours or head not in git(root, "rev-list", target).split():
        index = {**os.environ, "GIT_INDEX_FILE": str(root / replace.PLACE / "index")}
        Path(index["GIT_INDEX_FILE"]).unlink(missing_ok=True)
        lines = "".join(f"{entry}\t{path}\n" for path, entry in sorted(tree.items()))
        git(
            root,
            "-c",
            "core.quotePath=false",
            "update-index",
            "--index-info",
            text=lines,
            env=index,
        )
        written = git(root, "write-tree", env=index)
        commit = git(
            root,
            *(
                "commit-tree",
                written,
                "-p",
                head,
                "-p",
                target,
                "-m",
                f"Upgrade to Postil {version}",
            ),
            env=somebody(root),
        )
    git(root, "update-ref", "-m", f"upgrade to {version}", "HEAD", commit)
    git(root, "read-tree", commit)


def forget(root: Path, head: str) -> None:
    """Let the branch be where it was; the files are exchanged by whoever asks."""
    git(root, "update-ref", "-m", "upgrade --back", "HEAD", head)
    git(root, "read-tree", head)


def somebody(root: Path) -> dict[str, str]:
    """Git wants a name, which an author may never have told it."""
    env = dict(os.environ)
    known = bool(os.environ.get("GIT_AUTHOR_NAME")) or "user.name" in git(
        root, "config", "--list", "--name-only"
    )
    for role in ("AUTHOR", "COMMITTER") if not known else ():
        env |= {f"GIT_{role}_NAME": "Postil", f"GIT_{role}_EMAIL": "upgrade@localhost"}
    return env
