"""Manifest: the site's list of its threads. Its version and name, and what may stand in an entry."""

from pathlib import Path

VERSION = 1
NAME = "threads.json"
STATES = ("open", "held", "closed", "off")
# What an article may say itself, where the service's moderators may rule otherwise.
WRITTEN = ("comments", "close_after")
# Both are parts of files' names, and of addresses.
THREAD = r"[a-z0-9][a-z0-9-]{0,127}"
# As a snapshot's name has it; the manifest's are in lower case.
LANG = r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*"
COLOUR = r"#[0-9a-fA-F]{6}"
# The thread of a draft that is shared; no article follows it.
OF_A_DRAFT = r"draft-[a-z2-7]{26}"


def shared_of(site: Path) -> Path:
    """The list of drafts that are shared, beside the site's folder: nobody is served it.

    Whoever has a draft's address may read it, and these are the addresses.
    """
    return Path(f"{site}.shared.json")
