"""The filter that learns: it speaks when it knows enough, names its reasons, and leaves genuine comments alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments_service.spam import Count, Likeness, Text, accuracy, scored, words
from comments_service.spam import filter as learned
from comments_service.spam.rules import Facts, History, Rules, verdict
from tests.bench import spam_corpus

SPAM, GENUINE = "Casino winbet telegram bonus", "Pelicans scoop fish out of rivers"
RULES = Rules(trust_after=0, max_links=3, all_wait=False)


def taught(number: int) -> accuracy.Counts:
    counts = accuracy.Counts()
    for text, spam in ((SPAM, True), (GENUINE, False)):
        for _ in range(number):
            counts.add(Text(text).features, spam=spam)
    return counts


def judged(counts: accuracy.Counts, text: str) -> Likeness | None:
    features = Text(text).features
    return learned.likeness(features, counts.of([*features, words.TOTAL]))


def test_it_says_nothing_below_the_stated_number_of_examples() -> None:
    assert judged(taught(learned.ENOUGH - 1), SPAM) is None
    found = judged(taught(learned.ENOUGH), SPAM)
    assert found is not None
    assert found.is_spam


def test_it_names_the_words_that_decided_the_strongest_first() -> None:
    counts = taught(learned.ENOUGH)
    counts.add(Text("Telegram is where we meet").features, spam=False)
    found = judged(counts, f"{SPAM} fish")
    assert found is not None
    assert found.words == ("casino", "winbet", "bonus")


def test_what_it_never_saw_is_left_alone() -> None:
    found = judged(taught(100), "Quite another subject altogether")
    assert found is not None
    assert found.score == pytest.approx(0.5, abs=0.45)
    assert not found.is_spam


@given(
    st.dictionaries(
        st.integers(1, 50), st.builds(Count, st.integers(0, 900), st.integers(0, 900)), max_size=50
    ),
    st.builds(Count, st.integers(0, 900), st.integers(0, 900)),
)
def test_a_score_lies_between_nothing_and_one(counts: dict[int, Count], total: Count) -> None:
    found = scored(dict.fromkeys(range(1, 51), "word"), {**counts, words.TOTAL: total})
    assert 0 <= found.score <= 1


def test_the_verdict_holds_what_it_calls_spam_and_says_why() -> None:
    trusted = History(published=3, rejected=0, same_text_recently=0)
    found = verdict(Facts(trusted, likeness=Likeness(0.99, ("casino", "winbet"))), RULES)
    assert found.reasons == ("Looks like spam: casino, winbet.",)
    assert verdict(Facts(trusted, likeness=Likeness(0.99, ())), RULES).hold
    assert not verdict(Facts(trusted, likeness=Likeness(0.97, ("casino",))), RULES).hold


def test_a_near_copy_is_named_once_where_it_is_the_same_text() -> None:
    near = verdict(Facts(History(3, 0, 0, near_text_recently=2)), RULES)
    assert near.reasons == ("Nearly the same text was posted elsewhere on this site today.",)
    assert len(verdict(Facts(History(3, 0, 1, near_text_recently=2)), RULES).reasons) == 1


def test_no_invented_genuine_comment_is_held_and_most_known_spam_is() -> None:
    """What docs/spam.md says of it; `bench spam` has the whole of it."""
    counts = accuracy.Counts(
        (frozenset(each.text.features), each.spam) for each in spam_corpus.written(1, 200)
    )
    unseen = [
        (frozenset(each.text.features), each.spam)
        for each in (
            *spam_corpus.written(2, 500, 0, kept_back=True),
            *spam_corpus.written(3, 500, 1),
        )
    ]
    found = accuracy.tried(counts, unseen)
    assert found.genuine_held == 0
    assert found.recall is not None
    assert found.recall > 0.9


def test_cross_validation_judges_each_example_once_by_the_others() -> None:
    examples = [(frozenset(Text(SPAM).features), True)] * 40
    examples += [(frozenset(Text(GENUINE).features), False)] * 40
    found = accuracy.cross_validated(examples)
    assert found == accuracy.Accuracy(spam_held=40, genuine_passed=40)
    assert (found.precision, found.recall) == (1, 1)
    assert accuracy.cross_validated(examples[:50]).precision is None
