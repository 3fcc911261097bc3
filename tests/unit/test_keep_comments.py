"""The lines that keep the comments of a renamed article, written into every kind of front matter."""

import os
import pty
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from authoring.check import KEEPABLE, in_own_process, keep_comments
from formats import left_behind
from plugins.comments.follow import Followed
from plugins.markdown import frontmatter
from tests.unit.test_follow_plugin import PELICANS
from tests.unit.test_publishing import blog

KINDS = {
    "Pelican's lines": "Title: Fishing\nDate: 2026-01-01\n\nWords.\n",
    "Pelican's lines with one": "Title: Fishing\nAliases: /a/\n\nAliases: no line of these.\n",
    "Pelican's lines with more": "Title: Fishing\nAliases: /a/,\n    /b/\nDate: 2026-01-01\n\nWords.\n",
    "Pelican's lines with none": "Title: Fishing\n\nAliases: words of the text.\n",
    "YAML with one": "---\ntitle: Fishing\naliases: /a/\n---\nWords.\n",
    "of Windows": "Title: Fishing\r\nDate: 2026-01-01\r\n\r\nWords.\r\n",
    "YAML": "---\ntitle: Fishing\n---\nWords.\n",
    "YAML with a remark": "---\ntitle: Fishing\naliases: /a/ # the old one\n---\nWords.\n",
    "YAML quoted": '---\ntitle: "Fishing: a story"\naliases: "/a/"\n---\nWords.\n',
    "YAML in brackets": "---\ntitle: Fishing\naliases: [/a/, '/b/']\n---\nWords.\n",
    "YAML with dashes": "---\ntitle: Fishing\naliases:\n  - /a/\n  - /b/\ndate: 2026-01-01\n---\nWords.\n",
    "TOML": '+++\ntitle = "Fishing"\n+++\nWords.\n',
    "TOML with one": "+++\ntitle = 'Fishing'\naliases = '/a/'\n+++\nWords.\n",
    "TOML with more": '+++\ntitle = "Fishing"\naliases = ["/a/", "/b/"]\n+++\nWords.\n',
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_lines_are_written_and_nothing_else_is_changed(kind: str) -> None:
    text = KINDS[kind]
    made = keep_comments.with_lines(text, "how-pelicans-fish", ["/how-pelicans-fish/"])
    if kind == "YAML with a remark":
        # A comment would be lost, and YAML refuses that already.
        assert made is None
        return
    assert made is not None
    before, after = frontmatter.split(text), frontmatter.split(made)
    assert after.body == before.body
    assert keep_comments.fields(made) == {
        **keep_comments.fields(text),
        "thread": ["how-pelicans-fish"],
        "aliases": sorted([*keep_comments.fields(text).get("aliases", []), "/how-pelicans-fish/"]),
    }
    assert made.count("\r\n") == text.count("\r\n") + 2 * ("\r\n" in text)


def test_the_command_writes_the_lines_and_then_there_is_nothing_to_correct(tmp_path: Path) -> None:
    root = blog(tmp_path, fishing="\nWords.")
    article = root / "content" / "fishing.md"
    left_behind.note(root / "published", PELICANS._replace(title="Fishing"))
    (root / "published" / "threads").mkdir()

    def check(*options: str) -> tuple[int, str]:
        environ = {**os.environ, "SITE_URL": "https://example.org"}
        options = (*options, "--quick")
        done = in_own_process(root, environ, *options, stdout=subprocess.PIPE)
        return done.returncode, done.stdout

    status, told = check()
    assert status == KEEPABLE
    assert "content/fishing.md:1: 3 comments of" in told
    assert check("--keep-comments") == (
        0,
        "content/fishing.md keeps 3 comments of how-pelicans-fish.\n",
    )
    assert article.read_text().splitlines()[:3] == [
        "Title: Fishing",
        "Thread: how-pelicans-fish",
        "Aliases: /how-pelicans-fish/",
    ]
    status, told = check()
    assert status == 0, told
    assert check("--keep-comments") == (0, "No article has left comments behind.\n")


def test_what_is_not_understood_is_left_to_its_author(tmp_path: Path) -> None:
    (tmp_path / "fishing.rst").write_text("Fishing\n=======\n")
    article = SimpleNamespace(source_path=str(tmp_path / "fishing.rst"), aliases=())
    found = [Followed(article, "fishing", PELICANS, ["/how-pelicans-fish/"])]
    ((done, told),) = keep_comments.write(found)
    assert not done
    assert "write it yourself" in told
    assert "`Aliases: /how-pelicans-fish/`" in told


def test_in_a_terminal_one_is_asked_and_nothing_is_written_unless_one_says_yes(
    tmp_path: Path,
) -> None:
    root = blog(tmp_path, fishing="\nWords.")
    article = root / "content" / "fishing.md"
    left_behind.note(root / "published", PELICANS._replace(title="Fishing"))
    (root / "published" / "threads").mkdir()
    code = "from authoring.check import offer_to_keep_comments as ask; import os, pathlib;"
    code += "ask(pathlib.Path.cwd(), os.environ)"

    def answered(words: bytes) -> str:
        ours, its = pty.openpty()
        os.write(ours, words)
        subprocess.run(
            [sys.executable, "-c", code], cwd=root, stdin=its, stdout=its, stderr=its, check=True
        )
        os.close(its)
        os.close(ours)
        return article.read_text()

    before = article.read_text()
    assert answered(b"\n") == before
    assert answered(b"y\n").splitlines()[1] == "Thread: how-pelicans-fish"
