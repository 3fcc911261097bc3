"""Policy: what of a text a page's policy would silently keep from readers, named with its remedy.

The pages load what is their own and nothing else (`formats/http_headers`): a picture on another host, a
player, a script or a style in a text is not shown there, and a browser says so to nobody.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from bs4.element import Tag

SCRIPT = "{what} does not run here. Take it out; a file for the whole blog is named in EXTRA_JS"
HANDLER = "{what} does not run here. Take it out"
STYLE = (
    "{what} has no effect here. Take it out, or write a class, and a rule in a file of EXTRA_CSS"
)
FRAME = "the player of {what} became a link, since pages here load nothing from other hosts"
FORM = (
    "a form that sends to {what} sends nothing from here. Link to the page that has it, or name its"
    " host in ALLOW_FORMS_TO"
)
REMOTE = (
    "the picture {what} stays on another host, from which pages here load nothing. Import with"
    " --fetch-pictures, or name its host in ALLOW_IMAGES_FROM"
)
MEDIA = (
    "{what} stays on another host, from which pages here load nothing. Put the file into content/files/"
    " and correct the link, or name its host in ALLOW_MEDIA_FROM"
)
TAG = re.compile(
    r"<(?P<name>[a-zA-Z][\w-]*)(?P<given>(?:\s+[\w:@.-]+(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'>]+))?)*)\s*/?>"
)
GIVEN = re.compile(r"(?P<key>[\w:@.-]+)(?:\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+)))?")
WHOLE = re.compile(r"(?:https?:)?//", re.IGNORECASE)


def shows(settings: dict[str, Any], url: str) -> bool:
    """Whether the blog's pages may load a picture from there."""
    host = urlsplit(url).hostname or ""
    for each in settings.get("ALLOW_IMAGES_FROM") or ():
        named = urlsplit(each if "://" in each else f"//{each}").hostname or ""
        if each == "https:" or host == named or (named[:2] == "*." and host.endswith(named[1:])):
            return True
    return False


def of_tag(name: str, given: dict[str, str]) -> Iterator[str]:
    """What is not shown, or does nothing, of an element."""
    source = given.get("src") or given.get("data") or ""
    if name == "script" and given.get("type") not in ("application/ld+json", "math/tex"):
        yield SCRIPT.format(what=f"the script {source}" if source else "a script in the text")
    elif name in ("style", "link"):
        yield STYLE.format(what="a style sheet in the text")
    elif name in ("iframe", "embed", "object", "frame") and source:
        yield FRAME.format(what=source)
    elif name == "form":
        yield FORM.format(what=given.get("action") or "this page")
    elif name in ("audio", "video", "source", "track") and WHOLE.match(source):
        yield MEDIA.format(what=f"the {name} {source}")
    for key in given:
        if re.fullmatch(r"on[a-z]{3,}", key):
            yield HANDLER.format(what=f'{key}="…" of <{name}>')


def of_element(node: Tag) -> list[str]:
    """The same of an element that has been read; its looks were a theme's, and go without a word."""
    given = {
        str(key).lower(): " ".join(value) if isinstance(value, list) else str(value or "")
        for key, value in node.attrs.items()
    }
    return list(of_tag(node.name, given))


def of_text(text: str) -> Iterator[tuple[int, str]]:
    """The same of the HTML in Markdown, each with its line in the text, counted from nothing."""
    for found in TAG.finditer(text):
        given = {
            each["key"].lower(): next((value for value in each.groups()[1:] if value), "")
            for each in GIVEN.finditer(found["given"])
        }
        said = list(of_tag(found["name"].lower(), given))
        if "style" in given:
            said.append(STYLE.format(what=f'style="{given["style"]}"'))
        line = text.count("\n", 0, found.start())
        yield from ((line, each) for each in said)
