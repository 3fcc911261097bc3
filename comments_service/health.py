"""Health: whether the service can do its work, check by check, and figures of it for whoever watches it.

Nothing here names a person, a thread or an address. `doctor` looks longer and names what is wrong.
"""

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from comments_service import backups
from comments_service.config import Settings
from comments_service.db import db, refused_lately
from comments_service.models import Comment, Email, Session, Status, Thread, now
from comments_service.supervision import BACKUP, PUBLISHER, WORKERS, Pulse, sign

# A few hundred comments with all their files; a disk that has less will soon have none.
LOW_BYTES = 5_000_000
# An e-mail leaves within seconds; one that waits for another attempt is not due.
OVERDUE = timedelta(minutes=10)
# Of threads that are behind, nobody needs to know more.
MOST = 1_000

OK, WARN, FAILED = "ok", "warn", "failed"


@dataclass(frozen=True)
class Check:
    """What was looked at: `failed` where this process cannot do its work, `warn` where something waits."""

    state: str
    # What to do, where there is something.
    do: str = ""
    figures: dict[str, Any] = field(default_factory=dict)


def checks(settings: Settings, pulses: Sequence[Pulse]) -> dict[str, Check]:
    """Every check by its name, by three queries whatever there is. Raises what a database that is away does."""
    db.session.execute(sa.select(sa.literal(1)))
    return {
        "database": database(),
        "disk": disk(settings),
        "outbox": outbox(),
        "workers": workers(settings, pulses),
        "snapshots": snapshots(settings),
        "backup": backup(settings),
    }


def database(*, away: bool = False) -> Check:
    if away:
        return Check(FAILED, "The database does not answer: start it, or look at its log.")
    if refused_lately():
        return Check(
            FAILED, "The database refuses what is written: look at its disk and its locks."
        )
    return Check(OK)


def disk(settings: Settings) -> Check:
    found = [(free, writable) for _, free, writable in disks(settings)]
    # Before the first publication there may be no folder yet.
    figures = {"free_bytes": min(free for free, _ in found)} if found else {}
    if figures and figures["free_bytes"] < LOW_BYTES:
        return Check(FAILED, "A disk is full: make room.", figures)
    if not all(writable for _, writable in found):
        return Check(FAILED, "A folder cannot be written: is its disk read-only?", figures)
    return Check(OK, figures=figures)


def disks(settings: Settings) -> Iterator[tuple[Path, int, bool]]:
    """Each folder that the service writes into, how many bytes its disk has left, and whether it can."""
    url = sa.make_url(settings.database_url)
    files = [Path(url.database or ".").parent] if url.drivername == "sqlite" else []
    for folder in dict.fromkeys([*files, settings.published, settings.output_folder]):
        if folder is not None and folder.exists():
            yield folder, shutil.disk_usage(folder).free, os.access(folder, os.W_OK)


def outbox() -> Check:
    due = sa.select(sa.func.min(Email.next_attempt_at)).where(Email.sent_at.is_(None))
    seconds = age(db.session.scalar(due.where(Email.next_attempt_at <= now())))
    figures = {"oldest_seconds": seconds}
    if seconds > OVERDUE.total_seconds():
        return Check(WARN, "E-mails should have left by now: run `flask comments doctor`.", figures)
    return Check(OK, figures=figures)


def workers(settings: Settings, pulses: Sequence[Pulse]) -> Check:
    """Those of this process, which whoever watches it can start anew; and those elsewhere, which that would not help."""
    late = [pulse.worker for pulse in pulses if pulse.late]
    outside = () if settings.workers == "inside" else WORKERS
    elsewhere = [each for each in outside if (said := sign(each, settings)) is None or said.late]
    figures = {"late": [*late, *elsewhere]}
    if late:
        return Check(FAILED, "Start the service anew; its log says more.", figures)
    if elsewhere:
        return Check(WARN, "Let `flask comments work` run, or start it anew.", figures)
    return Check(OK, figures=figures)


def snapshots(settings: Settings) -> Check:
    said = sign(PUBLISHER, settings)
    failing = len(said.faults) if said else 0
    figures = {"behind": behind(), "failing": failing}
    if failing:
        return Check(WARN, "Some files cannot be published: run `flask comments doctor`.", figures)
    return Check(OK, figures=figures)


def backup(settings: Settings) -> Check:
    """Whether one was made lately, where one is to be made every day."""
    if not settings.backup:
        return Check(OK)
    figures = {"age_seconds": age(made_at := backups.newest(Path(settings.backup)))}
    said = sign(BACKUP, settings)
    if (made_at is None and said and said.faults) or (made_at and now() - made_at > backups.LATE):
        return Check(WARN, "No backup is made: run `flask comments doctor`.", figures)
    return Check(OK, figures=figures)


