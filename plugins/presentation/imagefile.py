"""Image files: one file, opened within limits, cleaned of what it gives away, encoded anew.

No plugin by itself: `images` finds the pictures of a site and puts them into its pages. Cleaning
changes no pixel: only what a file carries beside its picture is left out.
"""

import contextlib
import io
import re
import struct
import warnings
import zlib
from collections.abc import Iterator
from html import unescape
from pathlib import Path

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

FORMATS = {
    # Quality where a photograph shows no difference at arm's length.
    "avif": {"quality": 58, "speed": 7, "max_threads": 1},
    "webp": {"quality": 78, "method": 5},
}
MAX_PIXELS = 50_000_000
SVG_BYTES = 65_536
ORIENTATION = 0x0112

ATTRIBUTES = r"""(?:[^>"']|"[^"]*"|'[^']*')*"""
ATTRIBUTE = re.compile(r"""(?P<name>[\w:.-]+)(?:\s*=\s*(?P<value>"[^"]*"|'[^']*'|[^\s"'>]+))?""")
SVG_ROOT = re.compile(rf"<svg\b(?P<attributes>{ATTRIBUTES})>")
LENGTH = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:px)?\s*")


class Unreadable(Exception):
    """A file that is no picture we can show; its text says why and what to do."""


def attributes(text: str) -> dict[str, str]:
    """The attributes of a tag, by name, as their author meant them."""
    return {
        found["name"].lower(): unescape((found["value"] or "").strip("\"'"))
        for found in ATTRIBUTE.finditer(text)
    }


# --- What a file gives away -----------------------------------------------------------------------

# Copied part by part, by what may stay, since what cameras and telephones hide has no end. Exiv2 (by
# pyexiv2 2.16) was tried: it takes out the kinds of metadata that it knows and leaves the rest, such as
# JPEG's APP4 and APP11, the film behind a photograph, PNG's texts and time, WebP's XMP where it is
# damaged. Pillow would have to encode anew, and with that change pixels.

