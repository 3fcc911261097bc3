"""What an e-mail about comments says: what stands there when it leaves, and nothing of anybody's address."""

from email.message import EmailMessage
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import account_deletion, comments, config
from comments_service.accounts import roles
from comments_service.db import db, writing
from comments_service.errors import Message
from comments_service.mail import outbox
from comments_service.models import (
    Account,
    Choice,
    Comment,
    Email,
    Notification,
    Preference,
    Recipient,
    Role,
    Status,
    Subscription,
    Thread,
    Token,
    Untold,
)
from comments_service.notifications import wording
from comments_service.notifications.fan_out import fan_out
from tests import make
from tests.unit.telling import decide, emails, follows, guest, letters, posted, says


@pytest.fixture(autouse=True)
def thread(app: Flask) -> Thread:
    make.site(title="Shore Leave")
    return make.thread(title="How pelicans fish")


@pytest.fixture
def mona() -> Account:
    return make.account("Mona", role=Role.MODERATOR)


@pytest.fixture
def rhea() -> Account:
    return make.account("Rhea")


def test_a_moderator_reads_what_waits_why_and_where_to_decide(mona: Account) -> None:
    why = [Message("First comment of this writer."), Message("Many links: {number}.", number=7)]
    posted("They <b>scoop</b>.", held=True, reasons=why)
    [letter] = letters()
    assert letter.subject == "A comment waits for you at Shore Leave"
    for text in (
        "Gus wrote on “How pelicans fish”:",
        "> They <b>scoop</b>.",
        "Why it is waiting: First comment of this writer. Many links: 7.",
        "/comments/moderation/",
    ):
        assert text in letter.text
    for act in ("publish", "spam", "delete"):
        assert letter.text.count(f"?act={act}\n") == 1
    assert "They &lt;b&gt;scoop&lt;/b&gt;." in letter.html
    assert "<b>" not in letter.html
    assert letter.thread == ("thread-pelicans",)
    # Its links decide: each is of this moderator, this comment, this version.
    [token] = db.session.scalars(sa.select(Token))
    assert token.account_id == mona.id
    assert token.payload == {"comment": 1, "version": 1}


def test_of_what_is_published_already_a_moderator_is_not_asked_to_publish_it(mona: Account) -> None:
    posted()
    [letter] = letters()
    assert letter.subject == "A new comment at Shore Leave"
    assert "?act=publish" not in letter.text
    assert "?act=spam" in letter.text
    assert "http://blog.test/pelicans/#comment-1" in letter.text


def test_whoever_was_answered_reads_the_answer_and_what_he_had_written(rhea: Account) -> None:
    first = make.comment(by=rhea, body="Long. " * 100)
    posted("Short.", parent=first)
    [letter] = letters()
    assert letter.subject == "Gus answered you at Shore Leave"
    assert "> Short." in letter.text
    assert "You had written:" in letter.text
    assert len(letter.text) < 1_000
    assert "?act=" not in letter.text
    assert db.session.scalars(sa.select(Token)).all() == []


def test_a_letter_is_in_its_readers_language_or_else_in_that_of_the_article(rhea: Account) -> None:
    with writing():
        db.session.add(Recipient(account_id=rhea.id, lang="de"))
        db.session.execute(sa.update(Thread).values(lang="fr"))
    posted(parent=make.comment(by=rhea))
    follows(guest())
    posted()
    german, french = letters()
    assert german.subject == "Gus hat dir bei Shore Leave geantwortet"
    assert french.subject == "2 nouveaux commentaires sous « How pelicans fish » sur Shore Leave"
    assert 'lang="de"' in german.html


@pytest.mark.parametrize("act", ["spam", "delete"])
def test_a_writer_reads_why_it_was_not_published(rhea: Account, act: str) -> None:
    one = posted("They scoop.", by=rhea, held=True)
    decide(one, act, tell=True, reason="Off the point.")
    [letter] = letters()
    assert letter.subject == "Your comment at Shore Leave was not published"
    assert "The reason: Off the point." in letter.text
    assert "> They scoop." in letter.text


# ---- what changes until it leaves


def edit(comment: Comment, body: str) -> None:
    with comments.changing():
        comment.source = body
        comment.version += 1


