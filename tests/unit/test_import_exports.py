"""Whole exports, as those who write them leave them: in several documents, cut short, packed with other files."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from comments_service.importers import Rules
from tests.conftest import one_database
from tests.unit.importing import brought, rows, told, two_articles


@pytest.fixture(autouse=True)
def pages(app: Flask) -> None:
    two_articles()


def discussions(*titles: str, **more: Any) -> dict[str, Any]:
    nodes = [
        {
            "id": f"D-{title}", "title": title, "url": "https://github.com/o/r/discussions/1", "body": "",
            "comments": {
                "nodes": [{"id": f"C-{title}", "body": title, "createdAt": "2022-05-01T10:00:00Z", "author": None}],
                **more,
            },
        }
        for title in titles
    ]  # fmt: skip
    return {"data": {"repository": {"discussions": {"nodes": nodes}}}}


ISSUES = [
    {"number": 1, "title": "alpha/", "html_url": "https://github.com/o/r/issues/1", "body": "", "user": {"login": "o"}}
]  # fmt: skip
COMMENTS = [
    {
        "id": 5, "html_url": "https://github.com/o/r/issues/1#5", "body": "alpha/", "user": None,
        "issue_url": "https://api.github.com/repos/o/r/issues/1", "created_at": "2020-01-02T00:00:00Z",
    }
]  # fmt: skip


@one_database
@pytest.mark.parametrize(
    ("documents", "threads"),
    [
        ([discussions("alpha/"), discussions("beta/")], ["alpha", "beta"]),
        ([[discussions("alpha/"), discussions("beta/")]], ["alpha", "beta"]),
        ([ISSUES, COMMENTS], ["alpha"]),
        ([[ISSUES, COMMENTS]], ["alpha"]),
        ([ISSUES + COMMENTS], ["alpha"]),
    ],
    ids=["pages", "slurped pages", "two lists", "slurped lists", "one list"],
)
def test_all_that_github_sends_page_by_page_is_read(
    tmp_path: Path, documents: list[Any], threads: list[str]
) -> None:
    (tmp_path / "export.json").write_text("".join(json.dumps(each) for each in documents))
    report = brought(tmp_path / "export.json")
    assert (report.damaged, report.counts.skipped) == ("", [])
    assert [(each.thread_id, each.name) for each in rows()] == [(each, "ghost") for each in threads]


@one_database
def test_what_github_did_not_send_is_told_of(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    path.write_text(json.dumps(discussions("alpha/", totalCount=120)))
    [left] = brought(path).counts.skipped
    assert left.where == "alpha/, comments, 2 to 120"
    path.write_text(json.dumps(discussions("alpha/", totalCount=1)))
    assert brought(path).counts.skipped == []


TAKEOUT = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" xmlns:blogger="http://schemas.google.com/blogger/2018">
<entry><id>tag:blogger.com,1999:blog-2.post-101</id><blogger:type>POST</blogger:type><blogger:status>LIVE</blogger:status>
<title>Old</title><published>2012-01-01T00:00:00Z</published><blogger:filename>/2012/01/alpha.html</blogger:filename><link/>
<blogger:trashed/></entry>
{comments}</feed>"""
TAKEOUT_COMMENT = """<entry><id>tag:blogger.com,1999:blog-2.post-{number}</id>
<blogger:parent>tag:blogger.com,1999:blog-2.post-101</blogger:parent><blogger:inReplyTo>{answered}</blogger:inReplyTo>
<blogger:type>COMMENT</blogger:type><blogger:status>{status}</blogger:status>
<author><name>{status}</name><uri></uri><blogger:type>ANONYMOUS</blogger:type></author><content type="html">Words</content>
<published>2012-06-15T12:0{number}:00Z</published><blogger:trashed>{trashed}</blogger:trashed></entry>"""


@one_database
def test_bloggers_takeout_comes_with_its_pages_and_states_out_of_its_archive(
    tmp_path: Path,
) -> None:
    said = [("LIVE", "", ""), ("SPAM_COMMENT", "1", ""), ("PENDING", "", ""), ("LIVE", "", "2020-01-01T00:00:00Z")]  # fmt: skip
    comments = "".join(
        TAKEOUT_COMMENT.format(
            number=number,
            status=status,
            answered=answered and f"tag:blogger.com,1999:blog-2.post-{answered}",
            trashed=trashed,
        )
        for number, (status, answered, trashed) in enumerate(said, 1)
    )
    with zipfile.ZipFile(tmp_path / "takeout.zip", "w") as archive:
        folder = "Takeout/Blogger/Blogs/Birds"
        archive.writestr(f"{folder}/feed.atom", TAKEOUT.format(comments=comments))
        archive.writestr(f"{folder}/theme-layouts.xml", "<b:skin/>")
        archive.writestr(f"{folder}/settings.csv", "a,b")
    found = told(tmp_path / "takeout.zip")
    assert [(thread, name, status, answered) for thread, name, _, status, answered, _ in found] == [
        ("alpha", "LIVE", "published", ""),
        ("alpha", "SPAM_COMMENT", "rejected", "LIVE"),
        ("alpha", "PENDING", "pending", ""),
        ("alpha", "-", "deleted", ""),
    ]


@one_database
def test_pages_behind_the_hash_are_told_apart(tmp_path: Path) -> None:
    addresses = [
        "http://o.example/#!/alpha",
        "http://o.example/#/2020/x/",
        "http://o.example/#!/y?a=1",
    ]
    made = [
        {"_id": str(at), "nick": "Ada", "comment": "x", "url": each, "created": 1650000000000 + at}
        for at, each in enumerate([*addresses, "http://o.example/alpha/#!newthread"])
    ]
    (tmp_path / "export.json").write_text(json.dumps(made))
    brought(tmp_path / "export.json", rules=Rules([("/2020/x", "beta")]))
    assert [each.thread_id.partition("-")[0] for each in rows()] == [
        "alpha",
        "beta",
        "imported",
        "alpha",
    ]
