"""Inputs: what a client may send, with every limit, for JSON bodies and plain forms alike.

Pure. A field that a client may not set does not exist here, so nothing else can be assigned.
`parse` raises InvalidInput with a message for each wrong field, all fields at once.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit, urlunsplit

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from comments_service.errors import InvalidInput, Message

MAX_BODY_CHARS = 10_000
MAX_NAME_LETTERS = 50
# A letter with two marks covers every living orthography; more of them is a "zalgo" tower.
MAX_MARKS_IN_A_ROW = 2
MAX_REASON_CHARS = 500
MAX_BIO_CHARS = 500
MAX_WEBSITE_CHARS = 300
MIN_PASSWORD_CHARS = 8
MAX_PASSWORD_CHARS = 256
# The largest integer that both databases can hold.
MAX_ID = 2**63 - 1

_bidi_controls = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_hidden_categories = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})


def plain_text(text: str) -> str:
    """A comment's source: NFC, newlines as line ends, nothing that hides or reverses text."""
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    for char in text:
        if char in _bidi_controls:
            raise ValueError(
                Message("This text has a hidden character that reverses the reading order.")
            )
        if (unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t") or (
            # Feeds are XML, which cannot hold these two.
            char in "\ufffe\uffff"
        ):
            raise ValueError(Message("This text has a control character that cannot be shown."))
    if not text:
        raise ValueError(Message("Please write something."))
    if len(text) > MAX_BODY_CHARS:
        raise ValueError(
            Message(
                "At most {max:,} characters, please; this has {length:,}.",
                max=MAX_BODY_CHARS,
                length=len(text),
            )
        )
    return text


def shown_name(text: str) -> str:
    """A name as it may be shown: one line, 1 to 50 letters, nothing invisible."""
    text = " ".join(unicodedata.normalize("NFC", text).split())
    marks = letters = 0
    for char in text:
        category = unicodedata.category(char)
        if category in _hidden_categories:
            raise ValueError(Message("A name cannot contain invisible characters."))
        marks = marks + 1 if category in ("Mn", "Me") else 0
        letters += category[0] != "M"
        if marks > MAX_MARKS_IN_A_ROW:
            raise ValueError(Message("A name cannot stack so many accents on one letter."))
    if not letters:
        raise ValueError(Message("Please enter a name."))
    if letters > MAX_NAME_LETTERS or len(text) > 4 * MAX_NAME_LETTERS:
        raise ValueError(Message("At most {max} characters, please.", max=MAX_NAME_LETTERS))
    return text


def mail_address(text: str) -> str:
    """A mail address that can be one, with its domain in lower case; no DNS is asked."""
    try:
        return validate_email(text.strip(), check_deliverability=False).normalized
    except (EmailNotValidError, UnicodeError):
        raise ValueError(
            Message("This does not look like an e-mail address (name@example.org).")
        ) from None


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
        or any(unicodedata.category(char) in _hidden_categories for char in text)
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
    if any(unicodedata.category(char) in _hidden_categories for char in text):
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
    if not text.strip():
        return ""
    text = plain_text(text)
    if len(text) > MAX_BIO_CHARS:
        raise ValueError(
            Message(
                "At most {max:,} characters, please; this has {length:,}.",
                max=MAX_BIO_CHARS,
                length=len(text),
            )
        )
    return text


def without_nul(text: str) -> str:
    """An address to look for: what no row can hold is not asked of the database."""
    if "\0" in text:
        raise ValueError(Message("This does not look like an e-mail address (name@example.org)."))
    return text


