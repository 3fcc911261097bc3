"""Import in the dashboard: a file is looked at, mapped and taken over, by pages and by the API."""

import json
import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from markupsafe import escape

from comments_service import i18n, workers
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.importers import importing, jobs, spool, storing
from comments_service.models import Comment, Import, ImportState, now
from comments_service.supervision import IMPORTS
from comments_service.workers import Worker
from tests.api import surfaces
from tests.api.importing import (
    DOORS,
    FIRST,
    PAGE,
    Act,
    Send,
    act_by_api,
    by_form,
    export,
    folder,
    places,
    state,
    work,
)
from tests.conftest import Visitor

pytestmark = pytest.mark.usefixtures("folder")
__all__ = ["folder"]  # a fixture


@DOORS
def test_a_file_is_looked_at_first_then_mapped_then_taken_over_once(
    owner: Visitor, settings: Settings, folder: Path, send: Send, act: Act
) -> None:
    job = send(owner)
    assert "is being looked at" in owner.get(f"{PAGE}/{job}").text
    work(settings)
    looked = state(owner, job)
    assert looked["state"] == "looked"
    assert looked["report"]["format"] == "Isso (generic JSON)"
    assert (looked["report"]["comments"]["found"], looked["report"]["comments"]["new"]) == (5, 5)
    assert looked["report"]["replies"] == 2
    [unknown] = looked["report"]["threads"]["unmatched"]
    assert unknown == {"source": "/2019/old-beta", "url": "/2019/old-beta", "suggestion": ""}
    assert places() == []

    # What leads nowhere is refused where it is typed, and nothing begins.
    answer = act(owner, job, "start", [["/2019/old-beta", "/gamma/"]])
    assert answer.status_code == 422
    assert "No page of this blog has this address or thread: /gamma/" in answer.text
    work(settings)
    assert places() == []

    act(owner, job, "look", [["/2019/old-beta", "/beta/"]])
    work(settings)
    looked = state(owner, job)
    assert (looked["report"]["threads"]["unmatched"], looked["rules"]) == (
        *([], [["/2019/old-beta", "/beta/"]]),
    )
    act(owner, job, "start", None if act is act_by_api else [["/2019/old-beta", "/beta/"]])
    assert state(owner, job)["state"] == "importing"
    work(settings)
    done = state(owner, job)
    assert (done["state"], done["done"], done["found"]) == ("done", 5, 5)
    assert done["report"]["comments"]["new"] == 5
    assert [thread for thread, _ in places()] == ["alpha"] * 3 + ["beta"] * 2
    assert [*folder.iterdir()] == []
    assert done["file_is_kept"] is False
    assert "Its comments are here now" in owner.get(f"{PAGE}/{job}").text

    # Asked again, it is done; the same file sent again changes nothing.
    act(owner, job, "start", None)
    again = send(owner)
    work(settings)
    act(owner, again, "start", [["/2019/old-beta", "/beta/"]])
    work(settings)
    counts = state(owner, again)["report"]["comments"]
    assert (counts["new"], counts["known"]) == (0, 5)
    assert len(places()) == 5


@DOORS
def test_the_owners_own_comments_become_his(
    owner: Visitor, settings: Settings, send: Send, act: Act
) -> None:
    job = send(owner, me="ada@old.example")
    work(settings)
    act(owner, job, "start", None)
    work(settings)
    chosen = sa.select(Comment.account_id, Comment.name).distinct()
    [(account_id, name)] = db.session.execute(chosen).all()
    assert account_id is not None
    assert name is None


def test_suggestions_are_followed_one_by_one_or_all_and_a_field_wins(
    owner: Visitor, settings: Settings
) -> None:
    file = export({"/x/alpha.html": 1, "/x/beta.html": 1, "/x/other.html": 1})
    job = by_form(owner, file)
    work(settings)
    page = owner.get(f"{PAGE}/{job}").text
    assert "It is “Alpha”" in page
    assert "It is “Beta”" in page
    assert page.count('name="new"') == 3
    old = ["/x/alpha.html", "/x/beta.html", "/x/other.html"]
    for form, expected in (
        ({"old": old, "new": ["", "", ""]}, []),
        ({"old": old, "new": ["", "", ""], "suggested": [old[1]]}, [[old[1], "beta"]]),
        (
            {"old": old, "new": ["/beta/", "", "/alpha/"], "suggested": ["all"]},
            [[old[0], "/beta/"], [old[2], "/alpha/"], [old[1], "beta"]],
        ),
    ):
        owner.post(f"{PAGE}/{job}", {"act": "look", **form})
        assert state(owner, job)["rules"] == expected
        assert state(owner, job)["state"] == "looking"
        with writing():
            db.session.execute(sa.update(Import).values(state=ImportState.LOOKED))
    owner.post(f"{PAGE}/{job}", {"act": "start", "rules": "/x/*, /nowhere/*"})
    work(settings)
    failed = state(owner, job)
    assert failed["state"] == "failed"
    assert "/nowhere/" in failed["error"]
    assert places() == []


