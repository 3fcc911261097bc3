"""The definition of each setting: its name, default, meaning, and whether it shapes the files.

From here come what is read and checked at start, `flask comments settings`, the table of
docs/operating.md, `.env.example`, and which settings shape the published files. What follows from
several of them stands below as properties.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from comments_service.config.providers import PRESETS, Client, clients
from comments_service.config.values import LOOPBACK_HOSTS, Rate, origin_of


def setting(
    env: str,
    default: Any,
    meaning: str,
    *,
    heading: str = "",
    example: str = "",
    secret: bool = False,
    shapes: bool = False,
) -> Any:
    """One setting: its name, its default, and what it means.

    A `heading` begins a part of the documents, an `example` stands in `.env.example` where the
    default would say nothing, a `secret` is never printed, and what `shapes` the published files
    has them all made anew when it changes.
    """
    metadata = {
        "env": env,
        "meaning": meaning,
        "heading": heading,
        "example": example,
        "secret": secret,
        "shapes": shapes,
    }
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one service."""

    site_url: str = setting(
        "SITE_URL",
        "http://localhost:8000",
        "Public address of the blog, for both halves. No slash at the end; it may carry a path"
        " (https://example.org/blog).",
        heading="Where the blog and the comments are",
        shapes=True,
    )
    comments_url: str = setting(
        "COMMENTS_URL",
        "comments/",
        "Public address of the service: relative to SITE_URL, or absolute; on a host of its own it"
        " needs no folder. Ends with a slash.",
        shapes=True,
    )
    allowed_origins: tuple[str, ...] = setting(
        "COMMENTS_ALLOWED_ORIGINS",
        (),
        "Further origins, separated by spaces, whose pages may post (scheme://host[:port]).",
        example="https://www.example.org",
    )
    trusted_proxies: int = setting(
        "COMMENTS_TRUSTED_PROXIES",
        0,
        "How many proxies (nginx, Caddy, a load balancer) stand before the service and append to"
        " X-Forwarded-For.",
    )
    guests: bool = setting(
        "COMMENTS_GUESTS",
        True,
        "Whether one may comment without an account.",
        heading="Who may write",
        shapes=True,
    )
    sign_up: bool = setting(
        "COMMENTS_SIGN_UP", True, "Whether readers may make accounts.", shapes=True
    )
    passwords: bool = setting(
        "COMMENTS_PASSWORDS",
        True,
        "Whether accounts have passwords and sign in with them.",
        shapes=True,
    )
    magic_links: bool = setting(
        "COMMENTS_SIGN_IN_LETTERS",
        True,
        "Whether one signs in by e-mail, with a link and a code of six digits.",
        shapes=True,
    )
    passkeys: bool = setting(
        "COMMENTS_PASSKEYS",
        True,
        "Whether one signs in with a passkey (WebAuthn).",
        shapes=True,
    )
    github: str = setting(
        "COMMENTS_GITHUB",
        "",
        "Sign-in with GitHub: the id and the secret of a client that you register there"
        " (docs/sign-in.md), separated by a space. Empty: off.",
        example="client-id client-secret",
        secret=True,
        shapes=True,
    )
    google: str = setting(
        "COMMENTS_GOOGLE",
        "",
        "Sign-in with Google, written in the same way.",
        example="client-id client-secret",
        secret=True,
        shapes=True,
    )
    gitlab: str = setting(
        "COMMENTS_GITLAB",
        "",
        "Sign-in with GitLab.com, written in the same way.",
        example="client-id client-secret",
        secret=True,
        shapes=True,
    )
    openid: str = setting(
        "COMMENTS_OPENID",
        "",
        "Sign-in with any OpenID provider: name, issuer's address, client's id and secret, separated"
        " by spaces; several providers separated by semicolons.",
        example="Example https://id.example.org client-id client-secret",
        secret=True,
        shapes=True,
    )
    second_factor: str = setting(
        "COMMENTS_SECOND_FACTOR",
        "auto",
        "Whether moderating needs a passkey or a second factor: required, optional, or auto, which"
        " is required as soon as COMMENTS_URL is https or COMMENTS_MAIL_URL is set.",
    )
    consent: str = setting(
        "COMMENTS_CONSENT",
        "",
        "What one agrees to by posting or making an account, in Markdown with a link. Empty: nothing"
        " is said.",
        example="By posting you agree to [the privacy notice](https://example.org/privacy/).",
        shapes=True,
    )
    max_chars: int = setting(
        "COMMENTS_MAX_CHARS", 10_000, "Characters that a comment may have, from 100 to 10000."
    )
    edit_minutes: int = setting(
        "COMMENTS_EDIT_MINUTES", 15, "How long a writer may edit or delete a comment."
    )
    trust_after: int = setting(
        "COMMENTS_TRUST_AFTER",
        1,
        "Published comments after which a person's next ones appear at once. 0: everybody's do.",
        shapes=True,
    )
    max_links: int = setting(
        "COMMENTS_MAX_LINKS", 3, "A comment with more links than this waits for a moderator."
    )
    mail_url: str = setting(
        "COMMENTS_MAIL_URL",
        "",
        "smtp://user:password@host:587 (STARTTLS when offered) or smtps://…:465. Empty: e-mails are"
        " written to var/mail/ as .eml files, which is right until you publish.",
        heading="E-mail",
        example="smtp://user:password@mail.example.org:587",
        secret=True,
    )
    mail_from: str = setting(
        "COMMENTS_MAIL_FROM", "comments@localhost", "Sender of every e-mail: a bare address."
    )
    database_url: str = setting(
        "COMMENTS_DATABASE_URL",
        "sqlite:///var/comments.sqlite3",
        "SQLite file or PostgreSQL (postgresql://user:password@host/name).",
        heading="Where things are kept",
        secret=True,
    )
    published: Path = setting(
        "COMMENTS_PUBLISHED", Path("published"), "Folder that the snapshots are written to."
    )
    output: str = setting(
        "COMMENTS_OUTPUT",
        "output",
        "Folder of the built blog, served and re-baked by the service. Empty: it does neither.",
    )
    manifest: str = setting(
        "COMMENTS_MANIFEST",
        "",
        "File or http(s) address of the manifest. Empty: threads.json in COMMENTS_OUTPUT,"
        " or else under SITE_URL.",
    )
    manifest_token: str = setting(
        "COMMENTS_MANIFEST_TOKEN",
        "",
        "What `tasks.py publish` shows to push the manifest, the same on both machines: 32 characters"
        " or more. Empty: nobody may push one.",
        secret=True,
    )
    secret_key: str = setting(
        "COMMENTS_SECRET_KEY",
        "",
        "Signs the short messages that a page shows after a form. Empty: made at first start and"
        " kept in var/secret-key. Several machines need the same.",
        secret=True,
    )
    page_size: int = setting(
        "COMMENTS_PAGE_SIZE",
        100,
        "Comments on one page of a thread, from 10 to 1000.",
        heading="Sizes and limits",
        shapes=True,
    )
    limit_posts: tuple[Rate, ...] = setting(
        "COMMENTS_LIMIT_POSTS",
        (Rate(5, 60), Rate(50, 86_400)),
        "How often one network may post: count/seconds pairs separated by spaces.",
    )
    limit_sign_in: tuple[Rate, ...] = setting(
        "COMMENTS_LIMIT_SIGN_IN",
        (Rate(5, 900),),
        "Wrong passwords from one network for one account. One network may give four times as many for"
        " all accounts, and all networks ten times as many for one.",
    )
    limit_sign_up: tuple[Rate, ...] = setting(
        "COMMENTS_LIMIT_SIGN_UP",
        (Rate(5, 3_600),),
        "Sign-ups and e-mails asked for by one network, and e-mails to one address, by whichever form.",
    )

    @cached_property
    def shape(self) -> str:
        """What of the settings shapes the published files; of the providers, their names only."""
        plain = [
            (each.name, str(getattr(self, each.name)))
            for each in fields(self)
            if each.metadata["shapes"] and not each.metadata["secret"]
        ]
        return repr([*plain, *(client.name for client in self.clients)])

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
    def staff_need_two(self) -> bool:
        """Whether moderating needs a passkey or a second factor."""
        if self.second_factor == "auto":
            return self.secure or bool(self.mail_url)
        return self.second_factor == "required"

    @cached_property
    def clients(self) -> tuple[Client, ...]:
        """The providers that one can sign in with. Raises SettingError."""
        return clients({key: getattr(self, key) for key in PRESETS}, self.openid)

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

    @cached_property
    def output_folder(self) -> Path | None:
        return Path(self.output) if self.output else None

    @cached_property
    def manifest_source(self) -> str:
        if self.manifest:
            return self.manifest
        return (
            str(Path(self.output) / "threads.json")
            if self.output
            else f"{self.site_url}/threads.json"
        )
