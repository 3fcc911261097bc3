"""Catalogues: each says what English says, with the same holes; a reworded sentence loses nothing."""

import os
import re
import shutil
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from authoring import catalogues
from authoring.catalogues import Speaker
from comments_service import i18n as service_i18n
from plugins import gettext as theme_words
from tests.sites import ROOT

SPEAKERS = catalogues.speakers(ROOT)
PATHS = [path for speaker in SPEAKERS for path in speaker.catalogues]
HOLE = re.compile(r"%\(\w+\)s|\{\w+[^}]*\}|</?\w+[^>]*>")


def said(catalogue: Catalog) -> set[tuple[str, ...]]:
    return {catalogues.texts(message.id) for message in catalogues.sentences(catalogue)}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("speaker", SPEAKERS, ids=lambda speaker: speaker.folder.name)
def test_every_language_says_everything(speaker: Speaker, tmp_path: Path) -> None:
    copy = tmp_path / speaker.folder.name
    shutil.copytree(speaker.folder, copy)
    found = catalogues.bring_up_to_date(speaker._replace(folder=copy))
    assert [path.stem for path in found] == ["de", "es", "fr", "ja", "zh_Hans"]
    lacking = any(found.values())
    # Whoever words a sentence anew need not speak five languages; a release must.
    if lacking:
        wrong = f"tasks.py messages would say: {catalogues.report(found, tmp_path)}"
        pytest.fail(wrong) if os.environ.get("CI") == "true" else pytest.skip(wrong)
    for path in found:
        kept = catalogues.read(speaker.folder / "translations" / path.name)
        assert said(kept) == said(catalogues.read(path)), "run tasks.py messages"


@pytest.mark.parametrize("path", PATHS, ids=name)
def test_a_translation_keeps_what_is_filled_in_later(path: Path) -> None:
    for message in catalogues.sentences(catalogues.read(path)):
        holes = sorted(HOLE.findall(catalogues.texts(message.id)[-1]))
        for text in catalogues.texts(message.string):
            if text and not message.fuzzy:
                assert sorted(HOLE.findall(text)) == holes, message.id


# Words that were chosen between, and marks that a language does not use: the reason beside each.
AVOIDED = {
    "zh_Hans": {
        "账户": "账号",
        "审核者": "管理员",
        "第二重验证": "两步验证",
        "栏目": "项",
        "「": "“",
        r"[\u4e00-\u9fff],": "，",
    },
    "de": {
        "Besitzer": "Inhaber",
        "aufgehoben": "bleibt erhalten",
        "Jene[rs]? ": "Diese",
        "braucht einen": "brauchst du",
        # Within a sentence these are a formal "you", which readers are not called here.
        r"(?<![.:!?] )(?<!^)\b(Sie|Ihnen|Ihr|Ihre[nmrs]?)\b": "du",  # codespell:ignore
    },
    "ja": {r"[\u3040-\u30ff\u4e00-\u9fff],": "、"},
}


@pytest.mark.parametrize("path", PATHS, ids=name)
def test_one_thing_has_one_name_in_a_language(path: Path) -> None:
    for message in catalogues.sentences(catalogues.read(path)):
        for text in catalogues.texts(message.string):
            for wrong, right in AVOIDED.get(path.stem, {}).items():
                assert not re.search(wrong, text), f"{text}: say {right}"


# Words that only mean something before or behind another: no language could put them in its own order.
FRAGMENTS = frozenset(
    {"and", "as", "at", "by", "for", "from", "in", "of", "on", "or", "since", "to", "with"}
)


@pytest.mark.parametrize("speaker", SPEAKERS, ids=lambda speaker: speaker.folder.name)
def test_every_message_is_a_whole(speaker: Speaker) -> None:
    for message in catalogues.sentences(catalogues.said(speaker)):
        for text in catalogues.texts(message.id):
            first, *others = text.split()
            assert first[0] not in ",;:)", f"{text}: a piece of a sentence"
            assert first not in FRAGMENTS or others, f"{text}: a piece of a sentence"


SAID = """{{ _("Feed") }}{{ ngettext("%(num)s letter is here", "%(num)s letters are here", n) }}
{{ _("Send me a letter about whatever happens on this page, be it large or small, at any hour") }}"""
GERMAN = """# German.
msgid ""
msgstr ""
"Language: de\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "Feed"
msgstr "Abo"

msgid "%(num)s letter is here"
msgid_plural "%(num)s letters are here"
msgstr[0] "%(num)s Brief ist da"
msgstr[1] "%(num)s Briefe sind da"

msgid "Send me a letter about whatever happens on this page, be it large or small, at any hour"
msgstr "Schick mir einen Brief"

msgid "Zzz"
msgstr "Zzz"
"""
E_MAIL = "E-mail me about whatever happens on this page, be it large or small, at any hour"


@pytest.fixture
def speaker(tmp_path: Path) -> Speaker:
    """A theme that says three things, of which German knows all."""
    folder = tmp_path / "theme"
    (folder / "templates").mkdir(parents=True)
    (folder / "translations").mkdir()
    (folder / "templates" / "page.html").write_text(SAID)
    (folder / "translations" / "de.po").write_text(GERMAN)
    return Speaker(folder, (("templates/**.html", "jinja2"),))


