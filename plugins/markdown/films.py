"""Films: the address of a film in a paragraph of its own becomes a picture to click, and no player before that.

    [![What it shows.]({static}/images/still.jpg)](https://www.youtube.com/watch?v=…)

The picture is the author's, and a link to the film: without a script, in feeds and on paper it stays one. Where
ALLOW_FRAMES_FROM names the player's host, the link carries the player's address (`data-player`), and the theme's
script puts that in its place after a click. A bare address or a link of words does it without a picture, where
the player is allowed; so does an `<iframe>` with a player of these, which would ask its host at once.

Which addresses are films, and whose player plays them, says `film`; `page_of` is for whoever meets a player
elsewhere. Stands behind `postprocess` in PLUGINS, which gives the picture its caption.
"""

import re
import sys
from html import escape, unescape
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

from markupsafe import Markup
from pelican import signals

from plugins.gettext import gettext_of
from plugins.site import Article, plain_text

from . import blocked, reader

TRANSLATIONS = Path(__file__).parents[1] / "translations"

LINK = rf"<a\b(?P<given>{blocked.ATTRIBUTES})>(?P<shown>(?:(?!</?(?:a|p|div)\b).)*)</a>"
ALONE = re.compile(rf"<p>\s*{LINK}\s*</p>", re.DOTALL)
FIGURE = re.compile(
    rf"<figure>\s*{LINK}\s*(?:<figcaption>(?P<caption>.*?)</figcaption>)?\s*</figure>", re.DOTALL
)
PLAYER = re.compile(
    rf"(?P<open><p>\s*)?<iframe\b(?P<given>{blocked.ATTRIBUTES})>[^<]*</iframe>(?(open)\s*</p>)",
    re.IGNORECASE,
)
STILL = re.compile(r"\s*<(?:img|picture)\b")
# What `speak` says in the language of a page.
NOTE = re.compile(r'<small class="film-note" data-film="(?P<page>[^"]*)"></small>')
WORDS = '<span class="film-words"></span>'

SECONDS = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?")
ID = r"(?P<id>[\w-]{6,64})"
YOUTUBE = re.compile(rf"/(?:embed|shorts|live|v)/{ID}/?")
VIMEO = re.compile(r"/(?:video/)?(?P<id>\d{4,12})(?:/(?P<hash>[0-9a-f]{6,20}))?/?")
DAILYMOTION = re.compile(r"/(?:embed/)?video/(?P<id>[a-z0-9]{5,20})(?:_[^/]*)?/?")
BILIBILI = re.compile(r"/video/(?P<id>BV\w{10})/?")
PEERTUBE = re.compile(r"/(?P<kind>w|videos/watch|videos/embed)/(?P<id>[\w-]{20,40})/?")
PLAYERS = re.compile(r"/embed/|/player\.html|//(?:player|geo)\.")

Query = dict[str, str]


class Film(NamedTuple):
    """Where a film is watched, and which players play it, the one first that asks least of a reader."""

    page: str
    players: tuple[str, ...]
    # Only an address that has nothing else of a film: its host has to be allowed.
    guessed: bool = False


def with_query(address: str, **values: str | int) -> str:
    said = {key: value for key, value in values.items() if value}
    return f"{address}?{urlencode(said)}" if said else address


def start(query: Query, fragment: str) -> int:
    """The second at which an address begins, written as `90`, `90s` or `1m30s`."""
    said = query.get("t") or query.get("start") or fragment.removeprefix("t=")
    found = SECONDS.fullmatch(said)
    hours, minutes, seconds = (int(each or 0) for each in found.groups()) if found else (0, 0, 0)
    return hours * 3600 + minutes * 60 + seconds


def youtube(host: str, path: str, query: Query, begin: int) -> Film | None:
    name, hosts = "", ("www.youtube-nocookie.com", "www.youtube.com")
    if host == "youtu.be":
        name = path.strip("/")
    elif host in ("youtube.com", "music.youtube.com", "youtube-nocookie.com"):
        found = YOUTUBE.fullmatch(path)
        name = found["id"] if found else query.get("v", "") if path.rstrip("/") == "/watch" else ""
        if (list_of := query.get("list", "")) and (
            name == "videoseries" or path.rstrip("/") == "/playlist"
        ):
            return Film(
                with_query("https://www.youtube.com/playlist", list=list_of),
                tuple(
                    with_query(f"https://{each}/embed/videoseries", list=list_of, autoplay=1)
                    for each in hosts
                ),
            )
    if not re.fullmatch(ID, name):
        return None
    return Film(
        with_query("https://www.youtube.com/watch", v=name, t=begin),
        tuple(
            with_query(f"https://{each}/embed/{name}", autoplay=1, start=begin) for each in hosts
        ),
    )


def vimeo(host: str, path: str, query: Query, begin: int) -> Film | None:
    found = VIMEO.fullmatch(path) if host in ("vimeo.com", "player.vimeo.com") else None
    if not found:
        return None
    key = found["hash"] or query.get("h", "")
    player = with_query(f"https://player.vimeo.com/video/{found['id']}", h=key, autoplay=1, dnt=1)
    at = f"#t={begin}s" if begin else ""
    return Film(
        f"https://vimeo.com/{found['id']}{f'/{key}' if key else ''}{at}", (f"{player}{at}",)
    )


def dailymotion(host: str, path: str, query: Query, begin: int) -> Film | None:
    found = DAILYMOTION.fullmatch(path)
    name = found["id"] if found else query.get("video", "") if path.startswith("/player") else ""
    if host not in ("dailymotion.com", "geo.dailymotion.com") or not name.isalnum():
        return None
    player = with_query("https://geo.dailymotion.com/player.html", video=name, startTime=begin)
    return Film(f"https://www.dailymotion.com/video/{name}", (player,))


