"""The forms of a comment: writing it, and deciding on it."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from comments_service.errors import Message
from comments_service.inputs.fields import (
    MAX_BODY_CHARS,
    MAX_REASON_CHARS,
    Body,
    Email,
    Id,
    Name,
    Website,
    language_tag,
    noted_words,
    nothing_if_empty,
    one_line,
    plain_text,
    without_nul,
    words_after,
    words_before,
)
from comments_service.inputs.parsing import Input
from formats.passages import MOST_CHARACTERS, NEIGHBOUR_CHARACTERS

MAX_NOTE_CHARS = 2_000
# Named one by one; all that match can be more.
MAX_TOGETHER = 500


def ticked(value: object) -> object:
    """A form's box says "yes" where it is ticked."""
    return True if value == "yes" else value


def needs_address(wanted: bool, info: ValidationInfo) -> bool:
    """Whether answers are e-mailed: somewhere they can go. What is wrong with an address is said there."""
    if wanted and info.data.get("email", "") is None:
        raise ValueError(Message("To be e-mailed answers, please enter your address as well."))
    return wanted


def moment(text: str) -> str:
    """A time with its zone, as ISO 8601 writes it."""
    try:
        aware = datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        aware = False
    if not aware:
        raise ValueError(Message("This is not a time with its zone."))
    return text


SubmissionKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{8,80}$")]
Key = Annotated[
    SubmissionKey | None,
    Field(
        description="Idempotency key: a random word that the client makes once for each comment."
        " The same submission sent again with it is answered as the first was.",
    ),
]
# What an address of the queue holds; a name is the longest.
Text = Annotated[str, Field(max_length=1_000), AfterValidator(without_nul)]


class NewPassage(Input):
    """The words of the article that a note is about, with what stands around them there."""

    exact: Annotated[str, AfterValidator(noted_words)] = Field(
        json_schema_extra={"minLength": 1},
        description=f"1 to {MOST_CHARACTERS} characters of the article's text, white space collapsed.",
    )
    prefix: Annotated[str, AfterValidator(words_before)] = Field(
        "", description=f"What stands before them, at most {NEIGHBOUR_CHARACTERS} characters."
    )
    suffix: Annotated[str, AfterValidator(words_after)] = Field(
        "", description="What stands after."
    )
    lang: Annotated[str, AfterValidator(language_tag)] | Literal[""] = Field(
        "", description="The language of the page; the article's own where it is left out."
    )


class NewComment(Input):
    """A comment that a reader posts."""

    body: Body = Field(
        description=f"Markdown, 1 to {MAX_BODY_CHARS} characters, or fewer where the owner says so."
    )
    parent: Id | None = Field(None, description="The comment that is answered.")
    passage: NewPassage | None = Field(
        None, description="Makes it a note on words of the article. A note answers no comment."
    )
    name: Annotated[Name | None, BeforeValidator(nothing_if_empty)] = Field(
        None, description="Needed of guests; an account's own name is used otherwise."
    )
    email: Annotated[Email | None, BeforeValidator(nothing_if_empty)] = Field(
        None, description="Never shown."
    )
    website: Annotated[Website | None, BeforeValidator(nothing_if_empty)] = None
    notify: Annotated[
        bool,
        BeforeValidator(ticked),
        AfterValidator(needs_address),
        Field(
            description="E-mail answers to a guest's `email`, once its owner has said yes. Accounts"
            " choose it by `notifications`."
        ),
    ] = False
    key: Key = None
    homepage_url: Annotated[str, Field(max_length=1000)] = Field(
        "", description="A trap for robots: leave it empty."
    )
    proof_of_work: Annotated[str, Field(max_length=2000)] = Field(
        "",
        description="Of a guest, where the owner asks for it: the solved challenge of `proof-of-work`,"
        " as ALTCHA's payload in Base64. Without it the comment may wait for a moderator.",
    )


def with_passage(form: Mapping[str, str]) -> dict[str, Any]:
    """A plain form's fields, with the passage that is in four of them; an empty one is none."""
    fields: dict[str, Any] = {name: form[name] for name in form}
    passage = {name: form.get(f"passage_{name}", "") for name in NewPassage.model_fields}
    return {**fields, "passage": passage if passage["exact"].strip() else None}


class Submission(Input):
    """A comment that is being written, by the key with which it will be posted."""

    key: SubmissionKey


def taken_off(value: object) -> None:
    """The words that a note is about are the article's: they go, or stay as they are."""
    if value is not None:
        raise ValueError(
            Message("The words that a note is about cannot be changed; they can be taken off.")
        )


class WithoutPassage(Input):
    """What may take the words off that a note is about, by a `passage` of null."""

    passage: Annotated[
        None,
        BeforeValidator(taken_off),
        Field(
            description="Null takes the words off that a note is about; leave it out to keep them."
        ),
    ] = None

    @property
    def takes_passage_off(self) -> bool:
        return "passage" in self.model_fields_set


