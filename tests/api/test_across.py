"""Across sites: which requests a session goes along with, and who may use it from where."""

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service.config import Settings
from comments_service.db import db
from comments_service.models import Session
from comments_service.publishing import mending, site_snapshots
from comments_service.web.visitor import SAFE_METHODS
from tests import make
from tests.api.asking import GUEST, routes, send
from tests.conftest import API, SITE, Answer, Visitor, settings_for


def cookies(answer: Answer) -> dict[str, set[str]]:
    """The cookies that an answer sets, each with its attributes."""
    found = {}
    for line in answer.headers.getlist("Set-Cookie"):
        pair, *attributes = (part.strip() for part in line.split(";"))
        found[pair.partition("=")[0]] = {
            each for each in attributes if not each.startswith(("Expires", "Max-Age"))
        }
    return found


def posted(app: Flask, origin: str, **headers: str) -> Answer:
    make.thread()
    return send(
        app,
        "POST",
        "/comments/threads/pelicans",
        data=GUEST,
        headers={"Origin": origin, **headers},
    )


LAX = {"Path=/", "SameSite=Lax"}
APART = {"Path=/", "SameSite=None", "Secure", "Partitioned"}


class TestOneHost:
    def test_cookies_stay_with_the_site_itself(self, app: Flask) -> None:
        found = cookies(posted(app, SITE))
        assert found == {
            "postil": {*LAX, "HttpOnly"},
            "postil-known": LAX,
            "postil-flash": {*LAX, "HttpOnly"},
        }

    def test_another_port_is_the_same_host(self, app: Flask) -> None:
        settings = settings_for(
            "sqlite:///x", app.extensions["settings"].published, comments_url=f"{SITE}:81/comments/"
        )
        assert not settings.across


class TestOneHostOverTLS:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"site_url": "https://blog.test"}

    def test_cookies_are_bound_to_the_host(self, app: Flask) -> None:
        found = cookies(posted(app, "https://blog.test"))
        assert found == {
            "__Host-postil": {*LAX, "Secure", "HttpOnly"},
            "postil-known": {*LAX, "Secure"},
            "postil-flash": {*LAX, "Secure", "HttpOnly"},
        }


class TestTwoHosts:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"site_url": "https://blog.test", "comments_url": "https://talk.example/comments/"}

    def test_each_site_has_a_jar_of_its_own(self, app: Flask) -> None:
        found = cookies(posted(app, "https://blog.test"))
        assert found == {
            "__Host-postil": {*APART, "HttpOnly"},
            "postil-known": APART,
            "postil-flash": {*APART, "HttpOnly"},
        }

    def test_signing_out_forgets_them_in_the_same_jar(self, app: Flask) -> None:
        answer = send(app, "DELETE", f"{API}session", headers={"Origin": "https://blog.test"})
        assert cookies(answer) == {"__Host-postil": APART, "postil-known": APART}
        assert all("Max-Age=0" in each for each in answer.headers.getlist("Set-Cookie"))

    def test_a_plain_form_leads_back_to_the_service_and_its_session_goes_along(
        self, app: Flask
    ) -> None:
        answer = posted(app, "https://blog.test", **{"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 303
        assert answer.location.startswith("/comments/threads/pelicans?comment=")

    def test_the_services_own_pages_are_no_other_site(self, app: Flask) -> None:
        """Where Origin and Sec-Fetch-Site contradict each other, somebody made one of them up."""
        own = "https://talk.example"
        for site, status in (("cross-site", 403), ("same-origin", 303), ("", 303)):
            answer = send(
                app,
                "POST",
                "/comments/sign-out",
                headers={"Origin": own, **({"Sec-Fetch-Site": site} if site else {})},
            )
            assert answer.status_code == status, site


class TestOneHostAndAnotherSiteThatMayPost:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"site_url": "https://blog.test", "allowed_origins": ("https://second.example",)}

    def test_each_site_has_a_jar_of_its_own(self, app: Flask) -> None:
        found = cookies(posted(app, "https://second.example"))
        assert found["__Host-postil"] == {*APART, "HttpOnly"}


class TestTwoHostsOnADevelopersMachine:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {
            "site_url": "http://blog.localhost:8001",
            "comments_url": "http://comments.localhost:8002/comments/",
        }

    def test_browsers_take_secure_cookies_without_tls_there(self, app: Flask) -> None:
        found = cookies(posted(app, "http://blog.localhost:8001"))
        assert found["postil"] == {*APART, "HttpOnly"}


class TestTwoHostsWithoutTLS:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"comments_url": "http://talk.example/comments/"}

    def test_the_services_own_pages_work_still(self, app: Flask) -> None:
        """A browser would drop what is Secure, and with it the session of the thread's own page."""
        assert cookies(posted(app, SITE))["postil"] == {*LAX, "HttpOnly"}


def test_no_get_of_a_stranger_sets_a_cookie_or_begins_a_session(app: Flask) -> None:
    make.thread()
    make.comment()
    walked = [each for each in routes(app, safe=True) if each[0] in SAFE_METHODS]
    assert len(walked) > 30
    for method, path in walked:
        for query in ("", "?next=/pelicans/&thread=pelicans&lang=zh-cn&page=1"):
            answer = Visitor(app)._open(method, path + query)
            assert "Set-Cookie" not in answer.headers, (method, path + query)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Session)) == 0


def dialog_of(settings: Settings) -> str:
    """The dialog to sign in, as every page of the blog gets it."""
    (ui,) = [each for each in site_snapshots.rendered(settings) if each.name == "ui.en.html"]
    html = ui.data.decode()
    return html.partition('<template id="postil-sign-in">')[2].partition("</template>")[0]


def test_the_dialog_offers_what_is_switched_on_and_nothing_else(
    app: Flask, settings: Settings
) -> None:
    make.thread()
    everything = dialog_of(
        replace(settings, github="an-id a-secret", openid="Tea House https://id.example a b")
    )
    for word in (
        "Password",
        "E-mail me a sign-in link instead",
        "GitHub, Tea House",
        "Create an account",
    ):
        assert word in everything, word
    by_password = dialog_of(replace(settings, magic_links=False, passkeys=False, sign_up=False))
    assert "Password" in by_password
    for word in ("letter", "passkey", "GitHub", "Create an account", 'data-step="code"'):
        assert word not in by_password, word
    by_letter = dialog_of(replace(settings, passwords=False, passkeys=False))
    assert "E-mail me a sign-in link" in by_letter
    assert 'type="password"' not in by_letter
    assert "forgot" not in by_letter
    by_github = dialog_of(
        replace(
            settings, passwords=False, magic_links=False, passkeys=False, github="an-id a-secret"
        )
    )
    assert "Continue with GitHub" in by_github
    assert 'name="email"' not in by_github


def test_a_way_that_is_switched_off_leaves_the_files_at_the_next_start(settings: Settings) -> None:
    editions = {
        mending.edition(each)
        for each in (
            settings,
            replace(settings, passwords=False),
            replace(settings, magic_links=False),
            replace(settings, passkeys=False),
            replace(settings, github="an-id a-secret"),
        )
    }
    assert len(editions) == 5
