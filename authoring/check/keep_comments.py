"""Keep comments: writes into articles that got another slug the two lines with which their comments stay.

Which articles those are says `plugins/comments/follow`; a file is changed only where its front matter,
read again, says what it said before and these lines.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from authoring.blog import ENDINGS, shown
from plugins.comments.follow import Followed
from plugins.markdown import frontmatter

ALIASES = re.compile(r"(?P<key>[ \t]{0,3}aliases[ \t]*[:=][ \t]*)(?P<value>.*)", re.IGNORECASE)


def write(found: list[Followed]) -> Iterator[tuple[bool, str]]:
    """Write the lines; of each file, whether that was done, and a sentence."""
    threads: set[str] = set()
    for each in found:
        path = Path(each.article.source_path)
        # The articles of one thread name it once.
        thread = "" if each.left.id in threads else each.left.id
        threads.add(each.left.id)
        text = path.read_bytes().decode("utf-8", "replace")
        new = None
        if path.suffix.lower() in ENDINGS:
            new = with_lines(text, thread, each.aliases)
        if new is None:
            yield False, f"{shown(path)}: write it yourself. {each}"
            continue
        path.write_bytes(new.encode())
        yield True, f"{shown(path)} keeps {each.left.comments.lower()} of {each.left.id}."


def with_lines(text: str, thread: str, aliases: list[str]) -> str | None:
    """The article with these lines in its front matter; None where they cannot be written safely."""
    try:
        before, body = fields(text), frontmatter.split(text).body
    except frontmatter.Unreadable:
        return None
    wanted = {**before, **({"thread": [thread]} if thread else {})}
    if aliases:
        wanted["aliases"] = sorted([*before.get("aliases", []), *aliases])
    for made in attempts(text, thread, aliases):
        try:
            if fields(made) == wanted and frontmatter.split(made).body == body:
                return made
        except frontmatter.Unreadable:
            continue
    return None


def fields(text: str) -> dict[str, list[str]]:
    """What front matter says, and of `Aliases` each address by itself."""
    found = dict(frontmatter.split(text).fields)
    if "aliases" in found:
        listed = (path.strip() for line in found["aliases"] for path in line.split(","))
        found["aliases"] = sorted(filter(None, listed))
    return found


def attempts(text: str, thread: str, aliases: list[str]) -> Iterator[str]:
    """The text with the lines as people write them in each kind of front matter, one of which is right."""
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.split(end)
    fence = next((sign for sign in ("---", "+++") if lines[0].rstrip() == sign), "")
    first = 1 if fence else 0
    last = next((n for n in range(first, len(lines)) if lines[n].rstrip() == fence), len(lines))
    key = next(iter(re.findall(r"^\w", lines[first])), "T") if len(lines) > first else "T"

    def line(name: str, value: str) -> str:
        name = name.capitalize() if key.isupper() else name
        return f'{name} = "{value}"' if fence == "+++" else f"{name}: {value}"

    added = [line("thread", thread)] if thread else []
    where = next((n for n in range(last) if ALIASES.match(lines[n])), None)
    if not aliases or where is None:
        added += [line("aliases", ", ".join(aliases))] if aliases else []
        # Below the first line, which is the title with most.
        yield end.join([*lines[: first + 1], *added, *lines[first + 1 :]])
        return
    found = ALIASES.match(lines[where])
    assert found is not None  # noqa: S101 - as it was found
    more = ", ".join(aliases)
    quoted = ", ".join(f'"{each}"' for each in aliases)
    value = found["value"].rstrip()
    item = re.match(r"[ \t]*- ", lines[where + 1]) if where + 1 < len(lines) else None
    as_items = [f'{item[0]}"{each}"' for each in aliases] if item else []
    for changed in (
        [f"{found['key']}{value}, {more}"],
        [f"{found['key']}{value[:-1]}, {more}{value[-1:]}"],
        [f"{found['key']}{value[:-1]}, {quoted}]"],
        [lines[where], *as_items],
    ):
        made = [*lines[:where], *changed, *lines[where + 1 :]]
        yield end.join([*made[: first + 1], *added, *made[first + 1 :]])
