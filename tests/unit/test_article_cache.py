"""Article cache: an article that is put together as it was is the one that Pelican would have made anew."""

import copy
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from pelican import contents, readers, signals
from pelican.readers import METADATA_PROCESSORS, Readers

from plugins import files, problems
from plugins.markdown import article_cache
from plugins.site import Article, Generator
from tests.sites import Site

LONG_AGO = 1_600_000_000
Attributes = list[tuple[str, str]]

# Whatever front matter may say of an article.
KINDS: dict[str, dict[str, str]] = {
    "plain": {},
    "tagged": {"Tags": "Sea, air,  sea", "Category": "Birds of prey", "Authors": "Rhea Ono, Ada"},
    "moments": {"Date": "2024-02-29 23:59:59", "Modified": "2025-10-26 02:30+02:00"},
    "abroad": {"Date": "2025-06-01T08:00:00+09:00"},
    "autumn": {"Date": "2025-10-26 02:30", "Timezone": "Europe/Berlin"},
    "described": {"Summary": "With *stars* & <b>tags</b>.", "Description": "Plain & short"},
    "foretold": {"Description": "Only this."},
    "hidden": {"Status": "hidden"},
    "draft": {"Status": "draft"},
    "moved": {"Save_as": "else/where.html", "Url": "else/where.html"},
    "german": {"Lang": "de", "Slug": "plain"},
    "own": {"Volume": "12", "Series": "Fish", "Pinned": "yes", "Comments": "held", "Path": "x"},
    "strange": {"Title": "“Fish” \u3000& 鵜", "Author": "Ñandú"},
    "future": {"Date": "2999-01-01"},
}


def old(site: Site) -> None:
    for path in site.content.rglob("*.md"):
        os.utime(path, (LONG_AGO, LONG_AGO))


