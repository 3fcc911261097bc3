"""A bucket of a storage that speaks S3: Amazon's, Cloudflare R2, MinIO, Ceph, Hetzner and many more.

Two things tell what a publication has to send. `.postil-published` in the bucket has a line for each
object that we put there: what was sent (a sum of the bytes and of the headers) and which ETag the
storage gave it. The storage's own list has the ETags of now. Where both agree, the object is still what
we sent, and it need not be sent again. An ETag is compared with nothing but itself: that it is the MD5
of the bytes holds for some storages, and for none of those that encrypt or take a file in parts.

Compressed copies stay here: a storage does not choose between them.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from authoring import Refused, progress
from formats import http_headers, s3

from .target import LIST, Change, files_of, is_copy, pages_last, without_password

# So many are on their way at once: enough to hide the way to another continent, and few enough for a
# storage that counts requests.
AT_ONCE = 8
# What is larger goes in parts, each of which is repeated by itself when the network fails.
PART_BYTES = 16 * 1024 * 1024
# Two minutes for a part are a line of one megabit.
PATIENCE = timedelta(minutes=3)
RETRY_SECONDS = 30
REMEDIES = {
    "NoSuchBucket": "There is no bucket of that name. Make it, or correct PUBLISH_TO and"
    " AWS_ENDPOINT_URL.",
    "InvalidAccessKeyId": "The storage does not know this key: look at AWS_ACCESS_KEY_ID, and whether"
    " AWS_ENDPOINT_URL is the storage that it belongs to.",
    "SignatureDoesNotMatch": "The secret is not the one that belongs to this key: look at"
    " AWS_SECRET_ACCESS_KEY.",
    "AccessDenied": "The key may not do this. It needs the right to list the bucket, and to read,"
    " write and delete objects in it.",
    "AuthorizationHeaderMalformed": "The bucket lies in another region: set AWS_REGION to it.",
    "PermanentRedirect": "The bucket lies in another region: set AWS_REGION to it.",
    "RequestTimeTooSkewed": "The clock of this machine is wrong: set it.",
}
AWAY = "Is there a connection to the Internet, and is AWS_ENDPOINT_URL right? Then publish again."


class Sent(NamedTuple):
    """What an earlier publication put into the bucket: what it was, and the storage's ETag of it."""

    sum: str
    etag: str


# Perhaps there, perhaps not: sent again, or removed.
UNSURE = Sent("-", "-")


@dataclass(frozen=True)
class Bucket:
    """A bucket, or the folder `prefix` of it; where it is and its keys are in the environment."""

    name: str
    prefix: str = ""
    # Holds secrets.
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        return f"s3:{self.name}{'/' * bool(self.prefix)}{self.prefix}"

    @property
    def endpoint(self) -> str:
        return s3.endpoint(self.environ)

    def store(self) -> S3Store:
        if missing := s3.missing(self.environ):
            raise Refused(
                f"{' and '.join(missing)} {'are' if len(missing) > 1 else 'is'} not set, so {self}"
                " cannot be written to. Make a key with your storage's provider, and write both"
                " halves of it into .env:\n    AWS_ACCESS_KEY_ID=…\n    AWS_SECRET_ACCESS_KEY=…"
            )
        if self.endpoint and urlsplit(self.endpoint).scheme not in ("http", "https"):
            raise Refused(
                f"AWS_ENDPOINT_URL={self.endpoint} is no address. Write one such as"
                " https://s3.example.org, or leave it out for Amazon's own storage."
            )
        return S3Store(
            self.name,
            prefix=self.prefix or None,
            config=s3.config(self.environ),  # type: ignore[arg-type]  # by the names that people know
            client_options={"timeout": PATIENCE, "allow_http": self.endpoint.startswith("http:")},
            retry_config={"max_retries": 4, "retry_timeout": timedelta(seconds=RETRY_SECONDS)},
        )

    def send(self, site: Path, *, really: bool, note: str = "", whole: bool = True) -> list[Change]:
        store = self.store()
        mine = {name: sum_of(site, name) for name in files_of(site) if not is_copy(site, name)}
        with self.refusals():
            there = etags(store)
            earlier = read_list(store)
        changes = [
            Change("~" if name in there else "+", name)
            for name in sorted(mine, key=pages_last)
            if name not in there or earlier.get(name) != Sent(mine[name], there[name])
        ]
        gone = [
            Change("-", name)
            for name in (sorted(earlier.keys() - mine) if whole else ())
            if name in there
        ]
        if really and (changes or gone or LIST not in there):
            with self.refusals():
                carry_out(store, site, mine, earlier, [*changes, *gone])
        return [*changes, *gone]

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """What the storage or the network says, as a sentence with a remedy."""
        try:
            yield
        except (BaseError, OSError) as error:
            said = str(error)
            code = s3.CODE.search(said)
            otherwise = "Correct what it names, and publish again."
            remedy = REMEDIES.get(code[1], otherwise) if code else AWAY
            where = f" at {self.endpoint}" if self.endpoint else ""
            told = f"{self}{where} was not completed.\n    {s3.what(said)}\n{remedy}"
            raise Refused(without_password(told)) from None


