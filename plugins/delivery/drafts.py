"""Drafts: a preview lists them; the site that readers get has neither the list nor their pages.

With PREVIEW the build lists drafts, and articles whose date is still to come, in `drafts/list.json`,
for the bar that the theme's preview shows. A production build sets DRAFT_SAVE_AS to nothing, so that it
writes no drafts; but a preview may have written some into the same folder, and Pelican leaves alone what
it did not write.

Settings: PREVIEW (False), DRAFTS_FOLDER ("drafts").
"""

import json
from collections.abc import Iterable
from pathlib import Path

from pelican import signals

from plugins import files, site
from plugins.site import Generator, Pelican, plain

_waiting: dict[str, list[dict[str, str]]] = {}


def gather(generators: Iterable[Generator]) -> None:
    articles, pages = site.by_kind(generators)
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
        for draft in site.drafts(articles, pages)
    ]


def finish(pelican: Pelican) -> None:
    settings = pelican.settings
    folder = Path(settings["OUTPUT_PATH"], settings.get("DRAFTS_FOLDER", "drafts"))
    waiting = _waiting.pop(settings["OUTPUT_PATH"], [])
    if not settings["DRAFT_SAVE_AS"]:
        files.remove_folder(folder)
    if settings.get("PREVIEW", False):
        waiting.sort(key=lambda each: (each["due"], each["title"]))
        text = json.dumps(waiting, ensure_ascii=False, indent=1) + "\n"
        files.update(folder / "list.json", text.encode())


def register() -> None:
    signals.all_generators_finalized.connect(gather)
    signals.finalized.connect(finish)
