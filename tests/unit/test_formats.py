"""What the two halves agree on: one bake by one set of rules, and docs/formats.md says what the code does."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from formats import bake, manifest, snapshots
from tests.sites import ROOT
from tests.unit.test_headers import caddy, nginx

DOCS = (ROOT / "docs/formats.md").read_text("utf-8")
PAGE = b"""<!doctype html>
<!-- postil:data fish --><script>[]</script><!-- postil:data-end -->
<p>Comments: <!-- postil:count fish -->0<!-- postil:count-end --></p>
<p>Other: <!-- postil:count fish-two -->7<!-- postil:count-end --></p>
<!-- postil:begin fish en -->
<p class="postil-missing">Nothing yet.</p>
<!-- postil:end fish -->
<footer>After.</footer>
"""
EMPTY = b"a<!-- postil:discussions en -->\n<p>No.</p>\n<!-- postil:discussions-end -->b"


def fragment(revision: int, words: str = "Words.", count: int = 4) -> bytes:
    return (
        f'<div class="postil" data-version="1" data-thread="fish" data-lang="en"'
        f' data-revision="{revision}" data-count="{count}">{words}</div>\n'
    ).encode()


def listed(revision: int) -> bytes:
    return (
        b'<div class="postil-discussions" data-version="1" data-lang="en" data-revision="%d"'
        b' data-count="1">x</div>' % revision
    )


def baked(page: bytes, data: bytes) -> bytes:
    made = bake.thread(page, "fish", snapshots.thread(data, "fish"))
    assert made is not None
    return made


# ---- the bake


def test_the_fragment_stands_between_its_markers_and_all_else_stays() -> None:
    assert baked(PAGE, fragment(1)) == PAGE.replace(b"fish -->0<", b"fish -->4<").replace(
        b'<p class="postil-missing">Nothing yet.</p>\n', fragment(1)
    ).replace(b"<script>[]</script>", b"")


def test_baking_again_changes_only_what_is_new() -> None:
    once = baked(PAGE, fragment(1))
    assert baked(once, fragment(1)) == once
    twice = baked(once, fragment(2, "More.", 5))
    assert twice == once.replace(
        b'revision="1" data-count="4"', b'revision="2" data-count="5"'
    ).replace(b"Words.", b"More.").replace(b"-->4<", b"-->5<")


def test_what_search_engines_are_told_stays_while_the_fragment_does() -> None:
    once = baked(PAGE, fragment(1)).replace(b"fish --><!--", b"fish -->anew<!--")
    assert baked(once, fragment(1)) == once
    assert b"anew" not in baked(once, fragment(2))


def test_an_older_fragment_never_replaces_a_newer_nor_its_number() -> None:
    newer = baked(PAGE, fragment(9))
    assert baked(newer, fragment(8, "Old.", 3)) == newer


@pytest.mark.parametrize(
    "page",
    [
        b"",
        b"<p>No markers.</p>",
        b"<!-- postil:begin fish en -->",
        b"<!-- postil:end fish --><!-- postil:begin fish en -->",
        b"<!-- postil:begin fish-two en -->x<!-- postil:end fish-two -->",
    ],
)
def test_a_page_without_the_threads_markers_has_no_place_for_it(page: bytes) -> None:
    assert bake.thread(page, "fish", snapshots.thread(fragment(1), "fish")) is None


def test_whatever_a_fragment_holds_is_put_in_as_it_is() -> None:
    words = r"\1 \g<1> \\ $1 %s {}"
    assert words.encode() in baked(PAGE, fragment(1, words))


def test_a_page_is_kept_byte_for_byte_whatever_its_line_ends() -> None:
    assert baked(PAGE.replace(b"After.", b"\r\n\xff"), fragment(1)).endswith(
        b"<footer>\r\n\xff</footer>\n"
    )


def test_the_page_of_discussions_takes_a_newer_list_and_never_an_older_one() -> None:
    def put(page: bytes, revision: int) -> bytes | None:
        return bake.discussions(page, snapshots.discussions(listed(revision)))

    page = put(EMPTY, 2)
    assert page == (
        b"a<!-- postil:discussions en -->\n" + listed(2) + b"\n<!-- postil:discussions-end -->b"
    )
    assert put(page, 1) == page
    assert put(page, 3) == page.replace(b'revision="2"', b'revision="3"')
    assert put(b"No markers.", 3) is None


def test_the_revision_is_read_from_the_first_bytes_only() -> None:
    assert snapshots.revision(fragment(12)) == 12
    assert snapshots.revision(b"<p>nothing</p>") == -1
    assert snapshots.revision(b" " * snapshots.HEAD_BYTES + fragment(12)) == -1


@pytest.mark.parametrize(("words", "shown"), [("4 comments", "4 comments"), ("", "None")])
def test_the_fragments_heading_is_said_where_the_page_says_it(words: str, shown: str) -> None:
    title = f'<h2 class="postil-heading" id="comments">{words}</h2>' if words else "Words."
    place = "<!-- postil:heading fish -->{}<!-- postil:heading-end -->"
    other = place.replace("fish", "fish-two").format("None").encode()
    page = baked(PAGE + place.format("None").encode() + other, fragment(1, title))
    assert page.endswith(place.format(shown).encode() + other)


# ---- the words of docs/formats.md


def test_the_documents_versions_and_names_are_the_ones_in_use() -> None:
    manifests, data = DOCS.split("## The snapshots")
    assert f'"version": {manifest.VERSION}' in manifests
    written = set(map(int, re.findall(r'"version": (\d+)', data.split("## One's own data")[0])))
    assert written == {snapshots.VERSION}
    assert f"One file, `{manifest.NAME}`" in manifests
    assert f"`{manifest.THREAD}`" in manifests
    [row] = [line for line in manifests.splitlines() if line.startswith("| `comments` |")]
    assert (
        tuple(re.findall(r"`(\w+)`[:;]? ?", row.partition("| `comments` |")[2])) == manifest.STATES
    )


def documented() -> list[str]:
    """Every name in the documents' table of files, of a thread in two languages."""
    table = DOCS.split("| File | Contents |")[1].split("\n\n")[0]
    found = []
    for cell in re.findall(r"^\| (.*?) \|", table, re.M):
        first, *others = re.findall(r"`([^`]+)`", cell)
        found += [first, *(first.rpartition(".")[0] + other for other in others)]
    return [name.replace("<id>", "fish").replace("<lang>", "zh-cn") for name in found]


