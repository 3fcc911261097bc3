"""Rebake: puts a thread's newest snapshot into its built article, between the markers that are there.

The build bakes too, by the same rules (`formats/bake`). Both hold the site's lock while they rewrite
pages, so that neither undoes the other's work.
"""

import logging
import shutil
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit

from filelock import FileLock, Timeout

from comments_service import threads
from comments_service.config import Settings
from comments_service.db import db
from comments_service.models import Site, Thread
from comments_service.publishing import unbaked
from comments_service.supervision import Faults
from formats import bake, files, search_index, snapshots

log = logging.getLogger(__name__)

# What a page becomes with the snapshot of these bytes; None where it has no place for it.
Bake = Callable[[bytes, bytes], bytes | None]
# Pages of a site, the snapshot that they are baked with, and how.
Place = tuple[Callable[[Path], list[Path]], Path, Bake]

PAGE = "The page of "
SEARCH = "Taking words out of the search"


class Busy(Exception):
    """A build is rewriting the pages; ask again when it is done."""


def built_page(output: Path, site_url: str, url: str) -> Path | None:
    """The file of an article's address, if it was built; never one outside of `output`."""
    base = urlsplit(site_url).path.rstrip("/") + "/"
    path = unquote(urlsplit(url).path)
    if not path.startswith(base):
        return None
    relative = path.removeprefix(base)
    page = (output / relative / "index.html") if path.endswith("/") else output / relative
    try:
        inside = page.resolve().is_relative_to(output.resolve())
        return page if inside and page.is_file() else None
    except (OSError, ValueError):
        # A name that no file can have: one odd address must not stop the others' pages.
        return None


def _nothing() -> None:
    """No sign of life: whoever waits for a command sees that it works."""


def bake_waiting(
    settings: Settings, faults: Faults, also: set[str], beat: Callable[[], None] = _nothing
) -> int:
    """Bake what any process has published, and `also` these; returns how many pages changed.

    What a build keeps from it stays marked, or in `also`, for whoever bakes next.
    """
    changed = 0
    waiting = {**dict.fromkeys(also, ""), **unbaked.waiting(settings)}
    faults.keep(PAGE, {f"{PAGE}{name}" for name in waiting})
    with suppress(Busy):
        for name, mark in waiting.items():
            beat()
            if not faults.due(f"{PAGE}{name}"):
                continue
            with faults.isolated(f"{PAGE}{name}"):
                if name == unbaked.DISCUSSIONS:
                    changed += discussions(settings)
                else:
                    changed += pages(name, settings)
                also.discard(name)
                if mark:
                    unbaked.baked(name, mark, settings)
    with suppress(Busy), faults.isolated(SEARCH):
        for site in unbaked.sites(settings):
            forget(site)
    return changed


def forget(site: Path) -> None:
    """Let the search find no more what comments no longer say, on all pages since the last time. May raise Busy."""
    if not search_index.waiting(site).exists():
        return
    try:
        with FileLock(files.lock_of(site), timeout=0):
            if wrong := search_index.forget_waiting(site):
                log.error("%s", wrong)
    except Timeout:
        raise Busy from None


def pages(thread_id: str, settings: Settings) -> int:
    """Bake a thread's snapshots into its built pages; returns how many changed. May raise Busy."""
    thread = db.session.get(Thread, thread_id)
    if thread is None:
        return 0
    if thread.shared_until is not None and not thread.listed:
        return sum(withdraw(site, thread, settings) for site in unbaked.sites(settings))

    def baked(page: bytes, fragment: bytes) -> bytes | None:
        return bake.thread(page, thread_id, snapshots.thread(fragment, thread_id))

    places: list[Place] = []
    for lang in threads.languages(thread):
        name = snapshots.file_name(thread_id, "" if lang == thread.lang else lang)
        snapshot = settings.published / "threads" / name
        at = partial(_at, settings.site_url, threads.address(thread, lang))
        places.append((at, snapshot, baked))

        def listed(page: bytes, fragment: bytes, lang: str = lang) -> bytes:
            return bake.listed(page, thread_id, lang, snapshots.thread(fragment, thread_id))

        places.append(
            (lambda site: bake.lists_of(settings.published, site, thread_id), snapshot, listed)
        )
    return _each(places, settings)


def withdraw(site: Path, thread: Thread, settings: Settings) -> bool:
    """Take the page of a draft away that is shared no more; returns whether there was one. May raise Busy."""
    for page in _at(settings.site_url, thread.url, site):
        try:
            with FileLock(files.lock_of(site), timeout=0):
                # Whatever address somebody has given it: no page but the thread's own.
                if f"threads/{thread.id}" in {name for name, _ in bake.wanted(page.read_bytes())}:
                    files.remove_with_siblings(page)
                    with suppress(OSError):
                        page.parent.rmdir()
                    return True
        except Timeout:
            raise Busy from None
    return False


def _at(site_url: str, url: str, site: Path) -> list[Path]:
    page = built_page(site, site_url, url)
    return [page] if page else []


def discussions(settings: Settings) -> int:
    """Bake the list of all conversations into its built pages, if the blog has any; like `pages`."""
    site = db.session.get(Site, 1, populate_existing=True)
    if site is None:
        return 0

    def baked(page: bytes, fragment: bytes) -> bytes | None:
        return bake.discussions(page, snapshots.discussions(fragment))

    places: list[Place] = []
    for lang, url in sorted(site.discussions.items()):
        name = snapshots.file_name("discussions", "" if lang == site.lang else lang)
        places.append((partial(_at, settings.site_url, url), settings.published / name, baked))
    return _each(places, settings)


def _each(places: list[Place], settings: Settings) -> int:
    """Bake each page of each site; what is wrong with one is raised when the others are done."""
    changed: int = 0
    wrong: OSError | Busy | None = None
    for site in unbaked.sites(settings):
        for found, snapshot, baked in places:
            for page in found(site):
                try:
                    changed += _rebake(site, page, snapshot, baked)
                except (OSError, Busy) as error:
                    wrong = error
    if wrong:
        raise wrong
    return changed


def _rebake(site: Path, page: Path, snapshot: Path, baked: Bake) -> bool:
    if not page.is_file() or not snapshot.exists():
        return False
    try:
        return rewrite(site, page, snapshot.read_bytes(), baked)
    except snapshots.DamagedSnapshot as error:
        log.error("%s is not baked: %s.", snapshot, error)
        return False


def rewrite(output: Path, page: Path, fragment: bytes, baked: Bake) -> bool:
    """Bake a fragment into a page; returns whether that changed. Busy while a build holds the lock."""
    try:
        with FileLock(files.lock_of(output), timeout=0):
            before = page.read_bytes()
            after = baked(before, fragment)
            if after is None or after == before:
                return False
            search_index.note(output, page, before, after)
            files.rewrite(page, after)
            return True
    except Timeout:
        raise Busy from None


def sweep(output: Path) -> None:
    """Remove what a killed process left half-written among the pages. May raise Busy."""
    if output.is_dir():
        try:
            with FileLock(files.lock_of(output), timeout=0):
                files.sweep(output)
                # A build holds the lock before it writes: this one was killed.
                shutil.rmtree(f"{output}.next", ignore_errors=True)
        except Timeout:
            raise Busy from None
