"""Problems: everything that stops a build is told at once, alone, before anything takes long."""

import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import plugins
from plugins.presentation import image_variants
from plugins.problems import Refused, WrongSetting
from tests.sites import Site, pelican

# Each kind of mistake, with what its author is told; the front matter of all begins on the first line.
MISTAKES: dict[str, tuple[str | bytes, str]] = {
    "date": ("Title: A\nDate: soon\n\nx", r'date\.md:2: Date: "soon" is no date'),
    "half": ("Title: A\nDate: 2026-11\n\nx", r'half\.md:2: Date: "2026-11" is no date'),
    "zone": ("Title: A\nDate: 2026-01-02 10:00 CETT\n\nx", r"zone\.md:2: .* has a time zone that"),
    "offset": ("Title: A\nDate: 2026-01-02 10:00+25:00\n\nx", r"offset\.md:2: Date: .* is no date"),
    "year": ("Title: A\nDate: 0001-01-01\n\nx", r"year\.md:2: Date: .* is no date"),
    "days": (
        "Title: A\nDate: 12/01/2026\n\nx",
        r"days\.md:2: .* may be two days. Write 2026-12-01 or",
    ),
    "none": ("Title: A\n\nx", r"none\.md:1: There is no Date"),
    "untitled": ("Date: 2026-01-02\n\nx", r"untitled\.md:1: There is no Title"),
    "empty": ("", r"empty\.md:1: There is no front matter"),
    "words": ("Only words.", r"words\.md:1: There is no front matter"),
    "latin": (b"Title: A\nDate: 2026-01-02\n\nCaf\xe9", r"latin\.md:4: This is not UTF-8"),
    "status": (
        "Title: A\nDate: 2026-01-02\nStatus: drfat\n\nx",
        r"status\.md:3: .* Did you mean draft",
    ),
    "colon": ("Title: A\nDate: 2026-01-02\nStatus draft\n\nx", r'colon\.md:3: .* "Status: draft"'),
    "wide": ("Title: A\nDate: 2026-01-02\nTags：x\n\nx", r'wide\.md:3: .* Write "Tags: x"'),
    "out": (
        "Title: A\nDate: 2026-01-02\nSlug: ../../x\n\nx",
        r"out\.md:3: Slug: .* cannot be part",
    ),
    "save": (
        "Title: A\nDate: 2026-01-02\nSave_as: ../x\n\nx",
        r"save\.md:1: .*outside of the site",
    ),
    "yaml": ("---\ntitle: [a\ndate: 2026-01-02\n---\nx", r"yaml\.md:\d: This is no YAML"),
    "toml": ("+++\ntitle = a\n+++\nx", r"toml\.md:2: This is no TOML"),
    "formula": ("Title: A\nDate: 2026-01-02\n\n$\\nothing$", r"formula\.md:4: The formula"),
    "picture": (
        "Title: B\nDate: 2026-01-02\n\n![x](x.png)![x]({static}/images/no.png)",
        r"There is no pic",
    ),
    "comments": ("Title: C\nDate: 2026-01-02\nComments: maybe\n\nx", r"comments\.md:3: Comments"),
    "twice": (
        "Title: A\nDate: 2026-01-02\nTitle: B\n\nx",
        r"twice\.md:3: Title is set a second time",
    ),
    "template": (
        "Title: T\nDate: 2026-01-02\nTemplate: none\n\nx",
        r'template\.md:3: Template: there is no "none" in the theme',
    ),
    "timezone": (
        "Title: A\nDate: 2026-01-02\nTimezone: Mars\n\nx",
        r"timezone\.md:3: Timezone is not",
    ),
}


def mistaken(folder: Path) -> None:
    for name, (text, _) in MISTAKES.items():
        data = text if isinstance(text, bytes) else text.encode()
        (folder / f"{name}.md").write_bytes(data)
    (folder / "nothing.md").symlink_to(folder / "gone")


def test_every_mistake_is_told_at_once_with_file_line_and_remedy(site: Site) -> None:
    mistaken(site.content)
    with pytest.raises(Refused) as raised:
        site.build()
    told = str(raised.value)
    for _, pattern in MISTAKES.values():
        assert re.search(pattern, told), pattern
    assert re.search(r"nothing\.md:1: It cannot be opened: No such file", told)
    assert not site.output.exists()