def test_an_edit_until_then_is_what_is_read(rhea: Account, mona: Account) -> None:
    one = posted("Before.", parent=make.comment(by=rhea))
    fan_out()
    edit(one, "After.")
    for letter in letters():
        assert "After." in letter.text
        assert "Before." not in letter.text
    assert {each.payload["version"] for each in db.session.scalars(sa.select(Token))} == {2}


def gone_by_its_writer(one: Comment) -> None:
    with comments.changing():
        comments.empty(one)


def gone_by_a_moderator(one: Comment) -> None:
    decide(one, "delete")


def held_again(one: Comment) -> None:
    with comments.changing():
        one.status = Status.PENDING


def muted(_one: Comment) -> None:
    recipient = db.session.scalars(sa.select(Recipient)).one()
    with writing():
        db.session.add(
            Subscription(recipient_id=recipient.id, thread_id="pelicans", kind="answer", muted=True)
        )


def all_off(_one: Comment) -> None:
    with writing():
        db.session.execute(sa.update(Recipient).values(all_off=True))


def never(_one: Comment) -> None:
    recipient = db.session.scalars(sa.select(Recipient)).one()
    with writing():
        db.session.add(Preference(recipient_id=recipient.id, kind="answer", choice=Choice.NEVER))


def claimed(one: Comment) -> None:
    with comments.changing():
        one.account_id = db.session.scalars(sa.select(Account.id)).one()


def article_gone(_one: Comment) -> None:
    with writing():
        db.session.execute(sa.update(Thread).values(listed=False))


@pytest.mark.parametrize(
    "happens",
    [
        *(gone_by_its_writer, gone_by_a_moderator, held_again, muted, all_off, never),
        *(claimed, article_gone),
    ],
)
def test_what_is_no_news_any_more_is_not_sent(rhea: Account, happens: object) -> None:
    one = posted(parent=make.comment(by=rhea))
    fan_out()
    assert callable(happens)
    happens(one)
    [email] = emails()
    assert says(email) is None


def test_what_was_decided_meanwhile_asks_nobody_for_a_decision(mona: Account) -> None:
    one, two = posted(held=True), posted("Another.", held=True)
    fan_out()
    decide(one, "publish")
    [letter] = letters()
    assert letter.subject == "A comment waits for you at Shore Leave"
    assert "Another." in letter.text
    assert "scoop" not in letter.text
    decide(two, "spam")
    assert letters() == []


def test_whoever_decides_no_more_is_asked_nothing(mona: Account) -> None:
    posted(held=True)
    fan_out()
    roles.set_role("mona@example.org", Role.READER)
    assert letters() == []


def test_what_left_before_it_was_sent_is_told_when_it_is_published_again(rhea: Account) -> None:
    one = posted(parent=make.comment(by=rhea))
    fan_out()
    held_again(one)
    [email] = emails()
    assert says(email) is None
    with writing():
        db.session.execute(sa.delete(Email))
    decide(one, "publish")
    [letter] = letters()
    assert letter.subject == "Gus answered you at Shore Leave"


def test_who_stopped_following_hears_no_more(rhea: Account) -> None:
    follows(rhea)
    posted()
    fan_out()
    with writing():
        db.session.execute(sa.delete(Subscription))
    assert letters() == []


def test_a_letter_goes_to_the_address_of_the_day_on_which_it_leaves(rhea: Account) -> None:
    posted(parent=make.comment(by=rhea))
    fan_out()
    with writing():
        db.session.execute(sa.update(Account).values(email="new@example.org"))
    [email] = emails()
    assert says(email) is not None
    assert [each.recipient for each in emails()] == ["new@example.org"]


def test_a_deleted_account_leaves_nothing_of_what_it_was_told(rhea: Account) -> None:
    follows(rhea)
    posted()
    fan_out()
    account_deletion.delete(rhea, keep=True, lang="en", settings=config.current())
    for table in (Recipient, Subscription, Notification):
        assert db.session.scalars(sa.select(table)).all() == []
    assert emails() == []


# ---- many, long, and whose addresses


