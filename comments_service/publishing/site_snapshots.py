"""Site snapshots: what is published of all threads together, and the words of the script's interface.

Counts, the newest comments, the latest conversations. What a list says is compared with what it said
last, of which the database keeps a hash: whatever is the same is not made again, and has its revision.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from filelock import FileLock

from comments_service import i18n, threads
from comments_service.config import Settings
from comments_service.config.values import LOOPBACK
from comments_service.db import db, writing
from comments_service.models import Site, Thread, now
from comments_service.publishing import bucket as buckets
from comments_service.publishing import feeds, unbaked
from comments_service.publishing.form_context import form_context
from comments_service.publishing.snapshots import (
    Rendered,
    comment_json,
    dumped,
)
from comments_service.supervision import Faults
from comments_service.threads import Discussion, Discussions, Shown
from formats import files
from formats.snapshots import VERSION, file_name

DISCUSSIONS_PAGE = 100
# As many as the style sheet of the page can tell apart; the rest is filed under "All".
MAX_CATEGORIES = 12
COUNTS = "counts"


# What is wrong with one thread keeps no other out of the lists.
LISTED = "The place in the lists of the thread "


@dataclass(frozen=True)
class Lists:
    """What the lists of the whole site say, in each language; read at once, rendered where it is another."""

    site: Site | None
    lang: str
    counts: dict[str, int]
    recent: Sequence[tuple[Shown, Thread]]
    recent_json: Sequence[dict[str, Any]]
    found: Discussions
    discussions_json: Mapping[str, Sequence[dict[str, Any]]]

    @property
    def said(self) -> dict[str, str]:
        """What each list that has a revision says, as a hash."""
        listed = [self.found.total, self.found.categories, self.discussions_json]
        # The links to them hang on how long their threads are.
        recent = [self.recent_json, [thread.comment_count for _, thread in self.recent]]
        return {"recent": _hash(recent), "discussions": _hash(listed)}


def read(faults: Faults) -> Lists:
    """The lists as the database has them; a thread whose row is damaged is left out, and told of."""
    site = db.session.get(Site, 1, populate_existing=True)
    lang = site.lang if site else i18n.DEFAULT
    spoken = sorted({lang, *(site.languages if site else ())})
    recent = threads.recent()
    found = threads.discussions(1, DISCUSSIONS_PAGE)
    sound = []
    said: dict[str, list[dict[str, Any]]] = {each: [] for each in spoken}
    faults.keep(LISTED, {f"{LISTED}{each.thread.id}" for each in found.shown})
    for each in found.shown:
        with faults.isolated(f"{LISTED}{each.thread.id}"):
            items = [discussion_json(each, spoken_lang) for spoken_lang in spoken]
            for spoken_lang, item in zip(spoken, items, strict=True):
                said[spoken_lang].append(item)
            sound.append(each)
    return Lists(
        site=site,
        lang=lang,
        counts=dict(threads.counts()),
        recent=recent,
        recent_json=[
            {**comment_json(each, thread.url), "thread_title": thread.title}
            for each, thread in recent
        ],
        found=Discussions(sound, found.total, 1, found.pages, found.categories),
        discussions_json=said,
    )


def rendered(settings: Settings) -> Iterator[Rendered]:
    """The files of the whole site, as they are now."""
    lists = read(Faults())
    said = _numbered(lists, lists.said, lists.site.lists if lists.site else {})
    revisions = {name: revision for name, (_, revision) in said.items()}
    yield _counts(lists)
    yield from _recent(lists, revisions["recent"], settings)
    for lang in lists.discussions_json:
        yield from _discussions(lists, lang, revisions["discussions"], settings)
        yield _interface(lang, settings)


def _numbered(
    lists: Lists, hashes: Mapping[str, str], known: Mapping[str, Any]
) -> dict[str, list[Any]]:
    """Each with its revision: one more than the last where it says something else.

    0 for all that is said before the first manifest, of which nothing remembers what it said.
    """
    if lists.site is None:
        return {name: [said, 0] for name, said in hashes.items()}
    numbered = {}
    for name, said in hashes.items():
        before, revision = known.get(name, ("", 0))
        numbered[name] = [said, revision + (said != before)]
    return numbered


def _hash(data: Any) -> str:
    return hashlib.sha256(dumped(data)).hexdigest()[:32]


def _counts(lists: Lists) -> Rendered:
    return Rendered("counts.json", dumped({"version": VERSION, "counts": lists.counts}))


def _recent(lists: Lists, revision: int, settings: Settings) -> Iterator[Rendered]:
    recent, lang = lists.recent, lists.lang
    shown = [
        i18n.part(
            lang,
            "thread/recent-comment.html",
            comment=each,
            url=threads.comment_address(thread, each.id, settings),
            title=thread.title,
        )
        for each, thread in recent
    ]
    html = i18n.render(lang, "thread/recent.html", recent=shown, revision=revision)
    yield Rendered("recent.html", html.encode())
    data = {"version": VERSION, "revision": revision, "comments": lists.recent_json}
    yield Rendered("recent.json", dumped(data))
    beginning = db.session.scalar(sa.select(sa.func.min(Thread.created_at)))
    feed = feeds.rendered(
        lang,
        [
            (each, thread, threads.comment_address(thread, each.id, settings))
            for each, thread in recent
        ],
        beginning or now(),
        id=feeds.id_of_all(beginning),
        title=lists.site.title if lists.site else "",
        url=settings.site_url + "/",
        self_url=f"{settings.comments_url}recent.atom",
    )
    yield Rendered("recent.atom", feed)


def _interface(lang: str, settings: Settings) -> Rendered:
    """Every word of the script's interface."""
    html = i18n.render(
        lang,
        "ui.html",
        base=settings.base,
        **form_context(settings),
        passwords=settings.passwords,
        magic_links=settings.magic_links,
        passkeys=settings.relying_party[1] if settings.passkeys and settings.relying_party else "",
        providers=[client.name for client in settings.clients],
        votes=settings.votes,
        guest_votes=settings.guest_votes,
    )
    return Rendered(file_name("ui", lang), html.encode())


