"""OAuth client: what is said to a provider, and what of its answers is believed.

The service speaks only to the providers that its owner configured, at the addresses that GitHub
publishes or that an OpenID provider's own discovery document names: over TLS but on one machine,
without following redirects, within seconds, and never more than a small answer is read. Whatever
goes wrong is one error for people, and a line in the log for the owner. Nothing of what a provider
hands out is kept: its tokens are used once, here.
"""

import logging
import threading
import time
import unicodedata
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import requests
from authlib.integrations.requests_client import OAuth2Session, OAuthError
from authlib.oidc.core import CodeIDToken
from cryptography.exceptions import UnsupportedAlgorithm
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from requests.adapters import HTTPAdapter

from comments_service.config import Client, trusted
from comments_service.errors import InvalidInput, Message, ProviderFailed
from comments_service.inputs import mail_address, shown_name

# To connect and for each packet; and for a whole answer, so that a slow drip ends as well.
PATIENCE_SECONDS = (3.05, 5.0)
ANSWER_SECONDS = 8.0
MAX_ANSWER_BYTES = 256 * 1024
# How long a discovery document and its keys are believed; keys that are not known are asked for
# again, but not more often than this.
REMEMBERED_SECONDS = 3_600.0
KEYS_AGAIN_SECONDS = 60.0
# Clocks differ by so much.
LEEWAY_SECONDS = 60
# How fresh a provider's own sign-in has to be where it is to prove who one is.
PROOF_SECONDS = 15 * 60
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")

log = logging.getLogger(__name__)

Read = TypeVar("Read")

# No JSON, JSON without end, or of another shape. requests', Authlib's and the keys' own come beside it.
_odd = (
    *(requests.RequestException, OAuthError, JoseError, OSError, UnsupportedAlgorithm),
    *(ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError),
)


@dataclass(frozen=True)
class Provider:
    """Where a provider is spoken to. Without `keys` it is no OpenID provider: `person` tells who it is."""

    authorize: str
    token: str
    scope: str
    # How the client's secret is shown.
    auth: str = "client_secret_basic"
    issuer: str = ""
    keys: str = ""
    person: str = ""
    emails: str = ""


# What is no OpenID provider, by the kind of its identities.
KNOWN: dict[str, Provider] = {
    "github": Provider(
        authorize="https://github.com/login/oauth/authorize",
        token="https://github.com/login/oauth/access_token",  # noqa: S106 - an address
        scope="read:user user:email",
        auth="client_secret_post",
        person="https://api.github.com/user",
        emails="https://api.github.com/user/emails",
    )
}


@dataclass(frozen=True)
class Person:
    """Who came back. `email` is one that the provider vouches for, and nothing otherwise."""

    kind: str
    subject: str
    email: str
    name: str
    label: str


class BoundedAdapter(HTTPAdapter):
    """Reads a small answer, soon, from the address that was asked and no other."""

    def send(self, request: requests.PreparedRequest, *_: Any, **options: Any) -> requests.Response:
        options.update(stream=True, timeout=PATIENCE_SECONDS)
        answer = super().send(request, **options)
        body = bytearray()
        until = time.monotonic() + ANSWER_SECONDS
        # What comes in one packet at a time: reading a fixed number of bytes could wait without end.
        while chunk := answer.raw.read1(16_384):
            body += chunk
            if len(body) > MAX_ANSWER_BYTES or time.monotonic() > until:
                answer.close()
                raise requests.RequestException("an answer that is too long or too slow")
        if 300 <= answer.status_code < 400:
            raise requests.RequestException("a redirect, where an answer was due")
        answer._content = bytes(body)
        answer._content_consumed = True
        return answer


def session(client: Client, **options: Any) -> Any:
    """Authlib's session for one flow, with PKCE, over our own adapter."""
    made = OAuth2Session(client.id, client.secret, code_challenge_method="S256", **options)
    for scheme in ("https://", "http://"):
        made.mount(scheme, BoundedAdapter())
    made.headers.update({"Accept-Encoding": "identity", "User-Agent": "Postil"})
    return made


