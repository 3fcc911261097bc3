"""Avatars: symmetrical, told apart, and drawn from nothing but a random id."""

import re

import pytest

from comments_service import avatars, models


def squares(path: str) -> set[tuple[int, int]]:
    """Where the strokes of a path lie, as squares of a grid."""
    strokes = re.findall(r"M(\d) (\d)h(\d)", path)
    assert "".join(f"M{x} {y}h{run}" for x, y, run in strokes) == path
    return {(int(x) + step, int(y)) for x, y, run in strokes for step in range(int(run))}


def test_a_pattern_is_symmetrical_and_neither_bare_nor_full() -> None:
    for _ in range(500):
        drawn = squares(avatars.pattern(models.public_id()))
        assert drawn == {(4 - x, y) for x, y in drawn}
        assert all(0 <= x < 5 and 0 <= y < 5 for x, y in drawn)
        assert 6 <= len({each for each in drawn if each[0] < 3}) <= 11


def test_the_same_id_is_drawn_alike_and_others_differ() -> None:
    ids = [models.public_id() for _ in range(300)]
    drawn = {each: (avatars.pattern(each), avatars.hue(each, 0)) for each in ids}
    assert drawn == {each: (avatars.pattern(each), avatars.hue(each, 7)) for each in ids}
    assert len(set(drawn.values())) > 295


@pytest.mark.parametrize("odd", ["0" * 20, "f" * 20])
def test_an_id_without_any_variety_has_a_pattern_too(odd: str) -> None:
    assert 6 <= len({each for each in squares(avatars.pattern(odd)) if each[0] < 3}) <= 11


def test_a_path_costs_few_bytes() -> None:
    assert max(len(avatars.pattern(models.public_id())) for _ in range(500)) <= 90


def test_a_guest_has_a_colour_and_no_pattern() -> None:
    assert avatars.pattern(None) == ""
    assert avatars.hue(None, 25) == 1
    assert {avatars.hue(models.public_id(), 0) for _ in range(500)} == set(range(avatars.HUES))
