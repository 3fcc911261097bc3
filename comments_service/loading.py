"""Flask and what it stands on, loaded while files are being served already."""

import logging
from concurrent.futures import Future
from threading import Thread
from time import sleep
from typing import TYPE_CHECKING

from comments_service.config import Settings

if TYPE_CHECKING:
    from flask import Flask

# How soon a start that failed is tried again.
RETRY_SECONDS = 5.0

log = logging.getLogger(__name__)


class Service(Thread):
    """The application with its workers, unless they have a process of their own.

    Whoever writes in the first second after a start waits until all is loaded, the manifest is
    taken over and the snapshots are there; whoever reads what is there already does not.
    """

    def __init__(self, settings: Settings) -> None:
        super().__init__(name="loading", daemon=True)
        self._settings = settings
        # There before the snapshots are.
        self.app: Flask | None = None
        self.failed = ""
        self.loaded: Future[None] = Future()
        self.start()

    def run(self) -> None:
        while not self._load():
            sleep(RETRY_SECONDS)
        self.loaded.set_result(None)

    def _load(self) -> bool:
        """Load the application and start its workers; what fails, such as a disk, may heal."""
        try:
            self._start()
        except Exception as error:
            if repr(error) != self.failed:
                log.exception("The service could not be loaded. It goes on trying.")
            self.failed = repr(error)
            return False
        return True

    def _start(self) -> None:
        from comments_service import create_app
        from comments_service.workers import Workers

        app = create_app(self._settings, commands=False)
        if self._settings.workers == "outside":
            self.app = app
            return
        workers = Workers(app, self._settings)
        self.app = app
        workers.start()
