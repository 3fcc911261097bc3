"""Assets: scripts and styles under names that carry their content's hash.

A browser may keep such a file for ever, and never shows a page with yesterday's style. Templates
get two functions: `asset(name, sources…, more="")` joins files of the theme's static folder, and
what the build itself made, into one and returns its path; `embed(name)` does the same for one file
of the comment service's embed and for the modules that it imports, and returns the service's own
address where that folder is not at hand. A script always comes from a service that lies elsewhere, so that it is of the same build as
what it talks to; a style never does, since a host that is away would hold up the page. Comments and
indents, which only those need who read the source, stay out of a site that is built for publishing.

Settings: COMPRESS (True: built for publishing), COMMENTS_EMBED (the folder of embed.js and embed.css; empty: not at hand), COMMENTS_URL.
"""

import hashlib
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pelican import signals
from rcssmin import cssmin

from plugins import files
from plugins.site import Generator, Pelican

# Pages that were cached before the build still ask for the style of their time.
KEEP_SECONDS = 30 * 24 * 3600
HASHED = re.compile(r"(?P<stem>.+)\.[0-9a-f]{8}(?P<suffix>\.\w+)")

# A module beside the one that imports it, at once or later; types in comments import nothing.
IMPORT = re.compile(
    r"""^(?![ \t]*(?:/?\*|//))(?P<before>.*?\b(?:from |import\()")\./(?P<name>[\w-]+\.js)(?=")""",
    re.MULTILINE,
)
# What stands before a block, and in it the space that says "somewhere within": `.prose :is(h2, h3)`.
PRELUDE = re.compile(r"[^{};]+\{")
WITHIN = re.compile(r"(?<=[\w\])*&]) +(?=:[a-z])")
JS_LINE_COMMENT = re.compile(r"^[ \t]*//[^\n]*\n", re.MULTILINE)
JS_BLOCK_COMMENT = re.compile(r"^[ \t]*/\*\*(?:(?!\*/).)*\*/[ \t]*\n", re.MULTILINE | re.DOTALL)
JS_INDENT = re.compile(r"^[ \t]+", re.MULTILINE)


def plain_to_rcssmin(prelude: re.Match[str]) -> str:
    """A selector whose every part is named: rcssmin 1.2 takes a part that begins with a colon, within
    another block, for a value, and would make `.prose :is(h2)` the `.prose` that is a heading itself.
    """
    is_selector = not prelude[0].lstrip().startswith("@")
    return WITHIN.sub(" *", prelude[0]) if is_selector else prelude[0]


def smaller(name: str, text: str) -> str:
    """The same style or script without comments and indents.

    A style by rcssmin, which leaves every declaration: lightningcss, by itself or in minify-html, takes
    out the older of two, which old browsers need. A script by three rules that touch only whole lines:
    rjsmin 1.3 takes a template within a template for its end, and changes its text; minify-html 0.18
    keeps comments and makes more of some; esbuild brings Go's threads into a process that forks.
    """
    if name.endswith(".css"):
        return f"{cssmin(PRELUDE.sub(plain_to_rcssmin, text))}\n"
    # A template that spans lines means its indents.
    if any(line.count("`") % 2 for line in text.splitlines()):
        return text
    return JS_INDENT.sub("", JS_BLOCK_COMMENT.sub("", JS_LINE_COMMENT.sub("", text)))


class Assets:
    """The files of one build."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = settings
        self.output = settings["OUTPUT_PATH"]
        self.folder = settings["THEME_STATIC_DIR"]
        self.prefix = urlsplit(settings["SITEURL"]).path.rstrip("/")
        self.known: dict[str, str] = {}

    def put(self, name: str, data: bytes) -> str:
        if self.settings.get("COMPRESS", True):
            data = smaller(name, data.decode()).encode()
        stem, _, suffix = name.rpartition(".")
        hashed = f"{stem}.{hashlib.sha256(data).hexdigest()[:8]}.{suffix}"
        files.update(Path(self.output, self.folder, hashed), data)
        files.ask(self.output, f"{self.folder}/{hashed}")
        return f"{self.prefix}/{self.folder}/{hashed}"

    def asset(self, name: str, *sources: str, more: str = "") -> str:
        if name not in self.known:
            static = Path(self.settings["THEME"], "static")
            data = b"".join((static / source).read_bytes() for source in sources or (name,))
            self.known[name] = self.put(name, data + more.encode())
        return self.known[name]

    def embed(self, name: str, layer: str = "") -> str:
        """A file of the embed; a style in one of the theme's layers, where the theme can go beyond it."""
        folder = self.settings.get("COMMENTS_EMBED")
        service = self.settings.get("COMMENTS_URL", "/comments/")
        if name.endswith(".js") and urlsplit(service).netloc:
            return f"{service}{name}"
        key = f"embed:{name}"
        if key not in self.known:
            source = Path(folder, name) if folder else None
            if source is None or not source.is_file():
                self.known[key] = f"{service}{name}"
            elif name.endswith(".js"):
                self.known[key] = self.put(name, self.module(source).encode())
            else:
                style = source.read_text(encoding="utf-8")
                text = f"@layer {layer}{{\n{style}}}\n" if layer else style
                self.known[key] = self.put(name, text.encode())
        return self.known[key]

    def module(self, source: Path) -> str:
        """A script that finds the modules it imports under the names that they have in this build."""

        def named(found: re.Match[str]) -> str:
            path = self.embed(found["name"])
            return f"{found['before']}./{path.rpartition('/')[2]}"

        return IMPORT.sub(named, source.read_text(encoding="utf-8"))


def offer(generator: Generator) -> None:
    assets = Assets(generator.settings)
    generator.env.globals.update(asset=assets.asset, embed=assets.embed)


def prune(pelican: Pelican) -> None:
    """Drop what no page has asked for since long; the names that this build wrote stay."""
    output = pelican.settings["OUTPUT_PATH"]
    written = files.asked_for(output, pelican.settings["THEME_STATIC_DIR"])
    if str(Path(output)) in files.partial:
        return
    ours = {(match["stem"], match["suffix"]) for name in written if (match := HASHED.match(name))}
    for path in Path(output, pelican.settings["THEME_STATIC_DIR"]).glob("*.*.*"):
        match = HASHED.match(path.name)
        if not match or (match["stem"], match["suffix"]) not in ours:
            continue
        current = any(path.name.startswith(name) for name in written)
        if not current and path.stat().st_mtime < time.time() - KEEP_SECONDS:
            files.remove(path)


def register() -> None:
    signals.generator_init.connect(offer)
    signals.finalized.connect(prune)
