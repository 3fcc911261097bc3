"""Isso, the nearest neighbour, in an environment of its own: the measure that readers know."""

import http.client
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.service import ROOT, Server, free_port

VERSION = "0.14.0"
PLACE = ROOT / "var" / "bench" / f"isso-{VERSION}"
# As its documentation starts it: `gunicorn -b localhost:8080 -w 4 --preload isso.run`.
WORKERS = 4


def installed() -> Path:
    """The environment's folder of programs; made once, and kept for the next run."""
    programs = PLACE / "bin"
    if not (programs / "gunicorn").exists():
        print(f"Installing Isso {VERSION} into {PLACE.relative_to(ROOT)}/ …", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(PLACE)], check=True)
        packages = [f"isso=={VERSION}", "gunicorn"]
        # Some of its dependencies still build themselves with what setuptools 81 dropped.
        packages += ["setuptools<81"]
        subprocess.run(
            [programs / "python", "-m", "pip", "install", "--quiet", *packages], check=True
        )
    return programs


def server(folder: Path) -> Server:
    """Isso on SQLite, everything that slows it down on purpose switched off."""
    folder.mkdir()
    port = free_port()
    settings = folder / "isso.cfg"
    settings.write_text(
        f"[general]\ndbpath = {folder / 'comments.db'}\nhost = http://blog.test\nnotify =\n"
        f"[server]\nlisten = http://127.0.0.1:{port}\n"
        "[guard]\nenabled = false\n[moderation]\nenabled = false\n"
    )
    command = [str(installed() / "gunicorn"), "--bind", f"127.0.0.1:{port}", "--preload"]
    command += ["--workers", str(WORKERS), "--log-level", "error", "isso.run"]
    env = {**os.environ, "ISSO_SETTINGS": str(settings)}
    return Server(command, folder, env, port, "/js/embed.min.js")


def fill(port: int, threads: dict[str, Sequence[tuple[str, str, int | None]]]) -> None:
    """The same comments, sent through its API in the same order."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for thread, comments in threads.items():
        ids: list[int] = []
        for author, text, parent in comments:
            body: dict[str, Any] = {"author": author, "text": text, "title": thread}
            body |= {} if parent is None else {"parent": ids[parent]}
            connection.request(
                "POST",
                f"/new?uri=/{thread}/",
                json.dumps(body),
                {"Content-Type": "application/json", "Origin": "http://blog.test"},
            )
            answer = connection.getresponse()
            said = answer.read()
            assert answer.status == 201, (answer.status, said)
            ids.append(json.loads(said)["id"])
    connection.close()
