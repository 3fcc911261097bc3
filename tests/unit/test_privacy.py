"""docs/privacy.md says of every column that can hold something of a person where it is, and what goes when."""

import re
from typing import Any

import sqlalchemy as sa

from comments_service.db import Base
from tests.sites import ROOT
from tests.unit.test_export import NOBODYS

# What limits count by is made of a network or an account, though nobody can ask for it.
OF_PEOPLE = {"rate_counts"}
# What the manifest says of articles, which the blog's own pages show.
OF_ARTICLES = {"threads"}


def rows() -> dict[str, str]:
    """The table of the document: what is said of each table of the database."""
    text = (ROOT / "docs" / "privacy.md").read_text("utf-8")
    part = text.split("## Where it stands", 1)[1].split("\n## ", 1)[0]
    found = {}
    for line in part.splitlines():
        if line.startswith("| `"):
            tables, holds, _gone, *_ = (each.strip() for each in line.strip("|").split(" | "))
            found.update(dict.fromkeys(re.findall(r"`(\w+)`", tables), holds))
    return found


def holds_words(column: sa.Column[Any]) -> bool:
    """Whether words, names or hashes can stand in it; numbers, times and our own words do not count."""
    if isinstance(column.type, sa.Enum):
        return False
    kind = getattr(column.type, "impl", column.type)
    return isinstance(kind, (sa.String, sa.LargeBinary, sa.JSON))


def test_every_table_that_knows_people_is_in_the_document_and_no_other() -> None:
    tables = {each.name for each in Base.metadata.sorted_tables}
    assert set(rows()) == (tables - set(NOBODYS) - OF_ARTICLES) | OF_PEOPLE


def test_the_document_names_each_column_that_can_hold_something_of_a_person() -> None:
    said = rows()
    missing = [
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        if table.name in said
        for column in table.columns
        if holds_words(column) and f"`{column.name}`" not in said[table.name]
    ]
    assert missing == []


def test_the_document_names_no_column_that_is_not_there() -> None:
    known = {column.name for table in Base.metadata.sorted_tables for column in table.columns}
    named = {name for holds in rows().values() for name in re.findall(r"`(\w+)`", holds)}
    assert named <= known
