"""Words: whether a text has lost any of its own on the way here.

What readers saw of the other blog's text is compared with what the text here becomes, word by word, and in
Chinese and Japanese sign by sign. Whatever a reader of another blog overlooks is told all the same.
"""

import html
import re
from collections import Counter

WORD = re.compile(r"[぀-ヿ㐀-鿿豈-﫿가-힯]|[^\W_぀-ヿ㐀-鿿豈-﫿가-힯]+")
# Signs of Markdown that may stand within a word, and in HTML elements that do.
WITHIN = re.compile(
    r"[*_~`\\\u00ad\u200b]|</?(?:a|abbr|b|cite|code|del|em|i|ins|kbd|mark|q|s|small|span|strong|sub|sup|u|var|wbr)\b[^<>]*>"
)
# What is never closed hides all that follows.
UNSEEN = re.compile(
    r"<!--.*?(?:-->|\Z)|<(?P<tag>script|style|template)\b.*?(?:</(?P=tag)\s*>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
SAID = re.compile(r"\b(?:alt|title|label)=(?:\"([^\"]*)\"|'([^']*)')")
TAG = re.compile(r"</?[a-zA-Z](?:[^<>\"']|\"[^\"]*\"|'[^']*')*>")
MARKDOWN = (
    # The language of code; where a link, a note or a picture leads; attributes; names of notes.
    (re.compile(r"^[ >]*(?:`{3,}|~{3,}).*$", re.MULTILINE), " "),
    (re.compile(r"^ {0,3}\[\^[^\]]+\]:", re.MULTILINE), " "),
    (re.compile(r"\[\^[^\]]+\]"), " "),
    (re.compile(r"^ {0,3}\[[^\]]+\]:\s*\S+", re.MULTILINE), " "),
    (re.compile(r"\]\(\s*(?:<[^>]*>|\{\w+\}[^)\n\"']*|(?:[^\s()]|\([^\s()]*\))*)"), "] ("),
    (re.compile(r"\]\[[^\]]*\]"), "] "),
    (re.compile(r"\{:?[^{}\n]*\}(?=\s|$)|\{:[^{}\n]*\}"), " "),
    (re.compile(r"^[ \t>]*\d{1,9}[.)](?=\s)|^[ \t>]*[*+-] \[[ xX]\](?=\s)", re.MULTILINE), " "),
    (re.compile(r"^[ \t]*[*-] TOC\b|^[ \t]*\[TOC\]", re.MULTILINE), " "),
    (re.compile(r"^( {4}|\t)(?::::|#!)[\w/ +-]+$", re.MULTILINE), " "),
    (re.compile(r"^([> ]*)\[![A-Za-z]+\]|^([> ]*)!!! *\w+", re.MULTILINE), " "),
)


def of_html(source: str) -> Counter[str]:
    """The words that HTML shows, and those that it has for who cannot see its pictures."""
    seen = UNSEEN.sub("", source)
    said = " ".join("".join(found) for tag in TAG.findall(seen) for found in SAID.findall(tag))
    return counted(TAG.sub(" ", WITHIN.sub("", seen)) + " " + said)


def of_markdown(source: str) -> Counter[str]:
    """The words of Markdown without what only steers it; read by no parser, since parsers lose words."""
    text = UNSEEN.sub("", source)
    for pattern, instead in MARKDOWN:
        text = pattern.sub(instead, text)
    return of_html(text)


def counted(text: str) -> Counter[str]:
    plain = re.sub(r"[*_~`\\\u00ad\u200b]", "", html.unescape(text))
    return Counter(word.casefold() for word in WORD.findall(plain))


def lost(before: Counter[str], after: Counter[str]) -> list[str]:
    """The words that there are fewer of, in the order in which they stood."""
    return list((before - after).elements())


def plain(source: str) -> str:
    """HTML as a line of words."""
    return " ".join(html.unescape(TAG.sub("", UNSEEN.sub("", source))).split())
