"""PNG: pictures of up to sixteen colours, put together of stripes that are packed once.

Most of a series of pictures that show words is the same in all of them. To pack a whole one by Pillow costs more
than all that is drawn on it, and a stripe without words costs nothing here.
"""

import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from PIL import Image, ImageChops

# How a PNG begins, and how one ends of which nothing is missing.
SIGNATURE, END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"
BITS, PALETTE = 4, 3
# Rows that say what they differ in from the row above, which the first of a stripe does not know.
ALONE, FROM_ABOVE = 0, 2
# What deflated data begins and ends with.
BEGIN, NO_MORE = b"\x78\x01", b"\x03\x00"


class Stripe(NamedTuple):
    """Some rows of a picture as PNG writes them, and the same packed, so that any other may follow."""

    rows: bytes
    packed: bytes


def stripe(image: Image.Image) -> Stripe:
    """Rows of a palette's numbers, all below sixteen."""
    width, height = (image.width + 1) // 2, image.height
    shown = Image.frombytes("L", (width, height), image.tobytes("raw", f"P;{BITS}"))
    above = Image.new("L", shown.size)
    above.paste(shown, (0, 1))
    rows = Image.new("L", (width + 1, height), FROM_ABOVE)
    rows.putpixel((0, 0), ALONE)
    rows.paste(ImageChops.subtract_modulo(shown, above), (1, 0))
    data = rows.tobytes()
    # Rows of one colour, and letters on it: packed as runs they are smaller, and in half the time.
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS, memLevel=9, strategy=zlib.Z_RLE)
    return Stripe(data, packer.compress(data) + packer.flush(zlib.Z_FULL_FLUSH))


def picture(
    width: int, height: int, palette: Sequence[tuple[int, int, int]], stripes: Iterable[Stripe]
) -> bytes:
    """The whole file; the stripes have all its rows, from above."""
    check, packed = 1, BEGIN
    for each in stripes:
        check = zlib.adler32(each.rows, check)
        packed += each.packed
    return SIGNATURE + b"".join(
        (
            chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, BITS, PALETTE, 0, 0, 0)),
            chunk(b"PLTE", bytes(part for colour in palette for part in colour)),
            chunk(b"IDAT", packed + NO_MORE + check.to_bytes(4)),
            chunk(b"IEND", b""),
        )
    )


def chunk(kind: bytes, data: bytes) -> bytes:
    return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)


def sound(data: bytes) -> bool:
    """Whether a disk has kept all of a picture: its chunks say what they add up to."""
    at = len(SIGNATURE)
    while at < len(data):
        size = int.from_bytes(data[at : at + 4])
        end = at + 12 + size
        if zlib.crc32(data[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end]):
            return False
        at = end
    return data.endswith(END)
