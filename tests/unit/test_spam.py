"""Spam: every doubt holds a comment, and says why."""

import pytest

from comments_service.spam import History, Rules, verdict

TRUSTED = History(published=3, rejected=0, same_text_recently=0)
RULES = Rules(trust_after=1, max_links=3, all_wait=False)


def test_a_trusted_writers_comment_appears_at_once() -> None:
    found = verdict(3, False, TRUSTED, RULES)
    assert not found.hold
    assert found.reasons == ()


@pytest.mark.parametrize(
    ("links", "trapped", "history", "rules", "reason"),
    [
        (0, False, TRUSTED, Rules(1, 3, True), "All comments on this article wait"),
        (0, True, TRUSTED, RULES, "hidden field"),
        (0, False, History(0, 0, 0), RULES, "First comment"),
        (0, False, History(2, 0, 0), Rules(3, 3, False), "First comment"),
        (0, False, History(9, 2, 0), RULES, "rejected before: 2."),
        (4, False, TRUSTED, RULES, "Many links: 4."),
        (0, False, History(9, 0, 1), RULES, "same text"),
    ],
)
def test_each_doubt_alone_holds_a_comment_and_gives_its_reason(
    links: int, trapped: bool, history: History, rules: Rules, reason: str
) -> None:
    found = verdict(links, trapped, history, rules)
    assert found.hold
    assert len(found.reasons) == 1
    assert reason in found.reasons[0]


def test_all_reasons_are_given_at_once() -> None:
    found = verdict(9, True, History(0, 1, 1), Rules(1, 3, True))
    assert len(found.reasons) == 6


def test_nobody_waits_where_trust_needs_no_comment() -> None:
    assert not verdict(0, False, History(0, 0, 0), Rules(0, 3, False)).hold


def test_links_that_nobody_has_approved_wait() -> None:
    [reason] = verdict(1, False, TRUSTED, RULES, links_added=1).reasons
    assert "Links were added after a moderator's decision: 1." in reason
