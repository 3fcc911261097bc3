"""Whatever a form is answered, what was typed into it comes back."""

import re

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import unavailable
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.db import unavailable as db_unavailable
from comments_service.models import Role, Session, now
from comments_service.unavailable import WRITTEN
from tests import make
from tests.api.asking import FILE_PAGES, routes
from tests.api.people import of_role, visiting
from tests.conftest import API, Answer, Visitor, one_database
from tests.sites import ROOT

WORDS = "Sentences that took <b>a while</b> & more."
SHOWN = "Sentences that took &lt;b&gt;a while&lt;/b&gt; &amp; more."
FORM = dict.fromkeys(WRITTEN, WORDS)


def test_every_field_in_which_people_write_is_known() -> None:
    folder = ROOT / "comments_service" / "templates"
    fields = re.compile(r'<textarea\b[^>]*?\bname="(\w+)"')
    named = {
        name for path in folder.rglob("*.html") for name in fields.findall(path.read_text("utf-8"))
    }
    assert named == set(WRITTEN)


@one_database
@pytest.mark.parametrize("name", WRITTEN)
def test_while_the_database_is_away_every_form_can_be_sent_again(
    settings: Settings, name: str
) -> None:
    away = db_unavailable(None)
    page = unavailable.page(away, "en", settings, "/comments/x", {name: WORDS, "kind": "spam"})
    assert f'name="{name}" rows="8" dir="auto">{SHOWN}</textarea>' in page
    assert '<input type="hidden" name="kind" value="spam">' in page


@one_database
@pytest.mark.parametrize("role", [None, Role.READER, Role.MODERATOR])
def test_no_page_that_says_no_keeps_what_was_typed_to_itself(app: Flask, role: Role | None) -> None:
    make.thread()
    somebody = Visitor(app) if role is None else of_role(app, "Rhea", role)
    # A comment that is no more.
    gone = {"comment": "7-1", "id": "7"}
    refused, lost = 0, []
    for method, path in routes(app, safe=False):
        if path.startswith(API) or path in FILE_PAGES:
            continue
        answer = somebody._open(method, path, data={**FORM, **gone})
        if method == "POST" and answer.status_code in (401, 403, 404, 409):
            refused += 1
            lost += [] if SHOWN in answer.text else [(path, answer.status_code)]
    assert lost == []
    assert refused > 20


def edit(visitor: Visitor, number: int) -> Answer:
    return visitor.post(f"/comments/comment/{number}/edit", {"body": WORDS})


@pytest.mark.parametrize("happened", ["signed out", "deleted by a moderator", "account deleted"])
def test_an_edit_comes_back_whatever_happened_meanwhile(app: Flask, happened: str) -> None:
    make.thread()
    rhea = make.account("Rhea")
    number = make.comment(by=rhea).id
    browser = visiting(app, rhea)
    assert browser.get(f"/comments/comment/{number}/edit").status_code == 200
    if happened == "signed out":
        with writing():
            db.session.execute(sa.update(Session).values(ended_at=now()))
    elif happened == "account deleted":
        asked = browser.post("/comments/account/delete", {"comments": "remove"})
        assert asked.status_code < 400
    else:
        moderator = of_role(app, "Mona", Role.MODERATOR)
        decided = moderator.call("POST", f"comments/{number}/decisions", {"decision": "delete"})
        assert decided.status_code == 201
    answer = edit(browser, number)
    assert answer.status_code in (403, 404)
    assert SHOWN in answer.text