def bilibili(host: str, path: str, query: Query, begin: int) -> Film | None:
    found = BILIBILI.fullmatch(path)
    name = found["id"] if found else query.get("bvid", "")
    if host not in ("bilibili.com", "player.bilibili.com") or not re.fullmatch(r"BV\w{10}", name):
        return None
    part = query.get("p", query.get("page", ""))
    player = "https://player.bilibili.com/player.html"
    return Film(
        with_query(f"https://www.bilibili.com/video/{name}/", p=part, t=begin),
        (with_query(player, bvid=name, p=part, t=begin, autoplay=1),),
    )


def peertube(host: str, path: str, query: Query, begin: int) -> Film | None:
    found = PEERTUBE.fullmatch(path)
    if not found:
        return None
    player = with_query(f"https://{host}/videos/embed/{found['id']}", autoplay=1, start=begin)
    page = with_query(f"https://{host}/w/{found['id']}", start=begin)
    return Film(page, (player,), guessed=found["kind"] != "videos/embed")


def film(address: str) -> Film | None:
    """The film that is at an address, be it a page's or a player's."""
    try:
        parts = urlsplit(address.strip())
        whole = parts.hostname or ""
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("", "http", "https") or not whole or port not in (None, 443):
        return None
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    begin = start(query, parts.fragment)
    short = whole.removeprefix("www.").removeprefix("m.")
    for kind in (youtube, vimeo, dailymotion, bilibili):
        if found := kind(short, parts.path, query, begin):
            return found
    return peertube(whole, parts.path, query, begin)


def page_of(address: str) -> str:
    """Where the film of a player's address is watched, or nothing."""
    found = film(address)
    return found.page if found and not found.guessed else ""


# --- A text ---------------------------------------------------------------------------------------


class Showing:
    """Makes films of the addresses in a text."""

    def __init__(self, allowed: blocked.Sources) -> None:
        self.allowed = allowed

    def player(self, of: Film) -> str:
        return next((each for each in of.players if self.allowed.has("frame-src", each)), "")

    def figure(self, page: str, player: str, shown: str, caption: str | None = None) -> str:
        play = f' data-player="{escape(player)}"' if player else ""
        said = f"{caption} " if caption else ""
        return (
            f'<figure class="film">\n<a href="{escape(page)}"{play}>{shown}</a>\n<figcaption>{said}'
            f'<small class="film-note" data-film="{escape(page)}"></small></figcaption>\n</figure>'
        )

    def link(self, found: re.Match[str]) -> str:
        address = blocked.attributes(found["given"]).get("href", "")
        of = film(address)
        player = self.player(of) if of else ""
        still = STILL.match(found["shown"])
        if not of or (not player and (of.guessed or not still)):
            return found[0]
        # A player alone in a window is no page that one would lead to.
        page = of.page if PLAYERS.search(address) else address
        bare = plain_text(found["shown"]) in (address, address.partition("//")[2])
        caption = found.groupdict().get("caption")
        return self.figure(page, player, WORDS if bare else found["shown"], caption)

    def frame(self, found: re.Match[str]) -> str:
        given = blocked.attributes(found["given"])
        of = film(given.get("src") or given.get("data-src") or "")
        if not of or of.guessed:
            return found[0]
        words = escape(given.get("title", "")) or WORDS
        before = found.string[: found.start()]
        if not found["open"] and before.rfind("<p>") > before.rfind("</p>"):
            # Within a line nothing can stand that is as high as a film.
            return f'<a href="{escape(of.page)}">{words}</a>'
        return self.figure(of.page, self.player(of), words)

    def finish(self, html: str) -> str:
        if "<iframe" in html:
            html = PLAYER.sub(self.frame, html)
        if "<a " in html:
            html = ALONE.sub(self.link, html)
            html = FIGURE.sub(self.link, html)
        return html


def speak(html: str, lang: str) -> str:
    """The words beside a film, in the language of its page."""
    if "film" not in html:
        return html
    _, _ngettext = gettext_of(TRANSLATIONS, lang.lower())

    def note(found: re.Match[str]) -> str:
        name = escape(urlsplit(unescape(found["page"])).hostname or "")
        link = Markup(f'<a href="{found["page"]}">{name}</a>')  # noqa: S704 - escaped
        said = _("Film on %(host)s. Nothing is loaded from there before you play it.", host=link)
        return f'<small class="film-note" data-pagefind-ignore>{said}</small>'

    return NOTE.sub(note, html).replace(WORDS, str(_("Watch the film")))


# --- What the reader asks, before it keeps a text -------------------------------------------------


def depends_on(settings: dict[str, Any]) -> list[Any]:
    """All that a finished text depends on, besides itself."""
    return [settings.get("ALLOW_FRAMES_FROM"), settings.get("SITEURL")]


def finished(html: str, settings: dict[str, Any], _: str = "") -> tuple[str, list[Any]]:
    return Showing(blocked.sources(settings)).finish(html), []


def tell(source: str, settings: dict[str, Any], remarks: list[Any]) -> None:
    """A film is nothing to remark on."""


# --- What Pelican tells ---------------------------------------------------------------------------


def finish(content: Article) -> None:
    """Every article and page, as soon as it has been read, by whatever reader."""
    showing = Showing(blocked.sources(content.settings))

    def done(html: str) -> str:
        return speak(
            html if isinstance(html, reader.Finished) else showing.finish(html), content.lang
        )

    if isinstance(content._content, str):
        content._content = done(content._content)
    if isinstance(content.metadata.get("summary"), str):
        # Pelican writes the one over the other later on.
        content._summary = content.metadata["summary"] = done(content.metadata["summary"])


def register() -> None:
    reader.finishers.append(sys.modules[__name__])
    signals.content_object_init.connect(finish)
