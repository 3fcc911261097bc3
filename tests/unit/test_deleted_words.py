"""What is deleted is gone: from every file of a blog, whatever was built, baked, published and kept of it."""

import fnmatch
import gzip
import os
from pathlib import Path

import brotli
import pytest
import sqlalchemy as sa

from authoring.publish import publication
from comments_service import comments, create_app
from comments_service.db import db
from comments_service.models import Comment
from comments_service.publishing import copies, manifest
from comments_service.publishing.publisher import Publisher
from formats import bake
from tests import make
from tests.conftest import settings_for
from tests.sites import ROOT
from tests.unit.test_publishing import blog

WORDS = b"Cormorants disagree entirely"
# As the search index has the first of them.
STEM = "cormor"


def holding(root: Path) -> set[str]:
    """Every file below a folder, and in it, that holds the words, itself or unpacked."""
    found = set()
    for path in root.rglob("*"):
        if not path.is_file():
            continue
        data = path.read_bytes()
        if path.suffix.startswith(".pf_"):
            data = gzip.decompress(data)
        for packed, unpack in ((".gz", gzip.decompress), (".br", brotli.decompress)):
            data = unpack(data) if path.suffix == packed and data else data
        lists = path.suffix in (".pf_index", ".pf_meta") and STEM.encode() in data
        if WORDS in data or lists:
            found.add(path.relative_to(root).as_posix())
    return found


SITES = ("www/", "var/publish/folder-www/site/")
# Of these, there is nothing to be found in a blog in which all goes well.
GONE = {"<site>.next/**/*.html", "var/publish/*/builds/**/*.html"}


def held(name: str, pattern: str) -> bool:
    """Whether a file, or a compressed sibling, is of the kind that a pattern of the list names."""
    name = name.removesuffix(".gz").removesuffix(".br")
    for site in SITES:
        if name.startswith(site):
            name = f"<site>/{name.removeprefix(site)}"
    return fnmatch.fnmatch(name, pattern.replace("<site>/**/", "<site>/"))


def listed(name: str) -> bool:
    return any(held(name, pattern) for pattern in copies.COPIES)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_deleted_word_is_in_no_file_and_no_row(
    tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = blog(tmp_path / "blog", first="\nThe first words.", second="\nThe second words.")
    environ = {**os.environ, "SITE_URL": "https://example.org", "PUBLISH_TO": "folder:www"}
    monkeypatch.chdir(root)
    settings = settings_for(
        database_url,
        root,
        site_url="https://example.org",
        comments_url="https://example.org/comments/",
        output="",
        published=root / "published",
        manifest=str(root / "www" / "threads.json"),
    )
    (root / "published").mkdir()
    app = create_app(settings)
    with app.app_context():
        publication.publish(root, "folder:www", environ)
        manifest.sync(settings.manifest_source)
        publisher = Publisher(app, settings)
        publisher.turn()
        parent = make.comment("first", body=f"{WORDS.decode()} with this.", name="Pia")
        make.comment("first", body="Do they?", parent=parent)
        alone = make.comment("second", body=f"{WORDS.decode()} again.")
        settle(publisher)
        for text in ("changed", "changed again"):
            (root / "content" / "second.md").write_text(
                f"Title: Second\nDate: 2026-01-01\n\n{text}.\n"
            )
            publication.publish(root, "folder:www", environ)
        settle(publisher)

        before = holding(root)
        assert {
            each for each in copies.COPIES if not any(held(name, each) for name in before)
        } <= GONE
        assert [name for name in before if not listed(name)] == []
        assert b"ld+json" in (root / "www/first/index.html").read_bytes()
        assert not [name for name in before if "/builds/" in name]

        with comments.changing():
            for each in (parent, alone):
                comments.empty(db.session.get_one(Comment, each.id))
        settle(publisher)
        assert holding(root) == set()
        assert rows() == []

        publication.roll_back(root, "folder:www", environ)
        page = (root / "www/first/index.html").read_bytes()
        assert b"Do they?" in page
        assert holding(root) == set()


def settle(publisher: Publisher) -> None:
    """A round, and the one in which the lists follow."""
    publisher._site_at = 0.0
    publisher.turn()


def rows() -> list[str]:
    """Tables of which a row holds the words."""
    db.session.rollback()
    found = []
    for table in db.metadata.sorted_tables:
        for row in db.session.execute(sa.select(table)):
            if WORDS.decode() in str(row):
                found.append(table.name)
    return found


def test_the_document_has_the_list() -> None:
    text = (ROOT / "docs" / "formats.md").read_text("utf-8")
    for pattern, reached in copies.COPIES.items():
        assert f"| `{pattern}` | {reached} |" in text


# ---- what is kept of a page


def test_a_page_is_kept_without_words_and_gets_those_of_today(tmp_path: Path) -> None:
    page = (
        b"<!-- postil:data fish --><script>said</script><!-- postil:data-end -->"
        b"<!-- postil:begin fish en -->\n%b\n<!-- postil:end fish -->"
        b"<!-- postil:begin gull en -->\n<p>No comments here.</p>\n<!-- postil:end gull -->"
        b'<!-- postil:discussions en -->\n<div class="postil-discussions">said</div>\n<!-- postil:discussions-end -->'
    )
    before = page % fragment("fish", 3, "said").encode()
    kept = bake.without_words(before)
    assert b"said" not in kept
    assert b"No comments here." in kept
    assert bake.without_words(kept) == kept
    assert bake.as_published(kept, tmp_path) == kept
    (tmp_path / "threads").mkdir()
    (tmp_path / "threads" / "fish.html").write_text(fragment("fish", 5, "today"))
    (tmp_path / "threads" / "gull.html").write_text("damaged")
    assert b"today" in bake.as_published(kept, tmp_path)


def test_only_folders_that_are_there_are_baked_into(tmp_path: Path) -> None:
    bake.remember(tmp_path / "published", tmp_path)
    assert bake.places(tmp_path / "published") == []
    (tmp_path / "published").mkdir()
    for name in ("one", "gone"):
        bake.remember(tmp_path / "published", tmp_path / name)
    (tmp_path / "published" / bake.PLACES / "odd").write_bytes(b"\xff\0")
    (tmp_path / "one").mkdir()
    assert bake.places(tmp_path / "published") == [tmp_path / "one"]


def fragment(thread: str, revision: int, words: str) -> str:
    return (
        f'<div class="postil" data-version="1" data-thread="{thread}" data-lang="en"'
        f' data-revision="{revision}" data-count="1"><p>{words}</p><div>x</div></div>\n'
    )
