"""Compress: a `.gz` and a `.br` beside each text file of the built site, for servers to hand out.

pelican-precompress does as much, but writes in place and from a pool of processes whose errors
nobody sees, while a running comment service may be re-baking the same pages. This one writes
whole files under the build's lock (so it stands before `bake` in PLUGINS), and when it is switched
off takes its old copies away, since a server would go on preferring them. It looks at every file, and
so it is the one to remove those that somebody was writing when he was killed.

Settings: COMPRESS (True).
"""

import contextlib
import gzip
import os
from pathlib import Path

import brotli
from pelican import signals

from formats import files
from plugins.site import Pelican

TEXT = {".atom", ".css", ".html", ".js", ".json", ".svg", ".txt", ".webmanifest", ".xml"}
# Below this, headers weigh more than what compression saves.
MIN_BYTES = 256


def as_old(sibling: Path, path: Path) -> bool:
    """Whether a compressed copy is of the same moment as its file: then it need not be opened."""
    with contextlib.suppress(FileNotFoundError):
        return sibling.stat().st_mtime_ns == path.stat().st_mtime_ns
    return False


def unpacks_to(sibling: Path, data: bytes) -> bool:
    """Whether a compressed copy is one of this data; a damaged or missing one is not."""
    with contextlib.suppress(OSError, EOFError, brotli.error):
        stored = sibling.read_bytes()
        opened = gzip.decompress(stored) if sibling.suffix == ".gz" else brotli.decompress(stored)
        return bool(opened == data)
    return False


def compress(pelican: Pelican) -> None:
    wanted = pelican.settings.get("COMPRESS", True)
    for path in sorted(Path(pelican.settings["OUTPUT_PATH"]).rglob("*")):
        if path.name.startswith(files.TEMPORARY):
            # What a killed build, or a killed service, was writing: it may hold what is gone by now.
            path.unlink()
        if path.suffix not in TEXT or not path.is_file():
            continue
        pair = files.siblings(path)
        if wanted and all(as_old(sibling, path) for sibling in pair):
            continue
        data = path.read_bytes() if wanted else b""
        if len(data) < MIN_BYTES:
            for sibling in pair:
                sibling.unlink(missing_ok=True)
            continue
        times = path.stat()
        for sibling in pair:
            # Servers that compare the times, as ours does, take a copy of another age for another's.
            if unpacks_to(sibling, data):
                os.utime(sibling, ns=(times.st_atime_ns, times.st_mtime_ns))
            else:
                smaller = files.packed(data, sibling.suffix, files.THOROUGH)
                files.write(sibling, smaller, times.st_mtime_ns)


def register() -> None:
    signals.finalized.connect(compress)
