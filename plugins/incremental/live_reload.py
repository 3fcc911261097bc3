"""Live reload: pages of a preview show by themselves what was built while somebody looks at them.

With PREVIEW the theme's pages load a small script, which asks `preview.json` whether there is a newer
build, or an error. That file is written by the program that builds again on every change (`tell`).
Without PREVIEW, file and script are removed from the site.

Settings: PREVIEW (False).
"""

import json
from pathlib import Path

from pelican import signals

from plugins import files
from plugins.site import Pelican

STATUS = "preview.json"
# The second is what an earlier release called them.
SCRIPTS = ("live_reload.*", "preview.*")


def tell(output: Path, build: str, state: str, error: str = "") -> None:
    """Say to open pages how the building stands: `building`, `ready` or `failed`."""
    said = {"build": build, "state": state, "error": error}
    files.write(output / STATUS, json.dumps(said, ensure_ascii=False).encode())


def end(output: Path) -> None:
    """Nobody builds any more: pages stop asking."""
    files.remove(output / STATUS)


def finish(pelican: Pelican) -> None:
    settings = pelican.settings
    if settings.get("PREVIEW", False):
        return
    output = Path(settings["OUTPUT_PATH"])
    end(output)
    for pattern in SCRIPTS:
        for path in (output / settings["THEME_STATIC_DIR"]).glob(pattern):
            files.remove(path)


def register() -> None:
    signals.finalized.connect(finish)
