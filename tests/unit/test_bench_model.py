"""The model of docs/scale.md: what the page says is what the code works out, from constants that are measured."""

import re
from dataclasses import asdict, fields
from pathlib import Path

import pytest

from tests.bench import footprint, model
from tests.bench.model import Blog, Needs, Prices

PRICES = Prices(stored=0.5, traffic=0.25, writes=3, cpu=2)


@pytest.fixture(scope="module")
def page() -> str:
    return model.DOCUMENT.read_text("utf-8")


@pytest.mark.parametrize("blog", model.EXAMPLES)
def test_the_formulas_of_the_page_give_what_the_code_gives(page: str, blog: Blog) -> None:
    (block,) = re.findall(r"^```\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    for constants in model.constants_of(page).values():
        names: dict[str, float] = {**constants, **asdict(blog)}
        names |= {f"price_{name}": price for name, price in asdict(PRICES).items()}
        exec(block, {}, names)  # noqa: S102 - our own page
        needed = model.needs(blog, constants, PRICES)
        for each in fields(Needs):
            assert names[each.name] == pytest.approx(getattr(needed, each.name)), each.name


def test_the_tables_of_the_page_are_those_of_its_constants(page: str) -> None:
    constants = model.constants_of(page)
    assert tuple(constants) == model.DATABASES
    for of in constants.values():
        assert set(of) == set(model.MEANINGS)
        # But for what is there before anything else, nothing costs nothing.
        assert all(value > 0 for name, value in of.items() if not name.endswith("_empty"))
    assert model.examples_table(constants) in page
    assert model.constants_of(model.constants_table(constants)) == constants


def test_the_model_says_what_was_measured_within_a_quarter(page: str) -> None:
    """At three sizes and three ratios, as whoever measured last has written it."""
    rows = re.findall(r"\| *([\d.,]+) \| *([\d.,]+) \| *([-+][\d.]+) % \|$", page, re.MULTILINE)
    assert len(rows) == 3 * len(footprint.COMPARED) * len(model.DATABASES)
    for predicted, measured, said in rows:
        off = float(predicted.replace(",", "")) / float(measured.replace(",", "")) - 1
        assert abs(off) <= 0.25
        assert 100 * off == pytest.approx(float(said), abs=1)


def test_the_command_reckons_a_blog_of_yours(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = "--threads 5000 --comments 100000 --readers 20000 --posts 200 --price-traffic 1"
    monkeypatch.setattr("sys.argv", ["model", *given.split()])
    model.main()
    said = capsys.readouterr().out
    constants = model.constants_of(Path(model.DOCUMENT).read_text("utf-8"))["sqlite"]
    traffic = model.needs(model.EXAMPLES[1], constants).traffic_a_month / 1e9
    assert f"On sqlite {traffic:,.2f} a month." in said


@pytest.mark.parametrize("database", model.DATABASES)
def test_what_is_measured_is_of_a_blog_that_is_published(
    database: str, request: pytest.FixtureRequest
) -> None:
    if database == "postgresql":
        # Skips, loudly, where there is no server.
        request.getfixturevalue("empty_postgres")
    found: dict[str, float] = {}
    stored = footprint.blog_of(database, 4, 20, lambda blog: found.update(footprint.acts(blog)))
    # Of each thread a fragment, JSON and a feed, plain and packed twice.
    assert stored["files"] >= 4 * 9
    assert stored["database"] > stored["published"] > 20 * 100
    assert found.keys() <= model.MEANINGS.keys()
    assert 0 < found["fragment_comment"] < found["fragment_empty"]
    # The thread's files, and those of the whole site.
    assert found["writes_comment"] >= 2 * 9
    # An act costs what it changes: as many as of any other blog.
    said = model.constants_of(model.DOCUMENT.read_text("utf-8"))[database]
    assert found["post_statements"] == said["post_statements"]
