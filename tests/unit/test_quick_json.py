"""Quick JSON says what Python's own says, also of what the quick one knows no word for."""

import json
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markupsafe import Markup

from plugins import quick_json


class Point(NamedTuple):
    x: int
    y: int


texts = st.text(st.characters(exclude_categories=[]))
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner) | st.dictionaries(texts | st.integers(), inner),
    max_leaves=20,
)


@example(-(2**63) - 1)
@example({"a": [2**64]})
@given(values)
def test_it_reads_back_what_json_would(value: Any) -> None:
    assert quick_json.loads(quick_json.dumps(value)) == json.loads(json.dumps(value))


@pytest.mark.parametrize(
    "value",
    [
        2**70,
        "half \ud800 of a sign",
        {"\udce9": 1},
        Point(1, 2),
        [Point(1, 2)],
        Markup("<b>"),
        (1,),
    ],
    ids=repr,
)
def test_what_only_json_knows_is_said_by_it(value: Any) -> None:
    assert json.loads(quick_json.dumps(value)) == json.loads(json.dumps(value))


def test_what_is_nested_deeper_than_the_quick_one_goes() -> None:
    value: Any = []
    for _ in range(400):
        value = [value]
    assert quick_json.loads(quick_json.dumps(value)) == value


def test_whoever_is_to_end_while_a_value_is_named_ends() -> None:
    def named(value: object) -> object:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        quick_json.dumps({"at": datetime.now(UTC)}, named)


def test_a_date_is_for_whoever_writes_to_name() -> None:
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    assert quick_json.dumps({"at": moment}, lambda value: {"date": str(value)}) == (
        b'{"at":{"date":"2026-01-02 00:00:00+00:00"}}'
    )
    with pytest.raises(TypeError, match="datetime"):
        quick_json.dumps(moment)


@pytest.mark.parametrize("text", ["", "{", "nothing", '"\x01"'])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(json.JSONDecodeError):
        quick_json.loads(text)