def _discussions(lists: Lists, lang: str, revision: int, settings: Settings) -> Iterator[Rendered]:
    """The latest conversations in a language, twice; the service's own page shows the others."""
    suffix = "" if lang == lists.lang else lang
    html = discussions(lists.found, lang, settings, revision)
    yield Rendered(file_name("discussions", suffix), html.encode())
    data = {
        "version": VERSION,
        "lang": lang,
        "revision": revision,
        "count": lists.found.total,
        "page": 1,
        "pages": lists.found.pages,
        "threads": lists.discussions_json[lang],
    }
    yield Rendered(file_name("discussions", suffix, kind="json"), dumped(data))


def discussions(found: Discussions, lang: str, settings: Settings, revision: int = 0) -> str:
    """A page of the list of all conversations as HTML: one element, like a thread's fragment."""
    categories = found.categories[:MAX_CATEGORIES]
    return i18n.render(
        lang,
        "thread/discussions.html",
        shown=[_line(each, lang, categories, settings) for each in found.shown],
        page=found.page,
        pages=found.pages,
        count=found.total,
        revision=revision,
        base=settings.base,
        categories=categories,
    )


def _on_the_site(url: str, settings: Settings) -> str:
    """What leads there from every page of the blog, wherever it is read: at home or in a preview.

    The blog may have been built last by a preview. The pages of a service on a host of its own show the
    same list, and need the whole address.
    """
    if settings.base == settings.comments_url:
        return url
    return LOOPBACK.sub("", url.removeprefix(settings.site_origin), count=1)


