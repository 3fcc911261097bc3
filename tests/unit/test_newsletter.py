"""The newsletter: each new article once, to those who asked for it, and nothing that was there before."""

import email
import email.message
import email.policy
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import newsletter
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.mail import outbox
from comments_service.models import Article, Email, Site, Subscription, now
from comments_service.newsletter import announcing, feed
from comments_service.notifications import subscriptions
from tests import make

FEED = "http://blog.test/feeds/all.json"


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """E-mails are files of this test's folder, and feeds of other tests are forgotten."""
    monkeypatch.chdir(tmp_path)
    feed._last.clear()
    yield
    feed._last.clear()


class Blog:
    """What the build writes: a feed."""

    def __init__(self, settings: Settings) -> None:
        assert settings.output_folder is not None
        self.path = settings.output_folder / "feeds" / "all.json"
        self.path.parent.mkdir(parents=True)
        self.items: list[dict[str, Any]] = []
        self._written = 0

    def write(self, *items: dict[str, Any]) -> None:
        self.items = [*items, *self.items]
        # Each version of another length, so that none is taken for the last.
        self._written += 1
        made = {"version": "…", "title": "A blog", "items": self.items, "n": "x" * self._written}
        self.path.write_text(json.dumps(made))


def an_item(name: str, when: datetime | None = None, **values: Any) -> dict[str, Any]:
    return {
        "id": f"urn:uuid:{name}",
        "url": f"http://blog.test/{name}/",
        "title": name.capitalize(),
        "date_published": (when or now() - timedelta(minutes=1)).isoformat(),
        "summary": f"About {name}.",
        "content_html": f"<p>All of {name}.</p>",
        "language": "en",
        **values,
    }


@pytest.fixture
def blog(app: Flask, settings: Settings) -> Blog:
    """A blog with a newsletter and one old article, seen for the first time."""
    made = Blog(settings)
    make.site(newsletter=FEED)
    made.write(an_item("old"))
    assert newsletter.announce(settings) == 0
    return made


def a_reader(
    address: str = "rea@example.org", kind: str = announcing.EACH, lang: str = "en", **values: Any
) -> None:
    with writing():
        recipient = subscriptions.of_guest(address, lang)
        recipient.confirmed_at = now()
        for name, value in values.items():
            setattr(recipient, name, value)
        subscriptions.put(recipient, kind, None)


def send(settings: Settings) -> list[str]:
    """Whom e-mails leave to now, with their subjects."""
    outbox.send_waiting(settings, newsletter.composers(settings))
    db.session.rollback()
    rows = db.session.scalars(
        sa.select(Email)
        .where(Email.sent_at.is_not(None))
        .order_by(Email.id)
        .execution_options(populate_existing=True)
    )
    return [f"{each.recipient}: {each.subject}" for each in rows]


def test_a_new_article_goes_once_to_whoever_asked_for_it(
    blog: Blog, settings: Settings, tmp_path: Path
) -> None:
    a_reader()
    blog.write(an_item("pelicans"))
    assert newsletter.announce(settings) == 1
    assert newsletter.announce(settings) == 0
    assert send(settings) == ["rea@example.org: Pelicans – new at A blog"]
    (letter,) = (tmp_path / "var" / "mail").glob("*.eml")
    mail = email.message_from_bytes(letter.read_bytes(), policy=email.policy.default)
    assert isinstance(mail, email.message.EmailMessage)
    for subtype in ("plain", "html"):
        part = mail.get_body((subtype,))
        assert part is not None
        assert "About pelicans." in part.get_content()
        assert "http://blog.test/pelicans/" in part.get_content()
    assert mail["List-Unsubscribe"].strip().startswith("<http://blog.test/comments/unsubscribe/")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_the_first_look_at_a_blog_with_500_articles_sends_nothing(
    app: Flask, settings: Settings
) -> None:
    blog = Blog(settings)
    make.site(newsletter=FEED)
    a_reader()
    blog.write(*(an_item(f"a{number}") for number in range(500)))
    assert newsletter.announce(settings) == 0
    assert send(settings) == []
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Article)) == 500


def test_the_first_article_of_an_empty_blog_is_news(app: Flask, settings: Settings) -> None:
    blog = Blog(settings)
    make.site(newsletter=FEED)
    a_reader()
    blog.write()
    assert newsletter.announce(settings) == 0
    blog.write(an_item("first"))
    assert newsletter.announce(settings) == 1


