"""Setting kinds: what Pelican's own settings have to be. Pelican itself says it by an exception of Python's, if at all.

Pure: settings in, sentences out.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from string import Formatter
from typing import Any

from pelican.settings import DEFAULT_CONFIG
from pelican.utils import SafeDatetime

KNOWN = {**DEFAULT_CONFIG, "AUTHOR": ""}
# May be more than its default: a class, several names, or nothing that Pelican looks at.
ANY = {
    *("PELICAN_CLASS", "MARKDOWN", "PLUGINS", "BIND", "PORT", "TYPOGRIFY_DASHES"),
    *("ARTICLE_TRANSLATION_ID", "PAGE_TRANSLATION_ID", "ARTICLE_ORDER_BY", "PAGE_ORDER_BY"),
}
# Where Pelican takes one for a list of one.
ONE_OR_SEVERAL = {"LOCALE", "PLUGIN_PATHS"}
# What is not to be made is nothing, whatever else it would have to be.
LEFT_OUT = ("", None, False)
NEEDED = {"PATH", "OUTPUT_PATH", "CACHE_PATH", "THEME", "DEFAULT_LANG", "DEFAULT_CATEGORY"}
PATTERNS = ("FILENAME_METADATA", "PATH_METADATA", "INTRASITE_LINK_REGEX")
SUBSTITUTIONS = re.compile(r"(?:\w+_)?REGEX_SUBSTITUTIONS")
KINDS: tuple[tuple[type, tuple[type, ...], str], ...] = (
    (bool, (bool, int), "neither True nor False, nor a number"),
    (int, (int,), "no number"),
    (str, (str, Path), "no text"),
    (list, (list, tuple), "no list"),
    (dict, (Mapping,), "no table of names and values"),
)
EXAMPLES: dict[str, object] = {
    "AUTHOR": "Rhea Ono",
    "DEFAULT_CATEGORY": "Notes",
    "PATH": "content",
    "SITEURL": "https://blog.example",
    "IGNORE_FILES": [".*"],
    "FORMATTED_FIELDS": ["summary"],
    "DATE_FORMATS": {"en": "%d %B %Y"},
    "DEFAULT_DATE_FORMAT": "%d %B %Y",
    "DEFAULT_PAGINATION": 10,
    "PAGINATION_PATTERNS": [(1, "{base_name}/", "{base_name}/index.html")],
    "EXTRA_PATH_METADATA": {"images/robots.txt": {"path": "robots.txt"}},
    "TEMPLATE_PAGES": {"books.html": "books/index.html"},
    "LOCALE": ["C"],
}
# What an address may have in braces; of a text, whatever its front matter says as well.
OF_A_TEXT = ("slug", "date", "lang", "category", "author", "path")
OF_A_NAME = ("slug", "name")
IN_BRACES = {
    **dict.fromkeys(("ARTICLE", "PAGE", "DRAFT"), OF_A_TEXT),
    **dict.fromkeys(("TAG", "CATEGORY", "AUTHOR"), OF_A_NAME),
    **dict.fromkeys(("YEAR", "MONTH", "DAY"), ("date",)),
    "TRANSLATION": ("lang",),
}
ADDRESS = re.compile(r"(?P<of>[A-Z]+)_(?:[A-Z]+_)*(?:URL|SAVE_AS|FEED_ATOM|FEED_RSS)")
# Behind what is asked for may stand which part of it.
FIELD = re.compile(r"[.\[]")
# Front matter is no longer, in most texts.
NEAR = 2_000


def setting_problems(settings: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with Pelican's own settings, a sentence each."""
    for name, value in settings.items():
        if name in KNOWN and name not in ANY and (fault := fault_of_kind(name, value)):
            yield f"{name} is {value!r}, which is {fault}. Write one such as {example(name)!r}."
        elif name == "PAGINATION_PATTERNS":
            yield from rule_problems(value)
        elif name in PATTERNS or SUBSTITUTIONS.fullmatch(name):
            yield from pattern_problems(name, value)
        elif (address := ADDRESS.fullmatch(name)) and address["of"] in IN_BRACES:
            yield from address_problems(name, value, address["of"], settings)


