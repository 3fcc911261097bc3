"""Setting kinds: what Pelican's own settings and ours have to be, where no plugin says more of them.

Pelican itself says it by an exception of Python's, if at all.

Pure: settings in, sentences out.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from string import Formatter
from types import ModuleType
from typing import Any

from pelican.settings import DEFAULT_CONFIG
from pelican.utils import SafeDatetime, get_date

THEME = str(Path(__file__).resolve().parents[1] / "theme")
KNOWN = {**DEFAULT_CONFIG, "AUTHOR": ""}
# May be more than its default: a class, several names, or nothing that Pelican looks at.
ANY = {
    *("PELICAN_CLASS", "PLUGINS", "BIND", "PORT", "TYPOGRIFY_DASHES"),
    *("ARTICLE_TRANSLATION_ID", "PAGE_TRANSLATION_ID", "ARTICLE_ORDER_BY", "PAGE_ORDER_BY"),
}
# What our plugins read, with a value that is right.
OURS: dict[str, object] = {
    **dict.fromkeys(("COMPRESS", "HOST_HEADERS", "NEWSLETTER", "PREVIEW", "SEARCH"), True),
    **dict.fromkeys(("SHARE_PICTURES", "WRITE_ONLY_CHANGES"), True),
    "BUILD_WATCHES": ["data"],
    "CACHE_MAX_BYTES": 200_000_000,
    "COMMENTS_EARLIER": "earlier/threads.json",
    "COMMENTS_EMBED": "comments_service/static",
    "COMMENTS_MANIFEST_SAVE_AS": "threads.json",
    "COMMENTS_PUBLISHED": "published",
    "COMMENTS_URL": "/comments/",
    "DRAFTS_FOLDER": "drafts",
    "FEED_ALL_JSON": "feeds/all.json",
    "FEED_HOST": "blog.example",
    "FEED_LIST_ITEMS": 10,
    "FRONT_MATTER": ["mood"],
    "IMAGES_CACHE": "var/cache/images",
    "IMAGES_FOLDER": "images/sized",
    "IMAGES_FORMATS": ["webp"],
    "IMAGES_MAX_PIXELS": 100_000_000,
    "IMAGES_SIZES": "100vw",
    "IMAGES_WIDTHS": [640, 1280],
    "IMAGES_ZOOM_FROM": 1280,
    "LLMS_SAVE_AS": "llms.txt",
    "MARKDOWN_READER": "commonmark",
    "MATH_MACROS": {"R": "\\mathbb{R}"},
    "NOTE_TITLES": {"NOTE": "Note"},
    "READING_PROCESSES": 2,
    "RELATED_MAX": 3,
    "RENDERING_PROCESSES": 2,
    "ROBOTS_DISALLOW": ["/drafts/"],
    "ROOT_FILES": "theme_overrides/static",
    "SHARE_FOLDER": "images/share",
    "SHARE_FONT": "fonts/serif.ttf",
    "SHARE_KEY": "a long word that nobody guesses",
    "SITEMAP_SAVE_AS": "sitemap.xml",
    "SITE_PATH": "/blog",
}
# Without these there is less, or another place is taken.
MAY_BE_NOTHING = {
    *("COMMENTS_EARLIER", "COMMENTS_EMBED", "COMMENTS_URL", "FEED_ALL_JSON", "FEED_HOST"),
    *("IMAGES_CACHE", "LLMS_SAVE_AS", "MATH_MACROS", "READING_PROCESSES", "RENDERING_PROCESSES"),
    *("ROOT_FILES", "SHARE_FONT", "SHARE_KEY", "SITEMAP_SAVE_AS", "SITE_PATH"),
}
# Lists of which each is a text.
OF_TEXTS = {
    *("ARTICLE_PATHS", "ARTICLE_EXCLUDES", "PAGE_PATHS", "PAGE_EXCLUDES", "STATIC_PATHS"),
    *("STATIC_EXCLUDES", "THEME_STATIC_PATHS", "THEME_TEMPLATES_OVERRIDES", "DIRECT_TEMPLATES"),
    *("TEMPLATE_EXTENSIONS", "IGNORE_FILES", "FORMATTED_FIELDS", "PLUGIN_PATHS"),
    *("BUILD_WATCHES", "FRONT_MATTER", "IMAGES_FORMATS", "ROBOTS_DISALLOW"),
}
# Where Pelican takes one for a list of one.
ONE_OR_SEVERAL = {"LOCALE", "PLUGIN_PATHS"}
# What is not to be made is nothing, whatever else it would have to be.
LEFT_OUT = ("", None, False)
# Every tag, category and author is linked to.
ADDRESSES = {"AUTHOR_URL", "CATEGORY_URL", "TAG_URL"}
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
    "PAGINATION_PATTERNS": [
        (1, "{base_name}/", "{base_name}/index.html"),
        (2, "{base_name}/page/{number}/", "{base_name}/page/{number}/index.html"),
    ],
    "EXTRA_PATH_METADATA": {"images/robots.txt": {"path": "robots.txt"}},
    "TEMPLATE_PAGES": {"books.html": "books/index.html"},
    "LOCALE": ["C"],
    **{name: ["notes"] for name in ("ARTICLE_PATHS", "PAGE_PATHS")},
    **{name: ["old"] for name in ("ARTICLE_EXCLUDES", "PAGE_EXCLUDES", "STATIC_EXCLUDES")},
    "THEME_TEMPLATES_OVERRIDES": ["theme_overrides/templates"],
    "PLUGIN_PATHS": ["my_plugins"],
    "MARKDOWN": {"extension_configs": {}},
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
# A rule for pages from a later number on is a rarity.
MANY_PAGES = 20
# Front matter is no longer, in most texts.
NEAR = 2_000


def setting_problems(settings: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with Pelican's own settings, a sentence each."""
    for name, value in settings.items():
        if misfit := kind_problem(name, value):
            yield misfit
        elif name == "PELICAN_CLASS" and not isinstance(value, str | type):
            yield f"PELICAN_CLASS is {value!r}, which is no class and no class's name. Remove the line."
        elif name == "PLUGINS":
            yield from plugin_problems(value, settings)
        elif name == "PAGINATION_PATTERNS":
            yield from rule_problems(value)
        elif name == "DEFAULT_DATE":
            yield from date_problems(value)
        elif name in PATTERNS or SUBSTITUTIONS.fullmatch(name):
            yield from pattern_problems(name, value)
        elif (address := ADDRESS.fullmatch(name)) and address["of"] in IN_BRACES:
            yield from address_problems(name, value, address["of"], settings)
    yield from listing_problems(settings)


