"""Snapshots: each thread's published comments, as files that anyone may serve.

Readers never reach Flask: a web server, a CDN or Pelican reads what is written here. What counts
as published is decided in `threads`; when to write, in `publisher`. The database is the truth:
every file can be made again from it, byte for byte.
"""

import hashlib
import itertools
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa
from filelock import FileLock

from comments_service import i18n, threads
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.models import Policy, Thread
from comments_service.publishing.form_context import form_context
from comments_service.threads import Shown
from formats import files
from formats.snapshots import HEAD_BYTES, VERSION, file_name, revision

# Files named for what built pages are behind of: a thread's id, or the list of all conversations.
UNBAKED = ".unbaked"
DISCUSSIONS = ".discussions"
NEVER = -1
MARKED_AT_ONCE = 500


@dataclass(frozen=True)
class Rendered:
    """A file of `published/`: its name below the folder, and its bytes."""

    name: str
    data: bytes


def fragment_name(thread: Thread, lang: str, page: int = 1, kind: str = "html") -> str:
    """The file of a thread's page: `threads/<id>.html`, `threads/<id>.zh-cn.2.html`, and so on."""
    return f"threads/{file_name(thread.id, '' if lang == thread.lang else lang, page, kind)}"


def rendered(thread: Thread, settings: Settings) -> Iterator[Rendered]:
    """Every file of a thread, the further pages before the first."""
    conversation = threads.conversation(thread.id)
    total = threads.count(conversation)
    cut = threads.pages(conversation, settings.page_size)
    for lang in threads.languages(thread):
        for page in range(len(cut), 0, -1):
            shown = cut[page - 1]
            html = fragment(thread, lang, shown, page, len(cut), total, settings)
            yield Rendered(fragment_name(thread, lang, page), html.encode())
            data = as_json(thread, lang, shown, page, len(cut), total, settings)
            yield Rendered(fragment_name(thread, lang, page, "json"), dumped(data))
        yield Rendered(
            fragment_name(thread, lang, kind="atom"), _feed(thread, lang, conversation, settings)
        )


def fragment(
    thread: Thread,
    lang: str,
    comments: Sequence[Shown],
    page: int,
    pages: int,
    count: int,
    settings: Settings,
) -> str:
    """One page of a thread as HTML: one element, described by its attributes."""
    return i18n.render(
        lang,
        "thread/fragment.html",
        thread=thread,
        comments=comments,
        page=page,
        pages=pages,
        count=count,
        policy=str(threads.shown_policy(thread)),
        base=settings.base,
        with_form=page == 1,
        **form_context(settings),
    )


def item(comment: Shown, thread: Thread, lang: str, settings: Settings) -> str:
    """One comment's `<li>`, the same as in the fragment."""
    module = i18n.environment(lang).get_template("thread/comment.html").module
    closed = threads.shown_policy(thread) is Policy.CLOSED
    return str(module.item(comment, settings.base, not closed)).strip()  # type: ignore[attr-defined]  # a macro


def as_json(
    thread: Thread,
    lang: str,
    comments: Sequence[Shown],
    page: int,
    pages: int,
    count: int,
    settings: Settings,
) -> dict[str, Any]:
    """One page of a thread for programs."""
    return {
        "version": VERSION,
        "thread": thread.id,
        "lang": lang,
        "title": threads.title(thread, lang),
        "url": threads.address(thread, lang),
        "revision": thread.revision,
        "count": count,
        "page": page,
        "pages": pages,
        "comments_open": threads.shown_policy(thread) is not Policy.CLOSED,
        "comments": [comment_json(each, threads.address(thread, lang)) for each in comments],
    }


def comment_json(comment: Shown, url: str) -> dict[str, Any]:
    """A comment for programs; of one that is gone, only its place is left."""
    gone = comment.gone
    return {
        "id": comment.id,
        "thread": comment.thread_id,
        "parent": comment.parent_id,
        "depth": comment.depth,
        "status": "deleted" if gone else str(comment.status),
        "name": "" if gone else comment.name,
        "website": None if gone else comment.website,
        "by": "guest" if gone else comment.by,
        "html": "" if gone else comment.html,
        "created_at": i18n.stamp(comment.created_at),
        "edited_at": i18n.stamp(comment.edited_at) if comment.edited_at else None,
        "url": f"{url}#comment-{comment.id}",
    }


def dumped(data: dict[str, Any]) -> bytes:
    return orjson.dumps(data, option=orjson.OPT_APPEND_NEWLINE)


def _feed(thread: Thread, lang: str, conversation: Sequence[Shown], settings: Settings) -> bytes:
    """The newest comments of a thread as Atom (RFC 4287)."""
    newest = sorted(
        (each for each in conversation if not each.gone),
        key=lambda each: (each.created_at, each.id),
        reverse=True,
    )[: threads.RECENT]
    where = threads.address(thread, lang)
    return i18n.render(
        lang,
        "thread/feed.atom",
        title=threads.title(thread, lang),
        url=where,
        self_url=settings.comments_url + fragment_name(thread, lang, kind="atom"),
        updated=max(
            (each.edited_at or each.created_at for each in newest),
            default=thread.published_at or thread.created_at,
        ),
        entries=[(each, where, threads.title(thread, lang)) for each in newest],
    ).encode()


