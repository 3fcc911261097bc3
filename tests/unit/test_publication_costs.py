"""What one comment costs: the files that it changes, and no others; and they are what a whole publication makes."""

import random
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import account_changes, account_deletion, comments, config, threads
from comments_service.comments import placing
from comments_service.config import Settings
from comments_service.db import db
from comments_service.inputs import Profile
from comments_service.models import Comment, Role, Status, Thread, now
from comments_service.publishing import publisher, site_snapshots
from comments_service.supervision import Faults
from tests import make
from tests.unit.published import publish, published, set_page_size

# By the ORM, or as a post inserts it.
MAKERS: list[Callable[..., object]] = [make.comment, make.inserted]
CHINESE = {"lang": "zh-cn", "url": "http://blog.test/zh/p/", "title": "鹈鹕"}


def long(comments: int, settings: Settings, size: int = 10) -> None:
    """A thread of many pages, published."""
    set_page_size(settings, size)
    make.site(languages=["en"])
    make.thread()
    make.many([{"id": number} for number in range(1, comments + 1)])
    if db.engine.dialect.name == "postgresql":
        with db.engine.begin() as connection:
            last = "SELECT setval(pg_get_serial_sequence('comments', 'id'), max(id)) FROM comments"
            connection.execute(sa.text(last))
    publisher.publish_behind(settings)


def written(settings: Settings, act: Callable[[], object]) -> set[str]:
    """The files of threads, without their siblings, that are made anew after an act."""

    def inodes() -> dict[str, int]:
        files = (settings.published / "threads").glob("*")
        return {
            path.name: path.stat().st_ino for path in files if path.suffix[1:] not in ("gz", "br")
        }

    before = inodes()
    # Kept open by another name, so that no new file has the number of one that is gone.
    kept = settings.published.with_name("kept")
    kept.mkdir()
    for name in before:
        (kept / name).hardlink_to(settings.published / "threads" / name)
    act()
    publisher.publish_behind(settings)
    after = inodes()
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


def page(*numbers: int) -> set[str]:
    names = [f"pelicans{'' if number == 1 else f'.{number}'}" for number in numbers]
    return {f"{name}.{kind}" for name in names for kind in ("html", "json")}


FEED = {"pelicans.atom"}


def status(number: int, to: Status) -> None:
    with comments.changing():
        db.session.get_one(Comment, number).status = to


def update(number: int, **values: object) -> None:
    with comments.changing():
        db.session.execute(sa.update(Comment).where(Comment.id == number).values(values))


def answer(number: int) -> None:
    make.comment(parent=db.session.get_one(Comment, number))


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (lambda: make.comment(), page(1, 9) | FEED),
        (lambda: make.comment(held=True), page(1)),
        (lambda: update(25, html="<p>Edited.</p>"), page(1, 3)),
        (lambda: update(84, html="<p>Edited.</p>"), page(1, 9) | FEED),
        (lambda: status(84, Status.DELETED), page(1, 9) | FEED),
        (lambda: status(65, Status.REJECTED), page(1, 7, 8, 9) | FEED),
        (lambda: answer(65), page(1, 7, 8, 9) | FEED),
        (lambda: answer(70), page(1, 8, 9) | FEED),
        (lambda: answer(84), page(1, 9) | FEED),
    ],
    ids=["last", "held", "edit", "newest", "deleted", "rejected", "answer", "end of a page", "end"],
)
def test_only_the_pages_that_a_change_reaches_are_made_anew(
    app: Flask, settings: Settings, act: Callable[[], object], expected: set[str]
) -> None:
    long(85, settings)
    assert written(settings, act) == expected


def test_the_page_before_a_new_one_gets_its_link(app: Flask, settings: Settings) -> None:
    long(30, settings)
    changed = page(1, 4) | FEED | {"pelicans.3.html"}
    assert written(settings, lambda: make.comment()) == changed
    html = (settings.published / "threads" / "pelicans.3.html").read_text()
    assert "?page=4" in html
    last = db.session.scalars(sa.select(sa.func.max(Comment.id))).one()
    (settings.published.with_name("kept")).rename(settings.published.with_name("before"))
    assert written(settings, lambda: status(last, Status.DELETED)) == changed
    assert not (settings.published / "threads" / "pelicans.4.html.gz").exists()


def test_a_new_name_reaches_the_pages_on_which_it_stands(app: Flask, settings: Settings) -> None:
    long(85, settings)
    rhea = make.account()
    update(25, account_id=rhea.id, name=None)
    answer(25)
    publisher.publish_behind(settings)
    given = Profile(name="Rhea Silvia", bio="", link=None, shown=True)
    assert written(settings, lambda: account_changes.introduce(rhea, given)) == page(1, 3)
    assert (settings.published / "threads/pelicans.3.html").read_text().count("Rhea Silvia") == 3


