"""Checking: everything that would embarrass an author, found before a reader finds it.

The site is built with the settings that readers get, into a folder of its own, in this process; what
would stop a build is written down instead, so that one round tells everything. `sources` looks at
the files, `pages` at what was built, and the plugins say what they always say.

`python -m authoring.check.report --help` tells what it can be asked. It ends with status 1 when
there is anything to correct.
"""

import argparse
import contextlib
import io
import json
import logging
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from blinker import ANY
from pelican import Pelican, signals
from pelican.settings import read_settings

from authoring import progress
from plugins.comments.manifest import Article, Generator, Problem, line_of, plain

from . import check_frontmatter, check_links, external_checks

ROOT = Path(__file__).resolve().parents[2]
TOLD = re.compile(r"^\s*(?P<path>[^\s:][^:\n]*):(?P<line>\d+): (?P<text>.+)$", re.MULTILINE)
UNREAD = "Pelican could not read this"
# What Pelican says about things that are told here with file and line.
ECHOES = re.compile(
    r"Could not process|Unable to find|skipping url replacement|could not be processed|"
    r"There are \d+ |Cannot get modification stamp|Skipping|Duplicate definition|Empty alt",
    re.IGNORECASE,
)
PICTURES = (".avif", ".gif", ".jpeg", ".jpg", ".png", ".webp")
# Ten photographs as a telephone takes them fill a page of this weight; a visitor pays for one.
PICTURE_BYTES = 8_000_000
# What html-validate and axe look at: enough to meet every template, few enough to wait for.
SAMPLE = 8


class Report(NamedTuple):
    """What there is to correct, and what was not looked at, with the reason."""

    problems: list[Problem]
    left_out: list[str]
    looked_at: int

    def __str__(self) -> str:
        lines = [str(problem) for problem in self.problems]
        lines += [f"Left out: {each}" for each in self.left_out]
        count = len(self.problems)
        ending = f"{count} problem{'s' * (count != 1)}" if count else "Nothing to correct"
        files = f"{self.looked_at} article{'s' * (self.looked_at != 1)} and pages"
        return "\n".join([*lines, f"{ending} in {files}."])


