"""Front matter: what stands before the text of an article, in the three ways in which people write it.

Pelican's own lines (`Key: value`) mean what they mean to Python-Markdown, whichever parser reads the
text. YAML between `---` and TOML between `+++` give the same fields: quotes are gone, lists are lists,
and numbers and dates stay as they were typed, since it is Pelican that says what a date is. What
Hugo and Jekyll have other words for is in `SAME` and `meant`, and in docs/writing.md.

A block between `---` that is no YAML, but whose every line is `Key: value`, is Python-Markdown's.
"""

import re
import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import Any, NamedTuple

from plugins.site import legible

from . import yaml_as_written

Fields = dict[str, list[str]]

# Python-Markdown's (`markdown.extensions.meta`), tabs being spaces by then.
KEY = re.compile(r" {0,3}(?P<key>[A-Za-z0-9_-]+):\s*(?P<value>.*)")
MORE = re.compile(r" {4,}(?P<value>.*)")
BEGINS, ENDS = "---", ("---", "...")

FENCED = re.compile(
    r"(?P<fence>---|\+\+\+)[ \t]*\n(?P<head>.*?)^(?:(?P=fence)|(?P<dots>\.\.\.))[ \t]*(?:\n|\Z)",
    re.DOTALL | re.MULTILINE,
)
TOML_KEY = re.compile(r"[ \t]*(?P<quote>[\"']?)(?P<key>[\w-]+)(?P=quote)[ \t]*=")
TOML_LINE = re.compile(r" ?\(at line (\d+), column \d+\)")

# Words of other generators for the same.
SAME = {"lastmod": "modified", "description": "summary", "categories": "category"}
ANSWERS = {
    "pinned": {"true": "yes", "false": "no"},
    "comments": {"true": "open", "false": "off"},
}
# Pelican splits these, at semicolons where there are any and at commas elsewhere.
NAMES = ("tags", "authors")


class Unreadable(ValueError):
    """YAML or TOML that says nothing: every line that is wrong, with what to write there."""

    def __init__(self, problems: list[tuple[int, str]]) -> None:
        super().__init__("; ".join(f"line {line}: {text}" for line, text in problems))
        self.problems = problems


class Line(NamedTuple):
    """A key and what is said of it; the key as Pelican will know it, and as it was typed."""

    number: int
    key: str
    values: list[str]
    typed: str
    is_list: bool = False

    @property
    def value(self) -> str:
        return ", ".join(self.values)


class Parts(NamedTuple):
    """What a file says of itself, and its text."""

    fields: Fields
    body: str


def split(text: str) -> Parts:
    """The fields of a file, and its text; raises Unreadable."""
    text = normal(text)
    found, lines = fenced(text)
    if found is None:
        return of_lines(text)
    return Parts(meant(lines), text[found.end() :])


def lines(text: str) -> list[Line] | None:
    """The keys of YAML or TOML in the order of their lines; None where a file has neither."""
    found, listed = fenced(normal(text))
    return None if found is None else listed


def normal(text: str) -> str:
    text = legible(text.removeprefix("\ufeff"))
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def fenced(text: str) -> tuple[re.Match[str] | None, list[Line]]:
    found = FENCED.match(text) if text.startswith(("---", "+++")) else None
    if found and found["fence"] == "+++":
        return (None, []) if found["dots"] else (found, of_toml(found["head"]))
    if found and (listed := of_yaml(found["head"])) is not None:
        return found, listed
    return None, []


# --- Pelican's own lines --------------------------------------------------------------------------


def of_lines(text: str) -> Parts:
    """Up to the first empty line, or the first that is neither a key nor indented below one."""
    fields: Fields = {}
    key, start = "", 0
    if text.startswith(BEGINS):
        start = text.find("\n") + 1 or len(text)
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        line = text[start:end].expandtabs(4)
        if not line.strip() or line.startswith(ENDS):
            start = end + 1
            break
        if found := KEY.match(line):
            key = found["key"].lower()
            fields.setdefault(key, []).append(found["value"].strip())
        elif key and (found := MORE.match(line)):
            fields[key].append(found["value"].strip())
        else:
            break
        start = end + 1
    if "summary" not in fields and "description" in fields:
        fields["summary"] = fields.pop("description")
    return Parts(fields, text[start:])


