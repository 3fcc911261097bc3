"""JSON under `/comments/api/v1`, for the embed and for programs of others.

    route                                 guard               answers
    GET    threads/<id>/comments          –                   200 one page of the thread
    POST   threads/<id>/comments          origin, rate        201 published, 202 held
    PATCH  comments/<id>                  origin, its writer  200 the comment
    DELETE comments/<id>                  origin, its writer  200 the comment, emptied
    POST   preview                        origin              200 its HTML
    GET    me                             –                   200 one's account and comments
    POST   session                        origin, rate        201 signed in
    POST   session/second                 origin, rate        201 signed in
    POST   session/passkey                origin, ticket      201 signed in
    POST   passkeys/question              origin, rate        200 what a passkey is asked
    POST   passkeys/offer                 origin, fresh proof 200 what a device is asked for
    POST   passkeys                       origin, fresh proof 201 the passkey
    POST   session/letter                 origin, rate        202 always the same
    POST   session/code                   ticket, tries       201 signed in
    DELETE session                        origin              204
    POST   handoffs                       origin, rate        201 where a window signs in for a page
    POST   session/claim                  origin, signed in   200 a guest's comments are one's own
    POST   session/handoff                origin, its secret  201 signed in, 202 not yet
    POST   accounts                       origin, rate        202 always the same
    GET    moderation/queue               moderator           200 what waits
    POST   comments/<id>/decisions        origin, moderator   201 the decision
    PUT    manifest                       token, rate         200 how many threads there are
    GET    openapi.json                   –                   200 this table for programs

Origin, size and errors are checked for all of them in `web/guard.py`.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson
from flask import Blueprint, Response, request

from comments_service import (
    account_comments,
    by_writer,
    comments,
    config,
    i18n,
    moderation_queue,
    sessions,
    threads,
)
from comments_service.accounts import (
    email_verification,
    handoff,
    magic_link,
    passkeys,
    passwords,
    totp,
)
from comments_service.accounts.login import Entry
from comments_service.errors import (
    InvalidInput,
    InvalidManifest,
    MalformedJSON,
    Message,
    SecondFactorRequired,
    SignInRequired,
    WrongContentType,
)
from comments_service.inputs import (
    AskedLetter,
    Claim,
    EditedComment,
    GivenCode,
    Handoff,
    Model,
    NewComment,
    NewDecision,
    NewHandoff,
    NewPasskey,
    Nothing,
    PasskeyAnswer,
    Preview,
    SecondStep,
    SignIn,
    parse,
)
from comments_service.models import Comment, Status
from comments_service.publishing import manifest, publisher, snapshots
from comments_service.web import answers, browser_cookie, form_page, visitor
from comments_service.web.api.openapi import document

doors = Blueprint("api", __name__)


def body(model: type[Model]) -> Model:
    """The request's JSON as `model`. Raises WrongContentType, MalformedJSON, InvalidInput."""
    if request.mimetype != "application/json":
        raise WrongContentType
    try:
        data = orjson.loads(request.get_data())
    except orjson.JSONDecodeError as error:
        raise MalformedJSON(
            Message("The body is not JSON that can be read: {reason}", reason=str(error))
        ) from None
    return parse(model, data)


@doors.get("/threads/<thread_id>/comments")
def read_thread(thread_id: str) -> Response:
    thread = threads.get(thread_id)
    settings = config.current()
    conversation = threads.conversation(thread.id)
    cut = threads.pages(conversation, settings.page_size)
    number = page_number(len(cut))
    count = threads.count(conversation)
    shown = cut[number - 1]
    return answers.json(
        snapshots.as_json(thread, thread.lang, shown, number, len(cut), count, settings)
    )


@doors.post("/threads/<thread_id>/comments")
def post_comment(thread_id: str) -> Response:
    posted = comments.post(thread_id, visitor.current(), body(NewComment))
    visitor.become(posted.session)
    published = posted.comment.status is Status.PUBLISHED
    answer = answers.json(own([posted.comment])[0], 201 if published else 202)
    return visitor.remember(answer, posted.token)


@doors.patch("/comments/<id:comment_id>")
def edit_comment(comment_id: int) -> Response:
    return answers.json(own([comments.edit(comment_id, visitor.current(), body(EditedComment))])[0])


@doors.delete("/comments/<id:comment_id>")
def delete_comment(comment_id: int) -> Response:
    return answers.json(own([comments.delete(comment_id, visitor.current())])[0])


@doors.post("/preview")
def preview() -> Response:
    return answers.json({"html": comments.rendered(body(Preview).body)})


@doors.get("/me")
def read_me() -> Response:
    return answers.json(me(request.args.get("thread", "")))


@doors.post("/session")
def sign_in() -> Response:
    return entered(passwords.sign_in(body(SignIn), visitor.current()))


@doors.post("/session/second")
def second_step() -> Response:
    given = body(SecondStep)
    return entered(totp.enter_with(given.ticket, given.code, visitor.current(), visitor.language()))


@doors.post("/session/letter")
def ask_letter() -> Response:
    given, lang = body(AskedLetter), visitor.language()
    target = form_page.own(f"handoff/{given.handoff}" if given.handoff else "account")
    ticket = magic_link.ask(given.email, lang, visitor.current().network, target=target)
    detail = Message("A letter is on its way to you: open its link, or type its code.")
    return answers.json({"ticket": ticket, "detail": i18n.say(lang, detail)}, 202)


@doors.post("/session/code")
def sign_in_by_code() -> Response:
    return entered(magic_link.by_code(body(GivenCode), visitor.current()))


