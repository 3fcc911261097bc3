"""`flask comments spam …` says what the filter learned, from what, and how well it does."""

from pathlib import Path
from typing import Any

import orjson
import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import comments
from comments_service.db import db, writing
from comments_service.inputs import NewDecision, parse
from comments_service.models import SpamExample, SpamWord
from tests import make


@pytest.fixture
def run(app: Flask) -> Any:
    make.thread()
    return lambda *words: app.test_cli_runner().invoke(args=["comments", "spam", *words])


def teach(number: int) -> None:
    for body, decision in (
        ("Casino winbet, write on telegram.", "spam"),
        ("They scoop fish.", "publish"),
    ):
        for _ in range(number):
            waiting = make.comment(body=body, held=True, website="https://g.example")
            comments.decide(waiting.id, None, parse(NewDecision, {"decision": decision}))


def test_status_says_what_it_takes_while_there_is_too_little(run: Any) -> None:
    teach(2)
    assert run("status").output.splitlines() == [
        "Learned from 2 spam and 2 genuine comments.",
        "It says nothing yet: it takes 20 of either kind, as moderators decide.",
    ]


def test_status_shows_precision_and_recall_over_ones_own_decisions(run: Any) -> None:
    teach(30)
    said = run("status").output
    assert "spam                30             0" in said
    assert "genuine              0            30" in said
    assert "Of what it holds, 100.0% is spam (precision)." in said
    assert "Of what is spam, it holds 100.0% (recall)." in said


def test_what_it_learned_from_is_written_line_by_line(run: Any, tmp_path: Path) -> None:
    teach(1)
    path = tmp_path / "training.jsonl"
    assert run("export", str(path)).output.endswith("it is as private as the database.\n")
    lines = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    assert [(each["text"], each["spam"]) for each in lines] == [
        ("Casino winbet, write on telegram.", True),
        ("They scoop fish.", False),
    ]
    assert set(lines[0]) == {"text", "name", "website", "spam", "decided_at"}


def test_all_is_learned_anew_from_the_decisions(run: Any) -> None:
    teach(2)
    with writing():
        db.session.execute(sa.delete(SpamExample))
        db.session.execute(sa.delete(SpamWord))
    assert run("retrain").output == "Learned anew from 4 comments.\n"
    assert "Learned from 2 spam and 2 genuine comments." in run("status").output


def test_a_text_is_tried_with_the_words_that_decide(run: Any) -> None:
    teach(30)
    said = run("test", "A casino on telegram: winbet").output
    assert said.endswith("which is held: telegram, casino, winbet\n")
    assert "let through" in run("test", "They scoop fish out of rivers.").output


def test_a_text_can_be_tried_before_enough_is_known(run: Any) -> None:
    assert run("test", "Casino").output.splitlines() == [
        "0.500, which is let through: –",
        "It learned from too few comments to be asked about readers' comments yet.",
    ]
