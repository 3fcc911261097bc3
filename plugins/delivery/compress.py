"""Compress: a `.gz` and a `.br` beside each text file of the built site, for servers to hand out.

pelican-precompress does as much, but writes in place and from a pool of processes whose errors
nobody sees, while a running comment service may be re-baking the same pages. This one writes
whole files under the build's lock (so it stands before `bake` in PLUGINS), and when it is switched
off takes its old copies away, since a server would go on preferring them. Of a file whose copies are of its
own time nothing is opened.

Settings: COMPRESS (True).
"""

import contextlib
import gzip
import os
from collections.abc import Iterator
from pathlib import Path

import brotli
from pelican import signals

from formats.files import THOROUGH, packed
from plugins import built, files
from plugins.site import Pelican

TEXT = (".atom", ".css", ".html", ".js", ".json", ".svg", ".txt", ".webmanifest", ".xml")
# Below this, headers weigh more than what compression saves.
MIN_BYTES = 256


def unpacks_to(sibling: Path, data: bytes) -> bool:
    """Whether a compressed copy is one of this data; a damaged or missing one is not."""
    with contextlib.suppress(OSError, EOFError, brotli.error):
        stored = sibling.read_bytes()
        opened = gzip.decompress(stored) if sibling.suffix == ".gz" else brotli.decompress(stored)
        return bool(opened == data)
    return False


def pack(path: Path, stamp_ns: int) -> Iterator[tuple[Path, bytes, int]]:
    """The copies of a file that it has not yet, with its time."""
    data = path.read_bytes()
    for sibling in files.siblings(path):
        # Servers that compare the times, as ours does, take a copy of another age for another's.
        if unpacks_to(sibling, data):
            os.utime(sibling, ns=(stamp_ns, stamp_ns))
            built.note(sibling)
        else:
            yield sibling, packed(data, sibling.suffix, THOROUGH), stamp_ns


def compress(pelican: Pelican) -> None:
    files.write_many(missing(built.of(pelican), on=pelican.settings.get("COMPRESS", True)))


def missing(site: built.Built, *, on: bool) -> Iterator[tuple[Path, bytes, int]]:
    """The copies that are not there yet; those that should not be are removed by the way."""
    for name, (size, stamp_ns) in sorted(site.files.items()):
        if not name.endswith(TEXT):
            continue
        copies = [site.files.get(f"{name}{suffix}") for suffix in (".gz", ".br")]
        if on and size >= MIN_BYTES:
            if any(copy is None or copy[1] != stamp_ns for copy in copies):
                yield from pack(site.output / name, stamp_ns)
        elif any(copies):
            for sibling in files.siblings(site.output / name):
                files.remove(sibling)


def register() -> None:
    signals.finalized.connect(compress)