@doors.post("/session/passkey")
def sign_in_by_passkey() -> Response:
    given = body(PasskeyAnswer)
    return entered(passkeys.sign_in(given.ticket, given.credential, visitor.current()))


@doors.post("/passkeys/question")
def ask_passkey() -> Response:
    body(Nothing)
    return answers.json(passkeys.question(visitor.current().network))


@doors.post("/passkeys/offer")
def offer_passkey() -> Response:
    _, account = form_page.freshly_proved()
    body(Nothing)
    return answers.json(passkeys.offer(account))


@doors.post("/passkeys")
def add_passkey() -> Response:
    session, account = form_page.freshly_proved()
    lang = visitor.language()
    made = passkeys.add(account, session, body(NewPasskey), form_page.device_title(lang), lang)
    made_at = i18n.stamp(made.created_at)
    return answers.json({"id": made.id, "name": made.name, "created_at": made_at}, 201)


def entered(entry: Entry) -> Response:
    """After a way in: who one is now. Raises SecondFactorRequired, with the ticket for it."""
    if entry.session is None:
        raise SecondFactorRequired(entry.token)
    visitor.become(entry.session)
    return visitor.remember(answers.json(me(""), 201), entry.token)


@doors.delete("/session")
def sign_out() -> Response:
    if (session := visitor.session()) is not None:
        sessions.end(session)
    return visitor.forget(Response(status=204))


@doors.post("/session/claim")
def claim() -> Response:
    session = visitor.session()
    if session is None or session.account is None:
        raise SignInRequired
    if body(Claim).comments != by_writer.claimable_count(session):
        detail = Message("There are others by now. Please close this and look again.")
        raise InvalidInput(fields={"comments": detail})
    account_comments.claim(session)
    return answers.json(me(""))


@doors.post("/handoffs")
def ask_handoff() -> Response:
    asked = handoff.ask(body(NewHandoff).challenge, origin(), visitor.current().network)
    url = f"{config.current().comments_url}handoff/{asked.challenge}"
    return answers.json({"url": url, "number": asked.number}, 201)


@doors.post("/session/handoff")
def redeem_handoff() -> Response:
    entry = handoff.redeem(body(Handoff).verifier, origin(), visitor.current())
    if entry is not None:
        return entered(entry)
    detail = Message("Nobody has signed in in the other window yet.")
    return answers.json({"detail": i18n.say(visitor.language(), detail)}, 202)


def origin() -> str:
    """The origin of the page that asks, which is one that may."""
    return request.headers["Origin"].lower()


@doors.post("/accounts")
def sign_up() -> Response:
    mark = browser_cookie.made()
    given = body(email_verification.asked_for())
    email_verification.sign_up(given, visitor.language(), visitor.current().network, browser=mark)
    detail = Message("A letter is on its way to you: open its link to finish.")
    return browser_cookie.keep(
        answers.json({"detail": i18n.say(visitor.language(), detail)}, 202), mark
    )


@doors.get("/moderation/queue")
def read_queue() -> Response:
    account = visitor.moderator()
    try:
        status = Status(request.args.get("status", "pending"))
    except ValueError:
        raise InvalidInput(
            fields={"status": Message("Choose one of {words}.", words=", ".join(Status))}
        ) from None
    found = moderation_queue.queue(account, status, page=page_number())
    return answers.json(
        {
            "comments": waiting(found.comments),
            "total": found.total,
            "page": found.page,
            "pages": found.pages,
        }
    )


@doors.post("/comments/<id:comment_id>/decisions")
def decide(comment_id: int) -> Response:
    account = visitor.moderator()
    made = comments.decide(comment_id, account, body(NewDecision))
    decided = waiting([threads.comment(comment_id)])[0]
    return answers.json({"decision": made.act, "reason": made.reason, "comment": decided}, 201)


@doors.put("/manifest")
def take_manifest() -> Response:
    if request.mimetype != "application/json":
        raise WrongContentType
    try:
        listed = manifest.push(request.get_data())
    except manifest.ManifestError as error:
        raise InvalidManifest(
            Message("Nothing was taken over: {reason}", reason=str(error))
        ) from error
    publisher.wake()
    return answers.json({"threads": listed})


@doors.get("/openapi.json")
def openapi() -> Response:
    return answers.json(document(config.current()))


# ---- what answers hold


def page_number(last: int | None = None) -> int:
    """The page asked for, from 1. Raises InvalidInput for one that cannot be."""
    asked = request.args.get("page", "1")
    if not asked.isdecimal() or not asked.isascii() or not 1 <= int(asked[:12]) <= (last or 10**9):
        raise InvalidInput(
            fields={"page": Message("There are the pages 1 to {last}.", last=last or "…")}
        )
    return int(asked[:12])


def own(mine: Sequence[Comment]) -> list[dict[str, Any]]:
    """Comments for their writer: with source, markup, and how long they can be changed."""
    asking = visitor.current()
    found = []
    for comment, shown in zip(mine, threads.shown(mine), strict=True):
        thread = comment.thread
        asked = request.args.get("lang", "")
        lang = asked if asked in threads.languages(thread) else thread.lang
        editable = comments.may_edit(comment, asking)
        found.append(
            {
                **snapshots.comment_json(shown, threads.address(thread, lang)),
                "source": comment.source,
                "fragment": snapshots.item(shown, thread, lang, config.current()),
                "editable_until": i18n.stamp(comments.editable_until(comment))
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
            "reasons": [i18n.say(lang, each) for each in comment.reasons],
            "thread_title": comment.thread.title,
        }
        for comment, shown in zip(queue, threads.shown(queue), strict=True)
    ]


def me(thread_id: str) -> dict[str, Any]:
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
        "comments": own(mine),
    }
