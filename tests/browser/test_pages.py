"""Pages: what is exact of what `bench pages` measures: bytes, requests, policy, HTML, accessibility."""

import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.bench import visits
from tests.bench.visits import Blog
from tests.service import ROOT


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Blog]:
    """The sample with everything on, its comments, and its service."""
    made = Blog(tmp_path_factory.mktemp("pages"))
    try:
        made.start()
        yield made
    finally:
        made.stop()


def test_an_article_with_everything_on_is_as_light_as_promised(
    browser: Browser, sample: Blog
) -> None:
    visit = visits.first_visit(browser, sample, visits.ARTICLE)
    assert visit.errors == []
    assert visit.foreign(sample.url) == []
    found = visits.weights(sample, visit.paths(sample.url))
    assert set(found) == {"HTML", "CSS", "JS", "embed", "pictures"}
    light = {name: each["gzip"] for name, each in found.items() if name not in visits.APART}
    assert all(light[name] <= visits.BUDGET[name] for name in light), light
    assert light["CSS"] + found["embed"]["gzip"] <= visits.STYLES, found
    assert sum(light.values()) <= visits.BUDGET["all"], light
    assert sum(each["requests"] for name, each in found.items() if name != "pictures") <= (
        visits.MAX_REQUESTS
    ), visit.urls


def test_only_the_search_is_sent_with_leave_to_compile(sample: Blog) -> None:
    def policy(path: str) -> str:
        with urllib.request.urlopen(sample.url + path) as answer:
            assert answer.status == 200
            return str(answer.headers["Content-Security-Policy"])

    strict = "default-src 'self'; script-src 'self'; style-src 'self';"
    for path in ("/", visits.ARTICLE, "/discussions/", "/comments/sign-in"):
        assert "wasm" not in policy(path), path
    assert policy(visits.ARTICLE).startswith(strict)
    for path in ("/search/", "/zh-cn/search/", "/pagefind/pagefind-worker.js"):
        assert "script-src 'self' 'wasm-unsafe-eval';" in policy(path), path


@pytest.mark.parametrize("scheme", visits.SCHEMES)
@pytest.mark.parametrize("width", visits.WIDTHS)
def test_neither_axe_nor_the_console_has_anything_against_any_kind_of_page(
    browser: Browser, sample: Blog, scheme: str, width: int
) -> None:
    seen, told = visits.faults(browser, sample, scheme, width)
    assert seen == len(visits.BLOG) + len(visits.STRANGER) + len(visits.OWNER)
    assert told == []


@pytest.mark.skipif(not shutil.which("node"), reason="NO NODE.JS on this machine")
def test_every_page_is_valid_html(browser: Browser, sample: Blog) -> None:
    if not (ROOT / "node_modules/.bin/html-validate").exists():
        pytest.skip("NO html-validate: `python3 tasks.py check` installs it")
    read, told = visits.invalid(browser, sample)
    assert read > len(visits.STRANGER) + len(visits.OWNER)
    assert told == []


def test_the_validator_finds_what_is_wrong(browser: Browser, sample: Blog) -> None:
    bad = Path(sample.output, "bad.html")
    bad.write_text("<!doctype html><html lang=en><title>x</title><p><div>no</div></p></html>")
    try:
        _, told = visits.invalid(browser, sample)
        assert [each for each in told if "bad.html" in each]
    finally:
        bad.unlink()
