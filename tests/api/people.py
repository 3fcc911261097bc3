"""People of the API tests, and how their answers are read."""

from html.parser import HTMLParser
from typing import NamedTuple

import pytest
from flask import Flask

from comments_service import sessions
from comments_service.db import writing
from comments_service.models import Account, Role
from tests import make
from tests.conftest import Visitor

# The same act as a script does it and as a form does: both have to come out alike.
by_json_and_form = pytest.mark.parametrize("by", ["json", "form"])


def visiting(app: Flask, account: Account | None) -> Visitor:
    """Somebody whose browser has a session already; signing in by password costs a tenth of a second."""
    with writing():
        _, token = sessions.begin(account, make.visitor())
    visitor = Visitor(app)
    visitor.client.set_cookie("postil", token, domain="blog.test")
    return visitor


def of_role(app: Flask, name: str, role: Role) -> Visitor:
    return visiting(app, make.account(name, role=role))


class Element(NamedTuple):
    tag: str
    attributes: dict[str, str | None]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self.words: list[str] = []
        self.comments: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_pi(self, data: str) -> None:
        self.comments.append(data)

    def unknown_decl(self, data: str) -> None:
        self.comments.append(data)


def read(html: str) -> _Reader:
    """The elements, the text and the comments of a page, as a parser sees them."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader


def text(html: str) -> str:
    return "".join(read(html).words)
