"""Letters: what an e-mail says when it leaves, and the headers that it says it under."""

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.mail import letters, outbox
from comments_service.mail.letters import Letter
from comments_service.models import Email, RefusedAddress, Site, now
from tests.mailing import again, an_email, due, folder, the_only

__all__ = ["folder"]  # a fixture


def test_an_email_has_the_headers_of_one(app: Flask, settings: Settings, folder: Path) -> None:
    with writing():
        db.session.add(Site(id=1, title='Birds "&" 鸟', lang="en", manifest_tag="x"))
    made = an_email(subject="Grüße – 你好", html="<p>Words.</p>")
    mail = the_only(folder, settings)
    (sender,) = mail["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ('Birds "&" 鸟', settings.mail_from)
    assert mail["To"] == "rhea@example.org"
    assert mail["Subject"] == "Grüße – 你好"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].endswith("@localhost>")
    assert mail["List-Unsubscribe"] is None
    assert mail["References"] is None
    kinds = [part.get_content_type() for part in mail.walk()]
    assert kinds == ["multipart/alternative", "text/plain", "text/html"]
    with writing():
        db.session.execute(sa.update(Email).values(sent_at=None, next_attempt_at=now()))
    assert the_only(folder, settings)["Message-ID"] == mail["Message-ID"]
    assert again(made).attempts == 2


def test_an_email_that_is_worded_when_it_is_sent_is_as_it_is_then(
    app: Flask, settings: Settings, folder: Path
) -> None:
    with writing():
        made = outbox.put("rhea@example.org", "answer", "en")
    words = "Before."

    def compose(email: Email) -> Letter:
        assert (email.recipient, email.lang) == ("rhea@example.org", "en")
        return Letter(
            subject="An answer",
            text=words,
            unsubscribe_url="http://blog.test/stop?x=1&y",
            thread=("thread:pelicans", "comment:17"),
        )

    words = "After."
    mail = the_only(folder, settings, {"answer": compose})
    assert mail.get_content() == "After.\n"
    assert mail["List-Unsubscribe"] == "<http://blog.test/stop?x=1&y>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["References"] == (
        "<postil-thread-pelicans@localhost> <postil-comment-17@localhost>"
    )
    assert mail["In-Reply-To"] == "<postil-comment-17@localhost>"
    assert again(made).subject == "An answer"


def test_where_nothing_is_left_to_tell_nothing_is_sent(
    app: Flask, settings: Settings, folder: Path
) -> None:
    with writing():
        outbox.put("rhea@example.org", "answer", "en")
    assert outbox.send_waiting(settings, {"answer": lambda _: None}) == 0
    assert db.session.query(Email).count() == 0
    assert not folder.exists()


def test_an_email_of_a_kind_that_this_process_does_not_know_waits_for_another(
    app: Flask, settings: Settings, folder: Path
) -> None:
    with writing():
        made = outbox.put("rhea@example.org", "of the next release", "en")
    an_email("other@example.org")
    assert outbox.send_waiting(settings) == 1
    assert again(made).next_attempt_at is not None


def test_an_email_is_not_sent_before_its_time(app: Flask, settings: Settings, folder: Path) -> None:
    with writing():
        made = outbox.put("rhea@example.org", "answer", "en", now() + timedelta(minutes=5))
    composers = {"answer": lambda _: Letter(subject="An answer", text="Words.")}
    assert outbox.send_waiting(settings, composers) == 0
    due(made)
    assert outbox.send_waiting(settings, composers) == 1


def test_an_address_that_refuses_emails_gets_what_is_asked_for_and_nothing_else(
    app: Flask, settings: Settings, folder: Path
) -> None:
    with writing():
        db.session.add(RefusedAddress(address="rhea@example.org", error="550 No such user"))
        outbox.put("rhea@example.org", "answer", "en")
    an_email("Rhea@Example.org")
    asked_for = an_email(asked_for=True)
    composers = {"answer": lambda _: Letter(subject="An answer", text="Words.")}
    assert outbox.send_waiting(settings, composers) == 1
    assert [each.id for each in db.session.query(Email)] == [asked_for.id]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("One.\n\n\n\nTwo.", ["One.", "", "Two."]),
        ("word " * 20, ["word " * 13 + "word", "word " * 5 + "word"]),
        ("See " + "x" * 60 + " https://blog.test/" + "y" * 80 + " now", None),
        ("> " + "quoted " * 12, ["> " + "quoted " * 9 + "quoted", "> quoted quoted"]),
        ("鹈鹕" * 17 + "捕鱼。好", ["鹈鹕" * 17 + "捕", "鱼。好"]),
    ],
    ids=["blank lines", "words", "an address", "a quotation", "Chinese"],
)
def test_lines_of_a_text_fit_and_addresses_stay_whole(text: str, lines: list[str] | None) -> None:
    found = letters.wrapped(text).removesuffix("\n").split("\n")
    if lines is None:
        assert "https://blog.test/" + "y" * 80 in found
    else:
        assert found == lines
