"""Importing: a file of comments becomes comments of this blog, or a report of what would.

A run may be stopped and begun again at any moment: what is here by its system and number is known, and
stays as it is. Nobody is told of imported comments, and they earn no trust.
"""

import hashlib
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import sqlalchemy as sa

from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.errors import Message
from comments_service.importers import matching, systems
from comments_service.importers.opening import opened
from comments_service.importers.records import Damaged, Page, Past, Record, Skipped
from comments_service.importers.report import Report, Unmatched
from comments_service.importers.spool import Spool
from comments_service.importers.storing import Target, store
from comments_service.models import Account, Role, Site, Thread
from comments_service.publishing import manifest

Progress = Callable[[int, int], None]
# After so many records it is said that the reading goes on.
READ_AT_ONCE = 200


@dataclass(frozen=True)
class Wishes:
    """What the owner says: the format (else it is recognised), where pages went, and who he was.

    `site` tells two blogs apart that used the same system, whose numbers mean other comments.
    """

    system: str = ""
    site: str = ""
    rules: matching.Rules = field(default_factory=lambda: matching.Rules([]))
    me: str = ""
    # Whether notices that somebody has linked come as comments.
    pings: bool = False
    # Whose account gets the comments of `me`; where none is said, that of the blog's one owner.
    account_id: int | None = None


def run(
    path: Path,
    wishes: Wishes,
    settings: Settings,
    *,
    apply: bool,
    progress: Progress = lambda _done, _of: None,
) -> Report:
    """Look at a file, and with `apply` take over what it holds.

    `progress` hears how many comments of how many were looked at, of none at first, while the file is read.
    Raises Damaged for what is no export, and where the owner's wishes lead nowhere; a file that ends in the
    middle is read up to there, and the report says so.
    """
    with (
        opened(path) as file,
        _named(file, path),
        tempfile.TemporaryDirectory(prefix="postil-spool-") as folder,
    ):
        system = systems.of(file, wishes.system)
        spool = Spool(Path(folder))
        try:
            report = Report(system.label)
            try:
                spool.fill(_heard(_wished(system.read(file), wishes), progress))
            except Damaged as damaged:
                if not spool.found:
                    raise
                report.damaged = f"{_of(damaged, file, path)} What stands before it was read."
            name = f"{system.name}@{wishes.site}" if wishes.site else system.name
            _bring(spool, name, wishes, settings, report, apply=apply, progress=progress)
            return report
        finally:
            spool.close()


@contextmanager
def _named(file: Path, path: Path) -> Iterator[None]:
    """Name the file that was given, and not what was unpacked from it, where it is damaged."""
    try:
        yield
    except Damaged as damaged:
        raise Damaged(_of(damaged, file, path)) from None


def _of(damaged: Damaged, file: Path, path: Path) -> str:
    return str(damaged).replace(str(file), str(path))


def _heard(records: Iterable[Record], progress: Progress) -> Iterator[Record]:
    for number, each in enumerate(records):
        if number % READ_AT_ONCE == 0:
            progress(0, number)
        yield each


def _wished(records: Iterable[Record], wishes: Wishes) -> Iterator[Record]:
    for each in records:
        if isinstance(each, Past) and each.ping and not wishes.pings:
            yield Skipped(
                each.where, Message("it is a {kind}: --pings takes them over", kind=each.ping)
            )
        else:
            yield each


