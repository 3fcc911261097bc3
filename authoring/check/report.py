"""Report: runs every check of a blog, gathers what they find, and tells it by file and line.

The site is built with the settings that readers get, into a folder of its own (`lenient_build`).
`check_settings`, `check_frontmatter` and `check_duplicates` look at what was written, `check_links` at
what was built, `external_checks` asks other programs and other sites, and the plugins say what they
always say.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from authoring import blog_settings, progress
from authoring.blog import PICTURE_BYTES, PICTURES, shown
from plugins import files
from plugins.comments import follow
from plugins.comments.follow import Followed
from plugins.site import Article, Problem

from . import (
    check_duplicates,
    check_frontmatter,
    check_links,
    check_settings,
    external_checks,
    lenient_build,
)

ROOT = Path(__file__).resolve().parents[2]
UNREAD = "Pelican could not read this"
# What html-validate and axe look at: enough to meet every template, few enough to wait for.
SAMPLE = 8


class Report(NamedTuple):
    """What there is to correct, and what was not looked at, with the reason."""

    problems: list[Problem]
    left_out: list[str]
    looked_at: int
    # Whose comments stay with another slug.
    followed: list[Followed] = []  # noqa: RUF012 - never changed
    # What readers' notes ask of the author; nobody has to answer before the blog is published.
    remarks: list[str] = []  # noqa: RUF012 - never changed

    def __str__(self) -> str:
        lines = [*map(str, self.problems), *self.remarks]
        lines += [f"Left out: {each}" for each in self.left_out]
        count = len(self.problems)
        ending = f"{count} problem{'s' * (count != 1)}" if count else "Nothing to correct"
        files = f"{self.looked_at} article{'s' * (self.looked_at != 1)} and pages"
        return "\n".join([*lines, f"{ending} in {files}."])


def heavy_pictures(folder: Path, settings: dict[str, Any]) -> Iterator[Problem]:
    most = settings.get("IMAGES_MAX_BYTES", PICTURE_BYTES)
    for below in settings["STATIC_PATHS"]:
        for path in files.of_folder(folder / below):
            if path.suffix.lower() in PICTURES and (weight := path.stat().st_size) > most:
                yield Problem(
                    shown(path),
                    1,
                    f"This picture weighs {weight / 1e6:.3g} MB, and whoever opens it loads it whole."
                    f" Save it below {most / 1e6:g} MB, or raise IMAGES_MAX_BYTES.",
                )


def check(
    path: Path, override: dict[str, Any], *, external: bool = False, quick: bool = False
) -> Report:
    """Everything that can be said of the site whose settings are in `path`."""
    settings = blog_settings.read(path, **override)
    problems = list(check_settings.problems(settings, path))
    if settings.get("PLUGINS") is None:
        return Report(problems, ["everything else, until PLUGINS is set"], 0)
    if blog_settings.wrong(settings):
        return Report(problems, ["everything else, until the settings are right"], 0)
    folder, output = Path(settings["PATH"]), Path(settings["OUTPUT_PATH"])
    with progress.waiting("Building, and looking at every article …"):
        build = lenient_build.build(settings)
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

    problems += check_duplicates.shared_names(everything)
    problems += check_duplicates.same_titles(everything)
    problems += heavy_pictures(folder, settings)
    for content in everything:
        problems += check_links.skipped_headings(content, shown(content.source_path))
    left_out: list[str] = []
    if not output.is_dir():
        left_out.append("links and pages, since nothing could be built")
    site = check_links.Site(output, settings["SITEURL"], settings.get("COMMENTS_URL", ""))
    shared = [each for each in build.unpublished if hasattr(each, "shared_until")]
    by_file = {each.save_as: (each, shown(each.source_path)) for each in (*build.contents, *shared)}
    said = {(each.path, each.line) for each in build.problems}
    broken = check_links.broken_links(site, by_file)
    problems += [each for each in broken if (each.path, each.line) not in said]
    problems += [Problem(shown(path), 1, text) for text in dict.fromkeys(build.said)]
    if external:
        problems += external_checks.dead_links(site, by_file)
    langs = {shown(each.source_path): str(each.lang) for each in everything}
    looks = [external_checks.spelling(folder, settings["DEFAULT_LANG"], langs)]
    if not quick:
        looked_at = sample(output, by_file)
        looks += [
            external_checks.invalid_html(looked_at, ROOT),
            external_checks.barriers(looked_at, output),
        ]
    for more, missing in looks:
        problems += [each for each in more if (each.path, each.line) not in lines]
        left_out += [missing] if missing else []
    looked_at_files = len(files) or len(manifested)
    return Report(
        sorted(set(problems)), left_out, looked_at_files, follow.of_build(settings), build.remarks
    )


def sample(output: Path, contents: dict[str, tuple[Article, str]]) -> list[Path]:
    """Some built pages: those that lists and templates make, and the newest articles."""
    dated = [name for name, (each, _) in contents.items() if hasattr(each, "date")]
    newest = sorted(dated, key=lambda name: contents[name][0].date, reverse=True)
    wanted = ["index.html", "archives/index.html", "404.html", *newest]
    return [output / name for name in wanted if (output / name).is_file()][:SAMPLE]
