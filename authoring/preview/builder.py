"""Builder: the process of a preview that has the whole blog in memory while `tasks.py up` runs.

It watches the blog's folders. The page of a saved article is written first, within milliseconds
(`plugins.incremental.saved_page`); then everything is built, in this process, which has all programs
loaded. Nobody who saves meanwhile is kept waiting: that build is given up wherever it stands, as a build
may be that is killed, and begun again after the new page. Changed settings and programs are read by a process begun anew in this one's place.

What it did goes to its standard output as lines of JSON (`Event`), and to open pages
(`plugins.incremental.live_reload`). It ends when its standard input does, so that it never outlives
whoever started it.
"""

import _thread
import contextlib
import io
import json
import logging
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from queue import Empty, Queue
from typing import Any, NamedTuple

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
# And after how long the author reads or thinks, so that nobody waits for what is done then.
IDLE_SECONDS = 3
# By which those that watch interrupt a build; Windows has no other than that of Ctrl-C, which is not sent here.
GIVE_WAY = getattr(signal, "SIGUSR1", signal.SIGINT)
# A file that is older when its change is noticed, such as a copy that kept its time, was saved just now.
NOTICED_SECONDS = 60
AGAIN_SECONDS = 0.002
# Pelican's way to end a build after it has logged why.
LOGGED = "Warning or error encountered"


