"""The manifest that a program sends: which threads there are."""

from flask import Blueprint, Response

from comments_service.errors import InvalidManifest, Message
from comments_service.publishing import manifest, publisher
from comments_service.web import answers
from comments_service.web.routes import Guard, route

bp = Blueprint("manifest", __name__)


@route(
    bp,
    "PUT /manifest",
    "Say which threads there are, as the built site's threads.json does",
    guard=Guard.TOKEN,
    body=bytes,
    answers={200: "Threads"},
    problems=(401, 404),
    max_bytes=manifest.MAX_BYTES,
)
def take_manifest(given: bytes) -> Response:
    """It is a [manifest](formats.md); the answer is how many `threads` it lists."""
    try:
        listed = manifest.push(given)
    except manifest.ManifestError as error:
        raise InvalidManifest(
            Message("Nothing was taken over: {reason}", reason=str(error))
        ) from error
    publisher.wake()
    return answers.json({"threads": listed})
