"""Targets: the places that a built site is put to, each of which is sent only what has changed.

A folder, a machine that is reached by rsync, and a branch of a Git repository, from which GitHub,
GitLab, Codeberg, Netlify and Cloudflare serve pages. What an earlier publication put there and this
one does not have is removed; what somebody else put into a folder is left alone. That is known from
`.postil-published`, a list of files that lies beside them; in a branch, from the branch itself.
"""

import filecmp
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple, Protocol

from . import Refused

LIST = ".postil-published"
# Made by our own build for web servers that hand them out; a host of branches compresses by itself.
COMPRESSED = (".gz", ".br")
BRANCH = "gh-pages"
TOLD_CHARS = 500


class Change(NamedTuple):
    """A file that is not yet as it should be: `+` new, `~` changed, `-` gone."""

    sign: str
    path: str

    def __str__(self) -> str:
        return f"  {self.sign} {self.path}"


class Target(Protocol):
    """A place; `send` without `really` only tells what it would do."""

    def send(self, site: Path, *, really: bool, note: str = "") -> list[Change]: ...


def files_of(site: Path) -> list[str]:
    return sorted(
        path.relative_to(site).as_posix()
        for path in site.rglob("*")
        if path.is_file() and path.name != LIST
    )


def pages_last(path: str) -> tuple[bool, str]:
    """A page is put there after what it shows, so that no reader meets it without its pictures."""
    return path.endswith((".html", ".html.gz", ".html.br")), path


def without_password(text: str) -> str:
    """An address as it may be shown: a token in it opens what it leads to."""
    return re.sub(r"(://)[^/@\s]+@", r"\1", text)


def run(command: list[str], what: str, remedy: str, **more: object) -> str:
    """A program's words; what it complains of is told with a remedy."""
    try:
        done = subprocess.run(  # type: ignore[call-overload]  # noqa: S603 - rsync or git
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            **more,
        )
    except FileNotFoundError:
        raise Refused(
            f"{command[0]} is not installed. Install it with the system's packages, or publish"
            " another way: docs/operating.md tells which there are."
        ) from None
    if done.returncode:
        words = (done.stderr or done.stdout).strip()[-TOLD_CHARS:]
        told = f"{what}\n    " + words.replace("\n", "\n    ") + f"\n{remedy}"
        raise Refused(without_password(told))
    return str(done.stdout)


class Folder(NamedTuple):
    """A folder of this machine, or one that is mounted here."""

    path: Path

    def send(self, site: Path, *, really: bool, note: str = "") -> list[Change]:
        try:
            return self.copy(site, really=really)
        except OSError as error:
            raise Refused(
                f"{self.path} cannot be written: {error.strerror or error}. Give this user the right"
                " to, or choose another folder in PUBLISH_TO."
            ) from error

    def copy(self, site: Path, *, really: bool) -> list[Change]:
        if site.resolve().is_relative_to(self.path.resolve()):
            raise Refused(
                f"{self.path} holds the build itself. Choose another folder in PUBLISH_TO."
            )
        mine = files_of(site)
        listed = self.path / LIST
        earlier = listed.read_text(encoding="utf-8").splitlines() if listed.exists() else []
        changes = []
        for name in sorted(mine, key=pages_last):
            source, there = site / name, self.path / name
            if there.is_file() and filecmp.cmp(source, there, shallow=False):
                continue
            changes.append(Change("~" if there.exists() else "+", name))
            if really:
                put(source, there)
        for name in sorted(set(earlier) - set(mine)):
            there = self.path / name
            if there.is_file() and there.resolve().is_relative_to(self.path.resolve()):
                changes.append(Change("-", name))
                if really:
                    there.unlink()
                    without_empty(there.parent, self.path)
        if really:
            self.path.mkdir(parents=True, exist_ok=True)
            listed.write_text("\n".join(mine) + "\n", encoding="utf-8")
        return changes


def put(source: Path, there: Path) -> None:
    """Copy beside the old file and rename over it: no reader meets half a page."""
    there.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=there.parent, prefix=f".{there.name}.")
    os.close(handle)
    try:
        shutil.copyfile(source, name)
        shutil.copystat(source, name)
        Path(name).replace(there)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def without_empty(folder: Path, top: Path) -> None:
    """Remove a folder that has become empty, and those above it, but not the site's own."""
    while folder != top and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


class Rsync(NamedTuple):
    """A folder of another machine, by rsync over ssh; what is compared are sums, not times."""

    address: str

    def send(self, site: Path, *, really: bool, note: str = "") -> list[Change]:
        remedy = (
            "Try the same address with ssh: is it right, does your key open it, is rsync installed"
            " there? Its folder has to be there already."
        )
        # Of the old list, names are taken only where they stay below the site.
        with tempfile.TemporaryDirectory() as folder:
            where = f"{self.address.rstrip('/')}/"
            mine = files_of(site)
            own = Path(folder, LIST)
            earlier: list[str] = []
            # Where nothing was published yet there is no list; an address that is wrong fails here.
            run(
                ["rsync", "-t", "--include", f"/{LIST}", "--exclude", "*", "-r", where, folder],
                f"{self.address} cannot be reached.",
                remedy,
            )
            if own.exists():
                earlier = own.read_text(encoding="utf-8").splitlines()
            gone = [
                name
                for name in set(earlier) - set(mine)
                if name and not name.startswith("/") and ".." not in name.split("/")
            ]
            own.write_text("\n".join(mine) + "\n", encoding="utf-8")
            names = Path(folder, "names")
            names.write_bytes(b"".join(f"{name}\0".encode() for name in mine))
            dry = [] if really else ["--dry-run"]
            command = ["rsync", "-rltc", "--from0", f"--files-from={names}", "--itemize-changes"]
            command += ["--delay-updates", "--chmod=D755,F644", *dry, f"{site}/", where]
            said = run(command, f"{self.address} was not completed.", remedy)
            if gone:
                # From an empty folder: what is not included is protected, so nothing else can go.
                nothing, only = Path(folder, "nothing"), Path(folder, "only")
                nothing.mkdir()
                only.write_bytes(b"".join(f"{line}\0".encode() for line in including(gone)))
                command = ["rsync", "-r", "--delete", "--itemize-changes", "--from0"]
                command += [f"--include-from={only}", "--exclude=*", *dry, f"{nothing}/", where]
                said += run(command, f"{self.address} still has what is gone.", remedy)
            if really:
                run(["rsync", "-t", str(own), where], f"{self.address} has no list.", remedy)
        return [change for change in map(itemized, said.splitlines()) if change]