def publish(thread_id: str, settings: Settings) -> None:
    """Write the files of one thread as the database has it now, or remove those of a hidden one."""
    db.session.rollback()
    thread = db.session.get(Thread, thread_id, populate_existing=True)
    if thread is None:
        return
    # The revision is read before the comments: a change in between is published again, not lost.
    revision = thread.revision
    hidden = not thread.listed or thread.policy is Policy.OFF
    wanted = {} if hidden else {each.name: each.data for each in rendered(thread, settings)}
    db.session.commit()
    first = settings.published / fragment_name(thread, thread.lang)
    with FileLock(settings.published / ".lock"):
        if hidden or written_revision(first) <= revision:
            for name, data in wanted.items():
                files.write_with_siblings(settings.published / name, data)
            _remove_others(thread, settings, wanted)
            mark_unbaked(thread_id, settings)
    with writing():
        db.session.execute(
            sa.update(Thread)
            .where(Thread.id == thread_id, Thread.published_revision < revision)
            .values(published_revision=revision)
        )


def sweep(settings: Settings) -> None:
    """Remove what a killed process left half-written."""
    with FileLock(settings.published / ".lock"):
        files.sweep(settings.published)


def written_revision(path: Path) -> int:
    """The revision of a snapshot file; -1 when there is none."""
    try:
        with path.open("rb") as file:
            return revision(file.read(HEAD_BYTES))
    except FileNotFoundError:
        return -1


def _remove_others(thread: Thread, settings: Settings, wanted: Collection[str]) -> None:
    """Remove the files of pages and languages that the thread has no more.

    They are asked for by name, because listing the folder would cost what all threads together are.
    Pages follow one another, so the first that is missing is the end.
    """
    published = settings.published
    interface = (path.name.split(".") for path in published.glob("ui.*.html"))
    # Of every language that was ever spoken here there is an interface.
    spoken = {"", *threads.languages(thread), *(parts[1] for parts in interface)}
    for lang in spoken:
        for kind in ("html", "json", "atom"):
            left = []
            for page in itertools.count(1):
                name = f"threads/{file_name(thread.id, lang, page, kind)}"
                if name in wanted:
                    continue
                if not (published / name).exists():
                    break
                left.append(published / name)
            # From the end, so that pages follow one another whenever this is interrupted.
            for path in reversed(left):
                files.remove_with_siblings(path)


def mark_unbaked(name: str, settings: Settings) -> None:
    """Tell whoever bakes, in whichever process, that built pages are behind this file.

    Asked for under the folder's lock, as `baked` is.
    """
    if settings.output_folder is not None:
        path = settings.published / UNBAKED / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(str(time.time_ns()))


def unbaked(settings: Settings) -> dict[str, str]:
    """What built pages are behind of, each with the mark that says since when."""
    found = {}
    with suppress(FileNotFoundError):
        for path in (settings.published / UNBAKED).iterdir():
            with suppress(FileNotFoundError):
                found[path.name] = path.read_text(errors="replace")
    return found


def baked(name: str, mark: str, settings: Settings) -> None:
    """Take the mark away, unless somebody has published again since it was read."""
    path = settings.published / UNBAKED / name
    with FileLock(settings.published / ".lock"), suppress(FileNotFoundError):
        if path.read_text(errors="replace") == mark:
            path.unlink()


def mark_behind(thread_ids: Sequence[str] | None) -> None:
    """Let these threads, or all, be published anew by whoever publishes next, were it after a crash."""
    if thread_ids is None:
        with writing():
            db.session.execute(sa.update(Thread).values(published_revision=NEVER))
        return
    for start in range(0, len(thread_ids), MARKED_AT_ONCE):
        some = Thread.id.in_(thread_ids[start : start + MARKED_AT_ONCE])
        with writing():
            db.session.execute(sa.update(Thread).where(some).values(published_revision=NEVER))


def stale(settings: Settings) -> list[str]:
    """Threads whose first file is missing or is not of the revision that the database has."""
    return [
        thread.id
        for thread in threads.visible()
        if written_revision(settings.published / fragment_name(thread, thread.lang))
        != thread.revision
    ]


def edition(settings: Settings) -> str:
    """A name for everything but the database that shapes the files: templates, words, settings."""
    digest = hashlib.sha256(f"{VERSION} {settings.shape}".encode())
    for folder in (i18n.TEMPLATES, i18n.TRANSLATIONS):
        for path in sorted(folder.rglob("*.*")):
            digest.update(path.read_bytes())
    return digest.hexdigest()