class Gathering(logging.Handler):
    """One build that does not stop: what was read, and what was said on the way."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.problems: list[Problem] = []
        self.said: list[str] = []
        self.contents: list[Article] = []
        self.unpublished: list[Article] = []
        self.receivers: list[Callable[[Iterable[Generator]], object]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.hear(record.getMessage())

    def hear(self, text: str) -> None:
        """Take the lines that name a file and a line; keep the rest as it is."""
        found = [Problem(m["path"], int(m["line"]), m["text"]) for m in TOLD.finditer(text)]
        self.problems += found
        if not found and not ECHOES.search(text):
            self.said.append(text.strip())

    def soften(self, _: object) -> None:
        """Take the place of all who may stop a build before it writes."""
        signal = signals.all_generators_finalized
        self.receivers = [each for each in signal.receivers_for(ANY) if callable(each)]
        for receiver in self.receivers:
            signal.disconnect(receiver)
        signal.connect(self.in_turn)

    def in_turn(self, generators: Iterable[Generator]) -> None:
        generators = list(generators)
        for receiver in self.receivers:
            try:
                receiver(generators)
            except Exception as error:
                if not TOLD.search(str(error)):
                    raise
                self.hear(str(error))
        self.note(generators)

    def note(self, generators: list[Generator]) -> None:
        """What will be written; and of two contents for one file only the first, since Pelican
        would stop half way at the second.
        """
        by_name = {type(generator).__name__: generator for generator in generators}
        articles, its_pages = by_name["ArticlesGenerator"], by_name["PagesGenerator"]
        settings = articles.settings
        lists = [
            *(articles.articles, articles.translations),
            *(articles.hidden_articles, articles.hidden_translations),
            *(its_pages.pages, its_pages.translations),
            *(its_pages.hidden_pages, its_pages.hidden_translations),
        ]
        # `images` has told of those that are missing; copying them would stop the build.
        known = articles.context["staticfiles"]
        known[:] = [each for each in known if Path(settings["PATH"], each.source_path).exists()]
        self.unpublished = [
            *chain(articles.drafts, articles.drafts_translations),
            *chain(its_pages.draft_pages, its_pages.draft_translations),
        ]
        taken = owners(articles)
        contents = sorted(chain(*lists), key=lambda content: str(content.source_path))
        if feeds := list(shared_feeds(contents, settings)):
            self.problems += feeds
            for kind in ("CATEGORY", "AUTHOR", "TAG"):
                settings[f"{kind}_FEED_ATOM"] = settings[f"{kind}_FEED_RSS"] = None
        for each in lists:
            for content in list(each):
                other = taken.setdefault(content.save_as, content)
                if other is content:
                    self.contents.append(content)
                    continue
                each.remove(content)
                if isinstance(other, str) or type(other) is not type(content):
                    self.problems.append(collision(content, other))


def shown(path: str | Path) -> str:
    """A path as its author would type it."""
    path = Path(path)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def owners(articles: Generator) -> dict[str, Any]:
    """Which files the site writes by itself, with what each is."""
    settings = articles.settings
    taken: dict[str, Any] = {"": "nothing"}
    for template in settings["DIRECT_TEMPLATES"]:
        name = settings.get(f"{template.upper()}_SAVE_AS", f"{template}.html")
        if name:
            taken[name] = f"the page of all {template}"
    for noun, wrappers in (
        ("tag", articles.tags),
        ("category", [category for category, _ in articles.categories]),
        ("author", [author for author, _ in articles.authors]),
    ):
        for wrapper in wrappers:
            if wrapper.save_as:
                taken.setdefault(wrapper.save_as, f"the page of the {noun} {wrapper.name}")
    taken.pop("")
    return taken


def collision(content: Article, other: Any) -> Problem:
    owner = other if isinstance(other, str) else shown(other.source_path)
    return Problem(
        shown(content.source_path),
        line_of(content.source_path, "slug"),
        f'The slug "{content.slug}" gives it the address of {owner}, and a build would stop half way.'
        " Write another Slug.",
    )


# --- What several articles say together ----------------------------------------------------------


# What a line names, with the beginning of its settings' names.
NAMED = (("tags", "TAG"), ("category", "CATEGORY"), ("authors", "AUTHOR"))


def named(content: Article, key: str) -> list[Any]:
    """The tags, the category or the authors of an article, as a list."""
    found = getattr(content, key, None) or []
    return list(found) if isinstance(found, list | tuple) else [found]


def shared_names(contents: list[Article]) -> Iterator[Problem]:
    """Tags, categories and authors that differ in name and share a page all the same."""
    for key, kind in NAMED:
        first: dict[str, tuple[str, Article]] = {}
        for content in contents:
            for each in named(content, key):
                name, other = first.setdefault(each.slug, (each.name, content))
                if name != each.name:
                    yield Problem(
                        shown(content.source_path),
                        line_of(content.source_path, key),
                        f'{key.capitalize()}: "{each.name}" and "{name}" of'
                        f" {shown(other.source_path)} share the page {each.url or each.slug}."
                        " Write one of them in both, or tell them apart in"
                        f" {kind}_REGEX_SUBSTITUTIONS.",
                    )


def shared_feeds(contents: list[Article], settings: dict[str, Any]) -> Iterator[Problem]:
    """A category and an author of one slug, whose feeds would be one file."""
    first: dict[str, tuple[str, str]] = {}
    for content in contents:
        for key, kind in NAMED:
            for each in named(content, key):
                for form in ("ATOM", "RSS"):
                    name = settings.get(f"{kind}_FEED_{form}")
                    if not name:
                        continue
                    feed = str(name).format(slug=each.slug)
                    owner, other = first.setdefault(feed, (kind, each.name))
                    if owner != kind:
                        yield Problem(
                            shown(content.source_path),
                            line_of(content.source_path, key),
                            f'{key.capitalize()}: "{each.name}" has the feed {feed}, which is also'
                            f' that of the {owner.lower()} "{other}". Rename one, or change {kind}_FEED_{form}.',
                        )


def same_titles(contents: list[Article]) -> Iterator[Problem]:
    first: dict[tuple[str, str], Article] = {}
    for content in contents:
        title = plain(content.title)
        other: Article = first.setdefault((content.lang, title.casefold()), content)
        if other is not content:
            yield Problem(
                shown(content.source_path),
                line_of(content.source_path, "title"),
                f'Title: "{title}" is also that of {shown(other.source_path)}. Readers, feeds and'
                " search engines tell articles apart by it: write another one.",
            )


def heavy_pictures(folder: Path, settings: dict[str, Any]) -> Iterator[Problem]:
    most = settings.get("IMAGES_MAX_BYTES", PICTURE_BYTES)
    for below in settings["STATIC_PATHS"]:
        for path in sorted((folder / below).rglob("*")):
            if path.suffix.lower() in PICTURES and (weight := path.stat().st_size) > most:
                yield Problem(
                    shown(path),
                    1,
                    f"This picture weighs {weight / 1e6:.3g} MB, and whoever opens it loads it whole."
                    f" Save it below {most / 1e6:g} MB, or raise IMAGES_MAX_BYTES.",
                )


# --- What the settings promise --------------------------------------------------------------------


def of_settings(settings: dict[str, Any], path: Path) -> Iterator[Problem]:
    """Settings that would lose a site, or publish what is not meant for readers."""

    def problem(name: str, text: str) -> Problem:
        rows = path.read_text(encoding="utf-8").splitlines()
        line = next((n for n, row in enumerate(rows, 1) if row.startswith(name)), 1)
        return Problem(shown(path), line, text)

    if settings.get("PLUGINS") is None:
        yield problem(
            "PLUGINS",
            "PLUGINS is not set, so that Pelican would load every plugin that is installed."
            " Name those that you want, or write PLUGINS = [].",
        )
    if settings["DELETE_OUTPUT_DIRECTORY"]:
        yield problem(
            "DELETE_OUTPUT_DIRECTORY",
            "DELETE_OUTPUT_DIRECTORY empties the live site before the build: one that fails leaves"
            " none. Set it to False.",
        )
    if settings["WITH_FUTURE_DATES"]:
        yield problem(
            "WITH_FUTURE_DATES",
            "WITH_FUTURE_DATES publishes articles before their date. Set it to False.",
        )
    if settings["DRAFT_SAVE_AS"] or settings["DRAFT_PAGE_SAVE_AS"]:
        yield problem(
            "DRAFT",
            "Drafts would be published below drafts/. Set DRAFT_SAVE_AS and DRAFT_PAGE_SAVE_AS,"
            ' and those with LANG in them, to "".',
        )


# --- The whole ------------------------------------------------------------------------------------


def gathered(settings: dict[str, Any]) -> Gathering:
    """Build the site without stopping at what can be told."""
    gathering = Gathering()
    signals.initialized.connect(gathering.soften)
    logger = logging.getLogger()
    logger.addHandler(gathering)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            Pelican(settings).run()
    except Exception as error:
        gathering.said.append(f"The build stopped. {type(error).__name__}: {error}")
    finally:
        logger.removeHandler(gathering)
        signals.initialized.disconnect(gathering.soften)
        signals.all_generators_finalized.disconnect(gathering.in_turn)
    return gathering


def check(
    path: Path, override: dict[str, Any], *, external: bool = False, quick: bool = False
) -> Report:
    """Everything that can be said of the site whose settings are in `path`."""
    settings = read_settings(str(path), override=override)
    problems = list(of_settings(settings, path))
    if settings.get("PLUGINS") is None:
        return Report(problems, ["everything else, until PLUGINS is set"], 0)
    folder, output = Path(settings["PATH"]), Path(settings["OUTPUT_PATH"])
    with progress.waiting("Building, and looking at every article …"):
        build = gathered(settings)
    everything = sorted(
        [*build.contents, *build.unpublished], key=lambda content: str(content.source_path)
    )
    manifested = {
        str(Path(each.source_path)) for each in everything if type(each).__name__ == "Article"
    }

    files = list(check_frontmatter.articles(folder, settings))
    typed: list[Problem] = []
    for file, page in files:
        of_file = check_frontmatter.problems(file, shown(file), page, settings)
        typed += of_file
    lines = {(each.path, each.line) for each in typed}
    faulty = {each.path for each in typed}
    for each in build.problems:
        if each.text.startswith(UNREAD) and each.path in faulty:
            continue
        # `manifest` knows its own keys, and says the same of their misspellings.
        if "is not a key that is known" in each.text and (each.path, each.line) in lines:
            continue
        problems.append(each)
    problems += typed

    problems += shared_names(everything)
    problems += same_titles(everything)
    problems += heavy_pictures(folder, settings)
    for content in everything:
        problems += check_links.skipped_headings(content, shown(content.source_path))
    left_out: list[str] = []
    if not output.is_dir():
        left_out.append("links and pages, since nothing could be built")
    site = check_links.Site(output, settings["SITEURL"], settings.get("COMMENTS_URL", ""))
    by_file = {each.save_as: (each, shown(each.source_path)) for each in build.contents}
    said = {(each.path, each.line) for each in build.problems}
    broken = check_links.broken_links(site, by_file)
    problems += [each for each in broken if (each.path, each.line) not in said]
    problems += [Problem(shown(path), 1, text) for text in dict.fromkeys(build.said)]
    if external:
        problems += external_checks.dead_links(site, by_file)
    looks: list[external_checks.Found] = [external_checks.spelling(folder)]
    if not quick:
        looked_at = sample(output, by_file)
        looks += [
            external_checks.invalid_html(looked_at, ROOT),
            external_checks.barriers(looked_at, output),
        ]
    for more, missing in looks:
        problems += [each for each in more if (each.path, each.line) not in lines]
        left_out += [missing] if missing else []
    return Report(sorted(set(problems)), left_out, len(files) or len(manifested))


def sample(output: Path, contents: dict[str, tuple[Article, str]]) -> list[Path]:
    """Some built pages: those that lists and templates make, and the newest articles."""
    dated = [name for name, (each, _) in contents.items() if hasattr(each, "date")]
    newest = sorted(dated, key=lambda name: contents[name][0].date, reverse=True)
    wanted = ["index.html", "archives/index.html", "404.html", *newest]
    return [output / name for name in wanted if (output / name).is_file()][:SAMPLE]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--settings", type=Path, default=ROOT / "publishconf.py")
    parser.add_argument(
        "--content", help="the folder of articles, if it is not that of the settings"
    )
    parser.add_argument(
        "--output", help="where to build; without it, a folder that is removed again"
    )
    parser.add_argument("--external", action="store_true", help="follow links to other sites too")
    parser.add_argument("--quick", action="store_true", help="without html-validate and axe")
    parser.add_argument("--json", action="store_true", help="for programs")
    given = parser.parse_args(arguments)
    kept = given.output or tempfile.mkdtemp(prefix="postil-check-")
    try:
        # What an earlier build left there would answer for links that lead nowhere today.
        shutil.rmtree(kept, ignore_errors=True)
        override = {"OUTPUT_PATH": str(Path(kept).resolve())}
        if given.content:
            override["PATH"] = str(Path(given.content).resolve())
        report = check(given.settings, override, external=given.external, quick=given.quick)
    finally:
        if not given.output:
            shutil.rmtree(kept, ignore_errors=True)
            for beside in Path(kept).parent.glob(f"{Path(kept).name}.*"):
                shutil.rmtree(beside) if beside.is_dir() else beside.unlink()
    if given.json:
        print(json.dumps([each._asdict() for each in report.problems], ensure_ascii=False))
    else:
        print(report)
    return bool(report.problems)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
