"""Review: what was said of a draft that is shared, and which line of its file each note is about.

The service has it; where it does not answer, the snapshots here are read. Words are found in the file as in the
page, by one rule: a note whose words are gone is said to be without them, and never put beside others.
"""

import json
import re
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from authoring import Refused, markdown_words, share_draft
from authoring.blog import Blog, Source
from authoring.publish import comments
from formats import snapshots
from formats.passages import Passage
from plugins.comments import shared
from plugins.markdown import frontmatter
from plugins.site import plain_text

WIDTH = 96
# What would move a terminal's cursor, or turn the direction of a line.
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class Said(NamedTuple):
    """A comment on a draft; with the passage that it is about, and the line in which that begins."""

    id: int
    parent: int | None
    depth: int
    name: str
    text: str
    created_at: str
    url: str
    passage: str
    line: int | None


def notes(
    blog: Blog,
    environ: Mapping[str, str],
    draft: str,
    *,
    newest: bool = False,
    as_json: bool = False,
) -> str:
    """What was said, for people in the order of the text, and with `newest` of time; or for programs."""
    source = share_draft.of_name(blog, draft)
    found = of_draft(source, environ)
    if newest:
        found.sort(key=lambda each: (each.created_at, each.id), reverse=True)
    if as_json:
        listed = [{"file": source.shown, **each._asdict()} for each in found]
        return json.dumps(listed, ensure_ascii=False, indent=1)
    if not found:
        return (
            f"Nothing was said of {source.shown} yet, or what was waits for you: {queue(environ)}"
        )
    lines = [line for each in found for line in told(each, source, flat=newest)]
    return "\n".join(lines).rstrip()


def of_draft(source: Source, environ: Mapping[str, str]) -> list[Said]:
    """What readers see of it, in the order of the text: notes, those whose words are gone, other comments."""
    made = share_draft.share_of(source)
    if made is None:
        raise Refused(
            f"{source.shown} is not shared. What was said of a draft that was is in the moderation, under"
            f" Conversations: {queue(environ)}"
        )
    key = environ.get(shared.KEY, "")
    if not key:
        raise Refused(
            f"{shared.KEY} is not set here: take it from .env where you shared the draft."
        )
    thread = shared.thread_of(share_draft.word(source, made, key))
    published = Path(source.blog.root, environ.get("COMMENTS_PUBLISHED") or "published")
    text = frontmatter.normal(source.text)
    before = text[: len(text) - len(source.body)].count("\n")
    words = markdown_words.words_of(source.body, before + 1)
    return in_order([said(each, words) for each in read(thread, published, environ)])


def read(thread: str, published: Path, environ: Mapping[str, str]) -> list[dict[str, Any]]:
    """Every comment of a thread as the service publishes it, in reading order."""
    service = comments.address(environ)
    unanswered: comments.Unanswered | None = None

    def page(number: int) -> dict[str, Any] | None:
        nonlocal unanswered
        name = snapshots.file_name(thread, page=number, kind="json")
        data = None
        if unanswered is None:
            try:
                data = comments.get(f"{service}threads/{name}")
            except comments.Unanswered as error:
                unanswered = error
        here = published / "threads" / name
        if data is None and here.is_file():
            data = here.read_bytes()
        try:
            return dict(json.loads(data)) if data is not None else None
        except (ValueError, TypeError):
            raise Refused(f"{service} is no comment service: look at COMMENTS_URL.") from None

    first = page(1)
    if first is None:
        raise unanswered or Refused(
            f"The comment service at {service} does not know this draft. Publish it first: python3"
            " tasks.py publish (a service on another machine needs COMMENTS_MANIFEST_TOKEN)."
        )
    others = (page(number) for number in range(2, int(first.get("pages", 1)) + 1))
    return [each for one in (first, *others) if one for each in one["comments"]]


def said(comment: Mapping[str, Any], words: markdown_words.Words) -> Said:
    told = comment.get("passage")
    about = told if isinstance(told, dict) else {}
    passage = Passage(*(str(about.get(name) or "") for name in Passage._fields))
    found = words.find(passage) if passage.exact else None
    return Said(
        int(comment["id"]),
        comment["parent"],
        int(comment["depth"]),
        seen(comment["name"]),
        seen(plain_text(comment["html"])),
        str(comment["created_at"]),
        str(comment["url"]),
        seen(passage.exact),
        found[0] if found else None,
    )


def seen(text: str) -> str:
    """Somebody else's words as a terminal may show them."""
    return UNSEEN.sub("", text)


def in_order(found: list[Said]) -> list[Said]:
    """By line, and each with its answers behind it; what is about no line comes after what is."""
    branches: list[list[Said]] = []
    for each in found:
        if each.depth and branches:
            branches[-1].append(each)
        else:
            branches.append([each])

    def place(branch: list[Said]) -> tuple[int, int]:
        first = branch[0]
        return (0, first.line) if first.line else (1 if first.passage else 2, 0)

    return [each for branch in sorted(branches, key=place) for each in branch]


def told(each: Said, source: Source, *, flat: bool) -> list[str]:
    """A comment as lines: where, whose, about what, and its words."""
    indent = "" if flat else "    " * min(each.depth, 4)
    where = f"{source.shown}:{each.line}" if each.line else source.shown
    head = f"{where}  {each.name or '(deleted)'}, {each.created_at[:10]}"
    if each.parent:
        head = f"{each.name or '(deleted)'}, {each.created_at[:10]}, answers comment {each.parent}"
    lines = [f"{indent}{head}  (comment {each.id})"]
    if each.passage:
        gone = "" if each.line else "  (these words are gone, or stand there more than once)"
        short = textwrap.shorten(each.passage, WIDTH, placeholder=" …")
        lines.append(f"{indent}    “{short}”{gone}")
    wrapped = textwrap.wrap(each.text, WIDTH) or ["(deleted)"]
    return [*lines, *(f"{indent}    {line}" for line in wrapped), ""]


def queue(environ: Mapping[str, str]) -> str:
    return f"{comments.address(environ)}moderation/"
