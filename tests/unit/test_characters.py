"""Characters: nothing that hides, nobody's name worn by another, every script's own ways allowed."""

import pytest
from flask import Flask

from comments_service import characters, i18n, inputs, markup
from comments_service.accounts import names
from tests import make

# Each by another property or table of Unicode than its neighbours.
HIDDEN = (
    *("\u3164", "\u115f", "\u1160", "\uffa0", "\u17b4", "\u200b", "\u00ad", "\u034f", "\u061c"),
    *("\u2060", "\ufe0f", "\U000e0041", "\U000e0100", "\U0001d173", "\u2800", "\u202e", "\u200d"),
    *("\u200c", "\ue000", "\ufff9", "\U0001d159"),
)
JOINED = (
    "می\u200cخواهم",
    "क्\u200dषमा",
    "ශ්\u200dරී",
    "👩\u200d👩\u200d👧",
    "❤\ufe0f Jo",
    "👩🏽\u200d🚀",
    "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "葛\U000e0100城",
)


@pytest.mark.parametrize("char", HIDDEN, ids=ascii)
def test_what_cannot_be_seen_is_refused_in_a_name(char: str) -> None:
    for name in (f"Rhea{char}", f"{char}Rhea", f"Rh{char}ea", char):
        with pytest.raises(ValueError, match="invisible"):
            inputs.shown_name(name)


@pytest.mark.parametrize("name", JOINED, ids=ascii)
def test_joiners_and_variants_are_taken_where_writing_needs_them(name: str) -> None:
    assert inputs.shown_name(name) == name
    assert inputs.one_line(name) == name


@pytest.mark.parametrize(
    "name", ["م\u200c", "\u200cم", "क\u200dष", "a\u200cb", "👍\u200d", "a\ufe0f"], ids=ascii
)
def test_the_same_joiners_elsewhere_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="invisible"):
        inputs.shown_name(name)


def test_a_joined_face_counts_as_the_one_character_that_it_is() -> None:
    assert characters.count("👩\u200d👩\u200d👧") == 1
    assert inputs.shown_name("👩\u200d👩\u200d👧" * 40)
    with pytest.raises(ValueError, match="At most 50"):
        inputs.shown_name("é" * 51)


@pytest.mark.parametrize(
    "text",
    ["\u200b", "\u2800", "\u3164\n\u2800", "\u200d\ufe0f", "\u00ad\u2060", "\U000e0041"],
    ids=ascii,
)
def test_a_text_that_shows_nothing_is_empty(text: str) -> None:
    with pytest.raises(ValueError, match="write something"):
        inputs.plain_text(text)
    # By reference as well, which Markdown reads.
    by_reference = "".join(f"&#{ord(char)};" for char in text)
    assert not markup.visible_text(markup.render(by_reference))


def test_text_of_any_script_is_not_empty() -> None:
    for text in ("a", "字", "👍", "؀", "⠁", "می\u200cخواهم"):
        assert inputs.plain_text(text) == text
        assert markup.visible_text(markup.render(text))


@pytest.mark.parametrize(
    ("name", "worn"),
    [
        ("Alice", "AIice"),
        ("Alice", "A1ice"),
        ("Alice", "A|ice"),
        ("Alice", "ALlCE"),
        ("Alice", "\u0251lice"),
        ("Alice", "Al\u0131ce"),
        ("Alice", "А\u04c0ice"),
        ("Gary", "\u0261ary"),
        ("Bob", "B0b"),
        ("Willy", "vvilly"),
        ("Willy", "VVilly"),
        ("Emma", "Ernrna"),
        ("Hans", "\u0397ANS"),
        ("Paul", "𝐏aul"),
        ("Rhea", "Ꭱh℮a"),
        ("Ваня", "Bаня"),
        ("Ваня", "ВАНЯ"),
        ("Νίκος", "νίκος"),
        ("νίκος", "Νίκος"),
        ("Rhea", "Rhea (Author)"),
        ("Rhea", "Rhea [OFFICIAL]"),
        ("Rhea", "Author: Rhea"),
        ("Rhea", "Rhea Аuthоr"),
        ("Rhea", "Rhea · Modérateur"),
        ("Rhea", "Rhea作者"),
        ("Rhea", "Rhea ✓"),
        ("李四", "李四（管理员）"),
        ("Author", "AUTHOR"),
    ],
)
def test_a_name_that_looks_like_an_accounts_is_reserved(app: Flask, name: str, worn: str) -> None:
    make.account(name)
    assert names.reserved(worn)


@pytest.mark.parametrize(
    "other",
    ["Thea", "Rheanna", "Rhea Silvia", "Authorea", "李三", "Rhe", "Author", "Maura", "Мария"],
)
def test_a_name_that_reads_differently_is_free(app: Flask, other: str) -> None:
    make.account("Rhea")
    make.account("李四")
    assert not names.reserved(other)


def test_whose_name_it_is_may_write_it_in_another_way(app: Flask) -> None:
    rhea = make.account("Rhea")
    assert not names.reserved("RHEA", rhea)


@pytest.mark.parametrize(
    ("name", "letter"),
    [
        *(("zoë", "Z"), ("élan", "É"), ("e\u0301lan", "E\u0301"), ("李四", "李"), ("ваня", "В")),
        *(("ßabine", "ß"), ("ﬁona", "ﬁ"), ("किरण", "कि"), ("", "")),
        *(("🇩🇪 Fan", "🇩🇪"), ("👨‍👩‍👧 us", "👨‍👩‍👧"), ("👍🏽", "👍🏽"), ("1st", "1")),
    ],
)
def test_a_picture_shows_the_first_that_a_reader_counts(name: str, letter: str) -> None:
    assert characters.initial(name) == letter
    drawn = i18n.environment("en").get_template("thread/comment.html").module
    picture = str(drawn.avatar(3, "", name))  # type: ignore[attr-defined]  # a macro
    assert picture.endswith(f">{letter}</span>")
    assert characters.count(letter) <= 1


def test_every_badge_counts_as_a_role() -> None:
    for lang in i18n.known():
        for badge in ("Author", "Moderator", "Owner"):
            assert i18n.gettext(lang)(badge) in names.ROLES
