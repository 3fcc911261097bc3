"""Importing: whose the comments become, where pages went, and what is refused."""

import gzip
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from comments_service import comments, config, threads
from comments_service.config import Settings
from comments_service.importers import Damaged, Rules, spool, systems
from comments_service.inputs import NewDecision
from comments_service.models import Role
from tests import make
from tests.api.noting import EXACT, build
from tests.conftest import one_database
from tests.unit.importing import SAMPLES, brought, rows, told, two_articles


@pytest.fixture(autouse=True)
def pages(app: Flask) -> None:
    two_articles()


def test_nobody_is_told_and_nobody_is_trusted(app: Flask) -> None:
    brought(SAMPLES / "wordpress.xml")
    waiting = next(each for each in rows() if each.name == "Cem")
    comments.decide(waiting.id, None, NewDecision(decision="publish", version=1))
    comments.decide(waiting.id, None, NewDecision(decision="delete", version=1))
    assert {each.untold for each in rows()} == {None}
    assert {each.session_id for each in rows()} == {None}
    assert {each.account_id for each in rows()} == {None}


def test_the_owners_old_comments_become_his(app: Flask) -> None:
    owner = make.account("Rhea", role=Role.OWNER)
    brought(SAMPLES / "twikoo.json", me="ADA@example.org")
    assert {each.source: each.account_id for each in rows()} == {
        "First": owner.id,
        "Answer": None,
        "Buy": None,
    }


@one_database
def test_me_needs_an_owner(app: Flask) -> None:
    with pytest.raises(Damaged, match="flask comments owner"):
        brought(SAMPLES / "twikoo.json", me="Ada")


@one_database
@pytest.mark.parametrize(
    ("old", "new", "thread"),
    [
        ("http://old.example/nowhere/", "beta", "beta"),
        ("/nowhere", "/beta/", "beta"),
        ("http://old.example/?p=7", "http://blog.test/beta/", "beta"),
        ("http://old.example/*", "/*", None),
        ("/now*", "/beta/", "beta"),
    ],
)
def test_the_owner_says_where_pages_went(old: str, new: str, thread: str | None) -> None:
    if thread is None:
        with pytest.raises(Damaged, match="no page of this blog"):
            brought(SAMPLES / "disqus.xml", rules=Rules([(old, new)]))
        assert rows() == []
        return
    brought(SAMPLES / "disqus.xml", rules=Rules([(old, new)]))
    assert next(each for each in rows() if each.name == "Eve").thread_id == thread


@one_database
def test_a_table_of_addresses_is_read(tmp_path: Path) -> None:
    (tmp_path / "map.csv").write_text(
        "\ufeffhttp://old.example/nowhere/, beta\n\n", encoding="utf-8"
    )
    brought(SAMPLES / "disqus.xml", rules=Rules.read([], tmp_path / "map.csv"))
    assert next(each for each in rows() if each.name == "Eve").thread_id == "beta"
    (tmp_path / "map.csv").write_text("only one column\n")
    with pytest.raises(Damaged, match="line 1"):
        Rules.read([], tmp_path / "map.csv")


@one_database
@pytest.mark.parametrize("pack", ["gz", "zip", "gz in zip"])
def test_packed_files_are_read_as_they_are(tmp_path: Path, pack: str) -> None:
    data = (SAMPLES / "twikoo.json").read_bytes()
    packed = tmp_path / "export"
    if pack == "gz":
        packed.write_bytes(gzip.compress(data))
    else:
        inner = ("a/b.json.gz", gzip.compress(data)) if pack == "gz in zip" else ("a/b.json", data)
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(*inner)
            archive.writestr("__MACOSX/a/._b.json", b"x")
    assert len(told(packed)) == 3


