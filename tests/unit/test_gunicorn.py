"""The application under gunicorn, as docs/operating.md has it: with workers outside, and a web server for files.

gunicorn is none of our packages. What it needs of us, an application that keeps to WSGI, is asked by the standard
library's validator.
"""

import http.client
import re
import shlex
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any
from urllib.parse import urlencode
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.validate import validator

import pytest
from flask import Flask

from tests import make
from tests.conftest import SITE, one_database
from tests.service import ROOT

pytestmark = pytest.mark.enable_socket
FORM = {"Origin": SITE, "Content-Type": "application/x-www-form-urlencoded"}


def recipe() -> list[str]:
    """The words of the command in the document."""
    text = (ROOT / "docs/operating.md").read_text("utf-8")
    found = re.search(r"^\.venv/bin/(gunicorn .*?)$", text, re.M)
    assert found
    return shlex.split(found[1])


def talk(port: int) -> None:
    """A page, an answer for programs, and a comment by a form."""
    for method, path, body, status in (
        ("GET", "/comments/sign-in", "", 200),
        ("HEAD", "/comments/sign-in", "", 200),
        ("GET", "/comments/api/v1/me", "", 200),
        ("GET", "/comments/nothing", "", 404),
        ("POST", "/comments/threads/pelicans", urlencode({"body": "Well.", "name": "Gus"}), 303),
        ("POST", "/comments/threads/pelicans", "x" * 300_000, 413),
    ):
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
            connection.request(method, path, body, FORM if body else {})
            answer = connection.getresponse()
            answer.read()
            assert answer.status == status, (method, path)


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def validated(app: Flask) -> Iterator[int]:
    """The application behind the standard library's validator, which raises where one of both breaks WSGI."""
    make.thread()
    server: WSGIServer = make_server("127.0.0.1", 0, validator(app), handler_class=Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


@one_database
def test_the_application_keeps_to_wsgi(validated: int) -> None:
    talk(validated)


def test_the_recipe_names_the_application() -> None:
    *_, application = recipe()
    module, _, call = application.partition(":")
    assert (module, call) == ("comments_service", "create_app(commands=False)")
