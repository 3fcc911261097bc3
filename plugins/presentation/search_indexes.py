"""Search indexes: one of a whole site that stays, beside a small one of what has changed since it was made.

Pagefind knows no adding: an index is made of all its pages or not at all. So a build indexes the pages that
are new or say something else, into `newer/`, and lists in `changes.json` which pages of the whole index
these replace and which are gone; the search page asks both and leaves out what is on the list. When a tenth
of the pages have changed, all are indexed anew. What is replaced keeps no fragment; of articles and
comments that are gone, no word either (`formats/search_index`).

Every file of an index is written before what names it, and what is not named any more is removed last: a
build that is killed leaves one that works, or one that the next build knows to be unsound.
"""

import contextlib
import importlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any

from formats import search_index, search_parts
from formats.files import stamps
from formats.search_index import DamagedIndex, Index
from plugins import files

from .search_pages import Page

# Up to here a whole index costs no more than finding out what has changed.
SMALL = 50
# Of the pages, one in so many may have changed before all are indexed anew: a reader's browser asks both.
SHARE = 10
# Letters of pages that pagefind is told at once: it takes thirty bytes of memory for each.
PART = 2_000_000

# What surrounds words rather than being them: who wrote when, numbers of notes, buttons.
LEFT_OUT = [
    *(".meta", ".headerlink", ".footnote-ref", ".footnote-backref", ".linenos"),
    ".postil-at",
    *(".postil-heading", ".postil-meta", ".postil-context", ".postil-actions", ".postil-feed"),
    *(".postil-pages", ".postil-closed", ".postil-missing"),
]
PROGRAM = r"pagefind\.js|pagefind-worker\.js|wasm\.[\w-]+\.pagefind"
WORDS = r"pagefind\.[\w-]+\.pf_meta|(fragment|index)/[\w-]+\.pf_(fragment|index)"
# Pagefind brings interfaces of its own, which a strict policy refuses and this one does not need.
USED = re.compile(f"{PROGRAM}|{WORDS}")
# An index that is asked beside another needs no program.
USED_BESIDE = re.compile(WORDS)


class SearchError(Exception):
    """What stops the build: an index that could not be made."""


def bring_up_to_date(
    folder: Path, work: Path, lang: str, pages: Mapping[str, Page], known: Mapping[str, Any]
) -> dict[str, Any]:
    """Index what has changed of these pages, by address; answers with what is to be known next time.

    In `work` lies, until the caller removes it, what an index is made of (`build`).
    """
    known = as_it_is(folder, known) if known else known
    base: dict[str, list[Any]] = known.get("base", {})
    newer = {
        address: page.digest
        for address, page in pages.items()
        if base.get(address, [None])[0] != page.digest
    }
    replaced = sorted(address for address in base if address in newer or address not in pages)
    may = len(pages) // SHARE if len(pages) > SMALL else 0
    if not known or len({*newer, *replaced}) > may:
        return made_whole(folder, work, lang, pages)
    if (newer, replaced) == (known["newer"], known["replaced"]):
        return dict(known)
    try:
        return with_difference(folder, work, lang, pages, known, newer, replaced)
    except (DamagedIndex, *search_index.UNREADABLE):
        return made_whole(folder, work, lang, pages)


