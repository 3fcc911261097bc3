"""Build and send: the site is built, checked, and what has changed put to where readers are; or taken back.

It is built and checked in `var/publish/`, and what was checked is what is sent. Each publication is kept
there by `history`, so that the one before can be sent again.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock, Timeout

from authoring import Refused, check
from authoring.environment import say
from formats import bake, files, manifest
from plugins.comments.shared import FOLDER

from . import comments, push_manifest
from .history import SENT, Publications, as_published, folder_of, with_search
from .targets import COMPRESSED, Change, Folder, Target, target, without_password

# A dry run of a first publication names every file; more than this nobody reads.
SHOWN = 200
# A publication of some thousand files takes less.
LOCK_SECONDS = 300


class Publication(NamedTuple):
    """What was sent, or would be, and where; the site's folder, and how it differs from what readers had."""

    place: str
    site: Path
    changes: list[Change]


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
    publications = Publications(folder)
    options = ["--quick", "--output", str(site)]
    if readers_have := publications.of_readers():
        options += ["--earlier", str(readers_have / manifest.NAME)]
    checked = check.in_own_process(root, environ, *options, stdout=subprocess.PIPE)
    if checked.returncode == check.KEEPABLE:
        say(checked.stdout.strip())
        check.offer_to_keep_comments(root, environ)
        raise Refused("Nothing was published.")
    if checked.returncode:
        raise Refused(f"{checked.stdout.strip()}\nNothing was published.")
    note = f"Publish {environ['SITE_URL']}"
    with alone(folder), with_comments(site, to, environ) as sent:
        changes = to.send(sent, really=not dry_run, note=note)
        if not dry_run:
            if isinstance(to, Folder):
                # What readers write from now on, and delete, reaches it there.
                bake.remember(published_of(root, environ), to.path)
                tell_of_drafts(site, to.path)
            publications.keep(site)
            publications.remember_comments(sent)
    return Publication(place, site, changes)


@contextmanager
def with_comments(site: Path, to: Target, environ: Mapping[str, str]) -> Iterator[Path]:
    """What is sent: the service bakes into folders of its machine; elsewhere a build has no comments, or
    those of a preview.
    """
    with ExitStack() as stack:
        if comments.elsewhere(environ) or not isinstance(to, Folder):
            try:
                now = comments.with_those_of_now(site, comments.address(environ))
                site = stack.enter_context(now)
            except comments.Unanswered as error:
                say(f"{error}\nThe pages are sent with the comments that the build found.")
        yield site


def roll_back(
    root: Path, place: str, environ: Mapping[str, str], *, dry_run: bool = False
) -> Publication:
    """Send the publication before the one that readers have; again, the one before that."""
    place = place_of(place, environ)
    to = target(place, root, environ)
    folder = folder_of(place, root / "var")
    publications = Publications(folder)
    name = publications.before()
    site = publications.builds / name
    with alone(folder), tempfile.TemporaryDirectory(dir=folder, prefix=SENT) as made:
        whole = Path(made, "site")
        as_published(site, whole, published_of(root, environ))
        with_search(whole, folder / "site")
        without_drafts(whole, folder / "site")
        with with_comments(whole, to, environ) as sent:
            note = f"Go back to what was published {name}"
            changes = to.send(sent, really=not dry_run, note=note)
            if not dry_run:
                publications.point_to(name)
                publications.remember_comments(sent)
    return Publication(place, site, changes)


def send_comments(
    root: Path, place: str, environ: Mapping[str, str], *, dry_run: bool = False
) -> Publication:
    """Send the pages whose comments have changed since they were sent; nothing is built."""
    place = place_of(place, environ)
    to = target(place, root, environ)
    folder = folder_of(place, root / "var")
    publications = Publications(folder)
    note = f"Comments of {environ.get('SITE_URL', 'the blog')}"
    with alone(folder):
        service = comments.address(environ)
        changes = comments.send(to, publications, service, note=note, really=not dry_run)
    return Publication(place, publications.builds, changes)


def tell_of_drafts(site: Path, there: Path) -> None:
    """Put the list of shared drafts beside what is published, where a service that runs there reads it."""
    made, beside = manifest.shared_of(site), manifest.shared_of(there)
    try:
        if made.is_file():
            files.update(beside, made.read_bytes())
        else:
            beside.unlink(missing_ok=True)
    except OSError as error:
        say(
            f"The list of shared drafts could not be written to {beside}: {error.strerror}. They are"
            f" published; a service that is to know them has to be told by {push_manifest.TOKEN}."
        )


def without_drafts(whole: Path, site: Path) -> None:
    """Of what is sent again, leave out drafts that the last build does not share any more."""
    for page in (whole / FOLDER).glob("*"):
        if not (site / FOLDER / page.name).is_dir():
            shutil.rmtree(page) if page.is_dir() else page.unlink()


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """A timer must not send old pages over those that somebody publishes at the moment."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / ".lock", timeout=LOCK_SECONDS):
            # The last one may have been killed.
            for unsent in folder.glob(f"{SENT}*"):
                shutil.rmtree(unsent)
            yield
    except Timeout:
        raise Refused(
            "Another publication to that place is running. Try again when it is done."
        ) from None


def published_of(root: Path, environ: Mapping[str, str]) -> Path:
    """The folder of the snapshots, as the build finds it."""
    return root / (environ.get("COMMENTS_PUBLISHED") or "published")


def told(sent: Publication, *, dry_run: bool) -> str:
    """The list for people, and its sum; a packed copy goes with its file, and is not named."""
    if not sent.changes:
        return "Readers have everything already."
    named = {change.path for change in sent.changes}
    changes = [
        each
        for each in sent.changes
        if not (each.path.endswith(COMPRESSED) and each.path.rpartition(".")[0] in named)
    ]
    shown = [str(change) for change in changes[:SHOWN]]
    shown += [f"  … and {len(changes) - SHOWN} more"] if len(changes) > SHOWN else []
    many = f"{len(changes)} file{'s' * (len(changes) != 1)}"
    place = without_password(sent.place)
    ending = f"{many} would change at {place}." if dry_run else f"Published to {place}: {many}."
    return "\n".join([*shown, ending])
