"""XML: a large export read piece by piece, without DTD, entities or anything fetched.

What real exports hold against the rules (characters that no XML may have, names of entities that only
HTML knows, a bare `&`) is mended on the way; what is broken beyond that ends the reading with its line.
"""

import codecs
import re
from collections.abc import Iterator
from html.entities import html5
from pathlib import Path
from typing import BinaryIO
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from comments_service.importers.records import Damaged

MAX_DEPTH = 100
CHUNK = 1 << 16
# The longest name of an entity has 32 letters.
_LONGEST = 64

_own = {b"amp", b"lt", b"gt", b"quot", b"apos"}
_reference = re.compile(
    rb"&(?:#(?P<number>[0-9]{1,8}|[xX][0-9a-fA-F]{1,8});|(?P<name>[A-Za-z][A-Za-z0-9]{1,31});)?"
)
_not_xml = bytes(each for each in range(32) if each not in (9, 10, 13))


def items(
    path: Path, names: frozenset[str], inner: frozenset[str] = frozenset()
) -> Iterator[tuple[str, Element]]:
    """Each element of these names when it ends, with its name; namespaces are left out of all names.

    Within one of them those of `inner` come before it, and no others. What was given is empty afterwards,
    so that a file of any length costs no more memory than one piece.
    """
    depth = 0
    stack: list[Element] = []
    # Within how many of the elements that are asked for.
    within = 0
    try:
        with path.open("rb") as file:
            for event, element in iterparse(Mended(file), ("start", "end"), forbid_dtd=True):
                if event == "start":
                    depth += 1
                    if depth > MAX_DEPTH:
                        raise Damaged(
                            f"{path} is nested more than {MAX_DEPTH} deep. It was not read further."
                        )
                    _plain(element)
                    stack.append(element)
                    within += element.tag in names
                    continue
                depth -= 1
                stack.pop()
                within -= element.tag in names
                if element.tag in (inner if within else names):
                    yield element.tag, element
                    element.clear()
                    if stack and not within:
                        stack[-1].remove(element)
    except ParseError as error:
        raise Damaged(
            f"{path}, line {error.position[0]}: this is not well-formed XML ({str(error).partition(':')[0]})."
            " Export it again, or mend that line."
        ) from None
    except DefusedXmlException:
        raise Damaged(
            f"{path} declares a DTD or entities, which no export needs. It was not read."
        ) from None


def _plain(element: Element) -> None:
    element.tag = element.tag.rpartition("}")[2]
    for name in [each for each in element.attrib if "}" in each]:
        element.attrib[name.rpartition("}")[2]] = element.attrib.pop(name)


def first(path: Path) -> str:
    """The name of a file's first element, with its namespace; nothing where it is no XML."""
    try:
        with path.open("rb") as file:
            for _, element in iterparse(Mended(file), ("start",), forbid_dtd=True):
                return str(element.tag)
    except (ParseError, DefusedXmlException, OSError, LookupError):
        pass
    return ""


def said(element: Element, path: str) -> str:
    """The text of what is found first below an element, without the white space around it."""
    found = element.find(path)
    return "" if found is None else "".join(found.itertext()).strip()


def _single(error: UnicodeError) -> tuple[str, int]:
    """A sign that is no UTF-8 is one of the encoding in which most old databases were."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("postil-single", _single)


class Mended:
    """A file in UTF-8 whose faults against XML are mended while it is read. In CDATA every `&` is itself."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = b""
        self._in_cdata = False
        self._begun = False
        self._decoder = codecs.getincrementaldecoder("utf-8")("postil-single")

    def read(self, _size: int = -1) -> bytes:
        """The next piece; its size is ours."""
        while True:
            read = self._file.read(CHUNK)
            text = self._decoder.decode(read, final=not read)
            data = self._left + text.encode().translate(None, _not_xml)
            if not self._begun:
                # What stands before the first tag: a mark of the byte order, or what an editor left.
                data = data[max(data.find(b"<"), 0) :]
                self._begun = bool(data)
            keep = 0 if not read else _LONGEST
            now, self._left = self._cut(data, keep)
            mended = self._mended(now)
            if mended or not read:
                return mended

    def _cut(self, data: bytes, keep: int) -> tuple[bytes, bytes]:
        """What can be told by itself, and what may be the beginning of something."""
        end = len(data) - keep
        if not keep:
            return data, b""
        if end <= 0:
            return b"", data
        # Never within a reference, or within what begins or ends CDATA.
        for sign in (b"&", b"<", b"]"):
            begins = data.rfind(sign, max(0, end - keep), end)
            if begins >= 0:
                end = min(end, begins)
        return data[:end], data[end:]

    def _mended(self, data: bytes) -> bytes:
        made: list[bytes] = []
        while data:
            sign = b"]]>" if self._in_cdata else b"<![CDATA["
            part, found, data = data.partition(sign)
            made += [part if self._in_cdata else _reference.sub(_instead, part), found]
            if found:
                self._in_cdata = not self._in_cdata
        return b"".join(made)


def _instead(found: re.Match[bytes]) -> bytes:
    if (number := found["number"]) is not None:
        code = int(number[1:], 16) if number[:1] in b"xX" else int(number)
        shown = (
            code in (9, 10, 13)
            or 32 <= code <= 0xD7FF
            or 0xE000 <= code <= 0xFFFD
            or 0x10000 <= code <= 0x10FFFF
        )
        return found[0] if shown else b""
    name = found["name"]
    if name is None:
        return b"&amp;"
    if name in _own:
        return found[0]
    known = html5.get(f"{name.decode()};")
    return b"".join(b"&#%d;" % ord(each) for each in known) if known else b"&amp;" + found[0][1:]
