"""What clients send: how much, how slowly, and how much of all of them together is waited for.

Read by the server's loop, before a thread is taken: whoever sends slowly keeps nobody waiting.
"""

import asyncio
from collections.abc import AsyncIterable
from concurrent.futures import Executor
from typing import BinaryIO

from comments_service.errors import Message, TooLarge, TooSlow, Unavailable

# A comment of 10,000 characters, each sent as the longest escape, and the other fields.
MAX_BYTES = 256 * 1024
# The list of a large blog's threads, from whoever has the token for it.
MAX_MANIFEST_BYTES = 64_000_000
# A comment is seldom larger. So much of each is taken also while others keep all the memory.
SMALL_BYTES = 8 * 1024
RETRY_SECONDS = 5
# A large one goes to disk in pieces, each in some milliseconds, outside of the loop.
SPOOLED_BYTES = 1 << 20
# What a form says around the file that it sends.
FORM_BYTES = 64 * 1024


class Broken(Exception):
    """The client left, or sent what is no body, before all of it was there."""


def crowded() -> Unavailable:
    return Unavailable(
        Message(
            "Many people are writing at the same moment. Your text is still here; please try again"
            " in a few seconds."
        ),
        retry_after_seconds=RETRY_SECONDS,
    )


class Bodies:
    """The bodies that are being read just now: how large, slow and many they may be."""

    def __init__(self, limit: int, seconds: float, pending: int, together: int) -> None:
        self._limit = limit
        self._seconds = seconds
        self._most_pending = pending
        self._together = together
        self._pending = 0
        self._bytes = 0

    async def spooled(
        self,
        pieces: AsyncIterable[bytes],
        announced: int | None,
        file: BinaryIO,
        disk: Executor,
    ) -> int:
        """Write a body of any length into a file; gives its length. Raises what `read` raises."""
        if announced is not None and announced > self._limit:
            raise TooLarge
        if self._pending >= self._most_pending:
            raise crowded()
        self._pending += 1
        try:
            async with asyncio.timeout(self._seconds):
                return await self._write(pieces, announced, file, disk)
        except TimeoutError:
            raise TooSlow from None
        finally:
            self._pending -= 1

    async def _write(
        self,
        pieces: AsyncIterable[bytes],
        announced: int | None,
        file: BinaryIO,
        disk: Executor,
    ) -> int:
        loop = asyncio.get_running_loop()
        kept, size, ends = bytearray(), 0, 0
        async for piece in pieces:
            ends += not piece
            kept += piece
            size += len(piece)
            if size > self._limit:
                raise TooLarge
            if len(kept) >= SPOOLED_BYTES:
                await loop.run_in_executor(disk, file.write, bytes(kept))
                kept.clear()
        if ends > 1 or announced not in (None, size):
            raise Broken
        await loop.run_in_executor(disk, file.write, bytes(kept))
        return size

    async def read(self, pieces: AsyncIterable[bytes], announced: int | None) -> bytes:
        """A whole body, of the length that was announced. Raises TooLarge, TooSlow, Unavailable, Broken."""
        if announced is not None and announced > self._limit:
            raise TooLarge
        if self._pending >= self._most_pending:
            raise crowded()
        self._pending += 1
        try:
            reading = asyncio.ensure_future(self._collect(pieces, announced))
            if not (await asyncio.wait({reading}, timeout=self._seconds))[0]:
                reading.cancel()
                raise TooSlow
            return reading.result()
        finally:
            self._pending -= 1

    async def _collect(self, pieces: AsyncIterable[bytes], announced: int | None) -> bytes:
        got: list[bytes] = []
        size = ends = 0
        try:
            async for piece in pieces:
                # The server ends a whole body with one empty piece, and a broken one with two.
                ends += not piece
                got.append(piece)
                size += len(piece)
                self._bytes += len(piece)
                if size > self._limit:
                    raise TooLarge
                if size > SMALL_BYTES and self._bytes > self._together:
                    raise crowded()
        finally:
            self._bytes -= size
        if ends > 1 or announced not in (None, size):
            raise Broken
        return b"".join(got)
