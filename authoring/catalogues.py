"""The translators' catalogues of the service, the theme and the plugins: what waits for a translation, and its hints.

The sources are read as text, and nothing of the service is imported. A sentence that was reworded
keeps its translations as hints, marked fuzzy with the old English beside them (`#| msgid`): editors
for `.po` files show the difference, and readers see the English until somebody has looked.
"""

from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from babel import Locale, UnknownLocaleError
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

KEYWORDS = {
    **{"_": None, "gettext": None, "ngettext": (1, 2), "Message": None},
    "pgettext": ((1, "c"), 2),
}
# Low, since a hint that does not fit costs a glance, and a good one that is missing a translation.
ALIKE = 0.4


class Speaker(NamedTuple):
    """A part of Postil that speaks to people: where its sentences stand, and how to read them there."""

    folder: Path
    methods: tuple[tuple[str, str], ...]

    @property
    def catalogues(self) -> list[Path]:
        return sorted((self.folder / "translations").glob("*.po"))


def speakers(root: Path) -> tuple[Speaker, ...]:
    """The service, the theme, and the plugins, which say a few words whatever the theme is."""
    return (
        Speaker(root / "comments_service", (("templates/**", "jinja2"), ("**.py", "python"))),
        Speaker(root / "theme", (("templates/**.html", "jinja2"),)),
        Speaker(root / "plugins", (("**.py", "python"),)),
    )


def said(speaker: Speaker) -> Catalog:
    """Every sentence of today, with the files that say it."""
    found = Catalog()
    for name, _line, message, notes, context in extract_from_dir(
        speaker.folder, method_map=speaker.methods, keywords=KEYWORDS
    ):
        where = [(Path(name).as_posix(), 0)]
        found.add(message, locations=where, auto_comments=notes, context=context)
    return found


def sentences(catalogue: Catalog) -> Iterator[Message]:
    """The messages of a catalogue without its header, which is a message too."""
    return (message for message in catalogue if message.id)


def texts(string: object) -> tuple[str, ...]:
    """The one text of a message, or those of its plural forms."""
    return tuple(string) if isinstance(string, tuple | list) else (str(string or ""),)


def lacking(catalogue: Catalog) -> list[str]:
    """What readers of the language see in English: without a translation, or with a mere hint."""
    return [
        texts(message.id)[0]
        for message in sentences(catalogue)
        if message.fuzzy or not all(texts(message.string))
    ]


def read(path: Path) -> Catalog:
    """A catalogue. Babel takes the old English of a hint for a translator's comment: it is put right."""
    with path.open("rb") as file:
        catalogue = read_po(file, locale=path.stem)
    for message in sentences(catalogue):
        old = [line[1:].strip() for line in message.user_comments if line.startswith("|")]
        message.user_comments = [line for line in message.user_comments if line[:1] != "|"]
        if old and message.fuzzy:
            plural = any(line.startswith("msgid_plural") for line in old)
            hint = read_po([*old, 'msgstr[0] ""' if plural else 'msgstr ""'])
            message.previous_id = [*texts(next(sentences(hint)).id)]
    return catalogue


def update(catalogue: Catalog, today: Catalog) -> None:
    """Give a catalogue the sentences of today; one that is gone leaves a hint to what is like it."""
    before = {(message.id, message.context): message for message in sentences(catalogue)}
    gone = {}
    for message in before.values():
        if today.get(message.id, message.context) is None and all(texts(message.string)):
            # What is a hint itself translates an older sentence, which may be said again.
            english = tuple(message.previous_id) or texts(message.id)
            gone[english[0]] = english, message.string
    # Not the clock's time: the same sentences give the same file.
    today.creation_date = catalogue.creation_date
    catalogue.update(today, no_fuzzy_matching=True)
    for message in sentences(catalogue):
        if known := before.get((message.id, message.context)):
            message.previous_id = known.previous_id
            continue
        for like in get_close_matches(texts(message.id)[0], gone, 1, ALIKE):
            english, translation = gone[like]
            if len(english) == len(texts(message.id)):
                message.string = translation
                if english != texts(message.id):
                    message.previous_id = [*english]
                    message.flags.add("fuzzy")


def write(path: Path, catalogue: Catalog) -> None:
    with path.open("wb") as file:
        write_po(
            file,
            catalogue,
            width=100,
            include_lineno=False,
            ignore_obsolete=True,
            include_previous=True,
        )


def bring_up_to_date(speaker: Speaker, new: str = "") -> dict[Path, list[str]]:
    """Give every catalogue the sentences of today; answers with what each lacks.

    `new` starts one, named as Babel names languages (`pt_BR`). Raises ValueError for no language.
    """
    started = speaker.folder / "translations" / f"{new}.po"
    if new and not started.exists():
        try:
            write(started, Catalog(locale=Locale.parse(new)))
        except (UnknownLocaleError, ValueError):
            raise ValueError(f"{new} is not a language: write one such as de or pt_BR") from None
    found, today = {}, said(speaker)
    for path in speaker.catalogues:
        catalogue = read(path)
        update(catalogue, today)
        write(path, catalogue)
        found[path] = lacking(catalogue)
    return found


def report(found: dict[Path, list[str]], root: Path) -> str:
    """What the catalogues lack, for somebody who may not speak their languages."""
    lines = [
        f"{path.relative_to(root)} lacks {len(each)}: {'; '.join(each)}"
        for path, each in found.items()
        if each
    ]
    if not lines:
        return "Every catalogue is complete."
    return "\n".join(
        [*lines, "Leave it to a translator if you like: until then readers see the English."]
    )
