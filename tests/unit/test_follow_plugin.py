"""Comments follow an article that got another slug: it is said, with what to write, until it is done."""

import json
from pathlib import Path
from typing import Any

import pytest

from formats import left_behind
from formats.left_behind import Left
from plugins.comments import follow
from tests.sites import Site

PELICANS = Left(
    "how-pelicans-fish",
    "How pelicans fish",
    {"en": "https://example.org/how-pelicans-fish/", "de": "https://example.org/de/pelikane/"},
    3,
)


def snapshots(site: Site, left: Left, **changed: Any) -> None:
    """What the service has published of a thread, as far as the build reads it."""
    for number, (lang, url) in enumerate(left.urls.items()):
        name = f"{left.id}.{lang}" if number else left.id
        said = {"thread": left.id, "title": left.title, "url": url, "lang": lang}
        path = site.publish(left.id, name=name, count=left.comment_count)
        path.with_suffix(".json").write_text(
            json.dumps({**said, "count": left.comment_count, **changed})
        )


def note(site: Site, left: Left) -> None:
    """What the service leaves, once it has read of the article's end."""
    (site.published / "threads").mkdir(parents=True)
    left_behind.note(site.published, left)


def warned(site: Site, caplog: pytest.LogCaptureFixture, **settings: str) -> list[str]:
    caplog.clear()
    site.build(**settings)
    return [
        record.getMessage().replace(f"{site.content}/", "")
        for record in caplog.records
        if "would be in no article" in record.getMessage()
    ]


@pytest.mark.parametrize("lies_there", [snapshots, note])
def test_comments_whose_article_got_another_slug_are_told_with_the_lines_that_keep_them(
    site: Site, caplog: pytest.LogCaptureFixture, lies_there: Any
) -> None:
    lies_there(site, PELICANS)
    site.write("fishing-birds", Title="How pelicans fish", Aliases="/older/")
    (told,) = warned(site, caplog)
    assert told == (
        'fishing-birds.md:1: 3 comments of "how-pelicans-fish" would be in no article. If this is it'
        " under a new name, write `Thread: how-pelicans-fish` and"
        " `Aliases: /older/, /how-pelicans-fish/` here, as `python3 tasks.py check --keep-comments`"
        " does; if it is another one, write `Thread: fishing-birds`."
    )
    site.write("fishing-birds", Title="How pelicans fish", Thread="how-pelicans-fish")
    assert warned(site, caplog) == []


@pytest.mark.parametrize(
    "keys",
    [
        {"Title": "How pelicans fish"},
        {"Title": "Herding", "Slug": "how-the-pelicans-fish"},
        {"Title": "Herding", "Aliases": "/how-pelicans-fish/"},
    ],
    ids=["by its title", "by its slug", "by its old address"],
)
def test_an_article_is_known_again(
    site: Site, caplog: pytest.LogCaptureFixture, keys: dict[str, str]
) -> None:
    note(site, PELICANS)
    site.write("herding", **keys)
    assert len(warned(site, caplog)) == 1


@pytest.mark.parametrize("elsewhere", [False, True])
def test_without_snapshots_of_the_service_the_manifest_before_tells(
    site: Site, caplog: pytest.LogCaptureFixture, tmp_path: Path, elsewhere: bool
) -> None:
    service = {"COMMENTS_URL": "https://talk.example.org/"} if elsewhere else {}
    if elsewhere:
        # A preview's, in which nobody has commented.
        snapshots(site, PELICANS._replace(comment_count=0))
        site.publish("fishing", count=0)
    site.write("how-pelicans-fish", Title="How pelicans fish")
    site.build(**service)
    kept = tmp_path / "earlier.json"
    kept.write_bytes((site.output / "threads.json").read_bytes())
    (site.content / "how-pelicans-fish.md").unlink()
    site.write("fishing", Title="How pelicans fish")
    (told,) = warned(site, caplog, **service)
    assert 'Comments of "how-pelicans-fish"' in told
    # That build's own manifest knows it no more.
    assert warned(site, caplog, **service) == []
    site.build(COMMENTS_EARLIER=str(kept), **service)
    assert len(follow.of_build({"OUTPUT_PATH": str(site.output)})) == 1


@pytest.mark.parametrize(
    ("left", "keys"),
    [
        (PELICANS, {"Title": "How pelicans fish", "Thread": "fishing"}),
        (PELICANS, {"Title": "How pelicans fish", "Comments": "off"}),
        (PELICANS, {"Title": "Something else"}),
        (PELICANS._replace(comment_count=0), {"Title": "How pelicans fish"}),
    ],
    ids=["decided", "takes none", "another article", "no comments"],
)
def test_where_nothing_followed_nothing_is_told(
    site: Site, caplog: pytest.LogCaptureFixture, left: Left, keys: dict[str, str]
) -> None:
    note(site, left)
    site.write("fishing", **keys)
    assert warned(site, caplog) == []


@pytest.mark.parametrize(
    "keys", [{"Status": "draft"}, {"Status": "hidden"}, {"Date": "2999-01-01"}]
)
def test_an_article_that_waits_has_not_left_its_comments(
    site: Site, caplog: pytest.LogCaptureFixture, keys: dict[str, str]
) -> None:
    note(site, PELICANS)
    site.write("how-pelicans-fish", **keys)
    site.write("fishing", Title="How pelicans fish")
    assert warned(site, caplog) == []


def test_an_article_with_comments_of_its_own_has_followed_nobody(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    note(site, PELICANS)
    site.publish("fishing")
    site.write("fishing", Title="How pelicans fish")
    assert warned(site, caplog) == []
    # An older article of a similar name, in which nobody has written, is not its successor either.
    site.publish("how-gulls-fish", count=0)
    site.write("how-gulls-fish", Title="How gulls fish")
    assert warned(site, caplog) == []


def test_each_translation_gets_its_own_old_address(site: Site) -> None:
    note(site, PELICANS)
    site.write("fishing", Title="How pelicans fish", Lang="en")
    site.write("fishing-de", Title="Wie Pelikane fischen", Slug="fishing", Lang="de")
    site.build(DEFAULT_LANG="en")
    found = follow.of_build({"OUTPUT_PATH": str(site.output)})
    assert {each.article.lang: each.aliases for each in found} == {
        "en": ["/how-pelicans-fish/"],
        "de": ["/de/pelikane/"],
    }


def test_an_address_that_another_article_has_now_is_no_old_one(site: Site) -> None:
    note(site, PELICANS)
    site.write("fishing", Title="How pelicans fish")
    site.write("other", Slug="how-pelicans-fish", Thread="other")
    site.build()
    (found,) = follow.of_build({"OUTPUT_PATH": str(site.output)})
    assert found.aliases == []
    assert "write `Thread: how-pelicans-fish` here" in str(found)
