"""Inputs: any value at all becomes a checked model, or messages for its fields."""

# ruff: noqa: PT017 - both outcomes are right, and both are looked at

import json
import unicodedata
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from comments_service import inputs
from comments_service.errors import InvalidInput

MODELS: list[type[inputs.Input]] = [
    inputs.NewComment,
    inputs.EditedComment,
    inputs.Preview,
    inputs.SignIn,
    inputs.SignUp,
    inputs.Forgotten,
    inputs.NewPassword,
    inputs.NewDecision,
]
# Surrogates and all: what a body can make of a string, and what it cannot.
any_text = st.text(st.characters(), max_size=40)
any_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | any_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=12,
)
fields = st.sampled_from(sorted({name for model in MODELS for name in model.model_fields}))
likely = st.dictionaries(fields, any_json, max_size=6)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(MODELS), likely | any_json)
@example(inputs.Preview, {"\ud800": "x", "body": "a"})
def test_any_json_value_becomes_a_model_or_messages(model: Any, value: Any) -> None:
    try:
        made = inputs.parse(model, value)
    except InvalidInput as error:
        assert error.status == 422
        assert error.detail
        assert all(message for message in error.fields.values())
        json.dumps(error.fields).encode()
    else:
        assert isinstance(made, model)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(MODELS), st.dictionaries(fields, any_text, max_size=8))
def test_any_form_becomes_a_model_or_messages(model: Any, form: dict[str, str]) -> None:
    try:
        assert isinstance(inputs.from_form(model, form), model)
    except InvalidInput as error:
        assert set(error.fields) <= set(model.model_fields)


@settings(max_examples=150, deadline=None)
@given(any_text)
def test_a_body_that_is_taken_hides_nothing_and_stays_as_it_is(text: str) -> None:
    try:
        body = inputs.plain_text(text)
    except ValueError as error:
        assert str(error)
        return
    assert body == body.strip() == unicodedata.normalize("NFC", body) != ""
    assert len(body) <= inputs.MAX_BODY_CHARS
    assert not any(
        unicodedata.category(char) in ("Cc", "Cs")
        for char in body.replace("\n", "").replace("\t", "")
    )
    assert inputs.plain_text(body) == body


@settings(max_examples=150, deadline=None)
@given(any_text)
def test_a_name_that_is_taken_is_one_visible_line(text: str) -> None:
    try:
        name = inputs.shown_name(text)
    except ValueError:
        return
    assert name == " ".join(name.split()) != ""
    # Joiners and the tags of a flag are taken where writing needs them; Python may not yet know of
    # letters that Unicode has by now, so what is unassigned is not asked of it.
    needed = {"\u200c", "\u200d", *map(chr, range(0xE0020, 0xE0080))}
    assert not any(
        unicodedata.category(char) in ("Cc", "Cf", "Co", "Cs") for char in {*name} - needed
    )
    assert len(name) <= 200, "the column holds no more"
    assert inputs.shown_name(name) == name


@settings(max_examples=150, deadline=None)
@given(st.from_regex(r"(https?://)?[\w\[\]:.@/?#%&=\"'<> -]{0,40}", fullmatch=True) | any_text)
@example("http://[::1")
@example("http://example.org:99999/")
@example("http://example.org:١/")
def test_a_web_address_that_is_taken_is_one(text: str) -> None:
    try:
        address = inputs.web_address(text)
    except ValueError as error:
        assert "https://example.org" in str(error)
        return
    parts = urlsplit(address)
    assert parts.scheme in ("http", "https")
    assert parts.hostname
    assert parts.username is None
    assert not set(address) & set(" \"'<>\\^`{|}\n\t\0")
    assert inputs.web_address(address) == address


@settings(max_examples=100, deadline=None)
@given(any_text | st.emails())
def test_a_mail_address_that_is_taken_is_a_header_of_one_line(text: str) -> None:
    try:
        address = inputs.mail_address(text)
    except ValueError:
        return
    assert "@" in address
    assert not any(unicodedata.category(char)[0] in "CZ" for char in address)
    assert inputs.mail_address(address) == address


def test_line_ends_and_composed_letters_are_made_the_same_everywhere() -> None:
    assert inputs.plain_text(" a\r\nb\rcafe\u0301\n") == "a\nb\ncaf\u00e9"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "write something"),
        (" \n\t ", "write something"),
        ("a\0b", "control character"),
        ("a\x1b[31m", "control character"),
        ("\ud800", "control character"),
        ("a\u202eb", "reverses the reading order"),
        ("a\u2066b", "reverses the reading order"),
        ("x" * 10_001, "At most 10,000 characters, please; this has 10,001"),
    ],
)
def test_a_body_that_is_refused_says_why(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        inputs.plain_text(text)


def test_the_longest_body_is_taken() -> None:
    assert len(inputs.plain_text("字" * inputs.MAX_BODY_CHARS)) == inputs.MAX_BODY_CHARS


def test_a_body_is_as_long_as_the_given_limits_allow() -> None:
    limits = inputs.Limits(max_chars=5)
    assert inputs.parse(inputs.Preview, {"body": "12345"}, limits).body == "12345"
    with pytest.raises(InvalidInput) as refused:
        inputs.parse(inputs.Preview, {"body": "123456"}, limits)
    assert refused.value.fields == {"body": "At most 5 characters, please; this has 6."}
    # Nothing else is a comment: what somebody says of himself has its own limit.
    told = inputs.parse(inputs.Profile, {"name": "Rhea", "bio": "More than five."}, limits)
    assert told.bio == "More than five."


@pytest.mark.parametrize(
    "name", ["Ада", "李四", "محمد", "नमस्ते", "O’Brien", "X Æ A-12", "😀", "a" * 50]
)
def test_names_of_all_the_world_are_taken(name: str) -> None:
    assert inputs.shown_name(name) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "a\u200bb",
        "a\u202eb",
        "a\0",
        "a" * 51,
        "\u0301",
        "z\u0300\u0301\u0302\u0303",
        "\ue000",
    ],
)
def test_names_that_hide_or_stack_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"name|letter|At most 50"):
        inputs.shown_name(name)


