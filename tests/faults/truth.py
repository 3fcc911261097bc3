"""Whether what readers can fetch is whole, and whether it is what the database says."""

import gzip
import json
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import brotli
import sqlalchemy as sa

from comments_service import threads
from comments_service.db import db
from comments_service.models import Comment, Thread
from comments_service.publishing import rebake, site_snapshots, snapshots
from formats import bake, files
from formats import snapshots as reading
from tests.faults.storm import Sent
from tests.service import Postil


def temporary(service: Postil) -> list[Path]:
    """Files that are being written, or were when somebody pulled the plug."""
    folders = (service.settings.published, Path(service.settings.output))
    return [path for folder in folders for path in folder.rglob(".new-*")]


def served(folder: Path) -> Iterator[Path]:
    """The files that have a name which a web server gives out, but for the compressed ones."""
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden and path.suffix not in (".gz", ".br"):
            yield path


def broken(service: Postil) -> list[str]:
    """Files that a reader could get only half of, whoever writes or is dead just now."""
    return [
        f"{path.name}: {why}"
        for folder in (service.settings.published, Path(service.settings.output))
        for path in served(folder)
        if path.suffix in (".html", ".json", ".atom") and (why := _broken(path))
    ]


def _broken(path: Path) -> str:
    data = path.read_bytes()
    gz, br = files.siblings(path)
    try:
        for each in (data, *_unpacked(gz, br)):
            if path.suffix == ".json":
                json.loads(each)
            elif path.suffix == ".atom":
                ET.fromstring(each)
            elif not each.rstrip().endswith((b"</div>", b"</html>", b"</template>", b"</ol>")):
                return f"ends with {each[-40:]!r}"
    except (ValueError, OSError, EOFError, ET.ParseError, brotli.error) as error:
        return repr(error)
    return ""


def _unpacked(gz: Path, br: Path) -> Iterator[bytes]:
    if gz.exists():
        yield gzip.decompress(gz.read_bytes())
    if br.exists():
        yield brotli.decompress(br.read_bytes())


def wanted(service: Postil) -> dict[str, bytes]:
    """Every file that readers can fetch, as the database gives it. Within the service's context."""
    settings = service.settings
    files_of_threads = {
        each.name: each.data
        for thread in threads.visible()
        for each in snapshots.rendered(thread, settings)
    }
    return files_of_threads | {each.name: each.data for each in site_snapshots.rendered(settings)}


def differences(service: Postil) -> list[str]:
    """Where published files or baked pages are not what the database gives, byte for byte."""
    settings = service.settings
    with service.app.app_context():
        visible = threads.visible()
        files_wanted = wanted(service)
        baked = list(_differing_pages(service, visible))
        db.session.remove()
    there = {str(path.relative_to(settings.published)) for path in served(settings.published)}
    found = [f"published and not wanted: {name}" for name in sorted(there - files_wanted.keys())]
    for name, data in files_wanted.items():
        path = settings.published / name
        if name not in there or path.read_bytes() != data:
            found.append(f"not as the database has it: {name}")
        elif any(each != data for each in _unpacked(*files.siblings(path))):
            found.append(f"compressed and plain differ: {name}")
    return found + baked + [f"left behind: {path.name}" for path in temporary(service)]


def _differing_pages(service: Postil, visible: Sequence[Thread]) -> Iterator[str]:
    settings = service.settings
    for thread in visible:
        for lang in threads.languages(thread):
            page = rebake.built_page(
                Path(settings.output), settings.site_url, threads.address(thread, lang)
            )
            assert page is not None, f"{thread.id} has no page in {lang}"
            first = next(
                each.data
                for each in snapshots.rendered(thread, settings)
                if each.name == snapshots.fragment_name(thread, lang)
            )
            html = page.read_bytes()
            fragment = reading.thread(first, thread.id)
            if first.rstrip() not in html or html != bake.thread(html, thread.id, fragment):
                yield f"baked otherwise: {page.parent.name}/{page.name}"
            if any(each != html for each in _unpacked(*files.siblings(page))):
                yield f"page compressed and plain differ: {page.parent.name}/{page.name}"


def losses(service: Postil, sent: list[Sent]) -> list[str]:
    """Acknowledged comments that are not there exactly once, as their writers left them."""
    with service.app.app_context():
        rows = db.session.execute(
            sa.select(Comment.id, Comment.key, Comment.thread_id, Comment.source)
        ).all()
        db.session.remove()
    times = Counter(row.key for row in rows)
    by_key = {row.key: row for row in rows}
    known = {each.body["key"] for each in sent}
    found = [f"nobody sent {key}" for key in sorted(times.keys() - known)]
    found += [f"{key} is there {count} times" for key, count in times.items() if count > 1]
    for each in sent:
        if each.id is None:
            continue
        row = by_key.get(each.body["key"])
        if row is None:
            found.append(f"acknowledged and lost: {each.body['key']}")
        elif (row.id, row.thread_id) != (each.id, each.thread) or row.source not in each.texts:
            found.append(f"acknowledged and changed: {each.body['key']}")
    return found
