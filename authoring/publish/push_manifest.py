"""Push manifest: tell the comment service which threads there are, as soon as their pages are published.

Without it the service reads the manifest where the blog lies, once a minute. With a token that both
know (COMMENTS_MANIFEST_TOKEN) it need not be able to reach the blog, and new articles take comments at
once. What the service then does with it is in `comments_service/publishing/manifest.py`.
"""

import http.client
import json
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from authoring import Refused
from formats import manifest

from . import comments

TOKEN = "COMMENTS_MANIFEST_TOKEN"  # noqa: S105 - the setting's name
ENDPOINT = "api/v1/manifest"
# The first manifest of 60,000 articles took half a minute.
SECONDS = 300
HERE = ("localhost", "127.0.0.1", "::1")
REMEDIES = {
    401: f"{TOKEN} has to be the same here and where the service runs.",
    404: f"Set {TOKEN} where the service runs as well (docs/operating.md), and look at COMMENTS_URL.",
    413: "A server before the service takes no body of this size: deploy/nginx.conf shows how it does.",
    422: "Service and blog have to be of one release.",
}
AGAIN = "The blog itself is published; `python3 tasks.py publish` tries this again."


def push(site: Path, environ: Mapping[str, str], *, dry_run: bool = False) -> str:
    """What was told to the service, in a sentence; nothing where no token is set. Raises Refused."""
    token = environ.get(TOKEN, "").strip()
    if not token:
        return ""
    address = endpoint(environ)
    path = site / manifest.NAME
    if not path.is_file():
        raise Refused(
            f"The site has no {manifest.NAME}, so the comment service was told nothing. Leave"
            f" COMMENTS_MANIFEST_SAVE_AS as it is, or remove {TOKEN} from .env."
        )
    data = path.read_bytes()
    listed = json.loads(data)
    threads = len(listed["threads"])
    many = f"{threads} thread{'s' * (threads != 1)}"
    # Drafts are told of on this way alone: the manifest itself is there for everybody.
    beside = manifest.shared_of(site)
    if beside.is_file():
        shared = json.loads(beside.read_bytes())
        data = json.dumps({**listed, "shared": shared}, ensure_ascii=False).encode()
        many += f" and {len(shared)} shared draft{'s' * (len(shared) != 1)}" * bool(shared)
    if dry_run:
        return f"The comment service at {address} would be told of {many}."
    if urlsplit(address).scheme == "http" and urlsplit(address).hostname not in HERE:
        raise Refused(
            f"The comment service was told nothing: {address} is not https, and anybody on the way"
            f" could read the token. Set COMMENTS_URL to its https address.\n{AGAIN}"
        )
    put(address, data, token)
    return f"The comment service knows {many}."


def endpoint(environ: Mapping[str, str]) -> str:
    return f"{comments.address(environ)}{ENDPOINT}"


def put(address: str, data: bytes, token: str) -> None:
    if not re.fullmatch(r"[\x21-\x7e]+", token):
        raise Refused(f"{TOKEN} holds what no header can: write letters and digits.\n{AGAIN}")
    request = urllib.request.Request(  # noqa: S310 - the service of the settings
        address,
        data,
        method="PUT",
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    try:
        # A redirect is refused: it would take the token elsewhere.
        with urllib.request.urlopen(request, timeout=SECONDS):  # noqa: S310
            return
    except urllib.error.HTTPError as error:
        with error:
            what = f"{error.code} {said(error)}".strip()
        remedy = REMEDIES.get(error.code, "Its log says more.")
    except (OSError, http.client.HTTPException) as error:
        what = str(getattr(error, "reason", error))
        remedy = "Does the service run, and is COMMENTS_URL its address?"
        if isinstance(getattr(error, "reason", error), BrokenPipeError | ConnectionResetError):
            # It answers without reading all of what it does not take; the answer is lost.
            remedy = (
                f"It was not read to its end. {REMEDIES[401]} A server before the service has to take"
                " a body of this size: deploy/nginx.conf shows how."
            )
    raise Refused(
        f"The comment service was not told of the threads: {address}\n    {what}\n{remedy}\n{AGAIN}"
    )


def said(error: urllib.error.HTTPError) -> str:
    """What a problem document says, or the status in words."""
    try:
        return str(json.loads(error.read(100_000))["detail"])
    except (ValueError, KeyError, TypeError, OSError):
        return error.reason
