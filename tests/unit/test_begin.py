"""`tasks.py begin`: what becomes of a fresh copy, and what is never touched."""

import shutil
from pathlib import Path

import pytest
from pelican.settings import read_settings

from authoring import Refused, begin
from tests.sites import ROOT, pelican

FRESH = ROOT / "tests" / "samples" / "fresh"
ADA = begin.Answers("Feathers", "https://feathers.example", "de", "Ada Quill")


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """What a clone holds of an author's own."""
    shutil.copytree(FRESH, tmp_path, dirs_exist_ok=True)
    return tmp_path


def settings(root: Path) -> dict[str, object]:
    return dict(read_settings(str(root / begin.SETTINGS)))


def files(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_what_every_release_ships_for_authors_is_as_it_was_first_shipped() -> None:
    shipped = {path.relative_to(FRESH).as_posix() for path in FRESH.rglob("*.*")}
    assert shipped == set(begin.SHIPPED)
    # Once begun, all of it is the author's: then there is nothing to compare in the blog itself.
    for root in [FRESH] + [ROOT] * begin.as_shipped(ROOT, begin.SETTINGS):
        assert [path for path in begin.SHIPPED if not begin.as_shipped(root, path)] == []


def test_the_author_s_settings_are_few() -> None:
    assert len((FRESH / begin.SETTINGS).read_text("utf-8").splitlines()) <= 30


def test_a_fresh_copy_becomes_the_author_s_blog(fresh: Path) -> None:
    told = "\n".join(begin.begin(fresh, {"TZ": "Europe/Berlin"}, ADA))
    found = settings(fresh)
    assert (found["SITENAME"], found["AUTHOR"], found["DEFAULT_LANG"]) == (
        "Feathers",
        "Ada Quill",
        "de",
    )
    assert found["TIMEZONE"] == "Europe/Berlin"
    assert "SITE_URL=https://feathers.example" in (fresh / ".env").read_text("utf-8")
    # The samples are gone; the first article is in the blog's language, and builds.
    assert [path.name for path in (fresh / "content").rglob("*.*")] == ["hallo.md"]
    assert "content/hallo.md" in told
    assert "content/welcome.md" in told
    built = pelican(fresh / "content", fresh / "output", conf=str(fresh / begin.SETTINGS))
    assert built.returncode == 0, built.stderr
    assert "WARNING" not in built.stdout + built.stderr
    assert '<html lang="de">' in (fresh / "output" / "hallo" / "index.html").read_text("utf-8")


@pytest.mark.parametrize("language", [*begin.FIRST, "pt-br", "zh-cn"])
def test_the_first_article_is_in_the_language_of_the_blog(fresh: Path, language: str) -> None:
    begin.begin(fresh, {}, ADA._replace(language=language))
    (article,) = (fresh / "content").glob("*.md")
    title, words = begin.FIRST.get(language.partition("-")[0], begin.FIRST["en"])
    assert f"Title: {title}\n" in article.read_text(encoding="utf-8")
    assert words in article.read_text(encoding="utf-8")
    own = begin.CATEGORY.get(language.partition("-")[0], "Notes")
    assert settings(fresh)["DEFAULT_CATEGORY"] == own
    # Once there are addresses, they stay.
    begin.begin(fresh, {}, ADA._replace(language="es"), again=True)
    assert settings(fresh)["DEFAULT_CATEGORY"] == own


def test_a_blog_that_has_begun_is_changed_by_nothing_but_consent(fresh: Path) -> None:
    begin.begin(fresh, {}, ADA)
    before = files(fresh)
    with pytest.raises(Refused, match=r"called Feathers.*--again"):
        begin.begin(fresh, {}, begin.Answers(name="Other"))
    assert files(fresh) == before
    begin.begin(fresh, {}, begin.Answers(name="Wings"), again=True)
    changed = {name for name, data in files(fresh).items() if before[name] != data}
    assert changed == {begin.SETTINGS}
    found = settings(fresh)
    assert (found["SITENAME"], found["AUTHOR"]) == ("Wings", "Ada Quill")


def test_the_first_article_follows_the_language_of_the_blog_while_nobody_has_written(
    fresh: Path,
) -> None:
    begin.begin(fresh, {}, ADA)
    told = "\n".join(begin.begin(fresh, {}, begin.Answers(language="FR"), again=True))
    assert [path.name for path in (fresh / "content").rglob("*.md")] == ["bonjour.md"]
    assert [path.name for path in (fresh / "content" / "images").iterdir()] == ["bonjour"]
    assert "Taken away     content/hallo.md" in told
    assert "First article  content/bonjour.md" in told
    # Breton has no words of its own here: the first article is in English, and stays so.
    for language, name in (("br", "hello.md"), ("en-gb", "hello.md")):
        begin.begin(fresh, {}, begin.Answers(language=language), again=True)
        assert [path.name for path in (fresh / "content").glob("*.md")] == [name]


@pytest.mark.parametrize(
    ("text", "other"),
    [
        (b"Tags: mine\n", ""),
        (b"Status: draft\nTags:\n", ""),
        (b"Tags:\n", "Another article."),
        (b"Tags:\n", "See [that](hallo.md)."),
    ],
)
def test_a_first_article_that_somebody_has_written_in_stays(
    fresh: Path, text: bytes, other: str
) -> None:
    begin.begin(fresh, {}, ADA)
    article = fresh / "content" / "hallo.md"
    article.write_bytes(article.read_bytes().replace(b"Tags: \n", text))
    if other:
        name = "pages/about.md" if "See" in other else "other.md"
        (fresh / "content" / name).parent.mkdir(exist_ok=True)
        (fresh / "content" / name).write_text(f"Title: Other\nDate: 2026-01-01\n\n{other}\n")
    before = files(fresh)
    begin.begin(fresh, {}, begin.Answers(language="fr"), again=True)
    changed = {name for name, data in files(fresh).items() if before[name] != data}
    assert changed == {begin.SETTINGS}


@pytest.mark.parametrize(
    ("typed", "remedy"),
    [
        *(("Deutsch", "de"), ("german", "de"), ("日本語", "ja"), ("FRANÇAIS", "fr")),
        *(("Simplified Chinese", "zh-hans"), ("klingonisch", "one such as en, de or zh-cn")),
    ],
)
def test_the_name_of_a_language_is_answered_with_what_to_write(
    fresh: Path, typed: str, remedy: str
) -> None:
    with pytest.raises(Refused, match=f'^"{typed}" is no language. Write {remedy}.$'):
        begin.begin(fresh, {}, ADA._replace(language=typed))


def test_what_the_author_has_written_or_changed_stays(fresh: Path) -> None:
    own = fresh / "content" / "mine.md"
    own.write_text("Title: Mine\nDate: 2026-01-01\n\nSee [that](pages/about.md).\n", "utf-8")
    welcome = fresh / "content" / "welcome.md"
    welcome.write_text(welcome.read_text("utf-8") + "\nAnd mine.\n", "utf-8")
    (fresh / ".env").write_text("# Mine.\nCOMMENTS_GUESTS=false\n", "utf-8")
    before = files(fresh)
    begin.begin(fresh, {}, ADA)
    after = files(fresh)
    # The page and the picture are samples, too; but what is the author's shows them.
    assert {name: after[name] for name in before if name.startswith("content/")} == {
        name: data for name, data in before.items() if name.startswith("content/")
    }
    assert (fresh / ".env").read_text("utf-8").startswith("# Mine.\nCOMMENTS_GUESTS=false\n")
    # With articles of one's own there is no first one.
    assert not (fresh / "content" / "hallo.md").exists()


def test_lines_that_the_author_added_to_the_settings_stay() -> None:
    text = '# mine\nSITENAME = "Postil"  # the name\nAUTHOR = (\n    "Ада"\n    " К."\n)\nX = 1\n'
    made = begin.with_values(text, {"SITENAME": 'My "ö" blog', "AUTHOR": "Ada", "TIMEZONE": "UTC"})
    assert made == (
        '# mine\nSITENAME = "My \\"ö\\" blog"  # the name\nAUTHOR = (\n    "Ada"\n)\nX = 1\nTIMEZONE = "UTC"\n'
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "<b>"},
        {"url": "ftp://example.org"},
        {"url": "https://exa mple.org"},
        {"language": "xx-klingon"},
    ],
    ids=str,
)
def test_a_wrong_word_is_refused_and_nothing_is_changed(fresh: Path, wrong: dict[str, str]) -> None:
    before = files(fresh)
    with pytest.raises(Refused):
        begin.begin(fresh, {}, ADA._replace(**wrong))
    with pytest.raises(Refused, match="begin --name"):
        begin.begin(fresh, {}, begin.Answers())
    assert files(fresh) == before


def test_what_was_not_given_is_asked_until_it_can_be_used() -> None:
    typed = iter(["", "Feathers", "feathers.example/", "klingon!", "", "Ada"])
    asked: list[str] = []

    def answer(question: str) -> str:
        asked.append(question)
        return next(typed)

    found = begin.asked(begin.Answers(), begin.Answers(language="de"), answer)
    assert found == begin.Answers("Feathers", "https://feathers.example", "de", "Ada")
    assert sum("[de]" in question for question in asked) == 2
    assert begin.asked(ADA, begin.Answers(), answer) == ADA


def test_the_time_zone_is_that_of_the_machine(tmp_path: Path) -> None:
    zones = tmp_path / "zoneinfo" / "Asia"
    zones.mkdir(parents=True)
    (zones / "Shanghai").write_bytes(b"")
    (tmp_path / "localtime").symlink_to(zones / "Shanghai")
    assert begin.timezone({}, tmp_path / "localtime") == "Asia/Shanghai"
    assert begin.timezone({"TZ": ":Europe/Madrid"}, tmp_path / "localtime") == "Europe/Madrid"
    assert begin.timezone({"TZ": "nowhere"}, tmp_path / "none") == "UTC"
