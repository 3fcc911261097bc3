"""Tags: HTML that an author began and did not end would take the rest of the page along, the comments too.

A browser tells nobody: what stands behind `<textarea>` or `<!--` is gone, and of `<user>` nothing is to be seen.
Here each text ends what it has begun. What was meant as words is shown as words. What was mended is
told with file, line and remedy, since only its author knows what was meant.

Pure: HTML in, HTML and remarks out, in a time that is proportional to the text.
"""

import re
from bisect import bisect_left
from collections import Counter
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
# Of these no browser shows anything, or nothing that follows them.
HIDDEN = names("noembed noframes plaintext title")
# These mean nothing without an attribute.
NAMED = names("area base embed img link meta param source track")
# In which elements stand whose end may be left out.
HOLDERS = names("datalist dl menu ol select table ul")
# Drawings and formulas have elements of their own.
FOREIGN = frozenset(["svg", "math"])
BLOCK = FOREIGN | names(
    "address applet article aside audio blockquote button canvas center datalist details dialog dir div dl"
    " fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup legend main map marquee menu meter"
    " nav noscript object ol output picture pre progress search section select slot summary table"
    " template ul video"
)
# Several of these at once, since they are asked of every tag.
UNENDED, PASSED, APART = OPTIONAL | FOREIGN, RAW | FOREIGN, BLOCK | OPTIONAL
KNOWN = VOID | OPTIONAL | INLINE | RAW | BLOCK
TOKEN = re.compile(
    r"<!--(?P<comment>-?>|.*?--!?>)?|<(?P<odd>[?!])|<(?P<end>/?)(?P<tag>[a-z][^\s/<>]*)"
    r"""(?P<given>(?:[^<>"']++|"[^"]{0,50000}"|'[^']{0,50000}'){0,200}+)(?P<whole>>)?""",
    re.DOTALL | re.IGNORECASE,
)
VALUE = re.compile(r"""=\s*(?P<sign>["'])(?P<value>.*?)(?P=sign)""", re.DOTALL)
ONLY = re.compile(r"\s[\w ,]*\s")
BEGINS = re.compile(r"</?[a-z]", re.IGNORECASE)
ENDS = re.compile(r"</([a-z][^\s/<>]*)", re.IGNORECASE)
# A slash that ends no address.
EMPTY = re.compile(r"""(?:\A|[\s"'])/\Z""")
# At whose end words end that are begun in them.
WORDS = names(
    "p li dd dt td th h1 h2 h3 h4 h5 h6 blockquote div summary figcaption section article"
)
TAG = re.compile(r"<[^<>]*>")
PLAIN = re.compile(r"[\w ,]*\Z")
# What stands around a word, where it is followed by others.
ASIDE = "\u2e80-\u9fff\uac00-\ud7af\uff00-\uffef"
BEFORE = re.compile(rf"[\s(\"'\u2018\u201c«{ASIDE}]\Z")
AFTER = re.compile(rf"[ \t]+[^\s<]|[.,;:!?)\"'\u2019\u201d»{ASIDE}]")
# So far a line is looked at for what stands before a tag.
NEAR = 200

