"""Small sites for tests: a folder of articles, built by Pelican itself."""

import gzip
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from blinker import ANY, Signal
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from pelican import Pelican, signals
from pelican.generators import Generator
from pelican.settings import read_settings

import plugins

ROOT = Path(__file__).resolve().parent.parent
THEME = str(ROOT / "theme")
SAMPLE = ROOT / "tests" / "samples" / "site" / "content"
# A blog as ours was when it was all there was to see. Its settings are no author's, and so are those of tests.
BLOG = ROOT / "tests" / "samples" / "blog"


def fragment(
    thread: str, revision: int = 1, count: int = 1, words: str = "Well said.", lang: str = "en"
) -> str:
    """A snapshot with one comment in it, as `docs/formats.md` describes it."""
    return (
        f'<div class="postil" data-version="1" data-thread="{thread}" data-lang="{lang}"'
        f' data-revision="{revision}" data-count="{count}" data-page="1" data-pages="1"'
        ' data-comments="open">\n<h2 class="postil-heading" id="comments">'
        f"{count} comments</h2>\n"
        '<ol class="postil-list">\n<li class="postil-comment postil-depth-0" id="comment-1">'
        f'<div class="postil-body" dir="auto"><p>{words}</p></div></li>\n</ol>\n</div>\n'
    )


class Compiled(BytecodeCache):
    """The theme as Jinja has compiled it, once in a process: that is half of what a small site costs."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str, bool], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self.known.get(self.key(bucket))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.known[self.key(bucket)] = bucket.code

    @staticmethod
    def key(bucket: Bucket) -> tuple[str, str, bool]:
        return bucket.key, bucket.checksum, bool(bucket.environment.autoescape)

    def use(self, generator: Generator) -> None:
        """In place of what a build keeps of the theme beside it, which is for one set of settings at a time."""
        if generator.theme == THEME:
            generator.env.bytecode_cache = self


compiled = Compiled()


class Site:
    """A site in a folder of its own, built in this process with the settings a test names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.content = folder / "content"
        self.output = folder / "output"
        self.published = folder / "published"
        (self.content / "pages").mkdir(parents=True, exist_ok=True)

    def write(self, name: str, body: str = "Words.", **keys: str) -> Path:
        """An article; what a test does not say is filled in with something that is right."""
        keys = {"Title": name.capitalize(), "Date": "2026-01-01", "Slug": name, **keys}
        path = self.content / f"{name}.md"
        head = "".join(f"{key}: {value}\n" for key, value in keys.items() if value)
        path.write_text(f"{head}\n{body}\n", encoding="utf-8")
        return path

    def publish(self, thread: str, *, name: str = "", text: str | bytes = "", **says: Any) -> Path:
        """A snapshot in the published folder, well-formed unless `text` says otherwise."""
        path = self.published / "threads" / f"{name or thread}.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        data = text or fragment(thread, **says)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return path

    def build(self, **settings: Any) -> None:
        """Run Pelican; what stops a build is raised."""
        defaults = {
            "PATH": str(self.content),
            "OUTPUT_PATH": str(self.output),
            "THEME": THEME,
            "THEME_STATIC_PATHS": ["static/files"],
            "SITEURL": "https://example.org",
            "SITE_PATH": "",
            "SITENAME": "Sample",
            "SITESUBTITLE": "For tests",
            "AUTHOR": "Ada",
            "TIMEZONE": "UTC",
            "LOCALE": ["C"],
            "WITH_FUTURE_DATES": False,
            "ARTICLE_URL": "{slug}/",
            "ARTICLE_SAVE_AS": "{slug}/index.html",
            "ARTICLE_LANG_URL": "{lang}/{slug}/",
            "ARTICLE_LANG_SAVE_AS": "{lang}/{slug}/index.html",
            "COMMENTS_URL": "/comments/",
            "COMMENTS_PUBLISHED": str(self.published),
            "COMPRESS": False,
            "CACHE_PATH": str(self.folder / "cache"),
            # An index and pictures take longer than most tests' sites.
            "SEARCH": False,
            "SHARE_PICTURES": False,
            "JINJA_ENVIRONMENT": {"autoescape": True, "trim_blocks": True, "lstrip_blocks": True},
            "PLUGINS": plugins.in_order(),
        }
        found = read_settings(override={"PELICAN_CLASS": Pelican, **defaults, **settings})
        building = found["PELICAN_CLASS"](found)
        signals.generator_init.connect(compiled.use)
        building.run()

    def page(self, path: str) -> str:
        """The built HTML at a path below the site's address."""
        return (self.output / path / "index.html").read_text(encoding="utf-8")

    @property
    def manifest(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.output / "threads.json").read_bytes())
        return found

    @property
    def threads(self) -> dict[str, dict[str, Any]]:
        return {thread["id"]: thread for thread in self.manifest["threads"]}


def pelican(
    content: Path, output: Path, *, conf: str = "pelicanconf.py", **env: str
) -> subprocess.CompletedProcess[str]:
    """The command as an author types it, with the settings of the sample blog."""
    command = [sys.executable, "-m", "pelican", str(content), "-s", str(BLOG / conf)]
    return subprocess.run(
        [*command, "-o", str(output), "--log-handler", "plain"],
        cwd=ROOT,
        env={**os.environ, "SITE_URL": "https://example.org", **env},
        capture_output=True,
        text=True,
        check=False,
    )


def everything(folder: Path) -> dict[str, str]:
    """The hash of every file below a folder, by its path."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def gzipped(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 9, mtime=0))


def disconnect() -> None:
    """Signals outlive a site: without this, one test's plugins would run in the next one's build."""
    for signal in vars(signals).values():
        if isinstance(signal, Signal):
            for receiver in list(signal.receivers_for(ANY)):
                signal.disconnect(receiver)
