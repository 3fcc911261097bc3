"""I18n: catalogues, dates, and the templates in each language.

Every template of the service, from a comment to an e-mail, is rendered by `environment(lang)`.
Catalogues are `.po` files in `translations/`, compiled in memory when first used, so that no
binary is kept and none can be stale. English needs none: it is what the templates say, and what a
reader sees where a translation is missing or only a hint (fuzzy). `tasks.py messages` keeps them.
"""

import io
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jinja2
from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, get_datetime_format
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent
from babel.support import NullTranslations, Translations
from jinja2.bccache import Bucket
from markupsafe import Markup, escape

from comments_service import characters
from comments_service.errors import Message, ServiceError
from formats import text_fragments

TRANSLATIONS = Path(__file__).parent / "translations"
TEMPLATES = Path(__file__).parent / "templates"
DEFAULT = "en"
_tag = re.compile(r"<[^>]*>")
# What of a tag chooses words and dates: a language, a script, a region. What strangers write behind it
# would make templates anew for each, and fits into no column.
_plain = re.compile(
    r"[a-z]{2,3}([-_][a-z]{4})?([-_]([a-z]{2}|[0-9]{3}))?(?![a-z0-9])", re.IGNORECASE | re.ASCII
)
_traditional = frozenset({"TW", "HK", "MO"})


# Tags come from strangers' browsers: what is remembered of them has an end.
@lru_cache(maxsize=256)
def locale(lang: str) -> Locale:
    """The locale of a language tag such as `en`, `zh-cn` or `pt-BR`; English when unknown.

    Where nobody is known to speak it in that country, the language as elsewhere: `ja-US` is Japanese.
    """
    parts = lang.replace("_", "-").strip().split("-")[:3]
    for end in range(len(parts), 0, -1):
        with suppress(UnknownLocaleError, ValueError):
            return Locale.parse("-".join(parts[:end]), sep="-")
    return Locale(DEFAULT)


def catalogue(lang: str) -> NullTranslations:
    """The messages for a language tag; those of English when there is no catalogue for it."""
    where = locale(lang)
    script = where.script or ("Hant" if where.territory in _traditional else "Hans")
    names = (f"{where.language}_{script}", where.language)
    return _compiled(next((each for each in names if each in _names()), ""))


@cache
def _names() -> frozenset[str]:
    return frozenset(path.stem for path in TRANSLATIONS.glob("*.po"))


# Each file once, however many tags of languages strangers' browsers send.
@cache
def _compiled(name: str) -> NullTranslations:
    if not name:
        return NullTranslations()
    with (TRANSLATIONS / f"{name}.po").open("rb") as file:
        messages = read_po(file, locale=name)
    compiled = io.BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return Translations(compiled)


class _Compiled(jinja2.BytecodeCache):
    """The templates as Jinja has compiled them, the same for every language: compiling is what costs.

    Of each tag that a stranger's browser sends, templates would be compiled and kept anew.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._known.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._known[bucket.key, bucket.checksum] = bucket.code


_code = _Compiled()


@lru_cache(maxsize=64)
def environment(lang: str) -> jinja2.Environment:
    """The templates in a language: autoescaped, strict about names, with `_`, dates and numbers."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=jinja2.select_autoescape(default=True, disabled_extensions=("txt",)),
        extensions=["jinja2.ext.i18n"],
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=_code,
        # Else what a filter of this language makes of a constant would stand in the code of all.
        optimized=False,
    )
    made.install_gettext_translations(catalogue(lang), newstyle=True)  # type: ignore[attr-defined]  # added by the extension
    made.filters["when"] = lambda moment: when(moment, lang)
    made.filters["day"] = lambda moment: day(moment, lang)
    made.filters["stamp"] = stamp
    made.filters["number"] = lambda value: format_decimal(value, "#,##0.#", _spoken(lang))
    made.filters["percent"] = lambda part: format_percent(part, locale=_spoken(lang))
    made.filters["time"] = timed
    made.filters["tongue"] = lambda html: tongue(html, lang)
    made.filters["coded"] = coded
    made.filters["initial"] = characters.initial
    made.filters["host"] = lambda url: urlsplit(url).netloc
    made.filters["at"] = text_fragments.of_note
    made.filters["say"] = lambda text: say(lang, text)
    made.globals["lang"] = lang
    # The language of the words, which is English where no catalogue has them; what is in the asked
    # language all the same says so by `native`.
    made.globals["ui_lang"] = words = spoken(lang)
    made.globals["ui_dir"] = locale(words).text_direction
    made.globals["native"] = attributes(lang) if words != lang else ""
    return made


