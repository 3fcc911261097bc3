"""Which comments of a thread are notes: found by an index, whatever the thread's length."""

from flask import Flask

from comments_service import threads
from comments_service.db import db
from formats.passages import Passage
from tests import make
from tests.plans import plan, read_whole, sent


def test_notes_are_found_by_an_index_of_their_own(app: Flask) -> None:
    make.thread()
    make.many([{"id": number} for number in range(1, 40)])
    make.many(
        [{"id": number, "passage": Passage(f"words {number}")} for number in (40, 41)],
    )
    with sent() as found:
        assert threads.extent("pelicans") == (41, True)
        on_one = threads.noted("pelicans", 41, 50)
        on_several = threads.noted("pelicans", 41, 20)
    assert [(each.id, each.page) for each in on_one] == [(40, 1), (41, 1)]
    assert [(each.id, each.page) for each in on_several] == [(40, 2), (41, 3)]
    for statement, given in found:
        assert read_whole(statement, given) == []
    # PostgreSQL takes it once it knows that notes are few: of a handful of rows any index will do.
    if db.engine.dialect.name == "sqlite":
        for each in found[:2]:
            assert any("ix_comments_noted" in step for step in plan(*each))


def test_what_is_held_or_gone_is_no_note(app: Flask) -> None:
    make.thread()
    make.comment(passage=Passage("held"), held=True)
    assert threads.extent("pelicans") == (0, False)
    assert threads.noted("pelicans", 0, 50) == ()
