"""Drafts that are shared, on their way to readers, and back."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from authoring.publish import publication
from formats.manifest import shared_of
from tests.unit.test_publishing import SETTINGS, blog


def article(root: Path, days: int) -> None:
    until = datetime.now(UTC) + timedelta(days=days)
    (root / "content" / "draft.md").write_text(
        "Title: Of quaggas\nDate: 2026-01-02\nStatus: draft\n"
        f"Shared: 2026-01-02T03:04:05/{until:%Y-%m-%d}\n\nOf quaggas.\n"
    )


def pages(root: Path) -> list[str]:
    return [path.read_text() for path in (root / "www" / "shared").glob("*/index.html")]


def test_it_is_published_with_its_list_beside_and_an_ended_one_is_not_sent_again(
    tmp_path: Path,
) -> None:
    root = blog(tmp_path / "blog", first="\nThe first words.")
    environ = {**SETTINGS, "SHARE_KEY": "k" * 32}
    article(root, 14)
    publication.publish(root, "", environ)
    assert ["Of quaggas." in each for each in pages(root)] == [True]
    beside = shared_of(root / "www")
    assert [each["title"] for each in json.loads(beside.read_bytes())] == ["Of quaggas"]
    assert "quagga" not in (root / "www" / "threads.json").read_text()

    article(root, -2)
    publication.publish(root, "", environ)
    assert pages(root) == []
    assert json.loads(beside.read_bytes()) == []
    publication.roll_back(root, "", environ)
    assert pages(root) == []
    assert (root / "www" / "first" / "index.html").is_file()

    publication.publish(root, "", {**environ, "SHARE_KEY": ""})
    assert not beside.exists()
