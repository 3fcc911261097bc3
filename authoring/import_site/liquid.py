"""Liquid: what Jekyll's templates and kramdown's own signs in a text mean, as Markdown.

Liquid is read before Markdown, in code as well. What a theme's own files would have put there nobody can tell:
it stands in the text, and is named.
"""

import html
import re
from collections.abc import Callable
from functools import partial
from typing import Any

from authoring.import_site.post import Post, fenced, outside_code

Reference = Callable[[str], str | None]

HIGHLIGHT = re.compile(
    r"\{%-?\s*highlight\s+(?P<lang>[\w+#.-]+)(?P<given>[^%]*?)-?%\}\n?(?P<code>.*?)\n?[ \t]*\{%-?\s*endhighlight\s*-?%\}",
    re.DOTALL,
)
COMMENT = re.compile(
    r"\{%-?\s*comment\s*-?%\}.*?\{%-?\s*endcomment\s*-?%\}|\{::comment\}.*?\{:/(?:comment)?\}",
    re.DOTALL,
)
RAW = re.compile(r"\{%-?\s*raw\s*-?%\}(?P<inner>.*?)\{%-?\s*endraw\s*-?%\}", re.DOTALL)
LIQUID = re.compile(
    r"\{%-?\s*(?P<tag>\w+)(?P<rest>(?:\"[^\"]*\"|'[^']*'|(?!%\}|\{%).)*?)-?%\}|\{\{-?\s*(?P<value>(?:(?!\}\}|\{\{).)*?)\s*-?\}\}",
    re.DOTALL,
)
GIVEN = re.compile(r"([\w-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"']+))")
# What readers are shown, or told, of what a tag is given.
SAID = ("alt", "attr", "caption", "description", "summary", "text", "title")
PICTURE = re.compile(r"\.(?:avif|gif|jpe?g|png|svg|webp)$", re.IGNORECASE)
PLACES = {
    "youtube": "https://www.youtube.com/watch?v={}",
    "vimeo": "https://vimeo.com/{}",
    "gist": "https://gist.github.com/{}",
    "twitter": "{}",
    "tweet": "{}",
    "bilibili": "https://www.bilibili.com/video/{}",
}
# kramdown's own
TOC = re.compile(
    r"^[*+-] [^\n]*\n\{:\s*toc\b[^}]*\}|^1\. [^\n]*\n\{:\s*toc\b[^}]*\}|^\{:\s*toc\b[^}]*\}$",
    re.MULTILINE | re.IGNORECASE,
)
OPTIONS = re.compile(
    r"^\{::options[^}]*/\}\n?|\{::nomarkdown\}|\{:/(?:nomarkdown)?\}|^\^[ \t]*$", re.MULTILINE
)
NO_TOC = re.compile(r"^\{:\s*\.?no_toc\s*\}\n?", re.MULTILINE)
# Attributes before a block: looks, which were the theme's.
BEFORE = re.compile(r"(?<=\n\n)\{:[^}\n]*\}[ \t]*\n(?=\S)")
BEHIND_A_TABLE = re.compile(r"(^[^\n]*\|[^\n]*\n)\{:[^}\n]*\}[ \t]*$", re.MULTILINE)
DEFINITION = re.compile(r"^\{:[\w-]+:[^}\n]*\}\n?", re.MULTILINE)
INLINE_FORMULA = re.compile(r"(?<![\\$])\$\$(?!\$)(?P<tex>(?:[^$\n]|\\\$)+?)\$\$(?!\$)")
HEADLESS = re.compile(r"(?:(?<=\n\n)|\A)(?P<table>(?:\|[^\n]*\|[ \t]*\n?)+)(?=\n|\Z|\{:)")
RULE = re.compile(r"^\|?[ \t:|+=-]*-[ \t:|+=-]*$")


def translated(
    post: Post, body: str, said: dict[str, str], reference: Reference, post_line: int
) -> str:
    """A text without Liquid, and with kramdown's signs as they are written here."""
    literal: list[str] = []

    def keep(found: re.Match[str]) -> str:
        literal.append(found["inner"])
        return f"\ue004{len(literal) - 1}\ue005" + "\n" * found["inner"].count("\n")

    text = RAW.sub(keep, body) if "endraw" in body else body
    text = COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text)
    text = HIGHLIGHT.sub(highlighted, text) if "endhighlight" in text else text

    def one(found: re.Match[str], before: int) -> str:
        made = meant(found, said, reference)
        if made is None:
            line = post_line + before + found.string.count("\n", 0, found.start())
            post.note(
                f"{' '.join(found[0].split())} has no meaning here and stands in the text", line
            )
            return found[0]
        return made

    # Where code was coloured by Liquid its own braces are nobody's.
    text = outside_code(text, lambda part, before: LIQUID.sub(partial(one, before=before), part))
    text = outside_code(text, lambda part, _: kramdown(part))
    for number, inner in enumerate(literal):
        text = text.replace(f"\ue004{number}\ue005" + "\n" * inner.count("\n"), inner)
    return text


