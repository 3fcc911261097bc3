"""A branch of a Git repository, from which GitHub, GitLab, Codeberg and others serve pages."""

import os
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from .target import LIST, Change, files_of, is_copy, listing, run

BRANCH = "gh-pages"


class Branch(NamedTuple):
    """A branch of a Git repository; what others have committed to it stays."""

    repository: str
    name: str = BRANCH

    def send(self, site: Path, *, really: bool, note: str = "", whole: bool = True) -> list[Change]:
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

            def put(name: str, data: bytes) -> None:
                Path(folder, "blob").write_bytes(data)
                blob = git("hash-object", "-w", "--no-filters", f"{folder}/blob")
                git("update-index", "--add", "--cacheinfo", f"100644,{blob},{name}")

            git("init", "-q")
            away = f"{self.repository} cannot be reached."
            known = run(["git", "ls-remote", "--heads", self.repository, self.name], away, remedy)
            before = ""
            earlier: list[str] = []
            there: set[str] = set()
            if any(line.endswith(f"refs/heads/{self.name}") for line in known.splitlines()):
                git("fetch", "-q", "--depth", "1", self.repository, self.name, what=away)
                before = git("rev-parse", "FETCH_HEAD")
                git("read-tree", before)
                there = {*git("ls-tree", "-rz", "--name-only", before).split("\0")}
                if LIST in there:
                    earlier = git("show", f"{before}:{LIST}").splitlines()
            mine = [name for name in files_of(site) if not is_copy(site, name)]
            # GitHub keeps there under which domain it serves the branch.
            gone = there.intersection(earlier) - {*mine, "CNAME"} if whole else ()
            # By its own list: an author's ignore file must not decide what readers get.
            for names, how in ((gone, "rm --cached -qf"), (mine, "add --force")):
                if names:
                    listed = Path(folder, "names")
                    listed.write_bytes(b"".join(f"{name}\0".encode() for name in names))
                    git("-c", "core.autocrlf=false", *how.split(),
                        f"--pathspec-from-file={listed}", "--pathspec-file-nul")  # fmt: skip
            put(".nojekyll", b"")
            put(LIST, listing(mine if whole else {*earlier, *mine}))
            tree = git("write-tree")
            was = before or git("hash-object", "-t", "tree", "-w", "--stdin")
            said = git("-c", "core.quotePath=false", "diff-tree", "-r", "--no-renames",
                       "--name-status", was, tree)  # fmt: skip
            signs = {"A": "+", "M": "~", "D": "-"}
            changes = [
                Change(signs.get(kind, "~"), path)
                for kind, _, path in (line.partition("\t") for line in said.splitlines())
                if path != LIST
            ]
            if really and said:
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
