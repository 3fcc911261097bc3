"""A form on a page: shown, acted on, shown again with what was wrong."""

from collections.abc import Callable
from typing import Any

from flask import Response, request

from comments_service import by_writer, sessions
from comments_service.accounts.login import Entry
from comments_service.db import writing
from comments_service.errors import Message, ProofRequired, ServiceError, SignInRequired
from comments_service.models import Session
from comments_service.web import answers, cookies, visitor

Answer = Callable[[], Response]

# What no page gives back after a mistake.
SECRET_FIELDS = ("password", "code", "ticket")


def form_page(template: str, act: Answer, **context: Any) -> Response:
    """Show a form, or do what it asks for and show it again with what was wrong."""
    error: ServiceError | None = None
    if request.method == "POST":
        try:
            return act()
        except (ProofRequired, SignInRequired):
            # Another page's to ask for; whose form it was may have left at this very moment.
            raise
        except ServiceError as raised:
            error = raised
    return answers.page(
        template,
        error.status if error else 200,
        values={
            name: value
            for name, value in request.form.items()
            if not any(secret in name for secret in SECRET_FIELDS)
        },
        error=error,
        errors=error.fields if error else {},
        **context,
    )


def entered(entry: Entry, target: str) -> Response:
    """After a first factor: on to where one wanted to go, or first the second factor.

    Whoever wrote here as a guest before is asked on the way whether those comments are his.
    """
    if entry.session is None:
        return answers.page(
            "accounts/sign-in-second-factor.html",
            401,
            ticket=entry.token,
            next=target,
            error=None,
            errors={},
        )
    visitor.become(entry.session)
    if by_writer.claimable_count(entry.session):
        target = answers.onward("personal_data.claim", target)
    return cookies.know(answers.see_other(target, entry.token), entry.session.account)


def proved_again(session: Session, target: str, *, strong: bool = False) -> Response:
    """After somebody who is signed in showed again who he is: on, with another token."""
    with writing():
        sessions.prove(session, strong=strong)
        token = sessions.renew(session)
    answers.say(Message("Thank you. Now continue where you were."))
    return answers.see_other(target, token)
