"""What one field may hold: each check gives the value as it is kept, or says what is wrong with it."""

import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit, urlunsplit

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field, ValidationInfo

from comments_service import characters
from comments_service.errors import Message
from formats import passages
from formats.manifest import LANG

MAX_BODY_CHARS = 10_000
MAX_NAME_LETTERS = 50
# A letter with two marks covers every living orthography; more of them is a "zalgo" tower.
MAX_MARKS_IN_A_ROW = 2
MAX_REASON_CHARS = 500
MAX_BIO_CHARS = 500
MAX_WEBSITE_CHARS = 300
# What the columns hold, as typed and as it is compared.
MAX_ADDRESS_CHARS = 254
MIN_PASSWORD_CHARS = 8
MAX_PASSWORD_CHARS = 256
# White space that is collapsed, and marks that join a letter, are not counted; more of them is an attack.
MAX_PASSAGE_RAW_CHARS = 3_000
# The largest integer that both databases can hold.
MAX_ID = 2**63 - 1

_bidi_controls = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Feeds are XML, which cannot hold the last two either.
_unshown = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_hidden = re.compile(f"{_bidi_controls.pattern}|{_unshown.pattern}")


@dataclass(frozen=True)
class Limits:
    """What the owner may set of the inputs, passed to `parse`: nothing here knows of settings."""

    max_chars: int = MAX_BODY_CHARS


def comment_text(text: str, info: ValidationInfo) -> str:
    """A comment's source, as long as the owner allows."""
    limits = info.context or Limits()
    return plain_text(text, limits.max_chars)


def plain_text(text: str, max_chars: int = MAX_BODY_CHARS) -> str:
    """Text in NFC with newlines as line ends, and nothing in it that hides or reverses other text."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if not characters.show(_without_hidden(text)):
        raise ValueError(Message("Please write something."))
    if len(text) > max_chars:
        raise ValueError(
            Message(
                "At most {max:,} characters, please; this has {length:,}.",
                max=max_chars,
                length=len(text),
            )
        )
    return text


def shown_name(text: str) -> str:
    """A name as it may be shown: one line, 1 to 50 letters, nothing invisible."""
    text = " ".join(unicodedata.normalize("NFC", text).split())
    if characters.hide(text):
        raise ValueError(Message("A name cannot contain invisible characters."))
    marks = letters = 0
    for char in text:
        category = unicodedata.category(char)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        letters += category[0] != "M"
        if marks > MAX_MARKS_IN_A_ROW:
            raise ValueError(Message("A name cannot stack so many accents on one letter."))
    if not letters:
        raise ValueError(Message("Please enter a name."))
    if characters.count(text) > MAX_NAME_LETTERS or len(text) > 4 * MAX_NAME_LETTERS:
        raise ValueError(Message("At most {max} characters, please.", max=MAX_NAME_LETTERS))
    return text


def mail_address(text: str) -> str:
    """A mail address that can be one, with its domain in lower case; no DNS is asked."""
    with suppress(EmailNotValidError, UnicodeError):
        found = validate_email(text.strip(), check_deliverability=False).normalized
        # Small letters may be three where a capital, or a letter with accents, was one.
        if len(address_key(found)) <= MAX_ADDRESS_CHARS:
            return found
    raise ValueError(Message("This does not look like an e-mail address (name@example.org)."))


def address_key(address: str) -> str:
    """A mail address as it is compared: two of one key are one mailbox to us."""
    return address.strip().casefold()


def web_address(text: str) -> str:
    """An http(s) address, taken apart and written out again."""
    text = text.strip()
    if "://" not in text and re.match(r"[\w-]+\.", text):
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        host = parts.hostname
        port = parts.port
    except ValueError:
        host = port = None
    if (
        not host
        or parts.scheme not in ("http", "https")
        or parts.username is not None
        or len(text) > MAX_WEBSITE_CHARS
        or not re.fullmatch(r"[\w.-]+|[0-9a-f:.]+", host)
        or re.search(r"[\s\"'<>\\^`{|}\x00-\x20\x7f]", text)
        or characters.hide(text, joiners=False)
    ):
        raise ValueError(
            Message("Please enter a web address such as https://example.org, or leave this empty.")
        )
    netloc = f"[{host}]" if ":" in host else host
    return urlunsplit(
        (parts.scheme, f"{netloc}:{port}" if port else netloc, parts.path, parts.query, "")
    )


def one_line(text: str) -> str:
    """A moderator's reason: one visible line."""
    text = " ".join(unicodedata.normalize("NFC", text).split())
    if characters.hide(text):
        raise ValueError(Message("A reason cannot contain invisible characters."))
    return text


