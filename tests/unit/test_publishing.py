"""Publishing to real folders, by a real rsync and to a real Git repository, and back again."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from authoring import Refused
from authoring.publish import history, publication
from authoring.publish.targets import Branch, Bucket, Change, Folder, Rsync, target
from tests.sites import BLOG, ROOT
from tests.unit.sending import only_what_changed_is_sent, signs


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Three files of a site, as a build leaves them."""
    folder = tmp_path / "site"
    for name in ("index.html", "style.css", "one/index.html"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"This is {name}.")
    return folder


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    path = tmp_path / "blog.git"
    subprocess.run(["git", "init", "-q", "--bare", path], check=True)
    return path


def git(repository: Path, *arguments: str) -> str:
    return subprocess.check_output(["git", "-C", repository, *arguments], text=True).strip()


def needs_rsync() -> None:
    if not shutil.which("rsync"):
        pytest.skip("NO RSYNC on this machine: install Debian's `rsync`")


@pytest.fixture(params=["folder", "rsync"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Folder | Rsync:
    """The same folder, reached in two ways."""
    (tmp_path / "www").mkdir()
    if request.param == "folder":
        return Folder(tmp_path / "www")
    needs_rsync()
    return Rsync(str(tmp_path / "www"))


def test_only_what_changed_is_sent_and_what_is_gone_is_removed(
    place: Folder | Rsync, site: Path, tmp_path: Path
) -> None:
    www = tmp_path / "www"
    (www / "theirs.txt").write_text("Somebody else's.")
    assert signs(place.send(site, really=True)) == ["+index.html", "+one/index.html", "+style.css"]
    assert place.send(site, really=True) == []
    only_what_changed_is_sent(place, site, www, untouched="style.css")


def test_a_list_that_was_tampered_with_removes_nothing_elsewhere(
    place: Folder | Rsync, site: Path, tmp_path: Path
) -> None:
    place.send(site, really=True)
    (tmp_path / "precious").write_text("Mine.")
    with (tmp_path / "www" / ".postil-published").open("a") as listed:
        listed.write("../precious\n")
    place.send(site, really=True)
    assert (tmp_path / "precious").exists()


def test_a_folder_that_cannot_be_written_is_told_with_a_remedy(site: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match="choose another folder"):
        Folder(tmp_path / "file" / "www").send(site, really=True)
    with pytest.raises(Refused, match="holds the build itself"):
        Folder(tmp_path).send(site, really=True)


def test_an_address_that_rsync_cannot_reach_is_told_with_a_remedy(
    site: Path, tmp_path: Path
) -> None:
    needs_rsync()
    with pytest.raises(Refused, match=r"cannot be reached(.|\n)*Its folder has to be there"):
        Rsync(str(tmp_path / "gone" / "www")).send(site, really=True)


def test_a_branch_gets_a_commit_with_what_changed(site: Path, repository: Path) -> None:
    (site / ".gitignore").write_text("*.css\n")
    (site / "index.html.gz").write_bytes(b"smaller")
    branch = Branch(str(repository))
    assert "+index.html" in signs(branch.send(site, really=False))
    assert git(repository, "branch", "--list") == ""
    branch.send(site, really=True, note="Publish https://example.org")
    files = git(repository, "ls-tree", "-r", "--name-only", "gh-pages").splitlines()
    ours = [".gitignore", ".nojekyll", "index.html", "one/index.html", "style.css"]
    assert files == sorted([*ours, ".postil-published"])
    assert git(repository, "log", "-1", "--format=%s", "gh-pages") == "Publish https://example.org"

    assert branch.send(site, really=True) == []
    (site / "style.css").unlink()
    (site / "index.html").write_text("Changed.")
    assert signs(branch.send(site, really=True)) == ["-style.css", "~index.html"]
    assert git(repository, "rev-list", "--count", "gh-pages") == "2"
    assert git(repository, "show", "gh-pages:index.html") == "Changed."


def test_what_others_have_in_a_branch_stays(site: Path, repository: Path, tmp_path: Path) -> None:
    clone, branch = tmp_path / "clone", Branch(str(repository))
    branch.send(site, really=True)
    subprocess.run(["git", "clone", "-qb", "gh-pages", repository, clone], check=True)
    (clone / "one" / "theirs ü.txt").write_text("Somebody else's.")
    git(clone, "add", "-A")
    git(clone, "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm", "Mine")
    git(clone, "push", "-q")
    shutil.rmtree(site / "one")
    assert signs(branch.send(site, really=True)) == ["-one/index.html"]
    assert git(repository, "show", "gh-pages:one/theirs ü.txt") == "Somebody else's."
    assert branch.send(site, really=True) == []


def test_a_part_of_a_site_leaves_the_rest_as_it_is(
    place: Folder | Rsync, site: Path, repository: Path, tmp_path: Path
) -> None:
    part = tmp_path / "part"
    part.mkdir()
    (part / "index.html").write_text("With a comment.")
    for each in (place, Branch(str(repository))):
        each.send(site, really=True)
        assert signs(each.send(part, really=True, whole=False)) == ["~index.html"]
        assert each.send(part, really=True, whole=False) == []
        # The rest is still known as ours: it goes once it is gone.
        assert signs(each.send(part, really=True)) == ["-one/index.html", "-style.css"]


def test_packed_copies_are_sent_and_not_listed(tmp_path: Path) -> None:
    changes = [Change("+", name) for name in ("a.html", "a.html.br", "a.html.gz", "books.tar.gz")]
    sent = publication.Publication("git:https://me:secret@example.org/b.git", tmp_path, changes)
    assert publication.told(sent, dry_run=False).splitlines() == [
        "  + a.html",
        "  + books.tar.gz",
        "Published to git:https://example.org/b.git: 2 files.",
    ]


def test_a_branch_keeps_its_domain(site: Path, repository: Path) -> None:
    (site / "CNAME").write_text("example.org")
    Branch(str(repository)).send(site, really=True)
    (site / "CNAME").unlink()
    assert Branch(str(repository)).send(site, really=True) == []
    assert git(repository, "show", "gh-pages:CNAME") == "example.org"


def test_a_repository_that_is_not_there_is_told_with_a_remedy(site: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"cannot be reached(.|\n)*git ls-remote"):
        Branch(str(tmp_path / "gone.git")).send(site, really=True)


def test_a_token_in_an_address_is_shown_nowhere(site: Path, tmp_path: Path) -> None:
    place = "git:https://x-access-token:secret@127.0.0.1:1/blog.git"
    with pytest.raises(Refused) as refused:
        target(place, tmp_path, {}).send(site, really=True)
    assert "127.0.0.1" in str(refused.value)
    assert "secret" not in str(refused.value)
    assert "secret" not in str(history.folder_of(place, tmp_path))


def test_a_place_is_understood_or_refused_with_all_that_there_are(tmp_path: Path) -> None:
    for written, meant in {
        "folder:public": Folder(tmp_path / "public"),
        "rsync:ada@example.org:/srv/www": Rsync("ada@example.org:/srv/www"),
        "git:git@example.org:ada/blog.git#site": Branch("git@example.org:ada/blog.git", "site"),
        "git:/srv/blog.git": Branch("/srv/blog.git", "gh-pages"),
        "s3:blog": Bucket("blog"),
        "s3://blog/notes/2026/": Bucket("blog", "notes/2026"),
    }.items():
        assert target(written, tmp_path, {}) == meant
    for wrong in ("", "folder:", "s3:", "s3:/", "ftp:example.org", "/srv/www"):
        with pytest.raises(Refused, match="folder:/srv/www/blog"):
            target(wrong, tmp_path, {})


def test_earlier_publications_are_kept_once_and_the_oldest_go(site: Path, tmp_path: Path) -> None:
    kept = history.Publications(tmp_path / "kept")
    for number in range(history.KEEP + 2):
        (site / "index.html").write_text(f"Version {number}.")
        kept.keep(site)
    assert len(kept.names()) == history.KEEP
    inodes = {(kept.builds / name / "style.css").stat().st_ino for name in kept.names()}
    assert len(inodes) == 1
    assert (kept.builds / kept.before() / "index.html").read_text() == "Version 5."


def blog(folder: Path, **articles: str) -> Path:
    """A copy of the blog with articles of its own, so that nothing of this one is touched."""
    for name in ("authoring", "formats", "plugins", "theme", "comments_service/static"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in (BLOG / "pelicanconf.py", ROOT / "publishconf.py", ROOT / "tasks.py"):
        shutil.copy(path, folder)
    (folder / "content" / "images").mkdir(parents=True)
    for slug, body in articles.items():
        path = folder / "content" / f"{slug}.md"
        path.write_text(f"Title: {slug.title()}\nDate: 2026-01-01\n{body}\n")
    return folder


SETTINGS = {"SITE_URL": "https://example.org", "PUBLISH_TO": "folder:www"}


def publish(root: Path, *, dry_run: bool = False) -> str:
    """What the command says, in a copy of the blog."""
    place = publication.place_of("", SETTINGS)
    sent = publication.publish(root, place, {**os.environ, **SETTINGS}, dry_run=dry_run)
    return publication.told(sent, dry_run=dry_run)


def roll_back(root: Path) -> str:
    sent = publication.roll_back(root, "folder:www", SETTINGS)
    assert (sent.site / "first" / "index.html").exists()
    return publication.told(sent, dry_run=False)


def test_a_blog_is_published_with_neither_drafts_nor_what_is_to_come_and_taken_back(
    tmp_path: Path,
) -> None:
    root = blog(
        tmp_path,
        first="\nThe first words.",
        draft="Status: draft\n\nNot yet.",
        later="Modified: 2026-01-02\n\nLater.",
    )
    later = root / "content" / "later.md"
    later.write_text(later.read_text().replace("Date: 2026-01-01", "Date: 2999-01-01"))
    www = root / "www"

    told = publish(root, dry_run=True)
    assert "+ first/index.html" in told
    assert "would change" in told
    assert not www.exists()

    assert "Published to folder:www: " in publish(root)
    pages = {path.parent.name for path in www.rglob("index.html")}
    assert "first" in pages
    assert not {"draft", "drafts", "later"} & pages
    assert "Not yet." not in "".join(path.read_text() for path in www.rglob("*.html"))
    assert publish(root) == "Readers have everything already."

    article = root / "content" / "first.md"
    article.write_text(article.read_text().replace("first words", "second words"))
    changed = publish(root)
    assert "~ first/index.html" in changed
    assert "style" not in changed
    assert "second words" in (www / "first" / "index.html").read_text()
    assert "~ first/index.html" in roll_back(root)
    assert "first words" in (www / "first" / "index.html").read_text()
    with pytest.raises(Refused, match="There is no earlier publication"):
        roll_back(root)

    article.write_text(article.read_text().replace("Date: 2026", "Date: soon 2026"))
    with pytest.raises(Refused, match=r"content/first.md:2: Date(.|\n)*Nothing was published"):
        publish(root)
    assert "first words" in (www / "first" / "index.html").read_text()


def test_what_is_not_set_is_told_before_anything_is_built(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="PUBLISH_TO=folder:"):
        publication.place_of("", {})
    with pytest.raises(Refused, match="SITE_URL="):
        publication.publish(tmp_path, "folder:www", {})
    assert list(tmp_path.iterdir()) == []


def test_a_publication_that_would_lose_comments_is_refused_with_what_keeps_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = blog(tmp_path, first="\nThe first words.")
    publish(root)
    (root / "content" / "first.md").rename(root / "content" / "second.md")
    # Whether anybody has commented, this machine does not know: the service is elsewhere.
    with pytest.raises(Refused, match="Nothing was published"):
        publish(root)
    assert "write `Thread: first` and `Aliases: /first/` here" in capsys.readouterr().out
    article = root / "content" / "second.md"
    article.write_text(f"Thread: first\nAliases: /first/\n{article.read_text()}")
    assert "+ second/index.html" in publish(root)
