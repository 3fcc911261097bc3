"""Foreign: what other programs make something of, and what is shown here as it was typed.

Pure: an author's text and the words that readers see of it in, remarks out. What the author has marked as
signs, by a backslash or as code, is meant as such. Of each notation one remark a text is enough.
"""

import functools
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from .tags import Said


class Notation(NamedTuple):
    """What some program reads, how it is called, and what to write in its place."""

    typed: re.Pattern[str]
    name: str
    remedy: str


def notation(begins: str, goes_on: str, name: str, remedy: str) -> Notation:
    """One that begins with these very signs, by which a text is searched quickly, and not behind a backslash."""
    begins = re.escape(begins)
    return Notation(re.compile(rf"{begins}(?<!\\{begins}){goes_on}"), name, remedy)


WORDPRESS = "caption|gallery|embed|audio|video|playlist|code|sourcecode"
# A formula has signs that no other words between such brackets have.
TEX = r"(?=[^\n]{0,500}?(?:[\^_=]|\\[a-zA-Z]))[^\n]{1,2000}?"
# Of a heading, behind no more than three spaces.
AT_LINE = "|".join(rf"(?<=\n{' ' * spaces}##)" for spaces in range(4))
NOTATIONS = (
    notation(
        "![[",
        r"[^\[\]\n]+\]\]",
        "what a wiki would show here",
        "![what it shows]({static}/images/name.png)",
    ),
    notation(
        "[[",
        r"(?<!!\[\[)[^\W\d][^\[\]\n]*\]\]",
        "a link of a wiki",
        "[its words]({filename}name.md)",
    ),
    notation(
        "%%",
        r"(?<!\d%%)(?<!\d %%)[^%\n]+%%",
        "a comment of Obsidian",
        "<!-- … --> around what nobody shall read",
    ),
    notation("{{", r"[<%] *[\w/][^{}\n]*[>%]\}\}", "a shortcode of Hugo", "what it stands for"),
    notation("{%", r"-? *\w[^{}\n]*%\}", "a tag of Liquid", "what it stands for"),
    notation(
        "[",
        rf"(?:(?:{WORDPRESS}) \w+=[^\[\]\n]*|/(?:{WORDPRESS}))\]",
        "a shortcode of WordPress",
        "what it stands for",
    ),
    notation(
        "##",
        rf"(?:{AT_LINE})#{{0,4}}[^\s#`*_\[<&!]+",
        "a heading of other parsers",
        "a space behind its last #",
    ),
    notation(
        "\\",
        rf"\\?(?:\({TEX}\\?\\\)|\[{TEX}\\?\\\])",
        "a formula of MathJax",
        "$…$ around it",
    ),
)
ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")

SHOWN = (
    "{what} is {name}, which is shown as text here. Write {remedy}, or as code, or with \\ before its first sign,"
    " where the signs are meant."
)


def shown(typed: str, words: Callable[[], str]) -> Iterator[Said]:
    """What there is to say of a text; `words` tells what readers see of it."""
    typed, words = f"\n{typed}", functools.cache(words)
    for each in NOTATIONS:
        for found in each.typed.finditer(typed):
            if ESCAPED.sub(r"\1", found[0]) in words():
                what = found[0] if len(found[0]) < 60 else f"{found[0][:57]}…"
                yield Said(found[0], SHOWN.format(what=what, name=each.name, remedy=each.remedy))
                break
