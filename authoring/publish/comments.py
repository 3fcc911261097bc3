"""Comments: those of now, in the pages that are sent or were sent to where the service cannot bake.

The service hands out its snapshots to everybody, and so to whoever publishes. Of the pages that readers have,
those whose comments have changed since are baked anew and sent; nothing is built. Words of readers are
kept nowhere here.
"""

import http.client
import json
import re
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from authoring import Refused, progress
from formats import bake, files, snapshots

from .history import SENT, Publications, as_published
from .targets import Change, Target

SECONDS = 30
# So many are asked for at once.
AT_ONCE = 8
LANG = re.compile(rb' data-lang="([a-z0-9-]+)"')


class Unanswered(Refused):
    """The service did not say what is published; nothing is known to be gone."""


def elsewhere(environ: Mapping[str, str]) -> bool:
    """Whether the service has an address of its own."""
    return bool(urlsplit(environ.get("COMMENTS_URL", "")).netloc)


def address(environ: Mapping[str, str]) -> str:
    site = environ.get("SITE_URL", "http://localhost:8000").rstrip("/") + "/"
    return urljoin(site, environ.get("COMMENTS_URL") or "comments/").rstrip("/") + "/"


@contextmanager
def with_those_of_now(site: Path, service: str) -> Iterator[Path]:
    """The built site with the comments that the service has; raises Unanswered."""
    with tempfile.TemporaryDirectory(dir=site.parent, prefix=SENT) as folder:
        published, whole = Path(folder, "published"), Path(folder, "site")
        fetch((page.read_bytes() for page in site.rglob("*.html")), service, published)
        as_published(site, whole, published)
        yield whole


def send(
    to: Target, publications: Publications, service: str, *, note: str, really: bool
) -> list[Change]:
    """Send the pages of what readers have whose comments have changed since; raises Refused."""
    kept = publications.of_readers()
    if kept is None:
        raise Refused(
            "Nothing was published there from this machine, so it has no pages to put comments into."
            " Publish the blog first: python3 tasks.py publish"
        )
    pages = {page: data for page in kept.rglob("*.html") if bake.wanted(data := page.read_bytes())}
    known = publications.sums_of_comments()
    with tempfile.TemporaryDirectory(dir=publications.builds.parent, prefix=SENT) as folder:
        published, part = Path(folder, "published"), Path(folder, "site")
        part.mkdir()
        fetch(pages.values(), service, published)
        for page, data in pages.items():
            name = page.relative_to(kept).as_posix()
            baked = bake.as_published(data, published)
            if bake.sum_of(baked) != known.get(name):
                files.write(part / name, baked)
                for packed in (each for each in files.siblings(page) if each.exists()):
                    packing = files.packed(baked, packed.suffix, files.THOROUGH)
                    files.write(part / packed.relative_to(kept), packing)
        if not any(part.iterdir()):
            return []
        changes = to.send(part, really=really, note=note, whole=False)
        if really:
            publications.remember_comments(part, whole=False)
    return changes


def fetch(pages: Iterable[bytes], service: str, into: Path) -> None:
    """Put the snapshots that these pages take into a folder, as they are published now."""
    wanted: dict[str, set[str]] = {}
    for page in pages:
        for stem, lang in bake.wanted(page):
            wanted.setdefault(stem, set()).add(lang)
    if not wanted:
        return
    try:
        # Whoever has none of a thread's files has to be the service all the same.
        counts = json.loads(get(f"{service}counts.json") or b"null")
    except ValueError:
        counts = None
    if not isinstance(counts, dict) or "counts" not in counts:
        raise Unanswered(f"{service} is no comment service: look at COMMENTS_URL.")

    def of_stem(stem: str) -> None:
        own = put(snapshots.file_name(stem))
        found = LANG.search(own[: snapshots.HEAD_BYTES]) if own else None
        for lang in wanted[stem] - {found[1].decode() if found else ""} if own else ():
            put(snapshots.file_name(stem, lang))

    def put(name: str) -> bytes | None:
        data = get(service + name)
        if data is not None:
            path = into / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return data

    with (
        progress.bar("Asking for comments", len(wanted)) as step,
        ThreadPoolExecutor(AT_ONCE) as pool,
    ):
        for _ in pool.map(of_stem, sorted(wanted)):
            step()


def get(url: str) -> bytes | None:
    """What is there; None where the service says that there is nothing."""
    try:
        with urllib.request.urlopen(url, timeout=SECONDS) as answer:  # noqa: S310 - of the settings
            data: bytes = answer.read()
            return data
    except urllib.error.HTTPError as error:
        with error:
            if error.code == http.HTTPStatus.NOT_FOUND:
                return None
            what = f"{error.code} {error.reason}"
    except (OSError, http.client.HTTPException, ValueError) as error:
        what = str(getattr(error, "reason", error))
    raise Unanswered(
        f"The comment service does not say what is published: {url}\n    {what}\nDoes it run, and is"
        " COMMENTS_URL its address?"
    )
