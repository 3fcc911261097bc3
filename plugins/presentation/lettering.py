"""Lettering: words on a picture: which letters a font has, how long a line is, where it breaks, and what it looks like.

To draw letters is most of what a picture of words costs: those that stand apart are drawn once for all.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import cache, lru_cache
from itertools import zip_longest

from PIL import Image, ImageDraw, ImageFont

UNIT = 1_000  # in which a font's letters are measured, for all sizes at once
EDGE = 1  # of a letter beyond the box that is told of it
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


@lru_cache(maxsize=4096)  # Each picture shows the site's name, and most an author's.
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


# --- Letters --------------------------------------------------------------------------------------


@cache
def letter(path: str, size: int, stroke: float, character: str) -> tuple[Image.Image, int, int]:
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
def advance(path: str, character: str, following: str) -> float:
    """How far the next letter begins behind this one, as a part of the letters' size."""
    face = font(path, UNIT)
    return float(face.getlength(character + following) - face.getlength(following)) / UNIT


def length(path: str, size: int, text: str) -> float:
    if not APART.fullmatch(text):
        return float(font(path, size).getlength(text))
    pairs = zip_longest(text, text[1:], fillvalue="")
    return size * sum(advance(path, *pair) for pair in pairs)


def write(
    grey: Image.Image, path: str, size: int, left: int, middle: float, text: str, stroke: float = 0
) -> None:
    """A line of text, light on dark, by the height of its middle; its letters grow by a stroke on all sides."""
    if not APART.fullmatch(text):
        draw = ImageDraw.Draw(grey)
        draw.text((left, middle), text, 255, font(path, size), "lm", stroke_width=stroke)
        return
    ascent, descent = font(path, size).getmetrics()
    at, base = float(left), round(middle + (ascent - descent) / 2)
    for character, following in zip_longest(text, text[1:], fillvalue=""):
        drawn, right, down = letter(path, size, stroke, character)
        grey.paste(255, (round(at) + right, base + down), drawn)
        at += size * advance(path, character, following)
