"""A film in a page: a picture before the click, its player after it, and a link where there is no script."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.plain import Quiet
from tests.sites import Site, disconnect

WATCH = "https://www.youtube.com/watch?v=M7lc1UVf-VE"
PLAYER = "https://www.youtube-nocookie.com"
BODY = f"""Words before.

[![Pelicans on a lake.]({{static}}/images/still.jpg "Filmed from a boat.")]({WATCH})

<https://vimeo.com/76979871>

<iframe src="https://maps.example/1" title="A map"></iframe>

Words behind."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("films")
    site = Site(folder)
    (site.content / "images").mkdir()
    Image.new("RGB", (640, 360), "#4a7a8c").save(site.content / "images/still.jpg")
    site.write("film", BODY)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site.output)))
    url = f"http://127.0.0.1:{server.server_port}"
    try:
        site.build(SITEURL=url, ALLOW_FRAMES_FROM=["www.youtube-nocookie.com", "player.vimeo.com"])
    finally:
        disconnect()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield url
    server.shutdown()
    server.server_close()


def opened(browser: Browser, address: str, asked: list[str], *, scripts: bool = True) -> Page:
    """The page; `asked` hears of every other host that is asked for anything, and each has a page."""
    page = browser.new_page(java_script_enabled=scripts)

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(
            body="<!doctype html><title>Film</title><p>Elsewhere", content_type="text/html"
        )

    host = urlsplit(address).netloc
    page.route(lambda url: urlsplit(url).netloc != host, answer)
    page.goto(f"{address}/film/")
    return page


def test_nothing_is_asked_of_anybody_before_a_click_and_then_the_player_alone(
    browser: Browser, address: str
) -> None:
    asked: list[str] = []
    page = opened(browser, address, asked)
    page.mouse.wheel(0, 4000)
    page.get_by_text("Words behind.").hover()
    page.wait_for_load_state("networkidle")
    # The map's frame as well: no setting names its host.
    assert asked == []
    link = page.get_by_role("link", name="Pelicans on a lake.")
    link.focus()
    page.keyboard.press("Enter")
    player = page.locator("iframe[title='Pelicans on a lake.']")
    expect(player).to_be_focused()
    expect(player.content_frame.locator("p")).to_have_text("Elsewhere")
    assert [f"{urlsplit(url).scheme}://{urlsplit(url).netloc}" for url in asked] == [PLAYER]
    assert page.url == f"{address}/film/"
    # Who does not want to watch it here still finds it where it is.
    expect(page.get_by_role("link", name="www.youtube.com")).to_have_attribute("href", WATCH)
    assert len(page.locator(".film a[data-player]").all()) == 1
    page.close()


def test_the_player_has_the_place_that_the_picture_had(browser: Browser, address: str) -> None:
    page = opened(browser, address, [])
    place = """film => {
      const { x, y, width, height } = film.firstElementChild.getBoundingClientRect();
      return [x, y + scrollY, width, height].map(Math.round);
    }"""
    for film in page.locator(".film").all():
        before = film.evaluate(place)
        film.locator("> a").click()
        expect(film.locator("iframe")).to_be_focused()
        assert film.evaluate(place) == before
    page.close()


def test_with_a_key_that_opens_links_elsewhere_a_film_is_a_link(
    browser: Browser, address: str
) -> None:
    asked: list[str] = []
    page = opened(browser, address, asked)
    page.get_by_role("link", name="Pelicans on a lake.").click(modifiers=["Control"])
    assert page.locator(".film iframe").count() == 0
    page.close()


def test_without_a_script_a_film_is_a_link_to_it(browser: Browser, address: str) -> None:
    asked: list[str] = []
    page = opened(browser, address, asked, scripts=False)
    page.get_by_role("link", name="Pelicans on a lake.").click()
    page.wait_for_url(WATCH)
    page.close()


def test_axe_has_nothing_against_a_film(browser: Browser, address: str) -> None:
    page = opened(browser, address, [])
    found = Axe().run(page, context=".prose", options={"rules": {"region": {"enabled": False}}})
    assert found.violations_count == 0, found.generate_report()
    page.close()
