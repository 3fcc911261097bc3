"""New article: its file, with what its first lines need and a folder for its pictures.

Nothing is ever overwritten: neither a file, nor an address that another article has.
"""

import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import NamedTuple

from babel import Locale, UnknownLocaleError, localedata

from authoring import Refused, terminal
from authoring.blog import Blog
from plugins.delivery import addresses
from plugins.markdown import dates

# The longest name that common file systems take, less what an extension and a language need.
MAX_SLUG_CHARS = 120


class Started(NamedTuple):
    """The new article's file, and the folder for its pictures."""

    path: Path
    pictures: Path


def article(
    blog: Blog,
    title: str,
    *,
    lang: str = "",
    series: str = "",
    draft: bool = False,
    slug: str = "",
    date: str = "",
) -> Started:
    """Write the first lines of an article; raises Refused for what is there already."""
    title = " ".join(title.split())
    if not title:
        raise Refused('Give the article a title: python3 tasks.py new "How pelicans fish"')
    lang = checked(lang)
    date = " ".join(date.split()) or blog.now().isoformat(" ", "minutes")
    if wrong := dates.wrong(date, blog.zone.key):
        raise Refused(f'--date "{date}" {wrong}')
    made = blog.slug(slug or title, lang)[:MAX_SLUG_CHARS].strip("-")
    if not made or (slug and made != slug):
        wrong = f'"{slug}" is no address' if slug else f'"{title}" has no letters for an address'
        remedy = made or "how-pelicans-fish"
        raise Refused(f"{wrong}. Give one of a-z, 0-9 and -: --slug {remedy}")
    lang = lang or blog.lang
    translated = lang != blog.lang
    if what := addresses.reserved(blog.settings, made):
        raise Refused(f"The address {made} is that of {what}. Choose another: --slug {made}-2")
    for other in blog.sources:
        if other.slug == made and other.lang == lang:
            raise Refused(
                f"{other.shown} has the address {made} already. Open that one, or choose another:"
                f" --slug {made}-2"
            )
    path = blog.content / f"{made}{f'.{lang}' * translated}.md"
    lines = [f"Title: {title}", f"Date: {date}", f"Slug: {made}"]
    lines += [f"Lang: {lang}"] * translated
    lines += [f"Series: {' '.join(series.split())}"] * bool(series.strip())
    lines += ["Status: draft"] * draft
    lines += ["Tags: "]
    try:
        # "x": a file that came into being since is not overwritten either.
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write("\n".join(lines) + "\n\n")
    except FileExistsError:
        raise Refused(
            f"{path.relative_to(blog.root)} is there already. Open that one, or choose another"
            f" name: --slug {made}-2"
        ) from None
    pictures = blog.content / "images" / made
    pictures.mkdir(parents=True, exist_ok=True)
    return Started(path, pictures)


def checked(lang: str) -> str:
    """A language as front matter spells it: zh-cn, not zh_CN."""
    typed, lang = lang.strip(), lang.strip().replace("_", "-").lower()
    if not lang:
        return ""
    try:
        Locale.parse(lang, sep="-")
    except (UnknownLocaleError, ValueError):
        remedy = code_of(typed) or "one such as en, de or zh-cn"
        raise Refused(f'"{typed}" is no language. Write {remedy}.') from None
    return lang


def code_of(name: str) -> str:
    """The language that has this name, in English or in itself; nothing where none has."""
    for code, english in Locale("en").languages.items():
        if english.casefold() == name.casefold() and localedata.exists(code):
            return str(code).replace("_", "-").lower()
    for code in localedata.locale_identifiers():
        if "_" not in code and Locale(code).languages.get(code, "").casefold() == name.casefold():
            return code
    return ""


def editor() -> list[str]:
    """The command that opens a file, or nothing where there is no editor or nobody at a terminal."""
    if not terminal.is_there():
        return []
    return shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "")


def edit(path: Path) -> None:
    """Open the file in the author's editor and wait until it is closed; raises Refused."""
    command = editor()
    if not command:
        return
    # vim, nano, emacs and their kin begin where the text begins.
    end = f"+{len(path.read_text(encoding='utf-8').splitlines()) + 1}"
    at = [end] if re.fullmatch(r"n?vim?|nano|emacs|micro", Path(command[0]).name) else []
    try:
        subprocess.run([*command, *at, str(path)], check=False)  # noqa: S603 - the author's own
    except OSError as error:
        raise Refused(
            f"The editor {command[0]} could not be started: {error.strerror}. The article is there;"
            " set EDITOR to a program that you have."
        ) from None