CLEANING = 2  # a change looks at every picture anew
PNG_KEPT = frozenset(
    b"IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD hIST pHYs sPLT"
    b" acTL fcTL fdAT".split()
)
WEBP_KEPT = frozenset({b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"})


def upright(orientation: int) -> bytes:
    """EXIF that says which side is up and nothing else."""
    entry = struct.pack("<HHIHH", ORIENTATION, 3, 1, orientation, 0)
    return b"II*\x00" + struct.pack("<IH", 8, 1) + entry + b"\x00\x00\x00\x00"


def jpeg_kept(marker: int, segment: bytes) -> bytes:
    """Of a segment what the picture needs: tables, colours, and JFIF without its small picture."""
    if marker == 0xE0:
        whole = segment[4:9] == b"JFIF\0" and len(segment) >= 18
        return b"\xff\xe0\x00\x10" + segment[4:16] + b"\0\0" if whole else b""
    if marker == 0xE2:
        return segment if segment[4:].startswith(b"ICC_PROFILE\0") else b""
    told = marker == 0xFE or (0xE1 <= marker <= 0xEF and marker != 0xEE)  # 0xEE: Adobe's colours.
    return b"" if told else segment


def clean_jpeg(data: bytes, orientation: int) -> bytes:
    """The same picture, not decoded; what follows its end is left out too."""
    out = bytearray(b"\xff\xd8")
    if orientation > 1:
        exif = b"Exif\x00\x00" + upright(orientation)
        out += b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    at = 2
    while at + 4 <= len(data):
        if data[at] != 0xFF:
            raise Unreadable("it is damaged")
        marker = data[at + 1]
        if marker == 0xFF:  # Padding.
            at += 1
            continue
        if marker == 0xD9:
            break
        length = struct.unpack(">H", data[at + 2 : at + 4])[0]
        out += jpeg_kept(marker, data[at : at + 2 + length])
        at += 2 + length
        if marker == 0xDA:  # What is drawn follows, up to the next marker that is no restart.
            end = at
            while (end := data.find(b"\xff", end)) != -1:
                if end + 1 < len(data) and data[end + 1] not in (0, *range(0xD0, 0xD8)):
                    break
                end += 2
            end = len(data) if end == -1 else end
            out += data[at:end]
            at = end
    return bytes(out + b"\xff\xd9")


def clean_png(data: bytes, orientation: int) -> bytes:
    out = bytearray(data[:8])
    at = 8
    while at + 12 <= len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        name = data[at + 4 : at + 8]
        if name in PNG_KEPT:
            out += data[at : at + 12 + length]
        at += 12 + length
        if name == b"IHDR" and orientation > 1:
            body = b"eXIf" + upright(orientation)
            out += struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
        if name == b"IEND":
            break
    return bytes(out)


def clean_webp(data: bytes, orientation: int) -> bytes:
    chunks, at = [], 12
    end = 8 + struct.unpack("<I", data[4:8])[0]
    while at + 8 <= min(end, len(data)):
        name = data[at : at + 4]
        (length,) = struct.unpack("<I", data[at + 4 : at + 8])
        padded = length + length % 2
        chunk = data[at : at + 8 + padded]
        if name == b"VP8X":
            flags = chunk[8] & ~0x0C | (0x08 if orientation > 1 else 0)
            chunk = chunk[:8] + bytes([flags]) + chunk[9:]
        if name in WEBP_KEPT:
            chunks.append(chunk)
        at += 8 + padded
    if orientation > 1:
        exif = upright(orientation)
        chunks.append(b"EXIF" + struct.pack("<I", len(exif)) + exif)
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


CLEANERS = {"JPEG": clean_jpeg, "MPO": clean_jpeg, "PNG": clean_png, "WEBP": clean_webp}


# --- One file -------------------------------------------------------------------------------------


@contextlib.contextmanager
def opened(source: Path | io.BytesIO, limit: int) -> Iterator[Image.Image]:
    """A picture with a bounded number of pixels; nothing is decoded yet."""
    try:
        with warnings.catch_warnings():
            # We have a limit of our own, and tell it better.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(source)
    except Image.DecompressionBombError:
        raise Unreadable(too_large(limit)) from None
    except (OSError, ValueError, SyntaxError) as error:
        # What Pillow says of a format that it does not know names an object of ours.
        why = "" if isinstance(error, UnidentifiedImageError) else f" ({error})"
        raise Unreadable(f"it cannot be read as a picture{why}. Save it anew") from None
    with image:
        if image.width * image.height > limit:
            raise Unreadable(too_large(limit))
        yield image


def too_large(limit: int) -> str:
    return (
        f"it has more than {limit / 1e6:g} million pixels. Make it smaller, or raise"
        " IMAGES_MAX_PIXELS"
    )


def svg_size(path: Path) -> tuple[int, int]:
    """Width and height of a drawing, from what its root says; raises Unreadable."""
    with path.open("rb") as file:
        root = SVG_ROOT.search(file.read(SVG_BYTES).decode("utf-8", "replace"))
    given = attributes(root["attributes"]) if root else {}
    sides = [LENGTH.fullmatch(given.get(side, "")) for side in ("width", "height")]
    box = [float(part) for part in re.findall(r"-?\d+(?:\.\d+)?", given.get("viewbox", ""))]
    if sides[0] and sides[1]:
        width, height = float(sides[0][1]), float(sides[1][1])
    elif len(box) == 4:
        width, height = box[2], box[3]
    else:
        raise Unreadable("it does not say how large it is. Give its <svg> a viewBox")
    if width < 1 or height < 1:
        raise Unreadable("it is smaller than a pixel. Correct the viewBox of its <svg>")
    return round(width), round(height)


def orientation_of(image: Image.Image) -> int:
    exif = image.getexif() if image.format != "PNG" else Image.Exif()
    if image.format == "PNG" and "exif" in image.info:
        exif.load(
            image.info["exif"]
        )  # getexif() would decode all of it to look behind the picture.
    value = exif.get(ORIENTATION, 1)
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def cleaned(data: bytes, limit: int) -> bytes:
    """The file without what it gives away; the same bytes where there is nothing to take out."""
    with opened(io.BytesIO(data), limit) as image:
        if clean := CLEANERS.get(image.format or ""):
            return clean(data, orientation_of(image))
        if image.format == "AVIF" and (image.getexif() or image.info.get("xmp")):
            still = ImageOps.exif_transpose(image)
            made = io.BytesIO()
            profile = image.info.get("icc_profile")
            still.save(made, "AVIF", quality=85, exif=b"", icc_profile=profile)
            return made.getvalue()
        return data


def plain(image: Image.Image) -> Image.Image | None:
    """A picture in colours that a screen has, the right side up; None where we had better not."""
    # A copy may share its pixels' orientation tag with the original: it is applied here, once.
    image = ImageOps.exif_transpose(image)
    profile = image.info.get("icc_profile")
    if image.mode in ("P", "PA", "LA", "1") or "transparency" in image.info:
        alpha = "transparency" in image.info or image.mode in ("PA", "LA")
        image = image.convert("RGBA" if alpha else "RGB")
    if image.mode not in ("RGB", "RGBA", "L", "CMYK"):
        return None
    if profile and image.mode != "L":
        with contextlib.suppress(ImageCms.PyCMSError, OSError):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            wanted = "RGBA" if image.mode == "RGBA" else "RGB"
            changed = ImageCms.profileToProfile(
                image, source, ImageCms.createProfile("sRGB"), outputMode=wanted
            )
            image = changed or image
    return image if image.mode in ("RGB", "RGBA") else image.convert("RGB")


def encoded(image: Image.Image, form: str, drawing: bool) -> bytes:
    """One file; a drawing is tried without loss too, which may even be smaller."""
    made = io.BytesIO()
    image.save(made, form.upper(), **FORMATS[form])
    best = made.getvalue()
    if drawing and form == "webp":
        exact = io.BytesIO()
        image.save(exact, "WEBP", lossless=True, quality=80, method=5)
        best = min(best, exact.getvalue(), key=len)
    return best