def as_it_is(folder: Path, known: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of an index, without what the comment service took out since; nothing if it is unsound."""
    try:
        whole, stale = Index(folder), search_index.stale(folder)
        beside = Index(folder / search_index.NEWER) if known["newer"] else None
    except DamagedIndex:
        return {}
    was: dict[str, int] = known["sizes"]
    named = {path for path in whole.names() if path.stem not in stale}
    named.update(beside.names() if beside else ())
    names = {path.as_posix().removeprefix(f"{folder.as_posix()}/") for path in named}
    names.update(name for name in was if re.fullmatch(PROGRAM, name))
    now = sizes(folder)
    # What was written since says by its name whether it is as it was written.
    written = {name for name in names if name not in was}
    if any(now.get(name) != was[name] for name in names - written) or not all(
        search_index.as_named(folder / name) for name in written
    ):
        return {}
    new = {PurePath(name).stem for name in written}
    base = {
        address: ["" if number is not None and whole.pages[number][0] in new else digest, number]
        for address, (digest, number) in known["base"].items()
    }
    kept = {} if beside and new & {name for name, _ in beside.pages} else known["newer"]
    return {**known, "base": base, "newer": kept}


def made_whole(folder: Path, work: Path, lang: str, pages: Mapping[str, Page]) -> dict[str, Any]:
    take_over(build(work, lang, pages), folder, USED)
    for beside in (search_index.NEWER, search_index.FORMER):
        shutil.rmtree(folder / beside, ignore_errors=True)
    search_index.write_changes(folder, {})
    numbers = {fragment["url"]: number for number, fragment in Index(folder).fragments()}
    base = {address: [page.digest, numbers.get(address)] for address, page in pages.items()}
    return {"base": base, "newer": {}, "replaced": [], "sizes": sizes(folder)}


def with_difference(
    folder: Path,
    work: Path,
    lang: str,
    pages: Mapping[str, Page],
    known: Mapping[str, Any],
    newer: dict[str, str],
    replaced: list[str],
) -> dict[str, Any]:
    """The whole index as it stays, with what is newer beside it."""
    whole, beside = Index(folder), folder / search_index.NEWER
    before = search_index.stale(folder)
    numbers = {address: known["base"][address][1] for address in replaced}
    numbers = {address: number for address, number in numbers.items() if number is not None}
    forgotten = {
        address for address, number in numbers.items() if before.get(whole.pages[number][0]) == ""
    }
    newer_before = Index(beside) if known["newer"] else None
    forgetting = set()
    for address, number in numbers.items():
        if address in forgotten or newer.get(address) == known["newer"].get(address, ""):
            continue
        earlier = [whole.fragment(whole.pages[number][0])]
        if newer_before:
            earlier += [fragment for _, fragment in newer_before.find([address])]
        if address not in pages or any(
            each and search_index.left(each, pages[address].html()) for each in earlier
        ):
            forgetting.add(address)
    if forgetting:
        # All lists are read for it: what has been replaced, and is found there no longer, goes with it.
        forgetting = numbers.keys() - forgotten
        whole.take_out({numbers[address]: None for address in forgetting})
    if newer:
        made = build(work, f"{lang}-newer", {address: pages[address] for address in newer})
        take_over(made, beside, USED_BESIDE)
    else:
        shutil.rmtree(beside, ignore_errors=True)
    gone = forgotten | forgetting
    stale = {
        whole.pages[number][0]: "" if address in gone else address
        for address, number in numbers.items()
    }
    search_index.write_changes(folder, stale)
    for name in stale:
        whole.fragment_file(name).unlink(missing_ok=True)
    # What was replaced once cannot be shown again, though an author take his change back.
    base = {**known["base"], **{address: ["", known["base"][address][1]] for address in replaced}}
    return {"base": base, "newer": newer, "replaced": replaced, "sizes": sizes(folder)}


def program() -> str | None:
    """Where pagefind's program is, if it is here, as its own `get_executable` finds it: to import that costs
    a build more than all the rest of this module does.
    """
    if given := os.environ.get("PAGEFIND_BINARY_PATH"):
        return given
    for name in ("pagefind_bin", "pagefind_bin_extended"):
        with contextlib.suppress(ImportError):
            return str(importlib.import_module(name).get_executable())
    return shutil.which("pagefind") or shutil.which("pagefind_extended")


def build(work: Path, lang: str, pages: Mapping[str, Page]) -> Path:
    """Make an index of these pages, in the language given; answers with its folder, which is below `work`."""
    shutil.rmtree(work, ignore_errors=True)
    try:
        made = [made_of(work / f"{n}", lang, part) for n, part in enumerate(parts(pages))]
        return search_parts.join(made)
    except search_parts.Unjoinable:
        whole = ((address, page.html()) for address, page in pages.items())
        return made_of(work / "whole", lang, whole)


def parts(pages: Mapping[str, Page]) -> Iterator[list[tuple[str, str]]]:
    """The pages, by address what the index is told of each, as many at once as pagefind has room for."""
    part: list[tuple[str, str]] = []
    length = 0
    for address, page in pages.items():
        html = page.html()
        if part and length + len(html) > PART:
            yield part
            part, length = [], 0
        part.append((address, html))
        length += len(html)
    yield part


def made_of(work: Path, lang: str, pages: Iterable[tuple[str, str]]) -> Path:
    """An index as pagefind makes it, by its program: its Python interface takes a tenth of a second for every
    page. One that is given up leaves its files for the next one to remove: an author would wait longer for
    that than for his page.
    """
    site, made = work / "site", work / "made"
    for address, html in pages:
        path = site / address.lstrip("/")
        path = path / "index.html" if address.endswith("/") else path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(html, encoding="utf-8")
    command = [str(program()), "--silent", "--site", str(site)]
    command += ["--output-path", str(made), "--force-language", lang]
    command += ["--exclude-selectors", ", ".join(LEFT_OUT)]
    if fault := run(command):
        raise SearchError(
            f"pagefind could not make the index:\n{fault}\n"
            "SEARCH = False builds the blog without it."
        )
    return made


def run(command: list[str]) -> str:
    """What a program complains of before it fails, or nothing; whatever is raised meanwhile ends it."""
    done = subprocess.run(  # noqa: S603 - pagefind's own
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return (done.stdout or f"exit status {done.returncode}") * bool(done.returncode)


def take_over(made: Path, folder: Path, used: re.Pattern[str]) -> None:
    """Put a new index in the place of the old; a file that says the same keeps its time.

    What names the others comes last, and then goes what nobody names any more.
    """
    names = [path.relative_to(made).as_posix() for path in sorted(made.rglob("*"))]
    kept = {name for name in names if used.fullmatch(name)} | {search_index.ENTRY}
    new = [name for name in sorted(kept) if not (folder / name).exists()]
    new = [name for name in new if name != search_index.ENTRY]
    files.move_many([(made / name, folder / name) for name in new])
    for name in sorted(kept - {*new}, key=lambda name: (name == search_index.ENTRY, name)):
        files.update(folder / name, (made / name).read_bytes())
    kept.add(search_index.CHANGES)
    for name in stamps(folder):
        original = name.removesuffix(".gz").removesuffix(".br")
        if original not in kept and not name.startswith(f"{search_index.NEWER}/"):
            (folder / name).unlink()


def sizes(folder: Path) -> dict[str, int]:
    """The files of an index; compressed copies are not of our making, and the list of changes says itself."""
    return {
        name: size
        for name, (size, _) in stamps(folder).items()
        if not name.endswith((".gz", ".br")) and name != search_index.CHANGES
    }