def test_every_documented_file_is_served_here_and_by_nginx_and_caddy() -> None:
    [location] = [where for where, _ in nginx() if "threads/" in where]
    names = documented()
    assert len(names) > 10
    for name in names:
        assert snapshots.SERVED.fullmatch(name), name
        assert re.search(location.strip('~ "'), f"/comments/{name}"), name
        assert re.search(caddy("snapshot"), f"/comments/{name}"), name
    assert f"threads/{snapshots.file_name('fish')}" in names
    assert f"threads/{snapshots.file_name('fish', page=2)}" in names
    assert f"threads/{snapshots.file_name('fish', 'zh-cn')}" in names
    assert snapshots.file_name("discussions", "zh-cn") in names
    assert snapshots.file_name("ui", "zh-cn") in names


def example(begins: str) -> str:
    [block] = re.findall(rf"^```html\n({re.escape(begins)}.*?)```", DOCS, re.M | re.S)
    return str(block)


def test_the_documented_elements_are_snapshots() -> None:
    head = " ".join(example('<div class="postil" ').split())
    assert snapshots.thread(f"{head}</div>".encode(), "how-pelicans-fish")[1:] == (12, 3, "")
    head = " ".join(example('<div class="postil-discussions" ').split())
    assert snapshots.discussions(f"{head}</div>".encode())[1:] == (40, 7, "")


def test_the_documented_markers_keep_a_place() -> None:
    page = example("<comment-thread ").replace("ID", "fish").replace("LANG", "en").encode()
    made = baked(page, fragment(1))
    assert fragment(1) in made
    assert b"or a link to" not in made
    assert b"<!-- postil:count fish -->4<!-- postil:count-end -->" in made
    assert b"<!-- postil:heading fish -->" in made
    begins, ends = re.findall(r"`(<!-- postil:discussions.*?-->)`", DOCS)
    page = f"{begins}{ends}".encode()
    assert bake.discussions(page, snapshots.discussions(listed(1))) is not None


# ---- the plugins alone


def test_the_plugins_build_another_site_as_the_documents_say(tmp_path: Path) -> None:
    for name in ("formats", "plugins"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    [conf] = re.findall(r"^```python\n(.*?)```", DOCS, re.M | re.S)
    more = 'SEARCH = False\nTIMEZONE = "UTC"\nTHEME_TEMPLATES_OVERRIDES = ["templates"]\n'
    (tmp_path / "pelicanconf.py").write_text(f"{conf}{more}")
    (tmp_path / "content").mkdir()
    (tmp_path / "content/fish.md").write_text(
        "Title: Fish\nDate: 2026-01-01\nAliases: /old/\n\nIt."
    )
    (tmp_path / "templates").mkdir()
    markers = example("<comment-thread ").replace("ID", "{{ article.thread }}")
    markers = markers.replace("-->3<", "-->{{ article.comment_count }}<")
    (tmp_path / "templates/article.html").write_text(
        markers.replace("LANG", "{{ article.lang }}").replace(
            "…the fragment, or a link to the thread's own page while there is none…",
            "{{ article.comments_fragment }}",
        )
    )
    (tmp_path / "published/threads").mkdir(parents=True)
    (tmp_path / "published/threads/fish.html").write_bytes(fragment(1))
    built = subprocess.run(
        [str(Path(sys.executable).with_name("pelican")), "content"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
    )
    assert "ERROR" not in built.stdout + built.stderr
    page = (tmp_path / "output/fish.html").read_bytes()
    assert fragment(1).strip() in page
    assert (tmp_path / "output/old/index.html").exists()
    assert (tmp_path / f"output/{manifest.NAME}").exists()
    assert baked(page, fragment(1)) == page


def test_which_pages_list_a_thread_is_read_once_until_the_next_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published, site = tmp_path / "published", tmp_path / "site"
    (published / "threads").mkdir(parents=True)
    site.mkdir()

    def listing(name: str, *threads: str) -> None:
        entries = (
            f"<!-- postil:listed {t} en /{t}/ --><!-- postil:listed-end -->" for t in threads
        )
        (site / name).write_text("".join(entries))

    listing("index.html", "fish", "bird")
    listing("tags.html", "bird")
    bake.note_lists(published, site)
    read: list[Path] = []
    noted = bake._noted

    def counted(path: Path) -> dict[str, list[Any]]:
        read.append(path)
        return noted(path)

    monkeypatch.setattr(bake, "_noted", counted)
    for _ in range(3):
        assert bake.lists_of(published, site, "fish") == [site / "index.html"]
        assert bake.lists_of(published, site, "bird") == [site / "index.html", site / "tags.html"]
        assert bake.lists_of(published, site, "cat") == []
    assert len(read) == 1
    listing("cats.html", "cat")
    bake.note_lists(published, site)
    assert bake.lists_of(published, site, "cat") == [site / "cats.html"]
