"""Front matter as other generators write it: YAML, TOML or plain lines, whose values have types."""

import json
import re
import tomllib
from datetime import date as Day  # noqa: N812 - beside datetime it would be taken for a moment
from datetime import datetime
from typing import Any, NamedTuple

import yaml

from plugins.markdown import dates

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
    # What there is to say of how it was read.
    trouble: str = ""


class Typed(yaml.SafeLoader):
    """YAML whose values stay as they were typed: `010`, `12:30`, `no` and `1e3` are nobody's numbers."""


Typed.yaml_implicit_resolvers = {
    first: [(tag, rule) for tag, rule in rules if tag.rpartition(":")[2] in ("timestamp", "merge")]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Typed.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
Typed.add_implicit_resolver(
    "tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""]
)


def split(text: str) -> Parts:
    """The front matter of a file and its text; raises Unreadable for fences that hold nonsense."""
    text = text.replace("\r\n", "\n")
    if fenced := FENCE.match(text):
        keys, trouble = parsed(fenced["head"], fenced["mark"])
        begins = text.count("\n", 0, fenced.end()) + 1
        return Parts(keys, text[fenced.end() :], begins, trouble)
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


def parsed(head: str, mark: str) -> tuple[dict[str, Any], str]:
    """The keys, and what there is to say of how they were read; raises Unreadable."""
    trouble = ""
    try:
        found = tomllib.loads(head) if mark == "+++" else of_yaml(head)
    except tomllib.TOMLDecodeError as error:
        where = re.search(r"at line (\d+)", str(error))
        raise Unreadable(int(where[1]) + 1 if where else 1, f"TOML: {error}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        place = getattr(error, "problem_mark", None)
        line = place.line + 2 if place else 1
        what = getattr(error, "problem", None) or str(error)
        if (found := line_by_line(head)) is None:
            raise Unreadable(line, f"YAML: {what}") from None
        trouble = f"its front matter is no YAML ({what}, line {line}) and was read line by line"
    if found is not None and not isinstance(found, dict):
        raise Unreadable(2, "it is a text or a list, not keys with values")
    return {str(key).lower(): value for key, value in (found or {}).items()}, trouble


def of_yaml(head: str) -> Any:
    # Tabs behind a colon are YAML to other programs, and none to this one.
    head = re.sub(r"^([\w-]+:)\t+", r"\1 ", head, flags=re.MULTILINE)
    return yaml.load(head, Loader=Typed)  # noqa: S506 - a safe one, which makes no objects


def line_by_line(head: str) -> dict[str, Any] | None:
    """What an author meant who forgot quotation marks; None where no line tells that."""
    found: dict[str, Any] = {}
    last = ""
    for row in head.expandtabs(4).splitlines():
        if match := KEY.fullmatch(row.rstrip()):
            value = (match["value"] or "").strip()
            if value[:1] in ("[", "{") and value[-1:] not in ("]", "}"):
                return None
            last = match["key"]
            listed = value[1:-1].split(",") if value[:1] == "[" else None
            found[last] = [bare(each) for each in listed] if listed is not None else bare(value)
        elif last and (entry := re.fullmatch(r"\s*-\s+(.*)", row)):
            before = found[last] if isinstance(found[last], list) else []
            found[last] = [*before, bare(entry[1])]
        elif last and row.startswith(" ") and isinstance(found[last], str):
            found[last] = f"{found[last]} {row.strip()}".lstrip(" |>-")
        elif row.strip() and not row.startswith("#"):
            return None
    for key, value in found.items():
        if value in ("true", "false"):
            found[key] = value == "true"
    return found or None


def bare(value: str) -> str:
    value = value.strip()
    whole = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if whole else value


# --- What it says ---------------------------------------------------------------------------------


def texts(value: Any) -> list[str]:
    if value is None or value == "" or value is False:
        return []
    found = value if isinstance(value, list) else [value]
    # An author may have a name, an address and more.
    plain = (each.get("name") if isinstance(each, dict) else each for each in found)
    return [str(each).strip() for each in plain if each is not None]


def moment(value: Any, zone: str = "UTC") -> datetime | None:
    if isinstance(value, Day) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - in the blog's own zone
    if isinstance(value, datetime):
        return value
    try:
        return dates.read(str(value), zone)
    except ValueError:
        return None


class Keys:
    """Front matter, and which of it somebody has asked for."""

    def __init__(self, given: dict[str, Any], zone: str) -> None:
        self.given = given
        # The blog's own, whose names are known.
        self.zone = zone
        self.asked: set[str] = set()
        # What says when, and cannot be read, with what is wrong.
        self.unread: dict[str, str] = {}

    def get(self, *names: str) -> Any:
        """The first of these that says something."""
        self.asked.update(names)
        return next(
            (self.given[name] for name in names if self.given.get(name) not in (None, "")), None
        )

    def moment(self, *names: str) -> datetime | None:
        """The first of these that can be read as one."""
        found = {name: moment(value, self.zone) for name in names if (value := self.get(name))}
        for name in (name for name, read in found.items() if not read):
            said = str(self.given[name])
            self.unread[name] = f'"{said}" {dates.wrong(said, self.zone)}'
        return next(filter(None, found.values()), None)

    def text(self, *names: str) -> str:
        return ", ".join(texts(self.get(*names)))

    def unused(self) -> dict[str, str]:
        """What has no meaning here, as one line each."""
        left = {key: value for key, value in self.given.items() if key not in self.asked}
        return {
            key: " ".join(
                str(
                    value
                    if isinstance(value, str)
                    else json.dumps(value, ensure_ascii=False, default=str)
                ).split()
            )
            for key, value in left.items()
            if value not in (None, "", [], {})
        }