def test_the_command_itself_tells_all_of_it_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    mistaken(tmp_path / "content")
    (tmp_path / "content" / "silent.md").write_text(
        "Title: D\nDate: 2026-01-02\n\n![](x.svg)\n\n```pythn\n```"
    )
    done = pelican(tmp_path / "content", tmp_path / "output")
    lines = (done.stdout + done.stderr).strip().splitlines()
    assert done.returncode == 1
    # The errors stand alone: no warning of what would be shown all the same.
    assert re.fullmatch(r"\d+ problems; nothing was written\.", lines[0])
    assert len(lines) == len({*lines}) == int(lines[0].split()[0]) + 1
    assert all(re.match(r"\S+\.md:\d+: ", line) for line in lines[1:])


def test_pelican_s_own_reader_is_told_of_as_well(site: Site) -> None:
    mistaken(site.content)
    with pytest.raises(Refused) as raised:
        site.build(PLUGINS=plugins.in_order(without=["markdown.reader"]))
    told = str(raised.value)
    for name in (
        "date",
        "none",
        "untitled",
        "latin",
        "status",
        "out",
        "picture",
        "comments",
        "twice",
        "template",
    ):
        assert re.search(MISTAKES[name][1], told), name


def test_a_warning_is_told_once_and_only_when_nothing_stops_the_build(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    Image.new("RGB", (50, 30)).save(site.content / "images.png")
    site.write("silent", body="![]({static}/images.png)\n\n```pythn\n```")
    site.write("wrong", Comments="maybe")
    with pytest.raises(Refused):
        site.build()
    assert caplog.text == ""
    (site.content / "wrong.md").unlink()
    site.build()
    told = [record.getMessage() for record in caplog.records]
    assert len([each for each in told if "no words for those" in each or "mpty alt" in each]) == 1
    assert len([each for each in told if "pythn" in each]) == 1


def test_no_picture_is_made_before_it_is_known_that_all_can_be_shown(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []
    monkeypatch.setattr(image_variants.Pictures, "encode", lambda *given: made.append(given))
    (site.content / "images").mkdir()
    Image.new("RGB", (500, 300)).save(site.content / "images" / "a.png")
    site.write("a", body="![x]({static}/images/a.png)")
    site.write("z", body="![x]({static}/images/none.png)")
    with pytest.raises(Refused, match=r"z\.md:5: There is no picture"):
        site.build()
    assert made == []


def test_every_wrong_setting_is_told_at_once_without_a_traceback(tmp_path: Path) -> None:
    wrong = {
        "TIMEZONE": "Berlin",
        "SITEURL": "example.org",
        "COMMENTS_DEFAULT": "opened",
        "COMMENTS_CLOSE": "soon",
        "MENUITEMS": "archives/",
        "ICON": "gone.svg",
        "ACCENT": "red",
    }
    lines = [f"{name} = {value!r}" for name, value in wrong.items()]
    conf = tmp_path / "conf.py"
    conf.write_text("\n".join(["from plugins.settings import *", *lines]) + "\n", "utf-8")
    (tmp_path / "content").mkdir()
    built = pelican(tmp_path / "content", tmp_path / "output", conf=str(conf))
    told = built.stdout + built.stderr
    assert built.returncode != 0
    assert f"{len(wrong)} settings cannot be used" in told
    for name in wrong:
        assert told.count(f"\n{name} ") == 1, told
    assert "Traceback" not in told
    assert not (tmp_path / "output").exists()


@pytest.mark.parametrize("zone", ["Mars/Base", "", "UTC+1", "../etc", "CETT"])
def test_a_time_zone_that_is_none_is_refused_by_its_name(site: Site, zone: str) -> None:
    site.write("a")
    with pytest.raises(WrongSetting, match=r'TIMEZONE = ".*" in pelicanconf.py .* Write one such'):
        site.build(TIMEZONE=zone)


def test_no_line_of_front_matter_takes_the_place_of_what_pelican_works_with(site: Site) -> None:
    for key in (
        "Settings",
        "Metadata",
        "Is_valid",
        "Get_content",
        "Url_format",
        "_content",
        "Content",
    ):
        site.write(f"a-{key.strip('_').lower().replace('_', '-')}", **{key: "x"})
    site.write("translated", Translations="fr")
    site.build()
    assert "Words." in site.page("a-content")
