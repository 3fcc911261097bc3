"""What follows from the addresses of the blog and of the service: origins, cookies, whom passkeys belong to."""

import ipaddress
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from comments_service.config.values import LOOPBACK_HOSTS, origin_of


class Addresses:
    """The part of the settings that says where things are, and what is made of it."""

    site_url: str
    comments_url: str
    allowed_origins: tuple[str, ...]

    @cached_property
    def site_origin(self) -> str:
        return origin_of(self.site_url)

    @cached_property
    def prefix(self) -> str:
        """The path under which the service answers, such as `/comments/`."""
        return urlsplit(self.comments_url).path

    @cached_property
    def base(self) -> str:
        """What links from the blog's pages to the service begin with: a path on the same origin."""
        same = origin_of(self.comments_url) == self.site_origin
        return self.prefix if same else self.comments_url

    @cached_property
    def secure(self) -> bool:
        return self.comments_url.startswith("https://")

    @cached_property
    def across(self) -> bool:
        """Whether pages of the blog, or of another site that may post, lie on another host.

        Their requests to the service are then made from another site as far as a browser can tell:
        it sends along what is `SameSite=None` only, and keeps that only if it is `Secure`.
        """
        pages = (self.site_url, *self.allowed_origins)
        return any(urlsplit(each).hostname != self.host for each in pages)

    @cached_property
    def cookie(self) -> Mapping[str, Any]:
        """How the service's cookies are set: which requests they go along with.

        One host: `Lax`, which no other site's request carries. Several: `Partitioned`, so that the
        browser keeps a jar for each site whose pages talk to the service, and no cookie follows a
        reader from one to the next. Browsers take `Secure` without TLS from their own machine only;
        elsewhere plain HTTP across hosts leaves nothing but the service's own pages.
        """
        here = self.host in LOOPBACK_HOSTS or self.host.endswith(".localhost")
        if self.across and (self.secure or here):
            return {"secure": True, "samesite": "None", "partitioned": True}
        return {"secure": self.secure, "samesite": "Lax", "partitioned": False}

    @cached_property
    def host(self) -> str:
        return urlsplit(self.comments_url).hostname or ""

    @cached_property
    def relying_party(self) -> tuple[str, str] | None:
        """The name that passkeys belong to, and the origin whose pages ask for them.

        A passkey belongs to a host's name: where the service is known by numbers there is none. This
        machine's own numbers are also called localhost.
        """
        parts = urlsplit(self.comments_url)
        if f"[{self.host}]" in LOOPBACK_HOSTS or self.host in LOOPBACK_HOSTS:
            port = f":{parts.port}" if parts.port else ""
            return "localhost", f"{parts.scheme}://localhost{port}"
        try:
            ipaddress.ip_address(self.host)
        except ValueError:
            return self.host, origin_of(self.comments_url)
        return None

    @cached_property
    def origins(self) -> frozenset[str]:
        """Every origin whose pages may change something here.

        On a developer's machine `localhost` and `127.0.0.1` are one place, whichever was typed.
        """
        own = {self.site_origin, origin_of(self.comments_url), *self.allowed_origins}
        for origin in tuple(own):
            parts = urlsplit(origin)
            port = f":{parts.port}" if parts.port else ""
            if origin.removeprefix("http://").removesuffix(port) in LOOPBACK_HOSTS:
                own.update(f"http://{host}{port}" for host in LOOPBACK_HOSTS)
        return frozenset(own)
