"""Preview: what only the author sees while writing, and what of it has to leave a published site.

With PREVIEW the theme's pages load a small script, which asks `preview.json` whether there is a newer
build, or an error, and shows what is not published yet: the build lists drafts and articles whose
date is still to come in `drafts/list.json`. `preview.json` is written by the program that builds again
on every change (`tell`). Without PREVIEW all of it is removed from the site.

Settings: PREVIEW (False), DRAFTS_FOLDER ("drafts").
"""

import contextlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pelican import signals

from plugins import files
from plugins.site import Generator, Pelican, by_kind, drafts, plain

STATUS = "preview.json"
# The second is what an earlier release called them.
SCRIPTS = ("live_reload.*", "preview.*")

_waiting: dict[str, list[dict[str, str]]] = {}


def tell(output: Path, build: str, state: str, error: str = "") -> None:
    """Say to open pages how the building stands: `building`, `ready` or `failed`."""
    said = {"build": build, "state": state, "error": error}
    files.write(output / STATUS, json.dumps(said, ensure_ascii=False).encode())


def end(output: Path) -> None:
    """Nobody builds any more: pages stop asking."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        (output / STATUS).unlink()


def gather(generators: Iterable[Generator]) -> None:
    articles, pages = by_kind(generators)
    settings = articles.settings
    prefix = settings.get("SITE_PATH", "")
    _waiting[settings["OUTPUT_PATH"]] = [
        {
            "title": plain(draft.title),
            "url": f"{prefix}/{draft.url}",
            # Pelican makes a draft of what has a date to come; only its author's word tells the two.
            "due": ""
            if draft.metadata.get("status", "").lower() == "draft" or not hasattr(draft, "date")
            else f"{draft.date:%Y-%m-%d %H:%M}",
        }
        for draft in drafts(articles, pages)
    ]


def finish(pelican: Pelican) -> None:
    settings: dict[str, Any] = pelican.settings
    output = Path(settings["OUTPUT_PATH"])
    waiting = _waiting.pop(settings["OUTPUT_PATH"], [])
    if settings.get("PREVIEW", False):
        waiting.sort(key=lambda each: (each["due"], each["title"]))
        text = json.dumps(waiting, ensure_ascii=False, indent=1) + "\n"
        folder = settings.get("DRAFTS_FOLDER", "drafts")
        files.update(output / folder / "list.json", text.encode())
        return
    end(output)
    for pattern in SCRIPTS:
        for path in (output / settings["THEME_STATIC_DIR"]).glob(pattern):
            path.unlink()


def register() -> None:
    signals.all_generators_finalized.connect(gather)
    signals.finalized.connect(finish)
