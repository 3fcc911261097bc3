"""The check of a blog's content: what it refuses, and that it lets good articles be."""

import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pelican.settings import read_settings

from authoring.check import check_frontmatter, check_links, check_settings, external_checks, report
from authoring.check.__main__ import main
from tests import checks
from tests.sites import BLOG, ROOT, disconnect

BROKEN = ROOT / "tests" / "samples" / "broken"
CHECK = (sys.executable, "-X", "utf8", "-m", "authoring.check", "--quick")


@pytest.fixture(autouse=True)
def _own_signals() -> Any:
    disconnect()
    yield
    disconnect()


def problems(text: str, name: str = "a.md", page: bool = False, **settings: Any) -> list[str]:
    """What is said of one file of front matter, in a folder that is removed again."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_text(text, encoding="utf-8")
        found = check_frontmatter.problems(path, name, page, settings)
        return [f"{each.line}: {each.text}" for each in found]


def test_a_blog_on_which_everything_is_wrong_is_told_all_of_it_at_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The golden file. After a change that is meant: run the command and keep what it says."""
    monkeypatch.chdir(ROOT)
    status = main(["--quick", "--settings", "tests/samples/broken/settings.py"])
    said = capsys.readouterr().out
    assert said == (BROKEN / "expected.txt").read_text(encoding="utf-8")
    assert status == 1
    told = {line.partition(":")[0] for line in said.splitlines()}
    sound = {"author-collides.md", "good.md", "slug-twice-a.md"}  # the other one of two is told
    for path in (BROKEN / "content").rglob("*.md"):
        assert path.relative_to(ROOT).as_posix() in told or path.name in sound, path


def test_the_articles_of_this_blog_are_in_order() -> None:
    done = subprocess.run(CHECK, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout.partition(" in ")[0]) == (0, "Nothing to correct"), (
        done.stdout
    )


@pytest.mark.parametrize(
    "date", ["2026-11-20", "2026-11-20 18:30", "2026-11-20T18:30:00+01:00", "20 November 2026"]
)
def test_a_whole_date_is_taken_however_it_is_written(date: str) -> None:
    assert problems(f"Title: One\nDate: {date}\n\nWords.") == []


@pytest.mark.parametrize("date", ["2026-02-30", "soon", "2026-11", "Friday", "18:30"])
def test_a_date_that_names_no_day_is_refused_with_its_line(date: str) -> None:
    (problem,) = problems(f"Title: One\nDate: {date}\n\nWords.")
    assert problem.startswith(f'2: Date: "{date}" is no date')


def test_a_page_needs_no_date_and_an_article_learns_it_from_its_file_s_name() -> None:
    assert problems("Title: About\n\nWords.", page=True) == []
    (problem,) = problems("Title: One\n\nWords.", name="2026-03-04-one.md")
    assert '"Date: 2026-03-04"' in problem


@pytest.mark.parametrize(
    "text",
    [
        '---\ntitle: "One"\ndate: 2026-11-20\ntags:\n  - birds\n  - tea\n# a remark\n---\nWords.',
        '+++\ntitle = "One"\ndate = 2026-11-20\n\ntags = [\n  "birds",\n]\n+++\nWords.',
        "\ufeffTitle: One\nDate: 2026-11-20\nSummary: Two lines\n    of it.\n\nKey: not one",
    ],
)
def test_front_matter_is_understood_in_each_of_its_ways(text: str) -> None:
    assert problems(text) == []


def test_a_misspelt_key_is_told_with_the_one_that_was_meant() -> None:
    (problem,) = problems("Title: One\nDate: 2026-11-20\nSeriez: Essays\n\nWords.")
    assert problem.startswith("3: Seriez is not a key that is known. Did you mean Series?")


def test_a_key_of_one_s_own_is_known_by_the_settings() -> None:
    text = "Title: One\nDate: 2026-11-20\nWeather: rain\n\nWords."
    assert len(problems(text)) == 1
    assert problems(text, FRONT_MATTER=["Weather"]) == []


def test_a_key_that_is_set_twice_and_an_empty_one_are_refused() -> None:
    assert problems("Title: One\nDate: 2026-11-20\nTitle: Two\nSlug:\n\nWords.") == [
        "3: Title is set a second time; line 1 has it first. Keep one.",
        "4: Slug is empty. Write it, or remove the line.",
    ]


def test_a_file_in_another_encoding_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b"Title: One\nDate: 2026-11-20\n\nCaf\xe9.")
    (problem,) = check_frontmatter.problems(path, "a.md", False, {})
    assert (problem.line, problem.text.partition(".")[0]) == (4, "This is not UTF-8")


# ---- what must never happen


