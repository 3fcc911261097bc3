"""Releases: the files of one, from a clone's origin, another repository, an archive or a folder.

A repository knows every file that it ever shipped, and so whether the author has changed one.
"""

import hashlib
import io
import re
import shutil
import subprocess
import tarfile
import tomllib
import urllib.error
import urllib.request
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from authoring import Refused

from . import replace

ARCHIVES = (".tar.gz", ".tgz", ".tar", ".zip")
# What one weighs, times ten.
MAX_BYTES = 200_000_000
FETCH_SECONDS = 60
TAG = re.compile(r"refs/tags/(v?\d+(?:\.\d+)+)$")


class Release(NamedTuple):
    """One that lies in a folder; `commit` is its name where it comes from a repository."""

    folder: Path
    version: str
    commit: str = ""
    shipped: replace.Shipped | None = None


def numbers(version: str) -> tuple[int, ...]:
    """For comparing: 1.10 is newer than 1.9."""
    return tuple(int(part) for part in re.findall(r"\d+", version.partition("dev")[0]))


def version_of(folder: Path) -> str:
    """What a copy says it is; raises Refused for what is none."""
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        if project["name"] != "postil" or not (folder / "tasks.py").is_file():
            raise KeyError
    except (OSError, KeyError, ValueError):
        raise Refused(f"There is no release of Postil in {folder}.") from None
    return str(project["version"])


def stage(root: Path, source: str, version: str, into: Path) -> Release:
    """The files of a release in a folder of their own; raises Refused."""
    shutil.rmtree(into, ignore_errors=True)
    into.mkdir(parents=True)
    source = source or origin(root)
    path = Path(source).expanduser()
    if is_repository(source):
        return from_repository(root, str(path) if path.exists() else source, version, into)
    if source.startswith(("http://", "https://")):
        unpack(fetched(source), source, into)
    elif path.is_file():
        unpack(path.read_bytes(), path.name, into)
    elif path.is_dir():
        for name in replace.files_of(path):
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path / name, into / name)
    else:
        raise Refused(f"There is nothing at {source}: give a folder, an archive or an address.")
    return Release(into, wanted(into, version))


def wanted(folder: Path, version: str) -> str:
    found = version_of(folder)
    if version and numbers(version) != numbers(found):
        raise Refused(f"The release there is {found}, and not {version}.")
    return found


def origin(root: Path) -> str:
    found = git(root, "remote", "get-url", "origin") if (root / ".git").exists() else ""
    if not found:
        raise Refused(
            "Say where the release is: python3 tasks.py upgrade --from postil-1.1.0.tar.gz\n"
            "(an archive, an unpacked folder, a repository, or the address of one of them)"
        )
    return found


# --- Repositories ---------------------------------------------------------------------------------


def is_repository(source: str) -> bool:
    path = Path(source).expanduser()
    if path.is_dir():
        return (path / ".git").exists() or (path / "objects").is_dir()
    whole = source.endswith(".git") or source.startswith(("ssh://", "git://", "file://", "git@"))
    web = source.startswith(("http://", "https://")) and not urlsplit(source).path.endswith(
        ARCHIVES
    )
    return (whole or web) and not source.startswith("-")


def git(
    folder: Path, *command: str, text: str | None = None, env: dict[str, str] | None = None
) -> str:
    """What git says; raises Refused with its own words."""
    done = run(folder, *command, data=text.encode() if text else None, env=env)
    return done.decode("utf-8", "replace").strip()


def run(
    folder: Path, *command: str, data: bytes | None = None, env: dict[str, str] | None = None
) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 - git, asked by the author
            ["git", *command],  # noqa: S607 - whichever git the author has
            cwd=folder,
            input=data,
            capture_output=True,
            check=False,
            env=env,
        )
    except OSError as error:
        raise Refused(f"git could not be started: {error.strerror}. Install it.") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise Refused(f"git {command[0]}: {said[-1] if said else 'failed'}")
    return done.stdout


