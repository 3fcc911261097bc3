"""Tags: HTML that an author began and did not end would take the rest of the page along, the comments too.

A browser tells nobody: what stands behind `<textarea>` or `<!--` is gone, and of `<user>` nothing is to be seen.
Here each text ends what it has begun. What was meant as words is shown as words. What was mended is
told with file, line and remedy, since only its author knows what was meant.

Pure: HTML in, HTML and remarks out, in a time that is proportional to the text.
"""

import re
from bisect import bisect_left
from itertools import chain
from typing import NamedTuple


def names(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


# Nothing stands within these.
VOID = names("area base br col embed hr img input keygen link meta param source track wbr")
# Their end may be left out: the next one, or the end of what holds them, is theirs.
OPTIONAL = names(
    "p li dt dd tr td th thead tbody tfoot caption colgroup option optgroup rb rp rt rtc"
)
INLINE = names(
    "a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark nobr q ruby s samp"
    " small span strike strong sub sup time tt u var"
)
# Whatever stands within these is words up to their end, tags and comments included.
RAW = names("iframe noembed noframes plaintext script style textarea title xmp")
# Drawings and formulas have elements of their own.
FOREIGN = frozenset(["svg", "math"])
BLOCK = FOREIGN | names(
    "address applet article aside audio blockquote button canvas center datalist details dialog dir div dl"
    " fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup legend main map marquee menu meter"
    " nav noscript object ol output picture pre progress search section select slot summary table"
    " template ul video"
)
KNOWN = VOID | OPTIONAL | INLINE | RAW | BLOCK
TOKEN = re.compile(
    r"<!--(?P<comment>-?>|.*?--!?>)?|<(?P<odd>[?!])|<(?P<end>/?)(?P<tag>[a-z][^\s/<>]*)"
    r"""(?P<given>(?:[^<>"']|"[^"]{0,50000}"|'[^']{0,50000}'){0,5000}+)(?P<whole>>)?""",
    re.DOTALL | re.IGNORECASE,
)
# A value that goes on behind the end of its tag, over others, has lost its second quotation mark.
FORGOTTEN = re.compile(
    r"""=\s*(?:"[^"\n]*>[^"]*\n[^"]*</?[a-z]|'[^'\n]*>[^']*\n[^']*</?[a-z])""", re.IGNORECASE
)
# A slash that ends no address.
EMPTY = re.compile(r"""(?:\A|[\s"'])/\Z""")
# At whose end words end that are begun in them.
WORDS = names(
    "p li dd dt td th h1 h2 h3 h4 h5 h6 blockquote div summary figcaption section article"
)
TAG = re.compile(r"<[^<>]*>")
PLAIN = re.compile(r"[\w ,]*\Z")
# So far a line is looked at for what stands before a tag.
NEAR = 200

AS_TEXT = (
    "Readers would see nothing of {what}, which begins no element, or one that never ends: it is shown as text."
    " Write it as code, `{what}`, or end it, if HTML is meant."
)
QUOTE = (
    "A quotation mark is missing in {what}, which is shown as text. Write it where the value ends."
)
COMMENT = "The comment that begins here is never closed, and hides all that follows. Write --> where it ends."
NEVER = "{what} is never closed. Write </{tag}> where it ends, or \\{what} where the sign itself is meant."
NOTHING = "</{tag}> ends nothing that was begun, and was taken out. Take it out, or write <{tag}> where it begins."


class Said(NamedTuple):
    """A remark; `at` are words of the text that tell its line."""

    at: str
    text: str


class Begun(NamedTuple):
    """An element that has not ended yet."""

    tag: str
    start: int
    end: int


class Text:
    """One text, from its first tag to its last."""

    def __init__(self, html: str) -> None:
        self.html = html
        # What is put in at which place, and how many characters it takes away there; later ones of a place first.
        self.changes: list[tuple[int, int, str, int]] = []
        self.said: list[tuple[int, Said]] = []
        self.inline: dict[str, list[Begun]] = {}
        self.other: dict[str, list[Begun]] = {}
        self.blocks: list[Begun] = []
        self.endless: set[str] = set()
        # Where elements of words end.
        self.ends: list[int] = []
        self.closing = ""

    def whole(self) -> tuple[str, list[Said]]:
        self.read()
        for each in chain.from_iterable(self.inline.values()):
            at = bisect_left(self.ends, each.end)
            end = self.ends[at] if at < len(self.ends) else len(self.html)
            self.changes.append((end, -each.start, f"</{each.tag}>", 0))
            self.say(each, NEVER)
        for each in chain.from_iterable(self.other.values()):
            self.as_text(each, AS_TEXT)
        for each in reversed(self.blocks):
            if each.tag in OPTIONAL:
                continue
            if self.words_before(each.start):
                self.as_text(each, AS_TEXT)
            else:
                self.closing += f"</{each.tag}>"
                self.say(each, NEVER)
        return self.changed(), [said for _, said in sorted(self.said)]

    def read(self) -> None:
        at = 0
        while found := TOKEN.search(self.html, at):
            at = found.end()
            if found["tag"] is None:
                if found["odd"]:
                    end = self.html.find(">", at)
                    self.as_text(Begun("", found.start(), end + 1 or len(self.html)), AS_TEXT)
                elif found["comment"] is None:
                    self.say(Begun("", found.start(), at), COMMENT)
                    self.closing = f"{self.html[found.start() :]}\n-->"
                    self.html = self.html[: found.start()]
                    return
                continue
            at = self.element(found)

    def element(self, found: re.Match[str]) -> int:
        """Take note of a tag; where to read on."""
        tag, at = found["tag"].lower(), found.end()
        each = Begun(tag, found.start(), at)
        if not found["whole"] or FORGOTTEN.search(found["given"]):
            at = self.html.find("\n", found.start())
            end = self.html.find(">", found.start()) + 1 or len(self.html)
            each = each._replace(end=min(end, at) if at >= 0 else end)
            self.as_text(each, QUOTE)
            return found.end("tag")
        if found["end"]:
            self.ended(each)
        elif tag in VOID or tag == "p":
            pass
        elif EMPTY.search(found["given"]):
            # As XHTML has it; HTML would take it for the beginning alone.
            if tag not in OPTIONAL | FOREIGN:
                self.changes.append((at - 2, 0, f"></{tag}>", 2))
        elif tag in RAW or tag in FOREIGN:
            if end := self.end_of(tag, at):
                return end
            self.as_text(each, AS_TEXT)
        elif tag in INLINE:
            self.inline.setdefault(tag, []).append(each)
        elif tag in KNOWN:
            self.blocks.append(each)
        else:
            self.other.setdefault(tag, []).append(each)
        return at

    def ended(self, each: Begun) -> None:
        tag = each.tag
        if tag in WORDS:
            self.ends.append(each.start)
        # `</p>` alone is an empty paragraph, `</br>` a line's end, and `</b>` nothing, to browsers too.
        if tag in VOID or tag == "p":
            return
        if tag in INLINE:
            if begun := self.inline.get(tag):
                begun.pop()
        elif tag in KNOWN:
            if any(one.tag == tag for one in self.blocks):
                self.leave(tag)
            else:
                self.changes.append((each.start, 1, "", each.end - each.start))
                self.say(each, NOTHING)
        elif begun := self.other.get(tag):
            begun.pop()
        else:
            self.as_text(each, AS_TEXT)

    def leave(self, tag: str) -> None:
        """The end of the last element of a name ends what was begun in it as well."""
        while (one := self.blocks.pop()).tag != tag:
            if one.tag not in OPTIONAL:
                if self.words_before(one.start):
                    self.as_text(one, AS_TEXT)
                else:
                    self.say(one, NEVER)

    def end_of(self, tag: str, at: int) -> int:
        """Where an element ends that is passed over as a whole; nothing where it never does."""
        if tag in self.endless:
            return 0
        end = re.compile(rf"</{tag}[\s/>]", re.IGNORECASE).search(self.html, at)
        if end is None or tag == "plaintext":
            self.endless.add(tag)
            return 0
        return self.html.find(">", end.start()) + 1 or len(self.html)

    def words_before(self, at: int) -> bool:
        """Whether words stand before it in its line: what begins a block of HTML begins a line."""
        return bool(TAG.sub("", self.line_before(at)).strip())

    def line_before(self, at: int) -> str:
        """As much of its line as tells, so that a line of any length is read once."""
        return self.html[max(0, at - NEAR) : at].rpartition("\n")[2]

    def as_text(self, each: Begun, text: str) -> None:
        self.changes.append((each.start, 1, "&lt;", 1))
        self.say(each, text)

    def say(self, each: Begun, text: str) -> None:
        what = " ".join(self.html[each.start : each.end].split())
        before = PLAIN.search(self.line_before(each.start))
        typed = f"{before[0] if before else ''}{self.html[each.start : each.end]}"
        self.said.append((each.start, Said(typed, text.format(what=what, tag=each.tag))))

    def changed(self) -> str:
        if not self.changes:
            return self.html + self.closing
        out, last = [], 0
        for at, _, text, away in sorted(self.changes):
            out += [self.html[last:at], text]
            last = at + away
        return "".join([*out, self.html[last:], self.closing])


def whole(html: str) -> tuple[str, list[Said]]:
    """A text that ends what it begins, and what there is to say of it to its author."""
    return Text(html).whole()
