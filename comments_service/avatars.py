"""Avatars: a small symmetrical pattern in a colour, drawn from an account's random public id.

Pure. Nothing of a person goes in, neither name nor address nor network, so nothing can be found
out from what comes out; and nothing is fetched to show it. Guests have the first letter of their
name instead, which their comment shows anyway.
"""

from functools import lru_cache

# Colours that an avatar may have: the classes `postil-hue-0` to `postil-hue-11` of embed.css.
HUES = 12
# Five rows of five squares, of which the right half mirrors the left: 15 squares are drawn by lot.
_SIDE = 5
_DRAWN = 15
# Fewer look like a mistake, more like a blot.
_FEWEST, _MOST = 6, 11


def hue(public_id: str | None, number: int) -> int:
    """An account's colour; a guest's comment takes one by its number."""
    return (int(public_id[:4], 16) if public_id else number) % HUES


# Asked for with each comment of each page that is written again.
@lru_cache(maxsize=1_000)
def pattern(public_id: str | None) -> str:
    """The path of an account's pattern: strokes one unit wide, a run of squares each.

    Written as shortly as SVG allows, because it stands beside every comment. Empty for a guest.
    """
    if not public_id:
        return ""
    # From the digits that the colour leaves: the first fifteen bits that are neither bare nor full.
    lot = int(public_id[4:], 16)
    windows = (lot >> shift & (1 << _DRAWN) - 1 for shift in range(4 * len(public_id) - 16))
    bits = next(
        (each for each in windows if _FEWEST <= each.bit_count() <= _MOST), 0b11011_01110_10101
    )
    strokes = []
    for row in range(_SIDE):
        half = [bits >> (3 * row + column) & 1 for column in range(3)]
        squares = "".join(map(str, (*half, half[1], half[0])))
        column = 0
        while (start := squares.find("1", column)) >= 0:
            column = (squares + "0").find("0", start)
            strokes.append(f"M{start} {row}h{column - start}")
    return "".join(strokes)
