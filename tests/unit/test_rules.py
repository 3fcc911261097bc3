"""Rules below the web: words and networks found, dry runs and what they cost, the command, what is kept."""

import time
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from comments_service import rules
from comments_service.characters import foreign
from comments_service.config import Settings, from_environment
from comments_service.db import db, writing
from comments_service.errors import InvalidInput
from comments_service.inputs import SCRIPTS, RuleChanges
from comments_service.models import Role, RuleChange, RuleSet, Status, now
from comments_service.rules import Rules, Source, kept
from comments_service.rules.networks import Networks
from comments_service.rules.words import Words
from tests import make
from tests.conftest import one_database

# ---- words


def found(listed: list[str], text: str) -> list[tuple[str, str]]:
    return [(each.word, text[each.start : each.end]) for each in Words(listed).find(text)]


@pytest.mark.parametrize(
    "text",
    [
        *("casino", "CASINO!", "(Casino)", "casino's", "my-casino", "https://casino.example/"),
        *("cásíno", "Саsino", "ｃａｓｉｎｏ", "ⓒⓐⓢⓘⓝⓞ", "c\u200bas\u00adino", "CASIN0", "саѕіno"),
    ],
)
def test_a_word_is_found_in_every_disguise(text: str) -> None:
    assert [word for word, _ in found(["casino"], text)] == ["casino"]


@pytest.mark.parametrize("text", ["casinos", "xcasino", "cas ino", "casi", "", "!"])
def test_another_word_is_another_word(text: str) -> None:
    assert found(["casino"], text) == []


@pytest.mark.parametrize(
    ("listed", "text", "places"),
    [
        ("win bet", "A win, bet\nwin  BET now", ["win, bet", "win  BET"]),
        ("赌场", "我们的在线赌场很好", ["赌场"]),
        ("카지노", "인터넷카지노는", ["카지노"]),
        ("カジノ", "オンラインｶｼﾞﾉ", []),
        ("casino平台", "在线casino平台!", ["casino平台"]),
        ("การพนัน", "เว็บการพนันออนไลน์", ["การพนัน"]),
        ("100", "100 or 1OO or loo", ["100"]),
        ("пари", "Пари и пари́", ["Пари", "пари́"]),
        ("क़", "क क़", ["क", "क़"]),
    ],
)
def test_phrases_scripts_and_numbers(listed: str, text: str, places: list[str]) -> None:
    assert [place for _, place in found([listed], text)] == places


def test_the_longest_phrase_that_begins_at_a_word_is_found() -> None:
    listed = ["best", "best casino ever", "casino"]
    assert found(listed, "best casino, best casino ever") == [
        ("best", "best"),
        ("casino", "casino"),
        ("best casino ever", "best casino ever"),
    ]


@given(st.lists(st.text(min_size=1, max_size=20), max_size=5), st.text(max_size=200))
def test_whatever_is_listed_is_found_where_it_stands(listed: list[str], text: str) -> None:
    words = Words(listed)
    for each in words.find(text):
        assert each.word in listed
        assert 0 <= each.start < each.end <= len(text)
    for word in listed:
        alone = Words([word])
        assert bool(alone.find(f". {word} .")) == bool(alone)


def test_no_list_and_no_text_make_it_slow() -> None:
    """Steps rise with the text, never with its square: twice the text takes about twice as long."""
    words = Words([*(f"{'a ' * 40}{number}" for number in range(1_000))])

    def seconds(times: int) -> float:
        began = time.process_time()
        words.find("a " * times)
        return time.process_time() - began

    seconds(500)
    assert seconds(5_000) < 30 * max(0.001, min(seconds(1_000) for _ in range(3)))


# ---- networks and scripts


def test_an_address_is_found_in_its_networks() -> None:
    listed = Networks(["203.0.113.0/24", "203.0.113.128/25", "10.0.0.7/32", "2001:db8::/32"])
    inside = ("203.0.113.0", "203.0.113.255", "10.0.0.7", "::ffff:10.0.0.7", "2001:db8:ffff::1")
    outside = ("203.0.112.255", "203.0.114.0", "10.0.0.6", "2001:db9::", "unknown", "")
    assert [each in listed for each in (*inside, *outside)] == [True] * 5 + [False] * 6
    assert "10.0.0.7" not in Networks([])


@pytest.mark.parametrize(
    ("text", "scripts", "waits"),
    [
        ("Hello there", ("latin",), False),
        ("Привет всем", ("latin",), True),
        ("Привет, Anna", ("latin", "cyrillic"), False),
        ("He: привет", ("latin",), True),
        ("They say 你好 in Chinese", ("latin",), False),
        ("你好", ("latin",), True),
        ("これはテストです", ("han", "kana"), False),
        ("👍 100 %", ("latin",), False),
        ("", ("latin",), False),
        ("ሰላም ለዓለም", ("latin",), True),
    ],
)
def test_a_text_is_foreign_that_is_mostly_in_other_scripts(
    text: str, scripts: tuple[str, ...], waits: bool
) -> None:
    assert foreign(text, scripts) is waits


def test_every_script_that_can_be_chosen_is_known() -> None:
    assert not foreign(
        "Hello Привет Γειά سلام שלום 你好 カナ 한글 नमस्ते বাংলা தமிழ் ไทย Հայ ქარ", SCRIPTS
    )


# ---- who has set what