def test_what_was_typed_of_old_pages_stays_in_its_fields_and_says_which_is_wrong(
    owner: Visitor, settings: Settings
) -> None:
    job = by_form(owner, export({"/x/alpha.html": 1, "/x/beta.html": 1, "/x/other.html": 1}))
    work(settings)
    old = ["/x/alpha.html", "/x/beta.html", "/x/other.html"]
    typed = {"old": old, "new": ["/beta/", "", "/gamma/"], "suggested": [old[1]]}
    answer = owner.post(f"{PAGE}/{job}", {"act": "start", **typed, "rules": "/y/, /alpha/"})
    assert answer.status_code == 422
    fields = dict(re.findall(r'<input id="(new-\d)"[^>]* value="([^"]*)"', answer.text))
    assert fields == {"new-1": "/beta/", "new-2": "", "new-3": "/gamma/"}
    assert re.findall(r'<input id="([^"]*)"[^>]* aria-invalid', answer.text) == ["new-3"]
    assert '<a href="#new-3">No page of this blog has this address' in answer.text
    assert re.findall(r'name="suggested" value="([^"]*)" checked', answer.text) == [old[1]]
    assert re.search(r"<textarea[^>]*>\n/y/, /alpha/</textarea>", answer.text)
    # What a line says is mended there.
    answer = owner.post(f"{PAGE}/{job}", {"act": "start", "rules": "/y/, /delta/"})
    assert '<a href="#rules">No page of this blog has this address' in answer.text
    assert "aria-invalid" in re.findall(r"<textarea[^>]*>", answer.text)[0]
    answer = owner.post(f"{PAGE}/{job}", {"act": "start", **typed, "rules": "/y/, /alpha/\n/z/"})
    assert '<a href="#rules">Line 2: write the old address' in answer.text


@pytest.mark.parametrize("data", [b"not at all", b"\x1f\x8b broken", b"PK\x03\x04 broken"])
def test_what_is_no_export_says_why_by_its_own_name(
    owner: Visitor, settings: Settings, data: bytes
) -> None:
    job = by_form(owner, data, name=r"C:\Downloads\my <b>file</b>.xml")
    work(settings)
    failed = state(owner, job)
    assert failed["state"] == "failed"
    assert failed["error"].startswith("b>.xml ")
    assert "var/" not in failed["error"]
    assert "postil-import-" not in failed["error"]
    text = surfaces.check(owner.get(f"{PAGE}/{job}").text, "import")
    assert failed["error"] in text


def test_a_file_that_ends_in_the_middle_is_read_up_to_there_if_the_owner_wants(
    owner: Visitor, settings: Settings
) -> None:
    lines = (
        (Path(__file__).parents[1] / "samples/comments/postil.jsonl").read_bytes().splitlines(True)
    )
    job = by_form(owner, b"".join(lines[:4]) + b'{"id": "9', name="comments.jsonl")
    work(settings)
    looked_at = state(owner, job)
    assert (looked_at["state"], looked_at["report"]["comments"]["new"] > 0) == ("looked", True)
    assert "The file ends in the middle" in owner.get(f"{PAGE}/{job}").text
    owner.post(f"{PAGE}/{job}", {"act": "start"})
    work(settings)
    done = state(owner, job)
    assert done["state"] == "done"
    assert done["report"]["damaged"].startswith("comments.jsonl, line 5")
    assert len(places()) > 0
    assert "The file ends in the middle" in owner.get(f"{PAGE}/{job}").text