class EditedComment(WithoutPassage):
    """A comment's new text."""

    body: Body


class Preview(Input):
    """Markdown to be shown as it would appear."""

    body: Body


def number_of_vote(value: object) -> object:
    """A form says it by letters."""
    return {"1": 1, "-1": -1}.get(value, value) if isinstance(value, str) else value


class NewVote(Input):
    """A vote on a comment."""

    value: Annotated[
        Literal[1, -1],
        BeforeValidator(number_of_vote),
        Field(description="1 for the comment, -1 against it where the owner lets one."),
    ]


def numbers(value: object) -> object:
    """Numbers with commas between them, as a form has them, or a list of them."""
    parts = value.split(",") if isinstance(value, str) else None
    if parts and all(re.fullmatch(r"[0-9]{1,18}", each) for each in parts):
        return [int(each) for each in parts]
    return value


class NewDecision(Input):
    """What a moderator decides on a comment, and why."""

    decision: Literal["publish", "spam", "delete", "undo"]
    reason: Annotated[str, Field(max_length=MAX_REASON_CHARS), AfterValidator(one_line)] = ""
    tell: Annotated[
        bool,
        BeforeValidator(ticked),
        Field(
            description="Whether the writer is told that the comment was not published, with the"
            " reason. Without an address that was confirmed there is nobody to tell."
        ),
    ] = False
    mine: Annotated[
        bool,
        BeforeValidator(ticked),
        Field(description="Undo only what one has decided oneself: refused where it was another."),
    ] = False
    undoes: Annotated[
        list[Id],
        BeforeValidator(numbers),
        Field(
            max_length=MAX_TOGETHER,
            description="Undo these decisions and no earlier ones: a second press of the same button"
            " finds nothing to undo.",
        ),
    ] = Field(default_factory=list)
    version: Annotated[
        Id, Field(description="The version that the moderator saw: 1 for what was never edited.")
    ] = 1


class SeenComment(Input):
    """A comment in the version that a moderator saw."""

    id: Id
    version: Id = 1


class Matching(Input):
    """All comments that a list of the queue held, in the words of its address."""

    status: str = "pending"
    thread: Text = ""
    person: Text = ""
    why: Text = ""
    q: Text = ""
    until: Annotated[
        str,
        AfterValidator(moment),
        Field(description="`as_of` of the list: what came or was edited later is left."),
    ]


class NewDecisions(NewDecision):
    """One decision on several comments: those named, or all that match, or what was decided together."""

    version: Literal[1] = 1
    comments: list[SeenComment] = Field(default_factory=list, max_length=MAX_TOGETHER)
    matching: Matching | None = None
    batch: Annotated[
        str,
        Field(pattern=r"^[0-9a-f]{20}$", description="For `undo`: the word of an earlier answer."),
    ] = ""


class Correction(WithoutPassage):
    """A moderator's new text for a comment of somebody else."""

    body: Body
    reason: Annotated[
        str, Field(min_length=1, max_length=MAX_REASON_CHARS), AfterValidator(one_line)
    ] = Field(description="Kept, and told to the comment's writer.")
    forget: Annotated[
        bool,
        BeforeValidator(ticked),
        Field(description="Whether all that the comment said before is forgotten for good."),
    ] = False
    version: Annotated[Id, Field(description="The version that the moderator saw.")] = 1


class Answer(Input):
    """A moderator's answer to a comment, which publishes that comment."""

    body: Body
    key: Key = None
    version: Annotated[Id, Field(description="The version that the moderator saw.")] = 1


class Anchor(Input):
    """Other words of the article, which a note is about from now on."""

    words: Annotated[str, AfterValidator(noted_words)] | None = Field(
        description="As they stand in the article's built page, exactly once. Null: the note becomes a"
        " comment that quotes the words it was about."
    )


class NewNote(Input):
    """What a moderator tells the others of a comment."""

    text: Annotated[str, Field(min_length=1, max_length=MAX_NOTE_CHARS), AfterValidator(plain_text)]


class ReplyToKeep(Input):
    """An answer that is given again and again, and what it is called."""

    title: Annotated[str, Field(min_length=1, max_length=80), AfterValidator(one_line)]
    body: Body


_seen = re.compile(r"([0-9]{1,18})(?:\.([0-9]{1,9}))?", re.ASCII)


def as_seen(number: int, version: int) -> str:
    """How forms and commands name a comment in a version: `17`, or `17.2` once it was edited."""
    return f"{number}.{version}" if version > 1 else str(number)


def seen(text: str) -> tuple[int, int]:
    """A comment's number and the version that somebody saw, as `as_seen` names them. Raises ValueError."""
    found = _seen.fullmatch(text)
    number, version = (int(found[1]), int(found[2] or 1)) if found else (0, 0)
    if not (number and version):
        raise ValueError(text)
    return number, version