def _bring(
    spool: Spool,
    system: str,
    wishes: Wishes,
    settings: Settings,
    report: Report,
    *,
    apply: bool,
    progress: Progress,
) -> None:
    threads = known_threads(settings)
    account_id = (wishes.account_id or _owner_id()) if wishes.me else None
    report.found = spool.found
    report.empty_pages = spool.without_comments()
    report.counts.skipped += spool.skipped
    report.apart = spool.apart
    done = len(spool.skipped)
    # All rules are tried before anything is written.
    targets = [(page, threads.of(page, wishes.rules)) for page in spool.pages()]
    # What the old blog had at several addresses is one page here, with answers across them.
    together: dict[str, list[Page]] = {}
    for page, thread_id in targets:
        together.setdefault(thread_id or f"?{page.id}", []).append(page)
        report.pages += 1
        if thread_id is None:
            report.unmatched.append(Unmatched(page.id, page.url, threads.suggestion(page)))
        else:
            report.matched += 1
    for name, pages in together.items():
        thread_id = None if name.startswith("?") else name
        thread = _thread(pages[0], thread_id, system, settings, apply=apply)
        hidden = frozenset(each.id for each in pages if not each.public)
        target = Target(system, thread, hidden, wishes.me, account_id, settings)
        found = spool.of_pages([each.id for each in pages])
        for looked_at in store(found, target, report.counts, apply=apply):
            done += looked_at
            progress(done, spool.found)


def known_threads(settings: Settings) -> matching.Threads:
    """All threads that the manifest lists, with the addresses that the built site says they had before."""
    found = matching.Threads(settings.site_url)
    old = dict(_aliases(settings))
    for thread in db.session.scalars(sa.select(Thread).where(Thread.listed).order_by(Thread.id)):
        urls = [thread.url, *(each["url"] for each in thread.translations)]
        found.add(thread.id, urls, old.get(thread.id, ()), thread.title)
    return found


def _aliases(settings: Settings) -> Iterable[tuple[str, list[str]]]:
    try:
        read = manifest.read(settings.manifest_source, "")
        return matching.aliases(orjson.loads(read[0]) if read else {})
    except (manifest.ManifestError, orjson.JSONDecodeError):
        return []


def _thread(
    page: Page, thread_id: str | None, system: str, settings: Settings, *, apply: bool
) -> Thread:
    """The thread of a page. What is no page of this blog has one that nobody sees, until the owner says where it went."""
    thread = db.session.get(Thread, thread_id or unmatched_id(page, system))
    if thread_id is None and thread is None and system == "postil":
        # This blog's own export, with a thread whose article is gone.
        own = db.session.get(Thread, page.id)
        thread = own if own is not None and own.url == page.url else None
    while thread is not None and thread.merged_into is not None:
        # The owner has said since where its comments belong.
        thread = db.session.get_one(Thread, thread.merged_into)
    if thread is None:
        site = db.session.get(Site, 1)
        thread = Thread(
            id=thread_id or unmatched_id(page, system),
            url=_address(page) or f"{settings.site_url}/#{page.id}",
            title=page.title or page.url or page.id,
            lang=site.lang if site else "en",
            listed=False,
        )
        if apply:
            with writing():
                db.session.add(thread)
    return thread


def _address(page: Page) -> str:
    """Where a page was, as moderators are led there; nothing for what is no address of the web."""
    return page.url if page.url.startswith(("http://", "https://", "/")) else ""


def unmatched_id(page: Page, system: str) -> str:
    """The name of the thread of a page that is none of this blog: the same whenever it is imported."""
    if system == "postil" and page.id.startswith("imported-"):
        # It was on its way already: that is its name.
        return page.id
    end = re.sub(r"[^a-z0-9]+", "-", matching.path_of(page.url or page.id).rpartition("/")[2])
    digest = hashlib.sha256(f"{system}\0{page.url or page.id}".encode()).hexdigest()[:10]
    return f"imported-{end.strip('-')[:80]}-{digest}".replace("--", "-")


def _owner_id() -> int:
    """Whose the comments are that `--me` names: the blog's one owner. Raises Damaged."""
    owners = db.session.scalars(sa.select(Account.id).where(Account.role == Role.OWNER)).all()
    if len(owners) != 1:
        raise Damaged(
            f"--me gives comments to the blog's owner, and it has {len(owners) or 'none'}."
            + (" Run `flask comments owner` first." if not owners else " Import without it.")
        )
    return owners[0]