@pytest.mark.parametrize("length", [25, 255])
def test_a_comment_more_takes_as_many_queries_whatever_the_length(
    app: Flask, settings: Settings, statements: list[str], length: int
) -> None:
    long(length, settings)
    statements.clear()
    make.comment()
    posted = len(statements)
    publisher.publish_behind(settings)
    assert (posted, len(statements) - posted) == (7, 21)


def test_a_file_that_was_lost_is_made_again_with_all_the_others(
    app: Flask, settings: Settings
) -> None:
    long(35, settings)
    before = published(settings)
    for name in ("pelicans.html", "pelicans.2.html"):
        (settings.published / "threads" / name).unlink()
    publisher.mend(settings)
    assert published(settings) == before


# ---- nothing but what a whole publication makes


class History:
    """A blog on which things happen at random, small enough for each to meet the others."""

    def __init__(self, seed: int) -> None:
        self.lot = random.Random(seed)
        self.people = [make.account(name, role=Role.MODERATOR) for name in ("Rhea", "Pia", "Gus")]
        self.names = 0

    def one(self) -> Comment | None:
        found = db.session.scalars(sa.select(Comment).order_by(Comment.id)).all()
        return self.lot.choice(found) if found else None

    def step(self) -> None:
        acts = [self.post] * 6 + [self.answer] * 6 + [self.decide] * 6 + [self.edit, self.rename]
        self.lot.choice([*acts, self.pin, self.pin, self.move, self.lose, self.leave])()

    def post(self) -> None:
        by = self.lot.choice([None, *self.people])
        held, ago = self.lot.random() < 0.3, self.lot.choice([0, 0, 5, 500])
        made = self.lot.choice(MAKERS)
        made(held=held, by=by, minutes_ago=ago, body=f"Said {self.lot.random()}.")

    def answer(self) -> None:
        if parent := self.one():
            by = self.lot.choice([None, *self.people])
            made = self.lot.choice(MAKERS)
            made(parent.thread_id, parent=parent, by=by, held=self.lot.random() < 0.2)

    def decide(self) -> None:
        comment = self.one()
        # Whose writer took it back, and has left since, cannot be decided on.
        if comment and (comment.name is not None or comment.account_id is not None):
            to = self.lot.choice([Status.PUBLISHED, Status.PUBLISHED, *Status])
            with comments.changing():
                comment.status = to

    def edit(self) -> None:
        if comment := self.one():
            update(comment.id, html=f"<p>Edited {self.lot.random()}</p>")

    def rename(self) -> None:
        if self.people:
            self.names += 1
            given = Profile(name=f"Somebody {self.names}", bio="", link=None, shown=True)
            account_changes.introduce(self.lot.choice(self.people), given)

    def pin(self) -> None:
        if (comment := self.one()) and comment.parent_id is None:
            update(comment.id, pinned_at=self.lot.choice([None, now()]))

    def move(self) -> None:
        if comment := self.one():
            make.backdate(comment.id, self.lot.choice([1, 60, 5_000]))

    def lose(self) -> None:
        answered = sa.select(Comment.parent_id).where(Comment.parent_id.is_not(None))
        found = db.session.scalars(sa.select(Comment.id).where(Comment.id.not_in(answered))).all()
        if found:
            with comments.changing():
                db.session.execute(sa.delete(Comment).where(Comment.id == self.lot.choice(found)))

    def leave(self) -> None:
        if len(self.people) > 1:
            gone = self.people.pop()
            keep = self.lot.random() < 0.5
            account_deletion.delete(gone, keep=keep, lang="en", settings=config.current())


@pytest.mark.parametrize("seed", range(2))
def test_any_history_leaves_the_files_that_are_made_at_once(
    app: Flask, settings: Settings, seed: int
) -> None:
    set_page_size(settings, 10)
    make.site(languages=["en", "zh-cn"])
    make.thread(translations=[CHINESE])
    history = History(seed)
    for _ in range(3):
        for _ in range(15):
            history.step()
            if history.lot.random() < 0.2:
                publisher.publish_behind(settings)
        found = publish(settings)
        assert comments.misplaced() == []
        assert places() == [*placing.reading_order(rows(), pinned())]
        publisher.publish_all(settings)
        assert published(settings) == found
        assert publisher.mend(settings) == []


def rows() -> list[sa.Row[tuple[int, int | None, Status]]]:
    chosen = sa.select(Comment.id, Comment.parent_id, Comment.status)
    return [*db.session.execute(chosen.order_by(Comment.created_at, Comment.id))]