@pytest.mark.parametrize("name", ["pelicanconf.py", "publishconf.py"])
def test_no_plugin_is_loaded_just_because_it_is_installed(name: str) -> None:
    """Where PLUGINS is None, Pelican takes every `pelican.plugins` that it finds."""
    assert isinstance(read_settings(str(BLOG / name))["PLUGINS"], list)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("PLUGINS = None", "every plugin that is installed"),
        ('TIMEZONE = "Mars/Base"', "is no time zone. Write one such as"),
        ("DELETE_OUTPUT_DIRECTORY = True", "empties the live site"),
        ("WITH_FUTURE_DATES = True", "before their date"),
        ('DRAFT_SAVE_AS = "drafts/{slug}.html"', "Drafts would be published"),
    ],
)
def test_settings_that_lose_a_site_or_publish_too_much_are_refused(
    line: str, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "settings.py"
    path.write_text(f"{line}\n")
    settings = read_settings(str(path), override={"PLUGINS": [], "WITH_FUTURE_DATES": False})
    settings |= {"DRAFT_SAVE_AS": "", "DRAFT_PAGE_SAVE_AS": "", "DELETE_OUTPUT_DIRECTORY": False}
    settings |= {"TIMEZONE": "UTC", "PATH": str(tmp_path / "content")}
    assert list(check_settings.problems(settings, path)) == []
    own: dict[str, Any] = {}
    exec(line, own)  # noqa: S102 - the line above
    (problem,) = check_settings.problems({**settings, **own}, path)
    assert problem.line == 1
    assert words in problem.text


def test_without_plugins_nothing_is_built(tmp_path: Path) -> None:
    path = tmp_path / "settings.py"
    path.write_text(
        "SITENAME = 'Bare'\nDRAFT_SAVE_AS = DRAFT_PAGE_SAVE_AS = ''\nWITH_FUTURE_DATES = False\n"
    )
    found = report.check(path, {"OUTPUT_PATH": str(tmp_path / "output")})
    assert "Left out: everything else, until PLUGINS is set" in str(found)
    assert not (tmp_path / "output").exists()


def test_a_time_zone_that_is_none_is_told_before_anything_is_built(tmp_path: Path) -> None:
    path = tmp_path / "settings.py"
    path.write_text(
        "PLUGINS = []\nTIMEZONE = 'Mars/Base'\nDRAFT_SAVE_AS = DRAFT_PAGE_SAVE_AS = ''\n"
    )
    found = report.check(path, {"OUTPUT_PATH": str(tmp_path / "output")})
    assert f'{path}:2: TIMEZONE = "Mars/Base" in pelicanconf.py is no time zone' in str(found)


def test_the_live_site_is_not_touched_by_a_check(tmp_path: Path) -> None:
    live = tmp_path / "live"
    live.mkdir()
    (live / "index.html").write_text("What readers see.")
    subprocess.run(
        [*CHECK, "--settings", "tests/samples/broken/settings.py"],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "COMMENTS_OUTPUT": str(live), "HOME": str(tmp_path)},
        capture_output=True,
        check=False,
    )
    assert [path.name for path in tmp_path.iterdir()] == ["live"]
    assert (live / "index.html").read_text() == "What readers see."


# ---- links


