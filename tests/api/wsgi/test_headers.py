"""What the files' answers say besides their content, and under other addresses."""

from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.api.wsgi.steps import HOSTILE, HOSTILE_SNAPSHOTS, PAGES, SNAPSHOTS, Entered, ask


def policy(answer: TestResponse) -> dict[str, list[str]]:
    parts = (each.split() for each in answer.headers["Content-Security-Policy"].split(";"))
    return {name: sources for name, *sources in parts}


def test_the_blogs_pages_load_nothing_from_elsewhere(place: Any) -> None:
    for path in (*PAGES, "/nothing"):
        found = policy(ask(place, path))
        assert found["default-src"] == ["'self'"]
        assert found["script-src"] == ["'self'"]
        assert found["base-uri"] == found["object-src"] == ["'none'"]
        assert not [each for sources in found.values() for each in sources if "unsafe" in each]


def test_snapshots_may_be_fetched_by_any_page(place: Any) -> None:
    for path in SNAPSHOTS:
        answer = ask(place, path)
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Set-Cookie" not in answer.headers
    assert "Access-Control-Allow-Origin" not in ask(place, "/").headers


def test_types_are_said_and_not_guessed(place: Any) -> None:
    for path, kind in {
        "/": "text/html; charset=utf-8",
        "/bird.png": "image/png",
        "/theme/style.0123abcd.css": "text/css; charset=utf-8",
        "/comments/embed.js": "text/javascript; charset=utf-8",
        "/comments/threads/pelicans.json": "application/json; charset=utf-8",
        "/comments/threads/pelicans.atom": "application/atom+xml; charset=utf-8",
    }.items():
        assert ask(place, path).headers["Content-Type"] == kind


class TestUnderAPath:
    @pytest.fixture
    def changed(self) -> dict[str, Any]:
        return {"site_url": "https://example.org/blog"}

    def test_the_site_and_its_snapshots_are_found_below_it(self, place: Any) -> None:
        for path in (*PAGES, *SNAPSHOTS):
            assert ask(place, f"/blog{path}").status_code == 200, path
        for path in ("/pelicans/", "/index.html", "/comments/counts.json", "/blogpost", "/"):
            assert ask(place, path).status_code == 404, path
        assert ask(place, "/blog/pelicans").location == "/blog/pelicans/"
        assert ask(place, "/blog").location == "/blog/"
        with pytest.raises(Entered):
            ask(place, "/blog/comments/threads/pelicans")

    def test_hostile_paths_stay_hostile(self, place: Any) -> None:
        for path in (*HOSTILE, *HOSTILE_SNAPSHOTS):
            for whole in (f"/blog{path}", path):
                try:
                    answer = ask(place, whole)
                except Entered:
                    continue
                assert answer.status_code in (404, 301), whole
                assert "SECRET" not in answer.text
                assert answer.headers.get("Location", "/blog/") == "/blog/", whole

    def test_over_tls_browsers_are_told_to_stay_there(self, place: Any) -> None:
        for path in ("/blog/", "/blog/nothing", "/blog/comments/counts.json"):
            assert "max-age=31536000" in ask(place, path).headers["Strict-Transport-Security"]


class TestOnAnotherHost:
    @pytest.fixture
    def changed(self) -> dict[str, Any]:
        return {"comments_url": "https://talk.example.net/comments/"}

    def test_the_blogs_pages_may_talk_to_that_host_and_no_other(self, place: Any) -> None:
        found = policy(ask(place, "/"))
        for name in ("script-src", "style-src", "connect-src", "form-action"):
            assert found[name] == ["'self'", "https://talk.example.net"]
        assert found["default-src"] == ["'self'"]

    def test_snapshots_are_served_there(self, place: Any) -> None:
        answer = ask(place, "/comments/threads/pelicans.html")
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


class TestWithoutTheBlog:
    @pytest.fixture
    def changed(self) -> dict[str, Any]:
        return {"output": ""}

    def test_only_snapshots_are_files(self, place: Any) -> None:
        assert ask(place, "/comments/counts.json").status_code == 200
        with pytest.raises(Entered):
            ask(place, "/")
