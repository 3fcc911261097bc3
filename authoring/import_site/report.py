"""Report: what an import did, article by article, for its author to read and for programs.

`var/import/NAME.md` lists every article with what came along and what did not. `var/import/NAME.json` says of
each what the other blog knew it by, all its old addresses, its file and its thread here: from that the
next import knows what it has written, and whoever imports comments knows where they belong.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from authoring import Refused
from authoring.blog import Blog
from authoring.import_site.post import Note, Post, Site
from formats import files
from plugins.comments.manifest import thread_id

VERSION = 1
FOLDER = "var/import"


class Item(NamedTuple):
    """An article here: its file, the file's text, its address, and the copies that go with it."""

    post: Post
    path: Path
    text: str
    slug: str
    address: str
    copies: dict[Path, Path]

    @property
    def digest(self) -> str:
        return digest(self.text.encode())


class Plan(NamedTuple):
    """What importing would do."""

    site: Site
    new: list[Item]
    # Written by an earlier import and left as it was; what was written then differs from today's.
    renewed: list[Item]
    same: list[Item]
    kept: list[Item]
    notes: list[Note]

    @property
    def items(self) -> list[Item]:
        every = [*self.new, *self.renewed, *self.same, *self.kept]
        return sorted(every, key=lambda item: (item.post.place, item.post.line))

    @property
    def all_notes(self) -> list[Note]:
        return [*self.notes, *(note for item in self.items for note in item.post.notes)]


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Record(NamedTuple):
    """What earlier imports have written: the file of each source, and the digest of each file."""

    files: dict[str, str]
    digests: dict[str, str]


def record(blog: Blog) -> Record:
    found = Record({}, {})
    for path in sorted((blog.root / FOLDER).glob("*.json")):
        try:
            for entry in json.loads(path.read_bytes())["articles"]:
                found.files[entry["source"]] = entry["file"]
                found.digests[entry["file"]] = entry["sha256"]
        except (ValueError, KeyError, TypeError):
            raise Refused(
                f"{path} is damaged. Restore it, or remove it: articles of earlier imports are then"
                " known by their titles and days alone."
            ) from None
    return found


def write(blog: Blog, planned: Plan, origin: Path, known: Record) -> None:
    """The report in both forms."""
    path = readable(blog, origin)
    data = json.dumps(as_data(blog, planned, known), ensure_ascii=False, indent=1) + "\n"
    files.update(path.with_suffix(".json"), data.encode())
    files.update(path, ("\n".join(as_text(blog, planned)) + "\n").encode())


def readable(blog: Blog, origin: Path) -> Path:
    """Where the report for people is."""
    name = re.sub(r"[^\w-]+", "-", origin.resolve().name).strip("-")
    return blog.root / FOLDER / f"{name or 'site'}.md"


def as_data(blog: Blog, planned: Plan, known: Record) -> dict[str, Any]:
    kept = {str(item.path) for item in planned.kept}

    def entry(item: Item) -> dict[str, Any]:
        file = item.path.relative_to(blog.root).as_posix()
        edited = str(item.path) in kept
        return {
            "source": item.post.source,
            "addresses": item.post.addresses,
            "file": file,
            "address": item.address,
            # Where its comments belong; pages and drafts have none.
            "thread": "" if item.post.is_page else thread_id(item.slug),
            "sha256": known.digests.get(file, "") if edited else item.digest,
            "unused": item.post.unused,
            "notes": [str(note) for note in item.post.notes],
        }

    return {
        "version": VERSION,
        "site": {"kind": planned.site.kind, "url": planned.site.url, "title": planned.site.title},
        "articles": [entry(item) for item in planned.items],
        "notes": [str(note) for note in planned.notes],
    }


def as_text(blog: Blog, planned: Plan) -> Iterable[str]:
    site = planned.site
    yield f"# {site.title or site.kind}, brought here"
    yield ""
    yield f"Articles and pages: {len(planned.items):,}, from {site.kind} {site.url}".rstrip()
    for note in planned.notes:
        yield f"- {note}"
    for item in planned.items:
        post = item.post
        yield ""
        yield f"## {post.title}"
        yield ""
        yield f"- from {post.place}, line {post.line}"
        yield f"- to {item.path.relative_to(blog.root).as_posix()}, at {item.address}"
        yield from (f"- once at {address}" for address in post.addresses)
        came = [
            "a page" if post.is_page else "an article",
            "a draft" if post.draft else "",
            "listed nowhere" if post.hidden else "",
            "pinned" if post.pinned else "",
            f"comments {post.comments}" if post.comments else "",
            f"category {post.category}" if post.category else "",
            f"tags {', '.join(post.tags)}" if post.tags else "",
            f"by {', '.join(post.authors)}" if post.authors else "",
            many(len(item.copies), "file") if item.copies else "",
        ]
        yield f"- came along: {'; '.join(filter(None, came))}"
        yield from (f"- not used: {key}: {value}" for key, value in post.unused.items())
        yield from (f"- line {note.line}: {note.text}" for note in post.notes)


def many(count: int, what: str) -> str:
    return f"{count:,} {what}{'s' * (count != 1)}"


def told(blog: Blog, planned: Plan, *, done: bool) -> Iterable[str]:
    """The plan, or what became of it, as lines for a terminal."""
    for item in (*planned.new, *planned.renewed):
        state = "  draft" if item.post.draft else ""
        again = "  again" if item in planned.renewed else ""
        yield f"  {item.path.relative_to(blog.root)}{state}{again}"
    if planned.new or planned.renewed:
        yield ""
    written = [*planned.new, *planned.renewed]
    copies = {target for item in written for target in item.copies.values()}
    pictures = sum(target.is_relative_to(blog.content / "images") for target in copies)
    drafts = sum(item.post.draft for item in written)
    verb = "Written" if done else "To write"
    others = f" and {many(len(copies) - pictures, 'other file')}" if len(copies) > pictures else ""
    yield (
        f"{verb}: {many(len(written), 'file')} ({many(drafts, 'draft')}),"
        f" with {many(pictures, 'picture')}{others}"
    )
    if planned.same or planned.kept:
        yield f"There already: {len(planned.same):,}, and {len(planned.kept):,} that you have changed"
    if notes := planned.all_notes:
        yield ""
        yield "To look at"
        yield from (f"  {note}" for note in notes)
    if not done and written:
        yield ""
        yield "Nothing was written yet. Add --write to do it."