def redirect_uri(client: Client, comments_url: str) -> str:
    """Where a provider sends people back to; it is registered with the provider."""
    return f"{comments_url}with/{client.key}/back"


# ---- what an OpenID provider says of itself


class Cache:
    """What was fetched a short while ago, for all threads of this process."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, Any]] = {}
        self._lock = threading.Lock()

    def fetched(
        self,
        client: Client,
        address: str,
        seconds: float,
        read: Callable[[dict[str, Any]], Read],
    ) -> Read:
        """What is read from the JSON object at an address, if need be as it was so many seconds ago.

        What cannot be read is not kept: one wrong answer must not keep people out for as long.
        """
        with self._lock:
            at, found = self._kept.get(address, (0.0, None))
        if found is not None and time.monotonic() - at < seconds:
            return cast("Read", found)
        with session(client) as asking:
            found = read(_object(asking.get(address, withhold_token=True)))
        with self._lock:
            self._kept[address] = (time.monotonic(), found)
        return found

    def forget(self) -> None:
        with self._lock:
            self._kept.clear()


cache = Cache()


def _object(answer: requests.Response) -> dict[str, Any]:
    answer.raise_for_status()
    found = answer.json()
    if not isinstance(found, dict):
        raise ValueError("no JSON object")
    return found


def provider(client: Client) -> Provider:
    """How to speak with a provider. Raises ProviderFailed, and what reading its answer raises."""
    if client.kind in KNOWN:
        return KNOWN[client.kind]
    address = f"{client.kind}/.well-known/openid-configuration"
    return cache.fetched(client, address, REMEMBERED_SECONDS, partial(_discovered, client))


def _discovered(client: Client, said: Mapping[str, Any]) -> Provider:
    issuer = said["issuer"]
    if issuer.rstrip("/") != client.kind:
        raise ValueError(f"the document is that of {issuer}")
    names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    places = [*(said[name] for name in names), said.get("userinfo_endpoint") or ""]
    for place in filter(None, places):
        # An issuer with TLS does not send people, or us, anywhere without it.
        if not trusted(place) or urlsplit(place).scheme != urlsplit(client.kind).scheme:
            raise ValueError(f"it names {place}")
    methods = said.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    basic = "client_secret_basic" in methods
    return Provider(
        authorize=places[0],
        token=places[1],
        keys=places[2],
        person=places[3],
        issuer=issuer,
        scope="openid email profile",
        auth="client_secret_basic" if basic else "client_secret_post",
    )


# ---- there and back


class Trouble:
    """Turns whatever goes wrong in between into the one error that people are told."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _where: object) -> None:
        if isinstance(error, _odd):
            log.warning("%s: %s: %s", self.client.name, type(error).__name__, error)
            raise ProviderFailed(
                Message(
                    "{provider} did not answer as it should. Please try again, or sign in another way.",
                    provider=self.client.name,
                )
            ) from error


def authorization_url(
    client: Client, comments_url: str, state: str, verifier: str, nonce: str, *, fresh: bool
) -> str:
    """Where somebody goes to sign in with a provider. Raises ProviderFailed.

    `fresh` asks that he sign in there anew, rather than with what his browser remembers.
    """
    with Trouble(client):
        there = provider(client)
        extra = {"nonce": nonce, **({"max_age": "1"} if fresh else {})} if there.keys else {}
        back = redirect_uri(client, comments_url)
        with session(client, scope=there.scope, redirect_uri=back) as going:
            url, _ = going.create_authorization_url(
                there.authorize, state=state, code_verifier=verifier, **extra
            )
            return str(url)


