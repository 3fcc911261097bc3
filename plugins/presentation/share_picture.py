"""Share picture: a page's title, the site's name, author and date, drawn for other sites to show.

1200 × 630, on paper with a rubric line, in a font that has Chinese. Characters that the font does not
have, such as emoji, are left out; they stay in the page's title. No plugin by itself: `sharing` says
which page has which, and keeps them.
"""

import io
import re
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

VERSION = 1  # of the drawing: a change draws every picture anew
WIDTH, HEIGHT = 1200, 630
PAPER, INK, QUIET, RUBRIC, LINE = "#fbfaf7", "#1d1c1a", "#655f56", "#9c3a20", "#ddd6c9"
LEFT, RIGHT = 190, 1110
TOP, BOTTOM = 150, 500
# From the size of a short title to that of a long one, and how many lines it may have.
SIZES = ((88, 3), (76, 3), (66, 4), (56, 4), (48, 5))
LEADING = 1.28
COLOURS = 32
MAX_CHARACTERS = 200

WIDE = re.compile(
    r"[\u2e80-\u303f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]"
)
NOT_FIRST = set(
    "，。、；：？！）》」』】〉〕…—～·,.;:?!)]}”’％%ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ"
)
NOT_LAST = set("（《「『【〈〔([{“‘$￥")
QUOTES = str.maketrans("“”‘’", "\"\"''")


@cache
def font(path: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size)


@cache
def has(path: str, character: str) -> bool:
    """Whether the font has a sign for this character, and not just its box for what is missing."""
    if character.isspace():
        return True
    if unicodedata.category(character) in ("Cf", "Cc", "Cs", "Co", "Cn") or (
        "\ufe00" <= character <= "\ufe0f"
    ):
        return False
    one = font(path, 24)
    return bytes(one.getmask(character)) != bytes(one.getmask("\U0010ffff"))


def drawable(path: str, text: str) -> str:
    if not WIDE.search(text):
        # In a Chinese font these are as wide as a Chinese character.
        text = text.translate(QUOTES)
    kept = "".join(c for c in unicodedata.normalize("NFC", text) if has(path, c))
    return " ".join(kept.split())


def pieces(text: str) -> list[str]:
    """What may stand on a line of its own: words, and single characters of scripts without spaces.
    A space belongs to the piece before it.
    """
    found: list[str] = []
    for run in re.findall(rf"{WIDE.pattern}|\s+|[^\s]", text):
        joins = found and (
            run.isspace()
            or run in NOT_FIRST
            or found[-1][-1] in NOT_LAST
            or not (WIDE.match(run) or WIDE.match(found[-1][-1]) or found[-1][-1].isspace())
        )
        if joins:
            found[-1] += run
        else:
            found.append(run)
    return found


def broken(text: str, width: float, measure: Callable[[str], float]) -> list[str]:
    """The text in as few lines as it needs, and these as equal in length as they can be."""
    parts: list[str] = []
    for piece in pieces(text):
        parts += [piece] if measure(piece.rstrip()) <= width else list(piece)
    long = [measure(part) for part in parts]
    # What a piece adds at the end of a line, where its space does not count.
    last = [measure(part.rstrip()) for part in parts]
    # Of each end: lines, roughness, and where its last line begins.
    best: list[tuple[int, float, int]] = [(0, 0.0, 0)]
    for end in range(1, len(parts) + 1):
        options: list[tuple[int, float, int]] = []
        length = 0.0
        for start in range(end - 1, -1, -1):
            length += last[start] if start == end - 1 else long[start]
            if length > width and start < end - 1:
                break
            lines, rough, _ = best[start]
            options.append((lines + 1, rough + (width - length) ** 2, start))
        best.append(min(options))
    found: list[str] = []
    at = len(parts)
    while at:
        start = best[at][2]
        found.insert(0, "".join(parts[start:at]).strip())
        at = start
    return found


class Shown(NamedTuple):
    """Everything that a picture shows."""

    site: str
    title: str
    foot: str


def fitted(path: str, title: str) -> tuple[int, list[str]]:
    """The title's size and lines; what is too long even for the smallest ends in dots."""
    lines: list[str] = []
    for size, most in SIZES:
        lines = broken(title, RIGHT - LEFT, cache(font(path, size).getlength))
        if len(lines) <= most:
            return size, lines
    size, most = SIZES[-1]
    measure = cache(font(path, size).getlength)
    while len(lines) > most:
        title = title[:-1].rstrip()
        lines = broken(f"{title}…", RIGHT - LEFT, measure)
    return size, lines


def mark(draw: ImageDraw.ImageDraw, left: float, top: float, side: float) -> None:
    """The site's mark: text, the rule beside it, and two notes in the margin."""
    unit = side / 32
    strokes = (
        (RUBRIC, ((12, 3, 12, 29), (3, 13.5, 8.5, 13.5), (3, 18.5, 6.5, 18.5))),
        (
            INK,
            ((16, 8.5, 29, 8.5), (16, 13.5, 27, 13.5), (16, 18.5, 29, 18.5), (16, 23.5, 23, 23.5)),
        ),
    )
    for colour, lines in strokes:
        for x1, y1, x2, y2 in lines:
            ends = (left + x1 * unit, top + y1 * unit, left + x2 * unit, top + y2 * unit)
            draw.line(ends, colour, max(2, round(2.2 * unit)))


def drawn(path: str, shown: Shown) -> bytes:
    """The picture as PNG; the same bytes for the same words."""
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw = ImageDraw.Draw(image)
    draw.line((126, 0, 126, HEIGHT), RUBRIC, 3)
    for width, y in ((44, 300), (28, 322)):
        draw.line((52, y, 52 + width, y), RUBRIC, 3)
    mark(draw, LEFT - 8, 52, 52)
    draw.text((LEFT + 62, 78), shown.site, INK, font(path, 32), anchor="lm")
    size, lines = fitted(path, shown.title)
    face = font(path, size)
    height = size * LEADING
    top = (TOP + BOTTOM) / 2 - height * len(lines) / 2
    for number, line in enumerate(lines):
        middle = top + height * (number + 0.5)
        draw.text((LEFT, middle), line, INK, face, anchor="lm", stroke_width=size / 110)
    if shown.foot:
        draw.line((LEFT, 528, RIGHT, 528), LINE, 2)
        draw.text((LEFT, 564), shown.foot, QUIET, font(path, 28), anchor="lm")
    made = io.BytesIO()
    image.quantize(COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE).save(
        made, "PNG", compress_level=6
    )
    return made.getvalue()
