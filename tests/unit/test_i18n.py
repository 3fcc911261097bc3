"""Language: words, dates and templates in each language; English where there is no other."""

from datetime import UTC, datetime, timedelta, timezone
from string import ascii_lowercase

import jinja2
import pytest
from babel.support import Translations

from comments_service import i18n
from plugins import gettext as theme

MOMENT = datetime(2026, 11, 20, 12, 30, 15, 999_999, tzinfo=timezone(timedelta(hours=2)))


@pytest.mark.parametrize(
    ("tag", "found"),
    [
        ("en", "en"),
        ("zh-cn", "zh_Hans_CN"),
        ("zh-TW", "zh_Hant_TW"),
        ("pt-BR", "pt_BR"),
        ("de_AT", "de_AT"),
        ("ja-US", "ja"),
        ("zh-Hant-US", "zh_Hant"),
        ("de-nowhere", "de"),
        ("xx-nowhere", "en"),
        ("", "en"),
        ("*", "en"),
        ("../../etc", "en"),
        ("a" * 1000, "en"),
    ],
)
def test_any_language_tag_has_a_locale(tag: str, found: str) -> None:
    assert str(i18n.locale(tag)) == found


def test_a_time_is_written_as_people_of_a_language_write_it_in_utc() -> None:
    assert i18n.when(MOMENT, "en") == "20 November 2026, 10:30 UTC"
    assert i18n.when(MOMENT, "en-us").replace("\u202f", " ") == "November 20, 2026, 10:30 AM UTC"
    assert i18n.when(MOMENT, "de") == "20. November 2026, 10:30 UTC"
    assert i18n.when(MOMENT, "zh-cn") == "2026年11月20日 10:30 UTC"
    assert "،" in i18n.when(MOMENT, "ar")


@pytest.mark.parametrize(
    ("text", "page", "said"),
    [
        ("<p>Pelicans.</p>", "en", ""),
        ("<p>鹈鹕<em>一起</em>捕鱼。</p>", "en", ' lang="zh"'),
        ("<p>鹈鹕一起捕鱼。</p>", "zh-cn", ""),
        ("<p>ペリカンは一緒に魚を捕る。</p>", "zh-cn", ' lang="ja"'),
        ("<p>漢字</p>", "ja", ""),
        ("<p>펠리컨은 함께 사냥한다.</p>", "en", ' lang="ko"'),
        ("<p>البجع يصيد معاً</p>", "en", ' lang="ar"'),
        ("<p>پلیکان‌ها با هم ماهی می‌گیرند</p>", "en", ' lang="ar"'),
        ("<p>One word of Chinese, 鹈鹕, is no Chinese.</p>", "en", ""),
        # A page whose words are English, since no catalogue has Persian.
        ("<p>پلیکان‌ها با هم ماهی می‌گیرند</p>", "fa", ' lang="fa"'),
        ("<p>Pelicans.</p>", "fa", ' lang="fa"'),
        ("<p>&#39;quoted&#39; 1 2 3</p>", "en", ""),
    ],
)
def test_what_a_reader_wrote_says_its_language_where_its_script_tells_it(
    text: str, page: str, said: str
) -> None:
    assert i18n.tongue(text, page) == said


@pytest.mark.parametrize(
    ("lang", "spoken", "direction", "own"),
    [
        ("de", "de", "ltr", ""),
        ("en-gb", "en-gb", "ltr", ""),
        ("fa", "en", "ltr", ' lang="fa" dir="rtl"'),
        ("nl", "en", "ltr", ' lang="nl" dir="ltr"'),
    ],
)
def test_english_words_are_marked_as_english_in_whatever_was_asked_for(
    lang: str, spoken: str, direction: str, own: str
) -> None:
    made = i18n.environment(lang).globals
    assert (made["ui_lang"], made["ui_dir"], made["native"]) == (spoken, direction, own)


def test_a_stamp_is_rfc_3339_to_the_second_in_utc() -> None:
    assert i18n.stamp(MOMENT) == "2026-11-20T10:30:15Z"


def test_pages_and_feeds_encode_what_they_show() -> None:
    environment = i18n.environment("en")
    assert environment.autoescape("x.html") is True  # type: ignore[operator]
    assert environment.autoescape("x.atom") is True  # type: ignore[operator]
    assert environment.autoescape("x.txt") is False  # type: ignore[operator]


