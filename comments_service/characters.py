"""Characters: which of them show nothing, and which are taken for one another.

Judged by Unicode's properties and its table of confusables (UTS 39), never by a list of what somebody
tried: the next filler is one that nobody here has heard of.
"""

import unicodedata
from functools import cache, lru_cache

import regex

# Blank by what they are called, which no property says.
_BLANKS = r"\u2800\U0001d159\U00013441\U00013442"
_something = regex.compile(
    rf"[^\s\p{{Default_Ignorable_Code_Point}}\p{{Cc}}\ufff9-\ufffb{_BLANKS}]"
)
_ignorable = regex.compile(r"\p{Default_Ignorable_Code_Point}")
_hidden = regex.compile(
    rf"[\p{{Cc}}\p{{Cf}}\p{{Cn}}\p{{Co}}\p{{Cs}}\p{{Zl}}\p{{Zp}}\p{{Default_Ignorable_Code_Point}}{_BLANKS}]"
)
# Where writing needs what shows nothing by itself: UAX 31's contexts A1, A2 and B for the joiners,
# faces that are made of several, flags, and the variants of emoji, Han and Mongolian.
_needed = regex.compile(
    r"""
    (?<=[\p{Joining_Type=L}\p{Joining_Type=D}]\p{Joining_Type=T}*) \u200c
        (?=\p{Joining_Type=T}*[\p{Joining_Type=R}\p{Joining_Type=D}])
    | (?<=\p{L}\p{M}*\p{Canonical_Combining_Class=9}\p{M}*) \u200c (?=\p{M}*\p{L})
    | (?<=\p{L}\p{M}*\p{Canonical_Combining_Class=9}\p{M}*) \u200d
    | (?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}]\ufe0f?) \u200d (?=\p{Extended_Pictographic})
    | (?<=[\p{Extended_Pictographic}\p{Emoji}]) [\ufe0e\ufe0f]
    | (?<=\p{Han}) [\ufe00-\ufe02\U000e0100-\U000e01ef]
    | (?<=\p{Mongolian}) [\u180b-\u180d\u180f]
    | (?<=\U0001f3f4) [\U000e0020-\U000e007e]{2,6}\U000e007f
    """,
    regex.VERBOSE,
)
_character = regex.compile(r"\X")


def show(text: str) -> bool:
    """Whether anybody would see anything of a text."""
    return bool(_something.search(text))


def hide(text: str, *, joiners: bool = True) -> bool:
    """Whether something in a text cannot be seen, and is not what its script or its emoji need."""
    return bool(_hidden.search(_needed.sub("", text) if joiners else text))


def visible(text: str) -> str:
    """A text without what shows nothing: words that are torn apart by it are whole again."""
    return _ignorable.sub("", text)


def count(text: str) -> int:
    """How many characters a reader counts: a letter with its accents is one, so is a joined face."""
    return len(_character.findall(text))


def initial(name: str) -> str:
    """The first of these, as a capital where that is one as well: that of ß would be two."""
    found = _character.match(name)
    first = found[0] if found else ""
    capital = first.upper()
    return capital if count(capital) == 1 else first


# Languages by the script that tells them; of several that share one, the first is taken.
SCRIPT_OF = {
    **{"zh": "Hani", "ja": "Jpan", "ko": "Hang", "ar": "Arab", "he": "Hebr"},
    **{"yue": "Hani", "fa": "Arab", "ur": "Arab", "ps": "Arab", "yi": "Hebr"},
}
_letters = regex.compile(r"\p{L}")
_tongues = {
    "ja": (
        regex.compile(r"[\p{Hiragana}\p{Katakana}\p{Han}]"),
        regex.compile(r"[\p{Hiragana}\p{Katakana}]"),
    ),
    "ko": (regex.compile(r"\p{Hangul}"),) * 2,
    "zh": (regex.compile(r"\p{Han}"),) * 2,
    "ar": (regex.compile(r"\p{Arabic}"),) * 2,
    "he": (regex.compile(r"\p{Hebrew}"),) * 2,
}


