"""Shared drafts: a thread for those who have its address, and for nobody else; and how that ends."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service import hooks, i18n, threads
from comments_service.config import Settings
from comments_service.db import db, writing
from comments_service.errors import UnknownThread
from comments_service.exporters import rows
from comments_service.hooks import telling
from comments_service.models import Comment, HookDelivery, HookEvent, Role, Thread, now
from comments_service.publishing import manifest, publisher, rebake
from comments_service.supervision import Faults
from formats.manifest import shared_of
from tests import make
from tests.api.commenting import only_comment, post
from tests.api.people import by_json_and_form, of_role
from tests.conftest import Visitor
from tests.unit.published import published
from tests.unit.telling import posted, told
from tests.unit.test_manifest import document, entry

SECRET = "q7m2xv5t3kz4w6ny8bd9hs1rfj"
ADDRESS = f"http://blog.test/shared/{SECRET}/"
OTHER = "b4n6"
WORDS = "Is that so? The quagga says otherwise."


def draft(days: float = 14, **changed: Any) -> dict[str, Any]:
    until = (now() + timedelta(days=days)).isoformat()
    given = {"id": SECRET, "url": ADDRESS, "title": "Of quaggas", "until": until}
    return entry(**{**given, "aliases": [], "translations": [], "authors": ["Ada"], **changed})


@pytest.fixture
def source(app: Flask, tmp_path: Path) -> Path:
    (tmp_path / "site").mkdir()
    return tmp_path / "site" / "threads.json"


def take(source: Path, *drafts: dict[str, Any], again: bool = False) -> bool:
    source.write_text(json.dumps(document(entry())))
    shared_of(source.parent).write_text(json.dumps(drafts))
    return manifest.sync(str(source), again=again)


def row(thread_id: str = SECRET) -> Thread:
    return db.session.get_one(Thread, thread_id, populate_existing=True)


def publish(settings: Settings) -> dict[str, bytes]:
    publisher.end_shares()
    publisher.publish_behind(settings, site=True)
    return published(settings)


def page(folder: Path, thread_id: str, where: str) -> Path:
    path = folder / where / "index.html"
    path.parent.mkdir(parents=True)
    path.write_text(f"<!-- postil:begin {thread_id} en -->\n<!-- postil:end {thread_id} -->\n")
    return path


# ---- what is told of it


def test_a_shared_draft_has_its_files_and_is_in_no_list(settings: Settings, source: Path) -> None:
    assert take(source, draft())
    make.comment(SECRET, WORDS)
    make.comment("pelicans", "They scoop.")
    files = publish(settings)
    own = {name for name in files if name.startswith(f"threads/{SECRET}.")}
    assert {f"threads/{SECRET}.html", f"threads/{SECRET}.json", f"threads/{SECRET}.atom"} <= own
    assert WORDS.encode() in files[f"threads/{SECRET}.html"]
    telling_of_it = [
        name
        for name, data in files.items()
        if name not in own and any(word in data for word in (SECRET.encode(), b"quagga"))
    ]
    assert telling_of_it == []
    assert b"They scoop." in files["recent.html"]
    assert threads.counts() == [("pelicans", 1)]


def test_no_public_page_of_the_service_tells_of_it(
    app: Flask, settings: Settings, source: Path, guest: Visitor
) -> None:
    take(source, draft())
    rhea = of_role(app, "Rhea", Role.READER)
    account = make.account("Bea")
    said = make.comment(SECRET, WORDS, by=account)
    make.comment("pelicans", "They scoop.", by=account)
    publish(settings)
    for visitor in (guest, rhea):
        for address in (
            "/comments/discussions",
            f"/comments/people/{account.public_id}",
            # A comment can be asked for by its number in any thread, to be led to where it is now.
            f"/comments/threads/pelicans?comment={said.id}",
            f"/comments/api/v1/threads/pelicans/comments?comment={said.id}",
        ):
            answer = visitor.get(address)
            assert SECRET not in answer.text + str(answer.headers), address
            assert "quagga" not in answer.text, address
    assert "They scoop." in guest.get(f"/comments/people/{account.public_id}").text


def test_no_door_that_opens_by_a_comments_number_leads_to_it(
    app: Flask, settings: Settings, source: Path, guest: Visitor
) -> None:
    """Numbers can be counted through; the address cannot."""
    take(source, draft())
    said = make.comment(SECRET, WORDS, name="Pia")
    publish(settings)
    rhea = of_role(app, "Rhea", Role.READER)
    asked = 0
    for rule in app.url_map.iter_rules():
        if rule.arguments != {"comment_id"}:
            continue
        path = rule.rule.replace("<id:comment_id>", str(said.id))
        for visitor in (guest, rhea):
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                for given in ({"json": {"value": 1, "kind": "spam"}}, {"data": {"value": "1"}}):
                    answer = visitor._open(method, path, **given)
                    asked += 1
                    told = answer.text + str(answer.headers)
                    assert SECRET not in told, (method, path)
                    assert "quagga" not in told, (method, path)
    assert asked > 40


@pytest.mark.parametrize("changed_settings", [{"guest_votes": True}])
def test_nothing_is_offered_on_it_that_nobody_may_do(
    app: Flask, settings: Settings, source: Path, guest: Visitor
) -> None:
    take(source, draft())
    said = [make.comment(thread, WORDS) for thread in (SECRET, SECRET, "pelicans", "pelicans")]
    files = publish(settings)
    rhea = of_role(app, "Rhea", Role.READER)
    for visitor in (guest, rhea):
        for thread, offered in (("pelicans", True), (SECRET, False)):
            page = visitor.get(f"/comments/threads/{thread}").text
            for act in ("vote", "report"):
                assert (f"/{act}" in page) is offered, act
            assert ("sort=best" in page) is offered
            fragment = files[f"threads/{thread}.html"]
            assert (b" data-shared" not in fragment) is offered
    # Whoever asks all the same is told of nothing.
    for act, given in (("vote", {"value": "1"}), ("report", {"kind": "spam"})):
        answer = rhea.post(f"/comments/comment/{said[0].id}/{act}", given)
        assert answer.status_code == 404


@by_json_and_form
def test_who_has_the_address_reads_and_writes(
    app: Flask, settings: Settings, source: Path, by: str
) -> None:
    take(source, draft())
    publish(settings)
    rhea = of_role(app, "Rhea", Role.READER)
    answer = post(rhea, by, {"body": WORDS}, thread=SECRET)
    assert answer.status_code in (201, 202, 303)
    assert only_comment().thread_id == SECRET
    assert rhea.get(f"/comments/threads/{SECRET}").status_code == 200


def test_a_build_is_told_of_no_article_for_its_comments(settings: Settings, source: Path) -> None:
    """They are not to follow an article of a like name."""
    take(source, draft())
    make.comment(SECRET, WORDS)
    publish(settings)
    take(source)
    publish(settings)
    assert threads.without_article() == []
    assert not list((settings.published / ".left").glob("*"))


def test_its_author_and_the_owners_hear_of_it_and_no_moderator(app: Flask, source: Path) -> None:
    take(source, draft())
    for name, role in (
        *(("Ada", Role.AUTHOR), ("Olga", Role.OWNER), ("Mona", Role.MODERATOR)),
        *(("Bob", Role.AUTHOR), ("Rhea", Role.READER)),
    ):
        make.account(name, role=role)
    first = posted(WORDS, thread=SECRET, held=True)
    second = posted(thread="pelicans", held=True)
    assert {(who, number) for who, _, number in told()} == {
        *(("ada", first.id), ("olga", first.id)),
        *(("ada", second.id), ("olga", second.id), ("mona", second.id)),
    }


def test_no_web_hook_is_told_what_is_said_of_it(settings: Settings, source: Path) -> None:
    take(source, draft())
    number = make.hook().id
    said = {name: make.comment(name, WORDS) for name in (SECRET, "pelicans")}
    with writing():
        hooks.tell((HookEvent.PUBLISHED, each.id) for each in said.values())
    chosen = sa.select(HookDelivery).where(HookDelivery.hook_id == number)
    found = {
        each.comment_id: telling.news(each, settings)
        for each in db.session.scalars(chosen)
        if each.comment_id
    }
    assert found[said[SECRET].id] is None
    assert found[said["pelicans"].id] is not None


def test_what_is_exported_for_everybody_leaves_it_out(app: Flask, source: Path) -> None:
    take(source, draft())
    for name in (SECRET, "pelicans"):
        make.comment(name)
    exported = [
        [each.id for each in rows.threads(rows.Choice(public=public))] for public in (True, False)
    ]
    assert exported == [["pelicans"], ["pelicans", SECRET]]


def test_moderators_see_that_it_is_a_drafts(
    settings: Settings, source: Path, owner: Visitor
) -> None:
    take(source, draft())
    make.comment(SECRET, WORDS, held=True)
    make.comment("pelicans", held=True)
    queue = owner.get("/comments/moderation/").text
    assert queue.count("Draft</span>") == 1
    assert "draft, shared until" in owner.get("/comments/moderation/threads").text
    overview = owner.call("GET", f"moderation/threads/{SECRET}").json
    until = row().shared_until
    assert until is not None
    assert overview["shared_until"] == i18n.stamp(until)
    take(source)
    assert "draft, shared no more" in owner.get(f"/comments/moderation/threads/{SECRET}").text


# ---- how it ends


def test_a_manifest_that_says_nothing_of_drafts_leaves_them(source: Path) -> None:
    take(source, draft())
    shared_of(source.parent).unlink()
    manifest.sync(str(source), again=True)
    assert row().listed
    manifest.push(json.dumps(document(entry())).encode())
    assert row().listed


def test_a_push_says_which_drafts_are_shared(settings: Settings, source: Path) -> None:
    manifest.push(json.dumps({**document(entry()), "shared": [draft()]}).encode())
    assert threads.get(SECRET).title == "Of quaggas"
    assert publish(settings)[f"threads/{SECRET}.html"]
    manifest.push(json.dumps({**document(entry()), "shared": []}).encode())
    assert not [name for name in publish(settings) if SECRET in name]
    with pytest.raises(UnknownThread):
        threads.get(SECRET)


def test_a_change_beside_the_manifest_is_noticed(source: Path) -> None:
    assert manifest.stamp(str(source)) is None
    assert take(source)
    before = manifest.stamp(str(source))
    shared_of(source.parent).write_text(json.dumps([draft()]))
    assert manifest.stamp(str(source)) != before
    assert manifest.sync(str(source))
    assert not manifest.sync(str(source))
    assert row().listed


@pytest.mark.parametrize("wrong", ["{", "[1]", '[{"id": "x"}]', "null5"])
def test_a_damaged_list_of_drafts_changes_nothing(source: Path, wrong: str) -> None:
    take(source, draft())
    shared_of(source.parent).write_text(wrong)
    with pytest.raises(manifest.ManifestError):
        manifest.sync(str(source))
    assert row().listed


def test_a_draft_has_no_articles_thread(source: Path) -> None:
    with pytest.raises(manifest.ManifestError, match="pelicans twice"):
        take(source, draft(id="pelicans"))


def test_when_its_time_is_over_it_is_gone_at_once_and_its_files_and_page_soon(
    app: Flask, settings: Settings, source: Path, guest: Visitor
) -> None:
    site = source.parent
    object.__setattr__(settings, "output_folder", site)
    take(source, draft(), draft(id=OTHER, url=f"http://blog.test/shared/{OTHER}/"))
    make.comment(SECRET, WORDS)
    pages = {
        name: page(site, name, where)
        for name, where in ((SECRET, f"shared/{SECRET}"), (OTHER, f"shared/{OTHER}"))
    }
    beside = pages[SECRET].with_name("index.html.br")
    beside.write_bytes(b"packed")
    publish(settings)
    with writing():
        its = sa.update(Thread).where(Thread.id == SECRET)
        db.session.execute(its.values(shared_until=now() - timedelta(seconds=1)))
    with pytest.raises(UnknownThread):
        threads.get(SECRET)
    files = publish(settings)
    assert not [name for name in files if SECRET in name]
    assert [name for name in files if OTHER in name]
    rebake.bake_waiting(settings, Faults(), set())
    assert not pages[SECRET].parent.exists()
    assert not beside.exists()
    assert pages[OTHER].exists()
    revision = row().revision
    publisher.end_shares()
    assert row().revision == revision
    assert guest.get(f"/comments/threads/{SECRET}").status_code == 404
    assert len(db.session.query(Comment).all()) == 1


def test_no_other_page_is_taken_away_whatever_address_a_draft_was_given(
    settings: Settings, source: Path
) -> None:
    site = source.parent
    front = page(site, "pelicans", "front")
    take(source, draft(url="http://blog.test/front/"))
    assert not rebake.withdraw(site, row(), settings)
    assert front.exists()


def test_a_draft_whose_time_was_over_before_it_was_known_is_not_shown(source: Path) -> None:
    take(source, draft(days=-1))
    assert db.session.get(Thread, SECRET) is None
    take(source, draft())
    take(source, draft(days=-1))
    assert not row().listed


def test_shared_for_longer_it_goes_on(settings: Settings, source: Path) -> None:
    take(source, draft())
    make.comment(SECRET, WORDS)
    take(source)
    assert not row().listed
    take(source, draft(days=30))
    assert WORDS.encode() in publish(settings)[f"threads/{SECRET}.html"]


def test_a_languages_words_are_there_for_a_draft_in_it(settings: Settings, source: Path) -> None:
    take(source, draft(lang="de"))
    assert "ui.de.html" in publish(settings)


def test_looking_for_what_is_over_is_one_query_that_reads_an_index(
    settings: Settings, source: Path, statements: list[str]
) -> None:
    take(source, draft())
    statements.clear()
    publisher.end_shares()
    assert len([each for each in statements if "threads" in each]) == 1