# --- YAML -----------------------------------------------------------------------------------------


def of_yaml(head: str) -> list[Line] | None:
    """The keys of a block; None where it is not meant to be YAML.

    Only the shape is read: what YAML would make of `no`, `12:30` or `010` is nobody's title.
    """
    # A site without YAML need neither wait for its parser nor have it installed.
    import yaml

    head = yaml_as_written.with_odd_ones_quoted(head)
    try:
        node = yaml_as_written.composed(head)
    except yaml.YAMLError as error:
        if "\t" in head:
            # YAML allows none before a value; whoever writes them means spaces.
            return of_yaml(head.expandtabs(2))
        mended = yaml_as_written.mended(head)
        # What goes on below, indented by four, is a list with Pelican and one text in YAML.
        if is_pelicans(head) and (mended == head or "\n    " in head):
            return None
        if mended != head:
            return of_yaml(mended)
        raise Unreadable([broken_yaml(error)]) from None
    if node is None:
        return []
    if node.id != "mapping":
        return None
    listed: list[Line] = []
    problems: list[tuple[int, str]] = []
    seen: dict[str, int] = {}
    for key, value in node.value:
        number, typed = key.start_mark.line + 2, str(key.value)
        values = texts_of(value)
        if key.id != "scalar" or values is None:
            typed = typed if key.id == "scalar" else "This"
            problems.append((number, nested(typed)))
        elif typed.lower() in seen:
            problems.append((number, twice(typed, seen[typed.lower()])))
        elif typed.lower() in yaml_as_written.WORDS and (lost := comment_after(value, head)):
            problems.append((number, dropped(typed, lost)))
        else:
            seen[typed.lower()] = number
            is_list = value.id == "sequence"
            listed.append(Line(number, typed.lower(), values, typed, is_list))
    if problems:
        raise Unreadable(problems)
    return listed


def comment_after(node: Any, head: str) -> str:
    """What stands behind a value on its line, from ` #` on, which YAML passes over."""
    if node.id != "scalar" or node.style:
        return ""
    rest = head.split("\n")[node.end_mark.line][node.end_mark.column :].strip()
    return rest if rest.startswith("#") else ""


def texts_of(node: Any) -> list[str] | None:
    """A value as texts; None for one that has keys, or lists, of its own."""
    each = node.value if node.id == "sequence" else [node]
    if any(one.id != "scalar" for one in each):
        return None
    nothing = ("~", "null", "Null", "NULL", *([""] if node.id == "sequence" else []))
    return [one.value.strip() for one in each if one.style or one.value not in nothing]


def is_pelicans(head: str) -> bool:
    """Whether every line, up to the first empty one, is Python-Markdown's rather than YAML that went wrong."""
    rows = head.split("\n\n", 1)[0].expandtabs(4).splitlines()
    for number, row in enumerate(rows):
        found = KEY.match(row)
        if not found and not (number and MORE.match(row)):
            return False
        if found and yaml_as_written.is_open(found["value"].strip()):
            return False
    return bool(rows)


def broken_yaml(error: Exception) -> tuple[int, str]:
    # What is opened and never closed is met at the end, and to be mended where it begins.
    begun = re.search("quoted|flow", getattr(error, "context", None) or "")
    marks = ("context_mark", "problem_mark") if begun else ("problem_mark", "context_mark")
    mark = getattr(error, marks[0], None) or getattr(error, marks[1], None)
    what = getattr(error, "problem", None) or str(error).partition("\n")[0]
    return (
        mark.line + 2 if mark else 1,
        f"This is no YAML: {what}. Put the value into quotation marks, close what is open, or write"
        " Pelican's own lines, without the --- around them.",
    )


# --- TOML -----------------------------------------------------------------------------------------


