"""Targets: the places that a built site is put to, each of which is sent only what has changed.

A folder, a machine that is reached by rsync, a bucket of an S3-compatible storage, and a branch of a
Git repository. What an earlier publication put there and this one does not have is removed; what
somebody else put there is left alone. That is known from `.postil-published`, a list of files that
lies beside them.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from authoring import Refused

from .branch import BRANCH, Branch
from .bucket import Bucket
from .folder import Folder
from .rsync import Rsync
from .target import COMPRESSED, Change, Target, files_of, without_password

__all__ = [
    "COMPRESSED",
    "Branch",
    "Bucket",
    "Change",
    "Folder",
    "Rsync",
    "Target",
    "files_of",
    "target",
    "without_password",
]


def target(written: str, root: Path, environ: Mapping[str, str]) -> Target:
    """What PUBLISH_TO means; raises Refused for what means nothing."""
    kind, colon, rest = written.strip().partition(":")
    if colon and rest and kind == "folder":
        return Folder(root / Path(rest).expanduser())
    if colon and rest and kind == "rsync":
        return Rsync(rest)
    if colon and rest and kind == "git":
        repository, _, branch = rest.partition("#")
        return Branch(repository, branch or BRANCH)
    if colon and kind == "s3" and (bucket := rest.strip("/").partition("/"))[0]:
        return Bucket(bucket[0], bucket[2], environ)
    raise Refused(
        f'PUBLISH_TO="{without_password(written)}" is no place. Write one of\n'
        + "\n".join(f"    {each}" for each in PLACES)
    )


PLACES: Iterable[str] = (
    "folder:/srv/www/blog",
    "rsync:ada@example.org:/srv/www/blog",
    "s3:my-bucket",
    "git:git@github.com:ada/blog.git#gh-pages",
)
