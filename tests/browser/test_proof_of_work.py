"""A guest's browser computes while its reader types: unnoticed, for one comment, and nobody's words are lost without."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask_migrate import upgrade
from playwright.sync_api import Page, expect

from comments_service.db import db
from comments_service.models import Comment
from tests import service
from tests.browser.conftest import ARTICLES, Elsewhere, Live, until
from tests.browser.embed import Visit, main_form, newest, post, wake, write

LAN = "http://lan.test"
COMPUTING = "One moment: your browser is finishing a small calculation"
WAITS = "Your comment is waiting for a moderator."


class Asking:
    """The blog, under a service that asks for a proof; each test has an article of its own."""

    def __init__(self, blog: Live, folder: Path, **settings: str) -> None:
        shutil.copytree(blog.output, folder / "output")
        port = service.free_port()
        self.elsewhere = Elsewhere()
        self.url = f"http://127.0.0.1:{port}"
        # Where its articles are.
        manifest = folder / "output" / "threads.json"
        manifest.write_text(manifest.read_text().replace(blog.url, self.url))
        self.lan = f"{LAN}:{port}"
        self.server = service.postil(
            folder,
            f"sqlite:///{folder / 'comments.sqlite3'}",
            port=port,
            SITE_URL=self.url,
            COMMENTS_ALLOWED_ORIGINS=f"{self.elsewhere.url} {self.lan}",
            COMMENTS_TRUST_AFTER="0",
            COMMENTS_PROOF_OF_WORK="true",
            **settings,
        )
        self.app: Flask = self.server.app
        with self.app.app_context():
            upgrade()
        self.server.start()
        published = folder / "published"
        until(lambda: (published / "ui.en.html").exists(), seconds=90)
        until(
            lambda: len([*published.glob("threads/open-*[0-9].html")]) >= ARTICLES["open"],
            seconds=90,
        )

    def reasons(self, words: str) -> list[str]:
        """Why a comment waits; nothing once it is published."""
        with self.app.app_context():
            found = db.session.query(Comment).filter_by(source=words).one()
            return [str(each) for each in found.reasons]

    def close(self) -> None:
        self.server.stop()
        self.elsewhere.close()
        with self.app.app_context():
            db.engine.dispose()


@pytest.fixture(scope="module")
def asking(blog: Live, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    made = Asking(blog, tmp_path_factory.mktemp("asking"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def flooded(blog: Live, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    """The same, where one comment of a guest's is as many as there may be."""
    made = Asking(blog, tmp_path_factory.mktemp("flooded"), COMMENTS_LIMIT_GUESTS="1/600")
    yield made
    made.close()


def test_what_a_guest_writes_is_published_at_once(
    visit: Visit, asking: Asking, thread: str
) -> None:
    page = wake(visit(f"{asking.url}/{thread}/"))
    form = main_form(page)
    with page.expect_request("**/proof-of-work?*") as asked:
        write(form, "They scoop.")
    assert "key=" in asked.value.url
    with page.expect_response("**/comments?*") as answered:
        post(form)
    assert answered.value.status == 201
    expect(newest(page, "They scoop.")).to_be_focused()
    assert asking.reasons("They scoop.") == []


def test_nothing_is_computed_for_who_only_reads(visit: Visit, asking: Asking, thread: str) -> None:
    page = visit("about:blank")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{asking.url}/{thread}/")
    main_form(wake(page)).locator("textarea").focus()
    expect(main_form(page)).to_have_attribute("data-draft", f"postil:{thread}:")
    assert not [each for each in asked if "proof" in each]


def test_whoever_sends_at_once_waits_a_moment_and_sees_why(
    visit: Visit, asking: Asking, thread: str
) -> None:
    page = wake(visit(f"{asking.url}/{thread}/"))
    form = main_form(page)
    write(form, "Quick words.")
    post(form)
    expect(form).to_contain_text(COMPUTING)
    expect(form).to_have_attribute("aria-busy", "true")
    colour = "line => getComputedStyle(line).color"
    said = form.locator(":scope > .postil-status")
    assert said.evaluate(colour) == form.evaluate(colour), "nothing is wrong"
    expect(newest(page, "Quick words.")).to_be_focused()
    expect(form).not_to_contain_text(COMPUTING)
    assert asking.reasons("Quick words.") == []


def test_a_proof_that_was_used_serves_no_second_comment(
    visit: Visit, asking: Asking, thread: str
) -> None:
    page = wake(visit(f"{asking.url}/{thread}/"))
    write(main_form(page), "The first.")
    with page.expect_request("**/comments?*") as sent:
        post(main_form(page))
    first: Any = sent.value.post_data_json
    again = {**first, "body": "Buy pills.", "key": "another-key"}
    status = page.evaluate(
        """([url, data]) => fetch(url, {
          method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(data),
        }).then((answer) => answer.status)""",
        [sent.value.url, again],
    )
    assert status == 202
    assert asking.reasons("Buy pills.") == ["No proof that a browser's script ran."]


