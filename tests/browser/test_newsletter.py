"""A reader's journey from the box on the blog to the e-mail about a new article, and out of it again."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask_migrate import upgrade
from playwright.sync_api import Browser, Page, expect

from comments_service.db import db
from comments_service.models import Site
from tests import service, sites
from tests.browser.conftest import PATIENCE_SECONDS, until
from tests.browser.emails import newest_email

SETTINGS = """
import runpy
globals().update(runpy.run_path({path!r}))
NEWSLETTER = True
"""


class Blog:
    """A blog with a newsletter, and its service beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{(port := service.free_port())}"
        self.server = service.postil(
            folder,
            f"sqlite:///{folder / 'comments.sqlite3'}",
            port=port,
            SITE_URL=self.url,
        )
        self._settings = folder / "pelicanconf.py"
        self._settings.write_text(SETTINGS.format(path=str(sites.BLOG / "pelicanconf.py")))
        (folder / "content").mkdir()
        self.publish("old", "2026-01-01")
        with self.server.app.app_context():
            upgrade()
        self.server.start()
        until(self._began)

    def publish(self, name: str, date: str = "") -> None:
        """Write an article and build the blog."""
        date = date or f"{datetime.now(UTC):%Y-%m-%d %H:%M}"
        (self.folder / "content" / f"{name}.md").write_text(
            f"Title: On {name}\nDate: {date}\nSlug: {name}\nSummary: All about {name}.\n\nWords.\n"
        )
        built = sites.pelican(
            self.folder / "content",
            self.folder / "output",
            conf=str(self._settings),
            SITE_URL=self.url,
            COMMENTS_OUTPUT=str(self.folder / "output"),
            COMMENTS_PUBLISHED=str(self.folder / "published"),
        )
        assert built.returncode == 0, built.stderr

    def _began(self) -> bool:
        """Whether the service has seen what was there before."""
        with self.server.app.app_context():
            site = db.session.get(Site, 1)
            db.session.remove()
            return site is not None and site.newsletter_since is not None

    def subjects(self, address: str) -> list[str]:
        """Of all e-mails to an address, oldest first."""
        found = []
        for path in sorted((self.folder / "var/mail").glob("*.eml")):
            mail = message_from_bytes(path.read_bytes(), policy=default)
            if address in str(mail["To"]):
                found.append(str(mail["Subject"]))
        return found


@pytest.fixture(scope="module")
def blog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Blog]:
    made = Blog(tmp_path_factory.mktemp("newsletter"))
    yield made
    made.server.stop()


@pytest.fixture
def opened(browser: Browser, blog: Blog) -> Iterator[Callable[[bool], Page]]:
    contexts = []

    def open_page(scripts: bool) -> Page:
        context = browser.new_context(
            base_url=blog.url, java_script_enabled=scripts, locale="en-GB"
        )
        context.set_default_timeout(PATIENCE_SECONDS * 1000)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for each in contexts:
        each.close()


@pytest.mark.parametrize(
    ("scripts", "start"), [(True, "/"), (False, "/old/")], ids=["scripts", "no-scripts"]
)
def test_a_subscriber_gets_one_letter_for_one_article(
    blog: Blog, opened: Callable[[bool], Page], scripts: bool, start: str
) -> None:
    address = f"rea-{scripts}@example.org".lower()
    page = opened(scripts)
    page.goto(start)
    page.get_by_label("New articles by e-mail").fill(address)
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("status")).to_contain_text("An e-mail is on its way to this address.")
    page.goto(newest_email(blog.folder, address, r"http\S+/subscribe/\S+"))
    expect(page.get_by_label("New articles")).to_be_checked()
    page.get_by_role("button", name="Yes, e-mail me").click()
    expect(page.get_by_role("status")).to_contain_text("From now on these e-mails come to you.")

    name = f"herons-{scripts}".lower()
    blog.publish(name)
    text = newest_email(blog.folder, address, rf"(?s).*All about {name}\..*")
    assert f"{blog.url}/{name}/" in text
    # Another title and another date make no second e-mail; another article does.
    blog.publish(name, "2026-11-28")
    blog.publish(f"{name}-again")
    newest_email(blog.folder, address, rf"(?s).*All about {name}-again\..*")
    about = [each for each in blog.subjects(address) if f"On {name}" in each]
    assert len(about) == 2

    page.goto(newest_email(blog.folder, address, r"http\S+/unsubscribe/\S+"))
    page.get_by_role("button", name="Stop them").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Done")
    blog.publish(f"{name}-unheard")
    until(lambda: _announced(blog, 4 if scripts else 7))
    assert len(blog.subjects(address)) == 3


def _announced(blog: Blog, number: int) -> bool:
    with blog.server.app.app_context():
        found = db.session.scalar(db.text("SELECT count(*) FROM articles"))
        db.session.remove()
        return bool(found == number)


@pytest.mark.parametrize("path", ["/", "/old/", "/comments/newsletter"])
def test_the_box_is_accessible(blog: Blog, opened: Callable[[bool], Page], path: str) -> None:
    page = opened(True)
    page.goto(path)
    expect(page.get_by_role("textbox", name="mail").last).to_be_visible()
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
