"""The forms of an account: making it, signing in, what it says of itself."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from comments_service.inputs.fields import (
    MAX_PASSWORD_CHARS,
    Code,
    Email,
    Id,
    Name,
    Password,
    Website,
    about_oneself,
    nothing_if_empty,
    without_nul,
)
from comments_service.inputs.parsing import Input


class Nothing(Input):
    """An empty object: a request that says all by its address is JSON all the same."""


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
    """The ticket that a right password or e-mailed code gave, and the second factor."""

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


class AskedLink(Input):
    """Where an e-mail goes that signs its reader in."""

    email: Email
    handoff: Annotated[
        Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")] | None,
        BeforeValidator(nothing_if_empty),
    ] = Field(None, description="The challenge of a handoff that the e-mail's link goes on to.")


class GivenCode(Input):
    """The six digits of an e-mail."""

    ticket: Annotated[str, Field(max_length=100)] = Field(
        description="What asking for the e-mail was answered with."
    )
    code: Code
    name: Annotated[Name | None, BeforeValidator(nothing_if_empty)] = Field(
        None, description="Asked for when the address has no account yet, which makes one."
    )


class ChosenName(Input):
    """The name of an account that is made at the end of signing in."""

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
    """Where the e-mail with a link for a new password goes."""

    email: Email


class NewPassword(Input):
    """A new password, chosen through an e-mail's link."""

    password: Password
