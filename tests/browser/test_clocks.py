"""A reader's clock, which is wrong as often as not."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Writer
from tests.browser.embed import Visit, comment, wake


@pytest.mark.parametrize("slow_minutes", [7, 60 * 26])
def test_by_a_clock_that_is_slow_nothing_was_written_in_the_future(
    visit: Visit, thread: str, writer: Writer, slow_minutes: int
) -> None:
    number = writer.post(thread, "Written just now.")
    page = visit("about:blank", timezone_id="Asia/Tokyo")
    page.clock.set_fixed_time(datetime.now(ZoneInfo("UTC")) - timedelta(minutes=slow_minutes))
    page.goto(f"/{thread}/")
    time = comment(wake(page), number).locator("time")
    expect(time).to_have_text("this minute")
    expect(time).to_have_attribute("title", re.compile("UTC$"))
