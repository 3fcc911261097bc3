"""docs/mail.md says what is sent, to whom, and what becomes of it, as the code does."""

import re

import pytest

from comments_service.mail import outbox
from comments_service.notifications.kinds import KINDS, Kind
from tests.sites import ROOT

TEXT = (ROOT / "docs/mail.md").read_text("utf-8")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_each_kind_stands_in_the_table_with_its_default(kind: Kind) -> None:
    assert f"| {kind.who} | {kind.what} | {kind.default} |" in TEXT.splitlines()


def test_the_table_names_no_kind_that_there_is_not() -> None:
    table = TEXT.partition("| Who | What |")[2].partition("\n\n")[0]
    assert len(re.findall(r"^\| (?!-)", table, re.MULTILINE)) == len(KINDS)


def test_the_numbers_are_those_of_the_code() -> None:
    words = " ".join(TEXT.split())
    assert outbox.LEASE.total_seconds() == 300
    assert "after five minutes, under the same `Message-ID`" in words
    assert outbox.MAX_ATTEMPTS == 10
    assert "after ten attempts in three days" in words
    assert f"for {outbox.KEPT.days} days, with the reason" in words
    assert outbox.REFUSED_KEPT.days == 180
    assert "half a year has passed" in words
