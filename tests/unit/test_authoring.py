"""What the commands of an author do: start an article, list what there is, count it."""

import json
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pelican.settings import DEFAULT_CONFIG
from PIL import Image

from authoring import Refused, blog, list_drafts, list_images, new_article, stats, terminal
from authoring.blog import PICTURE_BYTES
from authoring.command_line import with_remainder
from authoring.import_site import frontmatter

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=SHANGHAI)


class Blog(blog.Blog):
    """A blog at a fixed moment."""

    def now(self) -> datetime:
        return NOON


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Blog]:
    """A blog in a folder of its own; each call reads it anew."""
    (tmp_path / "content").mkdir()

    def read(**settings: Any) -> Blog:
        given = {"PATH": "content", "TIMEZONE": "Asia/Shanghai", "DEFAULT_LANG": "en"}
        return Blog(tmp_path, {**DEFAULT_CONFIG, **given, **settings})

    return read


def write(root: Path, name: str, head: str, body: str = "Words.") -> Path:
    path = root / "content" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{head}\n\n{body}\n", encoding="utf-8")
    return path


# ---- new


def test_a_new_article_has_title_date_in_the_blog_s_zone_and_a_folder_for_pictures(
    make: Callable[..., Blog],
) -> None:
    made = new_article.article(make(), "How  pelicans\nfish", series="Birds", draft=True)
    assert made.path.name == "how-pelicans-fish.md"
    assert made.path.read_text().splitlines() == [
        "Title: How pelicans fish",
        "Date: 2026-11-23 12:00+08:00",
        "Slug: how-pelicans-fish",
        "Series: Birds",
        "Status: draft",
        "Tags: ",
        "",
    ]
    assert made.pictures.is_dir()
    (found,) = make().articles
    assert (found.title, found.date, found.status) == ("How pelicans fish", NOON, "draft")


@pytest.mark.parametrize(
    ("title", "lang", "slug"),
    [
        ("Größere Äpfel für die Straße", "de", "groessere-aepfel-fuer-die-strasse"),
        ("A\u0308pfel", "de-at", "aepfel"),
        ("Smørrebrød på Ærø", "da", "smoerrebroed-paa-aeroe"),
        ("Größe", "en", "grosse"),
        ("Гарний день", "uk", "harnyi-den"),
        ("Hôtel à la Gare", "fr", "hotel-a-la-gare"),
    ],
)
def test_a_title_becomes_an_address_as_its_language_writes_it(
    make: Callable[..., Blog], title: str, lang: str, slug: str
) -> None:
    assert make(DEFAULT_LANG=lang).slug(title) == slug
    made = new_article.article(make(), title, lang=lang)
    assert f"\nSlug: {slug}\n" in made.path.read_text()


@pytest.mark.parametrize("title", ["Drafts", "Comments", "Search", "Archives", "2031"])
def test_an_article_cannot_be_begun_at_an_address_of_the_site_s_own(
    make: Callable[..., Blog], title: str
) -> None:
    own = {
        "SITEURL": "https://example.org",
        "COMMENTS_URL": "/comments/",
        "ARCHIVES_SAVE_AS": "archives/index.html",
        "YEAR_ARCHIVE_SAVE_AS": "{date:%Y}/index.html",
    }
    with pytest.raises(Refused, match=f"--slug {title.lower()}-2"):
        new_article.article(make(**own), title)
    assert new_article.article(make(**own), f"{title} of mine").path.exists()


def test_an_article_may_be_begun_for_another_day(make: Callable[..., Blog]) -> None:
    made = new_article.article(make(), "Christmas", date="2026-12-24  18:30")
    assert "\nDate: 2026-12-24 18:30\n" in made.path.read_text()
    (found,) = make().articles
    assert found.status == "scheduled"
    for date in ("24.12.26 abends", "12/11/2026", "2026-02-30", "2026-12-24 10:00 CETT"):
        with pytest.raises(Refused, match="--date"):
            new_article.article(make(), "Never", date=date)
    assert len(make().articles) == 1


def test_a_chinese_title_has_an_address_that_can_be_typed(make: Callable[..., Blog]) -> None:
    made = new_article.article(make(), "鹈鹕怎样捕鱼", lang="zh_CN")
    assert made.path.name == "ti-hu-zen-yang-bu-yu.zh-cn.md"
    assert "Lang: zh-cn" in made.path.read_text()


def test_a_translation_shares_the_address_of_its_original(make: Callable[..., Blog]) -> None:
    new_article.article(make(), "Pelicans")
    new_article.article(make(), "鹈鹕", lang="zh-cn", slug="pelicans")
    assert {source.slug for source in make().articles} == {"pelicans"}


