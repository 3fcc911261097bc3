"""What every request meets: where it comes from, its size and shape, errors, headers, a database away."""

import contextvars
import gzip
import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event

from comments_service.config import Rate, Settings
from comments_service.db import db
from comments_service.models import Comment, Role, Session
from comments_service.web.routes import MAX_BYTES
from comments_service.web.visitor import SAFE_METHODS
from tests import make
from tests.api.people import of_role, read
from tests.conftest import API, SITE, Answer, Visitor

SAMPLE = {"<id:comment_id>": "1", "<thread_id>": "pelicans", "<token>": "x", "<challenge>": "x"}
GUEST = {"name": "Gus", "body": "They *scoop*."}
# These take a token instead of a session.
TOKEN_ROUTES = (f"{API}manifest",)


def routes(app: Flask, *, safe: bool) -> list[tuple[str, str]]:
    """Every method and path of the application, with sample values."""
    found = []
    for rule in app.url_map.iter_rules():
        path = rule.rule
        for name, value in SAMPLE.items():
            path = path.replace(name, value)
        for method in sorted(rule.methods or ()):
            if method != "OPTIONS" and (method in SAFE_METHODS) is safe:
                found.append((method, path))
    return found


def send(app: Flask, method: str, path: str, **options: Any) -> Answer:
    """Send exactly this: no header is added."""
    db.session.rollback()
    answer = contextvars.Context().run(
        app.test_client().open, path, method=method, base_url=SITE, **options
    )
    return cast("Answer", answer)


def is_problem(answer: Answer, code: str | None = None) -> bool:
    """RFC 9457 with a code and fields: the one shape of the API's errors."""
    assert answer.mimetype == "application/problem+json", answer.text
    problem = answer.json
    assert set(problem) == {"type", "title", "status", "code", "detail", "fields"}
    assert problem["status"] == answer.status_code
    assert problem["title"]
    assert problem["detail"]
    assert all(isinstance(each, str) for each in problem["fields"].values())
    assert "Traceback" not in answer.text
    return code is None or problem["code"] == code


def is_page(answer: Answer) -> bool:
    assert answer.mimetype == "text/html"
    assert "<h1" in answer.text
    assert "Traceback" not in answer.text
    return True


def shaped(answer: Answer, path: str) -> bool:
    return is_problem(answer) if path.startswith(API) else is_page(answer)


# ---- where it comes from

ORIGINS = (
    *(None, "", "null", "http://evil.example", "https://blog.test", "http://blog.test:8000"),
    *("http://blog.test.evil.example", "http://evilblog.test", "http://sub.blog.test"),
    *("http://blog.test/", "http://blog.test, http://evil.example", "blog.test", "file://"),
    *("http://blog.test@evil.example", "http://blog.test#", "\xff", "http://blog.test\t"),
)


@pytest.mark.parametrize("changed_settings", [{"manifest_token": "t" * 32}], ids=["every door"])
def test_no_door_changes_anything_for_a_page_of_another_site(app: Flask) -> None:
    make.thread()
    make.comment()
    owner = of_role(app, "Olga", Role.OWNER)
    changes = routes(app, safe=False)
    assert len(changes) >= 15
    for method, path in changes:
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


def test_sec_fetch_site_alone_opens_no_door(app: Flask) -> None:
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


# ---- size and shape

