"""What the server runs: files from its loop, and Flask in a few threads for whole requests.

Readers never wait for those who write. Nothing that may take long happens in the loop: what is not in
memory is looked for by threads of its own, large files are sent by the server, and a body is there
before Flask is called.
"""

import asyncio
import hmac
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from comments_service import config, logs, uploads, wsgi
from comments_service.config import Settings
from comments_service.errors import ServiceError, Unavailable
from comments_service.in_place import begin_in_place, in_the_loop
from comments_service.loading import Service
from comments_service.request_bodies import (
    FORM_BYTES,
    MAX_BYTES,
    MAX_MANIFEST_BYTES,
    Bodies,
    Broken,
)
from comments_service.static_files import Answer, Files
from comments_service.wsgi import Pool

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from granian._granian import RSGIHTTPProtocol as HTTPProtocol
    from granian.rsgi import Scope


class Limits(NamedTuple):
    # The largest form over a line that brings 100 kbit/s, and a list of threads over ten times that.
    body_seconds: float = 20.0
    manifest_seconds: float = 600.0
    # The largest file of comments over a line that brings 1 Mbit/s.
    upload_seconds: float = 1_800.0
    # Bodies that are being read, and how large they may be together.
    pending: int = 4_000
    pending_bytes: int = 16_000_000
    # Writers wait for each other in the database, so more of them at once would be no sooner done.
    # Who reads what is no file does not wait for them.
    writing_threads: int = 8
    reading_threads: int = 4
    # Whole requests that wait for a thread of either kind.
    waiting: int = 200
    # A blog of thousands of articles that has no snapshots yet goes on writing them while it answers.
    loading_seconds: float = 10.0


FILE_THREADS = 2
CLOSE = ("Connection", "close")


