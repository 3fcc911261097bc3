"""Highlight: code in colours, by Pygments' lexers, as lines of spans with Pygments' short class names.

Nothing is guessed: a language that is not named stays plain, and `suggestion` says which name was
probably meant by one that nobody knows. Pygments spends two thirds of its time on writing down what its
lexers found; `coloured` writes the same HTML as its formatter in a fraction of that, but for spans around
mere white space, which no style sheet shows.
"""

import difflib
from collections.abc import Iterable
from functools import cache, lru_cache
from html import escape
from typing import Any

from pygments.lexer import Lexer
from pygments.lexers import get_all_lexers, get_lexer_by_name
from pygments.token import STANDARD_TYPES, Whitespace

# Names that readers of other generators know, for lexers that Pygments calls something else.
SAME = {
    "cjs": "javascript",
    "dotenv": "ini",
    "env": "ini",
    "jsonc": "json",
    "mjs": "javascript",
    "mts": "typescript",
    "none": "text",
    "plain": "text",
    "plaintext": "text",
    "txt": "text",
}
# What `html.escape` writes, so that quotation marks look the same in all of a page.
ESCAPES = str.maketrans({sign: escape(sign) for sign in "&<>\"'"} | {"'": "&#39;"})


class UnknownLanguage(ValueError):
    """No lexer has this name."""


@cache
def _shipped() -> frozenset[str]:
    return frozenset(
        alias for _, aliases, _, _ in get_all_lexers(plugins=False) for alias in aliases
    )


@cache
def _installed() -> frozenset[str]:
    """With those that other packages bring; asking costs a look into every package there is."""
    return frozenset(alias for _, aliases, _, _ in get_all_lexers() for alias in aliases)


def is_known(language: str) -> bool:
    name = SAME.get(language.lower(), language.lower()) or "text"
    return name in _shipped() or name in _installed()


@cache
def lexer(language: str) -> Lexer:
    """The lexer of a language, made once; raises UnknownLanguage."""
    if not is_known(language):
        raise UnknownLanguage(language)
    name = SAME.get(language.lower(), language.lower()) or "text"
    return get_lexer_by_name(name, stripnl=False)


@cache
def suggestion(language: str) -> str:
    """The name that is nearest to one that nobody knows, or nothing."""
    close = difflib.get_close_matches(language.lower(), _installed(), n=1)
    return close[0] if close else ""


@cache
def _opened(token: Any) -> str:
    """What a token's span begins with; tokens of a lexer's own have their family's class as well."""
    if token in Whitespace:
        return ""
    own: list[str] = []
    while token not in STANDARD_TYPES:
        own.insert(0, token[-1])
        token = token.parent
    name = STANDARD_TYPES[token]
    classes = ["-".join([name, *own[:many]]) for many in range(len(own) + 1)]
    named = " ".join(filter(None, classes))
    return f'<span class="{named}">' if named else ""


# Whoever writes saves an article of much code again and again.
@lru_cache(maxsize=256)
def coloured(language: str, code: str, marked: tuple[int, ...] = ()) -> str:
    """The code's lines as HTML, those of the given numbers within a span of the class `hll`.

    Raises UnknownLanguage.
    """
    lines = _lines(lexer(language).get_tokens(code))
    if not marked:
        return "".join(lines)
    return "".join(
        f'<span class="hll">{line}</span>' if number in marked else line
        for number, line in enumerate(lines, 1)
    )


def _lines(tokens: Iterable[tuple[Any, str]]) -> list[str]:
    """Each line with its end; neighbours of one class share a span, which no line's end is in."""
    lines: list[str] = []
    line = before = ""
    for token, text in tokens:
        opens = _opened(token)
        if not text.isalnum():
            text = text.translate(ESCAPES)
        if "\n" in text:
            first, *others, text = text.split("\n")
            for part in (first, *others):
                if part and opens != before:
                    line += f"</span>{opens}{part}" if before else opens + part
                    before = opens
                else:
                    line += part
                lines.append(line + ("</span>\n" if before else "\n"))
                line = before = ""
        if not text:
            continue
        if opens != before:
            line += f"</span>{opens}{text}" if before else opens + text
            before = opens
        else:
            line += text
    if line:
        lines.append(line + ("</span>\n" if before else "\n"))
    return lines