def written(site: Site) -> None:
    for name, keys in KINDS.items():
        site.write(name, f"## {name}\n\nWords of *{name}*.", **keys)
    old(site)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The files of which Pelican makes an article."""
    asked: list[str] = []
    real = Readers.read_file

    def read_file(self: Readers, base_path: str, path: str, *given: Any, **more: Any) -> Article:
        asked.append(Path(path).stem)
        return real(self, base_path, path, *given, **more)

    # As if it were Pelican's own: what another program makes of an article may depend on anything.
    read_file.__module__ = real.__module__
    monkeypatch.setattr(Readers, "read_file", read_file)
    return asked


@pytest.fixture
def made() -> dict[str, Attributes]:
    """All that each article has when Pelican has read everything, in its order."""
    found: dict[str, Attributes] = {}

    def told(value: Any) -> str:
        if isinstance(value, list | tuple):
            return f"{type(value).__name__}{[told(each) for each in value]}"
        if isinstance(value, dict):
            return str([(key, told(its)) for key, its in value.items()])
        if isinstance(value, contents.Content):
            return f"content {value.source_path}"
        return f"{type(value).__name__} {value!r} {getattr(value, 'slug', '')}"

    def see(generator: Generator) -> None:
        found.clear()
        for article in generator.context["generated_content"].values():
            own = {k: v for k, v in vars(article).items() if k not in ("settings", "_context")}
            found[article.source_path] = [
                (key, told(value)) for key, value in own.items() if not callable(value)
            ]

    signals.article_generator_finalized.connect(see, weak=False)
    return found


def test_nothing_of_an_article_tells_that_it_was_made_before(
    site: Site, read: list[str], made: dict[str, Attributes]
) -> None:
    written(site)
    site.build()
    first = copy.deepcopy(made)
    assert len(first) == len(KINDS)
    read.clear()
    site.build()
    assert read == ["future"]  # Whose date may come.
    assert made == first
    # The same object twice, as Pelican has it: a plugin that changes the one changes the other.
    kept: list[Article] = []
    signals.article_generator_finalized.connect(
        lambda generator: kept.extend(generator.articles), weak=False
    )
    site.build()
    assert kept
    assert all(each.metadata["category"] is each.category for each in kept)
    assert all(each.metadata["tags"] is each.tags for each in kept if hasattr(each, "tags"))


def test_what_an_edit_does_not_touch_is_not_read(site: Site, read: list[str]) -> None:
    written(site)
    site.build()
    read.clear()
    site.write("tagged", "Other words.", Tags="sea")
    site.build()
    assert sorted(read) == ["future", "tagged"]
    assert "Other words" in site.page("tagged")
    assert "birds-of-prey" not in {path.parent.name for path in site.output.rglob("index.html")}


def test_a_file_of_this_moment_may_say_something_else_in_the_same_second(
    site: Site, read: list[str]
) -> None:
    path = site.write("fish", "Of fins.")
    now = time.time()
    # A disk whose clock tells seconds.
    os.utime(path, (now, int(now)))
    site.build()
    read.clear()
    site.build()
    assert read == ["fish"]
    stat = path.stat()
    path.write_text(path.read_text().replace("fins", "gill"))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    site.build()
    assert "Of gill" in site.page("fish")


@pytest.mark.parametrize(
    ("written", "read_after", "settled"),
    [
        (1_700_000_000_123_456_789, 1_000_000, False),
        (1_700_000_000_123_456_789, 200_000_000, True),
        (1_700_000_000_120_000_000, 200_000_000, False),
        (1_700_000_000_000_000_000, 2_900_000_000, False),
        (1_700_000_000_000_000_000, 3_100_000_000, True),
        (1_700_000_000_123_456_789, -5_000_000_000, False),
    ],
)
def test_how_long_a_file_may_be_written_again_unseen_its_clock_tells(
    written: int, read_after: int, settled: bool
) -> None:
    assert files.is_settled(written, written + read_after) == settled


@pytest.mark.parametrize(
    "setting",
    [
        {"TIMEZONE": "Asia/Tokyo"},
        {"DEFAULT_DATE_FORMAT": "%Y"},
        {"SLUGIFY_SOURCE": "basename"},
        {"DEFAULT_CATEGORY": "sea"},
        {"DEFAULT_METADATA": {"volume": "1"}},
        {"AUTHOR": "Somebody else"},
    ],
    ids=lambda setting: next(iter(setting)),
)
def test_another_setting_makes_all_of_them_anew(
    site: Site, read: list[str], setting: dict[str, Any]
) -> None:
    written(site)
    site.build()
    read.clear()
    site.build(**setting)
    assert sorted(read) == sorted(KINDS)


def test_whoever_hears_of_new_articles_hears_of_all(site: Site) -> None:
    written(site)
    heard: list[str] = []
    pages = set()

    def hear(content: Article) -> None:
        heard.append(Path(content.source_path).stem)
        if isinstance(content._content, str):
            content._content += "<p>Heard of.</p>"

    signals.content_object_init.connect(hear)
    for _ in range(2):
        heard.clear()
        site.build()
        assert sorted(set(heard)) == sorted(KINDS)
        pages.add(site.page("tagged"))
    assert len(pages) == 1
    assert "<p>Heard of.</p>" in pages.pop()


def test_a_build_that_was_given_up_anywhere_keeps_no_later_one_from_hearing(site: Site) -> None:
    site.write("fish", "> [!NOTE]\n> Of fins.")
    signals.content_object_init.is_muted = True
    site.build()
    assert not signals.content_object_init.is_muted
    assert "note-title" in site.page("fish")

    def stop(_: Article) -> None:
        raise KeyboardInterrupt

    site.write("bird", "Of wings.")
    signals.content_object_init.connect(stop)
    with pytest.raises(KeyboardInterrupt):
        site.build()
    assert not signals.content_object_init.is_muted


def test_whoever_stumbles_over_an_article_is_told_of_as_of_one_that_is_read(site: Site) -> None:
    written(site)
    site.build()

    def stumble(content: Article) -> None:
        if "tagged" in content.source_path:
            raise LookupError("no fins")

    signals.content_object_init.connect(stumble)
    with pytest.raises(problems.Refused, match=r"tagged\.md:1: .*no fins"):
        site.build()


def test_where_another_program_has_a_say_in_front_matter_it_is_asked_each_time(
    site: Site, read: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    written(site)
    site.build()
    said = ["one"]

    def hear(_: Generator, metadata: dict[str, Any]) -> None:
        metadata["title"] = f"{said[0]} fish"

    signals.article_generator_context.connect(hear)
    for said[0] in ("two", "three"):
        read.clear()
        site.build()
        assert sorted(read) == sorted(KINDS)
        assert f"{said[0]} fish" in site.page("tagged")
    signals.article_generator_context.disconnect(hear)
    monkeypatch.setitem(METADATA_PROCESSORS, "volume", lambda value, _: f"{value} of {said[0]}")
    read.clear()
    site.build()
    assert sorted(read) == sorted(KINDS)


def test_what_there_is_to_say_of_a_text_is_said_each_time(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.write("shown", '<img src="https://example.org/dot.png" alt="">')
    site.write("unknown", "```finn\nfins\n```")
    old(site)
    told: list[set[str]] = []
    # Pelican's log says nothing twice in a process.
    monkeypatch.setattr(problems, "warn", lambda _, text: told[-1].add(text))
    monkeypatch.setattr(article_cache, "find_empty_alt", lambda _, path: told[-1].add(path))
    monkeypatch.setattr(readers, "find_empty_alt", lambda text, path: told[-1].add(path))
    for _ in range(2):
        told.append(set())
        site.build()
    assert told[0] - {str(site.content / "unknown.md")} == told[1]
    assert all(any(word in each for each in told[1]) for word in ("picture", "language finn"))
    assert str(site.content / "shown.md") in told[1]


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"version": 1}'])
def test_a_damaged_record_costs_time_alone(
    site: Site, read: list[str], made: dict[str, Attributes], damage: str
) -> None:
    written(site)
    site.build()
    first = copy.deepcopy(made)
    (record,) = (site.folder / "cache" / "articles").iterdir()
    assert len(json.loads(record.read_bytes())["articles"]) == len(KINDS) - 1
    record.write_text(damage)
    read.clear()
    site.build()
    assert sorted(read) == sorted(KINDS)
    assert made == first


def test_articles_that_are_gone_are_forgotten(site: Site) -> None:
    written(site)
    site.build()
    (site.content / "plain.md").unlink()
    (site.content / "german.md").unlink()
    site.build()
    (record,) = (site.folder / "cache" / "articles").iterdir()
    known = {Path(name).stem for name in json.loads(record.read_bytes())["articles"]}
    assert known == KINDS.keys() - {"plain", "german", "future"}