class Front:
    """The application as granian calls it (RSGI)."""

    def __init__(self, settings: Settings, limits: Limits = Limits()) -> None:  # noqa: B008 - never changes
        self._settings = settings
        self._loading_seconds = limits.loading_seconds
        self._files = Files(settings)
        self._service = Service(settings)
        self._disk = ThreadPoolExecutor(FILE_THREADS, thread_name_prefix="files")
        self._writing = Pool("writing", limits.writing_threads, limits.waiting)
        self._reading = Pool("reading", limits.reading_threads, limits.waiting)
        self._bodies = Bodies(
            *(MAX_BYTES, limits.body_seconds, limits.pending, limits.pending_bytes),
        )
        self._manifests = Bodies(
            *(MAX_MANIFEST_BYTES, limits.manifest_seconds, 1, MAX_MANIFEST_BYTES),
        )
        self._uploads = Bodies(
            *(settings.import_mb * uploads.MB + FORM_BYTES, limits.upload_seconds, 2, 0),
        )
        self._upload_paths = {
            f"{settings.prefix}{path}" for path in ("moderation/import", "api/v1/imports")
        }
        self._manifest_path = f"{settings.prefix}api/v1/manifest"

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        begin_in_place(loop)

    async def __rsgi__(self, scope: "Scope", protocol: "HTTPProtocol") -> None:
        method, path, headers = scope.method, scope.path, scope.headers
        if (known := self._files.known(method, path, headers)) is not None:
            send(known, protocol)
            return
        await in_the_loop()
        reads = method in ("GET", "HEAD")
        if reads and (found := await self._file(scope)):
            send(found, protocol)
            return
        try:
            if method == "POST" and path in self._upload_paths:
                await self._upload(scope, protocol)
                return
            body = await self._body(scope, protocol)
            if not self._service.loaded.done():
                await self._loading()
                if reads and (found := await self._file(scope)):
                    send(found, protocol)
                    return
            if self._service.app is None:
                await self._refuse(None, scope, body, protocol)
                return
            pool = self._reading if reads else self._writing
            try:
                await pool.run(self._call, self._service.app, scope, body, protocol)
            except ServiceError as error:
                await self._refuse(error, scope, body, protocol)
        except ServiceError as error:
            await self._refuse(error, scope, b"", protocol)
        except Broken:
            protocol.response_empty(400, [CLOSE])

    async def _file(self, scope: "Scope") -> Answer | None:
        """A file from disk, packed perhaps."""
        asked = scope.method, scope.path, scope.query_string, scope.headers
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._disk, self._files.answer, *asked)
        if found is not None and found.status == 404 and not self._service.loaded.done():
            # A snapshot that is yet to be written is not missing.
            return None if scope.path.startswith(self._settings.prefix) else found
        return found

    async def _body(self, scope: "Scope", protocol: "HTTPProtocol") -> bytes:
        headers = scope.headers
        length = headers.get("content-length")
        if length is None and "transfer-encoding" not in headers:
            return b""
        announced = None if length is None else int(length)
        if scope.path != self._manifest_path:
            return await self._bodies.read(protocol, announced)
        # Of whoever has no token nothing is read: Flask refuses and counts him without.
        kind, _, token = headers.get("authorization", "").partition(" ")
        wanted = self._settings.manifest_token
        right = hmac.compare_digest(token.strip().encode(), wanted.encode())
        if not wanted or kind.lower() != "bearer" or not right:
            return b""
        return await self._manifests.read(protocol, announced)

    async def _upload(self, scope: "Scope", protocol: "HTTPProtocol") -> None:
        """A file, which goes to disk piece by piece; of whoever may not send one nothing is read."""
        if not self._service.loaded.done():
            await self._loading()
        if (app := self._service.app) is None:
            await self._refuse(None, scope, b"", protocol)
            return
        from comments_service.web.guard import would_admit

        if not await self._reading.run(would_admit, app, wsgi.environ_of(scope, b"")):
            await self._writing.run(self._call, app, scope, b"", protocol)
            return
        announced = scope.headers.get("content-length")
        try:
            with await asyncio.get_running_loop().run_in_executor(
                self._disk, uploads.spool
            ) as file:
                length = await self._uploads.spooled(
                    protocol, None if announced is None else int(announced), file, self._disk
                )
                file.seek(0)
                await self._writing.run(self._call, app, scope, file, protocol, length)
        except OSError as error:
            raise Unavailable(uploads.NO_ROOM, retry_after_seconds=60) from error

    async def _loading(self) -> None:
        # Of a start that failed nobody knows when it will have succeeded.
        if not self._service.failed:
            loaded = asyncio.wrap_future(self._service.loaded)
            await asyncio.wait({loaded}, timeout=self._loading_seconds)

    @staticmethod
    def _call(
        application: "WSGIApplication",
        scope: "Scope",
        body: bytes | BinaryIO,
        protocol: "HTTPProtocol",
        length: int | None = None,
    ) -> None:
        wsgi.answer(application, wsgi.environ_of(scope, body, length), protocol)

    async def _refuse(
        self, error: ServiceError | None, scope: "Scope", body: bytes, protocol: "HTTPProtocol"
    ) -> None:
        """Refuse without Flask, which is not there yet, or has enough to do."""

        def refuse() -> None:
            from comments_service import unavailable

            application = partial(unavailable.answer, settings=self._settings, error=error)
            self._call(application, scope, body, protocol)

        await asyncio.get_running_loop().run_in_executor(self._disk, refuse)


def send(answer: Answer, protocol: "HTTPProtocol") -> None:
    status, headers, body = answer
    if isinstance(body, bytes):
        protocol.response_bytes(status, headers, body)
    elif body is None:
        protocol.response_empty(status, headers)
    elif status == 206:
        protocol.response_file_range(status, headers, body.path, body.begin, body.end)
    else:
        protocol.response_file(status, headers, body.path)


def __getattr__(name: str) -> Front:
    # Started when a server asks for it, not when a test or a tool imports this module.
    if name == "application":
        settings = config.from_environment()
        logs.configure(settings.log)
        globals()[name] = Front(settings)
        return globals()[name]  # type: ignore[no-any-return]
    raise AttributeError(name)
