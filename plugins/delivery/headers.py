"""Headers: how each file of the site is to be served, said to hosts that take our word for it.

Writes `_headers`, which Cloudflare Pages and Netlify read: the policies of pages, the types of feeds,
and that a name with a hash in it never changes. What is said is `formats/http_headers`'s. The policy stands in
files of its own too, for the comment service and Caddy (`content-policy.txt`) and for nginx
(`nginx-policy.map`): nobody has a copy of what the settings say. Templates get
`content_policy(compiles=False)`, which a page says of itself, for hosts that send no headers.

Stands in PLUGINS after everything that writes files, `search` included, and before `compress`.
Settings: HOST_HEADERS (True); what pages may load from elsewhere, a list of hosts each: ALLOW_IMAGES_FROM,
ALLOW_MEDIA_FROM, ALLOW_FRAMES_FROM, ALLOW_SCRIPTS_FROM, ALLOW_STYLES_FROM, ALLOW_FONTS_FROM,
ALLOW_CONNECTIONS_TO, ALLOW_FORMS_TO.
"""

import functools
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from markupsafe import Markup
from pelican import signals

from formats import http_headers
from plugins import built, files, problems
from plugins.site import Generator, Pelican

logger = logging.getLogger(__name__)

NAME = "_headers"
NGINX = "nginx-policy.map"
# Cloudflare reads so many rules, of lines no longer than this, and leaves out the rest.
MOST_RULES = 100
MOST_CHARS = 2_000
# An author's theme may have more files without a hash than would be named one by one.
MOST_OTHERS = 20


def policies(settings: dict[str, Any]) -> dict[bool, str]:
    """The policy of pages, and that of the search, which compiles."""
    may, url = http_headers.allowed(settings), settings.get("COMMENTS_URL", "")
    return {
        compiles: http_headers.of_page(url, may, compiles=compiles) for compiles in (False, True)
    }


def nginx_map(policy: dict[bool, str], site: str) -> str:
    """The lines of an nginx `map` from a path to its policy."""
    prefix = re.escape(urlsplit(site).path.rstrip("/"))
    search = http_headers.SEARCH_PATHS
    pages, its = (each.replace("\\", "\\\\").replace('"', '\\"') for each in policy.values())
    return f'default "{pages}";\n"~^{prefix}/{search}" "{its}";\n'


def rules(
    names: list[str], site: str, policy: dict[bool, str], theme: str
) -> Iterator[tuple[str, list[str]]]:
    """Paths with their lines, the most important first; `names` are the files of the site.

    Cloudflare joins what several rules say of one header, which would make two policies of the
    search's one: `!` takes back what was said before. Netlify passes over that line, and there what
    is said last holds.
    """
    prefix = urlsplit(site).path.rstrip("/")
    everywhere = http_headers.site_headers(policy[False], secure=site.startswith("https://"))
    yield "/*", [f"{name}: {value}" for name, value in everywhere.items()]
    compiling = {
        f"{http_headers.SEARCH_FILES}*"
        if name.startswith(http_headers.SEARCH_FILES)
        else name.removesuffix("index.html")
        for name in names
        if http_headers.compiles(name)
    }
    wasm = f"Content-Security-Policy: {policy[True]}"
    for path in sorted(compiling):
        yield f"{prefix}/{path}", ["! Content-Security-Policy", wasm]
    for path, kept in caching(names, theme):
        line = f"Cache-Control: {http_headers.FOREVER if kept else http_headers.FRESH}"
        yield f"{prefix}/{quote(path, safe='/*')}", [line] if kept else ["! Cache-Control", line]
    for ending in (".atom.xml", f"/{http_headers.SPECULATION}"):
        kind = f"Content-Type: {http_headers.content_type(ending)}"
        for path in together(names, lambda name: name.endswith(ending)):  # noqa: B023 - at once
            yield f"{prefix}/{quote(path, safe='/*')}", [kind]


def caching(names: list[str], theme: str) -> Iterator[tuple[str, bool]]:
    """What is kept for ever, since its name carries a hash; and what is not, though the rule before says so.

    Of the theme's folder it is the few others that are named: it also holds the hashed scripts and styles
    of weeks ago, which would be more with each change.
    """
    within = [name for name in names if name.startswith(f"{theme}/")]
    others = [name for name in within if not http_headers.HASHED.search(name)]
    if len(others) < len(within) and len(others) <= MOST_OTHERS:
        yield f"{theme}/*", True
        yield from ((name, False) for name in others)
        names = [name for name in names if not name.startswith(f"{theme}/")]
    yield from ((path, True) for path in together(names, http_headers.HASHED.search))


