"""What `tasks.py share` writes into a draft, and what it says of it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pelican.settings import DEFAULT_CONFIG

from authoring import Refused, share_draft
from authoring.blog import Blog
from plugins.comments import shared
from tests.sites import Site

ENVIRON = {"SHARE_KEY": "k" * 32, "SITE_URL": "https://example.org"}
PLAIN = "Title: Of quaggas\nDate: 2026-01-02\nStatus: draft\n\nShared: words.\n"
KINDS = {
    "plain": PLAIN,
    "windows": PLAIN.replace("\n", "\r\n"),
    "yaml": "---\ntitle: Of quaggas\ndate: 2026-01-02\ndraft: true\n---\nShared: words.\n",
    "toml": '+++\ntitle = "Of quaggas"\ndate = 2026-01-02\ndraft = true\n+++\nShared: words.\n',
    "title of two lines": "Title: Of\n    quaggas\nDate: 2026-01-02\nStatus: draft\n\nShared: words.\n",
}


@pytest.fixture
def blog(tmp_path: Path) -> Callable[..., Blog]:
    """A blog in a folder of its own; each call reads it anew."""
    (tmp_path / "content" / "pages").mkdir(parents=True)

    def read(**files: str) -> Blog:
        for name, text in files.items():
            path = tmp_path / "content" / f"{name.replace('__', '/')}.md"
            path.write_bytes(text.encode())
        given: dict[str, Any] = {"PATH": "content", "TIMEZONE": "Asia/Shanghai"}
        return Blog(tmp_path, {**DEFAULT_CONFIG, "DEFAULT_LANG": "en", **given})

    return read


def text(blog: Blog, name: str = "quagga") -> str:
    return Path(blog.content, f"{name}.md").read_bytes().decode()


@pytest.mark.parametrize("kind", KINDS)
def test_a_line_is_written_and_taken_away_in_every_kind_of_front_matter(
    blog: Callable[..., Blog], kind: str
) -> None:
    share_draft.share(blog(quagga=KINDS[kind]), ENVIRON, "content/quagga.md", 14)
    (source,) = blog().sources
    made = share_draft.share_of(source)
    assert made is not None
    day = (blog().now() + timedelta(days=14)).date()
    assert made.until.astimezone(blog().zone).date() == day
    assert re.findall(r"\w+", source.title) == ["Of", "quaggas"]
    assert source.body.strip() == "Shared: words."
    share_draft.end(blog(), "quagga")
    assert text(blog()) == KINDS[kind]


def test_shared_again_it_keeps_its_address_and_lasts_longer(blog: Callable[..., Blog]) -> None:
    first = share_draft.share(blog(quagga=PLAIN), ENVIRON, "quagga", 1)
    second = share_draft.share(blog(), ENVIRON, "content/quagga.md", 30)
    assert first[-1] == second[-1]
    assert text(blog()).count("\nShared: 20") == 1
    assert first[0] != second[0]


def test_what_is_over_gets_another_address(blog: Callable[..., Blog]) -> None:
    line = "Shared: 2026-01-02T03:04:05/2026-01-09"
    (source,) = blog(quagga=PLAIN.replace("\n\n", f"\n{line}\n\n", 1)).sources
    assert share_draft.share_of(source) is None
    share_draft.share(blog(), ENVIRON, "quagga", 3)
    assert "03:04:05" not in text(blog())


def test_the_address_is_that_of_the_build(blog: Callable[..., Blog], site: Site) -> None:
    told = share_draft.share(blog(), ENVIRON, str(site.write("Größe", Status="draft", Slug="")), 3)
    site.build(**ENVIRON, DRAFT_SAVE_AS="")
    (page,) = (site.output / "shared").glob("*/index.html")
    assert told[-1].strip() == f"https://example.org/shared/{page.parent.name}/"


def test_the_key_is_made_once_and_stands_in_env_alone(
    blog: Callable[..., Blog], tmp_path: Path
) -> None:
    site = {"SITE_URL": "https://example.org"}
    told = share_draft.share(blog(quagga=PLAIN), site, "quagga", 3)
    assert "SHARE_KEY was written into .env" in told[0]
    found = re.fullmatch(r"SHARE_KEY=(\S{43})\n", (tmp_path / ".env").read_text())
    assert found is not None
    assert found[1] not in text(blog())
    again = share_draft.share(blog(), {**site, "SHARE_KEY": found[1]}, "quagga", 3)
    assert again[-1] == told[-1]
    assert len(again) == 2


def test_the_list_has_what_is_shared_the_first_to_end_first(blog: Callable[..., Blog]) -> None:
    files = {name: PLAIN.replace("quaggas", name) for name in ("dodo", "quagga", "moa")}
    assert "No draft is shared." in share_draft.listed(blog(**files), ENVIRON)[0]
    for name, days in (("quagga", 9), ("dodo", 5)):
        share_draft.share(blog(), ENVIRON, name, days)
    lines = share_draft.listed(blog(), ENVIRON)
    assert [re.findall(r"content/\w+", line) for line in lines] == [
        ["content/dodo"],
        ["content/quagga"],
    ]
    assert all(f"https://example.org/{shared.FOLDER}/" in line for line in lines)
    assert "SHARE_KEY is not set here" in share_draft.listed(blog(), {})[0]


@pytest.mark.parametrize(
    ("name", "days", "said"),
    [
        ("", 14, "Say which draft"),
        ("moa", 14, 'no article "moa"'),
        ("quagga", 0, "1 to 365 days"),
        ("quagga", 366, "1 to 365 days"),
        ("published", 14, "is no draft: it is published"),
        ("content/pages/about.md", 14, "is a page"),
        ("twin", 14, "may be several: content/a/twin.md, content/b/twin.md"),
    ],
)
def test_what_cannot_be_shared_is_refused_with_what_to_do(
    blog: Callable[..., Blog], tmp_path: Path, name: str, days: int, said: str
) -> None:
    for folder in ("a", "b"):
        (tmp_path / "content" / folder).mkdir()
    made = blog(
        quagga=PLAIN,
        published=PLAIN.replace("Status: draft\n", ""),
        pages__about=PLAIN,
        a__twin=PLAIN,
        b__twin=PLAIN,
    )
    before = {each.path: each.text for each in made.sources}
    with pytest.raises(Refused, match=re.escape(said)):
        share_draft.share(made, {}, name, days)
    assert {each.path: each.text for each in blog().sources} == before
    assert not (tmp_path / ".env").exists()


def test_what_waits_for_its_date_can_be_shared(blog: Callable[..., Blog]) -> None:
    later = f"{datetime.now(UTC) + timedelta(days=9):%Y-%m-%d}"
    head = PLAIN.replace("Status: draft\n", "").replace("2026-01-02", later)
    assert share_draft.share(blog(quagga=head), ENVIRON, "quagga", 3)


def test_ending_what_is_not_shared_is_refused(blog: Callable[..., Blog]) -> None:
    with pytest.raises(Refused, match="is not shared"):
        share_draft.end(blog(quagga=PLAIN), "quagga")


def test_front_matter_that_cannot_be_changed_safely_is_left(blog: Callable[..., Blog]) -> None:
    made = blog(quagga="---\n{title: Of quaggas, date: 2026-01-02, status: draft}\n---\nWords.\n")
    before = text(made)
    with pytest.raises(Refused, match="write it yourself: Shared: "):
        share_draft.share(made, ENVIRON, "quagga", 3)
    assert text(made) == before
