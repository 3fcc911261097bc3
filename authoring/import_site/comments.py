"""Comments: those of the articles that were just brought, by the service's own command.

What is looked at without `--write` is imported into a database that is thrown away, whose pages are those
that would be written: nothing that anybody has is touched.
"""

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urljoin

from authoring import Refused, build, progress, server
from authoring.blog import Blog
from authoring.import_site import origins
from authoring.import_site.report import Plan
from formats.manifest import VERSION
from plugins.comments.manifest import thread_id

# Of an article that says nothing of its comments, or nothing that counts before it is built.
OPEN = "open"
EARLIEST = "1970-01-01T00:00:00+00:00"


class Wanted(NamedTuple):
    """Where the comments are, who the author was there, and the settings of the service here."""

    file: Path
    me: str
    environ: dict[str, str]


# On the command line: a file or just yes, who the author was there, and the settings.
Asked = tuple[str | bool, str, dict[str, str]]
NONE: Asked = (False, "", {})


def wanted(origin: Path, asked: Asked) -> Wanted | None:
    """Raises Refused where nothing holds the comments that were asked for."""
    named, me, environ = asked
    if not named:
        return None
    return Wanted(file_of(origin, named if isinstance(named, str) else ""), me, environ)


def file_of(origin: Path, named: str) -> Path:
    """The file that holds the comments: the one that is named, or an export of WordPress itself. Raises Refused."""
    if named:
        file = Path(named).expanduser()
        if not file.exists():
            raise Refused(
                f"{named} is not there: name the file with the comments after --comments."
            )
        return file.resolve()
    if not origin.is_dir():
        return origin.resolve()
    with origins.folder(origin) as opened:
        if opened.file is None:
            raise Refused(
                f"{origin} holds articles. Name the file with their comments: --comments FILE"
            )
        return opened.file


def bring(blog: Blog, planned: Plan, wanted: Wanted, *, write: bool) -> Iterator[str]:
    """Take them over, or with `write` unset say what would come; as lines for a terminal. Raises Refused."""
    arguments = [
        "comments",
        "import",
        str(wanted.file),
        *(["--me", wanted.me] if write and wanted.me else []),
    ]
    yield ""
    yield "Comments"
    if write:
        built = build.run_pelican(blog.root, wanted.environ, "publishconf.py")
        if not built.succeeded:
            raise Refused(
                f"{built.report}\nThe articles are written, and the site could not be built, so that no comment"
                " found its page. Correct this, and give the same command again."
            )
        server.migrate(blog.root, wanted.environ)
        yield from told(blog.root, wanted.environ, [*arguments, "--apply"])
        return
    with tempfile.TemporaryDirectory(prefix="postil-look-") as folder:
        environ = apart(blog, planned, wanted.environ, Path(folder))
        server.migrate(blog.root, environ)
        yield "As they would come into a blog that has none of them yet:"
        yield from (
            line
            for line in told(blog.root, environ, arguments)
            if not line.startswith("Nothing was changed")
        )


def told(root: Path, environ: dict[str, str], arguments: list[str]) -> list[str]:
    """What the service's command says. Raises Refused with its own words."""
    with progress.waiting("Reading the comments …"):
        done = server.flask(root, environ, *arguments)
    if done.returncode:
        # What was taken over until then is told before what was wrong.
        before = f"{done.stdout.strip()}\n" if done.stdout.strip() else ""
        try:
            server.refuse_failed(done, "The comments could not be read.")
        except Refused as refused:
            raise Refused(f"{before}{refused}") from None
    return done.stdout.rstrip().splitlines()


def apart(blog: Blog, planned: Plan, environ: dict[str, str], folder: Path) -> dict[str, str]:
    """Settings of a service that has nothing but the pages that would be written."""
    manifest = folder / "threads.json"
    manifest.write_text(json.dumps(pages(blog, planned, environ)), encoding="utf-8")
    return {
        **environ,
        "COMMENTS_DATABASE_URL": f"sqlite:///{folder / 'comments.sqlite3'}",
        "COMMENTS_MANIFEST": str(manifest),
        "COMMENTS_OUTPUT": "",
        "COMMENTS_PUBLISHED": str(folder / "published"),
        "COMMENTS_SECRET_KEY": "of a service that answers nobody",
    }


def pages(blog: Blog, planned: Plan, environ: dict[str, str]) -> dict[str, Any]:
    """The manifest of what would be written."""
    site = environ.get("SITE_URL") or "http://localhost:8000"
    threads = {}
    for item in planned.items:
        if item.post.is_page or item.post.draft:
            continue
        number = thread_id(item.slug)
        threads[number] = {
            "id": number,
            "url": urljoin(f"{site.rstrip('/')}/", item.address.lstrip("/")),
            "title": item.post.title or item.slug,
            "published": EARLIEST,
            "lang": blog.lang,
            "comments": OPEN,
            "aliases": item.post.addresses,
        }
    return {
        "version": VERSION,
        "site": {"title": "", "lang": blog.lang, "url": site},
        "threads": [*threads.values()],
    }
