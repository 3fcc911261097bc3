"""Settings: every value that the person who runs the blog may set, as data.

Read once from the environment (and `.env`, which the environment overrules). A wrong value is
refused at start, with its name, what was found and what would do. `docs/operating.md` explains
each setting, and a test holds the two together.
"""

import ipaddress
import os
import re
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from dotenv import dotenv_values

MIGRATIONS = str(Path(__file__).parent.parent / "migrations")
SECRET_KEY_FILE = Path("var/secret-key")
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")


class SettingError(ValueError):
    """A setting that cannot be used; its text names the setting and the remedy."""


@dataclass(frozen=True)
class Rate:
    """At most `count` acts in any window of `seconds`."""

    count: int
    seconds: int


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


def setting(env: str, default: Any, meaning: str, *, secret: bool = False) -> Any:
    return field(default=default, metadata={"env": env, "meaning": meaning, "secret": secret})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one service; every field's metadata has its `env` name and `meaning`."""

    site_url: str = setting(
        "SITE_URL",
        "http://localhost:8000",
        "Public address of the blog, for both halves. No slash at the end; it may carry a path.",
    )
    comments_url: str = setting(
        "COMMENTS_URL",
        "comments/",
        "Public address of the service: absolute, or relative to SITE_URL. Ends with a slash.",
    )
    database_url: str = setting(
        "COMMENTS_DATABASE_URL",
        "sqlite:///var/comments.sqlite3",
        "SQLite file or PostgreSQL (postgresql://user:password@host/name).",
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
    mail_url: str = setting(
        "COMMENTS_MAIL_URL",
        "",
        "smtp://user:password@host:587 (STARTTLS when offered) or smtps://…:465."
        " Empty: letters are written to var/mail/ as .eml files.",
        secret=True,
    )
    mail_from: str = setting(
        "COMMENTS_MAIL_FROM", "comments@localhost", "Sender of every letter: a bare address."
    )
    allowed_origins: tuple[str, ...] = setting(
        "COMMENTS_ALLOWED_ORIGINS",
        (),
        "Further origins, separated by spaces, whose pages may post (scheme://host[:port]).",
    )
    trusted_proxies: int = setting(
        "COMMENTS_TRUSTED_PROXIES",
        0,
        "How many proxies stand before the service and append to X-Forwarded-For.",
    )
    guests: bool = setting("COMMENTS_GUESTS", True, "Whether one may comment without an account.")
    sign_up: bool = setting("COMMENTS_SIGN_UP", True, "Whether readers may make accounts.")
    passwords: bool = setting(
        "COMMENTS_PASSWORDS", True, "Whether accounts have passwords and sign in with them."
    )
    letters: bool = setting(
        "COMMENTS_SIGN_IN_LETTERS",
        True,
        "Whether one signs in by a letter, with a link and a code of six digits.",
    )
    passkeys: bool = setting(
        "COMMENTS_PASSKEYS", True, "Whether one signs in with a passkey (WebAuthn)."
    )
    github: str = setting(
        "COMMENTS_GITHUB",
        "",
        "Sign-in with GitHub: the client's id and its secret, separated by a space. Empty: off.",
        secret=True,
    )
    google: str = setting(
        "COMMENTS_GOOGLE", "", "Sign-in with Google, written in the same way.", secret=True
    )
    gitlab: str = setting(
        "COMMENTS_GITLAB", "", "Sign-in with GitLab.com, written in the same way.", secret=True
    )
    openid: str = setting(
        "COMMENTS_OPENID",
        "",
        "Sign-in with any OpenID provider: name, issuer's address, client's id and secret, separated"
        " by spaces; several providers separated by semicolons.",
        secret=True,
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
        "What one agrees to by posting or making an account, in Markdown with a link, such as"
        " [the privacy notice](https://example.org/privacy/). Empty: nothing is said.",
    )
    edit_minutes: int = setting(
        "COMMENTS_EDIT_MINUTES", 15, "How long a writer may edit or delete a comment."
    )
    trust_after: int = setting(
        "COMMENTS_TRUST_AFTER",
        1,
        "Published comments after which a person's next ones appear at once. 0: everybody's do.",
    )
    max_links: int = setting(
        "COMMENTS_MAX_LINKS", 3, "A comment with more links than this waits for a moderator."
    )
    page_size: int = setting(
        "COMMENTS_PAGE_SIZE", 100, "Comments on one page of a thread, from 10 to 1000."
    )
    limit_posts: tuple[Rate, ...] = setting(
        "COMMENTS_LIMIT_POSTS",
        (Rate(5, 60), Rate(50, 86_400)),
        "How often one network may post: count/seconds pairs separated by spaces.",
    )
    limit_sign_in: tuple[Rate, ...] = setting(
        "COMMENTS_LIMIT_SIGN_IN",
        (Rate(5, 900),),
        "Wrong passwords for one account; one network may give four times as many.",
    )
    limit_sign_up: tuple[Rate, ...] = setting(
        "COMMENTS_LIMIT_SIGN_UP",
        (Rate(5, 3_600),),
        "Sign-ups and letters asked for by one network.",
    )

    @property
    def site_origin(self) -> str:
        return origin_of(self.site_url)

    @property
    def prefix(self) -> str:
        """The path under which the service answers, such as `/comments/`."""
        return urlsplit(self.comments_url).path

    @property
    def base(self) -> str:
        """What links from the blog's pages to the service begin with: a path on the same origin."""
        same = origin_of(self.comments_url) == self.site_origin
        return self.prefix if same else self.comments_url

    @property
    def secure(self) -> bool:
        return self.comments_url.startswith("https://")

    @property
    def across(self) -> bool:
        """Whether pages of the blog, or of another site that may post, lie on another host.

        Their requests to the service are then made from another site as far as a browser can tell:
        it sends along what is `SameSite=None` only, and keeps that only if it is `Secure`.
        """
        pages = (self.site_url, *self.allowed_origins)
        return any(urlsplit(each).hostname != self.host for each in pages)

    @property
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

    @property
    def host(self) -> str:
        return urlsplit(self.comments_url).hostname or ""

    @property
    def passkey_place(self) -> tuple[str, str] | None:
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

    @property
    def staff_need_two(self) -> bool:
        """Whether moderating needs a passkey or a second factor."""
        if self.second_factor == "auto":
            return self.secure or bool(self.mail_url)
        return self.second_factor == "required"

    @cached_property
    def clients(self) -> tuple[Client, ...]:
        """The providers that one can sign in with. Raises SettingError."""
        return clients(self)

    @property
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

    @property
    def output_folder(self) -> Path | None:
        return Path(self.output) if self.output else None

    @property
    def manifest_source(self) -> str:
        if self.manifest:
            return self.manifest
        return (
            str(Path(self.output) / "threads.json")
            if self.output
            else f"{self.site_url}/threads.json"
        )


def current() -> Settings:
    """The settings of the application whose context this is."""
    # Imported here: files are served by these settings before Flask is loaded.
    from flask import current_app

    settings: Settings = current_app.extensions["settings"]
    return settings


def absolute_database_url(settings: Settings) -> str:
    """The database's address, with a relative SQLite path taken from the current folder.

    Flask-SQLAlchemy would look for it in Flask's instance folder.
    """
    prefix = "sqlite:///"
    if settings.database_url.startswith(prefix):
        return prefix + str(Path(settings.database_url.removeprefix(prefix)).absolute())
    return settings.database_url


def secret_key(settings: Settings) -> str:
    """The key from the settings, or the one that the first start of this installation made."""
    if settings.secret_key:
        return settings.secret_key
    if not SECRET_KEY_FILE.exists():
        SECRET_KEY_FILE.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=SECRET_KEY_FILE.parent) as made:
            made.write(secrets.token_urlsafe(32))
            made.flush()
            # Whole when it appears, and the first of two processes that start at once has it.
            with suppress(FileExistsError):
                os.link(made.name, SECRET_KEY_FILE)
    return SECRET_KEY_FILE.read_text()


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def from_environment(environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Settings from `environ` (default: `.env`, overruled by the process's environment).

    Raises SettingError; values that cannot be read are named all at once.
    """
    if environ is None:
        from_file = {
            name: value for name, value in dotenv_values(".env").items() if value is not None
        }
        environ = {**from_file, **os.environ}
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for each in fields(Settings):
        env = each.metadata["env"]
        if env not in environ or each.name in overrides:
            continue
        try:
            values[each.name] = parse(each.default, environ[env].strip())
        except ValueError as error:
            wrong.append(f"{env}={environ[env]!r}: {error}")
    if wrong:
        raise SettingError("Please correct these settings:\n  " + "\n  ".join(wrong))
    return checked(Settings(**values, **overrides))


def parse(default: Any, text: str) -> Any:
    """One value from its text, of the kind that its default has. Raises ValueError."""
    if isinstance(default, bool):
        words = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        if text.lower() not in words:
            raise ValueError("write true or false")
        return words[text.lower()]
    if isinstance(default, int):
        if not text.isdecimal():
            raise ValueError("write a whole number, 0 or more")
        return int(text)
    if isinstance(default, Path):
        return Path(text)
    if isinstance(default, tuple):
        if default and isinstance(default[0], Rate):
            return tuple(rate(word) for word in text.split())
        return tuple(origin(word) for word in text.split())
    return text


def written(value: Any) -> str:
    """A value as one would write it into `.env`."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return " ".join(
            f"{each.count}/{each.seconds}" if isinstance(each, Rate) else each for each in value
        )
    return str(value)


def rate(word: str) -> Rate:
    count, _, seconds = word.partition("/")
    if not (count.isdecimal() and seconds.isdecimal() and int(count) and int(seconds)):
        raise ValueError('write pairs of count/seconds, such as "5/60 50/86400"')
    return Rate(int(count), int(seconds))


def origin(word: str) -> str:
    parts = urlsplit(word)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path not in ("", "/"):
        raise ValueError(f"{word} is not an origin such as https://blog.example.org")
    return origin_of(word)


PRESETS = {
    "github": ("GitHub", "github"),
    "google": ("Google", "https://accounts.google.com"),
    "gitlab": ("GitLab", "https://gitlab.com"),
}


def clients(settings: Settings) -> tuple[Client, ...]:
    """What the settings of the providers say, in the order of their buttons. Raises SettingError."""
    found = []
    for key, (name, kind) in PRESETS.items():
        words = getattr(settings, key).split()
        if len(words) not in (0, 2):
            raise SettingError(
                f"COMMENTS_{key.upper()}: write the client's id and its secret, separated by a space"
            )
        if words:
            found.append(Client(key, name, kind, *words))
    for text in filter(str.strip, settings.openid.split(";")):
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


def checked(settings: Settings) -> Settings:
    """The settings with addresses made whole; raises SettingError where they make no sense."""
    site_url = settings.site_url.rstrip("/")
    if urlsplit(site_url).scheme not in ("http", "https") or not urlsplit(site_url).netloc:
        raise SettingError(f"SITE_URL={site_url!r}: write an address such as https://example.org")
    comments_url = urljoin(site_url + "/", settings.comments_url)
    parts = urlsplit(comments_url)
    if not comments_url.endswith("/") or parts.path == "/" or parts.query:
        raise SettingError(
            f"COMMENTS_URL={settings.comments_url!r}: write a folder of its own that ends with a"
            " slash, such as /comments/ or https://talk.example.org/comments/"
        )
    if not 10 <= settings.page_size <= 1000:
        raise SettingError(
            f"COMMENTS_PAGE_SIZE={settings.page_size}: write a number from 10 to 1000"
        )
    if "@" not in settings.mail_from or any(c in settings.mail_from for c in "<>\r\n "):
        raise SettingError(
            f"COMMENTS_MAIL_FROM={settings.mail_from!r}: write a bare address, such as"
            " comments@example.org"
        )
    if settings.mail_url and urlsplit(settings.mail_url).scheme not in ("smtp", "smtps"):
        raise SettingError(
            "COMMENTS_MAIL_URL: write smtp://user:password@host:587 or smtps://…:465"
        )
    if settings.manifest_token and not re.fullmatch(r"[\x21-\x7e]{32,}", settings.manifest_token):
        raise SettingError(
            "COMMENTS_MANIFEST_TOKEN: write 32 letters and digits or more that nobody guesses, such as"
            ' those of: python3 -c "import secrets; print(secrets.token_urlsafe())"'
        )
    if settings.second_factor not in ("auto", "required", "optional"):
        raise SettingError(
            f"COMMENTS_SECOND_FACTOR={settings.second_factor!r}: write auto, required or optional"
        )
    some_way = settings.clients or settings.passwords or settings.letters or settings.passkeys
    if not (settings.guests or some_way):
        raise SettingError(
            "Nobody could write: COMMENTS_GUESTS is off, and so is every way to sign in. Switch on"
            " COMMENTS_GUESTS, COMMENTS_PASSWORDS, COMMENTS_SIGN_IN_LETTERS or COMMENTS_PASSKEYS,"
            " or name a provider (COMMENTS_GITHUB, COMMENTS_OPENID)"
        )
    database_url = settings.database_url
    for short in ("postgres://", "postgresql://"):
        if database_url.startswith(short):
            database_url = "postgresql+psycopg://" + database_url.removeprefix(short)
    if not database_url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise SettingError(
            "COMMENTS_DATABASE_URL: write sqlite:///path/to/file or postgresql://user:password@host/name"
        )
    return replace(
        settings, site_url=site_url, comments_url=comments_url, database_url=database_url
    )
