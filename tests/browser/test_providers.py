"""Signing in with a provider in Chromium: out to another site and back, with scripts and without."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask_migrate import upgrade
from playwright.sync_api import Browser, Page, expect

from tests import service
from tests.openid import CLIENT_ID, CLIENT_SECRET, Provider

Open = Callable[..., Page]


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as provider:
        yield provider


@pytest.fixture
def address(tmp_path: Path, provider: Provider) -> Iterator[str]:
    """The service on localhost, which is another site than the provider's 127.0.0.1."""
    port = service.free_port()
    url = f"http://localhost:{port}"
    server = service.postil(
        tmp_path,
        f"sqlite:///{tmp_path / 'comments.sqlite3'}",
        port=port,
        SITE_URL=url,
        COMMENTS_OPENID=f"Tea House {provider.address} {CLIENT_ID} {CLIENT_SECRET}",
    )
    with server.app.app_context():
        upgrade()
    server.start()
    yield url
    server.stop()


@pytest.mark.parametrize("scripts", [True, False], ids=["works with js", "works without js"])
def test_a_reader_goes_to_a_provider_and_comes_back_with_a_name(
    browser: Browser, address: str, provider: Provider, scripts: bool
) -> None:
    context = browser.new_context(base_url=address, locale="en-GB", java_script_enabled=scripts)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda each: complaints.append(each.text) if each.type == "error" else None)
    page.goto("/comments/sign-in?next=/comments/account/sessions")
    page.get_by_role("button", name="Continue with Tea House").click()
    # The page between leads on by itself.
    page.wait_for_url(f"{provider.address}/authorize?*")
    page.get_by_role("link", name="Yes").click()
    if not scripts:
        page.get_by_role("button", name="Continue").click()
    expect(page.get_by_label("Name")).to_have_value("Rhea")
    page.get_by_role("button", name="Create my account").click()
    page.wait_for_url(f"{address}/comments/account/sessions")
    expect(page.get_by_text("Rhea").first).to_be_visible()
    assert provider.refused == []
    context.close()
    assert complaints == []
