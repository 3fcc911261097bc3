"""Rules of the running service that no linter knows: each fails when somebody forgets it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.routing import Rule

from comments_service import (
    comments,
    config,
    create_app,
    hooks,
    rate_limits,
    saved_replies,
    sessions,
)
from comments_service import rules as owner_rules
from comments_service.accounts import handoff, magic_link, tokens
from comments_service.comments import ChangedOutside
from comments_service.db import Base, db, writing
from comments_service.inputs import HookInput, ImportWishes, NewNote, ReplyToKeep, RuleChanges
from comments_service.models import (
    Comment,
    DayKey,
    Email,
    Import,
    ImportState,
    Role,
    Session,
    Status,
    Subscription,
    ThreadAct,
    ThreadDecision,
    now,
)
from comments_service.notifications import signed_links, subscriptions
from comments_service.web import route_tables
from comments_service.web.routes import Guard, Route
from tests import make
from tests.conftest import API, SITE, Visitor, link_in, settings_for
from tests.sites import ROOT


def rules(app: Flask, of: str = "") -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith(of)]


def methods(rule: Rule) -> set[str]:
    return (rule.methods or set()) - {"OPTIONS"}


@pytest.fixture(scope="module", autouse=True)
def _cheap_passwords() -> Iterator[None]:
    with make.cheap_passwords():
        yield


@pytest.fixture
def changed_settings() -> dict[str, Any]:
    """With every kind of route open."""
    return {"github": "an-id a-secret", "proof_of_work": True}


@pytest.fixture
def places(app: Flask) -> dict[str, list[Any]]:
    """What may stand in an address: things that exist, so that no 404 hides what a route does."""
    make.thread()
    make.site(newsletter="http://blog.test/feeds/all.json")
    first = make.comment(held=True)
    second = make.comment(body="Second.")
    made = []
    for payload in make.payloads():
        decides = isinstance(payload, tokens.DecideByMail)
        role = Role.MODERATOR if decides else Role.READER
        name = payload.purpose.title()
        owner = None if payload == tokens.BecomeOwner() else make.account(name, role=role)
        with writing():
            made.append(tokens.make(payload, owner))
    magic_link.ask("link@example.org", "en", "a network", config.current())
    letter = db.session.scalars(sa.select(Email).order_by(Email.id.desc())).one()
    made.append(link_in(letter.text).rpartition("/")[2])
    hook = hooks.add(HookInput(url="https://example.org/", events=["waiting"]))
    with writing():
        recipient = subscriptions.of_guest("gus@example.org", "en")
        asked = Subscription(recipient_id=recipient.id, kind="thread", thread_id="pelicans")
        db.session.add(asked)
        db.session.flush()
        made.append(tokens.make(tokens.ConfirmSubscription(asked.id)))
        decision = ThreadDecision(thread_id="pelicans", act=ThreadAct.LOCK)
        wishes = ImportWishes().model_dump()
        job = Import(name="export.xml", size=1, wishes=wishes, state=ImportState.FAILED)
        db.session.add_all([decision, job])
    signed = [
        signed_links.preferences(recipient),
        signed_links.unsubscribe(recipient, "thread", "pelicans"),
    ]
    mona = make.account("Mona", role=Role.MODERATOR)
    noted = comments.note(first.id, mona, NewNote(text="Only for moderators."))
    owner_rules.change(RuleChanges(max_links=5), None, config.current())
    paula = make.account("Paula")
    challenge = make.challenge("x" * 43)
    handoff.ask(challenge, SITE, make.visitor())
    return {
        "thread_id": ["pelicans"],
        "comment_id": [first.id, second.id],
        "email_id": [letter.id],
        "token": made,
        "signed": signed,
        "challenge": [challenge],
        "key": ["github"],
        "public_id": [paula.public_id],
        "ban_id": [make.banned(paula).id],
        "hook_id": [hook.id],
        "import_id": [job.id],
        "note_id": [noted.id],
        "reply_id": [saved_replies.add(ReplyToKeep(title="Thanks", body="Thank you.")).id],
        "decision_id": [decision.id],
        "delivery_id": [hooks.probe(hook.id).id],
        "change_id": [1],
    }


def addresses(app: Flask, rule: Rule, places: dict[str, list[Any]]) -> list[str]:
    """The rule's address for every value that may stand in it."""
    missing = rule.arguments - set(places)
    assert not missing, f"say in `places` what stands for {missing} in {rule.rule}"
    name = next(iter(rule.arguments), None)
    values = [{name: value} for value in places[name]] if name else [{}]
    adapter = app.url_map.bind("blog.test")
    return [adapter.build(rule.endpoint, each, method=min(methods(rule))) for each in values]


# ---- changes


def test_a_comment_changed_outside_changing_is_refused(app: Flask) -> None:
    make.thread()
    comment = make.comment(held=True)
    comment.status = Status.PUBLISHED
    with pytest.raises(ChangedOutside):
        db.session.commit()
    db.session.rollback()
    for statement in (
        sa.update(Comment).values(status=Status.PUBLISHED),
        sa.delete(Comment),
        sa.insert(Comment).values(thread_id="pelicans"),
    ):
        with pytest.raises(ChangedOutside):
            db.session.execute(statement)
    with comments.changing("pelicans"):
        comment.status = Status.PUBLISHED


