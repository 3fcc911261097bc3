"""Downloads: files that are made for one request, whole before any of it is sent, and gone afterwards."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from flask import Response

from comments_service import exporters
from comments_service.config import Settings
from comments_service.exporters import Choice
from comments_service.models import now

PIECE_BYTES = 256 * 1024


def comments(form: str, choice: Choice, settings: Settings) -> Response:
    """An export of comments. What goes wrong is a page, and no half file."""
    folder = Path(tempfile.mkdtemp(prefix="postil-export-"))
    path = folder / "comments"
    try:
        exporters.write(path, form, choice, settings.site_url)
    except BaseException:
        shutil.rmtree(folder)
        raise
    answer = Response(_pieces(path))
    answer.call_on_close(lambda: shutil.rmtree(folder, ignore_errors=True))
    # Nothing that a browser would show, or let a script read.
    answer.mimetype = "application/octet-stream"
    name = f"comments-{now():%Y-%m-%d}.{exporters.SUFFIXES[form]}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece
