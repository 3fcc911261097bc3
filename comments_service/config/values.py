"""What one setting may hold: read from the text that people write, and written out again."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")
# What an address begins with that a preview gave.
# As PUBLISH_TO writes it, with or without the slashes.
BUCKET = re.compile(
    r"s3:(?://)?(?P<name>[A-Za-z0-9][A-Za-z0-9._-]{1,62})(?:/(?P<prefix>[^\s?#]*?))?/?"
)
LOOPBACK = re.compile(rf"^http://(?:{'|'.join(map(re.escape, LOOPBACK_HOSTS))})(?::[0-9]+)?(?=/)")


class SettingError(ValueError):
    """A setting that cannot be used; its text names the setting and the remedy."""


@dataclass(frozen=True)
class Rate:
    """At most `count` acts in any window of `seconds`."""

    count: int
    seconds: int


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


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()
