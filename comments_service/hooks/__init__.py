"""Web hooks: programs and chats of the owner's choice are told of comments, signed, until they have heard it.

A row of `hook_deliveries` is written with what it tells of, in the same transaction, and sent behind it. What
it says is put together when it leaves: what has been overtaken by then, such as a comment that waits no
more, is not told, and no row holds anybody's words.
"""

from comments_service.hooks.configured import (
    MAX_HOOKS,
    add,
    again,
    change,
    configured,
    deliveries,
    failing,
    get,
    probe,
    remove,
    renew_secret,
    troubles,
)
from comments_service.hooks.delivering import clean, send_waiting
from comments_service.hooks.telling import decided, tell

__all__ = [
    "MAX_HOOKS",
    "add",
    "again",
    "change",
    "clean",
    "configured",
    "decided",
    "deliveries",
    "failing",
    "get",
    "probe",
    "remove",
    "renew_secret",
    "send_waiting",
    "tell",
    "troubles",
]