def test_what_the_environment_gives_is_known_however_it_is_set() -> None:
    given = from_environment({"COMMENTS_MAX_LINKS": "3"})
    assert given == from_environment({})
    known = Rules(given, {"max_links": 9, "trust_after": 2})
    assert (known.max_links, known.source("max_links")) == (3, Source.ENV)
    assert (known.trust_after, known.source("trust_after")) == (2, Source.DASHBOARD)
    assert (known.guests, known.source("guests")) == ("allowed", Source.DEFAULT)
    assert known.words.find("casino") == []


def test_settings_stay_the_same_where_nothing_is_ruled(app: Flask, settings: Settings) -> None:
    assert rules.applied(settings) is settings
    rules.change(RuleChanges(guests="sign-in"), None, settings)
    changed = rules.applied(settings)
    assert (changed.guests, changed.trust_after) == (False, 1)
    assert changed.shape != settings.shape
    with pytest.raises(InvalidInput):
        rules.change(RuleChanges(max_links=1), None, from_environment({"COMMENTS_MAX_LINKS": "2"}))


# ---- dry runs


def rows(statements: list[str]) -> int:
    return sum("FROM comments" in each for each in statements)


def test_a_dry_run_asks_once_however_much_there_is(
    app: Flask, settings: Settings, statements: list[str]
) -> None:
    make.thread()
    make.many([{"id": number, "source": "x", "html": "<p>casino</p>"} for number in range(1, 601)])
    draft = rules.drafted(RuleChanges(words=["casino"], trust_after=3), settings)
    statements.clear()
    trials = rules.tried(draft)
    assert len(statements) == 1
    assert trials.looked_at == rules.LOOKED_AT
    words = trials.by_rule["words"]
    assert (words.count, len(words.shown)) == (500, 20)
    assert words.shown[0].id == 600
    assert words.by_status == {Status.PUBLISHED: 500}


def test_a_dry_run_knows_writers_accounts_and_articles_as_they_were(
    app: Flask, settings: Settings
) -> None:
    make.thread("old", published_at=now() - timedelta(days=100))
    make.thread("new", published_at=now() - timedelta(days=1))
    rhea = make.account("Rhea")
    mona = make.account("Mona", role=Role.MODERATOR)
    with writing():
        rhea.created_at = now() - timedelta(days=5)
    for thread, by, status in (
        ("old", rhea, Status.PUBLISHED),
        ("new", rhea, Status.REJECTED),
        ("new", rhea, Status.PUBLISHED),
        ("new", rhea, Status.PUBLISHED),
        ("old", mona, Status.PUBLISHED),
        ("old", None, Status.PENDING),
    ):
        make.comment(thread, "https://a.example", by=by, status=status)
    changes = RuleChanges(
        trust_after=2,
        guests="sign-in",
        max_links=0,
        new_account_days=7,
        old_thread_days=30,
        scripts=["cyrillic"],
    )
    tried = rules.tried(rules.drafted(changes, settings)).by_rule
    held = {name: [each.id for each in trial.shown] for name, trial in tried.items()}
    assert held == {
        # Her second to be published is her third.
        "trust_after": [6, 3, 2, 1],
        "guests": [6],
        "max_links": [6, 4, 3, 2, 1],
        "new_account_days": [4, 3, 2, 1],
        "old_thread_days": [6, 1],
        "words": [],
        "scripts": [6, 4, 3, 2, 1],
    }
    assert db.session.get(RuleSet, 1) is None


# ---- what is kept


def test_who_changed_what_is_forgotten_after_a_year(app: Flask, settings: Settings) -> None:
    rules.change(RuleChanges(max_links=1), None, settings)
    rules.change(RuleChanges(max_links=2), None, settings)
    with writing():
        old = now() - kept.CHANGES_KEPT - timedelta(hours=1)
        db.session.execute(sa.update(RuleChange).where(RuleChange.id == 1).values(made_at=old))
    rules.clean()
    assert db.session.scalars(sa.select(RuleChange.id)).all() == [2]
    assert rules.known(settings).max_links == 2


# ---- the command


@pytest.fixture
def run(app: Flask) -> Any:
    def command(*arguments: str) -> Any:
        result = app.test_cli_runner().invoke(args=["comments", "rules", *arguments])
        db.session.rollback()
        return result

    return command


class TestCommand:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"max_links": 5}

    def test_it_prints_each_rule_with_its_source(self, run: Any) -> None:
        run("--set", "words", "casino, win bet", "--set", "guests", "wait")
        lines = run().output.splitlines()
        assert lines == [
            "trust_after=1  (default)",
            "guests=wait  (dashboard)",
            "max_links=5  (.env, COMMENTS_MAX_LINKS)",
            "new_account_days=0  (default)",
            "old_thread_days=0  (default)",
            "words=casino, win bet  (dashboard)",
            "networks=  (default)",
            "scripts=  (default)",
        ]

    @one_database
    @pytest.mark.parametrize(
        ("name", "value", "said"),
        [
            ("words", "!", "A line needs a letter"),
            ("trust_after", "many", "Please enter a whole number from 0 to 100."),
            ("max_links", "4", "COMMENTS_MAX_LINKS in .env says this, and wins."),
            ("colour", "red", "colour is none of trust_after"),
        ],
    )
    def test_it_refuses_what_cannot_be(self, run: Any, name: str, value: str, said: str) -> None:
        result = run("--set", name, value)
        assert result.exit_code != 0
        assert said in result.output
        assert "casino" not in run().output
