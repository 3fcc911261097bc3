"""The samples of `deploy/` in real web servers on this machine: nginx and Caddy, in a folder of a test's own."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from tests.service import ROOT, free_port

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
CADDY = shutil.which("caddy")
START_SECONDS = 30
# The hosts and ports that the samples name.
FOLDER, SERVICE, HOST = "/srv/blog", "127.0.0.1:8000", "blog.example.org"


def sample(name: str, folder: Path, service: int) -> str:
    text = (ROOT / "deploy" / name).read_text("utf-8").replace(FOLDER, str(folder))
    return text.replace(SERVICE, f"127.0.0.1:{service}")


@contextmanager
def nginx(folder: Path, service: int = 8000) -> Iterator[int]:
    """The sample in nginx, in front of a service; the port that it listens on."""
    port = free_port()
    server = sample("nginx.conf", folder, service).replace(
        "listen 80;", f"listen 127.0.0.1:{port};"
    )
    server = re.sub(r"^\s*listen \[::\]:80;\n", "", server, flags=re.M)
    temporary = "".join(
        f"{each}_temp_path {folder}/{each};"
        for each in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    types = Path("/etc/nginx/mime.types")
    known = f"include {types};" if types.exists() else "types { text/html html; }"
    config = folder / "nginx.conf"
    config.write_text(
        f"{'user root;' if os.geteuid() == 0 else ''} daemon off; pid {folder}/pid;"
        f" error_log {folder}/errors; worker_processes 1; events {{ }}"
        f" http {{ {known} default_type application/octet-stream; access_log off; {temporary}\n"
        f"{server}\n}}",
        "utf-8",
    )
    with _running([str(NGINX), "-c", str(config), "-e", str(folder / "errors")], port, folder):
        yield port


@contextmanager
def caddy(folder: Path, service: int = 8000) -> Iterator[int]:
    """The sample in Caddy, without the certificate that it would fetch."""
    port = free_port()
    text = sample("Caddyfile", folder, service)
    text = text.replace(f"\n{HOST} {{", f"\nhttp://:{port} {{\n\tbind 127.0.0.1\n")
    text = f"{{\n\tadmin off\n\tauto_https off\n}}\n{_for_older(text)}"
    config = folder / "Caddyfile"
    config.write_text(text, "utf-8")
    command = [str(CADDY), "run", "--config", str(config), "--adapter", "caddyfile"]
    with _running(command, port, folder):
        yield port


def caddy_is_old() -> bool:
    told = subprocess.run([str(CADDY), "version"], capture_output=True, text=True, check=True)
    return tuple(int(each) for each in re.findall(r"\d+", told.stdout)[:2]) < (2, 8)


def _for_older(text: str) -> str:
    """As Debian 12's Caddy 2.6 would have it, which the sample's first lines tell its reader not to use.

    It has no `{file.…}`, calls the arguments of a snippet otherwise, and buffers by another line.
    """
    if not caddy_is_old():
        return text
    text = re.sub(r"\{file\.([^}]*)\}", lambda found: f'"{Path(found[1]).read_text()}"', text)
    text = text.replace(
        "request_buffers {args[0]}", "buffer_requests\n\t\tmax_buffer_size {args.0}"
    )
    return text.replace("{args[0]}", "{args.0}")


@contextmanager
def _running(command: list[str], port: int, folder: Path) -> Iterator[None]:
    log = folder / "web-server.log"
    with log.open("ab") as said:
        server = subprocess.Popen(
            command,
            stdout=said,
            stderr=said,
            env={**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder / "data")},
        )
    try:
        patience = time.monotonic() + START_SECONDS
        while not _answers(port):
            assert server.poll() is None, log.read_text(errors="replace")
            assert time.monotonic() < patience, "the web server does not answer"
            time.sleep(0.02)
        yield
    finally:
        server.terminate()
        server.wait(20)


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/")
        connection.getresponse().read()
        return True
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
