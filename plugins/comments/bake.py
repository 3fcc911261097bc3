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
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from markupsafe import Markup
from pelican import signals

import formats.bake
from formats import files, snapshots
from formats.snapshots import DamagedSnapshot, Snapshot
from plugins.incremental import saved_page
from plugins.site import Article, Generator, Pelican, by_kind, drafts, hidden, published

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
        self.lock = FileLock(files.lock_of(self.output))
        self.baked: list[tuple[Article, int]] = []


_baking: dict[str, Baking] = {}


def newest(
    folder: Path, stem: str, lang: str, read: Callable[[bytes], Snapshot]
) -> Snapshot | None:
    """A fragment in this language, else in the thread's or the blog's own; None without either."""
    for name in (snapshots.file_name(stem, lang), snapshots.file_name(stem)):
        path = folder / name
        try:
            return read(path.read_bytes())
        except FileNotFoundError:
            continue
        except (DamagedSnapshot, OSError) as error:
            logger.warning("%s is not used: %s. Publish it again.", path, error)
    return None


def comments(folder: Path, thread: str, lang: str) -> Snapshot | None:
    """A thread's comments, as they are published now."""
    read = partial(snapshots.thread, thread_id=thread)
    return newest(folder, thread, lang.lower(), read)


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
    left = _baking.pop(pelican.settings["OUTPUT_PATH"], None)
    if left:
        left.lock.release(force=True)


def bake(generators: Iterable[Generator]) -> None:
    """Take the lock, then read: what is published from here on is caught at the end."""
    generator, _ = by_kind(generators)
    baking = Baking(generator.settings)
    lock(baking)
    formats.bake.remember(baking.folder.parent, baking.output)
    _baking[generator.settings["OUTPUT_PATH"]] = baking
    for article in published(generator):
        revision = fill(article, baking.folder)
        if article.thread:
            baking.baked.append((article, revision))
    for article in [*hidden(generator), *drafts(generator)]:
        article.comments_fragment = article.comments_heading = None
        article.comment_count = 0


def fill(article: Article, folder: Path) -> int:
    """Give an article its comments as they are published now; answers with their revision, or -1."""
    article.thread = thread = getattr(article, "thread", None)
    found = comments(folder, thread, article.lang) if thread else None
    article.comments_fragment = Markup(found.html) if found else None  # noqa: S704 - checked there
    article.comments_heading = Markup(found.heading) if found and found.heading else None  # noqa: S704
    article.comment_count = found.total if found else 0
    return found.revision if found else -1


def again(content: Article, generators: list[Generator]) -> None:
    """The comments of an article that was saved since, some of which may be newer than the build."""
    if getattr(content, "thread", None):
        fill(content, Baking(content.settings).folder)


def catch_up(baking: Baking) -> None:
    """Bake again each page whose thread was published after it had been read."""
    for article, revision in baking.baked:
        new = comments(baking.folder, article.thread, article.lang)
        path = baking.output / article.save_as
        if new is None or new.revision <= revision or not path.is_file():
            continue
        html = formats.bake.thread(path.read_bytes(), article.thread, new)
        if html is None:
            logger.warning(
                "%s has no place for its comments: the theme's article template lacks the markers"
                " that docs/formats.md describes.",
                path,
            )
            continue
        files.rewrite(path, html, files.THOROUGH)
        for page in formats.bake.lists_of(baking.folder.parent, baking.output, article.thread):
            before = page.read_bytes()
            after = formats.bake.listed(before, article.thread, article.lang.lower(), new)
            if after != before:
                files.rewrite(page, after, files.THOROUGH)


def finish(pelican: Pelican) -> None:
    baking = _baking.pop(pelican.settings["OUTPUT_PATH"], None)
    if baking:
        try:
            formats.bake.note_lists(baking.folder.parent, baking.output)
            catch_up(baking)
        finally:
            baking.lock.release()


def register() -> None:
    signals.get_generators.connect(begin)
    signals.all_generators_finalized.connect(bake)
    saved_page.again.connect(again)
    signals.finalized.connect(finish)
