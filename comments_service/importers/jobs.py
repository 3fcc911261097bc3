"""Jobs: imports that owners ask for in the dashboard, done by a worker while they look at something else.

Each is a row, so that it goes on where it was after a restart. What is done with its file stands in `importing`.
"""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa

from comments_service import claims, uploads
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.errors import InvalidInput, Message, UnknownImport
from comments_service.importers import systems
from comments_service.importers.importing import Wishes, known_threads, run
from comments_service.importers.matching import Rules
from comments_service.importers.records import Damaged
from comments_service.inputs import ImportRules, ImportWishes
from comments_service.models import Account, Import, ImportState, Role, now

# Longer than a transaction, or the reading of some hundred comments, takes; renewed while it works.
LEASE = timedelta(minutes=1)
SAID_EVERY_SECONDS = 1.0
# A worker that dies over a file so often will do so again.
MAX_ATTEMPTS = 10
# Of a report's lists.
MOST_LISTED = 500
MAX_LISTED_IMPORTS = 50

BUSY = (ImportState.LOOKING, ImportState.IMPORTING)
GONE = Message("Its file is gone by now. Please upload it again.")

log = logging.getLogger(__name__)


class _Over(Exception):
    """The owner has stopped it, or another worker has it: it ends between two transactions."""


def begin(path: Path, size: int, name: str, wishes: ImportWishes, account: Account) -> Import:
    """Have a file that was received looked at; nothing is taken over yet. Raises InvalidInput."""
    if wishes.system and wishes.system not in {each.name for each in systems.ALL}:
        path.unlink(missing_ok=True)
        raise InvalidInput(fields={"system": Message("Please choose one of these formats.")})
    with writing():
        made = Import(
            account_id=account.id,
            name=Path(name.replace("\\", "/").replace("\0", "")).name[:200] or "export",
            size=size,
            wishes=wishes.model_dump(),
        )
        db.session.add(made)
        db.session.flush()
        path.replace(uploads.of(made.id))
    return made


def listed() -> Sequence[Import]:
    chosen = sa.select(Import).order_by(Import.id.desc()).limit(MAX_LISTED_IMPORTS)
    return db.session.scalars(chosen).all()


def get(import_id: int) -> Import:
    found = db.session.get(Import, import_id, populate_existing=True)
    if found is None:
        raise UnknownImport
    return found


def has_file(job: Import) -> bool:
    return uploads.of(job.id).is_file()


def look(import_id: int, given: ImportRules, settings: Settings) -> Import:
    """Look at it again, with what the owner says of its pages by now. Raises InvalidInput."""
    return _ask(get(import_id), ImportState.LOOKING, given, settings)


def start(import_id: int, given: ImportRules, settings: Settings) -> Import:
    """Take its comments over, or go on with that. Raises InvalidInput."""
    return _ask(get(import_id), ImportState.IMPORTING, given, settings)


def _ask(job: Import, state: ImportState, given: ImportRules, settings: Settings) -> Import:
    if job.state is ImportState.DONE or job.state in BUSY:
        # Asked for twice, it is done once.
        return job
    if not has_file(job):
        raise InvalidInput(fields={"file": GONE})
    wishes = dict(job.wishes)
    if given.pairs is not None:
        _check(given.pairs, settings)
        wishes["rules"] = given.pairs
    uploads.touch(job.id)
    with writing():
        job.state, job.wishes, job.error = state, wishes, ""
        job.done, job.attempts_before, job.next_attempt_at = 0, job.attempts, now()
        job.changed_at = now()
    return job


def _check(pairs: list[list[str]], settings: Settings) -> None:
    threads = known_threads(settings)
    for _, new in pairs:
        # Where a rule of many pages leads is seen when it is applied.
        if not new.endswith("*") and not threads.has(new):
            problem = Message("No page of this blog has this address or thread: {page}", page=new)
            raise InvalidInput(fields={"rules": problem})


def stop(import_id: int) -> Import:
    """Let it end what it has begun, and wait."""
    job = get(import_id)
    with writing():
        if job.state in BUSY:
            job.state, job.error = ImportState.STOPPED, ""
            job.next_attempt_at, job.changed_at = None, now()
    return job


def remove(import_id: int) -> None:
    """Forget it, with its file. What it took over stays."""
    job = get(import_id)
    with writing():
        db.session.execute(sa.delete(Import).where(Import.id == job.id))
    uploads.remove(import_id)


