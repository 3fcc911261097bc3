"""An OpenID provider on this machine, and one like GitHub: a real server that real sign-ins go through.

It says yes to whoever is sent to it, in the person of `person`. It checks what a provider checks: the
client, the address to go back to, PKCE. With `fault` it misbehaves in one way.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "postil-here", "a-secret:with/odd+signs"


def new_key(kid: str = "") -> RSAKey:
    return RSAKey.generate_key(
        2048, {"kid": kid or secrets.token_hex(4), "use": "sig"}, private=True
    )


class Grant:
    """What a code stands for until it is exchanged."""

    def __init__(self, asked: dict[str, str], person: dict[str, Any]) -> None:
        self.asked = asked
        self.person = person


class Provider:
    """The provider; used as a context, in which it listens on a free port of 127.0.0.1."""

    def __init__(self) -> None:
        self.key = new_key()
        self.fault = ""
        self.person: dict[str, Any] = {
            "sub": "rhea-17",
            "email": "rhea@example.org",
            "email_verified": True,
            "name": "Rhea",
            "preferred_username": "rhea.at.work",
        }
        # GitHub's answers.
        self.user: dict[str, Any] = {"id": 17, "login": "rhea-hub", "name": "Rhea"}
        self.emails: Any = [
            {"email": "old@example.org", "primary": False, "verified": True},
            {"email": "rhea@example.org", "primary": True, "verified": True},
        ]
        self.in_id_token = True
        self.auth_methods: list[str] | None = ["client_secret_post", "client_secret_basic"]
        self.auth_time: float | None = None
        self.code_bytes = 16
        # What stands in the set beside the one that signs.
        self.odd_keys: list[Any] = []
        self.grants: dict[str, Grant] = {}
        self.access: dict[str, Grant] = {}
        # Every request, as (method, path), and what the token endpoint said no to.
        self.met: list[tuple[str, str]] = []
        self.refused: list[str] = []

    def __enter__(self) -> "Provider":
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.answer(self, "")

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                provider.answer(self, self.rfile.read(length).decode())

            def log_message(self, *_: Any) -> None:
                """Keep the tests' output quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    # ---- what it answers

    def answer(self, request: BaseHTTPRequestHandler, body: str) -> None:
        parts = urlsplit(request.path)
        self.met.append((request.command, parts.path))
        place = parts.path.strip("/").replace("/", "_").replace("-", "_").replace(".", "_")
        if self.fault == f"500 at {parts.path}":
            return send(request, 500, {"error": "server_error"})
        if self.fault == f"redirect at {parts.path}":
            return send(request, 302, {}, Location=f"{self.address}/elsewhere")
        if self.fault == f"huge at {parts.path}":
            return send(request, 200, {"padding": "x" * 300_000})
        if self.fault == f"nonsense at {parts.path}":
            return send(request, 200, ["not", "an", "object"])
        if self.fault == f"deep at {parts.path}":
            return send_raw(request, 200, b"[" * 200_000)
        if self.fault == f"endless at {parts.path}":
            return send_raw(request, 200, endless)
        if self.fault == f"slow at {parts.path}":
            return drip(request)
        if parts.path == "/favicon.ico":
            return send(request, 200, {})
        if parts.path == "/authorize":
            # A page of its own, as providers have, so that the way back begins on another site.
            return send_page(request, self.consent(self.address + request.path))
        form = {name: values[0] for name, values in parse_qs(body).items()}
        found: Any = getattr(self, f"at_{place}", None)
        if found is None:
            return send(request, 404, {"error": "not_found"})
        status, said = found(request, form)
        return send(request, status, said)

    def at__well_known_openid_configuration(self, *_: Any) -> tuple[int, Any]:
        said: dict[str, Any] = {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "jwks_uri": f"{self.address}/keys",
            "userinfo_endpoint": f"{self.address}/userinfo",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
        }
        if self.auth_methods is not None:
            said["token_endpoint_auth_methods_supported"] = self.auth_methods
        match self.fault:
            case "another issuer":
                said["issuer"] = "https://id.example.org"
            case "an endpoint within the network":
                said["token_endpoint"] = "http://10.0.0.1/token"
            case "an endpoint that is a file":
                said["jwks_uri"] = "file:///etc/passwd"
            case "no token endpoint":
                del said["token_endpoint"]
        return 200, said

    def at_keys(self, *_: Any) -> tuple[int, Any]:
        return 200, {"keys": [*self.odd_keys, self.key.as_dict(private=False)]}

    def at_token(self, request: BaseHTTPRequestHandler, form: dict[str, str]) -> tuple[int, Any]:
        grant = self.grants.pop(form.get("code", ""), None)
        complaint = self.complaint(request, form, grant)
        if complaint or grant is None:
            self.refused.append(complaint)
            return 400, {"error": "invalid_grant", "error_description": complaint}
        token = secrets.token_urlsafe(16)
        self.access[token] = grant
        said = {"access_token": token, "token_type": "Bearer", "expires_in": 300}
        if grant.asked["scope"].startswith("openid"):
            said["id_token"] = self.id_token(grant, token)
        return 200, said

    def complaint(
        self, request: BaseHTTPRequestHandler, form: dict[str, str], grant: Grant | None
    ) -> str:
        if grant is None:
            return "an unknown code"
        shown = (form.get("client_id", ""), form.get("client_secret", ""))
        basic = request.headers.get("Authorization", "")
        if basic.startswith("Basic "):
            name, _, secret = base64.b64decode(basic[6:]).decode().partition(":")
            shown = (name, secret)
        if shown != (CLIENT_ID, CLIENT_SECRET):
            return "another client"
        if form.get("redirect_uri") != grant.asked["redirect_uri"]:
            return "another address to go back to"
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != grant.asked["code_challenge"]:
            return "a wrong verifier"
        return ""

    def id_token(self, grant: Grant, access: str) -> str:
        moment = int(time.time())
        half = hashlib.sha256(access.encode()).digest()[:16]
        claims: dict[str, Any] = {
            "iss": self.address,
            "aud": CLIENT_ID,
            "iat": moment,
            "exp": moment + 300,
            "nonce": grant.asked["nonce"],
            "at_hash": base64.urlsafe_b64encode(half).rstrip(b"=").decode(),
            **(grant.person if self.in_id_token else {"sub": grant.person["sub"]}),
        }
        if self.auth_time is not None:
            claims["auth_time"] = int(self.auth_time)
        key, algorithm = self.key, "RS256"
        match self.fault:
            case "wrong nonce":
                claims["nonce"] = "another"
            case "no nonce":
                del claims["nonce"]
            case "wrong audience":
                claims["aud"] = "another client"
            case "also for another":
                claims["aud"] = [CLIENT_ID, "another client"]
            case "wrong issuer":
                claims["iss"] = "https://id.example.org"
            case "expired":
                claims["iat"], claims["exp"] = moment - 900, moment - 600
            case "never expires":
                del claims["exp"]
            case "no subject":
                del claims["sub"]
            case "wrong access token":
                claims["at_hash"] = "AAAAAAAAAAAAAAAAAAAAAA"
            case "wrong signature":
                key = new_key(str(self.key.kid))
            case "not signed":
                parts = [{"alg": "none"}, claims]
                texts = [
                    base64.urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=").decode()
                    for each in parts
                ]
                return ".".join([*texts, ""])
        return jwt.encode({"alg": algorithm, "kid": key.kid}, claims, key, algorithms=[algorithm])

    def at_userinfo(self, request: BaseHTTPRequestHandler, _: Any) -> tuple[int, Any]:
        grant = self.access.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
        if grant is None:
            return 401, {"error": "invalid_token"}
        other = {"sub": "somebody-else"} if self.fault == "userinfo about somebody else" else {}
        return 200, {**grant.person, **other}

    def at_user(self, request: BaseHTTPRequestHandler, _: Any) -> tuple[int, Any]:
        status, _said = self.at_userinfo(request, _)
        return (status, self.user) if status == 200 else (status, {"message": "Bad credentials"})

    def at_user_emails(self, request: BaseHTTPRequestHandler, _: Any) -> tuple[int, Any]:
        status, _said = self.at_userinfo(request, _)
        return (status, self.emails) if status == 200 else (status, {"message": "Bad credentials"})

    # ---- the pages that a person sees

    def consent(self, address: str) -> str:
        """Say yes on its page, at the address that somebody was led to; gives where he is sent back to."""
        assert address.startswith(f"{self.address}/authorize?"), address
        asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        assert len(asked["state"]) >= 43
        code = secrets.token_urlsafe(self.code_bytes)
        self.grants[code] = Grant(asked, dict(self.person))
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"


