"""Every language of the interface says everything, and says it with the same holes."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from comments_service import i18n

PATHS = sorted(i18n.TRANSLATIONS.glob("*.po"))
HOLE = re.compile(r"%\(\w+\)s|\{\w+[^}]*\}|</?\w+[^>]*>")


def catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.stem)


def texts(strings: object) -> tuple[str, ...]:
    return strings if isinstance(strings, tuple) else (str(strings),)


def test_there_is_a_catalogue() -> None:
    assert "zh_Hans" in [path.stem for path in PATHS]


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_catalogue_has_every_message_and_no_other(path: Path) -> None:
    wanted = {message.id for message in i18n.messages() if message.id}
    assert wanted == {message.id for message in catalogue(path) if message.id}


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_translation_keeps_what_is_filled_in_later(path: Path) -> None:
    for message in catalogue(path):
        if message.id:
            assert not message.fuzzy, message.id
            assert all(texts(message.string)), message.id
            holes = sorted(HOLE.findall(texts(message.id)[-1]))
            for text in texts(message.string):
                assert sorted(HOLE.findall(text)) == holes, message.id


def test_bringing_a_catalogue_up_to_date_adds_what_is_new_and_drops_what_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "zh_Hans.po"
    path.write_bytes((i18n.TRANSLATIONS / "zh_Hans.po").read_bytes())
    monkeypatch.setattr(i18n, "TRANSLATIONS", tmp_path)
    assert i18n.bring_up_to_date() == []
    before = path.read_text(encoding="utf-8")
    assert i18n.bring_up_to_date() == []
    assert path.read_text(encoding="utf-8") == before
    renamed = before.replace('msgid "Undo"', 'msgid "Nobody says this"')
    path.write_text(renamed, encoding="utf-8")
    assert i18n.bring_up_to_date() == ["zh_Hans.po: Undo"]
    assert "Nobody says this" not in path.read_text(encoding="utf-8")