def kind_problem(name: str, value: object) -> str:
    """What is wrong with one by its kind alone; empty where nothing is."""
    right = f"Write one such as {example(name)!r}."
    known = name in OURS or (name in KNOWN and name not in ANY)
    if known and (fault := fault_of_kind(name, value)):
        return f"{name} is {value!r}, which is {fault}. {right}"
    if name in OF_TEXTS and (wrong := [each for each in _several(value) if not is_text(each)]):
        return f"{name} has {wrong[0]!r}, which is no text. {right}"
    return ""


def of_their_kinds(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with an example of each that is of another kind: what else is wrong can be looked for."""
    return {
        name: example(name) if kind_problem(name, value) else value
        for name, value in settings.items()
    }


def plugin_problems(plugins: Any, settings: Mapping[str, Any]) -> Iterator[str]:
    """Without a list of them nothing of ours is there, and our theme lacks what it is made of."""
    # Pelican itself has none; a blog with another theme may do so, too.
    if plugins is None and str(settings.get("THEME")) != THEME:
        return
    right = "Write PLUGINS = plugins.in_order(), or remove the line."
    if not isinstance(plugins, list | tuple):
        yield f"PLUGINS is {plugins!r}, which is no list. {right}"
        return
    for each in plugins:
        if not isinstance(each, str | ModuleType):
            yield f"PLUGINS has {each!r}, which is no plugin and no plugin's name. {right}"


def listing_problems(settings: Mapping[str, Any]) -> Iterator[str]:
    """Where pages go that are no text's: each template of the settings has an address and a file."""
    templates = filter(is_text, _several(settings.get("DIRECT_TEMPLATES")))
    for each in (*map(str, templates), "discussions", "discussions_lang"):
        for name, may_be in ((f"{each}_URL", (str,)), (f"{each}_SAVE_AS", (str, Path))):
            name = name.upper()
            if name in KNOWN or name not in settings:
                continue
            value = settings[name]
            if not isinstance(value, may_be) and not (
                may_be[-1] is Path and value in (None, False)
            ):
                right = f"{each}/" if may_be == (str,) else f"{each}/index.html"
                yield f"{name} is {value!r}, which is no text. Write one such as {right!r}."


def is_text(value: object) -> bool:
    return isinstance(value, str | Path)


def _several(value: object) -> Iterable[object]:
    return value if isinstance(value, list | tuple) else ()


def example(name: str) -> object:
    return EXAMPLES.get(name, OURS.get(name, KNOWN.get(name)))


def fault_of_kind(name: str, value: object) -> str:
    """What a value is instead of what it has to be; nothing if it is that."""
    default = OURS[name] if name in OURS else KNOWN[name]
    if name in ADDRESSES and (value is None or value is False):
        return "no text"
    if default is None or may_be_left_out(name, default, value):
        return ""
    if value == "" and name in OURS and isinstance(default, str):
        return "empty"
    _, may_be, fault = next(each for each in KINDS if isinstance(default, each[0]))
    one = name in ONE_OR_SEVERAL and isinstance(value, str)
    return "" if one or isinstance(value, may_be) else fault


def may_be_left_out(name: str, default: object, value: object) -> bool:
    """Whether it is told to be done without, and can be."""
    if not any(value is each or value == each for each in LEFT_OUT):
        return False
    if name in OURS:
        return name in MAY_BE_NOTHING or isinstance(default, bool)
    return name not in NEEDED and isinstance(default, str | int)


def rule_problems(rules: Any) -> Iterator[str]:
    if not rules:
        yield f"PAGINATION_PATTERNS is empty. Write rules such as {example('PAGINATION_PATTERNS')!r}."
    for rule in rules:
        kinds = [type(part) for part in rule] if isinstance(rule, list | tuple) else []
        if kinds != [int, str, str]:
            yield f"PAGINATION_PATTERNS has {rule!r}. Write rules such as {example('PAGINATION_PATTERNS')!r}."
            return
    of_pages: dict[str, int] = {}
    for number in range(1, MANY_PAGES):
        # As Pelican does, the last that is for this page or for those before it.
        fitting = [save_as for first, _, save_as in rules if 0 <= first <= number]
        if fitting and "{number" not in fitting[-1] and fitting[-1] in of_pages:
            yield (
                f"PAGINATION_PATTERNS gives pages {of_pages[fitting[-1]]} and {number} of a list the same file,"
                f' "{fitting[-1]}". Write rules such as {example("PAGINATION_PATTERNS")!r}.'
            )
            return
        if fitting:
            of_pages[fitting[-1]] = number


def date_problems(value: Any) -> Iterator[str]:
    """Of DEFAULT_DATE, which every text without one has."""
    try:
        if isinstance(value, str) and value != "fs":
            get_date(value)
        elif value and value != "fs":
            SafeDatetime(*value)
    except (TypeError, ValueError):
        yield f'DEFAULT_DATE is {value!r}, which is no date. Write one such as "2026-01-31", or "fs".'


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
