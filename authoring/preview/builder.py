"""Builder: the process of a preview that has the whole blog in memory while `tasks.py up` runs.

It watches the blog's folders. The page of a saved article is written first, within milliseconds
(`plugins.incremental.saved_page`); then everything is built, in this process, which has all programs
loaded. Nobody who saves meanwhile is kept waiting: that build is given up, and begun again after the new
page. Changed settings and programs are read by a process begun anew in this one's place.

What it did goes to its standard output as lines of JSON (`Event`), and to open pages
(`plugins.incremental.live_reload`). It ends when its standard input does, so that it never outlives
whoever started it.
"""

import contextlib
import io
import json
import logging
import os
import sys
import threading
import time
import traceback
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from queue import Empty, Queue
from typing import Any, NamedTuple

from blinker import Signal
from watchfiles import watch

ROOT = Path(__file__).resolve().parents[2]
OVERRIDES = "theme_overrides"
FOLDERS = ("content", "theme", OVERRIDES, "plugins", "formats")
SETTINGS = "pelicanconf.py"
# Read once by whoever started this process, which may differ from what stands there.
ENVIRONMENT = ".env"
# Read once by a process: what changes in them needs another one.
PROGRAMS = (SETTINGS, "plugins/", "formats/")
# How long after the last change nothing more is expected of it: editors write a file in several steps.
STEP_MS = 8
QUIET_SECONDS = 0.15
# Pelican's way to end a build after it has logged why.
LOGGED = "Warning or error encountered"


class Event(NamedTuple):
    """What was done: `saved` (one page is right), `built` (the site is) or `failed`, and how.

    `waits` says that a change is for those who start anew.
    """

    what: str
    names: list[str]
    seconds: float
    report: str = ""


class Interrupted(BaseException):
    """Somebody saved while a build ran. Pelican catches every Exception while it reads."""


