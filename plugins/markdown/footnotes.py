"""Footnotes: those that nothing refers to, which no reader sees, and references to none, shown as typed.

Pure: an author's text and the HTML that it became in, remarks out. What the HTML shows as words is none,
so that code, comments and whatever a parser makes of a text need not be known here.
"""

import re
from html import unescape

from .tags import Said

DEFINED = re.compile(
    r"^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)*\[\^(?P<name>[^\]\s]+)\]:", re.MULTILINE
)
# Not what a regular expression goes on with, nor a range such as `[^a-z]`.
REFERRED = re.compile(r"(?<!\\)\[\^(?!(?:\w-\w)+\])(?P<name>\w[\w.-]*)\](?![(+*?{])")
SHOWN = re.compile(r'<li id="fn:([^"]*)">')
UNREAD = re.compile(
    r"<!--.*?(?:-->|\Z)|<(?P<tag>code|pre|script|style|textarea|span(?= data-math-style))\b.*?(?:</(?P=tag)>|\Z)|<[^<>]*>",
    re.DOTALL | re.IGNORECASE,
)

UNUSED = (
    "Nothing refers to the footnote [^{name}], so it is left out. Write [^{name}] where it belongs, or take"
    " it out."
)
MISSING = (
    "There is no footnote [^{name}], which is shown as text. Write a line that begins with [^{name}]: and"
    " has its words, or write \\[^{name}] where the signs are meant."
)


def words(html: str) -> str:
    """What readers see as words, and is no code and no formula."""
    return unescape(UNREAD.sub(" ", html))


def unmatched(typed: str, html: str) -> list[Said]:
    """What there is to say of a text's footnotes."""
    if "[^" not in typed:
        return []
    defined = {found["name"].casefold(): found["name"] for found in DEFINED.finditer(typed)}
    referred = {found["name"] for found in REFERRED.finditer(typed)}
    named = {unescape(unescape(name)) for name in SHOWN.findall(html)}
    shown = {name.casefold() for name in named}
    all_of_it, seen = unescape(html), words(html)
    said = {}
    for key in defined.keys() - shown:
        name = defined[key]
        if f"[^{name}]:" not in all_of_it:
            said[key] = Said(f"[^{name}]:", UNUSED.format(name=name))
    # Some parsers tell apart what has other capitals.
    for name in referred - named:
        if name.casefold() not in said and f"[^{name}]" in seen:
            said[name] = Said(f"[^{name}]", MISSING.format(name=name))
    return sorted(said.values(), key=lambda each: typed.find(each.at))
