"""What a template is given that shows the form of a comment, or makes an account.

Gathered here for the thread's file, the embed's parts and the service's own pages alike, so that
another setting of the form is named once.
"""

from typing import TypedDict

from comments_service import markup, rules
from comments_service.config import Settings


class FormContext(TypedDict):
    """The names that `thread/form.html` and `parts.html` know."""

    guests: bool
    sign_up: bool
    # Whether a first comment waits because it is one.
    first_waits: bool
    # Whether a guest's browser computes meanwhile.
    proves: bool
    # What the owner says below the form, as HTML; empty: nothing.
    consent: str


def form_context(settings: Settings) -> FormContext:
    settings = rules.applied(settings)
    return FormContext(
        guests=settings.guests,
        sign_up=settings.sign_up,
        first_waits=settings.trust_after > 0,
        proves=settings.guests and settings.proof_of_work,
        consent=markup.render(settings.consent) if settings.consent else "",
    )
