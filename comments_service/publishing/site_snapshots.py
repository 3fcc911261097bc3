"""Site snapshots: what is published of all threads together, and the words of the script's interface.

Counts, the newest comments, the list of all conversations. They carry no revision of their own thread, so
they are compared with the database whenever anything was published, and written where they differ.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from filelock import FileLock

from comments_service import i18n, threads
from comments_service.config import Settings
from comments_service.db import db
from comments_service.models import Site, Thread, now
from comments_service.publishing.form_context import form_context
from comments_service.publishing.snapshots import (
    DISCUSSIONS,
    Rendered,
    comment_json,
    dumped,
    mark_unbaked,
)
from comments_service.threads import Discussion
from formats import files
from formats.snapshots import VERSION, file_name

DISCUSSIONS_PAGE = 100
# As many as the style sheet of the page can tell apart; the rest is filed under "All".
MAX_CATEGORIES = 12


def rendered(settings: Settings) -> Iterator[Rendered]:
    """The files of the whole site: counts, recent comments, and the interface in each language."""
    site = db.session.get(Site, 1)
    lang = site.lang if site else i18n.DEFAULT
    revision = threads.site_revision()
    recent = threads.recent()
    yield Rendered("counts.json", dumped({"version": VERSION, "counts": dict(threads.counts())}))
    yield Rendered(
        "recent.html",
        i18n.render(lang, "thread/recent.html", recent=recent, revision=revision).encode(),
    )
    yield Rendered(
        "recent.json",
        dumped(
            {
                "version": VERSION,
                "revision": revision,
                "comments": [
                    {**comment_json(each, thread.url), "thread_title": thread.title}
                    for each, thread in recent
                ],
            }
        ),
    )
    yield Rendered(
        "recent.atom",
        i18n.render(
            lang,
            "thread/feed.atom",
            title=site.title if site else "",
            url=settings.site_url + "/",
            self_url=f"{settings.comments_url}recent.atom",
            updated=max(
                (each.edited_at or each.created_at for each, _ in recent), default=_epoch()
            ),
            entries=[(each, thread.url, thread.title) for each, thread in recent],
        ).encode(),
    )
    spoken = {lang, *(each for thread in threads.visible() for each in threads.languages(thread))}
    found = threads.discussions()
    for each in sorted(spoken):
        yield from _discussions(found, each, "" if each == lang else each, settings)
        html = i18n.render(
            each,
            "ui.html",
            base=settings.base,
            **form_context(settings),
            passwords=settings.passwords,
            magic_links=settings.magic_links,
            passkeys=settings.relying_party[1]
            if settings.passkeys and settings.relying_party
            else "",
            providers=[client.name for client in settings.clients],
        )
        yield Rendered(file_name("ui", each), html.encode())


def _discussions(
    found: Sequence[Discussion], lang: str, suffix: str, settings: Settings
) -> Iterator[Rendered]:
    """The list of all conversations in a language: each of its pages, twice."""
    revision = threads.site_revision()
    pages = _pages(found)
    for page in range(1, pages + 1):
        html = discussions(found, lang, page, settings)
        yield Rendered(file_name("discussions", suffix, page), html.encode())
        data = {
            "version": VERSION,
            "lang": lang,
            "revision": revision,
            "count": len(found),
            "page": page,
            "pages": pages,
            "threads": [discussion_json(each, lang) for each in _cut(found, page)],
        }
        yield Rendered(file_name("discussions", suffix, page, "json"), dumped(data))


def _pages(found: Sequence[Discussion]) -> int:
    return max(1, math.ceil(len(found) / DISCUSSIONS_PAGE))


def _cut(found: Sequence[Discussion], page: int) -> Sequence[Discussion]:
    return found[(page - 1) * DISCUSSIONS_PAGE : page * DISCUSSIONS_PAGE]


def discussions(found: Sequence[Discussion], lang: str, page: int, settings: Settings) -> str:
    """A page of the list of all conversations as HTML: one element, like a thread's fragment."""
    page = min(page, _pages(found))
    filed = Counter(each.thread.category for each in found if each.thread.category)
    return i18n.render(
        lang,
        "thread/discussions.html",
        shown=_cut(found, page),
        page=page,
        pages=_pages(found),
        count=len(found),
        revision=threads.site_revision(),
        base=settings.base,
        categories=[name for name, _ in filed.most_common(MAX_CATEGORIES)],
        title=threads.title,
        address=threads.address,
        spoken=lambda thread: lang if lang in threads.languages(thread) else thread.lang,
    )


def discussion_json(each: Discussion, lang: str) -> dict[str, Any]:
    """A thread in the list of all conversations, for programs."""
    url = threads.address(each.thread, lang)
    said = each.last_id is not None
    return {
        "id": each.thread.id,
        "url": url,
        "title": threads.title(each.thread, lang),
        "category": each.thread.category,
        "count": each.count,
        "active_at": i18n.stamp(each.active_at),
        "last": {
            "id": each.last_id,
            "name": each.name,
            "excerpt": each.excerpt,
            "url": f"{url}#comment-{each.last_id}",
        }
        if said
        else None,
    }


def _epoch() -> Any:
    first = db.session.scalar(sa.select(sa.func.min(Thread.published_at)))
    return first or db.session.scalar(sa.select(sa.func.min(Thread.created_at))) or now()


def publish(settings: Settings) -> None:
    """Write the files of the whole site, where they differ from what the database has now."""
    # Rendered under the lock: a slower process cannot put what it read earlier over newer files.
    with FileLock(settings.published / ".lock"):
        db.session.rollback()
        wanted = list(rendered(settings))
        db.session.commit()
        for each in wanted:
            path = settings.published / each.name
            if not files.says(path, each.data):
                files.write_with_siblings(path, each.data)
                if each.name.startswith("discussions."):
                    mark_unbaked(DISCUSSIONS, settings)
        names = {each.name for each in wanted}
        for path in settings.published.glob("discussions.*"):
            # A page or a language that the list has no more.
            if path.suffix not in (".gz", ".br") and path.name not in names:
                files.remove_with_siblings(path)