def password(text: str) -> str:
    """A password that may be used: long enough, and not one that everybody uses."""
    # Imported here: the list of common passwords costs 40 ms and 5 MB that reading never needs.
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    if len(text) < MIN_PASSWORD_CHARS:
        raise ValueError(Message("At least {min} characters, please.", min=MIN_PASSWORD_CHARS))
    if len(text) > MAX_PASSWORD_CHARS:
        raise ValueError(Message("At most {max:,} characters, please.", max=MAX_PASSWORD_CHARS))
    if any(unicodedata.category(char) == "Cs" or char == "\0" for char in text):
        raise ValueError(Message("A password cannot contain this character."))
    if text.lower() in FREQUENCY_LISTS["passwords"] or len(set(text)) < 3:
        raise ValueError(Message("Many people use this password; please choose another one."))
    return text


def six_digits(text: str) -> str:
    """A code as people type it: with spaces or a dash, or with the wide digits of a Chinese keyboard."""
    text = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text))
    if not re.fullmatch("[0-9]{6}", text):
        raise ValueError(Message("The code has six digits."))
    return text


def about_oneself(text: str) -> str:
    """What somebody says of himself: like a comment, but short, or nothing at all."""
    return plain_text(text, MAX_BIO_CHARS) if text.strip() else ""


def without_nul(text: str) -> str:
    """An address to look for: what no row can hold is not asked of the database."""
    if "\0" in text:
        raise ValueError(Message("This does not look like an e-mail address (name@example.org)."))
    return text


def noted_words(text: str) -> str:
    """Words of an article, as passages have them: on one line, with nothing in them that hides or reverses."""
    raw = len(text)
    if raw <= MAX_PASSAGE_RAW_CHARS:
        text = passages.cleaned(text)
    if len(text) > passages.MOST_CHARACTERS:
        raise ValueError(
            Message(
                "At most {max:,} characters of the article can be noted; these are {length:,}.",
                max=passages.MOST_CHARACTERS,
                length=len(text),
            )
        )
    if not characters.show(_without_hidden(text)):
        raise ValueError(Message("Please say which words of the article this is about."))
    return text


def words_before(text: str) -> str:
    """What stands before a passage: nothing, mostly where an article begins.

    Of an article that has such characters, what hides or reverses others ends it.
    """
    return _hidden.split(_beside(text))[-1].strip()


def words_after(text: str) -> str:
    return _hidden.split(_beside(text))[0].strip()


def _beside(text: str) -> str:
    if len(text) <= MAX_PASSAGE_RAW_CHARS:
        text = passages.cleaned(text)
    if len(text) > passages.NEIGHBOUR_CHARACTERS:
        raise ValueError(
            Message(
                "Of what stands beside the words, at most {max} characters are taken.",
                max=passages.NEIGHBOUR_CHARACTERS,
            )
        )
    return text


def _without_hidden(text: str) -> str:
    if _bidi_controls.search(text):
        raise ValueError(
            Message("This text has a hidden character that reverses the reading order.")
        )
    if _unshown.search(text):
        raise ValueError(Message("This text has a control character that cannot be shown."))
    return text


def language_tag(text: str) -> str:
    if not re.fullmatch(LANG, text) or len(text) > 35:
        raise ValueError(Message("This is not a language in which the article is there."))
    return text


def nothing_if_empty(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


Body = Annotated[str, AfterValidator(comment_text), Field(json_schema_extra={"minLength": 1})]
Name = Annotated[str, AfterValidator(shown_name)]
Email = Annotated[str, Field(max_length=MAX_ADDRESS_CHARS), AfterValidator(mail_address)]
Website = Annotated[str, AfterValidator(web_address)]
Password = Annotated[str, AfterValidator(password)]
Code = Annotated[str, Field(max_length=40), AfterValidator(six_digits)]
Id = Annotated[int, Field(ge=1, le=MAX_ID)]
