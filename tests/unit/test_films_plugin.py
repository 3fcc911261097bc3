"""The address of a film becomes a picture to click: of whom nothing is asked before, and a link without a script."""

import re

import pytest

import plugins
from plugins.markdown import blocked, commonmark, films
from plugins.markdown.postprocess import Finishing
from tests.sites import Site

SITE = {"SITEURL": "https://example.org"}
ALLOWED = {
    **SITE,
    "ALLOW_FRAMES_FROM": [
        *("www.youtube-nocookie.com", "player.vimeo.com", "geo.dailymotion.com"),
        *("player.bilibili.com", "films.example.org"),
    ],
}
NAME = "M7lc1UVf-VE"
WATCH = f"https://www.youtube.com/watch?v={NAME}"
EMBED = f"https://www.youtube-nocookie.com/embed/{NAME}?autoplay=1"
UUID = "9c9de5e8-0a1e-484a-b099-e80766180a6d"
STILL = "[![What it shows.]({{static}}/images/a.jpg)]({})"

# Addresses, where the film is watched, and the player.
FILMS = [
    (WATCH, WATCH, EMBED),
    (f"http://m.youtube.com/watch?v={NAME}&feature=share", WATCH, EMBED),
    (f"https://youtu.be/{NAME}?si=abc", WATCH, EMBED),
    (f"https://www.youtube.com/shorts/{NAME}", WATCH, EMBED),
    (f"https://youtube.com/live/{NAME}", WATCH, EMBED),
    (f"//www.youtube.com/embed/{NAME}?rel=0", WATCH, EMBED),
    (f"https://www.youtube-nocookie.com/embed/{NAME}", WATCH, EMBED),
    (f"{WATCH}&t=1m30s", f"{WATCH}&t=90", f"{EMBED}&start=90"),
    (f"https://youtu.be/{NAME}?t=90", f"{WATCH}&t=90", f"{EMBED}&start=90"),
    (
        "https://www.youtube.com/embed/videoseries?list=PL123456",
        "https://www.youtube.com/playlist?list=PL123456",
        "https://www.youtube-nocookie.com/embed/videoseries?list=PL123456&autoplay=1",
    ),
    (
        "https://vimeo.com/76979871",
        "https://vimeo.com/76979871",
        "https://player.vimeo.com/video/76979871?autoplay=1&dnt=1",
    ),
    (
        "https://player.vimeo.com/video/76979871?h=8272103f6e",
        "https://vimeo.com/76979871/8272103f6e",
        "https://player.vimeo.com/video/76979871?h=8272103f6e&autoplay=1&dnt=1",
    ),
    (
        "https://www.dailymotion.com/embed/video/x8abcde",
        "https://www.dailymotion.com/video/x8abcde",
        "https://geo.dailymotion.com/player.html?video=x8abcde",
    ),
    (
        "https://player.bilibili.com/player.html?aid=1&bvid=BV1xx411c7mD&page=2",
        "https://www.bilibili.com/video/BV1xx411c7mD/?p=2",
        "https://player.bilibili.com/player.html?bvid=BV1xx411c7mD&p=2&autoplay=1",
    ),
    (
        f"https://films.example.org/videos/embed/{UUID}?start=10s",
        f"https://films.example.org/w/{UUID}?start=10",
        f"https://films.example.org/videos/embed/{UUID}?autoplay=1&start=10",
    ),
    (
        f"https://films.example.org/videos/watch/{UUID}",
        f"https://films.example.org/w/{UUID}",
        f"https://films.example.org/videos/embed/{UUID}?autoplay=1",
    ),
]
NO_FILMS = [
    *("https://www.youtube.com/", "https://www.youtube.com/@somebody", "https://youtu.be/"),
    *(
        "https://www.youtube.com/watch?v=<script>",
        "https://vimeo.com/about",
        "https://vimeo.com.evil.example/76979871",
    ),
    *(
        "https://evil.example/watch?v=M7lc1UVf-VE",
        "https://evilyoutube.com/watch?v=M7lc1UVf-VE",
        "javascript:alert(1)",
    ),
    *(
        "https://www.youtube.com:444/watch?v=M7lc1UVf-VE",
        "https://[",
        "/watch?v=M7lc1UVf-VE",
        "mailto:a@youtube.com",
    ),
    *(
        "https://films.example.org/w/p/abc",
        "https://films.example.org/about",
        "https://www.bilibili.com/video/av170001",
    ),
]


def page(text: str, lang: str = "en", **settings: object) -> str:
    """What becomes of a text on a site with these settings."""
    html = Finishing({}).finish(commonmark.html(text))
    made, _ = films.finished(html, {**ALLOWED, **settings})
    return films.speak(made, lang).replace("&amp;", "&")


def leads(address: str, watched: str) -> str:
    """A player alone in a window is no page that one would lead to."""
    return watched if films.PLAYERS.search(address) else address


@pytest.mark.parametrize(("address", "watched", "player"), FILMS)
def test_a_film_is_known_by_the_address_of_its_page_or_its_player(
    address: str, watched: str, player: str
) -> None:
    found = films.film(address)
    assert found
    assert found.page == watched
    assert found.players[0] == player
    for known in (found.page, player):
        again = films.film(known)
        assert again
        assert again.players == found.players or known == player
        assert again.page.partition("?")[0] == watched.partition("?")[0]