def work_waiting(settings: Settings, beat: Callable[[], None]) -> bool:
    """Do what is waiting, one file a round; says whether there was one."""
    uploads.clean()
    job = claims.take(Import, Import.state.in_(BUSY), lease=LEASE, max_attempts=1_000_000)
    if job is None:
        return False
    db.session.expunge(job)
    if job.attempts - job.attempts_before > MAX_ATTEMPTS:
        _fail(job, job.error or f"It was begun {MAX_ATTEMPTS} times, and ended each time.")
        return True
    if not has_file(job):
        _fail(job, str(GONE))
        return True
    try:
        _done(job, settings, beat)
    except _Over:
        db.session.rollback()
    except Damaged as damaged:
        _fail(job, str(damaged).replace(str(uploads.of(job.id)), job.name))
    except Exception as error:
        # Tried again when the lease is over; the owner sees why it waits.
        db.session.rollback()
        with writing():
            claims.finish(job, {"error": f"{type(error).__name__}: {error}"[:1_000]})
        raise
    return True


def _done(job: Import, settings: Settings, beat: Callable[[], None]) -> None:
    importing = job.state is ImportState.IMPORTING
    said = _Progress(job, beat)
    found = run(uploads.of(job.id), _wishes(job), settings, apply=importing, progress=said.heard)
    report = found.as_json(most=MOST_LISTED)
    report["reasons"] = [
        [[each.template, dict(each.values)] for each in skipped.reasons]
        for skipped in found.counts.skipped[:MOST_LISTED]
    ]
    if report["damaged"]:
        report["damaged"] = report["damaged"].replace(str(uploads.of(job.id)), job.name)
    if importing:
        _add_what_came_before(report, job.report)
    values = {
        "state": ImportState.DONE if importing else ImportState.LOOKED,
        "report": report,
        "done": report["comments"]["found"],
        "found": report["comments"]["found"],
        "error": "",
        "next_attempt_at": None,
        "changed_at": now(),
    }
    with writing():
        ours = claims.finish(job, values)
    if ours and importing:
        uploads.remove(job.id)


def report_of(job: Import) -> dict[str, Any] | None:
    """What is said of it to programs; without what only the dashboard shows."""
    return job.report and {name: each for name, each in job.report.items() if name != "reasons"}


def left_out(job: Import) -> list[tuple[str, list[str]]]:
    """What was not taken over, each with its reasons, which can be said in each language."""
    report = job.report or {"comments": {"skipped": []}}
    skipped = report["comments"]["skipped"]
    # Of an import of an earlier release there are the words alone.
    said = report.get("reasons") or [[[each["why"], {}]] for each in skipped]
    return [
        (each["where"], [Message(template, **values) for template, values in reasons])
        for each, reasons in zip(skipped, said, strict=True)
    ]


def _add_what_came_before(report: dict[str, Any], before: dict[str, Any] | None) -> None:
    """What is here, and was not when the file was looked at, an attempt before has taken over."""
    if before is not None:
        counts, known = report["comments"], before["comments"]["known"]
        more = max(0, counts["known"] - known)
        counts["new"], counts["known"] = counts["new"] + more, counts["known"] - more


def _wishes(job: Import) -> Wishes:
    """What the owner says of it. His account is looked up again: he may have left."""
    given = job.wishes
    account = db.session.get(Account, job.account_id) if job.account_id else None
    is_owner = account is not None and account.role is Role.OWNER
    return Wishes(
        system=given["system"],
        site=given["site"],
        rules=Rules([(old, new) for old, new in given.get("rules", [])]),
        me=given["me"] if is_owner else "",
        account_id=job.account_id if is_owner else None,
        pings=given["pings"],
    )


def _fail(job: Import, error: str) -> None:
    values = {
        "state": ImportState.FAILED,
        "error": error[:1_000],
        "next_attempt_at": None,
        "changed_at": now(),
    }
    db.session.rollback()
    with writing():
        claims.finish(job, values)


class _Progress:
    """Writes down how far it is, which renews the claim; and notices that it is to end."""

    def __init__(self, job: Import, beat: Callable[[], None]) -> None:
        self._job, self._beat, self._said_at = job, beat, 0.0

    def heard(self, done: int, found: int) -> None:
        self._beat()
        if time.monotonic() - self._said_at < SAID_EVERY_SECONDS:
            return
        self._said_at = time.monotonic()
        job = self._job
        change = (
            sa.update(Import)
            .where(
                Import.id == job.id, Import.attempts == job.attempts, Import.state == job.state
            )
            .values(done=done, found=found, next_attempt_at=now() + LEASE)
            .execution_options(synchronize_session=False)
        )  # fmt: skip
        with writing():
            ours = cast("sa.CursorResult[object]", db.session.execute(change)).rowcount
        if not ours:
            raise _Over
