"""Skip pages: whether a page is as it was in the build before, told without rendering it.

`Site.stands` decides; `render_pages` asks it of each page, and renders what does not stand.

What a page depends on is not guessed but seen, while it is rendered (`reads`): attributes of articles,
values that templates look up by their names, parts of lists. A page is as it was if it was handed the
same and if all that it asked for is as it was. So another title renders the pages that show it, and no
other. Settings, templates and programs are no such question: where one of them has changed, every page
is rendered.

Of each article the hash of all that is known of it is kept, and what the hash stands for in the build
cache: of one that has changed it is then told in what. Where that is forgotten, in everything. What
cannot be written down, such as an object that nobody knows here, is another in every build.

A template that shows the time of day, or chance, is beyond this; such a site says
`WRITE_ONLY_CHANGES = False`.
"""

import importlib.metadata
import platform
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypedDict

from jinja2 import Environment

import formats.files
from formats import http_headers
from plugins import quick_json

from . import build_cache, fingerprints, reads

VERSION = 1  # of what is kept: anything else renders every page
# What differs from page to page, or is no part of what a page shows.
NOT_THE_SITE, STATIC = {"localsiteurl"}, "staticfiles"
# Where Python, and `template_code`, keep code.
CODE = "__pycache__"
# Questions that pages ask: of the blog's lists, of those that were handed to one page, of all that there is.
LISTED, GIVEN, EVERYTHING = "list ", "given ", "everything"
# One that is answered differently in each build.
NEVER = "never"
PROGRAMS = ("pelican", "Jinja2", "MarkupSafe", "Babel", "feedgenerator")


class Page(TypedDict):
    """What is known of a page that was rendered: what it depends on, and its files as they are.

    `asked` and each first number of `read` say which questions or attributes, the other numbers of which
    articles; `lists` has the answers of those that were handed to this page alone.
    """

    key: str
    asked: int
    read: list[list[int]]
    lists: dict[str, str | None]
    files: dict[str, list[int]]


def packages(settings: dict[str, Any]) -> list[str]:
    """Those that the plugins of a site are in, this one, and what all of ours stand on."""
    names = (__name__, http_headers.__name__, *settings["PLUGINS"])
    return sorted({name.partition(".")[0] for name in names})


def folder(path: Path) -> list[Any]:
    """Every file of a folder as it is now, but for the code that is made of what lies there."""
    found = formats.files.stamps(path).items()
    return sorted([name, stamp] for name, stamp in found if CODE not in name.split("/"))


def made_by(settings: dict[str, Any]) -> str:
    """All settings and programs that pages are made by; raises Unhashable."""
    return fingerprints.Fingerprints().of(
        {key: value for key, value in settings.items() if key not in NOT_THE_SITE},
        platform.python_version(),
        [importlib.metadata.version(name) for name in PROGRAMS],
        [build_cache.program(package) for package in packages(settings)],
    )


def ordered(key: str, value: Any) -> Any:
    """These are in the order of a set, which is another in every process."""
    if key in reads.FILES:
        return sorted(value.items())
    return sorted(value, key=lambda static: str(static.source_path)) if key == STATIC else value