def render(lang: str, template: str, **context: object) -> str:
    return environment(lang).get_template(template).render(**context)


@lru_cache(maxsize=2_000)
def part(lang: str, template: str, **context: object) -> str:
    """The same, remembered: of a file that is made again and again, what stays as it is.

    What it is given is compared, and so must never change.
    """
    return render(lang, template, **context)


def gettext(lang: str) -> Callable[[str], str]:
    """The function that puts a message into a language."""
    return catalogue(lang).gettext


def say(lang: str, text: str) -> str:
    """What Python tells a person, in a language; English where no catalogue has it."""
    if not isinstance(text, Message):
        return text
    template = catalogue(lang).gettext(text.template)
    if not text.values:
        return template
    spoken = {
        name: when(value, lang) if isinstance(value, datetime) else value
        for name, value in text.values.items()
    }
    return template.format(**spoken)


def translate(lang: str, error: ServiceError) -> None:
    """Let an error say in a language all that it says."""
    error.title, error.detail = say(lang, error.title), say(lang, error.detail)
    error.fields = {name: say(lang, text) for name, text in error.fields.items()}


def spoken(lang: str) -> str:
    """The language that the interface speaks where this one is asked for."""
    english = lang.lower().startswith(DEFAULT) and locale(lang).language == DEFAULT
    return lang if english or type(catalogue(lang)) is Translations else DEFAULT


def attributes(lang: str) -> Markup:
    return Markup(' lang="{}" dir="{}"').format(lang, locale(lang).text_direction)


def tongue(html: str, lang: str) -> Markup:
    """The language of what a reader wrote, for its element, where its script tells it from the page's."""
    found = characters.tongue(unescape(_tag.sub(" ", html)))
    page = locale(lang).language
    same = characters.SCRIPT_OF.get(page) == characters.SCRIPT_OF.get(found)
    # Who writes Japanese or Korean may do so in Chinese characters alone.
    if not found or same or (found == "zh" and page in ("ja", "ko")):
        found = lang
    return Markup() if found == spoken(lang) else Markup(' lang="{}"').format(found)


def coded(text: str) -> Markup:
    """A sentence in which backticks stand around what is typed as it is."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped


def timed(text: str, moment: datetime) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(stamp(moment), text)


def when(moment: datetime, lang: str) -> str:
    """A time as people of that language write it, in UTC, the same for every reader."""
    return _minute(moment.astimezone(UTC).replace(second=0, microsecond=0), lang)


@lru_cache(maxsize=1_024)
def _minute(moment: datetime, lang: str) -> str:
    spoken = _spoken(lang)
    clock = f"{format_time(moment, 'short', locale=spoken)} UTC"
    together = str(get_datetime_format("long", spoken)).replace("'", "")
    return together.replace("{0}", clock).replace("{1}", day(moment, lang))


def day(moment: datetime, lang: str) -> str:
    """Its day alone, where nobody asks for the hour."""
    return _day(moment.astimezone(UTC).date(), lang)


# Comments of one thread share their days.
@lru_cache(maxsize=1_024)
def _day(date: date, lang: str) -> str:
    return format_date(date, "long", _spoken(lang))


def _spoken(lang: str) -> Locale:
    found = locale(lang)
    # English of no country: the day before the month, as in most of the world, and in the theme.
    return Locale("en", "GB") if str(found) == DEFAULT else found


def stamp(moment: datetime) -> str:
    """RFC 3339, to the second, in UTC."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


@cache
def known() -> tuple[str, ...]:
    """The languages that the interface speaks, as tags."""
    return (DEFAULT, *sorted(name.replace("_", "-") for name in _names()))


def choose(wanted: Iterable[str]) -> str:
    """The first of the wanted language tags that the interface speaks, else English."""
    for asked in wanted:
        found = _plain.match(asked.strip())
        tag = found[0] if found else ""
        spoken = locale(tag)
        if spoken.language == DEFAULT and tag.lower().startswith(DEFAULT):
            return DEFAULT
        if type(catalogue(tag)) is Translations:
            return tag
    return DEFAULT