def test_another_date_address_or_title_sends_nothing_again(blog: Blog, settings: Settings) -> None:
    a_reader()
    blog.write(an_item("pelicans"))
    newsletter.announce(settings)
    blog.items[0] |= {"url": "http://blog.test/renamed/", "title": "Renamed"}
    blog.items[0]["date_published"] = now().isoformat()
    blog.write()
    assert newsletter.announce(settings) == 0
    assert send(settings) == ["rea@example.org: Renamed – new at A blog"]


def test_an_article_that_waits_for_its_date_goes_out_when_it_is_published(
    blog: Blog, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_reader()
    blog.write(an_item("tomorrow", now() + timedelta(hours=5)))
    assert newsletter.announce(settings) == 0
    later = now() + timedelta(hours=6)
    monkeypatch.setattr(announcing, "now", lambda: later)
    assert newsletter.announce(settings) == 1


def test_an_older_article_that_comes_into_the_feed_by_another_date_is_no_news(
    blog: Blog, settings: Settings
) -> None:
    # The feed held the newest hundred, and this one was known by its thread alone.
    make.thread("older", created_at=now() - timedelta(days=400))
    a_reader()
    blog.write(an_item("older"))
    assert newsletter.announce(settings) == 0
    blog.write(an_item("imported", now() - timedelta(days=300)))
    assert newsletter.announce(settings) == 0
    assert send(settings) == []


def test_what_came_while_it_was_switched_off_is_no_news(blog: Blog, settings: Settings) -> None:
    a_reader()
    with writing():
        db.session.execute(sa.update(Site).values(newsletter="", newsletter_since=None))
    blog.write(an_item("meanwhile"))
    assert newsletter.announce(settings) == 0
    with writing():
        db.session.execute(sa.update(Site).values(newsletter=FEED))
    assert newsletter.announce(settings) == 0
    blog.write(an_item("afterwards"))
    assert newsletter.announce(settings) == 1


def test_the_weekly_e_mail_gathers_what_came(
    blog: Blog, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_reader(kind=announcing.WEEKLY)
    for name in ("pelicans", "herons"):
        blog.write(an_item(name))
        newsletter.announce(settings)
    assert send(settings) == []
    (waiting,) = db.session.scalars(sa.select(Email))
    assert waiting.next_attempt_at is not None
    assert (waiting.next_attempt_at.weekday(), waiting.next_attempt_at.hour) == (0, 7)
    db.session.execute(sa.update(Email).values(next_attempt_at=now()))
    db.session.commit()
    assert send(settings) == ["rea@example.org: 2 new articles at A blog"]


def test_what_a_clock_that_was_ahead_has_put_off_keeps_no_later_article(
    blog: Blog, settings: Settings
) -> None:
    a_reader(kind=announcing.WEEKLY)
    blog.write(an_item("pelicans"))
    newsletter.announce(settings)
    a_year_on = now() + timedelta(days=365)
    db.session.execute(sa.update(Email).values(next_attempt_at=a_year_on))
    db.session.commit()
    for name in ("herons", "storks"):
        blog.write(an_item(name))
        newsletter.announce(settings)
    (soon,) = db.session.scalars(sa.select(Email).where(Email.next_attempt_at < a_year_on))
    soon.next_attempt_at = now()
    db.session.commit()
    assert send(settings) == ["rea@example.org: 2 new articles at A blog"]


@pytest.mark.parametrize(
    ("moment", "due"),
    [
        ("2026-11-29T16:00+00:00", "2026-11-30T07:00+00:00"),
        ("2026-11-30T06:59+00:00", "2026-11-30T07:00+00:00"),
        ("2026-11-30T07:00+00:00", "2026-12-07T07:00+00:00"),
        ("2026-12-01T00:00+00:00", "2026-12-07T07:00+00:00"),
    ],
)
def test_the_week_ends_on_monday_morning(moment: str, due: str) -> None:
    assert announcing.next_week(datetime.fromisoformat(moment)) == datetime.fromisoformat(due)


def test_who_said_no_or_nothing_yet_gets_nothing(blog: Blog, settings: Settings) -> None:
    a_reader("off@example.org", all_off=True)
    a_reader("guest@example.org", confirmed_at=None)
    a_reader("asked@example.org")
    with writing():
        last = sa.select(sa.func.max(Subscription.id)).scalar_subquery()
        db.session.execute(
            sa.update(Subscription).where(Subscription.id == last).values(confirmed_at=None)
        )
    blog.write(an_item("pelicans"))
    assert newsletter.announce(settings) == 1
    assert send(settings) == []


def test_who_stops_it_before_it_leaves_gets_nothing(blog: Blog, settings: Settings) -> None:
    a_reader()
    blog.write(an_item("pelicans"))
    newsletter.announce(settings)
    with writing():
        db.session.execute(sa.delete(Subscription))
    assert send(settings) == []
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Email)) == 0


