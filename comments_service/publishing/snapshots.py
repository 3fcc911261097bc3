"""Snapshots: each thread's published comments, as files that anyone may serve.

Readers never reach Flask: a web server, a CDN or Pelican reads what is written here. What counts
as published is decided in `threads`; when to write, in `publisher`. The database is the truth:
every file can be made again from it, byte for byte.
"""

import hashlib
import itertools
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import orjson
import sqlalchemy as sa
from filelock import FileLock

from comments_service import i18n, threads
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.models import Policy, Thread
from comments_service.publishing import feeds
from comments_service.publishing.form_context import form_context
from comments_service.threads import Shown
from formats import bake, files, left_behind
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


@dataclass(frozen=True)
class Extent:
    """How much there is of a thread: on its pages, published, and the newest of that."""

    length: int
    count: int
    newest: Sequence[Shown]


def extent(thread: Thread) -> Extent:
    newest = threads.newest(thread.id)
    return Extent(threads.length(thread.id), threads.count(thread), newest)


def rendered(thread: Thread, settings: Settings) -> Iterator[Rendered]:
    """Every file of a thread, the first page in its own language last."""
    of = extent(thread)
    yield from _feeds(thread, of, settings)
    last = threads.pages(of.length, settings.page_size)
    yield from pages(thread, of, range(1, last + 1), settings)


def _feeds(thread: Thread, of: Extent, settings: Settings) -> Iterator[Rendered]:
    for lang in threads.languages(thread):
        name = fragment_name(thread, lang, kind="atom")
        yield Rendered(name, _feed(thread, lang, of, settings))


def pages(
    thread: Thread, of: Extent, numbers: Iterable[int], settings: Settings
) -> Iterator[Rendered]:
    """These pages of a thread, twice in each language."""
    size = settings.page_size
    last = threads.pages(of.length, size)
    for number in sorted(numbers, reverse=True):
        shown = threads.page(thread.id, number, size)
        for lang in reversed(threads.languages(thread)):
            page = Page(thread, lang, shown, number, last, of.count)
            data = dumped(as_json(page))
            yield Rendered(fragment_name(thread, lang, number, "json"), data)
            html = fragment(page, settings)
            yield Rendered(fragment_name(thread, lang, number), html.encode())


@dataclass(frozen=True)
class Page:
    """A page of a thread in a language. What is said of the whole thread, the first page says."""

    thread: Thread
    lang: str
    comments: Sequence[Shown]
    number: int
    pages: int
    count: int

    @property
    def last(self) -> int:
        """The last page that this one leads to: a later one knows of the next only."""
        return self.pages if self.number == 1 else min(self.number + 1, self.pages)


def fragment(page: Page, settings: Settings) -> str:
    """One page of a thread as HTML: one element, described by its attributes."""
    return i18n.render(
        page.lang,
        "thread/fragment.html",
        thread=page.thread,
        items=[item(each, page.thread, page.lang, settings) for each in page.comments],
        page=page.number,
        pages=page.pages,
        last=page.last,
        count=page.count,
        policy=str(threads.shown_policy(page.thread)),
        base=settings.base,
        **form_context(settings),
    )


def item(comment: Shown, thread: Thread, lang: str, settings: Settings) -> str:
    """One comment's `<li>`, the same as in the fragment."""
    closed = threads.shown_policy(thread) is Policy.CLOSED
    return _item(comment, lang, settings.base, not closed)


# As many as the pages hold that are written again and again.
@lru_cache(maxsize=1_000)
def _item(comment: Shown, lang: str, base: str, takes_replies: bool) -> str:
    module = i18n.environment(lang).get_template("thread/comment.html").module
    return str(module.item(comment, base, takes_replies)).strip()  # type: ignore[attr-defined]  # a macro


