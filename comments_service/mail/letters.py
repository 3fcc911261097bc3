"""Letters: what an e-mail says, as text and as HTML from one template, and the message that carries it.

A template of `templates/mail/` is rendered twice: into `base.txt` with the elements of `elements.txt`, and
into `base.html` with those of `elements.html`, which it knows as `layout` and `mail`.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from functools import lru_cache
from typing import Any

import jinja2

from comments_service import i18n
from comments_service.config import Settings

# What every mail program shows without a line break of its own.
WIDTH = 72
_tokens = re.compile(r"https?://\S+|[ \t]+|[^\s⺀-￯]+|[⺀-￯][、。，．：；！？）」』】〉》]*|\S")
_blank_lines = re.compile(r"\n\s*\n")
_line_breaks = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


class _Wire(EmailPolicy):
    """A message as it travels: whatever server takes it, nothing has to be encoded anew on the way.

    Addresses and ids are never encoded: Python's own policy takes each word of more than a line's length
    for one that has to be, and no mail program reads `List-Unsubscribe` then, nor finds the conversation.
    Of a sender whose name does not fit on one line it forgets the quotation marks: a comma makes two of it.
    """

    def fold(self, name: str, value: Any) -> str:
        if name.lower() == "from":
            return f"{name}: {_sender(value.addresses[0], self.linesep)}{self.linesep}"
        if name.lower() not in _literal:
            return str(super().fold(name, value))
        lines = f"{self.linesep} ".join(str(value).split())
        first = lines.partition(self.linesep)[0]
        begin = " " if len(name) + 2 + len(first) <= WIDTH else f"{self.linesep} "
        return f"{name}:{begin}{lines}{self.linesep}"

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower() not in {*_literal, "from"}:
            return bytes(super().fold_binary(name, value))
        return self.fold(name, value).encode("ascii")


def _sender(address: Address, linesep: str) -> str:
    """As it is where it fits; else its name is encoded as a whole, commas and all."""
    plain = str(address)
    if plain.isascii() and len(f"From: {plain}") <= WIDTH:
        return plain
    name = Header(address.display_name, "utf-8", header_name="From").encode(linesep=linesep)
    return f"{name}{linesep} <{address.addr_spec}>"


_literal = {"list-unsubscribe", "message-id", "in-reply-to", "references"}
WIRE = _Wire(cte_type="7bit")


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What is sent to one address."""

    subject: str
    text: str
    html: str = ""
    lang: str = i18n.DEFAULT
    # Where one request, by form and without signing in, stops letters of this kind (RFC 8058).
    unsubscribe_url: str | None = None
    # The conversation that it belongs to, the oldest first: mail programs show letters that share
    # one of these words as one. Any words will do, such as `thread:how-pelicans-fish`.
    thread: tuple[str, ...] = ()


def render(
    lang: str,
    template: str,
    settings: Settings,
    site: str,
    context: Mapping[str, object],
    *,
    unsubscribe_url: str | None = None,
    thread: tuple[str, ...] = (),
) -> Letter:
    """The letter of a template of `templates/mail/`; `site` is the blog's title."""
    given = {
        **context,
        "site": site,
        "site_url": settings.site_url + "/",
        "unsubscribe_url": unsubscribe_url,
    }
    plain, html = (
        environment.get_template(f"mail/{template}.html").render(
            layout=f"mail/base.{ending}",
            mail=environment.get_template(f"mail/elements.{ending}").module,
            **given,
        )
        for environment, ending in ((_plain(lang), "txt"), (i18n.environment(lang), "html"))
    )
    subject, _, text = plain.partition("\n")
    return Letter(
        subject=one_line(subject),
        text=wrapped(text),
        html=html,
        lang=lang,
        unsubscribe_url=unsubscribe_url,
        thread=thread,
    )


@lru_cache(maxsize=64)
def _plain(lang: str) -> jinja2.Environment:
    return i18n.environment(lang).overlay(autoescape=False)


def one_line(text: str) -> str:
    """A text as a header can hold it, in which nothing passes for an encoded word of RFC 2047."""
    return _line_breaks.sub(" ", text).replace("=?", "=\N{WORD JOINER}?").strip()


def wrapped(text: str) -> str:
    """A text whose lines fit; addresses stay whole, and what is quoted stays quoted."""
    lines = [
        fitting
        for line in _blank_lines.sub("\n\n", text.strip()).split("\n")
        for fitting in _wrapped_line(line.strip())
    ]
    return "\n".join(lines) + "\n"


def _wrapped_line(line: str) -> list[str]:
    prefix = "> " if line.startswith(">") else ""
    lines, here, width = [], prefix, len(prefix)
    for token in _tokens.findall(line.removeprefix(">").lstrip()):
        wide = sum(1 + (unicodedata.east_asian_width(char) in "WF") for char in token)
        if width + wide > WIDTH and here != prefix and not token.isspace():
            lines.append(here.rstrip())
            here, width = prefix, len(prefix)
        if token.isspace() and here == prefix:
            continue
        here += token
        width += wide
    return [*lines, here.rstrip()]


def message(
    letter: Letter, recipient: str, number: str, moment: datetime, settings: Settings, site: str
) -> EmailMessage:
    """The message that carries a letter. Of one `number` there is one, however often it is sent."""
    mail = EmailMessage(policy=WIRE)
    mail["From"] = Address(display_name=one_line(site), addr_spec=settings.mail_from)
    mail["To"] = recipient
    mail["Subject"] = one_line(letter.subject)
    mail["Date"] = format_datetime(moment)
    mail["Message-ID"] = message_id(number, settings)
    mail["Auto-Submitted"] = "auto-generated"
    if letter.thread:
        earlier = [message_id(word, settings) for word in letter.thread]
        mail["In-Reply-To"] = earlier[-1]
        mail["References"] = " ".join(earlier)
    if letter.unsubscribe_url:
        mail["List-Unsubscribe"] = f"<{letter.unsubscribe_url}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(letter.text)
    if letter.html:
        mail.add_alternative(letter.html, subtype="html")
    return mail


def message_id(word: str, settings: Settings) -> str:
    """The Message-ID of a word: the same one for the same word."""
    domain = settings.mail_from.rpartition("@")[2]
    return f"<postil-{re.sub(r'[^A-Za-z0-9-]+', '-', word)}@{domain}>"
