"""A sign-in with a provider, step by step: out, there and back."""

import html
import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from comments_service.db import db, writing
from comments_service.models import (
    Account,
    Identity,
)
from tests.conftest import SITE, Answer, Visitor
from tests.openid import Provider

TEA, HUB = "tea-house", "github"
both = pytest.mark.parametrize("key", [TEA, HUB])


def set_out(visitor: Visitor, key: str = TEA, **form: str) -> Answer:
    return visitor.post(f"/comments/with/{key}", form)


def led_to(answer: Answer) -> str:
    """Where a page leads on to, by itself and by its link."""
    assert answer.status_code == 200, answer.text
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', answer.text)
    assert found, answer.text
    assert f'href="{found[1]}"' in answer.text
    return html.unescape(found[1])


def hidden(page: str) -> dict[str, str]:
    """What the form of a page holds."""
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.split("<main")[1])
    return {name: html.unescape(value) for name, value in found}


def come_back(visitor: Visitor, path: str) -> Answer:
    """Open the address that the provider sends back to, and press the button there."""
    page = visitor.get(path.removeprefix(SITE))
    assert page.status_code == 200, page.text
    assert "onward.js" in page.text
    return visitor.post(urlsplit(path).path, hidden(page.text))


def go(visitor: Visitor, provider: Provider, key: str = TEA, **form: str) -> Answer:
    """All of a sign-in: out, there, and back."""
    return come_back(visitor, provider.consent(led_to(set_out(visitor, key, **form))))


def link(account: Account, provider: Provider, key: str = TEA, subject: str = "") -> Identity:
    """An account that the provider opens already."""
    kind = "github" if key == HUB else provider.address
    subject = subject or ("17" if key == HUB else "rhea-17")
    identity = Identity(account_id=account.id, kind=kind, subject=subject, label="rhea")
    with writing():
        db.session.add(identity)
    return identity


def somebody_else(provider: Provider, **person: Any) -> None:
    provider.person.update(sub="nora-18", email="nora@example.org", name="Nora")
    provider.person["preferred_username"] = "nora.at.work"
    provider.person.update(person)
    provider.user.update(id=18, login="nora-hub", name=provider.person["name"])
    provider.emails = [
        {
            "email": provider.person["email"],
            "primary": True,
            "verified": provider.person["email_verified"],
        }
    ]
