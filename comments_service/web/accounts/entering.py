"""Where somebody goes who has just shown who he is: on, to a second factor, or to comments he may claim."""

from flask import Response

from comments_service import by_writer, sessions
from comments_service.accounts.login import Entry
from comments_service.db import writing
from comments_service.errors import Message
from comments_service.models import Session
from comments_service.web import answers, cookies, visitor


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
    visitor.remember_language(entry.session)
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
