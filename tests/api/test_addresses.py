"""Addresses, queries and headers that cannot be, and what answers them."""

from flask import Flask

from comments_service.models import Role
from tests import make
from tests.api.asking import GUEST, is_page, is_problem, routes, send, shaped
from tests.api.people import of_role
from tests.conftest import API, SITE

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


# What these take, so that nothing is wrong but the address.
BODIES = {
    ("PATCH", "notifications"): {"level": "all"},
    ("POST", "notifications"): {"email": "gus@example.org"},
    ("PATCH", "<thread_id>"): {"locked": True},
    ("POST", "merge"): {"into": "pelicans"},
    ("POST", "pin"): {"pinned": True},
    ("POST", "move"): {"thread": "pelicans"},
    ("POST", "reports"): {"kind": "spam"},
}


def test_an_address_that_cannot_be_is_404_in_its_own_shape(app: Flask) -> None:
    owner = of_role(app, "Olga", Role.OWNER)
    for rule in app.url_map.iter_rules():
        for name, odd in (("<id:comment_id>", ODD_NUMBERS), ("<thread_id>", ODD_THREADS)):
            if name not in rule.rule:
                continue
            for method in sorted((rule.methods or set()) - {"OPTIONS"}):
                for value in odd:
                    path = rule.rule.replace(name, value)
                    said = BODIES.get((method, rule.rule.rpartition("/")[2]), {"body": "x"})
                    options = {"json": said} if path.startswith(API) else {}
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
