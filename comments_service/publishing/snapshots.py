"""Snapshots: each thread's published comments, as files that anyone may serve.

Readers never reach Flask: a web server, a CDN or Pelican reads what is written here. What counts
as published is decided in `threads`; when to write, in `publisher`. The database is the truth:
every file can be made again from it, byte for byte.
"""

import itertools
from collections.abc import Iterable, Iterator, Sequence
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
from comments_service.publishing import bucket as buckets
from comments_service.publishing import feeds, unbaked
from comments_service.publishing.form_context import form_context
from comments_service.threads import Noted, Shown
from formats import files, left_behind
from formats.passages import Passage
from formats.snapshots import HEAD_BYTES, VERSION, file_name, revision

NEVER = -1
BEST = "best.html"


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
    """How much there is of a thread: on its pages, published, the newest of that, and whether it has notes."""

    length: int
    count: int
    newest: Sequence[Shown]
    noted: bool = False


def extent(thread: Thread) -> Extent:
    length, noted = threads.extent(thread.id)
    return Extent(length, threads.count(thread), threads.newest(thread.id), noted)


def rendered(thread: Thread, settings: Settings) -> Iterator[Rendered]:
    """Every file of a thread, the first page in its own language last."""
    of = extent(thread)
    last = threads.pages(of.length, settings.page_size)
    yield from _beside(thread, of, last, settings)
    yield from pages(thread, of, range(1, last + 1), settings)


def _beside(thread: Thread, of: Extent, last: int, settings: Settings) -> Iterator[Rendered]:
    """The feeds of a thread and, of a long one, its best comments, of which no page has all."""
    for lang in threads.languages(thread):
        name = fragment_name(thread, lang, kind="atom")
        yield Rendered(name, _feed(thread, lang, of, settings))
    if not _has_best(last, settings):
        return
    best = threads.best(thread.id)
    for lang in threads.languages(thread):
        items = [item(each, thread, lang, settings) for each in best]
        html = i18n.render(lang, "thread/best.html", items=items)
        yield Rendered(fragment_name(thread, lang, kind=BEST), html.encode())


def _has_best(last: int, settings: Settings) -> bool:
    return last > 1 and settings.votes != "off"


def pages(
    thread: Thread, of: Extent, numbers: Iterable[int], settings: Settings
) -> Iterator[Rendered]:
    """These pages of a thread, twice in each language."""
    size = settings.page_size
    last = threads.pages(of.length, size)
    notes = threads.noted(thread.id, of.length, size) if of.noted else ()
    for number in sorted(numbers, reverse=True):
        shown = threads.page(thread.id, number, size)
        for lang in reversed(threads.languages(thread)):
            page = Page(thread, lang, shown, number, last, of.count, notes)
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
    notes: Sequence[Noted] = ()

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
    # Words of another language's page are not on this one.
    its = comment.passage.lang if comment.passage else lang
    article = "" if its == lang else threads.address(thread, its)
    return _item(comment, lang, settings.base, not closed, settings.votes, article)


# As many as the pages hold that are written again and again.
@lru_cache(maxsize=1_000)
def _item(
    comment: Shown, lang: str, base: str, takes_replies: bool, votes: str, article: str
) -> str:
    module = i18n.environment(lang).get_template("thread/comment.html").module
    made = module.item(comment, base, takes_replies, votes=votes, article=article)  # type: ignore[attr-defined]  # a macro
    return str(made).strip()


def as_json(page: Page, *, whole: bool = False) -> dict[str, Any]:
    """One page of a thread for programs; `whole`: with what is else said on the first page only."""
    thread, url = page.thread, threads.address(page.thread, page.lang)
    of_thread: dict[str, Any] = {
        "revision": thread.revision,
        "count": page.count,
        "pages": page.pages,
    }
    if page.notes:
        of_thread["notes"] = [_noted_json(each) for each in page.notes]
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
        "pinned": comment.pinned and not gone,
        "up": 0 if gone else comment.up,
        "down": 0 if gone else comment.down,
        "url": f"{url}#comment-{comment.id}",
        **({"edited_by": "moderator"} if comment.corrected and not gone else {}),
        **({"passage": passage_json(comment.passage)} if comment.passage and not gone else {}),
    }


def passage_json(passage: Passage) -> dict[str, str]:
    return dict(passage._asdict())