@one_database
@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"no export at all", "no export that is known"),
        (b"<html><body>x</body></html>", "it is a web page"),
        (b"\xef\xbb\xbf\n<!DOCTYPE html><title>Sign in</title><p>x<br>", "it is a web page"),
        (gzip.compress(b"<html><body>x</body></html>", mtime=0), "it is a web page"),
        ('[{"nick": "J\xfcrgen"}]'.encode("latin-1"), "damaged JSON .*UTF-?8"),
        (b'[{"_id": ' + b"1" * 6000 + b"}]", "damaged JSON .*overflow"),
        (b"Rar!\x1a\x07\x00", r"packed \(rar\). Unpack it"),
        (b'<?xml version="1.0" encoding="klingon"?><disqus/>', "klingon.* UTF-8"),
        (
            b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "y">]><disqus>&x;</disqus>',
            "no export|DTD",
        ),
        (b"<disqus>" + b"<a>" * 200 + b"</a>" * 200 + b"</disqus>", "nested"),
        (b"<disqus><post><message>cut of", "line 1"),
        (b'[{"nick": "a", "comment": "b", "url": "/alpha/", "objectId": "1"', "damaged"),
        (b"SQLite format 3\0" + b"x" * 500, "damaged"),
        (b"\x1f\x8b\x08broken", "archive"),
        (b"PK\x03\x04broken", "archive"),
        (gzip.compress(b"<disqus>" + b" " * 200_000_000, mtime=0), "unpacks to more"),
    ],
)
def test_what_is_damaged_or_hostile_ends_with_what_to_do(
    tmp_path: Path, data: bytes, why: str
) -> None:
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(Damaged, match=why):
        brought(tmp_path / "file", apply=False)
    assert rows() == []


@one_database
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
@pytest.mark.parametrize("name", ["disqus.xml", "wordpress.xml", "remark42.json", "postil.jsonl"])
def test_what_an_editor_saved_in_another_encoding_is_read(
    tmp_path: Path, encoding: str, name: str
) -> None:
    as_it_is = brought(SAMPLES / name, apply=False).as_json()
    assert as_it_is["comments"]["new"] > 0
    text = (SAMPLES / name).read_text("utf-8")
    declared = text.replace('encoding="UTF-8"', f'encoding="{encoding.upper()}"')
    if encoding == "utf-8-sig":
        declared = text
    (tmp_path / name).write_bytes(declared.encode(encoding))
    assert brought(tmp_path / name, apply=False).as_json() == as_it_is


@one_database
@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("gbk", "gbk"), ("Shift_JIS", "shift_jis"), ("ISO-8859-1", "cp1252"), ("koi8-r", "koi8-r"),
        ("UTF-8", "cp1252"), ("UTF-16", "utf-8"),
    ],
)  # fmt: skip
def test_xml_is_read_in_the_encoding_that_it_is_in(
    tmp_path: Path, declared: str, encoding: str
) -> None:
    name = {"gbk": "小明", "shift_jis": "カモメ", "koi8-r": "Иван"}.get(encoding, "Jürgen")
    text = (SAMPLES / "disqus.xml").read_text("utf-8").replace("Ada", name)
    text = re.sub('encoding="[^"]*"', f'encoding="{declared}"', text)
    (tmp_path / "export.xml").write_bytes(text.encode(encoding, "xmlcharrefreplace"))
    assert name in {each[1] for each in told(tmp_path / "export.xml")}


@one_database
def test_what_only_begins_in_another_encoding_says_so(tmp_path: Path) -> None:
    path = tmp_path / "export.xml"
    path.write_bytes("<disqus>\n".encode("utf-16") + b"\x00\xdc\x00\xdc")
    with pytest.raises(
        Damaged, match=r"export.xml is damaged: it begins as utf-16, .*Save it as UTF-8"
    ):
        brought(path, apply=False)


@pytest.mark.parametrize(
    ("edited", "kept"),
    [
        ("2020-05-01T10:00:00Z", "2020-05-01 10:00:00"),
        ("2020-05-01T10:00:09Z", "2020-05-01 10:00:09"),
        ("2020-05-01T09:59:59Z", None),
        (None, None),
    ],
)
def test_an_edit_in_the_very_second_of_writing_is_one(
    tmp_path: Path, edited: str | None, kept: str | None
) -> None:
    said = {"id": "7", "thread": "alpha", "name": "Ada", "body": "Gulls.", "status": "published"}
    row = {**said, "written_at": "2020-05-01T10:00:00Z", "edited_at": edited}
    path = tmp_path / "comments.jsonl"
    path.write_text('{"postil": 1}\n' + json.dumps(row))
    brought(path)
    [found] = rows()
    assert (found.edited_at and f"{found.edited_at:%Y-%m-%d %H:%M:%S}") == kept


