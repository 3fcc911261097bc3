"""Compress: a `.gz` and a `.br` beside each text file of the built site, for servers to hand out.

pelican-precompress does as much, but writes in place and from a pool of processes whose errors
nobody sees, while a running comment service may be re-baking the same pages. This one writes
whole files under the build's lock (so it stands before `bake` in PLUGINS), and when it is switched
off takes its old copies away, since a server would go on preferring them.

Settings: COMPRESS (True).
"""

import contextlib
import gzip
from pathlib import Path

import brotli
from pelican import signals

from plugins import files
from plugins.site import Pelican

TEXT = {".atom", ".css", ".html", ".js", ".json", ".svg", ".txt", ".webmanifest", ".xml"}
# Below this, headers weigh more than what compression saves.
MIN_BYTES = 256


def says(sibling: Path, data: bytes) -> bool:
    """Whether a compressed copy is one of this data; a damaged or missing one is not."""
    with contextlib.suppress(OSError, EOFError, brotli.error):
        stored = sibling.read_bytes()
        opened = gzip.decompress(stored) if sibling.suffix == ".gz" else brotli.decompress(stored)
        return bool(opened == data)
    return False


def compress(pelican: Pelican) -> None:
    wanted = pelican.settings.get("COMPRESS", True)
    for path in sorted(Path(pelican.settings["OUTPUT_PATH"]).rglob("*")):
        if path.suffix not in TEXT or not path.is_file():
            continue
        pair = files.siblings(path)
        if wanted and all(files.as_old(sibling, path) for sibling in pair):
            continue
        data = path.read_bytes() if wanted else b""
        if len(data) < MIN_BYTES:
            for sibling in pair:
                sibling.unlink(missing_ok=True)
            continue
        if not all(says(sibling, data) for sibling in pair):
            for sibling, smaller in zip(pair, files.compressed(data), strict=True):
                files.replace(sibling, smaller)
        files.same_time(path)


def register() -> None:
    signals.finalized.connect(compress)
