"""Front matter as other generators write it: YAML, TOML or plain lines, whose values have types."""

import json
import re
import tomllib
from typing import Any, NamedTuple

import yaml

KEY = re.compile(r"(?P<key>[A-Za-z][\w-]*)\s*:(?:\s+(?P<value>.*)|\s*)")
FENCE = re.compile(
    r"\A\ufeff?(?P<mark>---|\+\+\+)[ \t]*\n(?P<head>.*?)^(?P=mark)[ \t]*$\n?",
    re.MULTILINE | re.DOTALL,
)


class Unreadable(ValueError):
    """Front matter that is neither YAML nor TOML, with the line."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line


class Parts(NamedTuple):
    """A file's front matter, keys in lower case, and its text with the line on which that begins."""

    keys: dict[str, Any]
    body: str
    line: int


def split(text: str) -> Parts:
    """The front matter of a file and its text; raises Unreadable for fences that hold nonsense."""
    text = text.replace("\r\n", "\n")
    if fenced := FENCE.match(text):
        keys = parsed(fenced["head"], fenced["mark"])
        return Parts(keys, text[fenced.end() :], text.count("\n", 0, fenced.end()) + 1)
    if text.removeprefix("\ufeff").lstrip().startswith("{"):
        try:
            found, end = json.JSONDecoder().raw_decode(text := text.removeprefix("\ufeff").lstrip())
        except ValueError:
            found = end = None
        if isinstance(found, dict):
            keys = {str(key).lower(): value for key, value in found.items()}
            return Parts(keys, text[end:].lstrip("\n"), text.count("\n", 0, end) + 2)
    keys = {}
    lines = text.removeprefix("\ufeff").split("\n")
    last = ""
    for number, line in enumerate(lines):
        if last and line.startswith("    ") and line.strip():
            keys[last] = f"{keys[last]}\n{line.strip()}"
        elif found := KEY.fullmatch(line.rstrip()):
            last = found["key"].lower()
            keys[last] = (found["value"] or "").strip()
        else:
            at = number + (not line.strip())
            return Parts(keys, "\n".join(lines[at:]), at + 1)
    return Parts(keys, "", len(lines))


def parsed(head: str, mark: str) -> dict[str, Any]:
    try:
        found = tomllib.loads(head) if mark == "+++" else yaml.safe_load(head)
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"at line (\d+)", str(error))
        raise Unreadable(int(where[1]) + 1 if where else 1, f"TOML: {error}") from None
    except (yaml.YAMLError, ValueError) as error:
        place = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or str(error)
        raise Unreadable(place.line + 2 if place else 1, f"YAML: {what}") from None
    if found is not None and not isinstance(found, dict):
        raise Unreadable(2, "it is a text or a list, not keys with values")
    return {str(key).lower(): value for key, value in (found or {}).items()}
