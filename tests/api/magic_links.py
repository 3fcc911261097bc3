"""The e-mail that signs in, as tests ask for it and answer it, by JSON and by form."""

import re

from tests.conftest import Answer, Visitor

EMAIL = "rhea@example.org"


def ask(visitor: Visitor, by: str, email: str = EMAIL, **more: str) -> Answer:
    if by == "json":
        return visitor.call("POST", "session/letter", {"email": email, **more})
    return visitor.post("/comments/sign-in", {"email": email, "act": "letter", **more})


def ticket_in(answer: Answer) -> str:
    """The ticket that the page keeps; neither its address nor a cookie has it."""
    assert answer.status_code == 202, answer.text
    if answer.mimetype == "application/json":
        return str(answer.json["ticket"])
    found = re.search(r'name="ticket" value="([^"]+)"', answer.text)
    assert found, answer.text
    return found[1]


def code_in(text: str) -> str:
    found = re.search(r"^(\d{3} \d{3})$", text, re.MULTILINE)
    assert found, text
    return found[1]


def give(visitor: Visitor, by: str, ticket: str, code: str, **more: str) -> Answer:
    values = {"ticket": ticket, "code": code, **more}
    if by == "json":
        return visitor.call("POST", "session/code", values)
    return visitor.post("/comments/sign-in/code", values)


def let_in(answer: Answer) -> bool:
    return answer.status_code in (201, 303)


def wrong(code: str) -> str:
    return f"{(int(code.replace(' ', '')) + 1) % 10**6:06}"


def ticket_in_page(answer: Answer) -> str:
    found = re.search(r'name="ticket" value="([^"]+)"', answer.text)
    assert found
    return found[1]
