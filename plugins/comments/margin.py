"""Margin: marks the passages that readers have noted, in the page of their article and nowhere else.

A note is a comment with a passage, the words of the article that it is about (`formats/passages`). The
first page of a thread's snapshot, as JSON, names all notes of the thread; `bake` hands them to the
article as `margin_notes`. The filter `noted` then puts into the text, on its way into the page,

    <mark class="postil-mark" id="at-17">the words</mark><a class="postil-at" href="#comment-17" …>1</a>

The article's own text, which feeds, summaries and the search have, stays as it was. Whose note it is, is
taken from the baked comments and nowhere else, so that `formats/bake` can renew it with them.

A note whose words are gone marks nothing: it stays a comment that quotes, and the build says so, as it
asks about one that fits two places. Only where a text or its notes have changed is anything looked for,
and a snapshot is read again only when it is another file.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from markupsafe import Markup, escape
from pelican import signals

from formats import bake, passages, snapshots
from formats.files import Stamp
from formats.passages import Passage, Text
from plugins import files
from plugins.gettext import Said, gettext_of
from plugins.incremental import build_cache
from plugins.site import Article, Generator, Pelican, as_typed

logger = logging.getLogger(__name__)

TRANSLATIONS = Path(__file__).parents[1] / "translations"
COMMAND = ".venv/bin/flask comments anchor"
# So much of a passage names it to whoever hears a number, or reads a message.
NAMED_CHARACTERS = 48


class Note(NamedTuple):
    """A comment and its passage."""

    id: int
    passage: Passage


class Place(NamedTuple):
    """Words of the text that are noted, and by which comments, the first of them first."""

    start: int
    end: int
    ids: list[int]


class Lost(NamedTuple):
    """A note that is shown at no place: as many as there are fit it."""

    id: int
    exact: str
    fitting: list[str]


# --- Which notes there are ------------------------------------------------------------------------


class Reading:
    """The notes of a site's threads, of which a snapshot is read only when it is another file."""

    def __init__(self, settings: dict[str, Any], there: Mapping[str, Stamp] | None = None) -> None:
        self.folder = Path(settings.get("COMMENTS_PUBLISHED", "published"), "threads")
        self.record = files.record(settings, "margin")
        self.there = there
        self.program = build_cache.key(
            build_cache.program(__name__), build_cache.program(passages.__name__)
        )
        before = files.read_record(self.record)
        self.before = before if before.get("program") == self.program else {}
        self.read: dict[str, list[Any]] = {}
        self.looked: dict[str, list[Any]] = {}

    def of(self, article: Article) -> list[Note]:
        """The notes on this article, in its language, as they are published now."""
        if not article.thread or not getattr(article, "takes_notes", True):
            return []
        lang = article.lang.lower()
        for name in (
            snapshots.file_name(article.thread, lang, kind="json"),
            snapshots.file_name(article.thread, kind="json"),
        ):
            if self.there is None or name in self.there:
                found = self.of_file(name)
                if found is not None:
                    return [note for note in found if note.passage.lang.lower() in ("", lang)]
        return []

    def of_file(self, name: str) -> list[Note] | None:
        """What a snapshot says; None where it is none."""
        if name not in self.read:
            stamp = self.there[name] if self.there is not None else None
            known = self.before.get("read", {}).get(name)
            if stamp is None or known is None or known[0] != stamp:
                known = [stamp, notes_in(self.folder / name)]
            self.read[name] = known
        notes = self.read[name][1]
        return None if notes is None else [Note(each[0], Passage(*each[1])) for each in notes]

    def lost(self, article: Article) -> list[Lost]:
        """Which notes of an article are shown at no place; told again without looking where nothing changed."""
        if not article.margin_notes or hasattr(article, "_get_content"):
            return []
        text = str(article._content)
        source = str(article.source_path)
        key = hashlib.sha256(f"{text}\0{json.dumps(article.margin_notes)}".encode()).hexdigest()
        known = self.before.get("looked", {}).get(source)
        if known is None or known[0] != key:
            known = [key, lost(passages.text_of(text), article.margin_notes)]
        self.looked[source] = known
        return [Lost(*each) for each in known[1]]

    def keep(self) -> None:
        """Write down what was found, where there is anything to tell the next build."""
        if self.read or self.before:
            kept = {"program": self.program, "read": self.read, "looked": self.looked}
            files.write_record(self.record, kept)


