"""Spam: every doubt holds a comment, and says why."""

import pytest

from comments_service.spam import Facts, History, Rules, verdict

TRUSTED = History(published=3, rejected=0, same_text_recently=0)
RULES = Rules(trust_after=1, max_links=3, all_wait=False)


def test_a_trusted_writers_comment_appears_at_once() -> None:
    found = verdict(Facts(TRUSTED, links=3), RULES)
    assert not found.hold
    assert found.reasons == ()


@pytest.mark.parametrize(
    ("facts", "rules", "reason"),
    [
        (Facts(TRUSTED), Rules(1, 3, True), "All comments on this article wait"),
        (Facts(TRUSTED, trapped=True), RULES, "hidden field"),
        (Facts(History(0, 0, 0)), RULES, "First comment"),
        (Facts(History(2, 0, 0)), Rules(3, 3, False), "First comment"),
        (Facts(History(9, 2, 0)), RULES, "rejected before: 2."),
        (Facts(TRUSTED, links=4), RULES, "Many links: 4."),
        (
            Facts(TRUSTED, links=1, links_added=1),
            RULES,
            "Links were added after a moderator's decision: 1.",
        ),
        (Facts(History(9, 0, 1)), RULES, "same text"),
    ],
)
def test_each_doubt_alone_holds_a_comment_and_gives_its_reason(
    facts: Facts, rules: Rules, reason: str
) -> None:
    found = verdict(facts, rules)
    assert found.hold
    assert len(found.reasons) == 1
    assert reason in found.reasons[0]


def test_all_reasons_are_given_at_once() -> None:
    found = verdict(Facts(History(0, 1, 1), 9, 1, True), Rules(1, 3, True))
    assert len(found.reasons) == 7


def test_nobody_waits_where_trust_needs_no_comment() -> None:
    assert not verdict(Facts(History(0, 0, 0)), Rules(0, 3, False)).hold
