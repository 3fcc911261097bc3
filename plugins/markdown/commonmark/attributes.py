"""Attributes in braces: `{: .class #id key="value" }` behind what they are meant for.

Behind an image, a link, code or stressed words they belong to these; at the end of a heading or of a
cell, to that; on the last line of a paragraph, an item or a definition, to that.
"""

import re
from html import escape, unescape

Attributes = dict[str, str | None]

# A bare address in a value has become a link by now. No other tag may stand in the braces.
LIST = r"\{(?P<sure>:?) *(?P<list>[^{}\n <](?:[^{}\n<]|</?a\b[^<>]*>)*)\}"
INLINE = re.compile(
    rf"(?P<element><(?:img|(?P<end>/?)(?P<tag>a|code|em|strong|del))\b[^<>]*>)(?:{LIST})?"
)
LAST_LINE = re.compile(
    rf"\n{LIST} *(?=</(?P<tag>p|li|dd)>|&#160;<a class=\"footnote-backref\"|\n<[uod]l>)"
)
CELL = re.compile(rf" +{LIST} *(?=</(?P<tag>td|th|dt)>)")
AT_THE_END = re.compile(rf"(?:^| +){LIST} *$")
ONE = re.compile(r"""(?P<key>[^\s=]+)=(?:"(?P<a>[^"]*)"|'(?P<b>[^']*)'|(?P<c>\S+))|(?P<word>\S+)""")
# What stands in braces alone is a list only if all of it is meant as one: else words would be lost.
NAME = re.compile(r"[A-Za-z][\w:.-]*")
ALONE = frozenset(
    (
        *("allowfullscreen", "autoplay", "checked", "controls", "default", "disabled", "download"),
        *("hidden", "inert", "itemscope", "loop", "markdown", "muted", "nofollow", "open"),
        *("reversed", "-"),  # Of Pandoc: no number.
    )
)
NOT_IN_A_NAME = re.compile(r"[^\w:.-]+")
TAG = re.compile(r"<[^<>]*>")
# Whether there may be any of them: a search for one rare letter is quick.
BEHIND, BELOW = re.compile(r"\{(?<=>\{)"), re.compile(r"\{(?<=\n\{)")
BEFORE = re.compile(r"\}(?= *</(?:td|th|dt)>)")

Edit = tuple[int, int, str]


def assigned(html: str) -> str:
    edits: list[Edit] = []
    if BEHIND.search(html):
        edits += of_inline(html)
    if BELOW.search(html):
        edits += [edit for found in LAST_LINE.finditer(html) for edit in of_element(html, found)]
    if BEFORE.search(html):
        edits += [edit for found in CELL.finditer(html) for edit in of_element(html, found)]
    if not edits:
        return html
    out, last = [], 0
    for start, end, text in sorted(edits):
        if start >= last:
            out += [html[last:start], text]
            last = end
    return "".join([*out, html[last:]])


def is_list(found: re.Match[str]) -> bool:
    """Whether what stands in braces is a list, and no words of a text or of another program."""
    return bool(found["sure"]) or all(
        (len(word) > 1 and word[0] in ".#") or word in ALONE
        if (word := each["word"])
        else NAME.fullmatch(each["key"])
        for each in ONE.finditer(unescape(TAG.sub("", found["list"])))
    )


def of_inline(html: str) -> list[Edit]:
    edits: list[Edit] = []
    begun: dict[str, list[re.Match[str]]] = {}
    for found in INLINE.finditer(html):
        tag, text = found["tag"], found["list"]
        if tag and not found["end"]:
            begun.setdefault(tag, []).append(found)
            continue
        opened = begun[tag].pop() if tag and begun.get(tag) else found
        if not text or (tag and opened is found) or not is_list(found):
            continue
        start, end = opened.span("element")
        edits.append((start, end, adorned(opened["element"], text)))
        edits.append((found.end("element"), found.end(), ""))
    return edits


def of_element(html: str, found: re.Match[str]) -> list[Edit]:
    if not is_list(found):
        return []
    # Before the way back from a footnote ends a paragraph, before a list the words of an item.
    tag = found["tag"] or ("p" if html.startswith("&", found.end()) else "li")
    start = html.rfind(f"<{tag}", 0, found.start())
    end = html.find(">", start) + 1
    if start < 0 or html[start + len(tag) + 1] not in " >":
        return []
    return [(start, end, adorned(html[start:end], found["list"])), (found.start(), found.end(), "")]


def parsed(text: str) -> Attributes:
    """What a list says; a word alone is an attribute without a value."""
    attributes: Attributes = {}
    for found in ONE.finditer(unescape(TAG.sub("", text))):
        word = found["word"] or ""
        if word.startswith("."):
            attributes["class"] = f"{attributes.get('class') or ''} {word[1:]}".strip()
        elif word.startswith("#"):
            attributes["id"] = word[1:]
        elif word:
            attributes[NOT_IN_A_NAME.sub("_", word)] = None
        else:
            value = found["a"] or found["b"] or found["c"] or ""
            attributes[NOT_IN_A_NAME.sub("_", found["key"])] = value
    return attributes


def written(attributes: Attributes) -> str:
    return "".join(
        f" {key}" if value is None else f' {key}="{escape(value)}"'
        for key, value in attributes.items()
    )


def adorned(tag: str, text: str) -> str:
    """An opening tag with what a list says; a class comes beside those that are there."""
    attributes = parsed(text)
    for key in list(attributes):
        there = re.search(rf' {re.escape(key)}="([^"]*)"', tag)
        if there:
            if key == "class":
                attributes[key] = f"{unescape(there[1])} {attributes[key]}"
            tag = tag[: there.start()] + tag[there.end() :]
    return f"{tag[:-1]}{written(attributes)}>"


def of_heading(inner: str) -> tuple[str, Attributes]:
    """A heading's words, and what a list at their end says of it."""
    found = AT_THE_END.search(inner) if inner.endswith("}") else None
    if not found or not is_list(found):
        return inner, {}
    return inner[: found.start()].rstrip().rstrip("#").rstrip(), parsed(found["list"])