def test_a_file_that_ends_in_the_middle_is_taken_up_to_there(tmp_path: Path) -> None:
    whole = (SAMPLES / "disqus.xml").read_text()
    (tmp_path / "cut.xml").write_text(whole[: whole.index('<post dsq:id="4">') + 40])
    looked_at = brought(tmp_path / "cut.xml", apply=False)
    report = brought(tmp_path / "cut.xml")
    assert "line" in report.damaged
    assert looked_at.as_json() == report.as_json()
    assert [each.name for each in rows()] == ["Ada", "Ben", "Pill"]


@one_database
def test_what_an_article_that_breaks_off_had_by_then_is_counted(tmp_path: Path) -> None:
    whole = (SAMPLES / "wordpress.xml").read_text()
    (tmp_path / "cut.xml").write_text(whole[: whole.index("</wp:comment>") + 20])
    report = brought(tmp_path / "cut.xml")
    assert [each.where for each in report.counts.skipped] == ["comment 31"]
    assert (report.found, "line" in report.damaged) == (1, True)
    assert brought(SAMPLES / "wordpress.xml").counts.new == 4


@one_database
def test_comments_of_a_second_blog_are_told_apart_by_its_name(tmp_path: Path) -> None:
    brought(SAMPLES / "wordpress.xml")
    other = (
        (SAMPLES / "wordpress.xml")
        .read_text()
        .replace("2019-04-01 10:00:00", "2011-01-01 10:00:00")
    )
    (tmp_path / "other.xml").write_text(other)
    report = brought(tmp_path / "other.xml")
    assert [each.where for each in report.counts.skipped if "--site" in each.why] == ["comment 31"]
    assert brought(tmp_path / "other.xml", site="second").counts.new == 4


@one_database
@pytest.mark.parametrize("text", ["<rss><channel><item/></channel></rss>", "<disqus/>"])
def test_a_file_without_comments_says_what_may_be_wrong(tmp_path: Path, text: str) -> None:
    (tmp_path / "export.xml").write_text(text)
    report = brought(tmp_path / "export.xml", apply=False)
    assert any("holds no comments" in line for line in report.lines(applied=False))


def a_chain(path: Path, *pairs: tuple[str, str]) -> Path:
    """What Twikoo exports: comments, each with what it answers, one a second."""
    made = [
        {"_id": a, "nick": a, "comment": f"x{a}", "url": "/alpha/", "pid": b, "created": at * 1_000}
        for at, (a, b) in enumerate(pairs, 1_650_000_000)
    ]
    path.write_text(json.dumps(made))
    return path


@one_database
def test_what_answers_itself_in_a_circle_answers_none(tmp_path: Path) -> None:
    # The first answers a circle and is in none.
    path = a_chain(tmp_path / "a.json", ("d", "a"), ("a", "b"), ("b", "a"), ("c", "c"))
    report = brought(path, apply=False, system="twikoo")
    assert {why: sorted(numbers) for why, numbers in report.apart.items()} == {
        "elsewhere": [],
        "circle": ["a", "c"],
        "deep": [],
    }
    assert any("in a circle: 2." in line for line in report.lines(applied=False))
    found = told(path, system="twikoo")
    assert {each[1]: each[4] for each in found} == {"d": "a", "a": "", "b": "a", "c": ""}


@one_database
def test_an_answer_in_too_long_a_chain_begins_another(tmp_path: Path) -> None:
    names = [f"n{each}" for each in range(spool.MAX_DEPTH + 2)]
    path = a_chain(tmp_path / "a.json", *zip(names, ["", *names], strict=False))
    report = brought(path, apply=False, system="twikoo")
    assert report.apart == {"elsewhere": [], "circle": [], "deep": [names[spool.MAX_DEPTH]]}
    [told_of] = [line for line in report.lines(applied=False) if "without what they answer" in line]
    assert f"longer than {spool.MAX_DEPTH:,}: 1." in told_of