class Site:
    """All that pages may ask for, as of the moment when the first of them is to be written.

    `before` is what `record` said at the end of the build before.
    """

    def __init__(
        self, context: dict[str, Any], settings: dict[str, Any], before: dict[str, Any]
    ) -> None:
        self.context, self.cache = context, build_cache.of(settings)
        self.fingerprints = fingerprints.Fingerprints()
        # Settings are shown in ways that cannot be noted: by what a plugin has made of them.
        self.own = {
            key: value
            for key, value in context.items()
            if key not in NOT_THE_SITE and not (key in settings and settings[key] is value)
        }
        self.labels = {
            id(value): f"{LISTED}{key}" for key, value in self.own.items() if type(value) is list
        }
        folders = [settings["THEME"], *settings["THEME_TEMPLATES_OVERRIDES"]]
        folders += [
            settings[name] for name in ("COMMENTS_EMBED", "ROOT_FILES") if settings.get(name)
        ]
        self.digest = self.fingerprints.of(
            VERSION, made_by(settings), [folder(Path(each)) for each in folders]
        )
        if before.get("digest") != self.digest:
            before = {"contents": [], "patterns": [], "answers": {}}
        self.told = {key: self.tellable(ordered(key, value)) for key, value in self.own.items()}
        texts = self.facts_of_all()
        self.facts = {name: known for name, (_, known) in texts.items()}
        self.everything = self.fingerprints.of(
            sorted(self.told.items()), sorted(self.facts.values())
        )
        self.patterns = fingerprints.Table(before["patterns"])
        self.numbers: dict[str, int] = {}
        self.changed: dict[int, set[str] | None] = {}
        self.compare(before["contents"], texts)
        self.by_id = {
            id(content): self.numbers[self.fingerprints.name(content)]
            for content in self.fingerprints.contents.values()
        }
        self.environments: dict[int, tuple[Environment, str]] = {}
        self.untellable: set[str] = set()
        self.answers: dict[str, str | None] = {}
        other = {each for each, was in before["answers"].items() if self.answer(each) != was}
        self.stale = {
            number
            for number in range(len(self.patterns.values))
            if other and not other.isdisjoint(self.patterns.at(number))
        }
        self.watch()

    def tellable(self, value: Any) -> str:
        """A fingerprint; of what nobody knows, one that is another each time."""
        try:
            return self.fingerprints.of(value)
        except build_cache.Unhashable:
            return secrets.token_hex(16)

    def facts_of_all(self) -> dict[str, tuple[str, str]]:
        """What is known of each article that can be found from here, by its name: as text, and its hash."""
        found: dict[str, tuple[str, str]] = {}
        told: set[int] = set()
        # What is known of an article may name others, of which then is to be told as well.
        while waiting := [c for i, c in self.fingerprints.contents.items() if i not in told]:
            told.update(map(id, waiting))
            for content in waiting:
                text = self.fingerprints.text(fingerprints.known_of(content))
                found[self.fingerprints.name(content)] = (text, fingerprints.hashed(text))
        return found

    def compare(self, before: list[list[str] | None], texts: dict[str, tuple[str, str]]) -> None:
        """Number all articles, as before where they were there, and see what has changed of each."""
        free = []
        for number, known in enumerate(before):
            name, was = known or ("", "")
            if name not in self.facts:
                free.append(number)
                self.changed[number] = None
                continue
            self.numbers[name] = number
            text, now = texts[name]
            if now != was:
                kept = self.cache.get(was)
                self.changed[number] = (
                    fingerprints.differing(quick_json.loads(kept), quick_json.loads(text))
                    if kept
                    else None
                )
        for name in sorted(self.facts.keys() - self.numbers.keys()):
            self.numbers[name] = free.pop() if free else len(self.numbers)
        was_known = {known[1] for known in before if known}
        for text, now in texts.values():
            if now not in was_known:
                self.cache.put(now, text)

    def watch(self) -> None:
        """See what is asked of each article from here on."""
        looked: dict[int, reads.Looked] = {}
        for content in self.fingerprints.contents.values():
            real = content._context
            if not isinstance(real, reads.Looked):
                reads.watch(content, looked.setdefault(id(real), reads.Looked(real)))

    def answer(self, question: str) -> str | None:
        """What the blog as it is now answers to a question that a page asked; None is nothing."""
        if question not in self.answers:
            self.answers[question] = self.answered(question)
        return self.answers[question]

    def answered(self, question: str) -> str | None:
        kind, _, asked = question.partition(" ")
        if question == EVERYTHING:
            return self.everything
        if question == NEVER:
            return secrets.token_hex(16)
        if kind == reads.PATH:
            table, _, path = asked.partition(" ")
            found = self.context.get(table, {}).get(path)
            return None if found is None else self.fingerprints.name(found)
        if kind == reads.NAME:
            return self.told.get(asked)
        name, _, part = asked.partition(" ")
        value = self.own.get(name)
        if not isinstance(value, list):
            return None
        return self.tellable(reads.asked(value, part)) if part else self.told[name]

    # --- Pages ------------------------------------------------------------------------------------

    def given(self, context: Any, more: dict[str, Any]) -> dict[str, Any]:
        """All that is handed to one page, and is not the blog's."""
        if context is self.context:
            return more
        own = self.context
        return {k: v for k, v in context.items() if k not in own or own[k] is not v} | more

    def key(self, what: str, given: dict[str, Any], environment: Environment | None = None) -> str:
        """All that is handed to this page alone, but the lists, of which it may ask; raises Unhashable."""
        told = {
            name: value
            for name, value in given.items()
            if type(value) is not list and name not in NOT_THE_SITE
        }
        return self.fingerprints.of(self.digest, what, told, self.globals_of(environment))

    def globals_of(self, environment: Environment | None) -> str:
        """The plain values among the globals of templates; functions are known by their programs."""
        if environment is None:
            return ""
        known = self.environments.get(id(environment))
        if known is None or known[0] is not environment:
            reads.see(environment)
            told = {}
            for name, value in environment.globals.items():
                if not callable(value):
                    try:
                        told[name] = self.fingerprints.of(value)
                    except build_cache.Unhashable:
                        self.untellable.add(name)
            known = self.environments[id(environment)] = environment, self.fingerprints.of(told)
        return known[1]

    def lists(self, given: dict[str, Any]) -> dict[int, str]:
        """The labels of all lists that a page may ask, those that are handed to it alone among them."""
        own = {id(v): f"{GIVEN}{name}" for name, v in given.items() if type(v) is list}
        return own | self.labels

    def read(self, notes: reads.Notes, given: dict[str, Any]) -> dict[str, Any]:
        """What was noted of a page, so that another process can tell it."""
        attributes: dict[int, list[str]] = {}
        questions: set[str] = set()
        lists: dict[str, str | None] = {}
        for kind, what in notes:
            if isinstance(kind, int):
                if (number := self.by_id.get(kind)) is not None and (
                    what not in fingerprints.NOT_HASHED
                    and (not what.startswith("__") or what == "__dict__")
                ):
                    attributes.setdefault(number, []).append(what)
            elif kind.startswith(GIVEN) and what == reads.THERE:
                pass  # So its page would be handed something else.
            elif kind.startswith(GIVEN):
                name = kind.removeprefix(GIVEN)
                question = f"{name} {what}"
                lists[question] = self.listed(question, given)
            elif kind == reads.EVERYTHING[0]:
                questions.add(EVERYTHING)
            elif kind == reads.NAME:
                # Settings are in the digest, and what a page was given in its key.
                if what in self.untellable and what not in given and what not in self.context:
                    questions.add(NEVER)
                elif what not in given and (what in self.own or what not in self.context):
                    questions.add(f"{kind} {what}")
            else:
                questions.add(f"{kind} {what}" if "\n" not in what else NEVER)
        shared: dict[str, list[int]] = {}
        for number, names in attributes.items():
            shared.setdefault("\n".join(sorted(names)), []).append(number)
        return {"asked": "\n".join(sorted(questions)), "lists": lists, "read": shared}

    def page(self, key: str, told: dict[str, Any], files: Iterable[str]) -> Page:
        """A page as it is kept, of what `read` told."""
        for question in told["asked"].split("\n") if told["asked"] else ():
            self.answer(question)
        return {
            "key": key,
            "asked": self.patterns.number(told["asked"]),
            "lists": told["lists"],
            "read": [
                [self.patterns.number(p), *sorted(n)] for p, n in sorted(told["read"].items())
            ],
            "files": {name: [] for name in files},
        }

    def stands(self, page: Page | None, key: str, given: dict[str, Any], output: Path) -> bool:
        """Whether a page of the last build would ask the same and get the same, and is still there."""
        return (
            page is not None
            and page["key"] == key
            and page["asked"] not in self.stale
            and not (self.changed and any(map(self.differs, page["read"])))
            and all(self.listed(each, given) == was for each, was in page["lists"].items())
            and all(
                fingerprints.as_it_is(f"{output}/{name}") == stat
                for name, stat in page["files"].items()
            )
        )

    def differs(self, read: list[int]) -> bool:
        pattern, *numbers = read
        for number in numbers:
            if number in self.changed:
                found = self.changed[number]
                if found is None or not found.isdisjoint(self.patterns.at(pattern)):
                    return True
        return False

    def listed(self, question: str, given: dict[str, Any]) -> str | None:
        name, _, what = question.partition(" ")
        value = given.get(name)
        # A page of a list is asked for the articles on it.
        value = getattr(value, "object_list", value)
        return self.tellable(reads.asked(value, what)) if isinstance(value, list) else None

    def record(self, pages: dict[str, Page]) -> dict[str, Any]:
        """What the next build is to know of this one."""
        contents: list[list[str] | None] = [None] * (max(self.numbers.values(), default=-1) + 1)
        for name, number in self.numbers.items():
            contents[number] = [name, self.facts[name]]
        of_pages = {page["asked"] for page in pages.values()}
        of_articles = {read[0] for page in pages.values() for read in page["read"]}
        asked = {question for number in of_pages for question in self.patterns.at(number)}
        return {
            "digest": self.digest,
            "contents": contents,
            "patterns": self.patterns.used(of_pages | of_articles),
            "answers": {question: self.answer(question) for question in sorted(asked - {""})},
            "pages": pages,
        }
