"""People, for moderators' programs: accounts and guests, bans, notes, and one decision on all of theirs."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, current_app, request

from comments_service import banning, bans, i18n, people
from comments_service.accounts import roles
from comments_service.errors import Message, NotAllowed
from comments_service.inputs import (
    DecisionOnPerson,
    NewBan,
    NewNetworkBan,
    NewPersonNote,
    NewRole,
    Nothing,
)
from comments_service.models import Account, Ban, PersonNote, Role, Status
from comments_service.people import Person
from comments_service.web import answers, visitor
from comments_service.web.api.content import page_number, waiting
from comments_service.web.routes import Guard, route

bp = Blueprint("people", __name__)

WHO = "moderators and owners"
REFUSED = (401, 403)


def ban_content(ban: Ban) -> dict[str, Any]:
    return {
        "id": ban.id,
        "reason": ban.reason,
        "made_at": i18n.stamp(ban.made_at),
        "ends_at": i18n.stamp(ban.ends_at) if ban.ends_at else None,
        "ended_at": i18n.stamp(ban.ended_at) if ban.ended_at else None,
        "holds": bans.holds(ban),
    }


def note_content(note: PersonNote) -> dict[str, Any]:
    return {
        "id": note.id,
        "text": note.text,
        "by": note.moderator.name if note.moderator else None,
        "made_at": i18n.stamp(note.made_at),
    }


def account_content(account: Account, ban: Ban | None) -> dict[str, Any]:
    return {
        "id": account.public_id,
        "name": account.name,
        "role": str(account.role),
        "email": account.email,
        "email_verified": account.email_verified_at is not None,
        "created_at": i18n.stamp(account.created_at),
        "ban": ban_content(ban) if ban else None,
    }


def person_content(person: Person) -> dict[str, Any]:
    found = people.overview(person)
    given = request.args.get("state", "")
    state = Status(given) if given in [*Status] else None
    said = people.wrote(person, state, page_number())
    guest = {"role": "guest", "email": None, "email_verified": False, "created_at": None}
    about = (
        account_content(person.account, found.ban)
        if person.account
        else {
            "id": person.key,
            "name": person.name,
            **guest,
            "ban": ban_content(found.ban) if found.ban else None,
        }
    )
    return {
        **about,
        "counts": {str(status): number for status, number in found.counts.items()},
        "network_known": found.network_known,
        "bans": [ban_content(each) for each in found.bans],
        "notes": [note_content(each) for each in found.notes],
        "comments": waiting(said.comments),
        "page": said.page,
        "pages": said.pages,
    }


@route(
    bp,
    "GET /people",
    "Accounts, by words, role, and whether they are banned",
    guard=Guard.MODERATOR,
    who=WHO,
    answers={200: "People"},
    problems=(*REFUSED, 422),
    query=("q", "role", "banned", "page"),
)
def listed() -> Response:
    visitor.looks_after()
    asked = request.args.get("role", "")
    found = people.listed(
        words=request.args.get("q", ""),
        role=Role(asked) if asked in [*Role] else None,
        banned=request.args.get("banned") == "yes",
        page=page_number(),
    )
    return answers.json(
        {
            "people": [account_content(each, found.banned.get(each.id)) for each in found.people],
            "total": found.total,
            "page": found.page,
            "pages": found.pages,
        }
    )


@route(
    bp,
    "GET /people/<public_id>",
    "A person: comments, notes, bans",
    guard=Guard.MODERATOR,
    who=WHO,
    answers={200: "Person"},
    problems=(*REFUSED, 404, 422),
    query=("state", "page"),
)
def one(public_id: str) -> Response:
    """An account by its public id, or a guest: `guest-17`, by the session in which he wrote."""
    visitor.looks_after()
    return answers.json(person_content(people.get(public_id)))


@route(
    bp,
    "POST /people/<public_id>/bans",
    "Take nothing more of a person",
    guard=Guard.MODERATOR,
    who=WHO,
    body=NewBan,
    answers={201: "NewBanAnswer"},
    problems=(*REFUSED, 404),
)
def ban(public_id: str, given: NewBan) -> Response:
    """Of what he wrote, at most 200 comments are decided on at once; `left` are for another time."""
    moderator = visitor.looks_after()
    person = people.get(public_id)
    made = ban_content(banning.ban(person, moderator, given))
    decided = banning.Decided(0, 0)
    if given.also != "nothing":
        decision = DecisionOnPerson(decision=given.also, reason=given.reason)
        decided = banning.decide_all(person, moderator, decision)
    return answers.json({"ban": made, **decided._asdict()}, 201)


@route(
    bp,
    "POST /people/<public_id>/notes",
    "Note something about a person",
    guard=Guard.MODERATOR,
    who=WHO,
    body=NewPersonNote,
    answers={201: "PersonNotes"},
    problems=(*REFUSED, 404),
)
def note(public_id: str, given: NewPersonNote) -> Response:
    """Other moderators read it, and the person finds it in the export of his data."""
    person = people.get(public_id)
    banning.note(person, visitor.looks_after(), given)
    notes: Sequence[PersonNote] = people.notes(person)
    return answers.json({"notes": [note_content(each) for each in notes]}, 201)


@route(
    bp,
    "POST /people/<public_id>/decisions",
    "Decide on all that a person wrote",
    guard=Guard.MODERATOR,
    who=WHO,
    body=DecisionOnPerson,
    answers={200: "DecidedAll"},
    problems=(*REFUSED, 404),
)
def decide_all(public_id: str, given: DecisionOnPerson) -> Response:
    """At most 200 comments at once, the newest first; each decision can be undone by itself."""
    moderator = visitor.looks_after()
    decided = banning.decide_all(people.get(public_id), moderator, given)
    return answers.json(decided._asdict())


@route(
    bp,
    "POST /people/<public_id>/role",
    "Give an account a role; its sessions end",
    guard=Guard.OWNER,
    who="owners, freshly proved",
    body=NewRole,
    answers={200: "Person"},
    problems=(*REFUSED, 404, 422),
)
def role(public_id: str, given: NewRole) -> Response:
    visitor.freshly_proved()
    person = people.get(public_id)
    if person.account is None:
        raise NotAllowed(Message("Guests have no role: it needs an account."))
    roles.give(person.account.id, Role(given.role))
    return answers.json(person_content(people.get(public_id)))


@route(
    bp,
    "GET /networks",
    "Bans of networks",
    guard=Guard.MODERATOR,
    who=WHO,
    answers={200: "Bans"},
    problems=REFUSED,
)
def networks() -> Response:
    visitor.looks_after()
    return answers.json({"bans": [ban_content(each) for each in bans.of_networks()]})


@route(
    bp,
    "POST /networks",
    "Take nothing more from a network",
    guard=Guard.MODERATOR,
    who=WHO,
    body=NewNetworkBan,
    answers={201: "Ban"},
    problems=REFUSED,
)
def ban_network(given: NewNetworkBan) -> Response:
    """The address is hashed, and not kept."""
    key, own = str(current_app.secret_key), visitor.client_address()
    return answers.json(
        ban_content(banning.ban_network(visitor.looks_after(), given, key, own)), 201
    )


@route(
    bp,
    "POST /bans/<id:ban_id>/end",
    "End a ban before its time",
    guard=Guard.MODERATOR,
    who=WHO,
    body=Nothing,
    answers={200: "Ban"},
    problems=(*REFUSED, 404),
)
def end(ban_id: int, given: Nothing) -> Response:
    return answers.json(ban_content(banning.end(ban_id, visitor.looks_after())))
