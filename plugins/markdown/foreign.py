"""Foreign: what other programs make something of, and what is shown here as it was typed.

Pure: an author's text and the words that readers see of it in, remarks out. What the author has marked as
signs, by a backslash or as code, is meant as such. Of each notation one remark a text is enough.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from .tags import Said


class Notation(NamedTuple):
    """What some program reads, how it is called, and what to write in its place."""

    typed: re.Pattern[str]
    name: str
    remedy: str


def notation(typed: str, name: str, remedy: str) -> Notation:
    return Notation(re.compile(rf"(?<!\\)(?:{typed})"), name, remedy)


WORDPRESS = "caption|gallery|embed|audio|video|playlist|code|sourcecode"
# A formula has signs that no other words between such brackets have.
TEX = r"(?=[^\n]{0,500}?(?:[\^_=]|\\[a-zA-Z]))[^\n]{1,2000}?"
NOTATIONS = (
    notation(
        r"!\[\[[^\[\]\n]+\]\]",
        "what a wiki would show here",
        "![what it shows]({static}/images/name.png)",
    ),
    notation(
        r"(?<!!)\[\[[^\W\d][^\[\]\n]*\]\]", "a link of a wiki", "[its words]({filename}name.md)"
    ),
    notation(
        r"(?<!\d)(?<!\d )%%[^%\n]+%%",
        "a comment of Obsidian",
        "<!-- … --> around what nobody shall read",
    ),
    notation(r"\{\{[<%] *[\w/][^{}\n]*[>%]\}\}", "a shortcode of Hugo", "what it stands for"),
    notation(r"\{%-? *\w[^{}\n]*%\}", "a tag of Liquid", "what it stands for"),
    notation(
        rf"\[(?:{WORDPRESS}) \w+=[^\[\]\n]*\]|\[/(?:{WORDPRESS})\]",
        "a shortcode of WordPress",
        "what it stands for",
    ),
    notation(
        r"(?m:^) {0,3}#{2,6}[^\s#`*_\[<&!]+",
        "a heading of other parsers",
        "a space behind its last #",
    ),
    notation(rf"\\?\\\({TEX}\\?\\\)|\\?\\\[{TEX}\\?\\\]", "a formula of MathJax", "$…$ around it"),
)
ANY = re.compile(rf"\[\[|##|%%|\{{\{{|\{{%|\\[(\[]|\[/?(?:{WORDPRESS})\b")
ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")

SHOWN = (
    "{what} is {name}, which is shown as text here. Write {remedy}, or as code, or with \\ before its first sign,"
    " where the signs are meant."
)


def shown(typed: str, words: Callable[[], str]) -> Iterator[Said]:
    """What there is to say of a text; `words` tells what readers see of it."""
    if not ANY.search(typed):
        return
    seen = words()
    for each in NOTATIONS:
        for found in each.typed.finditer(typed):
            if ESCAPED.sub(r"\1", found[0]) in seen:
                what = found[0] if len(found[0]) < 60 else f"{found[0][:57]}…"
                yield Said(found[0], SHOWN.format(what=what, name=each.name, remedy=each.remedy))
                break