def nothing_if_empty(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


Body = Annotated[str, AfterValidator(plain_text), Field(json_schema_extra={"minLength": 1})]
Name = Annotated[str, AfterValidator(shown_name)]
Email = Annotated[str, Field(max_length=254), AfterValidator(mail_address)]
Website = Annotated[str, AfterValidator(web_address)]
Password = Annotated[str, AfterValidator(password)]
Code = Annotated[str, Field(max_length=40), AfterValidator(six_digits)]
Id = Annotated[int, Field(ge=1, le=MAX_ID)]


class Input(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


Model = TypeVar("Model", bound=Input)


class Nothing(Input):
    """An empty object: a request that says all by its address is JSON all the same."""


class NewComment(Input):
    """A comment that a reader posts."""

    body: Body = Field(description=f"Markdown, 1 to {MAX_BODY_CHARS} characters.")
    parent: Id | None = Field(None, description="The comment that is answered.")
    name: Annotated[Name | None, BeforeValidator(nothing_if_empty)] = Field(
        None, description="Needed of guests; an account's own name is used otherwise."
    )
    email: Annotated[Email | None, BeforeValidator(nothing_if_empty)] = Field(
        None, description="Never shown."
    )
    website: Annotated[Website | None, BeforeValidator(nothing_if_empty)] = None
    key: Annotated[
        Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{8,80}$")] | None,
        BeforeValidator(nothing_if_empty),
    ] = Field(
        None,
        description="Idempotency key: a random word that the client makes once for each comment."
        " The same submission sent again with it is answered as the first was.",
    )
    homepage_url: Annotated[str, Field(max_length=1000)] = Field(
        "", description="A trap for robots: leave it empty."
    )


class EditedComment(Input):
    """A comment's new text."""

    body: Body


class Preview(Input):
    """Markdown to be shown as it would appear."""

    body: Body


class SignIn(Input):
    """A mail address and its password."""

    email: Annotated[str, Field(max_length=254), AfterValidator(without_nul)]
    password: Annotated[str, Field(max_length=MAX_PASSWORD_CHARS)]


Credential = Annotated[
    dict[str, Any],
    Field(description="What the browser made of the question: `credential.toJSON()`."),
]


class PasskeyAnswer(Input):
    """A passkey's answer, and the ticket that came with the question."""

    ticket: Annotated[str, Field(max_length=100)]
    credential: Credential


class NewPasskey(Input):
    """A passkey that a device has just made, and what its owner calls it."""

    ticket: Annotated[str, Field(max_length=100)]
    credential: Credential
    name: Annotated[Name | None, BeforeValidator(nothing_if_empty)] = Field(
        None, description="Empty: called after the browser and the system."
    )


class PasskeyName(Input):
    """What the owner of a passkey calls it."""

    name: Name


class SecondStep(Input):
    """The ticket that a right password or letter gave, and the second factor."""

    ticket: Annotated[str, Field(max_length=100)]
    code: Annotated[str, Field(max_length=100)] = Field(
        description="Six digits of the app, or a recovery code."
    )


class NewReader(Input):
    """A new account without a password."""

    name: Name
    email: Email


class SignUp(NewReader):
    """A new account."""

    password: Password


class AskedLetter(Input):
    """Where a letter goes that signs its reader in."""

    email: Email
    handoff: Annotated[
        Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")] | None,
        BeforeValidator(nothing_if_empty),
    ] = Field(None, description="The challenge of a handoff that the letter's link goes on to.")


class GivenCode(Input):
    """The six digits of a letter."""

    ticket: Annotated[str, Field(max_length=100)] = Field(
        description="What asking for the letter was answered with."
    )
    code: Code
    name: Annotated[Name | None, BeforeValidator(nothing_if_empty)] = Field(
        None, description="Asked for when the address has no account yet, which makes one."
    )


class ChosenName(Input):
    """The name of an account that is made at the end of a way in."""

    name: Name


class NewHandoff(Input):
    """A page that asks to be signed in through a window."""

    challenge: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")] = Field(
        description="SHA-256 of the page's secret, in base64url without padding."
    )


class Handoff(Input):
    """The page's secret, once the window has said yes."""

    verifier: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")] = Field(
        description="32 random bytes in base64url without padding."
    )


class Profile(Input):
    """What an account says of itself."""

    name: Name
    bio: Annotated[str, AfterValidator(about_oneself)] = ""
    link: Annotated[Website | None, BeforeValidator(nothing_if_empty)] = None
    shown: bool = Field(False, description="Whether everybody may read it on a page of its own.")


class NewEmail(Input):
    """Another mail address for an account."""

    email: Email


class Claim(Input):
    """What was written as a guest, and is one's own from now on."""

    comments: Id = Field(description="How many there were when one said yes.")


class Forgotten(Input):
    """Where the letter with a link for a new password goes."""

    email: Email


class NewPassword(Input):
    """A new password, chosen through a letter's link."""

    password: Password


class NewDecision(Input):
    """What a moderator decides on a comment, and why."""

    decision: Literal["publish", "spam", "delete", "undo"]
    reason: Annotated[str, Field(max_length=MAX_REASON_CHARS), AfterValidator(one_line)] = ""


def parse(model: type[Model], data: object) -> Model:
    """`data` as `model`; raises InvalidInput with a message for each wrong field."""
    if not isinstance(data, dict):
        raise InvalidInput(Message("A JSON object is needed here, not an array or a single value."))
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise InvalidInput(fields=_messages(error)) from None


def from_form(model: type[Model], form: Mapping[str, str]) -> Model:
    """The fields of a plain form as `model`: what is missing or empty counts as not given."""
    data: dict[str, Any] = {name: form[name] for name in model.model_fields if form.get(name)}
    if isinstance(parent := data.get("parent"), str):
        data["parent"] = int(parent) if re.fullmatch(r"[0-9]{1,19}", parent) else 0
    return parse(model, data)


def _messages(error: ValidationError) -> dict[str, str]:
    messages: dict[str, str] = {}
    for each in error.errors(include_url=False, include_input=False):
        context = each.get("ctx", {})
        text: str
        match each["type"]:
            case "missing":
                text = Message("Please fill this in.")
            case "extra_forbidden":
                text = Message("This field is not known here.")
            case "string_too_long":
                text = Message("At most {max:,} characters, please.", max=context["max_length"])
            case "string_pattern_mismatch":
                text = Message("Use 8 to 80 letters, digits, dots, colons, dashes and underscores.")
            case "greater_than_equal" | "less_than_equal":
                text = Message("This is not the number of a comment.")
            case "literal_error":
                text = Message("Choose one of {words}.", words=context["expected"])
            case "value_error":
                # The very message that the validator raised, so that it can be translated.
                text = context["error"].args[0]
            case _:
                text = f"{each['msg']}."
        messages.setdefault(str(each["loc"][0]) if each["loc"] else "body", text)
    return messages
