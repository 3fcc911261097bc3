"""Earlier builds: what a process that builds again and again lets go of those that are over.

Articles know each other in circles, so that Python finds out that they may go by looking through everything
at once: a tenth of a second and more, in which a preview's build gives way to nobody. So they are taken
apart here one by one, and then there is little to look through. Programs, which stay, are none of it.
"""

import atexit
import gc
from typing import Any

from pelican.contents import Content

from plugins.site import Generator, Pelican

from . import saved_page

# After so many new objects those are looked through, after twenty times as many once more.
NEW_OBJECTS = 50_000
# Oftener than any build does it.
NEVER = 1_000_000

# The texts of each build by their files, from its beginning on; Pelican's own table of them.
_texts: list[dict[str, Any]] = []


def note(generator: Generator) -> None:
    _texts.append(generator.context["generated_content"])


def let_go(_pelican: Pelican) -> None:
    """Before Pelican makes anything of a build: what holds an article, and stays, would keep all of them.

    May be given up at any line; the next one goes on.
    """
    shown = saved_page.texts()
    for texts in [each for each in _texts if not any(each is its for its in shown)]:
        while texts:
            if content := texts.popitem()[1]:
                vars(content).clear()
    _texts[:] = shown
    if gc.get_freeze_count():
        for remembering in (Content.get_content, Content.get_summary):
            remembering.cache.clear()
        gc.collect()
    else:
        gc.freeze()
    # Articles are made to stay, until the next build takes them apart. To look through all of them for what could
    # go, as Python does whenever there are a quarter more, is a tenth of a build's time: it looks at what is new.
    gc.set_threshold(NEW_OBJECTS, 20, NEVER)
    # Nor is there anything to find when the process ends: looking through all of it was a twelfth of an edit.
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)
