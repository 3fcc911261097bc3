"""Mentions: which names an "@" names, and who in the conversation that is."""

import pytest
from flask import Flask

from comments_service import markup
from comments_service.notifications import mentions
from comments_service.notifications.mentions import Person
from tests import make

NAMES = ("anna", "anna maria", "王小明", "王", "jose", "ngô", "o'brien", "نور")


def named(source: str, *names: str) -> list[str]:
    plain = {mentions._plain(name) for name in names or NAMES}
    return mentions.named(markup.render(source), plain)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("@Anna, thank you", ["anna"]),
        ("Thank you @anna maria!", ["anna maria"]),
        ("(@ANNA)", ["anna"]),
        ("As **@Anna** said", ["anna"]),
        ("@José and @jose", ["jose"]),
        ("@O'Brien's idea", ["o'brien"]),
        ("谢谢@王小明你好", ["王小明"]),
        ("@王先生", ["王"]),
        ("@Anna你好", ["anna"]),
        ("شكرا @نور", ["نور"]),
        ("@Anna and @Anna again", ["anna"]),
        ("[@Anna](https://example.org)", ["anna"]),
    ],
)
def test_a_name_behind_an_at_is_found(source: str, found: list[str]) -> None:
    assert named(source) == found


@pytest.mark.parametrize(
    "source",
    [
        "me@anna.example",
        "Anna",
        "@Annabel",
        "@ Anna",
        "`@Anna`",
        "    @Anna",
        "> @Anna said so",
        "@Anonymous",
        "@",
    ],
)
def test_what_only_looks_like_a_mention_is_none(source: str) -> None:
    assert named(source) == []


def test_what_stands_behind_a_quotation_is_read_again() -> None:
    assert named("> @Anna said\n\n@王小明 is right") == ["王小明"]


def test_marks_that_make_another_letter_are_no_accents() -> None:
    assert named("@がく", "かく") == []


def test_nobody_calls_a_crowd() -> None:
    crowd = [f"name{number:02}" for number in range(40)]
    assert len(named(" ".join(f"@{name}" for name in crowd), *crowd)) == mentions.MOST


def test_a_mention_is_of_somebody_in_the_conversation(app: Flask, statements: list[str]) -> None:
    make.thread()
    make.thread("gulls")
    rhea, elsewhere = make.account("Rhea"), make.account("Elsa")
    make.comment(by=rhea)
    make.comment("gulls", by=elsewhere)
    make.comment(name="Gus Gull", email="Gus@example.org")
    make.comment(name="Gisela")
    make.comment(name="Hans", email="hans@example.org", held=True)
    statements.clear()
    plain = make.comment(body="Nobody is called here.", by=rhea)
    statements.clear()
    assert mentions.of(plain) == set()
    assert statements == []
    calling = make.comment(
        body="@rhea, @gus gull, @Gisela, @Elsa, @Hans!", name="Wanda", email="w@example.org"
    )
    statements.clear()
    assert mentions.of(calling) == {Person(rhea.id, None), Person(None, "gus@example.org")}
    assert len(statements) == 1


def test_nobody_mentions_himself(app: Flask) -> None:
    make.thread()
    rhea = make.account("Rhea")
    make.comment(by=rhea)
    assert mentions.of(make.comment(body="@Rhea", by=rhea)) == set()
    make.comment(name="Gus", email="gus@example.org")
    mine = make.comment(body="@Gus", name="Gus", email="GUS@example.org")
    assert mentions.of(mine) == set()
