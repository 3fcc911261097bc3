"""What `tasks.py notes` lists: what was said of a draft, with file and line."""

import json
from pathlib import Path
from typing import Any

import pytest
from pelican.settings import DEFAULT_CONFIG

from authoring import Refused, review, share_draft
from authoring.blog import Blog
from plugins.comments.shared import thread_of
from tests.unit.test_publish_comments import server

__all__ = ["server"]
pytestmark = pytest.mark.enable_socket
# Nobody answers there.
AWAY = "http://127.0.0.1:9/comments/"
DRAFT = """Title: Of quaggas
Date: 2026-01-02
Status: draft

The *quagga* is a zebra with [fewer stripes](/stripes/) than others.

> Nobody has seen one since 1883.

It was brown -- mostly.
"""


class Shared:
    """A draft that is shared, and what its thread's snapshot says."""

    def __init__(self, root: Path) -> None:
        (root / "content").mkdir(parents=True)
        self.root = root
        self.file = root / "content" / "quagga.md"
        self.file.write_text(DRAFT)
        self.environ = {"SHARE_KEY": "k" * 32, "COMMENTS_URL": AWAY}
        share_draft.share(self.blog, self.environ, "quagga", 7)
        (source,) = self.blog.sources
        made = share_draft.share_of(source)
        assert made is not None
        self.thread = thread_of(share_draft.word(source, made, self.environ["SHARE_KEY"]))

    @property
    def blog(self) -> Blog:
        given: dict[str, Any] = {**DEFAULT_CONFIG, "PATH": "content", "TIMEZONE": "UTC"}
        return Blog(self.root, given)

    def says(self, *comments: dict[str, Any], folder: Path | None = None, size: int = 9) -> None:
        folder = (folder or self.root / "published") / "threads"
        folder.mkdir(parents=True, exist_ok=True)
        pages = [comments[at : at + size] for at in range(0, len(comments), size)] or [()]
        for number, page in enumerate(pages, 1):
            name = f"{self.thread}{f'.{number}' * (number > 1)}.json"
            of_thread = {"pages": len(pages)} if number == 1 else {}
            (folder / name).write_text(json.dumps({"comments": page, **of_thread}))

    def notes(self, draft: str = "content/quagga.md", **how: bool) -> str:
        return review.notes(self.blog, self.environ, draft, **how)


def comment(
    number: int, words: str, about: tuple[str, str, str] | None = None, **values: Any
) -> Any:
    passage = dict(zip(("exact", "prefix", "suffix"), about, strict=True)) if about else None
    return {
        "id": number,
        "parent": None,
        "depth": 0,
        "name": f"Reader {number}",
        "html": f"<p>{words}</p>",
        "created_at": f"2026-11-{10 + number:02}T12:00:00Z",
        "url": f"https://example.org/shared/x/#comment-{number}",
        **({"passage": {**passage, "lang": "en"}} if passage else {}),
        **values,
    }


LAST = comment(1, "Only <em>mostly</em>?", ("It was brown – mostly", "one since 1883. ", "."))
FIRST = comment(2, "How many?", ("fewer stripes than", "is a zebra with ", " others. Nobody has"))
ANSWER = comment(3, "Twenty.", parent=2, depth=1)
GONE = comment(4, "Which?", ("some other words that stood here", "And then came ", " at last."))
ALL = comment(5, "I like it.")


@pytest.fixture
def draft(tmp_path: Path) -> Shared:
    return Shared(tmp_path / "blog")


def test_notes_stand_in_the_order_of_the_text_with_file_and_line(draft: Shared) -> None:
    draft.says(LAST, FIRST, ANSWER, ALL, GONE)
    assert draft.notes().splitlines() == [
        "content/quagga.md:6  Reader 2, 2026-11-12  (comment 2)",
        "    “fewer stripes than”",
        "    How many?",
        "",
        "    Reader 3, 2026-11-13, answers comment 2  (comment 3)",
        "        Twenty.",
        "",
        "content/quagga.md:10  Reader 1, 2026-11-11  (comment 1)",
        "    “It was brown – mostly”",
        "    Only mostly?",
        "",
        "content/quagga.md  Reader 4, 2026-11-14  (comment 4)",
        "    “some other words that stood here”  (these words are gone, or stand there more than once)",
        "    Which?",
        "",
        "content/quagga.md  Reader 5, 2026-11-15  (comment 5)",
        "    I like it.",
    ]


