"""Branding: the author's own icon, logo, footer, style sheets and scripts, without a template changed.

What they name lies in the folder whose files stand at the site's root (`incremental/output` copies it).
An address carries a hash of the file, so that no browser shows yesterday's.

Settings (docs/theme.md): ICON, LOGO, FOOTER, EXTRA_CSS, EXTRA_JS, ROOT_FILES. Templates get `icon`, `logo`,
`extra_css` and `extra_js` (addresses), and `footer` (HTML); the manifest tells the comment service.
"""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, urlsplit

import comrak
from markupsafe import Markup

Settings = dict[str, Any]

# What each names: one file or several, and of which kinds.
FILES = {
    "ICON": (".ico", ".png", ".svg"),
    "LOGO": (".avif", ".gif", ".jpeg", ".jpg", ".png", ".webp", ".svg"),
    "EXTRA_CSS": (".css",),
    "EXTRA_JS": (".js",),
}
SEVERAL = ("EXTRA_CSS", "EXTRA_JS")
PARAGRAPH = re.compile(r"</?p>\n?")
ADDRESS = re.compile(r'(?<= href=")(?!#|[a-z][a-z0-9+.-]*:|//)([^"]*)')


def named(settings: Settings, setting: str) -> list[str]:
    """The files that a setting names, as they stand below the site's root."""
    value = settings.get(setting) or ()
    return [str(each).lstrip("/") for each in ([value] if isinstance(value, str) else value)]


def problems(settings: Settings) -> Iterator[str]:
    """What is wrong with these settings, a sentence each."""
    root = Path(settings.get("ROOT_FILES") or "theme_overrides/static")
    shown = "/".join(root.parts[-2:])
    for setting, kinds in FILES.items():
        if not (value := settings.get(setting)):
            continue
        each = f'{"a list of names, such as [" if setting in SEVERAL else ""}"my{kinds[-1]}"'
        told = f"Write {each}{']' * (setting in SEVERAL)}, and put the file into {shown}/."
        several = isinstance(value, list | tuple) and setting in SEVERAL
        if not (isinstance(value, str) or (several and all(isinstance(v, str) for v in value))):
            yield f"{setting} is {value!r}. {told}"
            continue
        for name in named(settings, setting):
            path = PurePosixPath(name)
            if path.suffix.lower() not in kinds or ".." in path.parts or urlsplit(name).scheme:
                yield f"{setting} has {name!r}, which is no {' or '.join(kinds)} of your own. {told}"
            elif not (root / name).is_file():
                yield f"{setting} has {name!r}, and there is no {shown}/{name}. Put it there."
    if not isinstance(settings.get("FOOTER") or "", str):
        yield f'FOOTER is {settings["FOOTER"]!r}. Write a line of Markdown, such as "© Ada Quill".'


def addresses(settings: Settings, setting: str) -> list[str]:
    """Below the site's root, each with a hash of what it says."""
    root = Path(settings.get("ROOT_FILES") or "")
    return [
        f"{quote(name)}?{hashlib.sha256((root / name).read_bytes()).hexdigest()[:8]}"
        for name in named(settings, setting)
        if (root / name).is_file()
    ]


def footer(settings: Settings, before: str) -> str:
    """The line as HTML; what it links to on this site begins with `before`."""
    options = comrak.RenderOptions()
    options.unsafe_ = True  # HTML, as in an article: the author's own
    html = comrak.render_markdown(settings.get("FOOTER") or "", render_options=options).strip()
    html = PARAGRAPH.sub("", html) if html.count("<p>") == 1 else html
    return ADDRESS.sub(lambda found: f"{before}/{found[1].lstrip('/')}", html)


def for_templates(settings: Settings) -> dict[str, Any]:
    before = urlsplit(settings.get("SITEURL", "")).path.rstrip("/")
    found = {
        setting.lower(): [f"{before}/{name}" for name in addresses(settings, setting)]
        for setting in FILES
    }
    return {
        **found,
        **{name: next(iter(found[name]), "") for name in ("icon", "logo")},
        "footer": Markup(footer(settings, before)),  # noqa: S704 - the author's own
    }


def for_service(settings: Settings, site_url: str) -> dict[str, Any]:
    """What the comment service's pages take over; only what there is."""

    def whole(setting: str) -> list[str]:
        return [f"{site_url}/{name}" for name in addresses(settings, setting)]

    told = {
        "icon": next(iter(whole("ICON")), ""),
        "logo": next(iter(whole("LOGO")), ""),
        "footer": footer(settings, site_url),
        "styles": whole("EXTRA_CSS"),
    }
    return {name: value for name, value in told.items() if value}
