"""Articles by tag, category and author, and what Pelican asks of them."""

from types import SimpleNamespace
from typing import Any

import pytest

from plugins.incremental import groups, render_pages
from tests.sites import Site


class Article:
    """One that is never compared with another."""

    def __eq__(self, other: object) -> bool:
        raise AssertionError("a group was looked through")

    __hash__ = None  # type: ignore[assignment]


def test_a_group_knows_its_own_without_looking_through_it() -> None:
    one, two, three = Article(), Article(), Article()
    given: Any = SimpleNamespace(tags={"a": [one, two]}, categories=[("b", [one])], authors=[])
    listed = given.categories
    groups.group(given)
    (_, category), tag = given.categories[0], given.tags["a"]
    assert [each in tag for each in (one, two, three)] == [True, True, False]
    assert [each in category for each in (one, two, three)] == [True, False, False]
    assert [id(each) for each in tag] == [id(one), id(two)]
    # What the templates have been told of is as it was.
    assert type(listed[0][1]) is list


def test_templates_are_handed_plain_lists(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """By which it is told what a page asks of them."""
    handed: dict[str, list[type]] = {}
    write = render_pages.Writer.parted

    def parted(self: Any, name: str, *given: Any) -> Any:
        handed[name] = [type(value) for value in given[-1].values()]
        return write(self, name, *given)

    monkeypatch.setattr(render_pages.Writer, "parted", parted)
    for name in ("fish", "ink"):
        site.write(name, Tags="birds", Category="sea", Authors="Rhea Ono")
    site.build(DEFAULT_PAGINATION=1)
    told = {name.partition("/")[0]: kinds for name, kinds in handed.items()}
    assert {"tag", "category", "author"} <= told.keys()
    assert all(list in kinds and groups.Group not in kinds for kinds in told.values())
