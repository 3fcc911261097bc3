"""What is published into a bucket for readers of several machines: what is there, and what never is."""

import json
import re
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import comments, create_app, threads
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.inputs import NewDecision
from comments_service.models import Thread
from comments_service.publishing import bucket, mending, publisher, site_snapshots, snapshots
from comments_service.supervision import Faults
from tests import make
from tests.bucket_server import Storage
from tests.unit.published import publish, published, set_page_size, several

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


@pytest.fixture
def changed_settings(stored: Storage) -> dict[str, str]:
    # Pages are baked elsewhere, as where there are several machines.
    return {"published_bucket": stored.environ["COMMENTS_PUBLISHED_BUCKET"], "output": ""}


@pytest.fixture
def blog(app: Flask) -> None:
    make.thread(translations=[{"lang": "zh-cn", "url": "http://blog.test/zh/p/", "title": "鹈鹕"}])
    make.site(languages=["en", "zh-cn"])


def theirs(settings: Settings) -> bucket.Bucket:
    found = bucket.of(settings)
    assert found
    return found


def another_machine(settings: Settings) -> Settings:
    return replace(settings, published=settings.published.with_name("another"), given=frozenset())


def truth(settings: Settings) -> dict[str, bytes]:
    """Every file as the database gives it now."""
    db.session.rollback()
    files = {
        each.name: each.data
        for thread in threads.visible()
        for each in snapshots.rendered(thread, settings)
    }
    return files | {each.name: each.data for each in site_snapshots.rendered(settings)}


def behind() -> list[str]:
    db.session.rollback()
    return list(threads.behind())


def hide(thread_id: str = "pelicans") -> None:
    with writing():
        db.session.execute(
            sa.update(Thread)
            .where(Thread.id == thread_id)
            .values(listed=False, revision=Thread.revision + 1, published_revision=snapshots.NEVER)
        )


def at_the_first_put(stored: Storage, name: str, act: Callable[[], None]) -> None:
    """Let something happen elsewhere while this object is on its way, after its place was looked at."""

    def once(put: str, _data: bytes) -> None:
        if put == name:
            stored.before_put = lambda _name, _data: None
            act()

    stored.before_put = once


def elsewhere(settings: Settings, act: Callable[[Settings], None]) -> Callable[[], None]:
    """The same in another process, as far as sessions and folders go."""

    def run() -> None:
        app = create_app(another_machine(settings))
        with app.app_context():
            act(another_machine(settings))
            db.session.remove()
            db.engine.dispose()

    def in_a_thread() -> None:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()

    return in_a_thread


# ---- what is there


def test_every_file_is_there_with_its_type_and_how_long_it_may_be_kept(
    blog: None, settings: Settings, stored: Storage
) -> None:
    make.comment()
    here = publish(settings)
    there = stored.files()
    assert there == {name: data for name, data in here.items() if name[-3:] not in (".gz", ".br")}
    assert there == truth(settings)
    for name, kind in (
        ("threads/pelicans.html", "text/html; charset=utf-8"),
        ("threads/pelicans.zh-cn.json", "application/json"),
        ("recent.atom", "application/atom+xml; charset=utf-8"),
    ):
        headers = stored.objects[name].headers
        assert headers["content-type"].startswith(kind)
        assert headers["cache-control"] == "no-cache"
    assert behind() == []


def test_an_object_that_says_the_same_is_not_sent_again(
    blog: None, settings: Settings, stored: Storage
) -> None:
    make.comment()
    publish(settings)
    stored.asked.clear()
    publisher.publish_all(settings)
    puts = [name for method, name, _ in stored.asked if method == "PUT"]
    assert puts == [".edition"]


def test_a_post_sends_the_files_of_one_page_of_a_long_thread(
    blog: None, settings: Settings, stored: Storage
) -> None:
    set_page_size(settings, 10)
    several(50)
    publish(settings)
    stored.asked.clear()
    make.comment(body="One more.")
    # Another machine's folder has nothing of it.
    other = another_machine(settings)
    set_page_size(other, 10)
    publisher.publish_behind(other)
    puts = {name for method, name, _ in stored.asked if method == "PUT"}
    assert "threads/pelicans.6.html" in puts
    assert "threads/pelicans.3.html" not in puts
    assert stored.files() == truth(settings)


def test_pages_that_a_thread_loses_are_removed_whichever_machine_had_put_them(
    blog: None, settings: Settings, stored: Storage
) -> None:
    set_page_size(settings, 10)
    made = several(25)
    make.thread("pelicans-and-more")
    publish(settings)
    assert "threads/pelicans.3.html" in stored.files()
    other = another_machine(settings)
    set_page_size(other, 10)
    for each in made[5:]:
        comments.decide(each.id, None, NewDecision(decision="spam"))
    publisher.publish_behind(other)
    assert not [name for name in stored.files() if re.search(r"pelicans\..*[23]\.", name)]
    assert stored.files() == truth(settings)
    hide()
    publisher.publish_behind(settings)
    assert not [name for name in stored.files() if name.startswith("threads/pelicans.")]
    assert "threads/pelicans-and-more.html" in stored.files()
    assert stored.files() == truth(settings)


# ---- who comes late


@pytest.mark.parametrize("heeds", [True, False], ids=["conditions", "none"])
def test_an_older_revision_never_takes_the_place_of_a_newer_one(
    blog: None, settings: Settings, stored: Storage, heeds: bool
) -> None:
    """And would, were it not for the conditions: the second case shows that the test can fail."""
    stored.heeds_conditions = heeds
    theirs(settings).put("threads/x.html", b"first", 1)
    # Looked at by the one of revision 2, it is replaced by one of revision 3 before that comes there.
    at_the_first_put(stored, "threads/x.html", lambda: put_newer(settings))
    theirs(settings).put("threads/x.html", b"second", 2)
    assert stored.objects["threads/x.html"].data == (b"third" if heeds else b"second")
    assert stored.fell == ([] if heeds else ["threads/x.html"])