@pytest.mark.parametrize("address", NO_FILMS)
def test_other_addresses_stay_what_they_are(address: str) -> None:
    assert films.film(address) is None
    assert 'class="film"' not in page(f"[Words]({address})")


@pytest.mark.parametrize(("address", "watched", "player"), FILMS)
def test_a_still_with_a_link_plays_where_the_setting_names_the_players_host(
    address: str, watched: str, player: str
) -> None:
    html = page(STILL.format(address))
    assert html.startswith(
        f'<figure class="film">\n<a href="{leads(address, watched)}" data-player="{player}"><img '
    )
    assert "<iframe" not in html
    # Nobody is asked for anything: what has a source is the author's own.
    assert re.findall(r'(?:src|srcset)="([^"]*)"', html) == ["{static}/images/a.jpg"]


@pytest.mark.parametrize(("address", "watched", "player"), FILMS[:-1])
def test_without_the_setting_a_film_stays_a_link(address: str, watched: str, player: str) -> None:
    html = page(STILL.format(address), ALLOW_FRAMES_FROM=["other.example"])
    assert "data-player" not in html
    assert f'<a href="{leads(address, watched)}">' in html
    frame = page(f'<iframe src="{address}"></iframe>', ALLOW_FRAMES_FROM=[])
    assert "<iframe" not in frame
    assert f'<a href="{watched}">' in frame
    # What nobody would see as a film stays the line that it is.
    plain = f"[Words]({address})"
    assert page(plain, ALLOW_FRAMES_FROM=[]) == commonmark.html(plain).replace("&amp;", "&")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"<{WATCH}>", '<span class="film-words"></span>'),
        (WATCH, "Watch the film"),
        (f"www.youtube.com/watch?v={NAME}", "Watch the film"),
        (f"[Pelicans, *all* of them]({WATCH})", "Pelicans, <em>all</em> of them"),
        (
            f'<iframe width="560" src="https://www.youtube.com/embed/{NAME}" title="Birds &amp; fish"></iframe>',
            "Birds & fish",
        ),
        (
            f"<p><iframe src='https://www.youtube.com/embed/{NAME}' allowfullscreen></iframe></p>",
            "Watch the film",
        ),
    ],
)
def test_a_film_in_a_paragraph_of_its_own_needs_no_still(text: str, shown: str) -> None:
    html = page(text)
    assert f'data-player="{EMBED}"' in html
    assert (shown if "span" not in shown else "Watch the film") in html
    assert "<p>" not in html


def test_a_film_within_a_line_is_a_link() -> None:
    text = f"See [this]({WATCH}) and <{WATCH}>."
    assert page(text) == commonmark.html(text).replace("&amp;", "&")
    frame = page(f'See <iframe src="https://www.youtube.com/embed/{NAME}"></iframe> there.')
    assert frame.strip() == f'<p>See <a href="{WATCH}">Watch the film</a> there.</p>'


@pytest.mark.parametrize(("address", "watched", "player"), FILMS)
def test_a_player_in_a_paragraph_of_its_own_leads_to_the_page_of_its_film(
    address: str, watched: str, player: str
) -> None:
    html = page(f"<{player}>")
    assert f' data-player="{player}"' in html
    assert f'<a href="{player}"' not in html
    assert watched.partition("?")[0] in html


def test_a_title_is_the_caption_and_the_words_are_in_the_pages_language() -> None:
    html = page('[![a](/a.jpg "On the lake")](' + WATCH + ")", "de-at")
    assert "<figcaption>On the lake <small" in html
    assert f'Film auf <a href="{WATCH}">www.youtube.com</a>.' in html
    assert "Film ansehen" in page(WATCH, "de")


def test_what_is_finished_once_stays_as_it_is() -> None:
    once = films.finished(commonmark.html(STILL.format(WATCH)), ALLOWED)[0]
    assert films.finished(once, ALLOWED)[0] == once


def test_a_foreign_frame_stays_and_is_told() -> None:
    html = page('<iframe src="https://maps.example/1"></iframe>')
    assert "<iframe" in html
    assert blocked.found(html, blocked.sources(ALLOWED))


def test_in_a_site_a_film_has_its_sizes_its_script_and_a_place_in_the_feed(site: Site) -> None:
    (site.content / "images").mkdir()
    (site.content / "images/a.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 90"></svg>'
    )
    site.write(
        "film",
        f'[![Birds.]({{static}}/images/a.svg)]({WATCH})\n\n<video src="{{static}}/files/fish.mp4"></video>',
    )
    (site.content / "files").mkdir()
    (site.content / "files/fish.mp4").write_bytes(b"film")
    site.write("words", "No film.")
    site.build(
        PLUGINS=plugins.in_order(),
        ALLOW_FRAMES_FROM=ALLOWED["ALLOW_FRAMES_FROM"],
        FEED_ALL_ATOM="feeds/all.atom.xml",
        FEED_DOMAIN="https://example.org",
    )
    html = site.page("film")
    assert (
        f'<a href="{WATCH}" data-player="{EMBED}"><img src="https://example.org/images/a.svg" alt="Birds." width="160"'
        in html
    )
    assert "frame-src 'self' www.youtube-nocookie.com" in html
    assert re.search(r'<script type="module" src="/theme/film\.\w+\.js">', html)
    assert "/film." not in site.page("words")
    assert f'&lt;a href="{WATCH}"' in (site.output / "feeds/all.atom.xml").read_text("utf-8")
    # A film of one's own is a file like any other.
    assert (site.output / "files/fish.mp4").read_bytes() == b"film"
