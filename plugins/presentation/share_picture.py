"""Share picture: a page's title, the site's name, author and date, drawn for other sites to show.

1200 × 630, on paper with a rubric line, in a font that has Chinese. Characters that the font does not
have, such as emoji, are left out; they stay in the page's title. No plugin by itself: `sharing` says
which page has which, and keeps them.
"""

import io
import re
import unicodedata
import zlib
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

VERSION = 4  # of the drawing: a change draws every picture anew
WIDTH, HEIGHT = 1200, 630
# How a PNG begins, and how one ends of which nothing is missing.
SIGNATURE, END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"
Colour = tuple[int, int, int]
PAPER, INK, QUIET = (251, 250, 247), (29, 28, 26), (101, 95, 86)
RUBRIC, LINE = (156, 58, 32), (221, 214, 201)
LEFT, RIGHT = 190, 1110
TOP, BOTTOM = 150, 500
# From the size of a short title to that of a long one, and how many lines it may have.
SIZES = ((88, 3), (76, 3), (66, 4), (56, 4), (48, 5))
LEADING = 1.28
EDGE = 1  # of a letter beyond the box that is told of it
OVERHANG = 20  # of letters beyond where their line begins, and above and below it


def shades(colour: Colour, number: int) -> list[Colour]:
    """From almost paper, at a letter's edge, to the colour itself."""
    mixed = [
        [round(a + (b - a) * step / number) for a, b in zip(PAPER, colour, strict=True)]
        for step in range(1, number + 1)
    ]
    return [(red, green, blue) for red, green, blue in mixed]


# Four bits a pixel: to reduce a picture of all colours to these, and to pack more, takes twice the time.
PALETTE = [PAPER, *shades(INK, 7), *shades(QUIET, 4), RUBRIC, LINE]
# Of each grey between paper and letter, the place of its shade in the palette.
INK_RAMP = [round(grey / 255 * 7) for grey in range(256)]
QUIET_RAMP = [7 + step if (step := round(grey / 255 * 4)) else 0 for grey in range(256)]


WIDE = re.compile(
    r"[\u2e80-\u303f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]"
)
# Letters that look the same whatever stands beside them: those of Europe, Korea, Japan and China, and signs. Others
# (Arabic, scripts of India, accents by themselves) are shaped by it, in a font that has them.
APART = re.compile(
    r"[ -\u02ff\u0370-\u0482\u048a-\u058f\u1e00-\u1fff\u2010-\u2027\u2030-\u20cf\u2100-\u2bff"
    r"\u2e80-\u3029\u3030-\u3098\u309b-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]*"
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
    """Whether the font has a glyph for this character, and not just its box for what is missing."""
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

    By our own few rules: uniseg 0.10, which knows all of Unicode's, breaks titles in the same places
    (and behind hyphens), but takes 9 to 22 ms for one, as long as the whole picture does, and a tenth
    of a second to be imported. ICU weighs 42 MB, and Pillow breaks no lines.
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


def logo(draw: ImageDraw.ImageDraw, left: float, top: float, side: float) -> None:
    """Text, the rule beside it, and two notes in the margin."""
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


@cache
def sheet(path: str, site: str) -> Image.Image:
    """What all pictures of a site have in common, in the colours of the palette."""
    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw = ImageDraw.Draw(image)
    draw.line((126, 0, 126, HEIGHT), RUBRIC, 3)
    for width, y in ((44, 300), (28, 322)):
        draw.line((52, y, 52 + width, y), RUBRIC, 3)
    logo(draw, LEFT - 8, 52, 52)
    draw.text((LEFT + 62, 78), site, INK, font(path, 32), anchor="lm")
    palette = Image.new("P", (1, 1))
    palette.putpalette([part for colour in PALETTE for part in colour])
    return image.quantize(palette=palette, dither=Image.Dither.NONE)


@cache
def glyph(path: str, size: int, stroke: float, character: str) -> tuple[Image.Image, int, int]:
    """A letter, as light on dark, and where its corner is from the point on the line where it begins."""
    face = font(path, size)
    box = map(round, face.getbbox(character, "L", None, None, None, stroke, "ls"))
    left, top, right, bottom = (
        edge + side for edge, side in zip(box, (-EDGE, -EDGE, EDGE, EDGE), strict=True)
    )
    image = Image.new("L", (right - left, bottom - top))
    ImageDraw.Draw(image).text((-left, -top), character, 255, face, "ls", stroke_width=stroke)
    return image, left, top


@cache
def advance(path: str, size: int, character: str, following: str) -> float:
    """How far the next letter begins behind this one."""
    face = font(path, size)
    return float(face.getlength(character + following) - face.getlength(following))


def write(
    image: Image.Image,
    top: int,
    bottom: int,
    face: tuple[str, int],
    lines: list[tuple[float, str]],
    ramp: list[int],
    stroke: float = 0,
) -> None:
    """Lines of text, each by the height of its middle, on the empty paper between top and bottom.

    Pillow smooths letters in shades of grey, not in a palette: these become its shades by `ramp`. To draw letters
    is most of what a picture costs: those that stand apart are drawn once for all pictures.
    """
    left = LEFT - OVERHANG
    grey = Image.new("L", (WIDTH - left, bottom - top))
    draw = ImageDraw.Draw(grey)
    ascent, descent = font(*face).getmetrics()
    for middle, line in lines:
        if not APART.fullmatch(line):
            draw.text((OVERHANG, middle - top), line, 255, font(*face), "lm", stroke_width=stroke)
            continue
        at, base = float(OVERHANG), round(middle - top + (ascent - descent) / 2)
        for character, following in zip(line, f"{line[1:]} ", strict=True):
            drawing, right, down = glyph(*face, stroke, character)
            grey.paste(255, (round(at) + right, base + down), drawing)
            at += advance(*face, character, following)
    image.paste(grey.point(ramp), (left, top))


def drawn(path: str, shown: Shown) -> bytes:
    """The picture as PNG; the same bytes for the same words."""
    image = sheet(path, shown.site).copy()
    size, lines = fitted(path, shown.title)
    height = size * LEADING
    first = (TOP + BOTTOM) / 2 - height * (len(lines) - 1) / 2
    placed = [(first + height * number, line) for number, line in enumerate(lines)]
    write(image, TOP - OVERHANG, BOTTOM + OVERHANG, (path, size), placed, INK_RAMP, size / 110)
    if shown.foot:
        ImageDraw.Draw(image).line((LEFT, 528, RIGHT, 528), PALETTE.index(LINE), 2)
        write(image, 540, 588, (path, 28), [(564, shown.foot)], QUIET_RAMP)
    made = io.BytesIO()
    # Rows of one colour, and letters on it: packed as runs they are smaller, and in half the time.
    image.save(made, "PNG", compress_type=zlib.Z_RLE, bits=4)
    return made.getvalue()


def sound(picture: bytes) -> bool:
    """Whether a disk has kept all of a picture: its parts say what they add up to."""
    at = len(SIGNATURE)
    while at < len(picture):
        size = int.from_bytes(picture[at : at + 4])
        end = at + 12 + size
        if zlib.crc32(picture[at + 4 : end - 4]) != int.from_bytes(picture[end - 4 : end]):
            return False
        at = end
    return picture.endswith(END)
