"""Whether passages of an article can be noted: what its author and the blog rule, and who is told."""

import pytest

from plugins.problems import Refused
from tests.sites import Site


def problems(site: Site, **settings: object) -> list[str]:
    """The lines that a refused build ends with; the folder's own name left out."""
    with pytest.raises(Refused) as refused:
        site.build(**settings)
    assert not (site.output / "index.html").exists(), "something was written all the same"
    lines = str(refused.value).splitlines()[1:]
    return [line.strip().replace(f"{site.content}/", "") for line in lines]


@pytest.mark.parametrize(
    ("written", "whole_blog", "comments", "notes"),
    [
        ("", True, "open", True),
        ("open, no notes", True, "open", False),
        ("No notes", True, "held", False),
        ("closed , notes", False, "closed", True),
        ("held", False, "held", False),
        ("", False, "open", False),
    ],
)
def test_an_author_rules_whether_passages_can_be_noted(
    site: Site, written: str, whole_blog: bool, comments: str, notes: bool
) -> None:
    site.write("fish", Comments=written)
    site.build(
        COMMENTS_NOTES=whole_blog, COMMENTS_DEFAULT="held" if written == "No notes" else "open"
    )
    thread = site.threads["fish"]
    assert thread["comments"] == comments
    assert thread.get("notes", True) is notes
    assert ("notes" in thread) is not notes
    assert ("written" in thread) is (written not in ("", "No notes"))
    assert (' data-postil-text="fish"' in site.page("fish")) is notes


def test_an_article_without_comments_can_not_be_noted(site: Site) -> None:
    site.write("fish", Comments="off")
    site.build()
    assert "data-postil-text" not in site.page("fish")


@pytest.mark.parametrize("written", ["open, none", "open, held", "no notes, notes", "open,", ","])
def test_a_ruling_that_means_nothing_stops_the_build(site: Site, written: str) -> None:
    site.write("fish", Comments=written)
    assert problems(site) == [
        f'fish.md:4: Comments: "{written}" is not a state. Write open, held, closed or off;'
        ' or "open, no notes".'
    ]


def test_translations_agree_on_notes(site: Site) -> None:
    site.write("fish", Comments="no notes")
    site.write("fisch", Slug="fish", Lang="de", Comments="notes")
    (said,) = problems(site)
    assert 'Comments: "notes" here, but "no notes" in' in said