def _noted_json(noted: Noted) -> dict[str, Any]:
    passage = passage_json(noted.passage)
    return {"id": noted.id, "name": noted.name, "passage": passage, "page": noted.page}


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

    Only those that are others than at its last publication, unless that is unknown. Where there is a bucket,
    the thread is published when they are there, too; raises bucket.Away until then.
    """
    bucket = buckets.of(settings)
    # Read under the lock: a slower process cannot put what it read earlier over newer files.
    with FileLock(settings.published / ".lock"):
        db.session.rollback()
        thread = db.session.get(Thread, thread_id, populate_existing=True)
        if thread is None:
            return
        # The revision is read before the comments: a change in between is published again, not lost.
        revision = thread.revision
        hidden = not thread.listed or thread.policy is Policy.OFF
        written = written_revision(settings.published / fragment_name(thread, thread.lang))
        if bucket and bucket.resting and thread.published_revision > 0 and written == revision:
            # The disk has all of it.
            bucket.found(fragment_name(thread, thread.lang))
        of = Extent(0, 0, ()) if hidden else extent(thread)
        sending = buckets.Sending(bucket, revision)
        if hidden or written <= revision:
            known = thread.published_revision > 0 and written == thread.published_revision
            _write(thread, of, settings, sending, whole=hidden or not known, hidden=hidden)
            _note_without_article(thread, settings)
            unbaked.mark(thread_id, settings)
        newest = of.newest[0] if of.newest else None
        began = None if hidden else thread.published_at or thread.created_at
        counted = {
            "count": of.count,
            "last": newest.id if newest else None,
            "active": newest.created_at if newest else began,
        }
        db.session.commit()
        sending.flush()
    with writing():
        # Before the thread, as whoever takes a manifest over does.
        site = buckets.locked_site() if bucket else None
        values = {"which": thread_id, "of": revision, **counted}
        first = not sending.away and db.session.connection().execute(_published, values).rowcount
        if first:
            buckets.raise_lists(site)
        if sending.uncertain:
            # Who publishes a newer revision meanwhile may have missed what came or went here.
            db.session.execute(_again, {"which": thread_id, "of": revision})
    sending.finish()


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

_again = (
    sa.update(_table)
    .where(_table.c.id == sa.bindparam("which"), _table.c.revision > sa.bindparam("of"))
    .values(revision=_table.c.revision + 1, published_revision=NEVER)
)


def _write(
    thread: Thread,
    of: Extent,
    settings: Settings,
    sending: buckets.Sending,
    *,
    whole: bool,
    hidden: bool,
) -> None:
    size = settings.page_size
    last = 0 if hidden else threads.pages(of.length, size)
    # The bucket has all that was published last; the disk may be another machine's.
    unknown = hidden or thread.published_revision <= 0
    if not hidden:
        every = range(1, last + 1)
        changed = every if unknown else {1, *threads.changed_pages(thread, of.length, size)}
        sent = _names(thread, changed)
        beside = _beside(thread, of, last, settings)
        for each in itertools.chain(
            beside, pages(thread, of, every if whole else changed, settings)
        ):
            path = settings.published / each.name
            # What waits for a bucket alone is not written again and again.
            if (whole and not settings.published_bucket) or not files.says(path, each.data):
                files.write_with_siblings(path, each.data)
            if each.name in sent:
                sending.put(each.name, each.data)
    if whole or thread.moved_from is not None:
        _remove_others(thread, settings, last)
    if settings.published_bucket and (unknown or _had_more(thread, last, sending)):
        kept = () if hidden else _names(thread, range(1, last + 1), best=_has_best(last, settings))
        sending.keep(f"threads/{thread.id}.", kept)


def _had_more(thread: Thread, last: int, sending: buckets.Sending) -> bool:
    """Whether the bucket has a page after the last one, of which a deletion or a move may have left it."""
    if thread.moved_from is None:
        return False
    after = (fragment_name(thread, lang, last + 1) for lang in threads.languages(thread))
    return any(sending.finds(name) for name in after)


def _names(thread: Thread, numbers: Iterable[int], *, best: bool = True) -> set[str]:
    """The files of these pages, and those that stand beside all pages."""
    beside = ("atom", *([BEST] * best))
    spoken = threads.languages(thread)
    files_of = [*((1, kind) for kind in beside), *itertools.product(numbers, ("html", "json"))]
    return {fragment_name(thread, lang, page, kind) for lang in spoken for page, kind in files_of}


def _note_without_article(thread: Thread, settings: Settings) -> None:
    """Let the build know of comments whose article is gone, when their files are."""
    left = [] if thread.listed else threads.without_article(thread.id)
    if left:
        left_behind.note(settings.published, left[0])
    else:
        left_behind.forget(settings.published, thread.id)


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
        if not _has_best(kept, settings):
            files.remove_with_siblings(published / fragment_name(thread, lang, kind=BEST))
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
