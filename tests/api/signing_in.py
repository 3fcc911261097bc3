"""Signing up and in as tests do it, by JSON and by form; and who somebody then is."""

from http.cookies import SimpleCookie
from typing import Any

from flask import Flask

from tests import make
from tests.conftest import Answer, Visitor

NEW = {"name": "Nora", "email": "nora@example.org", "password": "a heron at dawn"}


def sign_up(visitor: Visitor, by: str, **changed: str) -> Answer:
    values = {**NEW, **changed}
    if by == "json":
        return visitor.call("POST", "accounts", values)
    return visitor.post("/comments/sign-up", values)


def sign_in(
    visitor: Visitor, by: str, email: str, password: str = make.PASSWORD, **options: Any
) -> Answer:
    values = {"email": email, "password": password}
    if by == "json":
        return visitor.call("POST", "session", values, **options)
    return visitor.post("/comments/sign-in", values, **options)


def account_of(visitor: Visitor) -> Any:
    return visitor.call("GET", "me").json["account"]


def cookies(answer: Answer) -> dict[str, Any]:
    found: SimpleCookie = SimpleCookie()
    for each in answer.headers.getlist("Set-Cookie"):
        found.load(each)
    return dict(found)


def without_address(answer: Answer, *addresses: str) -> tuple[int, str, list[str]]:
    """What an answer tells, but for the address that its asker typed."""
    body = answer.text
    for address in addresses:
        body = body.replace(address, "…")
    return answer.status_code, body, sorted(name for name, _ in answer.headers if name != "Date")


def token_of(visitor: Visitor) -> str:
    cookie = visitor.client.get_cookie("postil", domain="blog.test")
    assert cookie
    return cookie.value


def with_token(app: Flask, token: str) -> Visitor:
    visitor = Visitor(app)
    visitor.client.set_cookie("postil", token, domain="blog.test")
    return visitor


ELSEWHERE = (
    *("https://evil.example", "//evil.example", "///evil.example", "\\\\evil.example"),
    *("/\\evil.example", "/\\/evil.example", "\\/evil.example", "javascript:alert(1)"),
    *("http:evil.example", "https:/evil.example", " //evil.example", "/\t/evil.example"),
    *("/\n/evil.example", "\t//evil.example", "/ /../\\evil", "data:text/html,x", "evil.example"),
    *("//[", "//a／b", "http://[::1", "/\r\nSet-Cookie:a=b", "/\0", "@evil.example", "?next=//e"),
    *("//blog.test@evil.example", "http://blog.test.evil.example", "/x\x7f\\y", ""),
)  # fmt: skip


def signed_in(visitor: Visitor) -> bool:
    return account_of(visitor) is not None


def look_at_link(visitor: Visitor, path: str) -> None:
    """Open an e-mail's link as a mail server does, or a reader who looks twice: nobody is signed in."""
    for _ in range(2):
        for page in (visitor.get(path), visitor._open("HEAD", path)):
            assert page.status_code == 200
            assert "Set-Cookie" not in page.headers
