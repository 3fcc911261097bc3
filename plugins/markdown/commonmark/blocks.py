"""Blocks: what stands on lines of its own, in words that the native parser knows.

Notes (`!!!`) become quotations, formulas on lines of their own become code, definitions get the empty
lines that the parser wants, HTML whose content is Markdown gets those that CommonMark wants, and
abbreviations are taken out: line by line, once. Code is passed over, also what is code only by its
indentation.
"""

import re

from . import signs

# How deep notes, and elements with Markdown in them, may stand in each other.
DEEPEST = 20
# Longer than any fence that a formula might have in it.
FORMULA_FENCE = "~" * 16

# What a line begins with that is more than prose. (An empty line is in it as well.)
BEGINNINGS = " \t>`~!$:<[-+*0123456789"
ITEM = re.compile(r"(?:[-*+]|\d{1,9}[.)])(?: +|$)")
FOOTNOTE = re.compile(r"\[\^[^\]\s]+\]:")
FENCE = re.compile(r"`{3,}(?=[^`]*$)|~{3,}")
RAW = re.compile(r"<(?:(pre|script|style|textarea)(?=[\s>]|$)|!--)", re.IGNORECASE)
NOTE = re.compile(r'!!! ?(?P<kind>[\w-]+)(?: +[\w-]+)*(?: +"(?P<title>.*)")? *$')
CALLOUT = re.compile(r"\[!\w+\]")
DEFINITION = re.compile(r":(?P<space> {1,3})(?P<words>[^ ].*)")
BEGINS_A_BLOCK = re.compile(r"[-*+#>|~`<]|\d{1,9}[.)]")
ABBREVIATION = re.compile(r"\*\[(?P<short>[^\\\]]+)\] ?: *(?P<long>.*)")
ELEMENT = re.compile(r"<(?P<tag>[A-Za-z][\w-]*)(?P<given>\s[^<>]*)>(?P<rest>.*)")
INSIDE = re.compile(r"\smarkdown(?:=[\"']?(?P<value>\w*)[\"']?)?(?=\s|/?$)")
COMPLETE = re.compile(r"<([A-Za-z][\w-]*)[\s>].*</\1>\s*$")
# Elements that hold words and no blocks.
SPANS = re.compile(r"address|d[dt]|h[1-6]|legend|li|p|summary|t[dh]", re.IGNORECASE)

# Whether there is a line for the sake of which a text has to be gone through.
LOOK = r"[ >\t]*+(?:!!!|\$\$|\[!\w|:[ \t]|\*\[|<[A-Za-z][^<>\n]* markdown)"
LOOK_AT, LOOK_INTO = re.compile(LOOK), re.compile(rf"\n{LOOK}")


def needed(text: str) -> bool:
    """Whether a text has anything for `Blocks`."""
    return bool(LOOK_AT.match(text) or LOOK_INTO.search(text))


def prefix_of(line: str) -> str:
    """What stands before the words of a line: spaces, and the signs of quotations."""
    return line[: len(line) - len(line.lstrip(" >"))]


class Element:
    """An HTML element whose content is Markdown, until its end is met."""

    def __init__(self, tag: str) -> None:
        self.tags = re.compile(rf"<(/?){tag}(?=[\s>])[^>]*>?", re.IGNORECASE)
        self.depth = 1

    def end(self, line: str) -> re.Match[str] | None:
        """Where it ends in this line, if it does."""
        for found in self.tags.finditer(line):
            self.depth += -1 if found[1] else 1
            if not self.depth:
                return found
        return None


