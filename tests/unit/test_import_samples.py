"""Whole blogs of each kind, as they are kept: brought here, built, and no word of them lost unsaid."""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests import importing
from tests.importing import Fresh, sample

KINDS = sorted(importing.FILES)
# What is written so in a text is steering and no word: addresses, elements, notation, names of keys.
STEERING = (
    re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1>|\{%-? comment.*?endcomment.*?%\}", re.DOTALL),
    re.compile(r"\{::comment\}.*?\{:/comment\}", re.DOTALL),
    re.compile(r"\$[^$\n]+\$"),
    re.compile(r"\{\{[^{}]*\}\}|\{%[^%]*%\}|\{:?[^{}\n]*\}"),
    re.compile(r"\]\([^)\n]*\)|https?://\S+|<(?:[^<>\"]|\"[^\"]*\")*>"),
    re.compile(r"^ *(?:```|:::|#!|\.\. |:\w+:|!!!).*$|^[*] Inhalt$", re.MULTILINE),
    re.compile(r"\[(?:caption|/caption|code|/code|gallery)\b[^\]]*\]|\$latex|&s=1"),
)
HEAD = re.compile(r"\A(?:---|\+\+\+)\n.*?\n(?:---|\+\+\+)\n|\A(?:\w+: .*\n)+\n", re.DOTALL)


def words(text: str) -> set[str]:
    """Words of letters, and in Chinese and Japanese single signs."""
    signs = r"\u3040-\u30ff\u3400-\u9fff"
    return set(re.findall(rf"[{signs}]|[^\W\d_{signs}]{{2,}}", html.unescape(text)))


def said(text: str) -> set[str]:
    for pattern in STEERING:
        text = pattern.sub(" ", text)
    return words(text)


def texts(origin: Path) -> Iterator[str]:
    """Every text that readers of the other blog have seen."""
    if origin.suffix == ".xml":
        place = "{http://purl.org/rss/1.0/modules/content/}encoded"
        for item in ElementTree.parse(origin).iter("item"):
            yield f"{item.findtext('title')} {item.findtext(place) or ''}"
    elif origin.suffix == ".json":
        for post in json.loads(origin.read_bytes())["db"][0]["data"]["posts"]:
            yield f"{post['title']} {post.get('html') or post.get('plaintext') or ''}"
    else:
        for path in origin.rglob("*"):
            if path.suffix in (".md", ".markdown", ".html", ".rst") and "_" not in path.parts[-2]:
                yield HEAD.sub("", path.read_text(encoding="utf-8"))


def shown(folder: Path) -> str:
    """All that the built pages show, or say of their pictures."""
    found = []
    for path in folder.rglob("*.html"):
        page = path.read_text(encoding="utf-8")
        found += re.findall(r"\b(?:alt|title)=\"([^\"]*)\"", page)
        found.append(re.sub(r"</?(?:span|em|strong|b|i|code|abbr|a|sub|sup)\b[^>]*>", "", page))
    return re.sub(r"<[^>]*>", " ", " ".join(found))


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_blog_is_built_and_no_word_of_it_is_lost_unsaid(kind: str, tmp_path: Path) -> None:
    origin, fresh = sample(kind, tmp_path), Fresh(tmp_path / "blog")
    planned = fresh.bring(origin)
    assert planned.new
    fresh.build()
    (report,) = (fresh.root / "var" / "import").glob("*.md")
    told = words(shown(fresh.site.output)) | words(report.read_text(encoding="utf-8"))
    left_out = {note.place for note in planned.notes if "left out" in note.text}
    before = set()
    for text in texts(origin):
        before |= said(text)
    for name in left_out:
        if (path := origin / name).is_file():
            before -= said(HEAD.sub("", path.read_text(encoding="utf-8")))
    assert sorted(before - told) == []


@pytest.mark.parametrize("kind", KINDS)
def test_importing_twice_changes_nothing(kind: str, tmp_path: Path) -> None:
    origin, fresh = sample(kind, tmp_path), Fresh(tmp_path / "blog")
    first = fresh.bring(origin)
    before = {path: path.stat().st_mtime_ns for path in fresh.root.rglob("*") if path.is_file()}
    again = fresh.bring(origin)
    assert (len(again.new), len(again.renewed), len(again.kept)) == (0, 0, 0)
    assert len(again.same) == len(first.new)
    assert before == {
        path: path.stat().st_mtime_ns for path in fresh.root.rglob("*") if path.is_file()
    }


@pytest.mark.parametrize("kind", KINDS)
def test_the_report_names_each_article_with_its_old_addresses_and_its_thread(
    kind: str, tmp_path: Path
) -> None:
    origin, fresh = sample(kind, tmp_path), Fresh(tmp_path / "blog")
    planned = fresh.bring(origin)
    (path,) = (fresh.root / "var" / "import").glob("*.json")
    listed = json.loads(path.read_bytes())["articles"]
    assert [each["file"] for each in listed] == [
        item.path.relative_to(fresh.root).as_posix() for item in planned.items
    ]
    assert len({each["source"] for each in listed}) == len(listed)
    for each in listed:
        assert (fresh.root / each["file"]).is_file()
        assert bool(each["thread"]) != each["file"].startswith("content/pages/")
    assert any(each["addresses"] for each in listed)


@pytest.mark.parametrize("kind", KINDS)
def test_every_old_address_leads_to_the_article_or_is_named(kind: str, tmp_path: Path) -> None:
    origin, fresh = sample(kind, tmp_path), Fresh(tmp_path / "blog")
    planned = fresh.bring(origin)
    fresh.build()
    rules = (fresh.site.output / "_redirects").read_text(encoding="utf-8")
    for item in planned.items:
        for address in item.post.addresses:
            path = "/" + re.sub(r"^https?://[^/]*/", "", address).lstrip("/")
            leads = f"{path} {item.address} 301" in html.unescape(rules)
            quoted = re.search(rf"^{re.escape(path)} ", rules, re.MULTILINE | re.IGNORECASE)
            named = any("old address" in note.text for note in item.post.notes)
            assert leads or quoted or named or path.strip("/") == item.address.strip("/"), path