def pinned() -> list[int]:
    chosen = sa.select(Comment.id).where(Comment.pinned_at.is_not(None))
    return [*db.session.scalars(chosen.order_by(Comment.pinned_at, Comment.id))]


def places() -> list[int]:
    return [each.id for each in threads.conversation("pelicans")]


def test_where_no_room_is_left_the_thread_is_placed_anew(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placing, "ROOM", 8)
    monkeypatch.setattr(placing, "PART", 2)
    make.thread()
    first = make.comment(minutes_ago=9)
    make.comment(minutes_ago=8)
    publisher.publish_behind(settings)
    for _ in range(12):
        make.comment(parent=first)
        assert places() == [*placing.reading_order(rows())]
    found = publish(settings)
    publisher.publish_all(settings)
    assert published(settings) == found


def test_a_damaged_row_keeps_back_its_own_thread_only(app: Flask, settings: Settings) -> None:
    make.site(languages=["de", "en"])
    make.thread("gulls")
    make.thread()
    make.comment("gulls", body="They steal.")
    publisher.publish_behind(settings)
    with db.engine.begin() as connection:
        damaged = (
            sa.update(Thread).where(Thread.id == "gulls").values(translations=[{"lang": "de"}])
        )
        connection.execute(damaged)
    faults = Faults()
    for _ in range(2):
        make.comment(body="They scoop.")
        make.comment("gulls")
        publisher.publish_behind(settings, faults)
    assert sorted(faults.known) == [
        "Publishing the thread gulls", "The place in the lists of the thread gulls",
    ]  # fmt: skip
    found = published(settings)
    for name in ("threads/pelicans.html", "recent.html", "discussions.html", "discussions.de.json"):
        assert b"They scoop." in found[name]
    assert b'"pelicans":2' in found["counts.json"]
    assert b"gulls" not in found["discussions.html"]


def test_lists_that_say_the_same_are_not_rendered_again(
    app: Flask, settings: Settings, statements: list[str]
) -> None:
    long(25, settings)
    before = published(settings)
    # Old enough to be in no list.
    with comments.changing():
        db.session.execute(sa.update(Comment).where(Comment.id == 3).values(edited_at=sa.null()))
    faults = Faults()
    (settings.published / "ui.en.html").unlink()
    site_snapshots.publish(settings, faults, everything=False)
    assert published(settings) == before
    (settings.published / "recent.html").unlink()
    site_snapshots.publish(settings, faults, everything=False)
    assert not (settings.published / "recent.html").exists()
    site_snapshots.publish(settings, faults)
    assert published(settings) == before


def test_a_storm_of_posts_writes_the_sites_files_once_in_a_while(
    app: Flask, settings: Settings
) -> None:
    make.site(languages=["en"])
    make.thread()
    round_ = publisher.Publisher(app, settings).round
    counts = settings.published / "counts.json"
    make.comment()
    round_()
    assert b'"pelicans":1' in counts.read_bytes()
    for _ in range(3):
        make.comment()
        round_()
    assert b'"pelicans":1' in counts.read_bytes()
    assert (settings.published / "threads/pelicans.json").read_bytes().count(b'"id"') == 4


# ---- what is kept beside the comments, and what was changed behind its back


def test_what_was_changed_by_hand_is_found_and_mended(app: Flask, settings: Settings) -> None:
    make.thread()
    make.thread("gulls")
    make.comment()
    gone = make.comment()
    publisher.publish_behind(settings)
    table = Comment.__table__
    with db.engine.begin() as connection:
        connection.execute(sa.update(Thread.__table__).values(comment_count=7))  # type: ignore[arg-type]  # a table
        where = table.c.id == gone.id
        connection.execute(sa.update(table).where(where).values(status=Status.REJECTED))  # type: ignore[arg-type]
    db.session.rollback()
    assert comments.misplaced() == ["pelicans"]
    run = app.test_cli_runner()
    assert run.invoke(args=["comments", "doctor"]).exit_code == 1
    assert run.invoke(args=["comments", "publish", "--stale"]).exit_code == 0
    assert comments.misplaced() == []
    db.session.rollback()
    assert threads.counts() == [("pelicans", 1)]
    assert len(threads.conversation("pelicans")) == 1


def test_a_comment_is_found_on_its_page(app: Flask, settings: Settings) -> None:
    long(25, settings)
    held = make.comment(held=True)
    make.thread("gulls")
    found = [threads.page_with("pelicans", number, 10) for number in (1, 10, 11, 25)]
    assert found == [1, 1, 2, 3]
    assert threads.page_with("pelicans", held.id, 10) is None
    assert threads.page_with("gulls", 11, 10) is None
