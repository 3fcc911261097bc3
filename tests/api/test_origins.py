"""Where a request comes from: pages of other sites change nothing, and read what the list allows."""

from typing import Any

import pytest
from flask import Flask

from comments_service.db import db
from comments_service.models import Comment, Role, Session
from tests import make
from tests.api.asking import GUEST, ORIGINS, TOKEN_ROUTES, is_problem, routes, send, shaped
from tests.api.people import of_role
from tests.conftest import API, SITE

LINKS = tuple(f"/comments/{page}/" for page in ("notifications", "subscribe", "unsubscribe"))


@pytest.mark.parametrize("changed_settings", [{"manifest_token": "t" * 32}], ids=["every route"])
def test_no_route_changes_anything_for_a_page_of_another_site(app: Flask) -> None:
    make.thread()
    make.comment()
    owner = of_role(app, "Olga", Role.OWNER)
    changes = routes(app, safe=False)
    assert len(changes) >= 15
    for method, path in changes:
        if path.startswith(LINKS):
            continue  # Whatever page it comes from: its address says all, and no cookie is asked.
        for origin in ORIGINS:
            if path in TOKEN_ROUTES and origin is None:
                continue  # A program; tests/api/test_manifest_push.py.
            answer = owner._open(method, path, headers={"Origin": origin}, json={"body": "x"})
            assert answer.status_code == 403, (method, path, origin)
            assert shaped(answer, path)
            if path.startswith(API):
                assert is_problem(answer, "wrong_origin")
            assert "Set-Cookie" not in answer.headers
    assert db.session.get_one(Comment, 1).source == "They scoop."
    assert db.session.query(Comment).count() == 1
    assert db.session.query(Session).one().ended_at is None


def test_sec_fetch_site_alone_lets_nobody_in(app: Flask) -> None:
    make.thread()
    path = "/comments/threads/pelicans"
    for site in ("same-origin", "same-site", "none", "cross-site", ""):
        for origin in (None, "http://evil.example", "null"):
            headers = {"Sec-Fetch-Site": site, **({"Origin": origin} if origin else {})}
            assert send(app, "POST", path, data=GUEST, headers=headers).status_code == 403
    assert db.session.query(Comment).count() == 0


def test_a_refused_page_learns_which_setting_would_let_it_in(app: Flask) -> None:
    answer = send(
        app, "POST", "/comments/sign-in", headers={"Origin": "http://<b>127.0.0.1</b>:8001"}
    )
    assert "SITE_URL" in answer.text
    assert "<b>" not in answer.text


@pytest.mark.parametrize("origin", [None, "null"])
def test_a_text_from_a_page_that_hides_where_it_is_comes_back_to_be_sent_again(
    app: Flask, origin: str | None
) -> None:
    make.thread()
    path = "/comments/threads/pelicans"
    sent = {"Origin": origin} if origin else {}
    refused = send(app, "POST", path, data={**GUEST, "body": "Typed & kept."}, headers=sent)
    assert refused.status_code == 403
    assert "Typed &amp; kept.</textarea>" in refused.text
    assert f'value="{GUEST["name"]}"' in refused.text
    assert "did not say which page" in refused.text
    assert "SITE_URL" not in refused.text
    again = send(app, "POST", path, data=GUEST, headers={"Origin": SITE})
    assert again.status_code == 303


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example"])
def test_what_is_not_there_is_no_fault_of_ours_wherever_it_is_sent_from(
    app: Flask, origin: str | None
) -> None:
    sent = {"Origin": origin} if origin else {}
    for path in ("threads/nothing", "comment/9/edit"):
        answer = send(app, "POST", f"/comments/{path}", data=GUEST, headers=sent)
        assert answer.status_code == 404, path


@pytest.mark.parametrize("origin", ["", "null"])
def test_an_edit_that_hides_where_it_is_comes_back_to_be_sent_again(
    app: Flask, origin: str
) -> None:
    make.thread()
    reader = of_role(app, "Rita", Role.READER)
    reader.post("/comments/threads/pelicans", {"body": "As it was."})
    path, sent = "/comments/comment/1/edit", {"body": "Typed & kept."}
    refused = reader._open("POST", path, data=sent, headers={"Origin": origin})
    assert refused.status_code == 403
    assert "Typed &amp; kept.</textarea>" in refused.text
    stranger = send(app, "POST", path, data=sent, headers={"Origin": origin})
    assert "As it was." not in stranger.text
    assert db.session.get_one(Comment, 1).source == "As it was."


