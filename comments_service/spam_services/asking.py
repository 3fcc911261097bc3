"""Asking: what waits to be asked is sent to its service, tried again for an hour, and then let go."""

import logging
from collections.abc import Callable
from datetime import timedelta

from comments_service import claims, comments, threads
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.errors import UnknownComment
from comments_service.hooks.connection import FAILURES, Refused, networks, post
from comments_service.i18n import stamp
from comments_service.models import STAFF, Comment, Question, SpamQuestion, Status, now
from comments_service.spam import outside
from comments_service.spam_services.services import SERVICES, About, NoAnswer

BATCH = 50
# Longer than an answer takes, whatever the service does.
LEASE = timedelta(minutes=5)
WAITS = tuple(timedelta(seconds=each) for each in (10, 60, 600, 3_000))
MAX_ATTEMPTS = len(WAITS) + 1

log = logging.getLogger(__name__)


def _nothing() -> None:
    """No sign of life, where no worker asks."""


def ask_waiting(settings: Settings, beat: Callable[[], None] = _nothing) -> int:
    """Ask what is due; returns how much was answered. A service that fails is left alone for this round."""
    answered, failing = 0, set[str]()
    for _ in range(BATCH if settings.spam_services else 0):
        question = claims.take(
            SpamQuestion,
            SpamQuestion.service.in_(settings.spam_services),
            SpamQuestion.service.not_in(failing),
            lease=LEASE,
            max_attempts=MAX_ATTEMPTS,
        )
        if question is None:
            break
        beat()
        about = _about(question, settings)
        # Nothing is read from the database while the service thinks.
        db.session.expunge(question)
        db.session.rollback()
        if about is None:
            _done(question)
            continue
        service = SERVICES[question.service]
        try:
            sent = service.request(question.question, about, settings)
            allowed = networks(settings.hook_networks)
            headers = {"User-Agent": "Postil", **sent.headers}
            verdict = service.verdict(
                question.question, post(sent.url, sent.body, headers, allowed)
            )
        except (*FAILURES, Refused, NoAnswer) as failure:
            _failed(question, failure)
            failing.add(question.service)
            continue
        if verdict:
            reason = outside.REASONS[question.service]
            comments.doubt(about.id, about.version, reason, since=question.created_at)
        _done(question)
        answered += 1
    return answered


def _about(question: SpamQuestion, settings: Settings) -> About | None:
    """What there is to say; None where nobody needs an answer any more, or staff wrote it."""
    try:
        comment = threads.comment(question.comment_id)
    except UnknownComment:
        return None
    if not comment.source or (comment.account and comment.account.role in STAFF):
        return None
    if not _asks(question.question, comment):
        return None
    return About(
        id=comment.id,
        version=comment.version,
        text=comment.source,
        name=threads.shown([comment])[0].name,
        website=comment.website or "",
        article=comment.thread.title,
        url=threads.comment_address(comment.thread, comment.id, settings),
        lang=comment.thread.lang,
        created_at=stamp(comment.created_at),
    )


def _asks(question: Question, comment: Comment) -> bool:
    """Whether it still is as it was when the question was written down."""
    match question:
        case Question.CHECK:
            return comment.status in (Status.PENDING, Status.PUBLISHED)
        case Question.IS_SPAM:
            return comment.status is Status.REJECTED
        case Question.IS_GENUINE:
            return comment.status is Status.PUBLISHED


def _done(question: SpamQuestion) -> None:
    with writing():
        claims.finish(question, None)


def _failed(question: SpamQuestion, failure: Exception) -> None:
    given_up = question.next_attempt_at is None
    word = "is given up" if given_up else "is asked again later"
    # Neither the address nor what was sent: they hold the key.
    said = f"{type(failure).__name__}: {failure}"[:300].replace("\0", "")
    log.warning("%s %s about comment %s: %s", question.service, word, question.comment_id, said)
    with writing():
        if given_up:
            claims.finish(question, None)
        else:
            values = {"next_attempt_at": now() + WAITS[question.attempts - 1]}
            claims.finish(question, values)