class Event(NamedTuple):
    """What was done: `saved` (one page is right), `built` (the site is) or `failed`, and how many seconds
    after the files were saved. `waits` says that a change is for those who start anew.
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
        # Whether something runs that gives way.
        self.building = False
        self.over = threading.Event()
        # Before the first build there is nothing to look at: that one gives way to nobody.
        self.first = False

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

    def build(self, names: Iterable[str], since: float | None = None) -> None:
        """Build everything; raises Interrupted when somebody saves meanwhile."""
        began = since or time.time()
        error: BaseException | None = None
        pelican: Any = None
        try:
            with contextlib.redirect_stdout(io.StringIO()), self.giving_way():
                pelican = self.pelican()
                pelican.run()
        except (Exception, Interrupted) as stopped:
            error = stopped
            self.let_go(pelican)
            if isinstance(stopped, Interrupted):
                self.messages.lines.clear()
                raise
        report = self.messages.take(error)
        seconds = time.time() - began
        if self.output:
            self.show("failed" if error else "ready", report if error else "")
        self.tell(Event("failed" if error else "built", sorted(names), seconds, report))

    def pelican(self) -> Any:
        """The blog as its settings are now; imported here, so that what is wrong with them is told."""
        from pelican import Pelican, log

        from authoring import blog_settings
        from formats import files

        files.durable = False
        # All of them: what was said in an earlier build is told apart here.
        log.init(
            logging.WARNING,
            fatal="errors",
            handler=self.messages,
            logs_dedup_min_level=logging.INFO,
        )
        settings = blog_settings.as_saved(self.root / SETTINGS)
        self.output = settings["OUTPUT_PATH"]
        return Pelican(settings)

    @contextlib.contextmanager
    def giving_way(self) -> Iterator[None]:
        """What is done in here ends with Interrupted when somebody saves."""
        self.building, self.over = True, threading.Event()
        try:
            self.give_way()
            yield
        finally:
            self.building = False
            self.over.set()

    def index(self) -> None:
        """What may be left until nobody saves: the search knows what the last build has written."""
        from plugins.presentation import search

        began = time.time()
        try:
            with self.giving_way():
                search.catch_up(self.output)
        except Interrupted:
            return  # The next build leaves it to be done again.
        except Exception as error:
            report = self.messages.take(error, whole=False)
            self.tell(Event("failed", ["the search index"], time.time() - began, report))

    def give_way(self, *_: object) -> None:
        """Python calls this, between any two steps of a build, when `interrupt` was."""
        if self.building and not self.first and not self.changes.empty():
            self.building = False
            raise Interrupted

    def interrupt(self) -> None:
        if hasattr(signal, "pthread_kill"):
            # Whoever waits for another program is woken up, too.
            signal.pthread_kill(threading.main_thread().ident or 0, GIVE_WAY)
        else:
            _thread.interrupt_main(GIVE_WAY)

    def hear(self) -> None:
        signal.signal(GIVE_WAY, self.give_way)
        sys.unraisablehook = self.unheard

    def unheard(self, ignored: Any) -> None:
        """Python passes over what is raised while an object is let go: then it is raised again."""
        if ignored.exc_type is not Interrupted:
            sys.__unraisablehook__(ignored)
            return
        threading.Thread(target=self.insist, args=[self.over], name="insist").start()
        self.building = True  # Last: nobody hears what is raised in here, either.

    def insist(self, over: threading.Event) -> None:
        """Ask until what was running has given way."""
        while not over.wait(AGAIN_SECONDS):
            self.interrupt()

    def changed(self, names: set[str]) -> None:
        self.changes.put(names)
        self.interrupt()

    def let_go(self, pelican: Any) -> None:
        """A build that was given up must keep neither the site from others, nor its texts in memory."""
        from plugins.comments import bake
        from plugins.incremental import saved_page

        if pelican is not None:
            bake.begin(pelican)
            saved_page.give_up(pelican)

    # Saving

    def saved(self, names: Iterable[str]) -> bool:
        """Write the pages of these files at once where that can be done; whether all were."""
        done = [self.saved_one(name) for name in sorted(names)]
        return bool(done) and all(done)

    def saved_one(self, name: str) -> bool:
        from plugins.incremental import saved_page

        path = self.root / name
        began = self.saved_at([name])
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
        self.tell(Event("saved", [name], time.time() - began, report))
        return True

    def saved_at(self, names: Iterable[str]) -> float:
        """When the first of these files was saved, by its own time; those that are gone, just now."""
        now = time.time()
        moments = [now]
        for name in names:
            with contextlib.suppress(OSError):
                moments.append((self.root / name).stat().st_mtime)
        return min(each for each in moments if now - NOTICED_SECONDS <= each <= now)

    # The order of things

    def run(self, because: Iterable[str] = ()) -> None:
        # A file's time may be some milliseconds older than the moment of its writing.
        began = time.time() - 0.05
        self.hear()
        # What is not there yet could not be watched, and this is where an author begins.
        (self.root / OVERRIDES).mkdir(exist_ok=True)
        # Before the first build: until they watch, which takes a moment, what is saved is found below.
        for target in (self.watch_folders, self.watch_settings, self.watch_starter):
            threading.Thread(target=target, daemon=True).start()
        self.first = True
        self.build(because)
        self.first = False
        if missed := set(changed_since(self.root, began)):
            self.changes.put(missed)
        waiting: set[str] = set()
        since: float | None = None
        new = self.next(IDLE_SECONDS) or self.idle()
        while True:
            since = since or self.saved_at(new)
            if programs := sorted(name for name in new if name.startswith(PROGRAMS)):
                self.begin_anew(programs)
            if not self.saved(name for name in new if name.startswith(f"{FOLDERS[0]}/")):
                self.show("building")
            waiting |= new
            if new := self.next(QUIET_SECONDS):
                continue
            with contextlib.suppress(Interrupted):
                self.build(waiting, since)
                waiting, since = set(), None
            new = self.next(IDLE_SECONDS) or self.idle()

    def idle(self) -> set[str]:
        """What has changed after a while in which nothing had."""
        self.index()
        return self.next()

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
        folders = [self.root / name for name in FOLDERS if (self.root / name).is_dir()]
        for found in watch(*folders, step=STEP_MS, debounce=10 * STEP_MS, raise_interrupt=False):
            if names := {name for _, path in found if belongs(name := self.shown(path))}:
                self.changed(names)

    def watch_settings(self) -> None:
        """Its folder: a file that is watched by itself is lost when an editor replaces it."""
        for found in watch(self.root, recursive=False, raise_interrupt=False):
            names = {self.shown(path) for _, path in found}
            if ENVIRONMENT in names:
                self.tell(Event("waits", [ENVIRONMENT], 0.0))
            if SETTINGS in names:
                self.changed({SETTINGS})

    def watch_starter(self) -> None:
        sys.stdin.read()
        os._exit(0)

    def shown(self, path: str) -> str:
        return Path(path).relative_to(self.root).as_posix()


def belongs(name: str) -> bool:
    """Whether a file is one that is built, rather than an editor's own."""
    from plugins import files

    return files.belongs(name)


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
