"""The service with little patience and few threads, so that no test has to wait for what it does then."""

import os
from threading import current_thread
from typing import TYPE_CHECKING

from comments_service import config
from comments_service.front import Front, Limits

if TYPE_CHECKING:
    from granian._granian import RSGIHTTPProtocol
    from granian.rsgi import Scope

LIMITS = Limits(
    body_seconds=float(os.environ.get("BODY_SECONDS", "1")),
    pending=1_100,
    writing_threads=1,
    waiting=2,
)


class Impatient(Front):
    async def __rsgi__(self, scope: "Scope", protocol: "RSGIHTTPProtocol") -> None:
        if scope.path == "/thread":
            protocol.response_bytes(200, [], current_thread().name.encode())
        else:
            await super().__rsgi__(scope, protocol)


def __getattr__(name: str) -> Impatient:
    if name == "application":
        globals()[name] = Impatient(config.from_environment(), LIMITS)
        return globals()[name]  # type: ignore[no-any-return]
    raise AttributeError(name)
