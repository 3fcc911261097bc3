"""Rules of the house that no linter knows: each fails when somebody forgets it."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.routing import Rule

from comments_service import comments, config, create_app, errors, rate_limits, sessions
from comments_service.accounts import handoff, magic_link, tokens
from comments_service.comments import ChangedOutside
from comments_service.db import Base, db, writing
from comments_service.errors import ServiceError
from comments_service.models import Comment, DayKey, Email, Session, Status, now
from comments_service.web import route_tables
from comments_service.web.routes import Guard, Route
from tests import make
from tests.conftest import API, SITE, Visitor, link_in, settings_for

ROOT = Path(__file__).parent.parent
TEMPLATES = sorted(
    path
    for folder in ("comments_service/templates", "theme/templates")
    for path in (ROOT / folder).rglob("*.*")
)
# What a stranger finds in the repository, without what runs leave behind.
PRODUCT = sorted(
    path
    for pattern in (
        "*.*",
        ".env.example",
        ".ci/*",
        *(f"{folder}/**/*" for folder in ("comments_service", "content", "docs", "deploy")),
        *(f"{folder}/**/*" for folder in ("authoring", "formats", "plugins", "theme", "tests")),
    )
    for path in ROOT.glob(pattern)
    if path.is_file() and "__pycache__" not in path.parts and path.name != ".coverage"
)


def subclasses(kind: type[ServiceError]) -> Iterator[type[ServiceError]]:
    yield kind
    for each in kind.__subclasses__():
        yield from subclasses(each)


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
    return {"github": "an-id a-secret"}


@pytest.fixture
def places(app: Flask) -> dict[str, list[Any]]:
    """What may stand in an address: things that exist, so that no 404 hides what a route does."""
    make.thread()
    first = make.comment(held=True)
    make.comment(body="Second.")
    made = []
    for payload in make.payloads():
        owner = None if payload == tokens.BecomeOwner() else make.account(payload.purpose.title())
        with writing():
            made.append(tokens.make(payload, owner))
    magic_link.ask("link@example.org", "en", "a network", config.current())
    letter = db.session.scalars(sa.select(Email.text).order_by(Email.id.desc())).first()
    made.append(link_in(letter or "").rpartition("/")[2])
    challenge = make.challenge("x" * 43)
    handoff.ask(challenge, SITE, "a network")
    return {
        "thread_id": ["pelicans"],
        "comment_id": [first.id],
        "token": made,
        "challenge": [challenge],
        "key": ["github"],
        "public_id": [make.account("Paula").public_id],
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
        if guard in (Guard.OPEN, Guard.TOKEN):
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
                if guard is Guard.MODERATOR:
                    assert answer.status_code == 403, (method, address)
                elif in_api:
                    assert answer.json["code"] == "proof_required", (method, address)
                else:
                    assert answer.location.startswith("/comments/confirm?next="), (method, address)
    assert {guard for guard, _ in walked} == {
        Guard.SIGNED_IN,
        Guard.FRESH_PROOF,
        Guard.MODERATOR,
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


def test_no_get_or_head_of_a_moderator_changes_anything(
    app: Flask, places: dict[str, list[Any]], moderator: Visitor
) -> None:
    # A link's page is open to whoever has the link; one's own comment to its writer.
    moderator.call("POST", "threads/pelicans/comments", {"body": "Mine."})
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
                    "?decision=publish&comment=1&act=post&body=x&thread=pelicans&page=1",
                ):
                    answer = moderator._open(method, address + query)
                    assert answer.status_code < 500, (method, address + query)
                    found.add((rule.endpoint, answer.status_code))
                    assert dump(app) == before, (method, address + query)
    assert {endpoint for endpoint, status in found if status == 200} >= {
        rule.endpoint for rule in rules(app) if "GET" in methods(rule)
    }


# ---- what is written down


def test_every_error_code_is_in_the_document_of_the_api() -> None:
    text = (ROOT / "docs" / "api.md").read_text("utf-8")
    for each in subclasses(errors.ServiceError):
        lines = re.findall(rf"^.*`{each.code}`.*$", text, re.MULTILINE)
        assert any(str(each.status) in line for line in lines), f"{each.code} {each.status}"


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


# ---- templates


class Inline(HTMLParser):
    """Notes scripts, styles and handlers that a Content-Security-Policy would refuse."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        # A block of data is not run, and no policy refuses it.
        data = given.get("type") == "application/ld+json"
        if tag == "style" or (tag == "script" and "src" not in given and not data):
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if name == "style" or name.startswith("on"):
                self.found.append(name)
            if (value or "").strip().lower().startswith("javascript:"):
                self.found.append(f"{name}={value}")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_template_holds_a_script_a_style_or_a_handler(path: Path) -> None:
    source = path.read_text("utf-8")
    source = re.sub(r"\{#.*?#\}|\{%.*?%\}", " ", source, flags=re.DOTALL)
    parser = Inline()
    parser.feed(re.sub(r"\{\{.*?\}\}", "x", source, flags=re.DOTALL))
    assert parser.found == []


