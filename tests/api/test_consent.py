"""What one agrees to: said below every form that takes a comment or makes an account, or nowhere."""

from typing import Any

import pytest
from flask import Flask

from comments_service.config import Settings
from comments_service.publishing import mending, publisher
from tests import make
from tests.api.people import visiting
from tests.conftest import Visitor, link_in, settings_for

SAID = 'By posting you agree to <a href="https://example.org/privacy/" rel="nofollow ugc noopener">'


def forms(app: Flask, settings: Settings, emails: Any) -> dict[str, str]:
    """Every surface with such a form."""
    make.thread(translations=[{"lang": "zh-cn", "url": "http://blog.test/zh/p/", "title": "鹈鹕"}])
    publisher.publish_all(settings)
    found = {
        name: (settings.published / name).read_text()
        for name in ("threads/pelicans.html", "threads/pelicans.zh-cn.html", "ui.en.html")
    }
    guest, reader = Visitor(app), visiting(app, make.account("Rhea"))
    found["page"] = guest.get("/comments/threads/pelicans").text
    found["page of a reader"] = reader.get("/comments/threads/pelicans").text
    found["sign-up"] = guest.get("/comments/sign-up").text
    guest.post("/comments/sign-in", {"email": "new@example.org", "act": "letter"})
    found["choosing a name"] = guest.get(link_in(emails()[-1][2])).text
    assert "Create my account" in found["choosing a name"]
    return found


class TestSaid:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        notice = "By posting you agree to [the privacy notice](https://example.org/privacy/). <b>"
        return {"consent": notice}

    def test_every_form_says_it_as_safe_html(
        self, app: Flask, settings: Settings, emails: Any
    ) -> None:
        for name, html in forms(app, settings, emails).items():
            assert SAID in html, name
            assert "<b>" not in html, name

    def test_other_pages_do_not(self, app: Flask) -> None:
        reader = visiting(app, make.account("Rhea"))
        for path in ("account", "account/profile", "account/delete", "sign-in"):
            assert "privacy notice" not in reader.get(f"/comments/{path}").text, path


def test_without_the_setting_nothing_is_said(app: Flask, settings: Settings, emails: Any) -> None:
    for name, html in forms(app, settings, emails).items():
        assert "agree" not in html, name


def test_another_text_publishes_everything_anew(
    app: Flask, settings: Settings, database_url: str, tmp_path: Any
) -> None:
    changed = settings_for(database_url, tmp_path, consent="Be kind.")
    assert mending.edition(settings) != mending.edition(changed)
