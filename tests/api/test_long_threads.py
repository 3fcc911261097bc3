"""A thread of many pages: each is read by its number, or by a comment that stands on it."""

import html
import re

import pytest
from flask import Flask

from comments_service import i18n, threads
from comments_service.config import Settings
from comments_service.db import db
from comments_service.publishing import publisher
from tests import make
from tests.conftest import Visitor
from tests.unit.published import set_page_size


@pytest.fixture(autouse=True)
def long(app: Flask, settings: Settings) -> None:
    set_page_size(settings, 10)
    make.thread()
    make.thread("gulls")
    make.many([{"id": number} for number in range(1, 26)])


def test_a_comment_leads_to_its_page(guest: Visitor) -> None:
    answer = guest.call("GET", "threads/pelicans/comments?comment=17").json
    assert (answer["page"], answer["pages"], answer["count"]) == (2, 3, 25)
    assert 17 in [each["id"] for each in answer["comments"]]


@pytest.mark.parametrize("linked", [1, 17, 25])
def test_the_page_of_a_comment_comes_as_its_file_has_it(
    guest: Visitor, settings: Settings, linked: int
) -> None:
    publisher.publish_behind(settings)
    answer = guest.call("GET", f"threads/pelicans/comments?comment={linked}").json
    number = "" if answer["page"] == 1 else f".{answer['page']}"
    assert answer["fragment"] == (settings.published / f"threads/pelicans{number}.html").read_text()
    assert "fragment" not in guest.call("GET", "threads/pelicans/comments?page=2").json


@pytest.mark.parametrize("linked", [1, 17, 25])
def test_a_link_to_a_comment_works_without_scripts(guest: Visitor, linked: int) -> None:
    page = guest.get(f"/comments/threads/pelicans?comment={linked}").text
    assert f'id="comment-{linked}"' in page
    assert f'<span aria-current="page">{1 + (linked - 1) // 10}</span>' in page


@pytest.mark.parametrize("linked", ["26", "0", "x", "", "9" * 30])
def test_a_link_to_nothing_leads_to_the_first_page(guest: Visitor, linked: str) -> None:
    answer = guest.get(f"/comments/threads/pelicans?comment={linked}")
    assert answer.status_code == 200
    assert '<span aria-current="page">1</span>' in answer.text


def test_an_answer_leads_to_what_it_answers_on_another_page(guest: Visitor) -> None:
    first = threads.comment(1)
    for number in range(30, 42):
        make.comment(body="They plunge.", parent=first, id=number)
    page = guest.get("/comments/threads/pelicans?comment=41").text
    assert 'id="comment-1"' not in page
    assert 'href="/comments/threads/pelicans?comment=1#comment-1"' in page
    page = guest.get("/comments/threads/pelicans?comment=30").text
    assert 'href="#comment-1"' in page


@pytest.mark.parametrize(
    ("page", "last", "led"),
    [
        (1, 2, "12"),
        (1, 4, "1234"),
        (1, 9, "12…9"),
        (3, 9, "1234…9"),
        (5, 9, "1…456…9"),
        (9, 9, "1…89"),
        (1, 1000, "12…1000"),
    ],
)
def test_pages_are_led_to_however_many_there_are(page: int, last: int, led: str) -> None:
    pager = i18n.environment("en").get_template("parts.html").module.pager  # type: ignore[attr-defined]  # a macro
    assert re.sub(r"<[^>]*>|\s", "", pager("Pages", page, last, "?")) == led


@pytest.mark.parametrize("asked", ["26", "0", "x", "", "9" * 30])
def test_a_comment_that_nobody_sees_is_unknown(guest: Visitor, asked: str) -> None:
    answer = guest.call("GET", f"threads/pelicans/comments?comment={asked}")
    assert answer.status_code == 404


def test_a_comment_that_stands_in_another_thread_is_looked_for_there(guest: Visitor) -> None:
    answer = guest.call("GET", "threads/gulls/comments?comment=17")
    there = "/comments/api/v1/threads/pelicans/comments?comment=17"
    assert (answer.status_code, answer.headers["Location"]) == (303, there)


@pytest.mark.parametrize("published", [True, False])
def test_what_is_committed_is_read_before_it_is_published(
    guest: Visitor, settings: Settings, published: bool
) -> None:
    if published:
        publisher.publish_behind(settings)
    db.session.rollback()
    make.comment(body="They plunge.", id=30)
    answer = guest.call("GET", "threads/pelicans/comments?comment=30").json
    assert (answer["page"], answer["count"]) == (3, 26)
    assert "They plunge." in guest.get("/comments/threads/pelicans?page=3").text
    assert "26 comments" in guest.get("/comments/threads/pelicans").text


def test_a_page_is_read_by_as_many_queries_as_any_other(
    guest: Visitor, statements: list[str]
) -> None:
    asked = []
    for number in (1, 3):
        statements.clear()
        guest.call("GET", f"threads/pelicans/comments?page={number}")
        asked.append(len(statements))
    assert asked == [5, 5]


@pytest.mark.parametrize(
    "name", ["threads/pelicans.atom", "recent.atom", "recent.html", "discussions.html"]
)
def test_whatever_leads_to_a_comment_does_so_without_scripts(
    guest: Visitor, settings: Settings, name: str
) -> None:
    make.comment("gulls", id=40)
    publisher.publish_behind(settings)
    said = html.unescape((settings.published / name).read_text())
    # The list of conversations is baked into the blog, and read in it.
    home = "" if name == "discussions.html" else "http://blog.test"
    (linked,) = set(re.findall(rf'"{home}(/[^"#]*\?comment=25)#comment-25"', said))
    assert 'id="comment-25"' in guest.get(linked).text
    if "pelicans" not in name:
        assert f'"{home}/gulls/#comment-40"' in said


def test_a_persons_page_leads_to_what_he_wrote_without_scripts(
    guest: Visitor, settings: Settings
) -> None:
    rhea = make.account()
    rhea.shown = True
    db.session.commit()
    make.comment(by=rhea, id=40)
    publisher.publish_behind(settings)
    page = html.unescape(guest.get(f"/comments/people/{rhea.public_id}").text)
    assert 'threads/pelicans?comment=40#comment-40"' in page