def person(
    client: Client, comments_url: str, code: str, verifier: str, nonce: str, *, fresh: bool
) -> Person:
    """Who came back with a code. Raises ProviderFailed."""
    with Trouble(client):
        there = provider(client)
        back = redirect_uri(client, comments_url)
        with session(client, redirect_uri=back, token_endpoint_auth_method=there.auth) as asking:
            given = asking.fetch_token(
                there.token,
                grant_type="authorization_code",
                code=code,
                code_verifier=verifier,
            )
            if not there.keys:
                return _of_github(client, there, asking)
            claims = _claims(client, there, given, nonce, fresh=fresh)
            if not {"email", "email_verified"} <= claims.keys() and there.person:
                said = _object(asking.get(there.person))
                # An answer about somebody else must not be taken for one about him.
                if said.get("sub") != claims["sub"]:
                    raise ValueError("userinfo is about somebody else")
                claims = {**claims, **said}
        vouched = claims.get("email_verified") in (True, "true")
        return _person(
            client,
            claims["sub"],
            claims.get("email") if vouched else "",
            claims.get("name") or claims.get("nickname") or claims.get("preferred_username"),
            claims.get("preferred_username") or claims.get("email") or claims.get("name"),
        )


def _claims(
    client: Client, there: Provider, given: Mapping[str, Any], nonce: str, *, fresh: bool
) -> dict[str, Any]:
    """What the ID token says, if the provider signed it, for us, just now, and in this flow."""
    token = _signed(client, there, given["id_token"])
    claims = CodeIDToken(
        token.claims,
        token.header,
        options={
            "iss": {"essential": True, "value": there.issuer},
            "aud": {"essential": True, "value": client.id},
        },
        params={
            "nonce": nonce,
            "client_id": client.id,
            "access_token": given.get("access_token", ""),
        },
    )
    claims.validate(leeway=LEEWAY_SECONDS)
    # Not every provider says when: then that it let him in has to do.
    if fresh and claims.get("auth_time", time.time()) < time.time() - PROOF_SECONDS:
        raise ValueError("he signed in there too long ago")
    return dict(claims)


def _signed(client: Client, there: Provider, text: str) -> jwt.Token:
    """The ID token, once its signature is right; keys may have changed since they were fetched."""
    for seconds in (REMEMBERED_SECONDS, KEYS_AGAIN_SECONDS):
        keys = cache.fetched(client, there.keys, seconds, _keys)
        try:
            return jwt.decode(text, keys, algorithms=list(ALGORITHMS))
        except (JoseError, ValueError):
            if seconds == KEYS_AGAIN_SECONDS:
                raise
    raise AssertionError


def _keys(said: dict[str, Any]) -> KeySet:
    """Those keys that can be read: what a provider has beside them is for others (RFC 7517, 5)."""
    found = []
    for each in said["keys"]:
        with suppress(*_odd):
            found += KeySet.import_key_set({"keys": [each]}).keys
    if not found:
        raise ValueError("no key that can be read")
    return KeySet(found)


def _of_github(client: Client, there: Provider, asking: Any) -> Person:
    """GitHub speaks OAuth, not OpenID: who it is stands in two answers of its API."""
    said = _object(asking.get(there.person))
    answer = asking.get(there.emails)
    answer.raise_for_status()
    email = next(
        (each["email"] for each in answer.json() if each["primary"] and each["verified"] is True),
        "",
    )
    if not isinstance(said["id"], int):
        raise ValueError("GitHub's number of an account is none")
    return _person(client, str(said["id"]), email, said.get("name") or said["login"], said["login"])


def _person(client: Client, subject: Any, email: Any, name: Any, label: Any) -> Person:
    if not isinstance(subject, str) or not 0 < len(subject) <= 255 or not subject.isprintable():
        raise ValueError("no name that could be kept for whoever came back")
    return Person(
        kind=client.kind,
        subject=subject,
        email=_or_nothing(mail_address, email),
        name=_or_nothing(shown_name, name),
        label="".join(char for char in str(label or "") if char.isprintable())[:100],
    )


def _or_nothing(form: Any, text: Any) -> str:
    """What a provider says, where it is what one could have typed here."""
    try:
        return str(form(unicodedata.normalize("NFC", text))) if isinstance(text, str) else ""
    except (ValueError, InvalidInput):
        return ""