def _line(each: Discussion, lang: str, categories: Sequence[str], settings: Settings) -> str:
    thread, last = each.thread, ""
    if each.last_id is not None:
        last = threads.comment_address(thread, each.last_id, settings, lang)
    return i18n.part(
        lang,
        "thread/discussion.html",
        id=thread.id,
        url=_on_the_site(threads.address(thread, lang), settings),
        title=threads.title(thread, lang),
        its=lang if lang in threads.languages(thread) else thread.lang,
        category=thread.category,
        filed=categories.index(thread.category) + 1 if thread.category in categories else 0,
        count=each.count,
        last=_on_the_site(last, settings),
        name=each.name,
        excerpt=each.excerpt,
        active_at=each.active_at,
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


def publish(settings: Settings, faults: Faults, *, everything: bool = True) -> None:
    """Write the files of the whole site, where they differ from what the database has now.

    Without `everything`, those of which the database knows that they say something else, or new words.
    """
    bucket = buckets.of(settings)
    # The bucket may lack what the database has known for long.
    everything |= bucket is not None
    # Rendered under the lock: a slower process cannot put what it read earlier over newer files.
    with FileLock(settings.published / ".lock"):
        db.session.rollback()
        lists, known, said = _agreed(faults) if bucket else _noted(faults)
        revisions = {name: revision for name, (_, revision) in said.items()}
        sending = buckets.Sending(bucket, 0)

        def another(name: str) -> bool:
            return everything or lists.site is None or list(known.get(name, ())) != said[name]

        def put(each: Rendered, name: str = "") -> bool:
            sending.put(each.name, each.data, revisions.get(name, 0))
            return _put(each, settings)

        put(_counts(lists), COUNTS)
        if another("recent"):
            for each in _recent(lists, revisions["recent"], settings):
                put(each, "recent")
        for lang in lists.discussions_json:
            if everything or not (settings.published / file_name("ui", lang)).exists():
                put(_interface(lang, settings))
            if another("discussions"):
                for each in _discussions(lists, lang, revisions["discussions"], settings):
                    if put(each, "discussions"):
                        unbaked.mark(unbaked.DISCUSSIONS, settings)
        _remove_others(lists, settings, sending)
        if bucket:
            db.session.commit()
            sending.finish()
            buckets.lists_came(known.get(buckets.LISTS, (0, 0))[0])


# What each list says, as a hash, with its revision.
Said = dict[str, list[Any]]


def _noted(faults: Faults) -> tuple[Lists, Said, Said]:
    """The lists, and what the database knew of them until now, and knows from now on."""
    lists = read(faults)
    known = lists.site.lists if lists.site else {}
    said = _numbered(lists, lists.said, known)
    db.session.commit()
    if lists.site and known != {**known, **said}:
        # Before the files: one of another content never has the same revision.
        with writing():
            values = {"lists": {**known, **said}}
            db.session.execute(sa.update(Site).where(Site.id == 1).values(**values))
    return lists, known, said


def _agreed(faults: Faults) -> tuple[Lists, Said, Said]:
    """The same where several machines publish: read while nobody else can give a revision, counts with one, too."""
    with writing():
        site = buckets.locked_site()
        lists = read(faults)
        known = dict(lists.site.lists) if lists.site else {}
        said = _numbered(lists, {**lists.said, COUNTS: _hash(lists.counts)}, known)
        if site and known != {**known, **said}:
            site.lists = {**known, **said}
    return lists, known, said


def _put(each: Rendered, settings: Settings) -> bool:
    path = settings.published / each.name
    if files.says(path, each.data):
        return False
    files.write_with_siblings(path, each.data)
    return True


def _remove_others(lists: Lists, settings: Settings, sending: buckets.Sending) -> None:
    """Remove the lists in languages that nobody writes in any more, and the pages of older releases."""
    suffixes = ["" if lang == lists.lang else lang for lang in lists.discussions_json]
    names = {
        file_name("discussions", each, kind=kind) for each in suffixes for kind in ("html", "json")
    }
    for path in settings.published.glob("discussions.*"):
        if path.suffix not in (".gz", ".br") and path.name not in names:
            files.remove_with_siblings(path)
    sending.keep("discussions.", names)