def from_repository(root: Path, source: str, version: str, into: Path) -> Release:
    own = (root / ".git").exists()
    repository = root if own else into.with_name("repository")
    if not own:
        shutil.rmtree(repository, ignore_errors=True)
        repository.mkdir(parents=True)
        git(repository, "init", "--quiet", "--bare")
    ref = chosen(git(repository, "ls-remote", source), version)
    git(repository, "fetch", "--quiet", "--no-tags", source, ref)
    commit = git(repository, "rev-parse", "FETCH_HEAD^{commit}")
    with tarfile.open(fileobj=io.BytesIO(run(repository, "archive", commit))) as archive:
        extract(archive, into)
    blobs = {line[:40] for line in git(repository, "rev-list", "--objects", commit).splitlines()}
    paths = ever(repository, commit)

    def shipped(name: str, data: bytes) -> bool | None:
        return (
            True
            if {blob(data), blob(data.replace(b"\r\n", b"\n"))} & blobs
            else (False if name in paths else None)
        )

    return Release(into, version_of(into), commit if own else "", shipped)


def ever(repository: Path, commit: str) -> set[str]:
    """The path of every file that a release, or one before it, has had."""
    log = ("log", "--format=", "--name-only", "--no-renames", "-z", commit)
    tree = ("ls-tree", "-r", "-z", "--name-only", commit)
    return {name for listed in (log, tree) for name in git(repository, *listed).split("\0")}


def blob(data: bytes) -> str:
    """A file's name in git."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def chosen(listed: str, version: str) -> str:
    """What to fetch: the version that is wanted, else the newest, else what the branch has."""
    refs = [line.split("\t")[1] for line in listed.splitlines() if "\t" in line]
    tags = {found[1]: ref for ref in refs if (found := TAG.match(ref))}
    if not version:
        return tags[max(tags, key=numbers)] if tags else "HEAD"
    for name in (f"v{version}", version):
        if name in tags:
            return tags[name]
    if re.fullmatch(r"v?\d+(\.\d+)+", version):
        known = ", ".join(sorted(tags, key=numbers)) or "none"
        raise Refused(f"There is no version {version} there. Those there are: {known}.")
    return version


# --- Archives -------------------------------------------------------------------------------------


def fetched(address: str) -> bytes:
    try:
        with urllib.request.urlopen(address, timeout=FETCH_SECONDS) as answer:  # noqa: S310 - http(s)
            data: bytes = answer.read(MAX_BYTES + 1)
    except (OSError, ValueError, urllib.error.URLError) as error:
        if isinstance(error, urllib.error.HTTPError):
            error.close()
        raise Refused(f"{address} cannot be fetched: {error}") from None
    if len(data) > MAX_BYTES:
        raise Refused(f"{address} is larger than {MAX_BYTES:,} bytes, and no release of Postil.")
    return data


def extract(archive: tarfile.TarFile, into: Path) -> None:
    """Files and folders, and of these only what stays within; early Pythons 3.11 have no filters."""
    inside = [
        each
        for each in archive
        if (each.isfile() or each.isdir())
        and not {"", ".."} & set(each.name.rstrip("/").split("/"))
    ]
    more = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
    archive.extractall(into, inside, **more)  # type: ignore[arg-type]  # noqa: S202 - looked at above


def unpack(data: bytes, name: str, into: Path) -> None:
    """The archive's files without the one folder around them; nothing of it gets outside."""
    around = into / ".unpacked"
    try:
        if zipfile.is_zipfile(io.BytesIO(data)):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                archive.extractall(around)  # noqa: S202 - it keeps names within the folder
        else:
            with tarfile.open(fileobj=io.BytesIO(data)) as archive:
                extract(archive, around)
    except (tarfile.TarError, zipfile.BadZipFile, OSError, EOFError) as error:
        raise Refused(f"{name} cannot be unpacked: {error}") from None
    inside = around
    while len(found := list(inside.iterdir())) == 1 and found[0].is_dir():
        inside = found[0]
    for entry in list(inside.iterdir()):
        shutil.move(entry, into / entry.name)
    with suppress(OSError):
        shutil.rmtree(around)
