"""CommonMark: the native parser, with what people who write blogs use beyond CommonMark.

`comrak`, which is written in Rust, reads CommonMark, tables, tasks, footnotes, strikethrough, bare
addresses and formulas in a line. What it does not know is put into words that it does know before it
reads a text (`source`, `blocks`), and what it writes becomes the neutral HTML that `postprocess` and the theme
know (`finish`).

Signs of our own travel through the parser as noncharacters of Unicode, which no text has a
use for; they are taken out of what is read. Each piece of work is begun only when a quick look says
that the text has something for it, so that ordinary prose pays for nothing but the parser.
"""

from functools import cache
from importlib.metadata import version as version_of
from typing import Any

from formats import bare_addresses

from . import finish, signs, source


@cache
def parser() -> Any:
    """The native module; loaded by the first text, so that a start without one does not wait."""
    import comrak

    return comrak


@cache
def version() -> str:
    return version_of("comrak")


@cache
def extensions(addresses: bool, formulas: bool, definitions: bool) -> Any:
    """What is switched on; looking for bare addresses costs as much as half of all the rest."""
    given = parser().ExtensionOptions()
    given.table = given.strikethrough = given.tasklist = given.footnotes = True
    given.cjk_friendly_emphasis = True
    given.autolink = addresses
    given.math_dollars = formulas
    given.description_lists = definitions
    return given


@cache
def rendering() -> Any:
    given = parser().RenderOptions()
    given.unsafe_ = True  # The HTML in an article is its author's own.
    given.full_info_string = True
    return given


def html(text: str) -> str:
    """The neutral HTML of a text that has no front matter; depends on nothing but the text."""
    text = signs.without(text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text)
    prepared = source.prepare(text)
    addresses = "@" in text or "://" in text or "www." in text
    written = parser().render_markdown(
        bare_addresses.ended(prepared.text),
        extension_options=extensions(addresses, prepared.formulas, prepared.definitions),
        render_options=rendering(),
    )
    return finish.finish(bare_addresses.whole(written), prepared).rstrip("\n")
