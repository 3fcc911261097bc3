"""Theme settings: what a blog's owner writes for its looks, checked before anything is built.

Every one has a default under which a site looks right. A wrong one stops the build: the message
names the setting, its value and the remedy, for all of them at once. An accent of one's own becomes
part of the site's style sheet, so that it costs no request and no inline style.

Settings (docs/theme.md): SITENAME, SITESUBTITLE, DEFAULT_LANG, TIMEZONE, MENUITEMS, SOCIAL, ACCENT, LICENCE,
EDIT_LINK, and those of `branding`. Templates get `accent_style` (CSS, or ""), `menu` (pairs of title and address, or None),
`social` and `licence` (pairs) and the filter `edit_link`.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from babel import Locale, UnknownLocaleError
from pelican import signals

from plugins import problems
from plugins.site import Article, Generator

from . import branding

HEX = re.compile(r"#[0-9a-fA-F]{6}")
SURFACE = re.compile(r"--surface:\s*light-dark\((#[0-9a-f]{6}),\s*(#[0-9a-f]{6})\)")
# WCAG 2.2, 1.4.3: text of ordinary size. Links and badges are set in the accent.
CONTRAST = 4.5
SCHEMES = ("light", "dark")
LINKS = ("http", "https", "mailto")

Settings = dict[str, Any]
Pair = tuple[str, str]


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb`, as WCAG defines it."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def nearest(colour: str, surface: str) -> str:
    """The colour, moved towards black or white just so far that it can be read on the surface."""
    end = 0 if luminance(surface) > 0.18 else 255
    parts = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    for step in range(101):
        mixed = (round(part + (end - part) * step / 100) for part in parts)
        candidate = "#{:02x}{:02x}{:02x}".format(*mixed)
        if contrast(candidate, surface) >= CONTRAST:
            return candidate
    raise AssertionError("black and white can be read on every surface")


def surfaces(theme: Path) -> tuple[str, str]:
    """The page's colours, light and dark, from the theme's own tokens; white and black if none."""
    tokens = theme / "static" / "css" / "tokens.css"
    found = SURFACE.search(tokens.read_text(encoding="utf-8")) if tokens.exists() else None
    return (found[1], found[2]) if found else ("#ffffff", "#000000")


def is_pair(value: object) -> bool:
    return (
        isinstance(value, tuple | list)
        and len(value) == 2
        and all(isinstance(part, str) and part.strip() for part in value)
    )


def setting_problems(settings: Settings) -> Iterator[str]:
    """What is wrong with the theme's settings, a sentence each."""
    for name in ("SITENAME", "SITESUBTITLE"):
        value = settings.get(name, "")
        if not isinstance(value, str) or "<" in value or (name == "SITENAME" and not value.strip()):
            yield f'{name} is {value!r}. Write plain text, such as "Notes from the shed".'
    lang = settings.get("DEFAULT_LANG")
    try:
        Locale.parse(str(lang).replace("_", "-"), sep="-")
    except (UnknownLocaleError, ValueError):
        yield f'DEFAULT_LANG is {lang!r}, which is no language. Write one such as "en" or "zh-cn".'
    yield from link_problems(settings)
    yield from branding.problems(settings)
    yield from accent_problems(settings)
    edit = settings.get("EDIT_LINK")
    if edit and (
        not isinstance(edit, str) or "{path}" not in edit or urlsplit(edit).scheme not in LINKS[:2]
    ):
        yield (
            f"EDIT_LINK is {edit!r}. Write a whole address with {{path}} where the article's file"
            ' goes, such as "https://example.org/you/blog/edit/main/content/{path}".'
        )


def link_problems(settings: Settings) -> Iterator[str]:
    for name, example in (
        ("MENUITEMS", '[("Archives", "archives/"), ("Photos", "https://photos.example.org/")]'),
        ("SOCIAL", '[("Mastodon", "https://example.social/@you"), ("E-mail", "mailto:you@…")]'),
    ):
        value = settings.get(name) or []
        if not isinstance(value, tuple | list):
            yield f"{name} is {value!r}, which is no list. Write pairs, such as {example}."
            continue
        for item in value:
            if not is_pair(item):
                yield f"{name} has {item!r}, which is no pair. Write pairs, such as {example}."
            elif (urlsplit(item[1]).scheme or ("" if name == "SOCIAL" else "https")) not in LINKS:
                yield (
                    f"{name} has {item!r}. Write an address that begins with https:// or mailto:"
                    f"{', or a path on this site' * (name == 'MENUITEMS')}."
                )
    licence = settings.get("LICENCE")
    if licence and not isinstance(licence, str) and not is_pair(licence):
        yield (
            f"LICENCE is {licence!r}. Write its name, or name and address, such as"
            ' ("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/").'
        )


def accents(settings: Settings) -> tuple[Any, ...]:
    value = settings.get("ACCENT") or ()
    return tuple(value) if isinstance(value, tuple | list) else (value,)


def accent_problems(settings: Settings) -> Iterator[str]:
    given = accents(settings)
    if not given:
        return
    if len(given) != 2 or not all(isinstance(one, str) and HEX.fullmatch(one) for one in given):
        yield (
            f"ACCENT is {settings['ACCENT']!r}. Write two colours as #rrggbb, for the light page"
            ' and the dark one, such as ("#9c3a20", "#e58a6f").'
        )
        return
    for scheme, colour, surface in zip(
        SCHEMES, given, surfaces(Path(settings["THEME"])), strict=True
    ):
        found = contrast(colour, surface)
        if found < CONTRAST:
            yield (
                f"ACCENT is {colour} on the {scheme} page, which is {surface}: a contrast of"
                f" {found:.2f}, and links need {CONTRAST}. Write a"
                f" {'darker' if scheme == 'light' else 'lighter'} one, such as"
                f" {nearest(colour, surface)}."
            )


def accent_style(settings: Settings) -> str:
    """The rules that put the owner's accent in the place of the theme's; "" where there is none."""
    if not (given := accents(settings)):
        return ""
    light, dark = given
    return f"@layer tokens{{:root{{--accent:light-dark({light},{dark})}}}}\n"


def pair(value: str | Pair | None) -> Pair | None:
    if not value:
        return None
    return (value, "") if isinstance(value, str) else (value[0], value[1])


def offer(generator: Generator) -> None:
    settings = generator.settings
    prefix = urlsplit(settings.get("SITEURL", "")).path.rstrip("/")

    def here(address: str) -> str:
        """An address in the menu: a path on this site begins where the site does."""
        return address if urlsplit(address).scheme else f"{prefix}/{address.lstrip('/')}"

    def edit_link(content: Article) -> str:
        path = quote(getattr(content, "relative_source_path", "") or "")
        return str(settings.get("EDIT_LINK") or "").replace("{path}", path)

    generator.env.globals.update(
        accent_style=accent_style(settings),
        menu=[(title, here(address)) for title, address in settings.get("MENUITEMS") or []] or None,
        social=[pair(item) for item in settings.get("SOCIAL") or []],
        licence=pair(settings.get("LICENCE")),
        **branding.for_templates(settings),
    )
    generator.env.filters["edit_link"] = edit_link


def register() -> None:
    problems.listen()
    signals.generator_init.connect(offer)