def test_lines_are_those_of_the_file_as_it_is_now(draft: Shared) -> None:
    draft.says(FIRST)
    text = draft.file.read_text()
    draft.file.write_text(text.replace("\nThe *quagga*", "\nA new paragraph.\n\nThe *quagga*"))
    assert "content/quagga.md:8  Reader 2" in draft.notes()
    draft.file.write_text(
        text.replace("[fewer stripes](/stripes/) than", "[less](/) of them, unlike")
    )
    assert "(these words are gone" in draft.notes()


def test_newest_first_and_for_programs(draft: Shared) -> None:
    draft.says(LAST, FIRST, ANSWER)
    newest = [line for line in draft.notes(newest=True).splitlines() if "(comment" in line]
    assert [line[-2] for line in newest] == ["3", "2", "1"]
    listed = json.loads(draft.notes(as_json=True))
    assert [(each["id"], each["line"], each["file"]) for each in listed] == [
        (2, 6, "content/quagga.md"),
        (3, None, "content/quagga.md"),
        (1, 10, "content/quagga.md"),
    ]
    assert listed[0]["passage"] == "fewer stripes than"
    assert listed[2]["text"] == "Only mostly?"


def test_the_service_is_asked_and_every_page_is_read(
    draft: Shared, server: str, tmp_path: Path
) -> None:
    # What lies here may be a preview's.
    draft.says(ALL)
    draft.says(FIRST, ANSWER, LAST, folder=tmp_path / "www" / "comments", size=2)
    draft.environ["COMMENTS_URL"] = server
    assert [each["id"] for each in json.loads(draft.notes(as_json=True))] == [2, 3, 1]


def test_a_draft_that_the_service_does_not_know_is_said_to_be_that(
    draft: Shared, server: str
) -> None:
    draft.environ["COMMENTS_URL"] = server
    with pytest.raises(Refused, match="does not know this draft"):
        draft.notes()


def test_a_service_that_is_away_is_said_to_be_that(draft: Shared) -> None:
    with pytest.raises(Refused, match="does not say what is published"):
        draft.notes()


def test_nothing_said_yet_leads_to_what_waits(draft: Shared) -> None:
    draft.says()
    assert draft.notes().endswith(f"{AWAY}moderation/")


@pytest.mark.parametrize(
    ("line", "instead"),
    [("Shared: ", "Author: "), ("Status: draft\n", "")],
    ids=["ended", "published"],
)
def test_a_draft_that_is_shared_no_more_leads_to_the_moderation(
    draft: Shared, line: str, instead: str
) -> None:
    draft.says(ALL)
    draft.file.write_text(draft.file.read_text().replace(line, instead))
    with pytest.raises(Refused, match="is not shared") as refused:
        draft.notes()
    assert f"{AWAY}moderation/" in str(refused.value)


def test_without_the_key_it_is_said_where_that_is(draft: Shared) -> None:
    del draft.environ["SHARE_KEY"]
    with pytest.raises(Refused, match="SHARE_KEY is not set here"):
        draft.notes()


def test_a_strangers_words_do_not_steer_the_terminal(draft: Shared) -> None:
    evil = "Red \x1b[31mwords\x07, \u202eturned\u202c and \x9b2J gone"
    draft.says(comment(1, evil, (evil, "", "")) | {"name": f"N{evil}"})
    shown = draft.notes() + draft.notes(as_json=True)
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(shown)
    assert "words" in shown


@pytest.mark.parametrize(
    "passage", ["words", 7, {"exact": 7}, {"prefix": "x"}, {"exact": ["a"]}, None]
)
def test_a_passage_that_is_none_does_no_harm(draft: Shared, passage: Any) -> None:
    draft.says({**ALL, "passage": passage})
    assert "I like it." in draft.notes()


def test_a_comment_that_is_gone_is_a_place(draft: Shared) -> None:
    draft.says({**FIRST, "html": "", "name": "", "passage": None}, ANSWER)
    assert "(deleted), 2026-11-12" in draft.notes()
    assert "Twenty." in draft.notes()