def behind() -> int:
    """How many threads wait to be published; spelt as the condition of the index."""
    some = sa.select(Thread.id).where(sa.text("published_revision < revision")).limit(MOST)
    return db.session.scalar(sa.select(sa.func.count()).select_from(some.subquery())) or 0


def age(moment: datetime | None) -> int:
    """Seconds since then; 0 for nothing."""
    return 0 if moment is None else max(0, int((now() - moment).total_seconds()))


@dataclass(frozen=True)
class Figure:
    """A figure that Prometheus reads, with its values by their labels."""

    name: str
    help: str
    values: Sequence[tuple[dict[str, str], float]]
    kind: str = "gauge"


def figures(settings: Settings) -> Iterator[Figure]:
    """What the database and the workers say, the same from whichever process is asked; six queries."""
    states = dict.fromkeys(map(str, Status), 0)
    counted = sa.select(Comment.status, sa.func.count()).group_by(Comment.status)
    states |= {str(status): number for status, number in db.session.execute(counted)}
    yield Figure("comments", "Comments, by state.", _by("status", states))
    pending = sa.select(sa.func.min(Comment.created_at)).where(Comment.status == Status.PENDING)
    yield _one("queue_oldest_seconds", "How long the oldest comment waits for a decision.",
               age(db.session.scalar(pending)))  # fmt: skip
    unsent = (Email.sent_at.is_(None), Email.next_attempt_at.is_not(None))
    waiting = sa.select(sa.func.count(), sa.func.min(Email.created_at)).where(*unsent)
    number, oldest = db.session.execute(waiting).one()
    yield _one("outbox_waiting", "E-mails that have not left.", number)
    yield _one("outbox_oldest_seconds", "How long the oldest of them waits.", age(oldest))
    whose = sa.case((Session.account_id.is_(None), "guest"), else_="account")
    living = sa.select(whose, sa.func.count()).where(Session.ended_at.is_(None)).group_by(whose)
    sessions = {"account": 0, "guest": 0}
    for kind, number in db.session.execute(living):
        sessions[kind] = number
    yield Figure("sessions", "Browsers that are known, and have not left.", _by("kind", sessions))
    yield _one("threads_behind", "Threads that wait to be published.", behind())
    free = min((each[1] for each in disks(settings)), default=0)
    yield _one("disk_free_bytes", "What the fullest disk that is written to has left.", free)
    signs = {worker: sign(worker, settings) for worker in WORKERS}
    said = {worker: each for worker, each in signs.items() if each is not None}
    ages = {worker: each.age_seconds for worker, each in said.items()}
    yield Figure(
        "worker_sign_age_seconds", "Since a worker's last sign of life.", _by("worker", ages)
    )
    faults = {worker: len(each.faults) for worker, each in said.items()}
    yield Figure("worker_faults", "What fails and is tried again.", _by("worker", faults))


def _one(name: str, help: str, value: float) -> Figure:
    return Figure(name, help, [({}, value)])


def _by(label: str, values: dict[str, Any]) -> list[tuple[dict[str, str], float]]:
    return [({label: name}, value) for name, value in values.items()]


def written(found: Sequence[Figure]) -> str:
    """Figures in the text format of Prometheus, version 0.0.4. The labels are words of ours: none is escaped."""
    lines = []
    for each in found:
        name = f"postil_{each.name}"
        lines += [f"# HELP {name} {each.help}", f"# TYPE {name} {each.kind}"]
        for labels, value in each.values:
            told = ",".join(f'{label}="{said}"' for label, said in labels.items())
            lines.append(f"{name}{{{told}}} {value:.15g}" if told else f"{name} {value:.15g}")
    return "\n".join(lines) + "\n"


class Counters:
    """What this process has answered since it began. Several processes are told apart by their numbers."""

    def __init__(self) -> None:
        self._began_at = time.time()
        self._answers: dict[str, int] = {}
        self._seconds = 0.0

    def count(self, status: int, seconds: float) -> None:
        """Without a lock: a count that two threads raise at the same moment may be one too low."""
        kind = f"{status // 100}xx"
        self._answers[kind] = self._answers.get(kind, 0) + 1
        self._seconds += seconds

    def figures(self) -> Iterator[Figure]:
        mine = {"process": str(os.getpid())}
        answers = [({**mine, "status": kind}, n) for kind, n in sorted(self._answers.items())]
        yield Figure("answers_total", "Requests that Flask has answered.", answers, "counter")
        spent = [(mine, self._seconds)]
        yield Figure("answer_seconds_total", "How long that took.", spent, "counter")
        yield Figure("start_time_seconds", "When the process began.", [(mine, self._began_at)])
