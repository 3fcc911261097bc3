"""Documents that answer a standard item by item: every item is there once, and every test that is named exists."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tests.sites import ROOT

# Of ASVS 5.0.0 the requirements of levels 1 and 2, by section.
ASVS = {
    "1.1": "1-2", "1.2": "1-9", "1.3": "1-11", "1.4": "1-3", "1.5": "1-2",
    "2.1": "1-3", "2.2": "1-3", "2.3": "1-4", "2.4": "1",
    "3.2": "1-2", "3.3": "1-4", "3.4": "1-6", "3.5": "1-5", "3.7": "1-2",
    "4.1": "1-3", "4.2": "1", "4.3": "1-2", "4.4": "1-4",
    "5.1": "1", "5.2": "1-3", "5.3": "1-2", "5.4": "1-3",
    "6.1": "1-3", "6.2": "1-12", "6.3": "1-4", "6.4": "1-4", "6.5": "1-5", "6.6": "1-3", "6.8": "1-4",
    "7.1": "1-3", "7.2": "1-4", "7.3": "1-2", "7.4": "1-5", "7.5": "1-2", "7.6": "1-2",
    "8.1": "1-2", "8.2": "1-3", "8.3": "1", "8.4": "1",
    "9.1": "1-3", "9.2": "1-4",
    "10.1": "1-2", "10.2": "1-2", "10.3": "1-4", "10.4": "1-11", "10.5": "1-5", "10.6": "1-2", "10.7": "1-3",
    "11.1": "1-2", "11.2": "1-3", "11.3": "1-3", "11.4": "1-4", "11.5": "1", "11.6": "1",
    "12.1": "1-3", "12.2": "1-2", "12.3": "1-4",
    "13.1": "1", "13.2": "1-5", "13.3": "1-2", "13.4": "1-5",
    "14.1": "1-2", "14.2": "1-4", "14.3": "1-3",
    "15.1": "1-3", "15.2": "1-3", "15.3": "1-7",
    "16.1": "1", "16.2": "1-5", "16.3": "1-4", "16.4": "1-3", "16.5": "1-3",
    "17.1": "1", "17.2": "1-4", "17.3": "1-2",
}  # fmt: skip
# Of WCAG 2.2 the criteria of levels A and AA, by guideline; 4.1.1 is no more.
WCAG = {
    "1.1": "1", "1.2": "1-5", "1.3": "1-5", "1.4": "1-5 10-13",
    "2.1": "1-2 4", "2.2": "1-2", "2.3": "1", "2.4": "1-7 11", "2.5": "1-4 7-8",
    "3.1": "1-2", "3.2": "1-4 6", "3.3": "1-4 7-8",
    "4.1": "2-3",
}  # fmt: skip
DOCUMENTS = {"asvs.md": ASVS, "accessibility.md": WCAG}
STATES = {"held", "partly", "yours", "not", "none"}
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def items(sections: dict[str, str]) -> list[str]:
    found = []
    for section, numbers in sections.items():
        for span in numbers.split():
            first, _, last = span.partition("-")
            found += [f"{section}.{number}" for number in range(int(first), int(last or first) + 1)]
    return found


def rows(name: str) -> list[tuple[list[str], str, str]]:
    """The lines of a document's tables that answer something: numbers, state, and what holds it."""
    found = []
    for line in (ROOT / "docs" / name).read_text("utf-8").splitlines():
        cells = [each.strip() for each in line.strip("|").split(" | ")]
        if line.startswith("| ") and re.match(r"\d+\.\d+\.\d+", cells[0]):
            assert len(cells) == 4, line
            found.append((cells[0].split(", "), cells[2], cells[3].rstrip("| ")))
    return found


@cache
def functions_of(path: str) -> set[str]:
    tree = (
        ast.parse((ROOT / path).read_text("utf-8"))
        if (ROOT / path).exists()
        else ast.Module([], [])
    )
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {each.name for each in ast.walk(tree) if isinstance(each, kinds)}


def missing(text: str) -> list[str]:
    return [
        f"{path}::{name}" for path, name in NAMED.findall(text) if name not in functions_of(path)
    ]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_item_of_the_standard_is_answered_once(name: str) -> None:
    answered = Counter(item for numbers, *_ in rows(name) for item in numbers)
    assert set(answered) == set(items(DOCUMENTS[name]))
    assert [item for item, times in answered.items() if times > 1] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_an_answer_has_one_of_the_words_and_says_what_holds_it(name: str) -> None:
    for numbers, state, said in rows(name):
        assert state in STATES, numbers
        assert said or state == "none", numbers


@pytest.mark.parametrize("path", sorted((ROOT / "docs").rglob("*.md")), ids=lambda path: path.name)
def test_every_single_test_that_a_document_names_is_there(path: Path) -> None:
    assert missing(path.read_text("utf-8")) == []


def test_every_promise_has_a_command_whose_tests_are_there() -> None:
    text = (ROOT / "docs/security.md").read_text("utf-8").split("## What is promised", 1)[1]
    promises = [
        line for line in text.split("\n## ", 1)[0].splitlines() if re.match(r"\| \d+ \|", line)
    ]
    assert [int(line.split()[1]) for line in promises] == list(range(1, 15))
    for line in promises:
        named = re.findall(r"tests/[\w/]+\.py", line)
        assert named, line
        assert [each for each in named if not (ROOT / each).is_file()] == []


def test_a_test_that_is_not_there_would_be_found() -> None:
    here = "tests/test_standards.py"
    assert missing(f"`{here}::test_of_nothing` `tests/none.py::test_x` `{here}::items`") == [
        f"{here}::test_of_nothing",
        "tests/none.py::test_x",
    ]
    assert len(items(WCAG)) == 55
    assert len(NAMED.findall((ROOT / "docs/asvs.md").read_text("utf-8"))) > 100
