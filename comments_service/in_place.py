"""Requests begun in the server's own thread, which most of them never leave.

granian hands each request over to Python's loop, which means to wake another thread, to make a task and
to wake the first thread again: more than all the rest of sending a file. A coroutine needs none of that
as long as it awaits nothing. So its first step is taken where the request is, and what then has to wait
goes on in the loop. Where granian should hand over otherwise some day, all is done in the loop.
"""

from asyncio import AbstractEventLoop, Handle
from collections.abc import Callable, Generator
from contextvars import Context
from types import CoroutineType, coroutine
from typing import Any


def begin_in_place(loop: AbstractEventLoop) -> None:
    """Let whatever coroutine is handed over to this loop take its first step before that."""
    hand_over = loop.call_soon_threadsafe

    def call_soon_threadsafe(
        callback: Callable[..., object], *arguments: Any, context: Context | None = None
    ) -> Handle | None:
        if arguments and type(arguments[0]) is CoroutineType:
            try:
                arguments[0].send(None)
            except StopIteration:
                return None
        return hand_over(callback, *arguments, context=context)

    loop.call_soon_threadsafe = call_soon_threadsafe  # type: ignore[assignment, method-assign]


@coroutine
def in_the_loop() -> Generator[None, None, None]:
    """The end of that step: what comes after this may await, and is run by the loop."""
    yield
