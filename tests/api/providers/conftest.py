"""A provider that runs here, and a service that knows it."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from comments_service.accounts import oauth_client
from comments_service.config import Rate
from tests.openid import CLIENT_ID, CLIENT_SECRET, Provider


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """One provider that is both: OpenID by its discovery document, GitHub by the table of addresses."""
    oauth_client.cache.forget()
    with Provider() as provider:
        here = replace(
            oauth_client.KNOWN["github"],
            authorize=f"{provider.address}/authorize",
            token=f"{provider.address}/token",
            person=f"{provider.address}/user",
            emails=f"{provider.address}/user/emails",
        )
        monkeypatch.setitem(oauth_client.KNOWN, "github", here)
        yield provider


@pytest.fixture
def changed_settings(provider: Provider) -> dict[str, Any]:
    return {
        "openid": f"Tea House {provider.address} {CLIENT_ID} {CLIENT_SECRET}",
        "github": f"{CLIENT_ID} {CLIENT_SECRET}",
        "limit_sign_in": (Rate(1000, 60),),
    }