def test_a_name_that_is_missing_is_an_error_not_a_hole() -> None:
    with pytest.raises(jinja2.UndefinedError):
        i18n.render("en", "error.html", site_title="s")


def test_english_needs_no_catalogue() -> None:
    assert i18n.gettext("en")("No comments yet") == "No comments yet"
    assert type(i18n.catalogue("en")) is not Translations
    assert i18n.known()[0] == "en"


def test_a_language_that_is_not_spoken_is_answered_in_english() -> None:
    assert i18n.choose(["tlh", "eo"]) == "en"
    assert i18n.choose([]) == "en"
    assert i18n.choose(["*"]) == "en"
    assert i18n.gettext("eo")("No comments yet") == "No comments yet"


def test_the_first_language_that_is_spoken_is_chosen() -> None:
    assert i18n.choose(["eo", "en-GB", "zh-cn"]) == "en"


def test_every_catalogue_is_found_by_the_tags_of_its_language() -> None:
    tags = {
        "de": ("de", "de-AT"),
        "es": ("es", "es-MX"),
        "fr": ("fr", "fr-CA"),
        "ja": ("ja", "ja-JP"),
        "zh-Hans": ("zh", "zh-cn", "zh-Hans", "zh-SG"),
    }
    for known in i18n.known()[1:]:
        for tag in tags[known]:
            assert i18n.choose([tag, "en"]) == tag
            assert i18n.gettext(tag)("No comments yet") != "No comments yet"
    assert i18n.choose(["zh-TW", "en"]) == "en"


def test_a_language_is_spoken_wherever_its_reader_lives() -> None:
    """A browser sends the country of its machine."""
    for tag in ("de-US", "ja-US", "fr-JP", "zh-Hans-DE"):
        assert i18n.choose([tag, "en"]) == tag
        assert i18n.spoken(tag) == tag


def test_whatever_browsers_ask_for_each_catalogue_is_read_once() -> None:
    strange = [f"{first}{second}" for first in ascii_lowercase[:8] for second in ascii_lowercase]
    for each in (*i18n.known(), "tlh"):
        i18n.choose([each])
    read = i18n._compiled.cache_info().misses
    for region in ("AT", "BE", "CA", "CH", "DE", "FR", "LU", "MX"):
        i18n.choose([*strange, f"de-{region}", f"fr-{region}", f"es-{region}"])
        i18n.catalogue(f"de-{region}")
    assert i18n._compiled.cache_info().misses == read


def test_whatever_browsers_ask_for_each_template_is_compiled_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """That takes a hundred times what rendering does, and each would be kept for itself."""
    names = ("base.html", "thread/comment.html", "dashboard/card.html")
    for name in names:
        i18n.environment("de").get_template(name)

    def compiled(*_: object, **__: object) -> None:
        pytest.fail("compiled anew")

    monkeypatch.setattr(jinja2.Environment, "compile", compiled)
    for first in "ABCDEFGH":
        tag = f"de-{first}Z"
        assert i18n.choose([tag]) == tag
        for name in names:
            i18n.environment(tag).get_template(name)


def test_what_a_filter_makes_of_a_constant_is_in_each_language() -> None:
    """The code of a template is that of all languages."""
    said = {
        lang: i18n.environment(lang).from_string("{{ 1234.5 | number }}").render()
        for lang in ("en", "de")
    }
    assert said == {"en": "1,234.5", "de": "1.234,5"}
    assert all("1,234.5" not in str(code.co_consts) for code in i18n._code._known.values())


def test_a_moment_may_be_in_any_zone() -> None:
    assert i18n.stamp(MOMENT.astimezone(UTC)) == i18n.stamp(MOMENT)


def test_the_theme_and_the_service_know_the_same_languages() -> None:
    """An article's page and its comments are in one."""
    for tag in ("de-US", "ja-US", "zh-Hant-US", "zh-cn", "de_AT", "xx-nowhere", "de-nowhere"):
        assert theme.locale(tag).language == i18n.locale(tag).language
        assert theme.locale(tag).script == i18n.locale(tag).script
