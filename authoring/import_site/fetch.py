"""Fetch: pictures on other hosts, where their author asks for them; bounded in size and time.

A text from elsewhere says what is asked for. So no address within a private network is asked, whatever
name it has, nor one that an answer leads to; what comes has to be a picture. What has been fetched is kept in
`var/import/pictures/`, so that importing again asks nobody.
"""

import hashlib
import http.client
import io
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, unquote, urljoin, urlsplit

from authoring.blog import PICTURES
from formats import files
from plugins.presentation import imagefile

# A photograph as a camera saves it; more is no picture for a page.
MAX_BYTES = 30_000_000
MAX_TOTAL_BYTES = 3_000_000_000
PATIENCE_SECONDS = 10
MAX_SECONDS = 60
MAX_REDIRECTS = 5
AGENT = "Postil (a blog that moves house and takes its pictures along)"
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
ENDINGS = {"JPEG": ".jpg", "PNG": ".png", "GIF": ".gif", "WEBP": ".webp", "AVIF": ".avif"}


class Unfetched(Exception):
    """A picture that was not fetched; the text says why."""


class Pictures:
    """Pictures of one import, by address."""

    def __init__(self, folder: Path, may_be_asked: Callable[[str], bool] | None = None) -> None:
        self.folder = folder
        self.may_be_asked = may_be_asked or is_public
        self.found: dict[str, Path | None] = {}
        self.failed: dict[str, str] = {}
        self.total = 0

    def __call__(self, url: str) -> Path | None:
        """The file of a picture; None, with the reason in `failed`, where there is none."""
        if url not in self.found:
            try:
                self.found[url] = self.kept(url) or self.fetched(url)
            except Unfetched as why:
                self.found[url], self.failed[url] = None, str(why)
        return self.found[url]

    def stem(self, url: str) -> Path:
        digest = hashlib.sha256(url.encode()).hexdigest()[:16]
        return self.folder / digest / (Path(unquote(urlsplit(url).path)).stem[:60] or "picture")

    def kept(self, url: str) -> Path | None:
        return next(iter(sorted(self.stem(url).parent.glob("*"))), None)

    def fetched(self, url: str) -> Path:
        if self.total > MAX_TOTAL_BYTES:
            raise Unfetched(f"more than {MAX_TOTAL_BYTES / 1e9:g} GB were fetched already")
        data = body_of(self.may_be_asked, url if urlsplit(url).scheme else f"https:{url}")
        self.total += len(data)
        path = self.stem(url)
        path = path.with_name(path.name + ending_of(url, data))
        files.write(path, data)
        return path


def ending_of(url: str, data: bytes) -> str:
    """What a file of such bytes is called; raises Unfetched for what is no picture."""
    if b"<svg" in data[:4096]:
        return ".svg"
    try:
        with imagefile.opened(io.BytesIO(data), imagefile.MAX_PIXELS) as image:
            ending = ENDINGS.get(image.format or "", Path(urlsplit(url).path).suffix.lower())
    except imagefile.Unreadable as why:
        raise Unfetched(f"what came is no picture that can be shown: {why}") from None
    if ending not in PICTURES:
        raise Unfetched("what came is no kind of picture that pages show")
    return ending


def body_of(may_be_asked: Callable[[str], bool], url: str) -> bytes:
    """What an address answers, redirects followed; raises Unfetched."""
    for _ in range(MAX_REDIRECTS + 1):
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Unfetched("its address is none of the web")
        try:
            port = parts.port or (443 if parts.scheme == "https" else 80)
            status, place, data = answer(url, public_address(may_be_asked, parts.hostname, port))
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unfetched(
                f"its host did not answer ({str(error) or type(error).__name__})"
            ) from None
        if status in (301, 302, 303, 307, 308) and place:
            url = urljoin(url, place)
            continue
        if status != 200:
            raise Unfetched(f"its host answered {status}")
        return data
    raise Unfetched("its host leads from one address to the next without end")


def public_address(may_be_asked: Callable[[str], bool], host: str, port: int) -> tuple[str, int]:
    """An address of a host that anybody may reach; raises Unfetched where one is private."""
    try:
        found = {
            str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        }
    except (OSError, UnicodeError):
        raise Unfetched("its host is not known") from None
    if not found or not all(may_be_asked(each) for each in found):
        raise Unfetched("its host is in a private network, and was not asked")
    return sorted(found, key=lambda each: ":" in each)[0], port


def is_public(address: str) -> bool:
    """Whether it is nobody's private one, in whatever way it is wrapped into another."""
    found = ipaddress.ip_address(address.partition("%")[0])
    inner: list[ipaddress.IPv4Address | None] = []
    if isinstance(found, ipaddress.IPv6Address):
        inner = [found.ipv4_mapped, found.sixtofour, *(found.teredo or ())]
        if found in NAT64:
            inner.append(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF))
    every = [found, *(each for each in inner if each)]
    return all(each.is_global and not each.is_multicast for each in every)


def answer(url: str, place: tuple[str, int]) -> tuple[int, str, bytes]:
    """Ask this machine, and no other that the name may have meanwhile."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(str(parts.hostname), place[1], timeout=PATIENCE_SECONDS)
    connection.sock = socket.create_connection(place, timeout=PATIENCE_SECONDS)
    # A host that sends a byte now and then would never be too slow for one wait.
    end = threading.Timer(MAX_SECONDS, connection.sock.shutdown, (socket.SHUT_RDWR,))
    end.daemon = True
    end.start()
    try:
        if parts.scheme == "https":
            context = ssl.create_default_context()
            connection.sock = context.wrap_socket(connection.sock, server_hostname=parts.hostname)
        path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~") + (
            f"?{parts.query}" if parts.query else ""
        )
        connection.request("GET", path, headers={"User-Agent": AGENT, "Accept": "image/*"})
        pieces: list[bytes] = []
        size = 0
        with connection.getresponse() as response:
            while piece := response.read1(65536):
                size += len(piece)
                if size > MAX_BYTES:
                    raise Unfetched(f"it is larger than {MAX_BYTES / 1e6:g} MB")
                pieces.append(piece)
            return response.status, response.getheader("Location") or "", b"".join(pieces)
    finally:
        end.cancel()
        connection.close()
