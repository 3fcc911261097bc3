"""Bake: published comments, put into the HTML of the article they belong to.

Reads the snapshots that a comment service publishes, checks that each is what it says, and gives
articles `comments_fragment` (HTML, or None), `comments_heading` (its "3 comments", or None) and
`comment_count`. The theme prints them between
markers, so that whoever publishes a comment later can re-bake one page without running Pelican:

    <!-- postil:begin ID LANG -->      <!-- postil:count ID -->3<!-- postil:count-end -->
    …the fragment…                     <!-- postil:heading ID -->3 comments<!-- postil:heading-end -->
    <!-- postil:end ID -->

A comment may be published while the site is being built. The build therefore holds the lock
`<output>.lock` from before its first write, and at its end bakes again what fell behind; whoever
else rewrites pages waits for the lock. Without any snapshots the build succeeds all the same.

Stands last in PLUGINS. Settings: COMMENTS_PUBLISHED ("published"). Articles need the `thread` that
`manifest` gives them.
"""

import logging
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from filelock import FileLock, Timeout
from markupsafe import Markup
from pelican import signals

from formats import files
from plugins.incremental import saved_page
from plugins.site import Article, Generator, Pelican, by_kind, drafts, hidden, published

logger = logging.getLogger(__name__)

VERSION = 1
# The service holds the lock for one page at a time; a minute means that another build runs.
LOCK_SECONDS = 60
# The facts stand in the first 512 bytes, always in this order.
ROOT = re.compile(
    r'<div class="postil" data-version="(?P<version>\d+)" data-thread="(?P<thread>[a-z0-9-]+)"'
    r' data-lang="(?P<lang>[a-z0-9-]+)" data-revision="(?P<revision>\d+)"'
    r' data-count="(?P<count>\d+)"[ >]'
)
HEAD_CHARS = 512
HEADING = re.compile(r'<h2 class="postil-heading" id="comments">([^<]*)</h2>')


class DamagedSnapshot(Exception):
    """A file that is not the snapshot its name promises; its text says in what way."""


class LockedOut(Exception):
    """Somebody else has held the output folder for longer than a page takes."""


class Snapshot(NamedTuple):
    """One thread's published comments, as one page shows them."""

    html: str
    revision: int
    comments: int
    heading: str


class Baking:
    """What one build knows from its first signal to its last."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.output = Path(settings["OUTPUT_PATH"])
        self.folder = Path(settings.get("COMMENTS_PUBLISHED", "published"), "threads")
        self.lock = FileLock(files.lock_of(self.output))
        self.baked: list[tuple[Article, int]] = []


_baking: dict[str, Baking] = {}


def parse(text: str, thread: str) -> Snapshot:
    """Check a fragment before it becomes part of a page; raises DamagedSnapshot."""
    text = text.strip()
    root = ROOT.match(text[:HEAD_CHARS])
    if not root:
        raise DamagedSnapshot("it does not begin with the element of a snapshot")
    if int(root["version"]) != VERSION:
        raise DamagedSnapshot(f"its version is {root['version']}, and this plugin reads {VERSION}")
    if root["thread"] != thread:
        raise DamagedSnapshot(f'it belongs to the thread "{root["thread"]}"')
    check_end(text)
    heading = HEADING.search(text)
    return Snapshot(text, int(root["revision"]), int(root["count"]), heading[1] if heading else "")


def check_end(text: str) -> None:
    """Check that a fragment is one whole element without markers; raises DamagedSnapshot."""
    # Everything a reader typed is escaped, so that these words can only be elements and markers.
    if not text.endswith("</div>") or text.count("<div") != text.count("</div>"):
        raise DamagedSnapshot("its end is missing")
    if "<!-- postil:" in text:
        raise DamagedSnapshot("it has markers of its own, which would break the page's")


def snapshot(folder: Path, thread: str, lang: str) -> Snapshot | None:
    """The thread as published in this language, else in the thread's own; None without either."""
    for name in (f"{thread}.{lang.lower()}.html", f"{thread}.html"):
        path = folder / name
        try:
            return parse(path.read_text(encoding="utf-8"), thread)
        except FileNotFoundError:
            continue
        except (DamagedSnapshot, UnicodeDecodeError, OSError) as error:
            reason = "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else error
            logger.warning("%s is not used: %s. Publish the thread again.", path, reason)
    return None


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
    found = snapshot(folder, thread, article.lang) if thread else None
    article.comments_fragment = Markup(found.html) if found else None  # noqa: S704 - checked there
    article.comments_heading = Markup(found.heading) if found and found.heading else None  # noqa: S704
    article.comment_count = found.comments if found else 0
    return found.revision if found else -1


def again(content: Article, generators: list[Generator]) -> None:
    """The comments of an article that was saved since, some of which may be newer than the build."""
    if getattr(content, "thread", None):
        fill(content, Baking(content.settings).folder)


def rebaked(page: str, thread: str, lang: str, new: Snapshot) -> str | None:
    """The page with newer comments between its markers; None where it has no markers."""
    begins, ends = f"<!-- postil:begin {thread} {lang} -->", f"<!-- postil:end {thread} -->"
    before, begun, rest = page.partition(begins)
    _, ended, after = rest.partition(ends)
    if not begun or not ended:
        return None
    page = f"{before}{begins}\n{new.html}\n{ends}{after}"
    # What search engines are told of the comments has become old; the next build tells them anew.
    data = re.compile(rf"(<!-- postil:data {thread} -->).*?(<!-- postil:data-end -->)", re.DOTALL)
    page = data.sub(r"\1\2", page)
    count = re.compile(rf"(<!-- postil:count {thread} -->)\d*(<!-- postil:count-end -->)")
    page = count.sub(rf"\g<1>{new.comments}\g<2>", page)
    heading = re.compile(
        rf"(<!-- postil:heading {thread} -->).*?(<!-- postil:heading-end -->)", re.DOTALL
    )
    return heading.sub(lambda found: f"{found[1]}{new.heading}{found[2]}", page)


def catch_up(baking: Baking) -> None:
    """Bake again each page whose thread was published after it had been read."""
    for article, revision in baking.baked:
        new = snapshot(baking.folder, article.thread, article.lang)
        path = baking.output / article.save_as
        if new is None or new.revision <= revision or not path.is_file():
            continue
        html = rebaked(path.read_text(encoding="utf-8"), article.thread, article.lang.lower(), new)
        if html is None:
            logger.warning(
                "%s has no place for its comments: the theme's article template lacks the markers"
                " that docs/formats.md describes.",
                path,
            )
            continue
        files.rewrite(path, html.encode(), files.THOROUGH)


def finish(pelican: Pelican) -> None:
    baking = _baking.pop(pelican.settings["OUTPUT_PATH"], None)
    if baking:
        try:
            catch_up(baking)
        finally:
            baking.lock.release()


def register() -> None:
    signals.get_generators.connect(begin)
    signals.all_generators_finalized.connect(bake)
    saved_page.again.connect(again)
    signals.finalized.connect(finish)
