"""Hugo's shortcodes: those that Hugo brings along, and what nearly every theme adds, as Markdown.

A shortcode of a theme may do anything: what nobody can tell stands in the text, and is named.
"""

import html
import re
from collections.abc import Callable

from authoring.import_site.post import Post, fenced, outside_code

Reference = Callable[[Post, str, str], str | None]

SHORTCODE = re.compile(
    r"\{\{(?P<open>[<%])[ \t\n]*(?P<end>/?)[ \t\n]*(?P<name>[\w/.-]+?)(?P<rest>(?:[ \t\n](?:\"[^\"]*\"|`[^`]*`|(?!%\}\}|>\}\}).)*?)?)"
    r"[ \t\n]*(?P<alone>/?)[ \t\n]*[>%]\}\}",
    re.DOTALL,
)
# What Hugo shows as it is typed.
SHOWN = re.compile(r"\{\{(?P<open>[<%])/\*(?P<inner>.*?)\*/(?P<close>[>%])\}\}", re.DOTALL)
HIGHLIGHT = re.compile(
    r"\{\{[<%]\s*highlight\s+\"?(?P<lang>[\w+#-]+)\"?(?P<given>[^>%]*)[>%]\}\}\n?(?P<code>.*?)\n?[ \t]*"
    r"\{\{[<%]\s*/\s*highlight\s*[>%]\}\}",
    re.DOTALL,
)
# Notes, as themes call them.
NOTES = {
    **dict.fromkeys(("notice", "admonition", "alert", "hint", "callout", "note", "info"), "note"),
    **{
        "tip": "tip",
        "success": "tip",
        "warning": "warning",
        "danger": "caution",
        "caution": "caution",
    },
    **{
        "important": "important",
        "question": "note",
        "abstract": "note",
        "quote": "note",
        "error": "caution",
    },
}
BOX = re.compile(
    rf"^(?P<in>[ \t]*)\{{\{{[<%]\s*(?P<name>{'|'.join(NOTES)})\b(?P<rest>[^>%]*)[>%]\}}\}}(?P<inner>.*?)"
    r"\{\{[<%]\s*/\s*(?P=name)\s*[>%]\}\}",
    re.DOTALL | re.MULTILINE,
)
GIVEN = re.compile(r"([\w-]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|`([^`]*)`|([^\s\"'`]+))")
WORDS = re.compile(r"\"([^\"]*)\"|`([^`]*)`|([^\s\"`=]+)(?=\s|$)")
FENCE = re.compile(
    r"^(?P<fence>[ \t>]*(?:`{3,}|~{3,})[ \t]*)(?P<lang>[\w+#.-]*)[ \t]*\{(?P<given>[^}\n]*)\}[ \t]*$",
    re.MULTILINE,
)
# What readers are shown, or told, of what a shortcode is given.
SAID = ("alt", "attr", "caption", "summary", "text", "title")
PLACES = {
    "youtube": "https://www.youtube.com/watch?v={}",
    "youtubelite": "https://www.youtube.com/watch?v={}",
    "vimeo": "https://vimeo.com/{}",
    "bilibili": "https://www.bilibili.com/video/{}",
    "instagram": "https://www.instagram.com/p/{}/",
    "asciinema": "https://asciinema.org/a/{}",
    "speakerdeck": "https://speakerdeck.com/player/{}",
    "niconico": "https://www.nicovideo.jp/watch/{}",
}


def given_in(rest: str) -> tuple[dict[str, str], list[str]]:
    """What a shortcode is given by name, and what by place."""
    named = {key: next(filter(None, values), "") for key, *values in GIVEN.findall(rest)}
    placed = [next(filter(None, values), "") for values in WORDS.findall(GIVEN.sub(" ", rest))]
    return named, [each for each in placed if each]


def translated(post: Post, body: str, reference: Reference) -> str:
    """A text without shortcodes, as far as anybody can tell what they meant."""
    body = re.sub(r"<!-- *more *-->", "", body)
    body = HIGHLIGHT.sub(highlighted, body)
    body = FENCE.sub(fence, body)

    def change(part: str, before: int) -> str:
        def one(found: re.Match[str]) -> str:
            made = meant(post, found, reference)
            if made is None:
                line = post.body_line + before + part.count("\n", 0, found.start())
                if not found["end"]:
                    post.note(
                        f"the shortcode {found['name']} has no meaning here and stands in the text",
                        line,
                    )
                return found[0]
            return made

        return SHORTCODE.sub(one, BOX.sub(boxed, part))

    # A note may hold code, and then is no part that stands between two pieces of it.
    body = outside_code(BOX.sub(boxed, body), change)
    return SHOWN.sub(r"{{\g<open>\g<inner>\g<close>}}", body)


def apart(body: str) -> str:
    """The words of a text, without its shortcodes."""
    body = HIGHLIGHT.sub(r"\n\g<code>\n", re.sub(r"<!-- *more *-->", "", body))
    return outside_code(FENCE.sub("```", body), lambda part, _: SHORTCODE.sub(said_in, part))