def tongue(text: str) -> str:
    """The language that a text's script tells, where it tells one: Japanese by its kana. Else empty."""
    letters = len(_letters.findall(text))
    for lang, (script, sign) in _tongues.items():
        # A character of Chinese says as much as a few letters.
        if sign.search(text) and 3 * len(script.findall(text)) >= letters:
            return lang
    return ""


# What one character of says as much as a few letters do.
DENSE = "han", "kana", "hangul"
_scripts = {
    each: rf"\p{{{each}}}"
    for each in (
        *("latin", "cyrillic", "greek", "arabic", "hebrew", "han", "hangul", "devanagari"),
        *("bengali", "tamil", "thai", "armenian", "georgian"),
    )
} | {"kana": r"\p{Hiragana}\p{Katakana}\u30fc"}


def foreign(text: str, scripts: tuple[str, ...]) -> bool:
    """Whether more than half of what a text says is in other scripts than these."""
    letters = len(_letters.findall(text)) + 2 * _count(text, DENSE)
    return 2 * _said(text, scripts) < letters


def _said(text: str, scripts: tuple[str, ...]) -> int:
    dense = tuple(each for each in scripts if each in DENSE)
    return _count(text, scripts) + 2 * _count(text, dense)


def _count(text: str, scripts: tuple[str, ...]) -> int:
    return len(_of_scripts(scripts).findall(text)) if scripts else 0


@lru_cache(maxsize=64)
def _of_scripts(scripts: tuple[str, ...]) -> "regex.Pattern[str]":
    return regex.compile(f"(?V1)[[{''.join(_scripts[each] for each in scripts)}]&&\\p{{L}}]")


def is_letter(char: str) -> bool:
    """Whether it can stand in a word: a letter or a digit of any script, or a letter in a circle."""
    return bool(_word.match(char))


_word = regex.compile(r"[\p{L}\p{N}\u24b6-\u24e9]")


def skeleton(text: str) -> str:
    """A text without its case, accents, spaces and look-alikes: equal skeletons look alike.

    By UTS 39, but that case goes as well, on both sides of its table: capital I looks like l, and is i.
    So "Neil" and "Nell" are one: what is refused here can be written in another way.
    """
    plain = _ignorable.sub("", unicodedata.normalize("NFKC", text))
    letters = "".join(map(_letter, plain))
    kept = "".join(char for char in letters if unicodedata.category(char)[0] in "LN")
    # Which the table leaves out.
    return kept.replace("vv", "w") or plain.casefold()


@lru_cache(maxsize=2000)
def _letter(char: str) -> str:
    """What stands for a character and for all that look like it, in either case.

    The Latin letters that it looks like as it stands; else those of its other case, so that a
    Cyrillic name has one skeleton however it is written.
    """
    for each in (char, char.swapcase()):
        plain = _prototype(each)
        if plain.isascii():
            return plain
    return _prototype(char.casefold())


def _prototype(char: str) -> str:
    # Twice: what is left of a letter without its accent may be taken for another one.
    for _ in range(2):
        char = "".join(map(_without_marks, (_prototypes().get(each, each) for each in char)))
    return char.casefold().replace("i", "l")


def _without_marks(char: str) -> str:
    letters = unicodedata.normalize("NFKD", char)
    return "".join(each for each in letters if unicodedata.category(each)[0] != "M")


@cache
def _prototypes() -> dict[str, str]:
    """What each confusable character is taken for: Unicode's table, read once a process (35 ms).

    The package gives each pair in both directions, and no character is a prototype and confusable at
    once: so a prototype is what several are taken for, or the earlier one of two.
    """
    # Its own module would keep 15 MB of names that nobody here reads.
    from confusable_homoglyphs.utils import load

    pairs: dict[str, list[dict[str, str]]] = load("confusables.json")
    found = {}
    for char, likes in pairs.items():
        alone = char.strip("\u200e")
        if len(alone) != 1 or len(likes) != 1:
            continue
        other = likes[0]["c"]
        like = other.strip("\u200e")
        found[alone] = min(alone, like) if len(like) == 1 and len(pairs[other]) == 1 else like
    return found