def test_every_route_refuses_whom_its_guard_keeps_out(
    app: Flask, places: dict[str, list[Any]], stranger: Visitor, reader: Visitor
) -> None:
    signed_in_long_ago(reader)
    walked = set()
    for rule in rules(app):
        view = app.view_functions[rule.endpoint]
        guard = view.guard if isinstance(view, Route) else Guard.OPEN
        # What asks for a token is not there where none is set: its own tests set one.
        if guard in (Guard.OPEN, Guard.LINK, Guard.TOKEN, Guard.METRICS):
            continue
        for address in addresses(app, rule, places):
            for method in methods(rule):
                walked.add((guard, method))
                in_api = address.startswith(API)
                options = {"json": {"decision": "publish"}} if in_api else {}
                answer = stranger._open(method, address, **options)
                assert b"They scoop" not in answer.data
                if method == "GET" and not in_api:
                    assert answer.status_code == 303, (method, address)
                    assert answer.location.startswith("/comments/sign-in?next=")
                else:
                    assert answer.status_code == 401, (method, address)
                if guard is Guard.SIGNED_IN:
                    continue
                answer = reader._open(method, address, **options)
                assert b"They scoop" not in answer.data
                if guard in (Guard.MODERATOR, Guard.OWNER):
                    assert answer.status_code == 403, (method, address)
                elif in_api:
                    assert answer.json["code"] == "proof_required", (method, address)
                else:
                    assert answer.location.startswith("/comments/confirm?next="), (method, address)
    assert {guard for guard, _ in walked} == {
        Guard.SIGNED_IN,
        Guard.FRESH_PROOF,
        Guard.MODERATOR,
        Guard.OWNER,
    }
    assert (Guard.MODERATOR, "POST") in walked
    assert db.session.get_one(Comment, places["comment_id"][0]).status is Status.PENDING


def signed_in_long_ago(visitor: Visitor) -> None:
    """Let a visitor's proof of who he is be an old one."""
    with writing():
        db.session.execute(sa.update(Session).values(proved_at=now() - timedelta(days=1)))


def dump(app: Flask) -> dict[str, list[Any]]:
    """Every row of every table; when a session was last seen may change at any visit."""
    db.session.rollback()
    with db.engine.connect() as connection:
        return {
            table.name: sorted(
                (
                    tuple(row)
                    for row in connection.execute(
                        sa.select(*(each for each in table.columns if each.name != "seen_at"))
                    )
                ),
                key=repr,
            )
            for table in Base.metadata.sorted_tables
        }


def test_no_get_or_head_of_an_owner_changes_anything(
    app: Flask, places: dict[str, list[Any]], owner: Visitor
) -> None:
    # A link's page is open to whoever has the link; one's own comment to its writer.
    owner.call("POST", "threads/pelicans/comments", {"body": "Mine."})
    places["comment_id"].append(db.session.scalar(sa.select(sa.func.max(Comment.id))))
    # What was written in the same browser before signing in can be claimed.
    with writing():
        as_guest, _ = sessions.begin(None, make.visitor())
        db.session.execute(sa.update(Session).values(guest_id=as_guest.id))
    make.comment(body="As a guest.", session=as_guest)
    with writing():
        db.session.execute(sa.delete(DayKey))
    rate_limits._known_keys.clear()
    before = dump(app)
    found = set()
    for rule in rules(app):
        if "GET" not in methods(rule):
            continue
        for address in addresses(app, rule, places):
            for method in ("GET", "HEAD"):
                for query in (
                    "",
                    "?decision=publish&comment=1&act=post&body=x&thread=pelicans&page=1"
                    "&key=a-key-of-eight",
                ):
                    answer = owner._open(method, address + query)
                    assert answer.status_code < 500, (method, address + query)
                    found.add((rule.endpoint, answer.status_code))
                    assert dump(app) == before, (method, address + query)
    # No session is asked for figures, but a token, and none is set here.
    assert {endpoint for endpoint, status in found if status == 200} >= {
        rule.endpoint for rule in rules(app) if "GET" in methods(rule)
    } - {"metrics.metrics"}


def test_every_route_says_who_may_and_what_it_does(app: Flask) -> None:
    for rule in rules(app):
        view = app.view_functions[rule.endpoint]
        assert isinstance(view, Route), rule.endpoint
        assert view.does


@pytest.mark.parametrize("name", route_tables.TABLES)
def test_the_tables_of_routes_are_up_to_date(app: Flask, name: str) -> None:
    path = ROOT / name
    assert path.read_text("utf-8") == route_tables.brought_up_to_date(app, path, name), (
        "run `flask comments routes --document`"
    )


def test_the_applications_routes_lie_under_the_services_address(tmp_path: Path) -> None:
    settings = settings_for(
        f"sqlite:///{tmp_path}/x.sqlite3", tmp_path, comments_url="https://talk.example.org/a/b/"
    )
    for rule in create_app(settings).url_map.iter_rules():
        assert rule.rule.startswith("/a/b/"), rule.rule
