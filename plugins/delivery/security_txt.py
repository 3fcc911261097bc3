"""security.txt: whom to tell of a security fault, where RFC 9116 lets programs and people look for it.

The file has to say until when it can be believed. That is a day six to seven months away, the first of a month,
so that all builds of one month write the same bytes; `skip_build` is told, so that a timer which finds nothing
else to do renews it with the month. One in ROOT_FILES comes instead.

Settings: SECURITY_CONTACT (empty: no file), an e-mail address or that of a page, or a list of them, the one to try
first first.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pelican import signals

from plugins import files, problems
from plugins.incremental import skip_build
from plugins.site import Generator, Pelican

NAME = ".well-known/security.txt"
# RFC 9116 wants less than a year; a blog that nobody has built for so long has nobody who reads such e-mails.
MONTHS = 7


def contacts(settings: dict[str, Any]) -> list[str]:
    """Each as an address with its scheme."""
    said = settings.get("SECURITY_CONTACT") or ()
    listed = [said] if isinstance(said, str) else list(said)
    return [f"mailto:{each}" if "@" in each and ":" not in each else each for each in listed]


def setting_problems(settings: dict[str, Any]) -> Iterator[str]:
    said = settings.get("SECURITY_CONTACT") or ()
    listed = [said] if isinstance(said, str) else said
    if not isinstance(listed, list | tuple) or not all(isinstance(each, str) for each in listed):
        yield f"SECURITY_CONTACT is {said!r}: write an address, or a list of them."
        return
    for each, address in zip(listed, contacts(settings), strict=True):
        if not is_address(address):
            yield (
                f"SECURITY_CONTACT is {each!r}: write an e-mail address (security@example.org) or the address of"
                " a page that begins with https://."
            )


def is_address(address: str) -> bool:
    """Whether it is one of the addresses that the RFC takes, on one line."""
    if not address.isascii() or not address.isprintable() or " " in address:
        return False
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    if parts.scheme == "mailto":
        name, _, host = parts.path.rpartition("@")
        return bool(name and host)
    return bool(
        (parts.scheme == "https" and parts.hostname) or (parts.scheme == "tel" and parts.path)
    )


def first_of_month(moment: datetime, months: int) -> datetime:
    """When the month begins that comes so many after this one."""
    years, month = divmod(moment.month - 1 + months, 12)
    return datetime(moment.year + years, month + 1, 1, tzinfo=UTC)


def document(settings: dict[str, Any], moment: datetime) -> str:
    expires = first_of_month(moment, MONTHS)
    lines = [f"Contact: {each}" for each in contacts(settings)]
    lines += [f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}"]
    lines += [f"Preferred-Languages: {settings['DEFAULT_LANG']}"]
    site = settings["SITEURL"].rstrip("/")
    if site.startswith("https://"):
        lines += [f"Canonical: {site}/{NAME}"]
    return "\n".join(lines) + "\n"


def is_written(settings: dict[str, Any]) -> bool:
    own = Path(settings.get("ROOT_FILES") or settings["OUTPUT_PATH"], NAME)
    return bool(settings.get("SECURITY_CONTACT")) and not (
        settings.get("ROOT_FILES") and own.is_file()
    )


def claim(generators: Iterable[Generator]) -> None:
    settings = next(iter(generators)).settings
    if not is_written(settings):
        return
    files.claim(settings["OUTPUT_PATH"], NAME)
    skip_build.due(settings, first_of_month(datetime.now(UTC), 1))
    if path := urlsplit(settings["SITEURL"]).path.strip("/"):
        problems.warn(
            settings,
            f"security.txt is looked for at the root of a host, and this blog lies below /{path}/: copy {NAME} there.",
        )


def write(pelican: Pelican) -> None:
    settings = pelican.settings
    if is_written(settings):
        said = document(settings, datetime.now(UTC))
        files.update(Path(settings["OUTPUT_PATH"], NAME), said.encode("ascii"))


def register() -> None:
    problems.listen()
    signals.all_generators_finalized.connect(claim)
    signals.finalized.connect(write)