DEEP = 100_000
# What is sent, and the statuses that may answer it; never one of 500.
BODIES: dict[str, tuple[bytes, str, set[int]]] = {
    name: (data, "application/json", codes)
    for name, (data, codes) in {
        "nothing": (b"", {400}),
        "half an object": (b'{"body": "x"', {400}),
        "two values": (b'{"body": "x"} {}', {400}),
        "a comment": (b'{"body": "x" /* no */}', {400}),
        "not a number": (b'{"body": NaN}', {400}),
        "an infinite number": (b'{"body": 1e999}', {400, 422}),
        "invalid UTF-8": (b'{"body": "\xff\xfe"}', {400}),
        "overlong UTF-8": (b'{"body": "\xc0\xaf"}', {400}),
        "UTF-16": ('{"body": "x"}'.encode("utf-16"), {400}),
        "a surrogate in UTF-8": (b'{"body": "\xed\xa0\x80"}', {400}),
        "a lone surrogate": (b'{"body": "\\ud800", "name": "\\udfff"}', {400, 422}),
        "a lone surrogate in a key": (b'{"\\ud800": "x"}', {400, 422}),
        "NUL": (b'{"body": "a\\u0000b", "name": "a\\u0000", "email": "a\\u0000@b.c",'
                b' "password": "a\\u0000bcdefgh", "reason": "\\u0000", "key": "\\u0000"}', {422}),
        "NUL in a mail address": (b'{"email": "a\\u0000@b.c", "password": "x"}', {422}),
        "a raw NUL": (b'{"body": "a\0b"}', {400}),
        "reversed text": ('{"body": "a\u202eb", "name": "\u202e", "reason": "\u2066"}'.encode(), {422}),
        "deep arrays": (b"[" * DEEP + b"]" * DEEP, {400, 422}),
        "deep objects": (b'{"body":' * (DEEP // 4) + b"1" + b"}" * (DEEP // 4), {400, 422}),
        "deep and open": (b"[" * DEEP, {400}),
        "an array": (b"[]", {422}),
        "an array of objects": (b'[{"body": "x"}]', {422}),
        "null": (b"null", {422}),
        "true": (b"true", {422}),
        "a number": (b"17", {422}),
        "a text": (b'"x"', {422}),
        "an array for a text": (b'{"body": ["x"], "decision": ["publish"], "email": []}', {422}),
        "an object for a text": (b'{"body": {"$ne": ""}, "email": {}, "decision": {}}', {422}),
        "null for a text": (b'{"body": null, "decision": null, "email": null}', {422}),
        "numbers for texts": (b'{"body": 1, "name": 2, "email": 3, "decision": 4}', {422}),
        "a text for a number": (b'{"body": "x", "name": "x", "parent": "1"}', {422}),
        "a fraction": (b'{"body": "x", "name": "x", "parent": 1.0}', {422}),
        "beyond 2^63": (b'{"body": "x", "name": "x", "parent": 9223372036854775808}', {422}),
        "far beyond 2^63": (b'{"body": "x", "name": "x", "parent": ' + b"9" * 400 + b"}", {400, 422}),
        "a negative number": (b'{"body": "x", "name": "x", "parent": -1}', {422}),
        "true for a number": (b'{"body": "x", "name": "x", "parent": true}', {422}),
        "unknown fields": (b'{"body": "x", "status": "published", "id": 1, "role": "owner"}', {422}),
        "dunder fields": (b'{"__proto__": {}, "__class__": "x", "constructor": {}}', {422}),
        "many fields": (json.dumps({f"f{n}": n for n in range(5000)}).encode(), {422}),
    }.items()
}  # fmt: skip
TYPES: dict[str, tuple[bytes, str | None, set[int]]] = {
    "plain text": (b'{"body": "x"}', "text/plain", {415}),
    "a form": (b"body=x", "application/x-www-form-urlencoded", {415}),
    "a multipart form": (b"--a\r\n\r\n--a--", "multipart/form-data; boundary=a", {415}),
    "no type": (b'{"body": "x"}', None, {415}),
    "an empty type": (b'{"body": "x"}', "", {415}),
    "nearly JSON": (b'{"body": "x"}', "application/json-patch+json", {415}),
    "text/json": (b'{"body": "x"}', "text/json", {415}),
    "several types": (b'{"body": "x"}', "text/plain, application/json", {415}),
    "JSON in a parameter": (b'{"body": "x"}', "text/plain; a=application/json", {415}),
    "gzip": (gzip.compress(b'{"body": "x"}'), "application/json", {400}),
    "a gzip bomb": (gzip.compress(bytes(30_000_000)), "application/json", {400}),
    "too much": (b'{"body": "' + b"x" * MAX_BYTES + b'"}', "application/json", {413}),
    "far too much": (bytes(10_000_000), "application/json", {413}),
}


def takes_json(app: Flask) -> list[tuple[str, str]]:
    found = [each for each in routes(app, safe=False) if each[1].startswith(API)]
    return [each for each in found if each[0] != "DELETE" and each[1] not in TOKEN_ROUTES]


class TestShapes:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        often = (Rate(100_000, 60),)
        return {"limit_sign_in": often, "limit_sign_up": often, "limit_posts": often}

    def test_the_api_never_fails_whatever_is_sent(self, app: Flask) -> None:
        make.thread()
        owner = of_role(app, "Olga", Role.OWNER)
        assert len(takes_json(app)) >= 8
        for name, (data, kind, codes) in {**BODIES, **TYPES}.items():
            encoding = {"Content-Encoding": "gzip"} if "gzip" in name else {}
            for method, path in takes_json(app):
                answer = owner._open(method, path, data=data, content_type=kind, headers=encoding)
                assert answer.status_code in codes, (name, method, path, answer.text)
                assert is_problem(answer)
        assert db.session.query(Comment).count() == 0

    def test_forms_never_fail_whatever_is_sent(self, app: Flask) -> None:
        make.thread()
        make.comment()
        owner = of_role(app, "Olga", Role.OWNER)
        doors = [path for _, path in routes(app, safe=False) if not path.startswith(API)]
        assert len(doors) >= 11
        url = "application/x-www-form-urlencoded"
        many = b"&".join(b"comment=%d" % number for number in range(5000))
        part = b'--a\r\nContent-Disposition: form-data; name="body"\r\n\r\nx\r\n'
        file = b'--a\r\nContent-Disposition: form-data; name="body"; filename="../x"\r\n\r\nx\r\n'
        sent = {
            "nothing": (b"", url),
            "invalid UTF-8": (b"body=%FF%FE&name=\xff&email=%ED%A0%80&decision=%C0%AF", url),
            "NUL": (b"body=a%00&name=%00&email=%00@b.c&password=%00aaabbbccc&reason=%00"
                    b"&next=%00&key=%00&website=%00&comment=%00&thread=%00&in_q=%00", url),
            "NUL in an address": (b"email=a%00@b.c&password=x&old_password=%00", url),
            "duplicates": (b"body=&body=x&name=a&name=b&decision=publish&decision=spam"
                           b"&comment=17&comment=17&email=a@b.c&email=c@d.e", url),
            "brackets": (b"body[]=x&body[$ne]=x&name[a]=b&decision[]=publish", url),
            "large numbers": (b"parent=" + b"9" * 5000 + b"&body=x&name=x&comment=" + b"9" * 5000
                              + b"&page=" + b"9" * 5000 + b"&in_comment=" + b"9" * 5000, url),
            "many fields": (many, url),
            "JSON": (b'{"body": "x"}', "application/json"),
            "plain text": (b"body=x", "text/plain"),
            "no type": (b"body=x", None),
            "a file": (file + b"--a--\r\n", "multipart/form-data; boundary=a"),
            "many parts": (part * 60 + b"--a--\r\n", "multipart/form-data; boundary=a"),
            "a broken multipart": (b"--a\r\nContent-Dis", "multipart/form-data; boundary=a"),
            "no boundary": (part, "multipart/form-data"),
            "UTF-16": ("body=x".encode("utf-16"), f"{url}; charset=utf-16"),
            "gzip": (gzip.compress(b"body=x"), url),
            "too much": (b"body=" + b"x" * MAX_BYTES, url),
            "too much in parts": (part.replace(b"x\r", b"x" * MAX_BYTES + b"\r") + b"--a--\r\n",
                                  "multipart/form-data; boundary=a"),
        }  # fmt: skip
        for name, (data, kind) in sent.items():
            for path in doors:
                if path.endswith("sign-out"):
                    continue
                answer = owner._open("POST", path, data=data, content_type=kind)
                assert answer.status_code < 500, (name, path, answer.status_code)
                if answer.status_code >= 400:
                    assert is_page(answer)
                elif path.endswith("/account/data"):
                    assert answer.headers["Content-Disposition"].startswith("attachment")
                else:
                    assert answer.status_code in (202, 303), (name, path)
                if name.startswith("too much") and "/verify/" not in path:
                    assert answer.status_code in (403, 404, 413), (name, path)
        assert db.session.get_one(Comment, 1).source == "They scoop."

    def test_json_may_say_its_charset(self, app: Flask) -> None:
        owner = of_role(app, "Olga", Role.OWNER)
        for kind in ("application/json; charset=utf-8", "Application/JSON;charset=UTF-8"):
            answer = owner._open("POST", f"{API}preview", data=b'{"body":"x"}', content_type=kind)
            assert answer.status_code == 200
            assert answer.json == {"html": "<p>x</p>"}

    def test_the_longest_comment_fits_however_it_is_written(self, app: Flask) -> None:
        make.thread()
        owner = of_role(app, "Olga", Role.OWNER)
        body = "\U00010348" * 10_000
        answer = owner._open(
            "POST",
            f"{API}threads/pelicans/comments",
            data=json.dumps({"body": body}).encode(),
            content_type="application/json",
        )
        assert answer.status_code == 201
        assert answer.json["source"] == body
        assert owner.post("/comments/threads/pelicans", {"body": body + " "}).status_code == 303

    def test_a_limit_is_named(self, app: Flask) -> None:
        make.thread()
        owner = of_role(app, "Olga", Role.OWNER)
        answer = owner.call("POST", "threads/pelicans/comments", {"body": "x" * 10_001})
        assert "10,000" in answer.json["fields"]["body"]
        page = owner.post("/comments/threads/pelicans", {"body": "x" * 10_001}).text
        assert "10,000" in page
        assert "x" * 10_001 in page


# ---- addresses

ODD_NUMBERS = (
    "0",
    "-1",
    "01x",
    "1.0",
    "1e3",
    "x",
    "٣",
    "9223372036854775808",
    "9" * 5000,
    "%00",
    "1%00",
)
ODD_THREADS = (
    "-",
    "UPPER",
    "a_b",
    "a" * 129,
    "%00",
    "a%00",
    "%FF",
    "..",
    "%2e%2e",
    "'--",
    "中",
    "a.html",
)


def test_an_address_that_cannot_be_is_404_in_its_doors_shape(app: Flask) -> None:
    owner = of_role(app, "Olga", Role.OWNER)
    for rule in app.url_map.iter_rules():
        for name, odd in (("<id:comment_id>", ODD_NUMBERS), ("<thread_id>", ODD_THREADS)):
            if name not in rule.rule:
                continue
            for method in sorted((rule.methods or set()) - {"OPTIONS"}):
                for value in odd:
                    path = rule.rule.replace(name, value)
                    options = {"json": {"body": "x"}} if path.startswith(API) else {}
                    answer = owner._open(method, path, **options)
                    assert answer.status_code in (404, 405), (method, path[:80])
                    if method != "HEAD":
                        assert shaped(answer, path)


def test_unknown_things_are_404(app: Flask) -> None:
    owner = of_role(app, "Olga", Role.OWNER)
    for path, code in {
        "threads/pelicans/comments": "unknown_thread",
        "nothing": "unknown_page",
        "comments/9223372036854775807": "unknown_comment",
    }.items():
        method = "DELETE" if "9223" in path else "GET"
        assert is_problem(owner.call(method, path), code)
    for path in ("threads/pelicans", "comment/1/edit", "comment/9223372036854775807/delete"):
        answer = owner.get(f"/comments/{path}")
        assert answer.status_code == 404
        assert is_page(answer)
    for path in ("/", "/nothing", "/comments", "/comments/", "//comments/sign-in", "/comments//"):
        answer = owner.get(path)
        assert answer.status_code == 404, path
        assert is_page(answer)


def test_a_wrong_method_is_405_and_names_the_right_ones(app: Flask) -> None:
    owner = of_role(app, "Olga", Role.OWNER)
    answer = owner.call("PUT", "preview")
    assert answer.status_code == 405
    assert is_problem(answer, "wrong_method")
    assert "POST" in answer.headers["Allow"]
    for method in ("PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "LINK"):
        answer = owner._open(method, "/comments/sign-in")
        assert answer.status_code == 405, method
        assert is_page(answer)
        assert set(answer.headers["Allow"].split(", ")) >= {"GET", "POST"}


def test_odd_queries_never_fail(app: Flask) -> None:
    make.thread()
    make.comment()
    owner = of_role(app, "Olga", Role.OWNER)
    values = (
        "%00",
        "%FF",
        "%ED%A0%80",
        "9" * 5000,
        "-1",
        "0",
        "00",
        "٣",
        "",
        "a" * 5000,
        "[]",
        "//[",
    )
    names = ("page", "reply", "parent", "lang", "thread", "status", "q", "next", "decided", "body")
    for method, path in routes(app, safe=True):
        if method == "HEAD":
            continue
        for value in values:
            query = "&".join(f"{name}={value}" for name in names)
            answer = owner._open("GET", f"{path}?{query}")
            assert answer.status_code < 500, (path, value[:20])


def test_odd_headers_never_fail(app: Flask) -> None:
    make.thread()
    odd = ("\x00", "\xff" * 300, "a" * 5000, "=;,=;", '"', "()<>@,;:")
    for name in ("User-Agent", "Accept-Language", "Cookie", "Accept", "X-Forwarded-For", "Referer"):
        for number, value in enumerate(odd):
            answer = send(
                app,
                "POST",
                "/comments/threads/pelicans",
                data={**GUEST, "body": f"{name} {number}"},
                headers={"Origin": SITE},
                environ_overrides={f"HTTP_{name.upper().replace('-', '_')}": value},
            )
            assert answer.status_code == 303, (name, value[:20])


# ---- headers


def test_every_answer_says_what_browsers_may_do_with_it(app: Flask) -> None:
    make.thread()
    make.comment()
    owner = of_role(app, "Olga", Role.OWNER)
    seen = set()
    for method, path in [*routes(app, safe=True), ("GET", "/nothing"), ("GET", f"{API}nothing")]:
        answer = owner._open(method, path)
        headers = answer.headers
        page = answer.mimetype == "text/html" and answer.status_code != 303
        seen.add(page)
        if page:
            assert headers["Content-Security-Policy"] == (
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
                " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
            )
        elif answer.status_code != 303:
            assert headers["Content-Security-Policy"] == (
                "default-src 'none'; sandbox; frame-ancestors 'none'"
            )
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Cache-Control"] == "no-store"
        assert "Strict-Transport-Security" not in headers
        assert not {"Server", "X-Powered-By"} & set(headers.keys())
    assert seen == {True, False}


def test_no_page_has_a_script_or_a_style_in_it(app: Flask) -> None:
    make.thread()
    make.comment(held=True)
    make.comment()
    owner = of_role(app, "Olga", Role.OWNER)
    for _, path in routes(app, safe=True):
        for element in read(owner.get(path).text).elements:
            names = set(element.attributes)
            assert "style" not in names
            assert not [name for name in names if name.startswith("on")]
            assert element.tag != "style"
            if element.tag == "script":
                assert (element.attributes["src"] or "").startswith("/comments/")


class TestOverTLS:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"site_url": "https://blog.test"}

    def test_browsers_are_told_to_stay_on_tls(self, guest: Visitor) -> None:
        for path in ("/comments/sign-in", f"{API}me", "/nothing"):
            assert "max-age=31536000" in guest.get(path).headers["Strict-Transport-Security"]


# ---- from which network


def networks(app: Flask, *forwarded: str | None, peer: str = "10.0.0.1") -> list[str | None]:
    """The network that each comment was stored with, for a row of X-Forwarded-For headers."""
    make.thread()
    for number, each in enumerate(forwarded):
        headers = {"Origin": SITE, **({"X-Forwarded-For": each} if each is not None else {})}
        answer = send(
            app,
            "POST",
            "/comments/threads/pelicans",
            data={**GUEST, "body": f"Number {number}."},
            headers=headers,
            environ_overrides={"REMOTE_ADDR": peer},
        )
        assert answer.status_code == 303, answer.text
    rows = db.session.scalars(sa.select(Comment.network).order_by(Comment.id)).all()
    assert not any("." in (each or "") for each in rows)
    return list(rows)


SPOOFED = ("1.1.1.1", "2.2.2.2", "1.1.1.1, 2.2.2.2", "", ", ,", "nonsense", "1.1.1.1\t,", None)


def test_without_trusted_proxies_the_header_says_nothing(app: Flask) -> None:
    assert len(set(networks(app, *SPOOFED))) == 1


class TestOneProxy:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"trusted_proxies": 1}

    def test_only_what_the_proxy_appended_counts(self, app: Flask) -> None:
        one, spoofed, spaced, other = networks(
            app, "9.9.9.9", "1.1.1.1, 9.9.9.9", "2.2.2.2,9.9.9.9 ", "9.9.9.9, 8.8.8.8"
        )
        assert one == spoofed == spaced != other

    def test_without_the_header_the_peer_counts(self, app: Flask) -> None:
        assert len(set(networks(app, None, "", "10.0.0.1"))) == 1

    def test_ipv6_counts_by_household_and_mapped_ipv4_as_ipv4(self, app: Flask) -> None:
        found = networks(
            app,
            "2001:db8:1:2::1",
            "2001:db8:1:2:ffff:ffff:ffff:ffff",
            "2001:db8:1:3::1",
            "9.9.9.9",
            "::ffff:9.9.9.9",
        )
        assert found[0] == found[1] != found[2]
        assert found[3] == found[4]
        assert len(set(found)) == 3

    def test_what_is_no_address_shares_one_limit(self, app: Flask) -> None:
        found = networks(app, "nonsense", "9.9.9.9.9", "<script>", "1.1.1.1, unknown")
        assert set(found) == {"unknown"}


class TestTwoProxies:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"trusted_proxies": 2}

    def test_the_second_from_the_right_counts(self, app: Flask) -> None:
        plain, spoofed, other = networks(
            app, "9.9.9.9, 10.0.0.2", "1.1.1.1, 9.9.9.9, 10.0.0.2", "9.9.9.9, 8.8.8.8, 10.0.0.2"
        )
        assert plain == spoofed != other

    def test_who_comes_past_a_proxy_is_not_believed(self, app: Flask) -> None:
        """One entry, where two proxies would have made two: it is the visitor's own."""
        assert len(set(networks(app, "1.1.1.1", "2.2.2.2", None))) == 1


