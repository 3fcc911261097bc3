"""What the API's answers hold; `schemas` describes the same to programs."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flask import request

from comments_service import by_writer, comments, i18n, threads
from comments_service.config import Settings
from comments_service.errors import InvalidInput, Message
from comments_service.models import Comment, Thread
from comments_service.publishing import snapshots
from comments_service.web import params, visitor


def page_number(last: int | None = None) -> int:
    """The page asked for, from 1. Raises InvalidInput for one that cannot be."""
    number = request.args.get("page", 0 if "page" in request.args else 1, type=params.page_number)
    if not 1 <= number <= (last or params.MAX_PAGE):
        raise InvalidInput(
            fields={"page": Message("The pages are numbered 1 to {last}.", last=last or "…")}
        )
    return number


def language(thread: Thread) -> str:
    """The language asked for, if the article is there in it."""
    asked = request.args.get("lang", "")
    return asked if asked in threads.languages(thread) else thread.lang


def own(mine: Sequence[Comment], settings: Settings) -> list[dict[str, Any]]:
    """Comments for their writer: with source, markup, and how long they can be changed."""
    asking = visitor.current()
    found = []
    for comment, shown in zip(mine, threads.shown(mine), strict=True):
        thread = comment.thread
        lang = language(thread)
        editable = comments.may_edit(comment, asking, settings)
        found.append(
            {
                **snapshots.comment_json(shown, threads.address(thread, lang)),
                "source": comment.source,
                "fragment": snapshots.item(shown, thread, lang, settings),
                "editable_until": i18n.stamp(comments.editable_until(comment, settings))
                if editable
                else None,
                "deletable": editable,
            }
        )
    return found


def waiting(queue: Sequence[Comment]) -> list[dict[str, Any]]:
    """Comments for a moderator: whole whatever their state, with source and reasons."""
    lang = visitor.language()
    return [
        {
            **snapshots.comment_json(replace(shown, gone=False), comment.thread.url),
            "source": comment.source,
            "version": comment.version,
            "reasons": [i18n.say(lang, each) for each in comment.reasons],
            "thread_title": comment.thread.title,
        }
        for comment, shown in zip(queue, threads.shown(queue), strict=True)
    ]


def me(thread_id: str, settings: Settings) -> dict[str, Any]:
    session = visitor.session()
    account = session.account if session else None
    mine = by_writer.in_thread(session, thread_id) if session and thread_id else []
    return {
        "account": account
        and {
            "id": account.public_id,
            "name": account.name,
            "role": str(account.role),
            "email": account.email,
            "email_verified": account.email_verified_at is not None,
        },
        # What was written as a guest in this browser, and can be taken over on a page of the service.
        "claimable": by_writer.claimable_count(session),
        "comments": own(mine, settings),
    }