class Messages(logging.Handler):
    """What a build has to say to an author: each thing once, and not again as long as it stays so."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: dict[str, None] = {}
        self.before: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        self.lines[record.getMessage().strip()] = None

    def take(self, error: BaseException | None = None, *, whole: bool = True) -> str:
        """What is new, with all that stopped the build; `whole` says that it was of the whole blog."""
        lines, self.lines = list(self.lines), {}
        new = [line for line in lines if line not in self.before]
        if whole:
            self.before.clear()
        self.before.update(lines)
        if error is None:
            return "\n".join(new)
        chain = []
        cause: BaseException | None = error
        while cause is not None:
            if str(cause) != LOGGED:
                ours = type(cause).__module__.startswith("plugins.")
                chain.append(str(cause) if ours else f"{type(cause).__name__}: {cause}")
            cause = cause.__cause__ or cause.__context__
        return "\n".join(dict.fromkeys([*lines, *reversed(chain)]))


class Builder:
    """The blog in memory, and what is still to be done to its site."""

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root
        self.messages = Messages()
        self.changes: Queue[set[str]] = Queue()
        self.output = ""
        self.out = sys.stdout

    # What others are told

    def tell(self, event: Event) -> None:
        # In one piece: whoever watches settings speaks as well.
        self.out.write(f"{json.dumps(event._asdict())}\n")
        self.out.flush()

    def show(self, state: str, error: str = "") -> None:
        """Say it to open pages as well."""
        from plugins.incremental import live_reload

        live_reload.tell(Path(self.output), f"{time.time_ns():x}", state, error)

    # Building

    def build(self, names: Iterable[str]) -> None:
        """Build everything; raises Interrupted when somebody saves meanwhile."""
        began = time.monotonic()
        error: BaseException | None = None
        pelican: Any = None
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.ExitStack() as listening:
                pelican = self.pelican()
                for signal in interruptible():
                    listening.enter_context(signal.connected_to(self.give_way))
                pelican.run()
        except (Exception, Interrupted) as stopped:
            error = stopped
            self.let_go(pelican)
            if isinstance(stopped, Interrupted):
                self.messages.lines.clear()
                raise
        report = self.messages.take(error)
        seconds = time.monotonic() - began
        if self.output:
            self.show("failed" if error else "ready", report if error else "")
        self.tell(Event("failed" if error else "built", sorted(names), seconds, report))

    def pelican(self) -> Any:
        """The blog as its settings are now; imported here, so that what is wrong with them is told."""
        from pelican import Pelican, log
        from pelican.settings import read_settings

        # All of them: what was said in an earlier build is told apart here.
        log.init(
            logging.WARNING,
            fatal="errors",
            handler=self.messages,
            logs_dedup_min_level=logging.INFO,
        )
        settings = read_settings(str(self.root / SETTINGS))
        self.output = settings["OUTPUT_PATH"]
        return Pelican(settings)

    def give_way(self, *_: object, **__: object) -> None:
        if not self.changes.empty():
            raise Interrupted

    def let_go(self, pelican: Any) -> None:
        """A build that was given up must not keep the site from others."""
        if pelican is not None:
            from plugins.comments import bake

            bake.begin(pelican)

    # Saving

    def saved(self, names: Iterable[str]) -> bool:
        """Write the pages of these files at once where that can be done; whether all were."""
        done = [self.saved_one(name) for name in sorted(names)]
        return bool(done) and all(done)

    def saved_one(self, name: str) -> bool:
        from plugins.incremental import saved_page

        began = time.monotonic()
        path = self.root / name
        try:
            if not path.stat().st_size:
                return False  # An editor empties a file before it writes into it.
            made = saved_page.page(self.output, path)
        except Exception:
            made = None  # Told by the build that follows, which knows how.
        if made is None:
            self.messages.lines.clear()
            return False
        self.show("ready")
        report = self.messages.take(whole=False)
        self.tell(Event("saved", [name], time.monotonic() - began, report))
        return True

    # The order of things

    def run(self, because: Iterable[str] = ()) -> None:
        # A file's time may be some milliseconds older than the moment of its writing.
        began = time.time() - 0.05
        self.build(because)
        for target in (self.watch_folders, self.watch_settings, self.watch_starter):
            threading.Thread(target=target, daemon=True).start()
        if missed := set(changed_since(self.root, began)):
            self.changes.put(missed)
        waiting: set[str] = set()
        new = self.next()
        while True:
            if programs := sorted(name for name in new if name.startswith(PROGRAMS)):
                self.begin_anew(programs)
            if not self.saved(name for name in new if name.startswith(f"{FOLDERS[0]}/")):
                self.show("building")
            waiting |= new
            if new := self.next(QUIET_SECONDS):
                continue
            with contextlib.suppress(Interrupted):
                self.build(waiting)
                waiting = set()
            new = self.next()

    def next(self, seconds: float | None = None) -> set[str]:
        """What has changed; waits for it, and answers with nothing where that takes longer."""
        names: set[str] = set()
        with contextlib.suppress(Empty):
            names |= self.changes.get(timeout=seconds)
            while True:
                names |= self.changes.get_nowait()
        return names

    def begin_anew(self, because: list[str]) -> None:
        os.execv(sys.executable, [sys.executable, "-m", "authoring.preview.builder", *because])  # noqa: S606 - itself

    # Watching

    def watch_folders(self) -> None:
        # What is not there yet could not be watched, and this is where an author begins.
        (self.root / OVERRIDES).mkdir(exist_ok=True)
        folders = [self.root / name for name in FOLDERS if (self.root / name).is_dir()]
        for found in watch(*folders, step=STEP_MS, debounce=10 * STEP_MS, raise_interrupt=False):
            if names := {name for _, path in found if belongs(name := self.shown(path))}:
                self.changes.put(names)

    def watch_settings(self) -> None:
        """Its folder: a file that is watched by itself is lost when an editor replaces it."""
        for found in watch(self.root, recursive=False, raise_interrupt=False):
            names = {self.shown(path) for _, path in found}
            if ENVIRONMENT in names:
                self.tell(Event("waits", [ENVIRONMENT], 0.0))
            if SETTINGS in names:
                self.changes.put({SETTINGS})

    def watch_starter(self) -> None:
        sys.stdin.read()
        os._exit(0)

    def shown(self, path: str) -> str:
        return Path(path).relative_to(self.root).as_posix()


def belongs(name: str) -> bool:
    """Whether a file is one that is built, rather than an editor's own."""
    from plugins import files

    return files.belongs(name)


def interruptible() -> tuple[Signal, ...]:
    """The signals of a build at which it may be given up."""
    from pelican import signals

    from plugins.incremental import saved_page

    return (
        signals.content_object_init,
        signals.article_generator_write_article,
        saved_page.patience,
    )


def changed_since(root: Path, moment: float) -> Iterator[str]:
    """What was saved while nobody watched yet."""
    watched = chain([root / SETTINGS], *((root / name).rglob("*") for name in FOLDERS))
    for path in watched:
        with contextlib.suppress(FileNotFoundError):
            name = path.relative_to(root).as_posix()
            young = path.is_file() and path.stat().st_mtime >= moment
            if young and path.suffix != ".pyc" and belongs(name):
                yield name


def main(because: list[str]) -> None:
    try:
        Builder().run(because)
    except Exception:
        traceback.print_exc()
        # Threads that watch would keep a process alive that builds no more.
        os._exit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
