"""What the server runs: files first, Flask only for those who write."""

import logging
from collections.abc import Callable, Iterable
from threading import Thread
from time import sleep
from typing import TYPE_CHECKING

from comments_service import config
from comments_service.config import Settings
from comments_service.static_files import Files

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Flask

# How long a request waits for a start: a blog of thousands of articles that has no snapshots yet
# goes on writing them while it answers.
LOADING_SECONDS = 10.0
# How soon a start that failed is tried again.
RETRY_SECONDS = 5.0

log = logging.getLogger(__name__)


def assemble(files: Files, flask: "WSGIApplication") -> "WSGIApplication":
    """Files before Flask."""
    answer: Callable[..., Iterable[bytes] | None] = files.answer

    def application(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        sent = answer(environ, start)
        return flask(environ, start) if sent is None else sent

    return application


class Service(Thread):
    """Flask and what it stands on, loaded while files are being served already.

    Whoever writes in the first second after a start waits until all is loaded, the manifest is
    taken over and the snapshots are there; whoever reads what is there already does not.
    """

    def __init__(self, settings: Settings, files: Files) -> None:
        super().__init__(name="loading", daemon=True)
        self._settings = settings
        self._files = files
        self._app: Flask | None = None
        self._failed = ""
        self.start()

    def run(self) -> None:
        while not self._load():
            sleep(RETRY_SECONDS)

    def _load(self) -> bool:
        """Load the application and start its workers; what fails, such as a disk, may heal."""
        try:
            self._start()
        except Exception as error:
            if repr(error) != self._failed:
                log.exception("The service could not be loaded. It goes on trying.")
            self._failed = repr(error)
            return False
        return True

    def _start(self) -> None:
        from comments_service import create_app
        from comments_service.outbox import Worker
        from comments_service.publishing.publisher import Publisher

        app = create_app(self._settings, commands=False)
        app.extensions["publisher"] = publisher = Publisher(app, self._settings)
        worker = Worker(app, self._settings)
        app.extensions["pulses"] = [publisher.pulse, worker.pulse]
        self._app = app
        worker.start()
        publisher.turn()
        publisher.start()

    def __call__(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        if self.is_alive():
            # Of a start that failed nobody knows when it will have succeeded.
            if not self._failed:
                self.join(LOADING_SECONDS)
            # A snapshot that was yet to be written is not missing.
            if (sent := self._files.answer(environ, start)) is not None:
                return sent
        if self._app is None:
            from comments_service import unavailable

            return unavailable.answer(environ, start, self._settings)
        return self._app(environ, start)


def serve() -> "WSGIApplication":
    """The application with its threads running: one publisher and one worker of the outbox a process."""
    settings = config.from_environment()
    files = Files(settings)
    return assemble(files, Service(settings, files))


def __getattr__(name: str) -> "WSGIApplication":
    # Started when a server asks for it, not when a test or a tool imports this module.
    if name == "application":
        globals()[name] = serve()
        return globals()[name]  # type: ignore[no-any-return]
    raise AttributeError(name)
