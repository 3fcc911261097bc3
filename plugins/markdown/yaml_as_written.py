"""YAML as it is written: by people who leave quotation marks out where YAML wants them.

`title: Part 1: the colon`, `title: @home`, `title: "A" and more` have one meaning to whoever reads them, and
none to YAML. A quotation mark or a bracket that opens a value and is never closed is a slip, and stays one.
"""

import re
from typing import Any

# A line of YAML that has a value; and what says that its value stands on the lines below.
ENTRY = re.compile(r"(?P<key>[\w-]+):[ \t]+(?P<value>\S.*?)[ \t]*$")
BLOCK = re.compile(r"[|>][-+\d]*(?:[ \t]+#.*)?")
ODD = re.compile(r":[ \t]+[&!]")
APOSTROPHE = "'"
# Of these every word was meant to be read.
WORDS = ("title", "summary", "description", "category", "tags", "series")


def composed(text: str) -> Any:
    import yaml

    return yaml.compose(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))


def with_odd_ones_quoted(head: str) -> str:
    """A block whose values are texts where YAML would take them for something else, as `&c is good`."""
    return "\n".join(map(quoted, head.split("\n"))) if ODD.search(head) else head


def mended(head: str) -> str:
    """A block that is no YAML only for want of quotation marks, with them."""
    return "\n".join(map(mended_row, head.split("\n")))


def quoted(row: str) -> str:
    found = ENTRY.match(row)
    odd = found and found["value"][0] in "&!" and found["key"].lower() in WORDS
    return with_quotes(found) if found and odd else row


def with_quotes(found: re.Match[str]) -> str:
    return f"{found['key']}: '{found['value'].replace(APOSTROPHE, 2 * APOSTROPHE)}'"


def mended_row(row: str) -> str:
    import yaml

    found = ENTRY.match(row)
    if not found or BLOCK.fullmatch(found["value"]) or is_open(found["value"]):
        return row
    try:
        composed(row)
    except yaml.YAMLError:
        return with_quotes(found)
    return row


def is_open(value: str) -> bool:
    return any(
        value.startswith(opening) and closing not in value[1:]
        for opening, closing in ('""', "''", "[]", "{}")
    )