# Whatever it is asked: numbers that no whole number is, where a number is due, and no text where text is due.
endless = (
    b'{"access_token": "x", "token_type": "Bearer", "expires_in": 1e999, "id_token": 7,'
    b' "id": 1e999, "login": [], "keys": [{"kty": "RSA", "n": 1e999, "e": "AQAB"}], "issuer": 1e999}'
)


def send(request: BaseHTTPRequestHandler, status: int, said: Any, **headers: str) -> None:
    send_raw(request, status, json.dumps(said).encode(), **headers)


def send_raw(request: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    request.send_response(status)
    request.send_header("Content-Type", "application/json")
    request.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        request.send_header(name, value)
    request.end_headers()
    request.wfile.write(body)


def send_page(request: BaseHTTPRequestHandler, target: str) -> None:
    body = f'<!doctype html><title>Tea House</title><a href="{escape(target)}">Yes</a>'.encode()
    request.send_response(200)
    request.send_header("Content-Type", "text/html; charset=utf-8")
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)


def drip(request: BaseHTTPRequestHandler) -> None:
    """An answer that never ends, a letter at a time."""
    request.send_response(200)
    request.end_headers()
    try:
        while True:
            request.wfile.write(b" ")
            request.wfile.flush()
            time.sleep(0.05)
    except OSError:
        return