def of_toml(head: str) -> list[Line]:
    try:
        found = tomllib.loads(head, parse_float=str)
    except tomllib.TOMLDecodeError as error:
        where = TOML_LINE.search(str(error))
        raise Unreadable(
            [
                (
                    int(where[1]) + 1 if where else head.count("\n") + 1,
                    f"This is no TOML: {TOML_LINE.sub('', str(error))}. Write texts in quotation"
                    ' marks: key = "value".',
                )
            ]
        ) from None
    numbers: dict[str, int] = {}
    for number, row in enumerate(head.splitlines(), 2):
        if key := TOML_KEY.match(row):
            numbers.setdefault(key["key"], number)
    listed: list[Line] = []
    problems: list[tuple[int, str]] = []
    for typed, value in found.items():
        values = texts_in(value)
        number = numbers.get(typed, table_line(head, typed))
        if values is None:
            problems.append((number, nested(typed)))
        else:
            listed.append(Line(number, typed.lower(), values, typed, isinstance(value, list)))
    if problems:
        raise Unreadable(problems)
    return listed


def texts_in(value: Any) -> list[str] | None:
    if isinstance(value, list):
        inner = [texts_in(each) for each in value]
        return [each[0] for each in inner if each] if all(map(is_one, inner)) else None
    if isinstance(value, dict):
        return None
    if isinstance(value, bool):
        return [str(value).lower()]
    if isinstance(value, datetime | date):
        return [str(value)]
    return [str(value).strip()]


def is_one(values: list[str] | None) -> bool:
    return values is not None and len(values) == 1


def table_line(head: str, name: str) -> int:
    rows = enumerate(head.splitlines(), 2)
    return next((number for number, row in rows if row.strip().strip("[]").startswith(name)), 1)


# --- What it means --------------------------------------------------------------------------------


def nested(typed: str) -> str:
    return (
        f"{typed} has keys or lists within its value, which nothing here reads. Write one line of text,"
        " or a list of texts, or leave it out."
    )


def dropped(typed: str, lost: str) -> str:
    return (
        f'{typed}: YAML takes "{lost}" for a comment, and it would be lost. Put the whole value into'
        " quotation marks, or the comment on a line of its own."
    )


def twice(typed: str, first: int) -> str:
    return f"{typed} is set a second time; line {first} has it first. Keep one."


def meant(lines: list[Line]) -> Fields:
    """The fields of YAML or TOML, in Pelican's words."""
    fields: Fields = {}
    for line in lines:
        key, values = SAME.get(line.key, line.key), line.values
        if line.key in SAME and any(other.key == key for other in lines):
            continue
        if key == "author" and line.is_list:
            key = "authors"
        if key in ANSWERS:
            values = [ANSWERS[key].get(value.lower(), value) for value in values]
        if key in NAMES and not line.is_list:
            values = [name for value in values for name in apart(value)]
        if values:
            fields[key] = values
    if is_draft(fields):
        fields.setdefault("status", ["draft"])
    if len(fields.get("category", ())) > 1:
        # An article has one category here.
        first, *others = fields["category"]
        fields["category"], fields["tags"] = [first], [*fields.get("tags", []), *others]
    for key in NAMES:
        if key in fields:
            fields[key] = [together(fields[key])]
    return fields


def apart(names: str) -> list[str]:
    """Names in one text, as Pelican takes them apart."""
    return [name.strip() for name in names.split(";" if ";" in names else ",")]


def together(names: list[str]) -> str:
    """Names in one text, so that Pelican finds the same again: those with a comma keep it."""
    if not any("," in name for name in names):
        return ", ".join(names)
    return "; ".join(names) + ";" * (len(names) == 1)


def is_draft(fields: Fields) -> bool:
    """`draft: true` and `published: false`, which are no fields themselves."""
    draft = fields.get("draft", [""])[0].lower()
    published = fields.get("published", [""])[0].lower()
    for key, said in (("draft", draft), ("published", published)):
        if said in ("true", "false"):
            del fields[key]
    return draft == "true" or published == "false"


def line_of(path: str | Path, key: str) -> int:
    """The line on which a source file sets `key`; 1 when it is not set there."""
    same = [word for word, meant in SAME.items() if meant == key]
    keys = "|".join([key, *same, *(("draft", "published") if key == "status" else ())])
    # The ways in which Pelican's readers are told: Markdown in its three, reStructuredText, HTML.
    sets = re.compile(
        rf"\s*[:\"']?(?:{keys})[\"']?\s*[:=]|.*<meta\s[^>]*name=[\"'](?:{keys})[\"']", re.IGNORECASE
    )
    lines = Path(path).read_text(encoding="utf-8", errors="replace").split("\n")
    return next((number for number, line in enumerate(lines, 1) if sets.match(line)), 1)
