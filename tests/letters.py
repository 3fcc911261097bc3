"""E-mails as they travel, held against the RFCs, and what a mail program would make of them."""

import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parsedate_to_datetime
from html.parser import HTMLParser
from typing import Any

from comments_service.config import Settings
from comments_service.mail import letters
from comments_service.mail.letters import Letter


class Loads(HTMLParser):
    """Notes what a mail program would load, and where its reader could go."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in ("img", "script", "link", "iframe", "object", "form", "video", "audio"):
            self.loaded.append(tag)
        self.loaded += [name for name in given if name in ("src", "srcset", "background")]
        if tag == "a":
            self.links.append(given["href"] or "")


def travelled(letter: Letter, settings: Settings, title: str) -> EmailMessage:
    """The message as a mail program reads it, after its bytes were looked at."""
    moment = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)
    mail = letters.message(letter, "rhea@example.org", "17", moment, settings, title)
    policy: Any = mail.policy
    data = mail.as_bytes(policy=policy.clone(linesep="\r\n"))
    assert data.isascii()
    assert all(line.endswith(b"\r") for line in data.split(b"\n")[:-1])
    assert max(len(line) for line in data.split(b"\r\n")) <= 998
    head = data.partition(b"\r\n\r\n")[0].decode("ascii")
    assert all(len(line) <= 78 for line in head.split("\r\n") if " " in line.strip()), head
    read = message_from_bytes(data, policy=default)
    assert isinstance(read, EmailMessage)
    assert [part.defects for part in read.walk()] == [[] for _ in read.walk()]
    for header, value in read.items():
        assert getattr(value, "defects", ()) == (), header
    names = [name.lower() for name in read]
    assert len(names) == len(set(names))
    assert {"from", "to", "subject", "date", "message-id", "mime-version"} <= set(names)
    assert parsedate_to_datetime(str(read["Date"])) == moment
    assert re.fullmatch(r"<[^<>\s@]+@[^<>\s@]+>", str(read["Message-ID"]))
    assert (read["From"].addresses[0].addr_spec, len(read["From"].addresses)) == (
        "blog@blog.test",
        1,
    )
    assert [each.addr_spec for each in read["To"].addresses] == ["rhea@example.org"]
    return read


def part(mail: EmailMessage, kind: str) -> str:
    found = mail.get_body((kind,))
    assert found is not None
    text = found.get_content()
    assert isinstance(text, str)
    return text
