"""Rebake: puts a thread's newest snapshot into its built article, between the markers that are there.

The build bakes too, by the same rules (`formats/bake`). Both hold the site's lock while they rewrite
pages, so that neither undoes the other's work.
"""

import logging
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import lru_cache, partial
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

# What a page becomes with a snapshot as it is now; None where there is none, or no place for it.
Bake = Callable[[bytes], bytes | None]
# Pages of a site, and how they are baked.
Place = tuple[Callable[[Path], list[Path]], Bake]

PAGE = "The page of "
LISTS = "The pages that list articles"
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
    due = {name: mark for name, mark in waiting.items() if faults.due(f"{PAGE}{name}")}
    with suppress(Busy):
        listed = not due
        if due and faults.due(LISTS):
            # Each page once, however many of them it lists. Where that fails, each thread tells whose fault it is.
            with faults.isolated(LISTS):
                changed += _each(_lists(due, settings), settings, beat)
                listed = True
        for name, mark in due.items():
            beat()
            with faults.isolated(f"{PAGE}{name}"):
                if name == unbaked.DISCUSSIONS:
                    changed += discussions(settings)
                else:
                    changed += _article(name, settings) if listed else pages(name, settings)
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
    """Bake a thread's snapshots into all built pages that show or list it; how many changed. May raise Busy."""
    return _article(thread_id, settings) + _each(_lists([thread_id], settings), settings)


def _article(thread_id: str, settings: Settings) -> int:
    """Bake a thread into its article; that of a draft which is shared no more goes. May raise Busy."""
    thread = db.session.get(Thread, thread_id)
    if thread is None:
        return 0
    if _withdrawn(thread):
        return sum(withdraw(site, thread, settings) for site in unbaked.sites(settings))
    places: list[Place] = []
    for lang, path in _snapshots(thread, settings):
        at = partial(_at, settings.site_url, threads.address(thread, lang))
        places.append((at, partial(_with_thread, path, thread_id)))
    return _each(places, settings)


def _lists(names: Iterable[str], settings: Settings) -> list[Place]:
    """Where the numbers of comments of these threads go: into the pages that list them."""
    places: list[Place] = []
    for name in names:
        thread = db.session.get(Thread, name) if name != unbaked.DISCUSSIONS else None
        if thread is not None and not _withdrawn(thread):
            at = partial(_lists_of, settings.published, name)
            for lang, path in _snapshots(thread, settings):
                places.append((at, partial(_with_number, path, name, lang)))
    return places


def _withdrawn(thread: Thread) -> bool:
    return thread.shared_until is not None and not thread.listed


def _snapshots(thread: Thread, settings: Settings) -> Iterator[tuple[str, Path]]:
    for lang in threads.languages(thread):
        name = snapshots.file_name(thread.id, "" if lang == thread.lang else lang)
        yield lang, settings.published / "threads" / name


def _with_thread(path: Path, thread_id: str, page: bytes) -> bytes | None:
    new = _read(path, partial(snapshots.thread, thread_id=thread_id))
    return new and bake.thread(page, thread_id, new)


def _with_number(path: Path, thread_id: str, lang: str, page: bytes) -> bytes | None:
    try:
        stat = path.stat()
    except FileNotFoundError:
        return None
    # Each is a new file: of two that follow each other at once, time and size may be the same.
    new = _said(path, thread_id, (stat.st_ino, stat.st_size, stat.st_mtime_ns))
    return new and bake.listed(page, thread_id, lang, new)


# As many as a storm of posts reaches; of each, a line.
@lru_cache(maxsize=1_000)
def _said(path: Path, thread_id: str, _stamp: tuple[int, ...]) -> snapshots.Snapshot | None:
    """What a snapshot says of itself, read once for all pages that list its article."""
    new = _read(path, partial(snapshots.thread, thread_id=thread_id))
    return new and new._replace(html="")


def _with_discussions(path: Path, page: bytes) -> bytes | None:
    new = _read(path, snapshots.discussions)
    return new and bake.discussions(page, new)


def _read(path: Path, read: Callable[[bytes], snapshots.Snapshot]) -> snapshots.Snapshot | None:
    """A snapshot; None where there is none, or none that may become part of a page."""
    try:
        return read(path.read_bytes())
    except FileNotFoundError:
        return None
    except snapshots.DamagedSnapshot as error:
        log.error("%s is not baked: %s.", path, error)
        return None


def _lists_of(published: Path, thread_id: str, site: Path) -> list[Path]:
    return bake.lists_of(published, site, thread_id)


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
    places: list[Place] = []
    for lang, url in sorted(site.discussions.items()):
        name = snapshots.file_name("discussions", "" if lang == site.lang else lang)
        at = partial(_at, settings.site_url, url)
        places.append((at, partial(_with_discussions, settings.published / name)))
    return _each(places, settings)


def _each(places: list[Place], settings: Settings, beat: Callable[[], None] = _nothing) -> int:
    """Bake each page of each site once; what is wrong with one is raised when the others are done."""
    changed: int = 0
    wrong: OSError | Busy | None = None
    for site in unbaked.sites(settings):
        pages: dict[Path, list[Bake]] = {}
        for found, baked in places:
            for page in found(site):
                pages.setdefault(page, []).append(baked)
        for page, bakes in pages.items():
            beat()
            try:
                changed += page.is_file() and rewrite(site, page, *bakes)
            except (OSError, Busy) as error:
                wrong = error
    if wrong:
        raise wrong
    return changed


def rewrite(output: Path, page: Path, *bakes: Bake) -> bool:
    """Bake into a page; returns whether that changed it. Busy while a build holds the lock."""
    try:
        with FileLock(files.lock_of(output), timeout=0):
            before = after = page.read_bytes()
            for baked in bakes:
                after = baked(after) or after
            if after == before:
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