def test_spaces_and_line_ends_in_a_name_become_one_space() -> None:
    assert inputs.shown_name(" Ada \n\u3000 L. ") == "Ada L."


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("https://example.org", "https://example.org"),
        ("example.org/a", "https://example.org/a"),
        ("HTTPS://Example.ORG/Path", "https://example.org/Path"),
        ("http://example.org:8080/?a=b#part", "http://example.org:8080/?a=b"),
        ("http://[::1]:80/", "http://[::1]:80/"),
        ("https://例え.jp/", "https://例え.jp/"),
    ],
)
def test_a_web_address_is_taken_apart_and_written_out_again(given: str, written: str) -> None:
    assert inputs.web_address(given) == written


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "javascript://example.org/%0aalert(1)",
        "data:text/html,x",
        "ftp://example.org/",
        "https://",
        "https:///path",
        "//example.org",
        "https://user@example.org/",
        "https://user:secret@example.org/",
        'https://example.org/"onclick="x',
        "https://example.org/<script>",
        "https://exa mple.org/",
        "https://example.org/\u202e",
        "https://example.org:99999/",
        "https://" + "a" * 300 + ".org",
    ],
)
def test_an_address_that_could_run_hide_or_pretend_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="web address"):
        inputs.web_address(address)


@pytest.mark.parametrize(
    "address", ["", "a", "a@", "@b.org", "a@b", "a b@c.org", "a@b.org\r\nBcc: x@y.org", "a@b.org\0"]
)
def test_a_mail_address_that_cannot_be_one_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="mail address"):
        inputs.mail_address(address)


@pytest.mark.parametrize(
    ("password", "message"),
    [
        ("short", "At least 8"),
        ("x" * 257, "At most 256"),
        ("password", "Many people"),
        ("Password1", "Many people"),
        ("aaaaaaaaaa", "Many people"),
        ("abcdefgh\0", "cannot contain"),
        ("abcdefgh\ud800", "cannot contain"),
    ],
)
def test_a_password_that_is_refused_says_why(password: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        inputs.password(password)


@pytest.mark.parametrize("password", ["correct horse", "пароль из слов", "x1y2z3" * 40])
def test_any_other_password_is_taken_as_it_is(password: str) -> None:
    assert inputs.password(password) == password


def test_a_reason_is_one_visible_line() -> None:
    assert inputs.one_line(" off\n topic ") == "off topic"
    with pytest.raises(ValueError, match="invisible"):
        inputs.one_line("a\u202e")


def test_an_empty_field_counts_as_not_given() -> None:
    empty = inputs.parse(inputs.NewComment, {"body": "a", "name": " ", "email": "", "website": ""})
    assert (empty.name, empty.email, empty.website, empty.key) == (None, None, None, None)


@pytest.mark.parametrize("value", [None, [], "text", 1, True, [{"body": "a"}]])
def test_something_other_than_an_object_is_refused(value: Any) -> None:
    with pytest.raises(InvalidInput, match="object"):
        inputs.parse(inputs.Preview, value)


@pytest.mark.parametrize(
    ("values", "field", "message"),
    [
        ({}, "body", "Please fill this in."),
        ({"body": 1}, "body", "Input should be a valid string."),
        ({"body": "a", "status": "published"}, "status", "This field is not known here."),
        ({"body": "a", "parent": "1"}, "parent", "Input should be a valid integer."),
        ({"body": "a", "parent": 0}, "parent", "This is not the number of a comment."),
        ({"body": "a", "parent": 2**63}, "parent", "This is not the number of a comment."),
        ({"body": "a", "parent": True}, "parent", "Input should be a valid integer."),
        ({"body": "a", "key": "too short"}, "key", "Use 8 to 80 letters"),
        ({"body": "a", "email": "x" * 255}, "email", "At most 254 characters"),
        ({"body": "a", "homepage_url": "x" * 1001}, "homepage_url", "At most 1,000 characters"),
    ],
)
def test_each_wrong_field_has_a_message_for_people(
    values: dict[str, Any], field: str, message: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        inputs.parse(inputs.NewComment, values)
    assert message in refused.value.fields[field]


def test_a_decision_is_one_of_four() -> None:
    with pytest.raises(InvalidInput) as refused:
        inputs.parse(inputs.NewDecision, {"decision": "ban", "reason": "x" * 501})
    assert "'publish', 'spam', 'delete' or 'undo'" in refused.value.fields["decision"]
    assert "At most 500" in refused.value.fields["reason"]


def test_a_forms_parent_is_a_number_or_no_comment_at_all() -> None:
    assert inputs.from_form(inputs.NewComment, {"body": "a", "parent": "17"}).parent == 17
    assert inputs.from_form(inputs.NewComment, {"body": "a", "parent": ""}).parent is None
    for wrong in ("-1", "x", "1e3", "٣", "9" * 20, str(2**63)):
        with pytest.raises(InvalidInput) as refused:
            inputs.from_form(inputs.NewComment, {"body": "a", "parent": wrong})
        assert refused.value.fields == {"parent": "This is not the number of a comment."}


def test_a_form_reads_only_its_own_fields() -> None:
    made = inputs.from_form(inputs.Preview, {"body": "a", "act": "preview", "role": "owner"})
    assert made.model_dump() == {"body": "a"}
