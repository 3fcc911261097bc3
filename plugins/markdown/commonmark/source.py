"""Source: a text in words that the native parser knows; what stands on lines of its own is `blocks`' work.

Within lines, dollars that are no formula, bars in code in a table, and spaces in the names of Pelican's
files become signs, for `finish` to find again.
"""

import re
from typing import NamedTuple

from . import blocks, signs

# The rules of Pandoc: no space within the signs, no digit after the second. And none before it.
DOLLARS = re.compile(
    r"\$(?:(?<![\\$A-Za-z0-9]\$)(?:\$(?:\\.|[^\\$])+\$\$"
    r"|(?![\s$])(?P<inline>(?:\\.|[^\\$\n]|\n(?![ \t>]*\n))+?)(?<!\s)\$(?![\d$])))?"
)
WORDS = re.compile(r"\s[^\W\d_]{2,}")
OPERATORS = re.compile(r"[\\^_={}<>+*/|]")
# A file's name may have spaces in Pelican's links; in CommonMark an address ends at the first.
FILE_LINK = re.compile(
    r"""\]\(\{(?:filename|static|attach)\}[^\n()<>"']*[^\s()<>"'](?= *(?:["'][^\n"']*["'] *)?\))"""
)

# The line below the head of a table, and bars within code, which in GitHub's tables end a cell.
RULE = re.compile(r"\n[ >]*+\|?(?:[ \t]*+:?-++:?[ \t]*+\|?)++[ \t]*+(?=\n|\Z)")
CODE = re.compile(r"(?<!`)(`++)(?:[^\n]*?)(?<!`)\1(?!`)")


class Prepared(NamedTuple):
    """A text for the parser, and what was met in it."""

    text: str
    formulas: bool
    definitions: bool
    notes: bool
    spans: bool
    abbreviations: dict[str, str]
    signs: str


def prepare(text: str) -> Prepared:
    lines, typed = blocks.Blocks(), text
    if blocks.needed(text):
        text = "\n".join(lines.prepared(text.split("\n")))
    if "{" in text:
        text = FILE_LINK.sub(lambda found: found[0].replace(" ", signs.SPACE), text)
    if "|" in text and "`" in text:
        text = tables(text)
    formulas = False
    if "$" in text:
        text, formulas = dollars(text)
    return Prepared(
        text,
        formulas,
        lines.definitions,
        lines.notes,
        lines.spans,
        lines.abbreviations,
        "" if text is typed or text.isascii() else signs.found(text),
    )


def tables(text: str) -> str:
    """In tables, put a sign for each bar that stands within code."""
    out, last = [], 0
    for rule in RULE.finditer(text):
        start = text.rfind("\n", last, rule.start()) + 1
        end = text.find("\n\n", rule.end())
        end = len(text) if end < 0 else end
        if start < last or "|" not in text[start : rule.end()]:
            continue
        out.append(text[last:start])
        out.append(CODE.sub(barred, text[start:end]))
        last = end
    return "".join([*out, text[last:]])


def barred(found: re.Match[str]) -> str:
    return found[0].replace("\\|", "|").replace("|", signs.BAR)


def dollars(text: str) -> tuple[str, bool]:
    """Leave the dollars of formulas and put a sign for all others; whether there are any formulas."""
    formulas = False

    def decided(found: re.Match[str]) -> str:
        nonlocal formulas
        tex, whole = found["inline"], found[0]
        price = tex and WORDS.search(tex) and not OPERATORS.search(tex)
        if whole == "$" and text[found.start() - 1 : found.start()] == "\\":
            return whole
        if whole == "$" or price:
            return whole.replace("$", signs.DOLLAR)
        formulas = True
        return whole

    changed = DOLLARS.sub(decided, text)
    return (changed, True) if formulas else (text, False)