def english_only(path: Path) -> Iterator[str]:
    """Where a room refuses something in words that no translator is shown."""
    refusals = {each.__name__ for each in subclasses(ServiceError)}
    for call in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(call, ast.Call):
            continue
        name = ast.unparse(call.func).rpartition(".")[2]
        if name not in refusals | {"say", "flash"} and not (
            name == "ValueError" and path.parent.name == "inputs"
        ):
            continue
        fields = [
            value
            for each in call.keywords
            if each.arg == "fields" and isinstance(each.value, ast.Dict)
            for value in each.value.values
        ]
        for said in (*call.args, *fields):
            if isinstance(said, ast.Constant | ast.JoinedStr):
                yield f"{path.name}:{said.lineno}: {ast.unparse(said)}"


def test_nothing_is_said_to_people_in_english_only() -> None:
    rooms = [*(ROOT / "comments_service").rglob("*.py")]
    assert [found for path in rooms for found in english_only(path)] == []


def test_the_search_for_untranslated_words_finds_them(tmp_path: Path) -> None:
    room = tmp_path / "room.py"
    room.write_text('raise NotAllowed("No.")\nraise InvalidInput(fields={"name": f"{x}?"})\n')
    assert len([*english_only(room)]) == 2


# ---- rooms


@pytest.mark.parametrize("room", ["avatars", "errors", "inputs", "markup", "spam"])
def test_a_pure_room_loads_neither_flask_nor_a_database(room: str) -> None:
    code = (
        f"import sys, comments_service.{room};"
        "print({'flask', 'sqlalchemy', 'werkzeug', 'flask_sqlalchemy'} & set(sys.modules))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout == "set()\n"


def test_what_both_halves_agree_on_needs_nothing_installed() -> None:
    names = [path.stem for path in (ROOT / "formats").glob("[!_]*.py")]
    code = (
        f"import sys; before = set(sys.modules); from formats import {', '.join(names)};"
        "print({m.partition('.')[0] for m in sys.modules if m not in before}"
        " - set(sys.stdlib_module_names))"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout == "{'formats'}\n"


def test_settings_are_passed_and_fetched_at_the_edge_only() -> None:
    # Commands, what every request meets, and `routes`, which hands them to each route.
    request = ("answers", "cookies", "dashboard", "guard", "routes", "visitor")
    folder = ROOT / "comments_service"
    found = {
        str(path.relative_to(folder))
        for path in folder.rglob("*.py")
        if "config.current()" in path.read_text("utf-8")
    }
    assert found == {"cli.py", *(f"web/{name}.py" for name in request)}


def test_no_file_of_the_product_points_out_of_it() -> None:
    outside = re.compile(rb"\.\./" + rb"shared")
    found = [str(path.relative_to(ROOT)) for path in PRODUCT if outside.search(path.read_bytes())]
    assert len(PRODUCT) > 100
    assert found == []


def test_every_room_begins_by_saying_what_it_owns() -> None:
    for folder in ("authoring", "comments_service", "formats", "plugins", "tests"):
        for path in (ROOT / folder).rglob("*.py"):
            if "migrations/versions" in str(path) or not path.read_text("utf-8").strip():
                continue
            assert path.read_text("utf-8").startswith('"""'), path


def test_the_applications_routes_lie_under_the_services_address(tmp_path: Path) -> None:
    settings = settings_for(
        f"sqlite:///{tmp_path}/x.sqlite3", tmp_path, comments_url="https://talk.example.org/a/b/"
    )
    for rule in create_app(settings).url_map.iter_rules():
        assert rule.rule.startswith("/a/b/"), rule.rule
