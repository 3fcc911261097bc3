"""What is sent of a site that has changed, wherever it is published."""

import os
import shutil
from pathlib import Path

from authoring.publish.targets import Bucket, Change, Folder, Rsync


def signs(changes: list[Change]) -> list[str]:
    return sorted(f"{change.sign}{change.path}" for change in changes)


def only_what_changed_is_sent(
    place: Bucket | Folder | Rsync, site: Path, there: Path, untouched: str
) -> None:
    """Change, add and remove pages of a site that was sent, and send it again.

    `untouched` is a file that was only written anew; what others put there stays.
    """
    before = (there / untouched).stat().st_mtime_ns
    (site / "index.html").write_text("This is INDEX.html.")
    os.utime(site / untouched)
    shutil.rmtree(site / "one")
    (site / "zwei Wörter.html").write_text("New.")
    (there / "one" / "theirs [1].txt").write_text("Somebody else's.")
    wanted = ["+zwei Wörter.html", "-one/index.html", "~index.html"]
    assert signs(place.send(site, really=False)) == wanted
    assert (there / "one" / "index.html").exists()
    assert signs(place.send(site, really=True)) == wanted
    assert (there / "index.html").read_text() == "This is INDEX.html."
    assert (there / "zwei Wörter.html").read_text() == "New."
    assert not (there / "one" / "index.html").exists()
    assert (there / "theirs.txt").exists()
    assert (there / "one" / "theirs [1].txt").exists()
    if not isinstance(place, Rsync):
        assert (there / untouched).stat().st_mtime_ns == before
    assert place.send(site, really=True) == []