def apart(body: str) -> str:
    """The words of a text without Liquid and kramdown's signs."""
    text = COMMENT.sub(" ", HIGHLIGHT.sub(r"\n\g<code>\n", RAW.sub(r"\g<inner>", body)))
    text = outside_code(text, lambda part, _: LIQUID.sub(said_in, part))
    for pattern in (TOC, OPTIONS, NO_TOC, DEFINITION):
        text = pattern.sub(" ", text)
    return text


def said_in(found: re.Match[str]) -> str:
    """The words that a tag has for readers."""
    given = GIVEN.findall(found["rest"] or "")
    return " ".join(["", *("".join(values) for key, *values in given if key in SAID), ""])


def highlighted(found: re.Match[str]) -> str:
    return fenced(found, found["lang"])


def kramdown(text: str) -> str:
    text = NO_TOC.sub("", DEFINITION.sub("", OPTIONS.sub("", TOC.sub("[TOC]", text))))
    text = BEHIND_A_TABLE.sub(r"\1", BEFORE.sub("", text))
    text = re.sub(r"\\\\(?=[ \t]*\n)", r"\\", text)
    text = HEADLESS.sub(with_head, text)

    def formula(found: re.Match[str]) -> str:
        before = text[: found.start()].rpartition("\n")[2].strip(" >\t")
        after = text[found.end() :].partition("\n")[0].strip()
        return found[0] if not before and not after else f"${found['tex'].strip()}$"

    return INLINE_FORMULA.sub(formula, text) if "$$" in text else text


def with_head(found: re.Match[str]) -> str:
    """A table without a head, which kramdown takes; here it gets an empty one."""
    rows = found["table"].rstrip("\n").split("\n")
    if len(rows) > 1 and RULE.match(rows[1]):
        return found[0]
    rows = [row for row in rows if not RULE.match(row)]
    cells = max((len(re.findall(r"(?<!\\)\|", row)) - 1 for row in rows), default=0)
    if not rows or cells < 1:
        return found[0]
    return "\n".join(["|" + "   |" * cells, "|" + " --- |" * cells, *rows]) + "\n" * found[
        "table"
    ].endswith("\n")


def meant(found: re.Match[str], said: dict[str, str], reference: Reference) -> str | None:
    tag, rest = (found["tag"] or "").lower(), (found["rest"] or "").strip()
    if not tag:
        return value_of(found["value"] or "", said)
    if tag in ("post_url", "link"):
        return reference(rest)
    given = {key: next(filter(None, values), "") for key, *values in GIVEN.findall(rest)}
    words = GIVEN.sub(" ", rest).split()
    if tag == "include" and words[:1] == ["JB/setup"]:
        return ""  # An old theme's beginning of every text; it shows nothing.
    if tag == "include" and words:
        return included(words[0], given)
    if tag in PLACES and words:
        return f"<{PLACES[tag].format(words[0])}>"
    if tag in ("figure", "img", "image") and (
        source := given.get("src") or next((each for each in words if PICTURE.search(each)), "")
    ):
        # `img left /a.png 200 100 words`, as an old plugin has it.
        after = (
            [each.strip("\"'") for each in words[words.index(source) + 1 :]]
            if source in words
            else []
        )
        alt = " ".join(each for each in after if not each.isdigit())
        return pictured(source, {"alt": alt, **given})
    return None


def included(name: str, given: dict[str, str]) -> str | None:
    """A file of the theme, where what it is given says enough: a picture, or a film."""
    source = next((value for value in given.values() if PICTURE.search(value)), "")
    if source:
        return pictured(source, given)
    host = next(
        (
            each
            for each in ("youtube", "vimeo", "bilibili")
            if each in f"{name} {given.get('provider', '')}".lower()
        ),
        "",
    )
    if host and (number := given.get("id") or given.get("video_id") or given.get("videoId")):
        return f"<{PLACES[host].format(number)}>"
    return None


def pictured(source: str, given: dict[str, str]) -> str:
    caption = html.escape(
        " ".join(
            (given.get("caption") or given.get("title") or given.get("description") or "").split()
        )
    )
    title = f' "{caption}"' if caption else ""
    alt = re.sub(r"[\[\]]", "", given.get("alt") or given.get("image_alt") or "")
    return f"![{alt}]({f'<{source}>' if ' ' in source else source}{title})"


def value_of(value: str, said: dict[str, str]) -> str | None:
    """What stands between double braces, where it needs no template."""
    parts = [each.strip() for each in value.split("|")]
    first, filters = parts[0], parts[1:]
    literal = re.fullmatch(r"[\"'](.*)[\"']", first)
    if first in ("site.baseurl", "site.url"):
        return ""
    text = literal[1] if literal else said.get(first)
    if text is None:
        return None
    for each in filters:
        name, _, argument = each.partition(":")
        if name.strip() in ("prepend", "append") and "site." in argument:
            continue
        if name.strip() not in (
            "relative_url",
            "absolute_url",
            "escape",
            "strip",
            "xml_escape",
            "uri_escape",
        ):
            return None
    return text


def values(settings: dict[str, Any], keys: dict[str, Any]) -> dict[str, str]:
    """What a text may call by a name: plain words of settings and front matter."""
    plain = str | int | float
    found = {f"site.{key}": str(each) for key, each in settings.items() if isinstance(each, plain)}
    return found | {
        f"page.{key}": str(each) for key, each in keys.items() if isinstance(each, plain)
    }
