"""`tasks.py build`: what it says, and that a site which cannot be built stays as it was."""

import os
import re
from pathlib import Path

import pytest

from authoring import Refused
from authoring.build import build, essence
from authoring.command_line import refusals
from tests.service import ROOT

SETTINGS = """
SITENAME, SITEURL, TIMEZONE, PLUGINS = "Gulls", "https://example.org", "UTC", []
PATH, OUTPUT_PATH = "content", "output"
"""


@pytest.fixture
def blog(tmp_path: Path) -> Path:
    (tmp_path / "content").mkdir()
    (tmp_path / "content" / "gulls.md").write_text("Title: Gulls\nDate: 2026-01-01\n\nOf gulls.\n")
    (tmp_path / "conf.py").write_text(SETTINGS)
    return tmp_path


def environ(**settings: str) -> dict[str, str]:
    outside = {name: value for name, value in os.environ.items() if name != "SITE_URL"}
    return {**outside, "PYTHONPATH": str(ROOT), **settings}


def test_a_build_tells_how_much_it_took_and_where_links_lead(
    blog: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    build(blog, environ(), "conf.py", keep_going=False)
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith("SITE_URL is not set")
    assert re.fullmatch(r"Built in \d+\.\d s: 1 article", last)
    build(blog, environ(SITE_URL="https://example.org"), "conf.py", keep_going=False)
    assert capsys.readouterr().out.startswith("Built in")
    assert "Of gulls." in (blog / "output/gulls.html").read_text("utf-8")


def test_a_build_that_succeeds_tells_what_it_warns_of(
    blog: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (blog / "conf.py").write_text(SETTINGS.replace("[]", '["plugins.drafts"]'))
    build(blog, environ(SITE_URL="https://example.org"), "conf.py", keep_going=False)
    told = capsys.readouterr().out
    assert told.startswith("Built in")
    assert "plugins.drafts is called plugins.delivery.drafts now" in told


def test_what_cannot_be_built_is_told_and_with_keep_going_all_of_it(
    blog: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    wrong = blog / "content" / "terns.md"
    wrong.write_text("Title: Terns\nDate: soon\nStatus: drafty\n\nOf terns.\n")
    with pytest.raises(Refused, match=r"the site is as it was\.\n(.|\n)*soon(.|\n)*--keep-going"):
        build(blog, environ(), "conf.py", keep_going=False)
    with pytest.raises(SystemExit) as ended:
        build(blog, environ(), "conf.py", keep_going=True)
    assert ended.value.code == 1
    told = capfd.readouterr().out
    assert "content/terns.md:2: Date" in told
    assert "content/terns.md:3: Status" in told


def test_a_refusal_ends_a_command_with_its_sentence() -> None:
    with pytest.raises(SystemExit, match="Set it"), refusals():
        raise Refused("Set it.")


def test_a_build_that_is_refused_is_reported_by_what_is_to_be_corrected_alone() -> None:
    log = "A warning.\n2 problems; nothing was written.\na.md:2: Date: …\nb.md:1: …\n"
    assert essence(log).split("\n") == ["    a.md:2: Date: …", "    b.md:1: …"]


def test_a_build_s_report_is_what_the_author_needs() -> None:
    log = """Could not process ./b.md
RuntimeError: Warning or error encountered
Traceback (most recent call last):
  File "generators.py", line 710, in generate_context
    article = self.readers.read_file(
ValueError: '2026-99-01' is not a valid date

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "__init__.py", line 679, in main
RuntimeError: Warning or error encountered
"""
    assert essence(log).split("\n") == [
        "    Could not process ./b.md",
        "    ValueError: '2026-99-01' is not a valid date",
    ]
