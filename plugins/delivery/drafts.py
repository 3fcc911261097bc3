"""Drafts: what a preview wrote for its author's eyes does not stay in the site that readers get.

A production build sets DRAFT_SAVE_AS to nothing, so that it writes no drafts; but a preview may
have written some into the same folder, and Pelican leaves alone what it did not write.

Settings: DRAFTS_FOLDER ("drafts").
"""

import shutil
from pathlib import Path

from pelican import signals

from plugins.site import Pelican


def remove(pelican: Pelican) -> None:
    settings = pelican.settings
    if not settings["DRAFT_SAVE_AS"]:
        folder = Path(settings["OUTPUT_PATH"], settings.get("DRAFTS_FOLDER", "drafts"))
        shutil.rmtree(folder, ignore_errors=True)


def register() -> None:
    signals.finalized.connect(remove)
