"""What becomes of e-mails is the owner's to see: given up ones are sent again, and a test shows what was said."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.mail import outbox
from comments_service.models import Email, RefusedAddress, now
from comments_service.supervision import OUTBOX, Pulse
from tests import make
from tests.api.commenting import post
from tests.api.people import by_json_and_form
from tests.api.signing_in import sign_up
from tests.conftest import Answer, Visitor
from tests.mailing import MailServer, again, an_email, folder, read, server

__all__ = ["folder", "server"]  # fixtures

PAGE = "/comments/moderation/mail"


def given_up(recipient: str = "gone@example.org") -> Email:
    made = an_email(recipient, error="550 5.1.1 No such <user>", attempts=1)
    with writing():
        db.session.get_one(Email, made.id).next_attempt_at = None
        db.session.add(RefusedAddress(address=recipient, error="550"))
    return made


def ask(visitor: Visitor, by: str, path: str, fields: dict[str, Any] | None = None) -> Answer:
    if by == "json":
        return visitor.call("POST", f"mail{path}", fields or {})
    return visitor.post(PAGE + path.removesuffix("/test"), fields or {})


def test_an_owner_sees_what_waits_what_was_given_up_and_why(
    app: Flask, owner: Visitor, settings: Settings
) -> None:
    assert "Every e-mail has left" in owner.get(PAGE).text
    made = given_up()
    an_email("waiting@example.org", error="451 Later", attempts=1)
    an_email("sent@example.org", sent_at=now())
    Pulse(OUTBOX, settings).beat({"Sending e-mails": "The mail server is away"})
    page = owner.get(PAGE).text
    assert "1 e-mail waits, the oldest since" in page
    assert "1 was sent within a day" in page
    assert "550 5.1.1 No such &lt;user&gt;" in page
    assert "gone@example.org" in page
    assert "The mail server is away" in page
    assert "waiting@example.org" not in page
    said = owner.call("GET", "mail").json
    assert (said["waiting"], said["sent_lately"], said["refused_addresses"]) == (1, 1, 1)
    assert said["error"] == "451 Later"
    assert [each["id"] for each in said["given_up"]] == [made.id]


@by_json_and_form
def test_one_that_was_given_up_is_sent_again(
    app: Flask, owner: Visitor, settings: Settings, folder: Path, by: str
) -> None:
    made, other = given_up(), given_up("other@example.org")
    answer = ask(owner, by, f"/{made.id}/again")
    assert answer.status_code == (200 if by == "json" else 303)
    assert outbox.send_waiting(settings) == 1
    assert again(made).sent_at is not None
    assert again(other).sent_at is None
    # What has left is not sent again.
    assert ask(owner, by, f"/{made.id}/again").status_code == 404
    assert ask(owner, by, "/again").status_code == (200 if by == "json" else 303)
    assert outbox.send_waiting(settings) == 1
    assert again(other).sent_at is not None


@by_json_and_form
def test_a_test_leaves_at_once_and_shows_what_was_said(
    app: Flask, owner: Visitor, folder: Path, by: str
) -> None:
    answer = ask(owner, by, "/test", {"email": "me@example.org"})
    assert answer.status_code == 200
    (path,) = folder.glob("*.eml")
    assert read(path.read_bytes())["To"] == "me@example.org"
    said = answer.json["dialogue"] if by == "json" else answer.text
    assert path.name in str(said)
    assert db.session.query(Email).count() == 0
    assert ask(owner, by, "/test", {"email": "nobody"}).status_code == 422


@pytest.mark.enable_socket
class TestWithAServer:
    @pytest.fixture
    def changed_settings(self, server: MailServer) -> dict[str, Any]:
        return {"mail_url": f"smtp://127.0.0.1:{server.port}", "second_factor": "optional"}

    @by_json_and_form
    def test_the_dialogue_is_shown_and_so_is_why_it_failed(
        self, app: Flask, owner: Visitor, server: MailServer, by: str
    ) -> None:
        answer = ask(owner, by, "/test", {"email": "me@example.org"})
        said = "\n".join(answer.json["dialogue"]) if by == "json" else answer.text
        for words in ("RCPT TO:", "← 354", "← 250 OK"):
            assert words.lower().replace("rcpt to:", "rcpt") in said.lower()
        assert len(server.got) == 1
        server.answer = "554 5.7.1 Looks like <spam>"
        answer = ask(owner, by, "/test", {"email": "me@example.org"})
        if by == "json":
            assert answer.json["error"] == "554 5.7.1 Looks like <spam>"
        else:
            assert "It was not sent: <q><bdi>554 5.7.1 Looks like &lt;spam&gt;" in answer.text

    def test_the_command_prints_the_same(self, app: Flask, server: MailServer) -> None:
        run = app.test_cli_runner().invoke
        done = run(args=["comments", "mail", "test", "me@example.org"])
        assert done.exit_code == 0
        assert "→ data" in done.output
        assert "Sent: look whether it has arrived" in done.output
        server.answer = "554 5.7.1 Spam"
        done = run(args=["comments", "mail", "test", "me@example.org"])
        assert done.exit_code == 1
        assert "Error: 554 5.7.1 Spam" in done.output


def test_commands_list_what_was_given_up_and_try_it_again(app: Flask) -> None:
    made = given_up()
    run = app.test_cli_runner().invoke
    done = run(args=["comments", "mail", "list"]).output
    assert "0 e-mails wait, 0 were sent within a day, 1 were given up." in done
    assert f"{made.id}  gone@example.org  Hello" in done
    assert "1 e-mail to be tried again." in run(args=["comments", "mail", "again"]).output
    assert again(made).next_attempt_at is not None


def test_nobody_but_an_owner_sees_or_sends_anything(
    app: Flask, moderator: Visitor, reader: Visitor, guest: Visitor
) -> None:
    made = given_up()
    for visitor, status in ((moderator, 403), (reader, 403), (guest, 401)):
        for path in ("", "/again", f"/{made.id}/again"):
            assert ask(visitor, "form", path, {"email": "x@example.org"}).status_code == status
        assert visitor.call("GET", "mail").status_code == status
        assert ask(visitor, "json", "/test", {"email": "x@example.org"}).status_code == status
    assert again(made).next_attempt_at is None


@by_json_and_form
def test_who_writes_asks_for_no_more_and_waits_for_nobody_while_the_mail_server_is_away(
    app: Flask, settings: Settings, statements: list[str], by: str
) -> None:
    make.thread()
    counts = {}
    # The first is not counted. On the last port nobody listens, and no test here may even ask.
    for name, url in (("Ann", ""), ("Bob", ""), ("Cid", "smtp://127.0.0.1:9")):
        app.extensions["settings"] = replace(settings, mail_url=url)
        visitor, address = Visitor(app), f"{name}@example.org"
        statements.clear()
        given = {"body": f"{name} writes.", "name": name, "email": address}
        assert post(visitor, by, given).status_code in (201, 202, 303)
        posted = len(statements)
        assert sign_up(visitor, by, name=name, email=address).status_code in (202, 303)
        counts[name] = (posted, len(statements))
    assert counts["Bob"] == counts["Cid"]
    assert db.session.query(Email).count() >= 3