def test_an_article_that_was_withdrawn_before_it_left_is_not_told(
    blog: Blog, settings: Settings
) -> None:
    a_reader()
    blog.write(an_item("pelicans"))
    newsletter.announce(settings)
    blog.items = blog.items[1:]
    blog.write()
    assert send(settings) == []


def test_each_reads_it_in_one_language(blog: Blog, settings: Settings) -> None:
    with writing():
        db.session.execute(sa.update(Site).values(languages=["en", "zh-cn"]))
    for lang in ("en", "zh", "fr"):
        a_reader(f"{lang}@example.org", lang=lang)
    chinese = an_item("pelicans-zh", title="鹈鹕", language="zh-cn")
    blog.write(an_item("pelicans"), chinese)
    assert newsletter.announce(settings) == 2
    assert sorted(each.split(" ")[0:2] for each in send(settings)) == [
        ["en@example.org:", "Pelicans"],
        ["fr@example.org:", "Pelicans"],
        ["zh@example.org:", "鹈鹕"],
    ]


def test_a_thousand_readers_cost_as_many_statements_as_ten(
    blog: Blog, settings: Settings, statements: list[str]
) -> None:
    costs = []
    for readers in (10, 1_000):
        with writing():
            db.session.execute(sa.delete(Subscription))
        with writing():
            for number in range(readers):
                recipient = subscriptions.of_guest(f"r{number}@example.org", "en")
                recipient.confirmed_at = now()
                subscriptions.put(recipient, announcing.EACH, None)
        blog.write(an_item(f"for-{readers}"))
        statements.clear()
        assert newsletter.announce(settings) == 1
        costs.append(len(statements))
    waiting = db.session.scalar(
        sa.select(sa.func.count()).select_from(Email).where(Email.kind == "articles")
    )
    assert waiting == 1_010
    assert costs[1] <= costs[0] + 6
    assert costs[1] < 20


@pytest.mark.parametrize(
    "damaged",
    ["", "{", "[]", '{"items": 7}', '{"items": [{"id": "a"}]}', "[" * 100_000],
)
def test_a_damaged_feed_tells_nobody_and_is_read_again_once_it_is_whole(
    blog: Blog, settings: Settings, damaged: str
) -> None:
    a_reader()
    blog.path.write_text(damaged)
    with pytest.raises(newsletter.FeedError):
        newsletter.announce(settings)
    blog.write(an_item("pelicans"))
    assert newsletter.announce(settings) == 1


def test_without_a_feed_nobody_is_told(blog: Blog, settings: Settings) -> None:
    blog.path.unlink()
    assert newsletter.announce(settings) == 0


def test_the_command_says_what_would_go_to_how_many_and_sends_nothing(
    app: Flask, blog: Blog, settings: Settings
) -> None:
    a_reader()
    a_reader("weekly@example.org", announcing.WEEKLY)
    blog.write(an_item("pelicans"), an_item("ancient", now() - timedelta(days=300)))
    runner = app.test_cli_runner()
    said = runner.invoke(args=["comments", "newsletter", "--dry-run"]).output
    assert "Pelicans\n    http://blog.test/pelicans/\n    to 1 at once, to 1 with" in said
    assert "told to nobody: 1 article" in said
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Email)) == 0
    assert "Pelicans" in runner.invoke(args=["comments", "newsletter"]).output
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Email)) == 2
    assert "Nothing is new." in runner.invoke(args=["comments", "newsletter"]).output


def test_the_command_says_how_to_switch_it_on(app: Flask) -> None:
    make.site()
    done = app.test_cli_runner().invoke(args=["comments", "newsletter"])
    assert done.exit_code == 1
    assert "NEWSLETTER = True" in done.output