def including(names: Iterable[str]) -> list[str]:
    """Rsync's patterns for these files and the folders that they are in, and for no others."""
    patterns = []
    for name in names:
        if any(sign in name for sign in "*?["):
            name = re.sub(r"([*?\[\\])", r"\\\1", name)
        parts = name.split("/")
        patterns += [f"/{'/'.join(parts[:depth])}/" for depth in range(1, len(parts))]
        patterns.append(f"/{name}")
    return list(dict.fromkeys(patterns))


def itemized(line: str) -> Change | None:
    """What a line of rsync's says: `<f+++++++++ index.html`, `*deleting   old.html`."""
    code, _, path = line.partition(" ")
    if code == "*deleting":
        gone = path.strip()
        return None if gone.endswith("/") else Change("-", gone)
    if code[:2] in ("<f", ">f"):
        return Change("+" if "+++" in code else "~", path)
    return None


class Branch(NamedTuple):
    """A branch of a Git repository that holds nothing but the site."""

    repository: str
    name: str = BRANCH

    def send(self, site: Path, *, really: bool, note: str = "") -> list[Change]:
        remedy = "Try `git ls-remote` with this address: is it right, and may you write there?"
        with tempfile.TemporaryDirectory() as folder:
            index = {**os.environ, "GIT_INDEX_FILE": f"{folder}/index"}

            def git(*arguments: str, what: str = "Git could not take the site.") -> str:
                tree = [
                    "git",
                    "--literal-pathspecs",
                    f"--git-dir={folder}/git",
                    f"--work-tree={site}",
                ]
                return run([*tree, *arguments], what, remedy, cwd=site, env=index).strip()

            git("init", "-q")
            away = f"{self.repository} cannot be reached."
            known = run(["git", "ls-remote", "--heads", self.repository, self.name], away, remedy)
            before = ""
            if any(line.endswith(f"refs/heads/{self.name}") for line in known.splitlines()):
                git("fetch", "-q", "--depth", "1", self.repository, self.name, what=away)
                before = git("rev-parse", "FETCH_HEAD")
            mine = [name for name in files_of(site) if not is_copy(site, name)]
            listed = Path(folder, "names")
            listed.write_bytes(b"".join(f"{name}\0".encode() for name in mine))
            # An author's own ignore file must not decide what readers get.
            git("-c", "core.autocrlf=false", "add", "--force", f"--pathspec-from-file={listed}",
                "--pathspec-file-nul")  # fmt: skip
            empty = git("hash-object", "-w", "--stdin", "-t", "blob")
            git("update-index", "--add", "--cacheinfo", f"100644,{empty},.nojekyll")
            # GitHub keeps there under which domain it serves the branch.
            if before and (kept := git("ls-tree", before, "CNAME")) and "CNAME" not in mine:
                git("update-index", "--add", "--cacheinfo", f"100644,{kept.split()[2]},CNAME")
            tree = git("write-tree")
            was = before or git("hash-object", "-t", "tree", "-w", "--stdin")
            said = git("-c", "core.quotePath=false", "diff-tree", "-r", "--no-renames",
                       "--name-status", was, tree)  # fmt: skip
            signs = {"A": "+", "M": "~", "D": "-"}
            changes = [
                Change(signs.get(kind, "~"), path)
                for kind, _, path in (line.partition("\t") for line in said.splitlines())
            ]
            if really and changes:
                for key in ("user.name", "user.email"):
                    if not configured(key):
                        git("config", key, "Postil" if key == "user.name" else "postil@localhost")
                parent = ["-p", before] if before else []
                commit = git("commit-tree", tree, *parent, "-m", note or "Publish the blog")
                git("push", "-q", self.repository, f"{commit}:refs/heads/{self.name}",
                    what=f"{self.repository} did not take the branch {self.name}.")  # fmt: skip
        return changes


def configured(key: str) -> bool:
    asked = subprocess.run(["git", "config", key], capture_output=True, check=False)  # noqa: S603, S607
    return asked.returncode == 0


def is_copy(site: Path, name: str) -> bool:
    return name.endswith(COMPRESSED) and (site / name).with_suffix("").is_file()


def target(written: str, root: Path) -> Target:
    """What PUBLISH_TO means; raises Refused for what means nothing."""
    kind, colon, rest = written.strip().partition(":")
    if colon and rest and kind == "folder":
        return Folder(root / Path(rest).expanduser())
    if colon and rest and kind == "rsync":
        return Rsync(rest)
    if colon and rest and kind == "git":
        repository, _, branch = rest.partition("#")
        return Branch(repository, branch or BRANCH)
    raise Refused(
        f'PUBLISH_TO="{without_password(written)}" is no place. Write one of\n'
        + "\n".join(f"    {each}" for each in PLACES)
    )


PLACES: Iterable[str] = (
    "folder:/srv/www/blog",
    "rsync:ada@example.org:/srv/www/blog",
    "git:git@github.com:ada/blog.git#gh-pages",
)