@pytest.fixture
def site(tmp_path: Path) -> check_links.Site:
    for name, text in {
        "index.html": '<h2 id="first">One</h2>',
        "a b/index.html": "<a name='here'></a>",
        "feeds/all.xml": "",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return check_links.Site(tmp_path, "https://example.org/blog", "/comments/")


@pytest.mark.parametrize(
    "href",
    [
        *("/blog/", "https://example.org/blog", "#first", "a%20b/", "a%20b/#here", "feeds/all.xml"),
        *("https://example.com/gone", "mailto:ada@example.org", "#comments", "#top", "?page=2"),
        *("/blog/#comment-17", "/comments/account"),
    ],
)
def test_a_link_that_leads_somewhere_passes(site: check_links.Site, href: str) -> None:
    assert site.fault(site.output / "index.html", href) == ""


@pytest.mark.parametrize(
    ("href", "words"),
    [
        ("gone/", "leads to nothing"),
        ("/blog/feeds/", "leads to nothing"),
        ("#second", "no place named second"),
        ("/blog/a%20b/#there", "no place named there"),
        ("%7Bfilename%7Dgone.md", "There is no file gone.md"),
    ],
)
def test_a_link_that_leads_nowhere_is_refused(
    site: check_links.Site, href: str, words: str
) -> None:
    assert words in site.fault(site.output / "index.html", href)


def test_a_link_to_a_draft_that_is_shared_is_refused_but_in_another_one(
    site: check_links.Site,
) -> None:
    pages = [site.output / "shared" / (letter * 26) / "index.html" for letter in "ab"]
    for page in (*pages, site.output / "shared" / "index.html"):
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text("Words.")
    public = site.output / "index.html"
    assert "would learn it" in site.fault(public, f"/blog/shared/{'a' * 26}/")
    assert site.fault(pages[1], f"/blog/shared/{'a' * 26}/") == ""
    assert site.fault(pages[1], "/blog/") == ""
    # An article may have this address.
    assert site.fault(public, "/blog/shared/") == ""


@pytest.mark.enable_socket
def test_another_site_s_link_is_dead_only_when_that_site_says_so(tmp_path: Path) -> None:
    (tmp_path / "there.html").write_text("Here.")
    with external_checks.served(tmp_path) as address:
        assert external_checks.gone(f"{address}/there.html") == ""
        assert external_checks.gone(f"{address}/gone.html") == "answers 404"
        asked: list[str] = []
        urls = [f"{address}/there.html"]
        assert external_checks.ask_in_turn(lambda: asked.append("once"), urls) == []
        assert asked == ["once"]
    assert "does not answer" in external_checks.gone(f"{address}/there.html")


# ---- other programs


@pytest.fixture
def bad_page(tmp_path: Path) -> Path:
    page = tmp_path / "index.html"
    page.write_text(
        '<!doctype html><html lang="en"><title>One</title>'
        '<main><h1>One</h1><img src="a.png"><b><p>Words.</b></main></html>'
    )
    return page


# Of this English knows no word, and German all but one.
MISSPELT = "Als sie teh Archiv sah."  # codespell:ignore


def needs_codespell() -> None:
    if not external_checks.program("codespell"):
        pytest.skip("codespell is not installed")


@pytest.mark.parametrize(
    ("lang", "other", "told"),
    [
        ("de", "en", ["translation.md:6"]),
        ("zh-CN", "en-us", ["translation.md:6"]),
        ("en", "de", ["original.md:5", "note.txt:1"]),
        ("en-GB", "en", ["original.md:5", "translation.md:6", "note.txt:1"]),
    ],
)
def test_only_english_texts_are_looked_at_for_english_spelling(
    tmp_path: Path, lang: str, other: str, told: list[str]
) -> None:
    needs_codespell()
    content = tmp_path / "content"
    content.mkdir()
    (tmp_path / "settings.py").write_text(
        f"import sys\nsys.path[:0] = [{str(BLOG)!r}, {str(ROOT)!r}]\nfrom publishconf import *\n"
        f"PATH = {str(content)!r}\nDEFAULT_LANG = {lang!r}\nSITEURL = 'https://example.org'\n"
        "SEARCH = SHARE_PICTURES = COMPRESS = False\n"
    )
    head = "Date: 2026-01-01\nSlug: fish"
    (content / "original.md").write_text(f"Title: Fisch\n{head}\n\n{MISSPELT}\n")
    (content / "translation.md").write_text(f"Title: Fish\n{head}\nLang: {other}\n\n{MISSPELT}\n")
    (content / "note.txt").write_text(MISSPELT)
    settings = {"OUTPUT_PATH": str(tmp_path / "output")}
    found = report.check(tmp_path / "settings.py", settings, quick=True).problems
    assert {str(each).partition(': Spelling: "')[0] for each in found} == {
        f"{content}/{each}" for each in told
    }


def test_the_check_of_the_program_leaves_the_author_s_words_to_the_check_of_the_blog(
    tmp_path: Path,
) -> None:
    needs_codespell()
    for name in ("content/a.md", "theme_overrides/a.html", "pelicanconf.py", "plugins/a.py"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"# {MISSPELT}")
    name, *options = checks.CHECKS["spelling (codespell)"]
    done = subprocess.run(
        [checks.program(name), *options],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert {line.partition(":")[0] for line in done.stdout.splitlines()} == {"./plugins/a.py"}


def test_what_html_validate_has_against_a_page_is_told_once_for_each_rule(bad_page: Path) -> None:
    found, missing = external_checks.invalid_html([bad_page], ROOT)
    if missing:
        pytest.skip(f"Left out: {missing}")
    assert any(each.text.startswith("HTML: ") for each in found)
    assert len(found) == len({each.text for each in found})
    assert external_checks.invalid_html([], ROOT) == ([], "")


def test_where_html_validate_is_missing_it_is_left_out_aloud(bad_page: Path) -> None:
    found, missing = external_checks.invalid_html([bad_page], bad_page.parent)
    assert (found, missing.partition(",")[0]) == ([], "validity of HTML")


@pytest.mark.enable_socket
@pytest.mark.browser
def test_what_axe_finds_in_a_page_is_told(bad_page: Path) -> None:
    found, missing = external_checks.barriers([bad_page], bad_page.parent)
    if missing:
        pytest.skip(f"Left out: {missing}")
    assert any("(image-alt)" in each.text for each in found)


@pytest.mark.enable_socket
def test_a_dead_link_to_another_site_is_told_with_the_line_that_holds_it(
    site: check_links.Site, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "there.html").write_text("Here.")
    with external_checks.served(tmp_path / "other") as address:
        links = [f"{address}/there.html", f"{address}/gone.html"]
        source = tmp_path / "a.md"
        source.write_text("Title: One\n\n" + "\n".join(links))
        body = "".join(f'<a href="{link}">Words</a>' for link in links)
        article = SimpleNamespace(content=body, source_path=str(source))
        (problem,) = external_checks.dead_links(site, {"index.html": (article, "a.md")})
    assert str(problem).startswith(f"a.md:4: {address}/gone.html answers 404.")


def test_a_broken_link_of_the_theme_is_told_with_the_page(site: check_links.Site) -> None:
    (site.output / "index.html").write_text('<a href="gone/">Words</a><a href="gone/">Again</a>')
    (problem,) = check_links.broken_links(site, {})
    assert str(problem).startswith("index.html:1: gone/ leads to nothing on this site.")
    assert problem.text.endswith("It comes from the theme or the settings.")
