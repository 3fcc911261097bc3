"""`tasks.py upgrade`: our files exchanged for those of another release, an author's left as they are."""

import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from authoring import Refused
from authoring.upgrade import history, releases, replace, steps
from tests.sites import ROOT
from tests.unit.upgrading import read, write

OURS = {
    "tasks.py": "# {v}",
    "pyproject.toml": '[project]\nname = "postil"\nversion = "{v}"\n',
    "CHANGELOG.md": "# Changes\n\n## 1.1.0\n\n### Needs you\n\n- Water the {v}.\n",
    "authoring/environment.py": "# {v}",
    "theme/templates/base.html": "base of {v}",
    "theme/templates/page.html": "page of {v}",
    "theme/static/css/base.css": "same",
    "content/welcome.md": "welcome of {v}",
    "pelicanconf.py": "from plugins.settings import *  # {v}",
}
YOURS = {
    "content/mine.md": "My words.",
    "content/welcome.md": "My welcome.",
    "pelicanconf.py": "SITENAME = 'Mine'",
    ".env": "SITE_URL=https://mine.example",
    "theme_overrides/templates/base.html": "my base",
    # Between ours, and none of ours.
    "theme/static/files/own.svg": "own",
    "notes/todo.txt": "todo",
    "README-mine.md": "mine",
}


def release(folder: Path, version: str) -> Path:
    only = {
        "1.0.0": {"plugins/gone.py": "old", "theme/templates/gone.html": "old"},
        "1.1.0": {"plugins/new.py": "new", "tests/samples/published/a.html": "new"},
    }
    return write(folder, OURS | only[version], v=version)


