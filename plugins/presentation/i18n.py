"""I18n: what the theme says by itself in each page's language, and how that one writes dates.

A template begins with `{% set _, ngettext = words(lang) %}` and speaks English; catalogues in the
theme's folder `translations/` say it in other languages. They are read once a build and compiled
in memory, so that no binary is kept and none can be stale. Where a translation is missing or only a
hint (fuzzy), the page says it in English. `tasks.py messages` keeps the catalogues.

Templates get `words(lang)` (its `_` and `ngettext`; other themes may use it, so it keeps its name),
`date(moment, lang, year=true)` (a `<time>`), `language(lang)` (a language's name for itself) and
`direction(lang)` ("ltr" or "rtl").
"""

import io
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from markupsafe import Markup, escape
from pelican import signals

from plugins.site import Generator

DEFAULT = "en"
TRADITIONAL = frozenset({"TW", "HK", "MO"})

Gettext = tuple[Callable[..., Markup], Callable[..., Markup]]


@lru_cache(maxsize=64)
def locale(lang: str) -> Locale:
    """The locale of a language tag such as `zh-cn`; English when the world's list has no such."""
    try:
        found = Locale.parse(lang.replace("_", "-"), sep="-")
    except (UnknownLocaleError, ValueError):
        found = Locale(DEFAULT)
    # English of no country: the day before the month, as in most of the world.
    return Locale("en", "GB") if str(found) == DEFAULT else found


def script(where: Locale) -> str:
    return where.script or ("Hant" if where.territory in TRADITIONAL else "Hans")


@lru_cache(maxsize=64)
def catalogue(folder: Path, lang: str) -> NullTranslations:
    """The theme's messages in a language; English, which the templates speak, where none is at hand."""
    where = locale(lang)
    for name in (f"{where.language}_{script(where)}", where.language):
        path = folder / f"{name}.po"
        if path.exists():
            with path.open("rb") as file:
                messages = read_po(file, locale=name)
            compiled = io.BytesIO()
            write_mo(compiled, messages)
            compiled.seek(0)
            return Translations(compiled)
    return NullTranslations()


@lru_cache(maxsize=64)
def gettext_of(folder: Path, lang: str) -> Gettext:
    """A language's `_` and `ngettext`; what they fill in is escaped unless it is markup already."""
    messages = catalogue(folder, lang)

    def gettext(message: str, **values: object) -> Markup:
        text = escape(messages.gettext(message))
        return text % values if values else text

    def ngettext(one: str, many: str, num: int, **values: object) -> Markup:
        return escape(messages.ngettext(one, many, num)) % {"num": num, **values}

    return gettext, ngettext


@lru_cache(maxsize=4096)
def formatted(day: datetime, lang: str, year: bool) -> Markup:
    where = locale(lang)
    text = format_date(day, "long", where) if year else format_skeleton("MMMMd", day, locale=where)
    return Markup('<time datetime="{}">{}</time>').format(f"{day:%Y-%m-%d}", text)


def date(moment: datetime, lang: str, year: bool = True) -> Markup:
    """A day as people of that language write it, whatever the machine's own language is."""
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    return formatted(midnight, lang.lower(), year)


@lru_cache(maxsize=64)
def language(lang: str) -> str:
    """A language by the name that its own readers look for: 简体中文, Français."""
    where = locale(lang)
    if where.language == DEFAULT:
        return lang if not lang.lower().startswith(DEFAULT) else "English"
    keys = (f"{where.language}_{script(where)}", f"{where.language}_{where.territory}")
    name = next((where.languages[key] for key in keys if key in where.languages), None)
    name = name or where.languages.get(where.language, lang)
    return str(name[:1].upper() + name[1:])


def direction(lang: str) -> str:
    return str(locale(lang).text_direction)


def offer(generator: Generator) -> None:
    folder = Path(generator.settings["THEME"], "translations")
    generator.env.globals.update(
        words=lambda lang: gettext_of(folder, lang.lower()),
        date=date,
        language=language,
        direction=direction,
    )


def forget(_: object) -> None:
    """A preview builds again and again in one process, and its translator saves between."""
    catalogue.cache_clear()
    gettext_of.cache_clear()


def register() -> None:
    signals.initialized.connect(forget)
    signals.generator_init.connect(offer)
