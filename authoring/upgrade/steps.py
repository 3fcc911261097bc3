"""Steps: an upgrade in its order, each step repeated by whoever runs it again after it was stopped."""

import os
import shutil
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from authoring import Refused, build, check, server
from authoring.environment import say

from . import database, history, releases, replace


def upgrade(
    root: Path,
    environ: dict[str, str],
    source: str,
    version: str,
    *,
    dry_run: bool = False,
    backup: bool = True,
) -> bool:
    """Exchange our files; whether `finish` is to follow. Raises Refused, before which nothing changed."""
    state = replace.read(root)
    if state.get("step") == "replacing":
        replace.apply(root)
        state = replace.read(root)
    if state.get("step") == "replaced":
        return True
    refuse_running(root)
    place = root / replace.PLACE
    release = releases.stage(root, source, version, place / "release")
    exact = release.shipped or replace.by_record(root)
    shipped = exact or replace.by_time(root)
    made = replace.plan(root, release.folder, shipped, sure=bool(exact))
    before = releases.version_of(root)
    made |= {
        "from": before,
        "to": release.version,
        "aside": str(place / f"yours-{before}-{datetime.now(UTC):%Y%m%d-%H%M%S}"),
        "head": releases.git(root, "rev-parse", "HEAD") if release.commit else "",
        "target": release.commit,
    }
    for line in told(root, made):
        say(line)
    if not made["write"] and not made["remove"]:
        say(f"This is {before} already; there is nothing to do.")
        tidy(place)
        return False
    if dry_run:
        say("Nothing was changed. What it asks of you:")
        tell_needs(root, release.folder, made)
        tidy(place)
        return False
    if backup and database.is_there(root, environ):
        copy = database.save(root, environ, place)
        say(f"Comments copied to {copy.relative_to(root)}.")
    replace.begin(root, made, release.folder)
    replace.apply(root)
    return True


def tidy(place: Path) -> None:
    """Take away what only the exchange needed."""
    for name in ("release", "repository"):
        shutil.rmtree(place / name, ignore_errors=True)


def told(root: Path, made: dict[str, Any]) -> list[str]:
    """What changes, and above all what of the author's is in its way."""
    lines = [
        f"Postil {made['from']} → {made['to']}: {len(made['write'])} files are written,"
        f" {len(made['remove'])} go. {', '.join(replace.YOURS)} stay as they are."
    ]
    aside = Path(made["aside"]).relative_to(root)
    if made["changed"]:
        lines += [f"You have changed files of ours. Yours are kept in {aside}/:"]
        lines += [f"    {name}{remedy(name)}" for name in made["changed"]]
    if not made["sure"]:
        lines += [
            "From which release this copy was unpacked is not known, nor what you changed at once after"
            f" that: every file that is exchanged is kept in {aside}/."
        ]
    return lines


def remedy(name: str) -> str:
    if name.startswith("theme/templates/"):
        own = name.replace("theme/", "theme_overrides/", 1)
        return f"  (write what differs into {own}: docs/theme.md)"
    if name.startswith("theme/static/css/"):
        return "  (write what differs into a style sheet of your own: EXTRA_CSS, docs/theme.md)"
    return ""


def refuse_running(root: Path) -> None:
    """A preview would go on with files of two releases."""
    try:
        parts = urlsplit((root / "var/running").read_text(encoding="utf-8").split("\n")[0])
        socket.create_connection((parts.hostname or "", parts.port or 0), timeout=1).close()
    except (OSError, ValueError):
        return
    raise Refused("A preview of this blog is running. Stop it with Ctrl-C, then upgrade.")


def finish(root: Path, environ: dict[str, str]) -> bool:
    """What the new release itself does: migrate, build, look, remember. Whether all went well."""
    state = replace.read(root)
    if state.get("step") != "replaced":
        return True
    if database.is_there(root, environ):
        if "revision" not in state:
            state["revision"] = database.revision(root, environ)
            replace.save(root / replace.PLAN, state)
        server.migrate(root, environ)
    if state["target"] and releases.git(root, "rev-parse", "HEAD") == state["head"]:
        history.remember(root, state["head"], state["target"], state["to"])
    replace.record(root)
    replace.save(root / replace.PLAN, {**state, "step": "done"})
    tidy(root / replace.PLACE)
    fine = True
    if (root / (environ.get("COMMENTS_OUTPUT") or "output") / "index.html").exists():
        built = build.run_pelican(root, environ, "publishconf.py")
        fine = built.succeeded
        say(f"Built in {built.seconds:.1f} s: {built.report}" if fine else built.report)
    in_order = fine and check.content_in_order(root, environ, "--quick")
    say(f"\nThis is Postil {state['to']} now. A service that runs has to be started again.")
    tell_needs(root, root, state)
    if not in_order:
        say("What is above is to be corrected. The way back: python3 tasks.py upgrade --back")
    return fine


OLD_SETTINGS = """pelicanconf.py is from before 1.0 and works as it is. To have theme_overrides/, ICON and what is new
from now on, let it begin with `from plugins.settings import *` and keep the lines that are your own
(docs/upgrading.md)."""


def tell_needs(root: Path, folder: Path, made: dict[str, Any]) -> None:
    settings, path = root / "pelicanconf.py", folder / "CHANGELOG.md"
    if settings.exists() and "plugins.settings" not in settings.read_text(encoding="utf-8"):
        say(f"\n{OLD_SETTINGS}")
    changelog = path.read_text(encoding="utf-8") if path.exists() else ""
    for text in history.needs_you(changelog, made["from"], made["to"]):
        say(f"\n{text}")
    say("\nCHANGELOG.md tells everything that is new.")


def back(root: Path, environ: dict[str, str]) -> bool:
    """Everything as it was before the last upgrade, with what readers wrote since; raises Refused.

    Whether there is a site that is to be built again.
    """
    state = replace.read(root)
    place = root / replace.PLACE
    if state.get("step") not in ("replaced", "done"):
        raise Refused("There is no upgrade to go back from.")
    refuse_running(root)
    if not state.get("back"):
        copy = place / ("comments.sqlite3" if database.file_of(root, environ) else "comments.dump")
        if said := database.go_back(root, environ, state.get("revision", ""), copy):
            say(said)
        if state["head"]:
            history.forget(root, state["head"])
        before = replace.files_of(place / "before")
        made = {
            **state,
            "back": True,
            "write": sorted(before),
            "remove": sorted(set(state["write"]) - before),
        }
        replace.save(
            root / replace.PLAN, {**made, "step": "replacing", "source": str(place / "before")}
        )
        replace.apply(root)
    (root / replace.PLAN).unlink()
    (root / replace.RECORD).unlink(missing_ok=True)
    say(f"This is Postil {state['from']} again.")
    return (root / (environ.get("COMMENTS_OUTPUT") or "output") / "index.html").exists()


def go_on(root: Path, *command: str) -> int:
    """The program that lies there now does the rest, with the packages that it needs."""
    inside = Path(sys.prefix).resolve() == (root / ".venv").resolve()
    # Another copy's Python would take its packages along.
    python = sys.executable if inside else getattr(sys, "_base_executable", sys.executable)
    command = (python, str(root / "tasks.py"), *command)
    return subprocess.call(command, cwd=root, env={**os.environ, "PYTHONUTF8": "1"})  # noqa: S603