def git(folder: Path, *command: str) -> str:
    name = (
        "-c",
        "user.name=Ada",
        "-c",
        "user.email=ada@example.org",
        "-c",
        "init.defaultBranch=main",
    )
    done = subprocess.run(
        ["git", *name, *command], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def upstream(tmp_path: Path) -> Path:
    """A repository of two releases."""
    folder = tmp_path / "upstream"
    folder.mkdir()
    git(folder, "init", "-q")
    for version in ("1.0.0", "1.1.0"):
        for entry in folder.iterdir():
            if entry.name != ".git":
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        release(folder, version)
        write(
            folder, {name: OURS[name] for name in ("content/welcome.md", "pelicanconf.py")}, v="1"
        )
        git(folder, "add", "-A")
        git(folder, "commit", "-qm", version)
        git(folder, "tag", f"v{version}")
    return folder


# How an author came to his blog, and where the next release comes from.


def a_clone(tmp_path: Path, upstream: Path) -> tuple[Path, str]:
    git(tmp_path, "clone", "-q", str(upstream), "blog")
    git(tmp_path / "blog", "reset", "-q", "--hard", "v1.0.0")
    return tmp_path / "blog", ""


def a_folder_of_which_nothing_is_known(tmp_path: Path, upstream: Path) -> tuple[Path, str]:
    blog = release(tmp_path / "blog", "1.0.0")
    for path in blog.rglob("*.*"):
        os.utime(path, (1e9, 1e9))
    with zipfile.ZipFile(tmp_path / "postil-1.1.0.zip", "w") as archive:
        for name, text in read(release(tmp_path / "new", "1.1.0")).items():
            archive.writestr(f"postil-1.1.0/{name}", text)
    return blog, str(tmp_path / "postil-1.1.0.zip")


def a_folder_that_has_begun(tmp_path: Path, upstream: Path) -> tuple[Path, str]:
    blog = release(tmp_path / "blog", "1.0.0")
    replace.record(blog)
    with tarfile.open(tmp_path / "new.tar.gz", "w:gz") as archive:
        archive.add(release(tmp_path / "new", "1.1.0"), "postil-1.1.0")
    return blog, str(tmp_path / "new.tar.gz")


def a_folder_and_an_unpacked_release(tmp_path: Path, upstream: Path) -> tuple[Path, str]:
    blog, _ = a_folder_that_has_begun(tmp_path, upstream)
    return blog, str(tmp_path / "new")


def a_folder_and_a_repository(tmp_path: Path, upstream: Path) -> tuple[Path, str]:
    return release(tmp_path / "blog", "1.0.0"), str(upstream)


Kind = Callable[[Path, Path], tuple[Path, str]]
KINDS = [
    a_clone,
    a_folder_of_which_nothing_is_known,
    a_folder_that_has_begun,
    a_folder_and_an_unpacked_release,
    a_folder_and_a_repository,
]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def blog(request: pytest.FixtureRequest, tmp_path: Path, upstream: Path) -> tuple[Path, str]:
    """A blog with an author's files and changes, and where its next release is."""
    root, source = request.param(tmp_path, upstream)
    write(root, {**YOURS, "theme/templates/base.html": "hacked"})
    return root, source


def test_our_files_are_exchanged_and_the_author_s_are_as_they_were(
    blog: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    root, source = blog
    assert steps.upgrade(root, {}, source, "")
    found = read(root)
    assert {name: found[name] for name in YOURS} == YOURS
    assert found["tasks.py"] == "# 1.1.0"
    assert found["theme/templates/page.html"] == "page of 1.1.0"
    assert found["plugins/new.py"] == found["tests/samples/published/a.html"] == "new"
    # What he had changed of ours is ours again; his is kept, and named with what to do about it.
    assert found["theme/templates/base.html"] == "base of 1.1.0"
    (kept,) = (root / "var/upgrade").glob("yours-1.0.0-*")
    assert read(kept)["theme/templates/base.html"] == "hacked"
    told = capsys.readouterr().out
    # Where it is not known what was ours, nothing of it goes, and all is kept.
    unsure = "is not known" in told
    assert ("plugins/gone.py" in found) == unsure
    assert (len(read(kept)) > 1) == unsure
    assert "theme/templates/base.html  (write what differs into theme_overrides/" in told
    assert "page.html" not in told


def test_a_dry_run_tells_it_and_changes_nothing(
    blog: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    root, source = blog
    before = read(root)
    assert not steps.upgrade(root, {}, source, "", dry_run=True)
    assert read(root) == before
    told = capsys.readouterr().out
    assert "1.0.0 → 1.1.0" in told
    assert "theme/templates/base.html" in told
    assert "Water the 1.1.0." in told


def test_one_that_was_stopped_half_way_goes_on_with_the_next_command(
    blog: tuple[Path, str],
) -> None:
    root, source = blog
    # Something is in the way of a file in the middle of the order.
    (root / "plugins/new.py").mkdir(parents=True)
    with pytest.raises(IsADirectoryError):
        steps.upgrade(root, {}, source, "")
    assert replace.read(root)["step"] == "replacing"
    assert (root / "tasks.py").read_text() == "# 1.0.0"
    (root / "plugins/new.py").rmdir()
    # What `environment` starts, whichever release's it is.
    subprocess.run([sys.executable, root / "var/upgrade/replace.py", root], check=True)
    assert (root / "tasks.py").read_text() == "# 1.1.0"
    assert (root / "plugins/new.py").read_text() == "new"
    assert {name: read(root)[name] for name in YOURS} == YOURS
    # And once more: there is only the rest to do.
    assert steps.upgrade(root, {}, source, "")


def test_one_that_is_killed_goes_on_and_leaves_nothing_behind(tmp_path: Path) -> None:
    many = {f"plugins/a{number}.py": "{v}" * 99 for number in range(300)}
    root = write(release(tmp_path / "blog", "1.0.0"), many, v="1.0.0")
    new = write(release(tmp_path / "new", "1.1.0"), many, v="1.1.0")
    begun = "import sys, pathlib; from authoring.upgrade import steps as s; s.upgrade(pathlib.Path(sys.argv[1]), {}, sys.argv[2], '')"
    process = subprocess.Popen([sys.executable, "-c", begun, root, new], cwd=ROOT)
    first = root / "plugins" / "a0.py"
    while process.poll() is None and first.read_text() != "1.1.0" * 99:
        pass
    process.kill()
    process.wait()
    subprocess.run([sys.executable, root / "var/upgrade/replace.py", root], check=True)
    assert replace.files_of(root) - {"plugins/gone.py", "theme/templates/gone.html"} == (
        replace.files_of(new)
    )
    assert {name: read(root)[name] for name in many} == {name: read(new)[name] for name in many}


def test_the_way_back_gives_every_file_as_it_was(blog: tuple[Path, str]) -> None:
    root, source = blog
    before = read(root)
    steps.upgrade(root, {}, source, "")
    steps.back(root, {})
    assert read(root) == before
    with pytest.raises(Refused, match="no upgrade to go back from"):
        steps.back(root, {})
    assert steps.upgrade(root, {}, source, "")


def test_a_release_that_is_here_already_changes_nothing(
    blog: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    root, source = blog
    steps.upgrade(root, {}, source, "")
    replace.save(root / replace.PLAN, {"step": "done"})
    assert not steps.upgrade(root, {}, source, "")
    assert "nothing to do" in capsys.readouterr().out


def test_a_clone_remembers_both_and_has_nothing_to_merge_afterwards(
    tmp_path: Path, upstream: Path
) -> None:
    root, _ = a_clone(tmp_path, upstream)
    write(root, {**YOURS, "theme/templates/base.html": "hacked"})
    git(root, "rm", "-q", "--cached", "notes/todo.txt", "--ignore-unmatch")
    git(root, "add", "content", "pelicanconf.py", "theme", "README-mine.md")
    git(root, "commit", "-qm", "mine")
    assert steps.upgrade(root, {}, "", "")
    state = replace.read(root)
    history.remember(root, state["head"], state["target"], state["to"])
    assert git(root, "diff", "--stat", "HEAD") == ""
    assert git(root, "show", "HEAD:content/welcome.md") == "My welcome."
    assert git(root, "show", "HEAD:theme/static/files/own.svg") == "own"
    assert git(root, "show", "HEAD:theme/templates/base.html") == "base of 1.1.0"
    write(upstream, {"plugins/newer.py": "newer"})
    git(upstream, "add", "-A")
    git(upstream, "commit", "-qm", "more")
    git(root, "pull", "-q", "--no-rebase", "--no-edit", "origin", "main")
    assert (root / "plugins/newer.py").exists()
    assert {name: read(root)[name] for name in YOURS} == YOURS


def test_a_clone_without_commits_of_its_own_is_simply_on(tmp_path: Path, upstream: Path) -> None:
    root, _ = a_clone(tmp_path, upstream)
    assert steps.upgrade(root, {}, "", "")
    state = replace.read(root)
    history.remember(root, state["head"], state["target"], state["to"])
    assert git(root, "rev-parse", "HEAD") == git(upstream, "rev-parse", "HEAD")
    assert git(root, "status", "--short", "--untracked-files=no") == ""
    steps.back(root, {})
    assert git(root, "rev-parse", "HEAD") == git(upstream, "rev-parse", "v1.0.0")
    assert git(root, "status", "--short", "--untracked-files=no") == ""


def test_a_version_is_chosen_among_the_tags(tmp_path: Path, upstream: Path) -> None:
    git(upstream, "tag", "v1.9.0", "v1.0.0")
    git(upstream, "tag", "v1.10.0")
    listed = git(upstream, "ls-remote", str(upstream))
    assert releases.chosen(listed, "") == "refs/tags/v1.10.0"
    assert releases.chosen(listed, "1.0.0") == "refs/tags/v1.0.0"
    assert releases.chosen("abc\trefs/heads/main", "") == "HEAD"
    with pytest.raises(Refused, match=r"no version 2\.0.*1\.0\.0, v1\.1\.0, v1\.9\.0, v1\.10\.0"):
        releases.chosen(listed, "2.0")


@pytest.mark.parametrize(
    ("source", "version", "says"),
    [
        ("", "", "Say where the release is"),
        ("nowhere.tar.gz", "", "There is nothing at nowhere"),
        ("{tmp}/text.zip", "", "cannot be unpacked"),
        ("{tmp}/other", "", "no release of Postil"),
        ("{tmp}/new", "2.0.0", "is 1.1.0, and not 2.0.0"),
        ("file:///nowhere/at/all.git", "", "git ls-remote"),
        ("http://127.0.0.1:9/postil.tar.gz", "", "cannot be fetched"),
    ],
)
@pytest.mark.enable_socket
def test_what_is_no_release_is_refused_and_nothing_is_changed(
    tmp_path: Path, source: str, version: str, says: str
) -> None:
    root = release(tmp_path / "blog", "1.0.0")
    release(tmp_path / "new", "1.1.0")
    write(tmp_path, {"text.zip": "no archive", "other/setup.py": ""})
    before = read(root)
    with pytest.raises(Refused, match=re.escape(says)):
        steps.upgrade(root, {}, source.replace("{tmp}", str(tmp_path)), version)
    assert read(root) == before
    assert not (root / replace.PLAN).exists()


def test_nothing_of_an_archive_gets_outside(tmp_path: Path) -> None:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name in ("../outside.txt", "/nowhere/outside.txt", "a/../../outside.txt", "in.txt"):
            member = tarfile.TarInfo(name)
            member.size = 1
            archive.addfile(member, io.BytesIO(b"x"))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    (tmp_path / "into").mkdir()
    releases.unpack(made.getvalue(), "a.tar", tmp_path / "into")
    assert [path.name for path in tmp_path.rglob("*") if not path.is_dir()] == ["in.txt"]


def test_what_releases_between_two_ask_of_an_author_is_told() -> None:
    text = (
        "# Changes\n\n## Unreleased\n\n### Needs you\n\n- Now.\n\n"
        "## 1.2.0 (2027-01-01)\n\n### Added\n\n- X.\n\n### Needs you\n\n- Two.\n\n### Fixed\n\n- Y.\n\n"
        "## 1.1.0 – 2026-12-01\n\n### Needs you\n\n- One.\n\n## 1.0.0\n\n### Needs you\n\n- Zero.\n"
    )
    assert history.needs_you(text, "1.0.0", "1.2.0") == ["- Now.", "- Two.", "- One."]
    assert history.needs_you(text, "1.1.0", "1.1.5") == ["- Now."]
    assert history.needs_you(text, "0.1.0.dev0", "1.0.0") == ["- Now.", "- Zero."]
