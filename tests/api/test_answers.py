"""Headers of every answer, and what no page has in it."""

from typing import Any

import pytest
from flask import Flask

from comments_service.models import Role
from tests import make
from tests.api.asking import routes
from tests.api.people import of_role, read
from tests.conftest import API, Visitor


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
        # The blog's accent is the one thing that is the same for everybody.
        kept = "public, max-age=86400" if path.endswith("/accent.css") else "no-store"
        assert headers["Cache-Control"] == kept
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
