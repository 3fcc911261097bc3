"""Server: files and comments on one port, and the commands of the service that come before it.

Started, waited for and ended here. What there is to say is the caller's to print; what cannot be done
raises `Refused`.
"""

import errno
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NoReturn
from urllib.parse import urljoin, urlsplit

from authoring import Refused

FLASK = (sys.executable, "-m", "flask", "--app", "comments_service")
# Who is that slow with the first lines of a request, or says nothing between two of them, is hung up on.
HEADER_SECONDS = 30
# Of one connection, until its reader has taken it; the longest head of a request as well.
BUFFER_BYTES = 32 * 1024
# As many as may be open at once, where the system allows so many files. The others are the database's.
MAX_CONNECTIONS, OTHER_FILES = 8_192, 256
# A worker told to stop while it still starts never ends by itself, hence the time-out.
SERVER = (
    *(sys.executable, "-m", "granian", "--interface", "rsgi", "comments_service.front:application"),
    *("--http", "1", "--no-ws", "--runtime-mode", "st", "--loop", "asyncio"),
    *("--http1-header-read-timeout", str(1000 * HEADER_SECONDS)),
    *("--http1-buffer-size", str(BUFFER_BYTES)),
    *("--log-level", "error", "--workers-kill-timeout", "5"),
)
LOCAL = ("localhost", "127.0.0.1", "::1")
# One heap for all threads, where glibc would give each its own with its own gaps: 6 of 107 MB.
ONE_HEAP = {"MALLOC_ARENA_MAX": "1"}
# A small machine that does something else as well may take a minute.
START_SECONDS = 120
STOP_SECONDS = 10


# --- Ports ----------------------------------------------------------------------------------------


def local_port(site_url: str) -> int:
    """The port of an address on this machine, so that .env need not be repeated as --port."""
    parts = urlsplit(site_url)
    return (parts.port or 0) if parts.hostname in LOCAL else 0


def preview_settings(
    environ: Mapping[str, str], given: Mapping[str, str], port: int
) -> dict[str, str]:
    """The settings with which a preview on this machine can be read, and written on.

    What .env calls SITE_URL is where readers will find the blog; a form sent from here would come from
    somewhere else. Only who `given` it for this very command is taken at his word.
    """
    site_url = environ.get("SITE_URL", "")
    if given.get("SITE_URL"):
        return {**environ, "SITE_URL": site_url}
    parts = urlsplit(site_url)
    host = parts.hostname if parts.hostname in LOCAL else "localhost"
    here = f"http://{f'[{host}]' if ':' in str(host) else host}:{port}{parts.path.rstrip('/')}"
    elsewhere = urlsplit(environ.get("COMMENTS_URL", "")).netloc
    return {**environ, "SITE_URL": here, **({"COMMENTS_URL": "comments/"} if elsewhere else {})}


def refuse_taken_port(host: str, port: int) -> None:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family) as trial:
            if os.name != "nt":  # There the option would mean sharing the port.
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((host, port))
    except PermissionError:
        raise Refused(
            f"Port {port} is not for ordinary users. Choose one from 1024 on: --port 8000"
        ) from None
    except (OSError, OverflowError) as error:
        if getattr(error, "errno", None) != errno.EADDRINUSE:
            raise Refused(
                f"Cannot listen on {host}, port {port}: {str(error).rstrip('.')}. Choose another --host or --port."
            ) from None
        with socket.socket() as any_free:
            any_free.bind(("", 0))
            free = any_free.getsockname()[1]
        raise Refused(
            f"Port {port} is taken by another program. Stop that program, or choose another port:"
            f" --port {free}"
        ) from None


# --- The server -----------------------------------------------------------------------------------


def command(host: str, port: int, *more: str) -> list[str]:
    """What runs the server; raises the limit of open files, which it inherits."""
    connections = MAX_CONNECTIONS
    if os.name != "nt":
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = MAX_CONNECTIONS + OTHER_FILES
        if soft != resource.RLIM_INFINITY and soft < wanted:
            soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        if soft != resource.RLIM_INFINITY:
            connections = max(1, min(connections, soft - OTHER_FILES))
    most = ("--backpressure", str(connections))
    return [*SERVER, *most, "--host", host, "--port", str(port), *more]


def start_server(
    root: Path, environ: dict[str, str], host: str, port: int
) -> subprocess.Popen[bytes]:
    """The server in a session of its own: Ctrl-C must reach it once, by `stop`, and not twice."""
    return subprocess.Popen(  # noqa: S603 - our own
        command(host, port),
        cwd=root,
        env={**ONE_HEAP, **environ},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


def tell_running(root: Path, environ: Mapping[str, str]) -> Path:
    """Say where the service is while it runs, for `flask comments owner` in another terminal."""
    path = root / "var" / "running"
    path.parent.mkdir(exist_ok=True)
    address = urljoin(f"{environ['SITE_URL']}/", environ.get("COMMENTS_URL") or "comments/")
    path.write_text(f"{address}\n{environ.get('COMMENTS_DATABASE_URL', '')}\n", encoding="utf-8")
    return path


def serve(root: Path, environ: dict[str, str], host: str, port: int, workers: int) -> NoReturn:
    """Become the server, or where the system cannot do that, end with it."""
    started = command(host, port, "--workers", str(workers))
    environ = {**ONE_HEAP, **environ}
    if os.name == "nt":
        sys.exit(subprocess.call(started, cwd=root, env=environ))  # noqa: S603 - our own
    os.chdir(root)
    os.execve(started[0], started, environ)  # noqa: S606 - our own


def wait_until_it_answers(server: subprocess.Popen[bytes], host: str, port: int) -> None:
    """Any HTTP answer will do; raises Refused when the server ends or stays silent."""
    near = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - read, not bound
    address = f"http://[{near}]:{port}/" if ":" in near else f"http://{near}:{port}/"
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    patience = time.monotonic() + START_SECONDS
    while time.monotonic() < patience:
        if server.poll() is not None:
            raise Refused(f"The server could not start (exit status {server.returncode}).")
        try:
            direct.open(address, timeout=5).close()
            return
        except urllib.error.HTTPError as error:
            error.close()
            return
        except OSError:
            time.sleep(0.05)
    raise Refused(f"The server did not answer within {START_SECONDS} s.")


def flask(root: Path, environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of the service; what it printed is in `stdout` and `stderr`."""
    return subprocess.run(  # noqa: S603 - our own
        [*FLASK, *arguments],
        cwd=root,
        env={**environ, "PYTHONUTF8": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )


def migrate(root: Path, environ: dict[str, str]) -> None:
    """Bring the database to the newest migration; raises Refused."""
    migrated = flask(root, environ, "db", "upgrade")
    refuse_failed(migrated, "The database could not be made ready.")


def refuse_failed(done: subprocess.CompletedProcess[str], what: str) -> None:
    if done.returncode:
        _, told, remedy = done.stderr.rpartition("Error: ")
        if told and "Traceback" not in done.stderr:
            # What the service refuses it says in a sentence of its own.
            raise Refused(remedy.strip())
        report = "".join(f"    {line}\n" for line in done.stderr.strip().splitlines()[-12:])
        raise Refused(f"{what}\n{report}")


def listen_for_stop() -> None:
    """Ctrl-C, `kill` and a closed terminal all end in the same way."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.default_int_handler)


def stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    # Not waited for any longer: a program that hangs, or a second Ctrl-C.
    with suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
        process.wait(STOP_SECONDS)
    if os.name == "nt":
        process.kill()
        return
    with suppress(ProcessLookupError):  # Its workers, too, when it died before them.
        os.killpg(process.pid, signal.SIGKILL)
