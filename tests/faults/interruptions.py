"""A preview's builder in a process of its own: somebody saves again and again, mostly in mid-build.

    python -m tests.faults.interruptions FOLDER SEED SAVES

FOLDER has a blog with `pelicanconf.py`. A build is given up after some of the time that a whole one takes
on the processor, wherever it stands. Prints what is in memory after each tenth of the saves: how many objects of each of our kinds, and of Pelican's, and who listens to which signal.
And how often each build that was given up asked for a file after that.
"""

import collections
import gc
import json
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

from blinker import ANY, Signal

from authoring.preview.builder import Builder, Event, Interrupted
from tests.service import pss_bytes

# What a build is made of; whatever is kept of one that is over keeps some of these.
KINDS = ("pelican.", "plugins.", "jinja2.", "sqlite3.", "_io.", "filelock.", "subprocess.")
# What takes long enough to be waited for, if it is done a thousand times.
FILES = ("open", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.scandir")


def counted() -> dict[str, int]:
    """How many objects there are of each kind; of the two last builds, one may not have gone yet."""
    from pelican import signals

    gc.collect()
    found = collections.Counter(
        name
        for each in gc.get_objects()
        if (name := f"{type(each).__module__}.{type(each).__qualname__}").startswith(KINDS)
    )
    for name, each in vars(signals).items():
        if isinstance(each, Signal):
            found[f"receivers of {name}"] = len(list(each.receivers_for(ANY)))
    return dict(found)


class Saving(Builder):
    """A builder to which somebody saves at a moment of the processor's time."""

    def __init__(self, root: Path, chance: random.Random) -> None:
        super().__init__(root)
        self.chance = chance
        self.whole_seconds = 0.0
        self.given_up: list[int] = []
        # Since somebody saved in mid-build.
        self.asked = 0
        self.at_once = 0
        self.sources = sorted((root / "content").glob("*.md"))

    def tell(self, event: Event) -> None:
        assert event.what != "failed", event.report

    def save(self, *_: Any) -> None:
        path = self.chance.choice(self.sources)
        text = path.read_text("utf-8")
        path.write_text(f"{text.rstrip()}\n\nSaved {self.chance.randrange(1000)}.\n", "utf-8")
        self.changes.put({path.relative_to(self.root).as_posix()})

    def give_way(self, *given: Any) -> None:
        # What is raised while an object is let go is passed over, and raised again.
        self.asked = 0
        super().give_way(*given)

    def audit(self, event: str, _given: Any) -> None:
        self.asked += event in FILES

    def somebody_saves(self, *given: Any) -> None:
        self.save()
        self.give_way(*given)

    def one(self) -> None:
        """A save, its page, and a build that comes to its end or not."""
        self.save()
        new = self.next()
        self.at_once += self.saved(new)
        signal.setitimer(signal.ITIMER_PROF, self.chance.uniform(0.001, 1.5 * self.whole_seconds))
        try:
            self.build(new)
        except Interrupted:
            self.given_up.append(self.asked)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        self.next(0)


def main(folder: str, seed: str, saves: str) -> None:
    os.chdir(folder)
    sys.path.insert(0, folder)
    builder = Saving(Path(folder), random.Random(int(seed)))
    builder.hear()
    signal.signal(signal.SIGPROF, builder.somebody_saves)
    sys.addaudithook(builder.audit)
    builder.build([])
    builder.save()
    builder.next(0)
    began = time.process_time()
    builder.build([])
    builder.whole_seconds = time.process_time() - began
    told = []
    for number in range(1, int(saves) + 1):
        builder.one()
        if number % (int(saves) // 10) == 0:
            builder.build([])
            told.append({"objects": counted(), "memory_mb": pss_bytes([os.getpid()]) / 1e6})
    print(json.dumps({"given_up": builder.given_up, "at_once": builder.at_once, "told": told}))


if __name__ == "__main__":
    main(*sys.argv[1:])
