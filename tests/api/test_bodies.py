"""Size and shape of what is sent: bodies of every kind, to every route that takes one."""

import gzip
import json
from typing import Any

import pytest
from flask import Flask

from comments_service.config import Rate
from comments_service.db import db
from comments_service.models import Comment, Role
from comments_service.request_bodies import MAX_BYTES
from tests import make
from tests.api.asking import FILE_PAGES, FILE_ROUTES, TOKEN_ROUTES, is_page, is_problem, routes
from tests.api.people import of_role
from tests.conftest import API, one_database

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
    return [
        each for each in found if each[0] != "DELETE" and each[1] not in TOKEN_ROUTES + FILE_ROUTES
    ]


class TestShapes:
    @pytest.fixture
    def changed_settings(self) -> dict[str, Any]:
        often = (Rate(100_000, 60),)
        return {"limit_sign_in": often, "limit_sign_up": often, "limit_posts": often}

    # Each is refused by name before a database has it: one that came so far would be told by its status.
    @one_database
    def test_the_api_never_fails_whatever_is_sent(self, app: Flask) -> None:
        make.thread()
        make.hook()
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
        forms = [path for _, path in routes(app, safe=False) if not path.startswith(API)]
        assert len(forms) >= 11
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
            for path in forms:
                if path.endswith("sign-out"):
                    continue
                answer = owner._open("POST", path, data=data, content_type=kind)
                assert answer.status_code < 500, (name, path, answer.status_code)
                if answer.status_code >= 400:
                    assert is_page(answer)
                elif path.endswith(("/account/data", "/moderation/export")):
                    assert answer.headers["Content-Disposition"].startswith("attachment")
                elif path.endswith("/moderation/mail"):
                    assert "<pre" in answer.text  # What was said with the mail server.
                elif path.endswith("/moderation/rules") and answer.status_code == 200:
                    assert "Tried, and not saved yet" in answer.text
                else:
                    assert answer.status_code in (202, 303), (name, path)
                if path in FILE_PAGES:
                    # A form without a file is what it is, however large.
                    assert answer.status_code in (413, 422), (name, path)
                elif name.startswith("too much") and "/verify/" not in path:
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