def as_json(page: Page, *, whole: bool = False) -> dict[str, Any]:
    """One page of a thread for programs; `whole`: with what is else said on the first page only."""
    thread, url = page.thread, threads.address(page.thread, page.lang)
    of_thread = {"revision": thread.revision, "count": page.count, "pages": page.pages}
    return {
        "version": VERSION,
        "thread": thread.id,
        "lang": page.lang,
        "title": threads.title(thread, page.lang),
        "url": url,
        **(of_thread if whole or page.number == 1 else {}),
        "page": page.number,
        "comments_open": threads.shown_policy(thread) is not Policy.CLOSED,
        "comments": [comment_json(each, url) for each in page.comments],
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


def _feed(thread: Thread, lang: str, of: Extent, settings: Settings) -> bytes:
    """The newest comments of a thread."""
    return feeds.rendered(
        lang,
        [
            (each, thread, threads.comment_address(thread, each.id, settings, lang, of.count))
            for each in of.newest
        ],
        thread.published_at or thread.created_at,
        id=feeds.id_of(thread, lang="" if lang == thread.lang else lang),
        title=threads.title(thread, lang),
        url=threads.address(thread, lang),
        self_url=settings.comments_url + fragment_name(thread, lang, kind="atom"),
    )


def publish(thread_id: str, settings: Settings) -> None:
    """Write the files of one thread as the database has it now, or remove those of a hidden one.

    Only those that are others than at its last publication, unless that is unknown.
    """
    # Read under the lock: a slower process cannot put what it read earlier over newer files.
    with FileLock(settings.published / ".lock"):
        db.session.rollback()
        thread = db.session.get(Thread, thread_id, populate_existing=True)
        if thread is None:
            return
        # The revision is read before the comments: a change in between is published again, not lost.
        revision = thread.revision
        hidden = not thread.listed or thread.policy is Policy.OFF
        of = Extent(0, 0, ()) if hidden else extent(thread)
        written = written_revision(settings.published / fragment_name(thread, thread.lang))
        if hidden or written <= revision:
            known = thread.published_revision > 0 and written == thread.published_revision
            _write(thread, of, settings, whole=hidden or not known, hidden=hidden)
            _note_without_article(thread, settings)
            mark_unbaked(thread_id, settings)
        newest = of.newest[0] if of.newest else None
        began = None if hidden else thread.published_at or thread.created_at
        counted = {
            "count": of.count,
            "last": newest.id if newest else None,
            "active": newest.created_at if newest else began,
        }
        db.session.commit()
    with writing():
        db.session.execute(_published, {"which": thread_id, "of": revision, **counted})


_table = cast(sa.Table, Thread.__table__)
_published = (
    sa.update(_table)
    .where(_table.c.id == sa.bindparam("which"), _table.c.published_revision < sa.bindparam("of"))
    .values(
        published_revision=sa.bindparam("of"),
        # What came in between has moved from there on: the next publication forgets it.
        moved_from=sa.case(
            (_table.c.revision == sa.bindparam("of"), None), else_=_table.c.moved_from
        ),
        comment_count=sa.bindparam("count"),
        last_comment_id=sa.bindparam("last"),
        active_at=sa.bindparam("active"),
    )
)


def _write(thread: Thread, of: Extent, settings: Settings, *, whole: bool, hidden: bool) -> None:
    size = settings.page_size
    last = 0 if hidden else threads.pages(of.length, size)
    if not hidden:
        every = range(1, last + 1)
        some = every if whole else {1, *threads.changed_pages(thread, of.length, size)}
        feeds = _feeds(thread, of, settings)
        for each in itertools.chain(feeds, pages(thread, of, some, settings)):
            path = settings.published / each.name
            if whole or not files.says(path, each.data):
                files.write_with_siblings(path, each.data)
    if whole or thread.moved_from is not None:
        _remove_others(thread, settings, last)


def _note_without_article(thread: Thread, settings: Settings) -> None:
    """Let the build know of comments whose article is gone, when their files are."""
    left = [] if thread.listed else threads.without_article(thread.id)
    if left:
        left_behind.note(settings.published, left[0])
    else:
        left_behind.forget(settings.published, thread.id)


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


def _remove_others(thread: Thread, settings: Settings, last: int) -> None:
    """Remove the files of the pages after the last one, and of languages that the thread has no more.

    They are asked for by name, because listing the folder would cost what all threads together are.
    Pages follow one another, so the first that is missing is the end.
    """
    published = settings.published
    interface = (path.name.split(".") for path in published.glob("ui.*.html"))
    of_thread = threads.languages(thread)
    # Of every language that was ever spoken here there is an interface.
    spoken = {*of_thread, *(parts[1] for parts in interface)}
    for lang in spoken:
        kept = last if lang in of_thread else 0
        for kind in ("html", "json", "atom"):
            left = []
            for page in itertools.count((min(kept, 1) if kind == "atom" else kept) + 1):
                path = published / fragment_name(thread, lang, page, kind)
                if not path.exists():
                    break
                left.append(path)
            # From the end, so that pages follow one another whenever this is interrupted.
            for path in reversed(left):
                files.remove_with_siblings(path)


def sites(settings: Settings) -> list[Path]:
    """Every folder with built pages that hold what is published."""
    own = [settings.output_folder] if settings.output_folder else []
    known = {each.resolve() for each in own}
    return [*own, *(each for each in bake.places(settings.published) if each not in known)]


def mark_unbaked(name: str, settings: Settings) -> None:
    """Tell whoever bakes, in whichever process, that built pages are behind this file.

    Asked for under the folder's lock, as `baked` is.
    """
    if sites(settings):
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
    """Threads whose first file is missing or is not of the revision that was published, and those of
    which the database counted something else than is there; those that are merely behind are not.
    """
    chosen = (
        sa.select(Thread.id, Thread.published_revision, threads.miscounted)
        .where(*threads.for_readers)
        .order_by(Thread.id)
    )
    folder = settings.published / "threads"
    return [
        row.id
        for row in db.session.execute(chosen)
        if row.miscounted or written_revision(folder / file_name(row.id)) != row.published_revision
    ]


def edition(settings: Settings) -> str:
    """A name for everything but the database that shapes the files: templates, words, settings."""
    digest = hashlib.sha256(f"{VERSION} {settings.shape}".encode())
    for folder in (i18n.TEMPLATES, i18n.TRANSLATIONS):
        for path in sorted(folder.rglob("*.*")):
            digest.update(path.read_bytes())
    return digest.hexdigest()