def test_an_origin_is_compared_without_its_case(app: Flask) -> None:
    make.thread()
    answer = send(
        app,
        "POST",
        "/comments/threads/pelicans",
        data=GUEST,
        headers={"Origin": "HTTP://Blog.Test"},
    )
    assert answer.status_code == 303


def test_other_methods_are_not_smuggled_in(app: Flask) -> None:
    make.thread()
    make.comment()
    owner = of_role(app, "Olga", Role.OWNER)
    for header in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        for path in ("/comments/api/v1/comments/1", "/comments/threads/pelicans"):
            answer = owner._open("GET", path, headers={header: "DELETE"})
            assert answer.status_code in (200, 405)
        answer = owner._open("POST", "/comments/api/v1/comments/1", headers={header: "DELETE"})
        assert answer.status_code == 405
    form = {"_method": "DELETE", "_METHOD": "PUT", "method": "delete"}
    assert owner.post("/comments/comment/1/edit", form).status_code in (403, 422)
    assert db.session.get_one(Comment, 1).source == "They scoop."


class TestElsewhere:
    """The blog on one host, the service on another, a second blog allowed to post."""

    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {
            "comments_url": "https://talk.example.net/comments/",
            "allowed_origins": ("https://second.example",),
        }

    allowed = (SITE, "https://talk.example.net", "https://second.example")

    def test_cors_answers_an_exact_list(self, app: Flask) -> None:
        make.thread()
        for origin in (*self.allowed, *ORIGINS):
            headers = {"Origin": origin} if origin is not None else {}
            answer = send(app, "GET", "/comments/api/v1/me", headers=headers)
            assert answer.status_code == 200
            assert "Origin" in answer.headers["Vary"]
            if origin in self.allowed:
                assert answer.headers["Access-Control-Allow-Origin"] == origin
                assert answer.headers["Access-Control-Allow-Credentials"] == "true"
            else:
                assert "Access-Control-Allow-Origin" not in answer.headers, origin
                assert "Access-Control-Allow-Credentials" not in answer.headers

    def test_errors_can_be_read_across_origins_too(self, app: Flask) -> None:
        answer = send(
            app,
            "POST",
            "/comments/api/v1/preview",
            json={},
            headers={"Origin": "https://second.example"},
        )
        assert answer.status_code == 422
        assert answer.headers["Access-Control-Allow-Origin"] == "https://second.example"
        assert "Retry-After" in answer.headers["Access-Control-Expose-Headers"]

    def test_preflights_are_answered_for_the_list_only(self, app: Flask) -> None:
        asked = {"Access-Control-Request-Method": "PATCH"}
        for path in ("comments/1", "threads/pelicans/comments", "session", "nothing"):
            for origin in (*self.allowed, *ORIGINS):
                headers = {**asked, **({"Origin": origin} if origin is not None else {})}
                answer = send(app, "OPTIONS", API + path, headers=headers)
                assert answer.status_code == 204
                assert answer.data == b""
                assert "Origin" in answer.headers["Vary"]
                allowed = origin in self.allowed
                assert ("Access-Control-Allow-Origin" in answer.headers) is allowed
                assert ("Access-Control-Allow-Methods" in answer.headers) is allowed
                if allowed:
                    assert answer.headers["Access-Control-Allow-Headers"] == "Content-Type"

    def test_pages_are_never_readable_across_origins(self, app: Flask) -> None:
        make.thread()
        for path in ("/comments/threads/pelicans", "/comments/sign-in"):
            answer = send(app, "GET", path, headers={"Origin": "https://second.example"})
            assert "Access-Control-Allow-Origin" not in answer.headers

    def test_a_listed_page_may_post(self, app: Flask) -> None:
        make.thread()
        headers = {"Origin": "https://second.example", "Sec-Fetch-Site": "cross-site"}
        answer = send(app, "POST", f"{API}threads/pelicans/comments", json=GUEST, headers=headers)
        assert answer.status_code == 202

    def test_a_posted_form_may_lead_back_to_the_blog(self, app: Flask) -> None:
        """Browsers hold `form-action` against the redirect that answers a form."""
        make.thread()
        policy = send(app, "GET", "/comments/threads/pelicans").headers["Content-Security-Policy"]
        assert "form-action 'self' http://blog.test;" in policy


def test_on_one_origin_cors_names_only_that_one(app: Flask) -> None:
    answer = send(app, "GET", f"{API}me", headers={"Origin": "http://evil.example"})
    assert "Access-Control-Allow-Origin" not in answer.headers
    answer = send(app, "GET", f"{API}me")
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Origin" in answer.headers["Vary"]
