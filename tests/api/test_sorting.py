"""The order of comments on a thread's own page, which needs no script."""

from comments_service.config import Settings
from tests import make
from tests.api.people import read
from tests.api.voting import cast
from tests.conftest import Visitor
from tests.unit.published import set_page_size, several


def order_in(html: str) -> list[str]:
    return [str(each.attributes["data-id"]) for each in read(html).elements
            if each.tag == "li" and "data-id" in each.attributes]  # fmt: skip


def test_the_page_without_scripts_shows_the_newest_or_the_best_first(
    rhea: Visitor, guest: Visitor
) -> None:
    make.thread()
    first, second, third = several(3)
    answer = make.comment(parent=first)
    cast(rhea, "json", 1, second.id)
    numbers = [str(each.id) for each in (first, answer, second, third)]
    a, b, c, d = numbers
    for sort, expected in {
        "oldest": numbers, "newest": [d, c, a, b], "best": [c, a, b, d], "loudest": numbers
    }.items():  # fmt: skip
        page = guest.get(f"/comments/threads/pelicans?sort={sort}").text
        assert order_in(page) == expected
        assert page.count('aria-current="true"') == 1


def test_one_comment_alone_has_no_order(guest: Visitor) -> None:
    make.thread()
    make.comment(parent=make.comment())
    assert "?sort=" not in guest.get("/comments/threads/pelicans").text


def test_a_long_thread_begins_with_its_newest_or_with_the_best_of_all(
    guest: Visitor, rhea: Visitor, settings: Settings
) -> None:
    set_page_size(settings, 3)
    make.thread()
    several(7)
    cast(rhea, "json", 1, 5)
    assert order_in(guest.get("/comments/threads/pelicans?sort=newest").text) == ["7"]
    page = guest.get("/comments/threads/pelicans?sort=newest&page=2").text
    assert order_in(page) == ["6", "5", "4"]
    assert "sort=newest&amp;page=1" in page
    assert order_in(guest.get("/comments/threads/pelicans?sort=best").text) == ["5"]
