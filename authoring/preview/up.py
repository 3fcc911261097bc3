"""Up: the blog with its comments built and served on one port, and built again when somebody saves."""

import json
import os
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import IO
from urllib.parse import urlsplit

from authoring import Refused, server
from authoring.environment import say
from authoring.terminal import strong
from plugins.incremental import live_reload

from .builder import Event

BUILDER = (sys.executable, "-m", "authoring.preview.builder")
# How often it is asked whether a program is still there.
LOOK_SECONDS = 0.5


def up(root: Path, environ: dict[str, str], host: str, port: int) -> None:
    """Serve until Ctrl-C; raises Refused when something cannot start, or ends by itself."""
    port = port or server.local_port(environ.get("SITE_URL", "")) or 8000
    public = environ.get("SITE_URL", "")
    environ = {**server.preview_settings(environ, os.environ, port), "POSTIL_PREVIEW": "1"}
    server.refuse_taken_port(host, port)
    output = root / (environ.get("COMMENTS_OUTPUT") or "output")
    earlier = (output / "index.html").exists()
    started: list[subprocess.Popen[bytes]] = []
    running: Path | None = None
    server.listen_for_stop()
    try:
        with ThreadPoolExecutor() as pool:
            builder = BuilderProcess(root, environ)
            started.append(builder.process)
            server.migrate(root, environ)
            owner = pool.submit(server.flask, root, environ, "comments", "owner", "--if-none")
            if not earlier:
                tell_first_build(builder.next(), earlier)
            serving = server.start_server(root, environ, host, port)
            started.append(serving)
            if earlier:
                tell_first_build(builder.next(), earlier)
            server.wait_until_it_answers(serving, host, port)
            link = owner.result()
            server.refuse_failed(link, "The owner's link could not be made.")
            running = server.tell_running(root, environ)
            tell_addresses(environ["SITE_URL"], public, port, link.stdout)
            while True:
                tell_change(builder.next(serving))
    except KeyboardInterrupt:
        say("\nStopped.")
    finally:
        for process in reversed(started):
            server.stop(process)
        live_reload.end(output)
        if running:
            running.unlink(missing_ok=True)


class BuilderProcess:
    """The process that builds while somebody writes, and what it has told so far."""

    def __init__(self, root: Path, environ: dict[str, str]) -> None:
        self.process = subprocess.Popen(  # noqa: S603 - our own
            BUILDER,
            cwd=root,
            env={**environ, "PYTHONUTF8": "1"},
            # Held open as long as we live: it ends when this does.
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self.events: Queue[Event] = Queue()
        assert self.process.stdout is not None  # noqa: S101 - asked for above
        Thread(target=self.listen, args=[self.process.stdout], daemon=True).start()

    def listen(self, lines: IO[bytes]) -> None:
        for line in lines:
            self.events.put(Event(**json.loads(line)))

    def next(self, *others: subprocess.Popen[bytes]) -> Event:
        """What it tells next; raises Refused when it, or one of the others, has ended by itself."""
        while True:
            with suppress(Empty):
                return self.events.get(timeout=LOOK_SECONDS)
            for process in (self.process, *others):
                if process.poll() is not None:
                    name = "preview's builder" if process is self.process else "server"
                    raise Refused(
                        f"The {name} stopped by itself (exit status {process.returncode})."
                    )


def tell_addresses(site_url: str, public: str, port: int, owner: str) -> None:
    say(f"\n  Your blog   {strong(site_url)}")
    if urlsplit(site_url).port != port:
        say(f"  Here        {strong(f'http://localhost:{port}')}")
    elif public and server.local_port(public) != port:
        say(f"  Readers     {public}, once you publish it")
    if owner.strip():
        say(f"  Its owner   {strong(owner.split()[-1])}")
        say("              Open it to become the owner and choose a password. It works once.")
    say("\nSave an article and open pages show it by themselves. Ctrl-C stops everything.")


def tell_first_build(event: Event, earlier: bool) -> None:
    report = textwrap.indent(event.report, "    ")
    if event.what == "built":
        say(f"Built the blog in {event.seconds:.1f} s.")
        if event.report:
            say(report)
    elif earlier:
        say(f"The blog could not be built; the earlier one is served:\n{report}")
    else:
        raise Refused(f"The blog could not be built:\n{report}\nCorrect this and start again.")


def tell_change(event: Event) -> None:
    """One line for each thing that was done, and what there is to correct below it."""
    name = event.names[0] if len(event.names) == 1 else f"{len(event.names)} files"
    done = {
        "saved": f"its page is right after {event.seconds * 1000:.0f} ms",
        "built": f"everything is right after {event.seconds:.1f} s",
        "failed": "changed, and the build failed:",
        "waits": "changed: stop with Ctrl-C and start `up` again; until then it is as before",
    }
    say(f"{time.strftime('%H:%M:%S')}  {name}  {done[event.what]}")
    if event.report:
        say(textwrap.indent(event.report, "    "))
