"""The route to which `tasks.py publish` pushes the manifest: who gets in, and what holds afterwards."""

import contextvars
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
import sqlalchemy as sa
from flask import Flask

from comments_service.config import Rate, Settings, from_environment
from comments_service.config import SettingError as Wrong
from comments_service.db import db
from comments_service.models import RateCount, Role, Session, Site, Thread
from comments_service.publishing import manifest
from comments_service.publishing.publisher import Publisher
from comments_service.threads import get
from comments_service.web.routes import Route
from tests import make
from tests.api.asking import ORIGINS, is_problem, send
from tests.api.people import of_role
from tests.conftest import API, SITE, Answer
from tests.unit.test_manifest import ENTRY, document, entry

TOKEN = "a-token-of-thirty-two-characters-and-more"


@pytest.fixture
def changed_settings() -> dict[str, Any]:
    return {"manifest_token": TOKEN, "limit_sign_in": (Rate(100, 60),)}


def push(app: Flask, data: Any = None, token: str | None = TOKEN, **options: Any) -> Answer:
    """Send a manifest as a program does: no Origin, no cookie."""
    db.session.rollback()
    headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
    body = data if isinstance(data, bytes) else json.dumps(data or document(ENTRY)).encode()
    answer = contextvars.Context().run(
        app.test_client().open,
        f"{API}manifest",
        method="PUT",
        base_url=SITE,
        data=body,
        headers={"Content-Type": "application/json", **headers, **options},
    )
    db.session.expire_all()
    return cast("Answer", answer)


def titles() -> list[str]:
    db.session.rollback()
    return [*db.session.scalars(sa.select(Thread.title).where(Thread.listed).order_by(Thread.id))]


def test_a_pushed_manifest_makes_its_threads(app: Flask, fragment: Any) -> None:
    answer = push(app, document(ENTRY, entry(id="gulls", title="Gulls", aliases=[])))
    assert (answer.status_code, answer.json) == (200, {"threads": 2})
    assert "Set-Cookie" not in answer.headers
    assert titles() == ["Gulls", "How pelicans fish"]
    assert 'data-thread="gulls"' in fragment("gulls")


def test_a_push_wakes_the_publisher(app: Flask, settings: Settings) -> None:
    app.extensions["publisher"] = following = Publisher(app, settings)
    push(app, token="wrong")
    assert not following._woken.is_set()
    push(app)
    assert following._woken.is_set()
    following.turn()
    assert (settings.published / "threads" / "pelicans.html").exists()


def test_without_the_token_nothing_is_taken_over(app: Flask) -> None:
    wrong = (None, "", "wrong", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), f"{TOKEN} {TOKEN}", "\xff")
    for token in wrong:
        answer = push(app, token=token)
        assert answer.status_code == 401, token
        assert is_problem(answer, "wrong_token")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    for scheme in (f"Basic {TOKEN}", TOKEN, f"Token {TOKEN}", f"Bearer{TOKEN}"):
        assert push(app, token=None, Authorization=scheme).status_code == 401
    assert titles() == []
    assert push(app, token=None, Authorization=f"bearer  {TOKEN}").status_code == 200


def test_a_session_is_no_token(app: Flask) -> None:
    owner = of_role(app, "Olga", Role.OWNER)
    before = db.session.scalars(sa.select(Session.seen_at)).all()
    answer = owner._open("PUT", f"{API}manifest", headers={"Origin": None}, json=document(ENTRY))
    assert answer.status_code == 401
    assert db.session.scalars(sa.select(Session.seen_at)).all() == before
    assert titles() == []


def test_a_page_of_another_site_is_refused_even_with_the_token(app: Flask) -> None:
    for origin in ORIGINS:
        if origin is not None:
            answer = push(app, Origin=origin)
            assert answer.status_code == 403, origin
            assert is_problem(answer, "wrong_origin")
    assert titles() == []


