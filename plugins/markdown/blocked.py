"""Blocked: what of a text the policy of its page would keep from readers, told with file, line and remedy.

A browser leaves such things out and tells nobody: a picture on another host, a frame, a script, a style. What
may be loaded is the blog's settings (`formats/http_headers`). Texts in Markdown and in HTML are looked at as
they go into the page, and so are the author's own templates; `found` is for whoever has another text.

Stands behind `postprocess` and `films` in PLUGINS. Settings: SITEURL; ALLOW_IMAGES_FROM and its like.
"""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from html import escape, unescape
from itertools import starmap
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from pelican import signals

from formats import http_headers
from plugins import files, problems
from plugins.site import Article, Generator, as_typed

from . import reader

# Texts without any of it, which are most, need no closer look. Each as it stands in small letters, and by itself:
# together, and in letters of any size, they would be tried at every letter.
SUSPECT = (
    re.compile(
        r"<(?:script|style|i?frame|object|embed|applet|form|base|link|meta|video|audio|track|svg|image|input|button)\b"
    ),
    re.compile(
        r"[\s\"'/](?:(?:style|on[a-z]{3,}|background|srcset)\s*=|src\s*=\s*[\"']?\s*(?:https?:)?//)"
    ),
    re.compile(r"script:"),
)
COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
# A tag, and of what is never closed no more than of any tag: a text is read once, whatever is in it.
ATTRIBUTES = r"""(?:[^<>"']|"[^"]{0,50000}"|'[^']{0,50000}'){0,5000}"""
ATTRIBUTE = re.compile(r"""(?P<key>[^\s"'<>/=]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
TAG = re.compile(
    rf"<!--(?:.*?-->|.*)|<(?P<tag>[a-z][^\s/<>]*)(?P<given>{ATTRIBUTES})>",
    re.DOTALL | re.IGNORECASE,
)
# What holds no elements, whatever is written in it.
WORDS = ("script", "style", "textarea", "title", "xmp")
HANDLER = re.compile(r"on[a-z]{3,}")
CODE = re.compile(r"\s*(?:java|vb)script:", re.IGNORECASE)
# What a word or an address may go on with.
GOES_ON = re.compile(r"[\w/.%-]")
# Blocks of data that no browser runs.
RUNS = re.compile(
    r"(?:|module|importmap|speculationrules|(?:text|application)/(?:x-)?(?:java|ecma)script)",
    re.IGNORECASE,
)
PORTS = {"http": 80, "https": 443}

IMAGE = (
    "The picture {what} is on another host, from which pages load nothing: no reader would see it. Put it into"
    " content/images/ and write {{static}}/images/…, or add {host} to ALLOW_IMAGES_FROM in pelicanconf.py."
)
MEDIA = (
    "{what} is on another host, from which pages load nothing: it would not play. Put the file into content/files/"
    " and write {{static}}/files/…, link to it, or add {host} to ALLOW_MEDIA_FROM in pelicanconf.py."
)
FRAME = (
    "The frame {what} is of another host, from which pages load nothing: it would stay empty. Write a link to it,"
    " or add {host} to ALLOW_FRAMES_FROM in pelicanconf.py."
)
SCRIPT = (
    "The script {what} is on another host, from which pages load nothing: it would not run. Take it out, or add {host}"
    " to ALLOW_SCRIPTS_FROM in pelicanconf.py, if you trust whoever has that host with all of your pages."
)
STYLES = (
    "The style sheet {what} is on another host, from which pages load nothing. Put it into theme_overrides/static/ and"
    " name it in EXTRA_CSS, or add {host} to ALLOW_STYLES_FROM in pelicanconf.py."
)
FORM = (
    "A form sends to {what}, which pages may not: it would do nothing. Link to the page that has it, or add {host} to"
    " ALLOW_FORMS_TO in pelicanconf.py."
)
INLINE_SCRIPT = (
    "A script in a text does not run. Take it out; one for the whole blog goes into a file in"
    " theme_overrides/static/ that EXTRA_JS names."
)
INLINE_STYLE = (
    "A style sheet in a text has no effect. Write its rules into a file in theme_overrides/static/ that"
    " EXTRA_CSS names."
)
STYLE = (
    'style="{what}" has no effect. Write a class in its place, and a rule for that into a file in'
    " theme_overrides/static/ that EXTRA_CSS names."
)
DOES_NOTHING = (
    '{what}="…" of <{tag}> does nothing, since no script in a page runs. Take it out, or have a file that EXTRA_JS'
    " names listen."
)
ADDRESS = "The address {what} does nothing, since no script in a page runs. Write one that leads somewhere."
SECURE = " Its address has to begin with https:// then."
OBJECT = "<{tag}> shows nothing here: {what}. Link to the file, or show a picture of it."
BASE = "<base> has no effect. Take it out, and write addresses in full."


class Found(NamedTuple):
    """Something that readers would not get; `at` are words of it that tell its line."""

    at: str
    text: str


class Sources(NamedTuple):
    """What pages may load, by the policy's own names, and the address of the site."""

    may: http_headers.Allowed
    site: str

    def has(self, kind: str, url: str) -> bool:
        """Whether a page may load an address as this kind."""
        try:
            parts = urlsplit(urljoin(f"{self.site}/", url.strip()))
            site = urlsplit(self.site)
            if parts.scheme not in PORTS:
                return kind == "img-src" and parts.scheme == "data"
            if not parts.netloc or (parts.hostname, port_of(parts)) == (
                site.hostname,
                port_of(site),
            ):
                return True
            return any(allows(host, parts, site.scheme) for host in self.may.get(kind, ()))
        except ValueError:
            # No address at all; what is wrong with it is not the policy.
            return True


def sources(settings: Mapping[str, Any]) -> Sources:
    return Sources(http_headers.allowed(settings), str(settings.get("SITEURL", "")).rstrip("/"))


def port_of(parts: SplitResult) -> int | None:
    return parts.port or PORTS.get(parts.scheme)


def allows(said: str, url: SplitResult, page: str) -> bool:
    """Whether what a setting says names the host of an address, as browsers compare them."""
    if said == http_headers.ANY_HOST:
        return url.scheme == "https"
    host = http_headers.HOST.fullmatch(said)
    if host is None:
        return False
    scheme = (host["scheme"] or f"{page}://").lower().removesuffix("://")
    if url.scheme not in (scheme, "https"):
        return False
    asked, name = (url.hostname or "").lower(), host["host"].lower()
    if not (asked.endswith(f".{name}") if host["below"] else asked == name):
        return False
    if host["port"] != ":*" and port_of(url) != int((host["port"] or "")[1:] or PORTS[url.scheme]):
        return False
    path = host["path"] or "/"
    return url.path.startswith(path) if path.endswith("/") else url.path == path


def attributes(text: str) -> dict[str, str]:
    """What stands in a tag; of one name said twice the first counts."""
    given: dict[str, str] = {}
    for each in ATTRIBUTE.finditer(text):
        given.setdefault(each["key"].lower(), unescape(next(filter(None, each.groups()[1:]), "")))
    return given


class Looking:
    """Reads a text for what is blocked in it."""

    def __init__(self, allowed: Sources) -> None:
        self.allowed = allowed
        self.found: list[Found] = []

    def read(self, html: str) -> None:
        at = 0
        while found := TAG.search(html, at):
            at = found.end()
            if not found["tag"]:
                continue
            tag = found["tag"].lower()
            self.element(tag, attributes(found["given"]), found[0])
            if tag in WORDS:
                end = re.compile(f"</{tag}", re.IGNORECASE).search(html, at)
                at = end.start() if end else len(html)

    def say(self, at: str, text: str, **values: str) -> None:
        self.found.append(Found(at, text.format(what=at, **values)))

    def ask(self, kind: str, url: str | None, text: str, what: str = "{}") -> None:
        if url and not self.allowed.has(kind, url):
            asked = urlsplit(urljoin(f"{self.allowed.site}/", url.strip()))
            said = text.format(what=what.format(url), host=f'"{asked.netloc}"')
            # Whatever a setting says, a page that came encrypted loads nothing that does not.
            plain = asked.scheme == "http" and self.allowed.site.startswith("https:")
            self.found.append(Found(url, said + SECURE * plain))

    def element(self, tag: str, given: dict[str, str], typed: str) -> None:
        before = len(self.found)
        if look := LOOKS.get(tag):
            look(self, tag, given)
        self.ask("img-src", given.get("background"), IMAGE)
        for key, value in given.items():
            if HANDLER.fullmatch(key):
                self.say(key, DOES_NOTHING, tag=tag)
            elif key == "style" and value.strip():
                self.say(value, STYLE)
            elif key in ("href", "src", "action", "formaction", "xlink:href") and CODE.match(value):
                self.say(value, ADDRESS)
        if "formaction" in given and not CODE.match(given["formaction"]):
            self.ask("form-action", given["formaction"], FORM)
        # As they were typed, which tells their lines.
        typed = unescape(typed).lower()
        self.found[before:] = sorted(
            self.found[before:], key=lambda each: typed.find(each.at.lower())
        )

    def image(self, tag: str, given: dict[str, str]) -> None:
        if tag == "input" and given.get("type", "").lower() != "image":
            return
        for url in (given.get("src"), given.get("xlink:href"), given.get("href")):
            self.ask("img-src", url, IMAGE)
        for url in candidates(given.get("srcset", "")):
            self.ask("img-src", url, IMAGE)

    def media(self, tag: str, given: dict[str, str]) -> None:
        self.ask("media-src", given.get("src"), MEDIA, f"What <{tag}> plays, {{}},")
        self.ask("img-src", given.get("poster"), IMAGE)
        # Within <picture>; that of <video> has a `src`.
        for url in candidates(given.get("srcset", "")):
            self.ask("img-src", url, IMAGE)

    def frame(self, _: str, given: dict[str, str]) -> None:
        if not CODE.match(given.get("src", "")):
            self.ask("frame-src", given.get("src"), FRAME)

    def script(self, _: str, given: dict[str, str]) -> None:
        if not RUNS.fullmatch(given.get("type", "").strip()):
            return
        if given.get("src"):
            self.ask("script-src", given["src"], SCRIPT)
        else:
            self.say("<script", INLINE_SCRIPT)

    def style(self, _: str, given: dict[str, str]) -> None:
        self.say("<style", INLINE_STYLE)

    def link(self, _: str, given: dict[str, str]) -> None:
        if "stylesheet" in given.get("rel", "").lower().split():
            self.ask("style-src", given.get("href"), STYLES)

    def form(self, _: str, given: dict[str, str]) -> None:
        if not CODE.match(given.get("action", "")):
            self.ask("form-action", given.get("action"), FORM)

    def plugin(self, tag: str, given: dict[str, str]) -> None:
        if what := given.get("data") or given.get("src") or given.get("code"):
            self.found.append(Found(what, OBJECT.format(tag=tag, what=what)))

    def base(self, _: str, given: dict[str, str]) -> None:
        self.say("<base", BASE)


LOOKS: Mapping[str, Callable[[Looking, str, dict[str, str]], None]] = {
    **dict.fromkeys(("img", "image", "input", "feimage"), Looking.image),
    **dict.fromkeys(("video", "audio", "source", "track"), Looking.media),
    **dict.fromkeys(("iframe", "frame"), Looking.frame),
    **dict.fromkeys(("object", "embed", "applet"), Looking.plugin),
    "script": Looking.script,
    "style": Looking.style,
    "link": Looking.link,
    "form": Looking.form,
    "base": Looking.base,
}


def candidates(srcset: str) -> list[str]:
    return [each.split()[0] for each in re.split(r",\s+", srcset) if each.strip()]


def found(html: str, allowed: Sources) -> list[Found]:
    """Everything in a text that its page would keep from readers, in order."""
    small = html.lower()
    if not any(each.search(small) for each in SUSPECT):
        return []
    looking = Looking(allowed)
    looking.read(html)
    return looking.found


def lines(source: str, remarks: Iterable[Found]) -> Iterator[tuple[int, str]]:
    """The same with the lines of the file in which they stand: each behind the one before it."""
    text, behind = source.lower(), 0
    for remark in remarks:
        typed = (remark.at, escape(remark.at), unquote(remark.at))
        forms = list(dict.fromkeys(form.strip().lower() for form in typed))
        if place := first(text, forms, behind):
            behind = place[1]
        else:
            # A note, or a line of front matter, which stands elsewhere than in the page.
            place = first(text, forms, 0)
        yield text.count("\n", 0, place[0] if place else 0) + 1, remark.text


def first(text: str, forms: list[str], behind: int) -> tuple[int, int] | None:
    """Where the first of these stands as a whole. Such a pattern would be compiled anew for each remark of
    each build, which takes longer than reading a text.
    """
    found = []
    for order, form in enumerate(forms):
        at = text.find(form, behind)
        while at >= 0 and GOES_ON.match(text, at + len(form)):
            at = text.find(form, at + 1)
        if at >= 0:
            found.append((at, order, at + len(form)))
    return (min(found)[0], min(found)[2]) if found else None


# --- What the reader asks, before it keeps a text -------------------------------------------------


def depends_on(settings: dict[str, Any]) -> list[Any]:
    return [dict(http_headers.allowed(settings)), settings.get("SITEURL")]


def finished(html: str, settings: dict[str, Any], _: str = "") -> tuple[str, list[Any]]:
    """The text as it is, and what to say of it."""
    return html, found(html, sources(settings))


def tell(source: str, settings: dict[str, Any], remarks: list[Any]) -> None:
    try:
        text = Path(source).read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    name = as_typed(source)
    for line, said in lines(text, starmap(Found, remarks)):
        problems.warn(settings, f"{name}:{line}: {said}")


# --- What Pelican tells ---------------------------------------------------------------------------


def look(content: Article) -> None:
    """A text that came another way than by our reader."""
    text = content._content
    if not isinstance(text, str) or isinstance(text, reader.Finished):
        return
    if remarks := found(text, sources(content.settings)):
        tell(content.source_path or "", content.settings, remarks)


def look_at_templates(generators: Iterable[Generator]) -> None:
    """What the author's own templates and the footer would bring into every page."""
    settings = next(iter(generators)).settings
    allowed = sources(settings)
    for folder in settings["THEME_TEMPLATES_OVERRIDES"]:
        for path in files.of_folder(Path(folder)):
            if path.suffix == ".html":
                text = path.read_text(encoding="utf-8", errors="replace")
                tell(str(path), settings, found(COMMENT.sub("", text), allowed))
    for each in found(str(settings.get("FOOTER", "")), allowed):
        problems.warn(settings, f"FOOTER in pelicanconf.py: {each.text}")


def register() -> None:
    problems.listen()
    reader.finishers.append(sys.modules[__name__])
    signals.content_object_init.connect(look)
    signals.all_generators_finalized.connect(look_at_templates)
