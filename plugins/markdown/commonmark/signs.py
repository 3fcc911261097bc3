"""Signs: what `source` leaves in a text for `finish` to find again.

They are noncharacters: Unicode keeps them for a program's own use, no text is written with them, and
a parser takes them for any other letter. In an address they come back percent-encoded.
"""

from urllib.parse import quote

DOLLAR = "\ufdd0"  # a dollar that begins or ends no formula
FORMULA = "\ufdd1"  # the language of code that is a formula on lines of its own
TIGHT = "\ufdd2"  # a definition that stands directly below its term
UNTITLED = "\ufdd3"  # a note without a title
LINE = "\ufdd4"  # a paragraph that is no paragraph, but the words of an HTML element
SPACE = "\ufdd5"  # a space in the name of a file that is linked to
BAR = "\ufdd6"  # a bar in code in a cell of a table, which ends no cell

ALL = DOLLAR + FORMULA + TIGHT + UNTITLED + LINE + SPACE + BAR

# What is to be seen of them in the end: nothing of most.
SHOWN = {DOLLAR: "$", SPACE: " ", BAR: "|"}


def without(text: str) -> str:
    """A text in which none of them stands."""
    return text if text.isascii() else resolved(text, found(text), {})


def found(text: str) -> str:
    return "".join(sign for sign in ALL if sign in text)


def resolved(html: str, used: str, shown: dict[str, str] = SHOWN) -> str:
    """HTML in which dollars and spaces are themselves again, and nothing is left of the others."""
    for sign in used:
        html = html.replace(sign, shown.get(sign, ""))
        if sign in shown:
            html = html.replace(quote(sign), shown[sign].replace(" ", "%20"))
    return html
