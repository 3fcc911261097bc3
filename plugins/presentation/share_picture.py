"""Share picture: a page's title, the site's name, author and date, drawn for other sites to show.

1200 × 630, on paper with a rubric line, in a font that has Chinese. Characters that the font does not
have, such as emoji, are left out; they stay in the page's title. No plugin by itself: `sharing` says
which page has which, and keeps them.
"""

from functools import cache, partial
from typing import NamedTuple

from PIL import Image, ImageDraw

from . import lettering, png
from .lettering import broken, font
from .png import Stripe

VERSION = 4  # of the drawing: a change draws every picture anew
WIDTH, HEIGHT = 1200, 630
Colour = tuple[int, int, int]
PAPER, INK, QUIET = (251, 250, 247), (29, 28, 26), (101, 95, 86)
RUBRIC, LINE = (156, 58, 32), (221, 214, 201)
LEFT, RIGHT = 190, 1110
TOP, BOTTOM = 150, 500
# From the size of a short title to that of a long one, and how many lines it may have.
SIZES = ((88, 3), (76, 3), (66, 4), (56, 4), (48, 5))
LEADING = 1.28
OVERHANG = 20  # of letters beyond where their line begins, and above and below it
FOOT_TOP, FOOT_RULE, FOOT_MIDDLE, FOOT_BOTTOM = 524, 528, 564, 588
FOOT_SIZE = 28


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


class Shown(NamedTuple):
    """Everything that a picture shows."""

    site: str
    title: str
    foot: str


def fitted(path: str, title: str) -> tuple[int, list[str]]:
    """The title's size and lines; what is too long even for the smallest ends in dots."""
    lines: list[str] = []
    for size, most in SIZES:
        lines = broken(title, RIGHT - LEFT, cache(partial(lettering.length, path, size)))
        if len(lines) <= most:
            return size, lines
    size, most = SIZES[-1]
    measure = cache(partial(lettering.length, path, size))
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
def blank(path: str, site: str, top: int, bottom: int) -> Stripe:
    """Of what all pictures of a site have in common, the rows from `top` to `bottom`."""
    return png.stripe(sheet(path, site).crop((0, top, WIDTH, bottom)))


def with_words(
    paper: Image.Image,
    face: tuple[str, int],
    lines: list[tuple[float, str]],
    ramp: list[int],
    stroke: float = 0,
) -> Image.Image:
    """Empty paper with lines of text on it, each by the height of its middle.

    Pillow smooths letters in shades of grey, not in a palette: these become its shades by `ramp`.
    """
    left, right = LEFT - OVERHANG, RIGHT + OVERHANG
    grey = Image.new("L", (right - left, paper.height))
    for middle, line in lines:
        lettering.write(grey, *face, OVERHANG, middle, line, stroke)
    paper.paste(grey.point(ramp), (left, 0))
    return paper


def drawn(path: str, shown: Shown) -> bytes:
    """The picture as PNG; the same bytes for the same words."""
    size, lines = fitted(path, shown.title)
    height = size * LEADING
    space = round(height * len(lines)) + 2 * OVERHANG
    top = (TOP + BOTTOM - space) // 2
    bottom = top + space
    placed = [(OVERHANG + height * (number + 0.5), line) for number, line in enumerate(lines)]
    paper = sheet(path, shown.site).crop((0, top, WIDTH, bottom))
    words = with_words(paper, (path, size), placed, INK_RAMP, size / 110)
    stripes = [blank(path, shown.site, 0, top), png.stripe(words)]
    if shown.foot:
        paper = sheet(path, shown.site).crop((0, FOOT_TOP, WIDTH, FOOT_BOTTOM))
        placed = [(FOOT_MIDDLE - FOOT_TOP, shown.foot)]
        words = with_words(paper, (path, FOOT_SIZE), placed, QUIET_RAMP)
        rule = FOOT_RULE - FOOT_TOP
        ImageDraw.Draw(words).line((LEFT, rule, RIGHT, rule), PALETTE.index(LINE), 2)
        stripes += [blank(path, shown.site, bottom, FOOT_TOP), png.stripe(words)]
        bottom = FOOT_BOTTOM
    stripes.append(blank(path, shown.site, bottom, HEIGHT))
    return png.picture(WIDTH, HEIGHT, PALETTE, stripes)