def test_no_preflight_lets_a_script_send_the_token(app: Flask) -> None:
    answer = app.test_client().options(
        f"{API}manifest",
        base_url=SITE,
        headers={"Origin": SITE, "Access-Control-Request-Method": "PUT"},
    )
    assert "PUT" not in answer.headers["Access-Control-Allow-Methods"]
    assert answer.headers["Access-Control-Allow-Headers"] == "Content-Type"


class TestClosed:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {}

    def test_without_a_token_in_the_settings_there_is_no_such_door(self, app: Flask) -> None:
        for token in (None, "", TOKEN):
            assert is_problem(push(app, token=token), "unknown_page")
        assert titles() == []


class TestGuessing:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"manifest_token": TOKEN, "limit_sign_in": (Rate(3, 900),)}

    def test_guessing_is_limited_and_who_knows_the_token_is_not_kept_out(self, app: Flask) -> None:
        codes = [push(app, token="a guess").status_code for _ in range(5)]
        assert codes == [401, 401, 401, 429, 429]
        answer = push(app, token="a guess")
        assert is_problem(answer, "too_many")
        assert int(answer.headers["Retry-After"]) <= 2 * 900
        assert push(app).status_code == 200
        stored = " ".join(db.session.scalars(sa.select(RateCount.subject)))
        assert "token-from:" in stored
        assert "127.0.0.1" not in stored


def test_a_manifest_that_cannot_be_used_is_refused_in_the_words_of_its_reader(app: Flask) -> None:
    push(app)
    answer = push(app, document(entry(url=7)))
    assert answer.status_code == 422
    assert is_problem(answer, "invalid_manifest")
    assert "threads.0.url" in answer.json["detail"]
    for data in (b"", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"version": 2}'):
        assert is_problem(push(app, data), "invalid_manifest"), data[:20]
    assert titles() == ["How pelicans fish"]


def test_only_json_is_taken(app: Flask) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "", "application/json-seq"):
        assert is_problem(push(app, **{"Content-Type": kind}), "wrong_content_type"), kind


