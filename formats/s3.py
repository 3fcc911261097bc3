"""S3: where a storage is and with which keys, as both halves read it from the environment."""

import re
from collections.abc import Mapping

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
# Amazon's other name for a region; every other storage takes it for its only one.
REGION = "us-east-1"
CODE = re.compile(r"<Code>\s*(\w+)\s*</Code>")
MESSAGE = re.compile(r"<Message>\s*([^<]{1,300}?)\s*</Message>")


def missing(environ: Mapping[str, str]) -> list[str]:
    """The halves of the key that are not there."""
    return [name for name in KEYS if not environ.get(name)]


def endpoint(environ: Mapping[str, str]) -> str:
    """The storage's address; empty for Amazon's own."""
    given = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
    return next((environ[name] for name in given if environ.get(name)), "").rstrip("/")


def config(environ: Mapping[str, str]) -> dict[str, str]:
    """What obstore wants to know of the storage, by the names that people know. Holds secrets."""
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or REGION
    found = {
        "aws_access_key_id": environ[KEYS[0]],
        "aws_secret_access_key": environ[KEYS[1]],
        "aws_region": region,
        # Some storages have no request that deletes many.
        "aws_disable_bulk_delete": "true",
    }
    for name in ("AWS_SESSION_TOKEN", "AWS_VIRTUAL_HOSTED_STYLE_REQUEST"):
        if environ.get(name):
            found[name.lower()] = environ[name]
    if address := endpoint(environ):
        found["aws_endpoint"] = address
    return found


def what(said: str) -> str:
    """What a storage or the network says, in one line."""
    if code := CODE.search(said):
        message = MESSAGE.search(said)
        return f"{code[1]}: {message[1]}" if message else code[1]
    return said.split("\n", 1)[0].rpartition(" - ")[2][:300]
