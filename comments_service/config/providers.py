"""The providers that one can sign in with, as their settings name them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from comments_service.config.values import SettingError

PRESETS = {
    "github": ("GitHub", "github"),
    "google": ("Google", "https://accounts.google.com"),
    "gitlab": ("GitLab", "https://gitlab.com"),
}


@dataclass(frozen=True)
class Client:
    """What a provider knows this service by: `key` stands in addresses, `kind` in the table of
    identities ("github", or the issuer of an OpenID provider), `name` on buttons.
    """

    key: str
    name: str
    kind: str
    id: str
    secret: str = field(repr=False)


def clients(presets: Mapping[str, str], openid: str) -> tuple[Client, ...]:
    """What the settings of the providers say, in the order of their buttons. Raises SettingError."""
    found = []
    for key, (name, kind) in PRESETS.items():
        words = presets[key].split()
        if len(words) not in (0, 2):
            raise SettingError(
                f"COMMENTS_{key.upper()}: write the client's id and its secret, separated by a space"
            )
        if words:
            found.append(Client(key, name, kind, *words))
    for text in filter(str.strip, openid.split(";")):
        # A name may have spaces; the three words behind it cannot.
        name, issuer, id, secret = (["", "", "", "", *text.rsplit(maxsplit=3)])[-4:]
        name, issuer = " ".join(name.split()), issuer.rstrip("/")
        # What an address can hold of the name.
        key = "-".join(re.findall("[a-z0-9]+", name.lower())) or "openid"
        if not name:
            raise SettingError(
                "COMMENTS_OPENID: write name, issuer's address, client's id and secret, separated by"
                " spaces, such as: Example https://id.example.org an-id a-secret"
            )
        if not trusted(issuer):
            raise SettingError(
                f"COMMENTS_OPENID: {issuer} is no issuer; write its https address, as its own"
                " /.well-known/openid-configuration gives it"
            )
        if any(key == other.key or issuer == other.kind for other in found):
            raise SettingError(
                f"COMMENTS_OPENID: {name} stands there twice; give each another name"
            )
        found.append(Client(key, name, issuer, id, secret))
    return tuple(found)


def trusted(address: str) -> bool:
    """Whether an address of a provider can be: https, or this very machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    here = host in ("localhost", "127.0.0.1", "::1")
    plain = bool(host) and "@" not in parts.netloc and not re.search(r"[\s\\\x00-\x20#]", address)
    return plain and (parts.scheme == "https" or (parts.scheme == "http" and here))
