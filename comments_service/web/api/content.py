"""What the API's answers hold; `schemas` describes the same to programs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import Response, request

from comments_service import (
    by_writer,
    comments,
    differences,
    i18n,
    moderation_queue,
    threads,
)
from comments_service.config import Settings
from comments_service.errors import CommentChanged, InvalidInput, Message
from comments_service.models import Comment, Thread
from comments_service.notifications import subscriptions
from comments_service.publishing import snapshots
from comments_service.web import answers, params, visitor


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
    corrections = by_writer.corrections(mine)
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
                **({"correction": corrections[comment.id]} if comment.id in corrections else {}),
            }
        )
    return found


def waiting(queue: Sequence[Comment]) -> list[dict[str, Any]]:
    """Comments for a moderator: whole whatever their state, with source and reasons."""
    return [_card(each) for each in moderation_queue.cards(queue)]


def changed(comments: Sequence[Comment], seen: Mapping[int, int]) -> list[dict[str, Any]]:
    """Those that were edited after a moderator saw them: what he saw beside what they say now."""
    return [
        {
            "comment": _card(each.card),
            "before": each.before,
            "difference": difference(each.edit),
        }
        for each in moderation_queue.changed(comments, seen)
    ]


def comment_changed(error: CommentChanged) -> Response:
    """The problem, with the comment as it stands now beside what was seen."""
    answer = answers.answer_error(error)
    found = changed([threads.comment(error.comment_id)], {error.comment_id: error.seen})
    body = answer.get_json() | (found[0] if found else {})
    return answers.json(body, error.status, "application/problem+json")


def _card(card: moderation_queue.Card) -> dict[str, Any]:
    lang, comment = visitor.language(), card.comment
    return {
        **snapshots.comment_json(replace(card.shown, gone=False), comment.thread.url),
        "source": comment.source,
        "version": comment.version,
        "reasons": [i18n.say(lang, each) for each in comment.reasons],
        "thread_title": comment.thread.title,
        "person": card.person,
        "answers": card.answers,
        "difference": difference(card.edit),
        "notes": card.notes,
    }


def difference(parts: Sequence[differences.Part]) -> list[dict[str, str]]:
    return [{"kind": str(each.kind), "text": each.text} for each in parts]


def me(thread_id: str, settings: Settings) -> dict[str, Any]:
    session = visitor.session()
    account = session.account if session else None
    mine = by_writer.in_thread(session, thread_id) if session and thread_id else []
    voting = thread_id and settings.votes != "off"
    votes = comments.votes_in(session, thread_id) if voting else {}
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
        "level": str(subscriptions.level_of(account.id, thread_id))
        if account and thread_id
        else None,
        "comments": own(mine, settings),
        "votes": {str(each): value for each, value in votes.items()},
    }