def test_nothing_is_overwritten(make: Callable[..., Blog], tmp_path: Path) -> None:
    write(tmp_path, "other.md", "Title: Other\nSlug: pelicans")
    with pytest.raises(Refused, match=r"content/other\.md has the address.*--slug pelicans-2"):
        new_article.article(make(), "Pelicans")
    kept = write(tmp_path, "herons.md", "Title: Herons\nSlug: grey-herons")
    before = kept.read_text()
    with pytest.raises(Refused, match=r"content/herons\.md is there already"):
        new_article.article(make(), "Herons")
    assert kept.read_text() == before


@pytest.mark.parametrize(
    ("title", "options", "remedy"),
    [
        ("  ", {}, "tasks.py new"),
        ("🎉", {}, "--slug"),
        ("Birds", {"slug": "../Birds"}, "--slug birds"),
        ("Birds", {"lang": "klingon"}, "such as en"),
    ],
)
def test_what_cannot_be_started_is_refused_with_a_remedy(
    make: Callable[..., Blog], tmp_path: Path, title: str, options: dict[str, Any], remedy: str
) -> None:
    with pytest.raises(Refused, match=remedy):
        new_article.article(make(), title, **options)
    assert not list(tmp_path.rglob("*.md"))


def test_an_editor_opens_only_for_somebody_at_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.md"
    path.write_text("Title: A\n\n")
    monkeypatch.setenv(
        "EDITOR", f'{sys.executable} -c \'import sys; open(sys.argv[1], "a").write("x")\''
    )
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    new_article.edit(path)
    assert path.read_text() == "Title: A\n\n"
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    new_article.edit(path)
    assert path.read_text() == "Title: A\n\nx"
    monkeypatch.setenv("EDITOR", "no-such-editor")
    with pytest.raises(Refused, match="set EDITOR"):
        new_article.edit(path)


def test_the_command_needs_a_title_and_explains_itself() -> None:
    with pytest.raises(SystemExit, match="Say its title"):
        with_remainder(["new"])


# ---- what there is


@pytest.mark.parametrize(
    "head",
    [
        "Title: A: b\nTags: one, two\nStatus: draft\nDate: 2026-01-02",
        '---\ntitle: "A: b"\ntags: [one, two]\nstatus: draft\ndate: 2026-01-02\n---',
        '+++\ntitle = "A: b"\ntags = ["one", "two"]\nstatus = "draft"\ndate = 2026-01-02\n+++',
    ],
)
def test_front_matter_is_read_in_each_of_its_three_ways(
    make: Callable[..., Blog], tmp_path: Path, head: str
) -> None:
    write(tmp_path, "a.md", head, "The text: begins here.")
    (found,) = make().articles
    assert (found.title, found.names("tags"), found.status) == ("A: b", ["one", "two"], "draft")
    assert found.date == datetime(2026, 1, 2, tzinfo=SHANGHAI)
    assert found.body.strip() == "The text: begins here."


@pytest.mark.parametrize("head", ["---\na: [\n---", "+++\na = \n+++", "---\n- a\n---"])
def test_front_matter_that_cannot_be_read_names_its_line(head: str) -> None:
    with pytest.raises(frontmatter.Unreadable) as caught:
        frontmatter.split(head)
    assert caught.value.line in (2, 3)


def test_drafts_are_listed_with_where_they_are(make: Callable[..., Blog], tmp_path: Path) -> None:
    write(tmp_path, "a.md", "Title: Waiting\nStatus: draft", "One two three.")
    write(tmp_path, "b.md", "Title: Out\nDate: 2026-01-01")
    lines = list_drafts.drafts(make())
    assert "Waiting" in lines[0]
    assert "3 words" in lines[0]
    assert "content/a.md" in lines[0]
    assert not any("Out" in line for line in lines)


def test_the_schedule_is_in_order_and_in_the_blog_s_own_time(
    make: Callable[..., Blog], tmp_path: Path
) -> None:
    write(tmp_path, "a.md", "Title: Later\nDate: 2026-12-24")
    write(tmp_path, "b.md", "Title: Sooner\nDate: 2026-11-23 05:00+00:00")
    write(tmp_path, "c.md", "Title: Out\nDate: 2026-11-23 11:59")
    write(tmp_path, "d.md", "Title: Draft\nStatus: draft\nDate: 2027-01-01")
    first, second, *rest = list_drafts.schedule(make())
    assert first.split() == ["2026-11-23", "13:00", "in", "60", "minutes", "Sooner", "content/b.md"]
    assert "in 30 days" in second
    assert "Draft" not in "".join(rest)
    assert "timer" in "".join(rest)


def test_how_far_off_something_is_has_the_unit_that_people_use() -> None:
    for span, said in (
        (timedelta(seconds=1), "in 1 minute"),
        (timedelta(hours=5), "in 5 hours"),
        (timedelta(days=9), "in 9 days"),
    ):
        assert list_drafts.ahead(span) == said


def test_an_empty_blog_is_told_how_to_begin(make: Callable[..., Blog], tmp_path: Path) -> None:
    told = [
        *list_drafts.drafts(make()),
        *list_drafts.schedule(make()),
        *stats.stats(make(), tmp_path),
        *list_images.listed(make()),
    ]
    assert len(told) == 4
    assert sum("tasks.py new" in line for line in told) == 2


