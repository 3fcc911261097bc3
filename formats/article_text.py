"""Article text: the words of an article as its page shows them, with a way back into its HTML.

What counts as its words is said here, for the build and the service; the browser reads the same text:
`LEFT_OUT`, `BLOCKS` and `WHITE` stand in `embed-notes.js` as well, and a test compares them.
"""

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from typing import NamedTuple

# White space as JavaScript's \s has it; Python's is another.
WHITE = "\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
# What is shown and is no word of the article, and what is never shown: selectors of tag, class or attribute.
LEFT_OUT = (
    *("script", "style", "template", "noscript", "iframe", "object", "svg", "canvas", "audio"),
    *("video", "button", "select", "textarea", "annotation", "annotation-xml", "rp", "rt"),
    *(".footnote-ref", ".footnote-backref", ".headerlink", ".postil-at"),
    *('[aria-hidden="true"]', '[role="img"]', "[hidden]"),
)
# Between two of these, words are not one word.
BLOCKS = (
    *("address", "article", "aside", "blockquote", "br", "caption", "dd", "details", "div", "dl"),
    *("dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5"),
    *("h6", "header", "hr", "legend", "li", "main", "nav", "ol", "p", "pre", "section"),
    *("summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"),
)
VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr")
)
# What says how a word is read need not be ended: the next of these does, or the end of the word.
READINGS, BESIDE_THEM = frozenset(("rp", "rt")), frozenset(("rb", "rp", "rt", "rtc"))
# A formula is marked whole: inside it, an element would break how it is set.
WHOLE = "math"

_white = re.compile(f"[{WHITE}]+")
_word = re.compile(f"[^{WHITE}]+")
_reference = re.compile(r"&(?:#[0-9]+|#[xX][0-9a-fA-F]+|[a-zA-Z][a-zA-Z0-9]*);?")
# What one keyboard writes for what another has; each is one character, so that positions stay.
FOLDED = str.maketrans("‘’‚‛“”„‟«»‹›′″‐‑‒–—―−", "''''\"\"\"\"\"\"''" + "'\"" + "-------")
# What joins the character before it when a text is normalised: marks, and the later parts of Hangul.
_joining = re.compile("[\u1161-\u1175\u11a8-\u11c2]")


class Run(NamedTuple):
    """Part of a passage within one text node, as positions in the HTML."""

    start: int
    end: int


class _Node(NamedTuple):
    """A text node: all of it, white space too; where a number may stand behind it, if it may not in it;
    the formula that it is in.
    """

    start: int
    end: int
    after: int
    whole: Run | None


class _Piece(NamedTuple):
    """Characters of the text as they stand in the HTML; not `plain`: all of them for all of that."""

    at: int
    length: int
    start: int
    end: int
    node: int
    plain: bool


class Text:
    """The words of an article, and where in its HTML each of them stands."""

    def __init__(self, words: str, pieces: list[_Piece], nodes: list[_Node]) -> None:
        self.words = words
        self.folded = words.translate(FOLDED)
        self._pieces, self._nodes = pieces, nodes
        self._starts = [piece.at for piece in pieces]

    def _between(self, start: int, end: int) -> Iterator[_Piece]:
        first = max(0, bisect_right(self._starts, start) - 1)
        for piece in self._pieces[first : bisect_left(self._starts, end)]:
            if piece.at + piece.length > start:
                yield piece

    def runs(self, start: int, end: int) -> list[Run]:
        """The HTML of these words, a run for each text node that has any of them."""
        found: dict[int, Run] = {}
        for piece in self._between(start, end):
            its = Run(piece.start, piece.end)
            if whole := self._nodes[piece.node].whole:
                its = whole
            elif piece.plain:
                past = max(0, start - piece.at), max(0, piece.at + piece.length - end)
                its = Run(piece.start + past[0], piece.end - past[1])
            before = found.get(piece.node)
            found[piece.node] = Run(before.start, its.end) if before else its
        numbers = list(found)
        # What goes on beyond a node has the white space at its border too.
        for number in numbers[:-1]:
            found[number] = Run(found[number].start, self._border(number, found[number]).end)
        for number in numbers[1:]:
            found[number] = Run(self._border(number, found[number]).start, found[number].end)
        return list(dict.fromkeys(found.values()))

    def _border(self, number: int, run: Run) -> Run:
        node = self._nodes[number]
        return run if node.whole else Run(node.start, node.end)

    def after(self, end: int) -> int:
        """Where in the HTML a link may stand behind words that end here: in no other link, in no formula."""
        piece = self._pieces[max(0, bisect_left(self._starts, end) - 1)]
        node = self._nodes[piece.node]
        if node.after >= 0:
            return node.after
        return piece.end - max(0, piece.at + piece.length - end) if piece.plain else piece.end


def cleaned(text: str) -> str:
    """The text as passages have it: white space collapsed, NFC, nothing at its ends."""
    return unicodedata.normalize("NFC", _white.sub(" ", text)).strip(" ")