def together(names: list[str], meant: Callable[[str], Any]) -> list[str]:
    """Those that are meant; a folder that holds nothing else stands for all in it."""
    mixed = {folder for name in names if not meant(name) for folder in above(name)}
    found = set()
    for name in filter(meant, names):
        pure = [folder for folder in above(name) if folder not in mixed]
        found.add(f"{pure[0]}/*" if pure else name)
    return sorted(found, key=lambda path: (not path.endswith("*"), path))


@functools.lru_cache
def folders(path: str) -> tuple[str, ...]:
    """A folder and all that it is in, the outermost first."""
    parts = path.split("/")
    return tuple("/".join(parts[:end]) for end in range(1, len(parts) + 1))


def above(name: str) -> tuple[str, ...]:
    folder = name.rpartition("/")[0]
    return folders(folder) if folder else ()


def document(names: list[str], site: str, policy: dict[bool, str], theme: str = "theme") -> str:
    """`_headers`, as long as Cloudflare reads it."""
    blocks = []
    for path, lines in rules(names, site, policy, theme):
        if any(len(line) > MOST_CHARS - 2 for line in (path, *lines)):
            logger.warning("%s: a line for %s is too long for Cloudflare Pages.", NAME, path)
        blocks.append("\n  ".join([path, *lines]) + "\n")
    if len(blocks) > MOST_RULES:
        logger.warning(
            "%s: %d files have to be asked for again at each visit, since Cloudflare Pages reads no"
            " more than %d rules.",
            *(NAME, len(blocks) - MOST_RULES, MOST_RULES),
        )
    return "\n".join(blocks[:MOST_RULES])


def write(pelican: Pelican) -> None:
    settings: dict[str, Any] = pelican.settings
    output, site = Path(settings["OUTPUT_PATH"]), settings["SITEURL"].rstrip("/")
    policy = policies(settings)
    for compiles, name in http_headers.POLICY_FILES.items():
        # Without the end of a line, which no header has.
        files.update(output / name, policy[compiles].encode())
    files.update(output / NGINX, nginx_map(policy, site).encode())
    if not settings.get("HOST_HEADERS", True):
        return
    names = sorted(n for n in built.of(pelican).files if not n.endswith((".gz", ".br")))
    files.update(
        output / NAME, document(names, site, policy, settings["THEME_STATIC_DIR"]).encode()
    )


def claim(generators: Iterable[Generator]) -> None:
    """Say that the files are to be here: one that is switched off is taken away by `writing`."""
    settings = next(iter(generators)).settings
    for name in (*http_headers.POLICY_FILES.values(), NGINX):
        files.claim(settings["OUTPUT_PATH"], name)
    if settings.get("HOST_HEADERS", True):
        files.claim(settings["OUTPUT_PATH"], NAME)


def offer(generator: Generator) -> None:
    comments_url = generator.settings.get("COMMENTS_URL", "")
    may = http_headers.allowed(generator.settings)

    def content_policy(compiles: bool = False) -> Markup:
        """For an attribute: its many `'` stay as they are, in every page of the site."""
        said = http_headers.in_page(comments_url, may, compiles=compiles)
        return Markup(escape(said, quote=False).replace('"', "&quot;"))  # noqa: S704 - escaped

    generator.env.globals["content_policy"] = content_policy


def setting_problems(settings: dict[str, Any]) -> Iterator[str]:
    if wrong := list(http_headers.wrong_hosts(settings)):
        yield from wrong
    elif (longest := max(map(len, policies(settings).values()))) > http_headers.MAX_POLICY_CHARS:
        yield (
            f"The policy of pages is {longest} letters long, which servers and browsers may not take."
            " Name fewer hosts in ALLOW_…, or those of one domain together: *.example.org."
        )


def register() -> None:
    problems.listen()
    signals.generator_init.connect(offer)
    signals.all_generators_finalized.connect(claim)
    signals.finalized.connect(write)