def test_a_manifest_may_be_larger_than_a_comment_but_not_without_end(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [entry(id=f"thread-{number}", aliases=[]) for number in range(1500)]
    data = json.dumps(document(*many)).encode()
    assert len(data) > 300_000
    assert push(app, data).json == {"threads": 1500}
    endpoint = "api.manifest.take_manifest"
    route = app.view_functions[endpoint]
    assert isinstance(route, Route)
    assert route.max_bytes == manifest.MAX_BYTES
    smaller = replace(route, max_bytes=len(data) - 1)
    monkeypatch.setitem(app.view_functions, endpoint, smaller)
    assert is_problem(push(app, data), "too_large")
    # Whoever has no token is told nothing of sizes.
    assert push(app, data, token="wrong").status_code == 401


class TestAfterwards:
    """The source that the service reads by itself, and what was pushed: which of them holds."""

    @pytest.fixture
    def source(self, tmp_path: Path) -> Path:
        path = tmp_path / "threads.json"
        path.write_text(json.dumps(document(entry(title="Older"))))
        return path

    def test_an_older_file_does_not_replace_what_was_pushed(self, app: Flask, source: Path) -> None:
        manifest.sync(str(source))
        push(app, document(entry(title="Newer")))
        assert not manifest.sync(str(source))
        assert titles() == ["Newer"]

    def test_a_file_that_changes_after_the_push_counts_again(
        self, app: Flask, source: Path
    ) -> None:
        manifest.sync(str(source))
        push(app, document(entry(title="Newer")))
        source.write_text(json.dumps(document(entry(title="Newest"))))
        assert manifest.sync(str(source))
        assert titles() == ["Newest"]

    def test_the_same_manifest_pushed_and_then_found_raises_no_revision(
        self, app: Flask, source: Path
    ) -> None:
        manifest.sync(str(source))
        push(app, document(entry(title="Newer")))
        revision = get("pelicans").revision
        push(app, document(entry(title="Newer")))
        source.write_text(json.dumps(document(entry(title="Newer"))))
        manifest.sync(str(source))
        assert get("pelicans").revision == revision

    def test_a_push_is_enough_where_nothing_can_be_read(self, app: Flask, tmp_path: Path) -> None:
        push(app)
        assert db.session.get_one(Site, 1).title == "A blog"
        assert not manifest.sync(str(tmp_path / "nothing.json"))
        assert titles() == ["How pelicans fish"]

    def test_comments_stay_when_an_article_is_rolled_back(self, app: Flask) -> None:
        push(app, document(ENTRY))
        make.comment()
        push(app, document(entry(id="gulls", aliases=[])))
        push(app, document(ENTRY))
        assert get("pelicans").listed


def test_a_token_that_could_be_guessed_is_refused_at_the_start() -> None:
    for token in ("short", "x" * 31, "with spaces in between it all, and long enough", "ü" * 40):
        with pytest.raises(Wrong, match="COMMENTS_MANIFEST_TOKEN"):
            from_environment({"COMMENTS_MANIFEST_TOKEN": token})
    assert from_environment({"COMMENTS_MANIFEST_TOKEN": f" {TOKEN}\n"}).manifest_token == TOKEN


def test_the_services_pages_have_the_blogs_icon_logo_footer_and_styles(app: Flask) -> None:
    site = {"url": SITE, "title": "A blog", "lang": "en"}
    looks = {
        "icon": f"{SITE}/me.svg?1",
        "logo": f"{SITE}/logo.svg?2",
        "styles": [f"{SITE}/own.css?3"],
        "footer": '© <em>Ada</em> <a href="https://blog.test/imprint/" onclick="x()">Imprint</a>'
        '<script>x()</script><a href="javascript:x()">y</a><img src="x" onerror="x()">',
    }
    assert push(app, document(ENTRY, site={**site, "looks": looks})).status_code == 200
    page = send(app, "GET", "/comments/sign-in").text
    assert f'<link rel="icon" href="{looks["icon"]}">' in page
    assert f'<img class="logo" src="{looks["logo"]}" alt="">' in page
    assert f'<link rel="stylesheet" href="{looks["styles"][0]}">' in page
    assert '© <em>Ada</em> <a href="https://blog.test/imprint/"' in page
    # Whoever could write the manifest must not act in a moderator's name.
    assert not re.search(r"x\(\)|javascript:|onclick|onerror", page)
    for wrong in (
        {"icon": "javascript:x()"},
        {"logo": "/logo.svg"},
        {"styles": ["data:text/css,*{}"]},
        {"footer": "x" * 5_001},
        {"footer": 3},
    ):
        pushed = push(app, document(ENTRY, site={**site, "looks": wrong}))
        assert pushed.status_code == 422, wrong
    assert push(app, document(ENTRY, site=site)).status_code == 200
    plain = send(app, "GET", "/comments/sign-in").text
    assert "/comments/static/mark.svg" in plain
    assert "site-footer" not in plain


def test_the_services_pages_are_set_in_the_blogs_accent(app: Flask) -> None:
    site = {"url": SITE, "title": "A blog", "lang": "en"}
    for colours in (["#0b5d3b", "#7fd1a8"], ["#0b5d3c", "#7fd1a9"]):
        assert push(app, document(ENTRY, site={**site, "accent": colours})).status_code == 200
        page = send(app, "GET", "/comments/sign-in").text
        link = re.search(r'<link rel="stylesheet" href="(/comments/accent\.css\?[^"]+)">', page)
        assert link
        # Another colour has another address, so that yesterday's is not shown.
        assert all(colour[1:] in link[1] for colour in colours)
        style = send(app, "GET", link[1])
        assert style.mimetype == "text/css"
        assert f"--accent:light-dark({colours[0]},{colours[1]})" in style.text
    for wrong in (["#0b5d3b"], ["red", "blue"], ["#0b5d3b;}", "#7fd1a8"], ["#0b5d3b"] * 3):
        assert push(app, document(ENTRY, site={**site, "accent": wrong})).status_code == 422
    assert push(app).status_code == 200
    assert "accent.css" not in send(app, "GET", "/comments/sign-in").text
    assert send(app, "GET", "/comments/accent.css").text == ""