def notes_in(path: Path) -> list[Note] | None:
    """All notes that a snapshot names, in reading order."""
    try:
        data = path.read_bytes()
        # Most threads have none, and need not be taken apart for that.
        found = json.loads(data).get("notes", []) if b'"notes"' in data else []
        return [
            Note(int(each["id"]), passage)
            for each in found
            if (passage := passages.read(each["passage"]))
        ]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        logger.warning("%s is not used: %s. Publish it again.", path, error)
        return None


def lost(text: Text, notes: Iterable[Note]) -> list[Lost]:
    found = []
    for number, passage in notes:
        places = passages.places(passage, text)
        if len(places) != 1:
            around = [text.words[max(0, p.start - 24) : p.end + 24] for p in places]
            found.append(Lost(number, passages.cleaned(passage.exact), around))
    return found


# --- What a page shows ----------------------------------------------------------------------------


def places_of(text: Text, notes: Iterable[Note]) -> list[Place]:
    """Where notes stand, in reading order; those on the same words share a place."""
    found: dict[tuple[int, int], Place] = {}
    for number, passage in notes:
        at = passages.find(passage, text)
        if at:
            place = found.setdefault((at.start, at.end), Place(at.start, at.end, []))
            place.ids.append(number)
    return sorted(found.values())


def marked(html: str, text: Text, places: list[Place], links: list[str]) -> str:
    """The text with its places marked, and behind each its link; marks never nest and never hold a tag.

    Where one place begins or ends within another, the mark ends and begins anew.
    """
    depths: dict[int, int] = {}
    names: dict[int, list[int]] = {}
    behind: dict[int, list[str]] = {}
    for place, link in zip(places, links, strict=True):
        runs = text.runs(place.start, place.end)
        for run in runs:
            depths[run.start] = depths.get(run.start, 0) + 1
            depths[run.end] = depths.get(run.end, 0) - 1
        names.setdefault(runs[0].start, []).extend(place.ids)
        behind.setdefault(text.after(place.end), []).append(link)
    made: list[str] = []
    past = depth = 0
    for at in sorted({*depths, *behind}):
        made += [html[past:at], "</mark>" if depth else "", *behind.get(at, ())]
        depth += depths.get(at, 0)
        made.append(opened(names.get(at, [])) if depth else "")
        past = at
    return "".join([*made, html[past:]])


def opened(ids: list[int]) -> str:
    """A mark's beginning; an element has one id, and what else begins here gets an element of its own."""
    own = f' id="at-{ids[0]}"' if ids else ""
    more = "".join(f'<span id="at-{each}"></span>' for each in ids[1:])
    return f'<mark class="postil-mark"{own}>{more}'


def noted(html: str, article: Article) -> str:
    """The filter of templates: the text of an article with what is noted of it."""
    notes = getattr(article, "margin_notes", None)
    if not notes:
        return html
    text = passages.text_of(html)
    places = places_of(text, notes)
    fragment = str(article.comments_fragment or "")
    spoken = numbers(article, text, bake.names(fragment.encode()))
    return marked(html, text, places, [spoken(n, place) for n, place in enumerate(places, 1)])