@pytest.fixture
def german(speaker: Speaker) -> Path:
    """The German catalogue, after both of its longer sentences were reworded in English."""
    assert list(catalogues.bring_up_to_date(speaker).values()) == [[]]
    page = speaker.folder / "templates" / "page.html"
    page.write_text(SAID.replace("Send me a letter", "E-mail me").replace("letter", "e-mail"))
    return speaker.folder / "translations" / "de.po"


def test_a_reworded_sentence_keeps_its_translation_as_a_hint(
    speaker: Speaker, german: Path
) -> None:
    lacking = {german: [E_MAIL, "%(num)s e-mail is here"]}
    found = catalogues.bring_up_to_date(speaker)
    assert {path: sorted(each) for path, each in found.items()} == {
        path: sorted(each) for path, each in lacking.items()
    }
    text = german.read_text()
    assert 'msgstr "Schick mir einen Brief"' in text
    assert '#| msgid "%(num)s letter is here"\n#| msgid_plural "%(num)s letters are here"' in text
    assert text.count("fuzzy") == 2
    assert "Zzz" not in text
    # Another run, which reads the hints that the first one wrote, loses none and changes nothing.
    assert catalogues.bring_up_to_date(speaker) == found
    assert german.read_text() == text


def test_what_a_translator_has_looked_at_is_no_hint_any_more(
    speaker: Speaker, german: Path
) -> None:
    catalogues.bring_up_to_date(speaker)
    german.write_text(german.read_text().replace("#, fuzzy, python-format", "#, python-format"))
    assert list(catalogues.bring_up_to_date(speaker).values()) == [[E_MAIL]]
    assert "#| msgid_plural" not in german.read_text()


def test_a_sentence_that_is_worded_as_before_again_has_its_translation_again(
    speaker: Speaker, german: Path
) -> None:
    catalogues.bring_up_to_date(speaker)
    page = speaker.folder / "templates" / "page.html"
    page.write_text(page.read_text().replace("large or small", "small or large"))
    assert len(catalogues.bring_up_to_date(speaker)[german]) == 2
    assert "#| msgid" in german.read_text()
    page.write_text(SAID)
    assert catalogues.bring_up_to_date(speaker)[german] == []
    assert "fuzzy" not in german.read_text()
    assert "#|" not in german.read_text()


def test_readers_see_english_where_there_is_only_a_hint(
    speaker: Speaker, german: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalogues.bring_up_to_date(speaker)
    say, count = theme_words.gettext_of(german.parent, "de")
    assert (say("Feed").plain, say(E_MAIL).plain) == ("Abo", E_MAIL)
    assert say(E_MAIL) == f'<span lang="en" dir="ltr">{E_MAIL}</span>'
    told = count("%(num)s e-mail is here", "%(num)s e-mails are here", 2)
    assert told.plain == "2 e-mails are here"
    monkeypatch.setattr(service_i18n, "TRANSLATIONS", german.parent)
    service_i18n._compiled.cache_clear()
    gettext = service_i18n.gettext("de")
    service_i18n._compiled.cache_clear()
    assert (gettext("Feed"), gettext(E_MAIL)) == ("Abo", E_MAIL)


def test_a_sentence_without_a_translation_is_told_and_said_in_english(
    speaker: Speaker, german: Path
) -> None:
    (speaker.folder / "templates" / "new.html").write_text('{{ _("Qx") }}')
    found = catalogues.bring_up_to_date(speaker)
    assert "Qx" in found[german]
    told = catalogues.report(found, speaker.folder.parent)
    assert told.startswith("theme/translations/de.po lacks 3: ")
    assert "Leave it to a translator if you like" in told
    assert theme_words.gettext_of(german.parent, "de")[0]("Qx").plain == "Qx"


def test_one_english_word_in_two_contexts_is_two_words_to_a_translator(
    speaker: Speaker, german: Path
) -> None:
    page = speaker.folder / "templates" / "page.html"
    page.write_text('{{ pgettext("state", "Open") }}{{ pgettext("act", "Open") }}{{ _("Open") }}')
    assert catalogues.bring_up_to_date(speaker)[german].count("Open") == 3
    said = {"state": "Offen", "act": "Öffnen"}
    catalogue = catalogues.read(german)
    for message in catalogues.sentences(catalogue):
        if message.context:
            message.string = said[message.context]
            message.flags.discard("fuzzy")
    catalogues.write(german, catalogue)
    assert catalogues.bring_up_to_date(speaker)[german] == ["Open"]
    found = catalogues.sentences(catalogues.read(german))
    assert {each.context: each.string for each in found if each.context} == said


def test_a_new_language_lacks_everything(speaker: Speaker) -> None:
    found = catalogues.bring_up_to_date(speaker, "pt_BR")
    assert {path.name: len(each) for path, each in found.items()} == {"de.po": 0, "pt_BR.po": 3}
    with pytest.raises(ValueError, match="not a language"):
        catalogues.bring_up_to_date(speaker, "xx_Nowhere")