def test_a_form_that_was_left_open_asks_for_another(
    visit: Visit, asking: Asking, thread: str
) -> None:
    page = visit("about:blank")
    page.clock.install()
    page.goto(f"{asking.url}/{thread}/")
    form = main_form(wake(page))
    with page.expect_response("**/proof-of-work?*"):
        write(form, "After lunch.")
    page.clock.fast_forward("59:30")
    with page.expect_response("**/proof-of-work?*"):
        post(form)
    expect(newest(page, "After lunch.")).to_be_focused()
    assert asking.reasons("After lunch.") == []


def test_typing_goes_on_while_the_browser_computes(
    visit: Visit, flooded: Asking, thread: str
) -> None:
    first = wake(visit(f"{flooded.url}/{thread}/"))
    for number in range(4):
        write(main_form(first), f"Flood {number}.")
        post(main_form(first))
        expect(newest(first, f"Flood {number}.")).to_be_focused()
    page = wake(visit(f"{flooded.url}/{thread}/"))
    page.evaluate(
        """() => {
          const really = crypto.subtle.deriveBits;
          const { port1, port2 } = new MessageChannel();
          Object.assign(window, { tries: 0, most: 0, inTurn: 0 });
          // The page's next turn: whatever somebody types is heard between two of them.
          port1.onmessage = () => { window.inTurn = 0; };
          crypto.subtle.deriveBits = (...given) => {
            window.tries += 1;
            window.inTurn += 1;
            window.most = Math.max(window.most, window.inTurn);
            if (window.inTurn === 1) port2.postMessage("");
            return really.apply(crypto.subtle, given);
          };
        }"""
    )
    words = "Pelicans fish together, in a line, and the line closes like a net. "
    form = main_form(page)
    form.locator("textarea").press_sequentially(words)
    expect(form.locator("textarea")).to_have_value(words)
    form.locator("[name=name]").fill("Zoe")
    post(form)
    expect(newest(page, words[:30])).to_contain_text(WAITS)
    tries, most = page.evaluate("[window.tries, window.most]")
    assert tries > 0
    # What is computed is computed elsewhere; begun are a few at a time, and then the page has its turn.
    assert most <= 16
    assert "Guests posted many comments within a few minutes." in flooded.reasons(words.strip())


def test_without_scripts_it_waits(visit: Visit, asking: Asking, thread: str) -> None:
    page = visit(f"{asking.url}/{thread}/", java_script_enabled=False)
    write(main_form(page), "Plain words.")
    post(main_form(page))
    expect(page.get_by_role("heading", name="waiting for a moderator")).to_be_visible()
    assert asking.reasons("Plain words.") == ["No proof that a browser's script ran."]


def test_without_web_crypto_it_waits(visit: Visit, asking: Asking, thread: str) -> None:
    page = wake(visit(f"{asking.lan}/{thread}/"))
    assert page.evaluate("crypto.subtle === undefined")
    write(main_form(page), "In the local network.")
    post(main_form(page))
    expect(newest(page, "In the local network.")).to_contain_text(WAITS)
    assert asking.reasons("In the local network.") == ["No proof that a browser's script ran."]


def on_its_own_page(page: Page, words: str) -> None:
    page.get_by_role("textbox", name="Your comment").fill(words)
    page.get_by_label("Name").fill("Zoe")


def test_on_a_threads_own_page_it_is_the_same(visit: Visit, asking: Asking, thread: str) -> None:
    page = visit(f"{asking.url}/comments/threads/{thread}")
    on_its_own_page(page, "On its own page.")
    page.get_by_role("button", name="Post comment").click()
    expect(page.locator("[data-proof]")).to_contain_text(COMPUTING)
    page.wait_for_url(re.compile(r"#comment-\d+$"))
    assert asking.reasons("On its own page.") == []
    # Coming back to write another, one does not send what the first was sent with.
    page.go_back()
    on_its_own_page(page, "And another.")
    page.get_by_role("button", name="Post comment").click()
    page.wait_for_url(re.compile(r"#comment-\d+$"))
    assert asking.reasons("And another.") == []


def test_a_preview_on_a_threads_own_page_waits_for_nothing(
    visit: Visit, asking: Asking, thread: str
) -> None:
    page = visit(f"{asking.url}/comments/threads/{thread}")
    on_its_own_page(page, "Looked at *first*.")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".postil-preview em")).to_have_text("first")
    page.get_by_role("button", name="Post comment").click()
    page.wait_for_url(re.compile(r"#comment-\d+$"))
    assert asking.reasons("Looked at *first*.") == []


def test_on_a_page_of_another_site_it_is_the_same(
    visit: Visit, asking: Asking, thread: str
) -> None:
    asking.elsewhere.html = (
        f'<!doctype html><title>Elsewhere</title><link rel="icon" href="data:,">'
        f'<script type="module" src="{asking.url}/comments/embed.js"></script>'
        f'<comment-thread thread="{thread}" src="{asking.url}/comments/"></comment-thread>'
    )
    page = wake(visit(f"{asking.elsewhere.url}/page"))
    write(main_form(page), "From elsewhere.")
    post(main_form(page))
    expect(newest(page, "From elsewhere.")).to_be_focused()
    assert asking.reasons("From elsewhere.") == []
