"""Reading: what is kept of a text is what reading it anew would give, whatever has changed."""

import logging
import os
import re
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from pelican.readers import BaseReader
from pelican.settings import DEFAULT_CONFIG

import plugins.problems
from plugins.incremental import build_cache, reads, workers
from plugins.markdown import commonmark, highlight, postprocess, reader
from plugins.problems import Refused
from tests.sites import BLOG, ROOT, Site, disconnect

LONG_AGO = 1_600_000_000
CODE = "```python\nprint('fish')\n```\n"


@pytest.fixture
def site(site: Site) -> Site:
    site.write("fish", f"## Fins\n\nWords of *fish*.[^1]\n\n{CODE}\n[^1]: A note.", Summary="*So.*")
    return site


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that a parser was asked for."""
    asked: list[str] = []
    parse = reader.parse

    def count(source: str, settings: dict[str, Any]) -> reader.Text:
        asked.append(source)
        return parse(source, settings)

    monkeypatch.setattr(reader, "parse", count)
    return asked


def test_a_text_is_read_once_for_all_builds(site: Site, parsed: list[str]) -> None:
    site.build()
    first = site.page("fish")
    assert len(parsed) == 1
    site.build()
    assert len(parsed) == 1
    assert site.page("fish") == first
    assert "<em>So.</em>" in (site.output / "index.html").read_text()


def test_it_is_kept_of_a_text_that_there_is_no_address_to_fill_in(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched: list[str] = []
    real = reads.linked

    def linked(html: str) -> bool:
        searched.append(html)
        return real(html)

    monkeypatch.setattr(reads, "linked", linked)
    site.write("alone", body="Of {nothing} | else.")
    site.write("leads", body="To [that]({filename}alone.md).")
    for number in range(2):
        site.build()
        assert any("nothing" in html for html in searched) == (number == 0)
        assert any("that" in html for html in searched)
        assert "/alone" in site.page("leads")
        searched.clear()


def test_another_version_of_the_native_parser_reads_anew(
    site: Site, parsed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    site.build()
    monkeypatch.setattr(commonmark, "version", lambda: "another")
    site.build()
    assert len(parsed) == 2


def test_a_parser_that_there_is_no_more_is_refused_with_the_way_to_keep_it(site: Site) -> None:
    site.build(MARKDOWN_READER="commonmark")
    with pytest.raises(ValueError, match=r'without=\["markdown.reader"\]'):
        site.build(MARKDOWN_READER="python-markdown")
    disconnect()
    site.build(PLUGINS=plugins.in_order(without=["markdown.reader"]))
    # Pelican's own colours, and its own memory.
    assert '<div class="highlight"><pre><span></span><code>' in site.page("fish")


def test_nothing_of_python_markdown_has_to_be_installed(tmp_path: Path) -> None:
    (content := tmp_path / "content").mkdir()
    (content / "a.md").write_text("Title: A\nDate: 2026-01-01\n\n*Words.*\n", encoding="utf-8")
    program = (
        "import sys; sys.modules['markdown'] = None; import pelican; pelican.main("
        f"[{str(content)!r}, '-o', {str(tmp_path / 'out')!r}, '-s', {str(BLOG / 'pelicanconf.py')!r},"
        " '--fatal', 'warnings', '-e', 'SEARCH=false', 'SHARE_PICTURES=false'])"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "<em>Words.</em>" in (tmp_path / "out" / "a" / "index.html").read_text()


def test_front_matter_that_cannot_be_read_stops_the_build_with_all_other_problems(
    site: Site,
) -> None:
    broken = site.content / "broken.md"
    broken.write_text('---\ntitle: "Open\ndate: 2026-01-01\n---\n\nWords.\n')
    (site.content / "toml.md").write_text("+++\ntitle = Bare\n+++\n\nWords.\n")
    site.write("state", Comments="maybe")
    for _ in range(2):  # The second time from memory.
        with pytest.raises(Refused) as raised:
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


def test_a_file_that_is_as_it_was_is_not_opened_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("bird", "cat"):
        path = site.write(name)
        os.utime(path, (LONG_AGO, LONG_AGO))
    opened: list[str] = []
    source_of = reader.source_of

    def noted(path: str | Path) -> str:
        opened.append(Path(path).stem)
        return source_of(path)

    monkeypatch.setattr(reader, "source_of", noted)
    site.build()
    assert {"bird", "cat", "fish"} <= set(opened)
    opened.clear()
    os.utime(site.write("cat", "Other words."), (LONG_AGO + 1, LONG_AGO + 1))
    # However long ago the site was made.
    soon = time.time() + 60
    os.utime(site.content / "fish.md", (soon, soon))
    site.build()
    assert "bird" not in opened
    assert "Other words." in site.page("cat")
    opened.clear()
    # Of what was written a moment ago the time says too little.
    site.build()
    assert set(opened) == {"fish"}


def test_two_edits_of_one_size_within_a_tick_of_the_clock_are_both_read(site: Site) -> None:
    path = site.write("bird", "One.")
    # However long this machine takes to begin a build.
    soon = time.time() + 60
    os.utime(path, (soon, soon))
    site.build()
    site.write("bird", "Two.")
    os.utime(path, (soon, soon))
    site.build()
    assert "Two." in site.page("bird")


def test_a_changed_setting_is_never_served_from_memory(site: Site, parsed: list[str]) -> None:
    site.write("bird", r"It is $\R$.")
    site.build(MATH_MACROS={"R": "r"})
    assert "<mi>r</mi>" in site.page("bird")
    site.build(MATH_MACROS={"R": "q"})
    assert "<mi>q</mi>" in site.page("bird")
    assert len(parsed) == 4


def test_nothing_is_carried_from_one_file_to_the_next(site: Site) -> None:
    site.write("bird", "[TOC]\n\n## Fins\n\n*[HTML]: Words\n\nHTML[^1]\n\n[^1]: Other.\n\n[a]: /b")
    site.write("cat", "## Fins\n\nHTML, [a] and [^1].")
    site.build()
    page = site.page("cat")
    assert '<h2 id="fins">' in page
    assert "<abbr" not in page
    assert "[a] and [^1]" in page


def test_what_front_matter_means_is_worked_out_in_every_build(site: Site) -> None:
    site.write("bird", Date="2026-01-01 12:00")
    site.build(TIMEZONE="UTC")
    assert site.threads["bird"]["published"] == "2026-01-01T12:00:00+00:00"
    site.build(TIMEZONE="Asia/Tokyo")
    assert site.threads["bird"]["published"] == "2026-01-01T03:00:00+00:00"


@pytest.mark.usefixtures("alone")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_many_texts_are_read_in_several_processes_with_the_same_result(site: Site) -> None:
    for number in range(40):
        site.write(f"n{number}", f"## Part {number}\n\n```python\nx = {number}\n```\n")
    site.build(READING_PROCESSES=3)
    pages = {n: site.page(f"n{n}") for n in range(40)}
    alone = Site(site.folder / "alone")
    alone.content = site.content
    alone.build(READING_PROCESSES=1)
    assert {n: alone.page(f"n{n}") for n in range(40)} == pages


@pytest.mark.usefixtures("alone")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_files_of_every_name_that_markdown_has_are_read_in_several_processes(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = set()
    for number in range(40):
        path = site.write(f"n{number}", f"Words {number}.")
        suffix = ("md", "markdown", "mkd", "mdown")[number % 4]
        names.add(path.rename(path.with_suffix(f".{suffix}")).name)
    divided: list[str] = []
    real = workers.divided

    def noted(things: list[str], many: int, work: Any) -> Any:
        divided.extend(things)
        return real(things, many, work)

    monkeypatch.setattr(workers, "divided", noted)
    site.build(READING_PROCESSES=2, RENDERING_PROCESSES=1)
    assert {Path(each).name for each in divided} == {*names, "fish.md"}
    assert all(f"Words {number}." in site.page(f"n{number}") for number in range(40))


@pytest.mark.usefixtures("alone")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_process_that_fails_costs_nothing_but_time(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = os.getpid()

    def fail(html: str, *_: Any) -> tuple[str, list[Any]]:
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
    logger: Any = plugins.problems.logger
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
    settings = dict(DEFAULT_CONFIG)
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
    kept = build_cache.Cache(path, 150_000)
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
    assert path.stat().st_size <= 150_000
    assert kept.get(names[0])
    assert kept.get(names[29])
    assert sum(kept.get(name) is None for name in names[:20]) > 5
    kept.close()


def test_a_damaged_memory_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    path.write_bytes(b"no database at all, but long enough to be taken for one" * 40)
    kept = build_cache.Cache(path)
    name = build_cache.key("a")
    assert kept.get(name) is None
    kept.put(name, "said")
    kept.save()
    assert kept.get(name) == "said"
    kept.close()


def test_many_answers_are_those_that_each_key_would_get(tmp_path: Path) -> None:
    path = tmp_path / "memory.db"
    names = [build_cache.key(number) for number in range(1_300)]
    kept = build_cache.Cache(path)
    for name in names[:1_200:2]:
        kept.put(name, f"of {name}")
    kept.save()
    for name in names[1_200:]:
        kept.put(name, "new")
    with sqlite3.connect(path) as file:
        file.execute("UPDATE kept SET used = used - 1000000")
    file.close()
    expected = {name: said for name in names if (said := kept.get(name)) is not None}
    kept.asked.clear()
    assert kept.many(names) == expected
    # That they were asked for keeps them as long as if they had been one by one.
    assert {raw.hex() for raw in kept.asked} == set(names[:1_200:2])
    assert build_cache.Cache(None).many(names) == {}
    kept.close()


def test_keys_tell_apart_what_differs_and_refuse_what_they_cannot_say() -> None:
    assert build_cache.key({"a": 1}) == build_cache.key({"a": 1})
    assert build_cache.key({"a": 1}) != build_cache.key({"a": "1"})
    assert build_cache.key({1, 2}) == build_cache.key({2, 1})
    assert build_cache.key(Path("a")) != build_cache.key("a")
    assert build_cache.key(build_cache.key) != build_cache.key(build_cache.canonical)
    with pytest.raises(build_cache.Unhashable):
        build_cache.key(object())
    with pytest.raises(build_cache.Unhashable):
        build_cache.key(lambda: 1)
    with pytest.raises(build_cache.Unhashable):
        build_cache.program("no_such_package_anywhere")