class TestLimitBehindAProxy:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        return {"trusted_proxies": 1, "limit_posts": (Rate(2, 60),)}

    def test_a_spoofed_header_does_not_get_around_a_limit(self, app: Flask) -> None:
        make.thread()
        codes = []
        for number in range(4):
            headers = {"Origin": SITE, "X-Forwarded-For": f"{number}.1.1.1, 9.9.9.9"}
            data = {**GUEST, "body": f"Number {number}."}
            answer = send(
                app, "POST", f"{API}threads/pelicans/comments", json=data, headers=headers
            )
            codes.append(answer.status_code)
        assert codes == [202, 202, 429, 429]


# ---- the database is away


@pytest.fixture
def impatient(app: Flask) -> None:
    """Wait a tenth of a second for a lock, where the service itself waits for five."""

    @event.listens_for(db.engine, "connect")
    def _(connection: Any, _record: object) -> None:
        if db.engine.dialect.name == "sqlite":
            connection.execute("PRAGMA busy_timeout=100")
        else:
            connection.execute("SET lock_timeout = '100ms'")
            connection.commit()

    db.session.remove()
    db.engine.dispose()


@pytest.fixture
def locked(app: Flask, settings: Settings, impatient: None) -> Any:
    """Another program holds everything that could be written, while this is entered."""

    @contextmanager
    def lock() -> Iterator[None]:
        db.session.rollback()
        url = sa.make_url(settings.database_url)
        if url.get_backend_name() == "sqlite":
            other = sqlite3.connect(str(url.database), isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
            other.close()
            return
        plain = settings.database_url.replace("postgresql+psycopg", "postgresql")
        with psycopg.connect(plain) as holding:
            names = (
                "comments",
                "sessions",
                "threads",
                "accounts",
                "tokens",
                "rate_counts",
                "outbox",
            )
            holding.execute(f"LOCK TABLE {', '.join(names)} IN EXCLUSIVE MODE")
            yield

    return lock


def unavailable(answer: Answer) -> bool:
    assert answer.status_code == 503, answer.text
    assert int(answer.headers["Retry-After"]) > 0
    assert "Set-Cookie" not in answer.headers
    return True


def test_while_another_program_holds_the_database_reading_goes_on_and_no_text_is_lost(
    app: Flask, guest: Visitor, locked: Any
) -> None:
    make.thread()
    guest.call("POST", "threads/pelicans/comments", GUEST)
    token = "x" * 43
    with locked():
        assert "They scoop" in guest.get("/comments/threads/pelicans").text.replace(
            "<em>", ""
        ).replace("</em>", "")
        assert guest.call("GET", "me?thread=pelicans").json["comments"]
        assert guest.get("/comments/comment/1/edit").status_code == 200

        text = "A long thought, dearly paid for."
        answer = guest.call("POST", "threads/pelicans/comments", {**GUEST, "body": text})
        assert unavailable(answer)
        assert is_problem(answer, "unavailable")
        for path in ("/comments/threads/pelicans", "/comments/comment/1/edit"):
            answer = guest.post(path, {**GUEST, "body": text, "act": "post"})
            assert unavailable(answer)
            assert f"{text}</textarea>" in answer.text
        for method, path, data in (
            ("PATCH", "comments/1", {"body": text}),
            ("DELETE", "comments/1", None),
            ("POST", "session", {"email": "a@example.org", "password": token}),
            (
                "POST",
                "accounts",
                {"name": "A", "email": "a@example.org", "password": token[:-2] + "yz"},
            ),
            ("DELETE", "session", None),
        ):
            answer = guest.call(method, path, data)
            assert unavailable(answer)
            assert is_problem(answer, "unavailable")
        for path, data in {
            "comment/1/delete": {},
            "sign-in": {"email": "a@example.org", "password": token},
            "forgot": {"email": "a@example.org"},
        }.items():
            answer = guest.post(f"/comments/{path}", data)
            assert unavailable(answer)
            assert is_page(answer)
            assert token not in answer.text
    assert db.session.query(Comment).count() == 1
    assert guest.post("/comments/threads/pelicans", {**GUEST, "body": text}).status_code == 303


@pytest.fixture
def read_only(app: Flask, impatient: None) -> Any:
    """Let the database refuse every write, as a full disk, a standby or a read-only mount does."""

    def refuse() -> None:
        db.session.remove()
        db.engine.dispose()
        word = {
            "sqlite": "PRAGMA query_only=ON",
            "postgresql": "SET default_transaction_read_only=on",
        }[db.engine.dialect.name]

        @event.listens_for(db.engine, "connect")
        def _(connection: Any, _record: object) -> None:
            connection.execute(word)
            connection.commit()

    return refuse


def test_a_database_that_refuses_writes_is_503_and_reading_goes_on(
    app: Flask, read_only: Any
) -> None:
    make.thread()
    make.comment()
    moderator = of_role(app, "Mona", Role.MODERATOR)
    guest = Visitor(app)
    read_only()
    assert "They scoop." in guest.get("/comments/threads/pelicans").text
    assert moderator.get("/comments/moderation/").status_code == 200
    text = "A long thought, dearly paid for."
    for visitor in (guest, moderator):
        answer = visitor.call("POST", "threads/pelicans/comments", {**GUEST, "body": text})
        assert unavailable(answer)
        assert is_problem(answer, "unavailable")
        answer = visitor.post("/comments/threads/pelicans", {**GUEST, "body": text})
        assert unavailable(answer)
        assert f"{text}</textarea>" in answer.text
    assert unavailable(moderator.call("POST", "comments/1/decisions", {"decision": "spam"}))
    answer = moderator.post("/comments/moderation/decisions", {"comment": "1", "decision": "spam"})
    assert unavailable(answer)


def test_a_database_that_is_gone_is_503_everywhere_and_keeps_the_text(
    app: Flask, settings: Settings, impatient: None
) -> None:
    make.thread()
    make.comment()
    moderator = of_role(app, "Mona", Role.MODERATOR)
    db.session.remove()
    db.engine.dispose()

    @event.listens_for(db.engine, "do_connect")
    def gone(*_: Any) -> None:
        if db.engine.dialect.name == "sqlite":
            raise sqlite3.OperationalError("unable to open database file")
        raise psycopg.OperationalError("connection refused")

    text = "A long thought, dearly paid for."
    try:
        for visitor in (Visitor(app), moderator):
            for method, path in routes(app, safe=True):
                if path.endswith("openapi.json") or method == "HEAD":
                    continue
                answer = visitor._open(method, path)
                # A stranger is sent to sign in without a question to the database.
                if answer.status_code not in (200, 303, 401):
                    assert unavailable(answer)
                    assert shaped(answer, path)
            answer = visitor.call("POST", "threads/pelicans/comments", {**GUEST, "body": text})
            assert unavailable(answer)
            assert is_problem(answer, "unavailable")
            for path in ("threads/pelicans", "comment/1/edit"):
                answer = visitor.post(
                    f"/comments/{path}", {**GUEST, "body": text, "password": "never shown"}
                )
                assert unavailable(answer)
                assert f"{text}</textarea>" in answer.text
                assert 'name="name" value="Gus"' in answer.text
                assert "never shown" not in answer.text
    finally:
        event.remove(db.engine, "do_connect", gone)
    assert "They scoop." in moderator.get("/comments/threads/pelicans").text


def test_many_at_once_are_all_answered(app: Flask) -> None:
    """Twelve write at the same moment, to one thread: nothing is lost, nothing fails."""
    make.thread()
    codes: list[int] = []

    def write(number: int) -> None:
        data = {"name": "Gus", "body": f"Number {number}."}
        client = app.test_client()
        for _ in range(3):
            answer = contextvars.Context().run(
                client.post,
                f"{API}threads/pelicans/comments",
                json=data,
                base_url=SITE,
                headers={"Origin": SITE},
            )
            codes.append(answer.status_code)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(12)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert codes == [202] * 36
    db.session.rollback()
    assert db.session.query(Comment).count() == 12