def put_newer(settings: Settings) -> None:
    theirs(settings).put("threads/x.html", b"third", 3)


def test_a_publication_that_is_overtaken_leaves_what_the_newer_one_has_put(
    blog: None, settings: Settings, stored: Storage
) -> None:
    make.comment()
    publish(settings)
    make.comment(body="The second.")

    def overtake(other: Settings) -> None:
        make.comment(body="The third.")
        publisher.publish_behind(other)

    at_the_first_put(stored, "threads/pelicans.html", elsewhere(settings, overtake))
    publisher.publish_behind(settings)
    assert b"The third." in stored.files()["threads/pelicans.html"]
    publisher.publish_behind(settings)
    assert stored.fell == []
    assert stored.files() == truth(settings)


def test_what_was_withdrawn_meanwhile_does_not_come_back(
    blog: None, settings: Settings, stored: Storage
) -> None:
    make.comment(body="To be withdrawn.")

    def withdraw(other: Settings) -> None:
        hide()
        publisher.publish_behind(other)

    # Whoever looked where nothing was yet creates what the other has just found missing.
    at_the_first_put(stored, "threads/pelicans.html", elsewhere(settings, withdraw))
    publisher.publish_behind(settings)
    # Whoever was overtaken says so, and the next round of anybody removes it.
    publisher.publish_behind(another_machine(settings))
    assert not [name for name, data in stored.files().items() if b"withdrawn" in data]
    assert behind() == []


def test_it_does_not_come_back_either_where_the_newer_one_ends_last(
    blog: None, settings: Settings, stored: Storage
) -> None:
    make.comment(body="To be withdrawn.")
    listed, released = threading.Event(), threading.Event()

    def after_list() -> None:
        listed.set()
        assert released.wait(20)

    def withdraw(other: Settings) -> None:
        hide()
        publisher.publish_threads(other, Faults())

    withdrawing = threading.Thread(target=elsewhere(settings, withdraw))

    def at_the_put() -> None:
        stored.after_list = after_list
        withdrawing.start()
        assert listed.wait(20)
        stored.after_list = lambda: None

    at_the_first_put(stored, "threads/pelicans.html", at_the_put)
    publisher.publish_threads(settings, Faults())
    assert b"To be withdrawn." in stored.files()["threads/pelicans.html"]
    released.set()
    withdrawing.join()
    publisher.publish_behind(settings)
    assert not [name for name, data in stored.files().items() if b"withdrawn" in data]
    assert behind() == []


def test_lists_of_one_revision_say_the_same_whoever_gives_it(
    blog: None, settings: Settings, stored: Storage
) -> None:
    make.comment()
    publish(settings)

    def overtake(other: Settings) -> None:
        make.comment(body="Later.")
        publisher.publish_behind(other)

    make.comment(body="Earlier.")
    for name in ("counts.json", "recent.html"):
        at_the_first_put(stored, name, elsewhere(settings, overtake))
        publisher.publish_behind(settings)
        assert json.loads(stored.files()["counts.json"])["counts"]["pelicans"] == len(
            threads.page("pelicans", 1, 100)
        )
        make.comment(body="And again.")
    publisher.publish_behind(settings)
    assert stored.fell == []
    assert stored.files() == truth(settings)


# ---- what it missed


def test_a_storage_that_is_away_keeps_nobody_from_the_folder_and_gets_everything_later(
    blog: None, settings: Settings, stored: Storage
) -> None:
    make.thread("gulls")
    make.comment()
    publish(settings)
    before = stored.files()
    stored.away = True
    made = make.comment(body="While it is away.")
    make.comment("gulls", body="Here, too.")
    faults = Faults()
    assert publisher.publish_behind(settings, faults) == []
    # One fault, whatever waits for it; no address and no key in it.
    assert list(faults.known) == [bucket.AWAY]
    assert "a-secret" not in faults.known[bucket.AWAY]
    assert f"comment-{made.id}".encode() in published(settings)["threads/pelicans.html"]
    assert stored.files() == before
    assert sorted(behind()) == ["gulls", "pelicans"]
    # Asked at most once a second, whatever waits.
    assert theirs(settings).resting
    stored.away = False
    theirs(settings)._retry_at = 0.0
    assert sorted(publisher.publish_behind(settings, faults)) == ["gulls", "pelicans"]
    assert faults.known == {}
    assert stored.files() == truth(settings)
    assert behind() == []


def test_the_lists_that_somebody_died_over_are_put_by_whoever_lives(
    blog: None, settings: Settings, stored: Storage
) -> None:
    make.comment()
    publish(settings)
    make.comment(body="The last words.")
    # A publisher that is killed between the two.
    publisher.publish_threads(settings, Faults())
    assert bucket.lists_behind(settings)
    assert b"The last words." not in stored.files()["recent.html"]
    site_snapshots.publish(another_machine(settings), Faults(), everything=False)
    assert not bucket.lists_behind(settings)
    assert stored.files() == truth(settings)


def test_an_empty_bucket_is_filled_at_a_start_and_by_a_command(
    blog: None, settings: Settings, stored: Storage
) -> None:
    make.comment()
    publish(settings)
    for fill in (publisher.mend, publisher.publish_all):
        stored.objects.clear()
        fill(settings)
        assert stored.files() == truth(settings)
    # Whoever starts beside it with an empty folder makes nobody publish everything again.
    shutil.rmtree(settings.published)
    mending.mark_stale(settings)
    assert behind() == []
