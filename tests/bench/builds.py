"""Builds: what is done to one generator's site, and whether the site is right after that.

Which posts a generator refuses is found out here as well: what one of them cannot build is left out for
all. What a build costs is the business of `costs`; which are done how often, of `build`.
"""

import re
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.bench import costs, peers
from tests.bench.costs import Cost, Failed
from tests.bench.peers import Kind, Missing
from tests.bench.posts import Post

NEW_WORDS = "Pelikanunde"  # stands in no other post


class Wrong(Exception):
    """A site that is not what its posts say."""


def built(kind: Kind, folder: Path) -> Cost:
    return costs.run(kind.command(), folder, peers.environment(folder))


def lacking(kind: Kind, folder: Path, written: Iterable[Post]) -> list[Post]:
    """The posts that have no page."""
    return [post for post in written if not kind.page(folder, post).is_file()]


def four(
    kind: Kind, folder: Path, written: list[Post], tell: Callable[[Cost], None]
) -> tuple[list[Cost], bool]:
    """Cold, with nothing changed, after one edit, after a rename; and whether the page at the renamed
    post's old address is still there. Raises Wrong for a site that is not right.
    """
    found: list[Cost] = []

    def build() -> None:
        found.append(built(kind, folder))
        tell(found[-1])

    kind.lay_out(folder, written)
    build()
    if gone := lacking(kind, folder, written):
        raise Wrong(f"{len(gone)} posts have no page, such as {gone[0].slug}")
    build()
    second, newest = sorted(written, key=lambda post: post.date)[-2:]
    kind.write(folder, newest.edited(f"{NEW_WORDS} is what this edit says."))
    build()
    if places := without(folder, newest, NEW_WORDS):
        raise Wrong(f"the edit is missing in {', '.join(places)}")
    moved = second.renamed()
    kind.path(folder, second).unlink()
    kind.write(folder, moved)
    build()
    if lacking(kind, folder, [moved]) or without(folder, moved, f"/{moved.slug}/"):
        raise Wrong("the renamed post is not in all its places")
    if f'href="/{second.slug}/"' in (folder / "output" / "index.html").read_text("utf-8"):
        raise Wrong("the list leads to where the renamed post was")
    return found, kind.page(folder, second).exists()


def without(folder: Path, post: Post, words: str) -> list[str]:
    """Where words of one of the newest posts should be read and cannot be; an address in lists only."""
    places = ["index.html", "feed.xml", f"categories/{post.category}/index.html"]
    places += [f"tags/{tag}/index.html" for tag in post.tags]
    places += [] if words.startswith("/") else [f"{post.slug}/index.html"]
    return [
        place for place in places if words not in (folder / "output" / place).read_text("utf-8")
    ]


def refused(kind: Kind, place: Path, written: list[Post]) -> list[Post]:
    """The posts without which a kind can build the others."""
    out: list[Post] = []
    left = written
    while True:
        failed = trial(kind, place, left)
        if isinstance(failed, list):
            return [*out, *failed]
        named = set(re.findall(r"([\w-]+)\.md\b", failed))
        culprits = [post for post in left if post.slug in named] or [culprit(kind, place, left)]
        out += culprits
        left = [post for post in left if post not in culprits]


def trial(kind: Kind, place: Path, written: list[Post]) -> list[Post] | str:
    """The posts that got no page, or what the build said when it failed."""
    folder = place / "trial"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        kind.lay_out(folder, written)
        built(kind, folder)
        return lacking(kind, folder, written)
    except Failed as failed:
        return str(failed) or "no reason"


def culprit(kind: Kind, place: Path, written: list[Post]) -> Post:
    """One post that no build can be made with, where the generator does not name it."""
    said: list[Post] | str = "no reason"
    while len(written) > 1:
        half = written[: len(written) // 2]
        failed = trial(kind, place, half)
        said = failed if isinstance(failed, str) else said
        written = half if isinstance(failed, str) else written[len(half) :]
    if not isinstance(trial(kind, place, written), str):
        raise Missing(f"it builds the posts one by one but not together: {said!s}")
    return written[0]