@one_database
def test_each_system_is_known_by_what_its_files_hold(tmp_path: Path) -> None:
    for each in SAMPLES.iterdir():
        known = systems.of(each).name
        expected = each.name.split(".")[0].split("-")[0]
        expected = {
            "comentario": "commento", "valine": "waline", "giscus": "github", "utterances": "github",
            "staticman": "folders", "pelican_comments": "folders",
        }.get(expected, expected)  # fmt: skip
        assert known == ("isso-json" if each.name == "isso.json" else expected)


@one_database
def test_articles_in_a_folder_of_comments_are_left_where_they_are(tmp_path: Path) -> None:
    """pelican_comment_system keeps its comments within `content/`."""
    content = tmp_path / "content"
    (content / "comments" / "alpha").mkdir(parents=True)
    (content / "alpha.md").write_text("Title: Alpha\nDate: 2020-01-01\n\nAn article.\n", "utf-8")
    (content / "comments" / "alpha" / "1.md").write_text(
        "author: Ada\ndate: 2020-01-02\n\nA comment.\n", "utf-8"
    )
    report = brought(content)
    assert [each.where for each in report.counts.skipped] == ["alpha.md"]
    assert [each.source for each in rows()] == ["A comment."]


def test_whatever_was_written_no_script_comes_of_it(tmp_path: Path) -> None:
    hostile = [
        "<img src=x onerror=alert(1)>hi",
        "<a href='javascript:alert(1)'>a</a>",
        "<b><script>x</script>b</b>",
        "[x](javascript:a)",
    ]
    made = [
        {
            "_id": str(at),
            "nick": f"<b>{at}",
            "comment": each,
            "url": "/alpha/",
            "created": 1650000000000 + at,
            "link": "javascript:1",
        }
        for at, each in enumerate(hostile)
    ]
    (tmp_path / "hostile.json").write_text(json.dumps(made))
    brought(tmp_path / "hostile.json", system="twikoo")
    for each in rows():
        assert "<script" not in each.html
        assert "onerror" not in each.html
        assert "javascript:" not in each.html.replace("(javascript:a)", "")
        assert each.website is None


def test_the_command_says_what_would_come_and_then_brings_it(app: Flask, tmp_path: Path) -> None:
    def run(*args: str) -> Any:
        return app.test_cli_runner().invoke(args=["comments", "import", *args])

    (Path(config.current().manifest_source)).unlink()
    dry = run(str(SAMPLES / "twikoo.json"), "--report", str(tmp_path / "report.json"))
    assert dry.exit_code == 0, dry.output
    assert "Twikoo: 3 comments on 1 page." in dry.output
    assert "add --apply" in dry.output
    assert json.loads((tmp_path / "report.json").read_text())["comments"]["new"] == 3
    assert rows() == []
    assert run(str(SAMPLES / "twikoo.json"), "--apply").exit_code == 0
    assert len(rows()) == 3
    assert threads.get("alpha").id == "alpha"
    (tmp_path / "none").write_text("nothing")
    refused = run(str(tmp_path / "none"))
    assert refused.exit_code == 1
    assert "no export that is known" in refused.output


@pytest.mark.parametrize("readable", [True, False])
def test_what_quotes_the_article_and_says_more_comes_as_a_note(
    app: Flask, settings: Settings, tmp_path: Path, readable: bool
) -> None:
    if readable:
        build(settings, thread="alpha")
    quoting, gulls = f"> {EXACT}\n\nHow shallow?", "> Gulls\n\nWhich?"
    texts = [(1, None, quoting), (2, 1, quoting), (3, None, gulls)]
    said = [
        {
            "id": number,
            "parent": parent,
            "author": "Gus",
            "created": f"2018-03-0{number} 10:00:00",
            "text": text,
        }
        for number, parent, text in texts
    ]
    path = tmp_path / "isso.json"
    path.write_text(json.dumps([{"id": "/alpha/", "title": "Alpha", "comments": said}]))
    brought(path)
    noted = [(each.passage and each.passage.exact, each.source) for each in rows()]
    first = (EXACT, "How shallow?") if readable else (None, quoting)
    assert noted == [first, (None, quoting), (None, gulls)]
