"""An owner's journey: a file of comments is sent, looked at, mapped and imported, with scripts and without."""

import json
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import FilePayload, Page, expect

from tests.browser.conftest import Credentials, Live, until

Visit = Callable[..., Page]
PAGE = "/comments/moderation/import"


def export(number: int, *pages: str) -> FilePayload:
    """Isso's generic JSON with a comment on each page, whose numbers begin with one."""
    said = [
        {"id": number + at, "text": f"Of {number + at}.", "author": "Ada",
         "created": "2019-05-01 10:00:00"}
        for at in range(len(pages))
    ]  # fmt: skip
    threads = [
        {"id": page, "title": page, "comments": [comment]}
        for page, comment in zip(pages, said, strict=True)
    ]
    data = json.dumps(threads).encode()
    return {"name": "isso.json", "mimeType": "application/json", "buffer": data}


def opened(visit: Visit, owner: Credentials, **options: object) -> Page:
    page = visit(PAGE, **options)
    page.get_by_label("E-mail").fill(owner.email)
    page.get_by_label("Password").fill(owner.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Import comments", level=1)).to_be_visible()
    return page


def send(page: Page, file: FilePayload) -> None:
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_role("button", name="Send and look").click()


def comes(page: Page, heading: str, scripts: bool) -> None:
    """The page says by itself what came of it; without scripts, when its reader looks again."""
    found = page.get_by_role("heading", name=heading)
    again = page.get_by_role("link", name="Look how far it is")

    def is_there() -> bool:
        if found.count():
            return True
        again.click()
        return bool(found.count())

    if not scripts:
        until(is_there)
    expect(found).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_an_owner_brings_comments_of_another_system(
    visit: Visit, owner: Credentials, live: Live, thread: str, scripts: bool
) -> None:
    number = 100 if scripts else 200
    page = opened(visit, owner, java_script_enabled=scripts)
    send(page, export(number, f"/{thread}/", f"/old/{number}"))
    comes(page, "What would come", scripts)
    page.get_by_label(f"/old/{number}").fill(f"/{thread}/")
    page.get_by_role("button", name="Import").click()
    comes(page, "What has come", scripts)
    for each in (number, number + 1):
        until(lambda words=f"Of {each}.": words in live.snapshots(thread))  # type: ignore[misc]  # a default


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_an_import_at_any_stage(
    visit: Visit, owner: Credentials, thread: str, scheme: str
) -> None:
    page = opened(visit, owner, color_scheme=scheme, allowed=("422",))

    def is_well() -> None:
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 900})
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
            assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.get_by_text("More about this file").click()
    is_well()
    number = 300 if scheme == "light" else 400
    send(page, export(number, f"/x/{thread}.html", f"/{'long' * 40}/{number}"))
    expect(page.get_by_role("heading", name="What would come")).to_be_visible()
    is_well()
    page.get_by_label("Follow all suggestions").check()
    page.get_by_text("Lines of old and new addresses").click()
    page.get_by_label("The old address, a comma").fill("/y, /nowhere/")
    page.get_by_role("button", name="Import").click()
    expect(page.locator(".wrong")).to_be_focused()
    is_well()
    page.get_by_label("The old address, a comma").fill("")
    page.get_by_role("button", name="Import").click()
    expect(page.get_by_role("heading", name="What has come")).to_be_visible()
    is_well()
    page.goto(PAGE)
    send(page, {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8 none"})
    expect(page.get_by_text("It could not be read to its end")).to_be_visible()
    is_well()