AS_TEXT = (
    "Readers would see nothing of {what}, which begins nothing that is shown, or never ends: it is shown as text."
    " Write it as code, `{what}`, or end it, if HTML is meant."
)
QUOTE = (
    "A quotation mark is missing in {what}, which is shown as text. Write it where the value ends."
)
COMMENT = "The comment that begins here is never closed, and hides all that follows. Write --> where it ends."
NEVER = "{what} is never closed. Write </{tag}> where it ends, or \\{what} where the sign itself is meant."
OLD = "{what} is no HTML any more, and hides its words from programs. Write them as code, between lines of ```."
AMID = (
    "Here <p> begins a paragraph amid a line. Write it as code, `<p>`, where the sign itself is meant, or leave"
    " an empty line where a paragraph begins."
)
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
        # How many of each name have not ended.
        self.open: Counter[str] = Counter()
        # Where the next of these ends.
        self.next_end: dict[str, int] = {}
        # Of drawings and formulas, which stand in others too, the ends by their beginnings.
        self.pairs: dict[str, dict[int, int]] = {}
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
        if not found["whole"] or forgotten(found["given"]):
            line = self.html[found.start() : found.start() + NEAR].partition("\n")[0]
            each = each._replace(end=found.start() + (line.find(">") + 1 or len(line)))
            self.as_text(each, QUOTE)
            return found.end("tag")
        if found["end"]:
            self.ended(each)
        elif tag in NAMED and not found["given"].strip(" /"):
            self.as_text(each, AS_TEXT)
        elif tag in VOID:
            pass
        elif tag == "p":
            if not found["given"] and self.is_a_word(each) and self.in_words(each):
                self.say(each, AMID)
        elif EMPTY.search(found["given"]):
            # As XHTML has it; HTML would take it for the beginning alone.
            if tag not in UNENDED:
                self.changes.append((at - 2, 0, f"></{tag}>", 2))
        elif tag not in KNOWN or tag in HIDDEN or self.is_astray(each):
            self.other.setdefault(tag, []).append(each)
        elif tag in PASSED:
            if end := self.end_of(each):
                if tag == "xmp":
                    self.say(each, OLD)
                return end
            self.as_text(each, AS_TEXT)
        elif tag in INLINE:
            self.inline.setdefault(tag, []).append(each)
        else:
            self.blocks.append(each)
            self.open[tag] += 1
        return at

    def ended(self, each: Begun) -> None:
        tag = each.tag
        if tag in WORDS:
            self.ends.append(each.start)
        # `</p>` alone is an empty paragraph, and `</br>` a line's end, to browsers too.
        if tag in VOID or tag == "p":
            return
        if self.open[tag]:
            self.leave(tag)
        elif begun := (self.inline if tag in INLINE else self.other).get(tag):
            one = begun.pop()
            if tag in HIDDEN:
                self.as_text(one, AS_TEXT)
                self.changes.append((each.start, 1, "&lt;", 1))
        elif tag in KNOWN - RAW and not self.is_a_word(each):
            self.changes.append((each.start, 1, "", each.end - each.start))
            self.say(each, NOTHING)
        else:
            self.as_text(each, AS_TEXT)

    def leave(self, tag: str) -> None:
        """The end of the last element of a name ends what was begun in it as well."""
        while (one := self.left()).tag != tag:
            if one.tag not in OPTIONAL:
                if self.words_before(one.start):
                    self.as_text(one, AS_TEXT)
                else:
                    self.say(one, NEVER)

    def left(self) -> Begun:
        one = self.blocks.pop()
        self.open[one.tag] -= 1
        return one

    def end_of(self, each: Begun) -> int:
        """Where an element ends that is passed over as a whole; nothing where it never does, or is a word."""
        tag, at = each.tag, each.end
        if tag in FOREIGN:
            if tag not in self.pairs:
                self.pairs[tag] = pairs(self.html, tag)
            return self.pairs[tag].get(each.start, 0)
        if self.next_end.get(tag, 0) < at:
            end = re.compile(rf"</{tag}[\s/>]", re.IGNORECASE).search(self.html, at)
            never = len(self.html) + 1
            self.next_end[tag] = end.start() if end else never
        end_at = self.next_end[tag]
        if end_at > len(self.html) or self.is_spoken_of(each, end_at):
            return 0
        return self.html.find(">", end_at) + 1 or len(self.html)

    def is_spoken_of(self, each: Begun, end_at: int) -> bool:
        """Whether words stand before it, and nothing but words within it, or its like begins further below."""
        if not self.words_before(each.start):
            return False
        if "=" not in self.html[each.start : each.end] and ONLY.fullmatch(
            self.html, each.end, end_at
        ):
            return True
        below = self.html.find("\n", each.end, end_at)
        again = re.compile(rf"<{each.tag}[\s/>]", re.IGNORECASE)
        return below >= 0 and again.search(self.html, below, end_at) is not None

    def is_astray(self, each: Begun) -> bool:
        """Whether it is a word, since nothing that it belongs into has begun."""
        if each.tag not in OPTIONAL or not self.is_a_word(each):
            return False
        return not self.inline.get("ruby") and not any(self.open[tag] for tag in HOLDERS)

    def is_a_word(self, each: Begun) -> bool:
        """Whether it stands amid a line as a word does."""
        if self.html.startswith("</p>", each.end) and self.html[each.start + 1] != "/":
            followed = True
        else:
            followed = bool(AFTER.match(self.html[each.end : each.end + NEAR]))
        before = BEFORE.search(self.html[max(0, each.start - 1) : each.start])
        return followed and bool(before) and self.words_before(each.start)

    def in_words(self, each: Begun) -> bool:
        """Whether no more than words have ended before it in its line."""
        ended = (tag.lower() for tag in ENDS.findall(self.line_before(each.start)))
        return not any(tag in APART for tag in ended)

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


def forgotten(given: str) -> bool:
    """Whether a value goes on behind the end of its tag, over others: its second quotation mark is missing."""
    if ">" not in given:
        return False
    for found in VALUE.finditer(given):
        line, _, rest = found["value"].partition("\n")
        ends_badly = found["value"].endswith("=") or given[found.end() : found.end() + 1].strip(
            " \t\n/"
        )
        if ">" in line and ends_badly and BEGINS.search(rest):
            return True
    return False


def pairs(html: str, tag: str) -> dict[int, int]:
    """Where each element of a name ends, by where it begins; others may stand in it."""
    tags = re.compile(
        rf"<(?P<end>/?){tag}(?=[\s/>])(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*>", re.IGNORECASE
    )
    begun: list[int] = []
    found: dict[int, int] = {}
    for each in tags.finditer(html):
        if not each["end"]:
            if not each[0].endswith("/>"):
                begun.append(each.start())
        elif begun:
            found[begun.pop()] = each.end()
    return found


def whole(html: str) -> tuple[str, list[Said]]:
    """A text that ends what it begins, and what there is to say of it to its author."""
    return Text(html).whole()
