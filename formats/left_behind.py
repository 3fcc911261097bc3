"""Left behind: threads with comments whose article is gone, and the article that is probably theirs.

An article that gets another slug gets another thread, and its comments would stay with the old one. What
lies in the folder of the snapshots tells of it: files of a thread that the site lists no more, and, once
the service has taken those away, a note of the service that says of the thread what the site said of it.
"""

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from . import files, snapshots
from .manifest import LANG, OF_A_DRAFT, THREAD

# A note of the service for each of them; a name that begins with a dot is never served.
NOTES = ".left"
SNAPSHOT = re.compile(rf"(?P<id>{THREAD})(?:\.(?P<lang>{LANG}))?\.json")
# Of the letters of two slugs or titles, how many are the same where one was made from the other.
ALIKE = 0.6

Entry = Mapping[str, Any]


class Left(NamedTuple):
    """A thread that no article has; `urls` are its addresses by language, its own first.

    `comment_count` is of its published comments, None where nobody here knows.
    """

    id: str
    title: str
    urls: dict[str, str]
    comment_count: int | None = None

    @property
    def comments(self) -> str:
        if self.comment_count is None:
            return "Comments"
        return f"{self.comment_count} comment{'s' * (self.comment_count != 1)}"


def of_entry(entry: Entry) -> Left:
    """A thread as an earlier manifest has it."""
    of_others = {each["lang"]: each["url"] for each in entry["translations"]}
    return Left(entry["id"], entry["title"], {entry["lang"]: entry["url"], **of_others})


def note(published: Path, left: Left) -> None:
    files.update(published / NOTES / f"{left.id}.json", json.dumps(left._asdict()).encode())


def forget(published: Path, thread_id: str) -> None:
    (published / NOTES / f"{thread_id}.json").unlink(missing_ok=True)


def in_folder(published: Path, listed: Collection[str]) -> list[Left]:
    """Those that have comments, as the folder of the snapshots has it; `listed` has an article."""
    found: dict[str, Left] = {}
    with suppress(FileNotFoundError):
        for path in (published / NOTES).iterdir():
            if path.stem not in listed and not re.fullmatch(OF_A_DRAFT, path.stem):
                with suppress(OSError, ValueError, TypeError):
                    found[path.stem] = Left(**json.loads(path.read_bytes()))
    with suppress(FileNotFoundError):
        # Before `<id>.json`, `<id>.de.json`: that one is the thread's own language.
        for path in sorted((published / "threads").glob("*.json"), key=lambda path: len(path.name)):
            name = SNAPSHOT.fullmatch(path.name)
            if name is None or name["id"] in listed or re.fullmatch(OF_A_DRAFT, name["id"]):
                continue
            with suppress(OSError, ValueError, KeyError):
                said = json.loads(path.read_bytes())
                new = Left(said["thread"], said["title"], {}, said["count"])
                found.setdefault(new.id, new).urls[said["lang"]] = said["url"]
    return [found[name] for name in sorted(found) if found[name].comment_count]


def has_comments(published: Path, thread_id: str) -> bool | None:
    """Whether anybody has written there; None where there are no files of it."""
    path = published / "threads" / snapshots.file_name(thread_id)
    with suppress(OSError, snapshots.DamagedSnapshot):
        return snapshots.thread(path.read_bytes(), thread_id).total > 0
    return None


def path_of(url: str, site_url: str) -> str:
    """An address as `Aliases` has it: below the site's, decoded."""
    path = unquote(urlsplit(url).path)
    base = urlsplit(site_url).path.rstrip("/")
    return path.removeprefix(base) if path.startswith(f"{base}/") else path


def followed(
    left: Iterable[Left],
    entries: Sequence[Entry],
    site_url: str,
    has_comments: Callable[[str], bool | None],
) -> list[tuple[Left, Entry]]:
    """Each of them with the article that has probably followed it: one without comments of its own.

    Another title is believed where the thread is new; an old article of a similar name is none.
    """
    pairs: list[tuple[float, Left, Entry]] = []
    for each in left:
        paths = {path_of(url, site_url) for url in each.urls.values()}
        for entry in entries:
            likeness = 0.0
            if paths.intersection(entry.get("aliases", ())):
                likeness = 3
            elif each.title.casefold() == entry["title"].casefold():
                likeness = 2
            elif has_comments(entry["id"]) is None:
                likeness = max(
                    alike(each.id, entry["id"]),
                    alike(each.title.casefold(), entry["title"].casefold()),
                )
            if likeness >= ALIKE and not has_comments(entry["id"]):
                pairs.append((likeness, each, entry))
    found: dict[str, tuple[Left, Entry]] = {}
    taken: set[str] = set()
    for _, each, entry in sorted(pairs, key=lambda pair: -pair[0]):
        if each.id not in found and entry["id"] not in taken:
            found[each.id] = (each, entry)
            taken.add(entry["id"])
    return list(found.values())


def alike(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