def example(name: str) -> object:
    return EXAMPLES.get(name, KNOWN[name])


def fault_of_kind(name: str, value: object) -> str:
    """What a value is instead of what it has to be; nothing if it is that."""
    default = KNOWN[name]
    if default is None or (isinstance(default, str | int) and is_left_out(name, value)):
        return ""
    _, may_be, fault = next(each for each in KINDS if isinstance(default, each[0]))
    one = name in ONE_OR_SEVERAL and isinstance(value, str)
    return "" if one or isinstance(value, may_be) else fault


def is_left_out(name: str, value: object) -> bool:
    """Whether Pelican is told to do without it."""
    return name not in NEEDED and any(value is each or value == each for each in LEFT_OUT)


def rule_problems(rules: Any) -> Iterator[str]:
    for rule in rules:
        kinds = [type(part) for part in rule] if isinstance(rule, list | tuple) else []
        if kinds != [int, str, str]:
            yield f"PAGINATION_PATTERNS has {rule!r}. Write rules such as {example('PAGINATION_PATTERNS')!r}."


def pattern_problems(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, str):
        value = [(value, "")]
    for pair in value if isinstance(value, list | tuple) else ():
        try:
            typed, _ = pair
            re.compile(typed)
        except (TypeError, ValueError):
            yield f'{name} has {pair!r}. Write pairs of texts, such as (r"[^\\w\\s-]", "").'
        except re.error as error:
            yield f"{name} has {typed!r}, which is no regular expression: {error}."


def of_front_matter(settings: Mapping[str, Any]) -> set[str]:
    """What the addresses of texts are made of beside what every text has."""
    return {
        field
        for name, value in settings.items()
        if (address := ADDRESS.fullmatch(name)) and IN_BRACES.get(address["of"]) is OF_A_TEXT
        for _, asked, _, _ in Formatter().parse(str(value))
        if asked is not None and (field := FIELD.split(asked)[0]) not in OF_A_TEXT
    }


def address_problems(name: str, value: Any, of: str, settings: Mapping[str, Any]) -> Iterator[str]:
    may_be = IN_BRACES[of]
    try:
        asked = [field for _, field, _, _ in Formatter().parse(str(value)) if field is not None]
    except ValueError as error:
        yield f"{name} is {value!r}: {error}. Write {{ and }} in pairs, such as {example(name)!r}."
        return
    unknown = [
        field
        for field in asked
        if FIELD.split(field)[0] not in may_be
        and not (may_be is OF_A_TEXT and said(field, settings))
    ]
    for field in unknown:
        known = ", ".join(f"{{{each}}}" for each in may_be)
        more = ", or what the front matter of each text says" if may_be is OF_A_TEXT else ""
        yield f"{name} is {value!r}, and there is no {{{field}}}. Write one of {known}{more}."
    # What kind of value front matter gives, or a plugin makes of it, is not known.
    if unknown or any(FIELD.split(field)[0] not in may_be for field in asked):
        return
    try:
        str(value).format(**dict.fromkeys(may_be, "text") | {"date": SafeDatetime(2026, 1, 1)})
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        yield f"{name} is {value!r}: {error}. Write one such as {example(name)!r}."


def said(field: str, settings: Mapping[str, Any]) -> bool:
    """Whether any text has a line of this name, or the settings give it to texts by themselves."""
    given = [settings.get("DEFAULT_METADATA"), *values(settings.get("EXTRA_PATH_METADATA"))]
    patterns = (str(settings.get(name) or "") for name in ("FILENAME_METADATA", "PATH_METADATA"))
    if any(isinstance(names, Mapping) and field in names for names in given) or any(
        f"?P<{field}>" in pattern for pattern in patterns
    ):
        return True
    line = re.compile(rf"^:?{re.escape(field)}\s*:|name=[\"']{re.escape(field)}[\"']", re.I | re.M)
    folder = settings.get("PATH")
    for path in Path(folder).rglob("*.*") if isinstance(folder, str | Path) else ():
        with suppress(OSError), path.open(encoding="utf-8", errors="replace") as file:
            if line.search(file.read(NEAR)):
                return True
    return False


def values(table: object) -> Iterable[object]:
    return table.values() if isinstance(table, Mapping) else ()
