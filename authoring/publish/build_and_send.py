"""Publishing: build, check, and put to where readers are what has changed; or take it back.

The site is built and checked in `var/publish/`, and what was checked is what is sent. Each
publication is kept there, so that the one before can be sent again; files that did not change are
kept once, as hard links.
"""

import filecmp
import os
import shutil
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from authoring import Refused, check

from .targets import Change, files_of, target, without_password

# Three weeks of a blog that is published each week, or one bad afternoon.
KEEP = 5
# A dry run of a first publication names every file; more than this nobody reads.
SHOWN = 200


class Publication(NamedTuple):
    """What was sent, or would be: the site's folder, and how it differs from what readers had."""

    site: Path
    changes: list[Change]


class Publications:
    """The builds that were published, oldest first, and which of them readers have."""

    def __init__(self, folder: Path) -> None:
        self.builds = folder / "builds"
        self.current = folder / "current"

    def names(self) -> list[str]:
        if not self.builds.is_dir():
            return []
        return sorted(each.name for each in self.builds.iterdir() if not each.name.startswith("."))

    def keep(self, site: Path) -> None:
        """Remember a build; none that was taken back stays after it, so that there is one line."""
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        for taken_back in self.names():
            if self.current.exists() and taken_back > self.current.read_text():
                shutil.rmtree(self.builds / taken_back)
        last = self.builds / names[-1] if (names := self.names()) else None
        unfinished = self.builds / f".{now}"
        for name in files_of(site):
            kept = unfinished / name
            kept.parent.mkdir(parents=True, exist_ok=True)
            before = last / name if last else None
            if before and before.is_file() and filecmp.cmp(before, site / name, shallow=False):
                os.link(before, kept)
            else:
                shutil.copy2(site / name, kept)
        unfinished.rename(self.builds / now)
        self.current.write_text(now)
        for old in self.names()[:-KEEP]:
            shutil.rmtree(self.builds / old)

    def before(self) -> str:
        """The publication before the one that readers have."""
        now = self.current.read_text() if self.current.exists() else ""
        earlier = [name for name in self.names() if name < now]
        if not earlier:
            raise Refused(
                "There is no earlier publication on this machine: the last"
                f" {KEEP} are kept in {self.builds}. Correct the articles and publish again."
            )
        return earlier[-1]


def folder_of(place: str, var: Path) -> Path:
    """Where publications to one place are kept; its name can be read."""
    name = "".join(letter if letter.isalnum() else "-" for letter in without_password(place)).strip(
        "-"
    )
    return var / "publish" / name[-80:]


def place_of(given: str, environ: Mapping[str, str]) -> str:
    place = given or environ.get("PUBLISH_TO", "")
    if not place:
        raise Refused(
            "PUBLISH_TO is not set, so there is no place to publish to. Write into .env, for example\n"
            "    PUBLISH_TO=folder:/srv/www/blog\n"
            "docs/operating.md tells the other ways."
        )
    return place


def publish(
    root: Path, place: str, environ: dict[str, str], *, dry_run: bool = False
) -> Publication:
    """Build, check, send; raises Refused, with everything as it was, when anything is wrong."""
    place = place_of(place, environ)
    to = target(place, root, environ)
    if not environ.get("SITE_URL"):
        raise Refused(
            "SITE_URL is not set, so that all links would lead to your own machine. Write into .env"
            "\n    SITE_URL=https://example.org"
        )
    folder = folder_of(place, root / "var")
    site = folder / "site"
    folder.mkdir(parents=True, exist_ok=True)
    options = ["--quick", "--output", str(site)]
    checked = check.in_own_process(root, environ, *options, stdout=subprocess.PIPE)
    if checked.returncode:
        raise Refused(f"{checked.stdout.strip()}\nNothing was published.")
    changes = to.send(site, really=not dry_run, note=f"Publish {environ['SITE_URL']}")
    if not dry_run and (changes or not Publications(folder).names()):
        Publications(folder).keep(site)
    return Publication(site, changes)


def roll_back(
    root: Path, place: str, environ: Mapping[str, str], *, dry_run: bool = False
) -> Publication:
    """Send the publication before the one that readers have; again, the one before that."""
    place = place_of(place, environ)
    to = target(place, root, environ)
    publications = Publications(folder_of(place, root / "var"))
    name = publications.before()
    site = publications.builds / name
    changes = to.send(site, really=not dry_run, note=f"Go back to what was published {name}")
    if not dry_run:
        publications.current.write_text(name)
    return Publication(site, changes)


def told(changes: list[Change], *, dry_run: bool) -> str:
    """The list for people, and its sum."""
    shown = [str(change) for change in changes[:SHOWN]]
    shown += [f"  … and {len(changes) - SHOWN} more"] if len(changes) > SHOWN else []
    many = f"{len(changes)} file{'s' * (len(changes) != 1)}"
    if not changes:
        return "Readers have everything already."
    return "\n".join(
        [*shown, f"{many} would change." if dry_run else f"Published: {many} changed."]
    )