def said_in(found: re.Match[str]) -> str:
    """The words that a shortcode has for readers."""
    named, placed = given_in(found["rest"] or "")
    said = [value for key, value in named.items() if key in SAID]
    return " ".join(["", *said, *(each for each in placed if " " in each), ""])


def highlighted(found: re.Match[str]) -> str:
    lines = re.search(r"hl_lines\s*=\s*[\[\"']*([\d\s,\"'-]+)", found["given"])
    return fenced(found, found["lang"] + (marked(lines[1]) if lines else ""))


def fence(found: re.Match[str]) -> str:
    """Hugo's attributes of code, of which marked lines and a file's name mean something here."""
    lines = re.search(r"hl_lines\s*=\s*[\[\"']*([\d\s,\"'-]+)", found["given"])
    name = re.search(r"(?:title|filename|name)\s*=\s*\"([^\"]*)\"", found["given"])
    said = f' title="{name[1]}"' if name else ""
    return f"{found['fence']}{found['lang']}{said}{marked(lines[1]) if lines else ''}"


def marked(lines: str) -> str:
    return f' hl_lines="{" ".join(re.findall(r"[0-9]+(?:-[0-9]+)?", lines))}"'


def boxed(found: re.Match[str]) -> str:
    """A note; its words are indented below its head."""
    named, placed = given_in(found["rest"])
    kind = (
        named.get("type")
        or (placed[0] if placed and placed[0].lower() in NOTES else "")
        or found["name"]
    )
    rest = [
        each
        for each in placed
        if each.lower() != kind.lower() and each.lower() not in ("true", "false")
    ]
    title = named.get("title") or (rest[0] if rest else "")
    head = f"!!! {NOTES.get(kind.lower(), 'note')}" + (
        f' "{title.replace(chr(34), "”")}"' if title else ""
    )
    inner = found["inner"].strip("\n")
    lines = [f"    {line}" if line.strip() else "" for line in inner.split("\n")]
    return "\n".join(found["in"] + line if line else "" for line in ("", head, *lines, ""))


def meant(post: Post, found: re.Match[str], reference: Reference) -> str | None:
    name, rest = found["name"].lower(), found["rest"] or ""
    named, placed = given_in(rest)
    first = named.get("id") or named.get("src") or named.get("url") or (placed[0] if placed else "")
    if name in ("ref", "relref"):
        return reference(post, named.get("path") or first, named.get("lang", ""))
    if name in ("figure", "img", "image", "picture") and (named.get("src") or first):
        return figure(named, named.get("src") or first)
    if name in PLACES and first:
        return f"<{PLACES[name].format(named.get('id') or first)}>"
    if name == "gist" and len(placed) > 1:
        return f"<https://gist.github.com/{placed[0]}/{placed[1]}>"
    if (
        name in ("tweet", "twitter", "x", "twitter_simple", "x_simple")
        and named.get("user")
        and named.get("id")
    ):
        return f"<https://twitter.com/{named['user']}/status/{named['id']}>"
    if name in ("audio", "video") and first and not found["end"]:
        return f'<{name} controls src="{html.escape(first)}"></{name}>'
    if name in ("details", "collapse", "expand", "spoiler"):
        title = named.get("summary") or named.get("title") or (placed[0] if placed else "…")
        return (
            "\n\n</details>\n"
            if found["end"]
            else f"\n<details>\n<summary>{html.escape(title)}</summary>\n\n"
        )
    if name in ("rawhtml", "unsafe", "html", "center", "div", "raw"):
        return ""
    if name in ("toc", "table-of-contents"):
        return "\n[TOC]\n"
    if name in ("kbd", "mark", "sub", "sup") and (found["end"] or not found["alone"]):
        return (
            f"</{name}>"
            if found["end"]
            else f"<{name}>{html.escape(placed[0])}</{name}>"
            if placed
            else f"<{name}>"
        )
    if name in ("ruby", "rb") and len(placed) > 1:
        return f"<ruby>{html.escape(placed[0])}<rt>{html.escape(placed[1])}</rt></ruby>"
    if name in ("katex", "math", "mathjax") and not placed:
        return ""
    return None


def figure(named: dict[str, str], source: str) -> str:
    """A picture with its caption below it, within a link where it has one."""
    # As Hugo shows them: its title as a heading, then its words, then whose it is.
    said = [" ".join(named.get(key, "").split()) for key in ("title", "caption", "attr")]
    if said[0][-1:].isalnum() and said[1] not in ("", said[0]):
        said[0] += ":"
    caption = " ".join(dict.fromkeys(filter(None, said)))
    title = f' "{html.escape(caption)}"' if caption else ""
    alt = re.sub(r"[\[\]]", "", named.get("alt") or "")
    target = f"<{source}>" if re.search(r"\s", source) else source
    image = f"![{alt}]({target}{title})"
    return f"[{image}]({named['link']})" if named.get("link") else image