def numbers(article: Article, text: Text, names: Mapping[int, str]) -> Callable[[int, Place], str]:
    """How the link behind a passage is written: a number, by its name whose note it is, and on what."""
    _, ngettext = gettext_of(TRANSLATIONS, article.lang.lower())
    service = escape(f"{article.settings['COMMENTS_URL']}threads/{article.thread}")

    def link(number: int, place: Place) -> str:
        first, more = place.ids[0], len(place.ids) - 1
        said = {"words": short(text.words[place.start : place.end])}
        if first in names:
            href = f"#comment-{first}"
            name = f"{bake.NAME_BEGINS}{names[first]}{bake.NAME_ENDS}"
            said["name"] = Markup(name)  # noqa: S704 - as the service escaped it
        else:
            # On a further page of the thread, which the service knows.
            lang = escape(article.lang.lower())
            href = f"{service}?comment={first}&amp;lang={lang}#comment-{first}"
        label = spoken(more, said)
        return f'<a class="postil-at" href="{href}" aria-label="{label.plain}">{number}</a>'

    def spoken(more: int, said: dict[str, str]) -> Said:
        if "name" not in said:
            if not more:
                return _("Note on “%(words)s”", **said)
            return ngettext(
                "%(num)s note on “%(words)s”", "%(num)s notes on “%(words)s”", more + 1, **said
            )
        if not more:
            return _("Note by %(name)s on “%(words)s”", **said)
        return ngettext(
            "Notes by %(name)s and %(num)s other on “%(words)s”",
            "Notes by %(name)s and %(num)s others on “%(words)s”",
            more,
            **said,
        )

    return link


def short(words: str) -> str:
    """How a passage begins, without the signs by which a name is known."""
    words = "".join(each for each in words if each.isprintable())
    if len(words) <= NAMED_CHARACTERS:
        return words
    cut = words[:NAMED_CHARACTERS]
    return (cut.rpartition(" ")[0] or cut) + "…"


# --- What an author is told -----------------------------------------------------------------------


def told(article: Article, found: list[Lost]) -> list[str]:
    """The notes that need a word of the author's, in sentences with a command."""
    if not found:
        return []
    name = as_typed(article.source_path)
    gone = [each for each in found if not each.fitting]
    said = []
    if gone:
        many = len(gone) != 1
        listed = ", ".join(f'"{short(each.exact)}" (comment {each.id})' for each in gone)
        said.append(
            f"{name}: {len(gone)} note{'s' * many} no longer find{'s' * (not many)}"
            f" {'their' if many else 'its'} words: {listed}. In the comments"
            f" {'they stand' if many else 'it stands'} with"
            f" {'their quotations' if many else 'its quotation'}. To mark other words:"
            f' {COMMAND} {gone[0].id} "the words now"'
        )
    for each in found:
        if each.fitting:
            listed = "; ".join(f"“…{printable(words)}…”" for words in each.fitting[:4])
            said.append(
                f"{name}: the note of comment {each.id} fits {len(each.fitting)} places:"
                f' {listed}. Say which: {COMMAND} {each.id} "more words around"'
            )
    return said


def printable(words: str) -> str:
    return "".join(each for each in words if each.isprintable())


# What a build found, until it has come to its end: by output folder.
_found: dict[str, list[str]] = {}


def gather(
    articles: Iterable[Article], settings: dict[str, Any], there: Mapping[str, Stamp]
) -> None:
    """Give each article its notes, once its comments are read; find out whose words are gone."""
    reading = Reading(settings, there)
    said = []
    for article in articles:
        article.margin_notes = reading.of(article)
        said.append(told(article, reading.lost(article)))
    reading.keep()
    _found[settings["OUTPUT_PATH"]] = list(chain.from_iterable(said))


def renew(article: Article) -> None:
    """The notes of a text that was saved since, and what there is to say of them."""
    reading = Reading(article.settings)
    article.margin_notes = reading.of(article)
    for line in told(article, reading.lost(article)):
        logger.warning("%s", line)


def finish(pelican: Pelican) -> None:
    for line in _found.pop(pelican.settings["OUTPUT_PATH"], ()):
        logger.warning("%s", line)


def offer(generator: Generator) -> None:
    generator.env.filters["noted"] = noted


def register() -> None:
    signals.generator_init.connect(offer)
    signals.finalized.connect(finish)
