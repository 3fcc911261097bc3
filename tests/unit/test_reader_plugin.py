"""Reading: what is kept of a text is what reading it anew would give, whatever has changed."""

import logging
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import markdown
import pytest
from pelican.readers import BaseReader
from pelican.settings import DEFAULT_CONFIG

from plugins.incremental import build_cache
from plugins.markdown import commonmark, highlight, postprocess, reader
from plugins.site import FrontMatterError
from tests.sites import Site, disconnect

EVERYTHING: dict[str, Any] = {
    "extensions": [
        "markdown.extensions.extra",
        "markdown.extensions.footnotes",
        "markdown.extensions.toc",
    ],
    "extension_configs": {"markdown.extensions.footnotes": {"UNIQUE_IDS": True}},
}
PYTHON = {"MARKDOWN_READER": "python-markdown"}
CODE = "```python\nprint('fish')\n```\n"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    made.write("fish", f"## Fins\n\nWords of *fish*.[^1]\n\n{CODE}\n[^1]: A note.", Summary="*So.*")
    yield made
    disconnect()


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that a parser was asked for."""
    asked: list[str] = []
    parse = reader.Parser.parse

    def count(self: reader.Parser, source: str) -> reader.Text:
        asked.append(source)
        return parse(self, source)

    monkeypatch.setattr(reader.Parser, "parse", count)
    return asked


def test_a_text_is_read_once_for_all_builds(site: Site, parsed: list[str]) -> None:
    site.build()
    first = site.page("fish")
    assert len(parsed) == 1
    site.build()
    assert len(parsed) == 1
    assert site.page("fish") == first
    assert "<em>So.</em>" in (site.output / "index.html").read_text()


@pytest.mark.parametrize("name", reader.PARSERS)
def test_what_is_kept_is_what_the_chosen_parser_gives(
    site: Site, parsed: list[str], name: str
) -> None:
    site.write("list", "1. One\n2. Two\n\nText:\n- three")
    site.build()
    native = site.page("list")
    asked = len(parsed)
    site.build(MARKDOWN_READER=name)
    assert ("<li>three" in native) is True
    assert ("<li>three" in site.page("list")) is (name == "commonmark")
    assert len(parsed) == (asked if name == "commonmark" else 2 * asked)


def test_another_version_of_the_native_parser_reads_anew(
    site: Site, parsed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    site.build()
    monkeypatch.setattr(commonmark, "version", lambda: "another")
    site.build()
    assert len(parsed) == 2


def test_a_parser_that_there_is_not_is_refused_with_the_names_of_those_there_are(
    site: Site,
) -> None:
    with pytest.raises(ValueError, match=r'"comrak".*"commonmark".*"python-markdown"'):
        site.build(MARKDOWN_READER="comrak")


def test_python_markdown_gets_the_text_without_what_stands_before_it(site: Site) -> None:
    site.write("meta", "Note: this is no front matter.")
    site.build(**PYTHON)
    assert "<p>Note: this is no front matter.</p>" in site.page("meta")


def test_front_matter_that_cannot_be_read_stops_the_build_with_all_other_problems(
    site: Site,
) -> None:
    broken = site.content / "broken.md"
    broken.write_text('---\ntitle: "Open\ndate: 2026-01-01\n---\n\nWords.\n')
    (site.content / "toml.md").write_text("+++\ntitle = Bare\n+++\n\nWords.\n")
    site.write("state", Comments="maybe")
    for _ in range(2):  # The second time from memory.
        with pytest.raises(FrontMatterError) as raised:
            site.build()
        text = str(raised.value)
        assert re.search(r"broken\.md:\d: This is no YAML: .* Put the value into", text)
        assert re.search(r"toml\.md:2: This is no TOML: .* Write texts in", text)
        assert re.search(r'state\.md:4: Comments: "maybe" is not a state', text)
        assert "could not read this" not in text
    broken.write_text("---\ntitle: Closed\ndate: 2026-01-01\n---\n\nWords.\n")
    (site.content / "toml.md").unlink()
    (site.content / "state.md").unlink()
    site.build()
    assert "<p>Words.</p>" in site.page("closed")


def test_an_edit_is_read(site: Site, parsed: list[str]) -> None:
    site.build()
    site.write("fish", "Other words.")
    site.build()
    assert len(parsed) == 2
    assert "Other words." in site.page("fish")


def test_a_changed_setting_is_never_served_from_memory(site: Site, parsed: list[str]) -> None:
    site.build()
    toc = "markdown.extensions.toc"
    site.build(**PYTHON, MARKDOWN={"extension_configs": {toc: {"baselevel": 3}}})
    assert len(parsed) == 2
    assert '<h4 id="fins">' in site.page("fish")
    site.build(**PYTHON, MARKDOWN={"extension_configs": {toc: {"baselevel": 4}}})
    assert '<h5 id="fins">' in site.page("fish")


def test_what_front_matter_means_is_worked_out_in_every_build(site: Site) -> None:
    site.write("bird", Date="2026-01-01 12:00")
    site.build(TIMEZONE="UTC")
    assert site.threads["bird"]["published"] == "2026-01-01T12:00:00+00:00"
    site.build(TIMEZONE="Asia/Tokyo")
    assert site.threads["bird"]["published"] == "2026-01-01T03:00:00+00:00"


def test_extensions_given_as_objects_are_not_kept(site: Site, parsed: list[str]) -> None:
    from markdown.extensions.toc import TocExtension

    for _ in range(2):
        site.build(**PYTHON, MARKDOWN={"extensions": [TocExtension(), "markdown.extensions.meta"]})
    assert len(parsed) == 2


def test_a_site_may_switch_the_memory_off(site: Site, parsed: list[str]) -> None:
    for _ in range(2):
        site.build(MARKDOWN_CACHE=False)
    assert len(parsed) == 2


def test_one_parser_for_all_files_carries_nothing_from_one_to_the_next(site: Site) -> None:
    site.write("bird", "[TOC]\n\n## Fins\n\n*[HTML]: Words\n\nHTML[^1]\n\n[^1]: Other.\n\n[a]: /b")
    site.write("cat", "## Fins\n\nHTML, [a] and [^1].")
    site.write("dog", "Of its own[^1].\n\n[^1]: Own.")
    site.build(**PYTHON, MARKDOWN=EVERYTHING)
    page = site.page("cat")
    assert '<h2 id="fins">' in page
    assert "<abbr" not in page
    assert "[a] and [^1]" in page
    # As a parser of its own would name it.
    name = re.search(r'id="fn:\d-1"', markdown.markdown("a[^1]\n\n[^1]: b", **EVERYTHING))
    assert name
    assert name[0] in site.page("bird")
    assert name[0] in site.page("dog")


@pytest.mark.usefixtures("alone")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_many_texts_are_read_in_several_processes_with_the_same_result(site: Site) -> None:
    for number in range(40):
        site.write(f"n{number}", f"## Part {number}\n\n```python\nx = {number}\n```\n")
    site.build(READING_PROCESSES=3)
    pages = {n: site.page(f"n{n}") for n in range(40)}
    alone = Site(site.folder / "alone")
    alone.content = site.content
    alone.build(READING_PROCESSES=1, MARKDOWN_CACHE=False)
    assert {n: alone.page(f"n{n}") for n in range(40)} == pages


@pytest.mark.usefixtures("alone")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_process_that_fails_costs_nothing_but_time(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    here = os.getpid()

    def fail(html: str, _: dict[str, Any]) -> tuple[str, list[Any]]:
        if os.getpid() != here:
            raise RuntimeError
        return html, []

    for number in range(40):
        site.write(f"n{number}", f"Words {number}.")
    monkeypatch.setattr(postprocess, "finished", fail)
    site.build(READING_PROCESSES=2)
    assert "Words 39." in site.page("n39")


def test_code_is_coloured_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    coloured: list[str] = []
    real = highlight.coloured

    def count(language: str, code: str, marked: tuple[int, ...]) -> str:
        coloured.append(code)
        return real(language, code, marked)

    monkeypatch.setattr(highlight, "coloured", count)
    site.write("bird", f"The same.\n\n{CODE}")
    site.build()
    first = site.page("bird")
    assert set(coloured) == {"print('fish')\n"}
    coloured.clear()
    site.build(SITENAME="Another")
    assert coloured == []
    assert first.partition('<div class="highlight">')[2][:200] in site.page("bird")


def test_a_text_is_in_its_pages_own_language_though_it_is_kept_once(site: Site) -> None:
    for _ in range(2):
        site.write("fish", "> [!TIP]\n> Dive.\n\n- [x] done")
        site.write("vis", "> [!TIP]\n> Dive.\n\n- [x] done", Lang="zh-cn")
        site.build()
        assert ">Tip</p>" in site.page("fish")
        assert ">提示</p>" in site.page("zh-cn/vis")


def test_a_language_that_is_not_known_is_told_in_every_build(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    logger: Any = postprocess.logger
    logger.disable_filter()
    site.write("fish", "```pythonn\nx\n```\n")
    for _ in range(2):
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            site.build()
        assert "Did you mean python?" in caplog.text
    logger.enable_filter()


@pytest.mark.parametrize(
    "words",
    [
        "2026-02-03",
        "2026-02-03 04:05",
        "2026-02-03T04:05:06",
        "3 Feb 2026",
        "2026_02_03",
        "2026-2-3",
    ],
)
@pytest.mark.parametrize("name", ["date", "modified"])
def test_a_date_is_the_moment_that_pelican_takes_it_for(name: str, words: str) -> None:
    settings = {**DEFAULT_CONFIG, "MARKDOWN_CACHE": False}
    ours, theirs = reader.MarkdownReader(settings), BaseReader(settings)
    if name == "modified" and "_" in words:
        return
    found, expected = (each.process_metadata(name, words) for each in (ours, theirs))
    assert (found, type(found)) == (expected, type(expected))
    with pytest.raises(ValueError, match="2026-02-31"):
        ours.process_metadata(name, "2026-02-31")


# --- The memory itself


def test_a_memory_keeps_to_its_size_and_forgets_what_was_asked_for_longest_ago(
    tmp_path: Path,
) -> None:
    path = tmp_path / "memory.db"
    kept = build_cache.Memory(path, 100_000)
    names = [build_cache.key(number) for number in range(40)]
    for name in names[:20]:
        kept.put(name, "x" * 4000)
    kept.save()
    with sqlite3.connect(path) as file:
        file.execute("UPDATE kept SET used = used - 1000000")
    file.close()
    assert kept.get(names[0])  # Asked for again: newer than the others.
    for name in names[20:30]:
        kept.put(name, "y" * 4000)
    kept.save()
    assert path.stat().st_size <= 100_000
    assert kept.get(names[0])
    assert kept.get(names[29])
    assert sum(kept.get(name) is None for name in names[:20]) > 5
    kept.close()


def test_a_damaged_memory_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    path.write_bytes(b"no database at all, but long enough to be taken for one" * 40)
    kept = build_cache.Memory(path)
    name = build_cache.key("a")
    assert kept.get(name) is None
    kept.put(name, "said")
    kept.save()
    assert kept.get(name) == "said"
    kept.close()


def test_keys_tell_apart_what_differs_and_refuse_what_they_cannot_say() -> None:
    assert build_cache.key({"a": 1}) == build_cache.key({"a": 1})
    assert build_cache.key({"a": 1}) != build_cache.key({"a": "1"})
    assert build_cache.key({1, 2}) == build_cache.key({2, 1})
    assert build_cache.key(Path("a")) != build_cache.key("a")
    assert build_cache.key(build_cache.key) != build_cache.key(build_cache.said)
    with pytest.raises(build_cache.Unsayable):
        build_cache.key(object())
    with pytest.raises(build_cache.Unsayable):
        build_cache.key(lambda: 1)
    with pytest.raises(build_cache.Unsayable):
        build_cache.program("no_such_package_anywhere")
