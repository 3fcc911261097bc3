"""People in the dashboard: all accounts, one person with what can be done about him, banned networks."""

from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, request, url_for

from comments_service import avatars, banning, bans, people, threads
from comments_service.accounts import roles
from comments_service.errors import Message, NotAllowed, ProofRequired
from comments_service.inputs import (
    DecisionOnPerson,
    NewBan,
    NewNetworkBan,
    NewPersonNote,
    NewRole,
    from_form,
)
from comments_service.mail import outbox
from comments_service.models import Account, Ban, Role, Status
from comments_service.people import Person
from comments_service.web import answers, visitor
from comments_service.web.devices import device_name
from comments_service.web.form_page import form_page
from comments_service.web.params import page_number
from comments_service.web.routes import Guard, route

bp = Blueprint("people", __name__)

WHO = "moderators and owners"


def role_asked() -> Role | None:
    try:
        return Role(request.args.get("role", ""))
    except ValueError:
        return None


def state_asked() -> Status | None:
    try:
        return Status(request.args.get("state", ""))
    except ValueError:
        return None


@route(
    bp,
    "GET /moderation/people",
    "Accounts, by words, role, and whether they are banned",
    guard=Guard.MODERATOR,
    who=WHO,
)
def listed() -> Response:
    visitor.looks_after()
    words, role = request.args.get("q", ""), role_asked()
    banned = "banned" in request.args
    asked = {"q": words, "role": str(role or ""), **({"banned": "yes"} if banned else {})}
    return answers.page(
        "dashboard/people.html",
        found=people.listed(
            words=words,
            role=role,
            banned=banned,
            page=request.args.get("page", 1, type=page_number),
        ),
        words=words,
        role=str(role or ""),
        banned=banned,
        picture=picture,
        query=urlencode(asked),
    )


def picture(account: Account) -> tuple[int, str | None]:
    return avatars.hue(account.public_id, 0), avatars.pattern(account.public_id)


@route(
    bp,
    "GET POST /moderation/people/<public_id>",
    "One person: comments, decisions, sessions, notes, bans, role",
    guard=Guard.MODERATOR,
    who=f"{WHO}; a role is given by owners, freshly proved",
)
def one(public_id: str) -> Response:
    """An account by its public id, or a guest: `guest-17`, by the session in which he wrote."""
    moderator = visitor.looks_after()
    person = people.get(public_id)

    def act() -> Response:
        match request.form.get("act"):
            case "note":
                banning.note(person, moderator, from_form(NewPersonNote, request.form))
                answers.say(Message("Noted."))
            case "decide":
                say_decided(decide_all(person, moderator))
            case "role":
                try:
                    give_role(person)
                except ProofRequired:
                    # Once that is done, what was chosen stands in the form.
                    chosen = url_for("people.one", public_id=public_id, role=request.form["role"])
                    return answers.see_other(answers.onward("confirm.confirm", f"{chosen}#role"))
            case _:
                ban(person, moderator)
        return answers.see_other(url_for("people.one", public_id=public_id))

    state = state_asked()
    shown = people.wrote(person, state, request.args.get("page", 1, type=page_number))
    return form_page(
        "dashboard/person.html",
        act,
        person=person,
        overview=people.overview(person),
        said=shown,
        decisions=people.decisions(shown.comments),
        state=str(state or ""),
        states=[str(each) for each in Status],
        refused=outbox.refused(person.account.email)
        if person.account and person.account.email
        else None,
        picture=picture(person.account) if person.account else (avatars.hue(None, 0), None),
        has_page=person.account is not None and threads.has_page(person.account),
        device=device_name,
        holds=bans.holds,
        given_as=request.form.get("act", "ban") if request.method == "POST" else "",
        chosen_role=role_asked() or (person.account.role if person.account else None),
    )


def ban(person: Person, moderator: Account) -> None:
    new = from_form(NewBan, request.form)
    banning.ban(person, moderator, new)
    answers.say(Message("Banned. Whoever it is reads the reason when writing something."))
    if new.also != "nothing":
        decision = DecisionOnPerson(decision=new.also, reason=new.reason)
        say_decided(banning.decide_all(person, moderator, decision))


def decide_all(person: Person, moderator: Account) -> banning.Decided:
    return banning.decide_all(person, moderator, from_form(DecisionOnPerson, request.form))


def say_decided(decided: banning.Decided) -> None:
    answers.say(Message("Comments decided on: {number}.", number=decided.decided))
    if decided.left:
        answers.say(
            Message("Comments left: {number}. Press once more for these.", number=decided.left)
        )


def give_role(person: Person) -> None:
    visitor.owner()
    role = Role(from_form(NewRole, request.form).role)
    visitor.freshly_proved()
    if person.account is None:
        raise NotAllowed(Message("Guests have no role: it needs an account."))
    roles.give(person.account.id, role)
    answers.say(Message("Saved. It counts from the next time that this person signs in."))


@route(
    bp,
    "POST /moderation/bans/<id:ban_id>",
    "Ends a ban before its time",
    guard=Guard.MODERATOR,
    who=WHO,
)
def end(ban_id: int) -> Response:
    banning.end(ban_id, visitor.looks_after())
    answers.say(Message("The ban is over."))
    if key := request.form.get("person"):
        return answers.see_other(url_for("people.one", public_id=key))
    return answers.see_other(url_for("people.networks"))


@route(
    bp,
    "GET POST /moderation/networks",
    "Banned networks, and one more",
    guard=Guard.MODERATOR,
    who=WHO,
)
def networks() -> Response:
    moderator = visitor.looks_after()

    def act() -> Response:
        ban_network(moderator, from_form(NewNetworkBan, request.form))
        answers.say(Message("Banned."))
        return answers.see_other(url_for("people.networks"))

    return form_page("dashboard/networks.html", act, found=bans.of_networks(), holds=bans.holds)


def ban_network(moderator: Account, new: NewNetworkBan) -> Ban:
    key = str(current_app.secret_key)
    return banning.ban_network(moderator, new, key, visitor.client_address())
