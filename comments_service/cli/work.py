"""`flask comments work`: publisher and outbox in a process of their own."""

import signal
import threading
from types import FrameType

import click
from flask import Flask, current_app

from comments_service import config, logs
from comments_service.cli.group import group
from comments_service.workers import Workers

LOOK_SECONDS = 2.0
# A worker that stands still for so long is better begun anew, by whoever started this process.
STUCK_SECONDS = 600.0


@group.command("work")
def work() -> None:
    """Publish snapshots and send e-mails until stopped: with COMMENTS_WORKERS=outside, nobody else does."""
    settings = config.current()
    logs.configure(settings.log)
    if settings.workers == "inside":
        click.echo(
            "The process that answers requests does this as well; with COMMENTS_WORKERS=outside it"
            " leaves it to this one.",
            err=True,
        )
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # of the proxy
    workers, stopped = Workers(app, settings), threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, stop)
    workers.start()
    click.echo("Publishing and sending.")
    while not stopped.wait(LOOK_SECONDS):
        for pulse in workers.pulses:
            if pulse.age_seconds > STUCK_SECONDS:
                raise click.ClickException(
                    f"The {pulse.worker} has given no sign of life for ten minutes."
                )
        if not workers.alive:
            raise click.ClickException("A worker has ended; the log above says why.")
    workers.stop()
