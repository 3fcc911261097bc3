"""HTML lines: what stands within a paragraph of HTML, as Markdown; `html_text` has the blocks.

A sign that means something to Markdown, and meant nothing to the HTML, gets a backslash.
"""

import html
import re
from collections.abc import Iterable

from bs4 import BeautifulSoup
from bs4.element import Comment, NavigableString, PageElement, PreformattedString, Tag

from authoring.import_site import policy
from plugins.markdown import films

# These are blocks; every other element stands within a line.
CONTAINERS = frozenset(
    [
        *("article", "body", "center", "div", "fieldset", "footer", "form", "header", "hgroup"),
        *("html", "main", "nav", "noscript", "p", "search", "section"),
    ]
)
# Containers that mean something, and stay.
KEPT_BLOCKS = frozenset(["address", "aside", "details"])
BLOCKS = frozenset(
    [
        *CONTAINERS,
        *KEPT_BLOCKS,
        *("blockquote", "dd", "dl", "dt", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li"),
        *("ol", "pre", "table", "ul"),
    ]
)
KEPT_INLINE = frozenset(
    [
        *("abbr", "bdi", "bdo", "cite", "dfn", "ins", "kbd", "mark", "q", "rp", "rt", "ruby"),
        *("samp", "small", "sub", "sup", "time", "u", "var", "wbr"),
    ]
)
# Attributes that mean something to a reader, wherever HTML stays.
KEPT_ATTRIBUTES = frozenset(
    [
        *("abbr", "alt", "cite", "colspan", "controls", "datetime", "dir", "headers", "height"),
        *("href", "id", "lang", "loop", "muted", "open", "poster", "rowspan", "scope", "span"),
        *("src", "start", "title", "type", "value", "width", "d", "viewbox", "fill", "stroke"),
        *("x", "y", "cx", "cy", "r", "points", "transform", "display", "mathvariant", "xmlns"),
    ]
)
GONE = frozenset(
    ["script", "style", "template", "head", "link", "meta", "title", "param", "source", "track"]
)
FILMS = frozenset(["iframe", "embed", "object"])
MEDIA = frozenset(["audio", "video"])
SPECIAL = re.compile(r"[\\`*\[\]<~$]|_|&(?=#?\w+;)|\|")
# The parser's rules for these let a sign stand beside them.
CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
LAZY = ("data-orig-file", "data-src", "data-lazy-src", "data-original")


class Lines:
    """What one text has met so far, and how its lines become Markdown."""

    def __init__(self, breaks: bool, footnotes: dict[str, str]) -> None:
        self.breaks = breaks
        self.footnotes = footnotes
        self.used: set[str] = set()
        self.referred: set[str] = set()
        self.troubles: list[str] = []
        self.in_table = self.stressed = False

    def anchors(self, node: Tag) -> list[str]:
        """A place that the text itself refers to; a heading keeps its name by itself."""
        name = str(node.get("id") or "")
        if name in self.referred and not re.fullmatch(r"h[1-6]", node.name):
            return [f'<a id="{html.escape(name)}"></a>']
        return []

    def line(self, node: Tag) -> str:
        """What an element holds, on one line."""
        return re.sub(r"\s*\n\s*", "<br>", self.joined(node.children).strip())

    def joined(self, nodes: Iterable[PageElement]) -> str:
        text = re.sub(r"(?<=\n) +", "", "".join(self.inline(each) for each in nodes))
        # Two that stood apart by their looks.
        return text.replace(")[", ") [") if ")[" in text else text

    def inline(self, node: PageElement) -> str:
        if isinstance(node, PreformattedString):
            return ""
        if isinstance(node, NavigableString):
            return self.words(str(node))
        if not isinstance(node, Tag):
            return ""
        self.watch(node)
        name = node.name
        if name in GONE:
            return ""
        anchor = "".join(self.anchors(node)) if name != "a" else ""
        return anchor + self.element(name, node)

    def element(self, name: str, node: Tag) -> str:
        if name in ("strong", "b"):
            return self.stress(node, "**", "strong")
        if name in ("em", "i"):
            return self.stress(node, "*", "em")
        if name in ("del", "s", "strike"):
            return self.stress(node, "~~", "del")
        if name in ("code", "tt"):
            beside = (node.previous_sibling, node.next_sibling)
            touching = any(isinstance(each, Tag) and each.name in ("code", "tt") for each in beside)
            # Ticks cannot say everything.
            if touching or (self.in_table and "\\" in node.get_text()):
                return f"<code>{self.words(node.get_text())}</code>"
            return code_span(node.get_text(), self.in_table)
        if name == "button":
            return self.words(node.get_text())
        if name == "br":
            return "\n"
        if name == "img":
            return self.image(node)
        if name == "a":
            return self.link(node)
        if name in FILMS:
            link = address(node) or str(node.get("data") or "")
            link = films.page_of(link) or link
            return (f"<{link}>" if re.match(r"https?://\S+$", link) else "") + self.joined(
                node.children
            )
        if name in MEDIA or name in ("svg", "math", "picture"):
            return self.media(name, node)
        if name == "sup" and (fn := str(node.get("data-fn") or "")):
            return self.note(fn, node.get_text())
        if name == "input" and str(node.get("type")) == "checkbox":
            return "[x] " if node.get("checked") is not None else "[ ] "
        inner = self.joined(node.children)
        if name == "acronym":
            name = node.name = "abbr"
        if name in KEPT_INLINE or (name == "span" and (node.get("lang") or node.get("dir"))):
            return f"{opening(node)}{inner}</{name}>" if name != "wbr" else "<wbr>"
        if name in BLOCKS and name not in ("p",):
            return f" {inner} "
        return inner

    def words(self, text: str) -> str:
        if not self.breaks:
            text = re.sub(r"[ \t\r\n\f]+", " ", text)
        else:
            text = re.sub(r"[ \t\r\f]+", " ", text.replace("\r\n", "\n"))
        return SPECIAL.sub(self.escaped, text)

    def escaped(self, found: re.Match[str]) -> str:
        sign, text = found[0], found.string
        if sign == "&":
            return "&amp;"
        if sign == "|":
            return "\\|" if self.in_table else "|"
        if sign == "_":
            around = (
                text[max(0, found.start() - 1) : found.start()],
                text[found.end() : found.end() + 1],
            )
            return "_" if all(each.isalnum() for each in around) else "\\_"
        return "\\" + sign

    def stress(self, node: Tag, mark: str, tag: str) -> str:
        outer, self.stressed = self.stressed, True
        inner = self.joined(node.children)
        self.stressed = outer
        words = inner.strip()
        if not words:
            return inner
        before, after = inner[: len(inner) - len(inner.lstrip())], inner[len(inner.rstrip()) :]
        beside = [
            None if before else neighbour(node, "previous_sibling"),
            None if after else neighbour(node, "next_sibling"),
        ]
        sides = (sign_of(beside[0], -1), sign_of(beside[1], 0))
        ends = words[0].isalnum() and words[-1].isalnum()
        apart = not any(each.isalnum() and not CJK.match(each) for each in sides)
        touching = any(
            isinstance(each, Tag) and each.name not in BLOCKS | {"br"} for each in beside
        )
        # Elsewhere it depends on what stands beside a sign whether it stresses anything.
        if outer or touching or not (ends or apart) or "\n\n" in words or words[-1] == "\\":
            return f"{before}<{tag}>{words}</{tag}>{after}"
        return f"{before}{mark}{words}{mark}{after}"

    def note(self, name: str, number: str) -> str:
        """What leads to a footnote of WordPress' block editor."""
        if name in self.footnotes:
            self.used.add(name)
            return f"[^{list(self.footnotes).index(name) + 1}]"
        self.troubles.append(f"the words of note {number} are not in the file; its number stays")
        return f"<sup>{self.words(number)}</sup>"

    def link(self, node: Tag) -> str:
        href = str(node.get("href") or "").strip()
        inner = self.joined(node.children).strip() if href else self.joined(node.children)
        names = [str(node.get(key) or "") for key in ("id", "name")]
        mark = next(
            (f'<a id="{html.escape(each)}"></a>' for each in names if each in self.referred), ""
        )
        if not href or href.lower().startswith(("javascript:", "vbscript:")):
            return mark + inner
        if not inner:
            # Nobody could have clicked it; the address stays, since it may be a card's.
            return mark + (f"<{href}>" if re.match(r"https?://\S+$", href) else "")
        title = str(node.get("title") or "")
        said = f' "{html.escape(" ".join(title.split()))}"' if title else ""
        return f"{mark}[{inner}]({destination(href)}{said})"

    def image(self, node: Tag) -> str:
        if not (source := address(node)) or "kg-bookmark-icon" in (node.get("class") or []):
            return ""
        if {"emoji", "wp-smiley"} & set(node.get("class") or []):
            return str(node.get("alt") or "")  # A sign that WordPress draws.
        alt = SPECIAL.sub(self.escaped, " ".join(str(node.get("alt") or "").split()))
        title = " ".join(str(node.get("title") or "").split())
        said = f' "{html.escape(title)}"' if title else ""
        return f"![{alt}]({destination(source)}{said})"

    def media(self, name: str, node: Tag) -> str:
        if name == "picture":
            image = node.find("img")
            return self.image(image) if isinstance(image, Tag) else ""
        if name in ("svg", "math"):
            return self.as_html(node).replace("\n", " ")
        source = address(node)
        first = node.find("source")
        if not source and isinstance(first, Tag):
            source = address(first)
        if not source:
            return self.joined(node.children)
        poster = str(node.get("poster") or "")
        shown = f' poster="{html.escape(poster)}"' if poster else ""
        return f'<{name} controls src="{html.escape(source)}"{shown}></{name}>'

    def watch(self, node: Tag) -> None:
        self.troubles += policy.of_element(node)

    def as_html(self, node: Tag) -> str:
        """A block that stays HTML, with no more than what means something."""
        copy = BeautifulSoup(str(node), "html.parser")
        for each in copy.find_all(True):
            if each.name in GONE or each.name in FILMS:
                self.watch(each)
                if link := each.get("src"):
                    each.replace_with(copy.new_tag("a", href=str(link), string=str(link)))
                else:
                    each.decompose()
                continue
            self.watch(each)
            if each.name == "img" and (source := address(each)):
                each["src"] = source
            given = {str(key): value for key, value in each.attrs.items() if key in KEPT_ATTRIBUTES}
            each.attrs.clear()
            each.attrs.update(given)
            if each.name in ("span", "font"):
                each.unwrap()
        for comment in copy.find_all(string=lambda text: isinstance(text, Comment)):
            comment.extract()
        # An empty line would end it.
        return re.sub(r"\n\s*\n", "\n", str(copy)).strip()


def neighbour(node: Tag, side: str) -> PageElement | None:
    """What stands beside an element on its line, though it be the last of another."""
    each: PageElement = node
    while (
        getattr(each, side) is None and each.parent is not None and each.parent.name not in BLOCKS
    ):
        each = each.parent
    found: PageElement | None = getattr(each, side)
    return found


def sign_of(node: PageElement | None, at: int) -> str:
    """The sign with which it begins or ends; a space where there is none."""
    text = node.get_text() if isinstance(node, Tag) else str(node or "")
    return text[at] if text else " "


def address(node: Tag) -> str:
    """Where a picture or film really is, whatever a script was to put there later."""
    source = str(node.get("src") or "").strip()
    if not source or source.startswith("data:"):
        source = next((str(node[key]) for key in LAZY if node.get(key)), source)
    return source.strip()


def destination(link: str) -> str:
    """An address as it stands between the brackets of a link."""
    link = link.replace("\n", "").strip()
    balanced = link.count("(") == link.count(")") and not re.search(r"\([^)]*\(", link)
    if re.search(r"[\s<>]", link) or not balanced:
        return "<" + link.replace("<", "%3C").replace(">", "%3E") + ">"
    return link


def opening(node: Tag) -> str:
    given = "".join(
        f' {key}="{html.escape(str(value))}"'
        for key, value in node.attrs.items()
        if key in KEPT_ATTRIBUTES and (key != "id")
    )
    return f"<{node.name}{given}>"


def code_span(text: str, in_table: bool) -> str:
    text = " ".join(text.split("\n"))
    if not text.strip():
        return text
    ticks = "`" * (1 + max(map(len, re.findall(r"`+", text)), default=0))
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{space}{text.replace('|', chr(92) + '|') if in_table else text}{space}{ticks}"