class _Reader(HTMLParser):
    """Gathers the text of an article, node by node."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=False)
        self.html = html
        self.words: list[str] = []
        self.length = 0
        self.pieces: list[_Piece] = []
        self.nodes: list[_Node] = []
        self._lines = [0, *(found.end() for found in re.finditer("\n", html))]
        self._apart = False
        # The node that characters go to, and where white space began it; None after a tag.
        self._node: int | None = None
        self._begun: int | None = None
        # The elements whose words are left out, and such as hold a number back until they end.
        self._left_out: list[str] = []
        self._links: list[int] = []
        self._formulas: list[tuple[int, int]] = []
        self.feed(html)
        self.close()

    def _at(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in BESIDE_THEM:
            self._end_reading()
        left_out = bool(self._left_out) or _is_left_out(tag, attrs)
        self._tag(tag, left_out)
        if tag in VOID:
            return
        if left_out:
            if not self._left_out or tag == self._left_out[-1]:
                self._left_out.append(tag)
        elif tag == "a":
            self._links.append(len(self.nodes))
        elif tag == WHOLE:
            self._formulas.append((self._at(), len(self.nodes)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._tag(tag, bool(self._left_out) or _is_left_out(tag, attrs))

    def _end_reading(self) -> None:
        if len(self._left_out) == 1 and self._left_out[0] in READINGS:
            self._left_out.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in ("rtc", "ruby"):
            self._end_reading()
        self._tag(tag, bool(self._left_out))
        if self._left_out:
            if tag == self._left_out[-1]:
                self._left_out.pop()
            return
        end = self.html.find(">", self._at()) + 1
        if tag == "a" and self._links:
            first = self._links.pop()
            for number in range(first, len(self.nodes)):
                self.nodes[number] = self.nodes[number]._replace(after=end)
        elif tag == WHOLE and self._formulas:
            start, first = self._formulas.pop()
            for number in range(first, len(self.nodes)):
                self.nodes[number] = self.nodes[number]._replace(after=end, whole=Run(start, end))

    def _tag(self, tag: str, left_out: bool) -> None:
        self._node = self._begun = None
        self._apart = self._apart or (tag in _BLOCKS and not left_out)

    def handle_comment(self, data: str) -> None:
        self._node = self._begun = None

    def handle_data(self, data: str) -> None:
        if self._left_out:
            return
        at, past = self._at(), 0
        self._begun = at if self._begun is None else self._begun
        for found in _word.finditer(data):
            self._apart = self._apart or found.start() > past
            past = found.end()
            if unicodedata.is_normalized("NFC", found[0]):
                self._put(found[0], at + found.start(), at + found.end(), plain=True)
                continue
            for start, end in _characters(found[0]):
                text = unicodedata.normalize("NFC", found[0][start:end])
                begin = at + found.start()
                self._put(text, begin + start, begin + end, plain=len(text) == end - start)
        self._apart = self._apart or past < len(data)
        self._ends(at + len(data))

    def _ends(self, end: int) -> None:
        if self._node is not None:
            self.nodes[self._node] = self.nodes[self._node]._replace(end=end)

    def handle_charref(self, name: str) -> None:
        self._refer()

    def handle_entityref(self, name: str) -> None:
        self._refer()

    def _refer(self) -> None:
        """A character that is written as a reference; what names none is text as it stands."""
        at = self._at()
        found = _reference.match(self.html, at)
        written = found[0] if found else self.html[at]
        text = unescape(written)
        if text == written:
            self.handle_data(written)
        elif not self._left_out and _white.fullmatch(text):
            self._apart = True
            self._begun = at if self._begun is None else self._begun
            self._ends(at + len(written))
        elif not self._left_out:
            text = unicodedata.normalize("NFC", _white.sub(" ", text))
            self._put(text, at, at + len(written), plain=False)

    def _put(self, text: str, start: int, end: int, *, plain: bool) -> None:
        if self._apart and self.length:
            self.words.append(" ")
            self.length += 1
        self._apart = False
        if self._node is None:
            self._node = len(self.nodes)
            self.nodes.append(_Node(start if self._begun is None else self._begun, end, -1, None))
        self._ends(end)
        self.pieces.append(_Piece(self.length, len(text), start, end, self._node, plain))
        self.words.append(text)
        self.length += len(text)


_BLOCKS = frozenset(BLOCKS)
_TAGS = frozenset(each for each in LEFT_OUT if each[0] not in ".[")
_CLASSES = frozenset(each[1:] for each in LEFT_OUT if each[0] == ".")
_VALUES = {
    name: value.strip('"') if sign else None
    for name, sign, value in (each[1:-1].partition("=") for each in LEFT_OUT if each[0] == "[")
}


def _is_left_out(tag: str, attrs: list[tuple[str, str | None]]) -> bool:
    return tag in _TAGS or any(
        (name == "class" and not _CLASSES.isdisjoint((value or "").split()))
        or (name in _VALUES and _VALUES[name] in (None, value))
        for name, value in attrs
    )


def _characters(word: str) -> Iterator[tuple[int, int]]:
    """Each character with the marks that join it."""
    start = 0
    for at in range(1, len(word) + 1):
        joins = at < len(word) and (
            unicodedata.category(word[at])[0] == "M" or _joining.match(word[at])
        )
        if not joins:
            yield start, at
            start = at


def text_of(html: str) -> Text:
    """The text of an article, of what stands in its element of the page."""
    read = _Reader(html)
    return Text("".join(read.words), read.pieces, read.nodes)


def text_in_page(page: str, thread: str) -> Text | None:
    """The text of this thread's article in a built page; None where it takes no notes."""
    name = re.escape(thread)
    begin = re.search(rf'<(?P<tag>[a-z]+)\b[^<>]*\bdata-postil-text="{name}"[^<>]*>', page)
    if begin is None:
        return None
    tag, depth = begin["tag"], 1
    skipped = r"<!--.*?-->|<(?P<raw>script|style|textarea)\b.*?</(?P=raw)\s*>"
    for found in re.compile(rf"{skipped}|<(?P<end>/?){tag}(?=[\s/>])", re.DOTALL).finditer(
        page, begin.end()
    ):
        if found["end"] is not None:
            depth += -1 if found["end"] else 1
        if not depth:
            return text_of(page[begin.end() : found.start()])
    return None
