"""Settings read from the environment, made whole, and refused with a remedy where they make no sense."""

import difflib
import ipaddress
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from typing import Any
from urllib.parse import urljoin, urlsplit

from dotenv import dotenv_values

from comments_service.config.settings import Settings
from comments_service.config.values import BUCKET, SettingError, origin_of, parse

# Pelican's, which a blog's author says in its settings.
OF_THE_BLOG = (
    *("COMMENTS_CLOSE", "COMMENTS_DEFAULT", "COMMENTS_EMBED", "COMMENTS_MANIFEST_SAVE_AS"),
    "COMMENTS_NOTES",
)

# Ten years: more is a slip of the finger.
MOST_DAYS = 3_650


def from_environment(environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Settings from `environ` (default: `.env`, overruled by the process's environment).

    Raises SettingError, which names everything that is wrong at once.
    """
    if environ is None:
        environ = surrounding()
    values: dict[str, Any] = {}
    wrong = list(unknown(environ))
    for each in fields(Settings):
        env = each.metadata["env"]
        if env not in environ or each.name in overrides:
            continue
        try:
            values[each.name] = parse(each.default, environ[env].strip())
        except ValueError as error:
            wrong.append(f"{env}={environ[env]!r}: {error}")
    # What could not be read has its default here, of which nothing is wrong.
    settings = Settings(**values, **overrides, given=frozenset({*values, *overrides}))
    wrong += problems(settings)
    if len(wrong) > 1:
        raise SettingError("Please correct these settings:\n  " + "\n  ".join(wrong))
    if wrong:
        raise SettingError(wrong[0])
    return whole(settings)


def surrounding() -> dict[str, str]:
    """The process's environment, and what `.env` says beside it."""
    said = {name: value for name, value in dotenv_values(".env").items() if value is not None}
    return {**said, **os.environ}


def unknown(environ: Mapping[str, str]) -> Iterator[str]:
    """What is called like a setting and is none: a slip would leave open what somebody meant to close."""
    known = [each.metadata["env"] for each in fields(Settings)]
    for name in sorted(environ):
        if not name.startswith("COMMENTS_") or name in known:
            continue
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.85)
        if name in OF_THE_BLOG:
            yield f"{name} belongs into pelicanconf.py."
        elif near:
            yield f"{name} is no setting. Did you mean {near[0]}?"
        else:
            yield f"{name} is no setting; docs/operating.md lists all of them. Remove it."


def problems(settings: Settings) -> Iterator[str]:
    """What makes no sense, a sentence each, with what to write instead."""
    given = {"SITE_URL": settings.site_url, "COMMENTS_URL": settings.comments_url}
    if unreadable := [name for name, address in given.items() if not readable(address)]:
        for name in unreadable:
            yield f"{name}={given[name]!r}: write an address such as https://example.org/"
        return
    site_url = settings.site_url.rstrip("/")
    if urlsplit(site_url).scheme not in ("http", "https") or not urlsplit(site_url).netloc:
        yield f"SITE_URL={site_url!r}: write an address such as https://example.org"
        site_url = "https://example.org"  # Of this one nothing else is wrong.
    comments_url = urljoin(site_url + "/", settings.comments_url)
    parts = urlsplit(comments_url)
    # On a host of its own it needs no folder; beside the blog it would hide the blog.
    hides = parts.path == "/" and origin_of(comments_url) == origin_of(site_url)
    if not comments_url.endswith("/") or parts.query or hides:
        yield (
            f"COMMENTS_URL={settings.comments_url!r}: write a folder of its own that ends with a"
            " slash, such as /comments/, or a host of its own, such as https://talk.example.org/"
        )
    if not 10 <= settings.page_size <= 1000:
        yield f"COMMENTS_PAGE_SIZE={settings.page_size}: write a number from 10 to 1000"
    if not 1 <= settings.forget_rejected_days <= settings.delete_rejected_days:
        yield (
            f"COMMENTS_FORGET_REJECTED_DAYS={settings.forget_rejected_days}: write a number from 1 to"
            f" COMMENTS_DELETE_REJECTED_DAYS, which is {settings.delete_rejected_days}"
        )
    if settings.delete_rejected_days > MOST_DAYS:
        yield f"COMMENTS_DELETE_REJECTED_DAYS={settings.delete_rejected_days}: write at most {MOST_DAYS}"
    if not 1 <= settings.import_mb <= 4_000:
        yield f"COMMENTS_IMPORT_MB={settings.import_mb}: write a number from 1 to 4000"
    if not 100 <= settings.max_chars <= 10_000:
        yield f"COMMENTS_MAX_CHARS={settings.max_chars}: write a number from 100 to 10000"
    if "@" not in settings.mail_from or any(c in settings.mail_from for c in "<>\r\n "):
        yield (
            f"COMMENTS_MAIL_FROM={settings.mail_from!r}: write a bare address, such as"
            " comments@example.org"
        )
    if settings.mail_url and urlsplit(settings.mail_url).scheme not in ("smtp", "smtps"):
        yield "COMMENTS_MAIL_URL: write smtp://user:password@host:587 or smtps://…:465"
    try:
        for word in settings.hook_networks.split():
            ipaddress.ip_network(word)
    except ValueError:
        yield (
            f"COMMENTS_HOOK_NETWORKS={settings.hook_networks!r}: write networks such as"
            " 192.168.1.0/24 or 10.0.0.7/32"
        )
    if settings.spam_hook and not re.fullmatch(
        r"https?://\S+ +whsec_(?:[A-Za-z0-9+/]{4}){6,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",
        settings.spam_hook,
    ):
        yield (
            "COMMENTS_SPAM_HOOK: write an address and a secret, separated by a space. This makes one:"
            ' python3 -c "import base64, secrets;'
            " print('whsec_' + base64.b64encode(secrets.token_bytes(32)).decode())\""
        )
    if settings.akismet and not re.fullmatch(r"\S+( +https?://\S+/)?", settings.akismet):
        yield "COMMENTS_AKISMET: write the key, such as 0123456789ab"
    tokens = {
        "COMMENTS_MANIFEST_TOKEN": settings.manifest_token,
        "COMMENTS_METRICS_TOKEN": settings.metrics_token,
    }
    for name, token in tokens.items():
        if token and not re.fullmatch(r"[\x21-\x7e]{32,}", token):
            yield (
                f"{name}: write 32 letters and digits or more that nobody guesses, such as"
                ' those of: python3 -c "import secrets; print(secrets.token_urlsafe())"'
            )
    if settings.second_factor not in ("auto", "required", "optional"):
        yield (
            f"COMMENTS_SECOND_FACTOR={settings.second_factor!r}: write auto, required or optional"
        )
    if settings.votes not in ("off", "up", "both"):
        yield f"COMMENTS_VOTES={settings.votes!r}: write up, both or off"
    if settings.workers not in ("inside", "outside"):
        yield f"COMMENTS_WORKERS={settings.workers!r}: write inside or outside"
    if settings.log not in ("plain", "json"):
        yield f"COMMENTS_LOG={settings.log!r}: write plain or json"
    if settings.published_bucket and not BUCKET.fullmatch(settings.published_bucket):
        yield (
            f"COMMENTS_PUBLISHED_BUCKET={settings.published_bucket!r}: write a bucket such as"
            " s3://comments, or a folder of it such as s3://my-bucket/comments"
        )
    methods: Any = settings.passwords or settings.magic_links or settings.passkeys
    try:
        methods = settings.clients or methods
    except SettingError as error:
        yield str(error)
    if not (settings.guests or methods):
        yield (
            "Nobody could write: COMMENTS_GUESTS is off, and so is every way to sign in. Switch on"
            " COMMENTS_GUESTS, COMMENTS_PASSWORDS, COMMENTS_SIGN_IN_LETTERS or COMMENTS_PASSKEYS,"
            " or name a provider (COMMENTS_GITHUB, COMMENTS_OPENID)"
        )
    if not database_address(settings).startswith(("sqlite:///", "postgresql+psycopg://")):
        yield (
            "COMMENTS_DATABASE_URL: write sqlite:///path/to/file or postgresql://user:password@host/name"
        )


def readable(address: str) -> bool:
    """Whether it can be taken apart: what has half a bracket or letters for a port cannot."""
    try:
        _ = urlsplit(address).port
    except ValueError:
        return False
    return True


def database_address(settings: Settings) -> str:
    for short in ("postgres://", "postgresql://"):
        if settings.database_url.startswith(short):
            return "postgresql+psycopg://" + settings.database_url.removeprefix(short)
    return settings.database_url


def whole(settings: Settings) -> Settings:
    """The settings with whole addresses."""
    site_url = settings.site_url.rstrip("/")
    return replace(
        settings,
        site_url=site_url,
        comments_url=urljoin(site_url + "/", settings.comments_url),
        database_url=database_address(settings),
    )
