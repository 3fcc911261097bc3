"""Supervision: what fails behind the requests is isolated, told once and tried again, and seen from outside.

A worker's sign of life is a file in `published/`, so that `doctor`, in a process of its own, can read
what goes on in another one.
"""

import errno
import json
import logging
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.exc import InterfaceError, InternalError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from comments_service.config import Settings
from comments_service.db import db
from comments_service.errors import Unavailable
from formats import files

WORKERS = ("publisher", "outbox", "hooks", "backup", "imports")
PUBLISHER, OUTBOX, HOOKS, BACKUP, IMPORTS = WORKERS
BEAT_SECONDS = 10.0
# Longer than the longest step takes: waiting for a mail server that answers nothing, twenty seconds.
LATE_SECONDS = 60.0
# What fails waits twice as long each time. One of all that wait is tried sooner: where it works, what
# kept the others has probably gone as well, such as a full disk.
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 300.0
PROBE_SECONDS = 3.0

# Of the database or of a whole disk: nothing else would go better.
_outages = (OperationalError, InterfaceError, InternalError, PoolTimeout, Unavailable)
_of_the_disk = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.ENFILE})

log = logging.getLogger(__name__)


class Patient(OSError):
    """What is not tried again before some seconds have passed, such as a password that was refused."""

    def __init__(self, text: str, seconds: float) -> None:
        super().__init__(text)
        self.seconds = seconds


class Explained(Exception):
    """What says by itself what is wrong and what to do: no place in the code would add to it."""


@dataclass
class _Fault:
    kind: type[Exception]
    text: str
    wait_seconds: float
    tried_at: float
    patient: bool


class Faults:
    """What fails just now, by name: each is isolated from the others, logged once and tried again."""

    def __init__(self, *passing: type[Exception]) -> None:
        # Exceptions that are no faults.
        self._passing = passing
        # The one that was tried longest ago comes first.
        self._faults: dict[str, _Fault] = {}

    def due(self, name: str) -> bool:
        """Whether to try this now: it has not failed, or has waited long enough."""
        fault = self._faults.get(name)
        if fault is None:
            return True
        waited = time.monotonic() - fault.tried_at
        first = name == next(iter(self._faults)) and not fault.patient
        return (first and waited >= PROBE_SECONDS) or waited >= fault.wait_seconds

    @contextmanager
    def isolated(self, name: str, *, whole: bool = False) -> Iterator[None]:
        """Let nothing that goes wrong inside stop what comes after it.

        What is wrong with the database or a whole disk is raised nevertheless, unless this is the `whole`.
        """
        try:
            yield
        except self._passing:
            raise
        except Exception as error:
            # Where even that fails, the next look begins with a session of its own.
            with suppress(SQLAlchemyError):
                db.session.rollback()
            if not whole and _everywhere(error):
                raise
            self._failed(name, error)
        else:
            if self._faults.pop(name, None):
                log.info("%s: works again.", name)
                # Whatever it was may have kept the others, too.
                for fault in self._faults.values():
                    fault.wait_seconds = 0.0

    def _failed(self, name: str, error: Exception) -> None:
        # The further lines of a database's error hold what was written, which may name people.
        text = str(error).partition("\n")[0]
        if not isinstance(error, (Patient, Explained)):
            text = f"{type(error).__name__}: {text}"
        before = self._faults.pop(name, None)
        if before is None or before.kind is not type(error):
            # With the place in the code only where it says more than the words do.
            expected = isinstance(error, (*_outages, OSError, Explained))
            log.warning("%s waits: %s", name, text, exc_info=None if expected else error)
        patient = isinstance(error, Patient)
        least = error.seconds if isinstance(error, Patient) else FIRST_WAIT_SECONDS
        wait = min(LONGEST_WAIT_SECONDS, max(least, 2 * before.wait_seconds if before else 0.0))
        self._faults[name] = _Fault(type(error), text, wait, time.monotonic(), patient)

    def keep(self, prefix: str, names: set[str]) -> None:
        """Forget those of this prefix that are not to be done any more."""
        for name in tuple(self._faults):
            if name.startswith(prefix) and name not in names:
                del self._faults[name]

    @property
    def known(self) -> dict[str, str]:
        return {name: fault.text for name, fault in self._faults.items()}


def _everywhere(error: Exception) -> bool:
    return isinstance(error, _outages) or (
        isinstance(error, OSError) and error.errno in _of_the_disk
    )


class Pulse:
    """The sign of life that a worker gives while it works."""

    def __init__(self, worker: str, settings: Settings) -> None:
        self.worker = worker
        self._path = _path(worker, settings)
        self._said: dict[str, str] | None = None
        self._written_at = self._at = time.monotonic()

    def beat(self, faults: Mapping[str, str]) -> None:
        self._at = time.monotonic()
        if faults == self._said and self._at - self._written_at < BEAT_SECONDS:
            return
        self._written_at = self._at
        # Where it cannot be written, `doctor` finds it old.
        with suppress(OSError):
            if faults == self._said and self._path.exists():
                os.utime(self._path)
            else:
                files.write(self._path, json.dumps(dict(faults)).encode())
                self._said = dict(faults)

    @property
    def age_seconds(self) -> float:
        return time.monotonic() - self._at

    @property
    def late(self) -> bool:
        return self.age_seconds > LATE_SECONDS


class Sign(NamedTuple):
    """What a worker, wherever it runs, said last."""

    age_seconds: float
    faults: dict[str, str]

    @property
    def late(self) -> bool:
        return self.age_seconds > LATE_SECONDS


def sign(worker: str, settings: Settings) -> Sign | None:
    """The last sign of life of a worker; None where there never was one."""
    path = _path(worker, settings)
    try:
        age = time.time() - path.stat().st_mtime
        said = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError):
        said, age = {}, LATE_SECONDS + 1
    return Sign(age, said if isinstance(said, dict) else {})


def _path(worker: str, settings: Settings) -> Path:
    return settings.published / f".{worker}.json"
