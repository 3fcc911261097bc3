"""Settings read from the environment, made whole, and refused with a remedy where they make no sense."""

import os
import re
from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any
from urllib.parse import urljoin, urlsplit

from dotenv import dotenv_values

from comments_service.config.settings import Settings
from comments_service.config.values import SettingError, origin_of, parse


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


def checked(settings: Settings) -> Settings:
    """The settings with addresses made whole; raises SettingError where they make no sense."""
    site_url = settings.site_url.rstrip("/")
    if urlsplit(site_url).scheme not in ("http", "https") or not urlsplit(site_url).netloc:
        raise SettingError(f"SITE_URL={site_url!r}: write an address such as https://example.org")
    comments_url = urljoin(site_url + "/", settings.comments_url)
    parts = urlsplit(comments_url)
    # On a host of its own it needs no folder; beside the blog it would hide the blog.
    hides = parts.path == "/" and origin_of(comments_url) == origin_of(site_url)
    if not comments_url.endswith("/") or parts.query or hides:
        raise SettingError(
            f"COMMENTS_URL={settings.comments_url!r}: write a folder of its own that ends with a"
            " slash, such as /comments/, or a host of its own, such as https://talk.example.org/"
        )
    if not 10 <= settings.page_size <= 1000:
        raise SettingError(
            f"COMMENTS_PAGE_SIZE={settings.page_size}: write a number from 10 to 1000"
        )
    if not 100 <= settings.max_chars <= 10_000:
        raise SettingError(
            f"COMMENTS_MAX_CHARS={settings.max_chars}: write a number from 100 to 10000"
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
    methods = settings.clients or settings.passwords or settings.magic_links or settings.passkeys
    if not (settings.guests or methods):
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
