"""Bake: published comments, put into the HTML of the article they belong to.

Reads the snapshots that a comment service publishes and gives articles `comments_fragment` (HTML, or
None), `comments_heading` (its "3 comments", or None) and `comment_count`. The theme prints them between
markers, so that whoever publishes a comment later can re-bake one page without running Pelican
(`formats/bake`):

    <!-- postil:begin ID LANG -->      <!-- postil:count ID -->3<!-- postil:count-end -->
    …the fragment…                     <!-- postil:heading ID -->3 comments<!-- postil:heading-end -->
    <!-- postil:end ID -->

and in lists `<!-- postil:listed ID LANG ADDRESS -->…<!-- postil:listed-end -->`, between which a link to the
comments stands where there are any.

A comment may be published while the site is being built. The build therefore holds the lock
`<output>.lock` from before its first write, and at its end bakes again what fell behind; whoever
else rewrites pages waits for the lock. Without any snapshots the build succeeds all the same.

Stands last in PLUGINS. Settings: COMMENTS_PUBLISHED ("published"). Articles need the `thread` that
`manifest` gives them.
"""

import logging
from collections.abc import Callable, Container, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from markupsafe import Markup
from pelican import signals

import formats.bake
from formats import search_index, snapshots
from formats.files import THOROUGH, Stamp, lock_of, stamps
from formats.snapshots import DamagedSnapshot, Snapshot
from plugins import built, files
from plugins.incremental import saved_page
from plugins.site import Article, Generator, Pelican, by_kind, drafts, hidden, published

from . import margin

logger = logging.getLogger(__name__)

# The service holds the lock for one page at a time; a minute means that another build runs.
LOCK_SECONDS = 60


class LockedOut(Exception):
    """Somebody else has held the output folder for longer than a page takes."""


class Baking:
    """What one build knows from its first signal to its last."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.output = Path(settings["OUTPUT_PATH"])
        self.folder = Path(settings.get("COMMENTS_PUBLISHED", "published"), "threads")
        self.lock = FileLock(lock_of(self.output))
        self.baked: list[tuple[Article, int]] = []
        # The snapshots that were there when they were read.
        self.there: dict[str, Stamp] = {}


_baking: dict[str, Baking] = {}


def files_of(stem: str, lang: str) -> tuple[str, str]:
    """A fragment's in this language, and in the thread's or the blog's own."""
    return snapshots.file_name(stem, lang), snapshots.file_name(stem)


def newest(
    folder: Path,
    stem: str,
    lang: str,
    read: Callable[[bytes], Snapshot],
    among: Container[str] | None = None,
) -> Snapshot | None:
    """A fragment in this language, else in the thread's or the blog's own; None without either.

    Nothing is opened but what is `among` these, if they are given.
    """
    for name in files_of(stem, lang):
        if among is not None and name not in among:
            continue
        path = folder / name
        try:
            return read(path.read_bytes())
        except FileNotFoundError:
            continue
        except (DamagedSnapshot, OSError) as error:
            logger.warning("%s is not used: %s. Publish it again.", path, error)
    return None


def comments(
    folder: Path, thread: str, lang: str, among: Container[str] | None = None
) -> Snapshot | None:
    """A thread's comments, as they are published now."""
    read = partial(snapshots.thread, thread_id=thread)
    return newest(folder, thread, lang.lower(), read, among)


def lock(baking: Baking) -> None:
    try:
        baking.lock.acquire(timeout=LOCK_SECONDS)
    except Timeout:
        raise LockedOut(
            f"{baking.lock.lock_file} has been held for {LOCK_SECONDS} s: another build is"
            " writing the same folder. Wait for it, or end it."
        ) from None


def begin(pelican: Pelican) -> None:
    """Give back what a build that failed in this process may still hold."""
    left = _baking.get(pelican.settings["OUTPUT_PATH"])
    if left:
        left.lock.release(force=True)
        del _baking[pelican.settings["OUTPUT_PATH"]]


def bake(generators: Iterable[Generator]) -> None:
    """Take the lock, then read: what is published from here on is caught at the end."""
    generator, _ = by_kind(generators)
    # Known before the lock is taken: a preview may give this build up between any two steps.
    baking = _baking[generator.settings["OUTPUT_PATH"]] = Baking(generator.settings)
    lock(baking)
    formats.bake.remember(baking.folder.parent, baking.output)
    baking.there = stamps(baking.folder)
    # Of drafts those that are shared have a thread.
    shared = (each for each in drafts(generator) if getattr(each, "thread", None))
    articles = [*published(generator), *shared]
    for article in articles:
        revision = fill(article, baking.folder, baking.there)
        if article.thread:
            baking.baked.append((article, revision))
    # Read after the comments: a note is never older than them, so that none is marked which they had lost.
    margin.gather(articles, generator.settings, baking.there)
    for article in [*hidden(generator), *drafts(generator)]:
        if not getattr(article, "thread", None):
            article.comments_fragment = article.comments_heading = None
            article.comment_count = 0


def fill(article: Article, folder: Path, among: Container[str] | None = None) -> int:
    """Give an article its comments as they are published now; answers with their revision, or -1."""
    article.thread = thread = getattr(article, "thread", None)
    found = comments(folder, thread, article.lang, among) if thread else None
    article.comments_fragment = Markup(found.html) if found else None  # noqa: S704 - checked there
    article.comments_heading = Markup(found.heading) if found and found.heading else None  # noqa: S704
    article.comment_count = found.total if found else 0
    return found.revision if found else -1


def again(content: Article, generators: list[Generator]) -> None:
    """The comments of an article that was saved since, some of which may be newer than the build."""
    if getattr(content, "thread", None):
        fill(content, Baking(content.settings).folder)
        margin.renew(content)


def catch_up(baking: Baking) -> None:
    """Bake again each page whose thread was published after it had been read.

    What went out of it meanwhile, the service takes out of the search: it looks for the list of that.
    """
    now = stamps(baking.folder)
    since = {name for name, stamp in now.items() if baking.there.get(name) != stamp}
    for article, revision in baking.baked if since else ():
        if since.isdisjoint(files_of(article.thread, article.lang.lower())):
            continue
        new = comments(baking.folder, article.thread, article.lang)
        path = baking.output / article.save_as
        if new is None or new.revision <= revision or not path.is_file():
            continue
        before = path.read_bytes()
        html = formats.bake.thread(before, article.thread, new)
        if html is None:
            logger.warning(
                "%s has no place for its comments: the theme's article template lacks the markers"
                " that docs/formats.md describes.",
                path,
            )
            continue
        search_index.note(baking.output, path, before, html)
        files.rewrite(path, html, THOROUGH)
        for page in formats.bake.lists_of(baking.folder.parent, baking.output, article.thread):
            listed = page.read_bytes()
            after = formats.bake.listed(listed, article.thread, article.lang.lower(), new)
            if after != listed:
                files.rewrite(page, after, THOROUGH)


def finish(pelican: Pelican) -> None:
    # Known until the lock is given back, for the same reason.
    baking = _baking.get(pelican.settings["OUTPUT_PATH"])
    if baking:
        try:
            formats.bake.note_lists(baking.folder.parent, baking.output, built.of(pelican).files)
            catch_up(baking)
        finally:
            begin(pelican)


def register() -> None:
    signals.get_generators.connect(begin)
    signals.all_generators_finalized.connect(bake)
    saved_page.again.connect(again)
    signals.finalized.connect(finish)