def test_of_very_many_the_first_are_shown_and_the_others_counted(mona: Account) -> None:
    for number in range(25):
        posted(f"Number {number}.", held=True)
    [letter] = letters()
    assert letter.subject == "25 comments at Shore Leave"
    assert letter.text.count("?act=publish") == wording.MOST
    assert "5 more are in the queue." in letter.text


def test_the_subject_says_that_they_wait_where_all_do(mona: Account) -> None:
    posted("One.", held=True)
    posted("Two.", held=True)
    [letter] = letters()
    assert letter.subject == "2 comments wait for you at Shore Leave"
    posted("Three.")
    [letter] = letters()
    assert letter.subject == "3 comments at Shore Leave"
    assert letter.text.count("To the article:") == 2
    assert letter.text.count("In the article:") == 1


def test_a_very_long_comment_is_cut_in_whole_words(rhea: Account) -> None:
    posted("pelican " * 1_200, parent=make.comment(by=rhea))
    [letter] = letters()
    assert len(letter.text) < wording.TEXT_CHARS + 1_000
    assert "pelican …" in letter.text
    assert "peli …" not in letter.text


def test_no_letter_holds_another_persons_address(mona: Account, rhea: Account) -> None:
    una = make.account("Una")
    follows(guest("gus@example.org"), "answer")
    follows(una)
    first = make.comment(by=rhea, email=None)
    second = make.comment(email="gus@example.org", website="https://gus.example")
    posted("@Una, look.", parent=first, email="pia@example.org")
    posted(parent=second, by=una)
    posted(held=True, email="pia@example.org")
    posted()
    one = posted(by=rhea, held=True)
    decide(one, "spam", mona, tell=True, reason="No.")
    fan_out()
    kinds = set()
    everybody = {"mona", "rhea", "una", "gus", "pia"}
    for email in emails():
        letter = says(email)
        assert letter is not None
        kinds.add(email.kind)
        for name in everybody - {email.recipient.partition("@")[0]}:
            for part in (letter.subject, letter.text, letter.html):
                assert f"{name}@" not in part, (email.kind, name)
    assert kinds == {"moderation", "answer", "mention", "thread", "decided"}


def test_nothing_that_somebody_typed_is_html_in_a_letter(mona: Account, rhea: Account) -> None:
    hostile = "<img src=https://spy.example/x.png><script>alert(1)</script>"
    with writing():
        db.session.execute(sa.update(Thread).values(title=f"Title {hostile}"))
        db.session.execute(sa.update(Account).where(Account.id == rhea.id).values(name=hostile))
    follows(rhea)
    posted(hostile, parent=make.comment(by=rhea, body=hostile), name=f"Gus {hostile}")
    one = posted(hostile, by=rhea, held=True)
    decide(one, "spam", mona, tell=True, reason=hostile)
    found = letters()
    assert len(found) == 3
    for letter in found:
        assert "<img" not in letter.html
        assert "<script" not in letter.html
        assert "&lt;script&gt;" in letter.html


@pytest.mark.parametrize("name", ["Gus\r\nBcc: all@example.org", "Гас " * 40, "鸟" * 150])
def test_no_name_breaks_a_header(rhea: Account, name: str) -> None:
    posted(parent=make.comment(by=rhea), name=name)
    fan_out()
    [email] = emails()
    letter = says(email)
    assert letter is not None
    message = outbox.message(email, letter, config.current(), "Shore Leave")
    assert isinstance(message, EmailMessage)
    head = bytes(message).partition(b"\n\n")[0]
    assert not any(line.lower().startswith(b"bcc:") for line in head.splitlines())
    assert message["References"]


def test_what_is_told_leaves_by_the_outbox_and_once(
    mona: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = config.current()
    posted(held=True)
    gone = posted(held=True)
    fan_out()
    gone_by_its_writer(gone)
    compose = wording.composers(settings)
    assert outbox.send_waiting(settings, compose) == 1
    assert outbox.send_waiting(settings, compose) == 0
    [file] = [*tmp_path.rglob("*.eml")]
    assert "A comment waits for you" in file.read_text()
    [left] = emails()
    assert left.subject == "A comment waits for you at Shore Leave"
    # What had left is not remembered; what was sent is.
    remembered = db.session.scalars(sa.select(Notification)).all()
    assert [(each.comment_id, each.moment) for each in remembered] == [(1, Untold.WAITING)]
