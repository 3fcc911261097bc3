"""Dates as people write them, with time zones by number and by name, wherever the blog or the program is."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from plugins.markdown import dates
from plugins.problems import Refused
from tests.importing import Fresh
from tests.sites import Site
from tests.unit.test_import_notation import noted
from tests.unit.test_what_people_write import PELICANS

BERLIN, SHANGHAI = "Europe/Berlin", "Asia/Shanghai"


def hours(number: float) -> timezone:
    return timezone(timedelta(hours=number))


@pytest.fixture(params=["UTC0", "CST-8", "EST5EDT", "CET-1CEST"])
def machine(request: pytest.FixtureRequest) -> Iterator[None]:
    """A machine somewhere, whose own zone has a name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize(
    ("said", "zone", "meant"),
    [
        ("2026-07-02 10:00 EST", "UTC", hours(-5)),
        ("Thu, 02 Jul 2026 10:00:00 PDT", "UTC", hours(-7)),
        ("2026-07-02 10:00 CST", "UTC", hours(-6)),
        ("2026-07-02 10:00 CST", SHANGHAI, hours(8)),
        ("2026-07-02 10:00 CEST", BERLIN, hours(2)),
        ("2026-07-02 10:00 CET", BERLIN, hours(1)),
        ("2026-07-02 10:00 GMT", "Europe/London", UTC),
        ("2026-07-02 10:00 UT", BERLIN, UTC),
        ("2026-07-02T10:00:00Z", BERLIN, UTC),
        ("2026-07-02 10:00:00 -0700 MST", "UTC", hours(-7)),
        ("2026-07-02 10:00:00 +0530 (IST)", "UTC", hours(5.5)),
        ("2026-07-02 10:00 GMT+3", "UTC", hours(3)),
        ("Thu Jul 02 2026 10:00:00 GMT-0330 (Newfoundland Standard Time)", "UTC", hours(-3.5)),
        ("2026-07-02 10:00 UTC +02:00", "UTC", hours(2)),
        ("2026-07-02 10:00", BERLIN, None),
    ],
)
def test_a_time_zone_has_one_meaning_on_every_machine(
    said: str, zone: str, meant: timezone | None
) -> None:
    assert dates.read(said, zone) == datetime(2026, 7, 2, 10, tzinfo=meant)


@pytest.mark.usefixtures("machine")
@pytest.mark.parametrize("name", ["JST", "IST", "BST", "XYZT", "MSK"])
def test_a_name_that_several_zones_have_is_told(name: str) -> None:
    assert "has a time zone that has no such name here" in dates.wrong(f"2026-07-02 10:00 {name}")
    assert dates.wrong(f"2026-07-02 {name}")


@pytest.mark.parametrize("reader", [{}, PELICANS], ids=["ours", "pelican's"])
def test_a_zone_is_read_or_refused_whichever_reader_reads(
    site: Site, reader: dict[str, object]
) -> None:
    site.write("fish", "Words.", Date="2026-01-02 10:00 PST", Modified="2026-01-03 10:00 CET")
    site.build(**reader, TIMEZONE=BERLIN)
    html = site.page("fish")
    assert "2026-01-02T10:00:00-08:00" in html
    assert "2026-01-03T10:00:00+01:00" in html
    for wrong in ("2026-01-02 10:00 JST", "1/2/2026", "2026-01"):
        site.write("fish", "Words.", Date=wrong)
        with pytest.raises(Refused, match=rf'fish\.md:2: Date: "{wrong}" (has|is|may)'):
            site.build(**reader, TIMEZONE=BERLIN)


@pytest.mark.parametrize("said", ["03.02.2026", "3. 2. 2026", "3.2.2026 10:00"])
def test_a_date_with_points_begins_with_the_day(said: str) -> None:
    assert dates.read(said).date() == datetime(2026, 2, 3).date()  # noqa: DTZ001 - a day


def test_an_article_whose_date_cannot_be_read_is_a_draft_and_no_page(tmp_path: Path) -> None:
    fresh = Fresh(tmp_path / "blog")
    posts = tmp_path / "old" / "content" / "posts"
    posts.mkdir(parents=True)
    (tmp_path / "old" / "hugo.toml").write_text('title = "Old"\n')
    (posts / "odd.md").write_text("---\ntitle: Odd\ndate: 1/2/2016\n---\nWords.\n")
    told = noted(fresh.bring(tmp_path / "old"))
    assert "Status: draft" in fresh.text("odd.md")
    assert 'its date "1/2/2016" may be two days. Write 2016-01-02 or 2016-02-01.' in told


def test_what_an_imported_date_leaves_open_is_told_and_not_made_up(tmp_path: Path) -> None:
    fresh = Fresh(tmp_path / "blog")
    posts = tmp_path / "old" / "content" / "posts"
    posts.mkdir(parents=True)
    (tmp_path / "old" / "hugo.toml").write_text('title = "Old"\n')
    for name, date in (
        ("zone", "2016-05-06 07:08 EST"),
        ("odd", "2016-05-06 07:08 IST"),
        ("year", "2016"),
    ):
        (posts / f"{name}.md").write_text(
            f"---\ntitle: {name}\ndate: {date}\nlastmod: 2017-01-02\n---\nWords.\n"
        )
    told = noted(fresh.bring(tmp_path / "old"))
    assert "Date: 2016-05-06 12:08+00:00" in fresh.text("zone.md")
    for name in ("odd", "year"):
        assert "Date: 2017-01-02" in fresh.text(f"{name}.md")
    assert 'its date "2016-05-06 07:08 IST" has a time zone that has no such name here' in told
    assert 'its date "2016" is no date' in told