class Blocks:
    """One pass over the lines of a text."""

    def __init__(self, depth: int = 0) -> None:
        self.depth = depth
        self.definitions = self.notes = self.spans = False
        self.abbreviations: dict[str, str] = {}
        self.lines: list[str] = []
        self.out: list[str] = []
        self.number = 0
        # How far the text of each open list item, definition and footnote is indented.
        self.indents: list[int] = []
        self.elements: list[Element] = []

    def prepared(self, lines: list[str]) -> list[str]:
        self.lines = lines
        while self.number < len(lines):
            line = lines[self.number]
            if line[:1] not in BEGINNINGS and not self.elements:
                self.indents.clear()
                self.out.append(line)
                self.number += 1
                continue
            flat = line.expandtabs(4) if "\t" in line else line
            prefix = prefix_of(flat)
            body = flat[len(prefix) :]
            if not body or self.is_code(prefix) or not self.taken(prefix, body):
                self.out.append(line)
                self.number += 1
        return self.out

    def is_code(self, prefix: str) -> bool:
        """Whether a line is indented by four more than what it stands in."""
        if ">" in prefix:
            self.indents.clear()
            return False
        while self.indents and self.indents[-1] > len(prefix):
            self.indents.pop()
        return len(prefix) - (self.indents[-1] if self.indents else 0) >= 4

    def taken(self, prefix: str, body: str) -> bool:
        """Whether this line begins, or ends, anything that is done here."""
        if self.elements and (ended := self.elements[-1].end(body)):
            self.end_element(prefix, body, ended)
            return True
        sign = body[0]
        if sign in "-+*0123456789" and (item := ITEM.match(body)):
            return self.item(len(prefix), body, item)
        if sign in "`~":
            return self.code(body, len(prefix))
        if sign == "[":
            return self.callout(prefix, body) if ">" in prefix else self.footnote(prefix, body)
        begins = {
            "!": self.note,
            "$": self.formula,
            ":": self.definition,
            "<": self.html,
            "*": self.abbreviation,
        }.get(sign)
        return bool(begins and begins(prefix, body))

    # Each of these takes its lines and says so, or leaves everything as it is.

    def item(self, indent: int, body: str, found: re.Match[str] | None) -> bool:
        while found:
            width = len(found[0]) if len(found[0].lstrip("-+*0123456789.)")) <= 4 else 2
            indent += width
            self.indents.append(indent)
            body = body[found.end() :]
            found = ITEM.match(body)
        return self.code(body, indent)

    def footnote(self, prefix: str, body: str) -> bool:
        if FOOTNOTE.match(body):
            self.indents.append(len(prefix) + 4)
        return False

    def code(self, body: str, indent: int) -> bool:
        """Pass over fenced code, to its end or that of what it stands in."""
        opened = FENCE.match(body)
        if not opened:
            return False
        closing = re.compile(rf"[ >]*{re.escape(opened[0])}{opened[0][0]}* *")
        first = prefix_of(self.lines[self.number])
        quotes, least = first.count(">"), self.indents[-1] if self.indents else 0
        self.keep()
        while self.number < len(self.lines):
            line = self.lines[self.number].expandtabs(4)
            before = prefix_of(line)
            if quotes:
                if before.count(">") < quotes:
                    break
            elif line.strip() and len(before) < least:
                break
            self.keep()
            if closing.fullmatch(line) and (quotes or len(before) < least + 4):
                break
        return True

    def raw(self, found: re.Match[str]) -> bool:
        """Pass over HTML that CommonMark leaves alone up to its end."""
        end = f"</{found[1].lower()}" if found[1] else "-->"
        while self.number < len(self.lines):
            line = self.lines[self.number]
            self.keep()
            if end in line.lower():
                break
        return True

    def html(self, prefix: str, body: str) -> bool:
        if raw := RAW.match(body):
            return self.raw(raw)
        found = ELEMENT.match(body)
        inside = INSIDE.search(found["given"]) if found else None
        if not found or not inside or len(self.elements) >= DEEPEST:
            return self.complete(prefix, body)
        given = found["given"][: inside.start()] + found["given"][inside.end() :]
        self.out.append(f"{prefix}<{found['tag']}{given}>")
        rest, value = found["rest"], inside["value"]
        if value == "0":
            self.out[-1] += rest
            self.number += 1
            return True
        self.out.append(prefix.rstrip())
        self.elements.append(Element(found["tag"]))
        if rest.strip():
            self.lines[self.number] = prefix + rest
        else:
            self.number += 1
        if value == "span" or (value != "block" and SPANS.fullmatch(found["tag"])):
            self.join_words()
        return True

    def complete(self, prefix: str, body: str) -> bool:
        """Within Markdown, an element of one line ends with it, such as a summary: CommonMark would
        take all that follows it, up to an empty line, for HTML as well.
        """
        if not self.elements or not COMPLETE.match(body):
            return False
        self.out += [prefix + body, prefix.rstrip()]
        self.number += 1
        return True

    def join_words(self) -> None:
        """What an element holds that has no blocks is a paragraph for the parser, and none after it."""
        self.spans = True
        for number in range(self.number, len(self.lines)):
            if self.lines[number].strip(" >\t"):
                prefix = prefix_of(self.lines[number])
                words = self.lines[number][len(prefix) :].lstrip()
                if not words.startswith("</"):
                    self.lines[number] = prefix + signs.LINE + words
                break

    def end_element(self, prefix: str, body: str, ended: re.Match[str]) -> None:
        self.elements.pop()
        before, after = body[: ended.start()], body[ended.end() :]
        if before.strip():
            self.out += [prefix + before.rstrip()]
        self.out += [prefix.rstrip(), prefix + ended[0], prefix.rstrip()]
        if after.strip():
            self.lines[self.number] = prefix + after.lstrip()
        else:
            self.number += 1

    def note(self, prefix: str, body: str) -> bool:
        found = NOTE.match(body)
        if not found or self.depth >= DEEPEST:
            return False
        self.number += 1
        lines = self.indented(prefix)
        inner = Blocks(self.depth + 1)
        inner.abbreviations = self.abbreviations
        lines = inner.prepared(lines)
        title = found["title"]
        shown = signs.UNTITLED if title == "" else f" {title}" if title else ""
        self.separate(prefix)
        self.out.append(f"{prefix}> [!{found['kind']}]{shown}")
        self.out += [f"{prefix}> {line}" for line in ["", *lines]]
        self.notes = True
        self.definitions |= inner.definitions
        self.spans |= inner.spans
        self.end_paragraph(prefix)
        return True

    def indented(self, prefix: str) -> list[str]:
        """The lines from here on that are indented by four more than the prefix, without that."""
        found: list[str] = []
        kept = 0
        while self.number + len(found) < len(self.lines):
            line = self.lines[self.number + len(found)].expandtabs(4)
            if line.startswith(f"{prefix}    "):
                found.append(line[len(prefix) + 4 :])
                kept = len(found)
            elif line.strip() in ("", prefix.strip()):
                found.append("")
            else:
                break
        self.number += kept
        return found[:kept]

    def callout(self, prefix: str, body: str) -> bool:
        if not CALLOUT.match(body):
            return False
        if self.out and prefix_of(self.out[-1]).count(">") >= prefix.count(">"):
            # It would belong to the quotation that stands directly above.
            self.out.append(prefix.rstrip()[:-1].rstrip())
        # What follows its first line may be anything; an empty line makes that a title of its own.
        self.out += [prefix + body, prefix.rstrip()]
        self.number += 1
        self.notes = True
        return True

    def formula(self, prefix: str, body: str) -> bool:
        if not body.startswith("$$"):
            return False
        tex = [body[2:]]
        end = self.number + 1
        while "$$" not in tex[-1]:
            line = self.lines[end] if end < len(self.lines) else ""
            line = line[len(prefix) :] if line.startswith(prefix) else line.lstrip(" >\t")
            if not line.strip():
                return False
            tex.append(line)
            end += 1
        text, _, after = "\n".join(tex).partition("$$")
        if after.strip() or not text.strip():
            return False
        rows = [f"{FORMULA_FENCE}{signs.FORMULA}", *text.strip().split("\n"), FORMULA_FENCE]
        self.out += [prefix + row for row in rows]
        self.number = end
        return True

    def definition(self, prefix: str, body: str) -> bool:
        found = DEFINITION.match(body)
        last = self.out[-1].strip(" >\t") if self.out else ""
        above = any(line.strip(" >\t") for line in self.out[-3:])
        if not found or not above:
            return False
        words = found["words"]
        tight = signs.TIGHT if last and not BEGINS_A_BLOCK.match(words) else ""
        space = found["space"] if self.is_short(len(prefix)) else "   "
        self.separate(prefix)
        self.out.append(f"{prefix}:{space}{tight}{words}")
        self.indents.append(len(prefix) + len(space) + 1)
        self.number += 1
        self.definitions = True
        return True

    def is_short(self, indent: int) -> bool:
        """Whether the next lines of a definition are indented by less than Python-Markdown wants."""
        for number in range(self.number + 1, len(self.lines)):
            line = self.lines[number].expandtabs(4)
            if line.strip():
                return 2 <= len(line) - len(line.lstrip(" ")) - indent < 4
        return False

    def abbreviation(self, prefix: str, body: str) -> bool:
        found = ABBREVIATION.match(body)
        if not found or prefix.strip():
            return False
        self.number += 1
        long = found["long"].strip()
        if not long and self.number < len(self.lines):
            long = self.lines[self.number].strip()
            self.number += 1
        self.abbreviations[found["short"].strip()] = long
        self.out.append("")
        return True

    # --- Lines

    def keep(self) -> None:
        self.out.append(self.lines[self.number])
        self.number += 1

    def separate(self, prefix: str) -> None:
        """An empty line, where the one above is none."""
        if self.out and self.out[-1].strip(" >\t"):
            self.out.append(prefix.rstrip())

    def end_paragraph(self, prefix: str) -> None:
        """An empty line, where the next one would else go on with the paragraph above."""
        following = self.lines[self.number] if self.number < len(self.lines) else ""
        if following.strip() and not ITEM.match(following.lstrip()):
            self.out.append(prefix.rstrip())
