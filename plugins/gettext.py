"""Gettext: what a theme or a plugin says to readers by itself, in the language of a page.

Catalogues are `.po` files in a folder `translations/`, read once a build and compiled in memory, so that
no binary is kept and none can be stale. Where a translation is missing or only a hint (fuzzy), the page
says it in English, marked as English: a voice that reads Arabic is told when to change.
"""

import io
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from markupsafe import Markup, escape

DEFAULT = "en"
TRADITIONAL = frozenset({"TW", "HK", "MO"})


class English(str):
    """A message that no catalogue has."""

    __slots__ = ()


class Lacking(NullTranslations):
    """What is asked where a catalogue ends."""

    def gettext(self, message: str) -> str:
        return English(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return English(super().ngettext(msgid1, msgid2, n))


class Said(Markup):
    """A text for a page; `plain` is the same for an attribute, where no markup can stand."""

    plain: Markup

    @classmethod
    def of(cls, message: str, values: dict[str, object]) -> "Said":
        plain = escape(str(message))
        if values:
            plain %= values
        foreign = isinstance(message, English)
        text = cls(f'<span lang="{DEFAULT}" dir="ltr">{plain}</span>' if foreign else plain)
        text.plain = plain
        return text


Gettext = tuple[Callable[..., Said], Callable[..., Said]]


@lru_cache(maxsize=64)
def locale(lang: str) -> Locale:
    """The locale of a language tag such as `zh-cn`; English when the world's list has no such."""
    found, parts = Locale(DEFAULT), lang.replace("_", "-").split("-")[:3]
    # Where nobody is known to speak it in that country, the language as elsewhere: ja-US is Japanese.
    for end in range(1, len(parts) + 1):
        with suppress(UnknownLocaleError, ValueError):
            found = Locale.parse("-".join(parts[:end]), sep="-")
    # English of no country: the day before the month, as in most of the world.
    return Locale("en", "GB") if str(found) == DEFAULT else found


def script(where: Locale) -> str:
    return where.script or ("Hant" if where.territory in TRADITIONAL else "Hans")


@lru_cache(maxsize=64)
def catalogue(folder: Path, lang: str) -> NullTranslations:
    """The messages in a language; English, in which they are written, where none is at hand."""
    where = locale(lang)
    if where.language == DEFAULT and lang.lower().startswith(DEFAULT):
        return NullTranslations()
    for name in (f"{where.language}_{script(where)}", where.language):
        path = folder / f"{name}.po"
        if path.exists():
            with path.open("rb") as file:
                messages = read_po(file, locale=name)
            compiled = io.BytesIO()
            write_mo(compiled, messages)
            compiled.seek(0)
            found = Translations(compiled)
            found.add_fallback(Lacking())
            return found
    return Lacking()


@lru_cache(maxsize=64)
def gettext_of(folder: Path, lang: str) -> Gettext:
    """A language's `_` and `ngettext`; what they fill in is escaped unless it is markup already."""
    messages = catalogue(folder, lang)

    def gettext(message: str, **values: object) -> Said:
        return Said.of(messages.gettext(message), values)

    def ngettext(one: str, many: str, num: int, **values: object) -> Said:
        return Said.of(messages.ngettext(one, many, num), {"num": num, **values})

    return gettext, ngettext


def forget() -> None:
    """A preview builds again and again in one process, and its translator saves between."""
    catalogue.cache_clear()
    gettext_of.cache_clear()