def test_figures_are_of_what_is_published(make: Callable[..., Blog], tmp_path: Path) -> None:
    write(
        tmp_path,
        "a.md",
        "Title: A\nDate: 2025-05-01\nTags: birds, sea",
        "One two.\n\n```\nno prose\n```",
    )
    write(tmp_path, "b.md", "Title: B\nDate: 2026-05-01\nTags: birds\nLang: zh-cn", "鹈鹕怎样捕鱼")
    write(tmp_path, "c.md", "Title: C\nStatus: draft", "Many words of a draft.")
    write(tmp_path, "pages/d.md", "Title: D")
    (tmp_path / "counts.json").write_text(json.dumps({"version": 1, "counts": {"a": 3, "b": 4}}))
    told = "\n".join(" ".join(line.split()) for line in stats.stats(make(), tmp_path))
    assert told.startswith("2 articles published, 1 draft, 0 scheduled, 1 page\n")
    assert "en 1 article 2 words 2 each" in told
    assert "zh-cn 1 article 6 characters 6 each" in told
    assert "2026 1 article 6 words\n2025 1 article 2 words" in told
    assert "birds 2\nsea 1" in told
    assert "Comments: 7\nb 4\na 3" in told


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"counts": 3}'])
def test_a_damaged_count_is_no_reason_to_fail(
    make: Callable[..., Blog], tmp_path: Path, text: str
) -> None:
    write(tmp_path, "a.md", "Title: A\nDate: 2025-05-01")
    (tmp_path / "counts.json").write_text(text)
    assert not any("Comments" in line for line in stats.stats(make(), tmp_path))


def test_columns_are_aligned_where_a_character_takes_two() -> None:
    assert terminal.table([("鹈鹕", "1"), ("gull", "10")], frozenset({1})) == [
        "  鹈鹕   1",
        "  gull  10",
    ]


# ---- pictures


def test_pictures_are_listed_with_who_shows_them(make: Callable[..., Blog], tmp_path: Path) -> None:
    folder = tmp_path / "content" / "images"
    folder.mkdir()
    for name in ("linked", "plain", "html", "beside me", "alone", "cover"):
        Image.new("RGB", (40, 30)).save(folder / f"{name}.png")
    (folder / "broken.png").write_bytes(b"nothing")
    (folder / "d.svg").write_text("<svg/>")
    write(
        tmp_path,
        "a.md",
        "Title: A\nCover: images/cover.png",
        "![a]({static}/images/linked.png) ![b](images/plain.png 'x') <img src='/images/html.png'>"
        "\n\n[c]({attach}images/beside%20me.png#x)",
    )
    found = {picture.name: picture for picture in list_images.found(make())}
    used = {name.removeprefix("images/") for name, each in found.items() if each.users}
    assert used == {"linked.png", "plain.png", "html.png", "beside me.png", "cover.png"}
    assert found["images/linked.png"].size == (40, 30)
    told = "\n".join(list_images.listed(make()))
    assert "8 pictures" in told
    assert "3 not used" in told
    assert "images/broken.png  it cannot be read" in told
    assert list_images.listed(make(), unused_only=True)[-1].startswith("content/images/")
    assert len(list_images.listed(make(), unused_only=True)) == 3


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("A(1).png", "A(1).png"),
        ("it's.png", "it's.png"),
        ("it's.png", "it&#39;s.png"),
        ("a b.png", "a b.png"),
        ("50%.png", "50%.png"),
        ("a#b.png", "a%23b.png"),
        ("e\u0301.png", "\u00e9.png"),
    ],
)
def test_a_picture_of_an_unusual_name_is_used(
    make: Callable[..., Blog], tmp_path: Path, name: str, written: str
) -> None:
    Image.new("L", (4, 3)).save(tmp_path / "content" / name)
    write(tmp_path, "a.md", "Title: A", f"![a]({{static}}/{written})")
    assert list_images.listed(make(), unused_only=True) == []


def test_pictures_that_are_too_large_are_named(make: Callable[..., Blog], tmp_path: Path) -> None:
    folder = tmp_path / "content"
    Image.new("L", (40, 30)).save(folder / "pixels.png")
    with (folder / "heavy.svg").open("wb") as file:
        file.truncate(PICTURE_BYTES + 1)
    troubles = {each.name: each.trouble for each in list_images.found(make(IMAGES_MAX_PIXELS=1000))}
    assert "the build refuses it" in troubles["pixels.png"]
    assert "more than 8 MB" in troubles["heavy.svg"]


def test_a_picture_that_a_setting_names_is_used(make: Callable[..., Blog], tmp_path: Path) -> None:
    Image.new("L", (4, 3)).save(tmp_path / "content" / "logo.png")
    (found,) = list_images.found(make(LOGO="logo.png"))
    assert found.users == ["pelicanconf.py"]
