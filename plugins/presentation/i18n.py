"""I18n: what the theme says by itself in each page's language, and how that one writes dates and lists.

A template begins with `{% set _, ngettext = words(lang) %}` and speaks English; catalogues in the
theme's folder `translations/` say it in other languages (`plugins.gettext`). `tasks.py messages` keeps
the catalogues. A sentence is one message, with holes for what stands in it: `_("Updated on %(date)s",
date=…)`. In an attribute, write `_("Menu").plain`.

Templates get `words(lang)` (its `_` and `ngettext`; other themes may use it, so it keeps its name),
`date(moment, lang, year=true)` (a `<time>`), `period_name(period_num, lang)` (of an archive), `listed(items, lang)` ("a, b and c"), `language(lang)` (a
language's name for itself), `direction(lang)` ("ltr" or "rtl") and `spoken(lang, within)`: the attributes
of an element whose language may be another than that of what it stands in.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from babel.dates import format_date, format_skeleton
from babel.lists import format_list
from markupsafe import Markup, escape
from pelican import signals

from plugins import gettext
from plugins.site import Generator


@lru_cache(maxsize=4096)
def formatted(day: datetime, lang: str, year: bool) -> Markup:
    where = gettext.locale(lang)
    text = format_date(day, "long", where) if year else format_skeleton("MMMMd", day, locale=where)
    return Markup('<time datetime="{}">{}</time>').format(f"{day:%Y-%m-%d}", text)


def date(moment: datetime, lang: str, year: bool = True) -> Markup:
    """A day as people of that language write it, whatever the machine's own language is."""
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    return formatted(midnight, lang.lower(), year)


def period_name(numbers: tuple[int, ...], lang: str) -> str:
    """A year, a month of it, or a day, as Pelican counts them in `period_num`."""
    year, month, day = (*numbers, 1, 1)[:3]
    if len(numbers) == 1:
        return str(year)
    moment, where = datetime(year, month, day), gettext.locale(lang)  # noqa: DTZ001 - a day, no moment
    if len(numbers) == 2:
        return format_skeleton("yMMMM", moment, locale=where)
    return format_date(moment, "long", where)


def listed(items: Iterable[object], lang: str) -> Markup:
    """Several things as people of that language list them; what is no markup is escaped."""
    return Markup(format_list([str(escape(item)) for item in items], locale=gettext.locale(lang)))  # noqa: S704 - each is escaped


@lru_cache(maxsize=64)
def language(lang: str) -> str:
    """A language by the name that its own readers look for: 简体中文, Français."""
    where = gettext.locale(lang)
    if where.language == gettext.DEFAULT:
        return lang if not lang.lower().startswith(gettext.DEFAULT) else "English"
    keys = (f"{where.language}_{gettext.script(where)}", f"{where.language}_{where.territory}")
    name = next((where.languages[key] for key in keys if key in where.languages), None)
    name = name or where.languages.get(where.language, lang)
    return str(name[:1].upper() + name[1:])


def direction(lang: str) -> str:
    return str(gettext.locale(lang).text_direction)


def spoken(lang: str, within: str) -> Markup:
    """Nothing where both are the same language."""
    if lang.lower() == within.lower():
        return Markup()
    return Markup(' lang="{}" dir="{}"').format(lang.lower(), direction(lang))


def offer(generator: Generator) -> None:
    folder = Path(generator.settings["THEME"], "translations")
    generator.env.globals.update(
        words=lambda lang: gettext.gettext_of(folder, lang.lower()),
        date=date,
        period_name=period_name,
        listed=listed,
        language=language,
        direction=direction,
        spoken=spoken,
    )


def forget(_: object) -> None:
    gettext.forget()


def register() -> None:
    signals.initialized.connect(forget)
    signals.generator_init.connect(offer)