@DOORS
def test_an_import_can_be_stopped_and_goes_on_where_it_was(
    owner: Visitor,
    settings: Settings,
    send: Send,
    act: Act,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(storing, "BATCH", 2)
    monkeypatch.setattr(jobs, "SAID_EVERY_SECONDS", 0.0)
    job = send(owner, export({"/alpha/": 7}))
    work(settings)
    act(owner, job, "start", None)
    beats = 0

    def stopping() -> None:
        nonlocal beats
        beats += 1
        if beats == 4:
            act(owner, job, "stop", None)

    jobs.work_waiting(settings, stopping)
    stopped = state(owner, job)
    assert stopped["state"] == "stopped"
    assert 0 < len(places()) < 7
    work(settings)
    assert 0 < len(places()) < 7
    assert "Go on importing" in owner.get(f"{PAGE}/{job}").text
    act(owner, job, "start", None)
    work(settings)
    done = state(owner, job)
    assert done["state"] == "done"
    assert len(places()) == 7
    # It tells of all that it has taken over, however often it was begun.
    assert (done["report"]["comments"]["new"], done["report"]["comments"]["known"]) == (7, 0)


class Killed(BaseException):
    """What ends a process in the middle, to this test."""


def test_an_import_survives_a_restart(
    owner: Visitor, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storing, "BATCH", 2)
    monkeypatch.setattr(jobs, "SAID_EVERY_SECONDS", 0.0)
    job = by_form(owner, export({"/alpha/": 7}))
    work(settings)
    owner.post(f"{PAGE}/{job}", {"act": "start"})
    beats = 0

    def dying() -> None:
        nonlocal beats
        beats += 1
        if beats == 4:
            raise Killed

    with pytest.raises(Killed):
        jobs.work_waiting(settings, dying)
    db.session.rollback()
    # Nobody else takes it before its time is over.
    assert not jobs.work_waiting(settings, lambda: None)
    half = len(places())
    assert 0 < half < 7
    assert state(owner, job)["done"] > 0
    with writing():
        db.session.execute(sa.update(Import).values(next_attempt_at=now()))
    work(settings)
    assert state(owner, job)["report"]["comments"]["new"] == 7
    assert len(places()) == 7


def test_what_fails_again_and_again_is_given_up_and_says_why(
    app: Flask, owner: Visitor, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "MAX_ATTEMPTS", 2)
    job = by_form(owner)
    monkeypatch.setattr("tempfile.tempdir", "/nowhere/at/all")
    for _ in range(2):
        with pytest.raises(FileNotFoundError):
            jobs.work_waiting(settings, lambda: None)
        assert "it is tried again" in owner.get(f"{PAGE}/{job}").text
        with writing():
            db.session.execute(sa.update(Import).values(next_attempt_at=now()))
    Worker(IMPORTS, workers.STEPS[IMPORTS], app, settings).turn()
    failed = state(owner, job)
    assert (failed["state"], failed["error"][:17]) == ("failed", "FileNotFoundError")


def test_the_page_shows_how_far_it_is_with_and_without_a_script(
    owner: Visitor, settings: Settings
) -> None:
    job = by_form(owner)
    assert "It waits for its turn." in owner.get(f"{PAGE}/{job}").text
    with writing():
        values = {"done": 1_500, "found": 3_000, "state": ImportState.IMPORTING}
        db.session.execute(sa.update(Import).values(**values))
    page = owner.get(f"{PAGE}/{job}").text
    assert '<progress value="1500" max="3000"' in page
    assert "1,500 of 3,000 comments" in page
    assert f'<a href="{PAGE}/{job}">Look how far it is</a>' in page
    assert "static/imports.js" in page
    assert "isso.json" in owner.get(PAGE).text
    surfaces.check(page, "import")
    surfaces.check(owner.get(PAGE).text, "imports")
    work(settings)
    page = owner.get(f"{PAGE}/{job}").text
    assert "Look how far it is" not in page
    assert "imports.js" not in page


def test_progress_is_said_while_a_file_is_read(
    owner: Visitor, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "READ_AT_ONCE", 2)
    by_form(owner, export({"/alpha/": 9}))
    beats: list[int] = []
    jobs.work_waiting(settings, lambda: beats.append(1))
    # Five times while eleven records are read, and once for the one page.
    assert len(beats) >= 5


@pytest.mark.parametrize("lang", ["en", "de"])
def test_each_reason_for_which_an_answer_stands_alone_is_told_in_its_own_words(
    owner: Visitor, settings: Settings, lang: str
) -> None:
    pairs = [("a", "b"), ("b", "a"), ("deep0", ""), ("far", "deep0")]
    pairs += [(f"deep{each + 1}", f"deep{each}") for each in range(spool.MAX_DEPTH)]
    made = [
        {
            "_id": a,
            "nick": a,
            "comment": f"x{a}",
            "url": "/beta/" if a == "far" else "/alpha/",
            "pid": b,
            "created": at * 1_000,
        }
        for at, (a, b) in enumerate(pairs, 1_650_000_000)
    ]
    job = by_form(owner, json.dumps(made).encode(), "twikoo.json", system="twikoo")
    work(settings)
    page = owner.get(f"{PAGE}/{job}?lang={lang}").text
    told_of = re.findall(r"<dt>([^<]+)</dt><dd>1</dd>", page)
    assert len(set(told_of)) == 3
    if lang == "en":
        assert set(told_of) == {
            "Answers to a comment of another page",
            "Answers to each other in a circle",
            "Answers in too long a chain",
        }


@pytest.mark.parametrize("lang", ["de", "ja"])
def test_what_is_left_out_is_said_in_the_owners_language_on_his_page_alone(
    owner: Visitor, settings: Settings, lang: str
) -> None:
    rows = json.loads(export({"/alpha/": 1}))
    rows[0]["comments"] += [{"text": "No number."}, {**FIRST, "id": 9, "text": "x" * 60_000}]
    job = by_form(owner, json.dumps(rows).encode())
    work(settings)
    page = owner.get(f"{PAGE}/{job}?lang={lang}").text
    [number, long] = jobs.left_out(jobs.get(job))
    for _, reasons in (number, long):
        for why in reasons:
            said = escape(i18n.say(lang, why))
            assert said in page
            assert said != escape(why)
            assert escape(why) not in page
    report = owner.call("GET", f"imports/{job}").json["report"]
    assert [each["why"] for each in report["comments"]["skipped"]] == [
        " ".join(reasons) for _, reasons in (number, long)
    ]
    assert "reasons" not in report
