"""Source: a text in words that the native parser knows; what stands on lines of its own is `blocks`' work.

Within lines, dollars that are no formula, bars in code in a table, and spaces in the names of Pelican's
files become signs, for `finish` to find again.
"""

import re
from typing import NamedTuple

from . import blocks, signs

# The rules of Pandoc: no space within the signs, no digit after the second. And no letter or digit of an
# alphabet outside of them, but for the `th` of "the $n$th"; nothing that a program goes on with, either.
LETTERS = "A-Za-z0-9\u00c0-\u024f\u0370-\u052f"
DOLLARS = re.compile(
    rf"\$(?:(?<![\\${LETTERS}]\$)(?:\$(?:\\.|[^\\$])+\$\$"
    r"|(?![\s$])(?P<inline>(?:\\.|[^\\$\n]|\n(?![ \t>]*\n))+?)(?<![\s(\[])\$"
    rf"(?=(?:st|nd|rd|th|s)\b|[^{LETTERS}${{(]|\Z)))?"
)
# HTML within which nothing is Markdown's, a dollar included; not where its own tags are code.
LITERAL = re.compile(
    r"(?<!`)<(?P<end>/?)(?P<tag>code|kbd|pre|samp|script|style|textarea|tt|var)\b[^<>]*>",
    re.IGNORECASE,
)
WORDS = re.compile(r"\s[^\W\d_]{2,}")
BRACES = re.compile(r"\\.|[{}]")
OPERATORS = re.compile(r"[\\^_={}<>+*/|]")
# What Pelican links to by name may have spaces in it; in CommonMark an address ends at the first.
FILE_LINK = re.compile(
    r"""\]\(\{(?:filename|static|attach|category|tag|author)\}[^\n()<>"']*[^\s()<>"'](?= *(?:["'][^\n"']*["'] *)?\))"""
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
    formulas, typed = False, text
    text = literal(text) if "</" in text else text

    def decided(found: re.Match[str]) -> str:
        nonlocal formulas
        tex, whole = found["inline"], found[0]
        if whole.startswith("$$"):
            tex = whole[2:-2] if len(WORDS.findall(whole)) > 1 or not balanced(whole) else None
        price = tex and (
            ("\\" not in tex and not balanced(tex))
            or (WORDS.search(tex) and not OPERATORS.search(tex))
        )
        if whole == "$" and text[found.start() - 1 : found.start()] == "\\":
            return whole
        if whole == "$" or price:
            return whole.replace("$", signs.DOLLAR)
        formulas = True
        return whole

    changed = DOLLARS.sub(decided, text)
    return (changed, True) if formulas else (typed, False)


def literal(text: str) -> str:
    """Put a sign for each dollar that stands within HTML of code."""
    out, last, begun = [], 0, ""
    for found in LITERAL.finditer(text):
        tag = found["tag"].lower()
        if found["end"] and tag == begun:
            out.append(text[last : found.start()].replace("$", signs.DOLLAR))
            last, begun = found.start(), ""
        elif not found["end"] and not begun:
            out.append(text[last : found.end()])
            last, begun = found.end(), tag
    return "".join([*out, text[last:]])


def balanced(tex: str) -> bool:
    """Whether each brace of a formula has its other one; without, it is none."""
    depth = 0
    for sign in BRACES.findall(tex):
        depth += {"{": 1, "}": -1}.get(sign, 0)
        if depth < 0:
            return False
    return not depth
