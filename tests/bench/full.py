"""The full site: what an author really runs, every plugin on and the theme that is ours, and what is done to it.

A copy of the whole project whose content/ is the posts, built as for publishing. One after the other, each
by a new process: everything, nothing, and then what authors do, to posts in the middle of the blog. After each
the site is looked at. Which posts, how often and beside whom is the business of `build`.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from authoring.build import PELICAN
from tests.bench import costs, posts
from tests.bench.builds import NEW_WORDS, Wrong
from tests.bench.costs import Cost
from tests.bench.posts import Post
from tests.service import ROOT

NAME = "Postil, everything on"
# What is set for the blog of this machine, or for tests: where Python keeps no bytecode, every build compiles anew.
OUTSIDE = re.compile("COMMENTS_|SITE_URL|POSTIL_|PYTHONDONTWRITEBYTECODE")
PICTURE = re.compile(
    r"!\[[^\]]*\]\(\s*<?(?P<md>[^\s)>]+)[^)]*\)|<img\b[^>]*?\bsrc=[\"'](?P<html>[^\"']+)[\"'][^>]*>",
    re.IGNORECASE,
)
# A category and two tags or so have a page in every blog; this tag is in none.
NEW_TAG = "pelikanologie"


def project(folder: Path, written: list[Post]) -> None:
    """The project as it stands, with other posts; its environment is the same one."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in listed.stdout.split("\0"):
        if name and not name.startswith("content/") and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / ".venv").symlink_to((ROOT / ".venv").resolve())
    (folder / "content").mkdir()
    for post in written:
        write(folder, post)


def source(folder: Path, post: Post) -> Path:
    return folder / "content" / f"{post.slug}.md"


def write(folder: Path, post: Post) -> None:
    text = with_pictures_elsewhere(posts.for_pelican(post))
    source(folder, post).write_text(text, encoding="utf-8")


def with_pictures_elsewhere(text: str) -> str:
    """Pictures whose files did not come along, which a build would refuse, as those of another site."""

    def elsewhere(picture: re.Match[str]) -> str:
        target = picture["md"] or picture["html"]
        if urlsplit(target).netloc:
            return picture[0]
        return picture[0].replace(target, f"https://example.org/{target.lstrip('./')}")

    return PICTURE.sub(elsewhere, text)


def environment() -> dict[str, str]:
    """As an author has it."""
    return {name: value for name, value in os.environ.items() if not OUTSIDE.match(name)}


def built(folder: Path) -> Cost:
    environ = environment() | {"SITE_URL": "https://blog.example", "PYTHONUTF8": "1"}
    return costs.run([sys.executable, *PELICAN[1:], "-s", "publishconf.py"], folder, environ)


# --- What is done ---------------------------------------------------------------------------------


class Blog:
    """The posts in a copy of the project, and the site that is made of them."""

    def __init__(self, folder: Path, written: list[Post]) -> None:
        self.folder = folder
        self.posts = sorted(written, key=lambda post: post.date)
        project(folder, written)

    def post(self, share: float) -> Post:
        """The one that stands at this part of the way from the oldest to the newest."""
        return self.posts[min(int(len(self.posts) * share), len(self.posts) - 1)]

    def lacks(self, words: str, *places: str) -> None:
        site = self.folder / "output"
        for place in places:
            if words not in (site / place / "index.html").read_text(encoding="utf-8"):
                raise Wrong(f"{words} is missing in {place or 'the first page'}")


def everything(blog: Blog) -> Callable[[], None]:
    return lambda: blog.lacks("</html>", "", *(post.slug for post in blog.posts))


def nothing(blog: Blog) -> Callable[[], None]:
    return everything(blog)


def body(blog: Blog) -> Callable[[], None]:
    post = blog.post(0.5)
    write(blog.folder, post.edited(f"{NEW_WORDS} is what this edit says."))
    return lambda: blog.lacks(NEW_WORDS, post.slug)


def title(blog: Blog) -> Callable[[], None]:
    post = blog.post(0.4)
    title = f"{NEW_WORDS} instead of {post.title}"
    write(blog.folder, replace(post, title=title))
    return lambda: blog.lacks(NEW_WORDS, post.slug, "archives")


def tag(blog: Blog) -> Callable[[], None]:
    post = blog.post(0.6)
    write(blog.folder, replace(post, tags=(*post.tags, NEW_TAG)))
    return lambda: blog.lacks(f"/{post.slug}/", f"tags/{NEW_TAG}")


def new(blog: Blog) -> Callable[[], None]:
    newest = blog.posts[-1]
    post = replace(
        newest, slug="a-new-post", title="A new post", date=newest.date + timedelta(days=1)
    )
    write(blog.folder, post)
    return lambda: blog.lacks("/a-new-post/", "", "archives", post.slug)


def deleted(blog: Blog) -> Callable[[], None]:
    post = blog.post(0.3)
    source(blog.folder, post).unlink()

    def look() -> None:
        if (blog.folder / "output" / post.slug).exists():
            raise Wrong("the deleted post is still there")

    return look


def template(blog: Blog) -> Callable[[], None]:
    path = blog.folder / "theme" / "templates" / "base.html"
    before, body, after = path.read_text(encoding="utf-8").rpartition("</body>")
    path.write_text(f"{before}<!-- {NEW_WORDS} -->\n{body}{after}", encoding="utf-8")
    return lambda: blog.lacks(f"<!-- {NEW_WORDS} -->", "", "archives", blog.post(0.9).slug)


# What is done before a build; it answers how to look at the site after it.
ACTS = {
    "cold": everything,
    "nothing changed": nothing,
    "body edit": body,
    "title": title,
    "tag": tag,
    "new post": new,
    "deleted": deleted,
    "template": template,
}


def measured(
    folder: Path, written: list[Post], acts: Collection[str], tell: Callable[[Cost], None]
) -> dict[str, Cost]:
    """What each act costs, in the order of ACTS; the first build is always cold. Raises Wrong."""
    blog = Blog(folder, written)
    found: dict[str, Cost] = {}
    for name, act in ACTS.items():
        if name == "cold" or name in acts:
            look = act(blog)
            found[name] = built(folder)
            tell(found[name])
            look()
    return found