def carry_out(
    store: S3Store,
    site: Path,
    mine: Mapping[str, str],
    earlier: Mapping[str, Sent],
    changes: list[Change],
) -> None:
    """Send what pages show, then pages, then remove what is gone; and write down what is there now."""
    # Known as ours before it is there: what this publication leaves half done, the next one finds.
    known = {**earlier, **{each.path: UNSURE for each in changes if each.sign != "-"}}
    write_list(store, known)
    sent = dict.fromkeys(mine.keys() - {each.path for each in changes})

    def act(change: Change) -> None:
        if change.sign == "-":
            obstore.delete(store, change.path)
            return
        obstore.put(
            store,
            change.path,
            site / change.path,
            attributes=headers_of(change.path),
            chunk_size=PART_BYTES,
            max_concurrency=4,
        )
        sent[change.path] = None

    def note() -> None:
        # What it answered to a file in parts may be another ETag than the one in its list.
        there = etags(store)
        write_list(
            store,
            {
                name: Sent(mine[name], there[name]) if name in sent else known[name]
                for name in there.keys() & (known.keys() | sent.keys())
            },
        )

    groups: list[list[Change]] = [[], [], []]
    for change in changes:
        groups[2 if change.sign == "-" else pages_last(change.path)[0]].append(change)
    try:
        with progress.bar("Sending", len(changes)) as step:
            for group in groups:
                at_once(act, group, step)
    except BaseException:
        with suppress(BaseError, OSError):
            note()
        raise
    note()


def at_once(
    act: Callable[[Change], None], changes: list[Change], step: Callable[[], object]
) -> None:
    """Do all of it, a few at a time; the first that fails stops those that have not begun."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            for done in as_completed([pool.submit(act, change) for change in changes]):
                done.result()
                step()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def headers_of(name: str) -> dict[str, str]:
    return {
        "Content-Type": http_headers.content_type(name),
        "Cache-Control": http_headers.freshness(name),
    }


def sum_of(site: Path, name: str) -> str:
    """Of a file's bytes and headers: a better type is sent as well."""
    with (site / name).open("rb") as file:
        whole = hashlib.file_digest(file, "sha256")
    whole.update(repr(headers_of(name)).encode())
    return whole.hexdigest()


def etags(store: S3Store) -> dict[str, str]:
    """Every object by name; some storages put an ETag into quotes in one place and not in another."""
    return {
        found["path"]: (found["e_tag"] or "").strip('"')
        for chunk in obstore.list(store)
        for found in chunk
    }


def read_list(store: S3Store) -> dict[str, Sent]:
    try:
        text = bytes(obstore.get(store, LIST).bytes()).decode("utf-8", "replace")
    except FileNotFoundError:
        return {}
    lines = (line.split(" ", 2) for line in text.splitlines())
    return {line[2]: Sent(line[0], line[1]) for line in lines if len(line) == 3}


def write_list(store: S3Store, known: Mapping[str, Sent]) -> None:
    lines = (f"{sent.sum} {sent.etag} {name}\n" for name, sent in sorted(known.items()))
    kind = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": http_headers.FRESH}
    obstore.put(store, LIST, "".join(lines).encode(), attributes=kind)
