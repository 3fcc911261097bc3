"""Workers: what the service does behind its requests, in the process that answers them or in one of its own.

The list of it is `STEPS`, and the publisher, which has a rhythm of its own.
"""

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from flask import Flask

from comments_service import backups, exporters, hooks, newsletter, spam_services
from comments_service.config import Settings
from comments_service.importers import jobs
from comments_service.mail import outbox
from comments_service.notifications import wording
from comments_service.notifications.fan_out import fan_out
from comments_service.publishing.publisher import Publisher
from comments_service.supervision import (
    BACKUP,
    HOOKS,
    IMPORTS,
    LONGEST_WAIT_SECONDS,
    OUTBOX,
    Faults,
    Patient,
    Pulse,
)

POLL_SECONDS = 2.0

# One look at what there is to do. It says by the function that it is handed, again and again, that it lives.
Step = Callable[[Settings, Callable[[], None]], object]


def find_who_is_told(settings: Settings, _beat: Callable[[], None]) -> None:
    fan_out(settings.spam_services)


def send_emails(settings: Settings, beat: Callable[[], None]) -> None:
    composers = {**wording.composers(settings), **newsletter.composers(settings)}
    outbox.send_waiting(settings, composers, beat)


def back_up(settings: Settings, beat: Callable[[], None]) -> None:
    """Copy the database once a day, where the owner has named a folder for that."""
    folder = Path(settings.backup)
    if not settings.backup or not backups.due(folder):
        return
    try:
        backups.make(
            folder, settings.database_url, lambda path: exporters.write_all(path, settings), beat
        )
    except backups.CopyError as error:
        raise Patient(str(error), LONGEST_WAIT_SECONDS) from error
    backups.prune(folder, backups.KEPT)


# Each worker's steps, by what is said of one that fails. They follow each other, and none stops another.
STEPS: Mapping[str, Mapping[str, Step]] = {
    OUTBOX: {
        "Finding who is told": find_who_is_told,
        "Announcing articles": newsletter.announce,
        "Sending e-mails": send_emails,
    },
    # Apart from the e-mails, since receivers may be slow.
    HOOKS: {
        "Telling web hooks": hooks.send_waiting,
        "Asking spam services": spam_services.ask_waiting,
    },
    # Apart from all others, since a large database takes its time.
    BACKUP: {"Backing up the database": back_up},
    # And an old blog's comments, which come a short transaction at a time.
    IMPORTS: {"Importing comments": jobs.work_waiting},
}


class Worker(threading.Thread):
    """Does its steps again and again; the next round begins a moment after the last has ended."""

    def __init__(
        self, name: str, steps: Mapping[str, Step], app: Flask, settings: Settings
    ) -> None:
        super().__init__(name=name, daemon=True)
        self._steps = steps
        self._app = app
        self._settings = settings
        self._stopped = threading.Event()
        self._faults = Faults()
        self.pulse = Pulse(name, settings)

    def stop(self) -> None:
        self._stopped.set()
        self.join(timeout=10)

    def run(self) -> None:
        while not self._stopped.wait(POLL_SECONDS):
            self.turn()

    def turn(self) -> None:
        """One round, which outlives whatever goes wrong."""
        with self._app.app_context():
            for what, step in self._steps.items():
                if self._faults.due(what):
                    with self._faults.isolated(what, whole=True):
                        step(self._settings, self._beat)
        self._beat()

    def _beat(self) -> None:
        self.pulse.beat(self._faults.known)


class Workers:
    """All workers of one process."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self.publisher = Publisher(app, settings)
        self._others = [Worker(name, steps, app, settings) for name, steps in STEPS.items()]
        app.extensions["publisher"] = self.publisher
        app.extensions["pulses"] = self.pulses

    @property
    def pulses(self) -> list[Pulse]:
        return [self.publisher.pulse, *(each.pulse for each in self._others)]

    def start(self) -> None:
        """Start them, after the publisher's first round: it writes what readers ask for first."""
        for each in self._others:
            each.start()
        self.publisher.turn()
        self.publisher.start()

    @property
    def alive(self) -> bool:
        return all(each.is_alive() for each in (self.publisher, *self._others))

    def stop(self) -> None:
        """Let each end what it has begun."""
        for each in self._others:
            each.stop()
        self.publisher.stop()
