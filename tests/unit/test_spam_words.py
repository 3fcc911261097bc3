"""Words: a text is cut alike however it is disguised, and in every script."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comments_service.spam import Text, near, words


def said(text: str) -> list[str]:
    return [shown for _, shown in words.spoken(text)]


def features(text: str) -> set[int]:
    return set(Text(text).features)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("They scoop, don't they?", ["they", "scoop", "don't", "they"]),
        ("Größe und Ärger", ["grösse", "und", "ärger"]),
        ("今天天气", ["今天", "天天", "天气"]),
        ("看Python吗", ["看", "python", "吗"]),
        ("a b", []),
        ("", []),
    ],
)
def test_a_text_is_cut_into_words_or_pairs_of_characters(text: str, found: list[str]) -> None:
    assert said(text) == found


@pytest.mark.parametrize("script", ["สวัสดีครับ", "ສະບາຍດີ", "ជំរាបសួរ", "こんにちは", "カジノです"])
def test_scripts_without_spaces_are_cut_into_pieces(script: str) -> None:
    assert len(said(script)) >= 2
    assert max(map(len, said(script))) <= 4


@pytest.mark.parametrize(
    "disguised",
    [
        "CASINO",
        "сasinо",
        "cas\u200bino",
        "c\u0430\u0455ino",
        "\U0001d41c\U0001d41a\U0001d42c\U0001d422\U0001d427\U0001d428",
        "ｃａｓｉｎｏ",
    ],
)
def test_a_disguised_word_counts_as_the_word(disguised: str) -> None:
    assert features("casino") & features(disguised) > set(Text("").features)


@pytest.mark.parametrize("torn", ["c a s i n o", "c.a.s.i.n.o", "c-a-s-i-n-o", "с-а-s-i-n-о"])
def test_a_torn_word_counts_as_the_word(torn: str) -> None:
    assert words.number(words._folded("casino")) in features(f"our {torn} pays")


def test_a_link_counts_by_its_host_and_a_name_apart_from_the_text() -> None:
    text = Text("See https://WWW.winbet.example/a?b=1", "Casino King", "https://king.example/x")
    assert {"winbet.example", "king.example", "casino", "king"} <= set(text.features.values())
    assert words.number(words._folded("casino")) not in text.features


def test_a_long_text_costs_no_more_features_than_most() -> None:
    text = Text(" ".join(f"word{number}" for number in range(2_000)), "Gus", "https://g.example")
    assert len(text.features) == words.MOST
    assert "g.example" in text.features.values()


@given(st.text(max_size=300), st.text(max_size=30), st.text(max_size=60))
def test_anything_can_be_cut(text: str, name: str, website: str) -> None:
    cut = Text(text, name, website)
    assert words.TOTAL not in cut.features
    assert all(-(2**63) <= each < 2**63 for each in cut.features)
    assert len(cut.near) == near.BANDS


LONG = (
    "Pelicans scoop fish out of the river with a pouch that holds three times as much as their stomach,"
    " which one can watch from the old bridge on any morning in spring, when the water is high."
)


def shared(one: str, other: str) -> int:
    return len({*Text(one).near} & {*Text(other).near} - {None})


def test_a_near_copy_has_a_number_in_common_and_another_text_none() -> None:
    assert shared(LONG, LONG.replace("any morning", "every morning")) > 0
    assert shared(LONG, LONG.upper() + "!!!") == near.BANDS
    assert shared(LONG, " ".join(reversed(LONG.split()))) == 0


def test_a_short_text_is_no_near_copy() -> None:
    assert Text("Thanks, that helped me a lot!").near == (None,) * near.BANDS
    assert Text("谢谢，很有帮助！").near == (None,) * near.BANDS
